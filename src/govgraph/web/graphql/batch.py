"""Several operations in one request, where the settings take them; knows one endpoint and runs what it runs.

No part of GraphQL over HTTP: the list some clients send, answered by a list in its order. Only queries come so; what
changes something, or waits for something to change, deserves a status of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import Response

from govgraph.catalogue import View
from govgraph.graphql import Asked, Told
from govgraph.graphql.execution import faults
from govgraph.graphql.execution.limits import Price, Refusal
from govgraph.graphql.execution.running import Prepared
from govgraph.web.graphql import answers
from govgraph.web.graphql.charging import HEADER, LEAST
from govgraph.web.graphql.request import Sent
from govgraph.web.view import as_of, view_of

if TYPE_CHECKING:
    from govgraph.web.graphql.endpoint import Endpoint
    from govgraph.web.graphql.exchange import Exchange


@dataclass(frozen=True)
class _Part:
    """One operation of the list, ready to run or refused already."""

    sent: Sent
    ready: Prepared | Told


def answer(endpoint: Endpoint, exchange: Exchange, sent: tuple[Sent, ...]) -> Response:
    """Blocking: reads the store. Raises GovgraphError; nothing of a list runs that its client cannot pay for."""
    view, client = view_of(endpoint.house, exchange.request), endpoint.client(exchange.request)
    past = bool(as_of(exchange.request))
    parts = [_Part(one, _prepare(endpoint, one, past=past)) for one in sent]
    price = _total([part.ready.price for part in parts if isinstance(part.ready, Prepared)])
    refused = sum(isinstance(part.ready, Told) for part in parts) * LEAST
    most = endpoint.graphql.limits.points
    if (points := price.points + refused) > most:
        hint = "Send fewer at a time, or smaller pages."
        refusal = Refusal("TOO_COSTLY", f"Together these cost {points:,} points; {most:,} are allowed.", hint)
        charge = endpoint.till.charge(client, LEAST)
        endpoint.note(exchange.request, "too-costly")
        return answers.refusal(
            Told(False, errors=(faults.refused(refusal),)), exchange.offer, endpoint.till.headers(charge)
        )
    charge = endpoint.till.charge(client, len(parts) if exchange.asks_price_only else points)
    headers = {"govgraph-revision": str(view.revision), "vary": answers.VARY, "cache-control": "no-store"}
    headers |= {**endpoint.till.headers(charge), HEADER: str(points)}
    bodies = []
    for part in parts:
        told = _tell(endpoint, exchange, part, view)
        own = part.ready.price if isinstance(part.ready, Prepared) else None
        cost = endpoint.till.cost(own, charge, asked=exchange.asks_price) if own else None
        bodies.append(answers.write(answers.with_cost(told, cost)))
    return answers.respond(b"[%b]" % b",".join(bodies), HTTPStatus.OK, exchange.offer, headers)


def _prepare(endpoint: Endpoint, sent: Sent, *, past: bool) -> Prepared | Told:
    asked = endpoint.documents.find(sent)
    if not isinstance(asked, Asked):
        return asked
    if endpoint.graphql.operation_type(asked) in ("mutation", "subscription"):
        refusal = Refusal("QUERIES_ONLY", "A list of operations holds queries only.", "Send this one by itself.")
        return Told(False, errors=(faults.refused(refusal),))
    prepared = endpoint.graphql.prepare(replace(asked, past=past))
    if isinstance(prepared, Prepared):
        endpoint.documents.remember(sent)
    return prepared


def _tell(endpoint: Endpoint, exchange: Exchange, part: _Part, view: View) -> Told:
    if isinstance(part.ready, Told):
        return part.ready
    if exchange.asks_price_only:
        return Told(True)
    return endpoint.graphql.execute(part.ready, view)


def _total(prices: list[Price]) -> Price:
    return Price(
        sum(price.fields for price in prices),
        sum(price.entities for price in prices),
        sum(price.surcharge for price in prices) + max(len(prices) - 1, 0),
        max((price.depth for price in prices), default=0),
    )
