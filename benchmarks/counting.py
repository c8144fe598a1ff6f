"""A Reader that counts how often the store is asked; everything else it leaves to the reader it stands for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import BinaryIO

from pyoxigraph import NamedNode, Triple

from govgraph.media import Format
from govgraph.store import Graphs, Path, Query, Reader, Result, Table, Term


class CountingReader:
    """``reads`` counts every call that goes to the store."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.reads = 0

    @property
    def revision(self) -> int:
        return self._reader.revision

    @property
    def committed(self) -> datetime:
        return self._counted().committed

    def values(
        self, nodes: Sequence[Term], paths: Sequence[Path], graphs: Graphs
    ) -> dict[Path, dict[Term, list[Term]]]:
        return self._counted().values(nodes, paths, graphs)

    def some(self, nodes: Sequence[Term], path: Path, graphs: Graphs, most: int) -> dict[Term, list[Term]]:
        return self._counted().some(nodes, path, graphs, most)

    def statements(self, nodes: Sequence[Term], graphs: Graphs) -> list[Triple]:
        return self._counted().statements(nodes, graphs)

    def pairs(self, path: Path, graphs: Graphs) -> Iterator[tuple[Term, Term]]:
        return self._counted().pairs(path, graphs)

    def instances(self, class_: NamedNode, graphs: Graphs) -> list[NamedNode]:
        return self._counted().instances(class_, graphs)

    def incoming(self, node: NamedNode, graphs: Graphs, skip: int, limit: int) -> list[tuple[Term, NamedNode]]:
        return self._counted().incoming(node, graphs, skip, limit)

    def query(self, query: Query) -> Result:
        return self._counted().query(query)

    def table(self, query: Query) -> Table:
        return self._counted().table(query)

    def dump(self, graph: NamedNode) -> bytes:
        return self._counted().dump(graph)

    def write(self, graphs: Graphs, format_: Format, target: BinaryIO) -> None:
        self._counted().write(graphs, format_, target)

    def close(self) -> None:
        self._reader.close()

    def _counted(self) -> Reader:
        self.reads += 1
        return self._reader
