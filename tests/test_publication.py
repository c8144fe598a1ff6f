"""The catalogue for portals: its DCAT-AP record, the files it leads to, the page, and what none of them shows."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pyoxigraph
import pytest
from pyoxigraph import NamedNode, RdfFormat
from starlette.testclient import TestClient

from conftest import BASE, ORGANISATION, Seed, Small, service
from govgraph.iris import PREFIXES
from govgraph.media import GRAPH_FORMATS, JSONLD, NQUADS, NTRIPLES, RDF_SYNTAX, TURTLE, Format
from govgraph.publication import dump, offers, record
from govgraph.publication.offers import KIND_FORMATS, WHOLE, WHOLE_FORMATS
from govgraph.settings import read
from govgraph.validation.engines import ENGINES
from govgraph.web.app import build_app

PAGE = {"accept": "text/html"}
ABOUT = """
<id/catalogue-description/all> a dcat:Catalog ; dct:title "All of it"@en, "Le tout"@fr ; dct:description "Things."@en ;
    dct:publisher <id/organisation/interior> ; dct:license <urn:licence> ; gov:publicationStatus code:Published {more} .
"""


@pytest.fixture(scope="module")
def client(seed: Seed) -> Iterator[TestClient]:
    with TestClient(build_app(read({}, data=seed.directory)), base_url=BASE) as client:
        yield client


@pytest.fixture(scope="module")
def published(seed: Seed) -> pyoxigraph.Store:
    """The record of the seed, to be asked."""
    store = pyoxigraph.Store()
    store.load(record.write(seed.public, NTRIPLES), format=RdfFormat.N_TRIPLES)
    return store


def rows(store: pyoxigraph.Store, text: str) -> list[tuple[str, ...]]:
    found = store.query(text, prefixes=PREFIXES, base_iri=BASE)
    assert isinstance(found, pyoxigraph.QuerySolutions)
    return [tuple(term.value if term else "" for term in row) for row in found]  # type: ignore[union-attr]


# The record


def test_the_catalogue_says_of_itself_what_its_description_says(published: pyoxigraph.Store, seed: Seed) -> None:
    [said] = rows(
        published,
        """SELECT ?c ?name ?licence ?modified ?home {
             ?c a dcat:Catalog ; dct:publisher/foaf:name ?name ; dct:license ?licence ; dct:modified ?modified ;
                foaf:homepage ?home . FILTER(lang(?name) = "fr") }""",
    )
    assert said == (
        f"{BASE}id/catalogue-description/tavenne",
        "Agence du numérique public",
        "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0",
        seed.public.reader.committed.isoformat().replace("+00:00", "Z"),
        "https://digital.tavenne.example/architecture",
    )
    titles = rows(published, "SELECT (lang(?t) AS ?l) ?t { ?c a dcat:Catalog ; dct:title ?t } ORDER BY ?l")
    assert titles == [("en", "Digital architecture of Tavenne"), ("fr", "Architecture numérique de Tavenne")]


def test_there_is_a_dataset_for_the_whole_and_for_each_kind_that_has_entries(
    published: pyoxigraph.Store, seed: Seed
) -> None:
    datasets = {
        row[0] for row in rows(published, "SELECT ?d { ?c a dcat:Catalog ; dcat:dataset ?d . ?d a dcat:Dataset }")
    }
    kinds = {k.slug for k in seed.contract.entities if seed.public.members(k) and k.name != "CatalogueDescription"}
    assert len(kinds) >= 20
    assert datasets == {f"{BASE}catalog#{name}" for name in {WHOLE, *kinds}}
    named = dict(
        rows(published, 'SELECT ?d ?t { ?d a dcat:Dataset ; dct:title ?t FILTER(lang(?t) = "fr") }')  # type: ignore[arg-type]
    )
    assert named[f"{BASE}catalog#{WHOLE}"] == "Architecture numérique de Tavenne"
    assert named[f"{BASE}catalog#life-event"] == "Architecture numérique de Tavenne – Événements de vie"


def test_every_dataset_carries_what_portals_ask_for(published: pyoxigraph.Store) -> None:
    asked = (
        *("dct:title", "dct:description", "dct:identifier", "dct:publisher", "dct:modified", "dct:issued"),
        *("dct:spatial", "dct:temporal", "dct:language", "dct:accessRights", "dct:accrualPeriodicity"),
        *("dct:conformsTo", "dcat:contactPoint", "dcat:theme", "dcat:keyword", "dcat:distribution", "dcat:landingPage"),
    )
    for predicate in asked:
        lacking = rows(published, f"SELECT ?d {{ ?d a dcat:Dataset FILTER NOT EXISTS {{ ?d {predicate} ?v }} }}")
        assert not lacking, predicate


def test_both_endpoints_are_data_services_that_serve_every_dataset(
    published: pyoxigraph.Store, client: TestClient
) -> None:
    services = rows(
        published,
        """SELECT ?endpoint ?about (COUNT(DISTINCT ?d) AS ?datasets) {
             ?c dcat:service ?s . ?s a dcat:DataService ; dcat:endpointURL ?endpoint ; dcat:endpointDescription ?about ;
                dcat:servesDataset ?d } GROUP BY ?endpoint ?about ORDER BY ?endpoint""",
    )
    count = rows(published, "SELECT (COUNT(*) AS ?n) { ?d a dcat:Dataset }")[0][0]
    assert services == [
        (f"{BASE}graphql", f"{BASE}schema.graphql", count),
        (f"{BASE}sparql", f"{BASE}sparql", count),
    ]
    for _endpoint, about, _count in services:
        assert client.get(about).status_code == 200


def test_there_is_no_blank_node_and_no_relative_address(published: pyoxigraph.Store) -> None:
    assert not [
        q for q in published if not isinstance(q.subject, NamedNode) or isinstance(q.object, pyoxigraph.BlankNode)
    ]
    iris = {term.value for quad in published for term in (quad.subject, quad.object) if isinstance(term, NamedNode)}
    assert all(urlsplit(iri).scheme for iri in iris)
    assert not [iri for iri in iris if iri.startswith("urn:govgraph")]


def test_two_runs_give_the_same_bytes(seed: Seed) -> None:
    for format_ in (TURTLE, NTRIPLES, JSONLD):
        assert record.write(seed.public, format_) == record.write(seed.public, format_)
    assert len(record.record(seed.public)) == len(set(record.record(seed.public)))


@pytest.mark.shared
@pytest.mark.parametrize("engine", ["shacl", "pyshacl"])
@pytest.mark.parametrize(
    ("shapes", "beside"),
    [("dcat-ap-3.0.1-shapes.ttl", ()), ("dcat-ap-3.0.1-range.ttl", ("eu-authority-extract.ttl",))],
)
def test_the_official_shapes_find_nothing_against_it(
    shared: Path, seed: Seed, engine: str, shapes: str, beside: tuple[str, ...]
) -> None:
    official = ntriples(shared / "data" / "real" / "vocab" / shapes)
    assert official.count(b"<http://www.w3.org/ns/shacl#NodeShape>") >= 10
    data = record.write(seed.public, NTRIPLES)
    for name in beside:
        data += ntriples(shared / "data" / "real" / "vocab" / name)
    assert list(ENGINES[engine](official, data, None)) == []
    broken = data.replace(b"<http://www.w3.org/ns/dcat#accessURL>", b"<urn:elsewhere>").replace(
        b"<http://purl.org/dc/terms/LicenseDocument>", b"<urn:other>"
    )
    assert list(ENGINES[engine](official, broken, None)) != []


def ntriples(path: Path) -> bytes:
    quads = pyoxigraph.parse(path=path, format=RdfFormat.TURTLE)
    return pyoxigraph.serialize((quad.triple for quad in quads), format=RdfFormat.N_TRIPLES) or b""


def test_a_catalogue_that_says_nothing_of_itself_has_nothing_invented(small: Callable[..., Small]) -> None:
    view = small(ORGANISATION + service("one")).public
    store = pyoxigraph.Store()
    store.load(record.write(view, NTRIPLES), format=RdfFormat.N_TRIPLES)
    assert rows(store, "SELECT ?c { ?c a dcat:Catalog ; dcat:dataset ?d } LIMIT 1") == [(f"{BASE}catalog#catalog",)]
    for predicate in ("dct:publisher", "dct:license", "dcat:contactPoint", "dct:spatial", "dcat:theme"):
        assert rows(store, f"SELECT ?s {{ ?s {predicate} ?o }}") == []
    assert rows(store, 'SELECT ?t { <catalog#service> dct:title ?t FILTER(lang(?t) = "en") }') == [("Services",)]


def test_without_a_contact_of_its_own_that_of_the_publisher_is_given(small: Callable[..., Small]) -> None:
    contact = """<id/organisation/interior> cv:contactPoint
        [ a cv:ContactPoint ; cv:email "ask@interior.example" ; cv:telephone "+999 21 (4)" ] ."""
    own = '; cv:contactPoint [ a cv:ContactPoint ; cv:email "own@interior.example" ]'
    asked = """SELECT DISTINCT ?mail ?call { <catalog#download> dcat:contactPoint ?c . ?c vcard:hasEmail ?mail
                 OPTIONAL { ?c vcard:hasTelephone ?call } }"""
    for more, expected in (
        ("", [("mailto:ask@interior.example", "tel:+999214")]),
        (own, [("mailto:own@interior.example", "")]),
    ):
        view = small(ORGANISATION + contact + service("one") + ABOUT.format(more=more)).public
        store = pyoxigraph.Store()
        store.load(record.write(view, NTRIPLES), format=RdfFormat.N_TRIPLES)
        assert rows(store, asked) == expected


def test_an_incomplete_description_is_not_published_and_its_findings_say_why(small: Callable[..., Small]) -> None:
    loaded = small(
        ORGANISATION
        + '<id/catalogue-description/a> a dcat:Catalog ; gov:publicationStatus code:Published ; dct:title "A"@en .'
    )
    assert record.description(loaded.public) is None
    [about] = loaded.working.members(loaded.working.contract.by_name["CatalogueDescription"])
    warned = {f.property_name for f in loaded.working.findings([about])[about] if f.blocks_publishing}
    assert warned == {"description", "publisher", "licence"}


# Files


def triples(body: bytes, format_: Format) -> set[str]:
    return {str(quad.triple) for quad in pyoxigraph.parse(body, RDF_SYNTAX[format_])}


def test_the_whole_catalogue_is_the_same_in_every_format(seed: Seed) -> None:
    assert len(WHOLE_FORMATS) == 5
    written = {format_: b"".join(dump.dump(seed.public, format_)) for format_ in WHOLE_FORMATS}
    assert len({frozenset(triples(body, format_)) for format_, body in written.items()}) == 1
    graphs = {quad.graph_name for quad in pyoxigraph.parse(written[NQUADS], RdfFormat.N_QUADS)}
    assert graphs == {seed.public.names.public, seed.public.names.reference}


def test_a_dump_loads_back_as_the_same_catalogue(seed: Seed, small: Callable[..., Small], tmp_path: Path) -> None:
    body = b"".join(dump.dump(seed.public, NTRIPLES))
    again = small(body.decode())
    assert again.loaded.report.counts["violation"] == 0  # type: ignore[index]  # a severity is its text
    assert triples(b"".join(dump.dump(again.working, NTRIPLES)), NTRIPLES) == triples(body, NTRIPLES)


def test_a_kind_is_written_with_its_parts_and_nothing_else(seed: Seed) -> None:
    kind = seed.contract.by_name["Service"]
    members = {member.value for member in seed.public.members(kind)}
    written = b"".join(dump.dump(seed.public, NTRIPLES, kind))
    subjects = {quad.subject.value for quad in pyoxigraph.parse(written, RdfFormat.N_TRIPLES)}
    parts = {part.value for of in seed.public.parts(seed.public.members(kind)).values() for part in of}  # type: ignore[union-attr]
    assert len(parts) > 50
    assert subjects == members | parts


def test_every_address_in_the_record_answers_with_its_media_type(
    client: TestClient, published: pyoxigraph.Store, seed: Seed
) -> None:
    found = rows(
        published, "SELECT ?url ?type { ?x a dcat:Distribution ; dcat:downloadURL ?url ; dcat:mediaType ?type }"
    )
    kinds = len(offers.offered(seed.public)) - 1
    assert len(found) == len(WHOLE_FORMATS) + len(KIND_FORMATS) * kinds
    for url, media_type in found:
        answer = client.get(url)
        assert answer.status_code == 200, url
        assert media_type.endswith(answer.headers["content-type"].partition(";")[0])
        assert answer.content
    for (page,) in rows(published, "SELECT DISTINCT ?p { ?d a dcat:Dataset ; dcat:landingPage ?p }"):
        assert client.get(page, headers=PAGE).status_code == 200


def test_a_file_is_what_the_catalogue_holds_and_is_known_again(client: TestClient, seed: Seed) -> None:
    answer = client.get("/catalog/download.nt")
    assert triples(answer.content, NTRIPLES) == triples(b"".join(dump.dump(seed.public, NTRIPLES)), NTRIPLES)
    assert answer.headers["govgraph-revision"] == str(seed.public.revision)
    assert answer.headers["content-disposition"] == 'attachment; filename="catalogue.nt"'
    again = client.get("/catalog/download.nt", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head("/catalog/download.nt").headers["content-length"] == str(len(answer.content))


def test_a_range_is_one_of_the_file_itself(client: TestClient) -> None:
    whole = client.get("/catalog/service.nt", headers={"accept-encoding": "identity"}).content
    part = client.get("/catalog/service.nt", headers={"range": "bytes=100-199", "accept-encoding": "gzip"})
    assert (part.status_code, part.content) == (206, whole[100:200])
    packed = client.get("/catalog/service.nt", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == whole
    assert len(gzip.compress(whole)) < len(whole) / 3


@pytest.mark.parametrize(
    "name",
    [
        "service.xlsx",
        "nothing.ttl",
        "download.png",
        "catalogue-description.ttl",
        "..%2Fservice.ttl",
        "contact-point.ttl",
    ],
)
def test_what_is_no_file_is_404(client: TestClient, name: str) -> None:
    assert client.get(f"/catalog/{name}").status_code == 404


def test_nothing_of_a_draft_is_in_any_file(client: TestClient, seed: Seed) -> None:
    kind = seed.contract.by_name["Service"]
    drafts = {m.value for m in seed.working.members(kind)} - {m.value for m in seed.public.members(kind)}
    assert len(drafts) >= 3
    for name in ("download.nt", "download.nq", "download.ttl", "service.nt", "organisation.nt", "roadmap-item.nt"):
        text = client.get(f"/catalog/{name}").text
        assert not [draft for draft in drafts if f"{draft}>" in text]
        assert "graph/working" not in text


# /catalog


def test_the_record_comes_in_every_syntax_by_accept_suffix_and_parameter(client: TestClient, seed: Seed) -> None:
    expected = triples(record.write(seed.public, NTRIPLES), NTRIPLES)
    for format_ in GRAPH_FORMATS:
        for answer in (
            client.get("/catalog", headers={"accept": format_.type}),
            client.get(f"/catalog.{format_.name}"),
            client.get("/catalog", params={"format": format_.name}),
        ):
            assert answer.headers["content-type"] == format_.content_type
            assert triples(answer.content, format_) == expected
    assert client.get("/catalog").headers["content-type"] == TURTLE.content_type
    assert client.get("/catalog", headers={"accept": "image/png"}).status_code == 406


def test_the_base_and_not_the_host_of_the_request_is_in_every_address(seed: Seed) -> None:
    app = build_app(read({}, data=seed.directory))
    with TestClient(app, base_url="http://proxy.internal:9999") as client:
        body = client.get("/catalog.nt", headers={"x-forwarded-host": "evil.example"}).text
    assert "proxy.internal" not in body
    assert "evil.example" not in body


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_leads_to_every_file(client: TestClient, seed: Seed, language: str) -> None:
    answer = client.get("/catalog", params={"lang": language}, headers=PAGE)
    page = unescape(answer.text)
    assert ("Digital architecture of Tavenne" if language == "en" else "Architecture numérique de Tavenne") in page
    offered = offers.offered(seed.public)
    links = re.findall(r'href="(/catalog/[^"?]+)', page)
    assert links == [f"/{one.path(format_)}" for one in offered.values() for format_ in one.formats]
    assert answer.headers["content-language"] == language
    assert (
        client.get(
            "/catalog", params={"lang": language}, headers={**PAGE, "if-none-match": answer.headers["etag"]}
        ).status_code
        == 304
    )
