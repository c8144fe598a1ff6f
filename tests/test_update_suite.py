"""The W3C's own tests of SPARQL Update, the SPARQL Protocol and the Graph Store Protocol, over HTTP in plain mode."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pyoxigraph
import pytest
from httpx import Response
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, QueryResultsFormat, RdfFormat
from starlette.testclient import TestClient

from conftest import BASE
from govgraph.access import Role
from govgraph.access.tokens import Tokens
from govgraph.errors import StoreError
from govgraph.settings import read
from govgraph.store import Term
from govgraph.store.patch import Patch
from govgraph.store.update_text import update_text
from govgraph.web.plain import build_plain_app

pytestmark = pytest.mark.shared

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
UT = "http://www.w3.org/2009/sparql/tests/test-update#"
HT = "http://www.w3.org/2011/http#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
COUNTS = {
    "UpdateEvaluationTest": 97,
    "PositiveUpdateSyntaxTest": 18,
    "PositiveUpdateSyntaxTest11": 42,
    "NegativeUpdateSyntaxTest": 2,
    "NegativeUpdateSyntaxTest11": 13,
}
NO_LOAD = "LOAD is refused, SILENT or not: this endpoint contacts no other"
KNOWN = {"sparql11/update-silent load-silent": NO_LOAD, "sparql11/update-silent load-into-silent": NO_LOAD}
"""What plain mode fails on purpose, and why."""
PROTOCOLS = {
    "protocol/manifest.ttl": 34,
    "graph-store-protocol/manifest-direct.ttl": 5,
    "graph-store-protocol/manifest-indirect.ttl": 9,
}
CNT = "http://www.w3.org/2011/content#"
ALL = "SELECT ?g ?s ?p ?o { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"


@pytest.fixture(scope="module")
def suite(shared: Path) -> Path:
    return shared.resolve() / "suites" / "sparql"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = read({}, data=tmp_path_factory.mktemp("plain"))
    with TestClient(build_plain_app(settings), base_url=BASE) as client:
        yield client


def emptied(client: TestClient) -> None:
    assert update(client, "DROP ALL").status_code == 204


def update(client: TestClient, text: str | bytes) -> Response:
    return client.post("/sparql", content=text, headers={"content-type": "application/sparql-update"})


# Updates


@dataclass(frozen=True)
class Entry:
    """One test of an update: graphs by name (empty for the default graph) before and after."""

    name: str
    type: str
    text: Path
    before: tuple[tuple[str, Path], ...]
    after: tuple[tuple[str, Path], ...]


def manifest(path: Path) -> pyoxigraph.Store:
    store = pyoxigraph.Store()
    store.load(path=path, format=RdfFormat.TURTLE, base_iri=path.as_uri())
    return store


def rows(store: pyoxigraph.Store, text: str) -> list[dict[str, str]]:
    solutions = store.query(f"PREFIX mf: <{MF}> PREFIX ut: <{UT}> PREFIX rdfs: <{RDFS}> {text}")
    assert isinstance(solutions, pyoxigraph.QuerySolutions)
    names = [variable.value for variable in solutions.variables]
    return [{name: value_of(row[name]) for name in names} for row in solutions]


def value_of(term: Term | None) -> str:
    return term.value if isinstance(term, NamedNode | Literal) else ""


def path_of(iri: str) -> Path:
    return Path(unquote(urlsplit(iri).path))


def entries(suite: Path) -> list[Entry]:
    found = []
    for path in sorted(suite.glob("sparql1*/*/manifest.ttl")):
        store = manifest(path)
        for row in rows(
            store,
            "SELECT ?test ?type ?text { ?test a ?type ; mf:action ?a OPTIONAL { ?a ut:request ?r } "
            "BIND(COALESCE(?r, ?a) AS ?text) }",
        ):
            type_ = row["type"].removeprefix(MF)
            if type_ in COUNTS:
                name = f"{path.parent.relative_to(suite)} {row['test'].rpartition('#')[2]}"
                graphs = {of: tuple(_graphs(store, row["test"], of)) for of in ("action", "result")}
                found.append(Entry(name, type_, path_of(row["text"]), graphs["action"], graphs["result"]))
    return found


def _graphs(store: pyoxigraph.Store, test: str, of: str) -> Iterator[tuple[str, Path]]:
    for row in rows(store, f"SELECT ?file {{ <{test}> mf:{of} [ ut:data ?file ] }}"):
        yield "", path_of(row["file"])
    text = f"SELECT ?file ?name {{ <{test}> mf:{of} [ ut:graphData [ ut:graph ?file ; rdfs:label ?name ] ] }}"
    for row in rows(store, text):
        yield row["name"], path_of(row["file"])


def quads_of(graphs: Iterable[tuple[str, Path]]) -> Iterator[Quad]:
    for name, path in graphs:
        syntax = RdfFormat.from_extension(path.suffix.removeprefix("."))
        assert syntax is not None
        graph = NamedNode(name) if name else DefaultGraph()
        for quad in pyoxigraph.parse(path=path, format=syntax, base_iri=path.as_uri(), rename_blank_nodes=True):
            in_graph = graph if quad.graph_name == DefaultGraph() else quad.graph_name
            yield Quad(quad.subject, quad.predicate, quad.object, in_graph)


def canonical(quads: Iterable[Quad]) -> frozenset[str]:
    """The quads with blank nodes by canonical names, and literals written as a store writes them."""
    store = pyoxigraph.Store()
    store.extend(quads)
    dataset = pyoxigraph.Dataset(store)
    dataset.canonicalize(pyoxigraph.CanonicalizationAlgorithm.UNSTABLE)
    return frozenset(str(quad) for quad in dataset)


def stored(client: TestClient) -> frozenset[str]:
    headers = {"content-type": "application/sparql-query", "accept": "application/sparql-results+json"}
    answer = client.post("/sparql", content=ALL, headers=headers)
    found = pyoxigraph.parse_query_results(answer.content, QueryResultsFormat.JSON)
    assert isinstance(found, pyoxigraph.QuerySolutions)
    return canonical(Quad(row["s"], row["p"], row["o"], row["g"] or DefaultGraph()) for row in found)


def passes(client: TestClient, entry: Entry) -> bool:
    emptied(client)
    if "Syntax" in entry.type:
        answer = update(client, entry.text.read_bytes())
        # What is well-formed may ask for what is not there, or is not done here.
        well_formed = answer.status_code != 400 or "cannot be carried out" in answer.json()["detail"]
        return well_formed is entry.type.startswith("Positive")
    assert not entry.before or update(client, update_text(Patch(added=frozenset(quads_of(entry.before))))).is_success
    text = f"BASE <{entry.text.as_uri()}>\n".encode() + entry.text.read_bytes()
    return update(client, text).is_success and stored(client) == canonical(quads_of(entry.after))


def test_the_suite_is_there_in_full(suite: Path) -> None:
    assert Counter(entry.type for entry in entries(suite)) == COUNTS


def test_no_update_fails_but_those_that_are_refused_on_purpose(client: TestClient, suite: Path) -> None:
    assert {entry.name for entry in entries(suite) if not passes(client, entry)} == KNOWN.keys()


# Protocols: each test is a sequence of requests with what is expected of their answers


@dataclass(frozen=True)
class Exchange:
    """One request of a sequence; ``status`` are those expected, as numbers or ``2xx``."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    status: frozenset[str]
    boolean: str
    said: tuple[tuple[str, str], ...]
    content: str


STATUS = {"OK": "200", "Created": "201", "NoContent": "204", "NotFound": "404"}


def sequences(path: Path) -> dict[str, list[Exchange]]:
    store = manifest(path)
    types = "mf:ProtocolTest, mf:GraphStoreProtocolTest"
    tests = rows(store, f"SELECT ?test {{ ?test a ?type ; mf:action ?a FILTER(?type IN ({types})) }}")
    return {row["test"].rpartition("#")[2]: _sequence(store, row["test"]) for row in tests}


def _sequence(store: pyoxigraph.Store, test: str) -> list[Exchange]:
    action = only(store, NamedNode(test), MF + "action")
    return [_exchange(store, request) for request in members(store, only(store, action, HT + "requests"))]


def _exchange(store: pyoxigraph.Store, request: Term) -> Exchange:
    def text(of: Term | None, name: str) -> str:
        return value_of(only(store, of, name)) if of is not None else ""

    answer = only(store, request, HT + "resp")
    body = only(store, request, HT + "body")
    chars, encoding = (text(body, CNT + name) for name in ("chars", "characterEncoding"))
    return Exchange(
        method=text(request, HT + "methodName"),
        path=text(request, HT + "absolutePath"),
        headers=tuple(_headers(store, request)),
        body=chars.encode(encoding or "utf-8"),
        status=frozenset(_status(value_of(one)) for one in objects(store, answer, MF + "expectedStatus")),
        boolean=text(answer, MF + "expectedBoolean"),
        said=tuple(_headers(store, answer)),
        content=text(only(store, answer, HT + "body"), CNT + "chars"),
    )


def _status(iri: str) -> str:
    local = iri.rpartition("#")[2]
    return STATUS.get(local) or local.removeprefix("StatusCode")


def _headers(store: pyoxigraph.Store, of: Term | None) -> Iterator[tuple[str, str]]:
    listed = only(store, of, HT + "headers") if of is not None else None
    for one in members(store, listed) if listed is not None else ():
        yield value_of(only(store, one, HT + "fieldName")), value_of(only(store, one, HT + "fieldValue"))


def objects(store: pyoxigraph.Store, subject: Term | None, predicate: str) -> list[Term]:
    assert isinstance(subject, NamedNode | pyoxigraph.BlankNode)
    return [quad.object for quad in store.quads_for_pattern(subject, NamedNode(predicate), None)]


def only(store: pyoxigraph.Store, subject: Term | None, predicate: str) -> Term | None:
    return next(iter(objects(store, subject, predicate)), None)


def members(store: pyoxigraph.Store, head: Term | None) -> list[Term]:
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    found = []
    while isinstance(head, pyoxigraph.BlankNode):
        item = only(store, head, rdf + "first")
        assert item is not None
        found.append(item)
        head = only(store, head, rdf + "rest")
    return found


def answered_as_expected(client: TestClient, exchanges: list[Exchange]) -> bool:
    """Whether a sequence of requests is answered as the test says."""
    location = ""
    for one in exchanges:
        path = one.path.replace("$LOCATION$", quote(f"{BASE.rstrip('/')}{location}", safe=""))
        path = path.replace("/sparql/", "/sparql", 1).replace("/gsp", "/graph-store", 1)
        answer = client.request(one.method, path, content=one.body, headers=list(one.headers))
        location = answer.headers.get("location", location)
        if not {str(answer.status_code), f"{str(answer.status_code)[0]}xx"} & one.status:
            return False
        if one.boolean and answer.json()["boolean"] is not (one.boolean == "true"):
            return False
        if any(answer.headers.get(name) != value for name, value in one.said):
            return False
        if one.content and graph(answer.content) != graph(one.content.encode()):
            return False
    return True


def graph(turtle: bytes) -> frozenset[str]:
    return canonical(pyoxigraph.parse(turtle, RdfFormat.TURTLE, base_iri=BASE))


@pytest.mark.parametrize(("file", "count"), PROTOCOLS.items())
def test_every_request_is_answered_as_the_protocols_say(client: TestClient, suite: Path, file: str, count: int) -> None:
    found = sequences(suite / "sparql11" / file)
    assert len(found) == count
    failed = set()
    for name, exchanges in found.items():
        emptied(client)
        for number in (1, 2, 3):
            data = suite / "sparql11" / "protocol" / f"data{number}.nt"
            where = {"graph": f"http://kasei.us/2009/09/sparql/data/data{number}.rdf"}
            headers = {"content-type": "application/n-triples"}
            assert client.put("/graph-store", params=where, content=data.read_bytes(), headers=headers).is_success
        if not answered_as_expected(client, exchanges):
            failed.add(name)
    assert failed == set()


# Plain mode itself


def test_a_directory_with_a_catalogue_is_no_plain_store(tmp_path: Path) -> None:
    (tmp_path / "current").write_text("{}")
    with pytest.raises(StoreError, match="holds a catalogue"):
        build_plain_app(read({}, data=tmp_path))


def test_blank_nodes_and_any_graph_are_kept(client: TestClient) -> None:
    emptied(client)
    assert update(client, "INSERT DATA { _:a <urn:p> 1 . GRAPH <urn:g> { _:a <urn:p> [] } }").status_code == 204
    assert update(client, "PREFIX a: <urn:> CLEAR GRAPH a:g ; PREFIX b: <urn:> INSERT DATA { b:x b:p 2 }").is_success
    assert len(stored(client)) == 2
    text = {"content-type": "application/sparql-update"}
    patched = client.patch("/graph-store?graph=urn:h", content="INSERT DATA { <urn:x> <urn:p> 3 }", headers=text)
    assert patched.status_code == 201
    assert any("<urn:h>" in quad for quad in stored(client))


@pytest.mark.parametrize(
    "text", ["LOAD <http://localhost/>", "INSERT { ?s ?p ?o } WHERE { SERVICE <urn:x> { ?s ?p ?o } }"]
)
def test_nothing_is_fetched_from_elsewhere(client: TestClient, text: str) -> None:
    assert update(client, text).status_code == 403


def test_writing_needs_a_token_where_one_was_given_and_on_open_addresses(tmp_path: Path) -> None:
    text = {"content-type": "application/sparql-update"}
    clear = {"url": "/sparql", "content": "CLEAR ALL"}
    for host in ("127.0.0.1", "0.0.0.0"):  # noqa: S104  # that is the point
        settings = read({}, data=tmp_path / host, host=host)
        with TestClient(build_plain_app(settings), base_url=BASE) as one:
            assert one.post(**clear, headers=text).status_code == (204 if host == "127.0.0.1" else 401)
            assert one.post(**clear, headers={**text, "origin": "http://evil"}).status_code == 403
            token = Tokens(settings.data / "access").create(Role.STEWARD, None, "test", None)
            assert one.post(**clear, headers=text).status_code == 401
            assert one.delete("/graph-store?default").status_code == 401
            assert one.post(**clear, headers={**text, "authorization": f"Bearer {token}"}).status_code == 204
