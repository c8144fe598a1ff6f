"""The audit log: who tried to do what, and what came of it; the one place that holds names, and no token ever.

One JSON object a line, appended by one write, so that processes can share the file and a reader never sees half a line:
time, author (the id), name, role, organisation, door, outcome, revision, entities and how many (entities_total), code
(of the error), missed (lines about strangers that were left out before this one). What does not apply is left out.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from time import monotonic

import orjson
from pyoxigraph import NamedNode

from govgraph.access import Author

MOST_ENTITIES = 20
"""Named in a line; ``entities_total`` counts them all."""
MOST_STRANGERS = 120
"""Lines about strangers a minute and process, so that nobody unknown can fill the disk; the others are counted."""
_MINUTE = 60.0
_LOG = logging.getLogger("govgraph.audit")


class Outcome(StrEnum):
    """What came of it."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """For what was asked, whoever asked it."""
    FORBIDDEN = "forbidden"
    """For who asked it."""
    UNAUTHORISED = "unauthorised"
    """Nobody known asked it."""


class Audit:
    """Appends to one file. Safe to use from any thread and from several processes."""

    def __init__(self, path: Path, now: Callable[[], float] = monotonic) -> None:
        """File and directory are made when first needed. ``now`` gives seconds."""
        self.path = path
        self._now = now
        self._lock = threading.Lock()
        self._minute = now()
        self._strangers = 0
        self._missed = 0

    @classmethod
    def of(cls, data: Path) -> Audit:
        """That of a data directory."""
        return cls(data / "access" / "audit.log")

    def note(
        self,
        author: Author | None,
        door: str,
        outcome: Outcome,
        *,
        revision: int = 0,
        entities: Sequence[NamedNode] = (),
        code: str = "",
    ) -> None:
        """Append a line; ``author`` is None for a stranger, ``code`` that of the error where there was one.

        A disk that takes no more is told to the process's own log and to nobody else: what happened has happened, and
        whoever asked must still hear of it.
        """
        missed = self._missed_before(author)
        if missed is None:
            return
        said: dict[str, object] = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "author": author.id if author else "",
            "name": author.name if author else "",
            "role": author.role.value if author else "",
            "organisation": author.organisation.value if author and author.organisation else "",
            "door": door,
            "outcome": outcome.value,
            "revision": revision,
            "entities": [entity.value for entity in entities[:MOST_ENTITIES]],
            "entities_total": len(entities),
            "code": code,
            "missed": missed,
        }
        line = orjson.dumps({key: value for key, value in said.items() if value}) + b"\n"
        try:
            self._append(line)
        except OSError as error:
            _LOG.error("A line of the audit log was lost: %s", error)

    def _missed_before(self, author: Author | None) -> int | None:
        """How many lines were left out before this one; None where this one is left out too."""
        with self._lock:
            now = self._now()
            if now - self._minute >= _MINUTE:
                self._minute, self._strangers = now, 0
            if author is None:
                if self._strangers >= MOST_STRANGERS:
                    self._missed += 1
                    return None
                self._strangers += 1
            missed, self._missed = self._missed, 0
            return missed

    def _append(self, line: bytes) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self.path, flags, 0o600)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)
