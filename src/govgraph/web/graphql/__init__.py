"""GraphQL over HTTP, WebSocket and server-sent events, and the explorer; runs no field."""

from __future__ import annotations

from functools import partial

from starlette.routing import BaseRoute, Route, WebSocketRoute

from govgraph.graphql import Limits, build_schema
from govgraph.web.graphql import socket
from govgraph.web.graphql.endpoint import Endpoint
from govgraph.web.house import House

__all__ = ["routes"]


def routes(house: House) -> list[BaseRoute]:
    endpoint = Endpoint(house, build_schema(house.contract, house.questions, Limits.of(house.settings), house.ledger))
    house.exits.callback(endpoint.close)
    return [
        Route("/graphql", endpoint.answer, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", partial(socket.serve, endpoint)),
        Route("/schema.graphql", endpoint.schema),
    ]
