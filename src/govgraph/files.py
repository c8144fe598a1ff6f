"""Files and directories that appear whole, and stay after a power failure; knows nothing of what is in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


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
