"""Files and directories that appear whole, and stay after a power failure; knows nothing of what is in them."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

from govgraph.errors import StoreError

_Content = TypeVar("_Content")


@contextmanager
def replacing(path: Path, rights: int = 0o666) -> Iterator[BinaryIO]:
    """A file to write, which takes its place when all of it is on the disk; what breaks off leaves the old one.

    One at a time for each path: what somebody who was stopped left behind is cleared away. ``rights`` are the new
    file's from its first byte, less the process's mask. Raises OSError.
    """
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)  # its rights may be others
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, rights)
        with os.fdopen(descriptor, "wb") as target:
            yield target
            target.flush()
            os.fsync(descriptor)
        take_place(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def replace_text(path: Path, text: str, rights: int = 0o666) -> None:
    """Raises OSError."""
    with replacing(path, rights) as target:
        target.write(text.encode())


def take_place(beside: Path, path: Path) -> None:
    """Give a file or directory, made beside, its name for good. Raises OSError, as where a full directory has it."""
    beside.replace(path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make new names in a directory outlast a power failure."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class SharedFile(Generic[_Content]):
    """A small file that several processes read and change: replaced as a whole under a lock, read again when it is
    another one than last time. Safe to use from any thread.
    """

    def __init__(self, path: Path, read: Callable[[str], _Content], nothing: _Content) -> None:
        """Opens nothing. ``read`` raises ValueError, KeyError or TypeError for what it does not understand; where
        there is no file there is ``nothing``.
        """
        self._path = path
        self._read = read
        self._nothing = nothing
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._kept = nothing

    def current(self) -> _Content:
        """What the file says now, for the price of a look at it where it is as before. Raises StoreError."""
        with self._lock:
            try:
                stat = self._path.stat()
                seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
                if seen != self._seen:
                    self._kept = self._read(self._path.read_text("utf-8"))
                    self._seen = seen
            except (FileNotFoundError, NotADirectoryError):
                self._kept, self._seen = self._nothing, None
            except (OSError, ValueError, KeyError, TypeError) as error:
                # What stood there before may be what somebody has just taken away.
                raise StoreError(f"{self._path} cannot be read: {error}.", "Restore it, or move it away.") from error
            return self._kept

    @contextmanager
    def changing(self) -> Iterator[_Content]:
        """What the file says, while nobody else changes it; its directory is made where there is none."""
        directory = self._path.parent
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            descriptor = os.open(self._path.with_suffix(".lock"), flags, 0o600)
        except OSError as error:
            raise StoreError(f"{directory} cannot be written: {error}.", "See to its rights.") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield self.current()
        finally:
            os.close(descriptor)

    def write(self, text: str) -> None:
        """Replace the file; to be called while changing. Raises StoreError."""
        try:
            replace_text(self._path, text, 0o600)
        except OSError as error:
            raise StoreError(f"{self._path} cannot be written: {error}.", "See to space and rights there.") from error
