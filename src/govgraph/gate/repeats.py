"""Idempotency keys: a change sent twice is made once, and answered twice alike; knows the log, and judges nothing.

A key belongs to its author. As many of the newest are known as a setting says, after a restart too: the log has them,
but for those of changes that changed nothing, which are in no log. A dry run has no part in it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from itertools import islice

from pyoxigraph import Quad

from govgraph.catalogue import Audience
from govgraph.change import Change, Committed, Scored
from govgraph.contract import Contract
from govgraph.errors import KeyReused
from govgraph.gate.gate import wanted
from govgraph.history.log import Log
from govgraph.iris import SH, Names, name
from govgraph.validation import Finding, read_back

_OF_THE_REPORT = (name(SH, "result"), name(SH, "conforms"))


class Repeats:
    """What became of the changes that came with a key."""

    def __init__(self, log: Log, names: Names, most: int) -> None:
        self._log = log
        self._names = names
        self._most = most
        self._known: OrderedDict[tuple[str, str], tuple[str, Committed | int]] = OrderedDict()
        for head in reversed(list(islice(log.heads(), most))):
            if head.key:
                self._known[head.author, head.key] = (head.wanted, head.revision)

    def answer(self, change: Change, contract: Contract) -> Committed | None:
        """What the same change did before, None for one that is new. Raises KeyReused where it was another change.

        ``contract`` says what findings of a former change that stand in the log are about.
        """
        known = self._known.get((change.author.id, change.key)) if _is_kept(change) else None
        if known is None:
            return None
        asked, committed = known
        if asked != wanted(change):
            raise KeyReused(
                f"The idempotency key {change.key!r} was used for another change.", "Give every change a new key."
            )
        return self._from_log(committed, contract) if isinstance(committed, int) else committed

    def keep(self, change: Change, committed: Committed) -> None:
        """Remember what a change did, be it nothing: by the time it is sent again it might do something."""
        if _is_kept(change):
            self._known[change.author.id, change.key] = (wanted(change), committed)
            while len(self._known) > self._most:
                self._known.popitem(last=False)

    def _from_log(self, revision: int, contract: Contract) -> Committed:
        """What the log says of it; scores are those of later revisions by now."""
        entry, names = self._log.entry(revision), self._names
        catalogue = entry.patch.within((names.working, names.public, names.reference))
        report = entry.patch.within((names.report(Audience.WORKING),))
        return Committed(
            revision=revision,
            dry_run=False,
            removed=len(catalogue.removed),
            added=len(catalogue.added),
            introduced=_findings(contract, report.added),
            mended=_findings(contract, report.removed),
            scores={},
            catalogue=Scored(None, None),
            at=entry.head.at,
        )


def _is_kept(change: Change) -> bool:
    return bool(change.key) and not change.dry_run


def _findings(contract: Contract, quads: Iterable[Quad]) -> tuple[Finding, ...]:
    about = [quad.triple for quad in quads if quad.predicate not in _OF_THE_REPORT]
    return tuple(read_back(contract, about))
