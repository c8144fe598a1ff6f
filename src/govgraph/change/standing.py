"""What stands against a revision that replaces another, by the rules that hold for a change: see gate/gate.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from govgraph.catalogue import View
from govgraph.contract import Contract, Severity
from govgraph.errors import Refused
from govgraph.iris import RDF_TYPE, compact
from govgraph.store import Path, Term
from govgraph.validation import Finding, Report, explain

_TYPE = Path(RDF_TYPE)
_NAMED = 3
_ADVICE = "Mend the files, or load with --accept-findings: what is not complete is then not published."


@dataclass(frozen=True)
class Departed:
    """An entry that was public, and no longer would be though nobody took it out: because of a finding, or of an
    entry it needs and that is not public; neither, where the working catalogue does not mark it as published."""

    entity: NamedNode
    cause: Finding | Term | None

    def reason(self, contract: Contract) -> str:
        """In words."""
        if self.cause is None:
            return "It is not marked published."
        if isinstance(self.cause, Finding):
            return explain(contract, self.cause, ("en",))
        return f"It needs {compact(str(self.cause).strip('<>'))}, which would not be public."


def introduced(before: View, report: Report, entity_of: Callable[[Term], Term]) -> tuple[Finding, ...]:
    """The findings of the working view that may not be introduced: Violations, and Warnings against what is public.

    ``before`` is the working view they are introduced to; ``entity_of`` leads from parts to their entities as they
    are now. Grows with the number of findings.
    """
    known = {finding.key for finding in before.all_findings()}
    new = [finding for finding in report.findings if finding.blocks_publishing and finding.key not in known]
    entities = {finding.entity: entity_of(finding.entity) for finding in new}
    found = before.reader.values(list(entities.values()), (_TYPE,), (before.names.public,))[_TYPE]
    published = {node for node in found if isinstance(node, NamedNode)}
    return tuple(f for f in new if f.severity is Severity.VIOLATION or entities[f.entity] in published)


def refuse(contract: Contract, findings: Iterable[Finding], departed: Sequence[Departed]) -> None:
    """Raises Refused where anything stands against a load."""
    found = {finding.key: finding for finding in findings}
    faults = []
    if found:
        faults.append(f"introduce {_counted(len(found), 'finding')} that may not be introduced")
    if departed:
        faults.append(f"take {_counted(len(departed), 'entry', 'entries')} from the public that it does not withdraw")
    if not faults:
        return
    named = [f"{compact(one.entity.value)}: {one.reason(contract)}" for one in departed[:_NAMED]]
    found |= {one.cause.key: one.cause for one in departed if isinstance(one.cause, Finding)}
    raise Refused(
        f"The load would {' and '.join(faults)}.",
        " ".join((*named, _ADVICE)),
        report=Report(tuple(found.values())),
    )


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
