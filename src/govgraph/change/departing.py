"""How an entry leaves: withdrawn from what is public, or deleted; each leaves a tombstone where it was seen."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import NamedNode, Quad

from govgraph.catalogue import Audience
from govgraph.change.state import State, belonging_to, entities_among, owner_of, quads_about, quads_to, said_of
from govgraph.change.tombstones import buried, raised, refuse_successor
from govgraph.change.visibility import DRAFT, PUBLISHED, status_set, statuses_of
from govgraph.errors import ChangeError, NotFound
from govgraph.iris import compact
from govgraph.store.patch import Patch


@dataclass(frozen=True)
class Withdraw:
    """The entity, its parts and all links to them leave the public graph; the working graph has a draft of it.

    Of an entity that is in the working graph no more, only what is public goes. A status that is neither published
    nor missing stays as it is.
    """

    entity: NamedNode
    replaced_by: NamedNode | None = None

    def patch(self, state: State) -> Patch:
        names = state.names
        refuse_part(state, self.entity, "withdrawn")
        refuse_successor(state, self.entity, self.replaced_by)
        gone = belonging_to(state, self.entity, names.public)
        removed = [*quads_about(state, gone, names.public), *quads_to(state, gone, names.public)]
        lost = [Audience.PUBLIC] if removed else []
        draft = Patch()
        if not said_of(state, [self.entity], names.working):
            if not removed:
                refuse_reference(state, self.entity, "withdrawn")
                raise NotFound(f"There is no {compact(self.entity.value)} that could be withdrawn.")
            lost.append(Audience.WORKING)
        elif {*statuses_of(state, self.entity)} <= {PUBLISHED, DRAFT}:
            draft = status_set(state, self.entity, DRAFT)
        return Patch.of(
            [*removed, *draft.removed, *raised(state, [self.entity], lost)],
            [*draft.added, *buried(state, self.entity, lost, self.replaced_by)],
        )


@dataclass(frozen=True)
class Delete:
    """The entity and its parts leave every graph. Links to it stay, and with them the reason to refuse."""

    node: NamedNode
    replaced_by: NamedNode | None = None

    def patch(self, state: State) -> Patch:
        refuse_part(state, self.node, "deleted")
        refuse_successor(state, self.node, self.replaced_by)
        names = state.names
        removed: list[Quad] = []
        for graph in (names.working, names.public, names.reference):
            removed += quads_about(state, belonging_to(state, self.node, graph), graph)
        if not removed:
            raise NotFound(f"There is no {compact(self.node.value)} that could be deleted.")
        lost = [Audience.WORKING]
        if any(quad.subject == self.node and quad.graph_name != names.working for quad in removed):
            lost.append(Audience.PUBLIC)
        tombstones = buried(state, self.node, lost, self.replaced_by)
        return Patch.of([*removed, *raised(state, [self.node], lost)], tombstones)


def refuse_reference(state: State, entity: NamedNode, what: str) -> None:
    """Raises ChangeError for what stands in the reference data alone, which everybody sees always."""
    names = state.names
    if said_of(state, [entity], names.reference) and not said_of(state, [entity], names.working):
        raise ChangeError(
            f"{compact(entity.value)} is reference data, which cannot be {what}.", "Reference data are always public."
        )


def refuse_part(state: State, node: NamedNode, what: str) -> None:
    """Raises ChangeError for a part, which lives with its owner."""
    for graph in (state.names.working, state.names.reference):
        owner = owner_of(state, [node], graph).get(node, node)
        if owner != node and isinstance(owner, NamedNode):
            raise ChangeError(
                f"{compact(node.value)} is a part of {compact(owner.value)} and cannot be {what} by itself.",
                "Change its owner.",
            )
        if entities_among(state, [node], graph):
            return
