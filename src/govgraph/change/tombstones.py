"""What history says of an entity that is gone, and takes back when it returns; knows no other part of history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyoxigraph import NamedNode, Quad

from govgraph.catalogue import Audience
from govgraph.change.state import State, quads_about, said_of
from govgraph.errors import ChangeError, NotFound
from govgraph.iris import DCT, GOV, RDF_TYPE, compact, name
from govgraph.store import Term

TOMBSTONE, REPLACED_BY, MERGED_INTO = name(GOV, "Tombstone"), name(DCT, "isReplacedBy"), name(GOV, "mergedInto")


def buried(
    state: State, entity: NamedNode, audiences: Iterable[Audience], replaced_by: NamedNode | None = None
) -> list[Quad]:
    """The tombstones of an entity. What replaced it is not named to who may not see it."""
    names = state.names
    added: list[Quad] = []
    for audience in audiences:
        graph = names.history(audience)
        added.append(Quad(entity, RDF_TYPE, TOMBSTONE, graph))
        seen_in = (names.working if audience is Audience.WORKING else names.public, names.reference)
        if replaced_by is not None and any(said_of(state, [replaced_by], each) for each in seen_in):
            added.append(Quad(entity, REPLACED_BY, replaced_by, graph))
    return added


def united(tombstones: Iterable[Quad]) -> list[Quad]:
    """What the tombstones of a duplicate say beside: what replaced it is the same thing, so its address leads there."""
    return [
        Quad(quad.subject, MERGED_INTO, quad.object, quad.graph_name)
        for quad in tombstones
        if quad.predicate == REPLACED_BY
    ]


def raised(state: State, entities: Sequence[Term], audiences: Iterable[Audience]) -> list[Quad]:
    """The tombstones of entities, which go when these return, or make room for a newer one. A read per audience."""
    return [
        quad
        for audience in audiences
        for quad in quads_about(state, entities, state.names.history(audience))
        if quad.predicate in (REPLACED_BY, MERGED_INTO) or (quad.predicate == RDF_TYPE and quad.object == TOMBSTONE)
    ]


def refuse_successor(state: State, entity: NamedNode, replaced_by: NamedNode | None) -> None:
    """Raises NotFound or ChangeError when something cannot be what replaced an entity."""
    if replaced_by is None:
        return
    if replaced_by == entity:
        raise ChangeError(f"{compact(entity.value)} cannot replace itself.", "Name the entry that stands for it now.")
    names = state.names
    if not any(said_of(state, [replaced_by], graph) for graph in (names.working, names.reference)):
        raise NotFound(f"There is no {compact(replaced_by.value)} that could replace {compact(entity.value)}.")
