"""What becomes of a catalogue when another contract becomes its own: all of it validated anew, as one patch.

Nothing is judged in parts here, so the cost grows with the catalogue. The patch is of the graphs that follow from the
contract (vocabulary, findings, scores) and, where entries have to be withdrawn, of what they said. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from govgraph.catalogue import Audience, View
from govgraph.catalogue.scores import Latest, Scores
from govgraph.catalogue.summary import Sums, Written, add_up
from govgraph.change.departing import Withdraw
from govgraph.change.state import State, owners_of
from govgraph.contract import Contract, Severity
from govgraph.errors import Refused
from govgraph.gate.scoring import renewed
from govgraph.history.record import nquads
from govgraph.iris import Names
from govgraph.store import Reader
from govgraph.store.live import Live
from govgraph.store.patch import Patch
from govgraph.validation import Finding, Points, Report, check, ntriples


@dataclass(frozen=True)
class Findings:
    """What a contract finds against one audience's view, and what of that is new or found no more."""

    report: Report
    introduced: tuple[Finding, ...]
    mended: tuple[Finding, ...]


@dataclass(frozen=True)
class Adoption:
    """All that changes when ``contract`` takes the place of the one that revision ``after`` was validated by.

    ``standing`` are the findings that stand against it: Violations it would introduce into what is public.
    ``withdrawn`` are the entries that leave the public for its sake.
    """

    contract: Contract
    after: int
    patch: Patch
    findings: Mapping[Audience, Findings]
    standing: tuple[Finding, ...]
    withdrawn: tuple[NamedNode, ...]
    points: Mapping[Audience, Points]

    def refuse(self) -> None:
        """Raises Refused when anything stands against it."""
        if self.standing:
            entries = len({finding.entity for finding in self.standing})
            raise Refused(
                f"The contract would make {len(self.standing):,} Violations in {entries:,} published entries.",
                "Mend them first, or withdraw those entries: govgraph contract apply --withdraw.",
                report=Report(self.standing),
            )


def contract_patch(
    reader: Reader,
    names: Names,
    old: Contract,
    new: Contract,
    *,
    engine: str = "shacl",
    most: int | None = None,
    withdraw: bool = False,
) -> Adoption:
    """The adoption of ``new`` by the catalogue that ``reader`` has, as its next revision.

    ``old`` only says what the findings there are were about. Raises TooManyFindings.
    """
    trial = _Trial(reader, names, new, engine, most)
    withdrawn = trial.withdraw(old) if withdraw else ()
    findings = {audience: trial.findings(audience, old) for audience in Audience}
    public = findings[Audience.PUBLIC].introduced
    patch, points = trial.net.then(_graph_patch(reader, names.vocabulary, new.vocabulary)), {}
    for audience in Audience:
        report = findings[audience].report
        patch = patch.then(_graph_patch(reader, names.report(audience), ntriples(report.triples(names.base))))
        latest = Latest.of(Scores(reader, names, audience))
        sums = trial.sums(audience, report, latest)
        points[audience] = sums.total.points
        patch = patch.then(renewed(names, audience, reader.revision + 1, latest, sums))
    return Adoption(
        contract=new,
        after=reader.revision,
        patch=patch,
        findings=findings,
        standing=tuple(finding for finding in public if finding.severity is Severity.VIOLATION),
        withdrawn=withdrawn,
        points=points,
    )


class _Trial:
    """The catalogue under the new contract. ``net`` is what had to be withdrawn from it."""

    def __init__(self, reader: Reader, names: Names, contract: Contract, engine: str, most: int | None) -> None:
        self.net = Patch()
        self._reader = reader
        self._names = names
        self._contract = contract
        self._engine = engine
        self._most = most
        self._data = {graph: reader.dump(graph) for graph in (names.working, names.public, names.reference)}
        self._reports: dict[Audience, Report] = {}

    def data(self, audience: Audience) -> tuple[bytes, bytes]:
        own = self._names.working if audience is Audience.WORKING else self._names.public
        return self._data[own], self._data[self._names.reference]

    def report(self, audience: Audience) -> Report:
        if audience not in self._reports:
            self._reports[audience] = check(self._contract, self.data(audience), self._engine, most=self._most)
        return self._reports[audience]

    def findings(self, audience: Audience, old: Contract) -> Findings:
        was = View(self._reader, old, self._names, audience).all_findings()
        now = self.report(audience)
        known, kept = {finding.key for finding in was}, {finding.key for finding in now.findings}
        return Findings(
            now,
            tuple(finding for finding in now.findings if finding.key not in known),
            tuple(finding for finding in was if finding.key not in kept),
        )

    def sums(self, audience: Audience, report: Report, latest: Latest) -> Sums:
        written = Written(self._contract, (*self.data(audience), self._contract.vocabulary))
        return add_up(self._contract, report.findings, written, latest.entries.keys())

    def withdraw(self, old: Contract) -> tuple[NamedNode, ...]:
        """Take from the public what would get a Violation there, and what then cannot do without it; until nothing
        falls out any more, or only what cannot be withdrawn."""
        found = self.findings(Audience.PUBLIC, old)
        falling = [finding for finding in found.introduced if finding.severity is Severity.VIOLATION]
        if not falling:
            return ()
        tolerated = {finding.key for finding in found.report.findings}
        live = self._live()
        withdrawn: dict[NamedNode, None] = {}
        while entries := self._published(live, falling):
            for entity in entries:
                patch = live.exact(Withdraw(entity).patch(State(live.reader, self._contract, self._names)))
                live.apply(patch)
                self.net = self.net.then(patch)
                withdrawn[entity] = None
            self._data |= {graph: live.reader.dump(graph) for graph in (self._names.working, self._names.public)}
            self._reports.clear()
            # What was already wrong under the new contract may stay; what only the withdrawal made wrong may not.
            now = self.report(Audience.PUBLIC).findings
            falling = [f for f in now if f.blocks_publishing and f.key not in tolerated]
        return tuple(withdrawn)

    def _published(self, live: Live, findings: Sequence[Finding]) -> list[NamedNode]:
        """The entries that findings count for and that can be withdrawn; reference data are always public."""
        names = self._names
        state = State(live.reader, self._contract, names)
        owners = owners_of(state, {finding.entity for finding in findings}, names.public)
        entities = sorted({owner for of in owners.values() for owner in of}, key=str)
        public = {triple.subject for triple in live.reader.statements(entities, (names.public,))}
        return [entity for entity in entities if entity in public and isinstance(entity, NamedNode)]

    def _live(self) -> Live:
        """The catalogue in memory, where entries can be withdrawn one after another."""
        names = self._names
        live = Live.in_memory(names.base)
        graphs = {**self._data, names.vocabulary: self._contract.vocabulary}
        graphs |= {names.history(audience): self._reader.dump(names.history(audience)) for audience in Audience}
        for graph, triples in graphs.items():
            live.read(nquads(triples, graph))
        return live


def _graph_patch(reader: Reader, graph: NamedNode, triples: bytes) -> Patch:
    """From what a graph says to other N-Triples; only what differs is parsed."""
    before, after = set(reader.dump(graph).splitlines()), set(triples.splitlines())
    return Patch.of(_quads(before - after, graph), _quads(after - before, graph))


def _quads(lines: Iterable[bytes], graph: NamedNode) -> list[Quad]:
    said = parse(b"\n".join(lines), RdfFormat.N_TRIPLES, lenient=True)
    return [Quad(t.subject, t.predicate, t.object, graph) for t in said]
