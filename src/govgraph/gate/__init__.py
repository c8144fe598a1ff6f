"""The one door for writing: whoever wants a change gives it to a Writer, which validates, logs and commits it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from govgraph.change import Change, Committed
from govgraph.history.log import Entry


class Writer(Protocol):
    """Who makes revisions: in this process, or at the other end of the socket in the data directory.

    May be called from any thread; changes of many callers share one fsync.
    """

    @property
    def revision(self) -> int:
        """The newest revision that is on disk."""

    def submit(self, change: Change) -> Committed:
        """Judge the change and commit it; it is in the log, fsynced, when this returns.

        Raises Refused, Stale, KeyReused, ContractChanged, Forbidden, NotFound and StoreError; nothing is written then.
        """

    def snapshot(self) -> int:
        """Let readers see all that is committed; the revision they see."""

    def adopt(self, beside: Path, record: Entry, after: int) -> int:
        """A store that was built beside becomes the live one, as the revision its record tells of.

        Raises RevisionConflict when ``after``, the revision it was built from, is no longer the newest, and
        ContractChanged when it was built by another contract than the writer's.
        """

    def close(self) -> None: ...
