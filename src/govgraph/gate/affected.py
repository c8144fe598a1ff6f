"""Which nodes a change can make or mend findings of, derived from the shapes once per contract; validates nothing.

They are the subjects of what changed, nodes a changed statement is read from backwards (``sh:inversePath``), nodes
whose values are looked into (``sh:class`` and nested shapes) when such a value changed, and what each rule across
entities says it affects. A rule has to be asked in the state before the change and in the one after it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import pyoxigraph
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple

from govgraph.contract import Contract, Rule
from govgraph.iris import PREFIXES, RDF_TYPE, RDFS_SUBCLASS, SH, name
from govgraph.store import Graphs, Path, Reader, Term
from govgraph.store.live import Live
from govgraph.store.patch import Patch
from govgraph.validation import Finding, ntriples

_PAGE = 1000
_WORDS = re.compile(r"<([^<>\s]*)>|\b([A-Za-z][\w-]*):([A-Za-z_][\w-]*)")
_ANY_PREDICATE = re.compile(r"[?$]\w+\s+[?$]\w+\s+[?$<\"\w]")
"""A triple pattern with a variable in the predicate's place."""
_ABOUT_ITSELF = re.compile(r"BIND\s*\(\s*\?changed\s+AS\s+\?affected\s*\)", re.IGNORECASE)
_CLASS_OF_ANOTHER = re.compile(r"(?<![?$]this)\s+(?:a|rdf:type)\s+[?$]")
"""Any type at all, asked of another node than ``$this``; after a semicolon it counts as another's."""
_TYPE, _SUBCLASS = Path(RDF_TYPE), Path(RDFS_SUBCLASS)
_OF_EACH_VALUE = frozenset(
    {"path", "class", "datatype", "nodeKind", "in", "pattern", "flags", "severity", "message"}
    | {"name", "description", "order", "group", "defaultValue"}
)
"""What a property shape may say without looking at more than one value at a time (SHACL section 4)."""


@dataclass(frozen=True)
class _RuleReads:
    """A rule and what its queries mention: predicates, and the classes of other nodes; None when they may read any."""

    rule: Rule
    mentioned: frozenset[NamedNode] | None
    any_class: bool

    def subjects(self, quads: Iterable[Quad]) -> set[NamedNode]:
        """The nodes of which it matters to the rule that these quads changed."""
        return {quad.subject for quad in quads if isinstance(quad.subject, NamedNode) and self._reads(quad)}

    def _reads(self, quad: Quad) -> bool:
        if self.mentioned is None:
            return True
        if quad.predicate == RDF_TYPE:
            return self.any_class or quad.object in self.mentioned
        return quad.predicate in self.mentioned


@dataclass(frozen=True)
class Focus:
    """Nodes to look at: ``whole`` ones for all that is wrong with them, but for what is wrong with values read
    backwards one by one; of those, ``values`` says which to look at again."""

    whole: frozenset[Term] = frozenset()
    values: Mapping[Term, frozenset[Term]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.whole or self.values)

    @property
    def nodes(self) -> frozenset[Term]:
        return self.whole.union(self.values)

    def without(self, seen: Focus) -> Focus:
        values = {node: of - seen.values.get(node, frozenset()) for node, of in self.values.items()}
        return Focus(self.whole - seen.whole, {node: of for node, of in values.items() if of})

    def __or__(self, other: Focus) -> Focus:
        both = {
            node: self.values.get(node, frozenset()) | other.values.get(node, frozenset())
            for node in {*self.values, *other.values}
        }
        return Focus(self.whole | other.whole, both)


class Affected:
    """What one contract says about which nodes belong together."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        backwards = frozenset(p.path.predicate for k in contract.kinds for p in k.properties if p.path.inverse)
        self._counted = _counted_backwards(contract.shapes)
        self._singly = backwards - self._counted
        self._nested = _nested_predicates(contract.shapes)
        self._looked_into = self._nested | {RDF_TYPE}
        self._rules = [_reads(rule) for rule in contract.rules]
        self._targets = [(rule, self._below(contract.by_name[rule.kind].class_)) for rule in contract.rules]

    def is_of_a_value(self, finding: Finding) -> bool:
        """Whether it is about one value read backwards, whatever else its node says."""
        return finding.path is not None and finding.path.inverse and finding.path.predicate in self._singly

    def holds(self, focus: Focus, finding: Finding) -> bool:
        """Whether a finding is among those to be looked at."""
        if self.is_of_a_value(finding):
            return finding.value in focus.values.get(finding.entity, ())
        return finding.entity in focus.whole

    def by_rules(self, live: Live, patch: Patch, graphs: Graphs) -> Focus:
        """What the rules say a patch affects, in the state as it is now."""
        quads = [*_quads(patch)]
        return Focus(
            frozenset(
                node
                for reads in self._rules
                for subject in reads.subjects(quads)
                for node in live.nodes(reads.rule.affected, graphs, {"changed": subject})
            )
        )

    def by_shapes(self, reader: Reader, patch: Patch, graphs: Graphs) -> Iterator[Focus]:
        """What a patch affects by the shapes' own paths, in lots: a node may be one that many point to."""
        whole: set[Term] = set(_subjects(patch))
        whole |= {q.object for q in _quads(patch) if q.predicate in self._counted and isinstance(q.object, NamedNode)}
        retyped = {quad.subject for quad in _quads(patch) if quad.predicate == RDF_TYPE}
        said = (quad.triple for quad in _quads(patch))
        yield Focus(frozenset(whole), self._by_value((*said, *reader.statements(list(retyped), graphs))))
        level = {quad.subject for quad in _quads(patch) if quad.predicate in self._looked_into}
        for _ in range(1 + bool(self._nested)):
            above: set[NamedNode] = set()
            for node in level:
                for links in _pointing(reader, node, graphs):
                    by_value = self._by_value(Triple(s, p, node) for s, p in links) if node in retyped else {}
                    yield Focus(frozenset(subject for subject, _ in links), by_value)
                    above |= {subject for subject, _ in links}
            level = set(above)

    def around(self, live: Live, focus: Focus, graphs: Graphs) -> bytes:
        """The triples (N-Triples) from which the findings in focus follow, and no others'."""
        reader, whole = live.reader, list(focus.whole)
        said = set(reader.statements(whole, graphs))
        values: set[Term] = {t.object for t in said if isinstance(t.object, NamedNode)}
        counted = reader.values(whole, [Path(predicate, inverse=True) for predicate in self._counted], graphs)
        for path, pairs in counted.items():
            pointing = [_triple(subject, path, node) for node, subjects in pairs.items() for subject in subjects]
            said |= set(pointing)
            values |= {triple.subject for triple in pointing}
        of_values: set[Term] = {value for values in focus.values.values() for value in values}
        if of_values:
            for path, pairs in reader.values(list(of_values), [Path(p) for p in self._singly], graphs).items():
                ours = [(value, node) for value, nodes in pairs.items() for node in nodes if node in focus.values]
                said |= {_triple(value, path, node) for value, node in ours}
            values |= {*of_values, *focus.values}
        for _ in range(1 + bool(self._nested)):
            found = reader.values(list(values - focus.whole), [Path(p) for p in self._looked_into], graphs)
            level = [_triple(n, path, v) for path, of in found.items() for n, there in of.items() for v in there]
            said |= set(level)
            values = {t.object for t in level if isinstance(t.object, NamedNode)}
        parents = [_triple(child, _SUBCLASS, parent) for child, parent in reader.pairs(_SUBCLASS, graphs)]
        needed = (self._needed(live, node, classes, graphs) for node, classes in _classes(reader, whole, graphs))
        return b"".join((ntriples((*said, *parents)), *needed))

    def _by_value(self, triples: Iterable[Triple]) -> dict[Term, frozenset[Term]]:
        found: dict[Term, set[Term]] = {}
        for triple in triples:
            if triple.predicate in self._singly and isinstance(triple.object, NamedNode):
                found.setdefault(triple.object, set()).add(triple.subject)
        return {node: frozenset(values) for node, values in found.items()}

    def _below(self, class_: NamedNode) -> frozenset[NamedNode]:
        return self._contract.subclasses.get(class_, frozenset()) | {class_}

    def _needed(self, live: Live, node: Term, classes: Collection[Term], graphs: Graphs) -> bytes:
        """What the rules about a node of these classes read."""
        texts = dict.fromkeys(rule.needed for rule, targets in self._targets if not targets.isdisjoint(classes))
        return b"".join(live.construct(text, graphs, {"this": node}) for text in texts)


def _classes(reader: Reader, nodes: Sequence[Term], graphs: Graphs) -> Iterable[tuple[Term, list[Term]]]:
    return reader.values(nodes, (_TYPE,), graphs)[_TYPE].items()


def _triple(subject: Term, path: Path, value: Term) -> Triple:
    assert not isinstance(subject, Literal)
    return Triple(subject, path.predicate, value)


def _quads(patch: Patch) -> Iterator[Quad]:
    yield from patch.removed
    yield from patch.added


def _subjects(patch: Patch) -> set[NamedNode]:
    return {quad.subject for quad in _quads(patch) if isinstance(quad.subject, NamedNode)}


def _pointing(reader: Reader, node: Term, graphs: Graphs) -> Iterator[list[tuple[NamedNode, NamedNode]]]:
    """What points to a node and by which predicate, a page at a time."""
    if not isinstance(node, NamedNode):
        return
    for page in count():
        links = reader.incoming(node, graphs, page * _PAGE, _PAGE)
        yield [(subject, predicate) for subject, predicate in links if isinstance(subject, NamedNode)]
        if len(links) < _PAGE:
            return


def _nested_predicates(shapes: bytes) -> frozenset[NamedNode]:
    """The paths of property shapes that belong to values of a property, not to a target itself."""
    quads = list(pyoxigraph.parse(shapes, RdfFormat.N_TRIPLES))
    targets = {quad.subject for quad in quads if quad.predicate == name(SH, "targetClass")}
    own = {quad.object for quad in quads if quad.predicate == name(SH, "property") and quad.subject in targets}
    return frozenset(
        quad.object
        for quad in quads
        if quad.predicate == name(SH, "path") and quad.subject not in own and isinstance(quad.object, NamedNode)
    )


def _counted_backwards(shapes: bytes) -> frozenset[NamedNode]:
    """The predicates read backwards of which more is said than what each single value must be."""
    quads = list(pyoxigraph.parse(shapes, RdfFormat.N_TRIPLES))
    inverse = {quad.subject: quad.object for quad in quads if quad.predicate == name(SH, "inversePath")}
    of_shape = {q.subject: inverse[q.object] for q in quads if q.predicate == name(SH, "path") and q.object in inverse}
    return frozenset(
        predicate
        for quad in quads
        if (predicate := of_shape.get(quad.subject)) is not None
        and isinstance(predicate, NamedNode)
        and quad.predicate.value.startswith(SH)
        and quad.predicate.value.removeprefix(SH) not in _OF_EACH_VALUE
    )


def _reads(rule: Rule) -> _RuleReads:
    """Of the type of the node it is about a rule is not asked: a change of that puts the node into focus anyway."""
    if _ABOUT_ITSELF.search(rule.affected) and "UNION" not in rule.affected.upper():
        return _RuleReads(rule, frozenset(), any_class=False)
    text = "\n".join(query.partition("{")[2] for query in (rule.affected, rule.needed))
    if _ANY_PREDICATE.search(text):
        return _RuleReads(rule, None, any_class=True)
    words = _WORDS.findall(text)
    found = {NamedNode(iri) for iri, _, _ in words if iri}
    found |= {NamedNode(PREFIXES[p] + local) for _, p, local in words if p in PREFIXES}
    return _RuleReads(rule, frozenset(found), any_class=_CLASS_OF_ANOTHER.search(text) is not None)
