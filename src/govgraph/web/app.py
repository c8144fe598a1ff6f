"""The composition root: settings in, one app out, with every route visible in one list; holds no state of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router

from govgraph.access.audit import Audit
from govgraph.access.oidc import Issuer
from govgraph.access.organisation import organisation
from govgraph.access.tokens import Tokens
from govgraph.catalogue import Catalogue
from govgraph.contract import reading as contract_reading
from govgraph.gate import Writer
from govgraph.history.past import Past
from govgraph.question import reading as question_reading
from govgraph.settings import Settings
from govgraph.store import Store
from govgraph.store.embedded import DiskStore
from govgraph.web import (
    entity,
    entity_write,
    graph_store,
    graphql,
    history,
    home,
    listing,
    publish,
    quality,
    question,
    searching,
    sparql,
    vocabulary,
)
from govgraph.web import static as static_files
from govgraph.web.house import House
from govgraph.web.language import SHIPPED, Languages
from govgraph.web.refusal import exception_handlers
from govgraph.web.rendering import Renderer
from govgraph.web.responses import SecurityHeaders
from govgraph.web.stamp import Stamp
from govgraph.web.view import Discretion, Patience


def build_app(settings: Settings, writer: Writer | None = None) -> Starlette:
    """An app over the catalogue in ``settings.data``; without a writer, who stays its owner's to close,
    nothing can be changed there.

    Raises what contract, questions and store refuse.
    """
    house = open_house(settings, DiskStore.of(settings), writer)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        house.exits.close()

    app = Starlette(
        routes=routes(house),
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(Stamp, house=house),
            Middleware(Discretion),
            # What is open is open to scripts of any site. For the rest they need a token, which no browser adds by
            # itself to what another site's script asks.
            Middleware(
                CORSMiddleware,
                allow_origins=["*"],
                allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
                allow_headers=["*"],
                expose_headers=[
                    "ETag",
                    "Govgraph-Price",
                    "Govgraph-Revision",
                    "Link",
                    "RateLimit",
                    "RateLimit-Policy",
                    "Retry-After",
                    "Server-Timing",
                    "WWW-Authenticate",
                ],
                max_age=86_400,
            ),
            Middleware(Patience, house),
            Middleware(GZipMiddleware, compresslevel=5),
        ],
        exception_handlers=exception_handlers(house),
        lifespan=lifespan,
    )
    app.state.departure = house.departure
    return app


def open_house(settings: Settings, store: Store, writer: Writer | None = None) -> House:
    contract = contract_reading.of(settings)
    catalogue = Catalogue(store, contract)
    rights = settings.data / "access"
    languages = Languages(contract.languages, (*([settings.contract / "locale"] if settings.contract else []), SHIPPED))
    house = House(
        settings=settings,
        contract=contract,
        catalogue=catalogue,
        questions=question_reading.of(settings, contract),
        languages=languages,
        renderer=Renderer(languages),
        tokens=Tokens(rights),
        audit=Audit.of(settings.data),
        oidc=Issuer.of(settings, partial(organisation, contract=contract, names=catalogue.names)),
        writer=writer,
        past=Past.of(settings, contract),
    )
    house.exits.callback(house.catalogue.close)
    if house.past is not None:
        house.exits.callback(house.past.close)
    return house


def routes(house: House) -> list[BaseRoute]:
    """All of them, below the path of the base; ``listing`` comes last, since it takes any single word."""
    modules = (
        graphql,  # routes are tried in this order, and nothing is asked as often
        home,
        entity,
        entity_write,
        history,
        question,
        quality,
        vocabulary,
        searching,
        sparql,
        graph_store,
        publish,
        static_files,
        listing,
    )
    # Starlette would redirect a missing or spare slash to the host the request names; ours never do.
    router = Router([route for module in modules for route in module.routes(house)], redirect_slashes=False)
    if not house.root:
        return [Mount("/", app=router)]

    def to_base(_request: Request) -> Response:
        return RedirectResponse(house.root + "/")

    return [Route("/", to_base), Route(house.root, to_base), Mount(house.root, app=router)]
