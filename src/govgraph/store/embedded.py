"""Oxigraph inside this process, on disk or in memory: the only place that opens the engine for reading and writing.

What lies where on disk, and who may touch it, is ``directory``'s to know; which process runs a query ``workers``'s.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path as FilePath
from time import monotonic

import pyoxigraph
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat

from govgraph.errors import RevisionConflict, StoreError, StoreMissing
from govgraph.iris import GOV, XSD, Names, name
from govgraph.settings import Settings
from govgraph.store import Part
from govgraph.store.directory import FORMAT, Directory, Held
from govgraph.store.live import Live
from govgraph.store.rooms import room
from govgraph.store.snapshot import COMMITTED, Snapshot
from govgraph.store.workers import Limits, Workers

_CORES = min(os.cpu_count() or 1, 4)
_LEAST_PIECE = 8_000_000


def _build(engine: pyoxigraph.Store, parts: Iterable[Part], record: Iterable[Quad]) -> None:
    """Loads on every core while the next part is being made: for one load the engine uses a single core, and lets go
    of the interpreter's lock."""

    def load(graph: NamedNode, triples: bytes) -> None:
        # lenient: these are triples an engine has written, whose IRIs were checked when they came into the house
        engine.bulk_load(triples, RdfFormat.N_TRIPLES, to_graph=graph, lenient=True)

    with ThreadPoolExecutor(_CORES) as pool:
        loads: list[Future[None]] = []
        for part in parts:
            if part.taken_back:
                _finish(loads)
                for said in pyoxigraph.parse(part.triples, RdfFormat.N_TRIPLES, lenient=True):
                    engine.remove(Quad(said.subject, said.predicate, said.object, part.graph))
            else:
                loads += [pool.submit(load, part.graph, piece) for piece in _pieces(part.triples)]
        _finish(loads)
    engine.extend(record)


def _finish(loads: list[Future[None]]) -> None:
    """Wait for all; raises what one of them raised."""
    for one in loads:
        one.result()
    loads.clear()


def _pieces(triples: bytes) -> Iterator[bytes]:
    """N-Triples in as many pieces as there are cores, none of them small: each becomes files of its own."""
    size = max(len(triples) // _CORES, _LEAST_PIECE)
    start = 0
    while start < len(triples):
        end = triples.find(b"\n", start + size) + 1 or len(triples)
        yield triples[start:end]
        start = end


def _unwritten(directory: FilePath, error: OSError) -> StoreError:
    return StoreError(
        f"Nothing could be written to {directory}: {error}.",
        "The revision before stays in force; see to space and rights there, then load again.",
    )


def _refuse_outdated(after: int | None, newest: int) -> None:
    if after is not None and after != newest:
        raise RevisionConflict(
            f"Revision {newest} came while a change of revision {after} was being made.", "Make the change again."
        )


def _record(base: str, revision: int, contract_hash: str) -> list[Quad]:
    """What the store says about itself, in its system graph."""
    names, store = Names(base), NamedNode(base)
    now = datetime.now(UTC).replace(microsecond=0).isoformat()
    said = {
        "base": Literal(base),
        "storeFormat": Literal(str(FORMAT), datatype=name(XSD, "integer")),
        "revision": Literal(str(revision), datatype=name(XSD, "integer")),
        "contractHash": Literal(contract_hash),
    }
    committed = Quad(store, COMMITTED, Literal(now, datatype=name(XSD, "dateTime")), names.system)
    return [committed, *(Quad(store, name(GOV, local), value, names.system) for local, value in said.items())]


def limits_of(settings: Settings) -> Limits:
    """What the settings allow one query."""
    return Limits(
        seconds=settings.query_seconds,
        result_bytes=settings.query_megabytes * 1_000_000,
        memory_bytes=settings.query_memory_megabytes * 1_000_000,
    )


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

    def standing(self) -> Snapshot | None:
        return self._reader

    def replace(self, parts: Iterable[Part], contract_hash: str, *, after: int | None = None) -> int:
        engine = pyoxigraph.Store()
        newest = self._reader.revision if self._reader else 0
        _refuse_outdated(after, newest)
        revision = newest + 1
        _build(engine, parts, _record(self.base, revision, contract_hash))
        self._reader = Snapshot(engine, revision, self.base, self._limits)
        return revision

    def close(self) -> None:
        self._reader = None


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
        self._directory = Directory(directory, base, kept)
        self._limits = limits or Limits()
        self._workers = workers
        self._refresh_seconds = refresh_seconds
        self._reader: HeldSnapshot | None = None
        self._retired: dict[HeldSnapshot, threading.Timer] = {}
        self._looked = 0.0
        self._left = 0.0
        self._lock = threading.Lock()
        self._directory.current()

    @classmethod
    def of(cls, settings: Settings) -> DiskStore:
        """The store that the settings name, with their limits."""
        return cls(
            settings.data,
            settings.base,
            limits=limits_of(settings),
            workers=settings.query_workers,
            kept=settings.snapshots_kept,
            refresh_seconds=settings.refresh_seconds,
        )

    @property
    def exists(self) -> bool:
        return self._directory.current() is not None

    @property
    def is_readable(self) -> bool:
        """Whether the snapshot in force is there: it can be made again by whoever writes, if it is not."""
        current = self._directory.current()
        return current is not None and self._directory.shows(current.revision)

    def reader(self) -> Snapshot:
        with self._lock:
            now = monotonic()
            if self._reader is None or now - self._looked >= self._refresh_seconds:
                self._looked = now
                self._follow()
            if self._reader is None:
                raise StoreMissing(
                    f"There is no catalogue in {self._directory.path}.", "Load one: govgraph load FILES, or --seed."
                )
            return self._reader

    def standing(self) -> Snapshot | None:
        now = monotonic()
        if now - max(self._looked, self._left) < self._refresh_seconds:
            return self._reader
        # Whoever is told nothing goes and looks; those who come meanwhile need not all do so.
        self._left = now
        return None

    def replace(self, parts: Iterable[Part], contract_hash: str, *, after: int | None = None) -> int:
        """As ``Store``; without a log, so only where there is none: the gate has the way that keeps one."""
        if self._directory.log.exists():
            raise StoreError(
                f"{self._directory.path} keeps a revision log, and this way would pass it by.", "Load through the gate."
            )
        with self._directory.writing():
            current = self._directory.current()
            newest = current.revision if current else 0
            _refuse_outdated(after, newest)
            revision = newest + 1
            with self.built(parts, _record(self.base, revision, contract_hash)) as beside:
                try:
                    self._directory.swap(beside)
                    live = pyoxigraph.Store.read_only(str(self._directory.live))
                    self._directory.publish(revision, lambda copy: live.backup(str(copy)))
                except OSError as error:
                    raise _unwritten(self._directory.path, error) from error
            self._looked = 0.0
            return revision

    @contextmanager
    def built(
        self, parts: Iterable[Part], record: Iterable[Quad] = (), complete: Callable[[Live], None] = lambda _: None
    ) -> Iterator[FilePath]:
        """Put graphs together in a store beside the one in force; the directory it is in. ``complete`` may add to it.

        It is gone in the end, unless it was moved. Raises StoreError when the disk refuses.
        """
        with room(self._directory.path) as place:
            try:
                engine = pyoxigraph.Store(str(place / "store"))
                _build(engine, parts, record)
                complete(Live(engine, self.base, self._limits))
                engine.flush()
            except OSError as error:
                raise _unwritten(self._directory.path, error) from error
            del engine
            yield place / "store"

    def follow(self) -> None:
        """Look for a newer revision with the next question, whenever the last look was."""
        self._looked = self._left = 0.0

    def close(self) -> None:
        """Close every reader handed out; a query that is still running on one gets StoreError."""
        with self._lock:
            for timer in self._retired.values():
                timer.cancel()
            for reader in [*self._retired, *([self._reader] if self._reader else [])]:
                reader.close()
            self._retired.clear()
            self._reader = None

    def _follow(self) -> None:
        current = self._directory.current()
        if current is None or (self._reader is not None and self._reader.revision == current.revision):
            return
        held = self._directory.hold()
        if held is None:
            return
        newer = open_snapshot(held, self.base, self._workers, self._limits)
        if self._reader is not None:
            self._retire(self._reader)
        self._reader = newer

    def _retire(self, reader: HeldSnapshot) -> None:
        """Close it once the slowest allowed query is through: a request may still be reading from it."""
        timer = threading.Timer(self._limits.seconds * 2, self._drop, (reader,))
        timer.daemon = True
        self._retired[reader] = timer
        timer.start()

    def _drop(self, reader: HeldSnapshot) -> None:
        with self._lock:
            if self._retired.pop(reader, None) is not None:
                reader.close()


def open_snapshot(held: Held, base: str, workers: int, limits: Limits) -> HeldSnapshot:
    """A reader of a snapshot, with query processes of its own; the hold on it ends with the reader.

    Raises StoreError for one that cannot be opened, and lets go of it then.
    """
    try:
        engine = pyoxigraph.Store.read_only(str(held.path))
    except (OSError, RuntimeError) as error:
        held.release()
        raise StoreError(f"The snapshot {held.path} cannot be opened: {error}.", "Load the catalogue again.") from error
    return HeldSnapshot(engine, held, base, limits, Workers(held.path, base, workers, limits))


class HeldSnapshot(Snapshot):
    """A Snapshot on disk, which nobody tidies away before it is closed."""

    def __init__(self, engine: pyoxigraph.Store, held: Held, base: str, limits: Limits, workers: Workers) -> None:
        super().__init__(engine, held.revision, base, limits, workers)
        self.place = held.path
        self._release: weakref.finalize[[], HeldSnapshot] = weakref.finalize(self, held.release)

    def close(self) -> None:
        super().close()
        self._release()
