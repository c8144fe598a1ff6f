"""In which order the entities of a kind stand: by several keys, each of which may be what relations lead to.

An order is an array of numbers, made once per view. It finds the place of a cursor in it without reading anything, also
of one that was given out when other entities were there. It knows no conditions and no pages.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from typing import TypeAlias, TypeVar, cast

from pyoxigraph import Literal, NamedNode

from govgraph.catalogue.kept import Kept
from govgraph.catalogue.lists.collation import Key as SortKey
from govgraph.catalogue.lists.collation import Value, collation, key_of, value_of
from govgraph.catalogue.lists.column import NUMBERED, Base, Column
from govgraph.catalogue.lists.cursor import LONGEST_TEXT, Place
from govgraph.catalogue.lists.index import Lists, Steps
from govgraph.catalogue.text import relevant
from govgraph.contract import Form, Kind, Property
from govgraph.languages import preferred
from govgraph.store import Term

_SORTED = 10
"""Selections of which an order keeps the places, each at most an eighth of a byte per entity."""


@dataclass(frozen=True)
class Key:
    """What an order goes by: the label where ``path`` is empty; else what the relations before the last of it lead to,
    and of that the last property: its value, or the label of the code or entity it is.

    Where a step leads to several, the least counts, descending the greatest. Entities without a value come last in both
    directions.
    """

    path: tuple[Property, ...] = ()
    descending: bool = False

    @property
    def worded(self) -> bool:
        """Whether it depends on languages which text counts."""
        return not self.path or self.path[-1].form is not Form.LITERAL


@dataclass(frozen=True)
class _Left:
    """A ranking or an order, and what it was made from."""

    made_from: tuple[object, ...]
    made: object


_Made = TypeVar("_Made")
Rank: TypeAlias = int
"""A place among the different values of a key, doubled: odd numbers are between two of them."""


class Ranking:
    """The places of nodes by one key: for each its rank, and a value of each rank; who has none has the last."""

    def __init__(self, ranks: array[int], terms: Sequence[Term], words: Callable[[], Callable[[str], bytes]]) -> None:
        self.ranks = ranks
        self.terms = terms
        self.words = words

    def lift(self, column: Column, size: int, *, greatest: bool) -> Ranking:
        """The ranking of those whose ``column`` leads to the nodes ranked here: by the least of them, or greatest."""
        missing = len(self.terms)
        ranks = array(NUMBERED, [missing]) * size
        ranked = [slot for slot in range(len(column.values)) if self.ranks[slot] < missing]
        for slot in sorted(ranked, key=self.ranks.__getitem__, reverse=not greatest):
            rank = self.ranks[slot]
            for number in column.of(slot):
                ranks[number] = rank
        return Ranking(ranks, self.terms, self.words)

    def place(self, value: Value) -> Rank:
        """Where a value stands, which need not be that of any node."""
        words = self.words()
        wanted = key_of(value, words)

        def key(term: Term) -> SortKey:
            return key_of(_worth(term), words)

        at = bisect_left(self.terms, wanted, key=key)
        return 2 * at if at < len(self.terms) and key(self.terms[at]) == wanted else 2 * at - 1


class Order:
    """The entities of a kind in the order of some keys, those that are equal in all of them in that of their IRIs.

    ``sorted`` keeps the places of what was selected at one revision, and goes with the order.
    """

    def __init__(self, base: Base, rankings: Sequence[tuple[Ranking, bool]]) -> None:
        nodes = base.nodes
        self.sorted = Kept(_SORTED)
        self._base = base
        self._rankings = rankings
        combined: Sequence[int] = range(len(nodes))
        for at, (ranking, descending) in enumerate(rankings):
            count = len(ranking.terms)
            ranks: Sequence[int] = ranking.ranks
            if descending:
                turned = [*range(count - 1, -1, -1), count]
                ranks = [turned[rank] for rank in ranks]
            size = count + 1
            combined = [a * size + b for a, b in zip(combined, ranks, strict=True)] if at else ranks
        self.numbers = array(NUMBERED, sorted(range(len(nodes)), key=combined.__getitem__))
        self.places = array(NUMBERED, bytes(4 * len(nodes)))
        for place, number in enumerate(self.numbers):
            self.places[number] = place

    def anew(self) -> Order:
        """The same for another revision, at which a condition may select others."""
        order = copy(self)
        order.sorted = Kept(_SORTED)
        return order

    def said(self, number: int) -> Place:
        """What a cursor says of an entity: the value of each key, and the IRI."""
        values = []
        for ranking, _ in self._rankings:
            rank = ranking.ranks[number]
            values.append(_worth(ranking.terms[rank]) if rank < len(ranking.terms) else None)
        return tuple(values), self._iri(number)

    def before(self, place: Place) -> int:
        """How many stand before a place."""
        known = self._known(place)
        return known if known is not None else bisect_left(self.numbers, self._rank(place), key=self._standing)

    def through(self, place: Place) -> int:
        """How many stand before a place or at it."""
        known = self._known(place)
        return known + 1 if known is not None else bisect_right(self.numbers, self._rank(place), key=self._standing)

    def _known(self, place: Place) -> int | None:
        """Where the entity of a place stands, if what the place says of it is still so."""
        with suppress(ValueError):
            number = self._base.numbers.get(NamedNode(place[1]))
            return self.places[number] if number is not None and self.said(number) == place else None
        return None

    def _standing(self, number: int) -> tuple[list[Rank], str]:
        ranks = []
        for ranking, descending in self._rankings:
            rank, count = ranking.ranks[number], len(ranking.terms)
            ranks.append(2 * (count - 1 - rank if descending and rank < count else rank))
        return ranks, self._iri(number)

    def _rank(self, place: Place) -> tuple[list[Rank], str]:
        values, iri = place
        ranks = []
        for value, (ranking, descending) in zip(values, self._rankings, strict=True):
            last = 2 * len(ranking.terms)
            rank = last if value is None else ranking.place(value)
            ranks.append(last - 2 - rank if descending and value is not None else rank)
        return ranks, iri

    def _iri(self, number: int) -> str:
        node = self._base.nodes[number]
        assert isinstance(node, NamedNode)
        return node.value


def order_of(lists: Lists, kind: Kind, keys: Sequence[Key], languages: Sequence[str]) -> Order:
    """The order of a kind, found once per view, kind, keys and what of the preference of languages can make a
    difference."""
    counting = tuple(_counting(lists, kind, key, languages) for key in keys)

    def find() -> Order:
        rankings = [(_ranking(lists, kind, key, of), key.descending) for key, of in zip(keys, counting, strict=True)]
        base = lists.members(kind)
        made_from = (base, *(ranking for ranking, _ in rankings))
        return _unless_left(lists, (kind, tuple(keys), counting), made_from, lambda: Order(base, rankings)).anew()

    return lists.view.orders.get((kind.name, tuple(keys), counting), find)


def _unless_left(lists: Lists, key: object, made_from: tuple[object, ...], find: Callable[[], _Made]) -> _Made:
    """What ``find`` gives, or what an earlier view left under the key, if that was made from the very same things."""
    left = lists.view.left.orders.take(key)
    if isinstance(left, _Left) and all(one is other for one, other in zip(left.made_from, made_from, strict=True)):
        return cast("_Made", left.made)
    made = find()
    lists.view.left.orders.leave(key, _Left(made_from, made))
    return made


def _counting(lists: Lists, kind: Kind, key: Key, languages: Sequence[str]) -> tuple[str, ...]:
    """The languages of a preference that make a difference to a key."""
    return relevant(languages, _last(lists, kind, key.path).tags) if key.worded else ()


def _last(lists: Lists, kind: Kind, path: Steps) -> Column:
    """The column that the values of a key come from."""
    if path and path[-1].form in (Form.TEXT, Form.LITERAL):
        return lists.column(kind, path[-1], path[:-1])
    return lists.labels(kind, path)


def _ranking(lists: Lists, kind: Kind, key: Key, languages: tuple[str, ...]) -> Ranking:
    path, greatest = key.path, key.descending

    def find() -> Ranking:
        steps = path[:-1] if path and path[-1].form in (Form.TEXT, Form.LITERAL) else path
        columns = [lists.column(kind, step, steps[:at]) for at, step in enumerate(steps)]
        last = _last(lists, kind, path)

        def rank() -> Ranking:
            ranking = _rank(last, len(lists.base(kind, steps)), languages, greatest=greatest)
            for at in range(len(steps) - 1, -1, -1):
                ranking = ranking.lift(columns[at], len(lists.base(kind, steps[:at])), greatest=greatest)
            return ranking

        made_from = (lists.members(kind), last, *columns)
        return _unless_left(lists, (kind, path, greatest, languages), made_from, rank)

    return lists.rankings.get((kind, path, greatest, languages), find)


def _rank(column: Column, size: int, languages: tuple[str, ...], *, greatest: bool) -> Ranking:
    """By the least or greatest of the values that a node has in the language it is shown in."""

    def words() -> Callable[[str], bytes]:
        return collation((*languages, "en")[0])

    slots, chosen = _shown(column, size, languages)
    compare = words()
    keys = {slot: key_of(_worth(column.values[slot]), compare) for slot in slots}
    distinct = sorted(set(keys.values()))
    rank_of = {key: rank for rank, key in enumerate(distinct)}
    first = {keys[slot]: slot for slot in reversed(slots)}
    ranks = array(NUMBERED, [len(distinct)]) * size
    for slot in sorted(slots, key=keys.__getitem__, reverse=not greatest):
        rank = rank_of[keys[slot]]
        for number in column.of(slot):
            if chosen is None or chosen(slot, number):
                ranks[number] = rank
    return Ranking(ranks, [column.values[first[key]] for key in distinct], words)


def _shown(
    column: Column, size: int, languages: tuple[str, ...]
) -> tuple[list[int], Callable[[int, int], bool] | None]:
    """The slots of values that are shown to somebody, and to whom; None where each is shown to all who have it."""
    slots = range(len(column.values))
    tags = [(v.language or "").lower() if isinstance(v, Literal) else "" for v in column.values]
    if len(set(tags)) <= 1:
        return list(slots), None
    preference = {tag: at for at, tag in enumerate(sorted(set(tags), key=lambda tag: preferred(tag, languages)))}
    wanted = [preference[tag] for tag in tags]
    best = array(NUMBERED, [len(preference)]) * size
    for slot in slots:
        at = wanted[slot]
        for number in column.of(slot):
            best[number] = min(best[number], at)
    shown = [slot for slot in slots if any(best[number] == wanted[slot] for number in column.of(slot))]
    return shown, lambda slot, number: best[number] == wanted[slot]


def _worth(term: Term) -> Value:
    """What a term is compared by in an order; of a long text the beginning."""
    class_, said = value_of(term)
    return (class_, said[:LONGEST_TEXT]) if isinstance(said, str) else (class_, said)
