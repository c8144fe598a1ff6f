"""What a refusal looks like: a page in the reader's language, for programs a problem (RFC 9457); reads no data.

The sentence of an error that pages raise can be said in every language (``Said``). Any other is in English and may
hold what a parser said: a page then says in its own words what is the matter, and gives the sentence as a detail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ExceptionHandler

from govgraph.errors import Forbidden, GovgraphError, QueryError, Refused, Stale, Unauthorised
from govgraph.media import HTML, choose
from govgraph.web.change import refusal_of, sentences
from govgraph.web.house import House
from govgraph.web.language import N_, Said, Words
from govgraph.web.problem import PROBLEM, PROBLEM_TYPES
from govgraph.web.responses import SECURITY
from govgraph.web.visit import Visit

BEARER = 'Bearer realm="govgraph"'

WORDS: Mapping[str, tuple[str, str]] = {
    "parameter": (
        N_("The question cannot be asked so"),
        N_("A value it needs is missing, or is not of the kind it asks for."),
    ),
    "query": (N_("The query cannot be read"), N_("It is not written as SPARQL prescribes.")),
    "query-forbidden": (
        N_("The query asks for what is not done here"),
        N_("What is asked here stays within the catalogue."),
    ),
    "query-too-costly": (
        N_("The query asks for too much"),
        N_("It needs more time or room than there is. Ask for less."),
    ),
    "query-busy": (N_("Many are asking just now"), N_("Other queries are being answered first. Try again shortly.")),
    "query-overdue": (N_("The answer takes too long"), N_("The query was stopped at its time limit. Ask for less.")),
    "result-too-large": (N_("The answer is too large"), N_("Ask for less, for instance with LIMIT.")),
    "change": (N_("The change cannot be made"), N_("It contradicts itself, or the state of the catalogue.")),
    "refused": (N_("The change was refused"), N_("With it something would be missing or wrong that is not now.")),
    "stale": (N_("It has changed meanwhile"), N_("Look at it again, then make your change to what it is now.")),
    "key-reused": (N_("The key belongs to another change"), N_("Give every change an idempotency key of its own.")),
    "revision-conflict": (N_("Others wrote at the same time"), N_("Nothing was changed. Try again.")),
    "bad-request": (N_("That request cannot be answered"), N_("Something in the request cannot be used.")),
    "unsupported-media-type": (N_("Not readable in that form"), N_("The request is of a type that is not read here.")),
    "too-large": (N_("The request is too large"), N_("Send a shorter one.")),
    "method-not-allowed": (N_("Not possible here"), N_("This address does not do what was asked of it.")),
    "not-found": (N_("There is nothing here"), N_("It may be misspelt, or not published.")),
    "not-acceptable": (N_("Not available in that format"), N_("Choose one of the formats there are.")),
    "store": (N_("Not available just now"), N_("The catalogue cannot be read at the moment. Try again shortly.")),
    "revision-away": (N_("Not there yet"), N_("What was just written has not come here yet. Try again shortly.")),
    "unauthorised": (N_("Who are you?"), N_("This is only for those who have a token that is valid.")),
    "forbidden": (N_("That is not yours to do"), N_("What is asked needs other rights than the token gives.")),
    "issuer-away": (N_("The token cannot be checked"), N_("Who vouches for it does not answer. Try again shortly.")),
    "error": (N_("Something went wrong"), N_("Something went wrong here; it has been logged.")),
}
"""Per code of an error a title and what it means; a code that is not here has the words of its parent's."""
_OF_STATUS: Mapping[HTTPStatus, str] = {
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
    HTTPStatus.INTERNAL_SERVER_ERROR: "error",
}
"""What the framework refuses has no code of ours."""
_HEADERS: Mapping[str, str] = {"vary": "Accept, Accept-Language", "cache-control": "no-store"}
_MOST_SENTENCES = 5
"""Findings of a refused change that a page tells."""


@dataclass(frozen=True)
class Worded:
    """A refusal in a reader's language; ``detail`` is what remains in English, empty where nothing does."""

    title: str
    sentence: str
    hint: str
    detail: str


def word(words: Words, code: str, sentence: str, hint: str = "") -> Worded:
    """In English every sentence stands as it is."""
    title, meaning = (words.tell(Said(one)) for one in WORDS[code])
    if words.tag == "en" or isinstance(sentence, Said):
        return Worded(title, words.tell(sentence), words.tell(hint), "")
    return Worded(title, meaning, "", f"{sentence} {hint}".strip())


def word_error(words: Words, error: GovgraphError) -> Worded:
    """Where a query is wrong is said in the reader's language too."""
    worded = word(words, _code(error), error.sentence, error.hint)
    if worded.detail and isinstance(error, QueryError) and error.line:
        place = Said(N_("Line %(line)s, column %(column)s."), line=error.line, column=error.column)
        return replace(worded, hint=words.tell(place))
    return worded


def _code(error: GovgraphError) -> str:
    """The nearest code that has words, from the error's class upwards."""
    codes = (getattr(of, "code", "") for of in type(error).__mro__)
    return next(code for code in codes if code in WORDS)


def exception_handlers(house: House) -> dict[int | type[Exception], ExceptionHandler]:
    """The one place where a refusal becomes an answer."""
    return {
        GovgraphError: partial(_refuse, house),
        HTTPException: partial(_refuse_http, house),
        HTTPStatus.INTERNAL_SERVER_ERROR: partial(_fail, house),
    }


def _refuse(house: House, request: Request, error: Exception) -> Response:
    assert isinstance(error, GovgraphError)
    status, code = HTTPStatus(error.status), _code(error)
    if wants_page(request):
        visit = Visit.of(house, request)
        if isinstance(error, Unauthorised | Forbidden):
            visit = visit.turned_away()
        worded = word_error(visit.words, error)
        if isinstance(error, Refused):
            worded = replace(worded, hint=sentences(house, request, error, _MOST_SENTENCES), detail="")
        return _page(visit, status, worded, advice(error))
    if isinstance(error, Refused):
        return refusal_of(house, request, error)
    said: dict[str, object] = {
        "type": PROBLEM_TYPES + error.code,
        "title": WORDS[code][0],
        "status": int(status),
        "detail": error.sentence,
        "hint": error.hint,
        "line": getattr(error, "line", 0),
        "column": getattr(error, "column", 0),
        "revisions": error.revisions if isinstance(error, Stale) else None,
    }
    given = {key: value for key, value in said.items() if value}
    return Response(orjson.dumps(given), status, {**advice(error), **_HEADERS}, PROBLEM.type)


def advice(error: GovgraphError) -> dict[str, str]:
    """The headers of a refusal: when to come again (RFC 9110 section 10.2.3), or how to say who one is (RFC 6750)."""
    headers = {"retry-after": str(error.retry_after)} if error.retry_after else {}
    match error:
        case Unauthorised():
            headers["www-authenticate"] = BEARER + (', error="invalid_token"' if error.presented else "")
        case Forbidden():
            headers["www-authenticate"] = BEARER + ', error="insufficient_scope"'
    return headers


def _refuse_http(house: House, request: Request, error: Exception) -> Response:
    """What the framework itself refuses: an address or a method it does not know."""
    assert isinstance(error, HTTPException)
    status, headers = HTTPStatus(error.status_code), dict(error.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["allow"] = f"{headers.pop('Allow', 'GET, HEAD')}, OPTIONS"
        if request.method == "OPTIONS":
            # RFC 9110 section 9.3.7: what may be done here, whoever asks.
            return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
    sentences = {
        HTTPStatus.NOT_FOUND: Said(N_("There is nothing at %(path)s."), path=request.scope["path"]),
        HTTPStatus.METHOD_NOT_ALLOWED: Said(N_("%(method)s is not possible here."), method=request.method),
    }
    return _plainly(house, request, status, sentences.get(status, str(error.detail)), headers)


def _fail(house: House, request: Request, _error: Exception) -> Response:
    """A fault of ours: the log has the details, the reader gets none of them."""
    # This answer is made outside the middleware that adds them to every other.
    return _plainly(house, request, HTTPStatus.INTERNAL_SERVER_ERROR, Said(WORDS["error"][1]), SECURITY)


def _plainly(house: House, request: Request, status: HTTPStatus, sentence: str, headers: Mapping[str, str]) -> Response:
    """A refusal that its status alone describes (RFC 9457 section 4.2.1)."""
    if wants_page(request):
        visit = Visit.of(house, request)
        return _page(visit, status, word(visit.words, _OF_STATUS.get(status, "bad-request"), sentence), headers)
    said = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": sentence}
    return Response(orjson.dumps(said), status, {**headers, **_HEADERS}, PROBLEM.type)


def _page(visit: Visit, status: HTTPStatus, worded: Worded, headers: Mapping[str, str]) -> Response:
    page = visit.house.renderer.page(visit, "refusal.html", status=status, worded=worded)
    return Response(page, status, {**headers, **_HEADERS}, HTML.content_type)


def wants_page(request: Request) -> bool:
    """Programs that ask for a file by suffix or parameter never want a page, whatever else they send."""
    named = request.query_params.get("format") or request.scope["path"].rpartition("/")[2].rpartition(".")[2]
    is_file = named in ("json", "csv", "rq", "ttl", "nt", "jsonld", "rdf", "nq", "trig")
    return not is_file and choose(request.headers.get("accept"), (PROBLEM, HTML)) is HTML
