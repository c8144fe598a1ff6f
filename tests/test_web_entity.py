"""Identifiers lead to documents, and documents say the same in every format."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph
import pytest
from pyoxigraph import RdfFormat
from starlette.testclient import TestClient

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, Seed, service
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.settings import read
from govgraph.store.embedded import DiskStore
from govgraph.web.app import build_app

PAGE = {"Accept": "text/html"}
MARKED = """
    ; cv:hasCost [ a cv:Cost ; cv:hasValue "12.5"^^xsd:double ; dct:description "At the counter"@en ] ,
                 [ a cv:Cost ; cv:hasValue "8"^^xsd:double ;
                   cv:currency <http://publications.europa.eu/resource/authority/currency/EUR> ]
    ; cv:processingTime "P5D"^^xsd:duration ; gov:crossBorder true ; gov:transactionsPerYear 12345
    ; dct:language <http://publications.europa.eu/resource/authority/language/DEU>
    ; <https://example.org/terms#legacyCode> "</script><b>X</b>" ; foaf:homepage <https://passport.example/>
"""


@pytest.fixture(scope="module")
def client(seed: Seed) -> Iterator[TestClient]:
    with TestClient(build_app(read({}, data=seed.directory)), base_url=BASE, follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="module")
def small(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Three services and a draft of one organisation."""
    directory = tmp_path_factory.mktemp("small")
    source = directory / "data.ttl"
    draft = service("draft", "Secret plan").replace("code:Published", "code:Draft")
    german = """<id/service/german> a cpsv:PublicService ; dct:title "Reisepass"@de ; dct:description "Ausweis."@de ;
        cv:hasCompetentAuthority <id/organisation/interior> ; gov:digitalisationLevel code:Level2 ;
        gov:publicationStatus code:Published ; dct:requires <id/service/marked> ."""
    source.write_text(
        TURTLE_PREFIXES + ORGANISATION + service("marked", "Passport", MARKED) + service("other") + draft + german,
        "utf-8",
    )
    store = DiskStore(directory / "data", BASE)
    load = Load(store, contract)
    load.read_rdf(source)
    assert load.finish().published == 4
    store.close()
    settings = read({}, data=directory / "data", page_size=2)
    with TestClient(build_app(settings), base_url=BASE, follow_redirects=False) as client:
        yield client


def test_an_identifier_leads_to_its_document_by_303(client: TestClient) -> None:
    answer = client.get("/id/building-block/identity?lang=fr")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/doc/building-block/identity?lang=fr"
    assert client.get("/id/building-block/no-such").status_code == 404


@pytest.mark.parametrize(
    ("suffix", "syntax"),
    [
        ("ttl", RdfFormat.TURTLE),
        ("nt", RdfFormat.N_TRIPLES),
        ("jsonld", RdfFormat.JSON_LD),
        ("rdf", RdfFormat.RDF_XML),
    ],
)
def test_every_format_holds_the_same_triples(client: TestClient, seed: Seed, suffix: str, syntax: RdfFormat) -> None:
    path = "service/apply-for-a-building-permit"
    document = client.get(f"/doc/{path}.{suffix}")
    triples = {quad.triple for quad in pyoxigraph.parse(document.content, syntax)}
    view = seed.public
    assert triples == set(view.describe(view.names.entity(*path.split("/"))))
    assert len(triples) > 30


def test_the_page_embeds_its_triples_as_json_ld(small: TestClient) -> None:
    page = small.get("/doc/service/marked", headers=PAGE).text
    (embedded,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert "<" not in embedded
    assert json.loads(embedded) == small.get("/doc/service/marked.jsonld").json()
    assert "</script><b>X</b>" in json.dumps(json.loads(embedded))


def test_values_stand_under_their_groups_in_the_order_of_the_kind(client: TestClient, contract: Contract) -> None:
    page = client.get("/doc/service/apply-for-a-building-permit?lang=en").text
    headings = re.findall(r'<h2 id="s-\w+">([^<]+)</h2>', page)
    order = list(dict.fromkeys(p.group.labels["en"] for p in contract.kind("Service").properties if p.group))
    assert headings == [heading for heading in order if heading in headings]
    assert len(headings) >= 6


def test_linked_entities_have_their_label_in_the_language_of_the_reader(client: TestClient) -> None:
    path = "/doc/system/tavenne-id"
    assert ">Identity</a>" in client.get(path, headers=PAGE | {"Accept-Language": "en"}).text
    assert ">Identité</a>" in client.get(path, headers=PAGE | {"Accept-Language": "fr-CH, en;q=0.5"}).text


def test_a_text_in_another_language_says_so(small: TestClient) -> None:
    page = small.get("/doc/service/german?lang=fr").text
    assert '<h1 lang="de">Reisepass' in page
    assert '<abbr class="lang-mark" title="Langue\u00a0: allemand">de</abbr>' in page
    other = small.get("/doc/service/other?lang=fr").text
    assert '<p class="other-title" lang="en">A service' in other


def test_values_are_written_as_the_language_writes_them(small: TestClient) -> None:
    english, french = (small.get(f"/doc/service/marked?lang={tag}").text for tag in ("en", "fr"))
    for page, expected in (
        (english, ("12,345", "5 days", ">Yes<", ">German</a>", ">12.5<", ">Euro</a>")),
        (french, ("12\u202f345", "5\u00a0jours", ">Oui<", ">allemand</a>", ">12,5<", ">euro</a>")),
    ):
        assert [words for words in expected if words not in page] == []


def test_parts_stand_with_their_owner_as_one_table(small: TestClient) -> None:
    page = small.get("/doc/service/marked?lang=en").text
    (table,) = re.findall(r'<table class="list parts">(.*?)</table>', page, re.DOTALL)
    assert re.findall(r'<th scope="col">([^<]+)</th>', table) == ["Amount", "Currency", "Description"]
    assert table.count("<tr>") == 3


def test_a_part_has_a_page_that_leads_to_its_owner(small: TestClient) -> None:
    quads = pyoxigraph.parse(small.get("/doc/service/marked.nt").content, RdfFormat.N_TRIPLES)
    part = next(q.subject.value for q in quads if "/id/cost/" in str(q.subject))
    page = small.get(part.replace("/id/", "/doc/"), headers=PAGE | {"Accept-Language": "en"})
    assert page.status_code == 200
    assert '<a href="/doc/service/marked">Passport</a>' in page.text


def test_unknown_predicates_stand_under_other_statements_and_are_escaped(small: TestClient) -> None:
    page = small.get("/doc/service/marked?lang=en").text
    others = page.partition("Other statements")[2]
    assert "https://example.org/terms#legacyCode" in others
    assert "&lt;/script&gt;&lt;b&gt;X&lt;/b&gt;" in others


def test_findings_stand_with_their_entity(small: TestClient) -> None:
    page = small.get("/doc/service/german?lang=en").text
    assert '<span class="chip info">Recommendation</span>' in page
    assert "Give the title in French as well." in page
    assert "Mending it gives back" in page


def test_what_points_to_an_entity_is_paged(small: TestClient) -> None:
    seen: list[str] = []
    path = "/doc/organisation/interior?lang=en"
    for number in (1, 2):
        page = small.get(f"{path}&links={number}").text.partition('<h2 id="links">')[2]
        seen += re.findall(r'<th scope="row"><a href="/doc/service/(\w+)', page)
        assert ("links=2#links" in page) == (number == 1)
    assert sorted(seen) == ["german", "marked", "other"]
    for wrong in ("0", "x", "-1"):
        assert small.get(f"{path}&links={wrong}").status_code == 400


def test_a_thing_elsewhere_has_a_page_here_when_something_points_to_it(small: TestClient) -> None:
    german = "http://publications.europa.eu/resource/authority/language/DEU"
    page = small.get("/doc", params={"iri": german, "lang": "en"})
    assert page.status_code == 200
    assert 'href="/doc/service/marked?lang=en">Passport</a>' in page.text
    assert small.get("/doc", params={"iri": "https://example.org/unheard-of"}).status_code == 404
    assert small.get("/doc", params={"iri": "not an iri"}).status_code == 400
    assert small.get("/doc").status_code == 400


def test_a_draft_shows_nowhere(small: TestClient) -> None:
    assert small.get("/doc/service/draft").status_code == 404
    assert small.get("/id/service/draft").status_code == 404
    assert small.get("/doc", params={"iri": f"{BASE}id/service/draft"}).status_code == 404
    paths = ["/", "/service", "/validation", "/doc/organisation/interior", "/questions/services_without_event"]
    for path in paths:
        page = small.get(path, headers=PAGE)
        assert page.status_code == 200
        assert "Secret" not in page.text
        assert "service/draft" not in page.text


def test_the_address_names_the_language_and_links_carry_it_on(client: TestClient) -> None:
    asked = client.get("/doc/system/tavenne-id?lang=fr").text
    assert '<html lang="fr">' in asked
    assert 'href="/doc/building-block/identity?lang=fr"' in asked
    accepted = client.get("/doc/system/tavenne-id", headers=PAGE | {"Accept-Language": "fr"}).text
    assert '<html lang="fr">' in accepted
    assert 'href="/doc/building-block/identity"' in accepted


def test_a_slug_may_end_like_a_suffix(contract: Contract, tmp_path: Path) -> None:
    source = tmp_path / "data.ttl"
    source.write_text(TURTLE_PREFIXES + ORGANISATION + service("guide.html", "A guide"), "utf-8")
    store = DiskStore(tmp_path / "data", BASE)
    load = Load(store, contract)
    load.read_rdf(source)
    load.finish()
    store.close()
    with TestClient(build_app(read({}, data=tmp_path / "data")), base_url=BASE) as client:
        assert client.get("/doc/service/guide.html").status_code == 200
        assert client.get("/doc/service/guide.html.nt").text.startswith(f"<{BASE}id/service/guide.html>")
