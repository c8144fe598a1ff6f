"""SPARQL Updates as changes: what a text says is put before the gate, as what it adds and what it removes.

DATA blocks say that themselves. Any other update is rehearsed on the newest snapshot, and what would change is what
is put before the gate, which takes it only while nothing newer has come: then it is rehearsed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from pyoxigraph import NamedNode, Quad

from govgraph.access import Author
from govgraph.catalogue import Audience
from govgraph.change import Change, Committed
from govgraph.change.edits import Statements, skolemised_quads
from govgraph.contract import Contract
from govgraph.errors import Forbidden, RevisionConflict
from govgraph.gate import Writer
from govgraph.gate.rights import Rights
from govgraph.iris import Names
from govgraph.settings import Settings
from govgraph.store import Dataset, Graphs
from govgraph.store.directory import Directory
from govgraph.store.embedded import limits_of
from govgraph.store.patch import Patch
from govgraph.store.rehearsal import rehearse
from govgraph.store.update import Scope, forbidden, prepare, read_data

TRIES = 3
"""How often an update is rehearsed while others write."""
_NOWHERE = NamedNode("urn:govgraph:no-such-graph")


@dataclass(frozen=True)
class Wanted:
    """An update somebody wants.

    ``change`` says who, why and through which door, and has no edits yet; its ``after`` is the revision the update was
    meant for, None for any. ``dataset`` chooses what patterns read. ``into`` is the graph that is meant where none is
    named, None for the working graph with all its view has to read.
    """

    text: str
    base: str
    change: Change
    dataset: Dataset | None = None
    into: NamedNode | None = None

    @property
    def marked(self) -> Change:
        return replace(self.change, asked=f"{self.base}\n{self.into}\n{self.dataset}\n{self.text}")


@dataclass(frozen=True)
class Updates:
    """Makes changes of updates for one data directory. Blocking; may be called from any thread.

    Raises QueryError and its children, Forbidden, and what the writer does.
    """

    writer: Writer
    contract: Contract
    settings: Settings
    note: Callable[[Author, Forbidden], None] = lambda _author, _error: None
    """Told of what is refused before the writer hears of it, for the audit log."""

    def submit(self, wanted: Wanted) -> Committed:
        """Carry out an update."""
        return self.state(wanted) or self.rehearse(wanted)

    def state(self, wanted: Wanted) -> Committed | None:
        """Carry out one of INSERT DATA and DELETE DATA, at a cost that does not grow with the catalogue; None for any
        other, which is left alone."""
        data = read_data(wanted.text, wanted.base, wanted.into or self._names.working)
        if data is None:
            return None
        with self._noted(wanted.change.author):
            for quad in (*data.removed, *data.added):
                if quad.graph_name not in self._writable:
                    raise forbidden(str(quad.graph_name))
        return self.writer.submit(replace(wanted.marked, edits=(self._statements(data),)))

    def rehearse(self, wanted: Wanted) -> Committed:
        """Carry out any update, at a cost that grows with the catalogue."""
        scope = Scope(wanted.into or self._names.working, self._dataset(wanted), self._writable)
        with self._noted(wanted.change.author):
            Rights(wanted.change.author).refuse_readers()
            prepared = prepare(wanted.text, wanted.base, scope)
        directory = Directory(self.settings.data, self.settings.base, self.settings.snapshots_kept)
        limits = replace(limits_of(self.settings), seconds=self.settings.update_seconds)
        change = wanted.marked
        for _ in range(TRIES):
            self._follow(directory)
            with self._noted(change.author):
                rehearsed = rehearse(directory, prepared, scope, limits)
            edits = (self._statements(rehearsed.patch),)
            try:
                return self.writer.submit(replace(change, edits=edits, after=change.after or rehearsed.revision))
            except RevisionConflict:
                if change.after is not None:
                    raise
        raise RevisionConflict(
            f"Others wrote each of the {TRIES} times this update was worked out.",
            "Send it again, name the statements with INSERT DATA and DELETE DATA, or load a file with govgraph load.",
        )

    @contextmanager
    def _noted(self, author: Author) -> Iterator[None]:
        try:
            yield
        except Forbidden as error:
            self.note(author, error)
            raise

    def _follow(self, directory: Directory) -> None:
        """See to it that the newest snapshot is of the newest revision."""
        current = directory.current()
        if current is None or current.revision < self.writer.revision:
            self.writer.snapshot()

    def _statements(self, patch: Patch) -> Statements:
        """In an order of their own, so that the same change is written the same way."""
        added = skolemised_quads(_ordered(patch.added), self.contract, self._names)
        return Statements(tuple(_ordered(patch.removed)), added)

    def _dataset(self, wanted: Wanted) -> Dataset:
        names, audience = self._names, Audience.WORKING
        union = (names.working, names.reference, names.vocabulary)
        visible = (*union, *names.beside(audience))
        if wanted.dataset is None:
            return Dataset((wanted.into,) if wanted.into else union, visible)
        default = tuple(graph for graph in wanted.dataset.default if graph in visible)
        named = tuple(graph for graph in wanted.dataset.named if graph in visible)
        return Dataset(default if default or named else (_NOWHERE,), named)

    @property
    def _names(self) -> Names:
        return Names(self.settings.base)

    @property
    def _writable(self) -> Graphs:
        return (self._names.working, self._names.reference)


def _ordered(quads: Iterable[Quad]) -> list[Quad]:
    return sorted(quads, key=str)
