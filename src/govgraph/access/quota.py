"""Points a client may spend in a window of time, counted for all serving processes together; knows no operation.

Windows begin for everybody at multiples of their length. What was spent lies in a small SQLite file that the processes
share. From there a process takes a client's points a handful at a time, and spends the handful in memory: most requests
touch no disk. What a process has taken and not spent nobody else can spend, at most a SHARES-th of the points for each.
Clients are told the least that any process knows to be left: it never goes up within a window.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from math import ceil
from pathlib import Path
from time import time

from govgraph.access.told import Told
from govgraph.errors import QuotaSpent

SHARES = 64
"""Into how many handfuls the points of a window are divided."""
_CLIENTS = 10_000
"""Whose handfuls one process has in memory; who is forgotten has lost the rest of one."""
_WAIT_SECONDS = 2.0
_LOG = logging.getLogger(__name__)
_TABLE = """CREATE TABLE IF NOT EXISTS spent (
    client BLOB NOT NULL, until INTEGER NOT NULL, points INTEGER NOT NULL, PRIMARY KEY (client, until)
) WITHOUT ROWID"""


@dataclass(frozen=True)
class Left:
    """What a client has left, as far as is known, and the seconds until there is all of it again."""

    points: int
    seconds: int


@dataclass
class _Purse:
    """What a process has taken of one client's points: ``here`` in hand, ``there`` still in the file when it looked."""

    here: int
    there: int


class Quota:
    """The points of everyone. Safe to use from any thread and from several processes."""

    def __init__(self, file: Path, points: int, seconds: int, now: Callable[[], float] = time) -> None:
        """``points`` for every client in ``seconds``; file and directory are made when first needed."""
        self.points = points
        self.seconds = max(seconds, 1)
        self._file = file
        self._told = Told(file.with_suffix(".told"))
        self._now = now
        self._until = 0
        self._purses: OrderedDict[str, _Purse] = OrderedDict()
        self._lock = threading.Lock()
        self._file_lock = threading.Lock()
        self._swept = 0
        self._opened: sqlite3.Connection | None = None

    def spend_from_hand(self, client: str, points: int) -> Left | None:
        """Spend without touching the disk; None where that takes a look into the file."""
        with self._lock:
            purse = self._purse(client)
            if purse is None or purse.here < points:
                return None
            purse.here -= points
            told = self._told.least(_pseudonym(client), self._until, points, purse.here + purse.there)
            return Left(told, self._seconds_left())

    def spend(self, client: str, points: int) -> Left:
        """Blocking: may touch the disk. Raises QuotaSpent, having spent nothing."""
        if (left := self.spend_from_hand(client, points)) is not None:
            return left
        with self._file_lock:
            # Who waited for the file may find the hand filled by another thread, or what was taken spent by one.
            while (left := self.spend_from_hand(client, points)) is None:
                with self._lock:
                    need, until = points - (self._purse(client) or _Purse(0, 0)).here, self._until
                taken, there = self._take(client, until, need)
                with self._lock:
                    if until != self._until:
                        continue
                    purse = self._purses.setdefault(client, _Purse(0, 0))
                    purse.here += taken
                    purse.there = there
                    if taken < need:
                        raise self._refusal(client, points, purse)
                    while len(self._purses) > _CLIENTS:
                        self._purses.popitem(last=False)
        return left

    def admit(self, client: str, points: int) -> None:
        """Spend nothing. Blocking: may touch the disk. Raises QuotaSpent for who has not so many points left."""
        self.spend(client, 0)
        with self._lock:
            purse = self._purse(client)
            if purse is not None and purse.here + purse.there < points:
                raise self._refusal(client, points, purse)

    def close(self) -> None:
        with self._file_lock:
            if self._opened is not None:
                self._opened.close()
            self._opened = None
            self._told.close()

    def _purse(self, client: str) -> _Purse | None:
        """That of this window; under the lock."""
        now = self._now()
        if now >= self._until:
            self._purses.clear()
            self._until = (int(now) // self.seconds + 1) * self.seconds
        purse = self._purses.get(client)
        if purse is not None:
            self._purses.move_to_end(client)
        return purse

    def _seconds_left(self) -> int:
        return max(ceil(self._until - self._now()), 1)

    def _refusal(self, client: str, points: int, purse: _Purse) -> QuotaSpent:
        left = self._told.least(_pseudonym(client), self._until, 0, purse.here + purse.there)
        seconds = self._seconds_left()
        return QuotaSpent(
            f"This costs {points:,} points; {left:,} of {self.points:,} are left.",
            f"There are {self.points:,} again in {seconds:,} seconds.",
            left=left,
            most=self.points,
            retry_after=seconds,
        )

    def _take(self, client: str, until: int, need: int) -> tuple[int, int]:
        """Take a handful, or what is needed where that is more: points taken (none if too few), points still there."""
        handful = max(need, ceil(self.points / SHARES))
        try:
            with self._connection() as file:
                file.execute("BEGIN IMMEDIATE")
                asked = (_pseudonym(client), until)
                found = file.execute("SELECT points FROM spent WHERE client = ? AND until = ?", asked).fetchone()
                there = self.points - (found[0] if found else 0)
                if need > there:
                    return 0, there
                taken = min(handful, there)
                if until != self._swept:
                    file.execute("DELETE FROM spent WHERE until < ?", (until,))
                    self._swept = until
                file.execute(
                    "INSERT INTO spent VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET points = points + excluded.points",
                    (*asked, taken),
                )
                return taken, there - taken
        except (sqlite3.Error, OSError) as error:
            # A disk that takes no more must not close the house: this handful is counted nowhere but here.
            _LOG.error("Points could not be counted in %s: %s", self._file, error)
            return handful, max(self.points - handful, 0)

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            opened = sqlite3.connect(
                self._file, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=8
            )
            opened.execute("PRAGMA journal_mode = WAL")
            opened.execute("PRAGMA synchronous = OFF")  # what a power cut takes is points somebody may spend again
            opened.execute(_TABLE)
            self._opened = opened
            weakref.finalize(self, opened.close)
        return self._opened


def _pseudonym(client: str) -> bytes:
    """Addresses of people are nothing to keep."""
    return sha256(client.encode()).digest()[:16]
