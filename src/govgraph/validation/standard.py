"""A report as other SHACL tools write theirs (SHACL section 3.6): messages in every language, inverse paths in full."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from govgraph.contract import Contract
from govgraph.iris import GOV, SH, name
from govgraph.store import Term as Subject
from govgraph.validation import Report, explain

_OWN_INVERSE = name(GOV, "resultInversePath")


def standard(contract: Contract, report: Report, base: str) -> Iterator[Triple]:
    """The report's triples, those of one result together; ``gov:points`` stays, being no term of SHACL's own."""
    said: dict[Subject, list[Triple]] = {}
    for triple in report.triples(base):
        said.setdefault(triple.subject, []).append(triple)
    for finding in report.findings:
        result = NamedNode(f"{base}finding/{finding.key}")
        said[result] += [
            Triple(result, name(SH, "resultMessage"), Literal(explain(contract, finding, (tag,)), language=tag))
            for tag in contract.languages
        ]
    for number, triple in enumerate(t for triples in said.values() for t in triples):
        if triple.predicate == _OWN_INVERSE:
            path = BlankNode(f"path{number}")
            yield Triple(triple.subject, name(SH, "resultPath"), path)
            yield Triple(path, name(SH, "inversePath"), triple.object)
        else:
            yield triple
