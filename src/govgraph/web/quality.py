"""``/validation``: scores, findings and what to mend first; knows no rule, only what the findings say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from govgraph.catalogue import View
from govgraph.catalogue.summary import placed
from govgraph.contract import Kind, Severity
from govgraph.errors import BadRequest
from govgraph.media import HTML
from govgraph.store import Term
from govgraph.validation import Finding, Points, explain
from govgraph.web import columns, responses
from govgraph.web.house import House
from govgraph.web.language import N_, Said
from govgraph.web.mending import MendingPage
from govgraph.web.showing import Showing, Shown
from govgraph.web.view import view_of
from govgraph.web.visit import CARRIED, Visit, refuse_beyond

MOST_PAGES = 1_000_000
_FILTERS = ("kind", "severity", "organisation", "property")
_OURS = frozenset({*_FILTERS, "page", "format", *CARRIED})


@dataclass(frozen=True)
class Placed:
    """A finding with the entity it counts for (a part's owner), that entity's kind and the organisations keeping it."""

    finding: Finding
    entity: NamedNode
    kind: str
    organisations: frozenset[Term]

    @property
    def subject(self) -> str:
        """What is wrong, as a word: the property or rule."""
        return self.finding.property_name or self.finding.rule or ""


@dataclass(frozen=True)
class Scored:
    """``value`` is what a filter says for it, ``count`` how many entities it has; ``href`` leads to their findings."""

    value: str
    shown: Shown
    points: Points
    count: int
    href: str


@dataclass(frozen=True)
class FindingRow:
    entity: Shown
    kind: str
    label: str
    severity: str
    message: str
    points: float


def routes(house: House) -> list[BaseRoute]:
    return [Route("/validation", partial(validation, house))]


def validation(house: House, request: Request) -> Response:
    visit = Visit.of(house, request)
    view = view_of(house, request)
    format_ = responses.negotiate(request, (HTML,))
    return responses.answer(visit, view, format_, lambda: Quality(visit, view).html())


class Quality:
    def __init__(self, visit: Visit, view: View) -> None:
        self._visit = visit
        self._view = view
        self._contract = view.contract
        self._given = visit.parameters

    def html(self) -> str:
        settings = self._visit.house.settings
        keeper, wanted = self._wanted()
        chosen = [placed for placed in placed_findings(self._view) if wanted(placed)]
        size, number = settings.page_size, self._visit.whole("page", MOST_PAGES)
        pages = max(1, -(-len(chosen) // size))
        refuse_beyond(number, pages)
        filtered = any(self._given.get(name) for name in _FILTERS)
        mending = MendingPage(self._visit, self._view, self._label)
        following = mending.of(keeper) if keeper is not None else None
        return self._visit.house.renderer.page(
            self._visit,
            "validation.html",
            summary=self._view.summary(),
            kinds=self._kinds(),
            organisations=self._organisations(),
            mending=mending.sorts(),
            unlocking=mending.whole.unlocking,
            following=following,
            history=mending.history(following, keeper),
            findings=self._rows(chosen[(number - 1) * size : number * size]),
            total=len(chosen),
            page=number,
            pages=pages,
            given=self._given,
            filtered=filtered,
            property_label=self._property_label(),
            severities=list(Severity),
            view=self._view,
        )

    def _wanted(self) -> tuple[NamedNode | None, Callable[[Placed], bool]]:
        """The organisation and the findings the address asks for.

        Raises BadRequest for what it cannot ask for: nothing found would read as all is well.
        """
        given = {name: value for name, value in self._given.items() if value}
        unknown = [name for name in given if name not in _OURS]
        if unknown:
            raise BadRequest(
                Said(N_("This list has no filter “%(name)s”."), name=unknown[0]),
                Said(N_("It has: %(names)s."), names=", ".join(_FILTERS)),
            )
        kind = self._contract.by_slug.get(given.get("kind", ""))
        if "kind" in given:
            slugs = [one.slug for one in self._contract.entities]
            self._check("kind", given["kind"], slugs, given["kind"] in slugs)
        if "severity" in given:
            severities = [one.value for one in Severity]
            self._check("severity", given["severity"], severities, given["severity"] in severities)
        if "property" in given:
            subjects = self._subjects()
            self._check("property", given["property"], subjects, given["property"] in subjects)
        keeper = self._organisation(given["organisation"]) if "organisation" in given else None

        def wanted(placed: Placed) -> bool:
            return (
                given.get("severity") in (None, placed.finding.severity.value)
                and (kind is None or kind.name == placed.kind)
                and given.get("property") in (None, placed.subject)
                and (keeper is None or keeper in placed.organisations)
            )

        return keeper, wanted

    def _check(self, name: str, value: str, choices: Iterable[str], good: bool) -> None:
        if not good:
            raise BadRequest(
                Said(N_("%(name)s is “%(value)s”."), name=name, value=value),
                Said(N_("Choose one of: %(choices)s."), choices=", ".join(choices)),
            )

    def _subjects(self) -> list[str]:
        """Every property and rule a finding can be about."""
        properties = (prop.name for kind in self._contract.kinds for prop in kind.properties)
        return list(dict.fromkeys((*properties, *(rule.name for rule in self._contract.rules))))

    def _organisation(self, said: str) -> NamedNode:
        """An organisation by IRI, or by the slug of whichever kind keeps itself."""
        own = next((kind for kind in self._contract.entities if kind.owns_itself), None)
        try:
            iri = self._view.names.entity(own.slug, said) if own and ":" not in said else NamedNode(said)
        except ValueError:
            iri = None
        if iri is None or iri not in self._view.kinds([iri]):
            raise BadRequest(
                Said(N_("There is no organisation “%(value)s” here."), value=said),
                Said(N_("Choose one from the form.")),
            )
        return iri

    def _property_label(self) -> str:
        name, kind = self._given.get("property", ""), self._contract.by_slug.get(self._given.get("kind", ""))
        return self._label(kind.name if kind else "", name) if name else ""

    def _label(self, kind: str, subject: str) -> str:
        """The property's or rule's own words."""
        for one in (self._contract.by_name.get(kind), *self._contract.kinds):
            if one is not None and subject in one.by_name:
                return self._visit.heading(one.by_name[subject].labels)
        rule = next((rule for rule in self._contract.rules if rule.name == subject), None)
        return self._visit.heading(rule.labels) if rule else subject

    def _kinds(self) -> list[Scored]:
        summary = self._view.summary()
        return [
            Scored(
                kind.slug,
                Shown(self._visit.heading(kind.plural_labels), href=self._visit.href(f"/{kind.slug}")),
                summary.kinds[kind.name],
                len(self._view.members(kind)),
                self._visit.href("/validation#findings", kind=kind.slug),
            )
            for kind in self._contract.entities
            if self._view.members(kind)
        ]

    def _organisations(self) -> list[Scored]:
        """Those that lose most points first: where there is most to gain."""
        organisations = self._view.summary().organisations
        showing = Showing(self._visit, self._view, organisations)
        ranked = sorted(organisations.items(), key=lambda item: (item[1].kept - item[1].possible, item[0].value))
        return [
            Scored(
                self._slug(iri),
                showing.node(iri),
                points,
                0,
                self._visit.href("/validation#findings", organisation=self._slug(iri)),
            )
            for iri, points in ranked
        ]

    def _slug(self, iri: NamedNode) -> str:
        ours = self._view.names.split(iri.value)
        own = next((kind for kind in self._contract.entities if kind.owns_itself), None)
        return ours[1] if ours and own and ours[0] == own.slug else iri.value

    def _rows(self, placed: list[Placed]) -> list[FindingRow]:
        showing = Showing(self._visit, self._view, [one.entity for one in placed])
        return [
            FindingRow(
                entity=showing.node(one.entity),
                kind=self._visit.heading(self._contract.by_name[one.kind].labels) if one.kind else "",
                label=self._label(one.kind, one.subject) if one.subject else "",
                severity=one.finding.severity.value,
                message=self._visit.words.typeset(explain(self._contract, one.finding, self._visit.languages)),
                points=one.finding.points,
            )
            for one in placed
        ]


def placed_findings(view: View) -> tuple[Placed, ...]:
    """All findings of a view, gravest and dearest first; put together once per revision."""

    def find() -> tuple[Placed, ...]:
        by_entity = placed(view, view.all_findings())
        seen = {finding for of in by_entity.values() for finding in of}
        for finding in view.all_findings():
            if finding not in seen:
                by_entity.setdefault(finding.entity, []).append(finding)
        kinds = view.kinds(list(by_entity))
        rows = [
            Placed(finding, entity, kind.name if (kind := kinds.get(entity)) else "", _keepers(view, entity, kind))
            for entity, of in by_entity.items()
            if isinstance(entity, NamedNode)
            for finding in of
        ]
        order = list(Severity)
        return tuple(sorted(rows, key=lambda p: (order.index(p.finding.severity), -p.finding.points, p.entity.value)))

    return view.keep("placed findings", find)


def _keepers(view: View, entity: NamedNode, kind: Kind | None) -> frozenset[Term]:
    if kind is None:
        return frozenset()
    if kind.owns_itself:
        return frozenset({entity})
    owner = columns.owner(kind)
    return frozenset(view.column(owner).get(entity, ())) if owner else frozenset()
