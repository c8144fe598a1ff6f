"""``/sparql``: queries by the SPARQL 1.1 Protocol, and a page to write them on; knows nothing of how they are run.
Updates are ``sparql_update``'s.

Anyone may ask anything of what is published. A query runs in a process that can be killed, and a few wait for their
turn without keeping anybody else from being served.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from time import perf_counter

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from govgraph.catalogue import View
from govgraph.errors import NotAcceptable, QueryError
from govgraph.iris import digest
from govgraph.media import GRAPH_FORMATS, HTML, TURTLE, Format
from govgraph.publication.endpoint import describe
from govgraph.store import sparql_text
from govgraph.web import responses, sparql_page
from govgraph.web.house import House
from govgraph.web.refusal import advice
from govgraph.web.sparql_formats import OFFERS, choose_all
from govgraph.web.sparql_request import Asked, Updating, is_update, read
from govgraph.web.sparql_update import UpdateEndpoint
from govgraph.web.turnstile import Turnstile
from govgraph.web.view import view_of
from govgraph.web.visit import Visit

METHODS = ("GET", "POST", "OPTIONS")
PIECE = 65_536


def routes(house: House) -> list[BaseRoute]:
    endpoint = Endpoint(house, Turnstile.of(house.settings), UpdateEndpoint.of(house))
    return [Route("/sparql", endpoint.answer, methods=list(METHODS))]


@dataclass(frozen=True)
class Prepared:
    """A query with all that is known before it runs; ``formats`` are those acceptable, per kind of result."""

    visit: Visit
    view: View
    asked: Asked
    formats: Mapping[str, Format]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Endpoint:
    """What ``/sparql`` does with a request."""

    house: House
    turnstile: Turnstile
    updates: UpdateEndpoint

    async def answer(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=HTTPStatus.NO_CONTENT, headers={"allow": "GET, HEAD, POST, OPTIONS"})
        if is_update(request):
            return await self.updates.answer(request)
        asked = await read(request, self.house.settings.body_megabytes * 1_000_000)
        if isinstance(asked, Updating):
            return await self.updates.answer(request, asked)
        if asked is None:
            return await run_in_threadpool(self._describe, request)
        prepared = await run_in_threadpool(self._prepare, request, asked)
        if (tag := prepared.headers.get("etag")) and responses.already_has(request, tag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=prepared.headers)
        try:
            return await self.turnstile.run(partial(self._run, prepared))
        except QueryError as error:
            if HTML not in prepared.formats.values():
                raise
            return await run_in_threadpool(_refusal_page, prepared, error)

    def _describe(self, request: Request) -> Response:
        """Service description (SPARQL 1.1 Service Description section 2), or the page."""
        visit, view = Visit.of(self.house, request), view_of(self.house, request)
        format_ = responses.negotiate(request, (*GRAPH_FORMATS, HTML))

        def make() -> str | bytes:
            return sparql_page.empty(visit, view) if format_ is HTML else describe(view, format_)

        links = {one.type: visit.href("/sparql", format=one.name) for one in GRAPH_FORMATS}
        return responses.answer(visit, view, format_, make, links=links)

    def _prepare(self, request: Request, asked: Asked) -> Prepared:
        visit, view = Visit.of(self.house, request), view_of(self.house, request)
        formats = choose_all(asked.format, request.headers.get("accept"))
        headers = {"govgraph-revision": str(view.revision), "vary": "Accept, Accept-Language"}
        if sparql_text.depends_on_moment(asked.text):
            headers["cache-control"] = "no-store"
        else:
            headers |= {"cache-control": "no-cache"}
            if request.method != "POST":
                headers["etag"] = _tag(visit, view, asked, formats)
        return Prepared(visit, view, asked, formats, headers)

    def _run(self, prepared: Prepared, seconds: float) -> Response:
        """Blocking, until the query is through or its deadline."""
        asked = prepared.asked
        wanted = {k: OFFERS[k].page if one is HTML else one for k, one in prepared.formats.items()}
        begun = perf_counter()
        base = f"{self.house.settings.base}sparql"
        result = prepared.view.query(asked.text, wanted, dataset=asked.dataset, base=base, seconds=seconds)
        if result.format is None:
            offer = OFFERS[result.kind]
            raise NotAcceptable(f"This result is {offer.called}.", offer.sentence)
        took = 1000 * (perf_counter() - begun)
        headers = {**prepared.headers, "server-timing": f"query;dur={took:.1f}"}
        if prepared.formats[result.kind] is HTML:
            page = sparql_page.filled(prepared.visit, prepared.view, asked, result)
            return Response(page, headers=headers, media_type=HTML.content_type)
        return _sent(result.body, headers, result.format)


def _tag(visit: Visit, view: View, asked: Asked, formats: Mapping[str, Format]) -> str:
    dataset = str(asked.dataset) if asked.dataset else ""
    names = ".".join(formats[kind].name if kind in formats else "-" for kind in OFFERS)
    page = HTML if HTML in formats.values() else TURTLE
    return responses.entity_tag(visit, view, page, names, digest(asked.text, dataset)[:24])


def _refusal_page(prepared: Prepared, error: QueryError) -> Response:
    headers = {**advice(error), "vary": prepared.headers["vary"], "cache-control": "no-store"}
    page = sparql_page.refused(prepared.visit, prepared.view, prepared.asked, error)
    return Response(page, error.status, headers, HTML.content_type)


def _sent(body: bytes, headers: Mapping[str, str], format_: Format) -> Response:
    """Large bodies in pieces, so that compressing one does not keep the others waiting."""
    if len(body) <= PIECE:
        return Response(body, headers=headers, media_type=format_.content_type)

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), PIECE):
            yield body[start : start + PIECE]

    return StreamingResponse(pieces(), headers=headers, media_type=format_.content_type)
