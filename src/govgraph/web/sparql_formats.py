"""In which formats each kind of SPARQL result is offered, and which of them a request gets; reads no result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from govgraph.errors import NotAcceptable
from govgraph.media import (
    BOOLEAN_FORMATS,
    GRAPH_FORMATS,
    HTML,
    JSON,
    JSONLD,
    RDFXML,
    RESULT_FORMATS,
    SPARQL_JSON,
    SPARQL_XML,
    TURTLE,
    XML,
    Format,
    choose,
)
from govgraph.web.language import N_, Said


@dataclass(frozen=True)
class Offer:
    """One kind of result: what it is called, its own ``formats``, and which of them plain JSON and XML stand for.

    A page is made from ``page``.
    """

    called: str
    formats: tuple[Format, ...]
    json: Format
    xml: Format
    page: Format

    @property
    def all(self) -> tuple[Format, ...]:
        """In the order preferred where ``Accept`` leaves a choice."""
        return (*self.formats, JSON, XML, HTML)

    @property
    def sentence(self) -> str:
        named = ", ".join(f"{one.type} (?format={one.name})" for one in (*self.formats, HTML))
        return f"For {self.called}: {named}."

    def named(self, name: str) -> Format | None:
        """What ``?format=`` means: a short name or a media type."""
        short = {JSON.name: self.json, XML.name: self.xml}
        return short.get(name) or next((one for one in self.all if name in (one.name, one.type)), None)


OFFERS: Mapping[str, Offer] = {
    "solutions": Offer("a table", RESULT_FORMATS, SPARQL_JSON, SPARQL_XML, SPARQL_JSON),
    "boolean": Offer("a yes or no", BOOLEAN_FORMATS, SPARQL_JSON, SPARQL_XML, SPARQL_JSON),
    "graph": Offer("a graph", GRAPH_FORMATS, JSONLD, RDFXML, TURTLE),
}
"""By kind of result."""


def choose_all(named: str, accept: str | None) -> dict[str, Format]:
    """The format for each kind of result, since which it will be is known only when the query is read.

    Raises NotAcceptable when there is none for any kind.
    """
    found = {kind: offer.named(named) if named else choose(accept, offer.all) for kind, offer in OFFERS.items()}
    chosen = {kind: one for kind, one in found.items() if one is not None}
    if not chosen:
        raise NotAcceptable(
            Said(N_("This is not available as %(format)s."), format=named or accept),
            " ".join(offer.sentence for offer in OFFERS.values()),
        )
    return chosen
