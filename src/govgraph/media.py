"""The formats govgraph speaks and how one is chosen for a request; knows headers as text, no framework.

Content negotiation follows RFC 9110 section 12.5.1: the most specific range that matches an offer gives its weight,
the highest weight wins, equal weights keep the order of the offers, a weight of 0 excludes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyoxigraph import QueryResultsFormat, RdfFormat


@dataclass(frozen=True)
class Format:
    """``name`` is what ``?format=`` and the suffix say, ``type`` the media type."""

    name: str
    type: str
    label: str

    @property
    def content_type(self) -> str:
        textual = self.type.startswith("text/")
        return f"{self.type}; charset=utf-8" if textual else self.type


HTML = Format("html", "text/html", "HTML")
JSON = Format("json", "application/json", "JSON")
XML = Format("xml", "application/xml", "XML")
CSV = Format("csv", "text/csv", "CSV")
TURTLE = Format("ttl", "text/turtle", "Turtle")
NTRIPLES = Format("nt", "application/n-triples", "N-Triples")
JSONLD = Format("jsonld", "application/ld+json", "JSON-LD")
RDFXML = Format("rdf", "application/rdf+xml", "RDF/XML")
NQUADS = Format("nq", "application/n-quads", "N-Quads")
TRIG = Format("trig", "application/trig", "TriG")
SPARQL_JSON = Format("srj", "application/sparql-results+json", "SPARQL JSON")
SPARQL_XML = Format("srx", "application/sparql-results+xml", "SPARQL XML")
TSV = Format("tsv", "text/tab-separated-values", "TSV")
SPARQL_QUERY = Format("rq", "application/sparql-query", "SPARQL")

GRAPH_FORMATS = (TURTLE, JSONLD, NTRIPLES, RDFXML)
RESULT_FORMATS = (SPARQL_JSON, SPARQL_XML, CSV, TSV)
BOOLEAN_FORMATS = (SPARQL_JSON, SPARQL_XML)

RDF_SYNTAX: dict[Format, RdfFormat] = {
    TURTLE: RdfFormat.TURTLE,
    NTRIPLES: RdfFormat.N_TRIPLES,
    JSONLD: RdfFormat.JSON_LD,
    RDFXML: RdfFormat.RDF_XML,
    NQUADS: RdfFormat.N_QUADS,
    TRIG: RdfFormat.TRIG,
    JSON: RdfFormat.JSON_LD,
    XML: RdfFormat.RDF_XML,
}
"""Clients that ask for plain JSON or XML get the syntax that is written in it."""

RESULT_SYNTAX: dict[Format, QueryResultsFormat] = {
    SPARQL_JSON: QueryResultsFormat.JSON,
    SPARQL_XML: QueryResultsFormat.XML,
    CSV: QueryResultsFormat.CSV,
    TSV: QueryResultsFormat.TSV,
    JSON: QueryResultsFormat.JSON,
    XML: QueryResultsFormat.XML,
}


def tidy(turtle: bytes) -> bytes:
    """Turtle as the engine writes it, without the prefixes it does not use and the others in order."""
    lines = turtle.split(b"\n", 200)
    count = next((number for number, line in enumerate(lines) if not line.startswith(b"@prefix ")), 0)
    head, body = sorted(lines[:count]), b"\n".join(lines[count:])
    return b"\n".join([*(line for line in head if line.split(b" ", 2)[1] in body), body])


def choose(accept: str | None, offers: Sequence[Format]) -> Format | None:
    """The offer an ``Accept`` header likes best; the first when there is no header; None when it likes none."""
    ranges = [_range(part) for part in (accept or "*/*").split(",") if part.strip()]
    best: Format | None = None
    best_weight = 0.0
    for offer in offers:
        matching = [(specificity, q) for media, specificity, q in ranges if _matches(media, offer.type)]
        weight = max(matching)[1] if matching else 0.0
        if weight > best_weight:
            best, best_weight = offer, weight
    return best


def _range(part: str) -> tuple[str, int, float]:
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = 1.0
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                weight = min(max(float(parameter[2:]), 0.0), 1.0)
            except ValueError:
                weight = 0.0
    specificity = 0 if media == "*/*" else 1 if media.endswith("/*") else 2
    return media, specificity, weight


def _matches(media: str, offered: str) -> bool:
    return media in ("*/*", offered) or (media.endswith("/*") and offered.startswith(media[:-1]))
