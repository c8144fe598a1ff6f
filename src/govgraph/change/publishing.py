"""Which entries of the working graph are published, and what the public graph then says; validates nothing itself.

An entry is published when it is marked so and neither it nor a part of it has a Violation or a Warning. Links to
entries that are not published stay out, so that nothing of a draft shows. What is of no kind and has an IRI of
another house has no status that could be held back: a published entry may link to it, and only what was said about it
here stays in the working graph.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pyoxigraph import NamedNode

from govgraph.change.visibility import PUBLISHED, STATUS
from govgraph.contract import Contract, Form, Kind, Severity
from govgraph.iris import RDF_TYPE
from govgraph.store import Graphs, Term
from govgraph.store.staging import Staging
from govgraph.validation import Finding, Report


@dataclass(frozen=True)
class Tolerated:
    """What was wrong in public before the revision in the making: it may stay, and takes nothing out.

    ``entities`` were public, with these findings, by key; ``lacking`` says which properties of which nodes some are
    about.
    """

    entities: Collection[Term] = frozenset()
    findings: Collection[str] = frozenset()
    lacking: Collection[tuple[Term, NamedNode]] = frozenset()


class Publishing:
    """The split of a working graph into what is published and what is held back."""

    def __init__(
        self,
        contract: Contract,
        staging: Staging,
        graphs: Graphs,
        report: Report,
        base: str,
        tolerated: Tolerated = Tolerated(),
    ) -> None:
        self.causes: dict[Term, Finding | Term] = {}
        """Why an entity that is marked is not published: a finding, or one of the entities it needs."""
        self._tolerated = tolerated
        self._staging = staging
        self._graphs = graphs
        self._subjects = set(staging.nodes("SELECT DISTINCT ?s { ?s ?p ?o }", graphs))
        members = {kind: self._nodes(RDF_TYPE, kind.class_) for kind in contract.kinds}
        self.entities: set[Term] = set().union(*(members[kind] for kind in contract.entities))
        self.marked: set[Term] = self._nodes(STATUS, PUBLISHED) & self.entities
        self._owners = self._part_owners(contract)
        of_no_kind = self._subjects.difference(self._owners, *members.values())
        self._foreign = {n for n in of_no_kind if isinstance(n, NamedNode) and not n.value.startswith(base)}
        self._needs = self._needed_links(members)
        self.published: set[Term] = self.marked
        self.withdraw(report)

    @property
    def held(self) -> set[Term]:
        """Every subject of the working graph that is neither published nor a part of what is."""
        shown = {part for part, owner in self._owners.items() if self.entity_of(owner) in self.published}
        return self._subjects - self.published - shown

    @property
    def hidden(self) -> set[Term]:
        """Of what is held, that to which no link may lead."""
        return self.held - self._foreign

    def public(self, working: bytes) -> bytes:
        """The public graph: of the working graph's N-Triples, those that are not about what is held nor link to it."""
        held = {str(node).encode() for node in self.held}
        hidden = {str(node).encode() for node in self.hidden}
        kept = []
        for line in working.splitlines(keepends=True):
            subject, _, rest = line.partition(b" ")
            if subject not in held and rest[rest.index(b" ") + 1 : -3] not in hidden:
                kept.append(line)
        return b"".join(kept)

    def withdraw(self, report: Report) -> bool:
        """Take out what a report blocks and what cannot do without something held; whether there was any."""
        before = self.published
        fallen: dict[Term, Finding | Term] = {}
        for finding in report.findings:
            entity = self.entity_of(finding.entity)
            if finding.blocks_publishing and entity in before and not self._is_tolerated(finding.key, entity):
                fallen.setdefault(entity, finding)
        while True:
            self.causes |= fallen
            self.published = self.published - fallen.keys()
            hidden = self.hidden
            needy = {self.entity_of(node): values[0] for node, values in self._needs if hidden.issuperset(values)}
            fallen = {entity: value for entity, value in needy.items() if entity in self.published}
            if not fallen:
                return self.published != before

    def _is_tolerated(self, key: str, entity: Term) -> bool:
        return key in self._tolerated.findings and entity in self._tolerated.entities

    def _nodes(self, predicate: NamedNode, value: NamedNode) -> set[Term]:
        return {node for graph in self._graphs for node in self._staging.subjects(predicate, value, graph)}

    def entity_of(self, node: Term) -> Term:
        """The entity a part belongs to, at whatever depth; an entity itself."""
        seen = {node}
        while node in self._owners and self._owners[node] not in seen:
            node = self._owners[node]
            seen.add(node)
        return node

    def _part_owners(self, contract: Contract) -> dict[Term, Term]:
        paths = contract.part_predicates
        return {
            part: owner
            for path in paths
            for graph in self._graphs
            for owner, part in self._staging.pairs(path, graph)
            if part not in self.entities
        }

    def _needed_links(self, members: dict[Kind, set[Term]]) -> list[tuple[Term, list[Term]]]:
        """The links of each node by a property it cannot be published without: once all of them lead to what is held,
        it is held too. The shapes say so as well; knowing it beforehand saves validating again for every step."""
        needs: list[tuple[Term, list[Term]]] = []
        for kind, nodes in members.items():
            for prop in kind.properties:
                if prop.stored and prop.form is Form.ENTITY and prop.needed in (Severity.VIOLATION, Severity.WARNING):
                    links: dict[Term, list[Term]] = {}
                    for graph in self._graphs:
                        for node, value in self._staging.pairs(prop.path.predicate, graph):
                            if node in nodes:
                                links.setdefault(node, []).append(value)
                    lacked = self._tolerated.lacking
                    needs += ((node, v) for node, v in links.items() if (node, prop.path.predicate) not in lacked)
        return needs
