"""The data directory: which revision is in force, who may write, what is kept and what is tidied; opens no engine.

It holds ``live/`` (what the writer keeps), ``snapshots/N/`` (hard-linked copies that readers open read-only) and
``current``, a small JSON file naming the revision readers use. ``current`` is replaced atomically last, so whoever
stops in between leaves the old revision in force. Who reads a snapshot holds a shared lock on its directory.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from govgraph.errors import BaseMismatch, FormatTooNew, StoreError, StoreLocked
from govgraph.files import replace_text, take_place
from govgraph.store.rooms import remove_unused, room

FORMAT = 2
"""Of the data directory; a newer govgraph that changes it counts up and migrates."""

_TRIES = 5


@dataclass(frozen=True)
class Current:
    """The revision in force, the base it was loaded under, the format it was written in."""

    revision: int
    base: str
    format: int


@dataclass(frozen=True)
class Held:
    """A snapshot that is kept as long as ``release`` has not been called."""

    revision: int
    path: Path
    descriptor: int

    def release(self) -> None:
        os.close(self.descriptor)


class Directory:
    """One data directory, read and written under one base."""

    def __init__(self, path: Path, base: str, kept: int) -> None:
        self.path = path
        self.base = base
        self._kept = max(kept, 1)

    def current(self) -> Current | None:
        """What is in force, None before the first revision.

        Raises BaseMismatch or FormatTooNew for a catalogue this process must not touch, StoreError for a damaged file.
        """
        file = self.path / "current"
        try:
            current = _read(file.read_text("utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise StoreError(f"{file} cannot be read: {error}.", "Restore it, or load into a new directory.") from error
        if current.format > FORMAT:
            raise FormatTooNew(
                f"{self.path} has store format {current.format}; this govgraph knows up to {FORMAT}.",
                "Start it with the newer govgraph that wrote it.",
            )
        if current.base != self.base:
            raise BaseMismatch(
                f"{self.path} was loaded under the base {current.base}, not {self.base}.",
                f"Start with --base {current.base}; or, to move, export the catalogue there as N-Quads, replace the "
                "base in that file and load it into a new data directory.",
            )
        return current

    def hold(self) -> Held | None:
        """The newest snapshot, kept from being tidied away; None before the first revision."""
        for _ in range(_TRIES):
            current = self.current()
            if current is None:
                return None
            path = self.snapshot(current.revision)
            held = hold_snapshot(current.revision, path)
            if held is not None:
                return held
            # Several revisions may have come since ``current`` was read; then there is a newer one to hold.
        raise StoreError(
            f"The snapshot {path} is missing.", "Start govgraph serve, or make a change: who writes makes it again."
        )

    def shows(self, revision: int) -> bool:
        """Whether readers find this revision: it is in force, and its snapshot is there."""
        current = self.current()
        return current is not None and current.revision == revision and self.snapshot(revision).is_dir()

    @property
    def live(self) -> Path:
        """The store the writer keeps."""
        return self.path / "live"

    @property
    def log(self) -> Path:
        """The directory of the revision log."""
        return self.path / "log"

    def snapshot(self, revision: int) -> Path:
        return self.path / "snapshots" / str(revision)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The right to make a revision. Raises StoreLocked when another process or thread has it."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)  # drafts are for their keepers
            lock = (self.path / "writer.lock").open("w")
        except OSError as error:
            raise StoreError(f"{self.path} cannot be written: {error}.", "Choose another with --data.") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StoreLocked(
                    f"Another process writes to {self.path}.", "Wait until it is done, or stop it, and try again."
                ) from None
            yield

    def swap(self, beside: Path) -> None:
        """``beside`` becomes ``live``."""
        shutil.rmtree(self.live, ignore_errors=True)
        take_place(beside, self.live)

    def publish(self, revision: int, copy: Callable[[Path], object]) -> None:
        """Make the snapshot of a revision, which ``copy`` writes, the one readers use; then tidy."""
        snapshot = self.snapshot(revision)
        snapshot.parent.mkdir(parents=True, exist_ok=True)
        with room(self.path) as place:
            copy(place / "new")
            if snapshot.exists():  # damaged, or of a writer that was killed before it was in force
                snapshot.rename(place / "old")
            take_place(place / "new", snapshot)
        replace_text(self.path / "current", json.dumps(asdict(Current(revision, self.base, FORMAT))))
        self._tidy(revision)

    def snapshots(self) -> list[tuple[int, Path]]:
        """The snapshots there are, by revision, newest first."""
        there = (self.path / "snapshots").glob("*")
        return sorted(((int(path.name), path) for path in there if path.name.isdecimal()), reverse=True)

    def _tidy(self, revision: int) -> None:
        """Those that are read stay; a later revision will tidy them away."""
        older = [path for number, path in self.snapshots() if number < revision]
        for path in older[self._kept - 1 :]:
            remove_unused(path)


def recorded_base(path: Path) -> str | None:
    """The base a data directory was loaded under, None where there is no catalogue that could be read."""
    try:
        return _read((path / "current").read_text("utf-8")).base
    except (OSError, ValueError):
        return None


def _read(text: str) -> Current:
    said = json.loads(text)
    match said:
        case {"revision": int(revision), "base": str(base), "format": int(format_)}:
            return Current(revision, base, format_)
    raise ValueError("it names no revision, base and format")


def hold_snapshot(revision: int, path: Path) -> Held | None:
    """A directory that nobody tidies away until it is released, None where there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    try:
        same = os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        same = False
    if not same:  # tidied away between opening and locking, or made again since
        os.close(descriptor)
        return None
    return Held(revision, path, descriptor)
