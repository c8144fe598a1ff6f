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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from govgraph.errors import BaseMismatch, FormatTooNew, StoreError, StoreLocked

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
        self._base = base
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
        if current.base != self._base:
            raise BaseMismatch(
                f"{self.path} was loaded under the base {current.base}, not {self._base}.",
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
        raise StoreError(f"The snapshot {path} is missing.", "Load the catalogue again.")

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
            self.path.mkdir(parents=True, exist_ok=True)
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

    def fresh(self) -> Path:
        """Where to build a revision; what builds that broke off have left behind is cleared away.

        Every time another place, since the engine of one that broke off may still hold its own, and several processes
        may build at a time.
        """
        for left in self.path.glob("live.*.new"):
            process = left.name.split(".")[1].partition("-")[0]
            if not (process.isdecimal() and Path(f"/proc/{process}").exists()):
                shutil.rmtree(left, ignore_errors=True)
        return self.path / f"live.{os.getpid()}-{uuid4().hex}.new"

    def put_in_force(self, revision: int, beside: Path) -> None:
        """Make a built revision the one in force: ``beside`` becomes ``live``; then tidy."""
        self.swap(beside)
        self.publish(revision)

    def swap(self, beside: Path) -> None:
        """``beside`` becomes ``live``."""
        shutil.rmtree(self.live, ignore_errors=True)
        beside.rename(self.live)
        sync_directory(self.path)

    def publish(self, revision: int) -> None:
        """Make a snapshot that is there the one readers use; then tidy."""
        temporary = self.path / "current.new"
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(asdict(Current(revision, self._base, FORMAT)), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path / "current")
        sync_directory(self.path)
        self._tidy(revision)

    def snapshots(self) -> list[tuple[int, Path]]:
        """The snapshots there are, by revision, newest first."""
        there = (self.path / "snapshots").glob("*")
        return sorted(((int(path.name), path) for path in there if path.name.isdecimal()), reverse=True)

    def _tidy(self, revision: int) -> None:
        for directory in self.snapshot(revision).parent.iterdir():
            if directory.name.isdecimal() and int(directory.name) <= revision - self._kept:
                descriptor = os.open(directory, os.O_RDONLY)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(directory)
                except BlockingIOError:
                    pass  # someone reads it; a later revision will tidy it away
                finally:
                    os.close(descriptor)


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


def sync_directory(directory: Path) -> None:
    """Make new names in a directory outlast a power failure."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
