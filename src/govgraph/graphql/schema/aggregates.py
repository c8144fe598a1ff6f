"""Aggregates: how many entries of a kind there are by a filter, in groups, and what their numbers come to.

Nothing is added up that is not asked for, and what is asked for of many groups is added up once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pyoxigraph import Literal

from govgraph.catalogue.lists.aggregation import Statistics
from govgraph.contract import Form, Kind, Property
from govgraph.graphql.execution.reading import Limits, Request
from govgraph.graphql.schema import texts
from govgraph.graphql.schema.fields import (
    Arguments,
    Rule,
    RuleField,
    TypeOf,
    argument,
    attribute,
    deprecate,
    field,
    fill,
    many,
    maybe,
    shell,
    size,
)
from govgraph.graphql.schema.filters import Filters
from govgraph.graphql.schema.groups import Group, Measured, Whole, key_type
from govgraph.graphql.schema.kinds import Types, describe, enum, is_one_text, renamed
from govgraph.graphql.schema.names import capitals
from govgraph.graphql.schema.scalars import datatype

GROUPS_SHOWN = 20
_FILTER = "Only entries like this; all where it is not given."
_FIRST = argument(
    "first",
    int | None,
    f"At most how many groups: {GROUPS_SHOWN} where it is not given, up to `catalogue {{ limits {{ pageMax }} }}`; "
    "`groupCount` tells how many there are.",
    GROUPS_SHOWN,
)
_LANG = texts.lang(
    "The languages, best first, by whose words groups of one size are ordered. It sets no language of what is in them: "
    "each text there has a `lang` of its own."
)
GROUPING = 5
"""Points for putting all that a filter gives into groups."""
MEASURING = 1
"""Points for the numbers of one property, per group."""
_MEASURED: Mapping[str, tuple[str, str]] = {
    "Long": ("Long", "Long"),
    "Exact": ("Decimal", "Exact"),
    "float": ("Float", "float"),
    "Day": ("Date", ""),
    "Moment": ("DateTime", ""),
}
"""By the Python name of a datatype's type: what its statistics are called, and whether they can be added up."""


class _Counted(Rule):
    def __init__(self, kind: Kind, filters: Filters) -> None:
        self._kind = kind
        self._filters = filters

    def price_once(self, arguments: Arguments, limits: Limits) -> int:
        return MEASURING + self._filters.price(self._kind, arguments.get("filter"))

    def searches(self, arguments: Arguments) -> bool:
        return self._filters.searches(arguments.get("filter"))

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        where = self._filters.where(request, self._kind, arguments.get("filter"))
        return [Whole(request.view, self._kind, where)]


class _Itself(Rule):
    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        return list(sources)


class _Groups(Rule):
    """The groups of each whole by one property of the kind, which ``by`` names."""

    def __init__(self, properties: Mapping[str, Property]) -> None:
        self._properties = properties

    def price(self, arguments: Arguments, limits: Limits) -> int:
        return GROUPING

    def width(self, arguments: Arguments, limits: Limits) -> int:
        return size("first", arguments.get("first"), GROUPS_SHOWN, limits.page_max)

    def column(self, request: Request, sources: Sequence[Whole], arguments: Arguments) -> list[Any]:
        by, most = self._properties[arguments["by"].value], self.width(arguments, request.limits)
        wanted = texts.languages(arguments)
        return [
            [
                Group(whole, by, most, wanted, number, group)
                for number, group in enumerate(whole.find(by, most, None, wanted).groups)
            ]
            for whole in sources
        ]


class _GroupCount(_Groups):
    def width(self, arguments: Arguments, limits: Limits) -> int:
        return 1

    def column(self, request: Request, sources: Sequence[Whole], arguments: Arguments) -> list[Any]:
        by = self._properties[arguments["by"].value]
        return [whole.find(by, 0).group_count for whole in sources]


class _Numbers(Rule):
    """What the values of one property come to, in each of some wholes or groups; null where there are none."""

    def __init__(self, prop: Property) -> None:
        self._property = prop

    def price(self, arguments: Arguments, limits: Limits) -> int:
        return MEASURING

    def column(self, request: Request, sources: Sequence[Measured], arguments: Arguments) -> list[Any]:
        return [source.statistics(self._property) for source in sources]


class _Number(Rule):
    """One of the statistics, as ``read`` takes the text of a value."""

    def __init__(self, name: str, read: Callable[[str], object]) -> None:
        self._name = name
        self._read = read

    def column(self, request: Request, sources: Sequence[Statistics], arguments: Arguments) -> list[Any]:
        values = [getattr(source, self._name) for source in sources]
        return [None if v is None else self._read(v.value if isinstance(v, Literal) else f"{v:f}") for v in values]


class Aggregates:
    """The aggregate types of one schema."""

    def __init__(self, types: Types, filters: Filters) -> None:
        self._types = types
        self._filters = filters
        self._statistics: dict[str, TypeOf] = {}
        self._key = key_type(types)

    def fields(self) -> Iterator[RuleField]:
        """A root field per kind."""
        for kind in self._types.contract.entities:
            arguments = [argument("filter", maybe(self._filters.filter(kind)), _FILTER)]
            rule, words = _Counted(kind, self._filters), f"{describe(kind.plural_labels)} counted, grouped, added up."
            yield field(f"{kind.plural}Aggregate", rule, maybe(self._aggregate(kind)), words, arguments=arguments)

    def _aggregate(self, kind: Kind) -> type:
        common = [attribute("count", int, "How many there are."), *self._numbers(kind)]
        fields = [*common]
        properties = {
            capitals(name): prop for prop in kind.properties if _can_group(kind, prop) for name in _names(prop)
        }
        if properties:
            by = argument("by", self._by(kind, properties), "The property whose value those in a group have in common.")
            key = attribute("key", maybe(self._key), "Null for those without a value.")
            group = fill(shell(self._take(kind, "Group")), [key, *common], "Those with one value in common.")
            words = "The biggest first; who has several values is in several groups."
            arguments = [by, _FIRST, _LANG]
            fields.append(field("groups", _Groups(properties), many(group), words, arguments=arguments))
            fields.append(
                field("groupCount", _GroupCount(properties), int, "How many groups there are.", arguments=[by])
            )
        return fill(shell(self._take(kind, "Aggregate")), fields, "How many there are, and what their numbers come to.")

    def _take(self, kind: Kind, what: str) -> str:
        return self._types.take(f"of the aggregates of {kind.name}", f"{kind.name}{what}")

    def _by(self, kind: Kind, properties: Mapping[str, Property]) -> type:
        reasons = {
            capitals(name): prop.deprecated if name == prop.name else renamed(prop)
            for prop in properties.values()
            for name in _names(prop)
        }
        words = {name: describe(prop.labels) for name, prop in properties.items()}
        return enum(self._take(kind, "GroupBy"), words, "", {name: said for name, said in reasons.items() if said})

    def _numbers(self, kind: Kind) -> Iterator[RuleField]:
        fields: list[RuleField] = []
        for prop in kind.properties:
            if prop.stored and prop.form is Form.LITERAL and _spelled(prop) in _MEASURED:
                type_, rule, words = (
                    self._of(prop),
                    _Numbers(prop),
                    describe(prop.descriptions) or describe(prop.labels),
                )
                fields.append(deprecate(field(prop.name, rule, type_, words), prop.deprecated))
                fields += [deprecate(field(n, rule, type_, words), renamed(prop)) for n in prop.former_names]
        if fields:
            made = fill(shell(self._take(kind, "Numbers")), fields, "What numbers and days come to, by property.")
            yield field("numbers", _Itself(), made, "What their numbers and days come to.")

    def _of(self, prop: Property) -> TypeOf:
        of = datatype(prop.datatype)
        stem, sums = _MEASURED[_spelled(prop)]
        if stem not in self._statistics:
            least, greatest = _Number("minimum", of.read), _Number("maximum", of.read)
            fields = [
                attribute("count", int, "How many values there are."),
                field("min", least, maybe(of.type_), "The least."),
                field("max", greatest, maybe(of.type_), "The greatest."),
            ]
            if sums:
                fields.append(field("sum", _Number("total", of.read), maybe(of.type_), "All added up, exactly."))
                fields.append(field("average", _Number("average", float), float | None, "The sum through the count."))
            words = "What some values come to; null where there are none."
            self._statistics[stem] = fill(shell(f"{stem}Statistics"), fields, words)
        return self._statistics[stem]


def _names(prop: Property) -> tuple[str, ...]:
    return prop.name, *prop.former_names


def _spelled(prop: Property) -> str:
    return str(datatype(prop.datatype).type_.__name__)


def _can_group(kind: Kind, prop: Property) -> bool:
    """Parts are never shared, and a text said in each language is no value that entries have in common."""
    return prop.stored and prop.form is not Form.PART and not is_one_text(kind, prop)
