"""What to mend next: which single mendings give back most points, and which let an entry be published; knows no face.

A mending is all that is found against one property of an entry, or of a part of it, or by one rule against it; it gives
back its points once. What neither gives points nor stands in the way of publishing is none. It unlocks the entry when
nothing else found against it stands in the way. Nothing is validated again, so what mending one entry does to another
(a cycle of two, a link to a draft) is not foreseen. The cost is that of the entries asked about.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pyoxigraph import NamedNode

from govgraph.catalogue import View
from govgraph.catalogue.lists import cursor
from govgraph.catalogue.summary import placed
from govgraph.contract import Kind, Severity
from govgraph.store import Path, Term
from govgraph.validation import Finding, Points, points

Place: TypeAlias = tuple[float, bool, str, str, str]


@dataclass(frozen=True)
class Scope:
    """The entries asked about: those an organisation keeps, those of a kind, of both, or all."""

    organisation: NamedNode | None = None
    kind: Kind | None = None


@dataclass(frozen=True)
class Mending:
    """``node`` is the entry or the part of it that has the ``findings``; ``subject`` the API name of property or rule,
    empty for the entry as a whole. ``severity`` is the gravest of them, ``points`` what mending them gives back.

    ``unlocks`` when the entry may not be published as it stands and nothing else stands in the way.
    """

    entity: NamedNode
    node: NamedNode
    kind: Kind
    subject: str
    severity: Severity
    points: float
    unlocks: bool
    findings: tuple[Finding, ...]

    @property
    def place(self) -> Place:
        """Most points first; among equals what unlocks an entry; then by name, so that the order is always one."""
        return -self.points, not self.unlocks, self.entity.value, self.node.value, self.subject


@dataclass(frozen=True)
class Leaf:
    """A page of mendings, with a cursor each. ``total``, ``unlocking`` and ``now`` (the points) are of all of them."""

    mendings: tuple[Mending, ...]
    cursors: tuple[str, ...]
    total: int
    unlocking: int
    now: Points
    has_next: bool
    has_previous: bool

    def after(self, mending: Mending) -> Points:
        """The points once that is mended."""
        return Points(min(self.now.kept + mending.points, self.now.possible), self.now.possible)


@dataclass(frozen=True)
class Mendings:
    """All mendings of some entries, in their order, and the points the entries have now."""

    ranked: tuple[Mending, ...]
    now: Points

    @property
    def unlocking(self) -> int:
        """The entries that one mending lets be published."""
        return len({mending.entity for mending in self.ranked if mending.unlocks})


def mendings(view: View, scope: Scope = Scope()) -> Mendings:
    """All that can be mended of some entries, best first; found once per revision."""
    return view.keep(("mendings", scope.organisation, scope.kind and scope.kind.name), lambda: _find(view, scope))


def page(view: View, scope: Scope = Scope(), *, first: int = 20, after: str | None = None) -> Leaf:
    """A page of what to mend next. Raises BadRequest for a cursor that was not given out here."""
    found = mendings(view, scope)
    start = bisect_right(found.ranked, _decode(after), key=lambda one: one.place) if after else 0
    shown = found.ranked[start : start + first]
    return Leaf(
        mendings=shown,
        cursors=tuple(cursor.encode(mending.place) for mending in shown),
        total=len(found.ranked),
        unlocking=found.unlocking,
        now=found.now,
        has_next=start + first < len(found.ranked),
        has_previous=start > 0,
    )


def kept_by(view: View, organisation: NamedNode) -> dict[NamedNode, Kind]:
    """The entries an organisation keeps, itself if it is one. A few reads; grows with their number."""
    owners = {kind.owner for kind in view.contract.entities if kind.owner is not None and not kind.owns_itself}
    paths = {owner: Path(owner.predicate, not owner.inverse) for owner in owners}
    found = view.reader.values([organisation], list(paths.values()), view.graphs)
    pointing = {path: set(found[back].get(organisation, ())) for path, back in paths.items()}
    candidates = list(dict.fromkeys((organisation, *(node for of in pointing.values() for node in of))))
    return {
        node: kind
        for node, kind in view.kinds(candidates).items()
        if isinstance(node, NamedNode)
        and not kind.part
        and (node == organisation if kind.owns_itself else kind.owner is not None and node in pointing[kind.owner])
    }


def _find(view: View, scope: Scope) -> Mendings:
    found: Mapping[Term, list[Finding]]
    if scope.organisation is not None:
        kept = kept_by(view, scope.organisation)
        entries = {node: kind for node, kind in kept.items() if scope.kind in (None, kind)}
        found = view.findings(list(entries))
        now = _points(entries, found)
    elif scope.kind is not None:
        members = view.kinds(view.members(scope.kind))
        entries = {node: kind for node, kind in members.items() if kind is scope.kind and isinstance(node, NamedNode)}
        found = view.findings(list(entries))
        now = view.summary().kinds[scope.kind.name]
    else:
        found = placed(view, view.all_findings())
        entries = {node: kind for node, kind in view.kinds(list(found)).items() if isinstance(node, NamedNode)}
        now = view.summary().total
    every = (one for node, kind in entries.items() for one in _of_entry(node, kind, found.get(node, ())))
    return Mendings(tuple(sorted(every, key=lambda one: one.place)), now)


def _points(entries: Mapping[NamedNode, Kind], found: Mapping[Term, Iterable[Finding]]) -> Points:
    now = Points()
    for node, kind in entries.items():
        now += points(kind, found.get(node, ()))
    return now


def _of_entry(entity: NamedNode, kind: Kind, findings: Iterable[Finding]) -> Iterable[Mending]:
    """The mendings of one entry: what ``validation.points`` counts once is one."""
    grouped: dict[tuple[NamedNode, str], list[Finding]] = {}
    for finding in findings:
        grouped.setdefault((finding.entity, finding.property_name or finding.rule or ""), []).append(finding)
    blocking = [key for key, of in grouped.items() if any(finding.blocks_publishing for finding in of)]
    costs = {key: max(finding.points for finding in of) for key, of in grouped.items()}
    lost, order = sum(costs.values()), list(Severity)
    for (node, subject), of in grouped.items():
        # Who has lost more than there was to lose gets back only what is then left.
        gain = max(kind.possible - lost + costs[node, subject], 0.0) - max(kind.possible - lost, 0.0)
        if not gain and (node, subject) not in blocking:
            continue
        yield Mending(
            entity=entity,
            node=node,
            kind=kind,
            subject=subject,
            severity=min((finding.severity for finding in of), key=order.index),
            points=round(gain, 3),
            unlocks=blocking == [(node, subject)],
            findings=tuple(sorted(of, key=lambda finding: (order.index(finding.severity), finding.key))),
        )


def _decode(text: str) -> Place:
    match cursor.said(text):
        case [int() | float() as lost, bool(locked), str(entity), str(node), str(subject)]:
            return float(lost), locked, entity, node, subject
    raise cursor.strange(text)
