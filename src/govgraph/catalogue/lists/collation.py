"""How words and values stand in an order: words by the rules of a language, numbers and days by value.

It knows terms and texts, no entity and no view. Keys of one language compare with each other only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

import icu  # type: ignore[import-untyped]  # it ships no types; what is used of it is typed here
from pyoxigraph import Literal, NamedNode

from govgraph.iris import XSD
from govgraph.store import Term

Value: TypeAlias = tuple[int, Decimal | str]
"""What a value compares by: its class (a number, a moment, a span, words) and in it the value."""
Key: TypeAlias = tuple[int, Decimal | bytes]
"""The same with words as a language sorts them."""

NUMBER, MOMENT, SPAN, WORDS = range(4)
_NUMBERS = frozenset(
    f"{XSD}{one}"
    for one in (
        *("integer", "decimal", "double", "float", "long", "int", "short", "byte", "gYear"),
        *("nonNegativeInteger", "positiveInteger", "nonPositiveInteger", "negativeInteger"),
        *("unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"),
    )
)
_MOMENTS = frozenset(f"{XSD}{one}" for one in ("dateTime", "dateTimeStamp"))
_DAY = f"{XSD}date"
_SPANS = frozenset(f"{XSD}{one}" for one in ("duration", "dayTimeDuration", "yearMonthDuration"))
_SPAN = re.compile(r"(-?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII)
_SECONDS = tuple(map(Decimal, (31_556_952, 2_629_746, 86_400, 3_600, 60, 1)))
"""Of a mean year, a mean month, a day, an hour, a minute, a second: spans have no exact order among them."""
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = Decimal(1_000_000)


def collation(language: str) -> Callable[[str], bytes]:
    """What texts compare by in a language; by the root order of the world's languages where it is not known.

    Each call makes a collator of its own, so that no two threads share one.
    """
    try:
        locale = icu.Locale.forLanguageTag(language) if language else icu.Locale.getRoot()
        collator = icu.Collator.createInstance(locale)
    except icu.ICUError:
        collator = icu.Collator.createInstance(icu.Locale.getRoot())
    key: Callable[[str], bytes] = collator.getSortKey
    return key


def value_of(term: Term) -> Value:
    """What a term is compared by. What is not written as its datatype has it is words, after everything else."""
    if not isinstance(term, Literal):
        return WORDS, term.value if isinstance(term, NamedNode) else str(term)
    datatype, said = term.datatype.value, term.value
    found: Decimal | None = None
    class_ = WORDS
    if datatype in _NUMBERS:
        class_, found = NUMBER, _number(said)
    elif datatype == _DAY or datatype in _MOMENTS:
        class_, found = MOMENT, _moment(said, day=datatype == _DAY)
    elif datatype in _SPANS:
        class_, found = SPAN, _span(said)
    return (WORDS, said) if found is None else (class_, found)


def number_of(term: Term) -> Decimal | None:
    """The number a literal is, None for any other."""
    return _number(term.value) if isinstance(term, Literal) and term.datatype.value in _NUMBERS else None


def key_of(value: Value, words: Callable[[str], bytes]) -> Key:
    class_, said = value
    return (class_, words(said)) if isinstance(said, str) else (class_, said)


def _number(said: str) -> Decimal | None:
    try:
        number = Decimal(said)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _moment(said: str, *, day: bool) -> Decimal | None:
    """Microseconds since 1970; what has no time zone is taken to be in UTC."""
    try:
        if day:
            moment = datetime.combine(date.fromisoformat(said[:10]), datetime.min.time())
            zone = said[10:]
            moment = datetime.fromisoformat(f"{moment.isoformat()}{zone}") if zone else moment
        else:
            moment = datetime.fromisoformat(said)
    except ValueError:
        return None
    passed = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _BEGINNING
    return Decimal(passed.days * 86_400 + passed.seconds) * _MICRO + passed.microseconds


def _span(said: str) -> Decimal | None:
    found = _SPAN.fullmatch(said)
    if found is None:
        return None
    sign, *parts = found.groups()
    seconds = sum((Decimal(part) * of for part, of in zip(parts, _SECONDS, strict=True) if part), Decimal())
    return -seconds if sign else seconds
