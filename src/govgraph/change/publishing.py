"""Which entries of the working graph are published, and what the public graph then says; validates nothing itself.

An entry is published when it is marked so and neither it nor a part of it has a Violation or a Warning. Links to
entries that are not published stay out, so that nothing of a draft shows.
"""

from __future__ import annotations

from pyoxigraph import NamedNode, Triple

from govgraph.contract import Contract, Form
from govgraph.iris import CODE, GOV, RDF_TYPE, name
from govgraph.store import Graphs, Term
from govgraph.store.staging import Staging
from govgraph.validation import Report

_STATUS, _PUBLISHED = name(GOV, "publicationStatus"), name(CODE, "Published")
_HELD_GRAPH, _HELD = NamedNode("urn:govgraph:held"), name(GOV, "Held")
_PUBLIC = """CONSTRUCT { ?s ?p ?o } WHERE {
  ?s ?p ?o
  FILTER NOT EXISTS { GRAPH <urn:govgraph:held> { ?s a gov:Held } }
  FILTER NOT EXISTS { GRAPH <urn:govgraph:held> { ?o a gov:Held } }
}"""


class Publishing:
    """The split of a working graph into what is published and what is held back."""

    def __init__(self, contract: Contract, staging: Staging, graphs: Graphs, report: Report) -> None:
        self._staging = staging
        self._graphs = graphs
        subjects = set(staging.nodes("SELECT DISTINCT ?s { ?s ?p ?o }", graphs))
        self.entities: set[Term] = {
            node
            for kind in contract.entities
            for graph in graphs
            for node in staging.subjects(RDF_TYPE, kind.class_, graph)
        }
        self.marked: set[Term] = {
            node for graph in graphs for node in staging.subjects(_STATUS, _PUBLISHED, graph) if node in self.entities
        }
        self._owners = self._part_owners(contract)
        self.published: set[Term] = self.marked - self._blocked(report)
        self._others = subjects

    @property
    def held(self) -> set[Term]:
        """Every subject of the working graph that is neither published nor a part of what is."""
        shown = {part for part, owner in self._owners.items() if self._owner(owner) in self.published}
        return self._others - self.published - shown

    def public(self) -> bytes:
        """The public graph as N-Triples."""
        self._staging.clear(_HELD_GRAPH)
        self._staging.add(
            _HELD_GRAPH, (Triple(node, RDF_TYPE, _HELD) for node in self.held if isinstance(node, NamedNode))
        )
        return self._staging.construct(_PUBLIC, self._graphs, (_HELD_GRAPH,))

    def withdraw(self, report: Report) -> bool:
        """Take out what a report on the public graph blocks; whether there was any."""
        remaining = self.published - self._blocked(report)
        changed = remaining != self.published
        self.published = remaining
        return changed

    def _blocked(self, report: Report) -> set[Term]:
        return {self._owner(finding.entity) for finding in report.findings if finding.blocks_publishing}

    def _owner(self, node: Term) -> Term:
        """The entity a part belongs to, at whatever depth; an entity itself."""
        seen = {node}
        while node in self._owners and self._owners[node] not in seen:
            node = self._owners[node]
            seen.add(node)
        return node

    def _part_owners(self, contract: Contract) -> dict[Term, Term]:
        paths = {p.path.predicate for kind in contract.kinds for p in kind.properties if p.form is Form.PART}
        return {
            part: owner
            for path in paths
            for graph in self._graphs
            for owner, part in self._staging.pairs(path, graph)
            if part not in self.entities
        }
