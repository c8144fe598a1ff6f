"""How a revision is taken back, but for what has changed since; knows no log.

What of it can still be taken back is ``aftermath``'s to say, graph by graph; here it becomes one patch that shows
nothing in public which is a draft by now.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pyoxigraph import Quad

from govgraph.catalogue import Audience
from govgraph.change.aftermath import Aftermath, Unit
from govgraph.change.state import State, said_of
from govgraph.change.tombstones import buried, raised
from govgraph.change.visibility import PUBLISHED, STATUS, hidden_among
from govgraph.store.patch import Patch


@dataclass(frozen=True)
class Undo:
    """The working, reference and public graphs lose what a revision added and regain what it removed.

    What has changed since stays: what somebody said otherwise, what is about a node that is gone by now or has come
    again, an entry that has grown or that something new points to. A mark that goes or comes this way is followed as
    any other (``lifecycle.follow_status``).
    """

    patch_removed: tuple[Quad, ...]
    patch_added: tuple[Quad, ...]

    @classmethod
    def of(cls, patch: Patch) -> Undo:
        """Of equal patches equal edits, their quads in the same order."""
        return cls(tuple(sorted(patch.removed, key=str)), tuple(sorted(patch.added, key=str)))

    def patch(self, state: State) -> Patch:
        names = state.names
        revision = Patch(frozenset(self.patch_removed), frozenset(self.patch_added))
        working, reference = Aftermath(state, revision, names.working), Aftermath(state, revision, names.reference)
        public = Aftermath(state, revision, names.public)
        back = working.taken_back(working.clean())
        followed = (unit for unit in public.clean() if _is_followed(unit, working, back))
        shown = _allowed(state, public.taken_back(followed), back)
        shared = reference.taken_back(reference.clean())
        told = (
            _told(state, working, back, (Audience.WORKING,)),
            _told(state, public, shown, (Audience.PUBLIC,)),
            _told(state, reference, shared, tuple(Audience)),
        )
        patches = (back, shown, shared, *told)
        return Patch.of(
            (quad for patch in patches for quad in patch.removed), (quad for patch in patches for quad in patch.added)
        )


def _is_followed(unit: Unit, working: Aftermath, back: Patch) -> bool:
    """Whether an entry of which the revision changed the mark, too, is again what the working graph says it is."""
    marks = [quad for quad in unit if quad.predicate == STATUS and quad.object == PUBLISHED]
    there = working.now - back.removed | back.added
    for quad in marks:
        mark = Quad(quad.subject, STATUS, PUBLISHED, working.graph)
        if (mark in working.added and mark in there) or (mark in working.removed and mark not in there):
            return False
    return True


def _allowed(state: State, shown: Patch, back: Patch) -> Patch:
    """Without links to what is a draft, or will be one once ``back`` is applied to the working graph."""
    again = {quad.subject for quad in shown.added}
    objects = [quad.object for quad in shown.added]
    hidden = hidden_among(state, objects, again)
    returned = {quad.subject for quad in back.added} & {*objects}
    hidden |= returned - again - said_of(state, returned, state.names.public)
    return Patch(shown.removed, frozenset(quad for quad in shown.added if quad.object not in hidden))


def _told(state: State, aftermath: Aftermath, taken: Patch, audiences: Collection[Audience]) -> Patch:
    """The tombstones of what is gone again, without those of what is there again."""
    gone, back = aftermath.gone_and_back(taken)
    added = [quad for entity in gone for quad in buried(state, entity, audiences)]
    return Patch.of(raised(state, [*gone, *back], audiences), added)
