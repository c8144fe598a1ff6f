"""What one may do to the catalogue, each worked out against the state it meets into the quads that change.

An edit says what is wanted (these values, this entry published), not which quads: only the writer knows the state it
will meet. It reads that state and the contract, and neither validates nor asks who may. What becomes of whole entries
(published, withdrawn, deleted, merged) has modules of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from govgraph.catalogue import Audience
from govgraph.change.skolem import skolemise
from govgraph.change.state import State, entities_among, orphaned, quads, quads_about, said_of
from govgraph.change.tombstones import raised
from govgraph.contract import Contract
from govgraph.errors import ChangeError, NotFound
from govgraph.iris import Names, compact
from govgraph.store import Term
from govgraph.store.patch import Patch

__all__ = ["Edit", "Entry", "Graph", "State", "Statements", "Values", "skolemised", "skolemised_quads"]


class Edit(Protocol):
    """One thing to do. Raises NotFound, ChangeError or Refused's relatives when it cannot be done to this state."""

    def patch(self, state: State) -> Patch:
        """The quads that go and come; those already gone or there may be among them, the gate leaves them out."""


@dataclass(frozen=True)
class Statements:
    """Exactly these quads, as INSERT DATA and DELETE DATA do. Blank nodes are to be ``skolemised_quads`` before."""

    removed: tuple[Quad, ...] = ()
    added: tuple[Quad, ...] = ()

    def patch(self, state: State) -> Patch:  # noqa: ARG002  # it wants the same whatever it meets
        _refuse_blank(term for quad in (*self.removed, *self.added) for term in (quad.subject, quad.object))
        return Patch.of(self.removed, self.added)


@dataclass(frozen=True)
class Graph:
    """A whole graph becomes these triples, as a PUT of the Graph Store Protocol does; without any it is emptied.

    Its cost is that of the graph. Blank nodes are to be ``skolemised`` before.
    """

    graph: NamedNode
    triples: tuple[Triple, ...]

    def patch(self, state: State) -> Patch:
        _refuse_blank(term for triple in self.triples for term in (triple.subject, triple.object))
        said = parse(state.reader.dump(self.graph), RdfFormat.N_TRIPLES, lenient=True)
        return Patch.of((_in(quad.triple, self.graph) for quad in said), quads(self.triples, self.graph))


@dataclass(frozen=True)
class Values:
    """What a predicate of a node shall have: in one ``language`` where given, else in all."""

    predicate: NamedNode
    terms: tuple[Term, ...]
    language: str | None = None

    def replaces(self, old: Term) -> bool:
        if self.language is None:
            return True
        return isinstance(old, Literal) and (old.language or "").lower() == self.language.lower()


@dataclass(frozen=True)
class Entry:
    """Values of one entity or part. ``new`` when it must not be there yet, else it must be; the rest stays as it is.

    ``added`` and ``removed`` are single statements about it; of a removed part all goes. What is new goes to the
    working graph, and what is there stays where it is, in the working graph or in the reference data. A part is a
    node of its own, with an Entry of its own, before or after the one that comes to point to it.
    """

    node: NamedNode
    values: tuple[Values, ...] = ()
    added: tuple[Triple, ...] = ()
    removed: tuple[Triple, ...] = ()
    new: bool = False

    def patch(self, state: State) -> Patch:
        self._refuse_foreign()
        graph = self._graph(state)
        said = quads_about(state, [self.node], graph)
        removed = [q for q in said for v in self.values if q.predicate == v.predicate and v.replaces(q.object)]
        added = [Quad(self.node, v.predicate, term, graph) for v in self.values for term in v.terms]
        patch = Patch.of([*removed, *quads(self.removed, graph)], [*added, *quads(self.added, graph)])
        loose = [quad.object for quad in patch.removed if quad.predicate in state.contract.part_predicates]
        lost = _lost(state, loose, graph, patch)
        tombstones = raised(state, [self.node], (Audience.WORKING,)) if self.new else []
        return Patch.of([*patch.removed, *quads_about(state, lost, graph), *tombstones], patch.added)

    def _refuse_foreign(self) -> None:
        terms = (term for v in self.values for term in v.terms)
        statements = (*self.added, *self.removed)
        _refuse_blank([*terms, *(term for t in statements for term in (t.subject, t.object))])
        other = next((t.subject for t in statements if t.subject != self.node), None)
        if other is not None:
            raise ChangeError(
                f"A statement about {other} stands in an edit of {compact(self.node.value)}.",
                "Give each node an edit of its own, parts too.",
            )

    def _graph(self, state: State) -> NamedNode:
        """Where the node is said to be, the working graph for a new one."""
        graphs = (state.names.working, state.names.reference)
        there = next((graph for graph in graphs if said_of(state, [self.node], graph)), None)
        iri = compact(self.node.value)
        if self.new and there is not None:
            raise ChangeError(f"There is something at {iri} already.", "Choose another address, or update it.")
        if not self.new and there is None:
            raise NotFound(f"There is nothing at {iri} that could be changed.", "Create it first.")
        return there or state.names.working


def skolemised(triples: Iterable[Triple], contract: Contract, names: Names) -> tuple[Triple, ...]:
    """Triples as the catalogue takes them: every blank node has an IRI that depends on owner, path and content."""
    return tuple(skolemise(triples, contract, names))


def skolemised_quads(added: Iterable[Quad], contract: Contract, names: Names) -> tuple[Quad, ...]:
    """The same for the quads of one INSERT DATA; a blank node is one node in all its graphs."""
    given = list(added)
    named = skolemise((quad.triple for quad in given), contract, names)
    return tuple(_in(triple, quad.graph_name) for triple, quad in zip(named, given, strict=True))


def _in(triple: Triple, graph: NamedNode | BlankNode | DefaultGraph) -> Quad:
    return Quad(triple.subject, triple.predicate, triple.object, graph)


def _lost(state: State, loose: list[Term], graph: NamedNode, patch: Patch) -> list[Term]:
    """The parts that nobody points to once a patch is applied, with all below them, and no entity."""
    if not loose:
        return []
    entities = entities_among(state, loose, graph)
    return orphaned(state, [node for node in loose if node not in entities], graph, patch, anybody=True)


def _refuse_blank(terms: Iterable[Term]) -> None:
    """Raises ChangeError where a term is a blank node or has one inside."""
    for term in terms:
        if isinstance(term, Triple):
            _refuse_blank((term.subject, term.object))
        elif isinstance(term, BlankNode):
            raise ChangeError(
                f"The change has a blank node, {term}, and the catalogue keeps none.",
                "Give it an IRI of its own.",
            )
