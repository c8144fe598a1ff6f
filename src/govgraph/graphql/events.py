"""What happened to the catalogue, one revision after another, as an audience may know it; knows no schema.

A place in this sequence is the last revision that was told whole, and how much of the next one was told. The history
graph of a later revision says the same of an earlier one, so that a place means the same in every process and at every
time. What became of an entity (it came, changed, went) is in the log alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from pyoxigraph import NamedNode

from govgraph.catalogue import Audience, View
from govgraph.catalogue.chronicle import FIRST, Chronicle, Leaf, Revision, Wanted
from govgraph.catalogue.lists import cursor as cursors
from govgraph.contract import Kind
from govgraph.errors import BadRequest, LogDamaged, NotFound, RevisionAway
from govgraph.graphql.schema.names import capitals
from govgraph.history.ledger import Ledger, Turns
from govgraph.store import Path, Term

CREATED, CHANGED, REMOVED = "CREATED", "CHANGED", "REMOVED"
MOST_CHANGES = 100
"""Entities one event tells of; a revision that changed more makes several events."""
_REVISIONS = 50
"""Revisions read at once."""
_LOOKED_AT = 2_000
"""Entities looked at before whoever reads gets what there is."""
_MOST_DIGITS = 15
_NOTHING = Turns()


@dataclass(frozen=True)
class Place:
    """``after`` has been told whole, and of the revision that follows the first ``told`` entities."""

    after: int
    told: int = 0


@dataclass(frozen=True)
class EntityChange:
    """What became of one entity in one revision; ``kind`` is None where nothing says any more what it was."""

    iri: NamedNode
    kind: Kind | None
    change: str

    @property
    def kind_name(self) -> str | None:
        return capitals(self.kind.name) if self.kind else None


@dataclass(frozen=True)
class Event:
    """A revision, and which of its changes are wanted; ``complete`` when there are no others to come of it.

    ``place`` is where to go on.
    """

    revision: Revision
    changes: tuple[EntityChange, ...]
    complete: bool
    place: Place
    audience: Audience

    @property
    def cursor(self) -> str:
        return encode(self.place, self.audience)


@dataclass(frozen=True)
class Filter:
    """Which changes are wanted: of these kinds, of entries this organisation is or was responsible for; or of all."""

    kinds: frozenset[str] | None = None
    organisation: NamedNode | None = None

    @property
    def takes_all(self) -> bool:
        return self.kinds is None and self.organisation is None


@dataclass(frozen=True)
class Found:
    """Some events, where to go on, and whether there is more at this revision of the view."""

    events: tuple[Event, ...]
    place: Place
    more: bool


def encode(place: Place, audience: Audience) -> str:
    return cursors.encode(["changes", str(audience), place.after, place.told])


def read_place(since: str | None, view: View) -> Place:
    """Where a follower begins: after a cursor, after a revision given as a number, or after what is now.

    Raises BadRequest for what is neither, and for a cursor of another audience; RevisionAway for one that is ahead.
    """
    if since is None:
        return Place(view.revision)
    if since.isascii() and since.isdecimal() and len(since) <= _MOST_DIGITS:
        place = Place(int(since))
    else:
        match cursors.said(since):
            case ["changes", str(audience), int(after), int(told)] if after >= 0 <= told:
                place = Place(after, told)
            case _:
                raise cursors.strange(since)
        if audience != view.audience:
            raise BadRequest(
                f"The cursor is of the {audience[:20]} view.", "Ask for that view, or begin without since."
            )
    if place.after < FIRST:
        raise BadRequest(
            "Nothing is kept of what came before the first revision.",
            "Read the lists, then follow since the revision they say: catalogue { revision }.",
        )
    if place.after > view.revision:
        raise RevisionAway(
            f"The catalogue is at revision {view.revision}, and since is revision {place.after}.",
            "Try again shortly. Should it stay so, an older state was restored: read the lists again, and follow "
            "since the revision they say.",
        )
    return place


@dataclass(frozen=True)
class Turning:
    """What became of entities, as the log has it; without one only that something did. Safe to use from any thread."""

    view: View
    ledger: Ledger | None

    def of(self, number: int) -> Turns:
        """What became of whole things in a revision; nothing where the log does not have it."""
        if self.ledger is None:
            return _NOTHING
        names = self.view.names
        own = names.public if self.view.audience is Audience.PUBLIC else names.working
        links = frozenset(kind.owner.predicate for kind in self.view.contract.entities if kind.owner)
        try:
            return self.ledger.turns(number, (own, names.reference), links)
        except (NotFound, LogDamaged):  # the log may begin later than the history
            return _NOTHING

    def changes(
        self, number: int, entities: Iterable[NamedNode], kinds: Mapping[Term, Kind], last: Mapping[NamedNode, int]
    ) -> list[EntityChange]:
        """``kinds`` are those of the entities that are there; ``last`` is the last revision of each of the others."""
        turns = self.of(number)
        return [self._change(number, turns, entity, kinds.get(entity), last.get(entity, 0)) for entity in entities]

    def _change(self, number: int, turns: Turns, entity: NamedNode, kind: Kind | None, last: int) -> EntityChange:
        came, went = entity.value in turns.came, entity.value in turns.went
        if came == went:
            change = REMOVED if kind is None and last == number and not came else CHANGED
        else:
            change = CREATED if came else REMOVED
        if kind is None:
            kind = self._kind_in(turns, entity) or (self._kind_in(self.of(last), entity) if last > number else None)
        return EntityChange(entity, kind, change)

    def _kind_in(self, turns: Turns, entity: NamedNode) -> Kind | None:
        contract = self.view.contract
        classes = turns.went.get(entity.value, frozenset()) | turns.came.get(entity.value, frozenset())
        found = [contract.by_class[node] for one in classes if (node := NamedNode(one)) in contract.by_class]
        return min(found, key=contract.rank.__getitem__, default=None)


@dataclass(frozen=True)
class Feed:
    """The events of one view. Safe to use from any thread; blocking."""

    view: View
    ledger: Ledger | None
    filter: Filter = field(default_factory=Filter)

    def read(self, place: Place, most: int) -> Found:
        """At most ``most`` events after a place. What it costs is bounded, whether there are any or not."""
        chronicle = Chronicle(self.view)
        leaf = self._leaf(chronicle, place.after)
        found: list[Event] = []
        looked = 0
        for revision in reversed(leaf.revisions):
            for event, after in self._of(chronicle, revision, place):
                looked += MOST_CHANGES if after.told else min(len(revision.changed), MOST_CHANGES)
                place = after
                found += [event] if event is not None else []
                if len(found) >= most or looked >= _LOOKED_AT:
                    return Found(tuple(found), place, True)
        if leaf.newer is None:
            # No revision this audience knows of is between its last one and the view's.
            return Found(tuple(found), Place(max(place.after, self.view.revision)), False)
        return Found(tuple(found), Place(max(place.after, leaf.newer)), True)

    def _leaf(self, chronicle: Chronicle, after: int) -> Leaf:
        """The next revisions. Those who follow what is new share what was read; few are far behind, and not alike."""

        def find() -> Leaf:
            return chronicle.leaf(Wanted(), _REVISIONS, after=after)

        return self.view.keep(("leaf", after), find) if self.view.revision - after <= _REVISIONS else find()

    def _of(self, chronicle: Chronicle, revision: Revision, place: Place) -> Iterator[tuple[Event | None, Place]]:
        """The events of one revision from a place on, each with the place after it; None where nothing is wanted."""
        entities = chronicle.changed(revision.number) if revision.more else tuple(sorted(revision.changed, key=_value))
        opened = place.told > 0
        left = iter(entities[place.told :])
        told = place.told
        while True:
            some = tuple(islice(left, MOST_CHANGES))
            told += len(some)
            complete = told >= len(entities)
            changes = self._wanted(chronicle, revision.number, some)
            after = Place(revision.number) if complete else Place(place.after, told)
            is_told = bool(changes) or (complete and (opened or self.filter.takes_all))
            opened = opened or bool(changes)
            yield (Event(revision, changes, complete, after, self.view.audience) if is_told else None), after
            if complete:
                return

    def _wanted(self, chronicle: Chronicle, number: int, entities: Sequence[NamedNode]) -> tuple[EntityChange, ...]:
        kinds = self.view.kinds(entities)
        gone = [entity for entity in entities if entity not in kinds]
        last = chronicle.last_revisions(gone) if gone else {}
        changes = Turning(self.view, self.ledger).changes(number, entities, kinds, last)
        if self.filter.kinds is not None:
            changes = [one for one in changes if one.kind_name in self.filter.kinds]
        if self.filter.organisation is not None:
            kept = self._kept_by(chronicle, self.filter.organisation, number, changes)
            changes = [one for one in changes if one.iri in kept]
        return tuple(changes)

    def _kept_by(
        self, chronicle: Chronicle, organisation: NamedNode, number: int, changes: Sequence[EntityChange]
    ) -> set[NamedNode]:
        """The entities an organisation is, or at this revision or since then was, responsible for.

        Whoever was and is no more was taken away in a revision that changed the entity, now or later.
        """
        paths = tuple(dict.fromkeys(one.kind.owner for one in changes if one.kind and one.kind.owner))
        owners = self.view.reader.values([one.iri for one in changes], paths, self.view.graphs)
        kept = {one.iri for one in changes if one.kind and one.kind.owns_itself and one.iri == organisation}
        kept |= {
            one.iri
            for one in changes
            if one.kind and one.kind.owner and organisation in owners[one.kind.owner].get(one.iri, ())
        }
        others = [one for one in changes if one.iri not in kept and one.kind and one.kind.owner]
        later = chronicle.numbers_of([one.iri for one in others])
        turning = Turning(self.view, self.ledger)
        for one in others:
            assert one.kind is not None and one.kind.owner is not None
            numbers = (n for n in later[one.iri] if n >= number)
            if any(_was_linked(turning.of(n), one.iri, one.kind.owner, organisation) for n in numbers):
                kept.add(one.iri)
        return kept


def _was_linked(turns: Turns, entity: NamedNode, owner: Path, organisation: NamedNode) -> bool:
    source, target = (organisation, entity) if owner.inverse else (entity, organisation)
    return target.value in turns.unlinked.get(source.value, ())


def _value(entity: NamedNode) -> str:
    return entity.value
