"""``/ns`` explains every word of the contract, to people and to programs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pyoxigraph
import pytest
from pyoxigraph import RdfFormat
from starlette.testclient import TestClient

from conftest import BASE, Seed
from govgraph.contract import Contract
from govgraph.iris import CODE, GOV
from govgraph.settings import read
from govgraph.web.app import build_app


@pytest.fixture(scope="module")
def client(seed: Seed) -> Iterator[TestClient]:
    with TestClient(build_app(read({}, data=seed.directory)), base_url=BASE) as client:
        yield client


@pytest.fixture(scope="module")
def page(client: TestClient) -> str:
    return client.get("/ns?lang=en", headers={"Accept": "text/html"}).text


def test_every_term_has_the_anchor_of_its_local_name(page: str, contract: Contract) -> None:
    anchors = re.findall(r'<div class="term" id="([^"]+)"', page)
    quads = pyoxigraph.parse(contract.vocabulary, RdfFormat.N_TRIPLES)
    subjects = {quad.subject.value for quad in quads if not isinstance(quad.subject, pyoxigraph.Triple)}
    terms = {iri.removeprefix(GOV) for iri in subjects if iri.startswith(GOV)}
    codes = {code.iri.value.removeprefix(CODE) for list_ in contract.code_lists for code in list_.codes}
    assert len(terms) >= 100
    assert len(codes) >= 80
    assert not terms - set(anchors)
    assert not {code for code in codes if code not in anchors and f"code-{code}" not in anchors}


def test_no_two_elements_share_an_identifier(page: str) -> None:
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_links_within_the_page_arrive(page: str) -> None:
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    wanted = {unescape(href) for href in re.findall(r'href="#([^"]+)"', page)}
    assert len(wanted) >= 100
    assert not wanted - ids


def test_terms_and_codes_are_said_in_both_languages(page: str) -> None:
    term = page.partition('id="Level3"')[2].partition("</div>")[0]
    assert '<span lang="en">' in term
    assert '<span lang="fr">' in term
    assert "<code>code:Level3</code>" in term
    assert '<code class="program">LEVEL_3</code>' in term


def test_every_kind_lists_its_properties(page: str, contract: Contract) -> None:
    for kind in contract.kinds:
        table = page.partition(f'id="kind-{kind.slug}"')[2].partition("</details>")[0]
        assert table.count('<th scope="row">') == len(kind.properties)


@pytest.mark.parametrize("way", ["/ns.ttl", "/ns?format=ttl"])
def test_programs_get_the_vocabulary_itself(client: TestClient, contract: Contract, way: str) -> None:
    answer = client.get(way)
    assert answer.headers["content-type"] == "text/turtle; charset=utf-8"
    given = {quad.triple for quad in pyoxigraph.parse(answer.content, RdfFormat.TURTLE)}
    ours = {quad.triple for quad in pyoxigraph.parse(contract.vocabulary, RdfFormat.N_TRIPLES)}
    assert len(given) == len(ours)
    by_accept = client.get("/ns", headers={"Accept": "text/turtle"})
    assert by_accept.content == answer.content
