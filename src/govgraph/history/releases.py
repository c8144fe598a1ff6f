"""Named states: kept for good, each beside the snapshots and sharing its files with them; makes no state itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from govgraph.errors import ChangeError, NotFound, ParameterError, StoreError
from govgraph.files import replace_text, take_place
from govgraph.history.checkpoints import releases_of
from govgraph.history.past import Past
from govgraph.store.clone import clone
from govgraph.store.rooms import room

_NAME = re.compile(r"(?!\d+$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_SAID = "release.json"


@dataclass(frozen=True)
class Release:
    """A revision with a name; ``made`` is when it was given, ``of`` when the revision was made."""

    name: str
    revision: int
    of: datetime
    made: datetime
    note: str = ""


def release(directory: Path, past: Past, name: str, revision: int | None = None, note: str = "") -> Release:
    """Keep a revision, else the newest, under a name. Raises ParameterError, ChangeError when the name is taken,
    NotFound, StoreError.
    """
    target = _place(directory, name)
    number = past.newest if revision is None else past.revision_at(str(revision))
    held = past.hold(number)
    try:
        made = Release(name, number, past.committed(number), datetime.now(UTC), note)
        with room(directory) as place:
            clone(held.path, place / "new" / "store" / str(number))
            _write(place / "new" / _SAID, made)
            target.parent.mkdir(parents=True, exist_ok=True)
            take_place(place / "new", target)
    except OSError as error:
        if target.exists():
            raise ChangeError(f"There is a release {name} already.", "Choose another name, or remove it.") from None
        raise StoreError(f"{target} cannot be written: {error}.", "See to space and rights there.") from error
    finally:
        held.release()
    return made


def releases(directory: Path) -> tuple[Release, ...]:
    """All there are, the newest revision first."""
    return tuple(sorted(_read_all(directory), key=lambda one: (-one.revision, one.name)))


def remove(directory: Path, name: str) -> Release:
    """Give a name up; the revision stays in the log. Raises NotFound."""
    place = _place(directory, name)
    found = next((one for one in _read_all(directory) if one.name == name), None)
    if found is None:
        raise NotFound(f"There is no release {name}.", "govgraph releases lists them.")
    with room(directory) as away:
        place.rename(away / name)  # at once, whatever becomes of its files
    return found


def write_down(directory: Path, kept: Release) -> None:
    """Note a release without its files, as a restored one is: what the log knows can be made again."""
    place = _place(directory, kept.name)
    place.mkdir(parents=True)
    _write(place / _SAID, kept)


def as_json(one: Release) -> dict[str, object]:
    return {**asdict(one), "of": one.of.isoformat(), "made": one.made.isoformat()}


def of_json(said: dict[str, str | int]) -> Release:
    """Raises KeyError or ValueError for what is none."""
    name, revision = str(said["name"]), int(said["revision"])
    if not _NAME.fullmatch(name):
        raise ValueError(name)
    of, made = (datetime.fromisoformat(str(said[key])) for key in ("of", "made"))
    return Release(name, revision, of, made, str(said["note"]))


def _place(directory: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise ParameterError(
            f"{name[:80]!r} is no name for a release.",
            "Use at most 64 letters, digits, dots, underscores and hyphens, not digits alone.",
            parameter="name",
            value=name,
        )
    return releases_of(directory) / name


def _write(path: Path, said: Release) -> None:
    replace_text(path, json.dumps(as_json(said), indent=2))


def _read_all(directory: Path) -> Iterator[Release]:
    for path in releases_of(directory).glob(f"*/{_SAID}"):
        if _NAME.fullmatch(path.parent.name):
            try:
                yield of_json(json.loads(path.read_text("utf-8")))
            except (OSError, ValueError, KeyError) as error:
                raise StoreError(f"{path} cannot be read: {error}.", "Restore it, or remove the release.") from error
