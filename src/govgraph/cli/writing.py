"""``export``, ``template`` and ``schema``: what leaves the catalogue, and what a face looks like from outside."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, BinaryIO

import pyoxigraph
import typer
from pyoxigraph import Quad

from govgraph import media
from govgraph.catalogue import Audience, View
from govgraph.cli.application import Base, Data, Language, Ontology, Own, Place, Seen, Shapes, app, languages
from govgraph.errors import NotAcceptable
from govgraph.iris import PREFIXES
from govgraph.sheet.template import template as sheet_template

_NAMES = {"turtle": "ttl", "ntriples": "nt", "nquads": "nq", "rdfxml": "rdf"}
_FORMATS = {f.name: f for f in (*media.GRAPH_FORMATS, media.NQUADS, media.TRIG)}


@app.command()
def export(
    format_: Annotated[str, typer.Option("--format", help=", ".join(_FORMATS))] = "ttl",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; none: standard output.")] = None,
    audience: Seen = Audience.PUBLIC,
    data: Data = None,
    base: Base = None,
    contract: Own = None,
) -> None:
    """Write the catalogue as RDF. N-Quads and TriG keep the graphs apart and can be loaded again."""
    chosen = _FORMATS.get(_NAMES.get(format_, format_))
    if chosen is None:
        raise NotAcceptable(f"There is no format {format_!r}.", f"Choose one of: {', '.join(_FORMATS)}.")
    view = Place.of(data=data, base=base, contract=contract).view(audience)
    if output is None:
        _write(view, chosen, sys.stdout.buffer)
        return
    beside = output.with_name(output.name + ".part")
    with beside.open("wb") as file:
        _write(view, chosen, file)
    beside.replace(output)


@app.command()
def template(
    kind: Annotated[str, typer.Argument(help="Kind, such as service or building-block.")],
    lang: Language = "en",
    contract: Own = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
) -> None:
    """Print the CSV header for entries of a kind, with a row of help."""
    found = Place.of(contract=contract, ontology=ontology, shapes=shapes).contract
    typer.echo(sheet_template(found, found.kind(kind), languages(lang)[0]), nl=False)


@app.command()
def schema(contract: Own = None, ontology: Ontology = None, shapes: Shapes = None) -> None:
    """Print the GraphQL schema."""
    from govgraph.graphql import print_schema  # noqa: PLC0415  # half a second that no other command needs

    place = Place.of(contract=contract, ontology=ontology, shapes=shapes)
    typer.echo(print_schema(place.contract, place.questions), nl=False)


def _write(view: View, format_: media.Format, target: BinaryIO) -> None:
    graphs = view.graphs[:2]
    with_graphs = format_ in (media.NQUADS, media.TRIG)
    quads = (
        Quad(t.subject, t.predicate, t.object, graph) if with_graphs else t
        for graph in graphs
        for t in (q.triple for q in pyoxigraph.parse(view.reader.dump(graph), pyoxigraph.RdfFormat.N_TRIPLES))
    )
    prefixes = PREFIXES if format_ in (media.TURTLE, media.TRIG, media.RDFXML, media.JSONLD) else None
    pyoxigraph.serialize(quads, target, media.RDF_SYNTAX[format_], prefixes=prefixes)
