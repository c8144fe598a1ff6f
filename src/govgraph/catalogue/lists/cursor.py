"""A place in an order as text that clients hand back, and what to do with text that is none; knows no entity."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

import orjson

from govgraph.catalogue.lists.collation import NUMBER, WORDS, Value
from govgraph.errors import BadCursor

Place: TypeAlias = tuple[tuple[Value | None, ...], str]
"""The value of each key of an order, None where there is none, and an IRI."""

LONGEST_TEXT = 500
"""Characters of a text that count in an order, so that every cursor stays fit for an address."""
MOST_KEYS = 5
LONGEST = 16_384
"""Characters of a cursor: room for an IRI of some thousand characters beside the texts."""


@dataclass(frozen=True)
class Mark:
    """What a cursor belongs to: an order, and the preference of languages by which it compared words."""

    order: str
    languages: tuple[str, ...]

    def encode(self, revision: int, place: Place) -> str:
        """A cursor. The revision is the one it was given out at; it holds at any other."""
        values, iri = place
        keys = [value if value is None else [value[0], str(value[1])] for value in values]
        return encode([revision, self.order, self.languages, keys, iri])

    def decode(self, cursor: str) -> Place:
        """The place a cursor of this order stands for. Raises BadCursor."""
        match said(cursor):
            case [int(), str(order), list(languages), list(keys), str(iri)] if _is_text(iri):
                place = tuple(_value(cursor, key) for key in keys), iri
            case _:
                raise strange(cursor)
        if order != self.order:
            raise BadCursor(
                f"The cursor {cursor[:40]!r} is of a list in another order.",
                "Begin again at the first page, or ask for the order the cursor comes from.",
            )
        if languages != list(self.languages):
            raise BadCursor(
                f"The cursor {cursor[:40]!r} is of a list for other languages.",
                "Begin again at the first page, or ask for the languages the cursor comes from.",
            )
        if len(keys) != order.count(",") + bool(order):
            raise strange(cursor)
        return place


def encode(place: object) -> str:
    """Whatever JSON holds, as text for an address."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode()


def said(cursor: str) -> object:
    """What was encoded, of whatever form: who asks knows which it has to be. Raises BadCursor."""
    if len(cursor) > LONGEST:
        raise strange(cursor)
    try:
        return orjson.loads(base64.urlsafe_b64decode(cursor.encode()))
    except ValueError:
        raise strange(cursor) from None


def strange(cursor: str) -> BadCursor:
    """The refusal of a cursor that no page gave out."""
    hint = "Begin again without one, and take cursors from an answer."
    return BadCursor(f"The cursor {cursor[:40]!r} was not given out here.", hint)


def _value(cursor: str, key: object) -> Value | None:
    match key:
        case None:
            return None
        case [int(class_), str(text)] if not isinstance(class_, bool) and NUMBER <= class_ <= WORDS and _is_text(text):
            if class_ == WORDS:
                return class_, text
        case _:
            raise strange(cursor)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise strange(cursor) from None
    if not number.is_finite():
        raise strange(cursor)
    return class_, number


def _is_text(text: str) -> bool:
    """JSON can hold half a character, which no text of ours does."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
