"""The life of a query process: it opens one snapshot and answers one query after another; ``workers`` ends it.

Run as ``python -m govgraph.store.query_process FD``, FD being its end of a pipe. It is an ordinary child and no fork,
so that it holds nothing of its owner but the pipe, and it ends when that closes.
"""

from __future__ import annotations

import contextlib
import resource
import signal
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeAlias

import pyoxigraph

from govgraph.errors import GovgraphError, StoreError
from govgraph.store import Query, Result
from govgraph.store.evaluation import evaluate

Outcome: TypeAlias = Result | GovgraphError


@dataclass(frozen=True)
class Limits:
    """Of one query: wall-clock seconds, bytes of its result, bytes of memory beyond what an idle process holds."""

    seconds: float = 10.0
    result_bytes: int = 64_000_000
    memory_bytes: int = 2_048_000_000


@dataclass(frozen=True)
class Task:
    """What a process is told first; it answers None when it is ready, else why it is not."""

    snapshot: str
    base: str
    limits: Limits


def serve(pipe: Connection) -> None:
    """Answer queries until the owner goes away."""
    task: Task = pipe.recv()
    try:
        store = pyoxigraph.Store.read_only(task.snapshot)
    except (OSError, RuntimeError) as error:
        pipe.send(StoreError(f"The snapshot {task.snapshot} cannot be opened: {error}.", "Ask again, or load it anew."))
        return
    confine(task.limits)
    pipe.send(None)
    while True:
        query: Query = pipe.recv()
        # Its owner kills it at the deadline; should the owner be dead, the kernel does so a little later.
        signal.setitimer(signal.ITIMER_REAL, task.limits.seconds * 1.5 + 1)
        try:
            outcome: Outcome = evaluate(store, query, task.base, task.limits.result_bytes)
        except GovgraphError as error:
            outcome = error
        except MemoryError:
            return
        pipe.send(outcome)
        signal.setitimer(signal.ITIMER_REAL, 0)


def confine(limits: Limits) -> None:
    """Set what the kernel holds this process to: the memory of a query, and no file when it breaks off."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pages = Path("/proc/self/statm")
    if pages.exists():  # elsewhere than on Linux there is no way to know what is held already
        held = int(pages.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + limits.memory_bytes, resource.RLIM_INFINITY))


if __name__ == "__main__":
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        serve(Connection(int(sys.argv[1])))
