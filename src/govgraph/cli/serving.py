"""``serve``: the HTTP server over a data directory."""

from __future__ import annotations

import contextlib
import os
import socket
import threading

from govgraph import __version__
from govgraph.catalogue import Audience
from govgraph.change.seeding import seed as load_seed
from govgraph.cli.output import print_table, watched
from govgraph.cli.output import say as tell
from govgraph.cli.place import Place
from govgraph.contract import say
from govgraph.errors import SettingError


def serve(place: Place, *, seed: bool) -> None:
    """Serve until interrupted; with ``seed`` load the seed first where there is no catalogue yet."""
    if seed and not place.store.exists:
        with watched() as progress:
            load_seed(place.store, place.contract, engine=place.settings.engine, progress=progress)
    place.store.reader()  # raises where there is no catalogue
    with _listening(place) as listening:
        _run(place, listening)


def _listening(place: Place) -> socket.socket:
    """The socket, taken before anything slow, so that a taken port is told at once."""
    host, port = place.settings.host, place.settings.port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise SettingError(
            f"Nothing can listen on {host}, port {port}: {os.strerror(error.errno) if error.errno else error}.",
            "Stop what listens there, or choose another --port.",
        ) from None


def _greet(place: Place) -> None:
    view, settings = place.view(Audience.PUBLIC), place.settings
    summary = view.summary()
    rows = [(say(kind.plural_labels, ("en",)), f"{len(view.members(kind)):,}") for kind in place.contract.entities]
    print_table(("published", "number"), [row for row in rows if row[1] != "0"], numbers=("number",))
    gaps = ", ".join(f"{count:,} {severity}" for severity, count in summary.findings.items() if count)
    tell(f"score {summary.total.score:.1f} % · {gaps or 'no findings'} · revision {view.revision}", "bold")
    tell(f"govgraph {__version__} on {settings.base}", "bold green")
    address = f"http://{settings.host}:{settings.port}/"
    if not settings.base.startswith(address):
        tell(f"It listens on {address}; a proxy or the name in the address above has to lead here.", "yellow")
    tell("Ctrl-C stops it.", "dim")
    place.store.close()  # what stays open here could not be tidied away


def _run(place: Place, listening: socket.socket) -> None:
    import uvicorn  # noqa: PLC0415  # the server and its pages load only where they are served

    from govgraph.web.app import build_app  # noqa: PLC0415

    class Server(uvicorn.Server):
        """Says what it serves once it answers: to count a large catalogue takes seconds nobody has to wait."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            threading.Thread(target=_greet, args=(place,), daemon=True).start()

    config = uvicorn.Config(build_app(place.settings), log_level="warning", server_header=False)
    with contextlib.suppress(KeyboardInterrupt):  # the way one stops it, after all has been closed
        Server(config).run(sockets=[listening])
