"""The revision log: append-only files of RDF Patch records, from which every state of the store can be made again.

A segment is named after its first revision; no revision is missing between two. An append is on the disk before it
returns, and is in the log as a whole or not at all; what a crash left of one is moved aside when the log is next opened
for writing. What a record looks like is ``record``'s to know.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from govgraph.errors import LogDamaged, LogUnwritable, NotFound
from govgraph.files import sync_directory
from govgraph.history.record import MARK, Entry, Head, Place, damaged, places, write

_SEGMENT_BYTES = 64_000_000


class Log:
    """The log of one data directory. One process appends, which opens it with ``writing``; any number read."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._segment_bytes = _SEGMENT_BYTES
        self._places: dict[int, Place] = {}
        self._last: Place | None = None
        self._read_to: tuple[Path, int] | None = None
        self._stopped = False
        self._newest: int | None = None

    @classmethod
    def writing(cls, directory: Path, *, known: int = 0, segment_bytes: int = _SEGMENT_BYTES) -> Log:
        """The log for its one writer, who has the revision ``known`` already.

        Raises LogUnwritable; LogDamaged, and leaves the files as they are, for damage before the last append, and when
        the log ends before what is known.
        """
        log = cls(directory)
        log._segment_bytes = segment_bytes
        try:
            directory.mkdir(parents=True, exist_ok=True)
            log._set_aside_torn(known)
        except OSError as error:
            raise _unwritable(error) from error
        log._newest = log.newest
        return log

    @property
    def newest(self) -> int:
        """The number of the newest whole record, 0 before the first."""
        if self._newest is not None:
            return self._newest
        self._look()
        return self._last.revision if self._last else 0

    @property
    def oldest(self) -> int:
        """The number of the first record, 0 where there is none."""
        return next((int(path.stem) for path in self._segments()), 0)

    def append(self, entries: Sequence[Entry]) -> None:
        """Write entries, oldest first, and wait until they are on the disk: all of them with one fsync, or none.

        Raises LogUnwritable when the disk refuses. Nothing more is written then until the log is opened anew.
        """
        assert self._newest is not None, "opened with writing"
        first, last = entries[0].head.revision, entries[-1].head.revision
        assert first == self._newest + 1 or not self._newest
        if self._stopped:
            raise LogUnwritable("The log stopped after a failed write.", "The writer has to be started again.")
        self._stopped = True
        path = self._segment_for(first)
        before = path.stat().st_size if path.exists() else None
        try:
            with path.open("ab", buffering=0) as file:
                for entry in entries:
                    write(file, entry, first, last)
                os.fsync(file.fileno())
            if before is None:
                sync_directory(self._directory)
        except OSError as error:
            raise _unwritable(error, certain=_taken_back(path, before)) from error
        self._stopped = False
        self._newest = last

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Entry]:
        """The entries after a revision up to another, oldest first. Raises LogDamaged where one is not what it was."""
        self._look()
        for revision in sorted(r for r in self._places if r > after and (until is None or r <= until)):
            yield self._places[revision].entry()

    def heads(self, before: int | None = None) -> Iterator[Head]:
        """The heads, newest first, of revisions up to ``before``; bodies are not read. Raises LogDamaged."""
        self._look()
        for revision in sorted((r for r in self._places if before is None or r <= before), reverse=True):
            yield self._places[revision].head()

    def entry(self, revision: int) -> Entry:
        """Raises NotFound for a revision the log does not have."""
        return self.place(revision).entry()

    def place(self, revision: int) -> Place:
        """Where a record stands. Raises NotFound for a revision the log does not have."""
        if revision not in self._places:
            self._look()
        if revision not in self._places:
            raise NotFound(f"The log has no revision {revision}.", f"The newest is {self.newest}.")
        return self._places[revision]

    def sizes(self, after: int, until: int) -> list[int] | None:
        """How many bytes each of the entries after a revision up to another has; None where one is missing."""
        self._look()
        wanted = range(after + 1, until + 1)
        if not all(revision in self._places for revision in wanted):
            return None
        return [self._places[revision].length for revision in wanted]

    def extents(self, until: int) -> list[tuple[Path, int]]:
        """The segments that hold the revisions up to one, each with how many of its first bytes do."""
        self._look()
        ends: dict[Path, int] = {}
        for place in self._places.values():
            if place.revision <= until:
                ends[place.segment] = max(ends.get(place.segment, 0), place.end)
        return sorted(ends.items())

    @property
    def torn(self) -> int:
        """Bytes behind the last whole append: of one under way, of one that broke off, or of damage."""
        self._look()
        return self._read_to[0].stat().st_size - self._read_to[1] if self._read_to else 0

    def _segments(self) -> list[Path]:
        return sorted(self._directory.glob("*.rdfp"))

    def _segment_for(self, revision: int) -> Path:
        segments = self._segments()
        if segments and segments[-1].stat().st_size < self._segment_bytes:
            return segments[-1]
        return self._directory / f"{revision:010d}.rdfp"

    def _look(self) -> None:
        """Find the records that came since the last look, by hopping from mark to mark."""
        if self._last is not None and not self._last.is_there:  # it was taken back, or another log was put in its place
            self._forget()
        segments = self._segments()
        if self._read_to:
            segments = [path for path in segments if path >= self._read_to[0]]
        for path in segments:
            end = self._read_to[1] if self._read_to and path == self._read_to[0] else 0
            if end == 0 and self._last is not None and int(path.stem) != self._last.revision + 1:
                raise _missing(self._last.revision + 1, int(path.stem) - 1)
            end = self._hop(path, end)
            if end < path.stat().st_size and path != segments[-1]:
                raise damaged(path, end)
            self._read_to = path, end

    def _hop(self, path: Path, end: int) -> int:
        """Take up the batches of a segment from an offset on; where the last whole one ends."""
        batch: list[Place] = []
        expected = self._last.revision + 1 if self._last else int(path.stem)
        for place in places(path, end):
            if place.revision != expected or place.first != (batch[0].revision if batch else expected):
                break
            expected += 1
            batch.append(place)
            if place.revision == place.last:
                self._places |= {one.revision: one for one in batch}
                self._last, end, batch = place, place.end, []
        return end

    def _forget(self) -> None:
        self._read_to = self._last = None
        self._places.clear()

    def _set_aside_torn(self, known: int) -> None:
        """Move what the last append left, if it is not whole, to a file beside, where somebody may look at it."""
        self._look()
        path, end = self._read_to or (None, 0)
        if path is None:
            return
        newest = self._last.revision if self._last else 0
        with path.open("rb") as file:
            file.seek(end)
            rest = file.read()
        following = (Place.of(mark, path, 0).first for mark in MARK.finditer(rest))
        if any(first > (newest + 1 if newest else int(path.stem)) for first in following):
            raise damaged(path, end)  # it is followed by another append, so it had been answered
        if self._last is not None and self._last.segment == path and not rest:
            batch = [self._places[revision] for revision in range(self._last.first, newest + 1)]
            if not all(place.is_whole for place in batch):
                newest, end = self._last.first - 1, batch[0].at
        if 0 < newest < known:
            raise lost(known, newest)
        _cut(path, end)
        self._forget()


def logged_base(directory: Path) -> str:
    """The base a log was written under; empty where there is none, or none that says so."""
    log = Log(directory)
    return next((head.base for head in log.heads(before=log.oldest)), "")


def lost(store: int, log: int) -> LogDamaged:
    return LogDamaged(
        f"The store is at revision {store}, and the revision log ends at {log}.",
        "The log has lost its end. Restore it from a backup; to go on without what is lost, remove the directories "
        "live and snapshots.",
    )


def _cut(path: Path, end: int) -> None:
    """Move what follows an offset of a segment to the file beside. Raises OSError."""
    if end < path.stat().st_size:
        with path.open("r+b") as file, path.with_suffix(".torn").open("ab") as beside:
            file.seek(end)
            beside.write(file.read())
            beside.flush()
            os.fsync(beside.fileno())
            file.truncate(end)
            os.fsync(file.fileno())
    if end == 0:
        path.unlink()


def _taken_back(path: Path, before: int | None) -> bool:
    """Give a segment its former length, None for one that was not there; whether that is certain."""
    try:
        if not path.is_file():
            return True
        with path.open("r+b") as file:
            file.truncate(before or 0)
            os.fsync(file.fileno())
        if before is None:
            path.unlink()
            sync_directory(path.parent)
    except OSError:
        return False
    return True


def _unwritable(error: OSError, *, certain: bool = True) -> LogUnwritable:
    became = (
        "Nothing was changed."
        if certain
        else "The change may or may not have been made; repeat it with the same idempotency key."
    )
    return LogUnwritable(
        f"The revision log cannot be written: {error}.", f"{became} See to the disk, then start again."
    )


def _missing(first: int, last: int) -> LogDamaged:
    return LogDamaged(
        f"The revision log lacks revisions {first} to {last}.",
        "Nothing was changed. Restore the missing files of the directory log from a backup.",
    )
