"""The root field that searches all texts: a page of what was found, ranked, with the places where the words are.

What is found, and in which order, is ``search``'s to know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

from pyoxigraph import NamedNode

from govgraph.contract import Kind
from govgraph.graphql.execution.reading import Limits, Needs, Request
from govgraph.graphql.schema import texts
from govgraph.graphql.schema.connections import PAGE_INFO, PAGING, Connection, Paged
from govgraph.graphql.schema.fields import (
    Arguments,
    InEdge,
    Rule,
    RuleField,
    argument,
    attribute,
    field,
    fill,
    many,
    maybe,
    shell,
)
from govgraph.graphql.schema.filters import SEARCHING
from govgraph.graphql.schema.kinds import Types
from govgraph.graphql.schema.names import capitals
from govgraph.search import MOST, MOST_SHOWN, Found, Highlight, Search, find, highlights

_WORDS = f"""Entries whose titles, descriptions or other texts, in whatever language, have these words, best first.

Case, accents and, in the languages of the contract, endings are passed over. The last word may be a beginning; a word
that is nowhere is taken for one with a letter or two wrong; words in quotation marks are a phrase. Where no entry has
all words, those that have at least half are found, for each choice of kinds anew. Texts of parts count for the entry.
At most {MOST} can be paged through. `lang` are the languages preferred in words and highlights; texts below have their
own."""


@dataclass(frozen=True, eq=False)
class _Edge:
    cursor: str
    node: NamedNode
    score: float
    search: Search


@dataclass(frozen=True, eq=False)
class _Page(Connection):
    found: Found
    search: Search

    @property
    def edges(self) -> list[Any]:
        return [_Edge(hit.cursor, hit.entity, hit.score, self.search) for hit in self.found.hits]

    @property
    def is_capped(self) -> bool:
        return self.found.more


@dataclass(frozen=True, eq=False)
class _Piece:
    """A stretch of a text."""

    text: str
    marked: bool


@dataclass(frozen=True, eq=False)
class _Shown:
    """A highlight as it is told."""

    entity: NamedNode
    property_name: str | None
    language: str
    pieces: tuple[_Piece, ...]

    @property
    def plain(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    @property
    def marked_up(self) -> str:
        texts_ = ((escape(piece.text, quote=False), piece.marked) for piece in self.pieces)
        return "".join(f"<mark>{text}</mark>" if marked else text for text, marked in texts_)


class _Searched(Paged):
    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds

    def price_once(self, arguments: Arguments, limits: Limits) -> int:
        return SEARCHING

    def searches(self, arguments: Arguments) -> bool:
        return True

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        given = arguments.get("kinds")
        kinds = None if given is None else tuple(self._kinds[one.value] for one in given)
        search = Search(arguments["text"], kinds, tuple(texts.languages(arguments)))
        found = find(request.view, search, **self.asked(request, arguments))
        entities, cursors = [hit.entity for hit in found.hits], [hit.cursor for hit in found.hits]
        page = _Page(entities, cursors, found.total, found.has_next, found.has_previous, found, search)
        return [page] * len(sources)


class _Highlights(Rule):
    """The texts of all entities of a page at once."""

    def width(self, arguments: Arguments, limits: Limits) -> int:
        return MOST_SHOWN

    def column(self, request: Request, sources: Sequence[_Edge], arguments: Arguments) -> list[Any]:
        by_search: dict[Search, list[NamedNode]] = {}
        for edge in sources:
            by_search.setdefault(edge.search, []).append(edge.node)
        shown = {search: highlights(request.view, search, nodes) for search, nodes in by_search.items()}
        nodes = list(dict.fromkeys(one.node for of in shown.values() for some in of.values() for one in some))
        request.read(Needs(kinds=True), nodes)
        kinds = dict(zip(nodes, request.kinds(nodes), strict=True))
        return [[_told(one, kinds[one.node]) for one in shown[edge.search][edge.node]] for edge in sources]


def _told(highlight: Highlight, kind: Kind | None) -> _Shown:
    prop = kind.by_path.get(highlight.path) if kind is not None else None
    return _Shown(
        highlight.node, prop.name if prop is not None else None, highlight.language, tuple(_pieces(highlight))
    )


def _pieces(highlight: Highlight) -> Iterator[_Piece]:
    text, at = highlight.text, 0
    for start, end in highlight.marks:
        if start > at:
            yield _Piece(text[at:start], marked=False)
        yield _Piece(text[start:end], marked=True)
        at = end
    if at < len(text):
        yield _Piece(text[at:], marked=False)


def search_field(types: Types) -> RuleField:
    """Raises ContractError where its types' names are taken."""
    take = partial(types.take, "of the search")
    piece = fill(
        shell(take("HighlightPart")),
        [attribute("text", str, "Plain text."), attribute("marked", bool, "Whether it is a word asked for.")],
        "A stretch of a text: one after the other they make the whole.",
    )
    highlight = fill(
        shell(take("Highlight")),
        [
            attribute("entity", types.interfaces.entity, "The entry, or the part of it, whose text it is."),
            attribute("property", str | None, "The name of the property.", "property_name"),
            attribute("lang", str, "The language of the text; empty where it is in none.", "language"),
            attribute("text", str, "HTML: the words asked for are in `<mark>`, all else is escaped.", "marked_up"),
            attribute("plain", str, "The same without marks, as plain text."),
            attribute("parts", many(piece), "The same in stretches, for who makes no HTML.", "pieces"),
        ],
        "A stretch of a text that has words asked for.",
    )
    edge = fill(
        shell(take("SearchEdge")),
        [
            attribute("cursor", str, "For after and before."),
            field("node", InEdge("node"), types.interfaces.entity, "What was found."),
            attribute("score", float, "How well it fits; it compares what one search found."),
            field(
                "highlights",
                _Highlights(),
                many(highlight),
                f"The texts that show best why it was found, up to {MOST_SHOWN}.",
            ),
        ],
        "What was found, and why.",
    )
    connection = fill(
        shell(take("SearchConnection")),
        [
            attribute("totalCount", int, f"How many were found, up to {MOST}.", "total"),
            attribute("isCapped", bool, "Whether more were found than are counted.", "is_capped"),
            attribute("edges", many(edge), "This page, with scores and highlights."),
            attribute("nodes", many(types.interfaces.entity), "This page."),
            attribute("pageInfo", PAGE_INFO, "Where this page stands.", "page_info"),
        ],
        "What a search found, best first.",
    )
    kinds = {capitals(kind.name): kind for kind in types.contract.kinds}
    arguments = [
        argument("text", str, "Any text; the first 300 characters count."),
        argument(
            "kinds",
            maybe(many(types.kind_name)),
            "Only of these kinds, of none if the list is empty; parts are found with their owners.",
        ),
        *PAGING,
        texts.lang("The languages preferred in words and highlights; texts below have their own."),
    ]
    return field("search", _Searched(kinds), maybe(connection), _WORDS, arguments=arguments)
