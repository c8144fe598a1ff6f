"""The public keys of an issuer: found through its discovery document, kept a while, asked for again when they change.

OpenID Connect Discovery 1.0 sections 3 and 4, JSON Web Key (RFC 7517). It reads from the issuer and nowhere else, and
what it reads is bounded; it knows no token beyond the name of the key that signed it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.client import HTTPException
from time import monotonic
from typing import Any, TypeAlias
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from jwt import PyJWK, PyJWTError

from govgraph.errors import IssuerAway, SettingError

WELL_KNOWN = "/.well-known/openid-configuration"
KEPT_SECONDS = 600.0
"""After which keys are asked for again, should one be taken back early."""
STALE_SECONDS = 86_400.0
"""After which keys that could not be asked for again are trusted no longer: an issuer may be down for hours."""
PAUSE_SECONDS = 30.0
"""Between two questions to the issuer, whatever tokens come: whoever invents key names must not make us ask."""
TIMEOUT_SECONDS = 5.0
MOST_BYTES = 262_144
MOST_KEYS = 100
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

Key: TypeAlias = Any
"""A PyJWK where the issuer says for which algorithm the key is, else the bare key of the cryptography library."""


class Keys:
    """The keys of one issuer. Safe to use from any thread; who asks for a key that is there never waits for another."""

    def __init__(self, issuer: str, now: Callable[[], float] = monotonic) -> None:
        """Asks nothing yet. ``now`` gives seconds. Raises SettingError for an issuer reached by plain http."""
        if not _trusted(issuer):
            raise SettingError(f"The setting oidc_issuer is {issuer!r}.", "Give an address that begins with https://.")
        self._issuer = issuer
        self._now = now
        self._opener = _opener(loopback=_loopback(issuer))
        self._asking = threading.Lock()
        self._keys: Mapping[str, Key] = {}
        self._fetched = float("-inf")
        self._asked = float("-inf")

    def find(self, name: str) -> Key | None:
        """The key of that name (``kid``); without a name the only one there is. None where there is none.

        Raises IssuerAway where no keys are known and the issuer does not answer.
        """
        key = self._known(name)
        if key is None or self._now() - self._fetched >= KEPT_SECONDS:
            self._renew(wait=key is None)
            key = self._known(name)
        if self._now() - self._fetched >= STALE_SECONDS:
            raise IssuerAway("The keys of who signs tokens cannot be had just now.", "Try again shortly.")
        return key

    def _known(self, name: str) -> Key | None:
        keys = self._keys
        return keys.get(name) if name else next(iter(keys.values())) if len(keys) == 1 else None

    def _renew(self, *, wait: bool) -> None:
        """Ask the issuer, unless that was done a moment ago; keys that are there stay when it does not answer."""
        if not self._asking.acquire(timeout=TIMEOUT_SECONDS if wait else 0.0):
            return
        try:
            if self._now() - self._asked < PAUSE_SECONDS:
                return
            self._asked = self._now()
            self._keys = self._fetch()
            self._fetched = self._now()
        except IssuerAway:
            if not self._keys:
                raise
        finally:
            self._asking.release()

    def _fetch(self) -> Mapping[str, Key]:
        discovered = self._read(self._issuer.rstrip("/") + WELL_KNOWN)
        if discovered.get("issuer") != self._issuer:
            raise self._away(f"its discovery document is that of {discovered.get('issuer')!r}")
        address = discovered.get("jwks_uri")
        if not isinstance(address, str) or not (
            _trusted(address) and (_loopback(self._issuer) or not _loopback(address))
        ):
            raise self._away(f"its keys would be at {address!r}")
        said = self._read(address).get("keys")
        keys = _usable(said) if isinstance(said, list) else {}
        if not keys:
            raise self._away("it has no key that can be used")
        return keys

    def _read(self, address: str) -> dict[str, Any]:
        """The JSON object at an address, which is one of ``_trusted``."""
        request = Request(address, headers={"accept": "application/json"})  # noqa: S310  # the scheme is checked
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                body = response.read(MOST_BYTES + 1)
            said = json.loads(body) if len(body) <= MOST_BYTES else None
        except HTTPError as error:
            error.close()
            raise self._away(f"{address} answers with {error.code}") from None
        except (OSError, HTTPException, ValueError, RecursionError) as error:
            raise self._away(f"{address}: {error}") from error
        if not isinstance(said, dict):
            raise self._away(f"{address} is no JSON object, or longer than {MOST_BYTES} bytes")
        return said

    def _away(self, why: str) -> IssuerAway:
        return IssuerAway(
            f"The keys of {self._issuer} cannot be had: {why}.", "Try again shortly, or see to the issuer."
        )


def _usable(said: list[Any]) -> dict[str, Key]:
    """Those that sign, by name; what is no key, or a shared secret, is left out."""
    keys: dict[str, Key] = {}
    for data in said[:MOST_KEYS]:
        if not isinstance(data, dict) or data.get("use", "sig") != "sig" or data.get("kty") == "oct":
            continue
        try:
            key = PyJWK(data)
        except PyJWTError:
            continue
        keys[str(data.get("kid", ""))] = key if data.get("alg") else key.key
    return keys


def _trusted(address: str) -> bool:
    """Whether what is read there is what its owner wrote: https, or this very machine."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    plain = bool(parts.hostname) and not (parts.username or parts.password or parts.fragment)
    return plain and (parts.scheme == "https" or _loopback(address))


def _loopback(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK


def _opener(*, loopback: bool) -> OpenerDirector:
    """Speaks http and https and follows no redirect; a proxy of the environment stands between us and the outside."""
    opener = OpenerDirector()
    proxies = ProxyHandler({}) if loopback else ProxyHandler()
    for handler in (proxies, HTTPHandler(), HTTPSHandler(), HTTPDefaultErrorHandler(), HTTPErrorProcessor()):
        opener.add_handler(handler)
    return opener
