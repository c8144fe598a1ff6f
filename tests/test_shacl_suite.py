"""The W3C's SHACL tests through both engines, as the house calls them: each fails what is named here, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyoxigraph
import pytest
from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat

from govgraph.iris import SH
from govgraph.store import Path as Step
from govgraph.store import Term
from govgraph.validation.engines import ENGINES, Outcome

pytestmark = [
    pytest.mark.shared,
    # rdflib warns of the ill-typed literals that some tests are about.
    pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning"),
]

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
SHT = "http://www.w3.org/ns/shacl-test#"
COUNTS = {"core": 98, "sparql": 23}
"""Files; the manifests name one of them fewer."""
EXCEPTIONS = {
    "shacl": {
        "pre-binding/unsupported-sparql-004": "runs a query whose sub-select does not project $this",
    },
    "pyshacl": {
        "property/uniqueLang-002": 'takes "1"^^xsd:boolean for the true that sh:uniqueLang wants',
        "pre-binding/shapesGraph-001": "does not do $shapesGraph, which the standard leaves optional",
        "node/prefixes-001": "does not follow owl:imports of sh:prefixes, and N-Triples give it none to guess by",
    },
}


@dataclass(frozen=True)
class Case:
    """One test; ``results`` None where the engine has to refuse."""

    name: str
    shapes: bytes
    data: bytes
    results: Counter[tuple[str, ...]] | None


def cases(folder: Path) -> Iterator[Case]:
    for path in sorted(folder.rglob("*.ttl")):
        # A Store would write literals its own way, and the tests are about how they are written.
        store = pyoxigraph.Dataset(pyoxigraph.parse(path=path, format=RdfFormat.TURTLE, base_iri=path.as_uri()))
        for quad in store.quads_for_predicate(NamedNode(MF + "action")):
            [shapes], [data] = (_values(store, quad.object, SHT + local) for local in ("shapesGraph", "dataGraph"))
            [result] = _values(store, quad.subject, MF + "result")
            refuses = result == NamedNode(SHT + "Failure")
            yield Case(
                name=str(path.relative_to(folder).with_suffix("")),
                shapes=_ntriples(shapes),
                data=_ntriples(data),
                results=None
                if refuses
                else Counter(_expected(store, r) for r in _values(store, result, SH + "result")),
            )


def _values(store: pyoxigraph.Dataset, subject: Term, predicate: str) -> list[Term]:
    assert isinstance(subject, NamedNode | BlankNode)
    return [quad.object for quad in store.quads_for_subject(subject) if quad.predicate.value == predicate]


def _ntriples(graph: Term) -> bytes:
    assert isinstance(graph, NamedNode)
    path = Path(unquote(urlsplit(graph.value).path))
    quads: Iterator[Quad] = pyoxigraph.parse(path=path, format=RdfFormat.TURTLE, base_iri=path.as_uri())
    return pyoxigraph.serialize((quad.triple for quad in quads), format=RdfFormat.N_TRIPLES) or b""


def _expected(store: pyoxigraph.Dataset, result: Term) -> tuple[str, ...]:
    def said(local: str) -> Term | None:
        return next(iter(_values(store, result, SH + local)), None)

    path = said("resultPath")
    step = Step(path) if isinstance(path, NamedNode) else None
    if isinstance(path, BlankNode):
        inverse = _values(store, path, SH + "inversePath")
        step = Step(inverse[0], True) if inverse and isinstance(inverse[0], NamedNode) else None
    shape = said("sourceShape")
    return _said(
        said("focusNode"), step, said("resultSeverity"), said("sourceConstraintComponent"), said("value"), shape
    )


def _found(outcome: Outcome) -> tuple[str, ...]:
    severity, component = NamedNode(outcome.severity), NamedNode(outcome.component)
    return _said(outcome.focus, outcome.path, severity, component, outcome.value, outcome.shape)


def _said(*parts: Term | Step | None) -> tuple[str, ...]:
    """Blank nodes are alike: their names do not outlive a parser."""
    return tuple("_:" if isinstance(part, BlankNode) else str(part) for part in parts)


def outcome_of(case: Case, engine: str) -> str:
    try:
        found = Counter(_found(outcome) for outcome in ENGINES[engine](case.shapes, case.data, None))
    except Exception as error:  # noqa: BLE001  # whatever an engine refuses with is a refusal
        return "" if case.results is None else f"{type(error).__name__}: {error}"
    if case.results is None:
        return "does not refuse"
    return "" if found == case.results else f"missing {case.results - found}, beside {found - case.results}"


@pytest.fixture(scope="module")
def suite(shared: Path) -> dict[str, list[Case]]:
    folder = shared.resolve() / "suites" / "shacl" / "tests"
    return {part: list(cases(folder / part)) for part in COUNTS}


def test_the_suite_is_there_in_full(suite: dict[str, list[Case]]) -> None:
    assert {part: len(of) for part, of in suite.items()} == COUNTS


@pytest.mark.parametrize("engine", ["shacl", "pyshacl"])
def test_every_test_passes_but_the_exceptions_named(suite: dict[str, list[Case]], engine: str) -> None:
    failed = {case.name: why for of in suite.values() for case in of if (why := outcome_of(case, engine))}
    assert failed.keys() == EXCEPTIONS[engine].keys(), failed
