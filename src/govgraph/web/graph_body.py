"""Triples in the body of a request, in whatever RDF syntax it says it is in, files of a form included; keeps none."""

from __future__ import annotations

from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP

import pyoxigraph
from pyoxigraph import DefaultGraph, Triple

from govgraph.errors import BadRequest, UnsupportedMediaType
from govgraph.media import GRAPH_FORMATS, JSON, RDF_SYNTAX, XML, Format
from govgraph.web.language import N_, Said

_SYNTAXES = {one.type: one for one in (*GRAPH_FORMATS, JSON, XML)}
FORM = "multipart/form-data"


def triples_of(content_type: str, body: bytes, base: str) -> list[Triple]:
    """Relative IRIs are resolved against ``base``; blank nodes of different files stay apart.

    Raises UnsupportedMediaType, and BadRequest for what cannot be read or names a graph.
    """
    media = content_type.partition(";")[0].strip().lower()
    if media == FORM:
        return [triple for type_, part in _parts(content_type, body) for triple in triples_of(type_, part, base)]
    syntax = _SYNTAXES.get(media)
    if syntax is None:
        raise UnsupportedMediaType(
            Said(N_("A body of the type “%(type)s” is not read here."), type=media[:80]),
            Said(N_("Available: %(formats)s."), formats=", ".join((*_SYNTAXES, FORM))),
        )
    return _parsed(syntax, body, base)


def _parsed(syntax: Format, body: bytes, base: str) -> list[Triple]:
    try:
        quads = list(pyoxigraph.parse(body, RDF_SYNTAX[syntax], base_iri=base, rename_blank_nodes=True))
    except (SyntaxError, ValueError) as error:
        raise BadRequest(f"The body cannot be read as {syntax.label}: {error}.", "Mend it and send it again.") from None
    if any(quad.graph_name != DefaultGraph() for quad in quads):
        raise BadRequest("The body names a graph.", "Send the triples alone: the address says which graph is meant.")
    return [quad.triple for quad in quads]


def _parts(content_type: str, body: bytes) -> list[tuple[str, bytes]]:
    """Type and content of each file of a form (RFC 7578)."""
    head = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode("latin-1", "replace")
    form = BytesParser(EmailMessage, policy=HTTP).parsebytes(head + body)
    if not form.is_multipart():
        raise BadRequest("The form cannot be taken apart.", "Name the boundary in Content-Type.")
    parts: list[tuple[str, bytes]] = []
    for part in form.iter_parts():
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes), "no part of a form has parts"
        parts.append((part.get_content_type(), content))
    return parts
