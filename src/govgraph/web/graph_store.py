"""``/graph-store``: whole graphs by the SPARQL 1.1 Graph Store HTTP Protocol; what a write does, the gate decides.

``?default`` is the working graph, as it is for an update; the others are named by ``?graph=``. What a view shows can be
read, and to read a graph of the working view needs a token. The working and the reference graph can be written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from tempfile import TemporaryFile
from typing import BinaryIO

from pyoxigraph import NamedNode, Quad
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from govgraph.catalogue import Audience, View
from govgraph.change import Change, Committed
from govgraph.change.edits import Edit, Graph, Statements, skolemised
from govgraph.errors import BadRequest, NotFound, RevisionConflict, Stale, UnsupportedMediaType
from govgraph.gate.update import Wanted
from govgraph.media import GRAPH_FORMATS, Format
from govgraph.store.update import forbidden
from govgraph.web import responses
from govgraph.web.authentication import author_of, refused
from govgraph.web.body import read_body
from govgraph.web.change import Errand, writer_of
from govgraph.web.graph_body import triples_of
from govgraph.web.house import House
from govgraph.web.language import N_, Said
from govgraph.web.sparql_request import UPDATE, graph
from govgraph.web.sparql_update import answered, carry_out, turnstile_of
from govgraph.web.turnstile import Turnstile
from govgraph.web.view import VIEW_HEADER, view_of

DOOR = "graph-store"
METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS")
PIECE = 65_536
_TAG = re.compile(r'(?:W/)?"g(\d{1,15})-[a-z]+-[a-z]+"')


def routes(house: House) -> list[BaseRoute]:
    endpoint = Endpoint(house, turnstile_of(house.settings))
    return [Route("/graph-store", endpoint.answer, methods=list(METHODS))]


@dataclass(frozen=True)
class Endpoint:
    """What ``/graph-store`` does with a request."""

    house: House
    turnstile: Turnstile

    async def answer(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=HTTPStatus.NO_CONTENT, headers={"allow": ", ".join(("HEAD", *METHODS))})
        if request.method in ("GET", "HEAD"):
            return await run_in_threadpool(self._read, request)
        author = await run_in_threadpool(author_of, self.house, request)
        target = self._target(request)
        names = self.house.catalogue.names
        if target not in (names.working, names.reference):
            raise refused(self.house, request, forbidden(str(target)), author)
        change = replace(Errand.of(request).change(author, DOOR), after=_after(request))
        body = await read_body(request, self.house.settings.graph_megabytes * 1_000_000)
        try:
            committed = await self._written(request, change, target, body)
        except RevisionConflict as error:
            if change.after is None:
                raise
            raise _stale(target) from error
        return await run_in_threadpool(answered, self.house, request, committed)

    async def _written(self, request: Request, change: Change, target: NamedNode, body: bytes) -> Committed:
        if request.method == "PATCH":
            return await carry_out(self.house, self.turnstile, self._patch(request, change, target, body))
        return await run_in_threadpool(self._submit, request, change, target, body)

    def _submit(self, request: Request, change: Change, target: NamedNode, body: bytes) -> Committed:
        """Blocking: waits for the writer."""
        edit = Graph(target, ()) if request.method == "DELETE" else self._edit(request, target, body)
        return writer_of(self.house).submit(replace(change, edits=(edit,)))

    def _edit(self, request: Request, target: NamedNode, body: bytes) -> Edit:
        """PUT says all there is in the graph (section 5.3), POST what is to come to it (section 5.5)."""
        names = self.house.catalogue.names
        given = triples_of(request.headers.get("content-type", ""), body, self.house.settings.base)
        triples = sorted(dict.fromkeys(skolemised(given, self.house.contract, names)), key=str)
        if request.method == "PUT":
            return Graph(target, tuple(triples))
        return Statements(added=tuple(Quad(t.subject, t.predicate, t.object, target) for t in triples))

    def _patch(self, request: Request, change: Change, target: NamedNode, body: bytes) -> Wanted:
        """An update of the one graph (section 5.7)."""
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != UPDATE:
            raise UnsupportedMediaType(
                Said(N_("A body of the type “%(type)s” is not read here."), type=media[:80]),
                Said(N_("Available: %(formats)s."), formats=UPDATE),
            )
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise BadRequest(f"The update is not UTF-8: {error.reason} at byte {error.start}.", "Send UTF-8.") from None
        return Wanted(text, self.house.settings.base, change, into=target)

    def _read(self, request: Request) -> Response:
        target = self._target(request)
        view = self._view(request, target)
        if target not in view.visible:
            raise NotFound(
                Said(N_("There is no graph %(graph)s."), graph=target.value),
                Said(N_("Available: %(formats)s."), formats=", ".join(one.value for one in view.visible)),
            )
        format_ = responses.negotiate(request, GRAPH_FORMATS)
        tag = f'W/"g{view.revision}-{view.audience}-{format_.name}"'
        headers = {
            "etag": tag,
            "cache-control": "no-cache",
            "vary": "Accept",
            "govgraph-revision": str(view.revision),
        }
        if responses.already_has(request, tag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        if request.method == "HEAD":
            return Response(headers=headers, media_type=format_.content_type)
        return StreamingResponse(_pieces(view, target, format_), headers=headers, media_type=format_.content_type)

    def _view(self, request: Request, target: NamedNode) -> View:
        """Who names a graph that only the working view has, asks for that view."""
        names, working = self.house.catalogue.names, Audience.WORKING
        own = (names.working, *names.beside(working))
        if target in own and "view" not in request.query_params:
            headers = [*request.scope["headers"], (VIEW_HEADER.encode(), str(working).encode())]
            request = Request({**request.scope, "headers": headers})
        return view_of(self.house, request)

    def _target(self, request: Request) -> NamedNode:
        """The graph a request is about (section 4)."""
        named, default = request.query_params.getlist("graph"), "default" in request.query_params
        if len(named) + default != 1:
            raise BadRequest(
                Said(N_("The address has to name one graph.")), Said(N_("Write ?default, or ?graph= and an IRI."))
            )
        return self.house.catalogue.names.working if default else graph(named[0])


def _pieces(view: View, target: NamedNode, format_: Format) -> Iterator[bytes]:
    """A graph as it is written; a file on the way keeps it out of memory."""
    with TemporaryFile() as file:
        _write(view, target, format_, file)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _write(view: View, target: NamedNode, format_: Format, file: BinaryIO) -> None:
    view.reader.write((target,), format_, file)


def _after(request: Request) -> int | None:
    """The revision that ``If-Match`` demands (RFC 9110 section 13.1.1); a graph is of the revision of its view."""
    if request.headers.get("if-none-match"):
        raise Stale("There are the graphs that there are.", "Leave If-None-Match out.")
    said = request.headers.get("if-match", "").strip()
    if said in ("", "*"):
        return None
    found = [_TAG.fullmatch(tag.strip()) for tag in said.split(",")]
    revisions = [int(tag[1]) for tag in found if tag]
    if not revisions:
        raise Stale("If-Match holds no tag of a graph.", "Take the ETag of a GET.")
    return max(revisions)


def _stale(target: NamedNode) -> Stale:
    return Stale(f"The graph {target.value} has changed since you saw it.", "Read it again, then make your change.")
