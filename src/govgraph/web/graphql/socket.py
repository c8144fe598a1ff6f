"""GraphQL over WebSocket by the protocol graphql-transport-ws; runs no field.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md . Strawberry's own implementation runs operations
through its views and schemas, which are not what runs them here, and knows neither bounds nor an end of the process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from govgraph.errors import BadRequest, GovgraphError, QueryBusy
from govgraph.graphql import Told
from govgraph.graphql.execution import faults
from govgraph.graphql.execution.limits import Refusal
from govgraph.web.graphql.charging import place_of
from govgraph.web.graphql.following import Caller, Subscribed
from govgraph.web.graphql.request import Sent, sent_by_message

if TYPE_CHECKING:
    from govgraph.web.graphql.endpoint import Endpoint

PROTOCOL = "graphql-transport-ws"
DONE, LEAVING, LATER = 1000, 1012, 1013
"""RFC 6455, and what is registered with IANA beside it: service restart, try again later."""
INVALID, UNAUTHORISED, FORBIDDEN, NOT_ACCEPTABLE = 4400, 4401, 4403, 4406
LATE, TAKEN, AGAIN, FAULT = 4408, 4409, 4429, 4500
_LONGEST_REASON = 123
"""Bytes, by RFC 6455 section 5.5."""
_LONGEST_ID = 200
_Message = Mapping[str, Any]

_log = logging.getLogger(__name__)


class _Closed(Exception):
    """No error of the house: how a conversation ends."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


async def serve(endpoint: Endpoint, socket: WebSocket) -> None:
    """One connection, from its handshake to its end."""
    chosen = PROTOCOL if PROTOCOL in socket.scope.get("subprotocols", ()) else None
    await socket.accept(chosen)
    client = place_of(_request_of(socket, {}), endpoint.house.tokens)
    try:
        endpoint.seats.take(client)
    except QueryBusy as error:
        await _close(socket, LATER, str(error))
        return
    try:
        if chosen is None:
            await _close(socket, NOT_ACCEPTABLE, "Subprotocol not acceptable")
        else:
            await Conversation(endpoint, socket).run()
    finally:
        endpoint.seats.give_back(client)


class Conversation:
    """What is said over one WebSocket."""

    def __init__(self, endpoint: Endpoint, socket: WebSocket) -> None:
        self._endpoint = endpoint
        self._socket = socket
        self._settings = endpoint.house.settings
        self._caller: Caller | None = None
        self._greeted = False
        """Whether somebody has said who they are, and is being looked at."""
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._streaming: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        """All there are: one whose operation has ended may still have to get rid of its last message."""
        self._active = asyncio.get_running_loop().time()
        self._fault = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Until either side ends it."""
        leaving = asyncio.create_task(self._endpoint.pulse.departure.begun.wait())
        receiving = asyncio.create_task(self._socket.receive())
        try:
            while True:
                await asyncio.wait(
                    {receiving, leaving, self._fault}, timeout=self._patience(), return_when=asyncio.FIRST_COMPLETED
                )
                if self._fault.done():
                    raise _Closed(FAULT, "Something went wrong here; it has been logged.")
                if leaving.done():
                    await self._leave()
                if not receiving.done():
                    self._check_patience()
                    continue
                said = receiving.result()
                if said["type"] == "websocket.disconnect":
                    return
                self._active = asyncio.get_running_loop().time()
                await self._hear(_read(said))
                receiving = asyncio.create_task(self._socket.receive())
        except _Closed as end:
            await _close(self._socket, end.code, end.reason)
        finally:
            await _cancelled(leaving, receiving, *self._tasks)

    def _patience(self) -> float | None:
        """Seconds until something has to be said."""
        if self._caller is None:
            return max(self._active + self._settings.graphql_greeting_seconds - asyncio.get_running_loop().time(), 0)
        return self._settings.graphql_idle_seconds or None

    def _check_patience(self) -> None:
        waited = asyncio.get_running_loop().time() - self._active
        if self._caller is None and waited >= self._settings.graphql_greeting_seconds:
            raise _Closed(LATE, "Connection initialisation timeout")
        if self._caller is not None and not self._tasks and waited >= self._settings.graphql_idle_seconds > 0:
            raise _Closed(DONE, "Nothing is asked any more")

    async def _leave(self) -> None:
        """End what waits, and let what is under way be answered. Raises _Closed."""
        for id_ in self._streaming:
            self._operations[id_].cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        raise _Closed(LEAVING, "Service restart: connect again")

    async def _hear(self, message: _Message) -> None:
        """Raises _Closed for what the protocol does not allow."""
        match message:
            case {"type": "connection_init"}:
                await self._greet(message.get("payload"))
            case {"type": "ping"}:
                await self._send({"type": "pong"})
            case {"type": "pong"}:
                pass
            case {"type": "subscribe", "id": str(id_), "payload": dict(payload)} if 0 < len(id_) <= _LONGEST_ID:
                await self._subscribe(id_, payload)
            case {"type": "complete", "id": str(id_)}:
                self._streaming.discard(id_)
                if id_ in self._operations:
                    self._operations.pop(id_).cancel()
            case _:
                raise _Closed(INVALID, f"Invalid message of the type {str(message.get('type'))[:40]!r}")

    async def _greet(self, payload: object) -> None:
        if self._greeted:
            raise _Closed(AGAIN, "Too many initialisation requests")
        self._greeted = True
        if not isinstance(payload, dict | None):
            raise _Closed(INVALID, "The payload of connection_init is no object")
        try:
            caller = Caller(self._endpoint, _request_of(self._socket, payload or {}))
            view = await run_in_threadpool(caller.view)
        except BadRequest as error:
            raise _Closed(INVALID, str(error)) from None
        except GovgraphError as error:
            raise _Closed(FORBIDDEN if error.status < 500 else LATER, str(error)) from None
        self._caller = caller
        await self._send({"type": "connection_ack", "payload": {"revision": view.revision}})

    async def _subscribe(self, id_: str, payload: _Message) -> None:
        if self._caller is None:
            raise _Closed(UNAUTHORISED, "Unauthorized")
        if id_ in self._operations:
            raise _Closed(TAKEN, f"Subscriber for {id_[:80]} already exists")
        try:
            sent = sent_by_message(payload)
        except BadRequest as error:
            raise _Closed(INVALID, str(error)) from None
        most = self._settings.graphql_operations
        if len(self._tasks) >= most:
            sentence = f"{most} operations are under way over this connection, which is as many as may be."
            refusal = Refusal("TOO_MANY_OPERATIONS", sentence, "Complete some, or open another connection.")
            await self._send({"id": id_, "type": "error", "payload": [faults.refused(refusal)]})
            return
        task = asyncio.create_task(self._operate(self._caller, id_, sent))
        self._operations[id_] = task
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._done(id_, done))

    def _done(self, id_: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._operations.get(id_) is task:
            del self._operations[id_]
            self._streaming.discard(id_)
        self._active = asyncio.get_running_loop().time()
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.error("An operation over WebSocket failed", exc_info=fault)
            if not self._fault.done():
                self._fault.set_result(None)

    async def _operate(self, caller: Caller, id_: str, sent: Sent) -> None:
        try:
            begun = await caller.begin(sent)
            assert begun is not None
            if isinstance(begun, Told):
                await self._tell(id_, begun)
            else:
                await self._follow(caller, id_, begun)
        except GovgraphError as error:
            await self._end(id_, {"id": id_, "type": "error", "payload": [faults.refused(error)]})

    async def _tell(self, id_: str, told: Told) -> None:
        """An operation that could not run has errors alone, in a message of its own."""
        if not told.ran:
            await self._end(id_, {"id": id_, "type": "error", "payload": told.errors})
            return
        await self._send({"id": id_, "type": "next", "payload": told.body})
        await self._end(id_, {"id": id_, "type": "complete"})

    async def _follow(self, caller: Caller, id_: str, subscribed: Subscribed) -> None:
        """It ends with the process alone, and then the connection does too: there is more to come elsewhere."""
        self._streaming.add(id_)
        async with aclosing(caller.follow(subscribed)) as happening:
            async for one in happening:
                if one.told is not None:
                    await self._send({"id": id_, "type": "next", "payload": one.told.body})

    async def _end(self, id_: str, message: _Message) -> None:
        """The last message of an operation: its id is free for another before the client can know."""
        self._operations.pop(id_, None)
        self._streaming.discard(id_)
        await self._send(message)

    async def _send(self, message: _Message) -> None:
        if self._socket.application_state is WebSocketState.CONNECTED:
            with suppress(WebSocketDisconnect):  # which will be heard, too
                await self._socket.send_text(orjson.dumps(message).decode())


def _read(said: Mapping[str, Any]) -> _Message:
    """Raises _Closed."""
    text = said.get("text")
    if text is None:
        raise _Closed(INVALID, "Messages are text")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _Closed(INVALID, "Messages are JSON") from None
    if not isinstance(message, dict):
        raise _Closed(INVALID, "Messages are JSON objects")
    return message


def _request_of(socket: WebSocket, payload: Mapping[str, Any]) -> Request:
    """The request a connection stands for: its handshake's, with what the greeting says of token and view.

    Browsers can give a handshake no header of their own. Raises BadRequest.
    """
    inner = payload.get("headers")
    every = {**(inner if isinstance(inner, dict) else {}), **payload}
    said = {str(name).lower(): value for name, value in every.items()}
    given: dict[bytes, str] = {}
    for name, header, form in (
        ("token", b"authorization", "Bearer {}"),
        ("authorization", b"authorization", "{}"),
        ("view", b"govgraph-view", "{}"),
        ("govgraph-view", b"govgraph-view", "{}"),
    ):
        value = said.get(name)
        if not isinstance(value, str | None):
            raise BadRequest(f"{name} is no text.", "Give a text, or leave it out.")
        if value:
            given[header] = form.format(value)
    kept = [(name, value) for name, value in socket.scope["headers"] if name not in (b"cookie", *given)]
    headers = [*kept, *((name, value.encode()) for name, value in given.items())]
    return Request({**socket.scope, "type": "http", "method": "POST", "headers": headers})


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    if socket.application_state is WebSocketState.CONNECTED:
        with suppress(WebSocketDisconnect, RuntimeError):  # starlette's, for what the client has closed just then
            await socket.close(code, reason.encode()[:_LONGEST_REASON].decode(errors="ignore"))


async def _cancelled(*tasks: asyncio.Task[Any]) -> None:
    """End tasks, and wait until they have."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
