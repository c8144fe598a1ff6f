"""``/static``: the style sheet and pictures of the pages, kept by browsers as long as their fingerprint stands."""

from __future__ import annotations

import os

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from govgraph.web.house import House
from govgraph.web.rendering import STATIC


def routes(house: House) -> list[BaseRoute]:
    return [Mount("/static", _Kept(house.renderer.fingerprint))]


class _Kept(StaticFiles):
    def __init__(self, fingerprint: str) -> None:
        super().__init__(directory=STATIC)
        self._current = f"v={fingerprint}".encode()

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        lasting = self._current in scope["query_string"]
        response.headers["cache-control"] = f"public, max-age={'31536000, immutable' if lasting else '3600'}"
        return response
