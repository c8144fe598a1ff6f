"""Opens a data directory for writing: the live store is brought to where the log ends, whatever happened to it.

The log is the truth. A store that is behind is led on; one that was left in the middle of a change, is damaged or is
gone is made again from the newest good copy, or from nothing; one that is ahead means that the log has lost something,
and is refused.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from govgraph.catalogue import Audience, View
from govgraph.contract import Contract
from govgraph.errors import BaseMismatch, LogDamaged, RevisionConflict, StoreError, StoreMissing
from govgraph.gate.scoring import scored_whole
from govgraph.history.checkpoints import checkpoints
from govgraph.history.log import Entry, Head, Log, logged_base, nquads
from govgraph.iris import Names
from govgraph.store.directory import Directory
from govgraph.store.live import Live
from govgraph.store.patch import Patch

_BULK = 5_000_000
"""Bytes of a record from which on the engine's own loader is quicker than a transaction."""


def opened(directory: Directory, base: str, contract: Contract) -> tuple[Live, Log]:
    """The live store at the newest revision of the log, and the log, for the one who holds the right to write.

    Raises StoreMissing where there is neither, LogDamaged where the log lacks what the store has.
    """
    log = Log.writing(directory.log) if directory.log.is_dir() or directory.live.is_dir() else None
    _refuse_other_base(directory, base)
    live = _usable(directory, base, log) if log else None
    if log is None or (live is None and not log.newest):
        raise StoreMissing(f"There is no catalogue in {directory.path}.", "Load one: govgraph load FILES, or --seed.")
    if live is None:
        live = _made_again(directory, base, log)
    if not log.newest:
        log.append([_first(live, contract, base)])
    for entry in log.read(after=live.revision):
        replay(live, entry)
    _publish(directory, live, log.newest)
    return live, log


def founded(directory: Directory, base: str, beside: Path, entry: Entry) -> None:
    """The first revision of a directory: a store that was built beside, and the record it begins the log with.

    Raises RevisionConflict when somebody else was first.
    """
    with directory.writing():
        log = Log.writing(directory.log)
        if log.newest or directory.current() is not None:
            raise RevisionConflict("Somebody else has made the first revision meanwhile.", "Load again.")
        log.append([entry])
        directory.swap(beside)
        _publish(directory, Live.open(directory.live, base), log.newest)


def replay(live: Live, entry: Entry) -> None:
    """Make an entry's revision out of the one before it."""
    head = entry.head
    if len(entry.added) < _BULK:
        live.apply(entry.patch.then(live.numbered(head.revision, head.at, head.contract)))
        return
    live.apply(live.marked(pending=True))
    live.apply(Patch(frozenset(Entry(head, entry.removed, b"").patch.removed)))
    live.read(entry.added)
    live.apply(live.numbered(head.revision, head.at, head.contract).then(live.marked(pending=False)))


def _refuse_other_base(directory: Directory, base: str) -> None:
    """``current`` may be lost; the log says the base as well."""
    logged = logged_base(directory.log)
    if logged not in ("", base):
        raise BaseMismatch(f"{directory.path} was loaded under the base {logged}.", f"Start with --base {logged}.")


def _usable(directory: Directory, base: str, log: Log) -> Live | None:
    """The live store as it was left, None where it has to be made again."""
    if not directory.live.is_dir():
        return None
    try:
        live = Live.open(directory.live, base)
    except StoreError:
        return None
    if live.pending or not live.revision:
        return None
    if log.newest and live.revision > log.newest:
        raise _lost(live.revision, log.newest)
    return live


def _made_again(directory: Directory, base: str, log: Log) -> Live:
    """A new live store, from the newest copy that can be opened, else empty."""
    for copy in reversed(checkpoints(directory.path)):
        if copy.path is None or copy.revision > log.newest:
            continue
        if beside := _cloned(directory, copy.path, base):
            break
    else:
        beside = directory.fresh()
        beside.mkdir()
    directory.swap(beside)
    return Live.open(directory.live, base)


def _cloned(directory: Directory, copy: Path, base: str) -> Path | None:
    """A copy of a copy that may be written to; None when it cannot be read, or was left in the middle of a change."""
    beside = directory.fresh()
    try:
        live = Live.copy(copy, beside, base)
    except StoreError:
        return None
    good = not live.pending and live.revision > 0
    del live
    return beside if good else None


def _first(live: Live, contract: Contract, base: str) -> Entry:
    """The first record of the log of a store that was made before there was one: all that it says."""
    names = Names(base)
    for audience in Audience:
        live.apply(scored_whole(View(live.reader, contract, names, audience)))
    graphs = [names.working, names.public, names.reference, names.vocabulary]
    graphs += [graph(audience) for audience in Audience for graph in (names.report, names.history, names.scores)]
    head = Head(live.revision, live.reader.committed, door="file", contract=live.contract_hash, base=base)
    return Entry(head, b"", b"".join(nquads(live.reader.dump(graph), graph) for graph in graphs))


def _publish(directory: Directory, live: Live, newest: int) -> None:
    """Let readers see the newest revision, should they not, or should its snapshot be damaged."""
    current, snapshot = directory.current(), directory.snapshot(newest)
    if current is not None and current.revision == newest and Live.is_readable(snapshot):
        return
    shutil.rmtree(snapshot, ignore_errors=True)
    live.backup(snapshot)
    directory.publish(newest)


def _lost(store: int, log: int) -> LogDamaged:
    return LogDamaged(
        f"The store is at revision {store}, and the revision log ends at {log}.",
        "The log has lost its end. Restore it from a backup; to go on without what is lost, remove the directory live.",
    )
