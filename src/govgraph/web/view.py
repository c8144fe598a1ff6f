"""What a request reads: the one place where faces choose an audience, a moment and the least revision that will do.

Anyone reads what is published, unless the settings ask for a token; ``?view=working`` (or the header Govgraph-View)
shows drafts to who has one. ``?asOf=`` goes back. A request that has just seen revision N written demands it by the
header Govgraph-Minimum-Revision, a browser by a cookie, and waits until it is there, but not for ever.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from govgraph.access import Author, Role
from govgraph.catalogue import Audience, View
from govgraph.errors import BadRequest, Forbidden, NotFound, RevisionAway, StoreError
from govgraph.web import authentication
from govgraph.web.house import House
from govgraph.web.language import N_, Said

VIEW_HEADER = "govgraph-view"
MINIMUM_HEADER = "govgraph-minimum-revision"
COOKIE = "govgraph-revision"
COOKIE_SECONDS = 60
"""As long as a reader may be behind; a cookie that outlived a restored backup would lock a browser out."""
_DEMANDING = (MINIMUM_HEADER.encode(), b"cookie")
_MOST_DIGITS = 15
_LOOKS_PER_SECOND = 20


@dataclass(frozen=True)
class Wanted:
    """What a request asks to read; ``as_of`` is empty for now."""

    audience: Audience
    as_of: str
    minimum: int

    @classmethod
    def of(cls, request: Request) -> Wanted:
        """Raises BadRequest."""
        said = request.query_params.get("view") or request.headers.get(VIEW_HEADER) or Audience.PUBLIC
        if said not in list(Audience):
            raise BadRequest(
                Said(N_("%(name)s is “%(value)s”."), name="view", value=said[:40]),
                Said(N_("Choose one of: %(choices)s."), choices=", ".join(Audience)),
            )
        demanded = request.headers.get(MINIMUM_HEADER, "")
        if demanded and not _is_number(demanded):
            raise BadRequest(
                Said(N_("%(name)s is “%(value)s”."), name="Govgraph-Minimum-Revision", value=demanded[:40]),
                Said(N_("Give the number of a revision.")),
            )
        return cls(Audience(said), as_of(request), minimum(request))


def as_of(request: Request) -> str:
    """The moment a request asks for, empty for now."""
    return request.query_params.get("asOf", "")


def minimum(request: Request) -> int:
    """The least revision that will do, 0 for any; a cookie is only what browsers send by themselves."""
    for said in (request.headers.get(MINIMUM_HEADER, ""), request.cookies.get(COOKIE, "")):
        if _is_number(said):
            return int(said)
    return 0


def _may_demand(scope: Scope) -> bool:
    """Most requests have neither header, which is told sooner than by looking each up."""
    return any(name in _DEMANDING for name, _ in scope["headers"])


def _is_number(said: str) -> bool:
    return said.isascii() and said.isdecimal() and len(said) <= _MOST_DIGITS


def view_of(house: House, request: Request) -> View:
    """What this request reads. Blocking: may read the store.

    Raises BadRequest, Unauthorised, Forbidden, NotFound, RevisionAway and StoreError.
    """
    wanted = Wanted.of(request)
    _admit(house, request, wanted)
    if wanted.as_of:
        if house.past is None:
            raise NotFound(Said(N_("The past is not kept here.")), Said(N_("Leave asOf out to see what is now.")))
        return house.past.view(wanted.audience, wanted.as_of)
    view = house.catalogue.view(wanted.audience)
    if view.reader.revision < wanted.minimum:
        raise RevisionAway(
            Said(N_("Revision %(revision)s has not come here yet."), revision=wanted.minimum),
            Said(N_("Try again shortly.")),
        )
    return view


def newest(house: House) -> View:
    """For who asks no more than whether the catalogue can be read, which says nothing of what is in it."""
    return house.catalogue.view(Audience.PUBLIC)


def _admit(house: House, request: Request, wanted: Wanted) -> Author | None:
    """A token that is not valid is refused whatever it was sent for."""
    if wanted.audience is Audience.PUBLIC and house.settings.read_public == "open":
        return authentication.known(house, request)
    author = authentication.author_of(house, request)
    if not author.role.may(Role.READER):
        error = Forbidden(Said(N_("This token does not allow that.")), Said(N_("Ask for another one.")))
        raise authentication.refused(house, request, error, author)
    return author


def remember(response: Response, house: House, revision: int) -> None:
    """Have a browser that has written ``revision`` see at least that on its next pages."""
    path, secure = house.root or "/", house.settings.base.startswith("https:")
    response.set_cookie(
        COOKIE, str(revision), max_age=COOKIE_SECONDS, path=path, secure=secure, httponly=True, samesite="lax"
    )


class Patience:
    """Lets a request wait for the revision it demands before it takes a thread; what comes of it ``view_of`` says."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app = app
        self._house = house
        self._places = house.settings.query_waiting
        self._pause = max(house.settings.refresh_seconds, 1 / _LOOKS_PER_SECOND)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "http"
            and _may_demand(scope)
            and (demanded := minimum(Request(scope)))
            and self._places > 0
        ):
            self._places -= 1
            try:
                await self._wait(demanded)
            finally:
                self._places += 1
        await self._app(scope, receive, send)

    async def _wait(self, demanded: int) -> None:
        until = monotonic() + self._house.settings.revision_wait_seconds
        while await run_in_threadpool(self._newest) < demanded and monotonic() < until:
            await asyncio.sleep(self._pause)

    def _newest(self) -> float:
        try:
            return newest(self._house).reader.revision
        except StoreError:
            return float("inf")  # the request itself will be told


class Discretion:
    """What is answered to somebody with a token is for them alone: no cache between may give it to others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or "authorization" not in Headers(scope=scope):
            await self._app(scope, receive, send)
            return

        async def send_privately(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                kept = headers.get("cache-control", "no-cache")
                if not kept.startswith(("public", "private")) and kept != "no-store":
                    headers["cache-control"] = f"private, {kept}"
                headers.add_vary_header("Authorization")
            await send(message)

        await self._app(scope, receive, send_privately)
