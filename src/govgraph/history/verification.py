"""Whether a data directory is what its log says: replays the log in a scratch store and compares; mends nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pyoxigraph import Quad

from govgraph.errors import GovgraphError, LogDamaged, NotFound, StoreError, StoreMissing
from govgraph.history.checkpoints import checkpoints, log_of
from govgraph.history.log import Log
from govgraph.history.replay import replay
from govgraph.iris import Names
from govgraph.store.clone import clone
from govgraph.store.comparison import Comparison
from govgraph.store.directory import Directory, Held, hold_snapshot
from govgraph.store.live import Live
from govgraph.store.rooms import room

Told = Callable[[str, int, int], None]
"""Called with what is being done, how much is done and of how much; 0 when unknown."""
MOST = 10
"""Differences of each sort that are named."""


@dataclass(frozen=True)
class Verified:
    """What was found of the newest snapshot: its revision, the one the replay began from, and all that is wrong.

    ``start`` is 0 where the log was replayed from nothing. ``faults`` are sentences, none when all is well.
    """

    revision: int
    start: int
    records: int
    faults: tuple[str, ...]


def verify(directory: Path, base: str, *, quick: bool = False, told: Told | None = None) -> Verified:
    """Replay the log from nothing, or with ``quick`` from the oldest state that is kept whole, and compare.

    Records newer than the snapshot are checked by themselves. A writer may be at work meanwhile. Raises StoreMissing
    where there is no catalogue, BaseMismatch, FormatTooNew.
    """
    place = Directory(directory, base, 1)
    held = place.hold()
    if held is None:
        raise StoreMissing(f"There is no catalogue in {directory}.", "Nothing is there to verify.")
    try:
        return _Verification(place, held, base, told or _unwatched).run(quick=quick)
    finally:
        held.release()


def _unwatched(_what: str, _done: int, _of: int) -> None:
    pass


class _Verification:
    def __init__(self, place: Directory, held: Held, base: str, told: Told) -> None:
        self._place = place
        self._held = held
        self._base = base
        self._told = told
        self._log = Log(log_of(place.path))

    def run(self, *, quick: bool) -> Verified:
        revision, start, entries = self._held.revision, 0, 0
        faults: list[str] = []
        with _noting(faults):
            entries = self._read_log(faults)
        with room(self._place.path) as scratch:
            made = scratch / "store"
            with _noting(faults):
                start = self._replay(made, quick=quick)
                faults += self._compared(made)
        return Verified(revision, start, entries, tuple(faults))

    def _read_log(self, faults: list[str]) -> int:
        """Every record is read against its checksum, and none may be missing; how many there are."""
        newest, oldest = self._log.newest, self._log.oldest
        if newest < self._held.revision:
            faults.append(f"The log ends with revision {newest}, the store is at {self._held.revision}.")
        expected = oldest
        for entry in self._log.read():
            if entry.head.revision != expected:
                faults.append(f"The log goes from revision {expected - 1} to {entry.head.revision}.")
            expected = entry.head.revision + 1
            self._told("reading the log", entry.head.revision - oldest, newest - oldest + 1)
        if self._log.torn and not self._is_written():
            faults.append(f"The log has {self._log.torn:,} bytes behind revision {newest} that are no record.")
        return self._log.newest - oldest + 1 if oldest else 0

    def _is_written(self) -> bool:
        """Whether a writer is at work, who may be in the middle of a record."""
        try:
            with self._place.writing():
                return False
        except StoreError:
            return True

    def _replay(self, made: Path, *, quick: bool) -> int:
        log, revision = self._log, self._held.revision
        start, base = log.oldest - 1, None
        if quick:
            kept = [c for c in checkpoints(self._place.path, past=False) if log.oldest <= c.revision <= revision]
            base = next(iter(kept), None)
        if base is not None and base.path is not None:
            held = hold_snapshot(base.revision, base.path)
            if held is None:
                raise NotFound(f"The state {base.path} was given up meanwhile.", "Try again.")
            try:
                clone(base.path, made)
            finally:
                held.release()
            start = base.revision
        live = Live.open(made, self._base)
        replay(live, log, start, revision, lambda done, of: self._told("replaying", done, of))
        live.backup(made.with_name("made"))
        return start if base is not None else 0

    def _compared(self, made: Path) -> Iterator[str]:
        comparison = Comparison(self._held.path, made.with_name("made"), Names(self._base).system)
        told = self._told
        missing = comparison.missing(lambda done, of: told("comparing", done, of))
        yield from _named("The store lacks", missing)
        spare = comparison.spare(lambda done, of: told("comparing back", done, of))
        yield from _named("The store has, and the log has not:", spare)
        told("reading every index", 0, 0)
        yield from comparison.uneven()


def _named(what: str, quads: Iterable[Quad]) -> Iterator[str]:
    found = list(islice(quads, MOST + 1))
    for quad in found[:MOST]:
        yield f"{what} {quad.subject} {quad.predicate} {quad.object} in {quad.graph_name}."
    if len(found) > MOST:
        yield f"{what} more than these {MOST}."


@contextmanager
def _noting(faults: list[str]) -> Iterator[None]:
    """What cannot be read is a fault that was found, not one of the verification."""
    try:
        yield
    except (LogDamaged, NotFound) as error:
        faults.append(error.sentence)
    except GovgraphError as error:
        faults.append(error.sentence)
