"""One request to ``/graphql`` on its way to an answer of a media type; reads its header, not what it asks."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from govgraph.media import Format
from govgraph.web.graphql.charging import HEADER

_PRICE = HEADER.encode()


@dataclass(frozen=True)
class Exchange:
    """``offer`` is the media type of the answer."""

    request: Request
    offer: Format
    names: frozenset[bytes]
    """The request's header fields. To look each of them up costs more than most of what is done here."""

    @classmethod
    def of(cls, request: Request, offer: Format) -> Exchange:
        return cls(request, offer, frozenset(name for name, _ in request.scope["headers"]))

    @property
    def reads(self) -> bool:
        """By its method it can change nothing."""
        return self.request.method != "POST"

    @property
    def asks_price(self) -> bool:
        return _PRICE in self.names

    @property
    def asks_price_only(self) -> bool:
        return _PRICE in self.names and self.request.headers[HEADER].strip().lower() == "only"
