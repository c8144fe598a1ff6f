"""A date or date-time as people write it, and what it includes; knows no revision."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_SPACE_FOR_PLUS = re.compile(r" (?=\d\d:?\d\d$)")
"""What an unescaped plus sign becomes in an address."""


@dataclass(frozen=True)
class Moment:
    """``start`` is the first instant that is meant, ``end`` the last: a date is a whole day, 12:00 a whole minute."""

    start: datetime
    end: datetime

    @classmethod
    def read(cls, text: str) -> Moment | None:
        """None for what is neither a date nor a date-time of ISO 8601; without a zone it is UTC."""
        try:
            if len(text) <= 10:
                day = datetime.combine(date.fromisoformat(text), time(), UTC)
                return cls(day, _after(day, timedelta(days=1)))
            start = datetime.fromisoformat(text if "T" not in text else _SPACE_FOR_PLUS.sub("+", text))
            start = (start if start.tzinfo else start.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            return None
        return cls(start, _after(start, _precision(text)))

    @property
    def is_to_come(self) -> bool:
        return self.start > datetime.now(UTC)

    def includes(self, instant: datetime) -> bool:
        """Whether an instant is not after the end of this."""
        return instant <= self.end


def _precision(text: str) -> timedelta:
    """What the last figure that was written counts."""
    if re.search(r"[.,]\d", text):
        return timedelta(microseconds=1)
    seconds = re.search(r"\d\d:\d\d:\d\d|\D\d{6}", text[8:])
    return timedelta(seconds=1) if seconds else timedelta(minutes=1)


def _after(start: datetime, length: timedelta) -> datetime:
    try:
        return start + length - timedelta(microseconds=1)
    except OverflowError:
        return start
