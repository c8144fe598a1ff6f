"""Whether two stores say the same, and whether every index of a store says what the others do; changes neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyoxigraph
from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad

from govgraph.errors import StoreError

Told = Callable[[int, int], None]
"""Called with how many quads have been looked at, and of how many."""
_STEP = 50_000


class Comparison:
    """A kept store beside one that was made anew. What the engine cannot read any more raises StoreError.

    The graph ``apart`` is what each store says about itself, and belongs to neither.
    """

    def __init__(self, kept: Path, made: Path, apart: NamedNode) -> None:
        self._path = kept
        self._kept = _opened(kept)
        self._made = _opened(made)
        self._apart = apart

    def missing(self, told: Told) -> Iterator[Quad]:
        """What the kept store lacks."""
        return self._only_in(self._made, self._kept, told)

    def spare(self, told: Told) -> Iterator[Quad]:
        """What only the kept store has."""
        return self._only_in(self._kept, self._made, told)

    def uneven(self) -> Iterator[str]:
        """The indexes of the kept store that do not hold as much as the one read by ``spare``, told in words.

        Every entry of every index is read, so that the engine meets its own checksums.
        """
        match = self._kept.quads_for_pattern
        with _readable(self._path):
            counts: Counter[NamedNode | BlankNode | DefaultGraph] = Counter()
            subjects, predicates, objects = set(), set(), set()
            for quad in self._kept:
                counts[quad.graph_name] += 1
                subjects.add(quad.subject)
                predicates.add(quad.predicate)
                objects.add(quad.object)
            missing = {graph for graph in counts if graph != DefaultGraph()} - set(self._kept.named_graphs())
            yield from (f"The list of graphs lacks {graph}." for graph in missing)
            total = sum(counts.values())
            yield from _unequal("by subject", total, (match(s, None, None, None) for s in subjects))
            for graph, of in [(None, total), *counts.items()]:
                where = f" in {graph}" if graph is not None else ""
                yield from _unequal(f"by predicate{where}", of, (match(None, p, None, graph) for p in predicates))
                yield from _unequal(f"by object{where}", of, (_to(match, o, graph) for o in objects))

    def _only_in(self, one: pyoxigraph.Store, other: pyoxigraph.Store, told: Told) -> Iterator[Quad]:
        with _readable(self._path):
            of = len(one)
            for done, quad in enumerate(one):
                if done % _STEP == 0:
                    told(done, of)
                if quad.graph_name != self._apart and quad not in other:
                    yield quad


def _to(match: Callable[..., Iterator[Quad]], value: object, graph: object) -> Iterator[Quad]:
    """What has a value. On disk the engine also gives integers that begin with the same bytes, as 256 for 255."""
    return (quad for quad in match(None, None, value, graph) if quad.object == value)


def _unequal(index: str, of: int, found: Iterable[Iterator[Quad]]) -> Iterator[str]:
    number = sum(1 for quads in found for _ in quads)
    if number != of:
        yield f"The index {index} holds {number:,} statements, not {of:,}."


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turns what the engine raises over a damaged file into a StoreError."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: BaseException) -> StoreError:
    return StoreError(f"The store {path} is damaged: {error}.", "Restore the data directory from a backup.")


def _opened(path: Path) -> pyoxigraph.Store:
    try:
        return pyoxigraph.Store.read_only(str(path))
    except (OSError, RuntimeError) as error:
        raise unreadable(path, error) from error
