"""The body of a request, read no further than it may be long; knows no endpoint."""

from __future__ import annotations

from starlette.requests import Request

from govgraph.errors import TooLarge


async def read_body(request: Request, most: int) -> bytes:
    """Raises TooLarge without reading on."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise TooLarge(f"The request is larger than {most // 1_000_000} megabytes.", "Send a shorter one.")
    return bytes(body)
