"""The one who writes a data directory: takes changes from any thread, one after another, many to one wait for the disk.

A change is answered once its record is on the disk. Readers see it with the next snapshot, made a moment after the
first change they do not have. Whatever fails after the log was asked to write ends the writer: what the log then holds
is found out by opening the directory again.
"""

from __future__ import annotations

import queue
import shutil
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TypeVar

from govgraph.access import Author
from govgraph.access.audit import Audit, Outcome
from govgraph.catalogue import Audience
from govgraph.change import Change, Committed
from govgraph.contract import Contract
from govgraph.errors import (
    ContractChanged,
    DiskFull,
    Forbidden,
    GovgraphError,
    LogUnwritable,
    RevisionConflict,
    WriterAway,
)
from govgraph.gate.contracting import Adoption
from govgraph.gate.gate import Considered, Gate
from govgraph.gate.opening import copy, opened
from govgraph.gate.recording import recorded
from govgraph.gate.repeats import Repeats
from govgraph.history.checkpoints import keep_checkpoint
from govgraph.history.record import Entry, Head
from govgraph.iris import Names
from govgraph.settings import Settings
from govgraph.store.directory import Directory
from govgraph.store.live import Live

_BATCH = 64
"""Changes that share one wait for the disk."""
_Answer = TypeVar("_Answer")


@dataclass(eq=False)
class _Job:
    """A change to judge, or something else to do between changes."""

    change: Change | None = None
    call: Callable[[], object] = lambda: None
    answer: Future[object] = field(default_factory=Future)


class LocalWriter:
    """The Writer of a data directory, in this process. Close it, so that readers see all it has committed."""

    def __init__(self, settings: Settings, contract: Contract) -> None:
        """Raises StoreLocked when somebody else writes, StoreMissing when there is no catalogue, LogDamaged."""
        self._contract = contract
        self._settings = settings
        self._directory = Directory(settings.data, settings.base, settings.snapshots_kept)
        self._audit = Audit.of(settings.data)
        with ExitStack() as held:
            held.enter_context(self._directory.writing())
            self._live, self._log = opened(self._directory, settings.base, contract)
            self._gate = self._new_gate()
            self._repeats = Repeats(self._log, Names(settings.base), settings.retries_kept)
            self._held = held.pop_all()
        self._revision = self._log.newest
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._due: float | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    @property
    def revision(self) -> int:
        return self._revision

    def submit(self, change: Change) -> Committed:
        answer = self._put(_Job(change))
        assert isinstance(answer, Committed)
        return answer

    def snapshot(self) -> int:
        """Let readers see all that is committed; the revision they see."""
        revision = self._put(_Job(call=self._publish))
        assert isinstance(revision, int)
        return revision

    def adopt(self, beside: Path, record: Entry, after: int) -> int:
        """A store that was built beside becomes the live one, as the revision its record tells of.

        Raises RevisionConflict when ``after``, the revision it was built from, is no longer the newest, and
        ContractChanged when it was built by another contract than this writer's.
        """
        revision = self._put(_Job(call=lambda: self._adopt(beside, record, after)))
        assert isinstance(revision, int)
        return revision

    def adopt_contract(self, adoption: Adoption, author: Author, reason: str = "") -> int:
        """The catalogue is validated by another contract from now on, and so is every change; the new revision.

        Raises Refused when something stands against it, RevisionConflict when the revision it was worked out from is
        no longer the newest.
        """
        revision = self._put(_Job(call=lambda: self._adopt_contract(adoption, author, reason)))
        assert isinstance(revision, int)
        return revision

    def wait(self) -> None:
        """Until it has ended: it was closed, or could not go on."""
        self._thread.join()

    def close(self) -> None:
        """Finish what was submitted, leave a snapshot, let go of the directory; idempotent."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()
        self._held.close()

    def _put(self, job: _Job) -> object:
        with self._lock:
            if self._closed or not self._thread.is_alive():
                raise WriterAway("The writer has stopped.", "Try again shortly.")
            self._jobs.put(job)
        return job.answer.result()

    def _work(self) -> None:
        stop = False
        taken: list[_Job] = []
        try:
            while not stop:
                stop, taken = self._take()
                if not self._commit([job for job in taken if job.change is not None]):
                    return
                for job in taken:
                    if job.change is None:
                        _answer(job, job.call)
                if self._due is not None and (stop or monotonic() >= self._due):
                    self._publish()
        finally:
            with self._lock:
                self._closed = True
            self._refuse_rest(taken)
            del self._gate, self._live

    def _take(self) -> tuple[bool, list[_Job]]:
        """Whether to stop, and the next jobs; none when it is time for a snapshot before there are any."""
        jobs: list[_Job] = []
        try:
            wait = None if self._due is None else max(0.0, self._due - monotonic())
            job = self._jobs.get(timeout=wait)
            while job is not None:
                jobs.append(job)
                if len(jobs) == _BATCH:
                    return False, jobs
                job = self._jobs.get_nowait()
        except queue.Empty:
            return False, jobs
        return True, jobs

    def _commit(self, jobs: Sequence[_Job]) -> bool:
        """Judge changes, log those that stand together, then answer all; whether one can go on after that."""
        if not jobs:
            return True
        if (full := self._too_full()) is not None:
            for job in jobs:
                job.answer.set_exception(full)
            return True
        self._live.apply(self._live.marked(pending=True))
        outcomes = [(job, self._consider(job)) for job in jobs]
        entries = [o.entry for _, o in outcomes if isinstance(o, Considered) and o.entry is not None]
        if entries:
            try:
                self._log.append(entries)
            except LogUnwritable as error:
                for job in jobs:
                    job.answer.set_exception(error)
                return False
        self._live.apply(self._live.marked(pending=False))
        if entries:
            self._revision = entries[-1].head.revision
            if self._due is None:
                self._due = monotonic() + self._settings.snapshot_seconds
        for job, outcome in outcomes:
            self._tell(job, outcome)
        return True

    def _consider(self, job: _Job) -> Considered | GovgraphError:
        change = job.change
        assert change is not None
        try:
            known = self._repeats.answer(change, self._contract)
            if known is not None:
                return Considered(None, known, ())
            if self._live.contract_hash != self._contract.hash:
                raise ContractChanged(
                    "The catalogue was validated by another contract than the one this writer has.",
                    "Run govgraph contract apply, then start the writer again.",
                )
            considered = self._gate.consider(change, self._now)
        except GovgraphError as error:
            # Who is refused may keep this; where it was raised leads to the engine, which would stay open after close.
            return error.with_traceback(None)
        self._repeats.keep(change, considered.committed)
        return considered

    def _tell(self, job: _Job, outcome: Considered | GovgraphError) -> None:
        change = job.change
        assert change is not None
        if isinstance(outcome, GovgraphError):
            forbidden = isinstance(outcome, Forbidden)
            self._audit.note(
                change.author,
                change.door,
                Outcome.FORBIDDEN if forbidden else Outcome.REFUSED,
                revision=self._revision,
                code=outcome.code,
            )
            job.answer.set_exception(outcome)
            return
        if outcome.entry is not None:
            revision = outcome.committed.revision
            self._audit.note(change.author, change.door, Outcome.ACCEPTED, revision=revision, entities=outcome.entities)
        job.answer.set_result(outcome.committed)

    def _publish(self) -> int:
        if not self._directory.shows(self._revision):
            self._directory.publish(self._revision, self._copy)
            keep_checkpoint(self._settings.data, self._revision, self._settings.checkpoint_revisions)
        self._due = None
        return self._revision

    def _copy(self, place: Path) -> None:
        """Write the snapshot of the present state."""
        copy(self._live, self._contract, self._directory, place)

    def _adopt(self, beside: Path, record: Entry, after: int) -> int:
        if after != self._revision:
            raise RevisionConflict(
                f"Revision {self._revision} came while a load from revision {after} was being made.", "Load again."
            )
        if record.head.contract != self._contract.hash:
            raise ContractChanged(
                "The load was validated by another contract than the one this writer has.",
                "Start the server with the contract you load by.",
            )
        self._log.append([record])
        del self._gate, self._live
        self._directory.swap(beside)
        self._live = Live.open(self._directory.live, self._settings.base)
        self._gate = self._new_gate()
        self._revision = record.head.revision
        return self._publish()

    def _adopt_contract(self, adoption: Adoption, author: Author, reason: str) -> int:
        adoption.refuse()
        if adoption.after != self._revision:
            raise RevisionConflict(f"Revision {self._revision} came meanwhile.", "Apply the contract again.")
        at, revision, hash_ = self._now(), self._revision + 1, adoption.contract.hash
        base = self._settings.base
        head = Head(revision, at, author.id, door="contract", reason=reason, contract=hash_, base=base)
        patch, names = adoption.patch, Names(base)
        for audience in Audience:
            told = recorded(self._live.reader, names, audience, head, adoption.withdrawn, reason=True)
            patch = patch.then(told)
        patch = self._live.exact(patch)
        self._log.append([Entry.of(head, patch)])
        self._live.apply(patch.then(self._live.numbered(revision, at, hash_)))
        self._contract, self._revision = adoption.contract, revision
        self._gate = self._new_gate()
        self._audit.note(author, head.door, Outcome.ACCEPTED, revision=revision, entities=adoption.withdrawn)
        return self._publish()

    def _too_full(self) -> DiskFull | None:
        """Asked before anything is tried: an engine that meets a full disk waits for room, and takes the writer with
        it."""
        free = shutil.disk_usage(self._directory.path).free
        if free >= self._settings.disk_reserve_megabytes * 1_000_000:
            return None
        return DiskFull(
            f"The disk of the catalogue has {free // 1_000_000} megabytes left, too few to write safely.",
            "Nothing was changed. Free some space; the setting disk_reserve_megabytes says how much is kept.",
        )

    def _now(self) -> datetime:
        """Never before the revision before: past states are found by their date."""
        return max(datetime.now(UTC), self._live.reader.committed)

    def _new_gate(self) -> Gate:
        settings = self._settings
        limits = settings.refusal_findings, settings.change_statements
        return Gate(self._live, self._contract, Names(settings.base), settings.engine, *limits)

    def _refuse_rest(self, taken: Sequence[_Job]) -> None:
        """Nobody waits for a writer that has ended: what became of a change it had begun is not known."""
        ended = WriterAway(
            "The writer stopped in the middle of its work.",
            "The change may or may not have been made; repeat it with the same idempotency key.",
        )
        rest = list(taken)
        while not self._jobs.empty():
            job = self._jobs.get()
            if job is not None:
                rest.append(job)
        for job in rest:
            if not job.answer.done():
                job.answer.set_exception(ended)


def _answer(job: _Job, call: Callable[[], object]) -> None:
    try:
        job.answer.set_result(call())
    except GovgraphError as error:
        job.answer.set_exception(error)
