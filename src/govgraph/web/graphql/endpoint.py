"""``/graphql`` by GraphQL over HTTP: what becomes of a request, from its first byte to its answer; runs no field.

Specification: https://graphql.github.io/graphql-over-http/draft/ ; ``statuses`` has the table of status codes. Who
sends a mutation without a valid token gets 401 in either media type, as on every face. What strangers ask again at an
equal revision is answered on the event loop; everything else takes its turn and a thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from functools import lru_cache
from http import HTTPStatus
from time import monotonic
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from govgraph.access.audit import Outcome
from govgraph.catalogue import Audience, View
from govgraph.errors import GovgraphError, MethodNotAllowed, NotAcceptable, QuotaSpent, RevisionAway, WriterAway
from govgraph.gate import Writer
from govgraph.graphql import Asked, Desk, Schema, Told
from govgraph.graphql.evolution.registry import Registry
from govgraph.graphql.execution.running import Prepared
from govgraph.media import HTML, JSON, Format, choose
from govgraph.web import responses
from govgraph.web.authentication import author_of, door_of, known
from govgraph.web.body import read_body
from govgraph.web.graphql import answers, batch, stream
from govgraph.web.graphql.charging import HEADER, LEAST, Charge, Till, client_of, place_of
from govgraph.web.graphql.documents import Documents
from govgraph.web.graphql.exchange import Exchange
from govgraph.web.graphql.kept import Answer, Answers, Key
from govgraph.web.graphql.page import is_for_a_person, page
from govgraph.web.graphql.pulse import Pulse
from govgraph.web.graphql.request import Sent, sent_by_address, sent_by_body
from govgraph.web.graphql.seats import Seats
from govgraph.web.graphql.statuses import GRAPHQL, PRICED, RAN, REQUEST_ERROR
from govgraph.web.graphql.turns import Turns
from govgraph.web.house import House
from govgraph.web.view import MINIMUM_HEADER, VIEW_HEADER, Wanted, as_of, remember, view_of
from govgraph.web.visit import Visit

SDL = Format("sdl", "text/plain", "SDL")

_Gives = TypeVar("_Gives")

_LOOK_SECONDS = 0.02
"""How often somebody who waits for a revision looks for it."""
_ACCEPTS_KEPT = 200
_CHOOSE_A_VIEW = frozenset(name.encode() for name in (VIEW_HEADER, MINIMUM_HEADER, "cookie"))


class Endpoint:
    """What ``/graphql`` does with a request. Its answers, documents and turns belong to one serving process."""

    def __init__(self, house: House, graphql: Schema) -> None:
        settings = house.settings
        self.house = house
        self.graphql = graphql
        self.till = Till(settings, graphql.limits.points)
        self.documents = Documents(Registry.of(settings.data), trusted_only=settings.graphql_documents == "trusted")
        self.answers = Answers(settings.graphql_cache_megabytes * 1_000_000)
        self.pulse = Pulse(house)
        self.seats = Seats(settings)
        self._turns = Turns(settings.graphql_at_once, settings.graphql_waiting)
        # Threads of its own: who asks much here keeps no page waiting.
        self._threads = ThreadPoolExecutor(max(settings.graphql_at_once, 1), "graphql")
        self._offer_of = lru_cache(_ACCEPTS_KEPT)(_offer_of)

    async def answer(self, request: Request) -> Response:
        if is_for_a_person(request):
            return await page(self.house, request, self._to_a_program)
        return await self._to_a_program(request)

    async def _to_a_program(self, request: Request) -> Response:
        accept = request.headers.get("accept")
        offer = self._offer_of(accept, request.method != "POST")
        sent = None
        try:
            if accept is not None and stream.is_wanted(request):
                sent = await self._sent(request)
                if isinstance(sent, Sent) and (events := await stream.answer(self, request, sent)) is not None:
                    return events
            if offer is None:
                raise NotAcceptable("GraphQL is answered as JSON.", f"Accept {GRAPHQL.type} or {JSON.type}.")
            exchange = Exchange.of(request, offer)
            sent = sent or await self._sent(request)
            if isinstance(sent, Sent) and (response := self._again(exchange, sent)) is not None:
                return response
            return await self.in_turn(request, self._answer, exchange, sent)
        except GovgraphError as error:
            more = self.till.refusal_headers(error) if isinstance(error, QuotaSpent) else {}
            return answers.error(error, offer or JSON, more)

    async def in_turn(self, request: Request, run: Callable[..., _Gives], *given: object) -> _Gives:
        """What blocks, on a thread, when it is the client's turn. Raises QueryBusy."""
        place = place_of(request, self.house.tokens)
        await self._turns.take(place)
        running = asyncio.get_running_loop().run_in_executor(self._threads, run, *given)

        def give_back(done: asyncio.Future[_Gives]) -> None:
            self._turns.give_back(place)
            if not done.cancelled():
                done.exception()  # it is told to who waits; where nobody does any more, nobody is to be told

        # The place is taken as long as the thread is, also when who asked has stopped waiting.
        running.add_done_callback(give_back)
        return await asyncio.shield(running)

    def close(self) -> None:
        """Give back threads and files, after the last request."""
        self._threads.shutdown()
        self.till.close()

    def schema(self, request: Request) -> Response:
        """The schema in GraphQL's definition language."""
        view = view_of(self.house, request)
        return responses.answer(Visit.of(self.house, request), view, SDL, self.graphql.print)

    async def _sent(self, request: Request) -> Sent | tuple[Sent, ...]:
        if request.method != "POST":
            return sent_by_address(request)
        settings = self.house.settings
        body = await read_body(request, settings.body_megabytes * 1_000_000)
        return sent_by_body(request, body, settings.graphql_batch)

    def _again(self, exchange: Exchange, sent: Sent) -> Response | None:
        """The answer to what a stranger asks again, None where that takes a look at the disk. Never blocks."""
        request = exchange.request
        if b"authorization" in exchange.names or self.house.settings.read_public != "open" or exchange.asks_price_only:
            return None
        document, view = self.documents.at_once(sent), self.house.catalogue.standing()
        revision = view.revision_at_once if view is not None else 0
        if document is None or view is None or not revision or sent.explains:
            return None
        if request.scope["query_string"] or not exchange.names.isdisjoint(_CHOOSE_A_VIEW):
            known(self.house, request)  # which refuses a token in the address
            wanted = Wanted.of(request)
            if wanted.audience is not Audience.PUBLIC or wanted.as_of or wanted.minimum > view.reader.revision:
                return None
        key = _key(document, sent, Audience.PUBLIC, revision, "")
        kept = self.answers.get(key)
        if kept is None:
            return None
        has = exchange.reads and self._has(exchange, key)
        charge = self.till.charge_at_once(client_of(request, None), LEAST if has else kept.price.points)
        if charge is None:
            return None
        return self._unchanged(exchange, key, charge) if has else self._told(exchange, key, kept, charge)

    def _answer(self, exchange: Exchange, sent: Sent | tuple[Sent, ...]) -> Response:
        """Blocking: reads the store. Raises GovgraphError."""
        try:
            self.till.admit(self.client(exchange.request))
            return self._answer_one(exchange, sent) if isinstance(sent, Sent) else batch.answer(self, exchange, sent)
        except QuotaSpent as error:
            self.note(exchange.request, error.code)
            raise

    def _answer_one(self, exchange: Exchange, sent: Sent) -> Response:
        asked = self.documents.find(sent)
        type_ = self.graphql.operation_type(asked) if isinstance(asked, Asked) else None
        if exchange.reads and type_ in ("mutation", "subscription"):
            raise MethodNotAllowed("GET runs queries only.", "Send this operation with POST.")
        if type_ == "subscription" and not exchange.asks_price_only:
            raise NotAcceptable(
                "A subscription is answered as a stream.", "Accept text/event-stream, or use WebSocket."
            )
        if type_ == "mutation" and isinstance(asked, Asked):
            return self._changed(exchange, sent, asked)
        view = view_of(self.house, exchange.request)
        client = self.client(exchange.request)
        if isinstance(asked, Told):
            return self._refused(exchange, asked, client)
        asked = replace(asked, past=bool(as_of(exchange.request)))
        key = _key(asked.query, sent, view.audience, view.revision, as_of(exchange.request))
        if not sent.explains and not exchange.asks_price_only:
            if exchange.reads and self._has(exchange, key):
                return self._unchanged(exchange, key, self.till.charge(client, LEAST))
            if (kept := self.answers.get(key)) is not None:
                return self._told(exchange, key, kept, self.till.charge(client, kept.price.points))
        return self._run(exchange, sent, key, self.graphql.prepare(asked), view)

    def _run(self, exchange: Exchange, sent: Sent, key: Key, prepared: Prepared | Told, view: View) -> Response:
        client = self.client(exchange.request)
        if isinstance(prepared, Told):
            return self._refused(exchange, prepared, client)
        self.documents.remember(sent)
        if exchange.asks_price_only:
            return self._priced(exchange, prepared, client)
        charge = self.till.charge(client, prepared.price.points)
        told = self.graphql.execute(prepared, view)
        if told.ran and not told.errors and not told.extensions:
            answer = Answer(answers.write(told), prepared.price)
            self.answers.keep(key, answer)
            return self._told(exchange, key, answer, charge)
        # What went wrong may go right the next time, and what is explained took its time only now.
        headers = {**self._headers(view.revision, charge), "cache-control": "no-store"}
        cost = self.till.cost(prepared.price, charge, asked=exchange.asks_price)
        status = (RAN if told.ran else REQUEST_ERROR).status(exchange.offer)
        return answers.respond(answers.write(answers.with_cost(told, cost)), status, exchange.offer, headers)

    def _changed(self, exchange: Exchange, sent: Sent, asked: Asked) -> Response:
        """What a mutation did. Who it is that asks is settled before anything of it is run."""
        house, request, offer = self.house, exchange.request, exchange.offer
        author = author_of(house, request)
        client = client_of(request, author)
        prepared = self.graphql.prepare(asked)
        if isinstance(prepared, Told):
            return self._refused(exchange, prepared, client)
        self.documents.remember(sent)
        if exchange.asks_price_only:
            return self._priced(exchange, prepared, client)
        desk = Desk(self.writer, author, self.working)
        charge = self.till.charge(client, prepared.price.points)
        view = self.working(0)
        told = self.graphql.execute(prepared, view, desk=desk)
        cost = self.till.cost(prepared.price, charge, asked=exchange.asks_price)
        headers = self._headers(told.written or view.revision, charge)
        headers |= {"vary": answers.VARY_PRIVATE, "cache-control": "no-store"}
        status = (RAN if told.ran else REQUEST_ERROR).status(offer)
        response = answers.respond(answers.write(answers.with_cost(told, cost)), status, offer, headers)
        if told.written:
            remember(response, house, told.written)
        return response

    def client(self, request: Request) -> str:
        """Whose points a request costs. Blocking: may ask who it is."""
        return client_of(request, known(self.house, request)) if self.till.counts else ""

    def note(self, request: Request, code: str) -> None:
        """In the audit log, which bounds what it says of strangers. Blocking."""
        self.house.audit.note(known(self.house, request), door_of(request), Outcome.REFUSED, code=code)

    def note_excess(self, request: Request, told: Told) -> None:
        """Who asks for more than may be asked stands in the audit log. Blocking."""
        code = str(told.errors[0]["extensions"]["code"])
        if code.startswith("TOO_"):
            self.note(request, code.lower().replace("_", "-"))

    @property
    def writer(self) -> Writer:
        """Raises WriterAway where there is none."""
        if self.house.writer is None:
            raise WriterAway("Nothing can be changed here.", "Send the change to where the catalogue is kept.")
        return self.house.writer

    def working(self, minimum: int) -> View:
        """The working view at a revision or later. Blocks until readers have it; raises RevisionAway."""
        settings, pause = self.house.settings, threading.Event()
        until = monotonic() + settings.revision_wait_seconds
        while (view := self.house.catalogue.view(Audience.WORKING)).reader.revision < minimum:
            if monotonic() >= until:
                raise RevisionAway(f"Revision {minimum} has not come here yet.", "Try again shortly.")
            pause.wait(min(settings.refresh_seconds, _LOOK_SECONDS))
        return view

    def _has(self, exchange: Exchange, key: Key) -> bool:
        if b"if-none-match" not in exchange.names:
            return False
        return responses.already_has(exchange.request, self._tag(exchange, key))

    def _headers(self, revision: int, charge: Charge) -> dict[str, str]:
        return {"govgraph-revision": str(revision), "vary": answers.VARY, **self.till.headers(charge)}

    def _told(self, exchange: Exchange, key: Key, answer: Answer, charge: Charge) -> Response:
        headers = self._headers(key.revision, charge)
        if exchange.reads:
            headers |= self._conditions(exchange, key)
        elif self.till.counts:
            headers["cache-control"] = "no-store"  # some caches keep what is posted
        cost = self.till.cost(answer.price, charge, asked=exchange.asks_price, kept=exchange.reads)
        return answers.respond(answers.extend(answer.body, "cost", cost), HTTPStatus.OK, exchange.offer, headers)

    def _unchanged(self, exchange: Exchange, key: Key, charge: Charge) -> Response:
        headers = self._headers(key.revision, charge) | self._conditions(exchange, key)
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)

    def _conditions(self, exchange: Exchange, key: Key) -> dict[str, str]:
        # Where points are counted, the headers are one client's account: nothing a cache may give to another.
        control = "private, no-cache" if self.till.counts else "no-cache"
        return {"etag": self._tag(exchange, key), "cache-control": control}

    def _tag(self, exchange: Exchange, key: Key) -> str:
        mark = self.till.mark(asked=exchange.asks_price)
        return answers.tag(key, self.house.contract.hash, exchange.offer, mark)

    def _refused(self, exchange: Exchange, told: Told, client: str) -> Response:
        """Reading a document costs something, too."""
        self.note_excess(exchange.request, told)
        return answers.refusal(told, exchange.offer, self.till.headers(self.till.charge(client, LEAST)))

    def _priced(self, exchange: Exchange, prepared: Prepared, client: str) -> Response:
        """The price alone; what is charged is the request, not the operation."""
        charge = self.till.charge(client, LEAST)
        told = answers.extend(b'{"data":null}', "cost", self.till.cost(prepared.price, charge, asked=True))
        headers = {**self.till.headers(charge), HEADER: str(prepared.price.points)}
        headers |= {"vary": answers.VARY, "cache-control": "no-store"}
        return answers.respond(told, PRICED.status(exchange.offer), exchange.offer, headers)


def _key(document: str, sent: Sent, audience: Audience, revision: int, moment: str) -> Key:
    return Key(document, sent.operation_name or "", sent.variables_text, audience, revision, moment, date.today())


def _offer_of(accept: str | None, reads: bool) -> Format | None:
    """Who asks for a page alone and sends a query reads JSON sooner than a refusal."""
    return choose(accept, (JSON, GRAPHQL)) or (JSON if reads and choose(accept, (HTML,)) else None)
