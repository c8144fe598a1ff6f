"""What a GraphQL answer holds, in the shapes a page shows: lines, lists and tables; knows no schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

MOST = 200
"""Things of one list that are shown; the JSON has them all."""
_NAMES = frozenset({"value", "name", "label", "title"})
_WIDEST = 8
"""Columns of a table; what has more is shown one below the other."""


@dataclass(frozen=True)
class Text:
    """``language`` is empty where none is said, ``href`` where it is no address."""

    text: str
    language: str = ""
    href: str = ""


@dataclass(frozen=True)
class Lines:
    """Named values, one below the other."""

    lines: tuple[tuple[str, Readable], ...]


@dataclass(frozen=True)
class Items:
    """A list; ``more`` are left out."""

    items: tuple[Readable, ...]
    more: int


@dataclass(frozen=True)
class Table:
    """Objects of few and simple fields."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Readable, ...], ...]
    more: int


Readable: TypeAlias = Text | Lines | Items | Table


def read(value: Any) -> Readable:  # whatever JSON an answer holds
    if isinstance(value, Mapping):
        return _text_alone(value) or Lines(tuple((name, read(one)) for name, one in value.items()))
    if isinstance(value, list):
        shown, more = value[:MOST], max(len(value) - MOST, 0)
        return _table(shown, more) or Items(tuple(read(one) for one in shown), more)
    if value is None:
        return Text("–")
    if isinstance(value, str):
        return Text(value, href=value if value.startswith(("http://", "https://")) else "")
    return Text(str(value).lower() if isinstance(value, bool) else str(value))


def _text_alone(value: Mapping[str, Any]) -> Text | None:
    """A text with its language, or an object that holds nothing but what it is called, as that text."""
    if value.keys() <= {"value", "lang"} and isinstance(value.get("value"), str):
        return Text(value["value"], value.get("lang") or "")
    if len(value) == 1 and value.keys() <= _NAMES:
        simple = read(next(iter(value.values())))
        return simple if isinstance(simple, Text) else None
    return None


def _table(values: Sequence[Any], more: int) -> Table | None:
    if len(values) < 2 or not all(isinstance(one, Mapping) and one for one in values):
        return None
    columns = tuple(dict.fromkeys(name for one in values for name in one))
    if len(columns) > _WIDEST or all(_text_alone(one) for one in values):
        return None
    rows = tuple(tuple(read(one.get(name)) for name in columns) for one in values)
    return Table(columns, rows, more)
