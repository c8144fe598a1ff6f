"""What the address of an entry that is gone answers: where it went, or that it is no more (RFC 9110 15.4.2, 15.5.11).

Only what this reader could see before has a tombstone here; of anything else nothing was ever known.
"""

from __future__ import annotations

from http import HTTPStatus

import orjson
from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from govgraph.catalogue import View
from govgraph.catalogue.chronicle import Chronicle, Tombstone, Wanted
from govgraph.errors import NotFound
from govgraph.media import HTML
from govgraph.web.annals import tell
from govgraph.web.house import House
from govgraph.web.language import N_, Said
from govgraph.web.problem import PROBLEM, PROBLEM_TYPES
from govgraph.web.refusal import wants_page
from govgraph.web.showing import Showing
from govgraph.web.visit import Visit

_HEADERS = {"cache-control": "no-cache", "vary": "Accept, Accept-Language"}


def farewell(house: House, request: Request, view: View, iri: NamedNode, suffix: str = "") -> Response:
    """For an IRI of which the view says nothing: 301 to what it was merged into, else 410.

    ``suffix`` is the format that the address names. Raises NotFound where the reader never knew of it.
    """
    stone = Chronicle(view).tombstone(iri)
    if stone is None:
        raise NotFound(
            Said(N_("Nothing is known here of %(iri)s."), iri=iri.value),
            Said(N_("It may be misspelt, or not published.")),
        )
    visit = Visit.of(house, request)
    if stone.merged and stone.replaced_by is not None:
        return RedirectResponse(_moved(visit, stone.replaced_by, suffix), HTTPStatus.MOVED_PERMANENTLY, _HEADERS)
    headers = {**_HEADERS, "govgraph-revision": str(view.revision)}
    if wants_page(request):
        return Response(_page(visit, view, stone), HTTPStatus.GONE, headers, HTML.content_type)
    return Response(_problem(stone), HTTPStatus.GONE, headers, PROBLEM.type)


def _moved(visit: Visit, successor: NamedNode, suffix: str) -> str:
    """The address of the successor that does what the one asked for did."""
    identifier = visit.request.scope["path"].startswith(f"{visit.house.root}/id/")
    address = visit.document(successor.value, f".{suffix}" if suffix else "", **visit.parameters)
    ours = visit.house.catalogue.names.split(successor.value)
    return address.replace("/doc/", "/id/", 1) if identifier and ours else address


def _page(visit: Visit, view: View, stone: Tombstone) -> str:
    latest = Chronicle(view).leaf(Wanted(entity=stone.iri), 1).revisions
    showing = Showing(visit, view, [stone.replaced_by] if stone.replaced_by else [])
    return visit.house.renderer.page(
        visit,
        "tombstone.html",
        iri=stone.iri.value,
        successor=showing.node(stone.replaced_by) if stone.replaced_by else None,
        latest=tell(visit, view, latest),
        history=visit.href("/revisions", entity=stone.iri.value),
        view=view,
    )


def _problem(stone: Tombstone) -> bytes:
    """RFC 9457, with one member of our own."""
    said = {
        "type": f"{PROBLEM_TYPES}gone",
        "title": "No longer here",
        "status": int(HTTPStatus.GONE),
        "detail": f"{stone.iri.value} is no longer here.",
        "replacedBy": stone.replaced_by.value if stone.replaced_by else None,
    }
    return orjson.dumps({key: value for key, value in said.items() if value is not None})
