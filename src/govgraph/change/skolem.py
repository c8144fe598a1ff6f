"""Gives blank nodes IRIs that depend on owner, path and content only, so that a re-import changes nothing.

See RDF 1.1 Concepts section 3.5. Two blank nodes of one owner with the same content become one.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import BlankNode, NamedNode, Triple

from govgraph.contract import Contract
from govgraph.iris import RDF_TYPE, Names, digest

NAMELESS = "node"
"""In the place of the kind in the address of what is of no kind."""


def skolemise(triples: Iterable[Triple], contract: Contract, names: Names) -> list[Triple]:
    """The triples with an IRI ``{base}id/{kind}/{owner}-{digest}`` for every blank node."""
    return Skolem(triples, contract, names).replaced()


class Skolem:
    """The blank nodes of some triples and the IRIs they get."""

    def __init__(self, triples: Iterable[Triple], contract: Contract, names: Names) -> None:
        self._triples = list(triples)
        self._contract = contract
        self._names = names
        self._about: dict[BlankNode, list[Triple]] = {}
        self._owner: dict[BlankNode, Triple] = {}
        for triple in self._triples:
            if isinstance(triple.subject, BlankNode):
                self._about.setdefault(triple.subject, []).append(triple)
            if isinstance(triple.object, BlankNode):
                known = self._owner.get(triple.object)
                if known is None or _text(triple) < _text(known):
                    self._owner[triple.object] = triple
        self._content: dict[BlankNode, str] = {}
        self._found: dict[BlankNode, NamedNode] = {}

    def replaced(self) -> list[Triple]:
        return [
            Triple(
                self._iri(t.subject) if isinstance(t.subject, BlankNode) else t.subject,
                t.predicate,
                self._iri(t.object) if isinstance(t.object, BlankNode) else t.object,
            )
            for t in self._triples
        ]

    @property
    def owned(self) -> set[NamedNode]:
        """The IRIs of the blank nodes something points to: they belong to it."""
        return {self._iri(node) for node in self._owner}

    def _iri(self, node: BlankNode, around: frozenset[BlankNode] = frozenset()) -> NamedNode:
        """``around`` holds the nodes being named: a ring of blank nodes is cut where it closes."""
        if node not in self._found:
            pointing = self._owner.get(node)
            owner, relation = "", ""
            if pointing is not None:
                relation = pointing.predicate.value
                subject = pointing.subject
                if isinstance(subject, NamedNode):
                    owner = subject.value
                elif isinstance(subject, BlankNode) and subject not in around | {node}:
                    owner = self._iri(subject, around | {node}).value
            kind = next((self._contract.by_class.get(t) for t in self._types(node)), None)
            known = self._names.split(owner) if owner else None
            stem = f"{known[1][:60]}-" if known else ""
            mark = digest(owner, relation, self._said(node, frozenset()))[:12]
            self._found[node] = self._names.entity(kind.slug if kind else NAMELESS, f"{stem}{mark}")
        return self._found[node]

    def _types(self, node: BlankNode) -> list[NamedNode]:
        types = [t.object for t in self._about.get(node, ()) if t.predicate == RDF_TYPE]
        return [t for t in types if isinstance(t, NamedNode)]

    def _said(self, node: BlankNode, around: frozenset[BlankNode]) -> str:
        """A digest of what is said about a node."""
        if node in around:
            return "ring"
        if node not in self._content:
            inside = around | {node}
            self._content[node] = digest(
                *sorted(
                    f"{t.predicate} {self._said(t.object, inside) if isinstance(t.object, BlankNode) else t.object}"
                    for t in self._about.get(node, ())
                )
            )
        return self._content[node]


def _text(triple: Triple) -> str:
    return f"{triple.predicate.value} {'' if isinstance(triple.subject, BlankNode) else triple.subject}"
