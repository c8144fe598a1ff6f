"""How two entries that mean one thing become one; which of them are duplicates it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Quad

from govgraph.change.departing import Delete, refuse_part
from govgraph.change.state import State, entities_among, kinds_of, parts_of, quads_about, quads_to, said_of
from govgraph.change.tombstones import refuse_successor, united
from govgraph.change.visibility import STATUS
from govgraph.errors import ChangeError, NotFound
from govgraph.iris import RDF_TYPE, compact
from govgraph.store import Term
from govgraph.store.patch import Patch


@dataclass(frozen=True)
class Merge:
    """All links to the duplicate lead to the other entry, which gets what it lacks of it; the duplicate goes.

    What it lacks are values of properties it has none of, or text in a language it has none in; parts come with all
    below them. What it gets so is public once it is published again, the links where it is public already.
    """

    duplicate: NamedNode
    into: NamedNode

    def patch(self, state: State) -> Patch:
        self._refuse(state)
        names = state.names
        deleted = Delete(self.duplicate, self.into).patch(state)
        got = self._taken(state)
        stays = {self.into, *(quad.subject for quad in got)}
        gone = {quad.subject for quad in deleted.removed} - stays
        removed, added = set(deleted.removed), {*deleted.added, *united(deleted.added), *got}
        for graph in (names.working, names.reference, names.public):
            links = quads_to(state, [self.duplicate], graph)
            removed.update(links)
            if graph != names.public or self._is_public(state):
                others = (link for link in links if link.subject not in gone | stays)
                added.update(Quad(link.subject, link.predicate, self.into, graph) for link in others)
        hidden = dict.fromkeys(quad.subject for quad in deleted.removed if quad.graph_name == names.public)
        removed.update(quads_to(state, hidden, names.public))
        return Patch.of(removed, added)

    def _refuse(self, state: State) -> None:
        refuse_part(state, self.duplicate, "merged")
        refuse_part(state, self.into, "merged")
        refuse_successor(state, self.duplicate, self.into)
        names, both = state.names, (self.duplicate, self.into)
        if not any(said_of(state, [self.duplicate], graph) for graph in (names.working, names.reference)):
            raise NotFound(f"There is no {compact(self.duplicate.value)} that could be merged.")
        kinds = kinds_of(state, both, (names.working, names.reference))
        if len(kinds) < len(both) or kinds[self.duplicate] is not kinds[self.into]:
            raise ChangeError(
                f"{compact(self.duplicate.value)} and {compact(self.into.value)} are not of one kind.",
                "Only entries of one kind can be merged.",
            )

    def _is_public(self, state: State) -> bool:
        names = state.names
        return any(said_of(state, [self.into], graph) for graph in (names.public, names.reference))

    def _taken(self, state: State) -> list[Quad]:
        """What the other entry gets, the statements about the parts included."""
        names, both = state.names, (self.duplicate, self.into)
        home = names.working if said_of(state, [self.into], names.working) else names.reference
        graphs = (names.working, names.reference)
        has = state.reader.statements([self.into], graphs)
        taken: list[Quad] = []
        for graph in graphs:
            lacked = [
                quad
                for quad in quads_about(state, [self.duplicate], graph)
                if quad.predicate not in (RDF_TYPE, STATUS)
                and quad.object not in both
                and _lacks([t.object for t in has if t.predicate == quad.predicate], quad.object)
            ]
            parts = self._parts(state, lacked, graph)
            taken += [Quad(self.into, quad.predicate, quad.object, home) for quad in lacked]
            taken += [
                Quad(quad.subject, quad.predicate, self.into if quad.object == self.duplicate else quad.object, home)
                for quad in quads_about(state, parts, graph)
            ]
        return taken

    def _parts(self, state: State, links: Sequence[Quad], graph: NamedNode) -> list[Term]:
        """The parts some statements point to, with all below them."""
        parts = [quad.object for quad in links if quad.predicate in state.contract.part_predicates]
        entities = entities_among(state, parts, graph)
        top = [part for part in parts if part not in entities]
        return [*top, *parts_of(state, top, graph)]


def _lacks(has: Sequence[Term], value: Term) -> bool:
    """Whether a value is of use beside those of the same property: there are none, or none in its language."""
    if not has:
        return True
    languages = {term.language if isinstance(term, Literal) else None for term in has}
    language = value.language if isinstance(value, Literal) else None
    return language is not None and None not in languages and language not in languages
