"""``serve``: the HTTP server over a data directory."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from govgraph import __version__
from govgraph.catalogue import Audience
from govgraph.change.seeding import seed as load_seed
from govgraph.cli.application import Base, Data, Ontology, Own, Place, Shapes, app
from govgraph.cli.output import print_table, screen, watched
from govgraph.contract import say


@app.command()
def serve(
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port to listen on.")] = None,
    seed: Annotated[
        bool, typer.Option("--seed", help="Load the seed data first where there is no catalogue yet.")
    ] = False,
    data: Data = None,
    base: Base = None,
    contract: Own = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
) -> None:
    """Serve the catalogue: pages, linked data, SPARQL and GraphQL, all from the public view."""
    place = Place.of(data=data, base=base, contract=contract, ontology=ontology, shapes=shapes, host=host, port=port)
    if seed and not place.store.exists:
        with watched() as progress:
            load_seed(place.store, place.contract, engine=place.settings.engine, progress=progress)
    _greet(place)
    place.store.close()
    _listen(place)


def _greet(place: Place) -> None:
    view, settings = place.view(Audience.PUBLIC), place.settings
    summary = view.summary()
    rows = [(say(kind.plural_labels, ("en",)), len(view.members(kind))) for kind in place.contract.entities]
    print_table(("published", "number"), [row for row in rows if row[1]], numbers=("number",))
    lines = (
        f"score {summary.total.score:.1f} %, {summary.findings['info']} recommendations, revision {view.revision}",
        f"govgraph {__version__} on http://{settings.host}:{settings.port}/  (Ctrl-C stops it)",
    )
    screen().print(Text("\n".join(lines), style="bold"))


def _listen(place: Place) -> None:
    import uvicorn  # noqa: PLC0415  # the server and its pages load only where they are served

    from govgraph.web.app import build_app  # noqa: PLC0415

    settings = place.settings
    uvicorn.run(build_app(settings), host=settings.host, port=settings.port, log_level="warning", server_header=False)
