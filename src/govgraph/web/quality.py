"""``/validation``: scores, findings and what to mend first; knows no rule, only what the findings say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from govgraph.catalogue import Audience, View
from govgraph.contract import Severity
from govgraph.errors import BadRequest
from govgraph.media import HTML
from govgraph.store import Term
from govgraph.validation import Finding, Points, explain
from govgraph.web import columns, responses
from govgraph.web.house import House
from govgraph.web.language import N_, Said
from govgraph.web.showing import Showing, Shown
from govgraph.web.visit import Visit, refuse_beyond

MOST_PAGES = 1_000_000
_FILTERS = ("kind", "severity", "organisation", "property")
_OURS = frozenset({*_FILTERS, "page", "lang", "format"})


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
class Mending:
    """One thing that is wrong with several entities of a kind, and what mending all of it gives back."""

    kind: str
    label: str
    severity: str
    entities: int
    points: float
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
    view = house.catalogue.view(Audience.PUBLIC)
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
        wanted = self._wanted()
        chosen = [placed for placed in placed_findings(self._view) if wanted(placed)]
        size, number = settings.page_size, self._visit.whole("page", MOST_PAGES)
        pages = max(1, -(-len(chosen) // size))
        refuse_beyond(number, pages)
        filtered = any(self._given.get(name) for name in _FILTERS)
        summary = self._view.summary()
        return self._visit.house.renderer.page(
            self._visit,
            "validation.html",
            summary=summary,
            kinds=self._kinds(),
            organisations=self._organisations(),
            mending=self._mending(placed_findings(self._view))[:10],
            findings=self._rows(chosen[(number - 1) * size : number * size]),
            total=len(chosen),
            page=number,
            pages=pages,
            given=self._given,
            filtered=filtered,
            property_label=self._property_label(),
            severities=list(Severity),
            revision=self._view.revision,
        )

    def _wanted(self) -> Callable[[Placed], bool]:
        """What the address asks for. Raises BadRequest for what it cannot: nothing found would read as all is well."""
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

        return wanted

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

    def _mending(self, placed: Iterable[Placed]) -> list[Mending]:
        points: dict[tuple[str, str, str], dict[NamedNode, float]] = {}
        for one in placed:
            if one.kind:
                entities = points.setdefault((one.kind, one.subject, one.finding.severity.value), {})
                # A property costs its points once, whatever is wrong with it.
                entities[one.entity] = max(entities.get(one.entity, 0.0), one.finding.points)
        found = [
            Mending(
                kind=self._visit.heading(self._contract.by_name[kind].plural_labels),
                label=self._label(kind, subject),
                severity=severity,
                entities=len(entities),
                points=sum(entities.values()),
                href=self._visit.href(
                    "/validation#findings",
                    kind=self._contract.by_name[kind].slug,
                    property=subject,
                    severity=severity,
                ),
            )
            for (kind, subject, severity), entities in points.items()
        ]
        return sorted(found, key=lambda mending: (-mending.points, mending.kind, mending.label))

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
        findings = view.all_findings()
        owners = view.owners_of_parts({finding.entity for finding in findings})
        entities = {f.entity: owners.get(f.entity, f.entity) for f in findings}
        kinds = view.kinds(list(dict.fromkeys(entities.values())))
        placed = []
        for finding in findings:
            entity = entities[finding.entity]
            assert isinstance(entity, NamedNode)
            kind = kinds.get(entity)
            keepers: frozenset[Term] = frozenset()
            if kind is not None and kind.owns_itself:
                keepers = frozenset({entity})
            elif kind is not None and (owner := columns.owner(kind)):
                keepers = frozenset(view.column(owner).get(entity, ()))
            placed.append(Placed(finding, entity, kind.name if kind else "", keepers))
        order = list(Severity)
        return tuple(sorted(placed, key=lambda p: (order.index(p.finding.severity), -p.finding.points, p.entity.value)))

    return view.keep("placed findings", find)
