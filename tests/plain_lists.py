"""Filters, orders, pages and aggregates worked out entity by entity: slow and plain, to compare the real ones with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cmp_to_key

from pyoxigraph import Literal, NamedNode

from govgraph.catalogue import View
from govgraph.catalogue.lists.aggregation import Aggregate, Group, Statistics
from govgraph.catalogue.lists.collation import Value, collation, key_of, number_of, value_of
from govgraph.catalogue.lists.selection import (
    Among,
    Condition,
    Every,
    Key,
    Labelled,
    No,
    Related,
    Selection,
    Some,
    Where,
)
from govgraph.catalogue.text import pick, relevant, sort_key, tags_of
from govgraph.contract import Form, Kind, Property
from govgraph.store import Term

LONGEST = 500


def selected(view: View, selection: Selection) -> list[NamedNode]:
    """All that is selected, in order."""
    holds = matcher(view, selection.kind, selection.where)
    return ordered(view, selection, [node for node in view.members(selection.kind) if holds(node)])


def ordered(view: View, selection: Selection, nodes: Sequence[NamedNode]) -> list[NamedNode]:
    columns = [column(view, selection, key) for key in selection.order]

    def compare(one: NamedNode, other: NamedNode) -> int:
        for key, (values, words) in zip(selection.order, columns, strict=True):
            a, b = values.get(one), values.get(other)
            if a is None or b is None:
                if a is not b:
                    return 1 if a is None else -1
                continue
            left, right = key_of(a, words), key_of(b, words)
            if left != right:
                return (1 if left > right else -1) * (-1 if key.descending else 1)
        return (one.value > other.value) - (one.value < other.value)

    return sorted(nodes, key=cmp_to_key(compare))


def column(view: View, selection: Selection, key: Key) -> tuple[dict[Term, Value], Callable[[str], bytes]]:
    """The value of every entity by one key, and how words compare."""
    languages = selection.languages if key.worded else ()
    short = relevant(languages, tags_in(view, selection.kind, key.path))
    words = collation((*short, "en")[0])
    return values_of(view, view.members(selection.kind), key.path, languages, words, greatest=key.descending), words


def tags_in(view: View, kind: Kind, path: Sequence[Property]) -> frozenset[str]:
    nodes: Sequence[Term] = view.members(kind)
    for prop in path:
        column = view.values(nodes, [prop])[prop]
        if prop.form in (Form.TEXT, Form.LITERAL):
            return tags_of(column.values())
        nodes = list(dict.fromkeys(value for of in column.values() for value in of))
    texts = view.reader.values([n for n in nodes if isinstance(n, NamedNode)], view.label_paths, view.graphs)
    said = tags_of(of for path_ in view.label_paths for of in texts[path_].values())
    return said | {tag.lower() for node in nodes for tag in view.contract.labels.get(node, {})}


def values_of(
    view: View,
    nodes: Sequence[Term],
    path: Sequence[Property],
    languages: Sequence[str],
    words: Callable[[str], bytes],
    *,
    greatest: bool,
) -> dict[Term, Value]:
    choose = max if greatest else min
    if not path:
        return {node: (3, label.text[:LONGEST]) for node, label in view.labels(nodes, languages).items()}
    prop, *rest = path
    column = view.values(nodes, [prop])[prop]
    found: dict[Term, Value] = {}
    if prop.form not in (Form.TEXT, Form.LITERAL):
        inner = list(dict.fromkeys(value for of in column.values() for value in of))
        below = values_of(view, inner, rest, languages, words, greatest=greatest)
        for node, of in column.items():
            if values := [below[value] for value in of if value in below]:
                found[node] = choose(values, key=lambda value: key_of(value, words))
        return found
    for node, of in column.items():
        best = pick(of, languages)
        shown = [v for v in of if best is not None and isinstance(v, Literal) and v.language == best.language]
        values = [(class_, said[:LONGEST] if isinstance(said, str) else said) for class_, said in map(value_of, shown)]
        if values:
            found[node] = choose(values, key=lambda value: key_of(value, words))
    return found


def matcher(view: View, kind: Kind, where: Where) -> Callable[[Term], bool]:
    match where:
        case Every(of):
            every = [matcher(view, kind, one) for one in of]
            return lambda node: all(holds(node) for holds in every)
        case Some(of):
            some = [matcher(view, kind, one) for one in of]
            return lambda node: any(holds(node) for holds in some)
        case No(of):
            inner = matcher(view, kind, of)
            return lambda node: not inner(node)
        case Among(entities):
            return lambda node: node in entities
        case Labelled(part):
            return lambda node: any(sort_key(part) in sort_key(text) for text in called(view, node))
        case Related(prop, quantifier, to, inside):
            column, members, holds = view.column(prop), frozenset(view.members(to)), matcher(view, to, inside)
            among: Callable[[Term], list[bool]] = lambda node: [  # noqa: E731  # one line for three cases
                value in members and holds(value) for value in column.get(node, ())
            ]
            if quantifier == "every":
                return lambda node: all(among(node))
            return lambda node: any(among(node)) is (quantifier == "some")
    assert isinstance(where, Condition)
    return condition(view, where)


def called(view: View, node: Term) -> list[str]:
    found = view.reader.values([node], view.label_paths, view.graphs)
    said = next((found[path][node] for path in view.label_paths if node in found[path]), [])
    words = [value.value for value in said if isinstance(value, Literal)]
    return words or list(view.contract.labels.get(node, {}).values()) or [view.labels([node], ())[node].text]


def condition(view: View, where: Condition) -> Callable[[Term], bool]:
    column, values = view.column(where.property), where.values
    literal = where.property.form in (Form.TEXT, Form.LITERAL)

    def holds(said: Term) -> bool:
        worth = value_of(said)
        match where.operator:
            case "equals" if literal:
                return any(worth == value_of(value) for value in values)
            case "equals":
                return said in values
            case "contains":
                return sort_key(values[0].value) in sort_key(said.value)
        low = value_of(values[0]) if where.operator != "to" else None
        high = value_of(values[-1]) if where.operator != "from" else None
        bounds = [bound for bound in (low, high) if bound is not None]
        assert bounds
        return (
            all(bound[0] == worth[0] for bound in bounds)
            and (low is None or worth >= low)
            and (high is None or worth <= high)
        )

    if where.operator in ("exists", "missing"):
        return lambda node: (node in column) is (where.operator == "exists")
    return lambda node: any(holds(said) for said in column.get(node, ()))


def aggregated(view: View, kind: Kind, where: Where, by: Property, measured: Sequence[Property]) -> Aggregate:
    holds = matcher(view, kind, where)
    chosen = [node for node in view.members(kind) if holds(node)]

    def measure(nodes: Sequence[Term]) -> dict[Property, Statistics]:
        return {p: statistics([v for n in nodes for v in view.column(p).get(n, ())]) for p in measured}

    groups: dict[Term | None, list[NamedNode]] = {}
    for node in chosen:
        for value in dict.fromkeys(view.column(by).get(node, (None,))):
            groups.setdefault(value, []).append(node)
    made = tuple(Group(key, len(nodes), measure(nodes)) for key, nodes in groups.items())
    return Aggregate(len(chosen), measure(chosen), made, len(groups))


def statistics(values: Sequence[Term]) -> Statistics:
    if not values:
        return Statistics()
    least, greatest = min(values, key=value_of), max(values, key=value_of)
    numbers = [number_of(value) for value in values]
    if None in numbers:
        return Statistics(len(values), least, greatest)
    total = sum((number for number in numbers if number is not None), Decimal())
    return Statistics(len(values), least, greatest, total, total / len(values))
