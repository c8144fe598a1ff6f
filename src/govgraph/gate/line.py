"""The line to whoever writes to a data directory: a Writer that is another process; it never guesses what became of a
change, and knows nothing of what one does.
"""

from __future__ import annotations

import threading
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from govgraph.access import Author
from govgraph.change import Change, Committed
from govgraph.contract import Contract
from govgraph.errors import GovgraphError, StoreLocked, WriterAway
from govgraph.gate import Writer
from govgraph.gate.listening import Request, connect, listen
from govgraph.history.record import Entry
from govgraph.settings import Settings

if TYPE_CHECKING:
    from govgraph.gate.contracting import Adoption

__all__ = ["RemoteWriter", "listen", "open_writer"]

LONG = ("adopt", "adopt_contract")
"""Requests whose answer is waited for as long as it takes."""
_GREETING_SECONDS = 5.0
_LOOK_SECONDS = 0.05
"""How often somebody who waits for a writer looks for it."""
_WAITING = 8
"""How many may wait at a time: each holds a thread that somebody who reads may need."""
_STARTING_SECONDS = 10.0
"""How long a writer may hold the directory before it listens, or listen no more before it lets go."""


class RemoteWriter:
    """The writer of a data directory, through its socket; may be called from any thread."""

    def __init__(self, directory: Path, *, wait_seconds: float = 0.0, answer_seconds: float | None = 60.0) -> None:
        """``wait_seconds`` is how long a call waits for a writer when there is none."""
        self._directory = directory
        self._wait_seconds = wait_seconds
        self._answer_seconds = answer_seconds
        self._idle: list[Connection] = []
        self._places = threading.BoundedSemaphore(_WAITING)

    @property
    def revision(self) -> int:
        revision = self._ask(Request("revision"))
        assert isinstance(revision, int)
        return revision

    def submit(self, change: Change) -> Committed:
        """As ``Writer``. Raises WriterAway when nobody answers; its hint says whether the change may have been made."""
        committed = self._ask(Request("submit", (change,)))
        assert isinstance(committed, Committed)
        return committed

    def snapshot(self) -> int:
        revision = self._ask(Request("snapshot"))
        assert isinstance(revision, int)
        return revision

    def adopt(self, beside: Path, record: Entry, after: int) -> int:
        revision = self._ask(Request("adopt", (beside, record, after)))
        assert isinstance(revision, int)
        return revision

    def adopt_contract(self, adoption: Adoption, author: Author, reason: str = "") -> int:
        revision = self._ask(Request("adopt_contract", (adoption, author, reason)))
        assert isinstance(revision, int)
        return revision

    def stop(self) -> None:
        """Ask the writer to end; whoever keeps it may start another."""
        self._ask(Request("stop"))

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _ask(self, request: Request) -> object:
        until = monotonic() + self._wait_seconds
        while True:
            connection = self._connection(until)
            try:
                connection.send(request)
            except OSError:  # the writer went while nobody asked, so that it has not read this
                connection.close()
                continue
            return self._answer(connection, request)

    def _answer(self, connection: Connection, request: Request) -> object:
        try:
            if not connection.poll(None if request.name in LONG else self._answer_seconds):
                raise TimeoutError
            answer = connection.recv()
        except (EOFError, OSError):  # the last includes the time-out
            connection.close()
            raise _unanswered(request) from None
        self._idle.append(connection)
        if isinstance(answer, GovgraphError):
            raise answer
        return answer

    def _connection(self, until: float) -> Connection:
        """One that is idle, else a new one. Raises WriterAway where there is no writer until then."""
        try:
            return self._idle.pop()
        except IndexError:
            found = connect(self._directory, _GREETING_SECONDS)
        if found is None and monotonic() < until and self._places.acquire(blocking=False):
            try:
                pause = threading.Event()
                while found is None and not pause.wait(_LOOK_SECONDS) and monotonic() < until:
                    found = connect(self._directory, _GREETING_SECONDS)
            finally:
                self._places.release()
        if found is None:
            raise WriterAway("There is no writer at the moment.", "Nothing was changed. Try again shortly.")
        return found[0]


def open_writer(settings: Settings, contract: Contract) -> Writer:
    """The writer that serves the data directory; where nobody does, one in this process.

    Raises what ``LocalWriter`` does, StoreLocked when somebody else writes who does not listen.
    """
    # Who reaches a writer elsewhere needs none of the engines of this one.
    from govgraph.gate.writer import LocalWriter  # noqa: PLC0415

    until = monotonic() + _STARTING_SECONDS
    pause = threading.Event()
    while True:
        found = connect(settings.data, _GREETING_SECONDS)
        if found is not None:
            found[0].close()
            # A command waits as long as its change takes.
            return RemoteWriter(settings.data, wait_seconds=settings.write_wait_seconds, answer_seconds=None)
        try:
            return LocalWriter(settings, contract)
        except StoreLocked:
            if monotonic() > until:
                raise
            pause.wait(_LOOK_SECONDS)


def _unanswered(request: Request) -> WriterAway:
    if request.name != "submit":
        return WriterAway("The writer did not answer.", "Try again shortly.")
    return WriterAway(
        "The writer did not say what became of the change.",
        "It may or may not have been made. Repeat it with the same idempotency key: it is then made once at most.",
    )
