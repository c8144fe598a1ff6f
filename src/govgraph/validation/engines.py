"""The two SHACL engines behind one seam: N-Triples in, outcomes out; the only importer of both.

``shacl`` (Rust) is the default, ``pyshacl`` the reference it is compared with. Both get the same bytes; pySHACL
always works on a copy of its own, since it changes what it is given.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

import pyoxigraph
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat

from govgraph.iris import SH
from govgraph.store import Path, Term

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node


class Check(Protocol):
    """Shapes made ready: N-Triples in, outcomes out; ``most`` may end the search early."""

    def __call__(self, data: bytes, most: int | None = None, /) -> Iterable[Outcome]: ...


@dataclass(frozen=True)
class Outcome:
    """One validation result (SHACL section 3.6.2) in the house's terms; severity and component as IRIs."""

    focus: Term
    path: Path | None
    severity: str
    shape: Term
    component: str
    value: Term | None


def with_shacl(shapes: bytes, data: bytes, most: int | None = None) -> Iterable[Outcome]:
    """The outcomes; ``most`` ends the search early, when there are more than so many."""
    return _compile_for_shacl(shapes)(data, most)


def _compile_for_shacl(shapes: bytes) -> Check:
    import shacl  # noqa: PLC0415  # no wheel of it exists for every platform: imported where it is chosen

    compiled = shacl.Shapes.from_text(_without_messages(shapes).decode(), "ntriples")

    def validate(data: bytes, most: int | None = None) -> Iterable[Outcome]:
        found = compiled.validate_text(data.decode(), "ntriples", max_results=None if most is None else most + 1)
        results = found.results
        terms = _terms({text for r in results for text in (r.focus_node, r.source_shape, r.value) if text})
        paths = {text: _path(text) for text in {r.path for r in results}}
        return (
            Outcome(
                focus=terms[r.focus_node],
                path=paths[r.path],
                severity=r.severity_iri,
                shape=terms[r.source_shape or "_:none"],
                component=r.component_iri,
                value=terms[r.value] if r.value else None,
            )
            for r in results
        )

    return validate


def _without_messages(shapes: bytes) -> bytes:
    """Shapes without ``sh:message``: the house words findings itself, and the engine would word each of them."""
    lines = shapes.splitlines(keepends=True)
    return b"".join(line for line in lines if line.split(b" ", 2)[1:2] != [b"<http://www.w3.org/ns/shacl#message>"])


def with_pyshacl(shapes: bytes, data: bytes, _most: int | None = None) -> Iterable[Outcome]:
    import pyshacl  # noqa: PLC0415  # half a second of imports that the default engine does not need
    import rdflib  # noqa: PLC0415

    rdflib.NORMALIZE_LITERALS = False  # an ill-typed literal has to be reported as it was written
    logging.getLogger("rdflib.term").setLevel(logging.ERROR)  # it is a finding, not a traceback on the terminal
    data_graph = rdflib.Graph().parse(data=data, format="nt")
    shapes_graph = rdflib.Graph().parse(data=shapes, format="nt")
    _, report, _ = pyshacl.validate(data_graph, shacl_graph=shapes_graph, inplace=True, advanced=False)
    assert isinstance(report, rdflib.Graph)
    sh = rdflib.Namespace(SH)
    # Not every sh:ValidationResult: those under sh:detail belong to the result that quotes them (section 3.6.2.5).
    return [_from_rdflib(report, result) for result in report.objects(None, sh.result)]


ENGINES: dict[str, Callable[[bytes, bytes, int | None], Iterable[Outcome]]] = {
    "shacl": with_shacl,
    "pyshacl": with_pyshacl,
}


def compiled(engine: str, shapes: bytes) -> Check:
    """An engine made ready for one set of shapes, for who validates many small sets of data with it."""
    if engine == "shacl":
        return _compile_for_shacl(shapes)
    return partial(ENGINES[engine], shapes)


def _terms(texts: set[str]) -> dict[str, Term]:
    """N-Triples terms parsed in one go; blank nodes and the absent shape stay what they are called."""
    terms: dict[str, Term] = {"_:none": BlankNode("none")}
    literals: list[str] = []
    for text in texts:
        if text.startswith("<"):
            terms[text] = NamedNode(text[1:-1])
        elif text.startswith("_:"):
            terms[text] = BlankNode(text[2:])
        else:
            literals.append(text)
    document = "".join(f"<urn:i> <urn:p> {text} .\n" for text in literals)
    for text, quad in zip(literals, pyoxigraph.parse(document, RdfFormat.N_TRIPLES, lenient=True), strict=True):
        terms[text] = quad.object
    return terms


def _path(text: str | None) -> Path | None:
    """A predicate or its inverse; a longer path belongs to no property and is left out."""
    if not text:
        return None
    inverse = text.startswith("^")
    iri = text.removeprefix("^").strip("()")
    if not (iri.startswith("<") and iri.endswith(">")) or "<" in iri[1:]:
        return None
    return Path(NamedNode(iri[1:-1]), inverse)


def _from_rdflib(report: Graph, result: Node) -> Outcome:
    import rdflib  # noqa: PLC0415

    sh = rdflib.Namespace(SH)

    def said(local: str) -> Node | None:
        return report.value(result, sh[local])

    path = said("resultPath")
    inverse = report.value(path, sh.inversePath) if isinstance(path, rdflib.BNode) else None
    focus, shape, value = said("focusNode"), said("sourceShape"), said("value")
    assert focus is not None
    return Outcome(
        focus=_term(focus),
        path=Path(NamedNode(str(inverse or path)), inverse is not None)
        if inverse or isinstance(path, rdflib.URIRef)
        else None,
        severity=str(said("resultSeverity")),
        shape=_term(shape) if shape is not None else BlankNode("none"),
        component=str(said("sourceConstraintComponent")),
        value=_term(value) if value is not None else None,
    )


def _term(node: Node) -> Term:
    import rdflib  # noqa: PLC0415

    if isinstance(node, rdflib.Literal):
        if node.language:
            return Literal(str(node), language=node.language)
        return Literal(str(node), datatype=NamedNode(str(node.datatype))) if node.datatype else Literal(str(node))
    return BlankNode(str(node)) if isinstance(node, rdflib.BNode) else NamedNode(str(node))
