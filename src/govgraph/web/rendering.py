"""Templates in every language, and the fingerprint of what pages are made of; knows no data."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from govgraph import __version__
from govgraph.web.language import Languages, Words

if TYPE_CHECKING:
    from govgraph.web.visit import Visit

_HERE = Path(__file__).parent
STATIC = _HERE / "static"


class Renderer:
    """One template environment per language, since a message's words are fixed when its template is compiled."""

    def __init__(self, languages: Languages) -> None:
        self._environments: Mapping[str, Environment] = {words.tag: _environment(words) for words in languages.all}
        self.fingerprint = _fingerprint()

    def page(self, visit: Visit, template: str, **context: object) -> str:
        """The HTML of a page. Templates see ``visit`` and ``contract`` beside the context."""
        environment = self._environments[visit.words.tag]
        return environment.get_template(template).render(visit=visit, contract=visit.house.contract, **context)


def _environment(words: Words) -> Environment:
    environment = Environment(
        loader=PackageLoader("govgraph.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(words.translations, newstyle=True)  # type: ignore[attr-defined]  # i18n adds it
    environment.globals |= {"words": words, "version": __version__}
    return environment


def _fingerprint() -> str:
    """Changes with any template, style sheet or message, so that a cached page never outlives them."""
    total = sha256(__version__.encode())
    for path in sorted(path for path in _HERE.rglob("*") if path.suffix in (".html", ".css", ".svg", ".po", ".py")):
        total.update(path.read_bytes())
    return total.hexdigest()[:12]
