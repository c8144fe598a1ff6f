"""Reads ontology and shapes into a Contract, and refuses what the Contract cannot express, naming file and line.

The subset of SHACL a property may use is closed: a path of one step, and one of datatype, class or node kind for its
values. Any other SHACL Core constraint is validated all the same and listed as unexposed; a term SHACL does not have
is refused, since it is a slip that would validate nothing. What a change could not be judged by is refused too.
"""

from __future__ import annotations

from hashlib import sha256
from itertools import count
from pathlib import Path as FilePath

import pyoxigraph
from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple

from govgraph.contract import Code, CodeList, Contract, Kind, Property
from govgraph.contract.nesting import reach
from govgraph.contract.properties import PropertyReader
from govgraph.contract.rules import rule
from govgraph.contract.turtle import Node, TurtleGraph
from govgraph.errors import ContractError
from govgraph.iris import (
    GOV,
    OWL,
    RDF,
    RDF_TYPE,
    RDFS,
    RDFS_LABEL,
    RDFS_SUBCLASS,
    SH,
    SKOS,
    SKOS_PREF_LABEL,
    compact,
    name,
)
from govgraph.settings import Settings
from govgraph.shipped import shipped
from govgraph.store import Path

_SHAPE = name(SH, "NodeShape")
_VOCABULARY_TYPES = {
    *(name(OWL, n) for n in ("Ontology", "Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")),
    *(name(SKOS, n) for n in ("Concept", "ConceptScheme")),
    name(RDFS, "Class"),
    name(RDF, "Property"),
}


def of(settings: Settings) -> Contract:
    """The contract that the settings name. Raises as ``read`` does."""
    return read(ontology=settings.ontology, shapes=settings.shapes, extension=settings.contract)


def read(
    *, ontology: FilePath | None = None, shapes: FilePath | None = None, extension: FilePath | None = None
) -> Contract:
    """The contract of the given directories (default: the shipped ones), extended by a country's own directory.

    ``extension`` may hold ``ontology/``, ``shapes/`` and ``questions/``; its Turtle files may also lie directly in it.
    """
    graph = TurtleGraph()
    for directory in (ontology or shipped("ontology"), shapes or shipped("shapes")):
        if not directory.is_dir():
            raise ContractError(f"There is no directory {directory}.", "Name the directory with the Turtle files.")
        graph.read(directory)
    if extension is not None:
        if not extension.is_dir():
            raise ContractError(f"There is no contract directory {extension}.", "Name one that exists.")
        for directory in (extension, extension / "ontology", extension / "shapes"):
            graph.read(directory)
    return _ContractReader(graph).contract()


class _ContractReader:
    def __init__(self, graph: TurtleGraph) -> None:
        self.graph = graph
        self.names_of_shapes: dict[Node, NamedNode] = {}

    def contract(self) -> Contract:
        subclasses = self._subclasses()
        code_lists = self._code_lists()
        bases = sorted(
            (s for s in self._shapes() if self.graph.value(s, name(GOV, "slug"))),
            key=lambda s: self.graph.number(s, name(SH, "order"), 999),
        )
        if not bases:
            raise ContractError("No shape describes a kind.", "A kind is a sh:NodeShape with gov:apiName and gov:slug.")
        looks = reach(self.graph, self._shapes())
        kind_of_class = {self._class(shape): self._word(shape, "apiName") for shape in bases}
        properties = PropertyReader(self.graph, kind_of_class, subclasses, code_lists)
        kinds = tuple(self._kind(shape, properties) for shape in bases)
        self._distinct(kinds)
        for shape in self._shapes():
            if self._class(shape) not in kind_of_class:
                raise self.graph.refuse(shape, "targets a class that is no kind", "Give the class a kind of its own.")
        ruling = [shape for shape in self._shapes() if self.graph.values(shape, name(SH, "sparql"))]
        rules = tuple(rule(self.graph, shape, kind_of_class[self._class(shape)]) for shape in ruling)
        self.names_of_shapes = properties.names
        vocabulary, shape_triples = self._divided()
        return Contract(
            kinds=kinds,
            code_lists=code_lists,
            rules=rules,
            languages=self._languages(kinds),
            labels={
                s: self.graph.text(s, label)
                for label in (SKOS_PREF_LABEL, RDFS_LABEL)
                for s, _ in self.graph.pairs(label)
                if isinstance(s, NamedNode)
            },
            subclasses=subclasses,
            shapes=shape_triples,
            reach=looks,
            vocabulary=vocabulary,
            hash=sha256(b"\n".join(sorted((vocabulary + shape_triples).split(b"\n")))).hexdigest()[:16],
            unexposed=tuple(properties.unexposed),
            messages={
                properties.names.get(s, s): self.graph.text(s, name(SH, "message"))
                for s, _ in self.graph.pairs(name(SH, "message"))
            },
        )

    def _shapes(self) -> list[Node]:
        """Every node shape with a target; nested ones have none and belong to the shape around them."""
        return [s for s in self.graph.subjects(RDF_TYPE, _SHAPE) if self.graph.value(s, name(SH, "targetClass"))]

    def _class(self, shape: Node) -> NamedNode:
        classes = self.graph.values(shape, name(SH, "targetClass"))
        if len(classes) != 1 or not isinstance(classes[0], NamedNode) or not isinstance(shape, NamedNode):
            raise self.graph.refuse(shape, "is not about one class", "Give the shape an IRI and one sh:targetClass.")
        return classes[0]

    def _word(self, shape: Node, term: str) -> str:
        return self.graph.word(shape, name(GOV, term))

    def _kind(self, shape: Node, reader: PropertyReader) -> Kind:
        class_, graph = self._class(shape), self.graph
        extending = [s for s in self._shapes() if s != shape and self._class(s) == class_]
        properties: tuple[Property, ...] = reader.read([shape, *extending])
        api_name, labels = self._word(shape, "apiName"), graph.text(shape, name(SH, "name"))
        if "en" not in labels:
            raise self.graph.refuse(shape, "has no English sh:name", "Name it in every language of the contract.")
        assert isinstance(shape, NamedNode)
        source = graph.file_of[shape]
        owner = graph.iri(shape, name(GOV, "ownerPath"))
        return Kind(
            name=api_name,
            plural=graph.string(shape, name(GOV, "apiPlural")) or api_name[0].lower() + api_name[1:] + "s",
            slug=self._word(shape, "slug"),
            class_=class_,
            shape=shape,
            labels=labels,
            plural_labels=graph.text(shape, name(GOV, "pluralLabel")) or labels,
            descriptions=graph.text(shape, name(SH, "description")),
            title=graph.iri(shape, name(GOV, "titlePath")),
            owner=Path(owner) if owner else None,
            owns_itself=graph.flag(shape, name(GOV, "ownsItself")),
            part=graph.flag(shape, name(GOV, "part")),
            order=graph.number(shape, name(SH, "order"), 999),
            properties=properties,
            file=source.file,
            line=graph.line(shape, within=shape),
            former_names=self._former(shape),
            former_plurals=self._former(shape, "formerPlural"),
        )

    def _former(self, node: Node, term: str = "formerName") -> tuple[str, ...]:
        return tuple(str(value.value) for value in self.graph.values(node, name(GOV, term)))

    def _distinct(self, kinds: tuple[Kind, ...]) -> None:
        for words in ("name", "slug", "plural", "class_"):
            taken: dict[object, Kind] = {}
            for kind in kinds:
                other = taken.setdefault(getattr(kind, words), kind)
                if other is not kind:
                    raise self.graph.refuse(
                        kind.shape,
                        f"has the {words.rstrip('_')} {getattr(kind, words)!s} of {compact(other.shape.value)}",
                        "Every kind has its own; to extend a kind, leave out gov:slug.",
                    )

    def _subclasses(self) -> dict[NamedNode, frozenset[NamedNode]]:
        """Each class with all classes below it, itself included."""
        parents = [(s, o) for s, o in self.graph.pairs(RDFS_SUBCLASS)]
        below: dict[NamedNode, set[NamedNode]] = {}
        for child, parent in parents:
            if isinstance(child, NamedNode) and isinstance(parent, NamedNode):
                below.setdefault(parent, {parent}).add(child)
                below.setdefault(child, {child})
        changed = True
        while changed:
            changed = False
            for class_, members in below.items():
                wider = members.union(*(below[member] for member in members))
                changed |= len(wider) > len(members)
                below[class_] = wider
        return {class_: frozenset(members) for class_, members in below.items()}

    def _code_lists(self) -> tuple[CodeList, ...]:
        graph = self.graph
        return tuple(
            CodeList(
                iri=class_,
                name=graph.string(class_, name(GOV, "apiName")) or class_.value.rpartition("#")[2],
                scheme=scheme,
                labels=graph.text(class_, RDFS_LABEL),
                descriptions=graph.text(class_, name(RDFS, "comment")) or graph.text(class_, name(SKOS, "definition")),
                codes=self._codes(class_),
            )
            for class_, scheme in graph.pairs(name(GOV, "codeList"))
            if isinstance(class_, NamedNode) and isinstance(scheme, NamedNode)
        )

    def _codes(self, class_: NamedNode) -> tuple[Code, ...]:
        graph = self.graph
        codes = []
        for position, concept in zip(count(1), graph.subjects(RDF_TYPE, class_), strict=False):
            api_name = graph.string(concept, name(GOV, "apiName"))
            if not api_name or not isinstance(concept, NamedNode):
                raise self.graph.refuse(concept, "is a code without gov:apiName", "Give each code a name for programs.")
            order = int(graph.number(concept, name(GOV, "position"), position))
            definitions = graph.text(concept, name(SKOS, "definition"))
            notation = graph.string(concept, name(SKOS, "notation"))
            labels = graph.text(concept, SKOS_PREF_LABEL)
            codes.append(Code(concept, api_name, labels, definitions, order, notation, self._former(concept)))
        return tuple(sorted(codes, key=lambda code: code.position))

    def _languages(self, kinds: tuple[Kind, ...]) -> tuple[str, ...]:
        """English first, then every language in which all kinds have a name."""
        common = set.intersection(*(set(kind.labels) for kind in kinds))
        return ("en", *sorted(common - {"en"}))

    def _divided(self) -> tuple[bytes, bytes]:
        """The triples as N-Triples: the vocabulary, and the shapes with an IRI for each property shape."""
        words = {
            s for s, type_ in self.graph.pairs(RDF_TYPE) if type_ in _VOCABULARY_TYPES and isinstance(s, NamedNode)
        }
        vocabulary = [t for t in self.graph.triples() if t.subject in words or t.predicate == RDFS_SUBCLASS]
        shapes = [self._named(t) for t in self.graph.triples() if t.subject not in words]
        return _ntriples(vocabulary), _ntriples(shapes)

    def _named(self, triple: Triple) -> Triple:
        names = self.names_of_shapes
        subject = (
            names.get(triple.subject, triple.subject) if not isinstance(triple.subject, Triple) else triple.subject
        )
        value = names.get(triple.object, triple.object) if isinstance(triple.object, BlankNode) else triple.object
        return Triple(subject, triple.predicate, value)


def _ntriples(triples: list[Triple]) -> bytes:
    return pyoxigraph.serialize(triples, format=RdfFormat.N_TRIPLES) or b""
