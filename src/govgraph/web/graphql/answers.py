"""How GraphQL answers leave: their bytes, tags and headers; runs nothing, knows no quota."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

from govgraph import __version__
from govgraph.errors import GovgraphError, MethodNotAllowed
from govgraph.graphql import Told
from govgraph.graphql.execution import faults
from govgraph.iris import digest
from govgraph.media import Format
from govgraph.web.graphql.kept import Key
from govgraph.web.graphql.statuses import REQUEST_ERROR
from govgraph.web.refusal import advice

VARY = "Accept, Govgraph-Price, Govgraph-View"
VARY_PRIVATE = f"{VARY}, Authorization"


def respond(body: bytes, status: HTTPStatus, offer: Format, headers: Mapping[str, str]) -> Response:
    return Response(body, status, headers, f"{offer.type}; charset=utf-8")


def refusal(told: Told, offer: Format, headers: Mapping[str, str]) -> Response:
    """Of a request that is one of GraphQL but cannot be run."""
    return respond(
        write(told), REQUEST_ERROR.status(offer), offer, {"vary": VARY, "cache-control": "no-store", **headers}
    )


def error(of: GovgraphError, offer: Format, headers: Mapping[str, str]) -> Response:
    """What is no GraphQL request, or is refused whatever it asks, in the form of GraphQL's errors."""
    said = {**advice(of), "vary": VARY, "cache-control": "no-store", **headers}
    if isinstance(of, MethodNotAllowed):
        said["allow"] = "POST"
    return respond(write(Told(False, errors=(faults.refused(of),))), HTTPStatus(of.status), offer, said)


def write(told: Told) -> bytes:
    return told.json()


def extend(body: bytes, name: str, more: Mapping[str, Any] | None) -> bytes:
    """The answer with one extension more; ``body`` is a JSON object that has none yet."""
    if more is None:
        return body
    between = b"," if len(body) > len(b"{}") else b""
    return b'%b%b"extensions":%b}' % (body[:-1], between, orjson.dumps({name: more}))


def with_cost(told: Told, cost: Mapping[str, Any] | None) -> Told:
    return replace(told, extensions={**told.extensions, "cost": cost}) if cost else told


def tag(key: Key, contract: str, offer: Format, mark: str = "") -> str:
    """The ETag of an answer, weak since compression changes the bytes; ``mark`` says what was added to it."""
    request = digest(key.document, key.operation_name, key.variables.decode(), key.moment)[:24]
    parts = (__version__, contract, key.revision, key.audience, key.day, offer.name, request, *([mark] if mark else []))
    return 'W/"' + "-".join(str(part) for part in parts) + '"'
