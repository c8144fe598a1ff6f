"""What every endpoint is given: the parts of one running app, put together once by ``app``; knows no request."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol
from urllib.parse import urlsplit

from govgraph.access.audit import Audit
from govgraph.access.oidc import Issuer
from govgraph.access.tokens import Tokens
from govgraph.catalogue import Audience, Catalogue, View
from govgraph.contract import Contract
from govgraph.gate import Writer
from govgraph.history.ledger import Ledger
from govgraph.question import Question
from govgraph.settings import Settings
from govgraph.web.departure import Departure
from govgraph.web.language import Languages
from govgraph.web.rendering import Renderer


class Past(Protocol):
    """The catalogue as it was."""

    def view(self, audience: Audience, at: str) -> View:
        """As an audience saw it at a revision or date-time. Raises NotFound and BadRequest."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class House:
    """``routes(house)`` of each module closes over one of these.

    A page is ``house.renderer.page(visit, "name.html", …)`` with ``visit = Visit.of(house, request)`` and, where it
    shows data, ``view = view_of(house, request)``. Without ``writer`` nothing can be changed here, without ``past``
    nothing but the newest revision be seen.
    """

    settings: Settings
    contract: Contract
    catalogue: Catalogue
    questions: Mapping[str, Question]
    languages: Languages
    renderer: Renderer
    tokens: Tokens
    audit: Audit
    oidc: Issuer | None = None
    writer: Writer | None = None
    past: Past | None = None
    departure: Departure = field(default_factory=Departure)
    exits: ExitStack = field(default_factory=ExitStack)
    """What is to be closed when the app ends."""

    @cached_property
    def ledger(self) -> Ledger:
        """What single revisions changed, as the log has it."""
        return Ledger(self.settings.data / "log")

    @property
    def root(self) -> str:
        """The path of the base without its last slash: empty, or such as ``/catalogue``."""
        return urlsplit(self.settings.base).path.rstrip("/")
