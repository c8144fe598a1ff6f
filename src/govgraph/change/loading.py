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
from govgraph.change.composing import Before, Composition
from govgraph.change.merging import Merging
from govgraph.change.skolem import NAMELESS, Skolem
from govgraph.change.standing import introduced
from govgraph.change.watching import Watched
from govgraph.contract import Contract, Form
from govgraph.errors import LoadError, Refused, StoreMissing
from govgraph.iris import RDF_TYPE, Names, compact
from govgraph.store import Part, Reader, Store, Term
from govgraph.store.staging import Staging, syntax_of
from govgraph.validation import Report, check

_SUBJECTS = "SELECT DISTINCT ?s { ?s ?p ?o }"
_ANY_BLANK = "SELECT ?s { ?s ?p ?o FILTER(isBlank(?s) || isBlank(?o)) } LIMIT 1"
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
        self.records: list[Record] = []
        self._store = store
        self._engine = engine
        self._file_bytes = file_bytes
        self._most_findings = most_findings
        self._staging = Staging()
        self._target = self.names.graph(target)
        self._graphs = {graph: [graph] for graph in (self.names.working, self.names.reference)}
        self._seen: dict[NamedNode, set[Term]] = {graph: set() for graph in self._graphs}
        self._incoming = 0
        self._rejected: list[Rejected] = []
        self._doubtful: list[tuple[NamedNode, NamedNode, Record]] = []
        self._of_kinds: set[Term] = set()
        self._loaded = self._merged = 0
        self._before = Before()
        self._reader: Reader | None = None
        self.began_from = 0
        """The revision it adds to; 0 where there is none yet."""
        self._begin()

    def _begin(self) -> None:
        try:
            reader = self._store.reader()
        except StoreMissing:
            return
        self.began_from, self._reader = reader.revision, reader
        with self._timed("read"):
            self._before = Before.of(reader, self.contract, self.names)
            for graph, seen in self._seen.items():
                self._staging.read(graph, reader.dump(graph))
                seen.update(self._staging.nodes(_SUBJECTS, (graph,)))
                self._of_kinds.update(self._typed(graph))

    @property
    def rejected(self) -> tuple[Rejected, ...]:
        return tuple(self._rejected)

    @property
    def used(self) -> int:
        """The records that will be in the catalogue."""
        return self._loaded + self._merged

    def read_rdf(self, path: Path, *, called: str = "", target: str = "") -> None:
        """Add a file of any RDF syntax; one that cannot be read is rejected as one record and adds nothing.

        A file with named graphs may come from an export: what stands in the graphs ``working``, ``public`` and
        ``reference`` goes back to where it was, what a load makes itself is left out, the rest goes to the target.
        """
        called = called or path.name
        syntax = syntax_of(path)
        assert syntax is not None, "the caller chooses by file name"
        into = self.names.graph(target) if target else self._target
        incoming = {graph: self._new_graph(graph) for graph in self._graphs}
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
                self._forget(of, graph)
            self.reject(_unreadable(called, error))
            return
        with self._timed("read"):
            for of, graph in incoming.items():
                self._take(of, graph, called)

    def add(
        self, records: Sequence[Record], triples: Iterable[Triple], rejected: Iterable[Rejected], *, target: str = ""
    ) -> None:
        """Add what a sheet gave: the records that were used, what they say, and those that were not.

        A record is the whole account of the properties it fills: their older values are replaced.
        """
        into = self.names.graph(target) if target else self._target
        graph = self._new_graph(into)
        with self._timed("read"):
            named = Skolem(triples, self.contract, self.names).replaced()
            self._staging.add(graph, named)
            self._of_kinds.update(self._typed(graph))
            self._account(into, graph, records, Merging(self.contract, whole=True))
            self._seen[into].update(t.subject for t in named)
        for one in rejected:
            self.reject(one)

    def reject(self, rejected: Rejected) -> None:
        self._rejected.append(rejected)

    def refuse_large(self, called: str, size: int) -> None:
        """Raises LoadError for a file larger than the setting allows."""
        if size > self._file_bytes:
            raise LoadError(
                f"{called} has {size / 1e6:,.0f} megabytes, more than file_megabytes allows",
                "Split it, or raise GOVGRAPH_FILE_MEGABYTES.",
            )

    def pairs(self, predicate: NamedNode) -> Iterator[tuple[Term, Term]]:
        """Every (subject, value) of a predicate, in the catalogue and in what was added."""
        for graphs in self._graphs.values():
            for graph in graphs:
                yield from self._staging.pairs(predicate, graph)

    def finish(self, *, strict: bool = False, dry_run: bool = False, accept: bool = False) -> Loaded:
        """Validate, publish what is complete and marked so, write the next revision; write nothing on a ``dry_run``.

        Into a catalogue that is there already nothing worse may come than a change may bring (``standing``), unless
        it is ``accept``ed: then what is no longer complete is no longer published.

        Raises LoadError, leaving the catalogue as it was, when ``strict`` and a record was rejected, when nothing at
        all could be read, or when there are too many findings to keep; Refused for what may not come.
        """
        self._settle()
        if self._rejected and (strict or not self.used):
            first, count = self._rejected[0], len(self._rejected)
            place = f"{first.file} line {first.line}" if first.line else first.file
            which = f"{count} records were rejected, the first" if count > 1 else "A record was rejected,"
            raise LoadError(
                f"{which} in {place}: {first.reason}",
                "Mend them, or load without --strict to keep the rest." if strict else "Nothing was loaded.",
            )
        start = perf_counter()
        validate = partial(check, self.contract, engine=self._engine, most=self._most_findings)
        made = Composition(self.contract, self.names, self._staging, self._graphs, validate, self.progress)
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
            loaded=self._loaded,
            merged=self._merged,
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

    def _refusing(self, made: Composition) -> Iterator[Part]:
        """The graphs of a revision, or Refused once they are all there and bring what may not come."""
        yield from made.parts(self._before)
        if self._reader is None:
            return
        before = View(self._reader, self.contract, self.names, Audience.WORKING)
        standing = introduced(before, made.report, made.publishing.entity_of)
        if standing:
            raise Refused(
                f"The load would introduce {len(standing):,} findings that may not be introduced.",
                "Mend the files, or load with --accept-findings: what is not complete is then not published.",
                report=Report(standing),
            )

    def _new_graph(self, of: NamedNode) -> NamedNode:
        self._incoming += 1
        graph = self.names.graph(f"incoming-{self._incoming}")
        self._graphs[of].append(graph)
        return graph

    def _forget(self, of: NamedNode, graph: NamedNode) -> None:
        self._staging.clear(graph)
        self._graphs[of].remove(graph)

    def _places(self, incoming: dict[NamedNode, NamedNode]) -> dict[NamedNode, NamedNode | None]:
        """Where the graphs of an export go; the graphs a load makes itself go nowhere."""
        names = self.names
        of_audiences = [g for a in Audience for g in (names.report(a), names.history(a), names.scores(a))]
        made = (names.vocabulary, names.system, *of_audiences)
        return {
            **dict.fromkeys(made),
            names.working: incoming[names.working],
            names.public: incoming[names.working],
            names.reference: incoming[names.reference],
        }

    def _take(self, of: NamedNode, graph: NamedNode, called: str) -> None:
        """Name the blank nodes of a graph that was read, and account for what it describes.

        A record is a subject that is neither a part of another nor a node without a name of its own.
        """
        inside: set[Term] = {n for path in self._part_paths for _, n in self._staging.pairs(path, graph)}
        if self._staging.nodes(_ANY_BLANK, (graph,)):
            skolem = Skolem(self._staging.triples(graph), self.contract, self.names)
            named = skolem.replaced()
            inside |= {*skolem.owned} | {n for t in named if t.predicate in self._part_paths for n in [t.object]}
            self._staging.clear(graph)
            self._staging.add(graph, named)
        subjects = self._staging.nodes(_SUBJECTS, (graph,))
        if not subjects:
            self._forget(of, graph)
            return
        records = [Record(called, 0, s) for s in subjects if isinstance(s, NamedNode) and s not in inside]
        self._of_kinds.update(self._typed(graph))
        doubtful = {r for r in records if r.entity not in self._of_kinds and self._claims_a_kind(r)}
        self._doubtful += [(of, graph, record) for record in records if record in doubtful]
        self._account(of, graph, [record for record in records if record not in doubtful], Merging(self.contract))
        self._seen[of].update(subjects)

    def _claims_a_kind(self, record: Record) -> bool:
        """Whether its address is one of the catalogue's own, where only kinds have entries."""
        own = self.names.split(record.entity.value)
        return own is not None and own[0] != NAMELESS

    def _typed(self, graph: NamedNode) -> Iterator[Term]:
        """What a graph says to be of a kind."""
        for class_ in self.contract.by_class:
            yield from self._staging.subjects(RDF_TYPE, class_, graph)

    def _settle(self) -> None:
        """Account for what had no kind when it was read: another file may have given it one since."""
        for of, graph, record in self._doubtful:
            if record.entity in self._of_kinds:
                self._account(of, graph, [record], Merging(self.contract))
                continue
            said = self._staging.statements(record.entity, graph)
            types = ", ".join(compact(t.object.value) for t in said if t.predicate == RDF_TYPE)  # type: ignore[union-attr]
            reason = f"It is a {types}, which is no kind" if types else "Nothing says of which kind it is"
            reason += "; govgraph contract lists the kinds."
            self.reject(Rejected(record.file, record.line, record.entity.value, reason))
            self._staging.remove(graph, said)
        self._doubtful.clear()

    @property
    def _part_paths(self) -> set[NamedNode]:
        return {p.path.predicate for kind in self.contract.kinds for p in kind.properties if p.form is Form.PART}

    def _account(self, of: NamedNode, graph: NamedNode, records: Sequence[Record], merging: Merging) -> None:
        """Count the records, and let what they say replace what was said before."""
        seen, known = self._seen[of], set[Term]()
        for record in records:
            if record.entity in seen:
                self._merged += 1
                known.add(record.entity)
            else:
                self._loaded += 1
                seen.add(record.entity)
        self.records += records
        earlier = [g for g in self._graphs[of] if g != graph]
        for entity in known:
            new = self._staging.statements(entity, graph)
            for other in earlier:
                replaced = merging.replaced(self._staging.statements(entity, other), new)
                self._staging.remove(other, replaced)
                for part in merging.parts(replaced):
                    if merging.whole and not self._is_pointed_to(part, of):
                        self._staging.remove(other, self._staging.statements(part, other))

    def _is_pointed_to(self, part: Term, of: NamedNode) -> bool:
        return any(self._staging.is_object(part, graph) for graph in self._graphs[of])

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
