"""Scores are kept as a change makes them: what is kept equals what is added up anew, and the past stays readable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, Small, service
from govgraph.catalogue import Audience, Catalogue, View
from govgraph.catalogue.scores import ENTRIES, SUMS, Scores, Sum
from govgraph.catalogue.summary import Seen, Share, Summary, kept_summary, shares, sum_up
from govgraph.change.loading import Load
from govgraph.contract import Contract, Severity
from govgraph.contract.reading import read as read_contract
from govgraph.gate.scoring import rescored, scored_whole
from govgraph.iris import RDF_TYPE, SH, Names
from govgraph.store import Reader, Term
from govgraph.store.embedded import DiskStore, MemoryStore
from govgraph.store.live import Live
from govgraph.store.patch import Patch
from govgraph.validation import Points, check, ntriples
from random_catalogue import CHOICES, COUNTS, LINKS, catalogues, expand, nodes

NAMES = Names(BASE)
CONTRACT = read_contract()
CATALOGUE = NamedNode(BASE)
PHASES = tuple(phase for phase in Phase if phase not in (Phase.shrink, Phase.explain))
"""A failure is shown as it was found: making it smaller validates catalogues hundreds of times over."""
PASSPORT, INTERIOR = NAMES.entity("service", "passport"), NAMES.entity("organisation", "interior")


def as_kept(view: View) -> Summary:
    kept = kept_summary(view)
    assert kept is not None
    return kept


class Kept:
    """A catalogue in memory whose findings are made anew after every change, and whose scores by the difference."""

    def __init__(self, contract: Contract, triples: bytes) -> None:
        self.contract = contract
        self.live = Live.in_memory(BASE)
        for graph, said in ((NAMES.vocabulary, contract.vocabulary), (NAMES.working, triples)):
            self.live.read(said.replace(b" .\n", f" {graph} .\n".encode()))
        self.revision = 1
        self.live.apply(self.reported())
        self.live.apply(scored_whole(self.view, 1))

    @property
    def view(self) -> View:
        return View(self.live.reader, self.contract, NAMES, Audience.WORKING)

    def reported(self) -> Patch:
        graph = NAMES.report(Audience.WORKING)
        old = set(quads(self.live.reader, graph))
        report = check(self.contract, [self.live.reader.dump(g) for g in (NAMES.working, NAMES.reference)])
        return self.live.exact(Patch.of(old, (Quad(*t, graph) for t in report.triples(BASE))))

    def change(self, patch: Patch) -> None:
        """Make a change, and add to the scores only the difference it makes to the entries it reaches."""
        patch = self.live.exact(patch)
        subjects = {quad.subject for quad in patch.added | patch.removed}
        was = counts(self.view)
        self.live.apply(patch)
        reported = self.reported()
        foci = {q.object for q in reported.added | reported.removed if q.predicate.value == f"{SH}focusNode"}
        reached = owning(self.view, subjects | foci)
        self.live.apply(patch.inverse)
        reached |= owning(self.view, subjects | foci)
        before = counted(self.view, reached)
        self.live.apply(patch.then(reported))
        after = counted(self.view, reached)
        delta = {severity: count - was[severity] for severity, count in counts(self.view).items()}
        self.revision += 1
        reader = self.live.reader
        self.live.apply(rescored(reader, NAMES, Audience.WORKING, self.revision, before, after, delta))


def counted(view: View, entities: Iterable[NamedNode]) -> dict[NamedNode, list[Share]]:
    found = list(entities)
    return shares(view, found, [finding for of in view.findings(found).values() for finding in of])


def counts(view: View) -> dict[Severity, int]:
    return {severity: sum(f.severity is severity for f in view.all_findings()) for severity in Severity}


def quads(reader: Reader, graph: NamedNode) -> set[Quad]:
    return {Quad(*q.triple, graph) for q in parse(reader.dump(graph), RdfFormat.N_TRIPLES)}


def owning(view: View, some: Iterable[Term]) -> set[NamedNode]:
    """The nodes themselves and all that they are, at whatever depth, in the place of a part of."""
    found, level = set[Term](), set(some)
    while level:
        found |= level
        level = {owner for of in Seen(view).owners(level).values() for owner in of} - found
    return {node for node in found if isinstance(node, NamedNode)}


@st.composite
def changes(draw: st.DrawFn, contract: Contract) -> list[Patch]:
    """Links and values come and go, entries change their kind or lose it, parts go from one to another."""
    everything = [node for class_ in COUNTS for node in nodes(contract, BASE, class_)]
    some = st.sampled_from(everything)

    def quad() -> Quad:
        match draw(st.integers(0, 3)):
            case 0:
                return Quad(draw(some), RDF_TYPE, expand(draw(st.sampled_from(list(COUNTS)))), NAMES.working)
            case 1:
                property_, _, values = draw(st.sampled_from(CHOICES))
                return Quad(draw(some), expand(property_), draw(st.sampled_from(values)), NAMES.working)
            case _:
                property_, start, end = draw(st.sampled_from(LINKS))
                ends = nodes(contract, BASE, end) if draw(st.integers(0, 3)) else everything
                source = draw(st.sampled_from(nodes(contract, BASE, start)))
                return Quad(source, expand(property_), draw(st.sampled_from(ends)), NAMES.working)

    return [
        Patch.of([quad() for _ in range(draw(st.integers(0, 6)))], [quad() for _ in range(draw(st.integers(0, 4)))])
        for _ in range(draw(st.integers(1, 5)))
    ]


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
@given(triples=catalogues(CONTRACT, BASE), patches=changes(CONTRACT))
def test_sums_kept_change_by_change_are_those_added_up_anew(triples: list[Triple], patches: list[Patch]) -> None:
    kept = Kept(CONTRACT, ntriples(triples))
    assert as_kept(kept.view) == sum_up(kept.view)
    for patch in patches:
        kept.change(patch)
        view = kept.view
        assert as_kept(view) == sum_up(view)
        assert view.summary() == as_kept(view)
        entries = {
            node: score.sum.points for node, (_, score) in Scores(view.reader, NAMES, "working").all(ENTRIES).items()
        }
        assert entries == {
            node: of for node, of in view.points(list(entries)).items() if not view.kinds([node])[node].part
        }


def test_deleting_everything_leaves_nothing_over(contract: Contract) -> None:
    weights = contract.by_name["Service"].properties
    assert {p.weight for p in weights} > {1.0}
    kept = Kept(contract, small_triples())
    kept.change(Patch.of(quads(kept.live.reader, NAMES.working)))
    summary = as_kept(kept.view)
    assert summary.total == Points(0.0, 0.0)
    assert set(summary.kinds.values()) == {Points(0.0, 0.0)}
    assert summary.organisations == {}
    assert summary.findings == {"violation": 0, "warning": 0, "info": 0}


def small_triples() -> bytes:
    said = (TURTLE_PREFIXES + ORGANISATION + service("passport")).encode()
    return ntriples(quad.triple for quad in parse(said, RdfFormat.TURTLE, base_iri=BASE))


def test_sums_of_tenths_do_not_drift() -> None:
    tenths = [Sum.of(Points(0.1, 0.3)) for _ in range(10)]
    total = sum(tenths, Sum())
    assert total.points == Points(1.0, 3.0)
    assert total - total == Sum()


def test_a_change_writes_scores_of_what_it_touches_and_keeps_the_old_ones(contract: Contract) -> None:
    kept = Kept(contract, small_triples())
    graph = NAMES.scores("working")
    first = quads(kept.live.reader, graph)
    level = Quad(PASSPORT, expand("gov:digitalisationLevel"), expand("code:Level2"), NAMES.working)
    kept.change(Patch.of([level]))
    second = quads(kept.live.reader, graph)
    gone, come = first - second, second - first
    service_class = contract.by_name["Service"].class_
    assert {(q.subject, q.predicate) for q in gone} == {
        (thing, SUMS.latest.predicate) for thing in (CATALOGUE, service_class, INTERIOR)
    }
    assert {q.object for q in come if q.predicate == SUMS.of.predicate} == {CATALOGUE, service_class, INTERIOR}
    assert {q.object for q in come if q.predicate == ENTRIES.of.predicate} == {PASSPORT}
    view = kept.view
    weight = contract.by_name["Service"].by_name["level"].weight
    (one, was), (two, now) = view.score_history(CATALOGUE)
    assert (one, two) == (1, 2)
    assert (was.kept - now.kept, was.possible) == (weight, now.possible)
    assert [number for number, _ in view.score_history(service_class)] == [1, 2]
    assert [number for number, _ in view.score_history(INTERIOR)] == [1, 2]
    assert [number for number, _ in view.score_history(PASSPORT)] == [2]
    assert view.score_history(NAMES.entity("service", "none")) == []
    kept.change(Patch.of([], [level]))
    assert [number for number, _ in kept.view.score_history(CATALOGUE)] == [1, 2, 3]


def test_a_change_that_costs_and_gives_nothing_writes_no_sums(contract: Contract) -> None:
    kept = Kept(contract, small_triples())
    before = quads(kept.live.reader, NAMES.scores("working"))
    title = Quad(PASSPORT, expand("dct:title"), Literal("Reisepass", language="de"), NAMES.working)
    kept.change(Patch.of([], [title]))
    come = quads(kept.live.reader, NAMES.scores("working")) - before
    assert {q.object for q in come if q.predicate in (SUMS.of.predicate, ENTRIES.of.predicate)} == {PASSPORT}


def test_what_a_change_reads_does_not_grow_with_the_catalogue(contract: Contract) -> None:
    many = "".join(service(f"s{number}") for number in range(300))
    said = (TURTLE_PREFIXES + ORGANISATION + many).encode()
    kept = Kept(contract, ntriples(q.triple for q in parse(said, RdfFormat.TURTLE, base_iri=BASE)))
    told = counted(kept.view, [NAMES.entity("service", "s7")])
    scored = rescored(kept.live.reader, NAMES, "working", 2, told, {}, {})
    assert len(scored) < 40
    kept.live.apply(scored)
    assert as_kept(kept.view).kinds["Service"].possible == contract.by_name["Service"].possible * 299


def test_a_store_without_scores_is_added_up_and_stays_without(contract: Contract) -> None:
    kept = Kept(contract, small_triples())
    kept.live.apply(Patch.of(quads(kept.live.reader, NAMES.scores("working"))))
    view = kept.view
    assert kept_summary(view) is None
    assert view.summary() == sum_up(view)
    assert not rescored(view.reader, NAMES, "working", 2, {}, counted(view, [PASSPORT]), {})


@pytest.fixture(params=["memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MemoryStore | DiskStore]:
    made = MemoryStore(BASE) if request.param == "memory" else DiskStore(tmp_path / "data", BASE)
    yield made
    made.close()


def load(store: MemoryStore | DiskStore, contract: Contract, turtle: str, path: Path) -> Catalogue:
    path.write_text(TURTLE_PREFIXES + turtle, "utf-8")
    loading = Load(store, contract)
    loading.read_rdf(path)
    loading.finish(strict=True)
    return Catalogue(store, contract)


def test_a_load_keeps_the_scores_of_both_views_and_those_before_it(
    store: MemoryStore | DiskStore, contract: Contract, tmp_path: Path
) -> None:
    draft = (
        service("draft").replace("code:Published", "code:Draft").replace("gov:digitalisationLevel code:Level2 ;", "")
    )
    catalogue = load(store, contract, ORGANISATION + service("passport") + draft, tmp_path / "a.ttl")
    for audience in Audience:
        view = catalogue.view(audience)
        assert as_kept(view) == sum_up(view)
    assert catalogue.view().summary().kinds["Service"] != catalogue.view(Audience.WORKING).summary().kinds["Service"]
    first = catalogue.view().summary().total
    catalogue = load(store, contract, service("visa"), tmp_path / "b.ttl")
    for audience in Audience:
        view = catalogue.view(audience)
        assert as_kept(view) == sum_up(view)
        assert [number for number, _ in view.score_history(CATALOGUE)] == [1, 2]
    assert catalogue.view().score_history(CATALOGUE)[0][1] == first
    load(store, contract, service("visa"), tmp_path / "b.ttl")
    assert [number for number, _ in Catalogue(store, contract).view().score_history(CATALOGUE)] == [1, 2]


def test_a_part_counts_for_each_entry_that_has_it(small: Callable[..., Small]) -> None:
    channel = f"<{BASE}id/channel/desk>"
    shared = f"; cv:hasChannel {channel} "
    turtle = ORGANISATION + service("passport", more=shared) + service("visa", more=shared)
    view = small(turtle + f"{channel} a cv:Channel .").working
    visa = NAMES.entity("service", "visa")
    assert view.parts([PASSPORT, visa]) == {PASSPORT: [NamedNode(channel[1:-1])], visa: [NamedNode(channel[1:-1])]}
    assert view.findings([PASSPORT])[PASSPORT] == view.findings([PASSPORT, visa])[PASSPORT]
    points = view.points([PASSPORT, visa])
    assert points[PASSPORT] == points[visa]
    assert view.summary().kinds["Service"] == points[PASSPORT] + points[visa]


def test_the_history_of_scores_can_be_asked_by_sparql_and_holds_no_draft(small: Callable[..., Small]) -> None:
    draft = service("draft").replace("code:Published", "code:Draft")
    found = small(ORGANISATION + service("passport") + draft)
    service_class = found.public.contract.by_name["Service"].class_
    query = f"""SELECT ?revision ?possible ?entries {{ GRAPH ?g {{ {service_class} gov:latestScore ?score .
        ?score gov:scoreOf {service_class} ; gov:inRevision ?revision ; gov:kept ?kept ; gov:possible ?possible ;
            gov:scoredEntries ?entries }} }}"""
    for view, count in ((found.public, 1), (found.working, 2)):
        ((revision, possible, entries),) = view.table(query).rows
        assert revision == NAMES.revision(1)
        assert isinstance(possible, Literal)
        assert float(possible.value) == count * view.contract.by_name["Service"].possible
        assert isinstance(entries, Literal)
        assert entries.value == str(count)


def test_a_long_history_is_thinned_evenly_between_its_ends(contract: Contract) -> None:
    kept = Kept(contract, small_triples())
    level = Quad(PASSPORT, expand("gov:digitalisationLevel"), expand("code:Level2"), NAMES.working)
    for number in range(12):
        kept.change(Patch.of([level], []) if number % 2 == 0 else Patch.of([], [level]))
    history = kept.view.score_history(CATALOGUE)
    assert [number for number, _ in history] == list(range(1, 14))
    assert [number for number, _ in kept.view.score_history(CATALOGUE, 5)] == [1, 4, 7, 10, 13]
