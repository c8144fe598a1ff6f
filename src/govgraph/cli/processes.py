"""What the processes of a server do: one writes, the others serve. Which there are is for ``supervising`` to know.

Run as ``python -m govgraph.cli.processes writer FD`` or ``… reader FD LISTENING [--greet] [--read-only]``, with the
settings in the environment. FD is the process's end of a pipe: what it writes there is how far it is, what it
reads is what it is to do, and where the pipe ends its owner has, so that it ends as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import math
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from time import monotonic

import uvicorn

from govgraph.cli.place import Place
from govgraph.cli.supervising import DRAIN, PREPARED, READY, WRITE
from govgraph.errors import GovgraphError
from govgraph.gate.line import RemoteWriter, listen

_LINGER_SECONDS = 1.0
"""How long a process that drains keeps connections on which no request is under way: whoever sends one just then is
answered, and told to connect anew."""


def main() -> int:
    """The life of one process; its exit status."""
    gc.disable()  # what a start makes stays: a quarter of it would go into looking through that for what is free
    role, descriptor, *rest = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the keyboard's is its owner's to act on
    os.set_inheritable(int(descriptor), False)
    pipe = Connection(int(descriptor))
    try:
        with Place.of() as place:
            if role == "writer":
                write(place, pipe)
            else:
                _serve(place, pipe, rest)
    except GovgraphError as error:
        return _complain(error.sentence, error.hint)
    except OSError as error:
        return _complain(f"{error}.", "Look at the disk, and at who may read and write there.")
    return 0


def _settle() -> None:
    """From now on free what is free; what is there by now is not looked at again."""
    gc.freeze()
    gc.enable()


def _complain(sentence: str, hint: str) -> int:
    from govgraph.cli.output import complain  # noqa: PLC0415  # only a failure needs it

    complain(sentence, hint)
    return 2


def write(place: Place, pipe: Connection) -> None:
    """Wait to be told, then write until told to end. Raises what ``LocalWriter`` does."""
    from govgraph.gate.writer import LocalWriter  # noqa: PLC0415  # processes that serve need no engine for writing

    contract = place.contract
    _settle()
    pipe.send_bytes(PREPARED)
    try:
        if pipe.recv_bytes() != WRITE:
            return
    except (EOFError, OSError):
        return
    writer = LocalWriter(place.settings, contract)
    try:
        line = listen(writer, place.settings.data)
        signal.signal(signal.SIGTERM, lambda *_: line.ended.set())
        _on_end(pipe, line.ended.set)
        threading.Thread(target=_then, args=(writer.wait, line.ended.set), name="writer's end", daemon=True).start()
        pipe.send_bytes(READY)
        line.ended.wait()
        line.close(place.settings.drain_seconds)
    finally:
        writer.close()


def _serve(place: Place, pipe: Connection, arguments: list[str]) -> None:
    from govgraph.web.app import build_app  # noqa: PLC0415  # the writer needs no pages

    settings = place.settings
    listening = socket.socket(fileno=int(arguments[0]))
    os.set_inheritable(listening.fileno(), False)
    writer = None
    if "--read-only" not in arguments:
        writer = RemoteWriter(settings.data, wait_seconds=settings.write_wait_seconds)
    greet = _greeting(place) if "--greet" in arguments else None
    app = build_app(settings, writer)
    _settle()
    config = uvicorn.Config(
        app,
        log_level="warning",
        server_header=False,
        ws_max_size=settings.body_megabytes * 1_000_000,
        timeout_graceful_shutdown=math.ceil(settings.drain_seconds),
    )
    _Server(config, pipe, greet).run(sockets=[listening])


def _greeting(place: Place) -> Callable[[], None]:
    from govgraph.cli.serving import greet  # noqa: PLC0415  # one process greets

    return lambda: greet(place)


class _Server(uvicorn.Server):
    """Tells its owner when it answers, and loses no request when it is told to drain."""

    def __init__(self, config: uvicorn.Config, pipe: Connection, greet: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._pipe = pipe
        self._greet = greet

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._pipe.send_bytes(READY)
        _on_end(self._pipe, self._end)
        if self._greet is not None:  # to count a large catalogue takes seconds nobody has to wait
            threading.Thread(target=self._greet, daemon=True).start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        self.config.app.state.departure.begin()  # type: ignore[union-attr]  # it is the app that build_app gave
        # Every answer from now on, also of requests under way, ends its connection.
        self.server_state.default_headers.append((b"connection", b"close"))
        until = monotonic() + min(_LINGER_SECONDS, self.config.timeout_graceful_shutdown or 0)
        while self.server_state.connections and monotonic() < until:
            await asyncio.sleep(0.02)
        await super().shutdown(sockets)

    def _end(self) -> None:
        self.should_exit = True


def _then(first: Callable[[], None], second: Callable[[], None]) -> None:
    first()
    second()


def _on_end(pipe: Connection, end: Callable[[], None]) -> None:
    """Call ``end`` when the owner says so, or is no more."""

    def watch() -> None:
        with contextlib.suppress(EOFError, OSError):
            while pipe.recv_bytes() != DRAIN:
                pass
        end()

    threading.Thread(target=watch, name="owner", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
