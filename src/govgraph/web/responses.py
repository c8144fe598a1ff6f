"""How answers leave: in which format, under which ETag, with which headers; reads no data, words no refusal.

Negotiation is RFC 9110 section 12, conditional requests its section 13.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from govgraph.catalogue import View
from govgraph.errors import NotAcceptable
from govgraph.iris import digest
from govgraph.media import HTML, Format, choose
from govgraph.web.language import N_, Said
from govgraph.web.visit import Visit

SECURITY: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
}
"""On every answer that does not say otherwise."""


def negotiate(request: Request, offers: Sequence[Format], suffix: str = "") -> Format:
    """The format the address names (suffix, else ``?format=``), else the one ``Accept`` likes best.

    Raises NotAcceptable, naming what there is.
    """
    named = suffix or request.query_params.get("format", "")
    if named:
        chosen = next((offer for offer in offers if named in (offer.name, offer.type)), None)
    else:
        chosen = choose(request.headers.get("accept"), offers)
    if chosen is None:
        wanted = named or request.headers.get("accept", "")
        raise NotAcceptable(
            Said(N_("This is not available as %(format)s."), format=wanted),
            Said(
                N_("Available: %(formats)s."),
                formats=", ".join(f"{offer.type} (?format={offer.name})" for offer in offers),
            ),
        )
    return chosen


def entity_tag(visit: Visit, view: View, format_: Format, *more: object) -> str:
    """Weak, since compression changes the bytes; the same as long as nothing the answer is made of changes."""
    language = visit.language if format_ is HTML else "-"
    house = visit.house
    parts = (
        house.renderer.fingerprint,
        house.contract.hash,
        view.revision,
        view.audience,
        language,
        format_.name,
        *((visit.day,) if visit.day else ()),
        *((f"at{digest(visit.as_of)[:12]}",) if visit.as_of else ()),
        *more,
        *((visit.mark,) if visit.mark else ()),
    )
    return 'W/"' + "-".join(str(part) for part in parts) + '"'


def answer(
    visit: Visit,
    view: View,
    format_: Format,
    make: Callable[[], str | bytes],
    *,
    links: Mapping[str, str] | None = None,
    canonical: str = "",
) -> Response:
    """The answer ``make`` writes, or 304 without making it when the reader already has it.

    ``links`` are the other formats: media type to address. What is made may depend on address, revision, language
    and the visit's day, on nothing else.
    """
    tag = entity_tag(visit, view, format_)
    headers = {
        "etag": tag,
        "cache-control": "no-cache",
        "vary": "Accept, Accept-Language",
        "content-language": visit.language,
        "govgraph-revision": str(view.revision),
    }
    if format_ is not HTML:
        del headers["content-language"]
    relations = [f'<{href}>; rel="alternate"; type="{type_}"' for type_, href in (links or {}).items()]
    if canonical:
        relations.append(f'<{canonical}>; rel="canonical"')
    if relations:
        headers["link"] = ", ".join(relations)
    if already_has(visit.request, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(make(), media_type=format_.content_type, headers=headers)


def already_has(request: Request, tag: str) -> bool:
    """``If-None-Match`` by weak comparison (RFC 9110 section 8.8.3.2)."""
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    return "*" in known or tag.removeprefix("W/") in known


class SecurityHeaders:
    """Adds the headers of SECURITY to answers that do not set them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {key.lower() for key, _ in message["headers"]}
                added = [(k.encode(), v.encode()) for k, v in SECURITY.items() if k.encode() not in present]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self._app(scope, receive, send_guarded)
