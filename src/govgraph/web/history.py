"""``/revisions``, ``/revision/N`` and ``/agent/…``: who changed what, when and why, as far as the reader may know."""

from __future__ import annotations

from functools import partial

import orjson
from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from govgraph.catalogue import View
from govgraph.catalogue.chronicle import Chronicle, Leaf, Wanted
from govgraph.catalogue.text import sort_key
from govgraph.errors import BadRequest, NotFound
from govgraph.media import GRAPH_FORMATS, HTML, JSON
from govgraph.web import responses
from govgraph.web.annals import tell
from govgraph.web.entity import serialise
from govgraph.web.house import House
from govgraph.web.language import N_, Said
from govgraph.web.leaflet import Leaflet, as_json
from govgraph.web.listing import Choice, Filter
from govgraph.web.showing import Showing
from govgraph.web.view import view_of
from govgraph.web.visit import CARRIED, Visit

LIST_OFFERS = (HTML, JSON)
OFFERS = (HTML, JSON, *GRAPH_FORMATS)
MOST_NUMBER = 999_999_999
_OURS = frozenset({"entity", "organisation", "agent", "before", "after", "first", "format", *CARRIED})


def routes(house: House) -> list[BaseRoute]:
    return [
        Route("/revisions", partial(revisions, house)),
        Route("/revision/{number}", partial(revision, house)),
        Route("/agent/{agent}", partial(agent, house)),
    ]


def revisions(house: House, request: Request) -> Response:
    """The revisions, newest first; of one entity, organisation or author where the address names it."""
    visit = Visit.of(house, request)
    view = view_of(house, request)
    format_ = responses.negotiate(request, LIST_OFFERS)
    page = List(visit, view)
    return responses.answer(visit, view, format_, page.html if format_ is HTML else page.json)


def revision(house: House, request: Request) -> Response:
    """One revision and what it changed."""
    visit = Visit.of(house, request)
    view = view_of(house, request)
    said, _, suffix = str(request.path_params["number"]).partition(".")
    format_ = responses.negotiate(request, OFFERS, suffix)
    number = int(said) if said.isascii() and said.isdecimal() and said[0] != "0" and len(said) <= 9 else 0
    found = Chronicle(view).revision(number) if number else None
    if found is None:
        raise NotFound(
            Said(N_("There is no revision %(number)s here."), number=said[:40]),
            Said(N_("It may be misspelt, or not public.")),
        )
    page = Leaflet(visit, view, found, [one for one in OFFERS if one is not HTML])

    def make() -> str | bytes:
        if format_ in GRAPH_FORMATS:
            return serialise(view.reader.statements([view.names.revision(number)], page.graphs), format_)
        return page.html() if format_ is HTML else page.json()

    alternates = {one.type: visit.href(f"/revision/{number}.{one.name}") for one in OFFERS if one is not HTML}
    canonical = visit.canonical(f"/revision/{number}")
    return responses.answer(visit, view, format_, make, links=alternates, canonical=canonical)


def agent(house: House, request: Request) -> Response:
    """A pseudonym leads to the revisions of whoever has it; 404 for one this reader meets nowhere."""
    view = view_of(house, request)
    pseudonym = str(request.path_params["agent"])
    if not _is_pseudonym(pseudonym) or not Chronicle(view).knows_agent(_agent(view, pseudonym)):
        raise NotFound(Said(N_("Nobody is known here as “%(name)s”."), name=pseudonym[:40]))
    visit = Visit.of(house, request)
    href = visit.href("/revisions", **{**visit.parameters, "agent": pseudonym})
    return RedirectResponse(href, 303, {"cache-control": "no-cache"})


class List:
    """A page of revisions: what the address asks for, and what this audience may know of it."""

    def __init__(self, visit: Visit, view: View) -> None:
        self._visit = visit
        self._view = view
        self._given = visit.parameters
        unknown = [name for name in self._given if name not in _OURS]
        if unknown:
            raise BadRequest(
                Said(N_("This list has no filter “%(name)s”."), name=unknown[0]),
                Said(N_("It has: %(names)s."), names="entity, organisation, agent"),
            )
        self._wanted = Wanted(
            entity=self._node("entity"), organisation=self._node("organisation"), agent=self._pseudonym()
        )

    def html(self) -> str:
        leaf, visit, view = self._leaf(), self._visit, self._view
        named = [node for node in (self._wanted.entity, self._wanted.organisation) if node]
        showing = Showing(visit, view, named)
        return visit.house.renderer.page(
            visit,
            "revisions.html",
            revisions=tell(visit, view, leaf.revisions),
            entity=showing.node(self._wanted.entity) if self._wanted.entity else None,
            agent=self._given.get("agent", ""),
            organisations=self._organisations(showing),
            older=visit.here(before=leaf.older, after=None) if leaf.older else "",
            newer=visit.here(after=leaf.newer, before=None) if leaf.newer else "",
            newest=visit.here(after=None, before=None) if leaf.newer else "",
            reset=visit.href("/revisions"),
            view=view,
        )

    def json(self) -> bytes:
        leaf, visit = self._leaf(), self._visit
        said = {
            "revisions": [as_json(self._view, one) for one in leaf.revisions],
            "older": visit.here(before=leaf.older, after=None) if leaf.older else None,
            "newer": visit.here(after=leaf.newer, before=None) if leaf.newer else None,
        }
        return orjson.dumps(said)

    def _leaf(self) -> Leaf:
        settings = self._visit.house.settings
        size = self._visit.whole("first", settings.page_max, settings.page_size)
        before = self._visit.whole("before", MOST_NUMBER) if self._given.get("before") else None
        after = self._visit.whole("after", MOST_NUMBER) if self._given.get("after") else None
        if before and after:
            raise BadRequest(Said(N_("Both after and before are given.")), Said(N_("Give one of them.")))
        return Chronicle(self._view).leaf(self._wanted, size, before=before, after=after)

    def _node(self, name: str) -> NamedNode | None:
        """An IRI, or the end of one: ``kind/slug``, of an organisation its slug alone."""
        value = self._given.get(name, "")
        if not value:
            return None
        kind, _, slug = value.rpartition("/")
        if ":" not in value and (kind or name == "organisation"):
            return self._view.names.entity(kind or self._keeping_slug(), slug)
        try:
            return NamedNode(value)
        except ValueError:
            raise BadRequest(
                Said(N_("%(name)s is “%(value)s”."), name=name, value=value[:40]),
                Said(N_("Give a full IRI, or the end of one.")),
            ) from None

    def _pseudonym(self) -> NamedNode | None:
        said = self._given.get("agent", "")
        if said and not _is_pseudonym(said):
            raise BadRequest(
                Said(N_("%(name)s is “%(value)s”."), name="agent", value=said[:40]),
                Said(N_("Follow the link of an author.")),
            )
        return _agent(self._view, said) if said else None

    def _keeping_slug(self) -> str:
        return next((kind.slug for kind in self._view.contract.entities if kind.owns_itself), "organisation")

    def _organisations(self, showing: Showing) -> Filter:
        """Every organisation there is to choose from, by name, and the chosen one in any case."""
        visit, view, chosen = self._visit, self._view, self._wanted.organisation

        def find() -> tuple[Choice, ...]:
            members = [node for kind in view.contract.entities if kind.owns_itself for node in view.members(kind)]
            labels = view.labels(members, visit.languages)
            choices = [Choice(_end(view, node), labels[node].text) for node in members]
            return tuple(sorted(choices, key=lambda choice: sort_key(choice.label)))

        choices = view.keep(("organisations", visit.languages), find)
        value = _end(view, chosen) if chosen else ""
        if chosen and value not in {choice.value for choice in choices}:
            choices = (*choices, Choice(value, showing.node(chosen).text))
        return Filter("organisation", "", choices, value)


def _agent(view: View, pseudonym: str) -> NamedNode:
    return NamedNode(f"{view.names.base}agent/{pseudonym}")


def _is_pseudonym(text: str) -> bool:
    return 0 < len(text) <= 64 and text.isascii() and text.isalnum()


def _end(view: View, node: NamedNode) -> str:
    ours = view.names.split(node.value)
    return ours[1] if ours else node.value
