"""What the page about one entity says, in a reader's words and a kind's order; reads a view, writes no HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from govgraph.catalogue import Entity, View
from govgraph.contract import Form, Kind, Property
from govgraph.iris import compact
from govgraph.store import Term
from govgraph.validation import Finding, Points, explain, points
from govgraph.web import columns
from govgraph.web.annals import Latest, latest
from govgraph.web.showing import Showing, Shown
from govgraph.web.visit import Visit, web_address

MOST_VALUES = 100
"""Values of one property on a page; the rest is a list away."""
_MOST_READ = 3 * MOST_VALUES
"""Values whose labels are read, to show the first of them by name; a hub may have any number."""


@dataclass(frozen=True)
class Line:
    """One property and its values. ``all_href`` leads to the list of all values where there are more than shown."""

    name: str
    label: str
    description: str
    values: tuple[Shown, ...]
    parts: tuple[PartTable, ...] = ()
    total: int = 0
    all_href: str = ""


@dataclass(frozen=True)
class PartTable:
    """The parts of one kind, a row each; ``rows`` have None where a part does not say what the column is for."""

    kind: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Line | None, ...], ...]


@dataclass(frozen=True)
class Section:
    anchor: str
    heading: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class FindingShown:
    severity: str
    message: str
    property_label: str
    points: float


@dataclass(frozen=True)
class Link:
    """Something that points here: through a part, ``node`` is its owner."""

    node: Shown
    relation: str


@dataclass(frozen=True)
class Document:
    """``address`` is the IRI where a browser may follow it; ``history`` is None of what is no entity of ours."""

    iri: str
    address: str
    title: Shown
    kind: Kind | None
    owner: Shown | None
    lead: Shown | None
    facts: tuple[Line, ...]
    sections: tuple[Section, ...]
    others: tuple[Line, ...]
    findings: tuple[FindingShown, ...]
    points: Points | None
    links: tuple[Link, ...]
    links_page: int
    more_links: bool
    history: Latest | None


class Reading:
    """Everything one document needs, read in batches; then ``document`` words it."""

    def __init__(self, visit: Visit, view: View, entity: Entity, links_page: int, links_size: int) -> None:
        self._visit = visit
        self._view = view
        self._entity = entity
        self._page = links_page
        self._parts = _parts(view, entity)
        self._incoming = view.incoming(entity.iri, (links_page - 1) * links_size, links_size)
        sources = [source for source, _ in self._incoming.links if isinstance(source, NamedNode)]
        self._owners = view.owners_of_parts(sources)
        self._part_owners = view.owners_of_parts([entity.iri]) if entity.kind and entity.kind.part else {}
        self._findings = view.findings([entity.iri]).get(entity.iri, [])
        shown = _values((entity, *self._parts.values()))
        self._showing = Showing(
            visit, view, [entity.iri, *shown, *sources, *self._owners.values(), *self._part_owners.values()]
        )

    def document(self) -> Document:
        entity, kind = self._entity, self._entity.kind
        lead = kind.by_path.get(columns.DESCRIPTION) if kind else None
        title = columns.title(kind) if kind else None
        lines = {p: self._line(p, values) for p, values in entity.values.items() if p not in (lead, title)}
        owner = self._part_owners.get(entity.iri)
        return Document(
            iri=entity.iri.value,
            address=web_address(entity.iri.value),
            title=self._title(title),
            kind=kind,
            owner=self._showing.term(owner) if owner else None,
            lead=self._first(lead),
            facts=tuple(lines[p] for p in columns.telling(kind) if p in lines) if kind else (),
            sections=self._sections(kind, lines) if kind else (),
            others=self._others(entity),
            findings=tuple(self._finding(finding) for finding in sorted(self._findings, key=_gravity)),
            points=points(kind, self._findings) if kind and not kind.part else None,
            links=tuple(self._link(source, predicate) for source, predicate in self._incoming.links),
            links_page=self._page,
            more_links=self._incoming.more,
            history=latest(self._visit, self._view, entity.iri) if kind and not kind.part else None,
        )

    def _title(self, title: Property | None) -> Shown:
        """As the label is, with the title's other languages."""
        named = self._first(title)
        return named if named and named.text else self._showing.node(self._entity.iri)

    def _first(self, prop: Property | None) -> Shown | None:
        values = self._entity.values.get(prop, []) if prop else []
        return self._showing.texts(values)[0] if values else None

    def _sections(self, kind: Kind, lines: dict[Property, Line]) -> tuple[Section, ...]:
        groups: dict[object, list[Property]] = {}
        for prop in kind.properties:
            if prop in lines:
                groups.setdefault(prop.group.iri if prop.group else None, []).append(prop)
        sections = []
        for properties in groups.values():
            group = properties[0].group
            anchor = compact(group.iri.value).rpartition(":")[2] if group else "other"
            heading = self._visit.heading(group.labels) if group else ""
            sections.append(Section(anchor, heading, tuple(lines[p] for p in properties)))
        return tuple(sections)

    def _line(self, prop: Property, values: Sequence[Term]) -> Line:
        parts = [self._parts[v] for v in values if v in self._parts] if prop.form is Form.PART else []  # type: ignore[index]
        kept = [v for v in values if v not in self._parts] if parts else values
        shown = self._showing.values(prop, kept[:_MOST_READ])
        return Line(
            name=prop.name,
            label=self._visit.heading(prop.labels),
            description=self._visit.say(prop.descriptions),
            values=shown[:MOST_VALUES],
            parts=self._part_tables(parts),
            total=len(values),
            all_href=self._all(prop) if len(values) > MOST_VALUES else "",
        )

    def _part_tables(self, parts: Sequence[Entity]) -> tuple[PartTable, ...]:
        kinds = dict.fromkeys(part.kind for part in parts)
        return tuple(self._part_table(kind, [part for part in parts if part.kind is kind]) for kind in kinds)

    def _part_table(self, kind: Kind | None, parts: Sequence[Entity]) -> PartTable:
        said = [self._part(part) for part in parts]
        names = [p.name for p in kind.properties] if kind else []
        named = {name: line.label for lines in said for name, line in lines.items()}
        columns = sorted(named, key=lambda name: (names.index(name) if name in names else len(names), name))
        return PartTable(
            self._visit.heading(kind.labels) if kind else "",
            tuple(named[name] for name in columns),
            tuple(tuple(lines.get(name) for name in columns) for lines in said),
        )

    def _part(self, part: Entity) -> dict[str, Line]:
        lines = [self._line(prop, values) for prop, values in part.values.items() if prop.stored]
        return {line.name: line for line in (*lines, *self._others(part))}

    def _others(self, entity: Entity) -> tuple[Line, ...]:
        return tuple(
            Line(predicate.value, self._showing.relation(predicate), "", self._any(values), total=len(values))
            for predicate, values in sorted(entity.others.items(), key=lambda item: item[0].value)
        )

    def _any(self, values: Sequence[Term]) -> tuple[Shown, ...]:
        tagged = all(isinstance(value, Literal) and value.language for value in values)
        return self._showing.texts(values) if tagged else tuple(self._showing.term(value) for value in values)

    def _all(self, prop: Property) -> str:
        """The list of a property's values: entities of a kind that point back here."""
        if not prop.path.inverse:
            return ""
        for kind in (self._view.contract.by_name[name] for name in prop.kinds):
            forward = next((p for p in kind.properties if p.stored and p.path.predicate == prop.path.predicate), None)
            if forward and not kind.part:
                return self._visit.href(f"/{kind.slug}", **{forward.name: self._entity.iri.value})
        return ""

    def _finding(self, finding: Finding) -> FindingShown:
        contract = self._view.contract
        kind = contract.by_name.get(finding.kind or "")
        prop = kind.by_name.get(finding.property_name or "") if kind else None
        return FindingShown(
            severity=finding.severity.value,
            message=self._visit.words.typeset(explain(contract, finding, self._visit.languages)),
            property_label=self._visit.heading(prop.labels) if prop else "",
            points=finding.points,
        )

    def _link(self, source: Term, predicate: NamedNode) -> Link:
        kind = self._showing.kind_of(source)
        return Link(self._showing.term(self._owners.get(source, source)), self._showing.relation(predicate, kind))


def _gravity(finding: Finding) -> tuple[int, float, str]:
    return ["violation", "warning", "info"].index(finding.severity.value), -finding.points, finding.key


def _parts(view: View, entity: Entity) -> dict[NamedNode, Entity]:
    nodes = [part for part in view.parts([entity.iri]).get(entity.iri, []) if isinstance(part, NamedNode)]
    return view.entities(nodes) if nodes else {}


def _values(entities: Iterable[Entity]) -> list[Term]:
    return [
        value
        for entity in entities
        for values in (*entity.values.values(), *entity.others.values())
        for value in values[:_MOST_READ]
    ]
