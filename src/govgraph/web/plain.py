"""Plain mode: ``/sparql`` and ``/graph-store`` over an ordinary SPARQL store, for conformance suites and for trying
things out; no catalogue, no contract, no gate.

Where tokens have been given for the directory, a write needs one of a role that may write. Where none have, it needs
none on a loopback address, and elsewhere nothing can be written.
"""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit
from uuid import uuid4

import orjson
from pyoxigraph import NamedNode
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from govgraph.access import Role
from govgraph.access.tokens import Tokens
from govgraph.errors import BadRequest, Forbidden, GovgraphError, NotAcceptable, NotFound, Unauthorised
from govgraph.media import GRAPH_FORMATS, choose
from govgraph.publication.endpoint import describe_plain
from govgraph.settings import Settings
from govgraph.store.plain import PlainStore
from govgraph.web.body import read_body
from govgraph.web.graph_body import triples_of
from govgraph.web.problem import PROBLEM, PROBLEM_TYPES
from govgraph.web.sparql_formats import OFFERS, choose_all
from govgraph.web.sparql_request import UPDATE, Asked, Updating, graph, read

GRAPHS = "/graph-store"
_METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"]


def build_plain_app(settings: Settings) -> Starlette:
    """An app over the plain store in ``settings.data``. Raises StoreError where there is none to be had."""
    store = PlainStore(settings.data)
    face = Face(settings, store, Guard(settings, Tokens(settings.data / "access")))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        store.close()

    root = urlsplit(settings.base).path.rstrip("/")
    return Starlette(
        routes=[
            Route(f"{root}/", _welcome),
            Route(f"{root}/sparql", face.sparql, methods=["GET", "POST"]),
            Route(f"{root}{GRAPHS}", face.graphs, methods=_METHODS),
            Route(f"{root}{GRAPHS}/{{path:path}}", face.graphs, methods=_METHODS),
        ],
        exception_handlers={GovgraphError: _refuse},
        lifespan=lifespan,
    )


@dataclass(frozen=True)
class Guard:
    """Who may write."""

    settings: Settings
    tokens: Tokens

    def admit(self, request: Request) -> None:
        """Raises Unauthorised and Forbidden."""
        origin, own = request.headers.get("origin"), urlsplit(self.settings.base)
        if origin is not None and origin != f"{own.scheme}://{own.netloc}":
            raise Forbidden(f"A page of {origin} may not write here.", "Write from a program, or from a page of ours.")
        if not self.tokens.list() and is_loopback(self.settings.host):
            return
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthorised("This needs a token.", "Send it in the header Authorization, after the word Bearer.")
        if not self.tokens.author(text.strip()).role.may(Role.EDITOR):
            raise Forbidden("This token does not allow that.", "Ask for another one.")


@dataclass(frozen=True)
class Face:
    """What the two addresses do with a request."""

    settings: Settings
    store: PlainStore
    guard: Guard

    async def sparql(self, request: Request) -> Response:
        asked = await read(request, self.settings.graph_megabytes * 1_000_000)
        if isinstance(asked, Updating):
            await run_in_threadpool(self.guard.admit, request)
            await run_in_threadpool(self.store.update, asked.text, f"{self.settings.base}sparql", asked.dataset)
            return Response(status_code=HTTPStatus.NO_CONTENT)
        return await run_in_threadpool(self._answer, request, asked)

    async def graphs(self, request: Request) -> Response:
        if request.method in ("GET", "HEAD"):
            return await run_in_threadpool(self._read, request, self._target(request))
        await run_in_threadpool(self.guard.admit, request)
        body = await read_body(request, self.settings.graph_megabytes * 1_000_000)
        return await run_in_threadpool(self._write, request, body)

    def _answer(self, request: Request, asked: Asked | None) -> Response:
        if asked is None:
            format_ = choose(request.headers.get("accept"), GRAPH_FORMATS) or GRAPH_FORMATS[0]
            return Response(describe_plain(self.settings.base, format_), media_type=format_.content_type)
        formats = choose_all(asked.format, request.headers.get("accept"))
        wanted = {kind: one for kind, one in formats.items() if one.name != "html"}
        limit = self.settings.query_megabytes * 1_000_000
        result = self.store.query(asked.text, wanted, asked.dataset, f"{self.settings.base}sparql", limit)
        if result.format is None:
            raise NotAcceptable(f"This result is {OFFERS[result.kind].called}.", OFFERS[result.kind].sentence)
        return Response(result.body, media_type=result.format.content_type)

    def _read(self, request: Request, target: NamedNode | None) -> Response:
        self._refuse_missing(target)
        format_ = choose(request.headers.get("accept"), GRAPH_FORMATS)
        if format_ is None:
            raise NotAcceptable("A graph is not available as that.", ", ".join(one.type for one in GRAPH_FORMATS))
        return Response(self.store.read(target, format_), media_type=format_.content_type)

    def _write(self, request: Request, body: bytes) -> Response:
        if request.method == "POST" and self._names_none(request):
            return self._create(request, body)
        target = self._target(request)
        there = self.store.has(target)
        media = request.headers.get("content-type", "")
        if request.method == "DELETE":
            self._refuse_missing(target)
            self.store.drop(target)
        elif request.method == "PATCH":
            self._patch(media, body, target)
        else:
            triples = triples_of(media, body, target.value if target else self.settings.base)
            (self.store.put if request.method == "PUT" else self.store.add)(target, triples)
        return Response(status_code=HTTPStatus.NO_CONTENT if there else HTTPStatus.CREATED)

    def _create(self, request: Request, body: bytes) -> Response:
        """A graph of which the address is new (section 5.5)."""
        path = f"{GRAPHS}/{uuid4().hex}"
        target = NamedNode(self.settings.base.rstrip("/") + path)
        self.store.add(target, triples_of(request.headers.get("content-type", ""), body, target.value))
        location = urlsplit(target.value).path
        return Response(status_code=HTTPStatus.CREATED, headers={"location": location})

    def _patch(self, media: str, body: bytes, target: NamedNode | None) -> None:
        if media.partition(";")[0].strip().lower() != UPDATE:
            raise BadRequest("A graph is patched with an update.", f"Send {UPDATE}.")
        self.store.update(body.decode("utf-8", "replace"), self.settings.base, into=target)

    def _target(self, request: Request) -> NamedNode | None:
        """The graph a request is about: the one it names, else its own address (section 4.1)."""
        named, default = request.query_params.getlist("graph"), "default" in request.query_params
        if named and not default and len(named) == 1:
            return graph(named[0])
        if default and not named:
            return None
        path = request.path_params.get("path", "")
        if path and not named and not default:
            return graph(f"{self.settings.base.rstrip('/')}{GRAPHS}/{path}")
        raise BadRequest("The address has to name one graph.", "Write ?default, or ?graph= and an IRI.")

    def _names_none(self, request: Request) -> bool:
        return not (request.query_params.keys() & {"graph", "default"} or request.path_params.get("path"))

    def _refuse_missing(self, target: NamedNode | None) -> None:
        if not self.store.has(target):
            raise NotFound(f"There is no graph {target}.")


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _welcome(_request: Request) -> Response:
    return PlainTextResponse(f"A plain SPARQL store: queries and updates at /sparql, whole graphs at {GRAPHS}.\n")


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, GovgraphError)
    said = {
        "type": PROBLEM_TYPES + error.code,
        "status": int(error.status),
        "detail": error.sentence,
        "hint": error.hint,
    }
    return Response(orjson.dumps(said), error.status, media_type=PROBLEM.type)
