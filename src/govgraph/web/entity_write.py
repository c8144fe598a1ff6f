"""Writing one entity at the address of its document: PUT, DELETE, and POST to publish or withdraw it.

A PUT says all there is to say about the entity and its parts (RFC 9110 section 9.3.4). ``If-Match`` holds an ETag of
the document in the working view, or ``"e17"`` where 17 is the last revision of the entity. The tag of a document is
weak, as compression changes its bytes; what is compared is the revision of the entity in it, which is exact.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from urllib.parse import quote

from pyoxigraph import NamedNode, Triple
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from govgraph.access import Author
from govgraph.change import Committed
from govgraph.change.departing import Delete, Withdraw
from govgraph.change.description import Description
from govgraph.change.edits import Edit, skolemised
from govgraph.change.lifecycle import Publish
from govgraph.contract import Kind
from govgraph.errors import BadRequest, ChangeError, NotFound, Stale
from govgraph.iris import RDF_TYPE, compact
from govgraph.web import entity
from govgraph.web.authentication import author_of
from govgraph.web.body import read_body
from govgraph.web.change import Errand, answer_of, writer_of
from govgraph.web.graph_body import triples_of
from govgraph.web.house import House
from govgraph.web.view import remember

DOOR = "document"
_TAG = re.compile(r'(?:W/)?"(?:(?P<working>[^"]*-working-[^"]*)-)?e(?P<revision>\d{1,15})"')


def routes(house: House) -> list[BaseRoute]:
    endpoint = Endpoint(house)
    return [
        Route("/doc/{kind}/{slug}", endpoint.document, methods=["GET", "PUT", "DELETE"]),
        Route("/doc/{kind}/{slug}/publish", endpoint.publish, methods=["POST"]),
        Route("/doc/{kind}/{slug}/withdraw", endpoint.withdraw, methods=["POST"]),
    ]


@dataclass(frozen=True)
class Endpoint:
    """What the address of a document does with a request to change it; reading it is ``entity``'s."""

    house: House

    async def document(self, request: Request) -> Response:
        if request.method not in ("PUT", "DELETE"):
            return await run_in_threadpool(entity.document, self.house, request)
        author = await run_in_threadpool(author_of, self.house, request)
        if request.method == "DELETE":
            return await run_in_threadpool(self._remove, request, author)
        body = await read_body(request, self.house.settings.body_megabytes * 1_000_000)
        return await run_in_threadpool(self._put, request, author, body)

    def publish(self, request: Request) -> Response:
        author = author_of(self.house, request)
        _, iri = self._named(request)
        return self._change(request, author, iri, Publish(iri))

    def withdraw(self, request: Request) -> Response:
        author = author_of(self.house, request)
        _, iri = self._named(request)
        return self._change(request, author, iri, Withdraw(iri, self._successor(request)))

    def _remove(self, request: Request, author: Author) -> Response:
        _, iri = self._named(request)
        return self._change(request, author, iri, Delete(iri, self._successor(request)))

    def _put(self, request: Request, author: Author, body: bytes) -> Response:
        kind, iri = self._named(request)
        triples = self._parsed(request, body)
        if Triple(iri, RDF_TYPE, kind.class_) not in triples:
            raise ChangeError(
                f"The body does not say that {compact(iri.value)} is of the kind {kind.name}.",
                f"Give its type: {compact(kind.class_.value)}.",
            )
        there = request.headers.get("if-match", "").strip() == "*"
        return self._change(request, author, iri, Description(iri, triples, there))

    def _change(self, request: Request, author: Author, iri: NamedNode, edit: Edit) -> Response:
        """Blocking: waits for the writer."""
        errand = Errand.of(request).change(author, DOOR)
        change = replace(errand, edits=(edit,), expected=_expected(request, iri))
        return self._answered(request, iri, writer_of(self.house).submit(change))

    def _answered(self, request: Request, iri: NamedNode, committed: Committed) -> Response:
        """201 where it was not there before; a validator is not given, since what is kept is not the body itself."""
        scored = committed.scores.get(iri)
        created = request.method == "PUT" and not committed.dry_run and scored is not None and scored.before is None
        status = HTTPStatus.CREATED if created else HTTPStatus.OK
        response = answer_of(self.house, request, committed, status)
        if created:
            path = f"/doc/{request.path_params['kind']}/{quote(request.path_params['slug'], safe='-._~')}"
            response.headers["location"] = self.house.root + path
        if not committed.dry_run:
            remember(response, self.house, committed.revision)
        return response

    def _named(self, request: Request) -> tuple[Kind, NamedNode]:
        """The kind and the IRI the address is about. Raises NotFound, or ChangeError for a part."""
        slug = request.path_params["slug"]
        kind = self.house.contract.kind(request.path_params["kind"])
        if kind.slug != request.path_params["kind"]:
            raise NotFound(f"There is no kind {request.path_params['kind']!r}.", f"Write {kind.slug}.")
        if kind.part:
            raise ChangeError(f"A {kind.labels['en']} is a part.", "Change it with the entry it belongs to.")
        if slug.rpartition(".")[2] in {one.name for one in entity.OFFERS}:
            raise BadRequest("This is the address of one format.", "Write to the document: leave the ending out.")
        return kind, self.house.catalogue.names.entity(kind.slug, slug)

    def _successor(self, request: Request) -> NamedNode | None:
        """``replacedBy``: an IRI, or the end of one of ours, ``kind/slug``."""
        said = request.query_params.get("replacedBy", "")
        if not said:
            return None
        kind, slash, slug = said.partition("/")
        if ":" not in said and slash:
            return self.house.catalogue.names.entity(kind, slug)
        try:
            return NamedNode(said)
        except ValueError:
            raise BadRequest(f"replacedBy is {said[:40]!r}.", "Give an IRI, or kind/slug of an entry.") from None

    def _parsed(self, request: Request, body: bytes) -> tuple[Triple, ...]:
        """The triples of a body, in one order; relative IRIs are resolved against the base, as in files."""
        said = triples_of(request.headers.get("content-type", ""), body, self.house.settings.base)
        triples = skolemised(said, self.house.contract, self.house.catalogue.names)
        return tuple(sorted(dict.fromkeys(triples), key=str))


def _expected(request: Request, iri: NamedNode) -> Mapping[NamedNode, frozenset[int]]:
    """The revisions the entity may have, any of several tags (RFC 9110 sections 13.1.1 and 13.1.2); 0: it must not be
    there.

    Raises Stale for tags of which none can be met, as for those of another view.
    """
    none_match, match = (request.headers.get(name, "").strip() for name in ("if-none-match", "if-match"))
    if none_match and none_match != "*":
        raise BadRequest("If-None-Match has a tag.", "Write If-None-Match: * to create, If-Match to change.")
    if none_match:
        return {iri: frozenset({0})}
    if match in ("", "*"):
        return {}
    found = [_TAG.fullmatch(tag.strip()) for tag in match.split(",")]
    revisions = frozenset(int(tag["revision"]) for tag in found if tag)
    if not revisions:
        raise Stale(
            f"If-Match holds no tag of {compact(iri.value)} in the working view.",
            "Take the ETag of the document with ?view=working.",
        )
    return {iri: revisions}
