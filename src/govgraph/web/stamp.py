"""The revision on every answer: also on refusals and redirections, so that who reads them knows what they are about.

Faces that read say themselves which revision they have read; this fills in the newest where they do not.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from govgraph.errors import StoreError
from govgraph.web.house import House
from govgraph.web.view import newest

HEADER = "govgraph-revision"


class Stamp:
    """Adds the header where it is missing; static files are of no revision."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app = app
        self._house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(f"{self._house.root}/static/"):
            await self._app(scope, receive, send)
            return

        async def send_stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if HEADER not in headers and (revision := await self._revision()):
                    headers[HEADER] = str(revision)
            await send(message)

        await self._app(scope, receive, send_stamped)

    async def _revision(self) -> int:
        view = self._house.catalogue.standing()
        return (view.revision_at_once if view else 0) or await run_in_threadpool(self._newest)

    def _newest(self) -> int:
        try:
            return newest(self._house).revision
        except StoreError:  # which is what the answer says then
            return 0
