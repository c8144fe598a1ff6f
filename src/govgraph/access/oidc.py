"""Signed tokens of an identity provider (OpenID Connect, JSON Web Token RFC 7519) as authors.

A library does the cryptography; here stands only what we demand of a token and how its claims become a role and an
organisation. It knows no request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from pyoxigraph import NamedNode

from govgraph.access import Author, Role
from govgraph.access.keys import Keys
from govgraph.access.tokens import not_valid
from govgraph.errors import Forbidden, ParameterError, SettingError
from govgraph.iris import digest
from govgraph.settings import Settings

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a key pair; none at all, or one with a shared secret, is no signature of the issuer's."""
DEMANDED = ("iss", "aud", "exp", "sub")
LEEWAY_SECONDS = 30
"""Between their clock and ours."""
LONGEST = 16_384
"""Characters of a token."""
_HOSTILE = (jwt.PyJWTError, TypeError, ValueError)
"""What the library raises at a token: its own errors, TypeError where the algorithm the token names is of another sort
of key than the issuer's, UnicodeEncodeError (a ValueError) for text that has no bytes."""
_LONGEST_NAME = 200
_NAMES = ("name", "preferred_username", "email")


@dataclass(frozen=True)
class Claims:
    """Where in a token our words stand. ``roles`` maps what the issuer says to our roles."""

    role: str
    organisation: str
    roles: Mapping[str, Role]


class Issuer:
    """One provider whose tokens count here. Safe to use from any thread."""

    def __init__(
        self, issuer: str, audience: str, claims: Claims, organisation: Callable[[str], NamedNode], keys: Keys
    ) -> None:
        """``organisation`` makes an IRI of what the claim says, or raises ParameterError."""
        self._issuer = issuer
        self._audience = audience
        self._claims = claims
        self._organisation = organisation
        self._keys = keys

    @classmethod
    def of(cls, settings: Settings, organisation: Callable[[str], NamedNode]) -> Issuer | None:
        """The one the settings name. Raises SettingError."""
        if not settings.oidc_issuer:
            return None
        if not settings.oidc_audience:
            raise SettingError(
                "The setting oidc_audience is empty.", "Name what tokens for this catalogue have as their audience."
            )
        claims = Claims(settings.oidc_role_claim, settings.oidc_organisation_claim, _roles(settings.oidc_role_map))
        keys = Keys(settings.oidc_issuer)
        return cls(settings.oidc_issuer, settings.oidc_audience, claims, organisation, keys)

    def author(self, text: str) -> Author:
        """Who a token was made out to.

        Raises Unauthorised in the same words whatever is wrong with it, Forbidden for somebody it gives no role here,
        IssuerAway where nobody can tell.
        """
        said = self._said(text)
        role = self._role(said)
        name = next((said[one] for one in _NAMES if isinstance(said.get(one), str)), "")[:_LONGEST_NAME]
        name = name.encode("utf-8", "replace").decode()  # JSON may have halves of characters
        return Author(f"oidc:{digest(self._issuer, said['sub'])}", role, self._organisation_of(said, role), name)

    def _said(self, text: str) -> dict[str, Any]:
        """The claims of a token that is signed, in time, and meant for us."""
        if len(text) > LONGEST:
            raise not_valid()
        try:
            name = jwt.get_unverified_header(text).get("kid", "")
        except _HOSTILE:
            raise not_valid() from None
        key = self._keys.find(name)
        if key is None:
            raise not_valid()
        try:
            said: dict[str, Any] = jwt.decode(
                text,
                key,
                algorithms=ALGORITHMS,
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": list(DEMANDED), "enforce_minimum_key_length": True},
            )
            said["sub"].encode()  # whoever has no bytes has no pseudonym
        except _HOSTILE:
            raise not_valid() from None
        return said

    def _role(self, said: Mapping[str, Any]) -> Role:
        """The highest of those it gives."""
        found = [self._claims.roles[word] for word in _words(said, self._claims.role) if word in self._claims.roles]
        if not found:
            raise Forbidden("This token gives no role in this catalogue.", "Ask who gives roles for one.")
        return max(found, key=list(Role).index)

    def _organisation_of(self, said: Mapping[str, Any], role: Role) -> NamedNode | None:
        words = _words(said, self._claims.organisation)
        if len(words) == 1:
            try:
                return self._organisation(words[0])
            except ParameterError:
                words = []
        if role is Role.EDITOR:
            raise Forbidden(
                "This token does not say which organisation its editor is of.",
                f"The claim {self._claims.organisation} has to name one.",
            )
        return None


def _roles(text: str) -> dict[str, Role]:
    """``catalogue-editors=editor,it=admin``; with nothing said our roles go by their own names. Raises SettingError."""
    if not text:
        return {role.value: role for role in Role}
    roles: dict[str, Role] = {}
    for pair in text.split(","):
        said, _, ours = (part.strip() for part in pair.rpartition("="))
        if not said or ours not in list(Role):
            names = ", ".join(Role)
            raise SettingError(
                f"The setting oidc_role_map has {pair!r}.", f"Write CLAIM=ROLE, a role being of {names}."
            )
        roles[said] = Role(ours)
    return roles


def _words(said: Mapping[str, Any], path: str) -> list[str]:
    """The words of a claim: a list, or a text of words between blanks (as ``scope`` is).

    A claim whose own name has dots (as those that are addresses) goes before a way inwards.
    """
    found: Any = said.get(path)
    if found is None:
        found = said
        for step in path.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    words = found.split() if isinstance(found, str) else found if isinstance(found, list) else []
    return [word for word in words if isinstance(word, str)]
