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
from govgraph.store.staging import Staging
from govgraph.validation import Report, ntriples


class Composition:
    """The graphs of a revision. ``report`` and ``publishing`` are there once ``graphs`` has been read to its end."""

    report: Report
    publishing: Publishing

    def __init__(
        self,
        contract: Contract,
        names: Names,
        staging: Staging,
        staged: Mapping[NamedNode, Sequence[NamedNode]],
        validate: Callable[[Iterable[bytes]], Report],
        progress: Progress,
    ) -> None:
        """``staged`` says which graphs of ``staging`` become the working and which the reference graph."""
        self.seconds = {"validate": 0.0, "publish": 0.0}
        self._contract = contract
        self._names = names
        self._staging = staging
        self._staged = staged
        self._validate = validate
        self._progress = progress

    def graphs(self) -> Iterator[tuple[NamedNode, bytes]]:
        """Each graph of the revision as N-Triples."""
        names = self._names
        working, reference = (self._written(graph) for graph in (names.working, names.reference))
        yield names.working, working
        yield names.reference, reference
        yield names.vocabulary, self._contract.vocabulary
        self.report = self._checked(working, reference)
        yield names.report(Audience.WORKING), ntriples(self.report.triples(names.base))
        with self._timed("publish"):
            self.publishing = Publishing(self._contract, self._staging, tuple(self._staged[names.working]), self.report)
        public, report = self._public(working, reference)
        yield names.public, public
        yield names.report(Audience.PUBLIC), ntriples(report.triples(names.base))
        self._progress("writing", 0, 0)

    def _public(self, working: bytes, reference: bytes) -> tuple[bytes, Report]:
        """What is published and its report. A link to an unpublished entry is not shown, so an entry that cannot do
        without it stays a draft as well: asked again until nothing falls out."""
        while True:
            with self._timed("publish"):
                if not self.publishing.held:
                    return working, self.report
                public = self.publishing.public(working)
            report = self._checked(public, reference)
            if not self.publishing.withdraw(report):
                return public, report

    def _checked(self, *data: bytes) -> Report:
        with self._timed("validate"):
            return self._validate(data)

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
