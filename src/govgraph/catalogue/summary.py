"""The scores of a whole view, added up from its findings; knows views, no face."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode

from govgraph.contract import Contract, Kind
from govgraph.store import Term
from govgraph.validation import Finding, Points, points

if TYPE_CHECKING:
    from govgraph.catalogue import View


@dataclass(frozen=True)
class Summary:
    """Points of the catalogue, per kind (API name) and per organisation that keeps entries; findings by severity."""

    total: Points
    kinds: Mapping[str, Points]
    organisations: Mapping[NamedNode, Points]
    findings: Mapping[str, int]


def sum_up(view: View) -> Summary:
    """Grows with the catalogue; a view keeps it."""
    findings = view.all_findings()
    owners = view.owners_of_parts({f.entity for f in findings if _is_part(view.contract, f)})
    by_entity: dict[Term, list[Finding]] = {}
    counts = {"violation": 0, "warning": 0, "info": 0}
    for finding in findings:
        counts[finding.severity] += 1
        by_entity.setdefault(owners.get(finding.entity, finding.entity), []).append(finding)
    total = Points()
    kinds: dict[str, Points] = {}
    organisations: dict[NamedNode, Points] = {}
    for kind in view.contract.entities:
        of_kind = Points()
        owner_of = _owners(view, kind)
        for member in view.members(kind):
            member_points = points(kind, by_entity.get(member, ()))
            of_kind += member_points
            for owner in owner_of(member):
                organisations[owner] = organisations.get(owner, Points()) + member_points
        kinds[kind.name] = of_kind
        total += of_kind
    return Summary(total, kinds, organisations, counts)


def _is_part(contract: Contract, finding: Finding) -> bool:
    return finding.kind is not None and contract.by_name[finding.kind].part


def _owners(view: View, kind: Kind) -> Callable[[NamedNode], list[NamedNode]]:
    """From an entity of the kind to the organisations that keep it."""
    if kind.owns_itself:
        return lambda member: [member]
    if kind.owner is None:
        return lambda _: []
    owners: dict[Term, list[Term]] = view.reader.values(view.members(kind), (kind.owner,), view.graphs)[kind.owner]
    return lambda member: [owner for owner in owners.get(member, ()) if isinstance(owner, NamedNode)]
