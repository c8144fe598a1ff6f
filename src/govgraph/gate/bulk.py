"""The bulk way to a revision: built beside the store in force, then swapped in, logged as exactly what it changed.

Its cost grows with the catalogue: everything is written anew, and compared with what was there. A revision made by
somebody else in the meantime makes it void, never the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pyoxigraph import NamedNode

from govgraph.access import Author
from govgraph.access.audit import Audit, Outcome
from govgraph.catalogue import Audience
from govgraph.change.state import State, entities_among, owners_of, said_of
from govgraph.change.tombstones import buried, raised
from govgraph.contract import Contract
from govgraph.errors import RevisionConflict, StoreMissing
from govgraph.gate.line import open_writer
from govgraph.gate.opening import founded
from govgraph.gate.recording import recorded
from govgraph.history.record import Entry, Head, nquads
from govgraph.iris import Names
from govgraph.settings import Settings
from govgraph.store import Part, Reader
from govgraph.store.directory import Directory
from govgraph.store.embedded import DiskStore
from govgraph.store.live import Live
from govgraph.store.patch import Patch
from govgraph.store.snapshot import Snapshot


class LoggedStore:
    """A Store whose ``replace`` goes through the writer of a data directory, whoever that is at the moment.

    ``author`` and ``reason`` say who loads, and why, for history.
    """

    def __init__(
        self,
        settings: Settings,
        contract: Contract,
        author: Author,
        reason: str = "",
    ) -> None:
        self.base = settings.base
        self._settings = settings
        self._contract = contract
        self._author = author
        self._reason = reason
        self._names = Names(settings.base)
        self._disk = DiskStore.of(settings)
        self._directory = Directory(settings.data, settings.base, settings.snapshots_kept)
        self._looked = False

    def reader(self) -> Snapshot:
        """The newest revision, of which a writer that was killed may have left more than readers saw."""
        if not self._looked:
            writer = open_writer(self._settings, self._contract)
            try:
                writer.snapshot()
            finally:
                writer.close()
            self._looked = True
            self._disk.follow()
        return self._disk.reader()

    def standing(self) -> Snapshot | None:
        return self._disk.standing()

    def replace(self, parts: Iterable[Part], contract_hash: str, *, after: int | None = None) -> int:
        """As ``Store``. Raises RevisionConflict when somebody else made a revision meanwhile; that one stays."""
        try:
            before = self.reader()
        except StoreMissing:
            before = None
        newest = before.revision if before else 0
        if after is not None and after != newest:
            raise RevisionConflict(f"The catalogue is at revision {newest}, not {after}.", "Load again.")
        author = self._author
        head = Head(
            revision=newest + 1,
            at=max(datetime.now(UTC), before.committed) if before else datetime.now(UTC),
            author=author.id,
            organisation=author.organisation.value if author.organisation else "",
            door="file",
            reason=self._reason,
            contract=contract_hash,
            base=self.base,
        )
        building = _Building(self._contract, self._names, before, head)
        with self._disk.built(building.teed(parts), complete=building.complete) as beside:
            self._hand_over(beside, building.entry(), newest)
        Audit.of(self._settings.data).note(author, head.door, Outcome.ACCEPTED, revision=head.revision)
        self._disk.follow()
        return head.revision

    def close(self) -> None:
        self._disk.close()

    def _hand_over(self, beside: Path, entry: Entry, after: int) -> None:
        if after == 0:
            founded(self._directory, self.base, self._contract, beside, entry)
            return
        writer = open_writer(self._settings, self._contract)
        try:
            writer.adopt(beside, entry, after)
        finally:
            writer.close()


class _Building:
    """The graphs of a revision as they are given out, kept to tell what it changes."""

    def __init__(self, contract: Contract, names: Names, before: Reader | None, head: Head) -> None:
        self._contract = contract
        self._names = names
        self._before = before
        self._head = head
        self._given: dict[NamedNode, list[Part]] = {}
        self._lines: list[tuple[bytes, bytes]] = []
        self._recorded: list[Entry] = []

    def teed(self, parts: Iterable[Part]) -> Iterator[Part]:
        for part in parts:
            self._given.setdefault(part.graph, []).append(part)
            yield part
        if self._before is not None:
            for audience in Audience:
                graph = self._names.history(audience)
                yield Part(graph, self._before.dump(graph))

    def complete(self, live: Live) -> None:
        """Say in history what changed, once all is there."""
        changes = {graph: self._change(graph, parts) for graph, parts in self._given.items()}
        self._lines = [(nquads(gone, graph), nquads(come, graph)) for graph, (gone, come) in changes.items()]
        changed = {audience: self._changed(live, audience, changes) for audience in Audience}
        for audience in Audience:
            is_open = audience is Audience.WORKING or changed[Audience.WORKING] <= changed[Audience.PUBLIC]
            entities = sorted(changed[audience], key=str)
            patch = recorded(live.reader, self._names, audience, self._head, entities, reason=is_open)
            for each in (patch, self._graves(live, audience, entities)):
                exact = live.exact(each)
                live.apply(exact)
                self._recorded.append(Entry.of(self._head, exact))
        live.apply(live.numbered(self._head.revision, self._head.at, self._head.contract))

    def entry(self) -> Entry:
        removed = b"".join([*(gone for gone, _ in self._lines), *(entry.removed for entry in self._recorded)])
        added = b"".join([*(come for _, come in self._lines), *(entry.added for entry in self._recorded)])
        return Entry(self._head, removed, added)

    def _change(self, graph: NamedNode, parts: list[Part]) -> tuple[bytes, bytes]:
        """The lines of a graph that go and come."""
        old = self._before.dump(graph) if self._before else b""
        if not old and not any(part.taken_back for part in parts):
            return b"", b"".join(part.triples for part in parts)
        new: set[bytes] = set()
        for part in parts:
            lines = part.triples.splitlines(keepends=True)
            if part.taken_back:
                new.difference_update(lines)
            else:
                new.update(lines)
        was = set(old.splitlines(keepends=True))
        return b"".join(sorted(was - new)), b"".join(sorted(new - was))

    def _graves(self, live: Live, audience: Audience, changed: Sequence[NamedNode]) -> Patch:
        """The tombstones of the entries the audience has lost; what returned, or was lost anew, has no old ones."""
        if self._before is None:
            return Patch()
        names = self._names
        graph = names.working if audience is Audience.WORKING else names.public
        state = State(live.reader, self._contract, names)
        there = said_of(state, changed, graph) | said_of(state, changed, names.reference)
        lost = entities_among(State(self._before, self._contract, names), changed, graph) - there
        tombstones = [quad for node in lost if isinstance(node, NamedNode) for quad in buried(state, node, [audience])]
        return Patch.of(raised(state, [*lost, *there], [audience]), tombstones)

    def _changed(self, live: Live, audience: Audience, changes: dict[NamedNode, tuple[bytes, bytes]]) -> set[NamedNode]:
        """The entities of what changed; of the first revision none, since all that is there came with it."""
        if self._before is None:
            return set()
        own = self._names.working if audience is Audience.WORKING else self._names.public
        found: set[NamedNode] = set()
        for graph in (own, self._names.reference):
            subjects = {
                NamedNode(line[1 : line.index(b">")].decode())
                for lines in changes.get(graph, ())
                for line in lines.splitlines()
                if line.startswith(b"<")
            }
            for reader in (self._before, live.reader):
                owners = owners_of(State(reader, self._contract, self._names), subjects, graph)
                found |= {owner for of in owners.values() for owner in of if isinstance(owner, NamedNode)}
        return found
