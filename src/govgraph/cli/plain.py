"""``serve --plain``: an ordinary SPARQL store over HTTP; knows no catalogue."""

from __future__ import annotations

import contextlib

from govgraph import __version__
from govgraph.cli.output import say as tell
from govgraph.cli.place import Place
from govgraph.cli.serving import listening_on


def serve_plain(place: Place) -> int:
    """Serve until interrupted, in this process; the exit status."""
    import uvicorn  # noqa: PLC0415  # the server loads only where something is served

    from govgraph.web.plain import build_plain_app, is_loopback  # noqa: PLC0415

    with listening_on(place) as listening:
        app = build_plain_app(place.settings)
        tell(f"govgraph {__version__} as a plain SPARQL store on {place.settings.base}", "bold green")
        if not is_loopback(place.settings.host):
            tell("Writing needs a token here: govgraph token create.", "yellow")
        config = uvicorn.Config(app, log_level="warning", server_header=False)
        with contextlib.suppress(KeyboardInterrupt):  # the way one stops it
            uvicorn.Server(config).run(sockets=[listening])
    return 0
