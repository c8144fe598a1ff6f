"""Who has which value of a property, by number: columns of values, and what is looked up in them; reads nothing.

Nodes are numbered from 0, so that a set of them is a bitmap and an order an array of numbers. A column has each value
once, with the numbers of those who have it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from pyoxigraph import Literal, NamedNode
from pyroaring import BitMap

from govgraph.catalogue.kept import Kept
from govgraph.catalogue.lists.collation import Value, value_of
from govgraph.catalogue.text import sort_key, tags_of
from govgraph.store import Term

_Found = TypeVar("_Found")

NUMBERED = "I"
"""The type of arrays of numbers: 32 bits."""
_SLOT = 32
_NUMBER = (1 << _SLOT) - 1


class Base:
    """Some nodes and their numbers."""

    def __init__(self, nodes: Sequence[Term], numbers: Mapping[Term, int] | None = None) -> None:
        self.nodes = nodes
        self.numbers = numbers if numbers is not None else {node: number for number, node in enumerate(nodes)}
        self.all = BitMap()
        self.all.add_range(0, len(nodes))

    def __len__(self) -> int:
        return len(self.nodes)


class Column:
    """The values that the nodes of a base have of something: each value once, its place in the column is its slot.

    Values of a ``sorted`` column stand in the order of ``value_of``.
    """

    def __init__(self, said: Iterable[tuple[int, Term]], *, sorted_: bool) -> None:
        slots: dict[Term, int] = {}
        edges = {slots.setdefault(value, len(slots)) << _SLOT | number for number, value in said}
        values = list(slots)
        if sorted_:
            places = sorted(range(len(values)), key=lambda slot: value_of(values[slot]))
            moved = array(NUMBERED, bytes(4 * len(values)))
            for place, slot in enumerate(places):
                moved[slot] = place
            values = [values[slot] for slot in places]
            edges = {moved[edge >> _SLOT] << _SLOT | edge & _NUMBER for edge in edges}
            slots = {value: slot for slot, value in enumerate(values)}
        self._sorted = sorted_
        self._fill(values, slots, edges)

    def _fill(self, values: Sequence[Term], slots: Mapping[Term, int], edges: Iterable[int]) -> None:
        ordered = sorted(edges)
        self.values: Sequence[Term] = values
        self.slots: Mapping[Term, int] = slots
        self._sources = array(NUMBERED, [edge & _NUMBER for edge in ordered])
        self._starts = array(NUMBERED, bytes(4 * (len(values) + 1)))
        for edge in ordered:
            self._starts[(edge >> _SLOT) + 1] += 1
        for slot in range(len(values)):
            self._starts[slot + 1] += self._starts[slot]
        self._kept = Kept(8)

    def changed(self, moved: Sequence[int], touched: BitMap, fresh: Mapping[int, Sequence[Term]]) -> Column:
        """The column after some of its nodes changed; itself where that made no difference to it.

        ``moved`` gives the new number of each node, -1 where it is gone; of those ``touched``, by their new numbers,
        ``fresh`` has all values. Costs the column's length in memory, and reads nothing.
        """
        same = isinstance(moved, range)
        if same and all(self._has(number) == {*fresh.get(number, ())} for number in touched):
            return self
        edges: list[tuple[int, int]] = []
        for slot in range(len(self.values)):
            edges += [(slot, to) for number in self.of(slot) if (to := moved[number]) >= 0 and to not in touched]
        used = {slot for slot, _ in edges}
        values = [value for slot, value in enumerate(self.values) if slot in used]
        known = set(values)
        for value in dict.fromkeys(value for of in fresh.values() for value in of):
            if value not in known and self._sorted:
                insort(values, value, key=value_of)
            elif value not in known:
                values.append(value)
        made = Column((), sorted_=self._sorted)
        slots = {value: slot for slot, value in enumerate(values)}
        place = [slots.get(value, -1) for value in self.values]
        wanted = {place[slot] << _SLOT | number for slot, number in edges}
        wanted |= {slots[value] << _SLOT | number for number, of in fresh.items() for value in of}
        made._fill(values, slots, wanted)
        return made

    def equals(self, other: Column) -> bool:
        """Whether both have the same values at the same slots, of the same nodes."""
        return (self._starts, self._sources, self.values) == (other._starts, other._sources, other.values)

    def _has(self, number: int) -> set[Term]:
        return {self.values[slot] for slot in self.forward.slots([number])}

    def of(self, slot: int) -> array[int]:
        """The numbers of those who have a value."""
        return self._sources[self._starts[slot] : self._starts[slot + 1]]

    def pairs(self) -> Iterator[tuple[int, Term]]:
        """Every number with every value it has."""
        for slot, value in enumerate(self.values):
            yield from ((number, value) for number in self.of(slot))

    def among(self, slots: Iterable[int]) -> BitMap:
        """Those who have one of some values."""
        if isinstance(slots, range):
            assert slots.step == 1
            return BitMap(self._sources[self._starts[slots.start] : self._starts[slots.stop]] if slots else ())
        found, starts, sources = array(NUMBERED), self._starts, self._sources
        for slot in slots:
            found += sources[starts[slot] : starts[slot + 1]]
        return BitMap(found)

    def within(self, low: Value | None, high: Value | None) -> range:
        """The slots of the values between two of one class, in a sorted column; None is no bound on that side."""
        class_ = (low or high or (0, ""))[0]

        start = bisect_left(self.values, low, key=value_of) if low else self._beginning(class_)
        stop = bisect_right(self.values, high, key=value_of) if high else self._beginning(class_ + 1)
        return range(start, max(start, stop))

    def _beginning(self, class_: int) -> int:
        return bisect_left(self.values, class_, key=lambda term: value_of(term)[0])

    def keep(self, key: object, find: Callable[[], _Found]) -> _Found:
        """What follows from the column, found once."""
        return self._kept.get(key, find)

    @property
    def said(self) -> BitMap:
        """Those who have a value."""
        return self.keep("said", lambda: BitMap(self._sources))

    @property
    def tags(self) -> frozenset[str]:
        """The languages the values are in."""
        return self.keep("tags", lambda: tags_of([self.values]))

    @property
    def words(self) -> Words:
        return self.keep("words", lambda: Words(self.values))

    @property
    def forward(self) -> Forward:
        return self.keep("forward", lambda: Forward(self))


class Forward:
    """A column the other way: the slots that a node has."""

    def __init__(self, column: Column) -> None:
        self._one: dict[int, int] = {}
        self._more: dict[int, list[int]] = {}
        for slot in range(len(column.values)):
            for number in column.of(slot):
                if self._one.setdefault(number, slot) != slot:
                    self._more.setdefault(number, []).append(slot)

    def slots(self, numbers: Iterable[int]) -> Iterator[int]:
        """Of each of the nodes, every slot it has."""
        for number in numbers:
            slot = self._one.get(number)
            if slot is not None:
                yield slot
                yield from self._more.get(number, ())


class Words:
    """Texts that are searched for a part, case and accents apart, at the speed of searching one long text."""

    def __init__(self, values: Sequence[Term]) -> None:
        texts = [sort_key(v.value).replace("\0", " ") if isinstance(v, Literal | NamedNode) else "" for v in values]
        self._text = "\0".join(texts)
        self._starts = array("Q", [0])
        for text in texts:
            self._starts.append(self._starts[-1] + len(text) + 1)

    def having(self, part: str) -> Iterable[int]:
        """The places of the texts that have a part in them."""
        folded = sort_key(part)
        if not folded:
            return range(len(self._starts) - 1)
        found: list[int] = []
        at = -1 if "\0" in folded else self._text.find(folded)
        while at >= 0:
            found.append(bisect_right(self._starts, at) - 1)
            at = self._text.find(folded, self._starts[found[-1] + 1])
        return found
