"""A backup becomes a data directory again, or nothing at all; writes into an empty directory only."""

from __future__ import annotations

import json
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO
from uuid import uuid4

from govgraph.errors import FormatTooNew, StoreError
from govgraph.history.archive import ARCHIVE, LOG, MANIFEST, QUADS, SNAPSHOT, Told
from govgraph.history.checkpoints import log_of
from govgraph.history.log import Log
from govgraph.history.releases import Release, of_json, write_down
from govgraph.store.clone import clone
from govgraph.store.directory import FORMAT, Directory
from govgraph.store.live import Live
from govgraph.store.rooms import room

_KNOWN = re.compile(rf"{SNAPSHOT}[\w-][\w.-]*|{LOG}\d+\.rdfp|{re.escape(QUADS)}|{re.escape(MANIFEST)}", re.ASCII)
_PIECE = 1 << 20
_HINT = "Take another backup; nothing was restored."


@dataclass(frozen=True)
class Manifest:
    """What a backup says it holds; ``digests`` are by the name in it."""

    base: str
    revision: int
    made: str
    records: int
    releases: tuple[Release, ...]
    digests: Mapping[str, str]

    @classmethod
    def read(cls, text: bytes) -> Manifest:
        """Raises FormatTooNew, or KeyError, TypeError or ValueError for what is none."""
        said = json.loads(text)
        if said["archive"] > ARCHIVE or said["storeFormat"] > FORMAT:
            raise FormatTooNew(
                f"The backup was made by govgraph {said['govgraph']}, whose format is newer.",
                "Restore it with that version.",
            )
        return cls(
            base=str(said["base"]),
            revision=int(said["revision"]),
            made=str(said["made"]),
            records=int(said["records"]),
            releases=tuple(of_json(one) for one in said["releases"]),
            digests={name: str(of["sha256"]) for name, of in said["files"].items()},
        )


def restore(file: Path, directory: Path, told: Told = lambda _what, _done, _of: None) -> Manifest:
    """Make a data directory of a backup: every byte is checked first, and what fails leaves the directory empty.

    Raises StoreError for a directory with something in it and for a file that is no whole backup, FormatTooNew.
    """
    existed = directory.exists()
    if existed and (not directory.is_dir() or any(directory.iterdir())):
        raise StoreError(f"{directory} is not empty.", "Restore into a new directory.")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        beside = directory / f"restoring.{uuid4().hex[:8]}"
        beside.mkdir()
        manifest = _unpacked(file, beside, told)
        told("putting in force", 0, 0)
        _put_in_force(manifest, beside, directory)
    except BaseException as error:
        for left in directory.iterdir() if directory.is_dir() else ():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        if not existed and directory.is_dir():
            directory.rmdir()
        if isinstance(error, OSError):
            raise StoreError(
                f"{file} cannot be restored to {directory}: {error}.", "See to space and rights."
            ) from error
        raise
    return manifest


def _unpacked(file: Path, beside: Path, told: Told) -> Manifest:
    """The files of a backup, compared with what its manifest says."""
    digests: dict[str, str] = {}
    manifest = b""
    try:
        of = file.stat().st_size
        with file.open("rb") as source, tarfile.open(fileobj=source, mode="r:gz") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() and _KNOWN.fullmatch(member.name) else None
                if content is None or member.name in digests:
                    raise StoreError(f"{file} holds {member.name[:80]!r}, which is no part of a backup.", _HINT)
                if member.name == MANIFEST:
                    manifest = content.read()
                else:
                    digests[member.name] = _copied(content, None if member.name == QUADS else beside / member.name)
                told("restoring", source.tell(), of)
        found = Manifest.read(manifest)
    except (tarfile.TarError, EOFError, zlib.error, KeyError, TypeError, ValueError) as error:
        raise StoreError(f"{file} is no backup, or not all of one: {error}.", _HINT) from error
    except OSError as error:
        raise StoreError(f"{file} cannot be read: {error}.", _HINT) from error
    wrong = [name for name in sorted({*digests, *found.digests}) if digests.get(name) != found.digests.get(name)]
    if wrong:
        raise StoreError(f"{file} is damaged: {wrong[0]} is not what was backed up.", _HINT)
    return found


def _copied(content: IO[bytes], target: Path | None) -> str:
    """The digest of what was written."""
    digest = sha256()
    if target is None:
        while piece := content.read(_PIECE):
            digest.update(piece)
        return digest.hexdigest()
    target.parent.mkdir(exist_ok=True)
    with target.open("xb") as written:
        while piece := content.read(_PIECE):
            digest.update(piece)
            written.write(piece)
        written.flush()
        os.fsync(written.fileno())
    return digest.hexdigest()


def _put_in_force(manifest: Manifest, beside: Path, directory: Path) -> None:
    place = Directory(directory, manifest.base, 1)
    with place.writing():
        if manifest.records:
            (beside / LOG).rename(log_of(directory))
        if manifest.records and Log(log_of(directory)).newest != manifest.revision:
            raise StoreError(f"The log of the backup does not end with revision {manifest.revision}.", _HINT)
        with room(directory) as made:
            clone(beside / SNAPSHOT, made / "live")
            if Live.open(made / "live", manifest.base).revision != manifest.revision:
                raise StoreError(f"The store of the backup is not at revision {manifest.revision}.", _HINT)
            place.swap(made / "live")
        for one in manifest.releases:
            write_down(directory, one)
        place.publish(manifest.revision, (beside / SNAPSHOT).rename)
        beside.rmdir()
