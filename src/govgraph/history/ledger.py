"""What single revisions changed, looked up by what it was said about; knows the log, no audience and no words."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from sys import getsizeof

import pyoxigraph
from pyoxigraph import NamedNode, RdfFormat

from govgraph.catalogue.kept import Kept
from govgraph.history.log import Log
from govgraph.iris import RDF_TYPE
from govgraph.store.patch import Patch

_KEPT = 8
_TURNS_KEPT = 1000
_LONG = 50_000
"""Bytes of a record of which no more than _KEPT are remembered."""
_ROOM = 32_000_000
"""Bytes, about, that what is remembered of either kind takes at most, or else the last alone."""
_BESIDE = 300
"""Bytes that a subject takes beside what is said about it."""
_Lines = Mapping[bytes, list[bytes]]
_TYPE = f" {RDF_TYPE} ".encode()


@dataclass(frozen=True)
class Changes:
    """The quads one revision changed in some graphs, in groups by subject, parsed only when asked for."""

    removed: _Lines
    added: _Lines

    def of(self, nodes: Iterable[NamedNode]) -> Patch:
        """What was changed of what is said about some nodes."""
        subjects = [str(node).encode() for node in nodes]
        return Patch(_parsed(self.removed, subjects), _parsed(self.added, subjects))

    @property
    def size(self) -> int:
        """In bytes of memory, about."""
        return _size(self.removed) + _size(self.added)


@dataclass(frozen=True)
class Turns:
    """What became of whole things in one revision: the classes of what came and of what went, and links that went.

    All by the IRI of their subject. ``unlinked`` has the objects of the links that were asked for.
    """

    came: Mapping[str, frozenset[str]] = field(default_factory=dict)
    went: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unlinked: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """In bytes of memory, about."""
        return _size(self.came) + _size(self.went) + _size(self.unlinked)


class Ledger:
    """Reads the log of a data directory. Safe to use from any thread."""

    def __init__(self, directory: Path) -> None:
        self._log = Log(directory)
        self._kept = Kept(_KEPT, _ROOM, _weight)
        self._long_turns = Kept(_KEPT, _ROOM, _weight)
        self._turns = Kept(_TURNS_KEPT, _ROOM, _weight)
        self._lock = threading.Lock()

    def changes(self, revision: int, graphs: tuple[NamedNode, ...]) -> Changes:
        """Raises NotFound for a revision the log does not have, LogDamaged for one that is not what it was."""

        def find() -> Changes:
            with self._lock:
                entry = self._log.entry(revision)
            ends = tuple(f" {graph} .\n".encode() for graph in graphs)
            return Changes(_by_subject(entry.removed, ends), _by_subject(entry.added, ends))

        return self._kept.get((revision, graphs), find)

    def turns(self, revision: int, graphs: tuple[NamedNode, ...], links: frozenset[NamedNode]) -> Turns:
        """What became of whole things, for those that have a class; ``links`` are the predicates to watch.

        Reads the record row by row. Raises NotFound for a revision the log does not have, LogDamaged.
        """
        with self._lock:
            place = self._log.place(revision)

        kept = self._long_turns if place.length > _LONG else self._turns
        return kept.get((revision, graphs, links), lambda: _turns(place.rows(), graphs, links))


def _turns(rows: Iterable[bytes], graphs: tuple[NamedNode, ...], links: frozenset[NamedNode]) -> Turns:
    ends = tuple(f" {graph} .\n".encode() for graph in graphs)
    watched = {b"<" + link.value.encode() + b">" for link in links}
    came: dict[str, set[str]] = {}
    went: dict[str, set[str]] = {}
    unlinked: dict[str, set[str]] = {}
    for row in rows:
        if not row.endswith(ends) or not row.startswith((b"A <", b"D <")):
            continue
        removed = row.startswith(b"D")
        if _TYPE in row:
            into = went if removed else came
        elif removed and row.split(b" ", 3)[2] in watched:
            into = unlinked
        else:
            continue
        _, subject, predicate, object_, _ = row.split(b" ", 4)
        if object_.startswith(b"<") and (into is unlinked or predicate == _TYPE.strip()):
            into.setdefault(_iri(subject), set()).add(_iri(object_))
    return Turns(*({key: frozenset(values) for key, values in of.items()} for of in (came, went, unlinked)))


def _weight(thing: object) -> int:
    assert isinstance(thing, Changes | Turns)
    return thing.size


def _size(said: Mapping[bytes, Collection[bytes]] | Mapping[str, Collection[str]]) -> int:
    return sum(_BESIDE + getsizeof(key) + sum(map(getsizeof, values)) for key, values in said.items())


def _iri(term: bytes) -> str:
    return term[1:-1].decode()


def _by_subject(lines: bytes, ends: tuple[bytes, ...]) -> _Lines:
    found: dict[bytes, list[bytes]] = {}
    for line in lines.splitlines(keepends=True):
        if line.endswith(ends):
            found.setdefault(line.partition(b" ")[0], []).append(line)
    return found


def _parsed(lines: _Lines, subjects: Iterable[bytes]) -> frozenset[pyoxigraph.Quad]:
    said = b"".join(line for subject in subjects for line in lines.get(subject, ()))
    return frozenset(pyoxigraph.parse(said, RdfFormat.N_QUADS, lenient=True))
