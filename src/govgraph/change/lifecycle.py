"""How an entry becomes public: by an edit of its own, or by following the mark that other edits leave on it.

What Publish shows is what the bulk way (``publishing``) would show of the same data, worked out from the entry and its
links alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode, Quad

from govgraph.catalogue import Audience
from govgraph.change.departing import Withdraw, refuse_part, refuse_reference
from govgraph.change.edits import Edit
from govgraph.change.state import (
    State,
    entities_among,
    orphaned,
    parts_of,
    quads_about,
    quads_to,
    said_of,
)
from govgraph.change.tombstones import raised
from govgraph.change.visibility import PUBLISHED, STATUS, hidden_among, marked_in, status_set
from govgraph.errors import ChangeError, NotFound
from govgraph.iris import compact
from govgraph.store import Term
from govgraph.store.patch import Patch


@dataclass(frozen=True)
class Publish:
    """The entity and its parts, as they are in the working graph, are what the public graph says of it from now on.

    Links to what is not public stay out; links of what is public to it that stayed out until now are shown.
    """

    entity: NamedNode

    def patch(self, state: State) -> Patch:
        self._refuse(state)
        working, public = state.names.working, state.names.public
        mark = status_set(state, self.entity, PUBLISHED)
        own = [self.entity, *parts_of(state, [self.entity], working)]
        shown = _shown(state, own, mark)
        old = quads_about(state, own, public)
        before = [node for node in parts_of(state, [self.entity], public) if node not in own]
        stale = orphaned(state, before, public, Patch.of(old, shown))
        tombstones = raised(state, [self.entity], Audience)
        return Patch.of(
            [*mark.removed, *old, *quads_about(state, stale, public), *quads_to(state, stale, public), *tombstones],
            [*mark.added, *shown, *_restored(state, own, stale)],
        )

    def _refuse(self, state: State) -> None:
        working = state.names.working
        refuse_reference(state, self.entity, "published")
        refuse_part(state, self.entity, "published")
        if not said_of(state, [self.entity], working):
            raise NotFound(f"There is no {compact(self.entity.value)} that could be published.", "Create it first.")
        if not entities_among(state, [self.entity], working):
            raise ChangeError(f"{compact(self.entity.value)} is of no kind.", "Say of which kind it is, then publish.")


def follow_status(patch: Patch, state: State) -> tuple[Edit, ...]:
    """What a change means for the public: who got the mark is published, who was public and lost it is withdrawn.

    ``patch`` is the net patch of the change so far and ``state`` what it led to. What the change itself has published
    or withdrawn is so already, and needs nothing more. Three reads.
    """
    got, lost = _marks(state, patch.added), _marks(state, patch.removed)
    public = marked_in(state, [*got, *lost], state.names.public)
    marked = marked_in(state, lost, state.names.working)
    entities = entities_among(state, got, state.names.working)
    withdrawn = [Withdraw(node) for node in lost if node in public and node not in marked]
    return (*withdrawn, *(Publish(node) for node in got if node in entities and node not in public))


def _marks(state: State, quads: Collection[Quad]) -> list[NamedNode]:
    """Whom some quads of the working graph mark as published, by IRI."""
    marks = {quad.subject for quad in quads if quad.graph_name == state.names.working and _is_mark(quad)}
    return sorted((node for node in marks if isinstance(node, NamedNode)), key=str)


def _is_mark(quad: Quad) -> bool:
    return quad.predicate == STATUS and quad.object == PUBLISHED


def _shown(state: State, own: Sequence[Term], mark: Patch) -> list[Quad]:
    """What the public graph will say about an entity and its parts."""
    said = {*quads_about(state, own, state.names.working)} - mark.removed | mark.added
    hidden = hidden_among(state, (quad.object for quad in said), frozenset(own))
    return [Quad(q.subject, q.predicate, q.object, state.names.public) for q in said if q.object not in hidden]


def _restored(state: State, own: Sequence[Term], stale: Sequence[Term]) -> list[Quad]:
    """The links of what is public to an entity and its parts, which stayed out while these were not."""
    mine = frozenset((*own, *stale))
    links = [quad for quad in quads_to(state, own, state.names.working) if quad.subject not in mine]
    public = said_of(state, (quad.subject for quad in links), state.names.public)
    return [Quad(q.subject, q.predicate, q.object, state.names.public) for q in links if q.subject in public]
