"""Which entities of a kind, in which order, and which page of them; knows views, no face.

Filters and orders work on columns that a view keeps for its revision: the first use of a property costs the length of
its column, every further page its own length. Cursors carry the sort key, so a page follows its forerunner even when
a new revision came between.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal as OneOf
from typing import TypeAlias

from pyoxigraph import Literal, NamedNode

from govgraph.catalogue import View
from govgraph.catalogue.cursor import LAST, LONGEST_TEXT, Entry, SortKey, decode, encode
from govgraph.catalogue.text import pick, relevant, sort_key, tags_of
from govgraph.contract import Form, Kind, Property
from govgraph.store import Term


@dataclass(frozen=True)
class Condition:
    """What a property's values must be. ``operator``: equals, contains, from, to, exists, missing.

    equals: one value is one of ``values`` (texts in whatever language, numbers however written); contains: one text
    has the first value in it, case and accents apart; from, to: one value is at least, at most the first value.
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


@dataclass(frozen=True)
class Key:
    """What an order goes by: the label where ``path`` is empty; else what the relations before the last of it lead to,
    and of that the last property: its value, or the label of the code or entity it is.

    Where a step leads to several, the least counts, descending the greatest. Entities without a value come last in both
    directions.
    """

    path: tuple[Property, ...] = ()
    descending: bool = False


@dataclass(frozen=True)
class Selection:
    kind: Kind
    where: Where = Every()
    order: tuple[Key, ...] = (Key(),)
    languages: tuple[str, ...] = ("en",)


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
    """A page of a selection, by the rules of Relay's cursor connections. Raises BadRequest for an unreadable cursor."""
    ordered = _ordered(view, selection)
    entries = _selected(view, selection, ordered)
    rank = _falling if selection.order[0].descending else _rising
    start = bisect_right(entries, rank(decode(after, ordered)), key=rank) if after else 0
    stop = bisect_left(entries, rank(decode(before, ordered)), key=rank) if before else len(entries)
    stop = max(stop, start)
    low, high = start, stop
    if first is not None:
        high = min(high, low + first)
    if last is not None:
        low = max(low, high - last)
    chosen = entries[low:high]
    return Page(
        entities=tuple(NamedNode(iri) for _, iri in chosen),
        cursors=tuple(encode(entry) for entry in chosen),
        total=len(entries),
        has_next=high < len(entries),
        has_previous=low > 0,
    )


def _selected(view: View, selection: Selection, ordered: list[Entry]) -> list[Entry]:
    if selection.where == Every():
        return ordered
    matches = _matcher(view, selection.where, selection.languages)
    return [entry for entry in ordered if matches(NamedNode(entry[1]))]


def _ordered(view: View, selection: Selection) -> list[Entry]:
    """The kind's entities with their sort keys, sorted; found once per view, kind, order and what of the preference of
    languages can make a difference."""
    kind, order = selection.kind, selection.order[0]
    by = order.path[0] if order.path else None
    languages = relevant(selection.languages, _tags(view, by))

    def find() -> list[Entry]:
        members = view.members(kind)
        if by is None:
            labels = view.labels(members, languages)
            keys: dict[Term, SortKey] = {member: (0, _text_key(labels[member].text)) for member in members}
        else:
            keys = _keys(view, by, languages)
        rank = _falling if order.descending else _rising
        return sorted(((keys.get(member, LAST), member.value) for member in members), key=rank)

    return view.orders.get((kind.name, order, languages), find)


def _tags(view: View, prop: Property | None) -> frozenset[str]:
    """The languages that the words an order compares may be in."""
    if prop is None or prop.form not in (Form.TEXT, Form.LITERAL):
        return view.label_languages()
    return view.keep(("tags", prop.path), lambda: tags_of(view.column(prop).values()))


def _text_key(text: str) -> str:
    return sort_key(text)[:LONGEST_TEXT]


class _Falling:
    """Compares the other way round; only ever with its like."""

    __slots__ = ("key",)

    def __init__(self, key: str | float) -> None:
        self.key = key

    def __lt__(self, other: _Falling) -> bool:
        return other.key < self.key  # type: ignore[operator]  # a column has keys of one type

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Falling) and other.key == self.key

    __hash__ = None  # type: ignore[assignment]


def _rising(entry: Entry) -> tuple[object, ...]:
    (absent, key), iri = entry
    return absent, key, iri


def _falling(entry: Entry) -> tuple[object, ...]:
    (absent, key), iri = entry
    return absent, _Falling(key), iri


def _keys(view: View, prop: Property, languages: Sequence[str]) -> dict[Term, SortKey]:
    column = view.column(prop)
    if prop.form in (Form.ENTITY, Form.CODE, Form.PART, Form.IRI):
        labels = view.labels((values[0] for values in column.values()), languages)
        return {node: (0, _text_key(labels[values[0]].text)) for node, values in column.items() if values[0] in labels}
    keys: dict[Term, SortKey] = {}
    for node, values in column.items():
        literal = pick(values, languages)
        if literal is not None:
            number = _number(literal) if prop.form is Form.LITERAL else None
            keys[node] = (0, float(number)) if number is not None else (0, _text_key(literal.value))
    mixed = {type(key[1]) for key in keys.values()}
    # A column with a stray ill-typed value is compared as text throughout: numbers and text have no common order.
    return {node: (0, str(key[1])) for node, key in keys.items()} if len(mixed) > 1 else keys


def _matcher(view: View, where: Where, languages: Sequence[str]) -> Callable[[NamedNode], bool]:
    match where:
        case Every(of):
            every = [_matcher(view, one, languages) for one in of]
            return lambda node: all(matches(node) for matches in every)
        case Some(of):
            some = [_matcher(view, one, languages) for one in of]
            return lambda node: any(matches(node) for matches in some)
        case No(of):
            inner = _matcher(view, of, languages)
            return lambda node: not inner(node)
        case Condition():
            return _condition(view, where)
    raise NotImplementedError(where)


def _condition(view: View, condition: Condition) -> Callable[[NamedNode], bool]:
    column = view.column(condition.property)
    values = condition.values
    match condition.operator:
        case "equals" if condition.property.form in (Form.TEXT, Form.LITERAL):
            said = {_comparable(value) for value in values}
            return lambda node: any(_comparable(v) in said for v in column.get(node, ()))
        case "equals":
            wanted = set(values)
            return lambda node: not wanted.isdisjoint(column.get(node, ()))
        case "contains":
            part = sort_key(_text(values[0]))
            return lambda node: any(part in sort_key(_text(v)) for v in column.get(node, ()))
        case "from":
            low = _comparable(values[0])
            return lambda node: any(_not_below(_comparable(v), low) for v in column.get(node, ()))
        case "to":
            high = _comparable(values[0])
            return lambda node: any(_not_below(high, _comparable(v)) for v in column.get(node, ()))
        case "exists":
            return lambda node: node in column
        case "missing":
            return lambda node: node not in column
    raise ValueError(condition.operator)


def _text(term: Term) -> str:
    return term.value if isinstance(term, Literal | NamedNode) else ""


def _comparable(term: Term) -> Decimal | str:
    number = _number(term) if isinstance(term, Literal) else None
    return number if number is not None else _text(term)


def _not_below(one: Decimal | str, other: Decimal | str) -> bool:
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return one >= other
    return str(one) >= str(other)


def _number(literal: Literal) -> Decimal | None:
    if literal.datatype.value.rpartition("#")[2] not in ("integer", "decimal", "double", "float"):
        return None
    try:
        number = Decimal(literal.value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
