"""The root fields that find entities: by id, by IRI, by slug, and as pages of a kind; knows filters, no plan."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import strawberry
from pyoxigraph import NamedNode

from govgraph.catalogue.selection import Page, Selection, page
from govgraph.contract import Kind
from govgraph.errors import BadRequest
from govgraph.graphql import texts
from govgraph.graphql.entities import iri_of, refer
from govgraph.graphql.fields import Arguments, Rule, argument, attribute, field, fill, many, maybe, shell, size
from govgraph.graphql.filters import Filters
from govgraph.graphql.kinds import Types, describe
from govgraph.graphql.names import lower_first
from govgraph.graphql.reading import Limits, Needs, Request
from govgraph.graphql.scalars import IRI

PAGING = (
    argument("first", int | None),
    argument("after", str | None),
    argument("last", int | None),
    argument("before", str | None),
)
"""The arguments of a connection, by Relay."""


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


def connection(name: str, of: Any, take: Callable[[str], str], more: Sequence[Any] = ()) -> type:
    """The connection type ``{name}Connection`` with its edge; ``more`` are fields beside those of every connection."""
    edge = fill(
        shell(take(f"{name}Edge")),
        [attribute("cursor", str, "For after and before."), attribute("node", of, "")],
        "",
    )
    fields = [
        attribute("totalCount", int, "How many there are on all pages.", "total"),
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


class _Members(Paged):
    """A page of a kind."""

    def __init__(self, kind: Kind, filters: Filters) -> None:
        self._kind = kind
        self._filters = filters

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        kind, view = self._kind, request.view
        selection = Selection(
            kind,
            self._filters.where(view.names, kind, arguments.get("filter")),
            (self._filters.ordered(kind, arguments.get("orderBy")),),
            texts.languages(arguments),
        )
        found = page(
            view,
            selection,
            first=self.first(request, arguments),
            after=arguments.get("after"),
            last=arguments.get("last"),
            before=arguments.get("before"),
        )
        return [Connection.of(found)]


class _Lookup(Rule):
    """One entity of a kind by what it is called; of any kind where there is none."""

    def __init__(self, kind: Kind | None) -> None:
        self._kind = kind

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        given = [value for value in arguments.values() if value is not None]
        if len(given) != 1:
            ways = "id, iri or slug" if self._kind else "id or iri"
            raise BadRequest(f"Give exactly one of {ways}.", "Each of them alone names one entity.")
        kinds = [self._kind] if self._kind else []
        node = refer(given[0], kinds, request.view.names)[0]
        if self._kind is None:
            return _known(request, [node])
        return [node if request.kinds([node])[0] is self._kind else None]


class _Node(Rule):
    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        return _known(request, [iri_of(arguments["id"])])


class _Nodes(Rule):
    def width(self, arguments: Arguments, limits: Limits) -> int:
        return size("The number of ids", len(arguments["ids"]), 0, limits.page_max)

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        return [_known(request, [iri_of(id_) for id_ in arguments["ids"]])]


def _known(request: Request, nodes: Sequence[NamedNode | None]) -> list[NamedNode | None]:
    """What is there under each IRI: one of ours only if it has a kind, a foreign one always."""
    present = [node for node in nodes if node is not None]
    request.read(Needs(kinds=True), present)
    kinds = dict(zip(present, request.kinds(present), strict=True))
    names = request.view.names
    return [n if n is not None and (kinds[n] or names.split(n.value) is None) else None for n in nodes]


def root_fields(types: Types, filters: Filters) -> Iterator[Any]:
    """Node and its like, then each kind's look-up and list."""
    node, entity = types.interfaces.node, types.interfaces.entity
    id_, iri, slug = argument("id", strawberry.ID | None), argument("iri", IRI | None), argument("slug", str | None)
    ids = argument("ids", list[strawberry.ID], "Global ids or IRIs.")
    one = argument("id", strawberry.ID, "A global id or an IRI.")
    yield field("node", _Node(), maybe(node), "Anything by its global id.", arguments=[one])
    yield field(
        "nodes", _Nodes(), maybe(many(maybe(node))), "Several at once, in the order asked for.", arguments=[ids]
    )
    yield field("entity", _Lookup(None), maybe(entity), "Anything by its id or IRI.", arguments=[id_, iri])
    for kind in types.contract.entities:
        object_, words = types.objects[kind.name], describe(kind.descriptions)
        yield field(lower_first(kind.name), _Lookup(kind), maybe(object_), words, arguments=[id_, iri, slug])
        arguments = [
            argument("filter", maybe(filters.filter(kind))),
            argument("orderBy", maybe(many(filters.order(kind)))),
            *PAGING,
            texts.lang(),
        ]
        made = connection(kind.name, object_, partial(types.take, f"of the list of {kind.name}"))
        yield field(kind.plural, _Members(kind, filters), maybe(made), words, arguments=arguments)


def encode(*parts: object) -> str:
    """An opaque cursor."""
    return base64.urlsafe_b64encode("\x1f".join(str(part) for part in parts).encode()).decode()


def decode(cursor: str) -> list[str]:
    """Raises BadRequest for a cursor that is none."""
    try:
        return base64.b64decode(cursor, b"-_", validate=True).decode().split("\x1f")
    except (binascii.Error, ValueError):
        raise BadRequest(f"The cursor {cursor[:40]!r} was not given out here.", "Take cursors from a page.") from None
