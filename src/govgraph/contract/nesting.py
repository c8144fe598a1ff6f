"""Follows shapes into the shapes they name, finds how far they look, and refuses what a change could not be judged by.

Whoever checks a change looks only where the shapes lead. So a shape leads over paths of one step, to nodes a finite
number of steps away, and SPARQL stands where a rule says what it reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyoxigraph import NamedNode

from govgraph.contract.reach import Reach, Reaching
from govgraph.contract.turtle import Node, TurtleGraph
from govgraph.errors import ContractError
from govgraph.iris import GOV, RDF, RDF_TYPE, SH, compact, name
from govgraph.store import Path

DESCRIBING = frozenset({"path", "name", "description", "order", "group", "severity", "message", "defaultValue"})
EXPOSED = frozenset({"datatype", "class", "nodeKind", "minCount", "maxCount", "uniqueLang"})
VALIDATED = frozenset(
    (
        *("languageIn", "in", "hasValue", "pattern", "flags", "minLength", "maxLength", "minInclusive"),
        *("maxInclusive", "minExclusive", "maxExclusive", "qualifiedValueShape", "qualifiedMinCount"),
        *("qualifiedMaxCount", "qualifiedValueShapesDisjoint", "lessThan", "lessThanOrEquals", "equals", "disjoint"),
        *("node", "not", "and", "or", "xone", "closed", "ignoredProperties", "deactivated"),
    )
)
"""What is validated and has no place in faces."""
_OF_A_SHAPE = DESCRIBING | EXPOSED | VALIDATED | {"property"}
_OF_A_TARGET = (_OF_A_SHAPE - {"path"}) | {"targetClass", "sparql"}
_OF_EACH_VALUE = DESCRIBING | {"class", "datatype", "nodeKind", "in", "pattern", "flags"}
"""What a property shape may say without looking at more than one value at a time (SHACL section 4)."""
_TARGETS = ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf", "target")
_PAIRS = ("equals", "disjoint", "lessThan", "lessThanOrEquals")
_AS_RULE = (
    "Make it a rule: a node shape of its own with sh:targetClass, gov:apiName, sh:sparql, gov:affected and gov:needed."
)


def single_step(graph: TurtleGraph, shape: Node) -> Path | None:
    """The path of a property shape, None where it is longer than one step."""
    said = next(iter(graph.nodes(shape, name(SH, "path"))), None)
    if isinstance(said, NamedNode):
        return Path(said)
    inverse = graph.iri(said, name(SH, "inversePath")) if said is not None else None
    return Path(inverse, inverse=True) if inverse is not None else None


def reach(graph: TurtleGraph, targets: Iterable[Node]) -> Reach:
    """What the shapes with a target read around a node of theirs. Raises ContractError with file and line."""
    return _Nesting(graph).reach(list(targets))


class _Nesting:
    def __init__(self, graph: TurtleGraph) -> None:
        self._graph = graph
        self._root = Reaching(everything=True)

    def reach(self, targets: list[Node]) -> Reach:
        self._refuse_strangers(targets)
        for target in targets:
            self._enter(target, self._root, ())
        return self._root.done()

    def _refuse_strangers(self, targets: list[Node]) -> None:
        """Whatever an engine would validate by and nobody here reads."""
        graph = self._graph
        for term in _TARGETS:
            for shape, _ in graph.pairs(name(SH, term)):
                if term != "targetClass" or shape not in targets:
                    hint = "Give it the type sh:NodeShape and one sh:targetClass."
                    raise graph.refuse(shape, f"has a sh:{term} and is no node shape about a class", hint, f"sh:{term}")
        for component in graph.subjects(RDF_TYPE, name(SH, "ConstraintComponent")):
            what = "is a constraint component of its own, which may read anything"
            raise graph.refuse(component, what, _AS_RULE, "sh:ConstraintComponent")

    def _enter(self, shape: Node, at: Reaching, around: tuple[Node, ...]) -> None:
        """What a shape says of a node that is reached ``at``; ``around`` are the shapes that lead to it."""
        graph, within = self._graph, (*around, shape)
        if shape in around:
            raise self._refuse(within, "leads back to itself", "A shape ends somewhere; what repeats is a rule.", shape)
        terms = self._terms(within)
        of = at
        if graph.value(shape, name(SH, "path")) is not None:
            of = self._step(at, within, each_alone=terms <= _OF_EACH_VALUE)
        if "class" in terms:
            of.read.add(Path(RDF_TYPE))
        if graph.flag(shape, name(SH, "closed")):
            of.everything = True
        at.read |= {Path(other) for term in _PAIRS for other in self._iris(shape, term)}
        for inner in self._inner(shape):
            if not graph.predicates(inner):
                what = f"names a shape {compact(getattr(inner, 'value', ''))} that is not there"
                raise self._refuse(within, what, "It would check nothing.", inner)
            self._enter(inner, of, within)

    def _step(self, at: Reaching, within: tuple[Node, ...], *, each_alone: bool) -> Reaching:
        path = single_step(self._graph, within[-1])
        if path is None:
            hint = "What needs a longer path is a question, or a rule with its own SPARQL constraint."
            raise self._refuse(within, "has a sh:path that is neither an IRI nor the inverse of one", hint, "sh:path")
        if not (self._is_direct(within) and path.inverse and each_alone):
            at.read.add(path)
        return at.step(path)

    def _terms(self, within: tuple[Node, ...]) -> set[str]:
        """The SHACL terms of a shape, without ``sh:``."""
        said = (p.value.removeprefix(SH) for p in self._graph.predicates(within[-1]) if p.value.startswith(SH))
        terms = set(said)
        if "sparql" in terms and len(within) > 1:
            what = "has a SPARQL constraint inside, where nothing says what it reads"
            raise self._refuse(within, what, _AS_RULE, "sh:sparql")
        if "property" in terms and self._is_direct(within):
            what = "has sh:property on a property, whose findings would be about nodes that are none of its own"
            raise self._refuse(within, what, "Put it into sh:node [ sh:property … ].", "sh:property")
        for term in sorted(terms - (_OF_A_SHAPE if len(within) > 1 else _OF_A_TARGET)):
            what = f"uses sh:{term}, which SHACL Core does not have here"
            raise self._refuse(within, what, "Mend the term; it would check nothing.", f"sh:{term}")
        return terms

    def _is_direct(self, within: tuple[Node, ...]) -> bool:
        """Whether the last is a property shape of a shape with a target, so that it has findings of its own."""
        return len(within) == 2 and within[1] in self._graph.nodes(within[0], name(SH, "property"))

    def _inner(self, shape: Node) -> Iterator[Node]:
        """The shapes that a shape names, and with disjoint qualified shapes those of its neighbours."""
        graph = self._graph
        for term in ("property", "node", "not", "qualifiedValueShape"):
            yield from graph.nodes(shape, name(SH, term))
        for term in ("and", "or", "xone"):
            for head in graph.nodes(shape, name(SH, term)):
                yield from self._members(head)
        if graph.flag(shape, name(SH, "qualifiedValueShapesDisjoint")):
            parents = [parent for parent, value in graph.pairs(name(SH, "property")) if value == shape]
            for neighbour in (n for parent in parents for n in graph.nodes(parent, name(SH, "property"))):
                yield from graph.nodes(neighbour, name(SH, "qualifiedValueShape"))

    def _members(self, head: Node) -> Iterator[Node]:
        seen: set[Node] = set()
        rest: Node | None = head
        while rest is not None and rest not in seen:
            seen.add(rest)
            yield from self._graph.nodes(rest, name(RDF, "first"))
            rest = next(iter(self._graph.nodes(rest, name(RDF, "rest"))), None)

    def _iris(self, shape: Node, term: str) -> list[NamedNode]:
        return [value for value in self._graph.nodes(shape, name(SH, term)) if isinstance(value, NamedNode)]

    def _refuse(self, within: tuple[Node, ...], what: str, hint: str, *anchors: str | Node) -> ContractError:
        """The error in the innermost shape that has a file, under the name of the property it belongs to."""
        shape, names = within[0], [self._graph.string(each, name(GOV, "apiName")) for each in within[1:]]
        label = next((each for each in names if each), "")
        told = f"has a property {label} that {what}" if label else what
        return self._graph.refuse(shape, told, hint, *([f'"{label}"'] if label else []), *anchors, at=within[-1])
