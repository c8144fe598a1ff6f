"""Findings as every face tells them to programs, under one set of names; knows no format and no face."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from govgraph.contract import Contract
from govgraph.validation import Finding, explain


def told(contract: Contract, findings: Iterable[Finding], languages: Sequence[str]) -> list[dict[str, object]]:
    """What JSON can hold. ``code`` is the SHACL constraint by its short name."""
    return [
        {
            "code": finding.component.value.rpartition("#")[2].removesuffix("ConstraintComponent"),
            "entity": finding.entity.value,
            "kind": finding.kind,
            "severity": finding.severity.value,
            "property": finding.property_name,
            "rule": finding.rule,
            "path": finding.path.predicate.value if finding.path else None,
            "inverse": finding.path.inverse if finding.path else False,
            "shape": getattr(finding.shape, "value", None),
            "component": finding.component.value,
            "value": getattr(finding.value, "value", None if finding.value is None else str(finding.value)),
            "points": finding.points,
            "message": explain(contract, finding, languages),
        }
        for finding in findings
    ]
