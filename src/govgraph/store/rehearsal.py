"""An update rehearsed on a copy of the newest snapshot, in a process that can be killed: what it would change.

The copy shares its large files with the snapshot and is always thrown away. The cost grows with the catalogue, since
the graphs that may have changed are compared as a whole.
"""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import Quad, RdfFormat, parse

from govgraph.errors import GovgraphError, QueryOutOfMemory, QueryOverdue, StoreMissing
from govgraph.store.clone import clone
from govgraph.store.directory import Directory
from govgraph.store.patch import Patch
from govgraph.store.query_process import Limits
from govgraph.store.rooms import room
from govgraph.store.update import Changed, Prepared, Scope, forbidden
from govgraph.store.update_process import Outcome, Task


@dataclass(frozen=True)
class Rehearsal:
    """What an update would change of a revision."""

    revision: int
    patch: Patch


def rehearse(directory: Directory, prepared: Prepared, scope: Scope, limits: Limits) -> Rehearsal:
    """Run an update on a copy of the newest snapshot.

    Raises QueryError for one that cannot be carried out, QueryOverdue, QueryOutOfMemory or ResultTooLarge when it was
    stopped, Forbidden when it would write what ``scope`` does not allow, StoreError when there is no copying.
    """
    held = directory.hold()
    if held is None:
        raise StoreMissing(f"There is no catalogue in {directory.path}.", "Load one: govgraph load FILES, or --seed.")
    try:
        with room(directory.path) as place:
            copy = place / "store"
            clone(held.path, copy)
            graphs = None if prepared.anywhere else scope.writable
            changes = _ask(Task(prepared, str(held.path), str(copy), str(place), graphs, limits))
            return Rehearsal(held.revision, _patch(changes, scope))
    finally:
        held.release()


def _patch(changes: tuple[Changed, ...], scope: Scope) -> Patch:
    for change in changes:
        if scope.writable is not None and change.graph not in scope.writable:
            raise forbidden(str(change.graph))
    return Patch(
        frozenset(quad for change in changes for quad in _quads(change, change.removed)),
        frozenset(quad for change in changes for quad in _quads(change, change.added)),
    )


def _quads(change: Changed, triples: bytes) -> Iterator[Quad]:
    for said in parse(triples, RdfFormat.N_TRIPLES, lenient=True):
        yield Quad(said.subject, said.predicate, said.object, change.graph)


def _ask(task: Task) -> tuple[Changed, ...]:
    ours, theirs = multiprocessing.Pipe()
    with ours:
        with theirs:
            # -P: what lies in the working directory is no module of ours. A group of its own: an interrupt from the
            # keyboard is its owner's to act on.
            process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                [sys.executable, "-P", "-m", "govgraph.store.update_process", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                process_group=0,
            )
        try:
            ours.send(task)
            if not ours.poll(task.limits.seconds):
                raise QueryOverdue(
                    f"The update was stopped after {task.limits.seconds:g} seconds.",
                    "Narrow its patterns, change less at a time, or raise update_seconds.",
                )
            outcome: Outcome = ours.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise QueryOutOfMemory(
                "The update's process ended: the update needed more memory than allowed, or is nested too deeply.",
                "Narrow its patterns or change less at a time, or raise query_memory_megabytes.",
            ) from None
        finally:
            process.kill()
            process.wait()
    if isinstance(outcome, GovgraphError):
        raise outcome
    return outcome
