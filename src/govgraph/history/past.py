"""The catalogue as it was at any revision or moment: made when somebody asks, kept while there is room.

A past state is made from the nearest state that is kept whole, by applying what the log says changed in between,
forwards or backwards, to a copy that shares its files. Here it is known who may see what: a View of the past shows an
audience what was its own then.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from govgraph.catalogue import Audience, View
from govgraph.catalogue.kept import Kept
from govgraph.contract import Contract
from govgraph.errors import NotFound, QueryBusy, StoreError, StoreMissing
from govgraph.history.checkpoints import Checkpoint, checkpoints, log_of, past_of
from govgraph.history.log import Log
from govgraph.history.moment import Moment
from govgraph.history.replay import replay
from govgraph.iris import Names
from govgraph.settings import Settings
from govgraph.store.clone import clone
from govgraph.store.directory import Directory, Held, hold_snapshot
from govgraph.store.embedded import limits_of, open_snapshot
from govgraph.store.live import Live
from govgraph.store.rooms import remove_unused, room
from govgraph.store.snapshot import Snapshot
from govgraph.store.workers import Limits

_TRIES = 5
_FROM_NOTHING = 4
"""How much dearer it is to write statements than to change some; an empty store is the last resort."""


@dataclass(frozen=True)
class _State:
    reader: Snapshot
    views: Mapping[Audience, View]


class Past:
    """The past of one data directory. Safe to use from any thread, and by several processes at once."""

    def __init__(  # each is a setting of its own
        self,
        directory: Path,
        base: str,
        contract: Contract,
        *,
        limits: Limits | None = None,
        workers: int = 2,
        kept: int = 8,
    ) -> None:
        self._directory = Directory(directory, base, 1)
        self._base = base
        self._contract = contract
        self._limits = limits or Limits()
        self._workers = workers
        self._most = max(kept, 1)
        self._log = Log(log_of(directory))
        self._log_of_maker = Log(log_of(directory))
        self._states = Kept(self._most)
        self._open: weakref.WeakSet[Snapshot] = weakref.WeakSet()
        self._looking = threading.RLock()
        self._making = threading.Lock()

    @classmethod
    def of(cls, settings: Settings, contract: Contract) -> Past:
        """The past of the store that the settings name, with their limits."""
        return cls(
            settings.data,
            settings.base,
            contract,
            limits=limits_of(settings),
            workers=min(settings.query_workers, 2),
            kept=settings.past_kept,
        )

    @property
    def newest(self) -> int:
        """The newest revision there is. Raises StoreMissing before the first."""
        current = self._directory.current()
        with self._looking:
            newest = max(self._log.newest, current.revision if current else 0)
        if not newest:
            raise StoreMissing(f"There is no catalogue in {self._directory.path}.", "Load one first.")
        return newest

    def view(self, audience: str, at: str) -> View:
        """What an audience saw ``at`` a revision number, an ISO 8601 date (its end) or a date-time (else in UTC).

        The contract, and so what is shown of an entry, is today's. Raises NotFound for what was before the first
        revision, is after the newest, or is no date; QueryBusy when too many states are being made.
        """
        return self._state(self.revision_at(at)).views[Audience(audience)]

    def revision_at(self, at: str) -> int:
        """The revision meant by a number, or in force at a date or date-time. Raises NotFound as ``view`` does."""
        newest = self.newest
        if at.isascii() and at.isdecimal():
            number = int(at[:18])
            if not 1 <= number <= newest:
                raise NotFound(f"There is no revision {at}.", f"The first is 1, the newest {newest}.")
            return number
        moment = Moment.read(at)
        if moment is None:
            raise NotFound(f"{at!r} is neither a revision nor a date.", "Write 12, 2025-03-31 or 2025-03-31T12:00:00Z.")
        if moment.is_to_come:
            raise NotFound(f"{at} is still to come.", f"The newest revision is {newest}.")
        with self._looking:
            found = self._in_force(moment, newest)
        if found is None:
            raise NotFound(f"There was no catalogue yet at {at}.", "Ask for a later date.")
        return found

    def hold(self, revision: int) -> Held:
        """A store that says what the revision did, made if need be and kept until it is released.

        Raises NotFound where nothing that is left leads to it.
        """
        path = past_of(self._directory.path) / str(revision)
        for _ in range(_TRIES):
            held = hold_snapshot(revision, path)
            if held is not None:
                return held
            with self._alone():
                if not path.exists():
                    self._make(revision, path)
                held = hold_snapshot(revision, path)
                self._tidy()
            if held is not None:
                return held
        raise StoreError(f"The state {path} goes as soon as it is made.", "Raise past_kept.")

    def committed(self, revision: int) -> datetime:
        """When a revision was made. Raises NotFound as ``hold`` does."""
        return self._state(revision).reader.committed

    def close(self) -> None:
        """Close every state that is open; a query that is still running on one gets StoreError."""
        for reader in list(self._open):
            reader.close()

    def _state(self, revision: int) -> _State:
        state: _State = self._states.get(revision, lambda: self._opened(revision))
        self._touch(revision)
        return state

    def _opened(self, revision: int) -> _State:
        reader = self._reader(revision)
        if reader is None:
            self._drop(revision)
            reader = self._reader(revision)
        if reader is None:
            raise StoreError(f"Revision {revision} cannot be made again.", "Run govgraph verify to see what is wrong.")
        self._open.add(reader)
        names = Names(self._base)
        return _State(reader, {audience: View(reader, self._contract, names, audience) for audience in Audience})

    def _reader(self, revision: int) -> Snapshot | None:
        """None for a state that cannot be read, or that is of another history."""
        held = self.hold(revision)
        with self._looking:
            return self._true(self._log, held, self._workers)

    def _true(self, log: Log, held: Held, workers: int) -> Snapshot | None:
        """A kept state that was made when the log says; who restores another log keeps no states of the one before."""
        try:
            reader = open_snapshot(held, self._base, workers, self._limits)
        except StoreError:
            return None
        head = next(log.heads(held.revision), None)
        if head is None or head.revision != held.revision or head.at == reader.committed:
            return reader
        reader.close()
        return None

    def _drop(self, revision: int) -> None:
        with self._alone():
            shutil.rmtree(past_of(self._directory.path) / str(revision), ignore_errors=True)

    def _touch(self, revision: int) -> None:
        """Say to all processes that it was asked for."""
        with contextlib.suppress(FileNotFoundError):
            os.utime(past_of(self._directory.path) / str(revision))

    def _in_force(self, moment: Moment, newest: int) -> int | None:
        """The last revision at or before a moment, found by halving: the log's times never run backwards."""
        low, high = self._log.oldest, self._log.newest
        if not high:
            return newest if moment.includes(self.committed(newest)) else None
        if not moment.includes(next(self._log.heads(low)).at):
            return None
        while low < high:
            middle = (low + high + 1) // 2
            if moment.includes(next(self._log.heads(middle)).at):
                low = middle
            else:
                high = middle - 1
        return low

    def _make(self, revision: int, path: Path) -> None:
        """Only one thread does so at a time."""
        try:
            with room(self._directory.path) as place:
                draft, made = place / "draft", place / "made"
                start = self._begin(revision, draft)
                if start == revision:
                    draft.rename(path)
                    return
                live = Live.open(draft, self._base)
                replay(live, self._log_of_maker, start, revision)
                live.backup(made)
                del live  # else it goes on writing into what is being removed
                made.rename(path)
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error}.", "See to space and rights there.") from error

    def _begin(self, revision: int, draft: Path) -> int:
        """Clone the state that is nearest; its revision."""
        for checkpoint in self._nearest(revision):
            if checkpoint.path is None:
                return checkpoint.revision
            held = hold_snapshot(checkpoint.revision, checkpoint.path)
            reader = self._true(self._log_of_maker, held, 0) if held else None
            if reader is not None:  # else it was tidied away in between, or is no good
                try:
                    clone(checkpoint.path, draft)
                finally:
                    reader.close()
                return checkpoint.revision
        raise NotFound(
            f"What the catalogue was at revision {revision} is no longer known.",
            f"The log begins with revision {self._log.oldest}." if self._log.oldest else "It has no log.",
        )

    def _nearest(self, revision: int) -> list[Checkpoint]:
        """The states to begin with, the one with the least to read first."""
        log, costs = self._log_of_maker, list[tuple[int, int, Checkpoint]]()
        nothing = Checkpoint(log.oldest - 1)
        for order, checkpoint in enumerate((*checkpoints(self._directory.path), nothing)):
            sizes = log.sizes(*sorted((checkpoint.revision, revision)))
            # What was before the log begins is known only where it was kept.
            known = checkpoint.revision == revision or min(checkpoint.revision, revision) >= log.oldest
            if sizes is not None and (known or (checkpoint is nothing and revision >= log.oldest)):
                costs.append((sum(sizes) * (_FROM_NOTHING if checkpoint is nothing else 1), order, checkpoint))
        return [checkpoint for *_, checkpoint in sorted(costs, key=lambda cost: cost[:2])]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One state is made at a time on a whole machine, which bounds what strangers can make it do."""
        if not self._making.acquire(timeout=self._limits.seconds):
            raise QueryBusy("Other past states are being made.", "Try again shortly.")
        try:
            place = past_of(self._directory.path)
            place.mkdir(parents=True, exist_ok=True)
            with (place / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        finally:
            self._making.release()

    def _tidy(self) -> None:
        """Give up what was not asked for longest, unless somebody reads it: then the next one makes room instead."""
        place = past_of(self._directory.path)
        states = sorted((p for p in place.iterdir() if p.name.isdecimal()), key=lambda p: p.stat().st_mtime)
        spare = len(states) - self._most
        for path in states:
            if spare <= 0:
                return
            spare -= remove_unused(path)
