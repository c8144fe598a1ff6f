"""The catalogue as DCAT-AP 3.0.1 (https://semiceu.github.io/DCAT-AP/releases/3.0.0/): made by ``publish/*.rq``.

The queries run over what the catalogue says of itself (its CatalogueDescription and the publisher named there) and a
frame of what this server offers. What neither says is left out: nothing of the record is invented.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyoxigraph
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple

from govgraph.catalogue import View
from govgraph.contract import Text
from govgraph.iris import PREFIXES, RDF_TYPE, XSD, name
from govgraph.media import JSONLD, NQUADS, NTRIPLES, RDF_SYNTAX, RDFXML, TURTLE, Format, tidy
from govgraph.publication.offers import DCAT_CATALOG, ENDPOINTS, Offered, offered
from govgraph.store import Term
from govgraph.store.staging import Staging

QUERIES = Path(__file__).parents[1] / "publish"
FRAME = "urn:govgraph:frame#"
_SOURCE = NamedNode("urn:govgraph:source")
_FILE_TYPES = "http://publications.europa.eu/resource/authority/file-type/"
_MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
FILE_TYPES: Mapping[Format, str] = {
    TURTLE: "RDF_TURTLE",
    NTRIPLES: "RDF_N_TRIPLES",
    JSONLD: "JSON_LD",
    RDFXML: "RDF_XML",
    NQUADS: "RDF_N_QUADS",
}
"""In the EU's list."""


def description(view: View) -> NamedNode | None:
    """The entity in which the catalogue describes itself; the first by IRI, should there be several."""
    found = view.reader.instances(DCAT_CATALOG, view.graphs)
    return min(found, key=lambda iri: iri.value, default=None)


def record(view: View) -> tuple[Triple, ...]:
    """The record, in a fixed order. Made once per revision."""
    return view.keep("dcat", lambda: tuple(_made(view)))


def write(view: View, format_: Format) -> bytes:
    """The record in an RDF format."""
    written = pyoxigraph.serialize(record(view), format=RDF_SYNTAX[format_], prefixes=PREFIXES) or b""
    return tidy(written) if format_ == TURTLE else written


def _made(view: View) -> Iterator[Triple]:
    staging = Staging()
    staging.add(_SOURCE, _said(view))
    staging.add(_SOURCE, _frame(view))
    made: set[bytes] = set()
    for file in sorted(QUERIES.glob("*.rq")):
        text = f"PREFIX frame: <{FRAME}>\n{file.read_text('utf-8')}"
        made |= set(staging.construct(text, (_SOURCE,)).splitlines())
    for quad in pyoxigraph.parse(b"\n".join(sorted(made)), RdfFormat.N_TRIPLES):
        yield quad.triple


def _said(view: View) -> list[Triple]:
    """What the catalogue says of itself and of its publisher."""
    about = description(view)
    if about is None:
        return []
    said = view.describe(about)
    publishers = {t.object for t in said if t.predicate == name(PREFIXES["dct"], "publisher")}
    return said + [t for node in publishers if isinstance(node, NamedNode) for t in view.describe(node)]


def _frame(view: View) -> Iterator[Triple]:
    base = view.names.base
    catalog = description(view) or NamedNode(f"{base}catalog#catalog")
    yield Triple(catalog, RDF_TYPE, _word("Catalog"))
    modified = Literal(view.committed.isoformat(), datatype=name(XSD, "dateTime"))
    yield Triple(catalog, _word("modified"), modified)
    yield Triple(catalog, _word("home"), NamedNode(base))
    yield Triple(catalog, _word("vocabulary"), NamedNode(f"{base}ns"))
    yield Triple(catalog, _word("period"), NamedNode(f"{base}catalog#period"))
    for one in offered(view).values():
        yield from _dataset(base, catalog, one)
    for endpoint in ENDPOINTS:
        service = NamedNode(f"{base}{endpoint.path}#service")
        yield Triple(catalog, _word("service"), service)
        yield Triple(service, _word("label"), Literal(endpoint.label))
        yield from _texts(service, "description", endpoint.descriptions)
        yield Triple(service, _word("endpoint"), NamedNode(base + endpoint.path))
        yield Triple(service, _word("about"), NamedNode(base + endpoint.about))
        yield Triple(service, _word("standard"), NamedNode(endpoint.standard))


def _dataset(base: str, catalog: NamedNode, one: Offered) -> Iterator[Triple]:
    dataset = NamedNode(f"{base}catalog#{one.name}")
    yield Triple(catalog, _word("dataset"), dataset)
    if one.kind is None:
        yield Triple(dataset, RDF_TYPE, _word("Whole"))
        yield Triple(dataset, _word("page"), NamedNode(f"{base}catalog"))
    else:
        capitals = {tag: text[:1].upper() + text[1:] for tag, text in one.kind.plural_labels.items()}
        yield from _texts(dataset, "label", capitals)
        yield from _texts(dataset, "description", one.kind.descriptions)
        yield Triple(dataset, _word("page"), NamedNode(base + one.kind.slug))
    for format_ in one.formats:
        distribution = NamedNode(f"{base}catalog#{one.name}-{format_.name}")
        yield Triple(dataset, _word("distribution"), distribution)
        yield Triple(distribution, _word("label"), Literal(format_.label))
        yield Triple(distribution, _word("address"), NamedNode(base + one.path(format_)))
        yield Triple(distribution, _word("format"), name(_FILE_TYPES, FILE_TYPES[format_]))
        yield Triple(distribution, _word("mediaType"), name(_MEDIA_TYPES, format_.type))


def _texts(subject: NamedNode, local: str, texts: Text) -> Iterator[Triple]:
    for tag, text in texts.items():
        said: Term = Literal(text, language=tag)
        yield Triple(subject, _word(local), said)


def _word(local: str) -> NamedNode:
    return name(FRAME, local)
