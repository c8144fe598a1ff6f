"""How answers leave: which format, under which ETag, with which headers, and what a refusal looks like; reads no data.

Negotiation is RFC 9110 section 12, conditional requests its section 13, refusals RFC 9457.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, ExceptionHandler, Message, Receive, Scope, Send

from govgraph.catalogue import View
from govgraph.errors import GovgraphError, NotAcceptable
from govgraph.media import HTML, Format, choose
from govgraph.web.house import House
from govgraph.web.visit import Visit

PROBLEM = Format("problem", "application/problem+json", "Problem")
PROBLEM_TYPES = "https://w3id.org/govgraph/problem#"

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
            f"This is not available as {wanted}.",
            "Available: " + ", ".join(f"{offer.type} (?format={offer.name})" for offer in offers) + ".",
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
        *more,
    )
    return 'W/"' + "-".join(str(part) for part in parts) + '"'


def answer(  # what an answer is made of, none of it optional in general
    visit: Visit,
    view: View,
    format_: Format,
    make: Callable[[], str | bytes],
    *,
    links: Mapping[str, str] | None = None,
    canonical: str = "",
    varies: Sequence[object] = (),
) -> Response:
    """The answer ``make`` writes, or 304 without making it when the reader already has it.

    ``links`` are the other formats: media type to address. ``varies`` is what the content depends on beside
    address, revision and language.
    """
    tag = entity_tag(visit, view, format_, *varies)
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


def exception_handlers(house: House) -> dict[int | type[Exception], ExceptionHandler]:
    """The one place where a refusal becomes an answer."""
    return {
        GovgraphError: partial(_refuse, house),
        HTTPException: partial(_refuse_http, house),
        HTTPStatus.INTERNAL_SERVER_ERROR: partial(_fail, house),
    }


def _refuse(house: House, request: Request, error: Exception) -> Response:
    assert isinstance(error, GovgraphError)
    status = HTTPStatus(error.status)
    said: dict[str, object] = {
        "type": PROBLEM_TYPES + error.code,
        "title": error.code.replace("-", " ").capitalize(),
        "status": int(status),
        "detail": error.sentence,
        "hint": error.hint,
        "line": getattr(error, "line", 0),
        "column": getattr(error, "column", 0),
    }
    return refusal(house, request, status, {key: value for key, value in said.items() if value}, advice(error))


def advice(error: GovgraphError) -> dict[str, str]:
    """The headers that go with a refusal: when to come again (RFC 9110 section 10.2.3)."""
    return {"retry-after": "5"} if error.status is HTTPStatus.SERVICE_UNAVAILABLE else {}


def _refuse_http(house: House, request: Request, error: Exception) -> Response:
    """What the framework itself refuses: an address or a method it does not know."""
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    sentences = {
        HTTPStatus.NOT_FOUND: f"There is nothing at {request.scope['path']}.",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not possible here.",
    }
    said = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": sentences.get(status, str(error.detail)),
    }
    return refusal(house, request, status, said, error.headers)


def _fail(house: House, request: Request, _error: Exception) -> Response:
    """A fault of ours: the log has the details, the reader gets none of them."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    said = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": "Something went wrong here; it has been logged.",
    }
    # This answer is made outside the middleware that adds them to every other.
    return refusal(house, request, status, said, SECURITY)


def refusal(
    house: House,
    request: Request,
    status: HTTPStatus,
    said: Mapping[str, object],
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A refusal as a page for those who ask for one, as a problem document for everyone else."""
    headers = {**(headers or {}), "vary": "Accept, Accept-Language", "cache-control": "no-store"}
    if _wants_page(request):
        page = house.renderer.page(Visit.of(house, request), "refusal.html", status=status, said=said)
        return Response(page, status, headers, HTML.content_type)
    return Response(orjson.dumps(said), status, headers, PROBLEM.type)


def _wants_page(request: Request) -> bool:
    """Programs that ask for a file by suffix or parameter never want a page, whatever else they send."""
    named = request.query_params.get("format") or request.scope["path"].rpartition("/")[2].rpartition(".")[2]
    is_file = named in ("json", "csv", "rq", "ttl", "nt", "jsonld", "rdf", "nq", "trig")
    return not is_file and choose(request.headers.get("accept"), (PROBLEM, HTML)) is HTML


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
