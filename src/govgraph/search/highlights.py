"""Where in the texts of entities the words are that were asked for; reads a view, so it shows what that shows."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from govgraph.catalogue import View
from govgraph.search.gathering import Readable
from govgraph.search.words import Asked, differs, fold, plain, primary, stem
from govgraph.store import Path, Term

MOST_SHOWN = 3
"""Texts of one entity."""
_LENGTH = 200
"""Characters of a snippet, about."""
_MOST_LOOKED_AT = 5_000
"""Characters of a text."""
_LEAST_BEGINNING = 2


@dataclass(frozen=True)
class Sought:
    """The words to mark. Those ``misspelt`` are nowhere as they stand; each may differ by so many letters."""

    asked: Sequence[Asked]
    misspelt: Mapping[str, int]


@dataclass(frozen=True)
class Highlight:
    """A piece of a text of ``entity`` (or of a part of it, then that is ``node``) under ``path``; ``marks`` are where
    in it words are that were asked for, as ranges of characters."""

    node: NamedNode
    path: Path
    language: str
    text: str
    marks: tuple[tuple[int, int], ...]


def shown(
    view: View, entities: Sequence[NamedNode], sought: Sought, languages: Sequence[str]
) -> dict[NamedNode, tuple[Highlight, ...]]:
    """For each entity the texts that show best why it was found: its own, and those of its parts where its own have
    not all the words. A few reads for all."""
    readable = Readable.of(view.contract)
    matches = _Matches(sought, readable.languages)
    order = [primary(tag) for tag in languages]
    found = {entity: _Best(order) for entity in entities}
    said = view.reader.values(entities, list(readable.standings), view.graphs)
    for entity, best in found.items():
        best.look([entity], said, matches)
    lacking = [entity for entity, best in found.items() if len(best.words) < len(matches)]
    parts = view.parts(lacking) if lacking else {}
    below = list(dict.fromkeys(part for of in parts.values() for part in of))
    said = view.reader.values(below, list(readable.standings), view.graphs) if below else said
    for entity in lacking:
        own = [part for part in parts.get(entity, ()) if isinstance(part, NamedNode)]
        found[entity].look(own, said, matches)
    return {entity: best.chosen() for entity, best in found.items()}


class _Best:
    """The texts of one entity that have words asked for, those first that have most."""

    def __init__(self, order: Sequence[str]) -> None:
        self._order = order
        self._found: list[tuple[int, int, int, int, Highlight]] = []
        self._looks = 0
        self.words: set[int] = set()

    def look(
        self, nodes: Sequence[NamedNode], said: Mapping[Path, Mapping[Term, Sequence[Term]]], matches: _Matches
    ) -> None:
        self._looks += 1
        for rank, path in enumerate(said):
            for node in nodes:
                for text in said[path].get(node, ()):
                    if isinstance(text, Literal):
                        marks, words = matches.marks(text)
                        self.words |= words
                        if marks:
                            piece = _piece(node, path, text, marks)
                            self._found.append((-len(words), self._looks, rank, self._place(text), piece))

    def chosen(self) -> tuple[Highlight, ...]:
        """The first of each property of each node."""
        chosen: dict[object, Highlight] = {}
        for *_, piece in sorted(self._found, key=lambda one: (*one[:4], one[4].text)):
            chosen.setdefault((piece.node, piece.path), piece)
        return tuple(chosen.values())[:MOST_SHOWN]

    def _place(self, text: Literal) -> int:
        language = primary(text.language or "")
        return self._order.index(language) if language in self._order else len(self._order)


class _Matches:
    """Which words of texts were asked for; the same word is looked at once."""

    def __init__(self, sought: Sought, stemmed: Sequence[str]) -> None:
        words = [(word, one) for one in sought.asked for word in one.words if not one.small]
        self._words = {word: number for number, (word, _) in enumerate(words)}
        self._begun = [w for w, one in words if one.open_ended and len(w) >= _LEAST_BEGINNING]
        self._stems = {
            language: {stem(word, language): self._words[word] for word in self._words} for language in stemmed
        }
        self._misspelt = [(word, letters) for word, letters in sought.misspelt.items() if word in self._words]
        self._known: dict[tuple[str, str], int | None] = {}

    def __len__(self) -> int:
        return len(self._words)

    def marks(self, text: Literal) -> tuple[list[tuple[int, int]], set[int]]:
        """Where the words are in the composed form of a text, and which they are."""
        language = primary(text.language or "")
        found = [
            (token.char_offset_from, token.char_offset_to, number)
            for token in plain().pre_tokenize(_composed(text)).tokens
            if (number := self._number(token.text, language)) is not None
        ]
        return [(start, end) for start, end, _ in found], {number for *_, number in found}

    def _number(self, word: str, language: str) -> int | None:
        key = word, language
        if key not in self._known:
            self._known[key] = self._find(fold(word), language)
        return self._known[key]

    def _find(self, word: str, language: str) -> int | None:
        if word in self._words:
            return self._words[word]
        if language in self._stems:
            near = self._stems[language].get(stem(word, language))
            if near is not None:
                return near
        begun = next((w for w in self._begun if word.startswith(w)), None)
        if begun is None:
            begun = next((w for w, most in self._misspelt if differs(w, word, begins=w in self._begun) <= most), None)
        return self._words[begun] if begun is not None else None


def _composed(text: Literal) -> str:
    return unicodedata.normalize("NFC", text.value[:_MOST_LOOKED_AT])


def _within(marks: Sequence[tuple[int, int]], at: int) -> int:
    return sum(at <= start and end <= at + _LENGTH for start, end in marks)


def _piece(node: NamedNode, path: Path, text: Literal, marks: Sequence[tuple[int, int]]) -> Highlight:
    """The stretch of a text with most marks, cut at spaces."""
    whole = _composed(text)
    start, end = 0, len(whole)
    if end > _LENGTH:
        start = max((max(0, s - _LENGTH // 4) for s, _ in marks), key=lambda at: _within(marks, at))
        if start:
            start = whole.find(" ", start, start + _LENGTH // 4) + 1 or start
        end = min(len(whole), start + _LENGTH)
        if end < len(whole):
            end = max(whole.rfind(" ", start, end), start + _LENGTH // 2)
    before, after = "…" if start else "", "…" if end < len(whole) else ""
    kept = tuple((s - start + len(before), e - start + len(before)) for s, e in marks if start <= s and e <= end)
    return Highlight(node, path, text.language or "", f"{before}{whole[start:end]}{after}", kept)
