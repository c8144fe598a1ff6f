"""``serve``: the HTTP server over a data directory, and what it says when it is there."""

from __future__ import annotations

import os
import socket

from govgraph import __version__
from govgraph.catalogue import Audience
from govgraph.change.seeding import seed as load_seed
from govgraph.cli.output import print_table, watched
from govgraph.cli.output import say as tell
from govgraph.cli.place import Place
from govgraph.cli.supervising import Supervisor
from govgraph.contract import say
from govgraph.errors import BaseMismatch, FormatTooNew, SettingError, StoreError
from govgraph.history.log import Log
from govgraph.shipped import EXPLORER


def serve(place: Place, *, seed: bool, read_only: bool = False) -> int:
    """Serve until interrupted; with ``seed`` load the seed first where there is no catalogue yet. The exit status."""
    if seed and not place.store.exists:
        with watched() as progress:
            load_seed(place.logged(), place.contract, engine=place.settings.engine, progress=progress)
        from govgraph.cli.loading import index  # noqa: PLC0415  # only who loads needs it

        index(place)
    _look(place, read_only=read_only)
    with listening_on(place) as listening:
        return Supervisor(place.settings, listening, read_only=read_only).run()


def _look(place: Place, *, read_only: bool) -> None:
    """Raises StoreMissing where there is no catalogue; one of which only the log is left is made again."""
    try:
        place.store.reader()
    except StoreError as error:
        if read_only or isinstance(error, BaseMismatch | FormatTooNew) or not Log(place.settings.data / "log").newest:
            raise
        from govgraph.gate.writer import LocalWriter  # noqa: PLC0415  # the supervisor itself needs no engine

        LocalWriter(place.settings, place.contract).close()
    place.store.close()


def listening_on(place: Place) -> socket.socket:
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


def greet(place: Place) -> None:
    """Say what is served and where."""
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
    if not (EXPLORER / "manifest.json").is_file():
        tell("The explorer of /graphql is not built; the plain form there says how to build it.", "yellow")
    tell("Ctrl-C stops it.", "dim")
    place.store.close()  # what stays open here could not be tidied away
