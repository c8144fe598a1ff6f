"""Puts together what the next revision says, one graph after another, so that a store writes one while the next is
being made; knows staging, validation and publishing, reads no file and writes none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

from pyoxigraph import Literal, NamedNode

from govgraph.catalogue import Audience, View
from govgraph.catalogue.scores import Latest, Scores
from govgraph.catalogue.summary import Written, add_up
from govgraph.change import Progress
from govgraph.change.publishing import Publishing, Tolerated
from govgraph.change.standing import Departed
from govgraph.change.state import State, belonging_to, quads_about
from govgraph.change.visibility import marked_in
from govgraph.contract import Contract
from govgraph.iris import GOV, Names, name
from govgraph.store import Part, Path, Reader, Term
from govgraph.store.staging import Staging
from govgraph.validation import Finding, Points, Report, ntriples
from govgraph.validation.unknown import UNKNOWN


@dataclass(frozen=True)
class Before:
    """What the revision before it leaves to one in the making: its number (0: none) and the scores up to it, which
    stay as they were, by audience: the latest, and the whole graph as N-Triples."""

    revision: int = 0
    latest: Mapping[Audience, Latest] = field(default_factory=dict)
    scores: Mapping[Audience, bytes] = field(default_factory=dict)
    points: Points | None = None
    """Of the catalogue as those who keep it see it."""
    working: bytes = b""
    pending: Mapping[NamedNode, bytes] = field(default_factory=dict)
    """What is public of entries that were changed since they were published, as N-Triples with their parts; ``working``
    is the whole working graph where there are any."""
    tolerated: Tolerated = field(default_factory=Tolerated)
    """What is public, and what is wrong there."""
    marked: Collection[Term] = frozenset()
    """Of what is public, what the working graph marks so."""

    @classmethod
    def of(cls, reader: Reader, contract: Contract, names: Names) -> Before:
        latest = {audience: Latest.of(Scores(reader, names, audience)) for audience in Audience}
        scores = {audience: reader.dump(names.scores(audience)) for audience in Audience}
        whole = latest[Audience.WORKING].sums.get(NamedNode(names.base))
        state = State(reader, contract, names)
        pending = _pending(state)
        working = reader.dump(names.working) if pending else b""
        tolerated = _tolerated(View(reader, contract, names, Audience.PUBLIC))
        marked = marked_in(state, tolerated.entities, names.working)
        points = whole[1].sum.points if whole else None
        return cls(reader.revision, latest, scores, points, working, pending, tolerated, marked)


class Composition:
    """A revision in the making. ``report`` and ``publishing`` are there once ``parts`` has been read to its end."""

    report: Report
    publishing: Publishing
    departed: tuple[Departed, ...]
    """The entries that leave the public, but for those whose mark the load itself takes away."""

    def __init__(
        self,
        contract: Contract,
        names: Names,
        staging: Staging,
        staged: Mapping[NamedNode, Sequence[NamedNode]],
        validate: Callable[..., Report],
        progress: Progress,
    ) -> None:
        """``staged`` says which graphs of ``staging`` become the working and which the reference graph.

        ``validate`` is ``validation.check`` but for the data and ``unknown_already``.
        """
        self.seconds = {"validate": 0.0, "publish": 0.0, "score": 0.0}
        self.totals: dict[Audience, Points] = {}
        """The score of the catalogue, by audience."""
        self._contract = contract
        self._names = names
        self._staging = staging
        self._staged = staged
        self._validate = validate
        self._progress = progress

    def parts(self, before: Before = Before()) -> Iterator[Part]:
        """The graphs of the revision. What is published is given out before it is validated: seldom does any of it
        have to go back, and the store has something to write meanwhile.

        A link to an unpublished entry is not shown, so an entry that cannot do without it stays a draft as well:
        asked again until nothing falls out.
        """
        names = self._names
        working, reference = (self._written(graph) for graph in (names.working, names.reference))
        yield Part(names.working, working)
        yield Part(names.reference, reference)
        yield Part(names.vocabulary, self._contract.vocabulary)
        self.report = report = self._checked(working, reference)
        yield self._reported(Audience.WORKING, report)
        yield self._scored(Audience.WORKING, before, report, working, reference)
        with self._timed("publish"):
            graphs = tuple(self._staged[names.working])
            self.publishing = Publishing(self._contract, self._staging, graphs, report, names.base, before.tolerated)
            shown, waiting = self._with_pending(working, before)
            public = self.publishing.public(shown)
        yield Part(names.public, public)
        if self.publishing.held or waiting:
            report = self._checked(public, reference, unknown_already=None if waiting else self._shown_unknown())
            while self.publishing.withdraw(report):
                with self._timed("publish"):
                    more, public = public, self.publishing.public(public)
                yield Part(names.public, _difference(more, public), taken_back=True)
                report = self._checked(public, reference, unknown_already=None if waiting else self._shown_unknown())
        yield self._reported(Audience.PUBLIC, report)
        yield self._scored(Audience.PUBLIC, before, report, public, reference)
        self.departed = tuple(self._departed(before, public))
        self._progress("writing", 0, 0)

    def _departed(self, before: Before, public: bytes) -> Iterator[Departed]:
        was = before.tolerated.entities
        shown = {line.partition(b" ")[0] for line in public.splitlines()} if was else set()
        for entity in sorted((one for one in was if str(one).encode() not in shown), key=str):
            if isinstance(entity, NamedNode) and (entity in self.publishing.marked or entity not in before.marked):
                yield Departed(entity, self.publishing.causes.get(entity))

    def _with_pending(self, working: bytes, before: Before) -> tuple[bytes, bool]:
        """The working graph, but entries that somebody changed and has not published yet as they are public, unless
        this load changes them too; and whether there are any."""
        if not before.pending:
            return working, False
        entity_of = self.publishing.entity_of
        lines, was = working.splitlines(keepends=True), before.working.splitlines(keepends=True)
        changed = {entity_of(_subject(line)) for line in set(lines).symmetric_difference(was) if line.startswith(b"<")}
        waiting = {entity: said for entity, said in before.pending.items() if entity not in changed}
        kept = [line for line in lines if not (line.startswith(b"<") and entity_of(_subject(line)) in waiting)]
        return b"".join((*kept, *waiting.values())), bool(waiting)

    def _reported(self, audience: Audience, report: Report) -> Part:
        return Part(self._names.report(audience), ntriples(report.triples(self._names.base)))

    def _scored(self, audience: Audience, before: Before, report: Report, *data: bytes) -> Part:
        names, vocabulary = self._names, self._contract.vocabulary
        with self._timed("score"):
            latest = before.latest.get(audience, Latest())
            written = Written(self._contract, (*data, vocabulary))
            sums = add_up(self._contract, report.findings, written, latest.entries.keys())
            self.totals[audience] = sums.total.points
            scores = sums.scores(NamedNode(names.base))
            moved = latest.renewed(names, before.revision + 1, scores, sums.entries)
            kept = _difference(before.scores.get(audience, b""), ntriples(moved.removed))
            return Part(names.scores(audience), kept + ntriples(moved.added))

    def _checked(self, *data: bytes, unknown_already: Iterable[Finding] | None = None) -> Report:
        with self._timed("validate"):
            return self._validate(data, unknown_already=unknown_already)

    def _shown_unknown(self) -> list[Finding]:
        """The findings of unknown predicates that still have a value in what is published."""
        graphs, held, hidden = self._staged[self._names.working], self.publishing.held, self.publishing.hidden

        def is_shown(finding: Finding) -> bool:
            said = (t for graph in graphs for t in self._staging.statements(finding.entity, graph))
            return any(finding.path == Path(t.predicate) and t.object not in hidden for t in said)

        unknown = (f for f in self.report.findings if f.component == UNKNOWN and f.entity not in held)
        return [finding for finding in unknown if is_shown(finding)]

    def _written(self, graph: NamedNode) -> bytes:
        return b"".join(self._staging.write(staged) for staged in self._staged[graph])

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        self._progress({"validate": "validating", "publish": "publishing", "score": "scoring"}[what], 0, 0)
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[what] += perf_counter() - start


def _pending(state: State) -> dict[NamedNode, bytes]:
    """What is public of entries that were changed after they were published. A few reads for each such entry."""
    last, names = Path(name(GOV, "revision")), state.names
    of = {audience: dict(state.reader.pairs(last, (names.history(audience),))) for audience in Audience}
    later = [
        entity
        for entity, revision in of[Audience.WORKING].items()
        if isinstance(entity, NamedNode)
        and not entity.value.startswith(names.revision_base)
        and _number(revision) > _number(of[Audience.PUBLIC].get(entity))
    ]
    found = {entity: quads_about(state, belonging_to(state, entity, names.public), names.public) for entity in later}
    return {entity: ntriples(quad.triple for quad in quads) for entity, quads in found.items() if quads}


def _tolerated(public: View) -> Tolerated:
    """Grows with the catalogue."""
    findings = [finding for finding in public.all_findings() if finding.blocks_publishing]
    graphs = (public.names.public,)
    return Tolerated(
        frozenset(node for kind in public.contract.entities for node in public.reader.instances(kind.class_, graphs)),
        frozenset(finding.key for finding in findings),
        frozenset((finding.entity, finding.path.predicate) for finding in findings if finding.path is not None),
    )


def _number(revision: Term | None) -> int:
    return int(revision.value) if isinstance(revision, Literal) else 1


def _subject(line: bytes) -> NamedNode:
    return NamedNode(line[1 : line.index(b">")].decode())


def _difference(more: bytes, less: bytes) -> bytes:
    """The lines of one document that another lacks."""
    return b"".join(set(more.splitlines(keepends=True)).difference(less.splitlines(keepends=True)))
