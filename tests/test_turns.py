"""Who has its turn at GraphQL, and when: clients one after another, however much one of them asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from govgraph.errors import QueryBusy
from govgraph.web.graphql.turns import Turns


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(10):
            await work()

    asyncio.run(bounded())


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_one_client_has_at_most_half_of_the_places() -> None:
    async def work() -> None:
        turns = Turns(4, 10)
        await turns.take("a")
        await turns.take("a")
        third = asyncio.create_task(turns.take("a"))
        await settle()
        assert not third.done()
        await turns.take("b")
        turns.give_back("a")
        await third

    run(work)


def test_clients_that_wait_come_one_after_another() -> None:
    async def work() -> None:
        turns, order = Turns(1, 100), []

        async def ask(client: str) -> None:
            await turns.take(client)
            order.append(client)
            await asyncio.sleep(0)
            turns.give_back(client)

        await turns.take("x")
        waiting = [asyncio.create_task(ask("greedy")) for _ in range(20)]
        await settle()
        waiting += [asyncio.create_task(ask(client)) for client in ("b", "c")]
        await settle()
        turns.give_back("x")
        await asyncio.gather(*waiting)
        assert order.index("b") <= 2
        assert order.index("c") <= 2
        assert len(order) == 22

    run(work)


def test_who_lets_too_many_wait_is_refused_and_others_are_not() -> None:
    async def work() -> None:
        turns = Turns(1, 2)
        await turns.take("x")
        waiting = [asyncio.create_task(turns.take("a")) for _ in range(2)]
        await settle()
        with pytest.raises(QueryBusy):
            await turns.take("a")
        other = asyncio.create_task(turns.take("b"))
        await settle()
        for client in ("x", "a", "b"):
            turns.give_back(client)
            await settle()
        await asyncio.gather(*waiting, other)

    run(work)


def test_who_goes_away_while_waiting_leaves_no_hole() -> None:
    async def work() -> None:
        turns = Turns(1, 10)
        await turns.take("x")
        gone = [asyncio.create_task(turns.take("a")) for _ in range(2)]
        stays = asyncio.create_task(turns.take("a"))
        await settle()
        gone[0].cancel()
        turns.give_back("x")
        gone[1].cancel()  # whose turn may just have come
        await asyncio.gather(*gone, return_exceptions=True)
        await stays
        turns.give_back("a")
        await turns.take("b")

    run(work)
