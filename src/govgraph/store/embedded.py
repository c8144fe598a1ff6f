"""Oxigraph inside this process, on disk or in memory: the only place that opens the engine for reading and writing.

A data directory holds ``live/`` (what the writer keeps), ``snapshots/N/`` (hard-linked copies that readers open
read-only) and ``current``, a small JSON file naming the revision readers use. ``current`` is replaced atomically
last, so whoever stops in between leaves the old revision in force.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path as FilePath
from time import monotonic
from typing import cast

import pyoxigraph
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple

from govgraph.errors import BaseMismatch, FormatTooNew, QueryError, StoreError, StoreLocked, StoreMissing
from govgraph.iris import GOV, RDF_TYPE, XSD, Names, name
from govgraph.media import RESULT_SYNTAX, TSV
from govgraph.store import Graphs, Path, Query, Result, Table, Term
from govgraph.store.evaluation import evaluate
from govgraph.store.workers import Limits, Workers

FORMAT = 1
"""Of the data directory; a newer govgraph that changes it counts up and migrates."""


class Snapshot:
    """A Reader over an open engine; ``workers`` run its queries where there are any, else this thread does."""

    def __init__(
        self, engine: pyoxigraph.Store, revision: int, base: str, workers: Workers | None, limits: Limits
    ) -> None:
        self.revision = revision
        self._engine = engine
        self._base = base
        self._workers = workers
        self._limits = limits

    def values(
        self, nodes: Sequence[Term], paths: Sequence[Path], graphs: Graphs
    ) -> dict[Path, dict[Term, list[Term]]]:
        match = self._engine.quads_for_pattern
        found: dict[Path, dict[Term, list[Term]]] = {path: {} for path in paths}
        forward = {path.predicate: found[path] for path in paths if not path.inverse}
        backward = [path for path in paths if path.inverse]
        single = len(forward) == 1
        for node in nodes:
            if isinstance(node, Literal | Triple):
                continue
            for graph in graphs:
                if forward:
                    for quad in match(node, next(iter(forward)) if single else None, None, graph):
                        values = forward.get(quad.predicate)
                        if values is not None:
                            values.setdefault(node, []).append(quad.object)
                for path in backward:
                    for quad in match(None, path.predicate, node, graph):
                        found[path].setdefault(node, []).append(quad.subject)
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

    def incoming(self, node: NamedNode, graphs: Graphs, skip: int, limit: int) -> list[tuple[Term, NamedNode]]:
        quads = chain.from_iterable(self._engine.quads_for_pattern(None, None, node, graph) for graph in graphs)
        return [(quad.subject, quad.predicate) for quad in islice(quads, skip, skip + limit)]

    def query(self, query: Query) -> Result:
        if self._workers is not None:
            return self._workers.run(query)
        return evaluate(self._engine, query, self._base, self._limits.result_bytes)

    def table(self, query: Query) -> Table:
        result = self.query(Query(query.text, query.graphs, query.named, query.bindings, {"solutions": TSV}))
        if result.kind != "solutions":
            raise QueryError("The query is no SELECT.", "Write it as a SELECT to get rows.")
        parsed = pyoxigraph.parse_query_results(result.body, RESULT_SYNTAX[TSV])
        solutions = cast("pyoxigraph.QuerySolutions", parsed)
        columns = tuple(variable.value for variable in solutions.variables)
        return Table(columns, tuple(tuple(solution[column] for column in columns) for solution in solutions))

    def dump(self, graph: NamedNode) -> bytes:
        return self._engine.dump(format=RdfFormat.N_TRIPLES, from_graph=graph) or b""

    def close(self) -> None:
        if self._workers is not None:
            self._workers.close()


def _build(engine: pyoxigraph.Store, graphs: Iterable[tuple[NamedNode, bytes]], record: Iterable[Quad]) -> None:
    for graph, triples in graphs:
        if triples:
            engine.bulk_load(triples, RdfFormat.N_TRIPLES, to_graph=graph)
    engine.extend(record)


def _record(base: str, revision: int, contract_hash: str) -> list[Quad]:
    """What the store says about itself, in its system graph."""
    names, store = Names(base), NamedNode(base)
    now = datetime.now(UTC).replace(microsecond=0).isoformat()
    said = {
        "base": Literal(base),
        "storeFormat": Literal(str(FORMAT), datatype=name(XSD, "integer")),
        "revision": Literal(str(revision), datatype=name(XSD, "integer")),
        "contractHash": Literal(contract_hash),
        "committed": Literal(now, datatype=name(XSD, "dateTime")),
    }
    return [Quad(store, name(GOV, local), value, names.system) for local, value in said.items()]


class MemoryStore:
    """A Store that is gone with its process: for tests, trials and validating files."""

    def __init__(self, base: str, limits: Limits | None = None) -> None:
        self.base = base
        self._limits = limits or Limits()
        self._reader: Snapshot | None = None

    def reader(self) -> Snapshot:
        if self._reader is None:
            raise StoreMissing("There is no catalogue yet.", "Load one first.")
        return self._reader

    def replace(self, graphs: Iterable[tuple[NamedNode, bytes]], contract_hash: str) -> int:
        engine = pyoxigraph.Store()
        revision = self._reader.revision + 1 if self._reader else 1
        _build(engine, graphs, _record(self.base, revision, contract_hash))
        self._reader = Snapshot(engine, revision, self.base, None, self._limits)
        return revision

    def close(self) -> None:
        self._reader = None


@dataclass(frozen=True)
class _Current:
    revision: int
    base: str
    format: int


class DiskStore:
    """A Store in a data directory; opens no engine before ``reader`` opens a snapshot or ``replace`` builds one."""

    def __init__(  # each is a setting of its own
        self,
        directory: FilePath,
        base: str,
        *,
        limits: Limits | None = None,
        workers: int = 2,
        kept: int = 3,
        refresh_seconds: float = 0.1,
    ) -> None:
        """Raises BaseMismatch or FormatTooNew when the directory holds a catalogue this process must not touch."""
        self.base = base
        self._directory = directory
        self._limits = limits or Limits()
        self._workers = workers
        self._kept = max(kept, 1)
        self._refresh_seconds = refresh_seconds
        self._reader: Snapshot | None = None
        self._looked = 0.0
        self._lock = threading.Lock()
        self._current()

    @property
    def exists(self) -> bool:
        return self._current() is not None

    def reader(self) -> Snapshot:
        with self._lock:
            now = monotonic()
            if self._reader is None or now - self._looked >= self._refresh_seconds:
                self._looked = now
                self._follow()
            if self._reader is None:
                raise StoreMissing(
                    f"There is no catalogue in {self._directory}.", "Load one: govgraph load FILES, or --seed."
                )
            return self._reader

    def replace(self, graphs: Iterable[tuple[NamedNode, bytes]], contract_hash: str) -> int:
        with self._writing():
            current = self._current()
            revision = current.revision + 1 if current else 1
            beside = self._directory / "live.new"
            shutil.rmtree(beside, ignore_errors=True)
            snapshot = self._directory / "snapshots" / str(revision)
            shutil.rmtree(snapshot, ignore_errors=True)
            snapshot.parent.mkdir(exist_ok=True)
            engine = pyoxigraph.Store(str(beside))
            _build(engine, graphs, _record(self.base, revision, contract_hash))
            engine.flush()
            engine.backup(str(snapshot))
            del engine
            live = self._directory / "live"
            shutil.rmtree(live, ignore_errors=True)
            beside.rename(live)
            self._point_to(_Current(revision, self.base, FORMAT))
            self._tidy(revision)
            self._looked = 0.0
            return revision

    def close(self) -> None:
        with self._lock:
            if self._reader is not None:
                self._reader.close()
                self._reader = None

    def _follow(self) -> None:
        current = self._current()
        if current is None or (self._reader is not None and self._reader.revision == current.revision):
            return
        snapshot = self._directory / "snapshots" / str(current.revision)
        try:
            engine = pyoxigraph.Store.read_only(str(snapshot))
        except OSError as error:
            raise StoreError(
                f"The snapshot {snapshot} cannot be opened: {error}.", "Load the catalogue again."
            ) from error
        workers = Workers(snapshot, self.base, self._workers, self._limits)
        replaced, self._reader = self._reader, Snapshot(engine, current.revision, self.base, workers, self._limits)
        if replaced is not None:
            # A request may still be reading from it; its processes go once the slowest allowed query is through.
            timer = threading.Timer(self._limits.seconds * 2, replaced.close)
            timer.daemon = True
            timer.start()

    def _current(self) -> _Current | None:
        file = self._directory / "current"
        try:
            current = _Current(**json.loads(file.read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise StoreError(
                f"{file} cannot be read: {error}.", "It was not written by govgraph; restore it."
            ) from error
        if current.format > FORMAT:
            raise FormatTooNew(
                f"{self._directory} has store format {current.format}; this govgraph knows up to {FORMAT}.",
                "Start it with the newer govgraph that wrote it.",
            )
        if current.base != self.base:
            raise BaseMismatch(
                f"{self._directory} was loaded under the base {current.base}, not {self.base}.",
                f"Start with --base {current.base}; or, to move, export the catalogue there as N-Quads, replace the "
                "base in that file and load it into a new data directory.",
            )
        return current

    def _point_to(self, current: _Current) -> None:
        temporary = self._directory / "current.new"
        with temporary.open("w") as file:
            json.dump(vars(current), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._directory / "current")

    def _tidy(self, revision: int) -> None:
        for directory in (self._directory / "snapshots").iterdir():
            if directory.name.isdecimal() and int(directory.name) <= revision - self._kept:
                shutil.rmtree(directory)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._directory.mkdir(parents=True, exist_ok=True)
        with (self._directory / "writer.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StoreLocked(
                    f"Another process is loading into {self._directory}.", "Wait until it is done and try again."
                ) from None
            yield
