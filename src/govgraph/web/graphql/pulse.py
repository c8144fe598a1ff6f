"""Wakes whoever waits for a newer revision, in one serving process; knows no subscription.

One look at the store for all of them, as often as the settings say, and none while nobody waits.
"""

from __future__ import annotations

import asyncio

from starlette.concurrency import run_in_threadpool

from govgraph.errors import StoreError
from govgraph.web.departure import Departure
from govgraph.web.house import House
from govgraph.web.view import newest


class Pulse:
    """Belongs to one event loop."""

    def __init__(self, house: House) -> None:
        self.departure: Departure = house.departure
        self._house = house
        self._revision = 0
        self._waiting: set[asyncio.Future[None]] = set()
        self._looking: asyncio.Task[None] | None = None
        self.departure.then(self._wake)

    async def wait(self, revision: int, seconds: float) -> bool:
        """Until readers may have a revision newer than this one or this process is to end; False when time is up."""
        if self._revision > revision or self.departure.begun.is_set():
            return True
        turn = asyncio.get_running_loop().create_future()
        self._waiting.add(turn)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look(), name="pulse")
        try:
            await asyncio.wait_for(turn, seconds)
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(turn)
        return True

    async def _look(self) -> None:
        try:
            while self._waiting:
                found = await run_in_threadpool(self._newest)
                if found > self._revision:
                    self._revision = found
                    self._wake()
                await asyncio.sleep(self._house.settings.refresh_seconds)
        finally:
            self._looking = None

    def _newest(self) -> int:
        try:
            return newest(self._house).reader.revision
        except StoreError:  # it will be there again, or whoever reads is told
            return 0

    def _wake(self) -> None:
        for turn in self._waiting:
            if not turn.done():
                turn.set_result(None)
