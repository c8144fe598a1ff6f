"""Who asks: the bearer token of a request (RFC 6750) as an Author, or a refusal; knows no right and no entity.

A token travels in the header Authorization and nowhere else: addresses end up in logs and histories.
"""

from __future__ import annotations

import re
from typing import TypeVar

from starlette.requests import Request

from govgraph.access import Author
from govgraph.access.audit import Outcome
from govgraph.access.tokens import BYTES, PREFIX, not_valid
from govgraph.errors import BadRequest, Forbidden, Unauthorised
from govgraph.web.house import House
from govgraph.web.language import N_, Said

_Refusal = TypeVar("_Refusal", Unauthorised, Forbidden)

PARAMETER = "access_token"
"""What RFC 6750 section 2.3 calls a token in an address, and advises against."""
_OURS = re.compile(rf"{PREFIX}[\w-]{{{BYTES},}}")
_DOORS = frozenset({"sparql", "graphql", "graph-store", "rdf-graph-store"})


def author_of(house: House, request: Request) -> Author:
    """Who asks. Raises Unauthorised where there is no token, or none that is valid (any more).

    Blocking: may read the tokens' file and ask the issuer for its keys. A failure is in the audit log already.
    """
    author = known(house, request)
    if author is None:
        raise refused(house, request, Unauthorised(Said(N_("This needs a token.")), _how()))
    return author


def known(house: House, request: Request) -> Author | None:
    """Who asks, None where nobody says who they are. Raises Unauthorised for a token that is not valid."""
    _refuse_in_address(request)
    given = request.headers.getlist("authorization")
    if not given:
        return None
    scheme, _, text = given[0].partition(" ")
    try:
        if len(given) > 1:
            raise BadRequest(Said(N_("There are several Authorization headers.")), Said(N_("Send one.")))
        if scheme.lower() != "bearer":
            raise not_valid()
        return _author(house, text.strip())
    except Unauthorised:
        worded = Unauthorised(Said(N_("This token is not valid.")), Said(N_("Ask for another one.")), presented=True)
        raise refused(house, request, worded) from None
    except Forbidden as error:
        raise refused(house, request, error) from None


def refused(house: House, request: Request, error: _Refusal, author: Author | None = None) -> _Refusal:
    """The error, after it has been noted in the audit log."""
    outcome = Outcome.FORBIDDEN if isinstance(error, Forbidden) else Outcome.UNAUTHORISED
    house.audit.note(author, door_of(request), outcome, code=error.code)
    return error


def door_of(request: Request) -> str:
    """The face a request came to, as the audit log calls it; never what a stranger wrote."""
    last = str(request.scope["path"]).rstrip("/").rpartition("/")[2]
    return last if last in _DOORS else "page"


def _author(house: House, text: str) -> Author:
    """Ours are known by their beginning, an issuer's by their three parts."""
    if text.startswith(PREFIX):
        return house.tokens.author(text)
    if house.oidc is not None and text.count(".") == 2:
        return house.oidc.author(text)
    raise not_valid()


def _refuse_in_address(request: Request) -> None:
    query = request.query_params
    if PARAMETER in query or any(_OURS.fullmatch(value) for value in query.values()):
        raise BadRequest(Said(N_("There is a token in the address, where others may read it.")), _how())


def _how() -> Said:
    return Said(N_("Send it in the header Authorization, after the word Bearer."))
