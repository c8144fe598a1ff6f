"""What a request to ``/sparql`` asks, by the SPARQL 1.1 Protocol (section 2.1); runs nothing.

The whole protocol is the table READERS: method and content type to the function that reads such a request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from pyoxigraph import NamedNode
from starlette.requests import Request

from govgraph.errors import BadRequest, QueryForbidden, UnsupportedMediaType
from govgraph.store import Dataset
from govgraph.web.body import read_body

Parameters = Mapping[str, list[str]]

_UPDATES_LATER = "Updates are not available here yet."


@dataclass(frozen=True)
class Asked:
    """A query; ``dataset`` where the request names one; ``format`` what it says of the format beside ``Accept``."""

    text: str
    dataset: Dataset | None
    format: str


async def read(request: Request, most_bytes: int) -> Asked | None:
    """What is asked, None for a GET that asks for nothing: it wants the service description.

    Raises BadRequest and its children, QueryForbidden for an update.
    """
    method = "GET" if request.method == "HEAD" else request.method
    media, _, parameters = request.headers.get("content-type", "").partition(";")
    key = (method, media.strip().lower() if method == "POST" else "")
    reader = READERS.get(key)
    if reader is None:
        raise UnsupportedMediaType(
            f"A request of the type {media.strip() or 'nothing'} is not read here.",
            "Send " + " or ".join(type_ for of, type_ in READERS if of == "POST" and "update" not in type_) + ".",
        )
    charset = parameters.lower().partition("charset=")[2].strip(' "')
    if charset not in ("", "utf-8", "utf8"):
        raise UnsupportedMediaType(f"Requests in {charset} are not read here.", "Send UTF-8.")
    body = await read_body(request, most_bytes) if method == "POST" else b""
    return reader(_pairs(request.scope["query_string"], "address"), body)


def _in_address(address: Parameters, _body: bytes) -> Asked | None:
    return _asked(address) if address.keys() - {"format", "lang"} else None


def _in_form(address: Parameters, body: bytes) -> Asked:
    form = _pairs(body, "body")
    twice = address.keys() & form.keys()
    if twice:
        raise BadRequest(f"The parameter {min(twice)} is both in the address and in the body.", "Give it once.")
    return _asked({**address, **form})


def _in_body(address: Parameters, body: bytes) -> Asked:
    if "query" in address:
        raise BadRequest("There is a query both in the address and in the body.", "Give one.")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise BadRequest(f"The query is not UTF-8: {error.reason} at byte {error.start}.", "Send UTF-8.") from None
    return _asked({**address, "query": [text]})


def _update(_address: Parameters, _body: bytes) -> Asked:
    raise QueryForbidden(_UPDATES_LATER, "Changes are made with govgraph load for now.")


READERS: Mapping[tuple[str, str], Callable[[Parameters, bytes], Asked | None]] = {
    ("GET", ""): _in_address,
    ("POST", "application/x-www-form-urlencoded"): _in_form,
    ("POST", "application/sparql-query"): _in_body,
    ("POST", "application/sparql-update"): _update,
}


def _asked(given: Parameters) -> Asked:
    queries, updates = given.get("query", []), given.get("update", [])
    if queries and updates:
        raise BadRequest("There are both a query and an update.", "Send one of them.")
    if updates:
        raise QueryForbidden(_UPDATES_LATER, "Changes are made with govgraph load for now.")
    if len(queries) != 1:
        raise BadRequest(
            "There are several queries." if queries else "There is no query.", "Give one as the parameter query."
        )
    return Asked(queries[0], _dataset(given), given.get("format", [""])[-1])


def _dataset(given: Parameters) -> Dataset | None:
    default = tuple(_graph(iri) for iri in given.get("default-graph-uri", []) if iri)
    named = tuple(_graph(iri) for iri in given.get("named-graph-uri", []) if iri)
    return Dataset(default, named) if default or named else None


def _graph(iri: str) -> NamedNode:
    try:
        return NamedNode(iri)
    except ValueError:
        raise BadRequest(f"{iri!r} names no graph: it is no IRI.", "Write a full IRI, percent-encoded.") from None


def _pairs(encoded: bytes, where: str) -> Parameters:
    try:
        pairs = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise BadRequest(f"The parameters in the {where} are not percent-encoded UTF-8.", "Encode them so.") from None
    given: dict[str, list[str]] = {}
    for key, value in pairs:
        given.setdefault(key, []).append(value)
    return given
