"""``token``: who has the rights to this data directory may give others some of them; asks no server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from pyoxigraph import NamedNode

from govgraph.access import Role
from govgraph.access.organisation import organisation
from govgraph.access.tokens import Token, Tokens
from govgraph.catalogue import Audience
from govgraph.cli.output import print_json, print_table, say
from govgraph.cli.place import Place
from govgraph.errors import NotFound, ParameterError, StoreMissing
from govgraph.iris import Names

_DAYS = re.compile(r"(\d{1,5})d")


@dataclass(frozen=True)
class Wanted:
    """A token as the command line asks for it."""

    role: str
    organisation: str
    expires: str
    label: str


def tokens_of(place: Place) -> Tokens:
    return Tokens(place.settings.data / "access")


def create(place: Place, wanted: Wanted, *, quiet: bool) -> None:
    """The token on the standard output, what people should know of it on the error stream."""
    of = _organisation(place, wanted.organisation) if wanted.organisation else None
    text = tokens_of(place).create(Role(wanted.role), of, wanted.label, until(wanted.expires, datetime.now(UTC)))
    if not quiet:
        token = tokens_of(place).list()[-1]
        whose = f" of {token.organisation}" if token.organisation else ""
        say(f"Token {token.id} for a {token.role}{whose}, {_end(token)}.", "bold green", error=True)
        say("It is shown only now. Keep it where nobody else reads it.", error=True)
    print(text)  # noqa: T201  # the token alone on its line, so that it can be piped


def show(place: Place, format_: str) -> None:
    now = datetime.now(UTC)
    kept = tokens_of(place).list()
    if format_ == "json":
        print_json([_said(token, now) for token in kept])
    elif not kept:
        say("There are no tokens yet. Give one: govgraph token create --role steward")
    else:
        rows = [(t.id, t.role, t.organisation, t.label, _end(t), t.state(now)) for t in kept]
        print_table(("id", "role", "organisation", "label", "until", "state"), rows, whole=("id", "until", "state"))


def revoke(place: Place, id_: str) -> None:
    token = tokens_of(place).revoke(id_)
    say(f"Token {token.id} counts no longer{f' ({token.label})' if token.label else ''}.", "bold green")


def until(said: str, now: datetime) -> datetime | None:
    """The end of a day (2027-01-31, in UTC), or some days from now (90d); None for nothing said.

    Raises ParameterError.
    """
    if not said:
        return None
    try:
        if days := _DAYS.fullmatch(said):
            return now + timedelta(days=int(days[1]))
        return datetime.combine(date.fromisoformat(said), time(), UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise ParameterError(
            f"{said!r} is no time to come.",
            "Write a day like 2027-01-31, or a number of days like 90d.",
            parameter="expires",
            value=said,
        ) from None


def _organisation(place: Place, said: str) -> NamedNode:
    """Raises NotFound for one the catalogue does not have: its editor could change nothing, and nobody would know why.

    Without a catalogue yet, it is believed.
    """
    own = tuple(kind for kind in place.contract.entities if kind.owns_itself)
    try:
        view = place.view(Audience.WORKING)
    except StoreMissing:
        return organisation(said, place.contract, Names(place.settings.base))
    iri = organisation(said, place.contract, view.names)
    if view.kinds([iri]).get(iri) not in own:
        raise NotFound(f"There is no organisation {said} in the catalogue.", "Load it first, or look at its slug.")
    return iri


def _end(token: Token) -> str:
    """The last moment it counts."""
    return f"until {token.expires:%Y-%m-%d %H:%M} UTC" if token.expires else "until revoked"


def _said(token: Token, now: datetime) -> dict[str, object]:
    return {
        "id": token.id,
        "role": token.role,
        "organisation": token.organisation or None,
        "label": token.label,
        "created": token.created.isoformat(),
        "expires": token.expires.isoformat() if token.expires else None,
        "revoked": token.revoked.isoformat() if token.revoked else None,
        "state": token.state(now),
    }
