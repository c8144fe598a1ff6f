"""What a change does to the findings of one audience's view, looked for only where the change reaches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from pyoxigraph import Literal, NamedNode, Quad, Triple

from govgraph.catalogue import Audience
from govgraph.contract import Contract
from govgraph.gate.affected import Affected, Focus
from govgraph.iris import SH, XSD, Names, name
from govgraph.store import Graphs, Path, Reader, Term
from govgraph.store.live import Live
from govgraph.store.patch import Patch
from govgraph.validation import Finding, Report, read_back
from govgraph.validation.focused import Focused

_FOCUS_NODE = Path(name(SH, "focusNode"), inverse=True)
_RESULT, _CONFORMS = Path(name(SH, "result")), name(SH, "conforms")
_LOT = 500
"""Nodes looked at together."""


@dataclass
class Judgement:
    """Findings by their keys. ``standing`` are those of the introduced that stand against the change; ``cut_off`` when
    the search stopped at as many of them as anybody reads."""

    introduced: dict[str, Finding] = field(default_factory=dict)
    mended: dict[str, Finding] = field(default_factory=dict)
    standing: dict[str, Finding] = field(default_factory=dict)
    cut_off: bool = False

    def __bool__(self) -> bool:
        return bool(self.introduced or self.mended)


class Judge:
    """Judges patches by one contract; ``most`` is the number of refusing findings after which it looks no further."""

    def __init__(self, contract: Contract, names: Names, engine: str, most: int) -> None:
        self.affected = Affected(contract)
        self._contract = contract
        self._names = names
        self._focused = Focused(contract, engine)
        self._most = most

    def graphs(self, audience: Audience) -> Graphs:
        """What is validated together."""
        own = self._names.working if audience is Audience.WORKING else self._names.public
        return (own, self._names.reference, self._names.vocabulary)

    def judge(
        self, live: Live, audience: Audience, patch: Patch, ruled: Focus, refusing: Callable[[Finding], bool]
    ) -> Judgement:
        """Compare the findings where a patch reaches with those in the report graph, which is still as it was.

        ``ruled`` is what the rules said the patch affects, before it was made and after. ``refusing`` tells which
        of the introduced findings stand against the change.
        """
        graphs, judgement, seen = self.graphs(audience), Judgement(), Focus()
        report = (self._names.report(audience),)
        for lot in self._lots(live.reader, patch.within(graphs), ruled, graphs):
            fresh = lot.without(seen)
            seen |= fresh
            for part in _divided(fresh):
                data = self.affected.around(live, part, graphs)
                now = {f.key: f for f in self._focused.findings(data, part.nodes) if self.affected.holds(part, f)}
                stored = _stored(self._contract, live.reader, part.nodes, report)
                was = {f.key: f for f in stored if self.affected.holds(part, f)}
                introduced = {key: f for key, f in now.items() if key not in was}
                judgement.introduced |= introduced
                judgement.mended |= {key: f for key, f in was.items() if key not in now}
                judgement.standing |= {key: f for key, f in introduced.items() if refusing(f)}
                if len(judgement.standing) >= self._most:
                    judgement.cut_off = True
                    return judgement
        return judgement

    def _lots(self, reader: Reader, patch: Patch, ruled: Focus, graphs: Graphs) -> Iterator[Focus]:
        yield ruled
        yield from self.affected.by_shapes(reader, patch, graphs)

    def reported(self, reader: Reader, audience: Audience, judgement: Judgement) -> Patch:
        """The patch of the report graph. Call it before it is applied."""
        graph = self._names.report(audience)
        added, removed = (
            set(Report(tuple(findings.values())).triples(self._names.base))
            for findings in (judgement.introduced, judgement.mended)
        )
        kept = _first_beyond(reader, graph, len(judgement.mended))
        conforms = not judgement.introduced and not kept
        triples = {t for t in added | removed if t.predicate != _CONFORMS}
        report = NamedNode(f"{self._names.base}finding/report")
        now = Triple(report, _CONFORMS, Literal(str(conforms).lower(), datatype=name(XSD, "boolean")))
        path = Path(_CONFORMS)
        was = {Triple(report, _CONFORMS, v) for v in reader.values([report], (path,), (graph,))[path].get(report, ())}
        return Patch.of(
            _quads([*(triples & removed), *(was - {now})], graph), _quads([*(triples & added), *({now} - was)], graph)
        )


def _stored(contract: Contract, reader: Reader, nodes: Collection[Term], report: Graphs) -> list[Finding]:
    results = reader.values(list(nodes), (_FOCUS_NODE,), report)[_FOCUS_NODE]
    return read_back(contract, reader.statements([one for of in results.values() for one in of], report))


def _first_beyond(reader: Reader, graph: NamedNode, count: int) -> bool:
    """Whether the report holds more than so many results."""
    return next(islice(reader.pairs(_RESULT, (graph,)), count, None), None) is not None


def _divided(focus: Focus) -> Iterator[Focus]:
    """In lots that are small enough to hold; what belongs to one node stays together."""
    nodes, items = iter(focus.whole), iter(focus.values.items())
    while lot := list(islice(nodes, _LOT)):
        yield Focus(frozenset(lot))
    while values := dict(islice(items, _LOT)):
        yield Focus(values=values)


def _quads(triples: Iterable[Triple], graph: NamedNode) -> Sequence[Quad]:
    return [Quad(t.subject, t.predicate, t.object, graph) for t in triples]
