"""The revision log: append-only files of RDF Patch records, from which every state of the store can be made again.

A record is one transaction of an RDF Patch (https://afs.github.io/rdf-patch/) with its head in ``H`` rows; a comment
before it says which revision it is, how long it is and its SHA-256, so that other tools can read the files as they
are, and a reader finds its way without reading all. A segment is named after its first revision. An append is on the
disk before it returns; what a crash left of an unfinished one is moved aside when the log is next opened for writing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import pyoxigraph
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat

from govgraph.errors import LogDamaged, LogUnwritable, NotFound
from govgraph.store.directory import sync_directory
from govgraph.store.patch import Patch

_MARK = re.compile(rb"# revision (\d+) length (\d+) sha256 ([0-9a-f]{64})\n")
_MARK_BYTES = 200
"""More than the longest mark."""
_HEAD = re.compile(r'H (\w+) ("(?:[^"\\]|\\.)*") \.')
_SEGMENT_BYTES = 64_000_000


@dataclass(frozen=True)
class Head:
    """Who changed what, when and why. ``door`` is the way it came in, ``key`` the idempotency key or empty.

    ``author`` is a pseudonymous id and ``organisation`` an IRI or empty; names stay in the audit log. ``contract`` is
    the hash the change was checked by.
    """

    revision: int
    at: datetime
    author: str = ""
    organisation: str = ""
    door: str = ""
    reason: str = ""
    contract: str = ""
    key: str = ""
    wanted: str = ""
    """A digest of what was asked, which tells a retry from another use of the same key."""
    base: str = ""
    """Below which all IRIs of the catalogue are."""


@dataclass(frozen=True)
class Entry:
    """One revision: its head, and as N-Quads lines exactly what changed, in every graph but the store's own."""

    head: Head
    removed: bytes
    added: bytes

    @classmethod
    def of(cls, head: Head, patch: Patch) -> Entry:
        return cls(head, _sorted_lines(patch.removed), _sorted_lines(patch.added))

    @cached_property
    def patch(self) -> Patch:
        return Patch(frozenset(_quads(self.removed)), frozenset(_quads(self.added)))


@dataclass(frozen=True)
class _Place:
    """Where the body of a record stands."""

    revision: int
    segment: Path
    start: int
    length: int
    digest: bytes


class Log:
    """The log of one data directory. One process appends, which opens it with ``writing``; any number read."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._segment_bytes = _SEGMENT_BYTES
        self._places: dict[int, _Place] = {}
        self._read_to: tuple[Path, int] | None = None
        self._uncertain = False
        self._newest: int | None = None

    @classmethod
    def writing(cls, directory: Path, *, segment_bytes: int = _SEGMENT_BYTES) -> Log:
        """The log for its one writer. Raises LogUnwritable, or LogDamaged for a record before the last."""
        log = cls(directory)
        log._segment_bytes = segment_bytes
        try:
            directory.mkdir(parents=True, exist_ok=True)
            log._set_aside_torn()
        except OSError as error:
            raise _unwritable(error) from error
        log._newest = log.newest
        return log

    @property
    def newest(self) -> int:
        """The number of the newest whole record, 0 before the first."""
        if self._newest is not None:
            return self._newest
        self._look()
        return max(self._places, default=0)

    @property
    def oldest(self) -> int:
        """The number of the first record, 0 where there is none."""
        return next((int(path.stem) for path in self._segments()), 0)

    def append(self, entries: Sequence[Entry]) -> None:
        """Write entries, oldest first, and wait until they are on the disk: all of them with one fsync.

        Raises LogUnwritable when the disk refuses. What then stands in the file is unknown, so nothing more is
        written until the log is opened anew.
        """
        assert self._newest is not None, "opened with writing"
        assert entries[0].head.revision == self._newest + 1 or not self._newest
        if self._uncertain:
            raise LogUnwritable("The log stopped after a failed write.", "The writer has to be started again.")
        path = self._segment_for(entries[0].head.revision)
        fresh = not path.exists()
        try:
            with path.open("ab", buffering=0) as file:
                self._uncertain = True
                for entry in entries:
                    _write(file, entry)
                os.fsync(file.fileno())
            if fresh:
                sync_directory(self._directory)
        except OSError as error:
            raise _unwritable(error) from error
        self._uncertain = False
        self._newest = entries[-1].head.revision

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Entry]:
        """The entries after a revision up to another, oldest first. Raises LogDamaged where one is not what it was."""
        self._look()
        for revision in sorted(r for r in self._places if r > after and (until is None or r <= until)):
            yield self._entry(self._places[revision])

    def heads(self, before: int | None = None) -> Iterator[Head]:
        """The heads, newest first, of revisions up to ``before``; bodies are not read."""
        self._look()
        for revision in sorted((r for r in self._places if before is None or r <= before), reverse=True):
            place = self._places[revision]
            with place.segment.open("rb") as file:
                file.seek(place.start)
                rows = iter(lambda file=file: file.readline(), b"TX .\n")  # type: ignore[misc]
                yield _head(list(rows))

    def entry(self, revision: int) -> Entry:
        """Raises NotFound for a revision the log does not have."""
        if revision not in self._places:
            self._look()
        if revision not in self._places:
            raise NotFound(f"The log has no revision {revision}.", f"The newest is {self.newest}.")
        return self._entry(self._places[revision])

    def sizes(self, after: int, until: int) -> list[int] | None:
        """How many bytes each of the entries after a revision up to another has; None where one is missing."""
        self._look()
        wanted = range(after + 1, until + 1)
        if not all(revision in self._places for revision in wanted):
            return None
        return [self._places[revision].length for revision in wanted]

    def extents(self, until: int) -> list[tuple[Path, int]]:
        """The segments that hold the revisions up to one, each with how many of its first bytes do."""
        self._look()
        ends: dict[Path, int] = {}
        for place in self._places.values():
            if place.revision <= until:
                ends[place.segment] = max(ends.get(place.segment, 0), place.start + place.length)
        return sorted(ends.items())

    @property
    def torn(self) -> int:
        """Bytes behind the last whole record: of an append under way, of one that broke off, or of damage."""
        self._look()
        return self._read_to[0].stat().st_size - self._read_to[1] if self._read_to else 0

    def _segments(self) -> list[Path]:
        return sorted(self._directory.glob("*.rdfp"))

    def _segment_for(self, revision: int) -> Path:
        segments = self._segments()
        if segments and segments[-1].stat().st_size < self._segment_bytes:
            return segments[-1]
        return self._directory / f"{revision:010d}.rdfp"

    def _look(self) -> None:
        """Find the records that came since the last look, by hopping from mark to mark."""
        segments = self._segments()
        if self._read_to:
            segments = [path for path in segments if path >= self._read_to[0]]
        for path in segments:
            end = self._read_to[1] if self._read_to and path == self._read_to[0] else 0
            for place in _places(path, end):
                self._places[place.revision] = place
                end = place.start + place.length
            if end < path.stat().st_size and path != segments[-1]:
                raise _damaged(path, end)
            self._read_to = path, end

    def _set_aside_torn(self) -> None:
        """Move what follows the last whole record to a file beside, where somebody may look at it."""
        self._look()
        if self._read_to is None:
            return
        path, end = self._read_to
        last = self._places.get(max(self._places, default=0))
        if last is not None and last.segment == path and not _is_whole(last):
            end = last.start - len(_mark(last))
            del self._places[last.revision]
        if end < path.stat().st_size:
            with path.open("r+b") as file:
                file.seek(end)
                path.with_suffix(".torn").write_bytes(file.read())
                file.truncate(end)
                os.fsync(file.fileno())
        if end == 0:
            path.unlink()
        self._read_to = None
        self._places.clear()

    def _entry(self, place: _Place) -> Entry:
        body = _body(place)
        if sha256(body).hexdigest().encode() != place.digest:
            raise _damaged(place.segment, place.start)
        return _parse(body)


def _write(file: BinaryIO, entry: Entry) -> None:
    rows = [f"H {f.name} {Literal(_text(getattr(entry.head, f.name)))} ." for f in fields(Head)]
    head = "\n".join(rows).encode() + b"\nTX .\n"
    body = b"".join((head, _rows(b"D ", entry.removed), _rows(b"A ", entry.added), b"TC .\n"))
    place = _Place(entry.head.revision, Path(), 0, len(body), sha256(body).hexdigest().encode())
    data = memoryview(_mark(place) + body)
    while data:
        data = data[file.write(data) :]


def _mark(place: _Place) -> bytes:
    return b"# revision %d length %d sha256 %s\n" % (place.revision, place.length, place.digest)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _rows(mark: bytes, lines: bytes) -> bytes:
    return mark + lines[:-1].replace(b"\n", b"\n" + mark) + b"\n" if lines else b""


def _sorted_lines(quads: Iterable[Quad]) -> bytes:
    lines = (pyoxigraph.serialize(quads, format=RdfFormat.N_QUADS) or b"").splitlines(keepends=True)
    return b"".join(sorted(lines))


def _quads(lines: bytes) -> Iterator[Quad]:
    return pyoxigraph.parse(lines, RdfFormat.N_QUADS, lenient=True)


def logged_base(directory: Path) -> str:
    """The base a log was written under; empty where there is none, or none that says so."""
    log = Log(directory)
    return next((head.base for head in log.heads(before=log.oldest)), "")


def nquads(triples: bytes, graph: NamedNode) -> bytes:
    """N-Triples as an engine wrote them, as N-Quads of a graph."""
    # A line break within a literal is written as an escape, so this ends a statement and nothing else.
    return triples.replace(b" .\n", f" {graph} .\n".encode())


def _places(path: Path, start: int) -> Iterator[_Place]:
    """The records of a segment from an offset, up to the first that is not there to its end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        while start < size:
            file.seek(start)
            mark = _MARK.match(file.read(_MARK_BYTES))
            if mark is None or start + mark.end() + int(mark[2]) > size:
                return
            yield _Place(int(mark[1]), path, start + mark.end(), int(mark[2]), mark[3])
            start += mark.end() + int(mark[2])


def _body(place: _Place) -> bytes:
    with place.segment.open("rb") as file:
        file.seek(place.start)
        return file.read(place.length)


def _is_whole(place: _Place) -> bool:
    return sha256(_body(place)).hexdigest().encode() == place.digest


def _parse(body: bytes) -> Entry:
    start = body.index(b"TX .\n")
    changed: dict[bytes, list[bytes]] = {b"D": [], b"A": []}
    for line in body[start + 5 :].splitlines(keepends=True):
        mark, _, rest = line.partition(b" ")
        if mark in changed:
            changed[mark].append(rest)
    return Entry(_head(body[:start].splitlines()), b"".join(changed[b"D"]), b"".join(changed[b"A"]))


def _head(rows: Iterable[bytes]) -> Head:
    said = {match[1]: _unquoted(match[2]) for row in rows if (match := _HEAD.match(row.decode()))}
    at, revision = datetime.fromisoformat(said.pop("at")), int(said.pop("revision"))
    known = {field.name for field in fields(Head)}
    return Head(revision=revision, at=at, **{key: value for key, value in said.items() if key in known})


def _unquoted(literal: str) -> str:
    quad = next(iter(pyoxigraph.parse(f"<urn:h> <urn:h> {literal} .", RdfFormat.N_TRIPLES)))
    assert isinstance(quad.object, Literal)
    return quad.object.value


def _unwritable(error: OSError) -> LogUnwritable:
    return LogUnwritable(
        f"The revision log cannot be written: {error}.", "Nothing was changed. See to the disk, then start again."
    )


def _damaged(segment: Path, offset: int) -> LogDamaged:
    return LogDamaged(
        f"The revision log is damaged: {segment.name} at byte {offset}.",
        "Nothing was changed. Restore the file from a backup, or run govgraph verify to see what is affected.",
    )
