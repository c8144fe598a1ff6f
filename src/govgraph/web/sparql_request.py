"""What a request to ``/sparql`` asks, by the SPARQL 1.1 Protocol (section 2.1); runs nothing.

The whole protocol is the table READERS: method and content type to the function that reads such a request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from pyoxigraph import NamedNode
from starlette.requests import Request

from govgraph.errors import BadRequest, MethodNotAllowed, UnsupportedMediaType
from govgraph.store import Dataset
from govgraph.store.update import names_dataset
from govgraph.web.body import read_body
from govgraph.web.visit import CARRIED

Parameters = Mapping[str, list[str]]

UPDATE = "application/sparql-update"


@dataclass(frozen=True)
class Asked:
    """A query; ``dataset`` where the request names one; ``format`` what it says of the format beside ``Accept``."""

    text: str
    dataset: Dataset | None
    format: str


@dataclass(frozen=True)
class Updating:
    """An update; ``dataset`` where the request names one for its patterns; ``given`` are all parameters."""

    text: str
    dataset: Dataset | None
    given: Parameters


def is_update(request: Request) -> bool:
    """Whether the body is an update by its type."""
    return request.method == "POST" and _media(request)[0] == UPDATE


async def read(request: Request, most_bytes: int) -> Asked | Updating | None:
    """What is asked, None for a GET that asks for nothing: it wants the service description.

    Raises BadRequest and its children.
    """
    method = "GET" if request.method == "HEAD" else request.method
    media, parameters = _media(request)
    key = (method, media if method == "POST" else "")
    reader = READERS.get(key)
    if reader is None:
        raise UnsupportedMediaType(
            f"A request of the type {media or 'nothing'} is not read here.",
            "Send " + " or ".join(type_ for of, type_ in READERS if of == "POST") + ".",
        )
    charset = parameters.lower().partition("charset=")[2].strip(' "')
    if charset not in ("", "utf-8", "utf8"):
        raise UnsupportedMediaType(f"Requests in {charset} are not read here.", "Send UTF-8.")
    body = await read_body(request, most_bytes) if method == "POST" else b""
    return reader(_pairs(request.scope["query_string"], "address"), body)


def _media(request: Request) -> tuple[str, str]:
    """The type of the body, and its parameters."""
    media, _, parameters = request.headers.get("content-type", "").partition(";")
    return media.strip().lower(), parameters


def _in_address(address: Parameters, _body: bytes) -> Asked | Updating | None:
    if "update" in address and "query" not in address:
        raise MethodNotAllowed("An update is no GET.", "Send it by POST, as update= or as application/sparql-update.")
    return _asked(address) if address.keys() - {"format", *CARRIED} else None


def _in_form(address: Parameters, body: bytes) -> Asked | Updating:
    form = _pairs(body, "body")
    twice = address.keys() & form.keys()
    if twice:
        raise BadRequest(f"The parameter {min(twice)} is both in the address and in the body.", "Give it once.")
    return _asked({**address, **form})


def _in_body(address: Parameters, body: bytes) -> Asked | Updating:
    return _asked({**address, "query": [_decoded(address, body, "query")]})


def _update_in_body(address: Parameters, body: bytes) -> Asked | Updating:
    return _asked({**address, "update": [_decoded(address, body, "update")]})


def _decoded(address: Parameters, body: bytes, what: str) -> str:
    if what in address:
        raise BadRequest(f"There is a text of the {what} both in the address and in the body.", "Give one.")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise BadRequest(f"The {what} is not UTF-8: {error.reason} at byte {error.start}.", "Send UTF-8.") from None


READERS: Mapping[tuple[str, str], Callable[[Parameters, bytes], Asked | Updating | None]] = {
    ("GET", ""): _in_address,
    ("POST", "application/x-www-form-urlencoded"): _in_form,
    ("POST", "application/sparql-query"): _in_body,
    ("POST", UPDATE): _update_in_body,
}


def _asked(given: Parameters) -> Asked | Updating:
    queries, updates = given.get("query", []), given.get("update", [])
    if queries and updates:
        raise BadRequest("There are both a query and an update.", "Send one of them.")
    if updates:
        return _updating(given, updates)
    if len(queries) != 1:
        raise BadRequest(
            "There are several queries." if queries else "There is no query.", "Give one as the parameter query."
        )
    return Asked(queries[0], _dataset(given, ""), given.get("format", [""])[-1])


def _updating(given: Parameters, updates: list[str]) -> Updating:
    """SPARQL 1.1 Protocol section 2.2."""
    if len(updates) != 1:
        raise BadRequest("There are several updates.", "Join them with semicolons, or send them one by one.")
    dataset = _dataset(given, "using-")
    if dataset is not None and names_dataset(updates[0]):
        raise BadRequest(
            "Both the request and the update say what its patterns read.",
            "Leave out USING and WITH, or using-graph-uri and using-named-graph-uri.",
        )
    return Updating(updates[0], dataset, given)


def _dataset(given: Parameters, prefix: str) -> Dataset | None:
    default = tuple(graph(iri) for iri in given.get(f"{prefix or 'default-'}graph-uri", []) if iri)
    named = tuple(graph(iri) for iri in given.get(f"{prefix}named-graph-uri", []) if iri)
    return Dataset(default, named) if default or named else None


def graph(iri: str) -> NamedNode:
    """Raises BadRequest for what is no IRI."""
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
