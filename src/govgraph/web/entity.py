"""``/id`` leads to ``/doc``, and ``/doc`` says what is known of an entity, as a page or in any RDF syntax."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

import pyoxigraph
from pyoxigraph import NamedNode, Triple
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from govgraph.catalogue import Entity, View
from govgraph.catalogue.chronicle import Chronicle
from govgraph.errors import BadRequest, NotFound
from govgraph.iris import PREFIXES
from govgraph.media import GRAPH_FORMATS, HTML, JSON, JSONLD, RDF_SYNTAX, Format
from govgraph.web import responses
from govgraph.web.document import Reading
from govgraph.web.house import House
from govgraph.web.language import N_, Said
from govgraph.web.tombstone import farewell
from govgraph.web.view import view_of
from govgraph.web.visit import Visit

FORMATS = (HTML, *GRAPH_FORMATS)
"""Each is linked from the others."""
OFFERS = (*FORMATS, JSON)
"""Plain JSON is the syntax that is written in it, for those who ask by that name."""
MOST_LINK_PAGES = 100_000


def routes(house: House) -> list[BaseRoute]:
    return [
        Route("/id/{kind}/{slug}", partial(identify, house)),
        Route("/doc", partial(elsewhere, house)),
    ]


def identify(house: House, request: Request) -> Response:
    """A thing is no document: its IRI answers with where its document is (303, httpRange-14)."""
    visit = Visit.of(house, request)
    view = view_of(house, request)
    iri = view.names.entity(request.path_params["kind"], request.path_params["slug"])
    if view.entity(iri) is None:
        return farewell(house, request, view, iri)
    path = f"/doc/{request.path_params['kind']}/{quote(request.path_params['slug'], safe='-._~')}"
    return RedirectResponse(
        visit.href(path, **visit.parameters), 303, {"vary": "Accept, Accept-Language", "cache-control": "no-cache"}
    )


def document(house: House, request: Request) -> Response:
    view = view_of(house, request)
    kind, slug = request.path_params["kind"], request.path_params["slug"]
    iri = view.names.entity(kind, slug)
    stem, _, suffix = slug.rpartition(".")
    entity = view.entity(iri)
    named = entity is None and bool(stem) and suffix in {format_.name for format_ in OFFERS}
    if named:
        iri = view.names.entity(kind, stem)
        entity = view.entity(iri)
    if entity is None:
        return farewell(house, request, view, iri, suffix if named else "")
    return _document(house, request, view, entity, suffix if named else "")


def elsewhere(house: House, request: Request) -> Response:
    """What is said here of, or points here to, a thing that has its home elsewhere."""
    view = view_of(house, request)
    try:
        iri = NamedNode(request.query_params["iri"])
    except KeyError:
        raise BadRequest(Said(N_("No thing is named.")), Said(N_("Write /doc?iri= and its IRI."))) from None
    except ValueError:
        raise BadRequest(
            Said(N_("“%(value)s” is no IRI."), value=request.query_params["iri"]),
            Said(N_("Write a full IRI, percent-encoded.")),
        ) from None
    entity = view.entity(iri)
    if entity is None and view.names.split(iri.value) is None and view.incoming(iri, 0, 1).links:
        entity = Entity(iri, None, {}, {})
    if entity is None:
        return farewell(house, request, view, iri)
    return _document(house, request, view, entity, "")


def _document(house: House, request: Request, view: View, entity: Entity, suffix: str) -> Response:
    # Who changes the entity gives this back in If-Match.
    last = Chronicle(view).last_revisions([entity.iri])[entity.iri]
    visit = Visit.of(house, request).marked(f"e{last}")
    format_ = responses.negotiate(request, OFFERS, suffix)
    ours = view.names.split(entity.iri.value)
    alternates = {one: visit.document(entity.iri.value, f".{one.name}") for one in FORMATS}
    path = f"/doc/{ours[0]}/{quote(ours[1], safe='-._~')}" if ours else f"/doc?iri={quote(entity.iri.value, safe='')}"

    def make() -> str | bytes:
        if format_ is not HTML:
            return serialise(view.describe(entity.iri), format_)
        links_page = visit.whole("links", MOST_LINK_PAGES)
        document = Reading(visit, view, entity, links_page, house.settings.page_size).document()
        if links_page > 1 and not document.links:
            raise NotFound(
                Said(N_("There is no page %(page)s of what points here."), page=links_page),
                Said(N_("Begin with the first page.")),
            )
        return house.renderer.page(
            visit,
            "document.html",
            document=document,
            alternates={one: href for one, href in alternates.items() if one is not HTML},
            canonical=visit.canonical(path),
            linked_data=_embeddable(serialise(view.describe(entity.iri), JSONLD)),
            view=view,
        )

    return responses.answer(
        visit,
        view,
        format_,
        make,
        links={one.type: href for one, href in alternates.items()},
        canonical=visit.canonical(path),
    )


def serialise(triples: list[Triple], format_: Format) -> bytes:
    """Triples in a syntax, with the prefixes they use."""
    iris = {term.value for t in triples for term in (t.subject, t.predicate, t.object) if isinstance(term, NamedNode)}
    used = {prefix: ns for prefix, ns in PREFIXES.items() if any(iri.startswith(ns) for iri in iris)}
    return pyoxigraph.serialize(dict.fromkeys(triples), format=RDF_SYNTAX[format_], prefixes=used) or b""


def _embeddable(json: bytes) -> str:
    """JSON that can stand in a script element: nothing in it can end the element or open a comment."""
    return json.decode().replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
