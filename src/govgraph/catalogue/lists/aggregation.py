"""How many there are of a kind, in all and in groups, and what their numbers come to; knows views, no face."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

from pyroaring import BitMap

from govgraph.catalogue import View
from govgraph.catalogue.lists.collation import WORDS, Key, collation, key_of, number_of, value_of
from govgraph.catalogue.lists.column import Column
from govgraph.catalogue.lists.index import Lists
from govgraph.catalogue.lists.matching import Where, can_be_kept, matches
from govgraph.contract import Kind, Property
from govgraph.store import Term

_EXACT = 1_000
"""Digits of a sum: any catalogue's numbers add up exactly; two of them may be further apart than they are long."""
_AVERAGE = 28


@dataclass(frozen=True)
class Statistics:
    """What the values of one property come to: how many, the least and the greatest; of numbers the exact total and
    the average (28 digits). ``count`` counts values: of a property with several values each. None where there is no
    value; total and average also where one of the values is no number."""

    count: int = 0
    minimum: Term | None = None
    maximum: Term | None = None
    total: Decimal | None = None
    average: Decimal | None = None


@dataclass(frozen=True)
class Group:
    """Those with one value of the property, under None those without any. Who has several values is in several."""

    key: Term | None
    count: int
    statistics: Mapping[Property, Statistics]


@dataclass(frozen=True)
class Aggregate:
    """``groups`` are the biggest first, at most as many as asked for; ``group_count`` is how many there are."""

    count: int
    statistics: Mapping[Property, Statistics]
    groups: tuple[Group, ...] = ()
    group_count: int = 0


def aggregate(  # what is counted, how it is grouped, what is measured
    view: View,
    kind: Kind,
    where: Where,
    *,
    by: Property | None = None,
    measured: Sequence[Property] = (),
    most: int = 100,
    languages: Sequence[str] = ("en",),
) -> Aggregate:
    """Count the entities a condition holds for and measure their values; with ``by`` also in groups of one value of it
    each. Groups as big as each other come by what they are called in ``languages``; None comes last among them.

    Costs what the condition finds, once per revision.
    """
    lists = Lists.of(view)
    asked = (kind, where, by, tuple(measured), most, tuple(languages))

    def find() -> Aggregate:
        return _Counting(lists, kind, matches(lists, kind, where), measured).aggregate(by, most, languages)

    return lists.found.get(asked, find) if can_be_kept(where) else find()


class _Counting:
    """What is found of a kind, and what is to be measured of it."""

    def __init__(self, lists: Lists, kind: Kind, found: BitMap, measured: Sequence[Property]) -> None:
        self._lists = lists
        self._kind = kind
        self._found = found
        self._measured = {prop: lists.column(kind, prop) for prop in measured}

    def aggregate(self, by: Property | None, most: int, languages: Sequence[str]) -> Aggregate:
        whole = self._measure(self._found)
        if by is None:
            return Aggregate(len(self._found), whole)
        column = self._lists.column(self._kind, by)
        counts = self._counts(column)
        groups = tuple(
            Group(None if slot is None else column.values[slot], counts[slot], self._measure(self._group(column, slot)))
            for slot in self._biggest(column, counts, most, languages)
        )
        return Aggregate(len(self._found), whole, groups, len(counts))

    def _counts(self, column: Column) -> dict[int | None, int]:
        """How many have each value, by its slot."""
        counts: dict[int | None, int] = {**Counter(column.forward.slots(self._found))}
        without = len(self._found) - self._found.intersection_cardinality(column.said)
        return {**counts, None: without} if without else counts

    def _group(self, column: Column, slot: int | None) -> BitMap:
        return self._found - column.said if slot is None else self._found & BitMap(column.of(slot))

    def _biggest(
        self, column: Column, counts: Mapping[int | None, int], most: int, languages: Sequence[str]
    ) -> list[int | None]:
        """Only those that are as big as the last that fits need a name to be put in order."""
        by_size = sorted(counts, key=lambda slot: -counts[slot])
        least = counts[by_size[most - 1]] if 0 < most < len(by_size) else 0
        in_question = [slot for slot in by_size if counts[slot] >= least]
        labels = self._lists.view.labels((column.values[s] for s in in_question if s is not None), languages)
        words = collation((*languages, "en")[0])

        def place(slot: int | None) -> tuple[int, bool, Key, str]:
            if slot is None:
                return -counts[slot], True, (0, b""), ""
            value = column.values[slot]
            called = (WORDS, labels[value].text) if value in labels else value_of(value)
            return -counts[slot], False, key_of(called, words), str(value)

        return sorted(in_question, key=place)[:most]

    def _measure(self, numbers: BitMap) -> dict[Property, Statistics]:
        return {
            prop: _statistics(column, Counter(column.forward.slots(numbers))) for prop, column in self._measured.items()
        }


def _statistics(column: Column, counts: Mapping[int, int]) -> Statistics:
    """Of the values at some slots, each as often as it is counted. Slots of literals are in the order of values."""
    if not counts:
        return Statistics()
    count = sum(counts.values())
    least, greatest = column.values[min(counts)], column.values[max(counts)]
    numbers = {slot: number_of(column.values[slot]) for slot in counts}
    with localcontext(Context(prec=_EXACT, traps=[])):
        total = sum((number * counts[slot] for slot, number in numbers.items() if number is not None), Decimal())
    if None in numbers.values() or not total.is_finite():
        return Statistics(count, least, greatest)
    return Statistics(count, least, greatest, total, Context(prec=_AVERAGE, traps=[]).divide(total, Decimal(count)))
