"""A scratch set of graphs in memory, where a load is put together before it becomes a revision; keeps nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import pyoxigraph
from pyoxigraph import NamedNode, Quad, RdfFormat, Triple

from govgraph.iris import PREFIXES
from govgraph.store import Graphs, Table, Term


class Staging:
    """Named graphs one can fill, ask and write out. Queries here are the house's own and have no deadline."""

    def __init__(self) -> None:
        self._engine = pyoxigraph.Store()

    def read(self, graph: NamedNode, data: bytes | BinaryIO) -> None:
        """Add N-Triples to a graph."""
        self._engine.bulk_load(data, RdfFormat.N_TRIPLES, to_graph=graph)

    def read_file(
        self,
        graph: NamedNode,
        data: BinaryIO,
        format_: RdfFormat,
        base: str,
        places: Mapping[NamedNode, NamedNode | None] | None = None,
    ) -> None:
        """Add a file of any syntax. Raises SyntaxError with its place.

        ``places`` says where the named graphs of the file go, None for nowhere; those it leaves out, and all without
        it, become the one graph.
        """
        if format_ in (RdfFormat.N_QUADS, RdfFormat.TRIG, RdfFormat.JSON_LD):
            quads = pyoxigraph.parse(data, format_, base_iri=base, rename_blank_nodes=True)
            of = places or {}
            placed = ((q, of.get(q.graph_name, graph)) for q in quads)
            self._engine.bulk_extend(Quad(q.subject, q.predicate, q.object, g) for q, g in placed if g is not None)
        else:
            self._engine.bulk_load(data, format_, base_iri=base, to_graph=graph)

    def add(self, graph: NamedNode, triples: Iterable[Triple]) -> None:
        self._engine.extend(Quad(t.subject, t.predicate, t.object, graph) for t in triples)

    def triples(self, graph: NamedNode) -> Iterator[Triple]:
        return (quad.triple for quad in self._engine.quads_for_pattern(None, None, None, graph))

    def statements(self, node: Term, graph: NamedNode) -> list[Triple]:
        """What a graph says about a node."""
        if not isinstance(node, NamedNode):
            return []
        return [quad.triple for quad in self._engine.quads_for_pattern(node, None, None, graph)]

    def subjects(self, predicate: NamedNode, value: NamedNode, graph: NamedNode) -> Iterator[Term]:
        return (quad.subject for quad in self._engine.quads_for_pattern(None, predicate, value, graph))

    def is_object(self, node: Term, graph: NamedNode) -> bool:
        """Whether anything in a graph points to a node."""
        return next(self._engine.quads_for_pattern(None, None, node, graph), None) is not None

    def pairs(self, predicate: NamedNode, graph: NamedNode) -> Iterator[tuple[Term, Term]]:
        return ((quad.subject, quad.object) for quad in self._engine.quads_for_pattern(None, predicate, None, graph))

    def remove(self, graph: NamedNode, triples: Iterable[Triple]) -> None:
        for t in triples:
            self._engine.remove(Quad(t.subject, t.predicate, t.object, graph))

    def clear(self, graph: NamedNode) -> None:
        self._engine.clear_graph(graph)

    def table(self, text: str, default: Graphs, named: Graphs = ()) -> Table:
        """The rows of a SELECT; ``named`` are the graphs it may name."""
        found = self._engine.query(text, prefixes=PREFIXES, default_graph=list(default), named_graphs=list(named))
        assert isinstance(found, pyoxigraph.QuerySolutions)
        columns = tuple(variable.value for variable in found.variables)
        return Table(columns, tuple(tuple(row[c] for c in columns) for row in found))

    def nodes(self, text: str, default: Graphs, named: Graphs = ()) -> list[Term]:
        """The first column of a SELECT."""
        return [row[0] for row in self.table(text, default, named).rows if row[0] is not None]

    def construct(self, text: str, default: Graphs, named: Graphs = ()) -> bytes:
        """The triples of a CONSTRUCT as N-Triples."""
        found = self._engine.query(text, prefixes=PREFIXES, default_graph=list(default), named_graphs=list(named))
        assert isinstance(found, pyoxigraph.QueryTriples)
        return found.serialize(format=RdfFormat.N_TRIPLES) or b""

    def write(self, graph: NamedNode) -> bytes:
        """A graph as N-Triples."""
        return self._engine.dump(format=RdfFormat.N_TRIPLES, from_graph=graph) or b""


def syntax_of(path: Path) -> RdfFormat | None:
    """The RDF syntax a file name's ending stands for, None for any other file."""
    return RdfFormat.from_extension(path.suffix.removeprefix("."))
