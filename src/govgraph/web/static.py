"""``/static``: style sheet, pictures and scripts of the pages, kept by browsers as long as their fingerprint stands."""

from __future__ import annotations

import os
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from govgraph.shipped import EXPLORER
from govgraph.web.house import House
from govgraph.web.rendering import STATIC

_FOR_GOOD = "public, max-age=31536000, immutable"
_FOR_NOW = "public, max-age=3600"


def routes(house: House) -> list[BaseRoute]:
    return [Mount("/static/explorer", _Built()), Mount("/static", _Kept(house.renderer.fingerprint))]


class _Kept(StaticFiles):
    def __init__(self, fingerprint: str) -> None:
        super().__init__(directory=STATIC)
        self._current = f"v={fingerprint}".encode()

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        lasting = self._current in scope["query_string"]
        response.headers["cache-control"] = _FOR_GOOD if lasting else _FOR_NOW
        return response


class _Built(StaticFiles):
    """The explorer's files. Those in ``assets`` are named by a hash of what they hold; beside each there may be the
    same compressed, ``.gz``, which goes to whoever takes it."""

    def __init__(self) -> None:
        super().__init__(directory=EXPLORER, check_dir=False)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        packed = Path(f"{os.fspath(full_path)}.gz")
        takes = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        if takes and packed.is_file():
            # The name without .gz tells the media type, as FileResponse guesses it of both.
            response = super().file_response(packed, packed.stat(), scope, status_code)
            response.headers["content-encoding"] = "gzip"
        else:
            response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["cache-control"] = _FOR_GOOD if Path(full_path).parent.name == "assets" else _FOR_NOW
        response.headers.add_vary_header("Accept-Encoding")
        return response
