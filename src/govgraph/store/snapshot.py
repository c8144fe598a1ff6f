"""One revision in an open engine, read as a Reader; opens nothing and keeps nothing but what it is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain, islice
from pathlib import Path as FilePath
from typing import BinaryIO, cast

import pyoxigraph
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple

from govgraph.errors import QueryError
from govgraph.iris import GOV, PREFIXES, RDF_TYPE, Names, name
from govgraph.media import NQUADS, NTRIPLES, RDF_SYNTAX, RESULT_SYNTAX, TRIG, TSV, Format
from govgraph.store import Graphs, Path, Query, Result, Table, Term
from govgraph.store.evaluation import evaluate
from govgraph.store.workers import Limits, Workers

COMMITTED = name(GOV, "committed")
"""In the system graph: when the revision was made."""
_FEW = 8
"""Up to so many predicates are looked up one by one; for more it is cheaper to read all that is said about a node."""


class Snapshot:
    """A Reader over an open engine; ``workers`` run its queries where there are any, else this thread does.

    ``fixed`` says that nobody writes to the engine.
    """

    def __init__(
        self,
        engine: pyoxigraph.Store,
        revision: int,
        base: str,
        limits: Limits,
        workers: Workers | None = None,
        *,
        fixed: bool = True,
    ) -> None:
        self.revision = revision
        self._fixed = fixed
        self._said: dict[tuple[NamedNode, NamedNode], bool] = {}
        """As many as the contract has properties, times the graphs of the house."""
        self._engine = engine
        self._base = base
        self._limits = limits
        self._workers = workers
        self.place: FilePath | None = None

    @property
    def committed(self) -> datetime:
        quads = self._engine.quads_for_pattern(NamedNode(self._base), COMMITTED, None, Names(self._base).system)
        return datetime.fromisoformat(next(quad.object.value for quad in quads if isinstance(quad.object, Literal)))

    def values(
        self, nodes: Sequence[Term], paths: Sequence[Path], graphs: Graphs
    ) -> dict[Path, dict[Term, list[Term]]]:
        match = self._engine.quads_for_pattern
        found: dict[Path, dict[Term, list[Term]]] = {path: {} for path in paths}
        forward = {path.predicate: found[path] for path in paths if not path.inverse}
        asked = [pattern for graph in graphs for pattern in self._patterns(list(forward), graph)]
        inverse = [path for path in paths if path.inverse]
        backward = [(path, graph) for graph in graphs for path in inverse if self._says(path.predicate, graph)]
        for node in nodes:
            if isinstance(node, Triple):
                continue
            if not isinstance(node, Literal):
                for predicate, graph in asked:
                    for quad in match(node, predicate, None, graph):
                        values = forward.get(quad.predicate)
                        if values is not None:
                            values.setdefault(node, []).append(quad.object)
            for path, graph in backward:
                for quad in match(None, path.predicate, node, graph):
                    found[path].setdefault(node, []).append(quad.subject)
        return found

    def _patterns(self, predicates: Sequence[NamedNode], graph: NamedNode) -> list[tuple[NamedNode | None, NamedNode]]:
        """What to look up of every node in a graph: predicates that are there, or all at once where they are many."""
        there = [predicate for predicate in predicates if self._says(predicate, graph)]
        return [(None, graph)] if len(there) > _FEW else [(predicate, graph) for predicate in there]

    def _says(self, predicate: NamedNode, graph: NamedNode) -> bool:
        """Whether a graph may have statements of a predicate: of a state that stays as it is, found out once."""
        if not self._fixed:
            return True
        key = (predicate, graph)
        if key not in self._said:
            self._said[key] = next(self._engine.quads_for_pattern(None, predicate, None, graph), None) is not None
        return self._said[key]

    def some(self, nodes: Sequence[Term], path: Path, graphs: Graphs, most: int) -> dict[Term, list[Term]]:
        match = self._engine.quads_for_pattern
        found: dict[Term, list[Term]] = {}
        for node in nodes:
            if not isinstance(node, Literal | Triple):
                quads = chain.from_iterable(match(node, path.predicate, None, graph) for graph in graphs)
                if values := [quad.object for quad in islice(quads, most)]:
                    found[node] = values
        return found

    def statements(self, nodes: Sequence[Term], graphs: Graphs) -> list[Triple]:
        return [
            quad.triple
            for node in nodes
            for graph in graphs
            if not isinstance(node, Literal | Triple)
            for quad in self._engine.quads_for_pattern(node, None, None, graph)
        ]

    def pairs(self, path: Path, graphs: Graphs) -> Iterator[tuple[Term, Term]]:
        for graph in graphs:
            for quad in self._engine.quads_for_pattern(None, path.predicate, None, graph):
                yield (quad.object, quad.subject) if path.inverse else (quad.subject, quad.object)

    def instances(self, class_: NamedNode, graphs: Graphs) -> list[NamedNode]:
        found = (
            quad.subject for graph in graphs for quad in self._engine.quads_for_pattern(None, RDF_TYPE, class_, graph)
        )
        return [subject for subject in found if isinstance(subject, NamedNode)]

    def incoming(
        self, node: NamedNode | Literal, graphs: Graphs, skip: int, limit: int
    ) -> list[tuple[Term, NamedNode]]:
        quads = chain.from_iterable(self._engine.quads_for_pattern(None, None, node, graph) for graph in graphs)
        return [(quad.subject, quad.predicate) for quad in islice(quads, skip, skip + limit)]

    def query(self, query: Query) -> Result:
        if self._workers is not None:
            return self._workers.run(query)
        return evaluate(self._engine, query, self._base, self._limits.result_bytes)

    def table(self, query: Query) -> Table:
        result = self.query(replace(query, formats={"solutions": TSV}))
        if result.kind != "solutions":
            raise QueryError("The query is no SELECT.", "Write it as a SELECT to get rows.")
        parsed = pyoxigraph.parse_query_results(result.body, RESULT_SYNTAX[TSV])
        solutions = cast("pyoxigraph.QuerySolutions", parsed)
        columns = tuple(variable.value for variable in solutions.variables)
        return Table(columns, tuple(tuple(solution[column] for column in columns) for solution in solutions))

    def dump(self, graph: NamedNode) -> bytes:
        return self._engine.dump(format=RdfFormat.N_TRIPLES, from_graph=graph) or b""

    def write(self, graphs: Graphs, format_: Format, target: BinaryIO) -> None:
        syntax = RDF_SYNTAX[format_]
        if format_ is NTRIPLES:
            for graph in graphs:
                self._engine.dump(target, format=syntax, from_graph=graph)
            return
        quads = chain.from_iterable(self._engine.quads_for_pattern(None, None, None, graph) for graph in graphs)
        said: Iterable[Quad] | Iterable[Triple] = quads if format_ in (NQUADS, TRIG) else (q.triple for q in quads)
        pyoxigraph.serialize(said, target, format=syntax, prefixes=PREFIXES)

    def close(self) -> None:
        if self._workers is not None:
            self._workers.close()
