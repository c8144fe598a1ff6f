"""What every endpoint is given: the parts of one running app, put together once by ``app``; knows no request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from govgraph.catalogue import Catalogue
from govgraph.contract import Contract
from govgraph.question import Question
from govgraph.settings import Settings
from govgraph.web.language import Languages
from govgraph.web.rendering import Renderer


@dataclass(frozen=True)
class House:
    """``routes(house)`` of each module closes over one of these.

    A page is ``house.renderer.page(visit, "name.html", …)`` with ``visit = Visit.of(house, request)``.
    """

    settings: Settings
    contract: Contract
    catalogue: Catalogue
    questions: Mapping[str, Question]
    languages: Languages
    renderer: Renderer

    @property
    def root(self) -> str:
        """The path of the base without its last slash: empty, or such as ``/catalogue``."""
        return urlsplit(self.settings.base).path.rstrip("/")
