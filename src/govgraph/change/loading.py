"""The bulk way into the catalogue: files are put together beside it, validated, published, swapped in as one revision.

The cost grows with the whole catalogue, since all of it is validated and written anew; the gain is that it runs at the
engine's own speed. Readers keep the old revision until the new one is complete.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter

from pyoxigraph import NamedNode, RdfFormat, Triple

from govgraph.catalogue import Audience, View
from govgraph.change import Loaded, Progress, Record, Rejected, no_progress
from govgraph.change.accounting import Accounts
from govgraph.change.composing import Before, Composition
from govgraph.change.standing import Departed, introduced, refuse
from govgraph.change.watching import Watched
from govgraph.contract import Contract
from govgraph.errors import LoadError, StoreMissing
from govgraph.iris import Names
from govgraph.store import Part, Reader, Store, Term
from govgraph.store.staging import Staging, syntax_of
from govgraph.validation import check

_WITH_GRAPHS = (RdfFormat.N_QUADS, RdfFormat.TRIG, RdfFormat.JSON_LD)


class Load:
    """Gathers files, then ``finish``es as one revision; nothing is visible before that.

    ``target``, ``working`` or ``reference``, is where a file goes that does not say so itself.
    """

    def __init__(
        self,
        store: Store,
        contract: Contract,
        *,
        target: str = "working",
        engine: str = "shacl",
        file_bytes: int = 2_048_000_000,
        most_findings: int | None = None,
        progress: Progress = no_progress,
    ) -> None:
        self.contract = contract
        self.names = Names(store.base)
        self.progress = progress
        self.seconds: dict[str, float] = {}
        self._store = store
        self._engine = engine
        self._file_bytes = file_bytes
        self._most_findings = most_findings
        self._staging = Staging()
        self._target = self.names.graph(target)
        self._accounts = Accounts(contract, self.names, self._staging)
        self._before = Before()
        self._reader: Reader | None = None
        self.began_from = 0
        """The revision it adds to; 0 where there is none yet."""
        self.departed: Sequence[Departed] = ()
        """The entries for whose sake it was refused, since they would no longer be public."""
        self._begin()

    def _begin(self) -> None:
        try:
            reader = self._store.reader()
        except StoreMissing:
            return
        self.began_from, self._reader = reader.revision, reader
        with self._timed("read"):
            self._before = Before.of(reader, self.contract, self.names)
            for graph in self._accounts.graphs:
                self._staging.read(graph, reader.dump(graph))
                self._accounts.know(graph)

    @property
    def records(self) -> Sequence[Record]:
        """Those that were used."""
        return self._accounts.records

    @property
    def rejected(self) -> tuple[Rejected, ...]:
        return tuple(self._accounts.rejected)

    @property
    def used(self) -> int:
        """The records that will be in the catalogue."""
        return self._accounts.loaded + self._accounts.merged

    def read_rdf(self, path: Path, *, called: str = "", target: str = "") -> None:
        """Add a file of any RDF syntax; one that cannot be read is rejected as one record and adds nothing.

        A file with named graphs may come from an export: what stands in the graphs ``working``, ``public`` and
        ``reference`` goes back to where it was, what a load makes itself is left out, the rest goes to the target.
        """
        called = called or path.name
        syntax = syntax_of(path)
        assert syntax is not None, "the caller chooses by file name"
        into = self.names.graph(target) if target else self._target
        incoming = {graph: self._accounts.new_graph(graph) for graph in self._accounts.graphs}
        try:
            with path.open("rb") as file, self._timed("read"):
                size = path.stat().st_size
                self.refuse_large(called, size)
                watched = Watched(file, lambda done: self.progress(called, done, size))
                graphs = self._places(incoming) if syntax in _WITH_GRAPHS else None
                data = io.BufferedReader(watched, 1 << 20)
                self._staging.read_file(incoming[into], data, syntax, self.names.base, graphs)
        except (SyntaxError, OSError, ValueError, LoadError) as error:
            for of, graph in incoming.items():
                self._accounts.forget(of, graph)
            self.reject(_unreadable(called, error))
            return
        with self._timed("read"):
            for of, graph in incoming.items():
                self._accounts.take(of, graph, called)

    def add(
        self, records: Sequence[Record], triples: Iterable[Triple], rejected: Iterable[Rejected], *, target: str = ""
    ) -> None:
        """Add what a sheet gave: the records that were used, what they say, and those that were not.

        A record is the whole account of the properties it fills: their older values are replaced.
        """
        into = self.names.graph(target) if target else self._target
        with self._timed("read"):
            self._accounts.put(into, records, triples)
        for one in rejected:
            self.reject(one)

    def reject(self, rejected: Rejected) -> None:
        self._accounts.rejected.append(rejected)

    def refuse_large(self, called: str, size: int) -> None:
        """Raises LoadError for a file larger than the setting allows."""
        if size > self._file_bytes:
            raise LoadError(
                f"{called} has {size / 1e6:,.0f} megabytes, more than file_megabytes allows",
                "Split it, or raise GOVGRAPH_FILE_MEGABYTES.",
            )

    def pairs(self, predicate: NamedNode) -> Iterator[tuple[Term, Term]]:
        """Every (subject, value) of a predicate, in the catalogue and in what was added."""
        for graphs in self._accounts.graphs.values():
            for graph in graphs:
                yield from self._staging.pairs(predicate, graph)

    def finish(self, *, strict: bool = False, dry_run: bool = False, accept: bool = False) -> Loaded:
        """Validate, publish what is complete and marked so, write the next revision; write nothing on a ``dry_run``.

        Into a catalogue that is there already nothing worse may come than a change may bring (``standing``), unless
        it is ``accept``ed: then what is no longer complete is no longer published.

        Raises LoadError, leaving the catalogue as it was, when ``strict`` and a record was rejected, when nothing at
        all could be read, or when there are too many findings to keep; Refused for what may not come.
        """
        self._accounts.settle()
        self._refuse_rejected(strict)
        start = perf_counter()
        validate = partial(check, self.contract, engine=self._engine, most=self._most_findings)
        made = Composition(self.contract, self.names, self._staging, self._accounts.graphs, validate, self.progress)
        parts = made.parts(self._before) if accept else self._refusing(made)
        if dry_run:
            deque(parts, maxlen=0)
            revision = self.began_from
        else:
            revision = self._store.replace(parts, self.contract.hash, after=self.began_from)
        self.seconds |= made.seconds
        self.seconds["write"] = perf_counter() - start - sum(made.seconds.values())
        publishing = made.publishing
        return Loaded(
            loaded=self._accounts.loaded,
            merged=self._accounts.merged,
            rejected=self.rejected,
            revision=revision,
            entities=len(publishing.entities),
            published=len(publishing.published),
            held=tuple(sorted(node.value for node in publishing.marked - publishing.published)),  # type: ignore[union-attr]
            report=made.report,
            before=self._before.points,
            after=made.totals[Audience.WORKING],
            seconds=self.seconds,
        )

    def _refuse_rejected(self, strict: bool) -> None:
        if not self.rejected or (self.used and not strict):
            return
        first, count = self.rejected[0], len(self.rejected)
        place = f"{first.file} line {first.line}" if first.line else first.file
        which = f"{count} records were rejected, the first" if count > 1 else "A record was rejected,"
        raise LoadError(
            f"{which} in {place}: {first.reason}",
            "Mend them, or load without --strict to keep the rest." if strict else "Nothing was loaded.",
        )

    def _refusing(self, made: Composition) -> Iterator[Part]:
        """The graphs of a revision, or Refused once they are all there and bring what may not come."""
        yield from made.parts(self._before)
        if self._reader is None:
            return
        before = View(self._reader, self.contract, self.names, Audience.WORKING)
        self.departed = made.departed
        refuse(self.contract, introduced(before, made.report, made.publishing.entity_of), made.departed)

    def _places(self, incoming: dict[NamedNode, NamedNode]) -> dict[NamedNode, NamedNode | None]:
        """Where the graphs of an export go; the graphs a load makes itself go nowhere."""
        names = self.names
        of_audiences = [graph for audience in Audience for graph in names.beside(audience)]
        made = (names.vocabulary, names.system, *of_audiences)
        return {
            **dict.fromkeys(made),
            names.working: incoming[names.working],
            names.public: incoming[names.working],
            names.reference: incoming[names.reference],
        }

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[what] = self.seconds.get(what, 0.0) + perf_counter() - start


def _unreadable(called: str, error: Exception) -> Rejected:
    if isinstance(error, SyntaxError):
        return Rejected(called, error.lineno or 0, "", f"The file cannot be read: {error.msg or error}.")
    return Rejected(called, 0, "", f"The file cannot be read: {error}.")
