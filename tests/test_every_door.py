"""Every door leads to the one gate: what would break the catalogue is refused at each, what is good gets in by each,
and what an editor may not touch stays untouched whichever way it is tried."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from httpx2 import Response
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse, serialize
from starlette.testclient import TestClient

from conftest import BASE, Seed
from deeds import DEEDS, NAMES, ORGANISATION, SERVICE
from govgraph.access import Author, Role
from govgraph.access.tokens import Tokens
from govgraph.change.loading import Load
from govgraph.change.state import State, belonging_to, quads, quads_about
from govgraph.contract import Contract
from govgraph.errors import Refused
from govgraph.gate.bulk import LoggedStore
from govgraph.gate.writer import LocalWriter
from govgraph.iris import DCT_TITLE
from govgraph.settings import Settings
from govgraph.settings import read as read_settings
from govgraph.store import Reader
from govgraph.store.embedded import DiskStore
from govgraph.store.patch import Patch
from govgraph.store.update_text import update_text
from govgraph.web.app import build_app

OTHERS = NAMES.entity("service", "register-a-drone")
NTRIPLES = {"content-type": "application/n-triples"}


@dataclass(frozen=True)
class Served:
    """A served country, its writer, and a client with a token."""

    settings: Settings
    contract: Contract
    writer: LocalWriter
    client: TestClient
    store: DiskStore

    @property
    def reader(self) -> Reader:
        self.writer.snapshot()
        return self.store.reader()

    def working(self) -> set[Quad]:
        return set(quads(_triples(self.reader.dump(NAMES.working)), NAMES.working))

    def as_(self, role: Role, organisation: NamedNode | None = None) -> None:
        token = Tokens(self.settings.data / "access").create(role, organisation, role, None)
        self.client.headers.update({"authorization": f"Bearer {token}", "govgraph-view": "working"})


def _triples(data: bytes) -> list[object]:
    return [quad.triple for quad in parse(data, RdfFormat.N_TRIPLES)]


@pytest.fixture
def served(seed: Seed, contract: Contract, tmp_path: Path) -> Iterator[Served]:
    settings = read_settings({}, data=tmp_path / "data", base=BASE, refresh_seconds=0, body_megabytes=20)
    shutil.copytree(seed.directory, settings.data)
    writer, store = LocalWriter(settings, contract), DiskStore.of(settings)
    with TestClient(build_app(settings, writer), base_url=BASE) as client:
        one = Served(settings, contract, writer, client, store)
        one.as_(Role.STEWARD)
        yield one
    store.close()
    writer.close()


def by_data(served: Served, patch: Patch) -> Response:
    headers = {"content-type": "application/sparql-update"}
    return served.client.post("/sparql", content=update_text(patch), headers=headers)


def by_pattern(served: Served, patch: Patch) -> Response:
    """An update with a pattern, worked out on a copy of the catalogue in a process of its own."""
    blocks = [serialize((q.triple for q in of), format=RdfFormat.N_TRIPLES) for of in (patch.removed, patch.added)]
    removed, added = (f"{{ GRAPH {NAMES.working} {{ {(block or b'').decode()} }} }}" for block in blocks)
    return served.client.post("/sparql", data={"update": f"DELETE {removed} INSERT {added} WHERE {{ }}"})


def by_graph(served: Served, patch: Patch) -> Response:
    """The whole working graph, put anew."""
    body = serialize((q.triple for q in served.working() - patch.removed | patch.added), format=RdfFormat.N_TRIPLES)
    return served.client.put("/graph-store", params={"graph": NAMES.working.value}, content=body, headers=NTRIPLES)


def by_document(served: Served, patch: Patch) -> Response:
    """The document of the one entity the patch is about, put anew or deleted."""
    (node,) = {quad.subject for quad in (*patch.removed, *patch.added)}
    assert isinstance(node, NamedNode)
    path = node.value.replace(f"{BASE}id/", "/doc/")
    state = State(served.reader, served.contract, NAMES)
    nodes = belonging_to(state, node, NAMES.working)
    after = set(quads_about(state, nodes, NAMES.working)) - patch.removed | patch.added
    if not any(quad.subject == node for quad in after):
        return served.client.delete(path)
    body = serialize((quad.triple for quad in after), format=RdfFormat.N_TRIPLES)
    return served.client.put(path, content=body, headers=NTRIPLES)


DOORS = (by_data, by_pattern, by_graph, by_document)


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_what_would_break_the_catalogue_is_refused_at_every_door(
    served: Served, door: Callable[[Served, Patch], Response], deed: Callable[[Reader], Patch]
) -> None:
    before = served.working()
    answer = door(served, deed(served.reader))
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    # The document of an organisation that says it is a system does not even come to the gate.
    assert answer.json().get("findings") or (door, deed.__name__) == (by_document, "retype_a_value")
    assert (served.writer.revision, served.working()) == (1, before)


MUTATIONS = {
    "take_the_last_owner": f'updateService(iri: "{SERVICE.value}", patch: {{ clear: [AUTHORITY] }})',
    "delete_what_others_point_to": f'deleteOrganisation(iri: "{ORGANISATION.value}")',
    "close_a_cycle": 'updateBuildingBlock(iri: "%(end)s", patch: { requires: { add: ["%(start)s"] } })',
    "close_a_cycle_of_services": 'updateService(iri: "%(end)s", patch: { requires: { add: ["%(start)s"] } })',
    "close_a_cycle_of_items": 'updateRoadmapItem(iri: "%(end)s", patch: { dependsOn: { add: ["%(start)s"] } })',
    "make_a_second_current_version": 'updateArtefactVersion(iri: "%(old)s", patch: { status: CURRENT })',
}


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_graphql_refuses_them_too_and_cannot_even_say_that_a_type_changes(
    served: Served, deed: Callable[[Reader], Patch]
) -> None:
    if deed.__name__ not in MUTATIONS:
        assert deed.__name__ == "retype_a_value"
        return
    patch = deed(served.reader)
    pairs = (
        {"start": str(q.object)[1:-1], "end": str(q.subject)[1:-1], "old": str(q.subject)[1:-1]}
        if (q := next(iter(patch.added), None))
        else {}
    )
    text = f"mutation {{ {MUTATIONS[deed.__name__] % pairs} {{ committed problems {{ code severity }} }} }}"
    told = served.client.post("/graphql", json={"query": text}).json()
    (payload,) = told["data"].values()
    assert not payload["committed"]
    assert payload["problems"], told
    assert served.writer.revision == 1


def test_a_file_refuses_them_too(served: Served, tmp_path: Path) -> None:
    """What a file can say: it adds statements, and replaces what can have one value only."""
    patches = [patch for deed in DEEDS if (patch := deed(served.reader)).added]
    served.writer.close()
    assert len(patches) == 5
    for patch in patches:
        file = tmp_path / "more.nt"
        file.write_bytes(serialize((q.triple for q in patch.added), format=RdfFormat.N_TRIPLES) or b"")
        store = LoggedStore(served.settings, served.contract, Author("test", Role.ADMIN))
        load = Load(store, served.contract)
        load.read_rdf(file)
        with pytest.raises(Refused):
            load.finish()
        store.close()


def retitled(node: NamedNode, reader: Reader) -> Patch:
    """Another French title, with all that a text can hold."""
    said = quads(reader.statements([node], (NAMES.working,)), NAMES.working)
    old = [q for q in said if q.predicate == DCT_TITLE and isinstance(q.object, Literal) and q.object.language == "fr"]
    return Patch.of(old, [Quad(node, DCT_TITLE, Literal('Un \\u0022 titre "\n\\', language="fr"), NAMES.working)])


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_a_good_change_gets_in_by_every_door_and_no_further_than_an_editor_may(
    served: Served, door: Callable[[Served, Patch], Response]
) -> None:
    served.as_(Role.EDITOR, ORGANISATION)
    before = served.working()
    answer = door(served, retitled(OTHERS, served.reader))
    assert answer.status_code == 403, answer.text
    assert served.working() == before
    patch = retitled(SERVICE, served.reader)
    answer = door(served, patch)
    assert answer.status_code == 200, answer.text
    assert answer.headers["govgraph-revision"] == "2"
    assert served.working() == before - patch.removed | patch.added


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_nobody_writes_without_a_token_or_with_one_that_may_only_read(
    served: Served, door: Callable[[Served, Patch], Response]
) -> None:
    patch = retitled(SERVICE, served.reader)
    served.as_(Role.READER)
    assert door(served, patch).status_code == 403
    del served.client.headers["authorization"]
    answer = door(served, patch)
    assert (answer.status_code, answer.headers["www-authenticate"][:6]) == (401, "Bearer")
    assert served.writer.revision == 1


def test_work_on_a_draft_shows_to_no_stranger_not_even_as_a_number(served: Served) -> None:
    query = "SELECT * { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } } ORDER BY ?g ?s ?p ?o"
    paths = ("/", "/service", "/doc/service/check-a-company-name", "/healthz", "/revisions", "/validation", "/catalog")

    def shown() -> dict[str, tuple[int, str, dict[str, str]]]:
        told = {path: served.client.get(path) for path in paths}
        told["sparql"] = served.client.post("/sparql", data={"query": query})
        told["graphql"] = served.client.post("/graphql", json={"query": "{ catalogue { revision score } }"})
        told["nothing"] = served.client.get("/doc/service/no-such-service")
        told["revision"] = served.client.get("/revision/2")
        timed = ("date", "server-timing")
        return {
            what: (a.status_code, a.text, {k: v for k, v in a.headers.items() if k not in timed})
            for what, a in told.items()
        }

    mine = dict(served.client.headers)
    for name in ("authorization", "govgraph-view"):
        del served.client.headers[name]
    before = shown()
    assert before["sparql"][0] == before["graphql"][0] == 200
    served.client.headers.update(mine)
    assert by_data(served, retitled(OTHERS, served.reader)).headers["govgraph-revision"] == "2"
    served.writer.snapshot()
    for name in ("authorization", "govgraph-view"):
        del served.client.headers[name]
    served.client.cookies.clear()
    assert shown() == before
