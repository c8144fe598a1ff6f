"""The graph that keeps the scores of a view: its words, what it says now, what it said before; adds nothing up.

Of the catalogue (named by its base), of each kind (by its class) and of each organisation there are sums; of an entry
there is a score of its own once a change has touched it. A score is never changed: a newer one takes its place as the
latest, so the graph is the history of the scores as well. What an organisation keeps and the organisation as an entry
are scored apart, hence the two pairs of predicates.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pyoxigraph import Literal, NamedNode, Triple

from govgraph.contract import Severity
from govgraph.iris import GOV, XSD, Names, digest, name
from govgraph.store import Path, Reader, Term
from govgraph.validation import Points

_REVISION, _KEPT, _POSSIBLE, _ENTRIES = (
    Path(name(GOV, local)) for local in ("inRevision", "kept", "possible", "scoredEntries")
)
_COUNTS = {
    Severity.VIOLATION: Path(name(GOV, "violations")),
    Severity.WARNING: Path(name(GOV, "warnings")),
    Severity.INFO: Path(name(GOV, "infos")),
}
_FIELDS = (_KEPT, _POSSIBLE, _ENTRIES, *_COUNTS.values())
_THOUSAND = 1000
MOST_IN_HISTORY = 200


@dataclass(frozen=True, slots=True)
class Sum:
    """Points of some entries in thousandths: whole numbers, so that what is added and taken away again is gone."""

    kept: int = 0
    possible: int = 0
    entries: int = 0

    @classmethod
    def of(cls, points: Points) -> Sum:
        """Of one entry."""
        return cls(round(points.kept * _THOUSAND), round(points.possible * _THOUSAND), 1)

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.kept + other.kept, self.possible + other.possible, self.entries + other.entries)

    def __sub__(self, other: Sum) -> Sum:
        return Sum(self.kept - other.kept, self.possible - other.possible, self.entries - other.entries)

    @property
    def points(self) -> Points:
        return Points(self.kept / _THOUSAND, self.possible / _THOUSAND)


@dataclass(frozen=True)
class Score:
    """A sum and, of the whole catalogue, how many findings there are of each severity."""

    sum: Sum
    findings: Mapping[Severity, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Sort:
    """What is scored: the pair of predicates between a thing and its scores. ``mark`` sets IRIs of scores apart."""

    latest: Path
    of: Path
    mark: tuple[str, ...]


SUMS = Sort(Path(name(GOV, "latestScore")), Path(name(GOV, "scoreOf")), ())
"""The catalogue, kinds, organisations."""
ENTRIES = Sort(Path(name(GOV, "latestEntryScore")), Path(name(GOV, "entryScoreOf")), ("entry",))
"""Single entries."""


class Scores:
    """The scores of one audience's view at one revision. Nothing in it grows with the entries of the catalogue."""

    def __init__(self, reader: Reader, names: Names, audience: str) -> None:
        self._reader = reader
        self._graphs = (names.scores(audience),)
        self.catalogue = NamedNode(names.base)

    def all(self, sort: Sort = SUMS) -> dict[NamedNode, tuple[NamedNode, Score]]:
        """The latest score of each thing that has one, with its IRI. Grows with their number."""
        return self._read(self._reader.pairs(sort.latest, self._graphs))

    def latest(self, things: Sequence[NamedNode], sort: Sort = SUMS) -> dict[NamedNode, tuple[NamedNode, Score]]:
        """As ``all``, of some things. Two reads."""
        found = self._reader.values(things, (sort.latest,), self._graphs)[sort.latest]
        return self._read((thing, score) for thing, scores in found.items() for score in scores)

    def history(self, thing: NamedNode, most: int = MOST_IN_HISTORY) -> list[tuple[int, Points]]:
        """The revisions at which the score of a thing changed, and what it became; the oldest first.

        Of more than ``most`` revisions so many are chosen, spread evenly, the first and the last among them. What an
        organisation keeps comes before the organisation as an entry.
        """
        for sort in (SUMS, ENTRIES):
            of = Path(sort.of.predicate, inverse=True)
            found = self._reader.values([thing], (of,), self._graphs)[of].get(thing)
            if found:
                break
        else:
            return []
        numbered = sorted((_number(score), score) for score in found if isinstance(score, NamedNode))
        chosen = _spread(numbered, most)
        said = self._reader.values([score for _, score in chosen], _FIELDS, self._graphs)
        return [(number, _score(said, score).sum.points) for number, score in chosen]

    def _read(self, pairs: Iterable[tuple[Term, Term]]) -> dict[NamedNode, tuple[NamedNode, Score]]:
        of = {thing: score for thing, score in pairs if isinstance(thing, NamedNode) and isinstance(score, NamedNode)}
        said = self._reader.values(list(of.values()), _FIELDS, self._graphs)
        return {thing: (score, _score(said, score)) for thing, score in of.items()}


@dataclass(frozen=True)
class Latest:
    """All latest scores of a graph, by what is scored."""

    sums: Mapping[NamedNode, tuple[NamedNode, Score]] = field(default_factory=dict)
    entries: Mapping[NamedNode, tuple[NamedNode, Score]] = field(default_factory=dict)

    @classmethod
    def of(cls, scores: Scores) -> Latest:
        return cls(scores.all(SUMS), scores.all(ENTRIES))

    def renewed(
        self, names: Names, revision: int, sums: Mapping[NamedNode, Score], entries: Mapping[NamedNode, Sum]
    ) -> Moved:
        """What changes when everything has been added up anew; things that are not among the new scores lose theirs."""
        of_sums = {thing: sums.get(thing) for thing in self.sums.keys() | sums.keys()}
        of_entries = {thing: Score(entries[thing]) if thing in entries else None for thing in self.entries}
        return moved(names, revision, self.sums, of_sums) + moved(names, revision, self.entries, of_entries, ENTRIES)


@dataclass(frozen=True)
class Moved:
    """The triples of the scores graph that go and come as scores change."""

    removed: tuple[Triple, ...] = ()
    added: tuple[Triple, ...] = ()

    def __add__(self, other: Moved) -> Moved:
        return Moved(self.removed + other.removed, self.added + other.added)


def moved(
    names: Names,
    revision: int,
    before: Mapping[NamedNode, tuple[NamedNode, Score]],
    after: Mapping[NamedNode, Score | None],
    sort: Sort = SUMS,
) -> Moved:
    """From the latest scores to those of a revision; None where a thing has none any more. Same scores stay."""
    removed, added = [], []
    for thing, score in after.items():
        node, old = before.get(thing, (None, None))
        if score == old:
            continue
        if node is not None:
            removed.append(Triple(thing, sort.latest.predicate, node))
        if score is not None:
            added += _statements(names, revision, thing, score, sort)
    return Moved(tuple(removed), tuple(added))


def _statements(names: Names, revision: int, thing: NamedNode, score: Score, sort: Sort) -> list[Triple]:
    within = names.revision(revision)
    node = NamedNode(f"{within.value}/score/{digest(*sort.mark, thing.value)[:12]}")
    counts = {path: score.findings[severity] for severity, path in _COUNTS.items() if severity in score.findings}
    if sort is SUMS:
        counts[_ENTRIES] = score.sum.entries
    return [
        Triple(thing, sort.latest.predicate, node),
        Triple(node, sort.of.predicate, thing),
        Triple(node, _REVISION.predicate, within),
        Triple(node, _KEPT.predicate, _decimal(score.sum.kept)),
        Triple(node, _POSSIBLE.predicate, _decimal(score.sum.possible)),
        *(Triple(node, path.predicate, _literal(str(count), "integer")) for path, count in counts.items()),
    ]


def _score(said: Mapping[Path, Mapping[Term, list[Term]]], node: NamedNode) -> Score:
    def number(path: Path, default: int) -> Decimal:
        value = next(iter(said[path].get(node, ())), None)
        return Decimal(value.value) if isinstance(value, Literal) else Decimal(default)

    kept, possible = (int(number(path, 0) * _THOUSAND) for path in (_KEPT, _POSSIBLE))
    findings = {severity: int(number(path, 0)) for severity, path in _COUNTS.items() if node in said[path]}
    return Score(Sum(kept, possible, int(number(_ENTRIES, 1))), findings)


def _number(score: NamedNode) -> int:
    """The revision a score's IRI says it is of."""
    return int(score.value.rpartition("/score/")[0].rpartition("/")[2])


def _spread(numbered: Sequence[tuple[int, NamedNode]], most: int) -> Collection[tuple[int, NamedNode]]:
    if len(numbered) <= most:
        return numbered
    step = (len(numbered) - 1) / (most - 1)
    return [numbered[round(number * step)] for number in range(most)]


def _decimal(thousandths: int) -> Literal:
    """As the engine writes decimals: without what says nothing."""
    return _literal(f"{Decimal(thousandths) / _THOUSAND:f}", "decimal")


def _literal(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=name(XSD, datatype))
