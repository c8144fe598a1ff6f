"""What becomes of every record of a load: loaded, merged or rejected, and what of the data goes with it.

It knows the graphs where a load is put together, no file and no store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pyoxigraph import NamedNode, Triple

from govgraph.change import Record, Rejected
from govgraph.change.merging import Merging
from govgraph.change.skolem import NAMELESS, Skolem
from govgraph.change.terms import SUSPECTS, unusable
from govgraph.contract import Contract
from govgraph.iris import RDF_TYPE, Names, compact
from govgraph.store import Term
from govgraph.store.staging import Staging

_SUBJECTS = "SELECT DISTINCT ?s { ?s ?p ?o }"
_ANY_BLANK = "SELECT ?s { ?s ?p ?o FILTER(isBlank(?s) || isBlank(?o)) } LIMIT 1"
_LONGEST = 200


class Accounts:
    """The graphs of a load, by the graph of the catalogue they become, and the accounts of its records."""

    def __init__(self, contract: Contract, names: Names, staging: Staging) -> None:
        self.records: list[Record] = []
        self.rejected: list[Rejected] = []
        self.loaded = self.merged = 0
        self.graphs = {graph: [graph] for graph in (names.working, names.reference)}
        self._contract = contract
        self._names = names
        self._staging = staging
        self._seen: dict[NamedNode, set[Term]] = {graph: set() for graph in self.graphs}
        self._incoming = 0
        self._doubtful: list[tuple[NamedNode, NamedNode, Record]] = []
        self._of_kinds: set[Term] = set()

    def new_graph(self, of: NamedNode) -> NamedNode:
        self._incoming += 1
        graph = self._names.graph(f"incoming-{self._incoming}")
        self.graphs[of].append(graph)
        return graph

    def forget(self, of: NamedNode, graph: NamedNode) -> None:
        self._staging.clear(graph)
        self.graphs[of].remove(graph)

    def know(self, graph: NamedNode) -> None:
        """What a graph of the catalogue had before the load is there already."""
        self._seen[graph].update(self._staging.nodes(_SUBJECTS, (graph,)))
        self._of_kinds.update(self._typed(graph))

    def take(self, of: NamedNode, graph: NamedNode, called: str) -> None:
        """Name the blank nodes of a graph that was read, and account for what it describes.

        A record is a subject that is neither a part of another nor a node without a name of its own.
        """
        parts = self._contract.part_predicates
        inside: set[Term] = {n for path in parts for _, n in self._staging.pairs(path, graph)}
        if self._staging.nodes(_ANY_BLANK, (graph,)):
            skolem = Skolem(self._staging.triples(graph), self._contract, self._names)
            named = skolem.replaced()
            inside |= {*skolem.owned, *(t.object for t in named if t.predicate in parts)}
            self._staging.clear(graph)
            self._staging.add(graph, named)
        for node, reason in self._without_unusable(graph, inside).items():
            self.rejected.append(Rejected(called, 0, self._called(node), reason))
        subjects = self._staging.nodes(_SUBJECTS, (graph,))
        if not subjects:
            self.forget(of, graph)
            return
        records = [Record(called, 0, s) for s in subjects if isinstance(s, NamedNode) and s not in inside]
        self._of_kinds.update(self._typed(graph))
        doubtful = {r for r in records if r.entity not in self._of_kinds and self._claims_a_kind(r)}
        self._doubtful += [(of, graph, record) for record in records if record in doubtful]
        self._account(of, graph, [record for record in records if record not in doubtful], Merging(self._contract))
        self._seen[of].update(subjects)

    def put(self, of: NamedNode, records: Sequence[Record], triples: Iterable[Triple]) -> None:
        """Account for records whose entities are known, and keep what they say."""
        graph = self.new_graph(of)
        named = Skolem(triples, self._contract, self._names).replaced()
        self._staging.add(graph, named)
        subjects: set[Term] = {t.subject for t in named}
        unfit = self._without_unusable(graph, subjects - {record.entity for record in records})
        refused = [record for record in records if record.entity in unfit]
        self.rejected += [Rejected(r.file, r.line, r.entity.value, unfit[r.entity]) for r in refused]
        self._of_kinds.update(self._typed(graph))
        kept = [record for record in records if record.entity not in unfit]
        self._account(of, graph, kept, Merging(self._contract, whole=True))
        self._seen[of].update(self._staging.nodes(_SUBJECTS, (graph,)))

    def settle(self) -> None:
        """Account for what had no kind when it was read: another file may have given it one since."""
        for of, graph, record in self._doubtful:
            if record.entity in self._of_kinds:
                self._account(of, graph, [record], Merging(self._contract))
                continue
            said = self._staging.statements(record.entity, graph)
            types = ", ".join(compact(t.object.value) for t in said if t.predicate == RDF_TYPE)  # type: ignore[union-attr]  # no literals
            reason = f"It is a {types}, which is no kind" if types else "Nothing says of which kind it is"
            reason += "; govgraph contract lists the kinds."
            self.rejected.append(Rejected(record.file, record.line, record.entity.value, reason))
            self._staging.remove(graph, said)
        self._doubtful.clear()

    def _account(self, of: NamedNode, graph: NamedNode, records: Sequence[Record], merging: Merging) -> None:
        """Count the records, and let what they say replace what was said before."""
        seen, known = self._seen[of], set[Term]()
        for record in records:
            if record.entity in seen:
                self.merged += 1
                known.add(record.entity)
            else:
                self.loaded += 1
                seen.add(record.entity)
        self.records += records
        earlier = [g for g in self.graphs[of] if g != graph]
        for entity in known:
            new = self._staging.statements(entity, graph)
            for other in earlier:
                replaced = merging.replaced(self._staging.statements(entity, other), new)
                self._staging.remove(other, replaced)
                for part in merging.parts(replaced):
                    if merging.whole and not self._is_pointed_to(part, of):
                        self._staging.remove(other, self._staging.statements(part, other))

    def _without_unusable(self, graph: NamedNode, inside: set[Term]) -> Mapping[Term, str]:
        """Take out of a graph all about what has a value nobody can keep, or a part with one; why, by its node.

        ``inside`` are the nodes that belong to others.
        """
        found = self._staging.table(SUSPECTS, (graph,)).rows
        unfit = {s: (p, o, why) for s, p, o in found if s is not None and o is not None and (why := unusable(o))}
        if not unfit:
            return {}
        owners: dict[Term, set[Term]] = {}
        for t in self._staging.triples(graph):
            if t.object in inside and t.object != t.subject:
                owners.setdefault(t.object, set()).add(t.subject)
        reasons: dict[Term, str] = {}
        for node, (predicate, value, why) in unfit.items():
            reason = f"{why} It is a value of {predicate}: {_short(value)}"
            reasons |= dict.fromkeys(_tops(node, owners), reason)
        gone = set(reasons) | set(unfit)
        while further := {part for part, of in owners.items() if part not in gone and of <= gone}:
            gone |= further
        for node in gone:
            self._staging.remove(graph, self._staging.statements(node, graph))
        return reasons

    def _called(self, node: Term) -> str:
        own = self._names.split(node.value) if isinstance(node, NamedNode) else None
        return "" if own is not None and own[0] == NAMELESS else str(node.value)  # type: ignore[union-attr]  # an IRI

    def _claims_a_kind(self, record: Record) -> bool:
        """Whether its address is one of the catalogue's own, where only kinds have entries."""
        own = self._names.split(record.entity.value)
        return own is not None and own[0] != NAMELESS

    def _typed(self, graph: NamedNode) -> Iterator[Term]:
        """What a graph says to be of a kind."""
        for class_ in self._contract.by_class:
            yield from self._staging.subjects(RDF_TYPE, class_, graph)

    def _is_pointed_to(self, part: Term, of: NamedNode) -> bool:
        return any(self._staging.is_object(part, graph) for graph in self.graphs[of])


def _tops(node: Term, owners: Mapping[Term, set[Term]]) -> set[Term]:
    """What a node belongs to and that belongs to nothing itself; of a ring, all of it."""
    seen, level = {node}, {node}
    while level:
        level = {owner for at in level for owner in owners.get(at, ())} - seen
        seen |= level
    return {at for at in seen if at not in owners} or seen


def _short(value: Term) -> str:
    text = str(value)
    return f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text
