"""Who of those that query may pass, and for how long; knows no query and no HTTP.

Nobody can tell beforehand how long a query takes, and one that runs can only be stopped, not set aside. So there are
places where a query may run to its deadline, and one for brief ones. A query takes a free place of the first sort;
where there is none it has a short time on the other, and what is not through by then is stopped and waits for a place
of the first sort. Whatever runs there, a brief query is kept waiting only by others in the same position.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from govgraph.errors import QueryBusy, QueryOverdue
from govgraph.settings import Settings

_Value = TypeVar("_Value")


class Turnstile:
    """Those who wait hold no thread; when too many do or it takes too long, QueryBusy. Belongs to one event loop."""

    def __init__(self, places: int, *, brief_places: int, waiting: int, seconds: float, brief_seconds: float) -> None:
        """``seconds`` is how long one may wait and then run; ``waiting`` is how many may wait."""
        self._places = places
        self._brief_places = brief_places
        self._room = places + brief_places + waiting
        self._seconds = seconds
        self._brief_seconds = min(brief_seconds, seconds)
        self._stopped = 0
        """How many have been stopped on a brief place and wait: they come before those who are new."""
        self._changed = asyncio.Condition()

    @classmethod
    def of(cls, settings: Settings) -> Turnstile:
        """One query process is left to the questions of the house, and one to brief queries, where there are enough."""
        return cls(
            max(1, settings.query_workers - 2),
            brief_places=min(1, settings.query_workers - 1),
            waiting=settings.query_waiting,
            seconds=settings.query_seconds,
            brief_seconds=settings.query_brief_seconds,
        )

    async def run(self, work: Callable[[float], _Value]) -> _Value:
        """What ``work``, which blocks, gives; it is told how many seconds it has, and begun again where it has more.

        Raises QueryBusy, and what ``work`` raises.
        """
        if self._room <= 0:
            raise _busy()
        self._room -= 1
        try:
            async with self._first_place() as brief:
                try:
                    return await run_in_threadpool(work, self._brief_seconds if brief else self._seconds)
                except QueryOverdue:
                    if not brief:
                        raise
                    self._stopped += 1
            try:
                async with self._full_place():
                    return await run_in_threadpool(work, self._seconds)
            finally:
                self._stopped -= 1
        finally:
            self._room += 1

    @asynccontextmanager
    async def _first_place(self) -> AsyncIterator[bool]:
        """Of either sort; true on a brief one."""
        await self._until(lambda: self._brief_places > 0 or self._may_take_full())
        if self._may_take_full():
            async with self._taken():
                yield False
            return
        self._brief_places -= 1
        try:
            yield True
        finally:
            self._brief_places += 1
            await self._tell()

    @asynccontextmanager
    async def _full_place(self) -> AsyncIterator[None]:
        await self._until(lambda: self._places > 0)
        async with self._taken():
            yield

    @asynccontextmanager
    async def _taken(self) -> AsyncIterator[None]:
        self._places -= 1
        try:
            yield
        finally:
            self._places += 1
            await self._tell()

    def _may_take_full(self) -> bool:
        return self._places > 0 and not self._stopped

    async def _until(self, free: Callable[[], bool]) -> None:
        """Between the end of the wait and the next await nobody else runs, so that who waited takes the place."""
        try:
            async with asyncio.timeout(self._seconds), self._changed:
                await self._changed.wait_for(free)
        except TimeoutError:
            raise _busy() from None

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _busy() -> QueryBusy:
    return QueryBusy("Too many queries are waiting here.", "Try again shortly.")
