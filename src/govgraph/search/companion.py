"""Where the indexes of a revision lie: in the snapshot they belong to, made with it or when somebody asks.

Each says which revision it is of and by which contract it was made; one that says something else is made again. One
is made from that of an older snapshot and what the history graphs say changed since, else from all there is. It is
there whole or not at all, and nothing but time is lost with it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from pyoxigraph import Literal, NamedNode

from govgraph.catalogue import Audience, View
from govgraph.catalogue.chronicle import CHANGED
from govgraph.iris import PREFIXES, name
from govgraph.search.filing import ABOUT, memory, share, stand_in, this_boot
from govgraph.search.gathering import Readable, all_documents, documents
from govgraph.search.index import Words, write_anew, write_on
from govgraph.search.layout import FORMAT
from govgraph.store import Path as Step
from govgraph.store.directory import hold_snapshot

_FOLDER = "search"
_CHANGED, _ENDED = Step(CHANGED), Step(name(PREFIXES["prov"], "endedAtTime"))
MOST_CHANGED = 2_000
"""Entities that are written while changes wait; for more, who asks first waits instead."""
_MOST_REVISIONS = 10_000


def of(view: View) -> Words:
    """The index of a view: that of its snapshot, which is made now if it is not there; in memory where there is none
    to write to."""
    languages = Readable.of(view.contract).languages
    found: Words | None = view.keep("search index", lambda: _on_disk(view, languages))
    return found if found is not None else view.keep("search index in memory", lambda: _in_memory(view, languages))


def carry(view: View, snapshots: Path, place: Path) -> None:
    """Give a snapshot in the making the index of a view, if one before it leads there with little to write.

    For the writer, who has other things to do: what fails, or would take long, is left to who asks.
    """
    with suppress(OSError, ValueError):
        _derive(view, snapshots, place / _FOLDER / view.audience, MOST_CHANGED)


def _in_memory(view: View, languages: tuple[str, ...]) -> Words:
    return Words.in_memory(all_documents(view), languages)


def _on_disk(view: View, languages: tuple[str, ...]) -> Words | None:
    place = view.reader.place
    if place is None:
        return None
    path = place / _FOLDER / view.audience
    with suppress(OSError, ValueError):
        if _is_of(view, path):
            return Words.opened(path, languages)
    with suppress(OSError, ValueError):
        _make(view, place)
        return Words.opened(path, languages)
    return None


def _make(view: View, place: Path) -> None:
    """One index is made at a time beside each other; who comes next may find that it is there."""
    path = place / _FOLDER / view.audience
    path.parent.mkdir(exist_ok=True)
    with _alone(place.parent):
        with suppress(OSError, ValueError):
            if _is_of(view, path):
                Words.opened(path, Readable.of(view.contract).languages)
                return
        for left in path.parent.glob("new-*"):
            shutil.rmtree(left, ignore_errors=True)
        beside = path.with_name(f"new-{uuid4().hex}")
        try:
            with suppress(OSError, ValueError):
                _derive(view, place.parent, beside, None)
            if not (beside / ABOUT).exists():
                shutil.rmtree(beside, ignore_errors=True)
                beside.mkdir()
                write_anew(beside, all_documents(view), Readable.of(view.contract).languages)
                _sign(view, beside)
            shutil.rmtree(path, ignore_errors=True)
            beside.rename(path)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _derive(view: View, snapshots: Path, target: Path, most: int | None) -> None:
    """Make an index from the newest before it, if there is one, and no more than ``most`` entities changed since.

    Raises OSError or ValueError when it stops half way; what is not signed is none.
    """
    for revision, snapshot in _before(snapshots, view.reader.revision):
        held = hold_snapshot(revision, snapshot)
        if held is None:
            continue
        try:
            source = snapshot / _FOLDER / view.audience
            about = _about(source)
            changed = _changed_since(view, about)
            if changed is None:
                continue
            if most is not None and len(changed) > most:
                return
            boot = str(about.get("boot", ""))
            if not changed:
                share(source, source, target)
            elif most is None or not _in_memory_first(view, changed, source, target):
                share(source, source, target)
                _write(view, changed, target)
            else:
                boot = this_boot()
            _sign(view, target, boot)
        finally:
            held.release()
        return


def _in_memory_first(view: View, changed: list[NamedNode], source: Path, target: Path) -> bool:
    """Write where nobody waits for the disk, then put the files in their place; whether that could be done."""
    if not this_boot():
        return False
    try:
        with memory(target) as place:
            stand_in(source, place)
            _write(view, changed, place)
            share(place, source, target)
    except (OSError, ValueError):
        shutil.rmtree(target, ignore_errors=True)
        return False
    return True


def _write(view: View, changed: list[NamedNode], path: Path) -> None:
    write_on(path, changed, documents(view, changed), Readable.of(view.contract).languages)


def _before(snapshots: Path, revision: int) -> list[tuple[int, Path]]:
    """The snapshots of older revisions, newest first."""
    there = ((int(path.name), path) for path in snapshots.glob("*") if path.name.isdecimal())
    return sorted((one for one in there if one[0] < revision), reverse=True)


def _changed_since(view: View, about: dict[str, object]) -> list[NamedNode] | None:
    """The entities to write anew in an index that says this of itself; None where it is no beginning."""
    since, reader, names = about.get("revision"), view.reader, view.names
    made = about.get("format"), about.get("contract"), about.get("boot") in ("", this_boot())
    if not isinstance(since, int) or made != (FORMAT, view.contract.hash, True):
        return None
    if not 0 < reader.revision - since <= _MOST_REVISIONS:
        return None
    begun, working = names.revision(since), names.history(Audience.WORKING)
    ended = reader.values([begun], (_ENDED,), (working,))[_ENDED].get(begun, ())
    if [_moment(value.value) for value in ended if isinstance(value, Literal)] != [_moment(about.get("committed"))]:
        return None
    revisions = [names.revision(number) for number in range(since + 1, reader.revision + 1)]
    found = reader.values(revisions, (_CHANGED,), (names.history(view.audience),))[_CHANGED]
    return list(dict.fromkeys(node for of in found.values() for node in of if isinstance(node, NamedNode)))


def _moment(text: object) -> datetime | None:
    """Engines may write the same moment otherwise."""
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def _signature(view: View) -> dict[str, object]:
    reader = view.reader
    moment = reader.committed.isoformat()
    return {"format": FORMAT, "contract": view.contract.hash, "revision": reader.revision, "committed": moment}


def _is_of(view: View, path: Path) -> bool:
    """Whether it is of the view, and whole on the disk or of no machine that has stopped since."""
    about = _about(path)
    boot = about.pop("boot", "")
    return about == _signature(view) and boot in ("", this_boot())


def _about(path: Path) -> dict[str, object]:
    """What an index says of itself; nothing where it is none."""
    try:
        said = json.loads((path / ABOUT).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _sign(view: View, path: Path, boot: str = "") -> None:
    """``boot`` says since when the machine runs that has not waited until all is on the disk."""
    (path / ABOUT).write_text(json.dumps(_signature(view) | {"boot": boot}), "utf-8")
