"""``/questions/``: each question with its form, and its answer as page, JSON, CSV and SPARQL; holds no query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from govgraph.catalogue import Audience, View
from govgraph.catalogue.text import sort_key
from govgraph.contract import Kind
from govgraph.errors import BadRequest, ParameterError
from govgraph.media import CSV, HTML, JSON, SPARQL_QUERY, Format
from govgraph.question import Answer, Parameter, Question
from govgraph.question.answer_formats import to_csv, to_json
from govgraph.question.asking import ask, find
from govgraph.web import responses
from govgraph.web.answer import AnswerPage
from govgraph.web.house import House
from govgraph.web.visit import Visit

FORMATS = (HTML, JSON, CSV, SPARQL_QUERY)
MOST_CHOICES = 300
"""Members of a kind a form offers for choosing; of a larger kind one writes the slug."""
_OURS = frozenset({"lang", "format", "page"})


@dataclass(frozen=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True)
class Field:
    """One parameter in the form; ``input`` is select or the type of an input element."""

    name: str
    label: str
    input: str
    value: str
    required: bool
    choices: tuple[Choice, ...] = ()


def routes(house: House) -> list[BaseRoute]:
    return [
        Route("/questions", partial(slash, house)),
        Route("/questions/", partial(questions, house)),
        Route("/questions/{name}", partial(question, house)),
    ]


def slash(house: House, request: Request) -> Response:
    visit = Visit.of(house, request)
    return RedirectResponse(visit.href("/questions/", **visit.parameters), 308)


def questions(house: House, request: Request) -> Response:
    visit = Visit.of(house, request)
    view = house.catalogue.view(Audience.PUBLIC)
    format_ = responses.negotiate(request, (HTML,))
    return responses.answer(
        visit,
        view,
        format_,
        lambda: house.renderer.page(
            visit, "questions.html", questions=house.questions.values(), revision=view.revision
        ),
    )


def question(house: House, request: Request) -> Response:
    name, _, suffix = request.path_params["name"].partition(".")
    asked = find(house.questions, name)
    format_ = responses.negotiate(request, FORMATS, suffix)
    visit = Visit.of(house, request)
    view = house.catalogue.view(Audience.PUBLIC)
    given = {key: value for key, value in visit.parameters.items() if key not in _OURS}
    today = date.today()
    if format_ is SPARQL_QUERY:
        return responses.answer(visit, view, format_, lambda: asked.text)
    if format_ is HTML:
        return _page(Asked(visit, view, asked, given, today))
    write = to_json if format_ is JSON else to_csv
    most = house.settings.answer_rows
    links = {one.type: address(visit, asked, one, given) for one in FORMATS}
    return responses.answer(
        visit,
        view,
        format_,
        lambda: write(ask(view, asked, given, most=most, today=today)),
        links=links,
        varies=(today,),
    )


def address(visit: Visit, asked: Question, format_: Format, given: Mapping[str, str]) -> str:
    """Where an answer is in a format, with the same parameters."""
    suffix = "" if format_ is HTML else f".{format_.name}"
    kept = {} if format_ is SPARQL_QUERY else given
    return visit.href(f"/questions/{asked.name}{suffix}", **kept)


@dataclass(frozen=True)
class Asked:
    """A question as one request puts it."""

    visit: Visit
    view: View
    question: Question
    given: Mapping[str, str]
    today: date

    def answer(self) -> Answer:
        most = self.visit.house.settings.answer_rows
        return ask(self.view, self.question, self.given, most=most, today=self.today)

    @property
    def formats(self) -> Mapping[Format, str]:
        return {one: address(self.visit, self.question, one, self.given) for one in FORMATS if one is not HTML}

    @property
    def unasked(self) -> bool:
        """Nothing was chosen yet, and something has to be: the page is the form and an invitation, no refusal."""
        needed = any(p.required and not p.default for p in self.question.parameters)
        return needed and not any(p.name in self.given for p in self.question.parameters)

    def html(self, answer: Answer | None, error: ParameterError | None = None) -> str:
        visit, page = self.visit, self.visit.parameters.get("page", "1")
        if not page.isdecimal() or not 1 <= int(page) <= 1_000_000:
            raise BadRequest(f"page is {page!r}.", "Give the number of a page, from 1.")
        size = visit.house.settings.page_size
        return visit.house.renderer.page(
            visit,
            "question.html",
            question=self.question,
            fields=fields(visit, self.view, self.question, self.given, self.today),
            answer=AnswerPage.of(visit, self.view, answer, int(page), size) if answer else None,
            error=error,
            formats=self.formats if answer else {SPARQL_QUERY: self.formats[SPARQL_QUERY]},
            canonical=visit.canonical(f"/questions/{quote(self.question.name)}"),
            revision=self.view.revision,
        )


def _page(asked: Asked) -> Response:
    """With a parameter missing or ill-typed the page is the form, saying what is wrong with it (400)."""
    visit = asked.visit
    links = {one.type: href for one, href in asked.formats.items() if one is SPARQL_QUERY or not asked.unasked}

    def make() -> str:
        return asked.html(None if asked.unasked else asked.answer())

    try:
        return responses.answer(visit, asked.view, HTML, make, links=links, varies=(asked.today,))
    except ParameterError as error:
        headers = {"vary": "Accept, Accept-Language", "cache-control": "no-store"}
        return Response(asked.html(None, error), error.status, headers, HTML.content_type)


def fields(visit: Visit, view: View, question: Question, given: Mapping[str, str], today: date) -> tuple[Field, ...]:
    """The form of a question, derived from its parameters."""
    return tuple(_field(visit, view, p, given.get(p.name, ""), today) for p in question.parameters)


def _field(visit: Visit, view: View, parameter: Parameter, given: str, today: date) -> Field:
    default = today.isoformat() if parameter.default == "today" else parameter.default
    label = visit.heading(parameter.labels) or parameter.name
    value = given or default
    input_ = {"date": "date", "integer": "number", "decimal": "text", "boolean": "boolean"}.get(parameter.type, "text")
    contract = view.contract
    choices: tuple[Choice, ...] = ()
    if parameter.type in contract.lists_by_name:
        codes = contract.lists_by_name[parameter.type].codes
        input_, choices = "select", tuple(Choice(code.name, visit.say(code.labels)) for code in codes)
        value = next((code.name for code in codes if code.iri.value == value), value)
    elif (
        parameter.type in contract.by_name
        and len(members := view.members(contract.by_name[parameter.type])) <= MOST_CHOICES
    ):
        kind = contract.by_name[parameter.type]
        input_, choices = "select" if members else "text", member_choices(visit, view, kind)
        ours = view.names.split(value)
        value = ours[1] if ours and ours[0] == kind.slug else value
    return Field(parameter.name, label, input_, value, parameter.required and not parameter.default, choices)


def member_choices(visit: Visit, view: View, kind: Kind) -> tuple[Choice, ...]:
    """The entities of a kind by name; kept with the view."""

    def find_() -> tuple[Choice, ...]:
        labels = view.labels(view.members(kind), visit.languages)
        found = []
        for node, label in labels.items():
            iri = getattr(node, "value", "")
            ours = view.names.split(iri)
            found.append(Choice(ours[1] if ours and ours[0] == kind.slug else iri, label.text))
        return tuple(sorted(found, key=lambda choice: sort_key(choice.label)))

    return view.keep(("members as choices", kind.name, visit.languages), find_)
