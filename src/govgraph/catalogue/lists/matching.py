"""Which entities of a kind are as a condition says, as a bitmap of their numbers; knows no order and no page.

What a condition gives is kept for the view's revision, so that it costs what it finds once and nothing after that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from operator import and_
from typing import Literal as OneOf
from typing import TypeAlias

from pyoxigraph import Literal, NamedNode
from pyroaring import BitMap

from govgraph.catalogue.lists.collation import value_of
from govgraph.catalogue.lists.column import Column
from govgraph.catalogue.lists.index import Lists
from govgraph.contract import Form, Kind, Property
from govgraph.store import Term


@dataclass(frozen=True)
class Condition:
    """What a property's values must be. ``operator``: equals, contains, from, to, between, exists, missing.

    equals: one value is one of ``values`` (texts in whatever language, numbers however written); contains: one text
    has the first value in it, case and accents apart; from, to: one value is at least, at most the first value;
    between: one value is at least the first and at most the second.
    """

    property: Property
    operator: str
    values: tuple[Term, ...] = ()


@dataclass(frozen=True)
class Related:
    """What a relation leads to: ``some``, ``every`` or ``none`` of the entities it gives are as ``where`` says.

    ``kind`` is theirs: what is of another kind is not as it says. Every and none hold where there is nothing.
    """

    property: Property
    quantifier: OneOf["some", "every", "none"]
    kind: Kind
    where: Where


@dataclass(frozen=True)
class Labelled:
    """The label, in whatever language, has this in it, case and accents apart."""

    part: str


@dataclass(frozen=True)
class Among:
    """It is one of these."""

    entities: frozenset[NamedNode]


@dataclass(frozen=True)
class Every:
    """All of the conditions hold; true when there are none."""

    of: tuple[Where, ...] = ()


@dataclass(frozen=True)
class Some:
    """At least one holds."""

    of: tuple[Where, ...] = ()


@dataclass(frozen=True)
class No:
    """It does not hold."""

    of: Where


Where: TypeAlias = Condition | Related | Labelled | Among | Every | Some | No
EVERYTHING = Every()
_LONGEST_KEPT = 20_000
"""Characters of a condition under which what it gives is kept."""
_BESIDE = 100
"""Characters that a value or a condition weighs beside its text."""


def matches(lists: Lists, kind: Kind, where: Where) -> BitMap:
    """The numbers of those a condition holds for. The bitmap is kept: nobody may change it."""
    if where == EVERYTHING:
        return lists.members(kind).all
    if not can_be_kept(where):
        return _find(lists, kind, where)
    return lists.sets.get((kind, where), lambda: _find(lists, kind, where))


def can_be_kept(where: Where) -> bool:
    """Whether a condition is short enough to keep something under it: strangers write them as long as they like."""
    return _length(where) <= _LONGEST_KEPT


def _length(where: Where) -> int:
    """In characters, about; of what is too long in any case less than it is."""
    match where:
        case Every(of) | Some(of):
            return sum(map(_length, of), _BESIDE)
        case No(of):
            return _length(of) + _BESIDE
        case Related():
            return _length(where.where) + _BESIDE
        case Among(entities):
            few = islice(entities, _LONGEST_KEPT // _BESIDE + 1)
            return sum((len(entity.value) + _BESIDE for entity in few), _BESIDE)
        case Labelled(part):
            return len(part) + _BESIDE
        case Condition():
            return sum((len(_text(value)) + _BESIDE for value in where.values), _BESIDE)


def _find(lists: Lists, kind: Kind, where: Where) -> BitMap:
    match where:
        case Every(of):
            return reduce(and_, (matches(lists, kind, one) for one in of))
        case Some(of):
            return BitMap.union(BitMap(), *(matches(lists, kind, one) for one in of))
        case No(of):
            return lists.members(kind).all - matches(lists, kind, of)
        case Among(entities):
            numbers = lists.members(kind).numbers
            return BitMap(numbers[entity] for entity in entities if entity in numbers)
        case Labelled(part):
            labels = lists.labels(kind)
            return labels.among(labels.words.having(part))
        case Related():
            return _related(lists, kind, where)
        case Condition():
            return _condition(lists, kind, where)


def _related(lists: Lists, kind: Kind, where: Related) -> BitMap:
    column = lists.column(kind, where.property)
    inside = matches(lists, where.kind, where.where)
    match where.quantifier:
        case "some":
            return column.among(_leading(lists, kind, where, inside))
        case "none":
            return lists.members(kind).all - column.among(_leading(lists, kind, where, inside))
        case "every":
            places = lists.places(kind, where.property, where.kind)
            others = (slot for slot, place in enumerate(places) if place < 0 or place not in inside)
            return lists.members(kind).all - column.among(others)


def _leading(lists: Lists, kind: Kind, where: Related, inside: BitMap) -> Iterable[int]:
    """The slots of a relation that lead into a set, found from the smaller side."""
    slots = lists.column(kind, where.property).slots
    if len(inside) * 4 < len(slots):
        nodes = lists.members(where.kind).nodes
        return [slots[node] for number in inside if (node := nodes[number]) in slots]
    places = lists.places(kind, where.property, where.kind)
    return [slot for slot, place in enumerate(places) if place >= 0 and place in inside]


def _condition(lists: Lists, kind: Kind, condition: Condition) -> BitMap:
    prop, values = condition.property, condition.values
    column = lists.column(kind, prop)
    match condition.operator:
        case "exists":
            return column.said
        case "missing":
            return lists.members(kind).all - column.said
        case "contains":
            return column.among(column.words.having(_text(values[0])))
        case "equals":
            return column.among(_equal(column, prop, values))
        case "from":
            return column.among(_within(column, prop, values[0], None))
        case "to":
            return column.among(_within(column, prop, None, values[0]))
        case "between":
            return column.among(_within(column, prop, values[0], values[1]))
    raise ValueError(condition.operator)


def _equal(column: Column, prop: Property, values: Iterable[Term]) -> Iterable[int]:
    if prop.form not in (Form.TEXT, Form.LITERAL):
        return [column.slots[value] for value in set(values) if value in column.slots]
    worth = {value_of(value) for value in values}
    return [slot for value in worth for slot in column.within(value, value)]


def _within(column: Column, prop: Property, low: Term | None, high: Term | None) -> Iterable[int]:
    """The slots of the values between two bounds. Values of another class than a bound are on neither side of it."""
    least, most = (value_of(low) if low is not None else None, value_of(high) if high is not None else None)
    if least and most and least[0] != most[0]:
        return ()
    if prop.form in (Form.TEXT, Form.LITERAL):
        return column.within(least, most)
    class_ = (least or most or (0,))[0]
    worth = ((slot, value_of(value)) for slot, value in enumerate(column.values))
    return [
        slot
        for slot, value in worth
        if value[0] == class_ and (least is None or value >= least) and (most is None or value <= most)
    ]


def _text(term: Term) -> str:
    return term.value if isinstance(term, Literal | NamedNode) else ""
