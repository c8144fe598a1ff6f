"""Rooms of a data directory: where something is built before it gets its name; those of killed builders are cleared.

A room is locked as long as its builder lives, so that what nobody locks is known to be left behind.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from govgraph.errors import StoreError

FOLDER = "rooms"
_TRIES = 5


@contextmanager
def room(directory: Path) -> Iterator[Path]:
    """A new directory on the disk of a data directory; what is still in it in the end is gone with it.

    Raises StoreError when nothing can be written there.
    """
    folder = directory / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place, descriptor = _locked(folder)
    except OSError as error:
        raise StoreError(f"Nothing can be written in {folder}: {error}.", "See to space and rights there.") from error
    try:
        clear(directory)
        yield place
    finally:
        _remove(place)
        os.close(descriptor)


def clear(directory: Path) -> None:
    """Remove what builders left behind that were killed."""
    for left in (directory / FOLDER).glob("*"):
        remove_unused(left)


def remove_unused(path: Path) -> bool:
    """Remove a directory, unless somebody holds a lock on it; whether it is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove(path)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _remove(path: Path) -> None:
    """An engine that something which was raised still holds may go on writing files meanwhile."""
    for _ in range(_TRIES):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            return


def _locked(folder: Path) -> tuple[Path, int]:
    for _ in range(_TRIES):
        place = folder / uuid4().hex
        place.mkdir()
        try:
            descriptor = os.open(place, os.O_RDONLY)
        except FileNotFoundError:
            continue  # taken for one left behind before it could be locked
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if place.exists():
            return place, descriptor
        os.close(descriptor)
    raise FileNotFoundError(folder)
