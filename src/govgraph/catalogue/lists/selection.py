"""Which entities of a kind, in which order, and which page of them; knows views, no face.

Filters and orders are found once for a view's revision: the first use of a property costs the length of its column,
that of a filter what it finds, every further page its own length. Cursors carry the values the order goes by, so a page
follows its forerunner even when a new revision came between.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from pyoxigraph import NamedNode
from pyroaring import BitMap

from govgraph.catalogue import View
from govgraph.catalogue.lists.cursor import MOST_KEYS, Mark, Place
from govgraph.catalogue.lists.index import Lists
from govgraph.catalogue.lists.matching import (
    EVERYTHING,
    Among,
    Condition,
    Every,
    Labelled,
    No,
    Related,
    Some,
    Where,
    can_be_kept,
    matches,
)
from govgraph.catalogue.lists.ordering import Key, Order, order_of
from govgraph.catalogue.text import MOST_LANGUAGES
from govgraph.contract import Kind
from govgraph.errors import BadRequest

__all__ = [
    "Among",
    "Condition",
    "Every",
    "Key",
    "Labelled",
    "No",
    "Page",
    "Related",
    "Selection",
    "Some",
    "Where",
    "count",
    "page",
    "pages_among",
]

_LONGEST_TAG = 35
"""Characters of a language tag that count (RFC 5646 section 4.4.1)."""
_WORTH_SORTING = 16
"""Looking at an entity of the order costs so much less than sorting in one that was found."""


@dataclass(frozen=True)
class Selection:
    """``order`` has at most MOST_KEYS keys; without any it is that of the IRIs."""

    kind: Kind
    where: Where = EVERYTHING
    order: tuple[Key, ...] = (Key(),)
    languages: tuple[str, ...] = ("en",)

    @property
    def mark(self) -> Mark:
        """What the cursors of its pages belong to. Raises BadRequest for an order of too many keys."""
        if len(self.order) > MOST_KEYS:
            raise BadRequest(
                f"The order has {len(self.order)} keys.",
                f"Give at most {MOST_KEYS}; entries that are equal come in order of IRI.",
            )
        spelled = (".".join(prop.name for prop in key.path) or "label" for key in self.order)
        order = ",".join(("-" if key.descending else "") + by for key, by in zip(self.order, spelled, strict=True))
        worded = any(key.worded for key in self.order)
        tags = dict.fromkeys(tag.lower()[:_LONGEST_TAG] for tag in self.languages) if worded else {}
        return Mark(order, tuple(islice(tags, MOST_LANGUAGES)))


@dataclass(frozen=True)
class Page:
    """``entities`` with a cursor each; ``total`` counts the whole selection."""

    entities: tuple[NamedNode, ...]
    cursors: tuple[str, ...]
    total: int
    has_next: bool
    has_previous: bool


def page(  # the four arguments of a Relay connection
    view: View,
    selection: Selection,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Page:
    """A page of a selection, by the rules of Relay's cursor connections. Raises BadRequest for a cursor that is none
    of this order and these languages."""
    lists, mark = Lists.of(view), selection.mark
    start, stop = (mark.decode(cursor) if cursor else None for cursor in (after, before))
    order = order_of(lists, selection.kind, selection.order, selection.languages)
    wanted = _Range(order, start, stop, first, last)
    found = matches(lists, selection.kind, selection.where)
    if len(found) == len(order.numbers):
        chosen = wanted.cut(_Everything(order))
    else:
        chosen = wanted.walk(found) or wanted.cut(_sorted(selection, order, found))
    return chosen.page(view, mark, order)


def count(view: View, kind: Kind, where: Where = EVERYTHING) -> int:
    """How many of a kind there are for which a condition holds."""
    return len(matches(Lists.of(view), kind, where))


def pages_among(  # the four arguments of a Relay connection
    view: View,
    selection: Selection,
    groups: Sequence[Sequence[NamedNode]],
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """A page of each group: of those of its entities that are of the selection's kind and as it says, in its order.

    Raises BadRequest as ``page`` does.
    """
    lists, mark = Lists.of(view), selection.mark
    start, stop = (mark.decode(cursor) if cursor else None for cursor in (after, before))
    order = order_of(lists, selection.kind, selection.order, selection.languages)
    wanted = _Range(order, start, stop, first, last)
    found = matches(lists, selection.kind, selection.where)
    numbers, places = lists.members(selection.kind).numbers, order.places
    pages = []
    for group in groups:
        there = {number for node in group if (number := numbers.get(node)) is not None and number in found}
        few = _Few(sorted(places[number] for number in there))
        pages.append(wanted.cut(few).page(view, mark, order))
    return pages


class _Places(Protocol):
    """The places in an order of what is selected, in the order's order."""

    def __len__(self) -> int: ...

    def below(self, place: int) -> int:
        """How many are at places before this one."""

    def between(self, low: int, high: int) -> Sequence[int]:
        """From the low-th to before the high-th."""


class _Everything:
    """All there is in the order."""

    def __init__(self, order: Order) -> None:
        self._count = len(order.numbers)

    def __len__(self) -> int:
        return self._count

    def below(self, place: int) -> int:
        return place

    def between(self, low: int, high: int) -> Sequence[int]:
        return range(low, high)


class _Many:
    """Places as a bitmap: both questions cost the same wherever they are asked."""

    def __init__(self, places: BitMap) -> None:
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def below(self, place: int) -> int:
        return self._places.rank(place - 1) if place else 0

    def between(self, low: int, high: int) -> Sequence[int]:
        return tuple(self._places[low:high]) if high > low else ()


class _Few:
    """Places as a sorted list."""

    def __init__(self, places: Sequence[int]) -> None:
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def below(self, place: int) -> int:
        return bisect_left(self._places, place)

    def between(self, low: int, high: int) -> Sequence[int]:
        return self._places[low:high]


def _sorted(selection: Selection, order: Order, found: BitMap) -> _Many:
    """What is selected, sorted; kept with the order, so that every further page costs its own length."""

    def find() -> _Many:
        return _Many(BitMap([order.places[number] for number in found]))

    if not can_be_kept(selection.where):
        return find()
    return order.sorted.get(selection.where, find)


@dataclass(frozen=True)
class _Chosen:
    """The places of a page."""

    places: Sequence[int]
    total: int
    has_next: bool
    has_previous: bool

    def page(self, view: View, mark: Mark, order: Order) -> Page:
        revision = view.revision
        said = [order.said(order.numbers[place]) for place in self.places]
        return Page(
            entities=tuple(NamedNode(iri) for _, iri in said),
            cursors=tuple(mark.encode(revision, one) for one in said),
            total=self.total,
            has_next=self.has_next,
            has_previous=self.has_previous,
        )


class _Range:
    """Which places of an order a page is cut from, and how (Relay's connections, section 4.4)."""

    def __init__(
        self, order: Order, after: Place | None, before: Place | None, first: int | None, last: int | None
    ) -> None:
        self._order = order
        self._start = order.through(after) if after else 0
        self._stop = max(order.before(before) if before else len(order.numbers), self._start)
        self._first = first
        self._last = last
        self._bounded = after is not None, before is not None

    def cut(self, places: _Places) -> _Chosen:
        low, high = places.below(self._start), places.below(self._stop)
        if self._first is not None:
            high = min(high, low + self._first)
        if self._last is not None:
            low = max(low, high - self._last)
        return _Chosen(places.between(low, high), len(places), high < len(places), low > 0)

    def walk(self, found: BitMap) -> _Chosen | None:
        """The page, by looking at one place after the other whether what is there is selected; None where sorting
        what is selected is cheaper, or turns out to be."""
        size, backwards = (self._last, True) if self._first is None else (self._first, False)
        if size is None or (self._first is not None and self._last is not None) or self._bounded[not backwards]:
            return None
        steps = len(found) // _WORTH_SORTING
        count = len(self._order.numbers)
        if not found or (size + 2) * count > steps * len(found):
            return None
        ahead = range(self._stop - 1, -1, -1) if backwards else range(self._start, count)
        behind = range(self._stop, count) if backwards else range(self._start - 1, -1, -1)
        met = self._meet(ahead, found, size + 1, steps)
        left = self._meet(behind, found, 1, steps)
        if met is None or left is None:
            return None
        places, more = met[:size], len(met) > size
        if backwards:
            return _Chosen(places[::-1], len(found), bool(left), more)
        return _Chosen(places, len(found), more, bool(left))

    def _meet(self, places: range, found: BitMap, wanted: int, steps: int) -> list[int] | None:
        """The first so many of the places at which something selected is; None after too many steps."""
        numbers, met = self._order.numbers, list[int]()
        for place in places[:steps]:
            if numbers[place] in found:
                met.append(place)
                if len(met) == wanted:
                    return met
        return met if len(places) <= steps else None
