"""The records of a JSON file with the line each begins on; knows nothing of what they mean."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TypeAlias

from govgraph.sheet.table import Unreadable

Value: TypeAlias = "str | bool | list[Value] | dict[str, Value] | None"
"""What a JSON file holds; numbers stay as they are written."""

_SPACE = re.compile(r"[\s]*")


def records(data: bytes, path: str) -> Iterator[tuple[int, Value]]:
    """The items of the list at ``path`` (names with dots between, empty for the top), each with its line.

    A single object there is one record. Raises Unreadable with the line.
    """
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(
            f"The text is not UTF-8 (byte {data[error.start]:#04x}); save the file as UTF-8.", line
        ) from None
    return _Walk(text).records(path.split(".") if path else [])


class _Walk:
    """Goes through a JSON text without building what is not asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._decoder = json.JSONDecoder(parse_float=str, parse_int=str)
        self._counted = (0, 1)

    def records(self, path: list[str]) -> Iterator[tuple[int, Value]]:
        at = self._space(0)
        for name in path:
            at = self._find(at, name)
        if self._text[at : at + 1] != "[":
            yield self._line(at), self._value(at)[0]
            return
        at = self._space(at + 1)
        while self._text[at : at + 1] != "]":
            start = at
            value, at = self._value(at)
            yield self._line(start), value
            at = self._next(at, "]")

    def _find(self, at: int, name: str) -> int:
        """Where the member of an object begins."""
        if self._text[at : at + 1] != "{":
            raise Unreadable(f"There is no object with “{name}” here.", self._line(at))
        at = self._space(at + 1)
        while self._text[at : at + 1] != "}":
            key, at = self._value(at)
            at = self._space(at)
            if self._text[at : at + 1] != ":":
                raise Unreadable("The file is no JSON: a colon is missing.", self._line(at))
            at = self._space(at + 1)
            if key == name:
                return at
            at = self._next(self._value(at)[1], "}")
        raise Unreadable(f"There is no “{name}” in the file.", self._line(at))

    def _next(self, at: int, end: str) -> int:
        """Past the comma after a value; where the list or object ends."""
        at = self._space(at)
        mark = self._text[at : at + 1]
        if mark not in (",", end) or not mark:
            raise Unreadable(f"The file is no JSON: a comma or {end} is missing.", self._line(at))
        return self._space(at + 1) if mark == "," else at

    def _value(self, at: int) -> tuple[Value, int]:
        try:
            value, end = self._decoder.raw_decode(self._text, at)
        except json.JSONDecodeError as error:
            raise Unreadable(f"The file is no JSON: {error.msg}.", self._line(error.pos)) from None
        except RecursionError:
            raise Unreadable("The file is nested too deeply.", self._line(at)) from None
        return value, end

    def _space(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at

    def _line(self, at: int) -> int:
        known, line = self._counted if self._counted[0] <= at else (0, 1)
        line += self._text.count("\n", known, at)
        self._counted = (at, line)
        return line
