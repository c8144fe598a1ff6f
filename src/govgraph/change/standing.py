"""What of a whole validation stands against a revision that replaces another, by the rules that hold for a change."""

from __future__ import annotations

from collections.abc import Callable

from pyoxigraph import NamedNode

from govgraph.catalogue import View
from govgraph.contract import Severity
from govgraph.iris import RDF_TYPE
from govgraph.store import Path, Term
from govgraph.validation import Finding, Report

_TYPE = Path(RDF_TYPE)


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
