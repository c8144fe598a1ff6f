"""Edits against a real engine: what each makes of the state it meets, and that all of it agrees with the bulk load."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse

import random_catalogue
from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, Seed, Small, service
from govgraph.change.departing import Delete, Withdraw
from govgraph.change.edits import Edit, Entry, Graph, Statements, Values, skolemised, skolemised_quads
from govgraph.change.lifecycle import Publish, follow_status
from govgraph.change.publishing import Publishing
from govgraph.change.state import State, owner_of, owners_of
from govgraph.change.undoing import Undo
from govgraph.change.uniting import Merge
from govgraph.change.visibility import DRAFT, PUBLISHED, STATUS
from govgraph.contract import Contract
from govgraph.errors import ChangeError, NotFound
from govgraph.iris import DCT, DCT_TITLE, GOV, RDF_TYPE, Names, name
from govgraph.store import Graphs, Path, Reader, Term
from govgraph.store.live import Live
from govgraph.store.patch import Patch
from govgraph.store.staging import Staging
from govgraph.validation import Report

NAMES = Names(BASE)
WORKING, PUBLIC, REFERENCE = NAMES.working, NAMES.public, NAMES.reference
TOMBSTONE = name(GOV, "Tombstone")
expand = random_catalogue.expand


def node(path: str) -> NamedNode:
    return NamedNode(f"{BASE}id/{path}")


INTERIOR, A, B = node("organisation/interior"), node("service/a"), node("service/b")


class Thrifty:
    """A reader for edits: whatever grows with the catalogue is not there."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.reads = 0

    def values(
        self, nodes: Sequence[Term], paths: Sequence[Path], graphs: Graphs
    ) -> dict[Path, dict[Term, list[Term]]]:
        self.reads += 1
        return self._reader.values(nodes, paths, graphs)

    def statements(self, nodes: Sequence[Term], graphs: Graphs) -> list[Triple]:
        self.reads += 1
        return self._reader.statements(nodes, graphs)

    def incoming(self, node: NamedNode, graphs: Graphs, skip: int, limit: int) -> list[tuple[Term, NamedNode]]:
        self.reads += 1
        return self._reader.incoming(node, graphs, skip, limit)


class Board:
    """A catalogue in an engine of its own, on which edits are made one after another."""

    def __init__(self, contract: Contract, quads: Iterable[Quad]) -> None:
        self.live = Live.in_memory(BASE)
        self.live.apply(Patch(frozenset(), frozenset(quads)))
        self.reader = Thrifty(self.live.reader)
        self.state = State(self.reader, contract, NAMES)  # type: ignore[arg-type]  # it is all that edits may use

    def do(self, *edits: Edit) -> Patch:
        """Make edits in turn; what they changed together."""
        net = Patch()
        for edit in edits:
            patch = self.live.exact(pickle.loads(pickle.dumps(edit)).patch(self.state))  # noqa: S301  # our own bytes
            self.live.apply(patch)
            net = net.then(patch)
        return net

    def said(self, graph: NamedNode) -> frozenset[Triple]:
        return frozenset(quad.triple for quad in parse(self.live.reader.dump(graph), RdfFormat.N_TRIPLES))

    def about(self, subject: Term, graph: NamedNode) -> frozenset[Triple]:
        return frozenset(self.live.reader.statements([subject], (graph,)))

    @property
    def catalogue(self) -> tuple[frozenset[Triple], ...]:
        return tuple(self.said(graph) for graph in (WORKING, PUBLIC, REFERENCE))

    @property
    def everything(self) -> tuple[frozenset[Triple], ...]:
        return (*self.catalogue, *(self.said(NAMES.history(audience)) for audience in ("working", "public")))


def quads_of(reader: Reader, *graphs: NamedNode) -> list[Quad]:
    return [
        Quad(q.subject, q.predicate, q.object, graph)
        for graph in graphs
        for q in parse(reader.dump(graph), RdfFormat.N_TRIPLES)
    ]


def turtle(text: str, graph: NamedNode = WORKING) -> list[Quad]:
    said = parse(TURTLE_PREFIXES + text, RdfFormat.TURTLE, base_iri=BASE)
    return [Quad(q.subject, q.predicate, q.object, graph) for q in said]


@pytest.fixture
def board(small: Callable[..., Small], contract: Contract) -> Callable[[str], Board]:
    """Loads Turtle as the bulk way does and lays it out on a board."""

    def build(text: str) -> Board:
        reader = small(text).working.reader
        return Board(contract, quads_of(reader, WORKING, PUBLIC, REFERENCE))

    return build


@pytest.fixture(scope="session")
def seeded(seed: Seed) -> list[Quad]:
    return quads_of(seed.store.reader(), WORKING, PUBLIC, REFERENCE)


def marked(board: Board) -> list[NamedNode]:
    """What is published."""
    return sorted((t.subject for t in board.said(PUBLIC) if t.predicate == STATUS and t.object == PUBLISHED), key=str)


def test_what_is_withdrawn_and_published_again_is_what_the_bulk_load_published(
    seeded: list[Quad], contract: Contract
) -> None:
    board = Board(contract, seeded)
    entities = marked(board)
    assert len(entities) > 100
    for entity in entities:
        withdrawn = board.do(Withdraw(entity))
        assert {entity} <= {quad.subject for quad in withdrawn.removed if quad.graph_name == PUBLIC}
        assert not board.reader.incoming(entity, (PUBLIC,), 0, 1)
        assert withdrawn.then(board.do(Publish(entity))) == Patch(), entity


def test_publishing_one_by_one_in_any_order_gives_what_the_bulk_load_published(
    seeded: list[Quad], contract: Contract
) -> None:
    whole = Board(contract, seeded)
    entities = marked(whole)
    board = Board(contract, (quad for quad in seeded if quad.graph_name != PUBLIC))
    board.do(*(Publish(entity) for entity in Random(1).sample(entities, len(entities))))  # noqa: S311  # an order
    assert board.said(PUBLIC) == whole.said(PUBLIC)


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_after_any_publishing_and_withdrawing_the_public_graph_is_the_one_the_bulk_load_makes(
    data: st.DataObject, contract: Contract
) -> None:
    triples = _tidy(data.draw(random_catalogue.catalogues(contract, BASE)), contract)
    board = Board(contract, (Quad(t.subject, t.predicate, t.object, WORKING) for t in triples))
    entities = _entities(triples, contract)
    chosen = data.draw(st.lists(st.sampled_from(entities), min_size=1, max_size=30))
    published: set[Term] = set()
    for entity in chosen:
        board.do(Withdraw(entity) if entity in published else Publish(entity))
        published ^= {entity}
    staging = Staging()
    staging.add(WORKING, board.said(WORKING))
    bulk = Publishing(contract, staging, (WORKING,), Report(()), BASE)
    bulk.published = published
    lines = bulk.public(board.live.reader.dump(WORKING))
    assert board.said(PUBLIC) == frozenset(q.triple for q in parse(lines, RdfFormat.N_TRIPLES))


def _tidy(triples: list[Triple], contract: Contract) -> list[Triple]:
    """One owner for each part (the bulk load follows any one of several, edits all), one value where one can stand."""
    properties = [p for kind in contract.kinds for p in kind.properties if p.stored]
    parts = {p.path.predicate for p in properties if p.form == "part"}
    single = {p.path.predicate for p in properties if p.single}
    owner = {t.object: t.subject for t in triples if t.predicate in parts}
    first = {(t.subject, t.predicate): t for t in reversed(triples)}
    return [
        t
        for t in triples
        if (t.predicate not in parts or owner[t.object] == t.subject)
        and (t.predicate not in single or first[t.subject, t.predicate] == t)
    ]


def _entities(triples: Iterable[Triple], contract: Contract) -> list[NamedNode]:
    by_class = contract.by_class
    typed = [(t.subject, by_class[t.object]) for t in triples if t.predicate == RDF_TYPE]  # type: ignore[index]  # IRIs
    return [entity for entity, kind in typed if isinstance(entity, NamedNode) and not kind.part]


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_an_edit_undone_at_once_has_never_been(data: st.DataObject, contract: Contract) -> None:
    triples = _tidy(data.draw(random_catalogue.catalogues(contract, BASE)), contract)
    entities, said = _entities(triples, contract), _quads(triples)
    board = Board(contract, said)
    some = st.sampled_from(entities)
    alike = [(a, b) for a in entities for b in entities if a != b and a.value[:-1] == b.value[:-1]]
    board.do(*map(Publish, data.draw(st.lists(some, unique=True))))
    edits: list[st.SearchStrategy[Edit]] = [
        *(st.builds(edit, some) for edit in (Publish, Withdraw, Delete)),
        st.sampled_from(alike).map(lambda two: Merge(*two)),
        st.lists(st.sampled_from(said), max_size=20).map(lambda some: Statements(removed=tuple(some))),
        st.sampled_from(triples).map(lambda t: Entry(t.subject, (Values(t.predicate, ()),))),
    ]
    before = board.catalogue
    patch = board.do(data.draw(st.one_of(edits)))
    board.do(Undo.of(patch.within((WORKING, PUBLIC, REFERENCE))))
    assert board.catalogue == before
    for audience, graph in (("working", WORKING), ("public", PUBLIC)):
        assert not {t.subject for t in board.said(NAMES.history(audience))} & {t.subject for t in board.said(graph)}


def _quads(triples: Iterable[Triple]) -> list[Quad]:
    return [Quad(t.subject, t.predicate, t.object, WORKING) for t in triples]


COUNTRY = (
    ORGANISATION
    + service(
        "a",
        more="; gov:needsBlock <id/building-block/one> ; cv:relatedService <id/service/b>, <id/service/draft>"
        "; dct:source <http://elsewhere.example/report> ; cv:hasChannel <id/channel/a-1>",
    )
    + service("b", more="; cv:relatedService <id/service/a>; cv:hasChannel <id/channel/shared>")
    + """
<id/channel/a-1> a cv:Channel ; dct:type code:Online ; cv:hasCost <id/cost/a-1-1> .
<id/cost/a-1-1> a cv:Cost ; cv:hasValue 5e0 ; cv:currency <http://example.org/EUR> .
<id/channel/shared> a cv:Channel ; dct:type code:Office .
<id/service/draft> a cpsv:PublicService ; dct:title "A draft"@en ; cv:hasChannel <id/channel/shared> .
<id/building-block/one> a gov:BuildingBlock ; dct:title "One"@en ; gov:publicationStatus code:Published .
<http://elsewhere.example/report> dct:title "A report"@en .
"""
)
CHANNEL, COST, SHARED, DRAFTED = node("channel/a-1"), node("cost/a-1-1"), node("channel/shared"), node("service/draft")
RELATED, HAS_CHANNEL, HAS_COST = expand("cv:relatedService"), expand("cv:hasChannel"), expand("cv:hasCost")
DESCRIPTION, REPLACED_BY = name(DCT, "description"), name(DCT, "isReplacedBy")


def english(text: str) -> Literal:
    return Literal(text, language="en")


def test_a_published_entry_shows_with_its_parts_and_without_links_to_drafts(board: Callable[[str], Board]) -> None:
    country = board(COUNTRY)
    assert {A, B, CHANNEL, COST} <= {t.subject for t in country.said(PUBLIC)}
    country.do(Publish(A))
    about = country.about(A, PUBLIC)
    assert Triple(A, expand("dct:source"), NamedNode("http://elsewhere.example/report")) in about
    assert Triple(A, RELATED, B) in about
    assert Triple(A, RELATED, DRAFTED) not in about
    country.do(Publish(DRAFTED))
    assert Triple(A, RELATED, DRAFTED) in country.about(A, PUBLIC)
    assert Triple(DRAFTED, STATUS, PUBLISHED) in country.about(DRAFTED, WORKING) & country.about(DRAFTED, PUBLIC)


def test_publishing_again_replaces_what_was_public_and_leaves_nothing_of_former_parts(
    board: Callable[[str], Board],
) -> None:
    country = board(COUNTRY)
    mobile = node("channel/mobile")
    country.do(
        Entry(mobile, (Values(RDF_TYPE, (expand("cv:Channel"),)),), new=True),
        Entry(A, (Values(DCT_TITLE, (english("New"),), "en"), Values(HAS_CHANNEL, (mobile,)))),
    )
    assert not country.about(CHANNEL, WORKING) | country.about(COST, WORKING)
    assert country.about(CHANNEL, PUBLIC), "what is published changes when it is published"
    country.do(Publish(A))
    assert country.about(A, PUBLIC) == country.about(A, WORKING) - {Triple(A, RELATED, DRAFTED)}
    assert country.about(mobile, PUBLIC)
    assert not country.about(CHANNEL, PUBLIC) | country.about(COST, PUBLIC)


def test_a_part_of_two_entries_leaves_the_public_with_the_last_of_them(board: Callable[[str], Board]) -> None:
    country = board(COUNTRY)
    country.do(Publish(DRAFTED), Publish(B), Withdraw(B))
    assert country.about(SHARED, PUBLIC)
    country.do(Withdraw(DRAFTED))
    assert not country.about(SHARED, PUBLIC)
    assert owners_of(country.state, [SHARED], WORKING) == {SHARED: (B, DRAFTED)}


def test_what_is_withdrawn_is_a_draft_with_a_tombstone_that_names_no_draft(board: Callable[[str], Board]) -> None:
    country = board(COUNTRY)
    country.do(Withdraw(A, replaced_by=DRAFTED))
    public = country.said(PUBLIC)
    assert not {A, CHANNEL, COST} & {term for t in public for term in (t.subject, t.object)}
    assert Triple(A, STATUS, DRAFT) in country.about(A, WORKING)
    assert country.said(NAMES.history("public")) == {Triple(A, RDF_TYPE, TOMBSTONE)}
    assert not country.said(NAMES.history("working"))
    country.do(Withdraw(A, replaced_by=B))
    assert country.said(NAMES.history("public")) == {Triple(A, RDF_TYPE, TOMBSTONE)}, "it was not public any more"
    country.do(Publish(A))
    assert not country.said(NAMES.history("public"))
    assert Triple(B, RELATED, A) in country.said(PUBLIC)


def test_a_status_of_a_countrys_own_survives_withdrawal(board: Callable[[str], Board]) -> None:
    country, archived = board(COUNTRY), NamedNode("http://example.org/Archived")
    patch = country.do(Entry(A, (Values(STATUS, (archived,)),)))
    assert follow_status(patch, country.state) == (Withdraw(A),)
    country.do(Withdraw(A))
    assert not country.about(A, PUBLIC)
    assert Triple(A, STATUS, archived) in country.about(A, WORKING)


def test_a_deletion_takes_parts_and_leaves_links_and_tombstones(board: Callable[[str], Board]) -> None:
    country = board(COUNTRY)
    country.do(Delete(A, replaced_by=B), Delete(DRAFTED))
    for graph in (WORKING, PUBLIC):
        assert not any(country.about(gone, graph) for gone in (A, CHANNEL, COST, DRAFTED))
        assert Triple(B, RELATED, A) in country.said(graph)
    assert country.about(SHARED, WORKING), "it is a part of b as well"
    replaced = {Triple(A, RDF_TYPE, TOMBSTONE), Triple(A, REPLACED_BY, B)}
    assert country.said(NAMES.history("working")) == {*replaced, Triple(DRAFTED, RDF_TYPE, TOMBSTONE)}
    assert country.said(NAMES.history("public")) == replaced
    country.do(Entry(A, (Values(RDF_TYPE, (expand("cpsv:PublicService"),)),), new=True))
    assert not country.about(A, NAMES.history("working"))
    assert country.about(A, NAMES.history("public")), "it is not public again"


def test_what_was_deleted_by_statements_alone_leaves_the_public_and_a_tombstone(board: Callable[[str], Board]) -> None:
    country = board(COUNTRY)
    said = tuple(Quad(t.subject, t.predicate, t.object, WORKING) for t in country.about(A, WORKING))
    edits = follow_status(country.do(Statements(removed=said)), country.state)
    assert edits == (Withdraw(A),)
    country.do(*edits)
    assert not country.about(A, PUBLIC) | country.about(A, WORKING) | country.about(COST, PUBLIC)
    for audience in ("working", "public"):
        assert country.about(A, NAMES.history(audience)) == {Triple(A, RDF_TYPE, TOMBSTONE)}


def test_a_merge_leads_links_over_and_fills_gaps(board: Callable[[str], Board]) -> None:
    country = board(
        COUNTRY
        + """
<id/service/c> a cpsv:PublicService ; dct:title "Kept"@en ; cv:relatedService <id/service/a> .
"""
    )
    kept = node("service/c")
    country.do(Merge(A, kept))
    assert country.about(kept, WORKING) == {
        Triple(kept, RDF_TYPE, expand("cpsv:PublicService")),
        Triple(kept, DCT_TITLE, english("Kept")),
        Triple(kept, DCT_TITLE, Literal("A service (fr)", language="fr")),
        Triple(kept, DESCRIPTION, english("What it does.")),
        Triple(kept, expand("cv:hasCompetentAuthority"), INTERIOR),
        Triple(kept, expand("gov:digitalisationLevel"), expand("code:Level2")),
        Triple(kept, expand("gov:needsBlock"), node("building-block/one")),
        Triple(kept, expand("dct:source"), NamedNode("http://elsewhere.example/report")),
        Triple(kept, HAS_CHANNEL, CHANNEL),
    }
    assert country.about(COST, WORKING)
    assert Triple(B, RELATED, kept) in country.about(B, WORKING)
    assert not {A, kept, CHANNEL, COST} & {term for t in country.said(PUBLIC) for term in (t.subject, t.object)}
    assert country.about(A, NAMES.history("working")) == {
        Triple(A, RDF_TYPE, TOMBSTONE),
        Triple(A, REPLACED_BY, kept),
        Triple(A, name(GOV, "mergedInto"), kept),
    }
    assert country.about(A, NAMES.history("public")) == {Triple(A, RDF_TYPE, TOMBSTONE)}


def test_a_merge_into_what_is_public_leads_public_links_over(board: Callable[[str], Board]) -> None:
    country = board(COUNTRY + service("c", more="; cv:relatedService <id/service/a>"))
    country.do(Merge(A, B))
    for graph in (WORKING, PUBLIC):
        assert Triple(node("service/c"), RELATED, B) in country.said(graph)
        assert not any(A in (t.subject, t.object) for t in country.said(graph))
    assert not country.about(CHANNEL, WORKING), "b has a channel already"
    assert Triple(B, RELATED, DRAFTED) not in country.said(WORKING), "it required something, the duplicate, before"


def test_an_entry_that_pointed_to_its_duplicate_does_not_point_to_itself(board: Callable[[str], Board]) -> None:
    country = board("<id/service/a> a cpsv:PublicService ; cv:relatedService <id/service/b> .")
    country.do(Entry(B, (Values(RDF_TYPE, (expand("cpsv:PublicService"),)),), new=True), Merge(B, A))
    assert country.said(WORKING) == {Triple(A, RDF_TYPE, expand("cpsv:PublicService"))}


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        (Entry(A, new=True), ChangeError),
        (Entry(node("service/none")), NotFound),
        (Entry(A, added=(Triple(B, RDF_TYPE, B),)), ChangeError),
        (Entry(A, (Values(DCT_TITLE, (BlankNode(),)),)), ChangeError),
        (Statements(added=(Quad(A, HAS_CHANNEL, BlankNode(), WORKING),)), ChangeError),
        (Statements(added=(Quad(A, RDF_TYPE, Triple(BlankNode(), RDF_TYPE, B), WORKING),)), ChangeError),
        (Graph(WORKING, (Triple(BlankNode(), RDF_TYPE, B),)), ChangeError),
        (Publish(node("service/none")), NotFound),
        (Publish(CHANNEL), ChangeError),
        (Publish(NamedNode("http://elsewhere.example/report")), ChangeError),
        (Publish(node("building-block/shared")), ChangeError),
        (Withdraw(node("service/none")), NotFound),
        (Withdraw(CHANNEL), ChangeError),
        (Withdraw(node("building-block/shared")), ChangeError),
        (Withdraw(A, replaced_by=A), ChangeError),
        (Delete(node("service/none")), NotFound),
        (Delete(COST), ChangeError),
        (Delete(A, replaced_by=node("service/none")), NotFound),
        (Merge(A, A), ChangeError),
        (Merge(A, INTERIOR), ChangeError),
        (Merge(node("service/none"), A), NotFound),
        (Merge(A, node("service/none")), NotFound),
        (Merge(A, CHANNEL), ChangeError),
    ],
    ids=lambda given: repr(given)[:60],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(contract: Contract, edit: Edit, error: type[Exception]) -> None:
    shared = turtle("<id/building-block/shared> a gov:BuildingBlock .", REFERENCE)
    country = Board(contract, [*turtle(COUNTRY), *shared])
    with pytest.raises(error, match=r"\.") as caught:
        country.do(edit)
    assert caught.type is error


def test_an_update_replaces_values_of_one_language_or_of_all(board: Callable[[str], Board]) -> None:
    country = board(COUNTRY)
    level = expand("gov:digitalisationLevel")
    patch = country.do(
        Entry(
            A,
            (Values(DCT_TITLE, (english("New"),), "EN"), Values(level, ()), Values(DESCRIPTION, (english("Else"),))),
            added=(Triple(A, RELATED, INTERIOR),),
            removed=(Triple(A, RELATED, DRAFTED), Triple(A, RELATED, COST)),
        )
    )
    assert {(q.predicate, q.object) for q in patch.added} == {
        (DCT_TITLE, english("New")),
        (DESCRIPTION, english("Else")),
        (RELATED, INTERIOR),
    }
    assert {(q.predicate, q.object) for q in patch.removed} == {
        (DCT_TITLE, english("A service")),
        (DESCRIPTION, english("What it does.")),
        (level, expand("code:Level2")),
        (RELATED, DRAFTED),
    }


def test_a_part_nobody_points_to_any_more_goes_with_all_below_it(board: Callable[[str], Board]) -> None:
    country = board(COUNTRY)
    country.do(Entry(DRAFTED, removed=(Triple(DRAFTED, HAS_CHANNEL, SHARED),)))
    assert country.about(SHARED, WORKING), "b has it still"
    country.do(Entry(B, added=(Triple(B, HAS_COST, COST),)), Entry(A, (Values(HAS_CHANNEL, ()),)))
    assert not country.about(CHANNEL, WORKING)
    assert country.about(COST, WORKING), "it moved to b before"
    country.do(Entry(B, (Values(HAS_CHANNEL, ()), Values(HAS_COST, ()))))
    assert not country.about(SHARED, WORKING) | country.about(COST, WORKING)


def test_reference_data_are_edited_where_they_stand(board: Callable[[str], Board]) -> None:
    country, shared = board(COUNTRY), node("building-block/shared")
    country.live.apply(
        Patch(frozenset(), frozenset(turtle("<id/building-block/shared> a gov:BuildingBlock .", REFERENCE)))
    )
    country.do(Entry(shared, (Values(DCT_TITLE, (english("Shared"),)),)))
    assert country.about(shared, REFERENCE) == {
        Triple(shared, RDF_TYPE, expand("gov:BuildingBlock")),
        Triple(shared, DCT_TITLE, english("Shared")),
    }
    country.do(Delete(shared))
    assert not country.said(REFERENCE)
    for audience in ("working", "public"):
        assert country.about(shared, NAMES.history(audience)) == {Triple(shared, RDF_TYPE, TOMBSTONE)}


def test_a_graph_becomes_what_is_put(board: Callable[[str], Board], contract: Contract) -> None:
    country = board(COUNTRY)
    triples = tuple(quad.triple for quad in turtle(ORGANISATION))
    country.reader.dump = country.live.reader.dump  # type: ignore[attr-defined]  # the one edit that reads a graph
    country.do(Graph(WORKING, triples))
    assert country.said(WORKING) == frozenset(triples)


def test_blank_nodes_get_the_same_addresses_whichever_way_they_come(contract: Contract) -> None:
    blank = BlankNode()
    triples = [Triple(A, HAS_CHANNEL, blank), Triple(blank, RDF_TYPE, expand("cv:Channel"))]
    named = skolemised(triples, contract, NAMES)
    assert isinstance(named[0].object, NamedNode)
    assert named[0].object.value.startswith(f"{BASE}id/channel/a-")
    assert named == skolemised([*reversed(triples)], contract, NAMES)[::-1]
    places = [Quad(t.subject, t.predicate, t.object, g) for t, g in zip(triples, (WORKING, REFERENCE), strict=True)]
    quads = skolemised_quads(places, contract, NAMES)
    assert [quad.triple for quad in quads] == [*named]
    assert [quad.graph_name for quad in quads] == [WORKING, REFERENCE]


def test_the_mark_is_followed_once(board: Callable[[str], Board]) -> None:
    country = board(COUNTRY)
    mark, unmark = Entry(DRAFTED, (Values(STATUS, (PUBLISHED,)),)), Entry(A, (Values(STATUS, ()),))
    part = Entry(SHARED, (Values(STATUS, (PUBLISHED,)),))
    patch = country.do(mark, unmark, part)
    edits = follow_status(patch, country.state)
    assert edits == (Withdraw(A), Publish(DRAFTED))
    assert follow_status(patch.then(country.do(*edits)), country.state) == ()
    assert follow_status(country.do(Publish(A), Delete(B)), country.state) == ()
    assert follow_status(country.do(Withdraw(A), Publish(A)), country.state) == ()


def test_a_part_belongs_to_its_entity_at_whatever_depth(board: Callable[[str], Board]) -> None:
    country = board(COUNTRY)
    report = NamedNode("http://elsewhere.example/report")
    country.do(
        Statements(added=tuple(turtle("<id/cost/x> cv:hasCost <id/cost/y> . <id/cost/y> cv:hasCost <id/cost/x> .")))
    )
    nodes = [A, CHANNEL, COST, SHARED, report, node("cost/x"), BlankNode(), english("text")]
    before = country.reader.reads
    assert owner_of(country.state, nodes, WORKING) == {A: A, CHANNEL: A, COST: A, SHARED: B}
    assert country.reader.reads - before <= 6, "two for each level"


def test_undoing_leaves_what_has_changed_since(board: Callable[[str], Board]) -> None:
    country = board(COUNTRY)
    texts = (Values(DCT_TITLE, (english("New"),), "en"), Values(DESCRIPTION, (english("Else"),)))
    revision = country.do(Entry(A, texts, added=(Triple(A, RELATED, INTERIOR),), removed=(Triple(A, RELATED, B),)))
    country.do(Entry(A, (Values(DCT_TITLE, (english("Newer"),), "en"),)))
    undone = country.do(Undo.of(revision))
    assert {(q.predicate, q.object) for q in undone.removed} == {(DESCRIPTION, english("Else")), (RELATED, INTERIOR)}
    assert {(q.predicate, q.object) for q in undone.added} == {(DESCRIPTION, english("What it does.")), (RELATED, B)}


def test_undoing_an_import_spares_what_has_grown_or_is_in_use(board: Callable[[str], Board]) -> None:
    country = board(COUNTRY)
    rows = "".join(
        f"<id/building-block/{n}> a gov:BuildingBlock ; gov:requiresBlock <id/building-block/{m}> ."
        for n, m in (("w", "x"), ("x", "one"), ("y", "one"), ("z", "y"))
    )
    revision = country.do(Statements(added=tuple(turtle(rows))))
    country.do(
        Entry(node("building-block/w"), (Values(DESCRIPTION, (english("It has grown."),)),)),
        Entry(B, added=(Triple(B, expand("gov:needsBlock"), node("building-block/y")),)),
    )
    undone = country.do(Undo.of(revision))
    assert {q.subject for q in undone.removed} == {node("building-block/z")}, "x is in use by w, which has grown"
    assert {(q.subject, q.graph_name) for q in undone.added} == {(node("building-block/z"), NAMES.history("working"))}


def test_a_deletion_undone_brings_back_entry_parts_and_what_was_public(board: Callable[[str], Board]) -> None:
    country = board(COUNTRY)
    before = country.everything
    revision = country.do(Delete(A))
    country.do(Undo.of(revision))
    assert country.everything == before
    revision = country.do(Delete(A))
    country.do(Entry(A, (Values(RDF_TYPE, (expand("cpsv:PublicService"),)),), new=True))
    now = country.everything
    country.do(Undo.of(revision))
    assert country.everything == now, "it has come again, and is not mixed with what it was"


def test_a_withdrawal_undone_shows_no_link_of_or_to_what_has_been_withdrawn_since(
    board: Callable[[str], Board],
) -> None:
    country = board(COUNTRY)
    revision = country.do(Withdraw(A))
    country.do(Withdraw(B))
    country.do(Undo.of(revision))
    assert country.about(A, PUBLIC)
    assert not any(B in (t.subject, t.object) for t in country.said(PUBLIC))
    country.do(Publish(B))
    assert {Triple(A, RELATED, B), Triple(B, RELATED, A)} <= country.said(PUBLIC)


def test_a_publication_undone_after_another_is_a_withdrawal(board: Callable[[str], Board]) -> None:
    country = board(COUNTRY)
    revision = country.do(Publish(DRAFTED))
    country.do(Entry(DRAFTED, (Values(DCT_TITLE, (english("Later"),)),)), Publish(DRAFTED))
    undone = country.do(Undo.of(revision))
    assert country.about(DRAFTED, PUBLIC)
    edits = follow_status(undone, country.state)
    assert edits == (Withdraw(DRAFTED),)
    country.do(*edits)
    assert not country.about(DRAFTED, PUBLIC)


def test_a_change_of_one_entry_reads_as_much_in_a_large_catalogue_as_in_a_small_one(
    board: Callable[[str], Board],
) -> None:
    reads = []
    for others in (1, 50):
        country = board(COUNTRY + "".join(service(f"other-{n}") for n in range(others)))
        country.do(Publish(A), Entry(A, (Values(HAS_CHANNEL, ()),)), Withdraw(A), Merge(DRAFTED, A), Delete(A))
        reads.append(country.reader.reads)
    assert reads[0] == reads[1]
