"""One query on one open engine: which graphs it sees, what it writes, how it is refused."""

from __future__ import annotations

import json
import socket

import pyoxigraph
import pytest
from pyoxigraph import Literal, NamedNode, Quad

from govgraph.errors import QueryError, QueryForbidden, ResultTooLarge
from govgraph.iris import DCT_TITLE
from govgraph.media import CSV, JSONLD, NTRIPLES, RDFXML, SPARQL_JSON, SPARQL_XML, TSV, TURTLE, Format
from govgraph.store import Dataset, Query, Result
from govgraph.store.evaluation import columns_of, evaluate

BASE = "http://example.gov/"
PUBLIC, WORKING, REPORT = (NamedNode(f"{BASE}graph/{local}") for local in ("public", "working", "report"))
FORMATS = {"solutions": SPARQL_JSON, "boolean": SPARQL_JSON, "graph": NTRIPLES}
TITLES = "SELECT ?t { ?s dct:title ?t } ORDER BY ?t"


@pytest.fixture(scope="module")
def engine() -> pyoxigraph.Store:
    store = pyoxigraph.Store()
    for graph, title in ((PUBLIC, "shown"), (WORKING, "draft"), (REPORT, "found")):
        store.add(Quad(NamedNode(f"{BASE}id/{title}"), DCT_TITLE, Literal(title), graph))
    return store


def run(engine: pyoxigraph.Store, text: str, *, limit: int = 10_000, **more: object) -> Result:
    query = Query(text, (PUBLIC,), (REPORT,), **{"formats": FORMATS, **more})  # type: ignore[arg-type]  # by name
    return evaluate(engine, query, BASE, limit)


def titles(result: Result) -> list[str]:
    return [row["t"]["value"] for row in json.loads(result.body)["results"]["bindings"]]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (TITLES, ["shown"]),
        ("SELECT ?t { GRAPH ?g { ?s dct:title ?t } } ORDER BY ?t", ["found", "shown"]),
        ("SELECT ?t { GRAPH <graph/report> { ?s dct:title ?t } }", ["found"]),
        ("SELECT ?t { GRAPH <graph/working> { ?s dct:title ?t } }", []),
        ("SELECT ?t FROM <graph/report> { ?s dct:title ?t }", ["found"]),
        ("SELECT ?t FROM <graph/public> FROM <graph/report> { ?s dct:title ?t } ORDER BY ?t", ["found", "shown"]),
        ("SELECT ?t FROM <graph/working> { ?s dct:title ?t }", []),
        ("SELECT ?t FROM <graph/working> FROM <graph/public> { ?s dct:title ?t }", ["shown"]),
        ("SELECT ?t FROM NAMED <graph/report> { ?s dct:title ?t }", []),
        ("SELECT ?t FROM NAMED <graph/report> { GRAPH ?g { ?s dct:title ?t } }", ["found"]),
        ("SELECT ?t FROM NAMED <graph/working> { GRAPH ?g { ?s dct:title ?t } }", []),
        ("SELECT ?t FROM NAMED <graph/working> { GRAPH <graph/working> { ?s dct:title ?t } }", []),
        ("PREFIX g: <graph/> SELECT ?t FROM g:working { ?s dct:title ?t }", []),
        (r"SELECT ?t FROM <graph/workin\u0067> { ?s dct:title ?t }", []),
        ("SELECT ?t { { SELECT ?t { GRAPH ?g { ?s dct:title ?t } } } }", ["found", "shown"]),
        ("SELECT ?t FROM <urn:nobody> { ?s dct:title ?t }", []),
    ],
)
def test_a_query_sees_the_graphs_it_may_and_no_other(engine: pyoxigraph.Store, text: str, seen: list[str]) -> None:
    assert sorted(titles(run(engine, text))) == sorted(seen)


@pytest.mark.parametrize(
    ("dataset", "default", "named"),
    [
        (Dataset((REPORT,), ()), ["found"], []),
        (Dataset((WORKING,), (WORKING,)), [], []),
        (Dataset((), (PUBLIC, WORKING)), [], ["shown"]),
        (Dataset((PUBLIC, REPORT), (REPORT,)), ["found", "shown"], ["found"]),
    ],
)
def test_a_dataset_asked_for_overrides_the_text_and_reaches_no_further(
    engine: pyoxigraph.Store, dataset: Dataset, default: list[str], named: list[str]
) -> None:
    assert (
        titles(run(engine, "SELECT ?t FROM <graph/public> { ?s dct:title ?t } ORDER BY ?t", dataset=dataset)) == default
    )
    assert titles(run(engine, "SELECT ?t { GRAPH ?g { ?s dct:title ?t } } ORDER BY ?t", dataset=dataset)) == named


def test_a_draft_cannot_be_described(engine: pyoxigraph.Store) -> None:
    assert run(engine, "DESCRIBE <id/draft>").body == b""
    assert b"shown" in run(engine, "DESCRIBE <id/shown>").body


def test_no_graph_at_all_is_an_empty_dataset_and_not_the_whole_store(engine: pyoxigraph.Store) -> None:
    result = evaluate(engine, Query("SELECT ?t { ?s dct:title ?t }", (), (), {}, FORMATS), BASE, 1000)
    assert titles(result) == []


@pytest.mark.parametrize(
    ("text", "kind", "format_", "start"),
    [
        (TITLES, "solutions", SPARQL_JSON, b'{"head"'),
        (TITLES, "solutions", SPARQL_XML, b"<?xml"),
        (TITLES, "solutions", CSV, b"t\r\nshown"),
        (TITLES, "solutions", TSV, b'?t\n"shown"'),
        ("ASK {}", "boolean", SPARQL_JSON, b'{"head":{},"boolean":true}'),
        ("ASK {}", "boolean", SPARQL_XML, b"<?xml"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "graph", NTRIPLES, b"<http://example.gov/id/shown>"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "graph", TURTLE, b"@prefix"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "graph", JSONLD, b"[{"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "graph", RDFXML, b"<?xml"),
    ],
)
def test_each_kind_of_result_is_written_in_each_of_its_formats(
    engine: pyoxigraph.Store, text: str, kind: str, format_: Format, start: bytes
) -> None:
    result = run(engine, text, formats={kind: format_})
    assert (result.kind, result.format) == (kind, format_)
    assert result.body.startswith(start)


def test_a_kind_of_result_without_a_format_is_not_written(engine: pyoxigraph.Store) -> None:
    assert run(engine, "ASK {}", formats={"solutions": CSV}) == Result("boolean", None, b"")


def test_values_enter_as_terms_and_never_as_text(engine: pyoxigraph.Store) -> None:
    hostile = Literal('shown" } UNION { GRAPH ?g { ?s ?p ?t } } #')
    assert titles(run(engine, "SELECT ?s ?t { ?s dct:title ?t }", bindings={"t": hostile})) == []
    assert titles(run(engine, "SELECT ?s ?t { ?s dct:title ?t }", bindings={"t": Literal("shown")})) == ["shown"]


@pytest.mark.parametrize(
    ("text", "line", "column", "hint"),
    [
        ("SELECT ?t {\n  ?s ?p }", 2, 9, "Here may stand, among others: ?variable, <iri>,"),
        ("SELECT * { ?s a ex:Thing }", 1, 17, "The prefix ex: is not declared."),
        ("SELECT * { ?s ?p ?o } GROUP BY ?s", 1, 34, "SELECT * is not authorized with GROUP BY."),
        ("", 1, 1, "It is empty."),
        ("SELECT * {", 1, 11, "Here may stand, among others: ?variable, <iri>,"),
        ("SELEC * {}", 1, 1, "Did you mean SELECT?"),
        ("SELECT ?x { ?x a ?y FLTER(?x) }", 1, 21, "Did you mean FILTER?"),
        ("SELECT ?x { ?x foo ?y }", 1, 16, "?variable, <iri>"),
        ("SELECT (COUNT(?x) AS n) {}", 1, 22, "Here may stand, among others: ?variable."),
        ("SELECT * { ?s ?p ?o . FILTER(?o <= 1 && ) }", 1, 41, "a number"),
        ("# one\nSELECT * { ?s ?p 'é𝄞' xx }", 2, 23, "}"),
        ("SELECT * { ?s ?p ?o } LIMIT ten", 1, 29, "a number"),
        ("INSERT DATA { <a> <b> <c> }", 1, 1, "This is an update: send it by POST"),
        ("SELECT ?é {\u2028 ?s }", 1, 14, ""),
    ],
)
def test_a_malformed_query_is_refused_with_its_place_and_a_reason(
    engine: pyoxigraph.Store, text: str, line: int, column: int, hint: str
) -> None:
    with pytest.raises(QueryError) as refused:
        run(engine, text)
    assert (refused.value.line, refused.value.column) == (line, column)
    assert refused.value.status == 400
    assert hint in refused.value.hint
    assert "[" not in refused.value.hint


def test_service_is_forbidden_and_malformed_text_with_the_word_is_malformed(engine: pyoxigraph.Store) -> None:
    with pytest.raises(QueryForbidden):
        run(engine, "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }")
    with pytest.raises(QueryError) as refused:
        run(engine, "SELECT ?service { ?s ?p }")
    assert type(refused.value) is QueryError
    assert refused.value.column == 25


def test_no_connection_is_made_whatever_the_query_says(engine: pyoxigraph.Store) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        iri = f"<http://127.0.0.1:{listener.getsockname()[1]}/>"
        patterns = (
            f"SERVICE {iri} {{ ?s ?p ?o }}",
            f"SERVICESILENT{iri}{{ ?s ?p ?o }}",
            f"FILTER(?x<?y)SERVICE#>\n{iri}{{ ?s ?p ?o }}",
            "SERVICE:x { ?s ?p ?o }",
            "SERVICEa:x { ?s ?p ?o }",
            f"VALUES ?g {{ {iri} }} SERVICE ?g {{ ?s ?p ?o }}",
        )
        for pattern in patterns:
            for head in ("SELECT *", "ASK", "DESCRIBE ?s", "CONSTRUCT { ?s ?p ?o } WHERE"):
                with pytest.raises(QueryError):
                    run(engine, f"PREFIX : {iri} PREFIX a: {iri} {head} {{ {pattern} }}")
        run(engine, f"SELECT * FROM {iri} FROM NAMED {iri} {{ GRAPH ?g {{ ?s ?p ?o }} }}")
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_an_unknown_function_is_refused_by_name(engine: pyoxigraph.Store) -> None:
    with pytest.raises(QueryError, match="urn:f"):
        run(engine, "SELECT (<urn:f>(1) AS ?x) { ?service ?p ?o }")


def test_a_result_beyond_the_limit_is_refused_before_it_is_whole(engine: pyoxigraph.Store) -> None:
    many = "SELECT * { VALUES ?a {1 2 3 4 5 6 7 8} VALUES ?b {1 2 3 4 5 6 7 8} VALUES ?c {1 2 3 4 5 6 7 8} }"
    assert len(run(engine, many, limit=1_000_000).body) > 50_000
    with pytest.raises(ResultTooLarge, match="larger"):
        run(engine, many, limit=50_000)


def test_the_columns_of_a_select_are_known_without_data() -> None:
    assert columns_of("SELECT ?a (1 AS ?b) { ?a a cpsv:PublicService }") == ("a", "b")
    with pytest.raises(QueryError, match="no SELECT"):
        columns_of("ASK {}")
