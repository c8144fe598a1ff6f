"""``/search``: what was found for some words, ranked, with the words marked where they stand; ranks nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from govgraph.catalogue import View
from govgraph.contract import Kind
from govgraph.errors import BadRequest
from govgraph.media import HTML
from govgraph.search import MOST, Found, Highlight, Search, find, highlights
from govgraph.web import responses
from govgraph.web.house import House
from govgraph.web.language import N_, Said
from govgraph.web.showing import Showing, Shown
from govgraph.web.view import view_of
from govgraph.web.visit import Visit


@dataclass(frozen=True)
class Snippet:
    """A stretch of a text in pieces, marked or not, under the name of its property; ``language`` is set where it is
    not the page's."""

    label: str
    language: str
    pieces: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Row:
    entity: Shown
    snippets: tuple[Snippet, ...]


def routes(house: House) -> list[BaseRoute]:
    return [Route("/search", partial(searched, house))]


def searched(house: House, request: Request) -> Response:
    visit = Visit.of(house, request)
    view = view_of(house, request)
    format_ = responses.negotiate(request, (HTML,))
    return responses.answer(visit, view, format_, lambda: _page(visit, view))


def _page(visit: Visit, view: View) -> str:
    given = visit.parameters
    text = given.get("q", "").strip()
    kind = _kind(visit, view)
    search = Search(text, (kind,) if kind else None, visit.languages)
    found = _found(visit, view, search) if text else None
    hits = found.hits if found else ()
    return visit.house.renderer.page(
        visit,
        "search.html",
        q=text,
        kind=kind,
        kinds=view.contract.entities,
        found=found,
        most=MOST,
        rows=_rows(visit, view, search, found) if found else (),
        previous=visit.here(after=None, before=hits[0].cursor) if found and found.has_previous and hits else "",
        next=visit.here(before=None, after=hits[-1].cursor) if found and found.has_next and hits else "",
        start=visit.here(after=None, before=None) if found and found.has_previous else "",
        view=view,
    )


def _kind(visit: Visit, view: View) -> Kind | None:
    said = visit.parameters.get("kind", "")
    kind = view.contract.by_slug.get(said)
    if said and (kind is None or kind.part):
        known = ", ".join(kind.slug for kind in view.contract.entities)
        raise BadRequest(
            Said(N_("%(name)s is “%(value)s”."), name="kind", value=said[:40]),
            Said(N_("Choose one of: %(choices)s."), choices=known),
        )
    return kind


def _found(visit: Visit, view: View, search: Search) -> Found:
    settings = visit.house.settings
    size = visit.whole("first", settings.page_max, min(20, settings.page_size))
    after, before = visit.parameters.get("after") or None, visit.parameters.get("before") or None
    try:
        if before:
            return find(view, search, last=size, before=before)
        return find(view, search, first=size, after=after)
    except BadRequest:
        raise BadRequest(
            Said(N_("The cursor in the address was not given out here.")),
            Said(N_("Begin with the first page of the list.")),
        ) from None


def _rows(visit: Visit, view: View, search: Search, found: Found) -> tuple[Row, ...]:
    entities = [hit.entity for hit in found.hits]
    shown = highlights(view, search, entities)
    nodes = [one.node for of in shown.values() for one in of]
    showing = Showing(visit, view, [*entities, *nodes])
    rows = []
    for entity in entities:
        name = showing.node(entity)
        # A title that is the heading already says nothing more below it.
        own = [one for one in shown[entity] if one.text != name.text]
        rows.append(Row(name, tuple(_snippet(visit, showing, one) for one in own)))
    return tuple(rows)


def _snippet(visit: Visit, showing: Showing, one: Highlight) -> Snippet:
    pieces, at = [], 0
    for start, end in one.marks:
        pieces += [(one.text[at:start], False), (one.text[start:end], True)]
        at = end
    pieces.append((one.text[at:], False))
    label = showing.relation(one.path.predicate, showing.kind_of(one.node))
    language = "" if one.language.partition("-")[0].lower() == visit.language else one.language
    return Snippet(label, language, tuple(piece for piece in pieces if piece[0]))
