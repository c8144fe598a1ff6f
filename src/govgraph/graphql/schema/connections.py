"""Relay's connections: pages of a kind, and pages of what a relation of many entities leads to; knows no plan.

The relations of a whole level are paged at once.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from govgraph.catalogue.lists.selection import Page, Selection, page, pages_among
from govgraph.catalogue.lists.sparql import sparql_of
from govgraph.contract import Form, Kind, Property
from govgraph.errors import BadCursor
from govgraph.graphql.execution.reading import Limits, Needs, Request
from govgraph.graphql.schema import texts
from govgraph.graphql.schema.fields import (
    Arguments,
    Attribute,
    InEdge,
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
from govgraph.graphql.schema.kinds import Types, describe
from govgraph.graphql.schema.orders import MOST_KEYS, Orders
from govgraph.graphql.schema.values import links

FORWARD = (
    argument("first", int | None, "At most how many, from the beginning; without it and `last` the size of a page."),
    argument("after", str | None, "A cursor: only what comes after it."),
)
PAGING = (
    *FORWARD,
    argument("last", int | None, "At most how many, from the end."),
    argument("before", str | None, "A cursor: only what comes before it."),
)
"""The arguments of a connection, by Relay."""
_FILTER = "Only what is like this."
_ORDER = f"The keys of the order, at most {MOST_KEYS}; the label if not given."
COUNTING = 1
"""Points for counting what is on all pages."""


@dataclass(frozen=True, eq=False)
class PageInfo:
    """Relay's, section 5.1 of its cursor connections."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, eq=False)
class Edge:
    cursor: str
    node: Any


@dataclass(frozen=True, eq=False)
class Connection:
    """A page of something, with a cursor for each."""

    nodes: Sequence[Any]
    cursors: Sequence[str]
    total: int
    has_next: bool
    has_previous: bool

    @property
    def edges(self) -> list[Edge]:
        return [Edge(cursor, node) for cursor, node in zip(self.cursors, self.nodes, strict=True)]

    @property
    def page_info(self) -> PageInfo:
        first, last = (self.cursors[0], self.cursors[-1]) if self.cursors else (None, None)
        return PageInfo(self.has_next, self.has_previous, first, last)

    @classmethod
    def of(cls, found: Page) -> Connection:
        return cls(found.entities, found.cursors, found.total, found.has_next, found.has_previous)


PAGE_INFO = fill(
    shell("PageInfo"),
    [
        attribute("hasNextPage", bool, "Whether more follows.", "has_next_page"),
        attribute("hasPreviousPage", bool, "Whether something comes before.", "has_previous_page"),
        attribute("startCursor", str | None, "The cursor of the first on this page.", "start_cursor"),
        attribute("endCursor", str | None, "The cursor of the last on this page.", "end_cursor"),
    ],
    "Where a page stands in what it is a page of.",
)


class _Total(Attribute):
    def price(self, arguments: Arguments, limits: Limits) -> int:
        return COUNTING


def connection(name: str, of: TypeOf, take: Callable[[str], str], more: Sequence[Any] = ()) -> type:
    """The connection type ``{name}Connection`` with its edge; ``more`` are fields beside those of every connection."""
    edge = fill(
        shell(take(f"{name}Edge")),
        [attribute("cursor", str, "For after and before."), field("node", InEdge("node"), of, "What stands there.")],
        "",
    )
    fields = [
        field("totalCount", _Total("total"), int, "How many there are on all pages."),
        attribute("edges", many(edge), "This page, with a cursor for each."),
        attribute("nodes", many(of), "This page."),
        attribute("pageInfo", PAGE_INFO, "Where this page stands.", "page_info"),
        *more,
    ]
    return fill(shell(take(f"{name}Connection")), fields, "")


class Paged(Rule):
    """What gives a Connection."""

    def width(self, arguments: Arguments, limits: Limits) -> int:
        given = [(name, arguments[name]) for name in ("first", "last") if arguments.get(name) is not None]
        sizes = [size(name, value, 0, limits.page_max) for name, value in given]
        return min(sizes, default=min(limits.page_size, limits.page_max))

    def first(self, request: Request, arguments: Arguments) -> int | None:
        """``first``, or the size of a page where neither it nor ``last`` is given."""
        asked: int | None = arguments.get("first")
        return self.width(arguments, request.limits) if asked is None and arguments.get("last") is None else asked

    def asked(self, request: Request, arguments: Arguments) -> Mapping[str, Any]:
        """The four arguments of Relay as the catalogue takes them."""
        given = {name: arguments.get(name) for name in ("after", "last", "before")}
        return {"first": self.first(request, arguments), **given}


class _Members(Paged):
    """A page of a kind, by filter and order."""

    def __init__(self, kind: Kind, filters: Filters, orders: Orders) -> None:
        self._kind = kind
        self._filters = filters
        self._orders = orders

    def price_once(self, arguments: Arguments, limits: Limits) -> int:
        own = self._filters.price(self._kind, arguments.get("filter"))
        return own + self._orders.price(self._kind, arguments.get("orderBy"))

    def searches(self, arguments: Arguments) -> bool:
        return self._filters.searches(arguments.get("filter"))

    def selection(self, request: Request, arguments: Arguments) -> Selection:
        return Selection(
            self._kind,
            self._filters.where(request, self._kind, arguments.get("filter")),
            self._orders.keys(self._kind, arguments.get("orderBy")),
            texts.languages(arguments),
        )

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        found = page(request.view, self.selection(request, arguments), **self.asked(request, arguments))
        return [Connection.of(found)] * len(sources)

    def sparql(self, request: Request, arguments: Arguments) -> str:
        return sparql_of(request.view, self.selection(request, arguments))


class _Linked(_Members):
    """Per entity a page of what a property of it leads to."""

    def __init__(self, prop: Property, kind: Kind, filters: Filters, orders: Orders) -> None:
        super().__init__(kind, filters, orders)
        self.property = self._property = prop
        self._needs = Needs(frozenset({prop}))

    def needs(self, arguments: Arguments) -> Needs:
        return self._needs

    def price(self, arguments: Arguments, limits: Limits) -> int:
        """What looks at words does so once for all entities, and is looked up for each."""
        return int(self._filters.price(self._kind, arguments.get("filter")) > 0)

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        groups = [links(values) for values in request.values(self._property, sources)]
        selection, asked = self.selection(request, arguments), self.asked(request, arguments)
        pages = pages_among(request.view, selection, groups, **asked)
        return [Connection.of(found) for found in pages]

    def sparql(self, request: Request, arguments: Arguments) -> str:
        return ""  # many pages at once are no single query


class Connections:
    """The connections of one schema: a type, and the arguments that go with it, per kind."""

    def __init__(self, types: Types, filters: Filters, orders: Orders) -> None:
        self._types = types
        self._filters = filters
        self._orders = orders
        lang = texts.lang(texts.ORDERING)
        self._made: dict[str, type] = {}
        self._arguments: dict[str, Sequence[Any]] = {}
        for kind in types.contract.kinds:
            take = partial(types.take, f"of the list of {kind.name}")
            self._made[kind.name] = connection(kind.name, types.objects[kind.name], take)
            filter_ = argument("filter", maybe(filters.filter(kind)), _FILTER)
            order = argument("orderBy", maybe(many(orders.order(kind))), _ORDER)
            self._arguments[kind.name] = (filter_, order, *PAGING, lang)

    def members(self, kind: Kind) -> RuleField:
        """The root field of a kind's list."""
        rule = _Members(kind, self._filters, self._orders)
        return self._field(kind.plural, rule, kind, maybe, describe(kind.descriptions))

    def linked(self, kind: Kind) -> Iterator[RuleField]:
        """Beside each list of entities of one other kind its connection, under the former names, too."""
        for prop in kind.properties:
            if prop.single or prop.form not in (Form.ENTITY, Form.PART) or len(prop.kinds) != 1:
                continue
            other = self._types.contract.by_name[prop.kinds[0]]
            rule = _Linked(prop, other, self._filters, self._orders)
            words = f"{describe(prop.descriptions) or describe(prop.labels)} In pages, by filter and order."
            for name in (prop.name, *prop.former_names):
                made = self._field(f"{name}Connection", rule, other, _always, words)
                reason = prop.deprecated if name == prop.name else f"It is called {prop.name}Connection now."
                yield deprecate(made, reason)

    def _field(self, name: str, rule: Rule, kind: Kind, wrap: Callable[[TypeOf], TypeOf], words: str) -> RuleField:
        return field(name, rule, wrap(self._made[kind.name]), words, arguments=self._arguments[kind.name])


def _always(type_: TypeOf) -> TypeOf:
    return type_


def encode(*parts: object) -> str:
    """An opaque cursor."""
    return base64.urlsafe_b64encode("\x1f".join(str(part) for part in parts).encode()).decode()


def decode(cursor: str) -> list[str]:
    """Raises BadCursor for a cursor that is none."""
    try:
        return base64.b64decode(cursor, b"-_", validate=True).decode().split("\x1f")
    except (binascii.Error, ValueError):
        hint = "Begin again at the first page, and take cursors from there."
        raise BadCursor(f"The cursor {cursor[:40]!r} was not given out here.", hint) from None
