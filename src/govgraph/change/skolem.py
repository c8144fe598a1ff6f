"""Gives blank nodes IRIs that depend on owner, path and content only, so that a re-import changes nothing.

See RDF 1.1 Concepts section 3.5. Two blank nodes of one owner with the same content become one.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import BlankNode, NamedNode, Triple

from govgraph.contract import Contract
from govgraph.iris import RDF_TYPE, Names, digest


def skolemise(triples: Iterable[Triple], contract: Contract, names: Names) -> list[Triple]:
    """The triples with an IRI ``{base}id/{kind}/{owner}-{digest}`` for every blank node."""
    return _Skolem(list(triples), contract, names).replaced()


class _Skolem:
    def __init__(self, triples: list[Triple], contract: Contract, names: Names) -> None:
        self.triples = triples
        self.contract = contract
        self.names = names
        self.about: dict[BlankNode, list[Triple]] = {}
        self.owner: dict[BlankNode, Triple] = {}
        for triple in triples:
            if isinstance(triple.subject, BlankNode):
                self.about.setdefault(triple.subject, []).append(triple)
            if isinstance(triple.object, BlankNode):
                known = self.owner.get(triple.object)
                if known is None or _text(triple) < _text(known):
                    self.owner[triple.object] = triple
        self.content: dict[BlankNode, str] = {}
        self.found: dict[BlankNode, NamedNode] = {}

    def replaced(self) -> list[Triple]:
        return [
            Triple(
                self.iri(t.subject) if isinstance(t.subject, BlankNode) else t.subject,
                t.predicate,
                self.iri(t.object) if isinstance(t.object, BlankNode) else t.object,
            )
            for t in self.triples
        ]

    def iri(self, node: BlankNode, around: frozenset[BlankNode] = frozenset()) -> NamedNode:
        """``around`` holds the nodes being named: a ring of blank nodes is cut where it closes."""
        if node not in self.found:
            pointing = self.owner.get(node)
            owner, relation = "", ""
            if pointing is not None:
                relation = pointing.predicate.value
                subject = pointing.subject
                if isinstance(subject, NamedNode):
                    owner = subject.value
                elif isinstance(subject, BlankNode) and subject not in around | {node}:
                    owner = self.iri(subject, around | {node}).value
            kind = next((self.contract.by_class.get(t) for t in self._types(node)), None)
            known = self.names.split(owner) if owner else None
            stem = f"{known[1][:60]}-" if known else ""
            mark = digest(owner, relation, self._content(node, frozenset()))[:12]
            self.found[node] = self.names.entity(kind.slug if kind else "node", f"{stem}{mark}")
        return self.found[node]

    def _types(self, node: BlankNode) -> list[NamedNode]:
        types = [t.object for t in self.about.get(node, ()) if t.predicate == RDF_TYPE]
        return [t for t in types if isinstance(t, NamedNode)]

    def _content(self, node: BlankNode, around: frozenset[BlankNode]) -> str:
        if node in around:
            return "ring"
        if node not in self.content:
            inside = around | {node}
            self.content[node] = digest(
                *sorted(
                    f"{t.predicate} {self._content(t.object, inside) if isinstance(t.object, BlankNode) else t.object}"
                    for t in self.about.get(node, ())
                )
            )
        return self.content[node]


def _text(triple: Triple) -> str:
    return f"{triple.predicate.value} {'' if isinstance(triple.subject, BlankNode) else triple.subject}"
