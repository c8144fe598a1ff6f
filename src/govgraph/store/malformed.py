"""What is wrong with a query that cannot be read, in words for people: where it breaks off and what could stand there.

The engine's parser names the furthest place it looked at, most often inside a word, and all it tried on its way. So it
is asked again, with the text cut off after each word (by bisection, since what cannot begin a query does not become
one by going on) and then with what might follow. Nothing is run: what is asked never ends as a query can.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

import pyoxigraph

from govgraph.errors import QueryError
from govgraph.iris import PREFIXES
from govgraph.store import sparql_text

_BASE = "http://localhost/"
_PLACE = re.compile(r"error at (\d+):(\d+): (?:expected (?:one of )?)?(.*)", re.DOTALL)
_MARK_OR_WORDS = re.compile(r'"(?:[^"\\]|\\.)*"|[^,"]+')
_LONGEST = 100_000
"""Characters; of a longer text the engine's own place is told."""
_MARGIN = 40
"""More than the longest keyword has letters: the parser looks as far ahead when it tries one."""
_FOLLOWING = {
    "?variable": "?x", "<iri>": "<x:y>", '"text"': '"x"', "a number": "1", "{": "{", "}": "}", "(": "(", ")": ")",
    "SELECT": "SELECT", "ASK": "ASK", "CONSTRUCT": "CONSTRUCT", "DESCRIBE": "DESCRIBE", "PREFIX": "PREFIX",
    "WHERE": "WHERE", "DISTINCT": "DISTINCT", "FILTER": "FILTER", "OPTIONAL": "OPTIONAL", "UNION": "UNION",
    "MINUS": "MINUS", "BIND": "BIND", "VALUES": "VALUES", "AS": "AS", "ORDER BY": "ORDER", "GROUP BY": "GROUP",
    "HAVING": "HAVING", "LIMIT": "LIMIT", "OFFSET": "OFFSET", "BY": "BY",
}  # fmt: skip
_MOST_NAMED = 8


def explain(message: str, text: str) -> QueryError:
    """The refusal of a text for which the engine has this message."""
    match = _PLACE.match(message)
    if not match:
        return QueryError(f"The query cannot be read: {message}.", _advice(text, message, None))
    start = _break(text) if len(text) <= _LONGEST else _offset(text, int(match.group(1)), int(match.group(2)))
    line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
    near = text[start:].split("\n", 1)[0][:30].strip()
    return QueryError(
        f"The query cannot be read at line {line}, column {column}, {f'near {near!r}' if near else 'at its end'}.",
        _advice(text, match.group(3), start),
        line=line,
        column=column,
    )


def _break(text: str) -> int:
    """Where the first word begins that cannot stand where it stands; the end of the text where something is missing."""
    words = sparql_text.spans(text)
    low, high = 0, len(words)
    while low < high:
        middle = (low + high) // 2
        if _may_begin(text[: words[middle][1]]):
            low = middle + 1
        else:
            high = middle
    return words[low][0] if low < len(words) else len(text.rstrip()) if text.strip() else 0


def _offset(text: str, line: int, column: int) -> int:
    return sum(len(one) + 1 for one in text.split("\n")[: line - 1]) + column - 1


def _may_begin(start: str) -> bool:
    """Whether a query may begin so: then the parser gets as far as the mark behind it, which no query may have."""
    asked = f"{start}\n{' ' * _MARGIN}\0"
    try:
        pyoxigraph.Store().query(asked, base_iri=_BASE, prefixes=PREFIXES)
    except SyntaxError as error:
        match = _PLACE.match(str(error))
        place = (int(match.group(1)), int(match.group(2))) if match else (0, 0)
        return place >= (start.count("\n") + 2, _MARGIN + 1)
    return False


def _advice(text: str, expected: str, start: int | None) -> str:
    if not text.strip():
        return "It is empty."
    if sparql_text.is_update(text):
        return "This is an update; updates are not available here yet."
    if undeclared := sparql_text.undeclared_prefixes(text):
        return " ".join(f"The prefix {prefix}: is not declared." for prefix in undeclared[:3])
    # What the parser names is keywords, quoted marks, classes of characters in brackets, and sentences of its own.
    named = [part.strip() for part in _MARK_OR_WORDS.findall(re.sub(r"\[[^\]]*\]", "", expected)) if part.strip()]
    if explained := next((part for part in named if " " in part and not part.startswith('"')), ""):
        return f"{explained[:1].upper()}{explained[1:]}."
    return _possible(text[:start], text[start:]) if start is not None and len(text) <= _LONGEST else ""


def _possible(before: str, after: str) -> str:
    """What may stand in place of what does."""
    possible = [name for name, sample in _FOLLOWING.items() if _may_begin(f"{before} {sample}")]
    word = re.match(r"\w+", after)
    meant = get_close_matches(word.group().upper(), possible, 1) if word else []
    if meant:
        return f"Did you mean {meant[0]}?"
    return f"Here may stand, among others: {', '.join(possible[:_MOST_NAMED])}." if possible else ""
