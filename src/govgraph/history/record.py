"""One record of the revision log, as RDF Patch with its head in ``H`` rows; knows no file beyond where it stands.

A comment before a record, its mark, says which revision it is, how long it is, its SHA-256, and which revisions were
written with one wait for the disk: so other tools can read the files as they are, a reader finds its way without
reading all, and what a power failure damaged of changes that were never answered can be told from other damage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import pyoxigraph
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat

from govgraph.errors import LogDamaged
from govgraph.store.patch import Patch

MARK = re.compile(rb"^# revision (\d+) length (\d+) sha256 ([0-9a-f]{64})(?: batch (\d+)-(\d+))?\n", re.MULTILINE)
_MARK_BYTES = 250
"""More than the longest mark."""
_HEAD = re.compile(r'H (\w+) ("(?:[^"\\]|\\.)*") \.')
_BODY = b"TX .\n"
"""Stands between head and body."""


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
class Place:
    """Where a record stands: its mark ``at`` an offset, its body from ``start`` on.

    ``first`` and ``last`` are those of the batch it was written with.
    """

    revision: int
    first: int
    last: int
    segment: Path
    at: int
    start: int
    length: int
    digest: bytes

    @classmethod
    def of(cls, mark: re.Match[bytes], segment: Path, at: int) -> Place:
        revision = int(mark[1])
        first, last = (int(mark[4]), int(mark[5])) if mark[4] else (revision, revision)
        return cls(revision, first, last, segment, at, at + len(mark[0]), int(mark[2]), mark[3])

    @property
    def end(self) -> int:
        return self.start + self.length

    @property
    def is_whole(self) -> bool:
        return sha256(self._body()).hexdigest().encode() == self.digest

    @property
    def is_there(self) -> bool:
        """Whether the file still has this record here, and no other."""
        try:
            with self.segment.open("rb") as file:
                return _place_at(file, self.segment, self.at) == self
        except FileNotFoundError:
            return False

    def entry(self) -> Entry:
        """Raises LogDamaged when it is not what was written."""
        body = self._body()
        if sha256(body).hexdigest().encode() != self.digest:
            raise damaged(self.segment, self.start)
        return _parse(body)

    def head(self) -> Head:
        """Without reading all of it. Raises LogDamaged when there is none."""
        rows: list[bytes] = []
        with self.segment.open("rb") as file:
            file.seek(self.start)
            while file.tell() < self.end and (row := file.readline(self.end - file.tell())) not in (_BODY, b""):
                rows.append(row)
        try:
            head = _head(rows)
        except (KeyError, ValueError, SyntaxError) as error:
            raise damaged(self.segment, self.start) from error
        if head.revision != self.revision:
            raise damaged(self.segment, self.start)
        return head

    def rows(self) -> Iterator[bytes]:
        """Its rows as they are written, in constant memory and unchecked. Raises LogDamaged where the file is gone."""
        try:
            with self.segment.open("rb") as file:
                file.seek(self.start)
                left = self.length
                while left > 0 and (row := file.readline(left)):
                    left -= len(row)
                    yield row
        except OSError as error:
            raise damaged(self.segment, self.start) from error

    def _body(self) -> bytes:
        with self.segment.open("rb") as file:
            file.seek(self.start)
            return file.read(self.length)


def places(segment: Path, start: int) -> Iterator[Place]:
    """The records of a segment from an offset, up to the first that is not there to its end."""
    size = segment.stat().st_size
    with segment.open("rb") as file:
        while (place := _place_at(file, segment, start)) is not None and place.end <= size:
            yield place
            start = place.end


def _place_at(file: BinaryIO, segment: Path, at: int) -> Place | None:
    file.seek(at)
    mark = MARK.match(file.read(_MARK_BYTES))
    return Place.of(mark, segment, at) if mark else None


def write(file: BinaryIO, entry: Entry, first: int, last: int) -> None:
    """Append a record of the batch of revisions ``first`` to ``last``. Raises OSError."""
    rows = [f"H {f.name} {Literal(_text(getattr(entry.head, f.name)))} ." for f in fields(Head)]
    head = "\n".join(rows).encode() + b"\n" + _BODY
    body = b"".join((head, _rows(b"D ", entry.removed), _rows(b"A ", entry.added), b"TC .\n"))
    digest = sha256(body).hexdigest().encode()
    mark = b"# revision %d length %d sha256 %s batch %d-%d\n" % (entry.head.revision, len(body), digest, first, last)
    data = memoryview(mark + body)
    while data:
        data = data[file.write(data) :]


def nquads(triples: bytes, graph: NamedNode) -> bytes:
    """N-Triples as an engine wrote them, as N-Quads of a graph."""
    # A line break within a literal is written as an escape, so this ends a statement and nothing else.
    return triples.replace(b" .\n", f" {graph} .\n".encode())


def damaged(segment: Path, offset: int) -> LogDamaged:
    return LogDamaged(
        f"The revision log is damaged: {segment.name} at byte {offset}.",
        "Nothing was changed. Restore the file from a backup, or run govgraph verify to see what is affected.",
    )


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _rows(mark: bytes, lines: bytes) -> bytes:
    return mark + lines[:-1].replace(b"\n", b"\n" + mark) + b"\n" if lines else b""


def _sorted_lines(quads: Iterable[Quad]) -> bytes:
    lines = (pyoxigraph.serialize(quads, format=RdfFormat.N_QUADS) or b"").splitlines(keepends=True)
    return b"".join(sorted(lines))


def _quads(lines: bytes) -> Iterator[Quad]:
    return pyoxigraph.parse(lines, RdfFormat.N_QUADS, lenient=True)


def _parse(body: bytes) -> Entry:
    start = body.index(_BODY)
    changed: dict[bytes, list[bytes]] = {b"D": [], b"A": []}
    for line in body[start + len(_BODY) :].splitlines(keepends=True):
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
