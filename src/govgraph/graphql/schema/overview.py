"""The root field ``catalogue``: what the whole view holds, how complete it is, and what is found against it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

import strawberry

from govgraph.catalogue import View
from govgraph.contract import Kind, Severity
from govgraph.graphql.execution.reading import Limits, Request
from govgraph.graphql.schema import texts
from govgraph.graphql.schema.connections import FORWARD, Connection, Paged, connection, decode, encode
from govgraph.graphql.schema.entities import SEVERITIES, severities
from govgraph.graphql.schema.fields import Arguments, Rule, argument, attribute, field, fill, many, maybe, shell
from govgraph.graphql.schema.kinds import Types
from govgraph.graphql.schema.names import capitals
from govgraph.graphql.schema.scalars import IRI
from govgraph.validation import Finding


class _KindCount:
    def __init__(self, view: View, kind: Kind) -> None:
        self.name = capitals(kind.name)
        self.labels = kind.plural_labels
        self.count = len(view.members(kind))
        self.score = view.summary().kinds[kind.name].score


class _FindingCounts:
    def __init__(self, counts: Mapping[str, int]) -> None:
        self.violation, self.warning, self.info = (counts.get(severity, 0) for severity in Severity)


class _Overview:
    """What ``catalogue`` gives; adds up only what is asked for, once per revision."""

    def __init__(self, view: View, limits: Limits) -> None:
        self._view = view
        self.limits = limits
        self.revision = view.revision
        self.base = view.names.base
        self.contract = view.contract.hash

    @property
    def score(self) -> float:
        return self._view.summary().total.score

    @property
    def counts(self) -> list[_KindCount]:
        return [_KindCount(self._view, kind) for kind in self._view.contract.entities]

    @property
    def finding_counts(self) -> _FindingCounts:
        return _FindingCounts(self._view.summary().findings)


class _Catalogue(Rule):
    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        return [_Overview(request.view, request.limits)]


class _KindLabel(Rule):
    def column(self, request: Request, sources: Sequence[_KindCount], arguments: Arguments) -> list[Any]:
        wanted = texts.languages(arguments)
        return [texts.of_wording(source.labels, wanted) for source in sources]


class _AllFindings(Paged):
    """A page of the findings of the view; the order is the view's, so a cursor is the key of a place in it."""

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        wanted = severities(arguments)
        given = arguments.get("kind")
        kinds = None if given is None else {one.value for one in given}
        found = [
            f
            for f in request.view.all_findings()
            if f.severity in wanted and (kinds is None or (f.kind is not None and capitals(f.kind) in kinds))
        ]
        after, first = arguments.get("after"), self.width(arguments, request.limits)
        start = bisect_right(found, _place_of(after), key=_place) if after else 0
        shown = found[start : start + first]
        cursors = [encode(f.points, f.entity.value, f.key) for f in shown]
        return [Connection(shown, cursors, len(found), start + first < len(found), start > 0)] * len(sources)


def _place(finding: Finding) -> tuple[float, str, str]:
    return -finding.points, finding.entity.value, finding.key


def _place_of(cursor: str) -> tuple[float, str, str]:
    match decode(cursor):
        case [points, entity, key] if points.isascii() and points.replace(".", "", 1).isdigit():
            return -float(points), entity, key
    return 0.0, "", ""


def catalogue_field(types: Types) -> Any:
    counts = fill(
        shell("FindingCounts"),
        [attribute(severity.value, int, "") for severity in Severity],
        "How many findings there are of each severity.",
    )
    of_kind = fill(
        shell("KindSummary"),
        [
            attribute("kind", types.kind_name, "", "name"),
            field("label", _KindLabel(), texts.LangString, "What its entries are called.", arguments=[texts.lang()]),
            attribute("count", int, "How many entries there are."),
            attribute("score", float, "How complete they are, in percent."),
        ],
        "How many entries of a kind there are, and how complete they are.",
    )
    findings = field(
        "findings",
        _AllFindings(),
        connection("Finding", types.interfaces.finding, lambda name: name),
        "Everything found, what costs most points first.",
        arguments=[
            argument("severity", maybe(many(types.severity)), SEVERITIES),
            argument("kind", maybe(many(types.kind_name)), "About entries of these kinds alone; of all if not given."),
            *FORWARD,
        ],
    )
    fields = [
        attribute("revision", int, "Counts up with every change."),
        attribute("base", IRI, "What the IRIs of the catalogue begin with."),
        attribute("contract", strawberry.ID, "Changes with the ontology and the shapes."),
        attribute("score", float, "How complete the catalogue is, in percent."),
        attribute("counts", many(of_kind), "Its kinds, in the order of menus."),
        attribute("findingCounts", counts, "How many findings there are of each severity.", "finding_counts"),
        findings,
        attribute("limits", _limits(), "What one operation may ask for."),
    ]
    made = fill(shell("Catalogue"), fields, "The whole catalogue as you see it.")
    return field("catalogue", _Catalogue(), maybe(made), "The whole catalogue as you see it.")


def _limits() -> type:
    return fill(
        shell("Limits"),
        [
            attribute("tokens", int, "Most tokens of a document."),
            attribute("depth", int, "Most levels of fields below one another."),
            attribute("aliases", int, "Most aliases in a document."),
            attribute("nodes", int, "Most things an answer may hold, by the sizes of its pages."),
            attribute("pageSize", int, "How many a page has where nothing is said.", "page_size"),
            attribute("pageMax", int, "Most on one page.", "page_max"),
            attribute("answerRows", int, "Most rows of a question's answer.", "answer_rows"),
            attribute("edits", int, "Most edits of one change, and most changes of one request."),
            attribute("text", int, "Most characters of a text that is written."),
        ],
        "What one operation may ask for.",
    )
