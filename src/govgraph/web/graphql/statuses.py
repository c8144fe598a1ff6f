"""Which status an answer of ``/graphql`` has, in one table; knows what became of a request, not why.

GraphQL over HTTP (https://graphql.github.io/graphql-over-http/draft/), section 6.4: with ``application/json`` a request
that could not run is 200 (6.4.1), with ``application/graphql-response+json`` it is 4xx and has no data (6.4.2). The
draft of 6 August 2026 would have 422 for what is well-formed but invalid, and 294, which nobody has registered, for
data beside errors; the audits of the package graphql-http and the clients there are know 400 and 200, and so do we.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from govgraph.media import JSON, Format

GRAPHQL = Format("graphql", "application/graphql-response+json", "GraphQL")


@dataclass(frozen=True)
class Case:
    """What may become of a request, and its status in either media type; ``more`` are headers that go with it."""

    what: str
    json: HTTPStatus
    graphql: HTTPStatus
    more: str = ""

    def status(self, offer: Format) -> HTTPStatus:
        return self.json if offer is JSON else self.graphql


def _same(what: str, status: HTTPStatus, more: str = "") -> Case:
    return Case(what, status, status, more)


RAN = _same("The operation ran; errors of single fields stand beside the data", HTTPStatus.OK)
PRICED = _same("The operation was priced and not run (`Govgraph-Price: only`): `data` is null", HTTPStatus.OK)
UNCHANGED = _same("GET with an `If-None-Match` that still holds", HTTPStatus.NOT_MODIFIED, "`ETag`")
REQUEST_ERROR = Case(
    "The document, an operation name or variables cannot be used; a limit is exceeded; a document is not known by its "
    "id or hash, or not registered where only registered ones run: `errors` and no `data`",
    HTTPStatus.OK,
    HTTPStatus.BAD_REQUEST,
)
REFUSED = (
    _same("No GraphQL request: no JSON, no UTF-8, no document, wrong types, a list where none is taken or of too many, "
          "a hash that is not the document’s, a token in the address", HTTPStatus.BAD_REQUEST),
    _same("No token where one is needed, or one that is not valid", HTTPStatus.UNAUTHORIZED, "`WWW-Authenticate`"),
    _same("A token that does not allow it", HTTPStatus.FORBIDDEN, "`WWW-Authenticate`"),
    _same("`asOf` names a moment that is not there", HTTPStatus.NOT_FOUND),
    _same("A mutation or subscription by GET", HTTPStatus.METHOD_NOT_ALLOWED, "`Allow: POST`"),
    _same("Another method", HTTPStatus.METHOD_NOT_ALLOWED, "`Allow: GET, HEAD, POST, OPTIONS`"),
    _same("`Accept` wants none of the types there are", HTTPStatus.NOT_ACCEPTABLE),
    _same("A body larger than `GOVGRAPH_BODY_MEGABYTES`", HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    _same("A body that is not `application/json` in UTF-8", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    _same("The client has spent its points", HTTPStatus.TOO_MANY_REQUESTS, "`Retry-After`, `RateLimit`"),
    _same("Too many requests of the client wait; no revision as demanded; the writer is away",
          HTTPStatus.SERVICE_UNAVAILABLE, "`Retry-After`"),
)  # fmt: skip
"""Of these the error itself knows the status: ``govgraph.errors``."""

TABLE = (RAN, PRICED, UNCHANGED, REQUEST_ERROR, *REFUSED)


def table() -> str:
    """The table in Markdown, as the documentation shows it."""
    rows = [f"| {c.what} | {int(c.json)} | {int(c.graphql)} | {c.more} |" for c in TABLE]
    head = f"| what became of the request | `{JSON.type}` | `{GRAPHQL.type}` | headers |"
    return "\n".join((head, "|---|---|---|---|", *rows))
