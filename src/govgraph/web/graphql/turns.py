"""Whose operation runs next: so many at a time, clients in turn; knows no operation and no HTTP.

A client is never more than half of those that run, and where places are short each client that waits gets one in its
turn, however many requests another one has sent. Who waits holds no thread.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Hashable

from govgraph.errors import QueryBusy


class Turns:
    """Belongs to one event loop."""

    def __init__(self, places: int, waiting: int) -> None:
        """At least one of ``places`` for anybody; ``waiting`` of one client may wait."""
        self._free = max(places, 1)
        self._each = max((places + 1) // 2, 1)
        self._waiting = waiting
        self._running: Counter[Hashable] = Counter()
        self._queues: OrderedDict[Hashable, deque[asyncio.Future[None]]] = OrderedDict()

    async def take(self, client: Hashable) -> None:
        """A place, which the caller gives back. Raises QueryBusy."""
        if self._free and self._running[client] < self._each and client not in self._queues:
            self._free -= 1
            self._running[client] += 1
            return
        queue = self._queues.setdefault(client, deque())
        if len(queue) >= self._waiting:
            raise QueryBusy("Too many of your requests are waiting here.", "Send fewer at a time.")
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back(client)  # it was given just then
            elif turn in queue:
                queue.remove(turn)
                if not queue and self._queues.get(client) is queue:
                    del self._queues[client]
            raise

    def give_back(self, client: Hashable) -> None:
        self._free += 1
        self._running[client] -= 1
        if not self._running[client]:
            del self._running[client]
        if self._queues:
            self._pass_on()

    def _pass_on(self) -> None:
        """Give free places to those who wait, one each in turn."""
        for client in list(self._queues):
            if not self._free:
                return
            if self._running[client] >= self._each:
                continue
            queue = self._queues[client]
            turn = queue.popleft()
            while turn.cancelled() and queue:
                turn = queue.popleft()
            if queue:
                self._queues.move_to_end(client)
            else:
                del self._queues[client]
            if not turn.cancelled():
                self._free -= 1
                self._running[client] += 1
                turn.set_result(None)
