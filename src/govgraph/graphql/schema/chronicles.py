"""Revisions in GraphQL: the root field ``revisions``, the history of an entity, and what became of what in each.

What an audience may not know of is in none of it: all of it comes from the history graph of the view's audience, and
from the log only what was said in the graphs of that view.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Any

import strawberry
from pyoxigraph import NamedNode

from govgraph.catalogue.chronicle import Chronicle, Leaf, Revision, Wanted
from govgraph.catalogue.lists import cursor as cursors
from govgraph.contract import Kind
from govgraph.errors import BadRequest
from govgraph.graphql.events import CHANGED, CREATED, MOST_CHANGES, REMOVED, EntityChange, Event, Place, Turning, encode
from govgraph.graphql.execution.reading import Limits, Needs, Read, Request
from govgraph.graphql.schema.connections import PAGE_INFO, PAGING, Edge, PageInfo
from govgraph.graphql.schema.entities import refer
from govgraph.graphql.schema.fields import (
    Arguments,
    InEdge,
    Rule,
    argument,
    attribute,
    field,
    fill,
    many,
    maybe,
    shell,
    size,
)
from govgraph.graphql.schema.kinds import Types, enum
from govgraph.graphql.schema.scalars import IRI, Moment
from govgraph.history.ledger import Ledger
from govgraph.store import Term

HISTORY_SHOWN = 10
"""Revisions of one entity where nothing is said."""
CHANGES_SHOWN = 20
LOOKING_UP = 1
"""Points for what came and went in a revision: its record is looked up in the log."""
_CHANGE_TYPES = {
    CREATED: "You could not see it before: it is new, or was published.",
    CHANGED: "Something of it or of one of its parts changed.",
    REMOVED: "You can no longer see it: it was deleted, withdrawn, or merged into another.",
}
_MOST_DIGITS = 15


class RevisionPage:
    """A page of revisions, newest first, as a connection."""

    def __init__(self, leaf: Leaf) -> None:
        self.nodes = leaf.revisions
        numbers = [revision.number for revision in leaf.revisions]
        self._cursors = [_cursor(number) for number in numbers]
        # A page that found less than it walked over goes on where it stopped.
        last = leaf.older if leaf.older is not None else numbers[-1] if numbers else None
        first = leaf.newer if leaf.newer is not None else numbers[0] if numbers else None
        ends = [None if number is None else _cursor(number) for number in (first, last)]
        self.page_info = PageInfo(leaf.older is not None, leaf.newer is not None, *ends)

    @property
    def edges(self) -> list[Edge]:
        return [Edge(cursor, node) for cursor, node in zip(self._cursors, self.nodes, strict=True)]


def _cursor(number: int) -> str:
    return cursors.encode(["revision", number])


def _number_of(cursor: str | None) -> int | None:
    """The revision a cursor stands for; a number stands for itself. Raises BadRequest."""
    if cursor is None:
        return None
    if cursor.isascii() and cursor.isdecimal() and len(cursor) <= _MOST_DIGITS:
        return int(cursor)
    match cursors.said(cursor):
        case ["revision", int(number)] if number >= 0:
            return number
    raise cursors.strange(cursor)


class _Pages(Rule):
    """Pages of revisions."""

    default = HISTORY_SHOWN

    def width(self, arguments: Arguments, limits: Limits) -> int:
        sizes = [(name, arguments.get(name)) for name in ("first", "last")]
        given = [size(name, value, 0, limits.page_max) for name, value in sizes if value is not None]
        return min(given, default=min(self.default, limits.page_max))

    def place(self, request: Request, arguments: Arguments) -> tuple[int, int | None, int | None]:
        """Size, and before or after which number. After a cursor come older revisions. Raises BadRequest."""
        older, newer = _number_of(arguments.get("after")), _number_of(arguments.get("before"))
        backward = arguments.get("last") is not None
        if (older is not None and newer is not None) or (backward and (older is not None or newer is None)):
            raise BadRequest("These arguments do not go together.", "Give first with after, or last with before.")
        number = self.width(arguments, request.limits)
        if newer is not None and not backward:  # the newest ones, down to a place: what is newer than it
            return number, None, newer
        return number, older, newer


class _History(_Pages):
    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        number, before, after = self.place(request, arguments)
        request.reads += 3
        start = perf_counter()
        leaves = Chronicle(request.view).leaves(sources, number, before=before, after=after)
        found = sum(len(leaf.revisions) for leaf in leaves)
        request.note(Read(request.part, "history", (), len(sources), 0, found, perf_counter() - start))
        return [RevisionPage(leaf) for leaf in leaves]


class _Revisions(_Pages):
    default = 50

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        number, before, after = self.place(request, arguments)
        wanted = Wanted(
            entity=_node(request, arguments.get("entity")),
            organisation=_node(request, arguments.get("organisation")),
            agent=_agent(arguments.get("agent")),
        )
        leaf = Chronicle(request.view).leaf(wanted, number, before=before, after=after)
        return [RevisionPage(leaf)]


def _node(request: Request, said: str | None) -> NamedNode | None:
    return refer(said, (), request.view.names)[0] if said is not None else None


def _agent(said: str | None) -> NamedNode | None:
    return NamedNode(said) if said is not None else None


class _When(Rule):
    def column(self, request: Request, sources: Sequence[Revision], arguments: Arguments) -> list[Any]:
        return [one.at.isoformat() if one.at else None for one in sources]


class _IriOf(Rule):
    """The IRI of what the source has under a name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        found = (getattr(source, self._name) for source in sources)
        return [one.value if one is not None else None for one in found]


class _OrNull(Rule):
    """A text the source has under a name; null where it is empty."""

    def __init__(self, name: str) -> None:
        self._name = name

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        return [getattr(source, self._name) or None for source in sources]


class _Organisation(Rule):
    """The organisation of who made it; null where the reader may not know of it, now or then."""

    def column(self, request: Request, sources: Sequence[Revision], arguments: Arguments) -> list[Any]:
        nodes = [one.organisation for one in sources]
        there = _there(request, [node for node in nodes if node is not None], owning=True)
        return [node if node in there else None for node in nodes]


class _Entity(Rule):
    """The entity as it is now; null where it is no more."""

    def column(self, request: Request, sources: Sequence[EntityChange], arguments: Arguments) -> list[Any]:
        there = _there(request, [one.iri for one in sources])
        return [one.iri if one.iri in there else None for one in sources]


def _there(request: Request, nodes: Sequence[NamedNode], *, owning: bool = False) -> set[NamedNode]:
    request.read(Needs(kinds=True), nodes)
    kinds = zip(nodes, request.kinds(nodes), strict=True)
    return {node for node, kind in kinds if kind is not None and (kind.owns_itself or not owning)}


class _Changes(Rule):
    def __init__(self, ledger: Ledger | None) -> None:
        self._ledger = ledger

    def width(self, arguments: Arguments, limits: Limits) -> int:
        return size("first", arguments.get("first"), CHANGES_SHOWN, MOST_CHANGES)

    def price(self, arguments: Arguments, limits: Limits) -> int:
        return LOOKING_UP

    def column(self, request: Request, sources: Sequence[Revision], arguments: Arguments) -> list[Any]:
        most = self.width(arguments, request.limits)
        shown = [one.changed[:most] for one in sources]
        nodes = [node for of in shown for node in of]
        request.read(Needs(kinds=True, revisions=True), nodes)
        kinds: dict[Term, Kind] = {
            node: kind for node, kind in zip(nodes, request.kinds(nodes), strict=True) if kind is not None
        }
        last = dict(zip(nodes, request.revisions(nodes), strict=True))
        turning = Turning(request.view, self._ledger)
        return [turning.changes(one.number, of, kinds, last) for one, of in zip(sources, shown, strict=True)]


class _Complete(_Changes):
    """Whether ``changes`` with the same ``first`` are all of them."""

    def width(self, arguments: Arguments, limits: Limits) -> int:
        return 1

    def price(self, arguments: Arguments, limits: Limits) -> int:
        return 0

    def column(self, request: Request, sources: Sequence[Revision], arguments: Arguments) -> list[Any]:
        most = super().width(arguments, request.limits)
        return [not one.more and len(one.changed) <= most for one in sources]


class _FollowCursor(Rule):
    """What to follow ``since``, to be told of what came after this revision."""

    def column(self, request: Request, sources: Sequence[Revision], arguments: Arguments) -> list[Any]:
        return [encode(Place(one.number), request.view.audience) for one in sources]


class _OfRevision(Rule):
    """What a rule says of the revision of an event."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule

    def column(self, request: Request, sources: Sequence[Event], arguments: Arguments) -> list[Any]:
        return self._rule.column(request, [one.revision for one in sources], arguments)


class Chronicles:
    """The types of revisions in one schema. Without a ledger it is not known what came and what went."""

    def __init__(self, types: Types, ledger: Ledger | None) -> None:
        self._ledger = ledger
        self._entity = types.interfaces.entity
        self._organisation = types.entity([kind.name for kind in types.contract.entities if kind.owns_itself])
        change_type = enum("ChangeType", _CHANGE_TYPES, "What became of an entity, as you may see it.")
        gone = "As it is now; null where it is no more."
        self.change = fill(
            shell("EntityChange"),
            [
                field("iri", _IriOf("iri"), IRI, "What it is called everywhere."),
                attribute("kind", maybe(types.kind_name), "Null where nothing says any more what it was.", "kind_name"),
                attribute("change", change_type, "What became of it."),
                field("entity", _Entity(), maybe(self._entity), gone),
            ],
            "What became of one entity in one revision.",
        )
        self.revision = fill(shell("Revision"), self._fields(), "One state of the catalogue and what made it.")
        self.connection = self._connection()

    def facts(self) -> list[tuple[str, Rule, Any, str]]:
        """What is said of a revision itself, wherever it is told of."""
        return [
            ("at", _When(), Moment | None, "When it was made."),
            ("door", _OrNull("door"), str | None, "The way it came in: graphql, file, cli …"),
            ("agent", _IriOf("agent"), IRI | None, "Who made it, as a pseudonym."),
            ("organisation", _Organisation(), maybe(self._organisation), "For whom they made it."),
            ("reason", _OrNull("reason"), str | None, "What they said about it; null where you may not read it."),
            ("contract", _OrNull("contract_hash"), strawberry.ID | None, "The hash of the contract it was judged by."),
        ]

    def of_events(self) -> list[Any]:
        """The same facts, of the revision of an event."""
        facts = [field(name, _OfRevision(rule), type_, words) for name, rule, type_, words in self.facts()]
        return [field("revision", _OfRevision(_Number()), int, "Its number."), *facts]

    def root(self) -> Any:
        """The root field ``revisions``."""
        arguments = [
            argument("entity", strawberry.ID | None, "Those that changed this entity: a global id or an IRI."),
            argument("organisation", strawberry.ID | None, "Those made for this organisation."),
            argument("agent", IRI | None, "Those by this author."),
            *PAGING,
        ]
        words = "The revisions you may know of, newest first: after a cursor come older ones."
        return field("revisions", _Revisions(), maybe(self.connection), words, arguments=arguments)

    def history(self) -> Any:
        """The field of every entity."""
        words = "The revisions that changed it or a part of it, newest first; of parts and things elsewhere none."
        return field("history", _History(), self.connection, words, arguments=PAGING)

    def _connection(self) -> type:
        edge = fill(
            shell("RevisionEdge"),
            [
                attribute("cursor", str, "Its place."),
                field("node", InEdge("node"), self.revision, "The revision itself."),
            ],
            "A revision and its place.",
        )
        return fill(
            shell("RevisionConnection"),
            [
                attribute("edges", many(edge), "This page, with a cursor for each."),
                attribute("nodes", many(self.revision), "This page."),
                attribute("pageInfo", PAGE_INFO, "Where this page stands.", "page_info"),
            ],
            "A page of revisions, newest first. It may have fewer than were asked for although more follow.",
        )

    def _fields(self) -> list[Any]:
        most = f"At most how many of the changes: {CHANGES_SHOWN} where it is not given, up to {MOST_CHANGES}."
        first = argument("first", int | None, most, CHANGES_SHOWN)
        changes = f"What became of the entities it changed: the first ones, at most {MOST_CHANGES}."
        return [
            field("revision", _Number(), int, "Its number."),
            *(field(name, rule, type_, words) for name, rule, type_, words in self.facts()),
            field("changes", _Changes(self._ledger), many(self.change), changes, arguments=[first]),
            field("complete", _Complete(None), bool, "Whether `changes(first:)` are all of them.", arguments=[first]),
            field("cursor", _FollowCursor(), str, "For `catalogueChanged(since:)`: what came after this revision."),
        ]


class _Number(Rule):
    def column(self, request: Request, sources: Sequence[Revision], arguments: Arguments) -> list[Any]:
        return [one.number for one in sources]
