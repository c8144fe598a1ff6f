"""Random changes through the gate: what it keeps of findings and scores is what looking at everything anew would find,
what it logs is what changed, and a change it refuses leaves nothing behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from conftest import BASE, Seed
from govgraph.access import Author, Role
from govgraph.catalogue import Audience, View
from govgraph.catalogue.summary import kept_summary, sum_up
from govgraph.change import Change
from govgraph.change.departing import Delete, Withdraw
from govgraph.change.edits import Edit, Entry, Graph, Statements, Values
from govgraph.change.lifecycle import Publish
from govgraph.change.loading import Load
from govgraph.change.state import quads
from govgraph.change.undoing import Undo
from govgraph.change.uniting import Merge
from govgraph.contract import Contract
from govgraph.errors import GovgraphError, Refused
from govgraph.gate.gate import Gate
from govgraph.history.record import Entry as LogEntry
from govgraph.history.record import nquads
from govgraph.iris import CODE, DCT_TITLE, GOV, RDF_TYPE, Names, name
from govgraph.store import Reader
from govgraph.store.embedded import MemoryStore
from govgraph.store.live import Live
from govgraph.validation import check
from random_catalogue import COUNTS, catalogues, nodes

NAMES = Names(BASE)
AUTHOR = Author("test:steward", Role.STEWARD)
GRAPHS = (
    *(NAMES.working, NAMES.public, NAMES.reference, NAMES.vocabulary, NAMES.system),
    *(graph(audience) for audience in Audience for graph in (NAMES.report, NAMES.history, NAMES.scores)),
)
CATALOGUE = (NAMES.working, NAMES.public, NAMES.reference)
_STATUS = name(GOV, "publicationStatus")


@dataclass(frozen=True)
class Ground:
    """What changes are made to: the graphs of a catalogue, its entities by class, and triples one may add to it."""

    graphs: dict[NamedNode, bytes]
    entities: dict[str, list[NamedNode]]
    others: list[Triple]

    def live(self) -> Live:
        live = Live.in_memory(BASE)
        for graph, triples in self.graphs.items():
            live.read(nquads(triples, graph))
        return live


def random_ground(data: st.DataObject, contract: Contract) -> Ground:
    store = MemoryStore(BASE)
    load = Load(store, contract)
    load.add([], data.draw(catalogues(contract, BASE)), [])
    load._loaded = 1  # triples of no file
    load.finish()
    entities = {class_: nodes(contract, BASE, class_) for class_ in COUNTS}
    return Ground(dumps(store.reader()), entities, data.draw(catalogues(contract, BASE)))


def country_ground(seed: Seed) -> Ground:
    reader = seed.store.reader()
    graphs = dumps(reader)
    triples = [quad.triple for quad in parse(graphs[NAMES.working], RdfFormat.N_TRIPLES)]
    entities = {kind.name: reader.instances(kind.class_, (NAMES.working,)) for kind in seed.contract.entities}
    return Ground(graphs, {name_: sorted(of, key=str) for name_, of in entities.items() if of}, triples)


def dumps(reader: Reader) -> dict[NamedNode, bytes]:
    return {graph: reader.dump(graph) for graph in GRAPHS}


def dumped(live: Live) -> dict[NamedNode, set[bytes]]:
    return {graph: set(live.reader.dump(graph).splitlines()) for graph in GRAPHS}


@st.composite
def edits(draw: st.DrawFn, ground: Ground, past: list[LogEntry], live: Live) -> Edit:
    class_ = draw(st.sampled_from(sorted(ground.entities)))
    node, other = (draw(st.sampled_from(ground.entities[class_])) for _ in range(2))
    others = ground.others
    there = quads(live.reader.statements([node, other], (NAMES.working,)), NAMES.working)
    some = st.lists(st.sampled_from(there), max_size=4).map(tuple) if there else st.just(())
    new = st.lists(st.sampled_from(others), max_size=5).map(lambda of: tuple(quads(of, NAMES.working)))
    title = Values(DCT_TITLE, (Literal(draw(st.sampled_from("abc")), language="en"),), "en")
    status = draw(st.sampled_from(["Published", "Draft"]))
    kinds: list[st.SearchStrategy[Edit]] = [
        st.builds(Statements, some, new),
        st.builds(Statements, some, st.just(())),
        st.builds(lambda q: Statements((), q), new),
        st.just(Entry(node, (title, Values(_STATUS, (name(CODE, status),))))),
        st.just(Publish(node)),
        st.just(Publish(node)),
        st.just(Withdraw(node)),
        st.just(Delete(node)),
        st.just(Merge(node, other)),
        st.just(Statements(tuple(quad for quad in there if quad.predicate == RDF_TYPE))),
        st.just(Graph(NAMES.reference, tuple(draw(st.lists(st.sampled_from(others), max_size=6))))),
    ]
    if past:
        kinds.append(st.sampled_from(past).map(lambda entry: Undo.of(entry.patch.within(CATALOGUE))))
    return draw(st.one_of(kinds))


def expect_whole(live: Live, contract: Contract, engine: str) -> None:
    """Findings and scores of both views are those of a full validation."""
    for audience, graph in ((Audience.WORKING, NAMES.working), (Audience.PUBLIC, NAMES.public)):
        reader = live.reader
        view = View(reader, contract, NAMES, audience)
        whole = check(contract, (reader.dump(graph), reader.dump(NAMES.reference)), engine)
        assert {f.key for f in view.all_findings()} == {f.key for f in whole.findings}
        stored = set(parse(reader.dump(NAMES.report(audience)), RdfFormat.N_TRIPLES))
        assert {q.triple for q in stored} == set(whole.triples(BASE))
        assert kept_summary(view) == sum_up(view)


@pytest.mark.parametrize(
    ("place", "engine", "examples"), [("random", "shacl", 25), ("country", "shacl", 15), ("random", "pyshacl", 9)]
)
def test_findings_scores_and_log_are_those_of_the_whole(
    seed: Seed, contract: Contract, place: str, engine: str, examples: int
) -> None:
    outcomes = {"made": 0, "public": 0, "refused": 0, "else": 0}

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
    @given(st.data())
    def run(data: st.DataObject) -> None:
        ground = country_ground(seed) if place == "country" else random_ground(data, contract)
        live, copy = ground.live(), ground.live()
        gate = Gate(live, contract, NAMES, "shacl", 100)
        past: list[LogEntry] = []
        for _ in range(6):
            before = dumped(live)
            several = data.draw(st.lists(edits(ground, past, live), min_size=1, max_size=3))
            change = Change(tuple(several), AUTHOR, "test", dry_run=data.draw(st.integers(0, 9)) == 0)
            try:
                considered = gate.consider(change, lambda: datetime.now(UTC))
            except GovgraphError as error:
                outcomes["refused" if isinstance(error, Refused) else "else"] += 1
                assert dumped(live) == before
                continue
            if considered.entry is None:
                assert dumped(live) == before
                continue
            entry = considered.entry
            past.append(entry)
            head = entry.head
            copy.apply(entry.patch.then(copy.numbered(head.revision, head.at, head.contract)))
            after = dumped(live)
            assert dumped(copy) == after
            changed = {graph: len(before[graph] ^ after[graph]) for graph in GRAPHS if graph != NAMES.system}
            assert sum(changed.values()) == len(entry.patch)
            expect_whole(live, contract, engine)
            outcomes["made"] += 1
            outcomes["public"] += bool(changed[NAMES.public])

    run()
    assert outcomes["made"] >= examples / 3
    assert outcomes["refused"] + outcomes["else"] > 0
    if place == "country":
        assert outcomes["public"] > examples / 5
