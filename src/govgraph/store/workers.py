"""Query processes that can be killed: the only way to stop a query of an engine without cancellation.

Each process opens one snapshot read-only and answers one query at a time. A process that meets its deadline or its
memory limit is killed and replaced; the query gets QueryTooCostly.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import queue
import resource
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pyoxigraph

from govgraph.errors import GovgraphError, QueryTooCostly
from govgraph.store import Query, Result
from govgraph.store.evaluation import evaluate

_PROCESSES = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Limits:
    """Of one query: wall-clock seconds, bytes of its result, bytes of memory beyond what an idle process holds."""

    seconds: float = 10.0
    result_bytes: int = 64_000_000
    memory_bytes: int = 2_048_000_000


@dataclass(frozen=True)
class _Worker:
    process: ForkServerProcess
    pipe: Connection


class Workers:
    """A fixed number of processes over one snapshot, started when first needed."""

    def __init__(self, snapshot: Path, base: str, count: int, limits: Limits) -> None:
        self._arguments = (str(snapshot), base, limits.result_bytes, limits.memory_bytes)
        self._limits = limits
        self._slots: queue.SimpleQueue[_Worker | None] = queue.SimpleQueue()
        for _ in range(count):
            self._slots.put(None)
        self._live: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False

    def run(self, query: Query) -> Result:
        """The query's result; waits for a free process at most as long as a query may run."""
        try:
            worker = self._slots.get(timeout=self._limits.seconds)
        except queue.Empty:
            raise QueryTooCostly(
                "All query processes are busy.", "Try again shortly, or raise query_workers."
            ) from None
        returned: _Worker | None = None
        try:
            if worker is None:
                worker = self._start()
            worker.pipe.send(query)
            if not worker.pipe.poll(self._limits.seconds):
                raise QueryTooCostly(
                    f"The query was stopped after {self._limits.seconds:g} seconds.",
                    "Narrow its patterns, add LIMIT, avoid sorting or crossing large sets, or raise query_seconds.",
                )
            outcome: Result | GovgraphError = worker.pipe.recv()
            returned = worker
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise QueryTooCostly(
                "The query's process ended: it most likely needed more memory than allowed.",
                "Narrow its patterns or add LIMIT, or raise query_memory_megabytes.",
            ) from None
        finally:
            if worker is not None and returned is None:
                self._kill(worker)
            self._slots.put(returned)
        if isinstance(outcome, GovgraphError):
            raise outcome
        return outcome

    def close(self) -> None:
        with self._lock:
            self._closed = True
            live = list(self._live)
        for worker in live:
            self._kill(worker)

    def _start(self) -> _Worker:
        ours, theirs = _PROCESSES.Pipe()
        process = _PROCESSES.Process(target=_serve, args=(theirs, *self._arguments), daemon=True)
        process.start()
        theirs.close()
        worker = _Worker(process, ours)
        with self._lock:
            self._live.add(worker)
            closed = self._closed
        if closed:
            self._kill(worker)
        return worker

    def _kill(self, worker: _Worker) -> None:
        with self._lock:
            self._live.discard(worker)
        worker.process.kill()
        worker.process.join()
        worker.process.close()
        worker.pipe.close()


def _serve(pipe: Connection, snapshot: str, base: str, result_bytes: int, memory_bytes: int) -> None:
    """The life of a query process: one query after another until its owner goes away."""
    store = pyoxigraph.Store.read_only(snapshot)
    held = (
        int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() if Path("/proc").exists() else 0
    )
    if held:
        resource.setrlimit(resource.RLIMIT_AS, (held + memory_bytes, resource.RLIM_INFINITY))
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            query: Query = pipe.recv()
            try:
                outcome: Result | GovgraphError = evaluate(store, query, base, result_bytes)
            except GovgraphError as error:
                outcome = error
            except MemoryError:
                return
            pipe.send(outcome)
