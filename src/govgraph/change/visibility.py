"""What of the working graph may show in public, for some nodes alone: the rule of ``publishing`` in other words.

A link is shown when it leads to what is public, to what is of no kind and has an IRI of another house, or to what the
working graph says nothing about (codes, reference data, addresses). It knows which nodes are public, not why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pyoxigraph import NamedNode, Quad

from govgraph.change.state import State, kinds_of, nodes_among, said_of
from govgraph.iris import CODE, GOV, name
from govgraph.store import Path, Term
from govgraph.store.patch import Patch

STATUS = name(GOV, "publicationStatus")
PUBLISHED, DRAFT = name(CODE, "Published"), name(CODE, "Draft")


def marked_in(state: State, nodes: Iterable[Term], graph: NamedNode) -> set[Term]:
    """The nodes a graph marks as published; those the public graph does are published. One read."""
    path = Path(STATUS)
    found = state.reader.values(nodes_among(nodes), (path,), (graph,))[path]
    return {node for node, statuses in found.items() if PUBLISHED in statuses}


def statuses_of(state: State, entity: NamedNode) -> list[Term]:
    """What the working graph says of the status of an entity. One read."""
    path = Path(STATUS)
    return state.reader.values([entity], (path,), (state.names.working,))[path].get(entity, [])


def status_set(state: State, entity: NamedNode, status: NamedNode) -> Patch:
    """One status takes the place of all others in the working graph."""
    graph = state.names.working
    before = [Quad(entity, STATUS, old, graph) for old in statuses_of(state, entity)]
    return Patch.of(before, [Quad(entity, STATUS, status, graph)])


def hidden_among(state: State, terms: Iterable[Term], shown: Collection[Term]) -> set[Term]:
    """The terms to which no link may lead in public, once ``shown`` are public beside what is. At most six reads."""
    names = state.names
    asked = [node for node in nodes_among(terms) if node not in shown]
    held = said_of(state, asked, names.working)
    held -= said_of(state, held, names.public)
    return held - _foreign_among(state, held)


def _foreign_among(state: State, nodes: Collection[Term]) -> set[Term]:
    """What has no status that could be held back: of no kind, no part, and below another base."""
    elsewhere = [n for n in nodes if isinstance(n, NamedNode) and not n.value.startswith(state.names.base)]
    working = (state.names.working,)
    kinds = kinds_of(state, elsewhere, working)
    owned = state.reader.values(elsewhere, state.contract.owner_paths, working)
    return {n for n in elsewhere if n not in kinds and not any(n in of for of in owned.values())}
