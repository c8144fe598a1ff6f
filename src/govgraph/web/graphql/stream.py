"""GraphQL as server-sent events: the protocol of graphql-sse with a connection for each operation; runs no field.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md , "distinct connections mode". What happened has the
place after it as the id of its event, so that browsers resume where they were (the header Last-Event-ID).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from http import HTTPStatus
from typing import TYPE_CHECKING

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from govgraph.errors import GovgraphError
from govgraph.graphql import Told
from govgraph.graphql.execution import faults
from govgraph.media import JSON, Format, choose
from govgraph.web.graphql import answers
from govgraph.web.graphql.charging import HEADER, place_of
from govgraph.web.graphql.following import Caller, Subscribed
from govgraph.web.graphql.request import Sent
from govgraph.web.graphql.statuses import GRAPHQL

if TYPE_CHECKING:
    from govgraph.web.graphql.endpoint import Endpoint

EVENTS = Format("events", "text/event-stream", "server-sent events")
_COMPLETE = b"event: complete\ndata:\n\n"
_HEADERS = {"cache-control": "no-store", "vary": answers.VARY_PRIVATE, "x-accel-buffering": "no"}
"""The last one is for proxies, which would else keep small answers until there is more."""


def is_wanted(request: Request) -> bool:
    """Whether somebody may want events; looks at nothing but the headers."""
    if request.method not in ("GET", "POST") or EVENTS.type not in request.headers.get("accept", ""):
        return False
    return request.headers.get(HEADER, "").strip().lower() != "only"  # a price is no stream


async def answer(endpoint: Endpoint, request: Request, sent: Sent) -> Response | None:
    """The events of an operation; None for one that is no subscription, where JSON is as welcome.

    Raises GovgraphError for what is refused before there is an operation.
    """
    caller = Caller(endpoint, request)
    only_streams = choose(request.headers["accept"], (JSON, GRAPHQL, EVENTS)) is not EVENTS
    since = request.headers.get("last-event-id") or None
    client = place_of(request, endpoint.house.tokens)
    endpoint.seats.take(client)
    try:
        begun = await caller.begin(sent, since=since, only_streams=only_streams)
    except BaseException:
        endpoint.seats.give_back(client)
        raise
    if begun is None:
        endpoint.seats.give_back(client)
        return None
    return _Events(endpoint, client, _events(caller, begun))


class _Events(StreamingResponse):
    """Gives its seat back however it ends."""

    def __init__(self, endpoint: Endpoint, client: str, events: AsyncIterator[bytes]) -> None:
        super().__init__(events, HTTPStatus.OK, _HEADERS, f"{EVENTS.type}; charset=utf-8")
        self._endpoint = endpoint
        self._client = client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._endpoint.seats.give_back(self._client)


async def _events(caller: Caller, begun: Told | Subscribed) -> AsyncIterator[bytes]:
    """The blocks of the stream. Without ``complete`` at its end there is more to come, from another process."""
    if isinstance(begun, Told):
        yield _next(begun) + _COMPLETE
        return
    try:
        async with aclosing(caller.follow(begun)) as happening:
            async for one in happening:
                # A block without data is no event, but a browser remembers its id.
                yield f"id: {one.cursor}\n".encode() + (_next(one.told) if one.told else b"\n")
    except GovgraphError as error:
        yield _next(Told(False, errors=(faults.refused(error),))) + _COMPLETE


def _next(told: Told) -> bytes:
    return b"event: next\ndata: " + orjson.dumps(told.body) + b"\n\n"
