"""The store the writer keeps: the newest state, changed patch by patch; nobody else opens it while it is open here.

The engine waits for no disk, so after a power failure the store may lack its last patches, never half of one; the log
has them. While a patch is being judged the store carries a mark: a store found with it is thrown away and made again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pyoxigraph
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat

from govgraph.errors import StoreError
from govgraph.iris import GOV, PREFIXES, XSD, Names, name
from govgraph.store import Graphs, Term
from govgraph.store.directory import FORMAT
from govgraph.store.patch import Patch
from govgraph.store.snapshot import COMMITTED, Snapshot
from govgraph.store.update_text import update_text
from govgraph.store.workers import Limits

_PENDING = name(GOV, "pending")
_REVISION = name(GOV, "revision")
_HASH = name(GOV, "contractHash")


class Live:
    """An open engine one may change. ``reader`` reads what it says at the moment of reading."""

    def __init__(self, engine: pyoxigraph.Store, base: str, limits: Limits) -> None:
        self._engine = engine
        self._base = base
        self._store = NamedNode(base)
        self._system = Names(base).system
        self._limits = limits

    @classmethod
    def open(cls, path: Path, base: str, limits: Limits | None = None) -> Live:
        """Raises StoreError when it cannot be opened, as when another process has it."""
        try:
            return cls(pyoxigraph.Store(str(path)), base, limits or Limits())
        except (OSError, RuntimeError) as error:
            raise StoreError(f"The store {path} cannot be opened: {error}.", "Another process may have it.") from error

    @classmethod
    def copy(cls, copy: Path, to: Path, base: str) -> Live:
        """A store of its own that begins as a copy of a snapshot, whose files it shares. Raises StoreError."""
        try:
            pyoxigraph.Store.read_only(str(copy)).backup(str(to))
        except (OSError, RuntimeError, ValueError) as error:
            raise StoreError(f"The snapshot {copy} cannot be read: {error}.", "An older one is needed.") from error
        return cls.open(to, base)

    @staticmethod
    def is_readable(snapshot: Path) -> bool:
        """Whether a snapshot is there and opens."""
        try:
            pyoxigraph.Store.read_only(str(snapshot))
        except (OSError, RuntimeError, ValueError):
            return False
        return True

    @classmethod
    def in_memory(cls, base: str) -> Live:
        return cls(pyoxigraph.Store(), base, Limits())

    @property
    def reader(self) -> Snapshot:
        """Reads the present state under its present number."""
        return Snapshot(self._engine, self.revision, self._base, self._limits, fixed=False)

    @property
    def revision(self) -> int:
        """0 for an empty store."""
        found = self._said(_REVISION)
        return int(found.value) if found else 0

    @property
    def contract_hash(self) -> str:
        found = self._said(_HASH)
        return found.value if found else ""

    @property
    def pending(self) -> bool:
        """Whether it was left in the middle of a change."""
        return self._said(_PENDING) is not None

    def exact(self, patch: Patch) -> Patch:
        """What a patch would really change, in the terms the engine keeps: it writes numbers in one way only."""
        added, removed = _as_kept(patch.added), _as_kept(patch.removed)
        return Patch(
            frozenset(quad for quad in removed - added if quad in self._engine),
            frozenset(quad for quad in added if quad not in self._engine),
        )

    def apply(self, patch: Patch) -> None:
        """All of it or nothing, in one transaction."""
        if patch:
            self._engine.update(update_text(patch))

    def marked(self, *, pending: bool) -> Patch:
        """The patch that says a change is being judged, or no longer is."""
        mark = frozenset({Quad(self._store, _PENDING, Literal("true"), self._system)})
        if pending == self.pending:
            return Patch()
        return Patch(frozenset(), mark) if pending else Patch(mark, frozenset())

    def numbered(self, revision: int, at: datetime, contract_hash: str) -> Patch:
        """The patch that makes the present state a revision."""
        said = {
            _REVISION: Literal(str(revision), datatype=name(XSD, "integer")),
            COMMITTED: Literal(at.astimezone(UTC).isoformat(), datatype=name(XSD, "dateTime")),
            _HASH: Literal(contract_hash),
            name(GOV, "base"): Literal(self._base),
            name(GOV, "storeFormat"): Literal(str(FORMAT), datatype=name(XSD, "integer")),
        }
        added = [Quad(self._store, predicate, value, self._system) for predicate, value in said.items()]
        removed = [
            quad
            for predicate in said
            for quad in self._engine.quads_for_pattern(self._store, predicate, None, self._system)
        ]
        return Patch.of(removed, _as_kept(added))

    def nodes(self, text: str, graphs: Graphs, bindings: Mapping[str, Term]) -> list[Term]:
        """The first column of a SELECT of the contract, whose bound variable it projects; it has no deadline."""
        found = self._run(text, graphs, bindings)
        assert isinstance(found, pyoxigraph.QuerySolutions)
        first = found.variables[0].value
        return [row[first] for row in found if row[first] is not None]

    def construct(self, text: str, graphs: Graphs, bindings: Mapping[str, Term]) -> bytes:
        """The triples of a CONSTRUCT of the contract as N-Triples; it has no deadline."""
        found = self._run(text, graphs, bindings)
        assert isinstance(found, pyoxigraph.QueryTriples)
        return found.serialize(format=RdfFormat.N_TRIPLES) or b""

    def _run(
        self, text: str, graphs: Graphs, bindings: Mapping[str, Term]
    ) -> pyoxigraph.QuerySolutions | pyoxigraph.QueryBoolean | pyoxigraph.QueryTriples:
        return self._engine.query(
            text,
            prefixes=PREFIXES,
            default_graph=list(graphs),
            named_graphs=list(graphs),
            substitutions={pyoxigraph.Variable(key): term for key, term in bindings.items()},
        )

    def read(self, quads: bytes) -> None:
        """Add N-Quads at the engine's own speed; not one transaction, so only while the store is being made."""
        self._engine.bulk_load(quads, RdfFormat.N_QUADS, lenient=True)

    def backup(self, path: Path) -> None:
        """A copy that shares its files with this one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._engine.backup(str(path))

    def _said(self, predicate: NamedNode) -> Literal | None:
        quad = next(self._engine.quads_for_pattern(self._store, predicate, None, self._system), None)
        return quad.object if quad is not None and isinstance(quad.object, Literal) else None


def _as_kept(quads: Iterable[Quad]) -> frozenset[Quad]:
    engine = pyoxigraph.Store()
    engine.extend(quads)
    return frozenset(engine)
