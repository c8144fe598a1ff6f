"""The catalogue's own IRIs are built and read in one place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govgraph.iris import PREFIXES, Names, compact, slugify

NAMES = Names("https://data.example.gov/cat/")


@given(st.text(min_size=1, max_size=200))
def test_any_text_makes_a_slug_that_comes_back_from_its_iri(text: str) -> None:
    slug = slugify(text)
    assert 0 < len(slug) <= 80
    assert NAMES.split(NAMES.entity("service", slug).value) == ("service", slug)


@given(st.text(min_size=1, max_size=50).filter(lambda text: "/" not in text))
def test_any_slug_without_a_slash_comes_back_from_its_iri(slug: str) -> None:
    assert NAMES.split(NAMES.entity("life-event", slug).value) == ("life-event", slug)


@pytest.mark.parametrize(
    ("text", "slug"),
    [("Reisepass", "reisepass"), ("Déclaration de naissance!", "declaration-de-naissance"), ("Straße 7", "strasse-7")],
)
def test_slugs_are_readable(text: str, slug: str) -> None:
    assert slugify(text) == slug


def test_texts_of_other_scripts_keep_apart() -> None:
    assert slugify("登録") != slugify("証明")
    assert slugify("登録") == slugify("登録")


def test_long_texts_keep_apart() -> None:
    assert slugify("a" * 200) != slugify("a" * 201)


@pytest.mark.parametrize(
    "iri",
    [
        "https://data.example.gov/other/id/a/b",
        "https://data.example.gov/cat/id/a",
        "https://data.example.gov/cat/id/a/b/c",
    ],
)
def test_an_iri_of_elsewhere_is_not_ours(iri: str) -> None:
    assert NAMES.split(iri) is None


def test_iris_are_shortened_where_a_prefix_is_known() -> None:
    assert compact("http://purl.org/dc/terms/title") == "dct:title"
    assert compact("http://purl.org/dc/terms/a/b") == "http://purl.org/dc/terms/a/b"
    assert compact("http://x/y") == "http://x/y"
    assert len(set(PREFIXES.values())) == len(PREFIXES)
