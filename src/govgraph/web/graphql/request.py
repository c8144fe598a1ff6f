"""What a GraphQL request says, read by the letter of GraphQL over HTTP, section 5; knows no schema and no document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.requests import Request

from govgraph.errors import BadRequest, TooManyOperations, UnsupportedMediaType
from govgraph.media import JSON

ID_PARAMETERS = ("documentId", "doc_id")
"""What the proposal of persisted documents calls the id, and what Relay's examples do."""
_PERSISTED_VERSION = 1
_SHA256 = re.compile("[0-9a-f]{64}")
_LONGEST_ID = 256


@dataclass(frozen=True)
class Sent:
    """One request: the document itself, its registered id, its hash, or several of them; each empty where not said,
    the document None.

    ``variables_text`` is the same for equal variables, in whatever order they were written.
    """

    query: str | None
    id: str = ""
    hash: str = ""
    operation_name: str | None = None
    variables: Mapping[str, Any] | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)
    variables_text: bytes = b""

    @property
    def explains(self) -> bool:
        return self.extensions.get("explain") is True


def names_document(request: Request) -> bool:
    """Whether an address asks for an operation, and not for the page about them."""
    query = request.scope["query_string"]
    if not query:
        return False
    return any(name in request.query_params for name in ("query", "extensions", *ID_PARAMETERS))


def sent_by_address(request: Request) -> Sent:
    """Raises BadRequest."""
    given: dict[str, Any] = {key: value for key, value in request.query_params.items() if value}
    for key in ("variables", "extensions"):
        if key in given:
            given[key] = _read_json(given[key].encode(), f"The parameter {key}")
    return _sent(given)


def sent_by_body(request: Request, body: bytes, most: int) -> tuple[Sent, ...] | Sent:
    """One request, or several where at most ``most`` of them may come as a list.

    Raises BadRequest, TooManyOperations and UnsupportedMediaType.
    """
    _check_type(request.headers.get("content-type", ""))
    given = _read_json(body, "The body")
    if isinstance(given, dict):
        return _sent(given)
    if not isinstance(given, list):
        raise BadRequest("The body is no JSON object.", 'Send {"query": "{ … }"}.')
    if not most:
        raise BadRequest("The body is a list of requests.", "Send them one by one.")
    if not given:
        raise BadRequest("The body is an empty list.", 'Send {"query": "{ … }"}, or several of these.')
    if len(given) > most:
        sentence = f"The body is a list of {len(given)} requests; {most} are allowed."
        raise TooManyOperations(sentence, "Send fewer at a time.")
    if not all(isinstance(one, dict) for one in given):
        raise BadRequest("The list holds what is no JSON object.", 'Each is {"query": "{ … }"}.')
    return tuple(_sent(one) for one in given)


def sent_by_message(payload: Mapping[str, Any]) -> Sent:
    """Of the message ``subscribe`` over WebSocket. Raises BadRequest."""
    return _sent(payload)


def _check_type(content_type: str) -> None:
    if content_type == JSON.type:
        return
    media, _, parameters = content_type.partition(";")
    if media.strip().lower() != JSON.type:
        raise UnsupportedMediaType(
            f"A request of the type {media.strip() or 'nothing'} is not read here.", f"Send {JSON.type}."
        )
    charset = parameters.lower().partition("charset=")[2].strip(' "')
    if charset not in ("", "utf-8", "utf8"):
        raise UnsupportedMediaType(f"Requests in {charset} are not read here.", "Send UTF-8.")


def _read_json(text: bytes, what: str) -> Any:  # whatever JSON a stranger sends
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{what} is no JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None


def _sent(given: Mapping[str, Any]) -> Sent:
    """Section 5.1: the parameters and what each must be."""
    query, operation_name = given.get("query"), given.get("operationName")
    for key in ("variables", "extensions"):
        if not isinstance(given.get(key), dict | None):
            raise BadRequest(f"{key} is no JSON object.", "Give an object, or leave it out.")
    if not isinstance(operation_name, str | None):
        raise BadRequest("operationName is no text.", "Give the name of an operation of the document, or leave it out.")
    extensions = given.get("extensions") or {}
    id_, hash_ = _id(given), _hash(extensions)
    if not isinstance(query, str | None) or (query is None and not (id_ or hash_)):
        raise BadRequest("There is no query, or it is no text.", 'Give the document as "query".')
    variables = given.get("variables")
    return Sent(query, id_, hash_, operation_name, variables, extensions, _written(variables))


def _id(given: Mapping[str, Any]) -> str:
    said = next((given[name] for name in ID_PARAMETERS if given.get(name) is not None), "")
    if not isinstance(said, str) or len(said) > _LONGEST_ID:
        raise BadRequest("documentId is no id of a document.", "Give one that `govgraph operations` printed.")
    return said.removeprefix("sha256:")


def _hash(extensions: Mapping[str, Any]) -> str:
    """Of automatic persisted queries, as Apollo defined them."""
    said = extensions.get("persistedQuery")
    if said is None:
        return ""
    found = said.get("sha256Hash") if isinstance(said, dict) and said.get("version") == _PERSISTED_VERSION else None
    if not isinstance(found, str) or not _SHA256.fullmatch(found.lower()):
        raise BadRequest(
            "extensions.persistedQuery is not understood.", 'Give {"version": 1, "sha256Hash": "…"}: 64 hex digits.'
        )
    return found.lower()


def _written(variables: Mapping[str, Any] | None) -> bytes:
    if not variables:
        return b""
    try:
        return orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # the writer goes less deep than the reader
        raise BadRequest("The variables are nested too deeply.", "Nest them less.") from None
