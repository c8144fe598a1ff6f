"""The one door for writing: whoever wants a change gives it to a Writer, which validates, logs and commits it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from govgraph.access import Author
from govgraph.change import Change, Committed
from govgraph.history.record import Entry

if TYPE_CHECKING:
    from govgraph.gate.contracting import Adoption


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

    def adopt_contract(self, adoption: Adoption, author: Author, reason: str = "") -> int:
        """The catalogue is validated by another contract from now on, and so is every change; the new revision.

        Raises Refused when something stands against it, RevisionConflict when the revision it was worked out from is
        no longer the newest.
        """

    def close(self) -> None: ...
