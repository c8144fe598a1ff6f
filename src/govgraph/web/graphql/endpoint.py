"""``/graphql`` by GraphQL over HTTP: what a request asks, which status and media type its answer has; runs no field.

Specification: https://graphql.github.io/graphql-over-http/draft/ . With ``application/json`` a request that could not
run is still 200 (section 6.4.1), with ``application/graphql-response+json`` it is STATUS_OF_REQUEST_ERROR and has no
data (6.4.2). The draft of August 2026 would have 422 for what is well-formed but invalid; the audits want 400. Who
sends a mutation without a valid token gets 401 in either type, as on every face.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from time import monotonic
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from govgraph import __version__
from govgraph.catalogue import Audience, View
from govgraph.errors import (
    BadRequest,
    GovgraphError,
    MethodNotAllowed,
    NotAcceptable,
    RevisionAway,
    UnsupportedMediaType,
    WriterAway,
)
from govgraph.graphql import Asked, Desk, Limits, Schema, Told, build_schema, faults
from govgraph.iris import digest
from govgraph.media import HTML, JSON, Format, choose
from govgraph.web import responses
from govgraph.web.authentication import author_of
from govgraph.web.body import read_body
from govgraph.web.graphql.examples import EXAMPLES
from govgraph.web.house import House
from govgraph.web.refusal import advice
from govgraph.web.view import as_of, remember, view_of
from govgraph.web.visit import Visit

GRAPHQL = Format("graphql", "application/graphql-response+json", "GraphQL")
SDL = Format("sdl", "text/plain", "SDL")
OFFERS = (HTML, JSON, GRAPHQL)
"""To a GET without a query; with one it is answered in one of the last two."""
STATUS_OF_REQUEST_ERROR: Mapping[Format, HTTPStatus] = {JSON: HTTPStatus.OK, GRAPHQL: HTTPStatus.BAD_REQUEST}
"""Of a document, an operation name or variables that cannot be used; what is no GraphQL request at all is 400."""

_LOOK_SECONDS = 0.02
"""How often somebody who waits for a revision looks for it."""


def routes(house: House) -> list[BaseRoute]:
    endpoint = Endpoint(house, build_schema(house.contract, house.questions, Limits.of(house.settings)))
    return [
        Route("/graphql", endpoint.answer, methods=["GET", "POST"]),
        Route("/schema.graphql", endpoint.schema),
    ]


@dataclass(frozen=True)
class Endpoint:
    """What ``/graphql`` does with a request."""

    house: House
    graphql: Schema

    async def answer(self, request: Request) -> Response:
        accept = request.headers.get("accept")
        if request.method != "POST" and "query" not in request.query_params and choose(accept, OFFERS) is HTML:
            return await run_in_threadpool(page, self.house, request)
        # Who asks for a page alone and sends a query reads JSON sooner than a refusal.
        offer = choose(accept, (JSON, GRAPHQL)) or (
            JSON if request.method != "POST" and choose(accept, (HTML,)) else None
        )
        try:
            if offer is None:
                raise NotAcceptable("GraphQL is answered as JSON.", f"Accept {GRAPHQL.type} or {JSON.type}.")
            asked = await self._asked(request)
            return await run_in_threadpool(self._told, request, asked, offer)
        except GovgraphError as error:
            return _refusal(error, offer or JSON)

    def schema(self, request: Request) -> Response:
        """The schema in GraphQL's definition language."""
        view = view_of(self.house, request)
        return responses.answer(Visit.of(self.house, request), view, SDL, self.graphql.print)

    async def _asked(self, request: Request) -> Asked:
        if request.method != "POST":
            return _asked_by_url(request)
        return _asked_by_body(request, await read_body(request, self.house.settings.body_megabytes * 1_000_000))

    def _told(self, request: Request, asked: Asked, offer: Format) -> Response:
        """Blocking: reads the store."""
        reading = request.method in ("GET", "HEAD")
        if reading and self.graphql.operation_type(asked) in ("mutation", "subscription"):
            raise MethodNotAllowed("GET runs queries only.", "Send this operation with POST.")
        if self.graphql.operation_type(asked) == "mutation":
            return self._changed(request, asked, offer)
        view = view_of(self.house, request)
        headers = {"govgraph-revision": str(view.revision), "vary": "Accept"}
        if reading:
            headers |= {"etag": self._tag(view, asked, offer, as_of(request)), "cache-control": "no-cache"}
            if responses.already_has(request, headers["etag"]):
                return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        told = self.graphql.execute(asked, view)
        if told.errors:
            # What went wrong may go right the next time.
            headers.pop("etag", None)
        return _json(told.body, HTTPStatus.OK if told.ran else STATUS_OF_REQUEST_ERROR[offer], offer, headers)

    def _changed(self, request: Request, asked: Asked, offer: Format) -> Response:
        """What a mutation did. Who it is that asks is settled before anything of it is run."""
        house = self.house
        author = author_of(house, request)
        if house.writer is None:
            raise WriterAway("Nothing can be changed here.", "Send the change to where the catalogue is kept.")
        desk = Desk(house.writer, author, self._working)
        view = self._working(0)
        told = self.graphql.execute(asked, view, desk=desk)
        headers = {
            "govgraph-revision": str(told.written or view.revision),
            "vary": "Accept, Authorization",
            "cache-control": "no-store",
        }
        response = _json(told.body, HTTPStatus.OK if told.ran else STATUS_OF_REQUEST_ERROR[offer], offer, headers)
        if told.written:
            remember(response, house, told.written)
        return response

    def _working(self, minimum: int) -> View:
        """The working view at a revision or later. Blocks until readers have it; raises RevisionAway."""
        settings, pause = self.house.settings, threading.Event()
        until = monotonic() + settings.revision_wait_seconds
        while (view := self.house.catalogue.view(Audience.WORKING)).reader.revision < minimum:
            if monotonic() >= until:
                raise RevisionAway(f"Revision {minimum} has not come here yet.", "Try again shortly.")
            pause.wait(min(settings.refresh_seconds, _LOOK_SECONDS))
        return view

    def _tag(self, view: View, asked: Asked, offer: Format, moment: str) -> str:
        """Questions may depend on the day."""
        variables = orjson.dumps(asked.variables, option=orjson.OPT_SORT_KEYS).decode()
        request = digest(asked.query, asked.operation_name or "", variables, moment)[:24]
        parts = (__version__, self.house.contract.hash, view.revision, view.audience, date.today(), offer.name, request)
        return 'W/"' + "-".join(str(part) for part in parts) + '"'


def page(house: House, request: Request) -> Response:
    """For people who come with a browser: a form, examples to run, and where the schema is."""
    visit = Visit.of(house, request)
    view = view_of(house, request)
    return responses.answer(
        visit,
        view,
        HTML,
        lambda: house.renderer.page(visit, "graphql.html", examples=EXAMPLES, view=view),
    )


def _asked_by_url(request: Request) -> Asked:
    given: dict[str, Any] = {key: value for key, value in request.query_params.items() if value}
    for key in ("variables", "extensions"):
        if key in given:
            given[key] = _read_json(given[key].encode(), f"The parameter {key}")
    return _asked(given)


def _asked_by_body(request: Request, body: bytes) -> Asked:
    media, _, parameters = request.headers.get("content-type", "").partition(";")
    if media.strip().lower() != JSON.type:
        raise UnsupportedMediaType(
            f"A request of the type {media.strip() or 'nothing'} is not read here.", f"Send {JSON.type}."
        )
    charset = parameters.lower().partition("charset=")[2].strip(' "')
    if charset not in ("", "utf-8", "utf8"):
        raise UnsupportedMediaType(f"Requests in {charset} are not read here.", "Send UTF-8.")
    given = _read_json(body, "The body")
    if isinstance(given, list):
        raise BadRequest("The body is a list of requests.", "Send them one by one.")
    if not isinstance(given, dict):
        raise BadRequest("The body is no JSON object.", 'Send {"query": "{ … }"}.')
    return _asked(given)


def _read_json(text: bytes, what: str) -> Any:  # whatever JSON a stranger sends
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{what} is no JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None


def _asked(given: Mapping[str, Any]) -> Asked:
    """Section 5.1 of the specification: the parameters and what each must be."""
    query = given.get("query")
    if not isinstance(query, str):
        raise BadRequest("There is no query, or it is no text.", 'Give the document as "query".')
    if not isinstance(given.get("operationName"), str | None):
        raise BadRequest("operationName is no text.", "Give the name of an operation of the document, or leave it out.")
    for key in ("variables", "extensions"):
        if not isinstance(given.get(key), dict | None):
            raise BadRequest(f"{key} is no JSON object.", "Give an object, or leave it out.")
    return Asked(query, given.get("operationName"), given.get("variables"))


def _refusal(error: GovgraphError, offer: Format) -> Response:
    """What is no GraphQL request, in the form of GraphQL's errors."""
    headers = {**advice(error), "vary": "Accept", "cache-control": "no-store"}
    if isinstance(error, MethodNotAllowed):
        headers["allow"] = "POST"
    told = Told(False, errors=(faults.refused(error),))
    return _json(told.body, HTTPStatus(error.status), offer, headers)


def _json(body: object, status: HTTPStatus, offer: Format, headers: Mapping[str, str]) -> Response:
    return Response(orjson.dumps(body), status, headers, f"{offer.type}; charset=utf-8")
