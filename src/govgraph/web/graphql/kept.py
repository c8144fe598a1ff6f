"""Answers that are kept for who asks the same again, bounded by their bytes; runs nothing, reads nothing."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from govgraph.catalogue import Audience
from govgraph.graphql.execution.limits import Price

_LARGEST = 16
"""No answer takes more than this part of the room."""
_BESIDE = 500
"""Bytes an answer takes beside its text and its key's."""


class Key(NamedTuple):
    """All that an answer depends on. ``moment`` is empty for now; questions may depend on the day.

    Not the media type: the bytes of an answer that has no errors are the same in either.
    """

    document: str
    operation_name: str
    variables: bytes
    audience: Audience
    revision: int
    moment: str
    day: date

    @property
    def size(self) -> int:
        """In bytes, about."""
        return bytes_of(self.document) + bytes_of(self.operation_name) + len(self.variables) + len(self.moment)


@dataclass(frozen=True)
class Answer:
    """What an operation gave, and what it costs."""

    body: bytes
    price: Price


class Answers:
    """The answer not asked for longest makes room. Safe to use from any thread."""

    def __init__(self, most: int) -> None:
        """``most`` bytes; 0 keeps nothing."""
        self._most = most
        self._bytes = 0
        self._kept: OrderedDict[Key, Answer] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        return self._bytes

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Key) -> Answer | None:
        with self._lock:
            answer = self._kept.get(key)
            if answer is not None:
                self._kept.move_to_end(key)
            return answer

    def keep(self, key: Key, answer: Answer) -> None:
        if _size(key, answer) * _LARGEST > self._most:
            return
        with self._lock:
            before = self._kept.pop(key, None)
            self._bytes += _size(key, answer) - (_size(key, before) if before else 0)
            self._kept[key] = answer
            while self._bytes > self._most:
                self._bytes -= _size(*self._kept.popitem(last=False))


def bytes_of(text: str) -> int:
    """What a text takes of memory, at most."""
    return len(text) if text.isascii() else 4 * len(text)


def _size(key: Key, answer: Answer) -> int:
    return len(answer.body) + key.size + _BESIDE
