"""Updates at ``/sparql`` as programs meet them: who may, what they are told, and what is refused in which form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph
import pytest
from httpx import Response
from pyoxigraph import Literal, NamedNode, RdfFormat
from starlette.testclient import TestClient

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, service
from govgraph.access import Role
from govgraph.access.tokens import Tokens
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.gate.writer import LocalWriter
from govgraph.iris import SH, Names
from govgraph.settings import read
from govgraph.store.embedded import DiskStore
from govgraph.web.app import build_app

NAMES = Names(BASE)
MINE = "id:mine"
"""In an update of a test: the draft it has for itself."""
OURS = "id:ours"
"""A published service, which no test can change."""
DRAFTS = 80
UPDATE = {"content-type": "application/sparql-update"}
INSERT = f'INSERT DATA {{ {MINE} rdfs:comment "One" }}'
RENAME = f"""DELETE {{ {MINE} dct:title ?old }} INSERT {{ {MINE} dct:title "Travel document"@en }}
WHERE {{ {MINE} dct:title ?old FILTER(LANG(?old) = "en") }}"""
BREAK = f"INSERT {{ {MINE} dct:title ?two }} WHERE {{ BIND('Second'@en AS ?two) }}"


@dataclass(frozen=True)
class Place:
    client: TestClient
    tokens: Tokens
    writer: LocalWriter
    directory: Path
    drafts: Iterator[NamedNode]


@dataclass(frozen=True)
class Desk:
    """Where one test writes."""

    client: TestClient
    tokens: Tokens
    writer: LocalWriter
    directory: Path
    mine: NamedNode

    def headers(self, role: Role = Role.STEWARD, organisation: str = "interior", **more: str) -> dict[str, str]:
        of = NAMES.entity("organisation", organisation) if role is Role.EDITOR else None
        token = self.tokens.create(role, of, "test", None)
        return {"authorization": f"Bearer {token}", **{key.replace("_", "-"): value for key, value in more.items()}}

    def text(self, update: str) -> str:
        return update.replace(MINE, str(self.mine)).replace(OURS, str(NAMES.entity("service", "ours")))

    def post(self, text: str, role: Role = Role.STEWARD, path: str = "/sparql", **more: str) -> Response:
        return self.client.post(path, content=self.text(text), headers={**UPDATE, **self.headers(role, **more)})

    def form(self, **given: str) -> Response:
        data = {key.replace("_", "-"): self.text(value) for key, value in given.items()}
        return self.client.post("/sparql", data=data, headers=self.headers())

    def ask(self, query: str) -> set[str]:
        """One column of the working view, by then."""
        headers = self.headers(Role.READER, govgraph_minimum_revision=str(self.writer.revision))
        given = {"query": self.text(query), "view": "working"}
        found = self.client.get("/sparql", params=given, headers=headers).json()
        return {row["o"]["value"] for row in found["results"]["bindings"]}

    def said(self) -> set[str]:
        return self.ask(f"SELECT ?o {{ {MINE} ?p ?o }}")


@pytest.fixture(scope="module")
def place(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    directory = tmp_path_factory.mktemp("updates")
    settings = read({}, data=directory / "data", refresh_seconds=0, snapshot_seconds=0)
    slugs = [f"draft-{number}" for number in range(DRAFTS)]
    drafts = "".join(service(slug, "Passport") for slug in slugs).replace("code:Published", "code:Draft")
    file = directory / "small.ttl"
    file.write_text(TURTLE_PREFIXES + ORGANISATION + service("ours", "Birth") + drafts, "utf-8")
    store = DiskStore.of(settings)
    load = Load(store, contract)
    load.read_rdf(file)
    load.finish()
    store.close()
    writer = LocalWriter(settings, contract)
    with TestClient(build_app(settings, writer), base_url=BASE) as client:
        mine = (NAMES.entity("service", slug) for slug in slugs)
        yield Place(client, Tokens(settings.data / "access"), writer, settings.data, mine)
    writer.close()


@pytest.fixture
def desk(place: Place) -> Desk:
    place.client.cookies.clear()
    return Desk(place.client, place.tokens, place.writer, place.directory, next(place.drafts))


# Who may


def test_without_a_token_nothing_is_written(desk: Desk) -> None:
    before = desk.writer.revision
    for answer in (
        desk.client.post("/sparql", content=desk.text(INSERT), headers=UPDATE),
        desk.client.post("/sparql", data={"update": desk.text(INSERT)}),
        desk.client.post("/sparql", content="no update", headers=UPDATE),
    ):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert desk.writer.revision == before


@pytest.mark.parametrize("text", [INSERT, RENAME])
def test_a_reader_may_not_write(desk: Desk, text: str) -> None:
    assert desk.post(text, Role.READER).status_code == 403


@pytest.mark.parametrize(
    "text",
    [
        f'INSERT DATA {{ GRAPH {NAMES.public} {{ {MINE} rdfs:comment "One" }} }}',
        f"CLEAR GRAPH {NAMES.public}",
        "DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } }",
    ],
)
def test_who_reaches_beyond_is_in_the_audit_log(desk: Desk, text: str) -> None:
    log = desk.directory / "access" / "audit.log"
    before = len(log.read_text().splitlines()) if log.exists() else 0
    assert desk.post(text, Role.EDITOR).status_code == 403
    (added,) = log.read_text().splitlines()[before:]
    assert "forbidden" in added
    assert "sparql-update" in added


@pytest.mark.parametrize("text", [INSERT, RENAME, f'INSERT DATA {{ {NAMES.entity("service", "x")} dct:title "x"@en }}'])
def test_an_editor_of_another_organisation_may_not_write(desk: Desk, text: str) -> None:
    before = desk.writer.revision
    assert desk.post(text, Role.EDITOR, organisation="health").status_code == 403
    assert desk.writer.revision == before


def test_an_editor_writes_what_is_their_organisations(desk: Desk) -> None:
    assert desk.post(RENAME, Role.EDITOR).status_code == 200


def test_where_nobody_writes_that_is_said(desk: Desk) -> None:
    settings = read({}, data=desk.directory)
    with TestClient(build_app(settings), base_url=BASE) as client:
        answer = client.post("/sparql", content=desk.text(INSERT), headers={**UPDATE, **desk.headers()})
    assert answer.status_code == 503


# What is told


def test_an_update_may_come_in_two_ways_and_is_seen_at_once(desk: Desk) -> None:
    assert desk.post(INSERT).status_code == 200
    assert "One" in desk.said()
    answer = desk.form(update=RENAME)
    assert answer.status_code == 200
    assert "Travel document" in desk.said()


def test_the_answer_tells_what_was_done(desk: Desk) -> None:
    before = desk.writer.revision
    answer = desk.post(f"DELETE DATA {{ {MINE} dct:identifier 'none' }} ; {RENAME}")
    said = answer.json()
    assert answer.headers["govgraph-revision"] == str(before + 1) == str(said["revision"])
    assert answer.cookies["govgraph-revision"] == str(before + 1)
    assert answer.headers["cache-control"] in ("no-store", "private, no-store")
    assert (said["removed"], said["added"], said["dryRun"]) == (1, 1, False)
    assert set(said["scores"]) == {desk.mine.value}
    assert set(said["catalogue"]) == {"before", "after"}


def test_findings_that_come_and_go_are_told_in_the_readers_language(desk: Desk) -> None:
    text = f"DELETE WHERE {{ {MINE} dct:description ?text }}"
    answer = desk.post(text, accept_language="fr")
    (finding,) = answer.json()["introduced"]
    assert finding["entity"] == desk.mine.value
    assert (finding["property"], finding["severity"]) == ("description", "warning")
    assert finding["path"] == "http://purl.org/dc/terms/description"
    assert finding["shape"] and finding["points"] > 0
    assert finding["message"].startswith("Décrivez")
    assert answer.json()["scores"][desk.mine.value]["after"] < answer.json()["scores"][desk.mine.value]["before"]
    back = desk.post(f'INSERT DATA {{ {MINE} dct:description "What it does."@en }}')
    assert [one["property"] for one in back.json()["mended"]] == ["description"]


def test_who_wants_no_json_gets_no_body(desk: Desk) -> None:
    answer = desk.post(INSERT, accept="text/plain")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["govgraph-revision"] == str(desk.writer.revision)


@pytest.mark.parametrize(
    "how",
    [
        lambda desk, text: desk.post(text, path="/sparql?dryRun=true"),
        lambda desk, text: desk.post(text, govgraph_dry_run="true"),
        lambda desk, text: desk.form(update=text, dryRun="true"),
    ],
)
@pytest.mark.parametrize("text", [INSERT, RENAME])
def test_a_dry_run_changes_nothing(desk: Desk, how: Callable[[Desk, str], Response], text: str) -> None:
    before = desk.writer.revision
    answer = how(desk, text)
    assert answer.status_code == 200
    assert answer.json()["dryRun"] is True
    assert answer.json()["added"] == 1
    assert "set-cookie" not in answer.headers
    assert desk.writer.revision == before


def test_a_key_makes_a_retry_harmless(desk: Desk) -> None:
    token = desk.headers(idempotency_key="a-key")
    answers = [desk.client.post("/sparql", content=desk.text(RENAME), headers={**UPDATE, **token}) for _ in range(2)]
    assert [answer.json()["revision"] for answer in answers] == [desk.writer.revision] * 2
    again = desk.client.post("/sparql", content=desk.text(INSERT), headers={**UPDATE, **token})
    assert (again.status_code, again.json()["type"].rpartition("#")[2]) == (422, "key-reused")


def test_the_reason_is_kept_in_history(desk: Desk) -> None:
    told = [
        desk.post(INSERT, govgraph_reason="Nachgef%C3%BChrt, weil 100%25").json(),
        desk.form(update=RENAME, reason="Renamed by law").json(),
    ]
    headers = desk.headers(Role.READER, govgraph_minimum_revision=str(desk.writer.revision))
    paths = [f"/revision/{one['revision']}.json?view=working" for one in told]
    kept = [desk.client.get(path, headers=headers).json() for path in paths]
    assert [(one["door"], one["reason"]) for one in kept] == [
        ("sparql-update", "Nachgeführt, weil 100%"),
        ("sparql-update", "Renamed by law"),
    ]


# What is refused


def test_a_refused_update_is_a_problem_with_its_findings(desk: Desk) -> None:
    before = desk.writer.revision
    answer = desk.post(BREAK, accept_language="en")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    said = answer.json()
    assert said["type"].endswith("#refused")
    assert said["accepted"] is False
    assert {one["severity"] for one in said["findings"]} == {"violation"}
    assert all(one["message"] and one["shape"] and one["code"] for one in said["findings"])
    assert said["change"]["added"] == 1
    assert desk.writer.revision == before
    assert "Second" not in desk.said()


@pytest.mark.parametrize(
    ("accept", "syntax"),
    [
        ("text/turtle", RdfFormat.TURTLE),
        ("application/ld+json", RdfFormat.JSON_LD),
        ("application/n-triples", RdfFormat.N_TRIPLES),
        ("application/rdf+xml", RdfFormat.RDF_XML),
    ],
)
def test_a_refused_update_may_be_a_shacl_report(desk: Desk, accept: str, syntax: RdfFormat) -> None:
    answer = desk.post(BREAK, accept=accept)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith(accept)
    triples = list(pyoxigraph.parse(answer.content, syntax))
    said = {(t.predicate.value.removeprefix(SH), t.object) for t in triples}
    assert ("focusNode", desk.mine) in said
    assert ("resultSeverity", NamedNode(SH + "Violation")) in said
    assert any(name == "conforms" and isinstance(one, Literal) and one.value == "false" for name, one in said)
    assert {one.language for name, one in said if name == "resultMessage" and isinstance(one, Literal)} == {"en", "fr"}


def test_a_browser_gets_a_page_in_its_language(desk: Desk) -> None:
    answer = desk.post(BREAK, accept="text/html", accept_language="fr")
    assert answer.status_code == 422
    assert "La modification a été refusée" in answer.text


def test_what_is_published_stays_complete(desk: Desk) -> None:
    answer = desk.post(f"DELETE WHERE {{ {OURS} dct:description ?text }}")
    assert answer.status_code == 422
    assert [one["severity"] for one in answer.json()["findings"]] == ["warning"]


@pytest.mark.parametrize(
    ("text", "status", "kind"),
    [
        ("LOAD <http://localhost/>", 403, "query-forbidden"),
        ("INSERT { ?s ?p ?o } WHERE { SERVICE <http://localhost/> { ?s ?p ?o } }", 403, "query-forbidden"),
        ("CLEAR ALL", 403, "forbidden"),
        (f"INSERT DATA {{ GRAPH {NAMES.public} {{ <a> <b> <c> }} }}", 403, "forbidden"),
        (f"INSERT {{ GRAPH {NAMES.system} {{ <a> <b> <c> }} }} WHERE {{}}", 403, "forbidden"),
        ("DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } }", 403, "forbidden"),
        ("INSRT DATA { <a> <b> <c> }", 400, "query"),
        ("SELECT * { ?s ?p ?o }", 400, "query"),
    ],
)
def test_what_is_no_update_here_says_why(desk: Desk, text: str, status: int, kind: str) -> None:
    answer = desk.post(text)
    assert answer.status_code == status
    assert answer.json()["type"].rpartition("#")[2] == kind
    assert answer.json()["hint"]


@pytest.mark.parametrize(
    ("path", "data", "content_type", "status"),
    [
        ("/sparql?using-graph-uri=urn:g", "INSERT { <a> <b> 1 } USING <x> WHERE {}", UPDATE["content-type"], 400),
        ("/sparql?using-named-graph-uri=urn:g", "WITH <x> INSERT { <a> <b> 1 } WHERE {}", UPDATE["content-type"], 400),
        ("/sparql?update=CLEAR%20ALL", "CLEAR ALL", UPDATE["content-type"], 400),
        ("/sparql?dryRun=perhaps", INSERT, UPDATE["content-type"], 400),
        ("/sparql", INSERT, "text/plain", 415),
        ("/sparql", INSERT, "application/sparql-update; charset=latin-1", 415),
        ("/sparql", "update=CLEAR%20ALL&update=CLEAR%20ALL", "application/x-www-form-urlencoded", 400),
        ("/sparql", "update=CLEAR%20ALL&query=ASK%20%7B%7D", "application/x-www-form-urlencoded", 400),
    ],
)
def test_a_request_that_contradicts_itself_is_refused(
    desk: Desk, path: str, data: str, content_type: str, status: int
) -> None:
    answer = desk.client.post(path, content=data, headers={**desk.headers(), "content-type": content_type})
    assert answer.status_code == status


def test_an_update_is_no_get(desk: Desk) -> None:
    assert desk.client.get("/sparql", params={"update": INSERT}, headers=desk.headers()).status_code == 405


def test_a_request_may_say_what_patterns_read(desk: Desk) -> None:
    text = f"INSERT {{ {MINE} rdfs:comment ?title }} WHERE {{ {MINE} dct:title ?title }}"
    assert desk.form(update=text, using_graph_uri=NAMES.vocabulary.value).json()["added"] == 0
    assert desk.form(update=text, using_named_graph_uri=NAMES.working.value).json()["added"] == 0
    assert desk.form(update=text, using_graph_uri=NAMES.working.value).json()["added"] == 2
