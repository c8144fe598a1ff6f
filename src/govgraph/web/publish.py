"""Routes of /publish."""

from __future__ import annotations

from starlette.routing import BaseRoute

from govgraph.web.house import House


def routes(house: House) -> list[BaseRoute]:
    return []
