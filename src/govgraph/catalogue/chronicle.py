"""Which revisions an audience knows of, and what is no longer there for it; knows no log and no quad that changed.

It reads the history graph of a view's audience, so that what others did shows in no number and no page. A page costs
its own length and the numbers it has to walk over, of which there are at most MOST_WALKED.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from pyoxigraph import Literal, NamedNode

from govgraph.catalogue import View
from govgraph.iris import DCT, GOV, PREFIXES, RDF_TYPE, name
from govgraph.store import Path, Term

FIRST = 1
"""The last revision of an entity that has not changed since the catalogue was first loaded."""
MOST_WALKED = 5_000
"""Numbers a page looks at; where it finds too little there, it says where to go on."""
MOST_LINKS = 5_000
"""Revisions of one organisation or author that are sorted; one that has more is met soon on a walk over all."""
MOST_NAMED = 100
"""Entities a revision in a list is asked for; the rest is on its own page."""
_ALL = 1 << 40

CHANGED, NUMBER = name(GOV, "changed"), name(GOV, "revision")
TOMBSTONE, REPLACED_BY, MERGED_INTO = name(GOV, "Tombstone"), name(DCT, "isReplacedBy"), name(GOV, "mergedInto")
_ORGANISATION, _DOOR, _CONTRACT = (name(GOV, local) for local in ("organisation", "door", "contractHash"))
_AGENT, _ENDED = name(PREFIXES["prov"], "wasAssociatedWith"), name(PREFIXES["prov"], "endedAtTime")
_REASON = name(DCT, "description")
_HEAD = tuple(Path(one) for one in (NUMBER, _ENDED, _AGENT, _ORGANISATION, _DOOR, _REASON, _CONTRACT))


@dataclass(frozen=True)
class Revision:
    """One revision: when, through which door, by whom and why; ``changed`` are at most MOST_NAMED of its entities.

    ``agent`` is a pseudonym. ``more`` when it changed others beside.
    """

    number: int
    at: datetime | None
    agent: NamedNode | None
    organisation: NamedNode | None
    door: str
    reason: str
    contract_hash: str
    changed: tuple[NamedNode, ...]
    more: bool


@dataclass(frozen=True)
class Wanted:
    """What revisions are asked for; all that is given holds."""

    entity: NamedNode | None = None
    organisation: NamedNode | None = None
    agent: NamedNode | None = None


@dataclass(frozen=True)
class Leaf:
    """A page of revisions, newest first. ``older`` is what to ask for ``before``, ``newer`` what ``after``."""

    revisions: tuple[Revision, ...]
    older: int | None
    newer: int | None


@dataclass(frozen=True)
class Tombstone:
    """What is said of an entity the audience has lost. ``merged`` when the other is the same thing."""

    iri: NamedNode
    replaced_by: NamedNode | None
    merged: bool


class Chronicle:
    """The history one view may know of, up to the view's revision."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._reader = view.reader
        self._graphs = (view.names.history(view.audience),)
        self._prefix = view.names.revision(0).value[:-1]

    def revision(self, number: int) -> Revision | None:
        """None for one that this audience does not know of."""
        return next(iter(self._read([number])), None)

    def entities_of(self, number: int, skip: int, size: int) -> tuple[NamedNode, ...]:
        """A page of the entities a revision changed, in the store's order."""
        found = self._reader.some([self._view.names.revision(number)], Path(CHANGED), self._graphs, skip + size)
        changed = (entity for of in found.values() for entity in of if isinstance(entity, NamedNode))
        return tuple(islice(changed, skip, None))

    def changed(self, number: int) -> tuple[NamedNode, ...]:
        """All entities a revision changed, in the order of their IRIs: the same at every later revision of the view."""

        def find() -> tuple[NamedNode, ...]:
            return tuple(sorted(self.entities_of(number, 0, _ALL), key=lambda entity: entity.value))

        return self._view.orders.get(("changed", number), find)

    def numbers_of(self, entities: Sequence[NamedNode]) -> dict[NamedNode, list[int]]:
        """The revisions that changed each entity, oldest first. One read; grows with their number."""
        path = Path(CHANGED, inverse=True)
        found: Mapping[Term, list[Term]] = self._reader.values(entities, (path,), self._graphs)[path]
        return {entity: sorted({self._number(one) for one in found.get(entity, ())} - {0}) for entity in entities}

    def leaves(
        self, entities: Sequence[NamedNode], size: int, *, before: int | None = None, after: int | None = None
    ) -> list[Leaf]:
        """What ``leaf`` says of each of some entities. Three reads, whatever their number."""
        linked = self.numbers_of(entities)
        found: dict[NamedNode, Leaf] = {}
        shown = {entity: _shown(numbers, size, before, after) for entity, numbers in linked.items()}
        read = {one.number: one for one in self._read(dict.fromkeys(n for page in shown.values() for n in page))}
        for entity, numbers in linked.items():
            page = [read[number] for number in shown[entity] if number in read]
            oldest = page[-1].number if page else before or (after or 0) + 1
            newest = page[0].number if page else after if after is not None else (before or 1) - 1
            older, newer = any(number < oldest for number in numbers), any(number > newest for number in numbers)
            found[entity] = Leaf(tuple(page), oldest if older else None, newest if newer else None)
        return [found[entity] for entity in entities]

    def leaf(self, wanted: Wanted, size: int, *, before: int | None = None, after: int | None = None) -> Leaf:
        """At most ``size`` of the revisions before a number (else the newest), or the ones next after a number."""
        rising = after is not None
        numbers = self._candidates(wanted, before, after)
        found: list[Revision] = []
        last: int | None = None
        walked = islice(numbers, MOST_WALKED)
        while len(found) <= size and (batch := tuple(islice(walked, size + 1))):
            found += [one for one in self._read(batch) if _is(wanted, one)]
            last = batch[-1]
        more = len(found) > size
        kept = found[:size]
        further = kept[-1].number if more else last if last is not None and next(numbers, None) else None
        if rising:
            assert after is not None
            return Leaf(tuple(reversed(kept)), (kept[0].number if kept else after + 1), further)
        beginning = before is None or before > self._view.revision
        return Leaf(tuple(kept), further, None if beginning else (kept[0].number if kept else (before or 1) - 1))

    def last_revisions(self, entities: Sequence[NamedNode]) -> dict[NamedNode, int]:
        """The last revision of each entity (never a part), FIRST for one that has not changed. One read."""
        found: Mapping[Term, list[Term]] = self._reader.values(entities, (Path(NUMBER),), self._graphs)[Path(NUMBER)]
        return {entity: max(map(_whole, found.get(entity, ())), default=FIRST) for entity in entities}

    def tombstone(self, iri: NamedNode) -> Tombstone | None:
        """None where nothing was ever, and where it never was this audience's. One read."""
        said = {triple.predicate: triple.object for triple in self._reader.statements([iri], self._graphs)}
        if said.get(RDF_TYPE) != TOMBSTONE:
            return None
        successor = said.get(REPLACED_BY)
        merged = successor is not None and said.get(MERGED_INTO) == successor
        return Tombstone(iri, successor if isinstance(successor, NamedNode) else None, merged)

    def knows_agent(self, agent: NamedNode) -> bool:
        """Whether any revision this audience knows of is by that author."""
        return any(predicate == _AGENT for _, predicate in self._reader.incoming(agent, self._graphs, 0, 1))

    def _candidates(self, wanted: Wanted, before: int | None, after: int | None) -> Iterator[int]:
        """The numbers to look at, in the order of the page: the links of what is asked for, else all there are."""
        links = [self._links(wanted.entity, CHANGED, None)] if wanted.entity else []
        links += [
            self._links(node, predicate, MOST_LINKS)
            for node, predicate in ((wanted.organisation, _ORGANISATION), (wanted.agent, _AGENT))
            if node is not None
        ]
        known = [numbers for numbers in links if numbers is not None]
        newest = self._view.revision
        below, above = min(before or newest + 1, newest + 1), max(after or 0, 0)
        if known:
            numbers = sorted(frozenset.intersection(*known), reverse=after is None)
            return (number for number in numbers if above < number < below)
        return iter(range(above + 1, newest + 1) if after is not None else range(below - 1, 0, -1))

    def _links(self, node: NamedNode, predicate: NamedNode, most: int | None) -> frozenset[int] | None:
        """The revisions that point to a node; None where there are more than ``most``."""

        def find() -> frozenset[int] | None:
            limit = most + 1 if most is not None else _ALL
            links = self._reader.incoming(node, self._graphs, 0, limit)
            if most is not None and len(links) > most:
                return None
            return frozenset(self._number(source) for source, how in links if how == predicate) - {0}

        return self._view.orders.get(("revisions", node, predicate), find)

    def _number(self, node: Term) -> int:
        """The number of a revision's IRI, 0 for any other node."""
        text = node.value.removeprefix(self._prefix) if isinstance(node, NamedNode) else ""
        return int(text) if text.isascii() and text.isdecimal() else 0

    def _read(self, numbers: Iterable[int]) -> list[Revision]:
        """The revisions there are of some numbers, in their order. Two reads."""
        iris = {number: self._view.names.revision(number) for number in numbers}
        heads = self._reader.values(list(iris.values()), _HEAD, self._graphs)
        there = {number: iri for number, iri in iris.items() if iri in heads[Path(NUMBER)]}
        changed = self._reader.some(list(there.values()), Path(CHANGED), self._graphs, MOST_NAMED + 1)
        read = []
        for number, iri in there.items():
            said = {path.predicate: heads[path][iri][0] for path in _HEAD if iri in heads[path]}
            entities = [one for one in changed.get(iri, ()) if isinstance(one, NamedNode)]
            read.append(_revision(number, said, entities))
        return read


def _revision(number: int, said: Mapping[NamedNode, Term], changed: Sequence[NamedNode]) -> Revision:
    agent, organisation = said.get(_AGENT), said.get(_ORGANISATION)
    return Revision(
        number=number,
        at=_time(said.get(_ENDED)),
        agent=agent if isinstance(agent, NamedNode) else None,
        organisation=organisation if isinstance(organisation, NamedNode) else None,
        door=_text(said.get(_DOOR)),
        reason=_text(said.get(_REASON)),
        contract_hash=_text(said.get(_CONTRACT)),
        changed=tuple(changed[:MOST_NAMED]),
        more=len(changed) > MOST_NAMED,
    )


def _is(wanted: Wanted, revision: Revision) -> bool:
    """The entity's own links have been followed; organisation and author may be too busy for that."""
    return wanted.organisation in (None, revision.organisation) and wanted.agent in (None, revision.agent)


def _shown(numbers: Sequence[int], size: int, before: int | None, after: int | None) -> list[int]:
    """Of numbers in their order: the last ones before a number, or the first ones after one; newest first."""
    within = [n for n in numbers if (before is None or n < before) and (after is None or n > after)]
    return (within[:size] if after is not None else within[max(len(within) - size, 0) :])[::-1]


def _text(term: Term | None) -> str:
    return term.value if isinstance(term, Literal) else ""


def _whole(term: Term) -> int:
    text = _text(term)
    return int(text) if text.isascii() and text.isdecimal() else FIRST


def _time(term: Term | None) -> datetime | None:
    try:
        return datetime.fromisoformat(_text(term))
    except ValueError:
        return None
