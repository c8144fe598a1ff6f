"""What is wrong with a query or update that cannot be read, in words for people: where it breaks off and what could
stand there.

The engine's parser names the furthest place it looked at, most often inside a word, and all it tried on its way. So it
is asked again, with the text cut off after each word (by bisection, since what cannot begin a query does not become
one by going on) and then with what might follow. Nothing is run: what is asked never ends as a query can.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

import pyoxigraph

from govgraph.errors import QueryError
from govgraph.iris import PREFIXES
from govgraph.store import sparql_text

MARGIN = 40
"""More than the longest keyword has letters: the parser looks as far ahead when it tries one."""
_BASE = "http://localhost/"
_PLACE = re.compile(r"error at (\d+):(\d+): (?:expected (?:one of )?)?(.*)", re.DOTALL)
_MARK_OR_WORDS = re.compile(r'"(?:[^"\\]|\\.)*"|[^,"]+')
_LONGEST = 100_000
"""Characters; of a longer text the engine's own place is told."""
_FOLLOWING = {
    "?variable": "?x", "<iri>": "<x:y>", '"text"': '"x"', "a number": "1", "{": "{", "}": "}", "(": "(", ")": ")",
    "SELECT": "SELECT", "ASK": "ASK", "CONSTRUCT": "CONSTRUCT", "DESCRIBE": "DESCRIBE", "PREFIX": "PREFIX",
    "WHERE": "WHERE", "DISTINCT": "DISTINCT", "FILTER": "FILTER", "OPTIONAL": "OPTIONAL", "UNION": "UNION",
    "MINUS": "MINUS", "BIND": "BIND", "VALUES": "VALUES", "AS": "AS", "ORDER BY": "ORDER", "GROUP BY": "GROUP",
    "HAVING": "HAVING", "LIMIT": "LIMIT", "OFFSET": "OFFSET", "BY": "BY",
}  # fmt: skip
_FOLLOWING_IN_UPDATES = {
    "INSERT": "INSERT", "DELETE": "DELETE", "DATA": "DATA", "WITH": "WITH", "USING": "USING", "GRAPH": "GRAPH",
    "CLEAR": "CLEAR", "DROP": "DROP", "CREATE": "CREATE", "COPY": "COPY", "MOVE": "MOVE", "ADD": "ADD", "TO": "TO",
    "DEFAULT": "DEFAULT", "NAMED": "NAMED", "ALL": "ALL", "SILENT": "SILENT", ";": ";", **_FOLLOWING,
}  # fmt: skip
_MOST_NAMED = 8


def explain(message: str, text: str, *, update: bool = False) -> QueryError:
    """The refusal of a query, or of an update, for which the engine has this message."""
    return _Reading(text, "update" if update else "query").explain(message)


def place(error: SyntaxError) -> tuple[int, int]:
    """Line and column, from 1, of the furthest place the parser looked at; 0 where it does not say."""
    match = _PLACE.match(str(error))
    return (int(match.group(1)), int(match.group(2))) if match else (0, 0)


@dataclass(frozen=True)
class _Reading:
    """A text and what it is meant to be."""

    text: str
    meant: Literal["query", "update"]

    def explain(self, message: str) -> QueryError:
        text, match = self.text, _PLACE.match(message)
        if not match:
            return QueryError(f"The {self.meant} cannot be read: {message}.", self._advice(message, None))
        start = self._break() if len(text) <= _LONGEST else _offset(text, int(match.group(1)), int(match.group(2)))
        line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
        near = text[start:].split("\n", 1)[0][:30].strip()
        where = f"near {near!r}" if near else "at its end"
        return QueryError(
            f"The {self.meant} cannot be read at line {line}, column {column}, {where}.",
            self._advice(match.group(3), start),
            line=line,
            column=column,
        )

    def _break(self) -> int:
        """Where the first word begins that cannot stand where it stands; the end where something is missing."""
        text, words = self.text, sparql_text.spans(self.text)
        low, high = 0, len(words)
        while low < high:
            middle = (low + high) // 2
            if self._may_begin(text[: words[middle][1]]):
                low = middle + 1
            else:
                high = middle
        return words[low][0] if low < len(words) else len(text.rstrip()) if text.strip() else 0

    def _may_begin(self, start: str) -> bool:
        """Whether a text may begin so: then the parser gets as far as the mark behind it, which none may have."""
        asked = f"{start}\n{' ' * MARGIN}\0"
        engine = pyoxigraph.Store()
        try:
            if self.meant == "update":
                engine.update(asked, base_iri=_BASE, prefixes=PREFIXES)
            else:
                engine.query(asked, base_iri=_BASE, prefixes=PREFIXES)
        except SyntaxError as error:
            return place(error) >= (start.count("\n") + 2, MARGIN + 1)
        return False

    def _advice(self, expected: str, start: int | None) -> str:
        text = self.text
        if not text.strip():
            return "It is empty."
        if self.meant == "query" and sparql_text.is_update(text):
            return "This is an update: send it by POST, as update= or as application/sparql-update."
        if undeclared := sparql_text.undeclared_prefixes(text):
            return " ".join(f"The prefix {prefix}: is not declared." for prefix in undeclared[:3])
        # What the parser names is keywords, quoted marks, classes of characters in brackets, and its own sentences.
        named = [part.strip() for part in _MARK_OR_WORDS.findall(re.sub(r"\[[^\]]*\]", "", expected)) if part.strip()]
        if explained := next((part for part in named if " " in part and not part.startswith('"')), ""):
            return f"{explained[:1].upper()}{explained[1:]}."
        return self._possible(start) if start is not None and len(text) <= _LONGEST else ""

    def _possible(self, start: int) -> str:
        """What may stand in place of what does."""
        samples: Mapping[str, str] = _FOLLOWING_IN_UPDATES if self.meant == "update" else _FOLLOWING
        possible = [name for name, sample in samples.items() if self._may_begin(f"{self.text[:start]} {sample}")]
        word = re.match(r"\w+", self.text[start:])
        meant = get_close_matches(word.group().upper(), possible, 1) if word else []
        if meant:
            return f"Did you mean {meant[0]}?"
        return f"Here may stand, among others: {', '.join(possible[:_MOST_NAMED])}." if possible else ""


def _offset(text: str, line: int, column: int) -> int:
    return sum(len(one) + 1 for one in text.split("\n")[: line - 1]) + column - 1
