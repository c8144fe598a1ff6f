"""What a request costs whom: clients, their points, and how answers tell of both; knows prices, runs nothing.

The fields RateLimit-Policy and RateLimit are those of draft-ietf-httpapi-ratelimit-headers-10.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_network
from typing import Any

from starlette.requests import Request

from govgraph.access import Author
from govgraph.access.quota import Left, Quota
from govgraph.access.tokens import PREFIX, Tokens
from govgraph.errors import QuotaSpent, Unauthorised
from govgraph.graphql.execution.limits import Price
from govgraph.settings import Settings

HEADER = "govgraph-price"
"""In a request ``only`` asks for the price without the answer, anything else for both; in an answer it is the price."""
LEAST = 1
"""Points of a request that was not run: its document was read all the same."""
_SITE_BITS = 64
"""An IPv6 client has at least as many addresses to choose from."""


@dataclass(frozen=True)
class Charge:
    """What was charged: the price of what was run, and what its client has left where points are counted."""

    points: int
    left: Left | None = None


class Till:
    """Charges clients; without a quota it costs them nothing. Safe to use from any thread."""

    def __init__(self, settings: Settings, most: int) -> None:
        """``most`` one operation costs. Points are kept in the data directory, for all processes that serve from it."""
        self._most = most
        self._quota = (
            Quota(settings.data / "access" / "quota.sqlite", settings.graphql_points, settings.graphql_points_seconds)
            if settings.graphql_points
            else None
        )

    def close(self) -> None:
        if self._quota is not None:
            self._quota.close()

    @property
    def counts(self) -> bool:
        return self._quota is not None

    def charge_at_once(self, client: str, points: int) -> Charge | None:
        """Never blocks; None where only ``charge`` can tell."""
        if self._quota is None:
            return Charge(points)
        left = self._quota.spend_from_hand(client, points)
        return Charge(points, left) if left is not None else None

    def admit(self, client: str) -> None:
        """Before anything is read of a document, which costs time whatever is in it. Raises QuotaSpent for who has
        not a point left."""
        if self._quota is not None:
            self._quota.admit(client, LEAST)

    def charge(self, client: str, points: int) -> Charge:
        """Blocking: may touch the disk. Raises QuotaSpent."""
        return Charge(points, self._quota.spend(client, points) if self._quota else None)

    def headers(self, charge: Charge) -> dict[str, str]:
        return {HEADER: str(charge.points), **(self._limits(charge.left) if charge.left is not None else {})}

    def refusal_headers(self, error: QuotaSpent) -> dict[str, str]:
        return self._limits(Left(error.left, error.retry_after))

    def cost(self, price: Price, charge: Charge, *, asked: bool, kept: bool = False) -> Mapping[str, Any] | None:
        """``extensions.cost`` of an answer; None where nobody asked for it and no points are counted.

        Of an answer that may be ``kept`` under a tag, it is the same for every client and at any time.
        """
        if not asked and charge.left is None:
            return None
        said = {
            "points": price.points,
            "fields": price.fields,
            "entities": price.entities,
            "depth": price.depth,
            "most": self._most,
        }
        if charge.left is not None and self._quota is not None:
            said["limit"] = self._quota.points
            if not kept:
                said |= {"left": charge.left.points, "resetSeconds": charge.left.seconds}
        return said

    def mark(self, *, asked: bool) -> str:
        """What ``cost`` adds to an answer that may be kept, in so far as the answer does not tell; for its tag."""
        limit = self._quota.points if self._quota is not None else 0
        return f"cost{self._most}of{limit}" if asked or limit else ""

    def _limits(self, left: Left) -> dict[str, str]:
        if self._quota is None:
            return {}
        return {
            "ratelimit-policy": f'"points";q={self._quota.points};w={self._quota.seconds};qu="points"',
            "ratelimit": f'"points";r={left.points};t={left.seconds}',
        }


def client_of(request: Request, author: Author | None) -> str:
    """Whose points a request costs: the token's, else the address's it came from, in IPv6 its site's."""
    return f"author {author.id}" if author is not None else _address(request)


def place_of(request: Request, tokens: Tokens) -> str:
    """Whose turn and seat a request takes: the token's where it is a valid one of ours, else the address's.

    A header that nobody has looked at is no client: whoever invented tokens would be as many clients as they like.
    """
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and (text := text.strip()).startswith(PREFIX):
        with suppress(Unauthorised):
            return client_of(request, tokens.author(text))
    return _address(request)


def _address(request: Request) -> str:
    host = request.client.host if request.client else ""
    if ":" not in host:
        return host
    try:
        address = IPv6Address(host.partition("%")[0])
    except ValueError:
        return host
    return str(address.ipv4_mapped or ip_network((address, _SITE_BITS), strict=False))
