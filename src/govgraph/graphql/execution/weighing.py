"""How long an answer will be as JSON, before it is written; knows no operation.

The same entity wherever it comes is one object of the answer, but is written out each time: what takes little memory
may take gigabytes as text.
"""

from __future__ import annotations

from typing import Any

MANY = 1_000
"""Values an answer may hold (its entries times its fields) from which on it is weighed: with fewer, texts would have to
have many thousand characters each for it to be too long."""
_BESIDE = 4
"""Quotes, a colon and a comma."""


def length(value: Any, known: dict[int, int] | None = None) -> int:
    """In characters, at least. ``known`` are the lengths of the objects that were met before, by their identity."""
    known = {} if known is None else known
    if isinstance(value, dict):
        found = known.get(id(value))
        if found is None:
            found = known[id(value)] = sum(len(key) + _BESIDE + length(one, known) for key, one in value.items())
        return found
    if isinstance(value, list):
        return sum(1 + length(one, known) for one in value)
    return len(value) + 2 if isinstance(value, str) else 1
