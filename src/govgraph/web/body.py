"""The body of a request, read no further than it may be long; knows no endpoint."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

from govgraph.errors import BadRequest, TooLarge

_PATIENCE = 30.0
"""Seconds until more of a body has to come."""


async def read_body(request: Request, most: int) -> bytes:
    """Raises TooLarge without reading on, and BadRequest for a body that does not end."""
    body, now = bytearray(), asyncio.get_running_loop().time
    try:
        async with asyncio.timeout(_PATIENCE) as patience:
            async for chunk in request.stream():
                patience.reschedule(now() + _PATIENCE)
                body += chunk
                if len(body) > most:
                    raise TooLarge(f"The request is larger than {most // 1_000_000} megabytes.", "Send a shorter one.")
    except (TimeoutError, ClientDisconnect):  # in the second case nobody hears it, and it is no fault of ours
        raise BadRequest("The request did not come whole.", "Send all of it.") from None
    return bytes(body)
