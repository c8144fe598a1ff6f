"""The life of a process that runs one update on a copy of a snapshot and tells what it changed; ``rehearsal`` ends it.

Run as ``python -m govgraph.store.update_process FD``, FD being its end of a pipe. What it may not write it may have
written all the same: the copy is thrown away, and who asked judges what came of it.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeAlias

import pyoxigraph
from pyoxigraph import DefaultGraph, NamedNode, RdfFormat

from govgraph.errors import GovgraphError, QueryError, ResultTooLarge, StoreError
from govgraph.iris import PREFIXES
from govgraph.store import Graphs, malformed
from govgraph.store.query_process import Limits, confine
from govgraph.store.update import Changed, Prepared


@dataclass(frozen=True)
class Task:
    """``before`` is the snapshot, ``copy`` a directory with the same content to work on, ``room`` one for files.

    ``graphs`` are those to compare, None for all there are.
    """

    prepared: Prepared
    before: str
    copy: str
    room: str
    graphs: Graphs | None
    limits: Limits


Outcome: TypeAlias = tuple[Changed, ...] | GovgraphError


def serve(pipe: Connection) -> None:
    """Do what the owner asks, once."""
    task: Task = pipe.recv()
    # Its owner kills it at the deadline; should the owner be dead, the kernel does so a little later.
    signal.setitimer(signal.ITIMER_REAL, task.limits.seconds * 1.5 + 1)
    try:
        outcome: Outcome = _rehearsed(task)
    except GovgraphError as error:
        outcome = error
    except MemoryError:
        return
    pipe.send(outcome)


def _rehearsed(task: Task) -> tuple[Changed, ...]:
    try:
        before, after = pyoxigraph.Store.read_only(task.before), pyoxigraph.Store(task.copy)
    except (OSError, RuntimeError) as error:
        raise StoreError(f"The copy {task.copy} cannot be opened: {error}.", "Try again.") from error
    confine(task.limits)
    for said, request in zip(task.prepared.said, task.prepared.requests, strict=True):
        _refuse_malformed(said, task.prepared.base)
        try:
            after.update(request, base_iri=task.prepared.base, prefixes=PREFIXES)
        except (SyntaxError, RuntimeError, ValueError) as error:
            raise QueryError(f"The update cannot be carried out: {error}.") from error
    if next(after.quads_for_pattern(None, None, None, DefaultGraph()), None) is not None:
        raise QueryError("The update writes without saying where.", "Name the graph, with GRAPH or WITH.")
    return tuple(_changes(task, before, after))


def _refuse_malformed(request: str, base: str) -> None:
    """What a parser sees only when it has read the whole text, as a blank node in two operations."""
    try:
        pyoxigraph.Store().update(request, base_iri=base, prefixes=PREFIXES)
    except SyntaxError as error:
        raise malformed.explain(str(error), request, update=True) from None
    except (RuntimeError, ValueError):
        pass  # it asks for what is not in an empty store


def _changes(task: Task, before: pyoxigraph.Store, after: pyoxigraph.Store) -> Iterator[Changed]:
    left = task.limits.result_bytes
    graphs = task.graphs
    if graphs is None:
        both = {*before.named_graphs(), *after.named_graphs()}
        graphs = tuple(graph for graph in both if isinstance(graph, NamedNode))
    for graph in graphs:
        gone, come = _difference(before, after, graph, Path(task.room))
        left -= sum(map(len, gone)) + sum(map(len, come))
        if left < 0:
            raise ResultTooLarge(
                f"The update changes more than {task.limits.result_bytes // 1_000_000} megabytes.",
                "Change less at a time, load a file with govgraph load, or raise query_megabytes.",
            )
        if gone or come:
            yield Changed(graph, b"".join(gone), b"".join(come))


def _difference(
    before: pyoxigraph.Store, after: pyoxigraph.Store, graph: NamedNode, room: Path
) -> tuple[set[bytes], set[bytes]]:
    """The lines only one of them has. Both write a graph in the order of their keys, so that a line both have comes
    at about the same place in both: what is held in memory is what differs."""
    files = [room / "before.nt", room / "after.nt"]

    def write(store: pyoxigraph.Store, file: Path) -> None:
        store.dump(str(file), format=RdfFormat.N_TRIPLES, from_graph=graph)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, (before, after), files))
    gone: set[bytes] = set()
    come: set[bytes] = set()
    with files[0].open("rb") as old, files[1].open("rb") as new:
        for was, is_ in zip_longest(old, new):
            if was != is_:
                _note(was, gone, come)
                _note(is_, come, gone)
    return gone, come


def _note(line: bytes | None, here: set[bytes], there: set[bytes]) -> None:
    if line is None:
        return
    if line in there:
        there.discard(line)
    else:
        here.add(line)


if __name__ == "__main__":
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        serve(Connection(int(sys.argv[1])))
