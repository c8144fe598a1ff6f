"""How many connections are held open, of all clients and of each; opens and closes none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

from govgraph.errors import QueryBusy
from govgraph.settings import Settings


class Seats:
    """Belongs to one event loop."""

    def __init__(self, settings: Settings) -> None:
        self._most = settings.graphql_streams
        self._each = settings.graphql_streams_client
        self._taken: Counter[Hashable] = Counter()

    def take(self, client: Hashable) -> None:
        """A seat, which the caller gives back. Raises QueryBusy."""
        if self._taken.total() >= self._most:
            raise QueryBusy("Too many connections are held open here.", "Try again later.")
        if self._taken[client] >= self._each:
            sentence = f"You hold {self._each} connections open here, which is as many as may be."
            raise QueryBusy(sentence, "Follow several things over one WebSocket.")
        self._taken[client] += 1

    def give_back(self, client: Hashable) -> None:
        self._taken[client] -= 1
        if not self._taken[client]:
            del self._taken[client]
