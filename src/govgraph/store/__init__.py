"""The store seam: what the rest of the house may ask of whatever keeps the quads; opens no engine itself.

A Reader is one immutable revision. It is asked for many nodes at a time, so that an engine behind a network costs a
round trip per call and not per node. A Store hands out readers and replaces its content as one new revision.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from pathlib import Path as FilePath
from typing import BinaryIO, Protocol, TypeAlias

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from govgraph.media import Format

Term: TypeAlias = NamedNode | BlankNode | Literal | Triple
Graphs: TypeAlias = tuple[NamedNode, ...]


@dataclass(frozen=True)
class Path:
    """A SHACL path of one step: a predicate, read forwards or (``sh:inversePath``) backwards."""

    predicate: NamedNode
    inverse: bool = False


@dataclass(frozen=True)
class Dataset:
    """The graphs asked for: what the default graph is made of, and what ``GRAPH`` reaches."""

    default: Graphs
    named: Graphs


@dataclass(frozen=True)
class Query:
    """A SPARQL query to run over some graphs.

    ``graphs`` is the default graph (their union) and, with ``named``, all that ``GRAPH`` and ``FROM`` may reach. A
    ``dataset`` overrides the clauses of the text (SPARQL 1.1 Protocol section 2.1.4) and reaches no further than they.
    ``base`` is what relative IRIs are resolved against, that of the store where it is empty.
    ``bindings`` enter as terms, never as text. ``formats`` names, per kind of result (solutions, boolean, graph),
    the format to write; a kind without one is not run to its end. ``seconds`` is a deadline before the store's own.
    """

    text: str
    graphs: Graphs
    named: Graphs = ()
    bindings: Mapping[str, Term] = field(default_factory=dict)
    formats: Mapping[str, Format] = field(default_factory=dict)
    dataset: Dataset | None = None
    base: str = ""
    seconds: float = inf


@dataclass(frozen=True)
class Result:
    """What a query gave: its kind (solutions, boolean, graph) and its bytes; ``format`` None when none was named."""

    kind: str
    format: Format | None
    body: bytes


@dataclass(frozen=True)
class Table:
    """Solutions as rows of terms; an unbound cell is None."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]


class Reader(Protocol):
    """One revision of the store; every method may be called from any thread."""

    @property
    def revision(self) -> int: ...

    @property
    def committed(self) -> datetime:
        """When the revision was made."""

    @property
    def place(self) -> FilePath | None:
        """The directory of the revision, as long as the reader is open; None for one that is in no file."""

    def values(
        self, nodes: Sequence[Term], paths: Sequence[Path], graphs: Graphs
    ) -> dict[Path, dict[Term, list[Term]]]:
        """For each path, the values of each node that has any. One read."""

    def some(self, nodes: Sequence[Term], path: Path, graphs: Graphs, most: int) -> dict[Term, list[Term]]:
        """Of each node that has any, at most so many values of a forward path, in the engine's order. One read."""

    def statements(self, nodes: Sequence[Term], graphs: Graphs) -> list[Triple]:
        """All that is said about the nodes. One read."""

    def pairs(self, path: Path, graphs: Graphs) -> Iterator[tuple[Term, Term]]:
        """Every (node, value) of a path; grows with the catalogue."""

    def instances(self, class_: NamedNode, graphs: Graphs) -> list[NamedNode]:
        """Every IRI typed so; grows with the catalogue."""

    def incoming(
        self, node: NamedNode | Literal, graphs: Graphs, skip: int, limit: int
    ) -> list[tuple[Term, NamedNode]]:
        """A page of the (subject, predicate) that point to a node."""

    def query(self, query: Query) -> Result:
        """Run a query under the deadline; raises QueryError, QueryForbidden or QueryTooCostly."""

    def table(self, query: Query) -> Table:
        """Run a SELECT and parse its rows; raises as ``query`` does."""

    def dump(self, graph: NamedNode) -> bytes:
        """One graph as N-Triples."""

    def write(self, graphs: Graphs, format_: Format, target: BinaryIO) -> None:
        """Graphs to a file, in constant memory; a format that knows no graphs gets their union."""

    def close(self) -> None:
        """Give back processes and files; idempotent."""


@dataclass(frozen=True)
class Part:
    """N-Triples of one graph of a revision in the making. ``taken_back`` ones came in an earlier part and go again."""

    graph: NamedNode
    triples: bytes
    taken_back: bool = False


class Store(Protocol):
    """Where revisions come from."""

    @property
    def base(self) -> str: ...

    def reader(self) -> Reader:
        """The newest revision; the same object until there is a newer one. Raises StoreMissing before the first."""

    def standing(self) -> Reader | None:
        """What ``reader`` would give, where that needs no look at the disk; never blocks. None says nothing."""

    def replace(self, parts: Iterable[Part], contract_hash: str, *, after: int | None = None) -> int:
        """Make the given graphs, each in any number of parts, the next revision; its number.

        All or nothing: readers see the old revision until the new one is complete. The cost grows with the catalogue.
        A part may be written while the next is being made.
        ``after`` is the revision the new one was made from (0: none); raises RevisionConflict when it is no longer
        the newest.
        """

    def close(self) -> None: ...
