"""Opens a data directory for writing: the live store is brought to where the log ends, whatever happened to it.

The log is the truth. A store that is behind is led on; one that was left in the middle of a change, is damaged or is
gone is made again from the newest good copy, or from nothing; one that is ahead, or was kept by a log that is gone,
means that the log has lost something, and is refused.
"""

from __future__ import annotations

from pathlib import Path

from govgraph import search
from govgraph.catalogue import Audience, View
from govgraph.contract import Contract
from govgraph.errors import BaseMismatch, LogDamaged, RevisionConflict, StoreError, StoreMissing
from govgraph.gate.scoring import scored_whole
from govgraph.history.checkpoints import checkpoints
from govgraph.history.log import Log, logged_base
from govgraph.history.record import Entry, Head, nquads
from govgraph.history.replay import replay
from govgraph.iris import Names
from govgraph.store.directory import Directory
from govgraph.store.live import Live
from govgraph.store.rooms import clear, remove_unused, room


def opened(directory: Directory, base: str, contract: Contract) -> tuple[Live, Log]:
    """The live store at the newest revision of the log, and the log, for the one who holds the right to write.

    Raises StoreMissing where there is neither, LogDamaged where the log lacks what the store has.
    """
    _refuse_other_base(directory, base)
    live = _usable(directory, base)
    shown = max((revision for revision, _ in directory.snapshots()), default=0)
    if not directory.log.is_dir() and live is None and not shown:
        raise StoreMissing(f"There is no catalogue in {directory.path}.", "Load one: govgraph load FILES, or --seed.")
    log = Log.writing(directory.log, known=max(live.revision if live else 0, shown))
    if not log.newest:
        log.append([_begun(directory, live, contract, base)])
    _refuse_without_beginning(log)
    clear(directory.path)
    _give_up_beyond(directory, log.newest)
    if live is None or live.revision < log.oldest:
        live = None  # nobody else may have it open while another takes its place
        live = _made_again(directory, base, log)
    replay(live, log, live.revision or log.oldest - 1, log.newest)
    _publish(directory, live, contract, log.newest)
    return live, log


def copy(live: Live, contract: Contract, directory: Directory, place: Path) -> None:
    """Write the snapshot of what a live store says, with the indexes that follow from those of snapshots before it."""
    live.backup(place)
    names = Names(directory.base)
    for audience in Audience:
        search.carry(View(live.reader, contract, names, audience), directory.snapshot(live.revision).parent, place)


def founded(directory: Directory, base: str, contract: Contract, beside: Path, entry: Entry) -> None:
    """The first revision of a directory: a store that was built beside, and the record it begins the log with.

    Raises RevisionConflict when somebody else was first.
    """
    with directory.writing():
        log = Log.writing(directory.log)
        if log.newest or directory.current() is not None:
            raise RevisionConflict("Somebody else has made the first revision meanwhile.", "Load again.")
        log.append([entry])
        directory.swap(beside)
        _publish(directory, Live.open(directory.live, base), contract, log.newest)


def _refuse_other_base(directory: Directory, base: str) -> None:
    """``current`` may be lost; the log says the base as well."""
    logged = logged_base(directory.log)
    if logged not in ("", base):
        raise BaseMismatch(f"{directory.path} was loaded under the base {logged}.", f"Start with --base {logged}.")


def _usable(directory: Directory, base: str) -> Live | None:
    """The live store as it was left, None where it has to be made again."""
    if not directory.live.is_dir():
        return None
    try:
        live = Live.open(directory.live, base)
    except StoreError:
        return None
    return None if live.pending or not live.revision else live


def _refuse_without_beginning(log: Log) -> None:
    """The first record has all that was there before, so it is the very first, or the one ``_begun`` has written."""
    head = next(log.heads(log.oldest))
    if head.revision > 1 and head.author:
        raise LogDamaged(
            f"The revision log lacks all before revision {head.revision}.",
            "Nothing was changed. Restore the missing files of the directory log from a backup.",
        )


def _give_up_beyond(directory: Directory, newest: int) -> None:
    """Kept states of revisions that were lost with the end of a log: others will have their numbers."""
    for kept in checkpoints(directory.path):
        named = kept.path is not None and kept.path.parent.name == "store"
        if kept.path is not None and kept.revision > newest and not named:
            remove_unused(kept.path)


def _made_again(directory: Directory, base: str, log: Log) -> Live:
    """A new live store, from the newest copy that can be opened, else empty."""
    with room(directory.path) as place:
        beside = place / "empty"
        beside.mkdir()
        for number, copy in enumerate(reversed(checkpoints(directory.path))):
            known = log.oldest <= copy.revision <= log.newest
            if known and copy.path is not None and _is_cloned(copy.path, place / str(number), base, log):
                beside = place / str(number)
                break
        directory.swap(beside)
    return Live.open(directory.live, base)


def _is_cloned(copy: Path, beside: Path, base: str, log: Log) -> bool:
    """Copy a copy; False when it cannot be read, is in the middle of a change, or is of another history."""
    try:
        live = Live.copy(copy, beside, base)
    except StoreError:
        return False
    if live.pending or not live.revision:
        return False
    head = next(log.heads(live.revision))
    return (head.revision, head.at) == (live.revision, live.reader.committed)


def _begun(directory: Directory, live: Live | None, contract: Contract, base: str) -> Entry:
    """The first record of the log of a store that was made before there was one: all that it says.

    Raises LogDamaged for a store that had a log, StoreMissing where there is no store.
    """
    names = Names(base)
    if live is None and not directory.snapshots():
        raise StoreMissing(f"There is no catalogue in {directory.path}.", "Load one: govgraph load FILES, or --seed.")
    if live is None or any(live.reader.dump(names.history(audience)) for audience in Audience):
        raise LogDamaged(
            f"The revision log of {directory.path} is gone.",
            "Restore the directory log from a backup; or restore a whole backup into a new directory.",
        )
    for audience in Audience:
        live.apply(scored_whole(View(live.reader, contract, names, audience)))
    graphs = [names.working, names.public, names.reference, names.vocabulary]
    graphs += [graph for audience in Audience for graph in names.beside(audience)]
    head = Head(live.revision, live.reader.committed, door="file", contract=live.contract_hash, base=base)
    return Entry(head, b"", b"".join(nquads(live.reader.dump(graph), graph) for graph in graphs))


def _publish(directory: Directory, live: Live, contract: Contract, newest: int) -> None:
    """Let readers see the newest revision, should they not, or should its snapshot be damaged."""
    if not (directory.shows(newest) and Live.is_readable(directory.snapshot(newest))):
        directory.publish(newest, lambda place: copy(live, contract, directory, place))
