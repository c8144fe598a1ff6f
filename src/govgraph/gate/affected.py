"""Which nodes a change can make or mend findings of, derived from the shapes once per contract; validates nothing.

They are the subjects of what changed, nodes a changed statement is read from backwards (``sh:inversePath``), nodes
from which the shapes lead to a node of which something changed that they read there, and what each rule across
entities says it affects. A rule has to be asked in the state before the change and in the one after it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from pyoxigraph import Literal, NamedNode, Quad, Triple

from govgraph.contract import Contract
from govgraph.contract.reach import Reach
from govgraph.gate.mentions import Mentions
from govgraph.iris import RDF_TYPE, RDFS_SUBCLASS
from govgraph.store import Graphs, Path, Reader, Term
from govgraph.store.live import Live
from govgraph.store.patch import Patch
from govgraph.validation import Finding, ntriples

_PAGE = 1000
_TYPE, _SUBCLASS = Path(RDF_TYPE), Path(RDFS_SUBCLASS)
_TYPED = Reach(frozenset({_TYPE}))
_Link = tuple[NamedNode, Path, Term]
"""A node, a path, and a value of it."""


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
        self._reach = contract.reach
        self._singly = dict(contract.reach.singly)
        self._mentions = [Mentions.of(rule) for rule in contract.rules]
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
                for mentions in self._mentions
                for subject in mentions.subjects(quads)
                for node in live.nodes(mentions.rule.affected, graphs, {"changed": subject})
            )
        )

    def by_shapes(self, reader: Reader, patch: Patch, graphs: Graphs) -> Iterator[Focus]:
        """What a patch affects by the shapes' own paths, in lots: a node may be one that many point to."""
        quads = [*_quads(patch)]
        changed = {node for node in _changed(quads, self._reach) if isinstance(node, NamedNode)}
        yield Focus(frozenset(changed), self._by_value(quad.triple for quad in quads))
        for links in _leading(reader, quads, self._reach, graphs):
            by_value: dict[Term, frozenset[Term]] = {}
            for node, path, value in links:
                if path.inverse and path.predicate in self._singly:
                    by_value[node] = by_value.get(node, frozenset()) | {value}
            yield Focus(frozenset(n for n, p, _ in links if not (p.inverse and p.predicate in self._singly)), by_value)
        for retyped in {quad.subject for quad in quads if quad.predicate == RDF_TYPE} if self._singly else ():
            for pointing in _pointing(reader, retyped, graphs):
                yield Focus(
                    values=self._by_value(Triple(subject, predicate, retyped) for subject, predicate in pointing)
                )

    def around(self, live: Live, focus: Focus, graphs: Graphs) -> bytes:
        """The triples (N-Triples) from which the findings in focus follow, and no others'."""
        reader, whole = live.reader, list(focus.whole)
        said: set[Triple] = set()
        level: dict[Reach, set[Term]] = {self._reach: {*whole}, _TYPED: {*focus.values}}
        of_values: set[Term] = {value for values in focus.values.values() for value in values}
        singly = reader.values(list(of_values), [Path(p) for p in self._singly], graphs) if of_values else {}
        for path, pairs in singly.items():
            ours = [(value, node) for value, nodes in pairs.items() for node in nodes if node in focus.values]
            said |= {_triple(value, path, node) for value, node in ours}
            level.setdefault(self._singly[path.predicate], set()).update(value for value, _ in ours)
        while level:
            beyond: dict[Reach, set[Term]] = {}
            for reach, nodes in level.items():
                steps = dict(reach.steps)
                for node, path, value in _read(reader, reach, list(nodes), graphs):
                    said.add(_triple(value, path, node) if path.inverse else _triple(node, path, value))
                    if further := steps.get(path):
                        beyond.setdefault(further, set()).add(value)
            level = beyond
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


def _changed(quads: Sequence[Quad], reach: Reach) -> set[Term]:
    """The nodes of which something changed that a reach reads."""
    backwards = {path.predicate for path in reach.read if path.inverse}
    forwards = {quad.subject for quad in quads if reach.reads(quad.predicate) and isinstance(quad.subject, NamedNode)}
    return forwards | {quad.object for quad in quads if quad.predicate in backwards}


def _leading(reader: Reader, quads: Sequence[Quad], reach: Reach, graphs: Graphs) -> Iterator[list[_Link]]:
    """What leads, by the steps of a reach, to nodes of which something changed that is read there; in lots.

    A step that went with the change itself is no loss: what it led from is among the changed.
    """
    changed: dict[Reach, set[Term]] = {}
    for _, of in reach.steps:
        if of and of not in changed:
            deeper = (node for links in _leading(reader, quads, of, graphs) for node, _, _ in links)
            changed[of] = {*_changed(quads, of), *deeper}
    wanted: dict[Term, set[NamedNode]] = {}
    backwards: dict[NamedNode, set[Term]] = {}
    for path, of in reach.steps:
        for node in changed.get(of, ()):
            if path.inverse:
                backwards.setdefault(path.predicate, set()).add(node)
            else:
                wanted.setdefault(node, set()).add(path.predicate)
    for node, predicates in wanted.items():
        for page in _pointing(reader, node, graphs):
            yield [(subject, Path(predicate), node) for subject, predicate in page if predicate in predicates]
    for predicate, nodes in backwards.items():
        found = reader.values(list(nodes), [Path(predicate)], graphs)[Path(predicate)]
        back = Path(predicate, inverse=True)
        yield [(v, back, node) for node, values in found.items() for v in values if isinstance(v, NamedNode)]


def _read(reader: Reader, reach: Reach, nodes: list[Term], graphs: Graphs) -> Iterator[tuple[Term, Path, Term]]:
    """What a reach reads of nodes, by paths."""
    if reach.everything:
        yield from ((t.subject, Path(t.predicate), t.object) for t in reader.statements(nodes, graphs))
    paths = [path for path in reach.read if path.inverse or not reach.everything]
    for path, pairs in reader.values(nodes, paths, graphs).items() if paths else ():
        yield from ((node, path, value) for node, values in pairs.items() for value in values)


def _pointing(reader: Reader, node: Term, graphs: Graphs) -> Iterator[list[tuple[NamedNode, NamedNode]]]:
    """What points to a node and by which predicate, a page at a time."""
    if not isinstance(node, NamedNode | Literal):
        return
    for page in count():
        links = reader.incoming(node, graphs, page * _PAGE, _PAGE)
        yield [(subject, predicate) for subject, predicate in links if isinstance(subject, NamedNode)]
        if len(links) < _PAGE:
            return
