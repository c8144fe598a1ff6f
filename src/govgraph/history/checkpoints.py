"""The states of a data directory that are kept whole, from which the others are made; knows no log and no engine.

Beside the snapshots that readers use there are ``releases/NAME/store`` (kept by name), ``checkpoints/N`` (kept every
so many revisions) and ``past/N`` (made when somebody asked, and given up again). All share the files they have in
common with each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from govgraph.errors import StoreError
from govgraph.files import take_place
from govgraph.store.clone import clone
from govgraph.store.directory import hold_snapshot
from govgraph.store.rooms import room


@dataclass(frozen=True)
class Checkpoint:
    """A state that is kept whole; without ``path`` the empty one from which the log sets out."""

    revision: int
    path: Path | None = None


def log_of(directory: Path) -> Path:
    """Where the revision log of a data directory lies."""
    return directory / "log"


def releases_of(directory: Path) -> Path:
    return directory / "releases"


def past_of(directory: Path) -> Path:
    return directory / "past"


def checkpoints(directory: Path, *, past: bool = True) -> list[Checkpoint]:
    """All there are, by revision, without or with those that were made; a revision may be kept more than once."""
    places = ("past", "snapshots", "checkpoints") if past else ("snapshots", "checkpoints")
    return sorted((*_numbered(directory, places), *_released(directory)), key=lambda kept: kept.revision)


def _numbered(directory: Path, places: Iterable[str]) -> Iterator[Checkpoint]:
    for place in places:
        for path in (directory / place).glob("*"):
            if path.name.isdecimal() and path.is_dir():
                yield Checkpoint(int(path.name), path)


def _released(directory: Path) -> Iterator[Checkpoint]:
    for path in releases_of(directory).glob("*/store/*"):
        if path.name.isdecimal() and path.is_dir():
            yield Checkpoint(int(path.name), path)


def keep(directory: Path, source: Path, revision: int, target: Path) -> bool:
    """Clone a kept state; False when it is gone. ``target`` is there whole or not at all. Raises StoreError."""
    held = hold_snapshot(revision, source)
    if held is None:
        return False
    try:
        with room(directory) as place:
            clone(source, place / "store")
            target.parent.mkdir(parents=True, exist_ok=True)
            take_place(place / "store", target)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error}.", "See to space and rights there.") from error
    finally:
        held.release()
    return True


def keep_checkpoint(directory: Path, revision: int, every: int = 1000) -> bool:
    """Keep the snapshot of a revision for good when the last one kept so is ``every`` revisions old; whether it was.

    For the writer, after each snapshot: not every revision has one. What fails is tried again after the next.
    """
    kept = directory / "checkpoints"
    last = max((int(path.name) for path in kept.glob("*") if path.name.isdecimal()), default=0)
    if not every or revision - last < every:
        return False
    try:
        return keep(directory, directory / "snapshots" / str(revision), revision, kept / str(revision))
    except StoreError:  # the past is slower to come without it, and nothing is lost
        return False
