"""Errors as clients see them: message, place, path and a code in ``extensions``; tells nobody of our own faults."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, TypeAlias

from graphql import GraphQLError

from govgraph.errors import GovgraphError, QueryError, Unauthorised

Said: TypeAlias = Mapping[str, Any]

_log = logging.getLogger(__name__)


def said(error: GraphQLError, code: str) -> Said:
    """An error of the request, with its code."""
    return {**error.formatted, "extensions": {"code": code}}


def refused(error: GovgraphError) -> Said:
    """A refusal before anything ran."""
    return {"message": str(error), "extensions": {"code": code_of(error)}}


def failed(error: GraphQLError) -> Said:
    """An error of a field that ran: a refusal says what it says, a fault of ours only that there was one."""
    original = error.original_error
    if isinstance(original, GovgraphError):
        return {**error.formatted, "message": str(original), "extensions": {"code": code_of(original)}}
    if original is None or isinstance(original, GraphQLError):
        return said(error, "BAD_USER_INPUT")
    _log.error("GraphQL field %s failed", error.path, exc_info=original)
    place = {key: value for key, value in error.formatted.items() if key in ("locations", "path")}
    return {
        "message": "Something went wrong here; it has been logged.",
        **place,
        "extensions": {"code": "INTERNAL_SERVER_ERROR"},
    }


def code_of(error: GovgraphError) -> str:
    """``bad-request`` → ``BAD_REQUEST``; SPARQL's malformed query cannot be the client's doing here."""
    if isinstance(error, Unauthorised):
        return "UNAUTHENTICATED"  # what clients of GraphQL look for
    code = error.code if type(error) is not QueryError else "internal-server-error"
    return code.replace("-", "_").upper()
