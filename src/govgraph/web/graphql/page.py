"""The page at ``/graphql`` for people who come with a browser: the explorer, or a plain form with its result; runs no
operation itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from govgraph.catalogue import View
from govgraph.iris import digest
from govgraph.media import HTML, JSON, choose
from govgraph.web import responses
from govgraph.web.graphql.examples import EXAMPLES, LIVE
from govgraph.web.graphql.explorer import POLICY, Built, Missing, look
from govgraph.web.graphql.readable import Readable, read
from govgraph.web.graphql.request import names_document
from govgraph.web.house import House
from govgraph.web.view import view_of
from govgraph.web.visit import Visit

FORM = "form"
"""The parameter that asks for the plain form where there is an explorer, too."""
_MOST_CHARACTERS = 200_000
"""Of an answer's JSON shown below it."""
_OF_THE_BODY = ("content-type", "content-length", "etag", "vary", "cache-control")

Ask = Callable[[Request], Awaitable[Response]]
"""Answers a GET with a query as JSON, refusals included."""


@dataclass(frozen=True)
class Answered:
    """What came of an operation: its ``text`` is the JSON, ``cut`` when that is only its beginning."""

    errors: tuple[Mapping[str, object], ...]
    data: Readable | None
    text: str
    cut: bool


def is_for_a_person(request: Request) -> bool:
    """Whether a page is wanted: who names an operation and takes anything is a program, a browser names HTML."""
    if request.method == "POST":
        return False
    accept = request.headers.get("accept", "")
    if choose(accept, (HTML, JSON)) is not HTML:
        return False
    return not names_document(request) or ("query" in request.query_params and HTML.type in accept.lower())


async def page(house: House, request: Request, ask: Ask) -> Response:
    """The explorer with the operation of the address, if any; where there is none, or a form is wanted, its result."""
    explorer = look()
    plain = isinstance(explorer, Missing) or FORM in request.query_params
    if plain and request.query_params.get("query"):
        return await run_in_threadpool(_answered, house, request, explorer, await ask(request))
    return await run_in_threadpool(_empty, house, request, explorer, plain)


def _empty(house: House, request: Request, explorer: Built | Missing, plain: bool) -> Response:
    visit, view = Visit.of(house, request), view_of(house, request)
    if isinstance(explorer, Missing) or plain:
        marked = visit.marked(f"form-{digest(repr(explorer))[:12]}")
        return responses.answer(marked, view, HTML, partial(_form, visit, view, explorer, query="", answered=None))
    asked = request.query_params
    write = partial(
        house.renderer.page,
        visit,
        "explorer.html",
        view=view,
        built=explorer,
        assets=f"{house.root}/static/explorer/",
        given=_given(visit, view, asked.get("query", ""), asked.get("variables", "")),
        form=visit.href("/graphql", form=1, query=asked.get("query")),
    )
    marked = visit.marked(f"{explorer.mark}-{digest(request.url.query)[:12]}")
    response = responses.answer(marked, view, HTML, write)
    response.headers["content-security-policy"] = POLICY
    return response


def _given(visit: Visit, view: View, query: str, variables: str) -> dict[str, object]:
    """What the explorer is told beside its words. No address of it holds a token."""
    root, moment = visit.house.root, f"?asOf={visit.as_of}" if visit.as_of else ""
    return {
        "endpoint": f"{root}/graphql{moment}",
        "schema": f"{root}/schema.graphql",
        "query": query,
        "variables": variables,
        "view": str(view.audience),
        "examples": [
            {"title": visit.say(one.titles), "query": one.shown_in(visit.language)} for one in (*EXAMPLES, *LIVE)
        ],
    }


def _answered(house: House, request: Request, explorer: Built | Missing, answer: Response) -> Response:
    """A page with what ``answer`` holds, under its status and headers."""
    visit, view = Visit.of(house, request), view_of(house, request)
    body = bytes(answer.body)
    told = orjson.loads(body) if body else {}
    errors, data = told.get("errors") or (), told.get("data")
    text = orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()
    answered = Answered(
        tuple(errors), None if data is None else read(data), text[:_MOST_CHARACTERS], len(text) > _MOST_CHARACTERS
    )
    status = answer.status_code
    if status == HTTPStatus.OK and data is None and errors:
        status = HTTPStatus.BAD_REQUEST
    kept = {name: value for name, value in answer.headers.items() if name not in _OF_THE_BODY}
    ours = {
        "vary": "Accept, Accept-Language",
        "cache-control": "no-store",
        "content-language": visit.language,
    }
    html = _form(visit, view, explorer, query=request.query_params["query"], answered=answered)
    return Response(html, status, {**kept, **ours}, HTML.content_type)


def _form(visit: Visit, view: View, explorer: Built | Missing, *, query: str, answered: Answered | None) -> str:
    return visit.house.renderer.page(
        visit,
        "graphql.html",
        view=view,
        examples=EXAMPLES,
        query=query or EXAMPLES[0].shown_in(visit.language),
        answered=answered,
        missing=explorer if isinstance(explorer, Missing) else None,
    )
