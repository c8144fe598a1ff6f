"""Which of several texts a reader gets, and what to call a thing that has none; knows no store."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from pyoxigraph import Literal, NamedNode

from govgraph.iris import compact
from govgraph.languages import preferred, ranges, takes
from govgraph.store import Term

MOST_LANGUAGES = 8
"""Languages of a preference that count in an order."""


@dataclass(frozen=True)
class Label:
    """A text and its language; ``language`` is empty for a name that is in none, such as the end of an IRI.

    ``texts`` are those it was chosen from.
    """

    text: str
    language: str
    texts: tuple[Term, ...] = field(default=(), compare=False, repr=False)


def pick(values: Sequence[Term], languages: Sequence[str]) -> Literal | None:
    """The text in the first of ``languages`` there is, else in English, without language, or in any (by tag)."""
    literals = {(v.language or "").lower(): v for v in reversed(values) if isinstance(v, Literal)}
    if len(literals) < 2:
        return next(iter(literals.values()), None)
    return literals[min(literals, key=lambda tag: preferred(tag, languages))]


def tags_of(columns: Iterable[Iterable[Term]]) -> frozenset[str]:
    """The languages texts are in, as tags in small letters."""
    return frozenset(v.language.lower() for of in columns for v in of if isinstance(v, Literal) and v.language)


def relevant(languages: Sequence[str], tags: frozenset[str]) -> tuple[str, ...]:
    """What of a preference makes a difference to ``pick`` where the texts are in ``tags``: preferences that always
    choose alike give the same, so what is kept under them does not grow with what strangers write."""
    kept: list[str] = []
    left = set(tags)
    for wanted in ranges(languages):
        matched = {tag for tag in left if takes(wanted, tag)}
        if matched or wanted == "":
            kept.append(wanted)
            left -= matched
    kept = list(dict.fromkeys(kept))[:MOST_LANGUAGES]
    return tuple(kept[:-1] if kept[-1:] == ["en"] else kept)


def label_of(iri: NamedNode, texts: Sequence[Term], words: Mapping[str, str], languages: Sequence[str]) -> Label:
    """A label from titles, else from the contract's words, else from the IRI itself."""
    for said in (texts, [Literal(text, language=tag) for tag, text in words.items()] if words else ()):
        chosen = pick(said, languages)
        if chosen is not None:
            return Label(chosen.value, chosen.language or "", tuple(said))
    short = compact(iri.value)
    return Label(short if short != iri.value else unquote(iri.value.rstrip("/#").rpartition("/")[2]) or iri.value, "")


def sort_key(text: str) -> str:
    """An order that ignores case and accents; equal keys are told apart by IRI."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    decomposed = unicodedata.normalize("NFKD", folded)
    return "".join(c for c in decomposed if not unicodedata.combining(c))
