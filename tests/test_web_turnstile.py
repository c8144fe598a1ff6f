"""Who of those that query may pass, and for how long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Event

import pytest

from govgraph.errors import QueryBusy, QueryOverdue
from govgraph.settings import read
from govgraph.web.turnstile import Turnstile


def turnstile(places: int = 1, *, brief: int = 1, waiting: int = 9, seconds: float = 20) -> Turnstile:
    return Turnstile(places, brief_places=brief, waiting=waiting, seconds=seconds, brief_seconds=0.25)


def running_until(end: Event, begun: Event) -> Callable[[float], str]:
    def work(_seconds: float) -> str:
        begun.set()
        assert end.wait(20)
        return "long"

    return work


async def during(passing: Turnstile, others: Callable[[], object]) -> object:
    """What comes of ``others`` while one that takes long is running."""
    end, begun = Event(), Event()
    long = asyncio.create_task(passing.run(running_until(end, begun)))
    await asyncio.to_thread(begun.wait, 20)
    try:
        return await others()  # type: ignore[misc]  # each of them is a coroutine function
    finally:
        end.set()
        assert await long == "long"


def test_where_a_place_is_free_a_query_has_its_whole_time() -> None:
    assert asyncio.run(turnstile().run(lambda seconds: seconds)) == 20


def test_beside_a_long_one_brief_ones_pass_one_after_another() -> None:
    passing = turnstile()

    async def many() -> list[float]:
        return await asyncio.gather(*(passing.run(lambda seconds: seconds) for _ in range(9)))

    assert asyncio.run(during(passing, many)) == [0.25] * 9


def test_what_is_not_through_in_its_short_time_begins_again_with_its_whole_time() -> None:
    passing, given = turnstile(), []
    stopped = Event()

    def work(seconds: float) -> str:
        given.append(seconds)
        if seconds < 1:
            stopped.set()
            raise QueryOverdue("stopped")
        return "through"

    async def both() -> str:
        end, begun = Event(), Event()
        long = asyncio.create_task(passing.run(running_until(end, begun)))
        await asyncio.to_thread(begun.wait, 20)
        second = asyncio.create_task(passing.run(work))
        await asyncio.to_thread(stopped.wait, 20)
        end.set()
        await long
        return await second

    assert asyncio.run(both()) == "through"
    assert given == [0.25, 20]


def test_what_is_stopped_at_its_deadline_is_not_begun_again() -> None:
    given = []

    def work(seconds: float) -> None:
        given.append(seconds)
        raise QueryOverdue("stopped")

    with pytest.raises(QueryOverdue):
        asyncio.run(turnstile().run(work))
    assert given == [20]


def test_of_too_many_some_are_turned_away_and_later_ones_are_served() -> None:
    full = turnstile(brief=0, waiting=0)
    late = turnstile(brief=0, seconds=0.05)

    async def refused() -> None:
        for passing in (full, late):

            async def another(passing: Turnstile = passing) -> None:
                with pytest.raises(QueryBusy, match="waiting"):
                    await passing.run(lambda seconds: seconds)

            await during(passing, another)
            assert await passing.run(lambda _: "served") == "served"

    asyncio.run(refused())


@pytest.mark.parametrize(("workers", "long", "brief"), [(1, 1, 0), (2, 1, 1), (3, 1, 1), (4, 2, 1), (8, 6, 1)])
def test_places_follow_from_the_number_of_processes(workers: int, long: int, brief: int) -> None:
    made = Turnstile.of(read({}, query_workers=workers))
    assert (made._places, made._brief_places) == (long, brief)
