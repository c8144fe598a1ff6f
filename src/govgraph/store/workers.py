"""Query processes that can be killed: the only way to stop a query of an engine without cancellation.

Each process answers one query at a time. One that meets its deadline or its memory limit is killed and replaced; the
query gets the child of QueryTooCostly that says so.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import queue
import subprocess
import sys
import threading
import weakref
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from govgraph.errors import GovgraphError, QueryBusy, QueryOutOfMemory, QueryOverdue, StoreError
from govgraph.store import Query, Result
from govgraph.store.query_process import Limits, Outcome, Task

__all__ = ["Limits", "Workers"]

_START_SECONDS = 60.0
"""After which a process that has not opened its snapshot is given up."""


@dataclass(frozen=True, eq=False)
class _Worker:
    process: subprocess.Popen[bytes]
    pipe: Connection

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.pipe.close()


class Workers:
    """A fixed number of processes over one snapshot, started when first needed."""

    def __init__(self, snapshot: Path, base: str, count: int, limits: Limits) -> None:
        self._task = Task(str(snapshot), base, limits)
        # Last in, first out: as long as one process is enough, no other is started.
        self._slots: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(count):
            self._slots.put(None)
        self._live: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False
        weakref.finalize(self, _end_all, self._live)  # for owners who forget to close

    def run(self, query: Query) -> Result:
        """The query's result; waits for a free process at most as long as a query may run.

        Raises what ``evaluate`` does, QueryOverdue or QueryOutOfMemory when it was stopped, QueryBusy when no process
        was free, StoreError when the snapshot is no more.
        """
        try:
            worker = self._slots.get(timeout=self._task.limits.seconds)
        except queue.Empty:
            raise QueryBusy("All query processes are busy.", "Try again shortly, or raise query_workers.") from None
        outcome: Outcome | None = None
        try:
            worker = worker or self._start()
            outcome = self._ask(worker, query)
        finally:
            self._give_back(worker, usable=outcome is not None)
        if isinstance(outcome, GovgraphError):
            raise outcome
        return outcome

    def processes(self) -> list[int]:
        """The process numbers of those that live."""
        with self._lock:
            return [worker.process.pid for worker in self._live]

    def close(self) -> None:
        """End every process; a query that is still running gets StoreError, and so does one that comes later."""
        with self._lock:
            self._closed = True
            for worker in self._live:
                worker.process.kill()
        with contextlib.suppress(queue.Empty):
            while True:
                idle = self._slots.get_nowait()
                if idle is not None:
                    self._end(idle)
        self._slots.put(None)  # so that who waits for a place gets one, and there learns that it is closed

    def _give_back(self, worker: _Worker | None, *, usable: bool) -> None:
        with self._lock:
            usable = usable and not self._closed
            self._slots.put(worker if usable else None)
        if worker is not None and not usable:
            self._end(worker)

    def _ask(self, worker: _Worker, query: Query) -> Outcome:
        seconds = min(self._task.limits.seconds, query.seconds)
        try:
            worker.pipe.send(query)
            if not worker.pipe.poll(seconds):
                raise QueryOverdue(
                    f"The query was stopped after {seconds:g} seconds.",
                    "Narrow its patterns, add LIMIT, avoid sorting or crossing large sets, or raise query_seconds.",
                )
            outcome: Outcome = worker.pipe.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            if self._closed:
                raise _gone() from None
            raise QueryOutOfMemory(
                "The query's process ended: the query needed more memory than allowed, or is nested too deeply.",
                "Narrow its patterns or add LIMIT, or raise query_memory_megabytes.",
            ) from None
        return outcome

    def _start(self) -> _Worker:
        worker = self._spawn()
        refusal: GovgraphError | None = _gone()
        try:
            worker.pipe.send(self._task)
            if worker.pipe.poll(_START_SECONDS):
                refusal = worker.pipe.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            pass
        if refusal is not None:
            self._end(worker)
            raise refusal
        return worker

    def _spawn(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise _gone()
            ours, theirs = multiprocessing.Pipe()
            with theirs:
                # -P: what lies in the working directory is no module of ours. A group of its own: an interrupt from
                # the keyboard is its owner's to act on.
                process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                    [sys.executable, "-P", "-m", "govgraph.store.query_process", str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    process_group=0,
                )
            worker = _Worker(process, ours)
            self._live.add(worker)
            return worker

    def _end(self, worker: _Worker) -> None:
        with self._lock:
            if worker in self._live:
                self._live.discard(worker)
                worker.end()


def _end_all(live: set[_Worker]) -> None:
    for worker in live:
        worker.end()


def _gone() -> StoreError:
    return StoreError("The revision this query was to read is no longer kept.", "Ask again: there is a newer one.")
