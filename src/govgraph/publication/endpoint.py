"""The service description of the SPARQL endpoint (https://www.w3.org/TR/sparql11-service-description/), from the code.

What it states is read off the same tables the endpoint obeys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyoxigraph
from pyoxigraph import NamedNode, Triple

from govgraph.catalogue import View
from govgraph.iris import PREFIXES, RDF_TYPE, name
from govgraph.media import (
    CSV,
    GRAPH_FORMATS,
    JSONLD,
    NTRIPLES,
    RDF_SYNTAX,
    RDFXML,
    RESULT_FORMATS,
    SPARQL_JSON,
    SPARQL_XML,
    TSV,
    TURTLE,
    Format,
    tidy,
)

SD = "http://www.w3.org/ns/sparql-service-description#"
_FORMATS = "http://www.w3.org/ns/formats/"
FORMAT_IRIS: Mapping[Format, NamedNode] = {
    SPARQL_JSON: name(_FORMATS, "SPARQL_Results_JSON"),
    SPARQL_XML: name(_FORMATS, "SPARQL_Results_XML"),
    CSV: name(_FORMATS, "SPARQL_Results_CSV"),
    TSV: name(_FORMATS, "SPARQL_Results_TSV"),
    TURTLE: name(_FORMATS, "Turtle"),
    JSONLD: name(_FORMATS, "JSON-LD"),
    NTRIPLES: name(_FORMATS, "N-Triples"),
    RDFXML: name(_FORMATS, "RDF_XML"),
}


def describe(view: View, format_: Format) -> bytes:
    """The description in an RDF format."""
    return _written([*_service(view.names.base), *_graphs(view)], format_)


def describe_plain(base: str, format_: Format) -> bytes:
    """That of a store whose graphs nobody knows beforehand."""
    return _written(_service(base), format_)


def _written(triples: Iterable[Triple], format_: Format) -> bytes:
    written = pyoxigraph.serialize(triples, format=RDF_SYNTAX[format_], prefixes={**PREFIXES, "sd": SD}) or b""
    return tidy(written) if format_ is TURTLE else written


def _service(base: str) -> Iterable[Triple]:
    endpoint = NamedNode(f"{base}sparql")
    service, dataset, default = (NamedNode(f"{base}sparql#{local}") for local in ("service", "dataset", "default"))
    yield Triple(service, RDF_TYPE, name(SD, "Service"))
    yield Triple(service, name(SD, "endpoint"), endpoint)
    for language in ("SPARQL11Query", "SPARQL11Update"):
        yield Triple(service, name(SD, "supportedLanguage"), name(SD, language))
    for format_ in (*RESULT_FORMATS, *GRAPH_FORMATS):
        yield Triple(service, name(SD, "resultFormat"), FORMAT_IRIS[format_])
    yield Triple(service, name(SD, "defaultDataset"), dataset)
    yield Triple(dataset, RDF_TYPE, name(SD, "Dataset"))
    yield Triple(dataset, name(SD, "defaultGraph"), default)
    yield Triple(default, RDF_TYPE, name(SD, "Graph"))


def _graphs(view: View) -> Iterable[Triple]:
    base, dataset = view.names.base, NamedNode(f"{view.names.base}sparql#dataset")
    for graph in view.visible:
        named = NamedNode(f"{base}sparql#{graph.value.rpartition('/')[2]}")
        yield Triple(dataset, name(SD, "namedGraph"), named)
        yield Triple(named, RDF_TYPE, name(SD, "NamedGraph"))
        yield Triple(named, name(SD, "name"), graph)
