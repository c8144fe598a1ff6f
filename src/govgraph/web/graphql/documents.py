"""Which document a request means: the one it holds, one a partner registered, one seen before; runs none of them.

Registered ("trusted") documents are looked up by their id. Automatic persisted queries are those whose hash a client
sends first, and the text only where this process has not seen it: https://www.apollographql.com/docs/apollo-server/
performance/apq describes the exchange, which clients of several makers speak.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from hashlib import sha256
from time import monotonic

from govgraph.errors import BadRequest
from govgraph.graphql import Asked, Told
from govgraph.graphql.evolution.registry import Registry
from govgraph.graphql.execution import faults
from govgraph.graphql.execution.limits import Refusal
from govgraph.web.graphql.kept import bytes_of
from govgraph.web.graphql.request import Sent

_BYTES = 4_000_000
"""Of documents sent with their hash, in each process."""
_LONGEST = 50_000
"""Bytes of one."""
_DIGITS = 64
"""Of a SHA-256 in hexadecimal."""
_FRESH_SECONDS = 0.1
"""How long a registered document counts as registered without another look."""
_MOST_FRESH = 1_000


class Documents:
    """The documents of one endpoint. Safe to use from any thread."""

    def __init__(self, registry: Registry, *, trusted_only: bool) -> None:
        self._registry = registry
        self._trusted_only = trusted_only
        self._seen: OrderedDict[str, str] = OrderedDict()
        self._seen_bytes = 0
        self._fresh: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def at_once(self, sent: Sent) -> str | None:
        """The document, where it is known without a look at the disk; None says nothing about it."""
        if sent.query is not None and (sent.id or self._trusted_only):
            return None  # whether both are the same is for ``find`` to say
        if self._trusted_only or sent.id:
            return self._freshly(_key(sent))
        if sent.hash:
            return None if sent.query is not None else self._freshly(sent.hash) or self._remembered(sent.hash)
        return sent.query

    def find(self, sent: Sent) -> Asked | Told:
        """Blocking: may read the registry. Raises BadRequest for a hash or id that is not the document's."""
        told = sent.hash or (sent.id.lower() if len(sent.id) == _DIGITS else "")
        if told and sent.query is not None and _sha256(sent.query) != told:
            raise BadRequest("The hash is not that of the document.", "Send the SHA-256 of the query's text.")
        document = self._registered(_key(sent)) if self._trusted_only or sent.id or sent.hash else None
        if document is None and not self._trusted_only:
            document = sent.query if sent.query is not None else self._remembered(sent.hash)
        if document is not None:
            return Asked(document, sent.operation_name, sent.variables, sent.explains)
        return Told(False, errors=(faults.refused(self._missing(sent)),))

    def remember(self, sent: Sent) -> None:
        """Keep a document that came with its hash and can be run."""
        if not sent.hash or sent.query is None or self._trusted_only or bytes_of(sent.query) > _LONGEST:
            return
        with self._lock:
            if sent.hash in self._seen:
                return
            self._seen[sent.hash] = sent.query
            self._seen_bytes += bytes_of(sent.query)
            while self._seen_bytes > _BYTES:
                self._seen_bytes -= bytes_of(self._seen.popitem(last=False)[1])

    def _remembered(self, hash_: str) -> str | None:
        with self._lock:
            document = self._seen.get(hash_)
            if document is not None:
                self._seen.move_to_end(hash_)
            return document

    def _freshly(self, id_: str) -> str | None:
        until, document = self._fresh.get(id_, (0.0, ""))
        return document if monotonic() < until else None

    def _registered(self, id_: str) -> str | None:
        if (fresh := self._freshly(id_)) is not None:
            return fresh
        found = self._registry.find(id_)
        if found is None:
            return None
        with self._lock:
            if len(self._fresh) >= _MOST_FRESH:
                self._fresh.clear()
            self._fresh[id_] = (monotonic() + _FRESH_SECONDS, found.document)
        return found.document

    def _missing(self, sent: Sent) -> Refusal:
        if self._trusted_only:
            hint = "Only documents a partner registered are run here: govgraph operations add."
            return Refusal("DOCUMENT_NOT_REGISTERED", "This document is not registered.", hint)
        if sent.id:
            hint = "Register it: govgraph operations add. Or send the document itself."
            return Refusal("DOCUMENT_NOT_FOUND", "There is no document of this id.", hint)
        # Clients look for this very message, then send the document too.
        return Refusal("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound", "")


def _key(sent: Sent) -> str:
    """Under which a document would be registered: its id is the hash of its text."""
    return sent.id or sent.hash or _sha256(sent.query or "")


def _sha256(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
