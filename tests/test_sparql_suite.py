"""The W3C's own query tests, run through ``evaluate``: it fails what the engine itself fails, and nothing else."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyoxigraph
import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple

from govgraph.errors import QueryError, QueryForbidden
from govgraph.media import NTRIPLES, RESULT_FORMATS, RESULT_SYNTAX, SPARQL_JSON, Format
from govgraph.store import Dataset, Query, Result, Term, sparql_text
from govgraph.store.evaluation import evaluate

pytestmark = pytest.mark.shared

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DEFAULT = NamedNode("urn:suite:default")
LIMIT = 50_000_000

ENTRIES = f"""
PREFIX mf: <{MF}> PREFIX qt: <{QT}>
SELECT ?test ?type ?query ?data ?result ?cardinality WHERE {{
  ?test a ?type ; mf:action ?action .
  OPTIONAL {{ ?action qt:query ?inner }} BIND(COALESCE(?inner, ?action) AS ?query)
  OPTIONAL {{ ?action qt:data ?data }} OPTIONAL {{ ?test mf:result ?result }}
  OPTIONAL {{ ?test mf:resultCardinality ?cardinality }}
}}"""
COUNTS = {
    "QueryEvaluationTest": 586,
    "CSVResultFormatTest": 3,
    "PositiveSyntaxTest": 251,
    "PositiveSyntaxTest11": 66,
    "NegativeSyntaxTest": 131,
    "NegativeSyntaxTest11": 48,
}
"""Updates, protocol, graph store and service description come with the faces that do them."""

REFUSED = {f"sparql11/service service{n}" for n in ("1", "2", "3", "4a", "5", "6", "7")}
"""They call other endpoints, which is refused here on purpose."""
CONTRADICTED = {"sparql10/optional-filter dawg-optional-filter-005-simplified"}
"""The suite holds it beside its opposite (``-not-simplified``), of which a processor can pass one."""


@dataclass(frozen=True)
class Entry:
    """One test of a manifest; paths are files of the suite."""

    name: str
    type: str
    query: Path
    data: tuple[Path, ...]
    named: tuple[Path, ...]
    result: Path | None
    lax: bool


def entries(suite: Path) -> list[Entry]:
    return [entry for manifest in sorted(suite.glob("sparql1*/*/manifest.ttl")) for entry in _entries(suite, manifest)]


def _entries(suite: Path, manifest: Path) -> Iterator[Entry]:
    store = pyoxigraph.Store()
    store.load(path=manifest, format=RdfFormat.TURTLE, base_iri=manifest.as_uri())
    found: dict[str, dict[str, set[Term]]] = {}
    solutions = store.query(ENTRIES)
    assert isinstance(solutions, pyoxigraph.QuerySolutions)
    for row in solutions:
        said = found.setdefault(row["test"].value, {})
        for key in ("type", "query", "data", "result", "cardinality"):
            if row[key] is not None:
                said.setdefault(key, set()).add(row[key])
    named = _named(store)
    for test, said in found.items():
        for type_ in sorted({iri(one).removeprefix(MF) for one in said["type"]} & COUNTS.keys()):
            yield Entry(
                name=f"{manifest.parent.relative_to(suite)} {test.rpartition('#')[2]}",
                type=type_,
                query=_path(next(iter(said["query"]))),
                data=tuple(_path(one) for one in said.get("data", ())),
                named=tuple(named.get(test, ())),
                result=next((_path(one) for one in said.get("result", ()) if isinstance(one, NamedNode)), None),
                lax="cardinality" in said,
            )


def _named(store: pyoxigraph.Store) -> dict[str, list[Path]]:
    rows = store.query(f"SELECT ?test ?graph {{ ?test <{MF}action>/<{QT}graphData> ?graph }}")
    assert isinstance(rows, pyoxigraph.QuerySolutions)
    named: dict[str, list[Path]] = {}
    for row in rows:
        named.setdefault(row["test"].value, []).append(_path(row["graph"]))
    return named


def iri(term: Term) -> str:
    assert isinstance(term, NamedNode)
    return term.value


def _path(term: Term) -> Path:
    return Path(unquote(urlsplit(iri(term)).path))


def _load(store: pyoxigraph.Store, path: Path, graph: NamedNode) -> None:
    """A file's triples into a graph; quads keep graphs of their own."""
    syntax = RdfFormat.from_extension(path.suffix.removeprefix("."))
    assert syntax is not None, path
    default = pyoxigraph.DefaultGraph()
    for quad in pyoxigraph.parse(path=path, format=syntax, base_iri=path.as_uri(), rename_blank_nodes=True):
        in_graph = graph if quad.graph_name == default else quad.graph_name
        store.add(Quad(quad.subject, quad.predicate, quad.object, in_graph))


def run(entry: Entry) -> Result:
    store = pyoxigraph.Store()
    text, base = entry.query.read_bytes().decode(), entry.query.as_uri()
    clauses = sparql_text.read(text, base)
    for path in entry.data:
        _load(store, path, DEFAULT)
    for path in {*entry.named, *(_path(graph) for graph in (*clauses.default, *clauses.named))}:
        _load(store, path, NamedNode(path.as_uri()))
    named = tuple(graph for graph in store.named_graphs() if isinstance(graph, NamedNode) and graph != DEFAULT)
    query = Query(
        text,
        (DEFAULT,),
        named,
        formats={"solutions": wanted(entry), "boolean": SPARQL_JSON, "graph": NTRIPLES},
        dataset=None if clauses.given else Dataset((DEFAULT,), named),
    )
    return evaluate(store, query, base, LIMIT)


def wanted(entry: Entry) -> Format:
    """The format of the expected result where it is a result format, so that each of them is compared."""
    suffix = entry.result.suffix.removeprefix(".") if entry.result else ""
    return next((format_ for format_ in RESULT_FORMATS if format_.name == suffix), SPARQL_JSON)


def passes(entry: Entry) -> bool:
    if "Syntax" in entry.type:
        return is_query(entry) is entry.type.startswith("Positive")
    try:
        result = run(entry)
    except QueryError:
        return False
    assert entry.result is not None
    if entry.type == "CSVResultFormatTest":
        return table(result.body) == table(entry.result.read_bytes())
    return found(result, entry.lax) == expected(entry.result, entry.lax)


def is_query(entry: Entry) -> bool:
    try:
        evaluate(pyoxigraph.Store(), Query(entry.query.read_bytes().decode(), ()), entry.query.as_uri(), LIMIT)
    except QueryForbidden:
        return True  # it was read as a query that calls out
    except UnicodeDecodeError:
        return False
    except QueryError as error:
        return "custom function" in error.sentence  # it was read, and asks for a function nobody has
    return True


def table(body: bytes) -> Counter[frozenset[tuple[str, object]]]:
    """CSV by column name, since the order of columns of SELECT * is free, and so are names of blank nodes."""
    rows = csv.DictReader(io.StringIO(body.decode(), newline=""))
    return Counter(frozenset((column, _cell(cell)) for column, cell in row.items()) for row in rows)


def _cell(text: str) -> object:
    if text.startswith("_:"):
        return "_:"
    try:
        return float(text)
    except ValueError:
        return text


# Results, compared as graphs: a row is a blank node with a property per variable.


def found(result: Result, lax: bool) -> object:
    if result.kind == "graph":
        return canonical(pyoxigraph.parse(result.body, RdfFormat.N_TRIPLES))
    assert result.format is not None
    return _results(result.body, RESULT_SYNTAX[result.format], lax)


def expected(path: Path, lax: bool) -> object:
    syntax = pyoxigraph.QueryResultsFormat.from_extension(path.suffix.removeprefix("."))
    if syntax is not None:
        return _results(path.read_bytes(), syntax, lax)
    store = pyoxigraph.Store()
    _load(store, path, DEFAULT)
    quads = list(store)
    value = next((q.object for q in quads if q.predicate.value == RS + "boolean"), None)
    if isinstance(value, Literal):
        return value.value in ("true", "1")
    if not any(q.object == NamedNode(RS + "ResultSet") for q in quads):
        return canonical(quads)
    return _rows(list(_result_set(quads)), lax)


def _result_set(quads: list[Quad]) -> Iterator[dict[str, Term]]:
    by_subject: dict[Term, list[tuple[str, Term]]] = {}
    for quad in quads:
        by_subject.setdefault(quad.subject, []).append((quad.predicate.value, quad.object))
    for quad in quads:
        if quad.predicate.value == RS + "solution":
            bindings = [dict(by_subject[b]) for p, b in by_subject.get(quad.object, []) if p == RS + "binding"]
            yield {binding[RS + "variable"].value: binding[RS + "value"] for binding in bindings}  # type: ignore[union-attr]


def _results(body: bytes, syntax: pyoxigraph.QueryResultsFormat, lax: bool) -> object:
    parsed = pyoxigraph.parse_query_results(body, syntax)
    if isinstance(parsed, pyoxigraph.QueryBoolean):
        return bool(parsed)
    names = [variable.value for variable in parsed.variables]
    return _rows([{name: row[name] for name in names if row[name] is not None} for row in parsed], lax)


def _rows(rows: list[dict[str, Term]], lax: bool) -> object:
    said = [tuple(sorted((name, str(_kept(term))) for name, term in row.items())) for row in rows]
    times = Counter(said)
    quads = []
    for key, row in dict(zip(said, rows, strict=True)).items():
        node = BlankNode()
        quads.append(Quad(node, NamedNode("urn:suite:times"), Literal(1 if lax else times[key])))
        quads += [Quad(node, NamedNode(f"urn:suite:var:{name}"), term) for name, term in row.items()]
    return canonical(quads)


def _kept(term: Term) -> Term:
    """A literal written as a store writes it: 1.30 is 1.3. A store that changed its datatype would be wrong."""
    if isinstance(term, Triple):
        return Triple(term.subject, term.predicate, _kept(term.object))
    if not isinstance(term, Literal):
        return term
    store = pyoxigraph.Store()
    store.add(Quad(DEFAULT, DEFAULT, term))
    kept = next(iter(store)).object
    return kept if isinstance(kept, Literal) and kept.datatype == term.datatype else term


def canonical(quads: Iterable[Quad]) -> frozenset[str]:
    """The triples with blank nodes by canonical names."""
    dataset = pyoxigraph.Dataset(Quad(quad.subject, quad.predicate, _kept(quad.object)) for quad in quads)
    dataset.canonicalize(pyoxigraph.CanonicalizationAlgorithm.UNSTABLE)
    return frozenset(str(quad) for quad in dataset)


@pytest.fixture(scope="module")
def suite(shared: Path) -> Path:
    return shared.resolve() / "suites" / "sparql"


def test_the_suite_is_there_in_full(suite: Path) -> None:
    assert Counter(entry.type for entry in entries(suite)) == COUNTS


def test_no_test_fails_but_those_the_engine_is_known_to_fail(shared: Path, suite: Path) -> None:
    lines = (shared / "suites" / "sparql-known-pyoxigraph.txt").read_text().splitlines()
    known = {line for line in lines if not line.startswith("#")}
    assert len(known) == 32
    failed = {entry.name for entry in entries(suite) if not passes(entry)}
    assert failed == known | REFUSED | CONTRADICTED
