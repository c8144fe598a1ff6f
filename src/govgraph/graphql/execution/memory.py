"""What was read of one view, kept in a bounded memory for the operations to come; knows nodes and keys, no store.

A view never changes, so what was read of it stays true as long as it lives. What nobody asked for while half of the
room was filled anew goes.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from pyoxigraph import Literal

from govgraph.catalogue import Label
from govgraph.store import Term

MOST = 100_000
"""Values kept of a view, a long text counting as several: some twenty megabytes."""
_CHARACTERS = 64
"""Of a text that count as one value."""

_Tables: TypeAlias = dict[object, dict[Term, Any]]
_NOTHING: Mapping[Term, Any] = {}


class Memory:
    """Tables by key, each from nodes to what was found of them. Safe to use from any thread.

    Values are of any type, one per key; nothing may be done to them but reading.
    """

    def __init__(self, most: int = MOST) -> None:
        self._half = most // 2
        self._young: _Tables = {}
        self._old: _Tables = {}
        self._weight = 0
        self._lock = threading.Lock()

    def known(self, key: object, nodes: Sequence[Term]) -> dict[Term, Any]:
        """What is known of some of the nodes."""
        # Tables only grow, and are left alone once they are old: reading them needs no lock.
        young, old = self._young.get(key, _NOTHING), self._old.get(key, _NOTHING)
        found = {node: young[node] for node in nodes if node in young}
        if old and len(found) < len(nodes):
            again = {node: old[node] for node in nodes if node not in found and node in old}
            self.learn(key, again)
            found |= again
        return found

    def learn(self, key: object, found: Mapping[Term, Any]) -> None:
        weight = sum(map(_weight, found.values()))
        with self._lock:
            if self._weight + weight > self._half:
                self._old, self._young, self._weight = self._young, {}, 0
            if weight <= self._half:
                self._young.setdefault(key, {}).update(found)
                self._weight += weight

    def forget(self) -> None:
        """Everything, as if the view were new: for who measures what reading costs."""
        with self._lock:
            self._old, self._young, self._weight = {}, {}, 0


def _weight(value: object) -> int:
    if isinstance(value, list | tuple):
        return 1 + sum(map(_weight, value))
    text = value.value if isinstance(value, Literal) else value.text if isinstance(value, Label) else ""
    return 1 + len(text) // _CHARACTERS
