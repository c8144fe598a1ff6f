"""One entity as a whole: it and its parts become what some triples say, as a PUT of its document does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyoxigraph import BlankNode, NamedNode, Triple

from govgraph.catalogue import Audience
from govgraph.change.state import State, belonging_to, entities_among, owners_of, quads, quads_about, said_of
from govgraph.change.tombstones import raised
from govgraph.errors import ChangeError, Stale
from govgraph.iris import RDF_TYPE, compact
from govgraph.store import Term
from govgraph.store.patch import Patch


@dataclass(frozen=True)
class Description:
    """All that is said of an entity and its parts from now on; created where it is not there.

    It stays where it is, in the working graph or in the reference data; what is new goes to the working graph. Blank
    nodes are to be ``skolemised`` before. With ``there`` it has to be there already.
    """

    node: NamedNode
    triples: tuple[Triple, ...]
    there: bool = False

    def patch(self, state: State) -> Patch:
        """Raises ChangeError for triples about anything else, Stale when it should be there and is not."""
        graphs = (state.names.working, state.names.reference)
        home = next((graph for graph in graphs if said_of(state, [self.node], graph)), None)
        if home is None and self.there:
            raise Stale(
                f"There is no {compact(self.node.value)} (any more).", "Create it.", revisions={self.node.value: 0}
            )
        graph = home or state.names.working
        parts = self._parts(state)
        self._refuse_others(parts)
        self._refuse_foreign_parts(state, parts, graph)
        own = belonging_to(state, self.node, graph) if home else []
        tombstones = [] if home else raised(state, [self.node], (Audience.WORKING,))
        return Patch.of([*quads_about(state, own, graph), *tombstones], quads(self.triples, graph))

    def _parts(self, state: State) -> list[Term]:
        """What the triples say belongs to the entity, at whatever depth; what they call an entity is none."""
        paths = state.contract.part_predicates
        kinds = state.contract.by_class
        entities = {
            triple.subject
            for triple in self.triples
            if triple.predicate == RDF_TYPE
            and isinstance(triple.object, NamedNode)
            and triple.object in kinds
            and not kinds[triple.object].part
        }
        found: dict[Term, None] = {}
        level: set[Term] = {self.node}
        while level:
            pointed = {t.object for t in self.triples if t.subject in level and t.predicate in paths}
            level = {part for part in pointed if part not in found and part not in entities and part != self.node}
            found |= dict.fromkeys(sorted(level, key=str))
        return list(found)

    def _refuse_others(self, parts: Sequence[Term]) -> None:
        own = {self.node, *parts}
        for triple in self.triples:
            if isinstance(triple.subject, BlankNode) or isinstance(triple.object, BlankNode):
                raise ChangeError(f"{triple} has a blank node, and the catalogue keeps none.", "Give it an IRI.")
            if triple.subject not in own:
                raise ChangeError(
                    f"A statement about {triple.subject} stands in the document of {compact(self.node.value)}.",
                    "Say there only what is about the entry and its parts.",
                )

    def _refuse_foreign_parts(self, state: State, parts: Sequence[Term], graph: NamedNode) -> None:
        """A part in the triples that is there already has to be this entity's, or nobody's."""
        described = {triple.subject for triple in self.triples}
        mine = [part for part in parts if part in described]
        entities = entities_among(state, mine, graph)
        owners = owners_of(state, mine, graph)
        for part in mine:
            if part in entities or any(owner != self.node for owner in owners.get(part, ())):
                raise ChangeError(
                    f"{part} is no part of {compact(self.node.value)}.", "Give its parts addresses of their own."
                )
