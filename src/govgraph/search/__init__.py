"""Full-text search over what one audience sees: ranked, with the places where the words are; knows no face.

Any text may be asked for. The words are looked for as they stand, by their stems, the last one as a beginning, and
where a word is nowhere, with a letter or two wrong; what stands between quotation marks is a phrase.
"""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from govgraph.catalogue import View
from govgraph.catalogue.kept import Kept
from govgraph.contract import Kind
from govgraph.errors import BadCursor
from govgraph.iris import digest
from govgraph.search import companion
from govgraph.search.asking import asked_for, misspelt
from govgraph.search.companion import carry
from govgraph.search.highlights import MOST_SHOWN, Highlight, Sought, shown
from govgraph.search.index import Ranked
from govgraph.search.layout import BREVITY
from govgraph.search.words import Asked, primary, stemmed, understand

__all__ = [
    "MOST",
    "MOST_SHOWN",
    "Found",
    "Highlight",
    "Hit",
    "Search",
    "carry",
    "find",
    "highlights",
    "matching",
    "prepare",
]

MOST = 1_000
"""Hits one may page through; a total is never said to be more."""
_SEARCHES_KEPT, _MATCHES_KEPT = 64, 8
"""Per view; matches may be as many as there are entities."""


@dataclass(frozen=True)
class Search:
    """What is asked for: words, of what kinds (None for all), and which languages are preferred, in words
    and in what is shown of a text."""

    text: str
    kinds: tuple[Kind, ...] | None = None
    languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hit:
    """What was found; ``score`` compares hits of one search and says nothing beyond."""

    entity: NamedNode
    score: float
    cursor: str


@dataclass(frozen=True)
class Found:
    """A page of what was found. ``total`` counts up to MOST, ``more`` says that there are more than that."""

    hits: tuple[Hit, ...]
    total: int
    more: bool
    has_next: bool
    has_previous: bool


def find(  # the four arguments of a Relay connection
    view: View,
    search: Search,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Found:
    """A page of the entities that have the words of a text, best first.

    Raises BadCursor for a cursor of another search; no text is an error.
    """
    said = _Said.of(view, search)
    mark = digest(repr(said))[:12]
    ranked = _ranked(view, said)
    order = [(-points, tie) for points, tie, _ in ranked.places]
    start = bisect_right(order, _read(after, mark)) if after else 0
    stop = max(start, bisect_left(order, _read(before, mark))) if before else len(order)
    low, high = start, stop
    if first is not None:
        high = min(high, low + first)
    if last is not None:
        low = max(low, high - last)
    chosen = ranked.places[low:high]
    entities = companion.of(view).entities([place for *_, place in chosen]) if chosen else []
    hits = tuple(
        Hit(entity, points, _write(mark, points, tie))
        for entity, (points, tie, _) in zip(entities, chosen, strict=True)
    )
    return Found(hits, min(ranked.count, MOST), ranked.count > MOST, high < len(order), low > 0)


def highlights(view: View, search: Search, entities: Sequence[NamedNode]) -> dict[NamedNode, tuple[Highlight, ...]]:
    """For each of some entities that were found the texts that show best why. A few reads for all."""
    asked = _Said.of(view, search).asked
    return shown(view, entities, Sought(asked, misspelt(companion.of(view), asked)), search.languages)


def matching(view: View, text: str, kind: Kind) -> frozenset[NamedNode]:
    """All entities that a search for a text among those of a kind finds."""
    said = _Said.of(view, Search(text, (kind,)))

    def all_of_them() -> frozenset[NamedNode]:
        words = companion.of(view)
        query = None if said.nothing else asked_for(words, said.asked, said.kinds, ())
        return frozenset(words.all(query)) if query is not None else frozenset()

    kept: Kept = view.keep("matches of searches", lambda: Kept(_MATCHES_KEPT))
    return kept.get(said, all_of_them)


def prepare(view: View) -> None:
    """Make the index of a view, where it is not there, before somebody waits for it. Grows with the catalogue."""
    companion.of(view)


@dataclass(frozen=True)
class _Said:
    """What of a search makes a difference to what is found."""

    asked: tuple[Asked, ...]
    kinds: tuple[str, ...]
    nothing: bool
    """No kind was asked for, or only parts, which are found with their owners."""
    languages: tuple[str, ...]

    @classmethod
    def of(cls, view: View, search: Search) -> _Said:
        known = stemmed(view.contract.languages)
        kinds = tuple(sorted({kind.name for kind in search.kinds or () if not kind.part}))
        preferred = tuple(sorted({primary(tag) for tag in search.languages} & {*known}))
        return cls(understand(search.text, known), kinds, search.kinds is not None and not kinds, preferred)


def _ranked(view: View, said: _Said) -> Ranked:
    def rank() -> Ranked:
        words = companion.of(view)
        query = None if said.nothing else asked_for(words, said.asked, said.kinds, said.languages)
        return words.best(query, MOST, BREVITY) if query is not None else Ranked((), 0)

    kept: Kept = view.keep("searches", lambda: Kept(_SEARCHES_KEPT))
    return kept.get(said, rank)


def _write(search: str, points: float, tie: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([search, points, tie]).encode()).decode()


def _read(cursor: str, search: str) -> tuple[float, int]:
    try:
        said = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (binascii.Error, ValueError, RecursionError):
        said = None
    match said:
        case [str(of), float() | int() as points, int(tie)] if of == search:
            return -points, tie
        case [str(), float() | int(), int()]:
            hint = "Begin again at the first page, or give it with the text, kinds and lang it came with."
            raise BadCursor("The cursor is of another search.", hint)
    raise BadCursor("The cursor was not given out here.", "Begin again at the first page, and take cursors from there.")
