"""The files of an index: how one shares those of another, and where they are written without waiting for the disk.

The library waits for the disk with every file, many times as long as the writing takes. An index can be made again, so
the writer of a data directory lets it write in memory and copies the files; whoever finds one that was made so, on a
machine that has been started anew since, does not rely on it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from govgraph.iris import digest

ABOUT = "about.json"
_MEMORY = Path("/dev/shm")  # noqa: S108  # what is made in it is its maker's alone
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@cache
def this_boot() -> str:
    """A name for the time since the machine was started; empty where that cannot be told."""
    try:
        return _BOOT.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


@contextmanager
def memory(target: Path) -> Iterator[Path]:
    """A directory in memory, for the only one who writes beside ``target``. Raises OSError where there is none.

    What one before left who was killed is cleared away.
    """
    beside = f"govgraph-{digest(str(target.parents[3]), str(os.getuid()))[:16]}-"
    for left in _MEMORY.glob(f"{beside}*"):
        shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=beside, dir=_MEMORY) as made:
        yield Path(made)


def stand_in(source: Path, target: Path) -> None:
    """Make the files of an index be found in a directory, to which more are written."""
    for file in _files(source):
        if _is_replaced(file):
            shutil.copyfile(file, target / file.name)
        else:
            (target / file.name).symlink_to(file.resolve())


def share(place: Path, source: Path, target: Path) -> None:
    """Give a new directory the files of an index; those that ``source`` has, too, are its own, and take no room."""
    target.mkdir(parents=True)
    for file in _files(place):
        own = source / file.name
        if _is_replaced(file) or not own.exists():
            shutil.copyfile(file, target / file.name)
            continue
        try:
            os.link(own, target / file.name)
        except OSError:  # a file system without hard links
            shutil.copyfile(own, target / file.name)


def _files(path: Path) -> list[Path]:
    return [file for file in path.iterdir() if file.suffix != ".lock" and file.name != ABOUT]


def _is_replaced(file: Path) -> bool:
    """All others the library writes once and never again."""
    return file.suffix == ".json"
