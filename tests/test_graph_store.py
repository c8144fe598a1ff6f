"""``/graph-store``: whole graphs read and written, on condition, in every syntax, through the gate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pyoxigraph
import pytest
from httpx import Response
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple
from starlette.testclient import TestClient

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, service
from govgraph.access import Role
from govgraph.access.tokens import Tokens
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.gate.writer import LocalWriter
from govgraph.iris import Names
from govgraph.settings import read
from govgraph.store.embedded import DiskStore
from govgraph.web.app import build_app

NAMES = Names(BASE)
PATH = "/graph-store"
TURTLE = "text/turtle"
COMMENT = NamedNode("http://www.w3.org/2000/01/rdf-schema#comment")
WORKING, REFERENCE, PUBLIC = ({"graph": graph.value} for graph in (NAMES.working, NAMES.reference, NAMES.public))
ROLE = '<id/role/{slug}> a gov:Role ; skos:prefLabel "{slug}"@en .'


@dataclass(frozen=True)
class Desk:
    client: TestClient
    tokens: Tokens
    writer: LocalWriter
    given: dict[Role, str] = field(default_factory=dict)

    def headers(self, role: Role | None, **more: str) -> dict[str, str]:
        if role is not None and role not in self.given:
            of = NAMES.entity("organisation", "interior") if role is Role.EDITOR else None
            self.given[role] = self.tokens.create(role, of, "test", None)
        known = {"authorization": f"Bearer {self.given[role]}"} if role else {}
        return {**known, **{key.replace("_", "-"): value for key, value in more.items()}}

    def send(
        self,
        method: str,
        graph: dict[str, str],
        body: str = "",
        role: Role | None = Role.STEWARD,
        **headers: str,
    ) -> Response:
        given = {"content_type": TURTLE, **headers} if method not in ("GET", "HEAD") else headers
        content = TURTLE_PREFIXES + body if given.get("content_type") == TURTLE else body
        self.client.cookies.clear()
        answer = self.client.request(
            method, PATH, params=graph, content=content.encode(), headers=self.headers(role, **given)
        )
        self.writer.snapshot()
        return answer

    def triples(self, graph: dict[str, str]) -> set[Triple]:
        answer = self.send("GET", graph, accept="application/n-triples")
        assert answer.status_code == 200, answer.text
        return {quad.triple for quad in pyoxigraph.parse(answer.content, RdfFormat.N_TRIPLES)}


@pytest.fixture(scope="module")
def desk(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    directory = tmp_path_factory.mktemp("graphs")
    settings = read({}, data=directory / "data", refresh_seconds=0, graph_megabytes=1)
    draft = service("draft", "Passport").replace("code:Published", "code:Draft")
    file = directory / "small.ttl"
    file.write_text(TURTLE_PREFIXES + ORGANISATION + service("ours", "Birth") + draft, "utf-8")
    store = DiskStore.of(settings)
    load = Load(store, contract)
    load.read_rdf(file)
    load.finish()
    store.close()
    writer = LocalWriter(settings, contract)
    with TestClient(build_app(settings, writer), base_url=BASE) as client:
        yield Desk(client, Tokens(settings.data / "access"), writer)
    writer.close()


@pytest.fixture(autouse=True)
def undone(desk: Desk) -> Iterator[None]:
    """Each test finds the graphs as they were."""
    before = {key: desk.send("GET", graph, accept=TURTLE).text for key, graph in graphs().items()}
    yield
    for key, graph in graphs().items():
        assert desk.send("PUT", graph, before[key]).status_code == 200


def graphs() -> dict[str, dict[str, str]]:
    return {"working": WORKING, "reference": REFERENCE}


# Reading


@pytest.mark.parametrize(
    "accept", ["text/turtle", "application/ld+json", "application/n-triples", "application/rdf+xml"]
)
def test_a_graph_comes_in_every_syntax(desk: Desk, accept: str) -> None:
    answer = desk.send("GET", PUBLIC, role=None, accept=accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(accept)
    syntax = RdfFormat.from_media_type(accept)
    assert syntax is not None
    assert any(t.object == Literal("Birth", language="en") for t in pyoxigraph.parse(answer.content, syntax))
    head = desk.send("HEAD", PUBLIC, role=None, accept=accept)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == answer.headers["etag"]
    assert desk.send("GET", PUBLIC, role=None, accept=accept, if_none_match=head.headers["etag"]).status_code == 304


@pytest.mark.parametrize("audience", [{}, {"view": "public"}])
def test_what_is_not_published_is_for_who_has_a_token(desk: Desk, audience: dict[str, str]) -> None:
    names = [NAMES.working, NAMES.report("working"), NAMES.scores("working"), NAMES.history("working"), NAMES.system]
    for graph in names:
        answer = desk.send("GET", {"graph": graph.value, **audience}, role=None)
        assert answer.status_code in (401, 404)
        assert "Passport" not in answer.text
    assert desk.send("GET", {"default": "", **audience}, role=None).status_code in (401, 404)
    assert desk.send("GET", PUBLIC, role=None).text.count("Passport") == 0
    answer = desk.send("GET", {"default": ""}, role=Role.READER)
    assert "Passport" in answer.text
    assert answer.headers["cache-control"].startswith("private")


@pytest.mark.parametrize(
    ("graph", "status"),
    [
        ({}, 400),
        ({"default": "", "graph": NAMES.public.value}, 400),
        ({"graph": "no iri"}, 400),
        ({"graph": "urn:g"}, 404),
        ({"graph": NAMES.system.value}, 404),
        ({"graph": NAMES.public.value, "format": "csv"}, 406),
    ],
)
def test_a_graph_that_is_not_there_is_told(desk: Desk, graph: dict[str, str], status: int) -> None:
    assert desk.send("GET", graph).status_code == status


# Writing


def test_a_put_says_all_there_is(desk: Desk) -> None:
    answer = desk.send("PUT", REFERENCE, ROLE.format(slug="cost"), govgraph_reason="New roles")
    assert (answer.status_code, answer.json()["removed"]) == (200, 0)
    assert answer.headers["govgraph-revision"] == str(desk.writer.revision)
    assert len(desk.triples(REFERENCE)) == 2
    answer = desk.send("PUT", REFERENCE, ROLE.format(slug="reach"))
    assert (answer.json()["removed"], answer.json()["added"]) == (2, 2)
    assert {str(t.subject) for t in desk.triples(REFERENCE)} == {f"<{BASE}id/role/reach>"}
    headers = desk.headers(Role.READER)
    told = desk.client.get(f"/revision/{desk.writer.revision - 1}.json?view=working", headers=headers).json()
    assert (told["door"], told["reason"]) == ("graph-store", "New roles")


def test_a_post_adds_and_a_delete_empties(desk: Desk) -> None:
    for slug in ("cost", "reach", "reach"):
        assert desk.send("POST", REFERENCE, ROLE.format(slug=slug)).status_code == 200
    assert len(desk.triples(REFERENCE)) == 4
    assert desk.send("DELETE", REFERENCE).json()["removed"] == 4
    assert desk.triples(REFERENCE) == set()


def test_the_default_graph_is_the_working_one(desk: Desk) -> None:
    body = '<id/service/draft> rdfs:comment "Seen"@en .'
    assert desk.send("POST", {"default": ""}, body).json()["added"] == 1
    assert desk.triples({"default": ""}) == desk.triples(WORKING)
    assert any(t.predicate == COMMENT for t in desk.triples(WORKING))


def test_blank_nodes_get_iris_so_that_the_same_again_changes_nothing(desk: Desk) -> None:
    body = "<id/service/draft> cv:hasCost [ a cv:Cost ; cv:hasValue 25e0 ] ."
    assert desk.send("POST", WORKING, body).json()["added"] == 3
    assert desk.send("POST", WORKING, body).json()["added"] == 0
    assert not [t for t in desk.triples(WORKING) if isinstance(t.object, pyoxigraph.BlankNode)]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/n-triples", f'<{BASE}id/service/draft> <{COMMENT.value}> "Seen" .'),
        ("application/ld+json", f'{{"@id": "{BASE}id/service/draft", "{COMMENT.value}": "Seen"}}'),
        (
            "multipart/form-data; boundary=xyz",
            '--xyz\r\nContent-Disposition: form-data; name="a"; filename="a.ttl"\r\nContent-Type: text/turtle\r\n\r\n'
            f'<id/service/draft> <{COMMENT.value}> "Seen" .\r\n--xyz--\r\n',
        ),
    ],
)
def test_a_body_may_be_in_any_syntax(desk: Desk, content_type: str, body: str) -> None:
    assert desk.send("POST", WORKING, body, content_type=content_type).json()["added"] == 1


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("text/csv", "a,b", 415),
        ("application/trig", "<a> <b> <c> .", 415),
        ("", "<a> <b> <c> .", 415),
        (TURTLE, "<a> <b> ", 400),
        ("application/ld+json", '{"@id": "urn:g", "@graph": [{"@id": "urn:a", "urn:b": "c"}]}', 400),
        ("multipart/form-data", "--xyz", 400),
        (TURTLE, "# " + "x" * 1_000_000, 413),
    ],
)
def test_a_body_that_cannot_be_read_changes_nothing(desk: Desk, content_type: str, body: str, status: int) -> None:
    before = desk.writer.revision
    for method in ("PUT", "POST"):
        assert desk.send(method, WORKING, body, content_type=content_type).status_code == status
    assert desk.writer.revision == before


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize("graph", [NAMES.public, NAMES.vocabulary, NAMES.system, NamedNode("urn:g")])
def test_other_graphs_are_not_written(desk: Desk, method: str, graph: NamedNode) -> None:
    answer = desk.send(method, {"graph": graph.value}, "<a> <b> <c> .")
    assert answer.status_code == 403
    assert "publish" in answer.json()["hint"]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
def test_without_a_token_nothing_is_written(desk: Desk, method: str) -> None:
    before = desk.writer.revision
    assert desk.send(method, WORKING, "<a> <b> <c> .", role=None).status_code == 401
    assert desk.send(
        method,
        WORKING,
        "<a> <b> <c> .",
        role=Role.READER,
        content_type=("application/sparql-update" if method == "PATCH" else TURTLE),
    ).status_code in (400, 403)
    assert desk.writer.revision == before


def test_an_editor_reaches_no_reference_data(desk: Desk) -> None:
    assert desk.send("POST", REFERENCE, ROLE.format(slug="cost"), role=Role.EDITOR).status_code == 403
    body = '<id/service/draft> rdfs:comment "Mine"@en .'
    assert desk.send("POST", WORKING, body, role=Role.EDITOR).status_code == 200


def test_what_the_gate_refuses_leaves_no_trace(desk: Desk) -> None:
    before, revision = desk.triples(WORKING), desk.writer.revision
    body = '<id/service/draft> dct:title "Second"@en .'
    answer = desk.send("POST", WORKING, body)
    assert (answer.status_code, answer.json()["findings"][0]["severity"]) == (422, "violation")
    assert desk.send("POST", WORKING, body, accept=TURTLE).headers["content-type"].startswith(TURTLE)
    assert (desk.triples(WORKING), desk.writer.revision) == (before, revision)


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
def test_a_dry_run_changes_nothing(desk: Desk, method: str) -> None:
    desk.send("POST", REFERENCE, ROLE.format(slug="cost"))
    revision = desk.writer.revision
    body = "DELETE WHERE { ?s ?p ?o }" if method == "PATCH" else ROLE.format(slug="reach")
    type_ = "application/sparql-update" if method == "PATCH" else TURTLE
    answer = desk.send(method, {**REFERENCE, "dryRun": "true"}, body, content_type=type_)
    assert answer.status_code == 200
    assert answer.json()["dryRun"] is True
    assert answer.json()["removed"] + answer.json()["added"] > 0
    assert desk.writer.revision == revision


def test_a_patch_is_an_update_of_the_one_graph(desk: Desk) -> None:
    desk.send("POST", REFERENCE, ROLE.format(slug="cost"))
    type_ = "application/sparql-update"
    text = 'DELETE { ?s skos:prefLabel ?old } INSERT { ?s skos:prefLabel "Price"@en } WHERE { ?s skos:prefLabel ?old }'
    answer = desk.send("PATCH", REFERENCE, text, content_type=type_)
    assert (answer.status_code, answer.json()["removed"], answer.json()["added"]) == (200, 1, 1)
    added = desk.send("PATCH", REFERENCE, "INSERT DATA { <id/role/cost> rdfs:comment 'x' }", content_type=type_)
    assert added.json()["added"] == 1
    assert any(t.predicate == COMMENT for t in desk.triples(REFERENCE))
    assert desk.send("PATCH", REFERENCE, "<a> <b> <c> .").status_code == 415
    assert desk.send("PATCH", REFERENCE, "CLEAR ALL", content_type=type_).status_code == 403


# On condition


def tag(desk: Desk, graph: dict[str, str]) -> str:
    return desk.send("GET", graph, accept=TURTLE).headers["etag"]


WRITES: list[Callable[[Desk, dict[str, str]], Response]] = [
    lambda desk, more: desk.send("PUT", REFERENCE, ROLE.format(slug="reach"), **more),
    lambda desk, more: desk.send("DELETE", REFERENCE, **more),
    lambda desk, more: desk.send("POST", REFERENCE, ROLE.format(slug="size"), **more),
    lambda desk, more: desk.send(
        "PATCH", REFERENCE, "DELETE WHERE { ?s ?p ?o }", content_type="application/sparql-update", **more
    ),
]


@pytest.mark.parametrize("write", WRITES)
def test_who_has_seen_the_newest_may_write(desk: Desk, write: Callable[[Desk, dict[str, str]], Response]) -> None:
    desk.send("POST", REFERENCE, ROLE.format(slug="cost"))
    assert write(desk, {"if_match": tag(desk, REFERENCE)}).status_code == 200


@pytest.mark.parametrize("write", WRITES)
def test_who_has_not_is_told_so(desk: Desk, write: Callable[[Desk, dict[str, str]], Response]) -> None:
    seen = tag(desk, REFERENCE)
    desk.send("POST", REFERENCE, ROLE.format(slug="cost"))
    before = desk.writer.revision
    for known in (seen, '"unknown"'):
        answer = write(desk, {"if_match": known})
        assert (answer.status_code, answer.json()["type"].rpartition("#")[2]) == (412, "stale")
    assert write(desk, {"if_none_match": "*"}).status_code == 412
    assert desk.writer.revision == before
    assert write(desk, {"if_match": "*"}).status_code == 200


def test_what_is_possible_is_told(desk: Desk) -> None:
    answer = desk.client.options(PATH)
    assert (answer.status_code, "PATCH" in answer.headers["allow"]) == (204, True)
