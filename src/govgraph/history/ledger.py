"""What single revisions changed, looked up by what it was said about; knows the log, no audience and no words."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph
from pyoxigraph import NamedNode, RdfFormat

from govgraph.catalogue.kept import Kept
from govgraph.history.log import Log
from govgraph.store.patch import Patch

_KEPT = 8
_Lines = Mapping[bytes, list[bytes]]


@dataclass(frozen=True)
class Changes:
    """The quads one revision changed in some graphs, in groups by subject, parsed only when asked for."""

    removed: _Lines
    added: _Lines

    def of(self, nodes: Iterable[NamedNode]) -> Patch:
        """What was changed of what is said about some nodes."""
        subjects = [str(node).encode() for node in nodes]
        return Patch(_parsed(self.removed, subjects), _parsed(self.added, subjects))


class Ledger:
    """Reads the log of a data directory. Safe to use from any thread."""

    def __init__(self, directory: Path) -> None:
        self._log = Log(directory)
        self._kept = Kept(_KEPT)
        self._lock = threading.Lock()

    def changes(self, revision: int, graphs: tuple[NamedNode, ...]) -> Changes:
        """Raises NotFound for a revision the log does not have, LogDamaged for one that is not what it was."""

        def find() -> Changes:
            with self._lock:
                entry = self._log.entry(revision)
            ends = tuple(f" {graph} .\n".encode() for graph in graphs)
            return Changes(_by_subject(entry.removed, ends), _by_subject(entry.added, ends))

        return self._kept.get((revision, graphs), find)


def _by_subject(lines: bytes, ends: tuple[bytes, ...]) -> _Lines:
    found: dict[bytes, list[bytes]] = {}
    for line in lines.splitlines(keepends=True):
        if line.endswith(ends):
            found.setdefault(line.partition(b" ")[0], []).append(line)
    return found


def _parsed(lines: _Lines, subjects: Iterable[bytes]) -> frozenset[pyoxigraph.Quad]:
    said = b"".join(line for subject in subjects for line in lines.get(subject, ()))
    return frozenset(pyoxigraph.parse(said, RdfFormat.N_QUADS, lenient=True))
