"""A whole catalogue in one file: the newest snapshot, the log up to it, the releases' names, and N-Quads that any RDF
tool reads; knows no way back, which is ``restoration``'s.

A backup may be made while a server runs. Drafts are in it; tokens and the audit log are not, so that whoever gets the
file gets the catalogue, and no right to change the one it came from.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from time import time
from typing import BinaryIO
from uuid import uuid4

from govgraph import __version__
from govgraph.errors import StoreError, StoreMissing
from govgraph.history.checkpoints import log_of
from govgraph.history.log import Log
from govgraph.history.releases import as_json, releases
from govgraph.iris import Names
from govgraph.media import NQUADS
from govgraph.store.directory import FORMAT, Directory
from govgraph.store.embedded import open_snapshot
from govgraph.store.snapshot import Snapshot
from govgraph.store.workers import Limits

ARCHIVE = 1
"""The format of the file; counted up when a way back has to know."""
MANIFEST, QUADS, SNAPSHOT, LOG = "manifest.json", "catalogue.nq", "snapshot/", "log/"
_LEVEL = 3
"""Of compression: the store is compressed already."""
Told = Callable[[str, int, int], None]
"""Called with what is being done, how many bytes are done and of how many; 0 when unknown."""


@dataclass(frozen=True)
class Backup:
    """What a backup holds; ``size`` is that of the file in bytes, ``records`` how many revisions its log has."""

    file: Path
    revision: int
    records: int
    size: int


def backup(directory: Path, base: str, file: Path, told: Told = lambda _what, _done, _of: None) -> Backup:
    """Write one file, which appears when it is complete and on the disk. Raises StoreMissing or StoreError."""
    held = Directory(directory, base, 1).hold()
    if held is None:
        raise StoreMissing(f"There is no catalogue in {directory}.", "Load one first.")
    reader = open_snapshot(held, base, 0, Limits())
    beside = file.with_name(f"{file.name}.{uuid4().hex[:8]}.part")
    try:
        # Drafts are in it, so it is its owner's from the first byte.
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            records = _write(directory, base, held.path, reader, target, told)
            target.flush()
            os.fsync(target.fileno())
        beside.replace(file)
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error}.", "See to space and rights there.") from error
    finally:
        reader.close()
        beside.unlink(missing_ok=True)
    return Backup(file, reader.revision, records, file.stat().st_size)


def _write(  # one call, and each argument is a part of what is written
    directory: Path, base: str, snapshot: Path, reader: Snapshot, target: BinaryIO, told: Told
) -> int:
    """How many records the log has."""
    log, names = Log(log_of(directory)), Names(base)
    extents = log.extents(reader.revision)
    records = max(min(log.newest, reader.revision) - log.oldest + 1, 0) if log.oldest else 0
    files = [(SNAPSHOT + path.name, path, path.stat().st_size) for path in sorted(snapshot.iterdir()) if path.is_file()]
    files += [(LOG + path.name, path, size) for path, size in extents]
    with tarfile.open(fileobj=target, mode="w:gz", compresslevel=_LEVEL) as tar, TemporaryFile() as quads:
        told("writing N-Quads", 0, 0)
        reader.write((names.working, names.public, names.reference), NQUADS, quads)
        packing = _Packing(tar, sum(size for *_, size in files) + quads.tell(), told)
        for name, path, size in files:
            with path.open("rb") as source:
                packing.add(name, source, size)
        size = quads.tell()
        quads.seek(0)
        packing.add(QUADS, quads, size)
        manifest = {
            "archive": ARCHIVE,
            "govgraph": __version__,
            "base": base,
            "storeFormat": FORMAT,
            "revision": reader.revision,
            "committed": reader.committed.isoformat(),
            "made": datetime.now(UTC).isoformat(),
            "records": records,
            "withheld": "tokens and audit log",
            "releases": [as_json(one) for one in releases(directory) if one.revision <= reader.revision],
            "files": packing.added,
        }
        text = json.dumps(manifest, indent=2, ensure_ascii=False).encode()
        packing.add(MANIFEST, io.BytesIO(text), len(text))
    return records


class _Packing:
    """Adds files to an archive and keeps the digest of each."""

    def __init__(self, tar: tarfile.TarFile, of: int, told: Told) -> None:
        self.added: dict[str, dict[str, object]] = {}
        self._tar = tar
        self._of = of
        self._told = told
        self._done = 0

    def add(self, name: str, source: BinaryIO, size: int) -> None:
        """The first ``size`` bytes of a file, which may be growing."""
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, 0o600, int(time())
        read = _Digested(source, self._tell)
        self._tar.addfile(member, read)
        self.added[name] = {"bytes": size, "sha256": read.digest.hexdigest()}

    def _tell(self, more: int) -> None:
        self._done += more
        self._told("backing up", self._done, self._of)


class _Digested(io.RawIOBase):
    """Reads a file and keeps a digest of what was read."""

    def __init__(self, source: BinaryIO, tell: Callable[[int], None]) -> None:
        super().__init__()
        self.digest = sha256()
        self._source = source
        self._tell = tell

    def read(self, size: int = -1) -> bytes:
        piece = self._source.read(size)
        self.digest.update(piece)
        self._tell(len(piece))
        return piece
