"""Puts together what the next revision says, one graph after another, so that a store writes one while the next is
being made; knows staging, validation and publishing, reads no file and writes none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter

from pyoxigraph import NamedNode

from govgraph.catalogue import Audience
from govgraph.change import Progress
from govgraph.change.publishing import Publishing
from govgraph.contract import Contract
from govgraph.iris import Names
from govgraph.store import Part, Path
from govgraph.store.staging import Staging
from govgraph.validation import Finding, Report, ntriples
from govgraph.validation.unknown import UNKNOWN


class Composition:
    """A revision in the making. ``report`` and ``publishing`` are there once ``parts`` has been read to its end."""

    report: Report
    publishing: Publishing

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
        self.seconds = {"validate": 0.0, "publish": 0.0}
        self._contract = contract
        self._names = names
        self._staging = staging
        self._staged = staged
        self._validate = validate
        self._progress = progress

    def parts(self) -> Iterator[Part]:
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
        with self._timed("publish"):
            graphs = tuple(self._staged[names.working])
            self.publishing = Publishing(self._contract, self._staging, graphs, self.report, names.base)
            public = self.publishing.public(working)
        yield Part(names.public, public)
        if self.publishing.held:
            report = self._checked(public, reference, unknown_already=self._shown_unknown())
            while self.publishing.withdraw(report):
                with self._timed("publish"):
                    before, public = public, self.publishing.public(public)
                yield Part(names.public, _difference(before, public), taken_back=True)
                report = self._checked(public, reference, unknown_already=self._shown_unknown())
        yield self._reported(Audience.PUBLIC, report)
        self._progress("writing", 0, 0)

    def _reported(self, audience: Audience, report: Report) -> Part:
        return Part(self._names.report(audience), ntriples(report.triples(self._names.base)))

    def _checked(self, *data: bytes, unknown_already: Iterable[Finding] | None = None) -> Report:
        with self._timed("validate"):
            return self._validate(data, unknown_already=unknown_already)

    def _shown_unknown(self) -> list[Finding]:
        """The findings of unknown predicates that still have a value in what is published."""
        graphs, held = self._staged[self._names.working], self.publishing.held

        def is_shown(finding: Finding) -> bool:
            said = (t for graph in graphs for t in self._staging.statements(finding.entity, graph))
            return any(finding.path == Path(t.predicate) and t.object not in held for t in said)

        unknown = (f for f in self.report.findings if f.component == UNKNOWN and f.entity not in held)
        return [finding for finding in unknown if is_shown(finding)]

    def _written(self, graph: NamedNode) -> bytes:
        return b"".join(self._staging.write(staged) for staged in self._staged[graph])

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        self._progress({"validate": "validating", "publish": "publishing"}[what], 0, 0)
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[what] += perf_counter() - start


def _difference(more: bytes, less: bytes) -> bytes:
    """The lines of one document that another lacks."""
    return b"".join(set(more.splitlines(keepends=True)).difference(less.splitlines(keepends=True)))
