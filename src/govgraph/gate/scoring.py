"""What a change does to the scores: the difference it makes, added to the sums there were; never looks at the rest.

A store from before scores were kept has none to add to; it stays without until they are made from the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from pyoxigraph import NamedNode, Quad, Triple

from govgraph.catalogue import View
from govgraph.catalogue.scores import ENTRIES, Latest, Moved, Score, Scores, Sum, moved
from govgraph.catalogue.summary import Seen, Share, Sums, add_up
from govgraph.contract import Severity
from govgraph.iris import Names
from govgraph.store import Reader
from govgraph.store.patch import Patch

Shares: TypeAlias = Mapping[NamedNode, Sequence[Share]]
"""What entries count, as ``catalogue.summary.shares`` tells; one that is not there may be left out or count nothing."""


def rescored(
    reader: Reader,
    names: Names,
    audience: str,
    revision: int,
    before: Shares,
    after: Shares,
    findings: Mapping[Severity, int],
) -> Patch:
    """The scores of ``revision``, from those ``reader`` has: by what all entries whose points, kind or keeper a change
    touched counted before and after it, and by how many the findings of each severity became more or fewer.

    Its cost is that of the touched entries. An empty patch where no scores are kept.
    """
    scores = Scores(reader, names, audience)
    gone, come = _sums(before, scores.catalogue), _sums(after, scores.catalogue)
    kinds = {share.kind.class_ for of in (*before.values(), *after.values()) for share in of}
    things = list(dict.fromkeys((scores.catalogue, *gone, *come)))
    latest = scores.latest(things)
    if scores.catalogue not in latest:
        return Patch()
    new: dict[NamedNode, Score | None] = {}
    for thing in things:
        old = latest[thing][1] if thing in latest else Score(Sum())
        total = old.sum + come.get(thing, Sum()) - gone.get(thing, Sum())
        counts = {severity: count + findings.get(severity, 0) for severity, count in old.findings.items()}
        lasting = thing == scores.catalogue or thing in kinds
        new[thing] = Score(total, counts) if lasting or total.entries else None
    touched = list(dict.fromkeys((*before, *after)))
    own = {entity: _own(after.get(entity, ())) for entity in touched}
    change = moved(names, revision, latest, new)
    change += moved(names, revision, scores.latest(touched, ENTRIES), own, ENTRIES)
    return as_patch(change, names.scores(audience))


def scored_whole(view: View, revision: int | None = None) -> Patch:
    """The scores of a view by its own findings, in place of those it has; of ``revision``, else of its own.

    Grows with the catalogue: for stores that have no scores yet.
    """
    scores = Scores(view.reader, view.names, view.audience)
    latest = Latest.of(scores)
    sums = add_up(view.contract, view.all_findings(), Seen(view), latest.entries.keys())
    return renewed(view.names, view.audience, revision or view.revision, latest, sums)


def renewed(names: Names, audience: str, revision: int, latest: Latest, sums: Sums) -> Patch:
    """From all latest scores to sums that were added up anew."""
    change = latest.renewed(names, revision, sums.scores(NamedNode(names.base)), sums.entries)
    return as_patch(change, names.scores(audience))


def as_patch(change: Moved, graph: NamedNode) -> Patch:
    return Patch.of(_quads(change.removed, graph), _quads(change.added, graph))


def _sums(shares: Shares, catalogue: NamedNode) -> dict[NamedNode, Sum]:
    """What some entries count together, in each sum they are part of."""
    sums: dict[NamedNode, Sum] = {}
    for share in (share for of in shares.values() for share in of):
        for thing in (catalogue, share.kind.class_, *share.organisations):
            sums[thing] = sums.get(thing, Sum()) + share.sum
    return sums


def _own(shares: Sequence[Share]) -> Score | None:
    return Score(sum((share.sum for share in shares), Sum())) if shares else None


def _quads(triples: Iterable[Triple], graph: NamedNode) -> list[Quad]:
    return [Quad(t.subject, t.predicate, t.object, graph) for t in triples]
