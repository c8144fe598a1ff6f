"""What an edit meets, and what belongs to what in it: parts to entities, at whatever depth; it changes nothing.

Every function asks about many nodes at a time and costs what is said about them, what points to them and the like of
their parts, never the size of the catalogue.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from govgraph.contract import Contract, Kind
from govgraph.iris import RDF_TYPE, Names
from govgraph.store import Graphs, Path, Reader, Term
from govgraph.store.patch import Patch

_TYPE = Path(RDF_TYPE)


@dataclass(frozen=True)
class State:
    """What an edit meets: the newest quads, and what they mean."""

    reader: Reader
    contract: Contract
    names: Names


def nodes_among(terms: Iterable[Term]) -> list[NamedNode | BlankNode]:
    """The terms something can be said about, each once."""
    return [term for term in dict.fromkeys(terms) if isinstance(term, NamedNode | BlankNode)]


def quads_about(state: State, nodes: Sequence[Term], graph: NamedNode) -> list[Quad]:
    """What a graph says about some nodes. One read."""
    return quads(state.reader.statements(nodes, (graph,)), graph)


def quads(triples: Iterable[Triple], graph: NamedNode) -> list[Quad]:
    return [Quad(t.subject, t.predicate, t.object, graph) for t in triples]


def quads_to(state: State, nodes: Iterable[Term], graph: NamedNode) -> list[Quad]:
    """All that points to some nodes. A read per node."""
    return [
        Quad(subject, predicate, node, graph)
        for node in nodes
        if isinstance(node, NamedNode)
        for subject, predicate in state.reader.incoming(node, (graph,), 0, sys.maxsize)
        if isinstance(subject, NamedNode | BlankNode)
    ]


def kinds_of(state: State, nodes: Iterable[Term], graphs: Graphs) -> dict[Term, Kind]:
    """The kind of each node that has one; the kind of an entity comes before that of a part. One read."""
    types = state.reader.values(nodes_among(nodes), (_TYPE,), graphs)[_TYPE]
    by_class = state.contract.by_class
    found = {
        node: [by_class[c] for c in classes if isinstance(c, NamedNode) and c in by_class]
        for node, classes in types.items()
    }
    return {node: min(kinds, key=lambda kind: kind.part) for node, kinds in found.items() if kinds}


def entities_among(state: State, nodes: Iterable[Term], graph: NamedNode) -> set[Term]:
    """The nodes that stand for themselves, in a graph or in the reference data. One read."""
    kinds = kinds_of(state, nodes, tuple(dict.fromkeys((graph, state.names.reference))))
    return {node for node, kind in kinds.items() if not kind.part}


def said_of(state: State, nodes: Iterable[Term], graph: NamedNode) -> set[Term]:
    """The nodes a graph says anything about. Two reads, of which the second is of what has no type."""
    asked = nodes_among(nodes)
    typed = state.reader.values(asked, (_TYPE,), (graph,))[_TYPE]
    untyped = [node for node in asked if node not in typed]
    return {*typed, *(triple.subject for triple in state.reader.statements(untyped, (graph,)))}


def parts_of(state: State, nodes: Sequence[Term], graph: NamedNode) -> list[Term]:
    """The parts of some nodes, parts of parts included, without these nodes themselves. Two reads per level."""
    seen = set(nodes)
    parts: list[Term] = []
    level: list[Term] = list(nodes)
    while level:
        found = state.reader.values(level, state.contract.part_paths, (graph,))
        pointed = nodes_among(part for of in found.values() for some in of.values() for part in some)
        below = [node for node in pointed if node not in seen]
        entities = entities_among(state, below, graph)
        level = [node for node in below if node not in entities]
        seen.update(level)
        parts += level
    return parts


def belonging_to(state: State, entity: Term, graph: NamedNode) -> list[Term]:
    """An entity and what goes with it: its parts but for those that belong to somebody else too."""
    said = quads_about(state, [entity], graph)
    return [entity, *orphaned(state, parts_of(state, [entity], graph), graph, Patch(frozenset(said)))]


def orphaned(
    state: State, parts: Sequence[Term], graph: NamedNode, patch: Patch, *, anybody: bool = False
) -> list[Term]:
    """Of some parts and all below them, those that belong to nobody any more once a patch is applied.

    With ``anybody``, any link at all keeps a part, be it by a property that does not own it.
    """
    candidates = dict.fromkeys([*parts, *parts_of(state, parts, graph)])
    pointing: dict[Term, set[Term]] = {node: set() for node in candidates}
    links = quads_to(state, candidates, graph) if anybody else _quads_owning(state, candidates, graph)
    for quad in {*links, *patch.added} - patch.removed:
        if quad.graph_name == graph and quad.object in pointing:
            pointing[quad.object].add(quad.subject)
    going = set(candidates)
    while kept := {node for node in going if pointing[node] - going}:
        going -= kept
    return [node for node in candidates if node in going]


def owner_of(state: State, nodes: Iterable[Term], graph: NamedNode) -> dict[Term, Term]:
    """The entity of each part, at whatever depth, and an entity itself; what belongs to none is left out.

    Of a part that several entities point to, the first by IRI: ``owners_of`` has them all.
    """
    return {node: owners[0] for node, owners in owners_of(state, nodes, graph).items()}


def owners_of(state: State, nodes: Iterable[Term], graph: NamedNode) -> dict[Term, tuple[Term, ...]]:
    """The entities each part belongs to, by IRI, and an entity itself. Two reads per level."""
    asked = nodes_among(nodes)
    above: dict[Term, list[Term]] = {}
    entities: set[Term] = set()
    level: list[Term] = [*asked]
    while level:
        found = entities_among(state, level, graph)
        entities |= found
        rest = [node for node in level if node not in found]
        above |= {node: [] for node in rest}
        for quad in _quads_owning(state, rest, graph):
            above[quad.object].append(quad.subject)
        owners = nodes_among(owner for node in rest for owner in above[node])
        level = [owner for owner in owners if owner not in above and owner not in entities]
    tops = {node: _tops(node, above, entities) for node in asked}
    return {node: found for node, found in tops.items() if found}


def _tops(node: Term, above: dict[Term, list[Term]], entities: Collection[Term]) -> tuple[Term, ...]:
    """The entities one comes to on the way up, by IRI."""
    seen, level = {node}, [node]
    while level:
        level = [owner for at in level for owner in above.get(at, ()) if owner not in seen]
        seen.update(level)
    return tuple(sorted((top for top in seen if top in entities), key=str))


def _quads_owning(state: State, nodes: Iterable[Term], graph: NamedNode) -> list[Quad]:
    """The links by which parts belong to what points to them. One read."""
    found = state.reader.values(nodes_among(nodes), state.contract.owner_paths, (graph,))
    return [
        Quad(owner, path.predicate, part, graph)
        for path, of in found.items()
        for part, owners in of.items()
        for owner in nodes_among(owners)
        if not isinstance(part, Literal)
    ]
