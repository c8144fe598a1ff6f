"""The root field ``nextEdits``: what to mend next, for all, an organisation or a kind; ranks nothing itself.

It stands beside the other root fields: ``next_edits_field(types)`` in the list of ``schema.build``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import strawberry
from pyoxigraph import NamedNode

from govgraph.catalogue import View
from govgraph.catalogue.next_edits import Leaf, Mending, Scope, page
from govgraph.contract import Kind
from govgraph.errors import BadRequest
from govgraph.graphql.execution.reading import Limits, Request
from govgraph.graphql.schema.connections import FORWARD, Connection, Paged, connection
from govgraph.graphql.schema.entities import refer
from govgraph.graphql.schema.fields import Arguments, Rule, argument, attribute, field, fill, many, maybe, shell, size
from govgraph.graphql.schema.kinds import Types
from govgraph.graphql.schema.names import capitals
from govgraph.validation import Finding

MENDED_SHOWN = 10
"""Findings of one edit, where no size is given; part of the schema, since clients rely on it."""


@dataclass(frozen=True, eq=False)
class _Edit:
    """A mending with what else the face says of it."""

    mending: Mending
    score_after: float

    @property
    def entity(self) -> NamedNode:
        return self.mending.entity

    @property
    def node(self) -> NamedNode:
        return self.mending.node

    @property
    def subject(self) -> str | None:
        return self.mending.subject or None

    @property
    def points(self) -> float:
        return self.mending.points

    @property
    def unlocks(self) -> bool:
        return self.mending.unlocks

    @property
    def findings(self) -> Sequence[Finding]:
        return self.mending.findings


class _Severity(Rule):
    def column(self, request: Request, sources: Sequence[_Edit], arguments: Arguments) -> list[Any]:
        return [capitals(source.mending.severity.value) for source in sources]


class _Mended(Rule):
    def width(self, arguments: Arguments, limits: Limits) -> int:
        first = arguments.get("first")
        return size("first", None if first == MENDED_SHOWN else first, MENDED_SHOWN, limits.page_max)

    def column(self, request: Request, sources: Sequence[_Edit], arguments: Arguments) -> list[Any]:
        most = self.width(arguments, request.limits)
        return [source.findings[:most] for source in sources]


@dataclass(frozen=True, eq=False)
class _Edits(Connection):
    """A page of them, with what holds for all pages."""

    leaf: Leaf

    @classmethod
    def of_leaf(cls, leaf: Leaf) -> _Edits:
        edits = [_Edit(one, leaf.after(one).score) for one in leaf.mendings]
        return cls(edits, leaf.cursors, leaf.total, leaf.has_next, leaf.has_previous, leaf)

    @property
    def score(self) -> float:
        return self.leaf.now.score

    @property
    def unlocking(self) -> int:
        return self.leaf.unlocking


class _NextEdits(Paged):
    def __init__(self, kinds: dict[str, Kind]) -> None:
        self._kinds = kinds

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        view = request.view
        said, kind = arguments.get("organisation"), arguments.get("kind")
        organisation = _organisation(view, said) if said is not None else None
        if kind is not None and kind.value not in self._kinds:
            raise BadRequest(f"{kind.value} is a kind of parts.", "Ask for the kind of what they are parts of.")
        scope = Scope(organisation, self._kinds[kind.value] if kind is not None else None)
        first = self.width(arguments, request.limits)
        return [_Edits.of_leaf(page(view, scope, first=first, after=arguments.get("after")))]


def _organisation(view: View, said: str) -> NamedNode:
    """Raises BadRequest for what is no entry: an empty answer would read as all is well."""
    own = [kind for kind in view.contract.entities if kind.owns_itself]
    found = refer(said, own, view.names)
    known = view.kinds(found)
    for node in found:
        if node in known:
            return node
    raise BadRequest(f"There is no organisation {said[:80]!r}.", "Give its id, its IRI or its slug.")


def next_edits_field(types: Types) -> Any:
    about = "The property or rule it is about, by name; null for the entry as a whole."
    unlocks = "Whether the entry may not be published as it stands, and nothing else stands in the way."
    first = argument("first", int | None, f"At most how many, {MENDED_SHOWN} if not given.", MENDED_SHOWN)
    edit = fill(
        shell(types.take("of what nextEdits lists", "NextEdit")),
        [
            attribute("entity", types.interfaces.entity, "The entry it is for."),
            attribute("node", types.interfaces.entity, "The entry, or the part of it that has to be edited."),
            attribute("subject", str | None, about),
            field("severity", _Severity(), types.severity, "How grave the gravest of its findings is."),
            attribute("points", float, "What it gives back, in points."),
            attribute(
                "scoreAfter", float, "The score of all that was asked about after it, in percent.", "score_after"
            ),
            attribute("unlocks", bool, unlocks),
            field("findings", _Mended(), many(types.interfaces.finding), "What it mends, in part.", arguments=[first]),
        ],
        "One thing to mend in one entry.",
    )
    more = [
        attribute("score", float, "The score now of all that was asked about, in percent."),
        attribute("unlocking", int, "How many entries could be published after a single edit each."),
    ]
    made = connection("NextEdit", edit, partial(types.take, "of the pages of nextEdits"), more)
    return field(
        "nextEdits",
        _NextEdits({capitals(kind.name): kind for kind in types.contract.entities}),
        maybe(made),
        "What to mend next: the single edits that raise the score most, and which let an entry be published.",
        arguments=[
            argument("organisation", strawberry.ID | None, "Whose entries, by id, IRI or slug; null: everybody's."),
            argument("kind", maybe(types.kind_name), "Of which kind; null: of all."),
            *FORWARD,
        ],
    )
