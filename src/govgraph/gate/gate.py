"""The gate: a change is tried on the live store, judged where it reaches, and either undone or made a revision.

The live store is seen by nobody but its writer, so a change can be made before it is known whether it may be: rules
across entities are asked in the very state they are about. Neither the log nor readers are known here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pyoxigraph import NamedNode

from govgraph.catalogue import Audience, View
from govgraph.catalogue.scores import Scores, Sum
from govgraph.catalogue.summary import Share
from govgraph.change import Change, Committed, Scored
from govgraph.change.lifecycle import follow_status
from govgraph.change.state import State
from govgraph.contract import Contract, Severity
from govgraph.errors import Refused, RevisionConflict, Stale
from govgraph.gate.judging import Judge, Judgement
from govgraph.gate.recording import last_revisions, recorded
from govgraph.gate.rights import Rights, Shares
from govgraph.gate.scoring import rescored
from govgraph.gate.trial import Trial
from govgraph.history.record import Entry, Head
from govgraph.iris import Names, compact, digest
from govgraph.store.live import Live
from govgraph.store.patch import Patch
from govgraph.validation import Finding, Points, Report, explain

_SHOWN = 3


@dataclass(frozen=True)
class Considered:
    """A change that stands in the live store: what to log, what to answer, and which entities it was about.

    ``entry`` is None where nothing changed, or on a dry run; then nothing stands in the store either.
    """

    entry: Entry | None
    committed: Committed
    entities: tuple[NamedNode, ...]


class Gate:
    """The gate of one live store, by one contract."""

    def __init__(  # each limit is a setting of its own
        self,
        live: Live,
        contract: Contract,
        names: Names,
        engine: str,
        most_refusing: int,
        most_quads: int = 500_000,
    ) -> None:
        """``most_refusing`` is after how many findings against a change nobody looks further, ``most_quads`` how many
        quads one edit may change."""
        self._most_quads = most_quads
        self.contract = contract
        self.names = names
        self._live = live
        self._judge = Judge(contract, names, engine, most_refusing)

    def consider(self, change: Change, clock: Callable[[], datetime]) -> Considered:
        """Try a change. When this returns with an entry it stands in the store, as the next revision.

        Raises Forbidden, Stale, RevisionConflict, Refused and what its edits raise; the store is as it was then.
        """
        rights = Rights(change.author)
        rights.refuse_readers()
        state = State(self._live.reader, self.contract, self.names)
        newest = self._live.revision
        if change.after is not None and change.after != newest:
            raise RevisionConflict(f"The catalogue is at revision {newest}, not {change.after}.", "Look again.")
        view = View(state.reader, self.contract, self.names, Audience.WORKING)
        now = last_revisions(view, list(change.expected))
        stale = {entity.value: now[entity] for entity, seen in change.expected.items() if now[entity] not in seen}
        trial = Trial(self._live, state, self._judge, rights, self._most_quads)
        try:
            considered = self._try(change, trial, stale, clock)
        except BaseException:
            trial.undo()
            raise
        if considered.entry is None:
            trial.undo()
        return considered

    def _try(self, change: Change, trial: Trial, stale: Mapping[str, int], clock: Callable[[], datetime]) -> Considered:
        """Rights come first: what became of an entry is for those to know who may change it. Then what is stale, for
        findings against a change to what is no more would mislead."""
        for edit in change.edits:
            trial.step(edit)
        for edit in follow_status(trial.net, trial.state):
            trial.step(edit)
        trial.settle()
        if stale:
            raise _stale(stale)
        judgements = {audience: trial.judge(audience) for audience in Audience}
        shares = {audience: trial.shares(audience, judgements[audience]) for audience in Audience}
        committed = self._told(change, trial, judgements[Audience.WORKING], shares[Audience.WORKING])
        standing = {key: finding for judged in judgements.values() for key, finding in judged.standing.items()}
        if standing:
            raise self._refused(_ranked(standing.values()), committed, judgements.values())
        if not trial.net:
            return Considered(None, committed, ())
        at = clock()  # not before: until now nobody could have seen it
        head = self._head(change, self._live.revision + 1, at)
        before = self._catalogue_points()
        for audience in Audience:
            trial.derive(self._derived(trial, audience, judgements[audience], shares[audience], head))
        trial.derive(self._live.numbered(head.revision, at, self.contract.hash), logged=False)
        committed = replace(committed, catalogue=Scored(before, self._catalogue_points()))
        entities = tuple(sorted(trial.changed(Audience.WORKING), key=str))
        if change.dry_run:
            return Considered(None, committed, entities)
        return Considered(Entry.of(head, trial.logged), replace(committed, revision=head.revision, at=at), entities)

    def _derived(
        self, trial: Trial, audience: Audience, judgement: Judgement, shares: tuple[Shares, Shares], head: Head
    ) -> Patch:
        """What findings, scores and history say after the change."""
        reader = self._live.reader
        counts = Counter(f.severity for f in judgement.introduced.values())
        counts.subtract(f.severity for f in judgement.mended.values())
        patch = rescored(reader, self.names, audience, head.revision, *shares, counts)
        if judgement:
            patch = patch.then(self._judge.reported(reader, audience, judgement))
        if not trial.reaches(audience):
            return patch
        changed = sorted(trial.changed(audience), key=str)
        is_open = audience is Audience.WORKING or trial.is_open
        return patch.then(recorded(reader, self.names, audience, head, changed, reason=is_open))

    def _head(self, change: Change, revision: int, at: datetime) -> Head:
        author = change.author
        return Head(
            revision=revision,
            at=at,
            author=author.id,
            organisation=author.organisation.value if author.organisation else "",
            door=change.door,
            reason=change.reason,
            contract=self.contract.hash,
            key=change.key,
            wanted=wanted(change),
            base=self.names.base,
        )

    def _told(self, change: Change, trial: Trial, judgement: Judgement, shares: tuple[Shares, Shares]) -> Committed:
        told = trial.net.within((self.names.working, self.names.public, self.names.reference))
        before, after = shares
        return Committed(
            revision=self._live.revision,
            dry_run=change.dry_run,
            removed=len(told.removed),
            added=len(told.added),
            introduced=_ranked(judgement.introduced.values()),
            mended=_ranked(judgement.mended.values()),
            scores={
                entity: Scored(_points(before.get(entity, ())), _points(after.get(entity, ())))
                for entity in sorted({*before, *after}, key=str)
            },
            catalogue=Scored(None, None),
        )

    def _catalogue_points(self) -> Points | None:
        scores = Scores(self._live.reader, self.names, Audience.WORKING)
        found = scores.latest([scores.catalogue]).get(scores.catalogue)
        return found[1].sum.points if found else None

    def _refused(self, standing: tuple[Finding, ...], committed: Committed, judgements: Iterable[Judgement]) -> Refused:
        count = f"{len(standing)} findings" if len(standing) > 1 else "a finding"
        if any(judgement.cut_off for judgement in judgements):
            count = f"at least {len(standing)} findings"
        shown = (f"{compact(f.entity.value)}: {explain(self.contract, f, ('en',))}" for f in standing[:_SHOWN])
        return Refused(
            f"The change would introduce {count} that may not be introduced.",
            " ".join(shown),
            report=Report(standing),
            committed=committed,
        )


def _ranked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    order = list(Severity)
    return tuple(sorted(findings, key=lambda f: (order.index(f.severity), f.entity.value, f.key)))


def _points(counted: Sequence[Share]) -> Points | None:
    total = Sum()
    for share in counted:
        total += share.sum
    return total.points if counted else None


def _stale(revisions: Mapping[str, int]) -> Stale:
    entity, revision = next(iter(revisions.items()))
    return Stale(
        f"{compact(entity)} has changed since you saw it: revision {revision}."
        if revision
        else f"{compact(entity)} is gone.",
        "Look at it again, then make your change to what it is now.",
        revisions=dict(revisions),
    )


def wanted(change: Change) -> str:
    """A digest of what is asked for, the same for a retry and another for another use of the same key."""
    return digest(change.asked or repr(change.edits), change.door)[:32]
