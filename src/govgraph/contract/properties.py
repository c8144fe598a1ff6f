"""Merges the property shapes of one kind into Properties; knows nothing of kinds beyond their names and classes."""

from __future__ import annotations

import re
from typing import NamedTuple

from pyoxigraph import NamedNode

from govgraph.contract import CodeList, Form, Group, Property, Severity
from govgraph.contract.nesting import VALIDATED, single_step
from govgraph.contract.turtle import Node, TurtleGraph
from govgraph.iris import GOV, RDF, RDF_LANG_STRING, RDFS_LABEL, SH, XSD, compact, name
from govgraph.store import Path

RESERVED = frozenset({"id", "iri", "kind", "label", "findings", "score", "page", "slug", "history", "revision"})
"""Names that every entity has in every face; a property may not take one."""

_API_NAME = re.compile(r"[a-z][A-Za-z0-9]*")
_DATATYPES = frozenset(
    (
        *(
            "string",
            "boolean",
            "decimal",
            "integer",
            "double",
            "float",
            "anyURI",
            "language",
            "hexBinary",
            "base64Binary",
        ),
        *("date", "time", "dateTime", "dateTimeStamp", "gYear", "gMonth", "gDay", "gYearMonth", "gMonthDay"),
        *("duration", "yearMonthDuration", "dayTimeDuration", "normalizedString", "token", "NMTOKEN", "Name", "NCName"),
        *("byte", "short", "int", "long", "unsignedByte", "unsignedShort", "unsignedInt", "unsignedLong"),
        *("positiveInteger", "nonNegativeInteger", "negativeInteger", "nonPositiveInteger"),
    )
)
"""The built-in types of XML Schema that RDF may use (RDF 1.1 Concepts section 5.1)."""
_RANK = {Severity.VIOLATION: 2, Severity.WARNING: 1, Severity.INFO: 0}


class _Range(NamedTuple):
    """What a property's values are."""

    form: Form
    datatype: NamedNode | None = None
    class_: NamedNode | None = None
    kinds: tuple[str, ...] = ()
    codes: str | None = None


class PropertyReader:
    """Reads the properties of one kind after another; gathers the shapes' new IRIs and the unexposed constraints."""

    def __init__(
        self,
        graph: TurtleGraph,
        kind_of_class: dict[NamedNode, str],
        subclasses: dict[NamedNode, frozenset[NamedNode]],
        code_lists: tuple[CodeList, ...],
    ) -> None:
        self.names: dict[Node, NamedNode] = {}
        self.unexposed: list[tuple[str, str]] = []
        self._graph = graph
        self._kind_of_class = kind_of_class
        self._subclasses = subclasses
        self._code_lists = {code_list.iri: code_list.name for code_list in code_lists}

    def read(self, shapes: list[Node]) -> tuple[Property, ...]:
        """The properties that ``shapes`` (all on one class, the kind's own first) say together, in their order."""
        by_path: dict[Path, list[tuple[Node, Node]]] = {}
        for shape in shapes:
            for constraint in self._graph.nodes(shape, name(SH, "property")):
                path = single_step(self._graph, constraint)
                assert path is not None  # a longer one is refused before kinds are read
                by_path.setdefault(path, []).append((shape, constraint))
        properties = [self._property(path, found) for path, found in by_path.items()]
        taken: dict[str, Property] = {}
        for found in properties:
            other = taken.setdefault(found.name, found)
            if other is not found:
                raise self._graph.refuse(
                    shapes[0],
                    f"has two properties named {found.name}: {_spell(other.path)} and {_spell(found.path)}",
                    "Give each path its own gov:apiName.",
                    f'"{found.name}"',
                )
        return tuple(sorted(properties, key=lambda p: (p.group.order if p.group else 999, p.order)))

    def _property(self, path: Path, found: list[tuple[Node, Node]]) -> Property:
        graph = self._graph
        main = [(s, c) for s, c in found if graph.value(c, name(GOV, "apiName"))]
        if len(main) != 1:
            shape, constraint = found[-1]
            raise self._graph.refuse(
                shape,
                f"has {len(main) or 'no'} shape{'s' if main else ''} with gov:apiName on {_spell(path)}",
                "Exactly one property shape on a path carries its name, order, group and weight.",
                path.predicate,
                at=constraint,
            )
        shape, head = main[0]
        api_name = self._api_name(shape, head)
        for around, constraint in found:
            self._note_unexposed(around, constraint, api_name)
            self._check_values(around, constraint, api_name)
            self._name(around, constraint, api_name, is_main=constraint == head)
        shapes = tuple(self.names[c] for _, c in sorted(found, key=lambda pair: pair[1] != head))
        needed = [severity(graph, c) for _, c in found if graph.number(c, name(SH, "minCount"), 0) >= 1]
        range_ = self._range(shape, head, api_name)
        group = graph.value(head, name(SH, "group"))
        return Property(
            name=api_name,
            path=path,
            form=range_.form,
            labels=self._labels(shape, head, api_name),
            descriptions=graph.text(head, name(SH, "description")),
            datatype=range_.datatype,
            class_=range_.class_,
            kinds=range_.kinds,
            codes=range_.codes,
            single=any(graph.number(c, name(SH, "maxCount"), 2) <= 1 for _, c in found),
            needed=max(needed, key=_RANK.__getitem__, default=None),
            order=graph.number(head, name(SH, "order"), 999),
            group=self._group(group) if isinstance(group, NamedNode) else None,
            weight=graph.number(head, name(GOV, "weight"), 1.0),
            shapes=shapes,
            former_names=tuple(str(v.value) for v in graph.values(head, name(GOV, "formerName"))),
            deprecated=graph.string(head, name(GOV, "deprecated")),
            per_language=any(graph.flag(c, name(SH, "uniqueLang")) for _, c in found),
        )

    def _api_name(self, shape: Node, head: Node) -> str:
        api_name = self._graph.string(head, name(GOV, "apiName"))
        if not _API_NAME.fullmatch(api_name) or api_name in RESERVED:
            raise self._graph.refuse(
                shape,
                f"names a property {api_name!r}",
                f"A name is camelCase ASCII and none of: {', '.join(sorted(RESERVED))}.",
                f'"{api_name}"',
                at=head,
            )
        return api_name

    def _labels(self, shape: Node, head: Node, api_name: str) -> dict[str, str]:
        labels = dict(self._graph.text(head, name(SH, "name")))
        if "en" not in labels:
            what = f"has a property {api_name} without English sh:name"
            raise self._graph.refuse(shape, what, "Name it.", f'"{api_name}"', at=head)
        return labels

    def _range(self, shape: Node, head: Node, api_name: str) -> _Range:
        graph = self._graph
        datatype, class_ = graph.iri(head, name(SH, "datatype")), graph.iri(head, name(SH, "class"))
        if datatype is not None:
            return _Range(Form.TEXT if datatype == RDF_LANG_STRING else Form.LITERAL, datatype=datatype)
        if class_ is not None:
            if class_ in self._code_lists:
                return _Range(Form.CODE, class_=class_, codes=self._code_lists[class_])
            members = self._subclasses.get(class_, frozenset({class_}))
            kinds = [(kind, c) for c, kind in self._kind_of_class.items() if c in members]
            if class_ in self._kind_of_class:
                # A part and a kind below one class (cv:Requirement) stay apart: one belongs to its owner, one does not.
                kinds = [(kind, c) for kind, c in kinds if self._is_part(c) == self._is_part(class_)]
            if kinds:
                form = Form.PART if all(self._is_part(c) for _, c in kinds) else Form.ENTITY
                return _Range(form, class_=class_, kinds=tuple(kind for kind, _ in kinds))
            raise self._graph.refuse(
                shape,
                f"has a property {api_name} of class {compact(class_.value)}, which is neither a kind nor a code list",
                "Give the class a kind, or gov:codeList; for things outside the catalogue use sh:nodeKind sh:IRI.",
                f'"{api_name}"',
                at=head,
            )
        if graph.iri(head, name(SH, "nodeKind")) == name(SH, "IRI"):
            return _Range(Form.IRI)
        path = graph.value(head, name(SH, "path"))
        if not isinstance(path, NamedNode):
            return _Range(Form.ENTITY)
        raise self._graph.refuse(
            shape,
            f"has a property {api_name} that says nothing of its values",
            "Give sh:datatype, sh:class or sh:nodeKind sh:IRI.",
            f'"{api_name}"',
            at=head,
        )

    def _is_part(self, class_: NamedNode) -> bool:
        shapes = self._graph.subjects(name(SH, "targetClass"), class_)
        return any(self._graph.flag(shape, name(GOV, "part")) for shape in shapes)

    def _note_unexposed(self, shape: Node, constraint: Node, api_name: str) -> None:
        said = (p.value.removeprefix(SH) for p in self._graph.predicates(constraint) if p.value.startswith(SH))
        where = f"{compact(getattr(shape, 'value', ''))} {api_name}"
        self.unexposed += [(where, f"sh:{local}") for local in said if local in VALIDATED]

    def _check_values(self, shape: Node, constraint: Node, api_name: str) -> None:
        """What an engine would stumble over, or silently never match."""
        graph = self._graph
        severity(graph, constraint)
        datatype, pattern = graph.iri(constraint, name(SH, "datatype")), graph.string(constraint, name(SH, "pattern"))
        lists = [n for n in graph.nodes(constraint, name(SH, "in")) if graph.value(n, name(RDF, "first"))]
        what = ""
        if datatype is not None and datatype.value.startswith(XSD) and datatype.value[len(XSD) :] not in _DATATYPES:
            what = f"has a property {api_name} of the unknown datatype {compact(datatype.value)}"
        elif pattern and not _is_pattern(pattern):
            what = f"has a property {api_name} whose sh:pattern {pattern!r} is no regular expression"
        elif graph.value(constraint, name(SH, "in")) and not lists:
            what = f"has a property {api_name} whose sh:in is no list"
        if what:
            raise graph.refuse(shape, what, "Mend the value.", f'"{api_name}"', at=constraint)

    def _name(self, shape: Node, constraint: Node, api_name: str, *, is_main: bool) -> None:
        if isinstance(constraint, NamedNode):
            self.names[constraint] = constraint
            return
        assert isinstance(shape, NamedNode)
        stem = f"{shape.value}/{api_name}"
        if not is_main:
            stem += f"/{severity(self._graph, constraint)}"
        taken = set(self.names.values())
        number, iri = 1, NamedNode(stem)
        while iri in taken:
            number += 1
            iri = NamedNode(f"{stem}/{number}")
        self.names[constraint] = iri

    def _group(self, group: NamedNode) -> Group:
        return Group(group, self._graph.text(group, RDFS_LABEL), self._graph.number(group, name(SH, "order"), 999))


def severity(graph: TurtleGraph, shape: Node) -> Severity:
    """``sh:severity`` of a shape, Violation where it says none (SHACL section 2.1.4)."""
    said = graph.iri(shape, name(SH, "severity"))
    try:
        return Severity(said.value.removeprefix(SH).lower()) if said else Severity.VIOLATION
    except ValueError:
        what = f"has the severity {compact(said.value) if said else ''}"
        hint = "Use sh:Violation, sh:Warning or sh:Info."
        raise graph.refuse(shape, what, hint, *([said] if said else [])) from None


def _is_pattern(text: str) -> bool:
    """Regular expressions of XPath are near enough to Python's to find one that is none."""
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def _spell(path: Path) -> str:
    return ("^" if path.inverse else "") + compact(path.predicate.value)
