"""The bulk way into the catalogue: files are put together beside it, validated, published, swapped in as one revision.

The cost grows with the whole catalogue, since all of it is validated and written anew; the gain is that it runs at the
engine's own speed. Readers keep the old revision until the new one is complete.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from pyoxigraph import Literal, NamedNode, Triple

from govgraph.catalogue import Audience
from govgraph.change import Loaded, Progress, Rejected, no_progress
from govgraph.change.publishing import Publishing
from govgraph.change.skolem import skolemise
from govgraph.contract import Contract, Form, Property
from govgraph.errors import LoadError, StoreMissing
from govgraph.iris import RDF_TYPE, Names
from govgraph.store import Store, Term
from govgraph.store.staging import Staging, syntax_of
from govgraph.validation import Report, check, ntriples

_SUBJECTS = "SELECT DISTINCT ?s { ?s ?p ?o }"
_ANY_BLANK = "SELECT ?s { ?s ?p ?o FILTER(isBlank(?s) || isBlank(?o)) } LIMIT 1"


@dataclass(frozen=True)
class Record:
    """One record of a file and the entity it describes."""

    file: str
    line: int
    entity: NamedNode


class Load:
    """Gathers files, then ``finish``es as one revision; nothing is visible before that.

    ``target`` is ``working`` or ``reference``.
    """

    def __init__(
        self,
        store: Store,
        contract: Contract,
        *,
        target: str = "working",
        engine: str = "shacl",
        file_bytes: int = 2_048_000_000,
        progress: Progress = no_progress,
    ) -> None:
        self.contract = contract
        self.names = Names(store.base)
        self.progress = progress
        self.seconds: dict[str, float] = {}
        self._store = store
        self._engine = engine
        self._file_bytes = file_bytes
        self._staging = Staging()
        self._target = self.names.graph(target)
        self._other = self.names.reference if target == "working" else self.names.working
        self._graphs: list[NamedNode] = [self._target]
        self._rejected: list[Rejected] = []
        self._loaded = self._merged = 0
        self._seen: set[Term] = set()
        self._begin()

    def _begin(self) -> None:
        try:
            reader = self._store.reader()
        except StoreMissing:
            return
        with self._timed("read"):
            for graph in (self._target, self._other):
                self._staging.read(graph, reader.dump(graph))
            self._seen = set(self._staging.nodes(_SUBJECTS, (self._target,)))

    def read_rdf(self, path: Path) -> None:
        """Add a file of any RDF syntax; one that cannot be read is rejected as one record and adds nothing."""
        syntax = syntax_of(path)
        assert syntax is not None, "the caller chooses by file name"
        graph = self._new_graph()
        try:
            size = path.stat().st_size
            self.refuse_large(path, size)
            with path.open("rb") as file, self._timed("read"):
                watched = _Watched(file, lambda done: self.progress(path.name, done, size))
                self._staging.read_file(graph, io.BufferedReader(watched, 1 << 20), syntax, self.names.base)
        except SyntaxError as error:
            self._forget(graph)
            self.reject(Rejected(path.name, error.lineno or 0, "", f"The file cannot be read: {error.msg or error}."))
            return
        except (OSError, ValueError, LoadError) as error:
            self._forget(graph)
            self.reject(Rejected(path.name, 0, "", f"The file cannot be read: {error}."))
            return
        with self._timed("read"):
            if self._staging.nodes(_ANY_BLANK, (graph,)):
                named = skolemise(self._staging.triples(graph), self.contract, self.names)
                self._staging.clear(graph)
                self._staging.add(graph, named)
            subjects = self._staging.nodes(_SUBJECTS, (graph,))
            parts = self._parts(graph)
            records = [Record(path.name, 0, s) for s in subjects if isinstance(s, NamedNode) and s not in parts]
            self._account(graph, records)
            self._seen.update(subjects)

    def add(self, records: Sequence[Record], triples: Iterable[Triple], rejected: Iterable[Rejected]) -> None:
        """Add what a sheet gave: the records that were used, what they say, and those that were not."""
        graph = self._new_graph()
        with self._timed("read"):
            self._staging.add(graph, skolemise(triples, self.contract, self.names))
            self._account(graph, records)
        for one in rejected:
            self.reject(one)

    def reject(self, rejected: Rejected) -> None:
        self._rejected.append(rejected)

    @property
    def rejected(self) -> tuple[Rejected, ...]:
        return tuple(self._rejected)

    def refuse_large(self, path: Path, size: int) -> None:
        if size > self._file_bytes:
            raise LoadError(
                f"{path.name} has {size / 1e6:,.0f} megabytes, more than file_megabytes allows",
                "Split it, or raise GOVGRAPH_FILE_MEGABYTES.",
            )

    def finish(self, *, strict: bool = False) -> Loaded:
        """Validate, publish what is complete and marked so, write the next revision.

        Raises LoadError, leaving the catalogue as it was, when ``strict`` and a record was rejected, or when nothing
        at all could be read.
        """
        if self._rejected and (strict or not self._loaded + self._merged):
            first = self._rejected[0]
            raise LoadError(
                f"{len(self._rejected)} records were rejected, "
                f"the first in {first.file} line {first.line}: {first.reason}",
                "Mend them, or load without --strict to keep the rest." if strict else "Nothing was loaded.",
            )
        names, contract = self.names, self.contract
        ours = b"".join(self._staging.write(graph) for graph in self._graphs)
        other = self._staging.write(self._other)
        working, reference = (ours, other) if self._target == names.working else (other, ours)
        with self._timed("validate"):
            self.progress("validating", 0, 0)
            report = check(contract, (working, reference), self._engine)
        with self._timed("publish"):
            self.progress("publishing", 0, 0)
            graphs = tuple(self._graphs) if self._target == names.working else (names.working,)
            publishing = Publishing(contract, self._staging, graphs, report)
        public, public_report = self._public(publishing, working, reference, report)
        with self._timed("write"):
            revision = self._write(working, reference, public, (report, public_report))
        return Loaded(
            loaded=self._loaded,
            merged=self._merged,
            rejected=self.rejected,
            revision=revision,
            entities=len(publishing.entities),
            published=len(publishing.published),
            held=tuple(sorted(n.value for n in publishing.marked - publishing.published if isinstance(n, NamedNode))),
            report=report,
            seconds=self.seconds,
        )

    def _public(self, publishing: Publishing, working: bytes, reference: bytes, report: Report) -> tuple[bytes, Report]:
        """What is published and its report. A link to an unpublished entry is not shown, so an entry that cannot do
        without it stays a draft as well: asked again until nothing falls out."""
        while True:
            with self._timed("publish"):
                if not publishing.held:
                    return working, report
                public = publishing.public()
            with self._timed("validate"):
                public_report = check(self.contract, (public, reference), self._engine)
            if not publishing.withdraw(public_report):
                return public, public_report

    def _write(self, working: bytes, reference: bytes, public: bytes, reports: tuple[Report, Report]) -> int:
        names = self.names
        parts = {
            names.working: working,
            names.public: public,
            names.reference: reference,
            names.vocabulary: self.contract.vocabulary,
            names.report(Audience.WORKING): ntriples(reports[0].triples(names.base)),
            names.report(Audience.PUBLIC): ntriples(reports[1].triples(names.base)),
        }
        size, done = sum(len(part) for part in parts.values()), 0

        def watched() -> Iterator[tuple[NamedNode, bytes]]:
            nonlocal done
            for graph, part in parts.items():
                self.progress("writing", done, size)
                yield graph, part
                done += len(part)
            self.progress("writing", size, size)

        return self._store.replace(watched(), self.contract.hash)

    def _new_graph(self) -> NamedNode:
        graph = self.names.graph(f"incoming-{len(self._graphs)}")
        self._graphs.append(graph)
        return graph

    def _forget(self, graph: NamedNode) -> None:
        self._staging.clear(graph)
        self._graphs.remove(graph)

    def _parts(self, graph: NamedNode) -> set[Term]:
        """The parts described in a graph: they belong to their owner's record."""
        classes = {kind.class_ for kind in self.contract.kinds if kind.part}
        pointed = {p.path.predicate for kind in self.contract.kinds for p in kind.properties if p.form is Form.PART}
        return {n for class_ in classes for n in self._staging.subjects(RDF_TYPE, class_, graph)} | {
            n for predicate in pointed for _, n in self._staging.pairs(predicate, graph)
        }

    def _account(self, graph: NamedNode, records: Sequence[Record]) -> None:
        """Count the records and let what they say replace what earlier ones said in properties of one value."""
        known: set[Term] = set()
        for record in records:
            if record.entity in self._seen:
                self._merged += 1
                known.add(record.entity)
            else:
                self._loaded += 1
                self._seen.add(record.entity)
        earlier = [g for g in self._graphs if g != graph]
        for entity in known:
            new = self._staging.statements(entity, graph)
            for other in earlier:
                old = self._staging.statements(entity, other)
                self._staging.remove(other, self._replaced(old, new))

    def _replaced(self, old: list[Triple], new: list[Triple]) -> list[Triple]:
        kinds = [self.contract.by_class.get(t.object) for t in (*old, *new) if t.predicate == RDF_TYPE]  # type: ignore[arg-type]
        properties: dict[NamedNode, Property] = {
            p.path.predicate: p for kind in kinds if kind for p in kind.properties if p.stored
        }
        said = {key for t in new if (key := _place(t, properties))}
        again = set(new)
        return [t for t in old if t not in again and _place(t, properties) in said]

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[what] = self.seconds.get(what, 0.0) + perf_counter() - start


def _place(triple: Triple, properties: dict[NamedNode, Property]) -> tuple[str, str] | None:
    """Where only one value can stand: a single property, or a text's language; None where many can."""
    found = properties.get(triple.predicate)
    if found is None:
        return None
    if found.form is Form.TEXT and isinstance(triple.object, Literal):
        return found.name, triple.object.language or ""
    return (found.name, "") if found.single else None


class _Watched(io.RawIOBase):
    """A file that tells how far it was read."""

    def __init__(self, file: io.BufferedReader, tell: object) -> None:
        super().__init__()
        self._file = file
        self._tell = tell
        self._done = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        count = self._file.readinto(buffer)  # type: ignore[arg-type]
        self._done += count
        self._tell(self._done)  # type: ignore[operator]
        return count
