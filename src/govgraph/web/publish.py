"""``/catalog``: the catalogue as portals list it (DCAT-AP), as a page too, and its downloads; makes no record."""

from __future__ import annotations

import os
import shutil
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from tempfile import mkdtemp

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from govgraph.catalogue import View
from govgraph.media import GRAPH_FORMATS, HTML, Format
from govgraph.publication import dump, offers, record
from govgraph.publication.offers import Offered
from govgraph.web import responses
from govgraph.web.house import House
from govgraph.web.showing import Showing, Shown
from govgraph.web.view import view_of
from govgraph.web.visit import Visit

FORMATS = (*GRAPH_FORMATS, HTML)
KEPT = 4
"""Views whose files are kept: that of now and the one before, for those who are still reading, of each audience."""
FACTS = ("publisher", "licence", "languages", "spatial", "themes", "frequency", "issuedOn", "homepage")
"""What of its description the page shows, by the names the contract gives."""


def routes(house: House) -> list[BaseRoute]:
    downloads = Downloads()
    return [
        Route("/catalog", partial(catalog, house, "")),
        *(Route(f"/catalog.{one.name}", partial(catalog, house, one.name)) for one in FORMATS),
        Route("/catalog/{name}.{suffix}", partial(download, house, downloads)),
    ]


class Downloads:
    """Files made when first asked for, one at a time, each for one audience's view; those last asked for are kept."""

    def __init__(self) -> None:
        self._directory = Path(mkdtemp(prefix="govgraph-"))
        self._making = threading.Lock()
        weakref.finalize(self, shutil.rmtree, self._directory, ignore_errors=True)

    def file(self, view: View, one: Offered, format_: Format) -> Path:
        """Blocking: writes the file where there is none yet."""
        directory = self._directory / f"{view.audience}-{view.revision}"
        path = directory / f"{one.name}.{format_.name}"
        with self._making:
            if not path.exists():
                directory.mkdir(exist_ok=True)
                self._tidy()
                beside = path.with_suffix(".part")
                with beside.open("wb") as target:
                    dump.write(view, format_, target, one.kind)
                beside.replace(path)
            os.utime(directory)
        return path

    def _tidy(self) -> None:
        used = sorted(self._directory.iterdir(), key=lambda one: one.stat().st_mtime_ns, reverse=True)
        for directory in used[KEPT:]:
            shutil.rmtree(directory)


def catalog(house: House, suffix: str, request: Request) -> Response:
    visit, view = Visit.of(house, request), view_of(house, request)
    format_ = responses.negotiate(request, FORMATS, suffix)
    alternates = {one: visit.href(f"/catalog.{one.name}") for one in GRAPH_FORMATS}
    canonical = visit.canonical("/catalog")

    def make() -> str | bytes:
        if format_ is not HTML:
            return record.write(view, format_)
        return house.renderer.page(
            visit,
            "catalog.html",
            about=About.of(visit, view),
            offered=offers.offered(view).values(),
            endpoints=offers.ENDPOINTS,
            committed=view.committed,
            alternates=alternates,
            canonical=canonical,
            view=view,
        )

    links = {HTML.type: visit.href("/catalog"), **{one.type: href for one, href in alternates.items()}}
    return responses.answer(visit, view, format_, make, links=links, canonical=canonical)


def download(house: House, downloads: Downloads, request: Request) -> Response:
    """A file, with ranges; a reader who has this revision's gets 304."""
    view = view_of(house, request)
    one, format_ = offers.find(view, request.path_params["name"], request.path_params["suffix"])
    tag = responses.entity_tag(Visit.of(house, request), view, format_, one.name)
    headers = {
        "etag": tag,
        "cache-control": "no-cache",
        "govgraph-revision": str(view.revision),
        "last-modified": format_datetime(view.reader.committed.astimezone(UTC), usegmt=True),
        "link": f'<{house.settings.base}catalog>; rel="describedby"',
    }
    if responses.already_has(request, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if "range" in request.headers:
        headers["content-encoding"] = "identity"  # a range is one of the file, not of something compressed
    path = downloads.file(view, one, format_)
    saved_as = path.name if one.kind else f"catalogue.{format_.name}"
    return FileResponse(path, headers=headers, media_type=format_.content_type, filename=saved_as)


@dataclass(frozen=True)
class About:
    """What the catalogue says of itself, as the page shows it: label to values; ``href`` leads to all of it."""

    title: Shown | None
    description: Shown | None
    facts: Mapping[str, tuple[Shown, ...]]
    href: str

    @classmethod
    def of(cls, visit: Visit, view: View) -> About | None:
        """None where the catalogue says nothing of itself."""
        iri = record.description(view)
        entity = view.entity(iri) if iri else None
        if entity is None or entity.kind is None:
            return None
        values = {prop.name: (prop, terms) for prop, terms in entity.values.items()}
        showing = Showing(visit, view, (term for _, terms in values.values() for term in terms))
        shown = {name: (prop, showing.values(prop, terms)) for name, (prop, terms) in values.items()}

        def first(name: str) -> Shown | None:
            return shown[name][1][0] if name in shown else None

        facts = {visit.heading(shown[name][0].labels): shown[name][1] for name in FACTS if name in shown}
        return cls(first("title"), first("description"), facts, visit.document(entity.iri.value))
