"""Takes a store from one revision to another, forwards or backwards, by what the log says changed in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from pyoxigraph import Quad

from govgraph.errors import NotFound
from govgraph.history.log import Log
from govgraph.history.record import Entry
from govgraph.store.live import Live
from govgraph.store.patch import Patch

Told = Callable[[int, int], None]
"""Called with how many revisions are done, and of how many."""
_AT_ONCE = 30_000_000
"""Bytes of the log that are worked into one patch: what is held in memory is some ten times that."""
_BULK = 5_000_000
"""Bytes of a single record from which on the engine's own loader is quicker than transactions."""
_SLICE = 20_000
"""Quads of one request to the engine."""


def net(entries: Iterable[Entry]) -> Patch:
    """What some consecutive entries change together: what a later one undoes is not in it."""
    removed: set[Quad] = set()
    added: set[Quad] = set()
    for entry in entries:
        patch = entry.patch
        back = patch.removed & added
        added -= back
        removed |= patch.removed - back
        again = patch.added & removed
        removed -= again
        added |= patch.added - again
    return Patch(frozenset(removed), frozenset(added))


def difference(log: Log, one: int, other: int) -> Patch:
    """What makes one revision out of another, in all graphs. Raises NotFound where the log does not reach from one to
    the other."""
    low, high = sorted((one, other))
    if low < log.oldest and high > 0:
        raise _unknown(log, low, high)
    _sizes(log, low, high)
    patch = net(log.read(low, high))
    return patch if one <= other else patch.inverse


def replay(live: Live, log: Log, start: int, end: int, told: Told | None = None) -> None:
    """Make another revision out of a store of one, with its number and date.

    The store is marked meanwhile as not being in one piece; nobody else may be reading it. The first record of a log,
    whatever its number, makes its revision out of nothing. Raises NotFound, LogDamaged, StoreError.
    """
    if start == end:
        return
    low, high = sorted((start, end))
    pieces = list(_pieces(low, _sizes(log, low, high)))
    live.apply(live.marked(pending=True))
    done = 0
    for after, until in pieces if start < end else reversed(pieces):
        if told:
            told(done, high - low)
        _apply(live, log, after, until, forwards=start < end)
        done += until - after
    head = next(log.heads(end))
    live.apply(live.numbered(end, head.at, head.contract).then(live.marked(pending=False)))


def _sizes(log: Log, low: int, high: int) -> list[int]:
    sizes = log.sizes(low, high)
    if sizes is None:
        raise _unknown(log, low, high)
    return sizes


def _unknown(log: Log, low: int, high: int) -> NotFound:
    return NotFound(
        f"The log does not say how revision {low} became {high}.", f"It holds {log.oldest} to {log.newest}."
    )


def _pieces(low: int, sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Consecutive ranges of revisions, each small enough for one patch or a single revision."""
    start, held = low, 0
    for revision, size in enumerate(sizes, low + 1):
        if held and held + size > _AT_ONCE:
            yield start, revision - 1
            start, held = revision - 1, 0
        held += size
    if sizes:
        yield start, low + len(sizes)


def _apply(live: Live, log: Log, after: int, until: int, *, forwards: bool) -> None:
    if forwards and until - after == 1:
        entry = log.entry(until)
        if len(entry.added) >= _BULK:
            for part in _slices(replace(entry, added=b"").patch):
                live.apply(part)
            live.read(entry.added)
            return
    patch = net(log.read(after, until))
    for part in _slices(patch if forwards else patch.inverse):
        live.apply(part)


def _slices(patch: Patch) -> Iterator[Patch]:
    gone, come = iter(patch.removed), iter(patch.added)
    while piece := frozenset(islice(gone, _SLICE)):
        yield Patch(piece, frozenset())
    while piece := frozenset(islice(come, _SLICE)):
        yield Patch(frozenset(), piece)
