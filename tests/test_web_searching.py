"""The page ``/search``: ranked, marked, in two languages, and nothing of drafts for a stranger."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from conftest import BASE, Seed
from govgraph.settings import read
from govgraph.web.app import build_app


@pytest.fixture
def client(seed: Seed) -> Iterator[TestClient]:
    with TestClient(build_app(read({}, data=seed.directory, base=BASE)), base_url=BASE) as client:
        yield client


def test_what_is_found_is_listed_with_its_words_marked(client: TestClient) -> None:
    page = client.get("/search?q=birth").text
    assert "<mark>birth</mark>" in page
    assert 'href="/doc/service/register-a-birth' in page
    assert "Nothing has these words" in client.get("/search?q=xyzzyxyzzy").text
    assert "Rien ne contient ces mots" in client.get("/search?q=xyzzyxyzzy&lang=fr").text
    assert client.get("/search").status_code == 200


def test_it_is_paged_in_both_directions(client: TestClient) -> None:
    first = client.get("/search?q=register&first=2&kind=service").text
    assert 'rel="next"' in first
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = client.get(following).text
    assert 'rel="prev"' in second
    back = second.split('rel="prev" href="')[1].split('"')[0].replace("&amp;", "&")
    assert client.get(back).text.split("<ol")[1].split("</ol")[0] == first.split("<ol")[1].split("</ol")[0]


@pytest.mark.parametrize("query", ["q=a&after=x", "q=a&kind=nonsense", "q=a&first=0", "q=a&first=99999"])
def test_what_makes_no_sense_in_an_address_is_told(client: TestClient, query: str) -> None:
    assert client.get(f"/search?{query}").status_code == 400


@pytest.mark.parametrize("text", ["%22", "((", "%00", "%F0%9F%92%A5", "<script>alert(1)</script>", "a" * 5000])
def test_any_text_is_answered_and_escaped(client: TestClient, text: str) -> None:
    answer = client.get(f"/search?q={text}")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
