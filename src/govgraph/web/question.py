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

from govgraph.catalogue import View
from govgraph.catalogue.text import sort_key
from govgraph.contract import Kind
from govgraph.errors import ParameterError
from govgraph.media import CSV, HTML, JSON, SPARQL_QUERY, Format
from govgraph.question import Answer, Parameter, Question
from govgraph.question.answer_formats import to_csv, to_json
from govgraph.question.asking import ask, find
from govgraph.web import responses
from govgraph.web.answer import AnswerPage, Extract
from govgraph.web.house import House
from govgraph.web.language import N_, Said
from govgraph.web.view import view_of
from govgraph.web.visit import CARRIED, Visit

FORMATS = (HTML, JSON, CSV, SPARQL_QUERY)
MOST_CHOICES = 300
"""Members of a kind a form offers for choosing; of a larger kind one writes the slug."""
MOST_PAGES = 1_000_000
_OURS = frozenset({"format", "page", *CARRIED})
_WRONG: Mapping[str, str] = {
    "kind": N_("“%(label)s”: there is no entry “%(value)s” of the kind “%(kind)s” here. Choose one from the form."),
    "date": N_("“%(label)s”: “%(value)s” is no date. Write it like 2027-01-31."),
    "integer": N_("“%(label)s”: “%(value)s” is no whole number. Write it like 2027."),
    "decimal": N_("“%(label)s”: “%(value)s” is no number. Write it like 12.5."),
    "other": N_("“%(label)s”: “%(value)s” cannot be used here. Choose from the form."),
}
"""What is wrong with a value, by the type of its parameter."""


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
    view = view_of(house, request)
    format_ = responses.negotiate(request, (HTML,))
    return responses.answer(
        visit,
        view,
        format_,
        lambda: house.renderer.page(visit, "questions.html", questions=house.questions.values(), view=view),
    )


def question(house: House, request: Request) -> Response:
    name, _, suffix = request.path_params["name"].partition(".")
    asked = find(house.questions, name)
    format_ = responses.negotiate(request, FORMATS, suffix)
    visit = Visit.of(house, request)
    view = view_of(house, request)
    given = {key: value for key, value in visit.parameters.items() if key not in _OURS}
    today = date.today()
    if format_ is SPARQL_QUERY:
        return responses.answer(visit, view, format_, lambda: asked.text)
    if format_ is HTML:
        return _page(Asked(visit.on(today), view, asked, given, today))
    most = house.settings.answer_rows
    write = to_json if format_ is JSON else to_csv
    links = {one.type: address(visit, asked, one, given) for one in FORMATS}
    answer = partial(ask, view, asked, given, most=most, today=today)
    return responses.answer(visit.on(today), view, format_, lambda: write(answer()), links=links)


def address(visit: Visit, asked: Question, format_: Format, given: Mapping[str, str]) -> str:
    """Where an answer is in a format, with the same parameters."""
    suffix = "" if format_ is HTML else f".{format_.name}"
    kept = {} if format_ is SPARQL_QUERY else given
    return visit.href(f"/questions/{asked.name}{suffix}", **kept)


@dataclass(frozen=True)
class Wrong:
    """What keeps a question from being asked; ``field`` is where in the form it can be mended, if anywhere."""

    sentence: str
    field: str


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

    def wrong(self, error: ParameterError) -> Wrong:
        """What is the matter, in the words of the form."""
        words, parameter = self.visit.words, self.question.parameter(error.parameter)
        if parameter is None:
            return Wrong(words.tell(Said(N_("This question does not ask for “%(name)s”."), name=error.parameter)), "")
        label = self.visit.heading(parameter.labels) or parameter.name
        if not error.value:
            return Wrong(words.tell(Said(N_("“%(label)s” is needed."), label=label)), parameter.name)
        kind = self.view.contract.by_name.get(parameter.type)
        template = _WRONG["kind" if kind else parameter.type if parameter.type in _WRONG else "other"]
        of_kind = self.visit.say(kind.labels) if kind else ""
        return Wrong(words.tell(Said(template, label=label, value=error.value, kind=of_kind)), parameter.name)

    def html(self, answer: Answer | None, error: ParameterError | None = None) -> str:
        visit = self.visit
        extract = Extract(visit.whole("page", MOST_PAGES), visit.house.settings.page_size)
        return visit.house.renderer.page(
            visit,
            "question.html",
            question=self.question,
            fields=fields(visit, self.view, self.question, self.given, self.today),
            answer=AnswerPage.of(visit, self.view, answer, extract) if answer else None,
            wrong=self.wrong(error) if error else None,
            formats=self.formats if answer else {SPARQL_QUERY: self.formats[SPARQL_QUERY]},
            canonical=visit.canonical(f"/questions/{quote(self.question.name)}"),
            view=self.view,
        )


def _page(asked: Asked) -> Response:
    """With a parameter missing or ill-typed the page is the form, saying what is wrong with it (400)."""
    visit = asked.visit
    links = {one.type: href for one, href in asked.formats.items() if one is SPARQL_QUERY or not asked.unasked}

    def make() -> str:
        return asked.html(None if asked.unasked else asked.answer())

    try:
        return responses.answer(visit, asked.view, HTML, make, links=links)
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
