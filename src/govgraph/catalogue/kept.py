"""What is expensive to find out, found once and kept while there is room; knows neither views nor what it keeps."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar, cast

_Kept = TypeVar("_Kept")


class Kept:
    """At most ``most`` things; the one not asked for longest makes room. Safe to use from any thread.

    With ``weigh`` they weigh at most ``room`` together, or there is only one.

    Who asks for what is being found waits for it; who asks for something else does not.
    """

    def __init__(self, most: int, room: int = 0, weigh: Callable[[object], int] | None = None) -> None:
        self._most = most
        self._room = room
        self._weigh = weigh
        self._weight = 0
        self._places: OrderedDict[object, _Place] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._places)

    def get(self, key: object, find: Callable[[], _Kept]) -> _Kept:
        """What ``find`` gives; ``key`` must tell apart everything it depends on. Nothing is kept of one that raises."""
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            self._make_room()
        with place.lock:
            if not place.found:
                place.value = find()
                place.found = True
                if self._weigh is not None:
                    self._count(key, place, self._weigh(place.value))
            return cast("_Kept", place.value)

    def _count(self, key: object, place: _Place, weight: int) -> None:
        with self._lock:
            if self._places.get(key) is place:
                place.weight = weight
                self._weight += weight
                self._places.move_to_end(key)
                self._make_room()

    def _make_room(self) -> None:
        while len(self._places) > self._most or (self._weight > self._room and len(self._places) > 1):
            self._weight -= self._places.popitem(last=False)[1].weight


class Heirlooms:
    """At most ``most`` things that one revision leaves to the next; the one not touched longest makes room. Safe to use
    from any thread. Who takes something has to see whether it still holds."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._things: OrderedDict[object, object] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: object) -> object:
        """What was left there, None where there is nothing."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
            return self._things.get(key)

    def leave(self, key: object, thing: object) -> None:
        with self._lock:
            self._things[key] = thing
            self._things.move_to_end(key)
            while len(self._things) > self._most:
                self._things.popitem(last=False)


class Legacy:
    """What the views of one audience leave to those after them: columns by what they are of, and orders."""

    def __init__(self, columns: int, orders: int) -> None:
        self.columns = Heirlooms(columns)
        self.orders = Heirlooms(orders)


class _Place:
    """Where one thing is kept. The lock lets its own thread in again: finding it may ask for what leads back here."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.found = False
        self.value: object = None
        self.weight = 0
