"""``/sparql`` as programs and browsers meet it: the protocol, the formats, what it refuses, what it never shows."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

import pyoxigraph
import pytest
from httpx import Response
from starlette.testclient import TestClient

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, Seed, service
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.media import RDF_SYNTAX, RESULT_SYNTAX, Format
from govgraph.settings import read
from govgraph.store.embedded import DiskStore
from govgraph.web.app import build_app
from govgraph.web.sparql_formats import OFFERS
from govgraph.web.sparql_page import examples

SELECT = "SELECT ?s { ?s a cpsv:PublicService } ORDER BY ?s LIMIT 3"
CONSTRUCT = "CONSTRUCT WHERE { ?s a cpsv:PublicService ; dct:title ?t }"
ASK = "ASK { ?s a cpsv:PublicService }"
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
JSON = "application/sparql-results+json"
QUERY = {"content-type": "application/sparql-query"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
PAGE = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "accept-language": "en"}


@pytest.fixture(scope="module")
def client(seed: Seed) -> Iterator[TestClient]:
    with TestClient(build_app(read({}, data=seed.directory)), base_url=BASE) as client:
        yield client


def ask(client: TestClient, query: str, accept: str = "*/*", **more: str | list[str]) -> Response:
    return client.get("/sparql", params={"query": query, **more}, headers={"accept": accept})


def column(response: Response, name: str) -> list[str]:
    return [row[name]["value"] for row in response.json()["results"]["bindings"]]


# The protocol


def test_a_query_may_come_in_three_ways(client: TestClient) -> None:
    answers = [
        ask(client, SELECT),
        client.post("/sparql", data={"query": SELECT}),
        client.post("/sparql", content=SELECT, headers=QUERY),
        client.post("/sparql", content=SELECT, headers={"content-type": "application/sparql-query; charset=utf-8"}),
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.content for answer in answers}) == 1
    assert len(column(answers[0], "s")) == 3


@pytest.mark.parametrize(
    ("method", "query", "body", "content_type", "status"),
    [
        ("GET", "query=", b"", "", 400),
        ("GET", "query=ASK{}&query=ASK{}", b"", "", 400),
        ("GET", "query=ASK{}&update=CLEAR%20ALL", b"", "", 400),
        ("GET", "update=CLEAR%20ALL", b"", "", 405),
        ("GET", "default-graph-uri=urn:g", b"", "", 400),
        ("GET", "query=ASK%7B%7D%FF", b"", "", 400),
        ("GET", "query=ASK{}&default-graph-uri=no%20iri", b"", "", 400),
        ("POST", "", b"", "application/x-www-form-urlencoded", 400),
        ("POST", "", b"query=ASK{}&query=ASK{}", "application/x-www-form-urlencoded", 400),
        ("POST", "query=ASK{}", b"query=ASK{}", "application/x-www-form-urlencoded", 400),
        ("POST", "", b"update=CLEAR%20ALL", "application/x-www-form-urlencoded", 401),
        ("POST", "", b"query=ASK{}&update=CLEAR%20ALL", "application/x-www-form-urlencoded", 400),
        ("POST", "", b"CLEAR ALL", "application/sparql-update", 401),
        ("POST", "", b"ASK {}", "text/plain", 415),
        ("POST", "", b"ASK {}", "", 415),
        ("POST", "", b"ASK {}", "application/sparql-query; charset=utf-16", 415),
        ("POST", "", "ASK { ?s ?p 'é' }".encode("latin-1"), "application/sparql-query", 400),
        ("POST", "query=ASK{}", b"ASK {}", "application/sparql-query", 400),
        ("POST", "", b"", "application/sparql-query", 400),
        ("POST", "", b"x" * 1_000_001, "application/sparql-query", 413),
        ("PUT", "query=ASK{}", b"", "", 405),
        ("DELETE", "", b"", "", 405),
        ("GET", "query=ASK{}&format=png", b"", "", 406),
    ],
)
def test_what_breaks_the_protocol_is_refused_as_a_problem(
    client: TestClient, method: str, query: str, body: bytes, content_type: str, status: int
) -> None:
    headers = {"content-type": content_type} if content_type else {}
    answer = client.request(method, f"/sparql?{query}", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"].endswith(".")


def test_parameters_of_a_form_may_stand_in_address_and_body_once_each(client: TestClient) -> None:
    answer = client.post("/sparql?format=csv", content=b"query=ASK{}&default-graph-uri=", headers=FORM)
    assert answer.status_code == 406
    assert client.post("/sparql?format=xml", content=b"query=ASK{}", headers=FORM).text.startswith("<?xml")


def test_the_methods_there_are_can_be_asked_for(client: TestClient) -> None:
    answer = client.options("/sparql")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")
    head = client.head("/sparql", params={"query": SELECT})
    assert (head.status_code, head.content, head.headers["content-type"]) == (200, b"", JSON)


def test_scripts_of_other_sites_may_ask(client: TestClient) -> None:
    asked = {"origin": "https://elsewhere.example", "access-control-request-method": "POST"}
    preflight = client.options("/sparql", headers={**asked, "access-control-request-headers": "content-type"})
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, "*")
    for answer in (
        client.get("/sparql", params={"query": ASK}, headers={"origin": "https://elsewhere.example"}),
        client.get("/sparql?query=no", headers={"origin": "https://elsewhere.example"}),
    ):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "Govgraph-Revision" in answer.headers["access-control-expose-headers"]


# Formats


@pytest.mark.parametrize(("kind", "query"), [("solutions", SELECT), ("boolean", ASK), ("graph", CONSTRUCT)])
def test_every_kind_of_result_comes_in_every_format_by_accept_and_by_parameter(
    client: TestClient, kind: str, query: str
) -> None:
    assert len(OFFERS[kind].all) >= 5
    for format_ in OFFERS[kind].all[:-1]:
        negotiated, named = ask(client, query, format_.type), ask(client, query, format=format_.name)
        assert negotiated.headers["content-type"] == format_.content_type
        assert "accept" in negotiated.headers["vary"].lower()
        assert named.status_code == 200
        assert said(kind, negotiated.content, format_) == said(kind, ask(client, query).content, OFFERS[kind].all[0])


def said(kind: str, body: bytes, format_: Format) -> object:
    """What a result says, whatever it is written in."""
    if kind == "graph":
        return {str(quad.triple) for quad in pyoxigraph.parse(body, RDF_SYNTAX[format_])}
    if format_.name == "csv":
        return [tuple(row.values()) for row in csv.DictReader(io.StringIO(body.decode()))]
    parsed = pyoxigraph.parse_query_results(body, RESULT_SYNTAX[format_])
    if isinstance(parsed, pyoxigraph.QueryBoolean):
        return bool(parsed)
    return [tuple(term.value for term in row if term is not None) for row in parsed]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("query", "accept", "type_"),
    [
        (SELECT, "", JSON),
        (SELECT, "*/*", JSON),
        (SELECT, "text/csv;q=0.5, application/sparql-results+xml;q=0.9, */*;q=0.1", "application/sparql-results+xml"),
        (SELECT, f"{JSON};q=0, */*", "application/sparql-results+xml"),
        (SELECT, "text/*", "text/csv; charset=utf-8"),
        (SELECT, "application/json", "application/json"),
        (SELECT, "text/turtle, text/tab-separated-values;q=0.2", "text/tab-separated-values; charset=utf-8"),
        (CONSTRUCT, "text/turtle, text/tab-separated-values;q=0.2", "text/turtle; charset=utf-8"),
        (CONSTRUCT, "application/rdf+xml, text/turtle;q=0.9", "application/rdf+xml"),
        (CONSTRUCT, "application/ld+json", "application/ld+json"),
        (
            ASK,
            "application/sparql-results+xml, application/sparql-results+json;q=0.9",
            "application/sparql-results+xml",
        ),
    ],
)
def test_the_format_liked_best_is_chosen(client: TestClient, query: str, accept: str, type_: str) -> None:
    assert ask(client, query, accept).headers["content-type"] == type_


@pytest.mark.parametrize(
    ("query", "accept", "named"),
    [
        (SELECT, "image/png", "text/csv"),
        (SELECT, "text/turtle", "application/sparql-results+json"),
        (ASK, "text/csv", "application/sparql-results+xml"),
        (CONSTRUCT, "text/csv", "text/turtle"),
    ],
)
def test_what_is_not_acceptable_names_what_there_is(client: TestClient, query: str, accept: str, named: str) -> None:
    answer = ask(client, query, accept)
    assert answer.status_code == 406
    assert named in answer.json()["hint"]


def test_turtle_declares_the_prefixes_it_uses_and_no_other(client: TestClient) -> None:
    text = ask(client, CONSTRUCT).text
    declared = re.findall(r"^@prefix (\w+):", text, re.MULTILINE)
    assert declared == ["cpsv", "dct"]


# What a query sees


@pytest.fixture(scope="module")
def drafts(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A catalogue with a published service and a draft whose every text says so."""
    directory = tmp_path_factory.mktemp("drafts")
    path = directory / "small.ttl"
    draft = (
        '<id/service/secret> a cpsv:PublicService ; dct:title "SECRET title"@en ; dct:description "SECRET"@en ; '
        'cv:relatedService <id/service/open> ; gov:publicationStatus code:Draft ; dcat:keyword "SECRET"@en .'
    )
    more = "; cv:relatedService <id/service/secret>"
    path.write_text(TURTLE_PREFIXES + ORGANISATION + service("open", more=more) + draft, "utf-8")
    store = DiskStore(directory / "data", BASE)
    load = Load(store, contract)
    load.read_rdf(path)
    assert load.finish().published == 2
    store.close()
    with TestClient(build_app(read({}, data=directory / "data")), base_url=BASE) as client:
        yield client


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?s ?p ?o }",
        "SELECT * { GRAPH ?g { ?s ?p ?o } }",
        "SELECT * FROM <graph/working> { ?s ?p ?o }",
        "SELECT * FROM NAMED <graph/working> { GRAPH ?g { ?s ?p ?o } }",
        "SELECT * FROM <graph/working> FROM NAMED <graph/working> { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }",
        "SELECT * { GRAPH <graph/working> { ?s ?p ?o } }",
        "SELECT * { GRAPH <graph/report-working> { ?s ?p ?o } }",
        "SELECT * FROM <graph/report-working> { ?s ?p ?o }",
        "SELECT * { GRAPH <graph/system> { ?s ?p ?o } }",
        "SELECT * FROM <graph/system> { ?s ?p ?o }",
        "PREFIX g: <graph/> SELECT * FROM g:working { ?s ?p ?o }",
        r"SELECT * FROM <graph/workin\u0067> { ?s ?p ?o }",
        "DESCRIBE <id/service/secret>",
        "DESCRIBE ?s { GRAPH ?g { ?s a cpsv:PublicService } }",
        "DESCRIBE <id/service/secret> FROM <graph/working>",
        "CONSTRUCT { ?s ?p ?o } FROM <graph/working> WHERE { ?s ?p ?o }",
        "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH <graph/working> { ?s ?p ?o } }",
        "SELECT * { <id/service/open> (cv:relatedService|^cv:relatedService)* ?x . ?x ?p ?o }",
        "SELECT * { { SELECT * { GRAPH <graph/working> { ?s ?p ?o } } } }",
        "SELECT * { VALUES ?g { <graph/working> } GRAPH ?g { ?s ?p ?o } }",
    ],
)
@pytest.mark.parametrize(
    "dataset",
    [
        {},
        {"default-graph-uri": f"{BASE}graph/working"},
        {"named-graph-uri": f"{BASE}graph/working"},
        {"default-graph-uri": f"{BASE}graph/working", "named-graph-uri": f"{BASE}graph/report-working"},
        {"default-graph-uri": f"{BASE}graph/system", "named-graph-uri": f"{BASE}graph/system"},
    ],
)
def test_nothing_of_a_draft_shows_however_it_is_asked_for(
    drafts: TestClient, query: str, dataset: dict[str, str]
) -> None:
    for answer in (ask(drafts, query, **dataset), drafts.post("/sparql", data={"query": query, **dataset})):
        assert answer.status_code == 200
        assert "secret" not in answer.text.lower()
        assert "graph/working" not in answer.text
        assert "storeFormat" not in answer.text


def test_the_pages_show_nothing_of_a_draft_either(drafts: TestClient) -> None:
    for query in ("SELECT ?s ?p ?o { ?s ?p ?o }", "CONSTRUCT WHERE { ?s ?p ?o }", "SELECT * { GRAPH ?g { ?s ?p ?o } }"):
        page = drafts.get("/sparql", params={"query": query}, headers=PAGE)
        assert page.status_code == 200
        assert "secret" not in page.text.lower()


def test_the_graphs_there_are_can_be_chosen_among(client: TestClient) -> None:
    graphs = column(ask(client, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g"), "g")
    said = ("history-public", "public", "reference", "report-public", "scores-public", "vocabulary")
    assert graphs == [f"{BASE}graph/{local}" for local in said]
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    by_parameter = ask(client, count, **{"default-graph-uri": f"{BASE}graph/reference"})
    by_clause = ask(client, "SELECT (COUNT(*) AS ?n) FROM <graph/reference> { ?s ?p ?o }")
    assert by_parameter.json()["results"] == by_clause.json()["results"] != ask(client, count).json()["results"]
    both = {"default-graph-uri": [f"{BASE}graph/reference", f"{BASE}graph/vocabulary"]}
    assert int(column(ask(client, count, **both), "n")[0]) > int(column(by_clause, "n")[0])


def test_parameters_override_the_clauses_of_the_query(client: TestClient) -> None:
    query = "SELECT (COUNT(*) AS ?n) FROM <graph/public> { ?s ?p ?o }"
    assert column(ask(client, query, **{"default-graph-uri": "urn:nothing"}), "n") == ["0"]


def test_relative_iris_are_resolved_against_the_address(client: TestClient) -> None:
    query = "SELECT * { VALUES (?a ?b ?c) { (<> <#x> <id/service/x>) } }"
    [row] = ask(client, query).json()["results"]["bindings"]
    assert [row[k]["value"] for k in "abc"] == [f"{BASE}sparql", f"{BASE}sparql#x", f"{BASE}id/service/x"]


def test_prefixes_of_the_catalogue_need_no_declaration_and_may_be_declared(client: TestClient) -> None:
    declared = "PREFIX cpsv: <http://purl.org/vocab/cpsv#> " + SELECT
    assert ask(client, declared).content == ask(client, SELECT).content


# Refusals


def test_a_malformed_query_is_400_with_line_and_column(client: TestClient) -> None:
    answer = ask(client, "SELECT ?s\nWHERE { ?s a ex:Thing }")
    problem = answer.json()
    assert (answer.status_code, problem["line"], problem["column"]) == (400, 2, 14)
    assert "ex:" in problem["hint"]
    assert answer.headers["cache-control"] == "no-store"


def test_calling_another_endpoint_is_403(client: TestClient) -> None:
    for query in ("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "ASK{SERVICE SILENT ?g { ?s ?p ?o }}"):
        assert ask(client, query).status_code == 403
    assert ask(client, "ASK { FILTER(?x<?y)SERVICE#>\n<http://127.0.0.1:9/>{ ?s ?p ?o } }").status_code == 400


def test_an_update_in_place_of_a_query_is_400_and_says_so(client: TestClient) -> None:
    answer = ask(client, "INSERT DATA { <a> <b> <c> }")
    assert answer.status_code == 400
    assert "send it by POST" in answer.json()["hint"]


@pytest.fixture
def strict(seed: Seed) -> Iterator[TestClient]:
    settings = read({}, data=seed.directory, query_seconds=0.5, query_megabytes=0, query_workers=2)
    with TestClient(build_app(settings), base_url=BASE) as client:
        yield client


def test_a_runaway_is_503_with_what_to_change_and_others_are_served(strict: TestClient) -> None:
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(ask, strict, RUNAWAY) for _ in range(3)]
        home = strict.get("/healthz")
        answers = [one.result() for one in running]
    assert home.status_code == 200
    for answer in answers:
        assert answer.status_code == 503
        assert answer.json()["hint"]
    stopped = [answer for answer in answers if answer.json()["type"].endswith("#query-overdue")]
    assert stopped
    assert not any("retry-after" in answer.headers for answer in stopped), "they would be stopped again"


def test_a_result_beyond_the_limit_is_422_since_no_other_time_is_better(strict: TestClient) -> None:
    answer = ask(strict, "SELECT * { ?s ?p ?o }")
    assert (answer.status_code, "retry-after" in answer.headers) == (422, False)
    assert "LIMIT" in answer.json()["hint"]


@pytest.mark.parametrize("workers", [2, 4])
def test_brief_queries_are_all_answered_while_runaways_run(seed: Seed, workers: int) -> None:
    settings = read({}, data=seed.directory, query_seconds=8, query_workers=workers, query_brief_seconds=1)
    with TestClient(build_app(settings), base_url=BASE) as client, ThreadPoolExecutor(12) as pool:
        ask(client, SELECT)
        runaways = [pool.submit(ask, client, RUNAWAY) for _ in range(max(1, workers - 2))]
        brief = [pool.submit(ask, client, f"{SELECT} # {number}") for number in range(40)]
        answered = [one.result().status_code for one in brief]
        still_running = [one.done() for one in runaways]
        stopped = [one.result().status_code for one in runaways]
    assert answered == [200] * 40
    assert set(still_running) == {False}, "the brief ones waited for no runaway"
    assert set(stopped) == {503}


def test_who_finds_too_many_waiting_is_told_when_to_come_again(seed: Seed) -> None:
    settings = read({}, data=seed.directory, query_seconds=1, query_workers=1, query_waiting=0)
    with TestClient(build_app(settings), base_url=BASE) as client, ThreadPoolExecutor(4) as pool:
        answers = [one.result() for one in [pool.submit(ask, client, RUNAWAY) for _ in range(4)]]
    busy = [answer for answer in answers if answer.json()["type"].endswith("#query-busy")]
    assert len(busy) == 3
    assert {(answer.status_code, answer.headers["retry-after"]) for answer in busy} == {(503, "5")}


def test_a_browser_gets_its_refusal_on_the_page_with_the_query(client: TestClient) -> None:
    page = client.get("/sparql", params={"query": "SELECT ?s { <b>"}, headers=PAGE)
    assert (page.status_code, page.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert "SELECT ?s { &lt;b&gt;</textarea>" in page.text
    assert 'role="alert"' in page.text


# Caching


def test_an_answer_is_known_again_at_the_same_revision(client: TestClient, seed: Seed) -> None:
    first = ask(client, SELECT)
    assert first.headers["govgraph-revision"] == str(seed.public.revision)
    tag = first.headers["etag"]
    assert tag.startswith('W/"')
    again = client.get("/sparql", params={"query": SELECT}, headers={"if-none-match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert ask(client, SELECT + " # other").headers["etag"] != tag
    assert ask(client, SELECT, "text/csv").headers["etag"] != tag
    assert ask(client, SELECT, **{"default-graph-uri": "urn:g"}).headers["etag"] != tag


def test_a_new_revision_has_a_new_answer(contract: Contract, tmp_path: Path) -> None:
    file = tmp_path / "small.ttl"
    store = DiskStore(tmp_path / "data", BASE)

    def load(title: str) -> None:
        file.write_text(TURTLE_PREFIXES + ORGANISATION + service("one", title), "utf-8")
        load = Load(store, contract)
        load.read_rdf(file)
        load.finish()

    load("First")
    query = "SELECT ?t { <id/service/one> dct:title ?t FILTER(lang(?t) = 'en') }"
    with TestClient(build_app(read({}, data=tmp_path / "data", refresh_seconds=0)), base_url=BASE) as client:
        first = ask(client, query)
        load("Second")
        second = client.get("/sparql", params={"query": query}, headers={"if-none-match": first.headers["etag"]})
    store.close()
    assert column(first, "t") == ["First"]
    assert column(second, "t") == ["Second"]


@pytest.mark.parametrize("call", ["NOW()", "RAND()", "UUID()", "STRUUID()", "BNODE()"])
def test_what_depends_on_the_moment_is_never_kept(client: TestClient, call: str) -> None:
    answer = ask(client, f"SELECT ({call} AS ?x) {{}}")
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


def test_a_post_has_no_tag(client: TestClient) -> None:
    assert "etag" not in client.post("/sparql", data={"query": SELECT}).headers


# Service description and page


def test_a_get_that_asks_for_nothing_gets_the_service_description(client: TestClient) -> None:
    answer = client.get("/sparql")
    assert answer.headers["content-type"] == "text/turtle; charset=utf-8"
    described = pyoxigraph.Store()
    described.load(answer.content, format=pyoxigraph.RdfFormat.TURTLE)
    query = """
        PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>
        PREFIX format: <http://www.w3.org/ns/formats/>
        ASK { ?s a sd:Service ; sd:endpoint <sparql> ; sd:supportedLanguage sd:SPARQL11Query ;
                 sd:defaultDataset [ sd:defaultGraph ?d ; sd:namedGraph [ sd:name <graph/public> ] ] ;
                 sd:resultFormat format:SPARQL_Results_JSON , format:Turtle }"""
    assert described.query(query, base_iri=BASE)
    assert b"graph/working" not in answer.content
    for type_ in ("application/ld+json", "application/n-triples", "application/rdf+xml"):
        assert client.get("/sparql", headers={"accept": type_}).headers["content-type"] == type_
    assert client.get("/sparql", headers={"accept": "image/png"}).status_code == 406
    again = client.get("/sparql", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_example_on_the_page_answers(client: TestClient, language: str) -> None:
    page = unescape(client.get(f"/sparql?lang={language}", headers=PAGE).text)
    assert len(examples()) == 5
    for example in examples():
        assert set(example.titles) == {"en", "fr"}
        assert example.titles[language].replace("\u00a0", " ") in page.replace("\u00a0", " ")
        answer = ask(client, example.query)
        assert answer.status_code == 200
        assert len(answer.content) > 200
        shown = client.get("/sparql", params={"query": example.query, "lang": language}, headers=PAGE)
        assert shown.status_code == 200


def test_a_browser_sees_a_result_as_a_table_with_names_and_all_its_files(client: TestClient) -> None:
    query = "SELECT ?s ?level { ?s a cpsv:PublicService ; gov:digitalisationLevel ?level } ORDER BY ?s LIMIT 4"
    page = client.get("/sparql", params={"query": query}, headers=PAGE)
    assert page.text.count("<tr>") == 5
    assert re.search(r'<a href="/doc/service/[\w-]+"', page.text)
    files = re.findall(r'<a class="button quiet small" href="([^"]+)"', page.text)
    assert len(files) == len(OFFERS["solutions"].formats) == 4
    for href in files:
        answer = client.get(unescape(href))
        assert answer.status_code == 200
        assert "html" not in answer.headers["content-type"]
    assert page.headers["vary"].startswith("Accept, Accept-Language")


@pytest.mark.parametrize(
    ("query", "shown"),
    [(ASK, "<strong>Yes</strong>"), ("ASK { ?s a ?s }", "<strong>No</strong>"), (CONSTRUCT, "a cpsv:PublicService")],
)
def test_a_browser_sees_the_other_kinds_too(client: TestClient, query: str, shown: str) -> None:
    assert shown in unescape(client.get("/sparql", params={"query": query}, headers=PAGE).text)


def test_what_a_query_puts_into_its_result_stays_text_on_the_page(client: TestClient) -> None:
    for hostile in ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)"):
        query = f"SELECT ({json.dumps(hostile)} AS ?x) (IRI({json.dumps('javascript:alert(1)')}) AS ?y) {{}}"
        page = client.get("/sparql", params={"query": query}, headers=PAGE).text
        assert "<script" not in page
        assert "<img src=x" not in page
        assert 'href="javascript' not in page


def test_a_long_table_is_cut_on_the_page_and_whole_in_the_files(client: TestClient) -> None:
    query = "SELECT ?s ?p ?o { ?s ?p ?o } LIMIT 700"
    page = client.get("/sparql", params={"query": query}, headers=PAGE)
    assert page.text.count("<tr>") == 501
    assert "<strong>700</strong> rows" in page.text
    assert len(column(ask(client, query), "s")) == 700
