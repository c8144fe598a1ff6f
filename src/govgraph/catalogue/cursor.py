"""A place in an order as text that clients hand back, and what to do with text that is none; knows no entity."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from math import isfinite
from typing import TypeAlias

from govgraph.errors import BadRequest

SortKey: TypeAlias = tuple[int, str | float]
"""Of a thing with a value in the order: 0 and the value. Of one without: 1 and nothing, so that it comes last."""
Entry: TypeAlias = tuple[SortKey, str]

LAST: SortKey = (1, "")
LONGEST_TEXT = 500
"""Characters of a text that count in an order, so that every cursor stays fit for an address."""
LONGEST = 16_384
"""Characters of a cursor: room for an IRI of some thousand characters beside the text."""


def encode(place: object) -> str:
    """Whatever JSON holds, as text for an address."""
    return base64.urlsafe_b64encode(json.dumps(place, ensure_ascii=False).encode()).decode()


def said(cursor: str) -> object:
    """What was encoded, of whatever form: who asks knows which it has to be. Raises BadRequest."""
    if len(cursor) > LONGEST:
        raise strange(cursor)
    try:
        return json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, RecursionError):
        raise strange(cursor) from None


def strange(cursor: str) -> BadRequest:
    """The refusal of a cursor that no page gave out."""
    return BadRequest(f"The cursor {cursor[:40]!r} was not given out here.", "Take cursors from a page.")


def decode(cursor: str, ordered: Sequence[Entry]) -> Entry:
    """The place a cursor stands for in an order of that sort. Raises BadRequest."""
    match said(cursor):
        case [[0 | 1 as absent, str() | int() | float() as key], str(iri)] if _is_key(absent, key):
            place: Entry = ((int(absent), key), iri)
        case _:
            raise strange(cursor)
    if place[0] != LAST and ordered and ordered[0][0] != LAST and _is_text(ordered[0][0][1]) != _is_text(key):
        raise BadRequest(
            f"The cursor {cursor[:40]!r} is of a list in another order.",
            "Begin again at the first page, or ask for the order the cursor comes from.",
        )
    return place


def _is_key(absent: object, key: str | float) -> bool:
    if isinstance(absent, bool | float) or isinstance(key, bool):
        return False
    return key == "" if absent else isinstance(key, str | int) or isfinite(key)


def _is_text(key: str | float) -> bool:
    return isinstance(key, str)
