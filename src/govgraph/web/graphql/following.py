"""Operations of a connection that is held open: queries and mutations at once, subscriptions for as long as they last.

Nothing is sent ahead: the next events are read when the ones before have been taken. Who it is that follows is looked
at anew before every reading, so that a token taken back ends what it began.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphql import OperationType
from starlette.requests import Request

from govgraph.catalogue import View
from govgraph.errors import BadRequest, MethodNotAllowed, QueryBusy, QuotaSpent, RevisionAway
from govgraph.graphql import Asked, Desk, Told
from govgraph.graphql.events import Feed, Place, encode, read_place
from govgraph.graphql.execution.running import Prepared
from govgraph.graphql.schema.subscription import Wish, wish_of
from govgraph.web.authentication import author_of
from govgraph.web.graphql.charging import LEAST
from govgraph.web.graphql.request import Sent
from govgraph.web.view import as_of, view_of

if TYPE_CHECKING:
    from govgraph.web.graphql.endpoint import Endpoint

_AT_ONCE = 10
"""Events read and answered before any of them is sent."""
_BUSY_SECONDS = 1.0
_LONGEST_PAUSE = 60.0
"""Seconds until somebody who has spent their points is looked at again."""


@dataclass(frozen=True)
class Subscribed:
    """A subscription that may run."""

    prepared: Prepared
    wish: Wish


@dataclass(frozen=True)
class Answered:
    """One answer of a subscription, None where there is nothing to say; ``cursor`` is the place after it."""

    told: Told | None
    cursor: str


@dataclass(frozen=True)
class _Read:
    answers: tuple[Answered, ...]
    place: Place
    cursor: str
    revision: int
    """The store's, which is what wakes those who wait."""
    more: bool


class Caller:
    """Who asks over a connection that is held open. ``request`` is the one it stands for."""

    def __init__(self, endpoint: Endpoint, request: Request) -> None:
        self.request = request
        self._endpoint = endpoint

    def view(self) -> View:
        """What this caller reads now. Blocking; raises what ``view_of`` does."""
        return view_of(self._endpoint.house, self.request)

    async def begin(
        self, sent: Sent, *, since: str | None = None, only_streams: bool = False
    ) -> Told | Subscribed | None:
        """Run a query or a mutation, or make a subscription ready; ``since`` is later than what it says itself.

        None for what is no subscription with ``only_streams``. Raises GovgraphError.
        """
        return await self._endpoint.in_turn(self.request, self._begin, sent, since, only_streams)

    def _begin(self, sent: Sent, since: str | None, only_streams: bool) -> Told | Subscribed | None:
        endpoint = self._endpoint
        client = endpoint.client(self.request)
        try:
            endpoint.till.admit(client)
        except QuotaSpent as error:
            endpoint.note(self.request, error.code)
            raise
        asked = endpoint.documents.find(sent)
        type_ = endpoint.graphql.operation_type(asked) if isinstance(asked, Asked) else None
        if only_streams and type_ != OperationType.SUBSCRIPTION.value:
            return None
        if type_ == OperationType.MUTATION.value and self.request.method != "POST":
            raise MethodNotAllowed("GET changes nothing.", "Send this operation with POST.")
        prepared = endpoint.graphql.prepare(asked) if isinstance(asked, Asked) else asked
        if isinstance(prepared, Told):
            endpoint.note_excess(self.request, prepared)
            endpoint.till.charge(client, LEAST)
            return prepared
        endpoint.documents.remember(sent)
        if prepared.type is OperationType.SUBSCRIPTION:
            endpoint.till.charge(client, LEAST)
            return self._subscribed(prepared, since)
        if prepared.type is OperationType.MUTATION:
            author = author_of(endpoint.house, self.request)
            desk = Desk(endpoint.writer, author, endpoint.working)
            endpoint.till.charge(client, prepared.price.points)
            return endpoint.graphql.execute(prepared, endpoint.working(0), desk=desk)
        view = self.view()
        endpoint.till.charge(client, prepared.price.points)
        return endpoint.graphql.execute(prepared, view)

    def _subscribed(self, prepared: Prepared, since: str | None) -> Subscribed:
        if as_of(self.request):
            raise BadRequest("Nothing happens any more in the past.", "Leave asOf out; since tells what happened.")
        asked = prepared.asked
        core, variables = self._endpoint.graphql.core, asked.variables or {}
        wish = wish_of(core, prepared.document, asked.operation_name, variables, self.view())
        return Subscribed(prepared, Wish(wish.filter, since or wish.since))

    async def follow(self, subscribed: Subscribed) -> AsyncGenerator[Answered, None]:
        """What happens, until this process is to end; first of all where it begins, and in between where it is.

        Raises GovgraphError.
        """
        endpoint = self._endpoint
        settings, pulse = endpoint.house.settings, endpoint.pulse
        place, cursor = await self._start(subscribed)
        yield Answered(None, cursor)
        while not pulse.departure.begun.is_set():
            try:
                read = await endpoint.in_turn(self.request, self._read, subscribed, place)
            except (QueryBusy, QuotaSpent) as error:
                # What happened stays there to be read: who has to wait misses nothing.
                await self._pause(min(error.retry_after or _BUSY_SECONDS, _LONGEST_PAUSE))
                yield Answered(None, cursor)
                continue
            for answer in read.answers:
                yield answer
            if read.cursor != cursor and not read.answers:  # a step on the way through what is not wanted
                yield Answered(None, read.cursor)
            place, cursor = read.place, read.cursor
            if not read.more and not await pulse.wait(read.revision, settings.graphql_heartbeat_seconds):
                yield Answered(None, cursor)

    async def _start(self, subscribed: Subscribed) -> tuple[Place, str]:
        """Where it begins; a process that is a little behind the one that gave out a cursor is waited for."""
        loop, settings = asyncio.get_running_loop(), self._endpoint.house.settings
        until = loop.time() + settings.revision_wait_seconds
        while True:
            try:
                return await self._endpoint.in_turn(self.request, self._place, subscribed)
            except RevisionAway:
                if loop.time() >= until:
                    raise
            await asyncio.sleep(settings.refresh_seconds)

    def _place(self, subscribed: Subscribed) -> tuple[Place, str]:
        view = self.view()
        place = read_place(subscribed.wish.since, view)
        return place, encode(place, view.audience)

    def _read(self, subscribed: Subscribed, place: Place) -> _Read:
        """The next events and what the operation says of each. Blocking."""
        endpoint, view = self._endpoint, self.view()
        found = Feed(view, endpoint.house.ledger, subscribed.wish.filter).read(place, _AT_ONCE)
        client = endpoint.client(self.request)
        answers: list[Answered] = []
        if found.more and not found.events:  # what is passed over is read, too
            endpoint.till.charge(client, LEAST)
        for event in found.events:
            try:
                endpoint.till.charge(client, subscribed.prepared.price.points)
            except QuotaSpent:
                if not answers:
                    raise
                return _Read(tuple(answers), place, answers[-1].cursor, view.reader.revision, True)
            told = endpoint.graphql.execute(subscribed.prepared, view, root=event)
            answers.append(Answered(told, event.cursor))
            place = event.place
        cursor = encode(found.place, view.audience)
        return _Read(tuple(answers), found.place, cursor, view.reader.revision, found.more)

    async def _pause(self, seconds: float) -> None:
        with_end = asyncio.create_task(self._endpoint.pulse.departure.begun.wait())
        try:
            await asyncio.wait({with_end}, timeout=seconds)
        finally:
            with_end.cancel()
