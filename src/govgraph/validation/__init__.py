"""Findings: what the shapes say against a set of triples, per entity, with the points each costs.

It knows the contract and N-Triples, never a store or a face. Which engine looks is a choice behind one seam.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple

from govgraph.contract import Contract, Kind, Severity
from govgraph.errors import TooManyFindings
from govgraph.iris import GOV, RDF_TYPE, SH, XSD, digest, name
from govgraph.store import Path, Term
from govgraph.validation.engines import ENGINES, Outcome
from govgraph.validation.messages import message
from govgraph.validation.unknown import UNKNOWN, Known


@dataclass(frozen=True)
class Finding:
    """One thing the shapes say against one entity or part.

    ``property_name`` is the API name of the property, None for a rule or a shape about the whole entity. ``points``
    is what mending the property gives back to the entity's score.
    """

    entity: NamedNode
    kind: str | None
    property_name: str | None
    rule: str | None
    severity: Severity
    shape: Term
    component: NamedNode
    path: Path | None
    value: Term | None
    points: float

    @cached_property
    def key(self) -> str:
        """Stable over revisions as long as the same thing is wrong."""
        parts = (self.entity, self.shape, self.component, self.path and self.path.predicate, self.value)
        return digest(*(str(part) for part in parts))[:24]

    @property
    def blocks_publishing(self) -> bool:
        return self.severity is not Severity.INFO


@dataclass(frozen=True)
class Report:
    """All findings of a validation, gravest first."""

    findings: tuple[Finding, ...]

    @property
    def conforms(self) -> bool:
        """``sh:conforms``: no result of whatever severity (SHACL section 3.6.1.1)."""
        return not self.findings

    @property
    def counts(self) -> dict[Severity, int]:
        return {severity: sum(f.severity is severity for f in self.findings) for severity in Severity}

    def accepted(self, fail_on: Severity = Severity.VIOLATION) -> bool:
        """No finding as grave as ``fail_on``."""
        grave = list(Severity)[: list(Severity).index(fail_on) + 1]
        return not any(f.severity in grave for f in self.findings)

    @cached_property
    def by_entity(self) -> dict[NamedNode, list[Finding]]:
        found: dict[NamedNode, list[Finding]] = {}
        for finding in self.findings:
            found.setdefault(finding.entity, []).append(finding)
        return found

    def triples(self, base: str) -> list[Triple]:
        """The standard SHACL report, each result with an IRI and ``gov:points``; messages stay with the contract."""
        report = NamedNode(f"{base}finding/report")
        said = [
            Triple(report, RDF_TYPE, name(SH, "ValidationReport")),
            Triple(report, name(SH, "conforms"), _literal(str(self.conforms).lower(), "boolean")),
        ]
        for finding in self.findings:
            result = NamedNode(f"{base}finding/{finding.key}")
            said += [
                Triple(report, name(SH, "result"), result),
                Triple(result, RDF_TYPE, name(SH, "ValidationResult")),
                Triple(result, name(SH, "focusNode"), finding.entity),
                Triple(result, name(SH, "resultSeverity"), name(SH, finding.severity.capitalize())),
                Triple(result, name(SH, "sourceShape"), finding.shape),
                Triple(result, name(SH, "sourceConstraintComponent"), finding.component),
                Triple(result, name(GOV, "points"), _literal(f"{finding.points:g}", "decimal")),
            ]
            if finding.path is not None:
                predicate = "resultPath" if not finding.path.inverse else "resultInversePath"
                namespace = SH if not finding.path.inverse else GOV
                said.append(Triple(result, name(namespace, predicate), finding.path.predicate))
            if finding.value is not None:
                said.append(Triple(result, name(SH, "value"), finding.value))
        return said


def check(
    contract: Contract,
    data: Iterable[bytes],
    engine: str = "shacl",
    *,
    most: int | None = None,
    unknown_already: Iterable[Finding] | None = None,
) -> Report:
    """Validate N-Triples, given in parts, together with the contract's vocabulary.

    ``unknown_already`` are the findings of unknown predicates where they are known; None: they are looked for.
    Raises ValueError when the data is no N-Triples, TooManyFindings when there are more than ``most``.
    """
    parts = tuple(data)
    outcomes = ENGINES[engine](contract.shapes, b"".join((*parts, contract.vocabulary)), most)
    findings = {found(contract, outcome) for outcome in outcomes}
    if unknown_already is None:
        findings |= {found(contract, outcome) for outcome in Known(contract).unknown(parts)}
    else:
        findings |= set(unknown_already)
    if most is not None and len(findings) > most:
        raise TooManyFindings(
            f"There are more than {most:,} findings, too many to keep. Among the first are {_commonest(findings)}.",
            "Mend what is missing everywhere first, or raise GOVGRAPH_FINDINGS_MOST.",
        )
    order = list(Severity)
    ranked = sorted(findings, key=lambda f: (order.index(f.severity), f.entity.value, f.key))
    return Report(tuple(ranked))


def _commonest(findings: Iterable[Finding]) -> str:
    counts = Counter(f"{f.kind or 'entry'} {f.property_name or f.rule or ''}".strip() for f in findings)
    return ", ".join(f"{what} ({count:,})" for what, count in counts.most_common(3))


def explain(contract: Contract, finding: Finding, languages: Sequence[str]) -> str:
    """The finding as a sentence, in the first of the languages it can be said in."""
    return message(contract, finding, languages)


def read_back(contract: Contract, statements: Iterable[Triple]) -> list[Finding]:
    """Findings from the triples of their results, as ``Report.triples`` wrote them."""
    said: dict[Term, dict[str, Term]] = {}
    for triple in statements:
        local = triple.predicate.value.rpartition("#")[2]
        said.setdefault(triple.subject, {})[local] = triple.object
    findings = []
    for one in said.values():
        path = one.get("resultPath") or one.get("resultInversePath")
        outcome = Outcome(
            focus=one["focusNode"],
            path=Path(path, "resultInversePath" in one) if isinstance(path, NamedNode) else None,
            severity=_iri(one["resultSeverity"]).value,
            shape=one["sourceShape"],
            component=_iri(one["sourceConstraintComponent"]).value,
            value=one.get("value"),
        )
        findings.append(found(contract, outcome))
    return findings


def found(contract: Contract, outcome: Outcome) -> Finding:
    """What an engine found, as the contract knows it."""
    owner = contract.property_of_shape.get(outcome.shape)  # type: ignore[arg-type]
    rule = contract.rule_of_shape.get(outcome.shape)  # type: ignore[arg-type]
    is_unknown = outcome.component == UNKNOWN.value
    kind: str | None = owner[0].name if owner else rule.kind if rule else None
    if is_unknown:
        kind = next((kind.name for kind in contract.kinds if kind.shape == outcome.shape), None)
    prop = owner[1] if owner else None
    if prop is None and kind is not None and outcome.path is not None:
        prop = contract.by_name[kind].by_path.get(outcome.path)
    points = owner[1].weight if owner else rule.weight if rule else 0.0 if is_unknown else 1.0
    return Finding(
        entity=_iri(outcome.focus),
        kind=kind,
        property_name=prop.name if prop else None,
        rule=rule.name if rule else None,
        severity=Severity(outcome.severity.removeprefix(SH).lower()),
        shape=outcome.shape,
        component=NamedNode(outcome.component),
        path=outcome.path,
        value=outcome.value,
        points=points,
    )


def _iri(term: Term) -> NamedNode:
    """Focus nodes in the catalogue are IRIs; in a file someone validates they may be anything."""
    return term if isinstance(term, NamedNode) else NamedNode(f"urn:govgraph:node:{digest(str(term))[:16]}")


def _literal(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=name(XSD, datatype))


@dataclass(frozen=True)
class Points:
    """Points kept out of points possible; sums of them score a kind, an organisation, a catalogue."""

    kept: float = 0.0
    possible: float = 0.0

    def __add__(self, other: Points) -> Points:
        return Points(self.kept + other.kept, self.possible + other.possible)

    @property
    def score(self) -> float:
        """Percent, one decimal; 100 where nothing can be missing."""
        return round(100 * self.kept / self.possible, 1) if self.possible else 100.0


def points(kind: Kind, findings: Iterable[Finding]) -> Points:
    """Of one entity: each property or rule with a finding (its own or a part's) costs its points once."""
    lost: Mapping[tuple[str, str], float] = {
        (f.entity.value, f.property_name or f.rule or ""): f.points for f in findings if f.points
    }
    return Points(max(kind.possible - sum(lost.values()), 0.0), kind.possible)


def ntriples(triples: Iterable[Triple]) -> bytes:
    return pyoxigraph.serialize(triples, format=RdfFormat.N_TRIPLES) or b""
