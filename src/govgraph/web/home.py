"""``/`` and ``/healthz``: the catalogue at a glance, with the questions everyone asks answered right there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import islice

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from govgraph import __version__
from govgraph.catalogue import View
from govgraph.contract import Kind
from govgraph.errors import ParameterError, QueryBusy, QueryError, QueryTooCostly
from govgraph.media import HTML, JSON
from govgraph.question import Answer, Question
from govgraph.question.asking import ask
from govgraph.validation import Points
from govgraph.web import responses
from govgraph.web.answer import AnswerPage, Extract
from govgraph.web.house import House
from govgraph.web.question import Field, fields
from govgraph.web.view import newest, view_of
from govgraph.web.visit import Visit

FEATURED = ("blocked_services", "regulations_of_item")
"""The mission's two questions, by name; a contract without one shows the other alone."""
_EXTRACT = Extract(number=1, size=4, bars=8)
_CHARTS, _SCORES = 3, 10


@dataclass(frozen=True)
class Featured:
    """A question with its form and the beginning of its answer.

    ``answer`` is None where the question has to be told something first, and where it is ``too_costly`` to ask here.
    """

    question: Question
    answer: AnswerPage | None
    too_costly: bool
    href: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class KindCount:
    kind: Kind
    label: str
    description: str
    href: str
    count: int
    points: Points


def routes(house: House) -> list[BaseRoute]:
    return [Route("/", partial(home, house)), Route("/healthz", partial(health, house))]


def health(house: House, _request: Request) -> Response:
    """Whether the catalogue can be read, and which. Fails as reading it does; who watches over it needs no token."""
    view = newest(house)
    said = {"status": "ok", "version": __version__, "base": house.settings.base, "revision": view.revision}
    return Response(orjson.dumps(said), media_type=JSON.type, headers={"cache-control": "no-store"})


def home(house: House, request: Request) -> Response:
    view = view_of(house, request)
    format_ = responses.negotiate(request, (HTML,))
    today = date.today()
    visit = Visit.of(house, request).on(today)

    def make() -> str:
        front = Front(visit, view, today)
        return house.renderer.page(
            visit,
            "home.html",
            kinds=front.kinds(),
            summary=view.summary(),
            featured=front.featured(),
            charts=front.charts(),
            weakest=front.weakest(),
            canonical=visit.canonical("/"),
            view=view,
        )

    return responses.answer(visit, view, format_, make, canonical=visit.canonical("/"))


class Front:
    """What the home page shows, asked for once per revision, day and language."""

    def __init__(self, visit: Visit, view: View, today: date) -> None:
        self._visit = visit
        self._view = view
        self._today = today
        self._questions = visit.house.questions

    def kinds(self) -> list[KindCount]:
        visit, summary = self._visit, self._view.summary()
        return [
            KindCount(
                kind,
                visit.heading(kind.plural_labels),
                visit.say(kind.descriptions),
                visit.href(f"/{kind.slug}"),
                len(self._view.members(kind)),
                summary.kinds[kind.name],
            )
            for kind in visit.house.contract.entities
        ]

    def weakest(self) -> list[KindCount]:
        """The kinds with most to mend, lowest score first."""
        filled = [kind for kind in self.kinds() if kind.count]
        return sorted(filled, key=lambda kind: kind.points.score)[:_SCORES]

    def featured(self) -> list[Featured]:
        return [self._feature(self._questions[name]) for name in FEATURED if name in self._questions]

    def charts(self) -> list[tuple[Question, AnswerPage]]:
        """The first questions that declare a chart and need not be told anything."""
        free = (q for q in self._questions.values() if q.chart and not any(p.required for p in q.parameters))
        answered = ((q, self._answer(q)) for q in free)
        drawn = ((q, self._page(q, answer)) for q, answer in answered if answer and answer.rows)
        return list(islice(drawn, _CHARTS))

    def _feature(self, question: Question) -> Featured:
        """A question that has to be told something first stands with its form alone."""
        visit = self._visit
        form = fields(visit, self._view, question, {}, self._today)
        asked = not any(p.required and not p.default for p in question.parameters)
        answer = self._answer(question) if asked else None
        shown = self._page(question, answer) if answer else None
        return Featured(question, shown, asked and answer is None, visit.href(f"/questions/{question.name}"), form)

    def _answer(self, question: Question) -> Answer | None:
        """None where it takes too long: then it is not tried again before there is another revision, or day.

        Whoever opens the home page must not wait for it; the question's own page asks it afresh.
        """
        most = self._visit.house.settings.answer_rows

        def find() -> Answer | None:
            try:
                return ask(self._view, question, {}, most=most, today=self._today)
            except QueryBusy:
                raise
            except QueryTooCostly:
                return None

        try:
            return self._view.keep(("home", question.name, self._today), find)
        except (ParameterError, QueryError):
            # The question's own page says what is wrong; the home page goes on without it.
            return None

    def _page(self, question: Question, answer: Answer) -> AnswerPage:
        key = ("home page", question.name, self._today, self._visit.language, self._visit.carried)
        return self._view.keep(key, lambda: AnswerPage.of(self._visit, self._view, answer, _EXTRACT))
