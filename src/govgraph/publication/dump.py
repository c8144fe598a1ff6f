"""Writes what a view holds, or the entries of one kind, as a file of an RDF format, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from tempfile import TemporaryFile
from typing import BinaryIO

import pyoxigraph
from pyoxigraph import Triple

from govgraph.catalogue import View
from govgraph.contract import Kind
from govgraph.iris import PREFIXES
from govgraph.media import RDF_SYNTAX, Format

BATCH = 500
PIECE = 65_536


def write(view: View, format_: Format, target: BinaryIO, kind: Kind | None = None) -> None:
    """All the view holds but the contract's own words, which have an address of their own; or a kind with its parts."""
    if kind is None:
        graphs = tuple(graph for graph in view.graphs if graph != view.names.vocabulary)
        view.reader.write(graphs, format_, target)
    else:
        pyoxigraph.serialize(_triples(view, kind), target, format=RDF_SYNTAX[format_], prefixes=PREFIXES)


def dump(view: View, format_: Format, kind: Kind | None = None) -> Iterator[bytes]:
    """The same in pieces."""
    with TemporaryFile() as file:
        write(view, format_, file, kind)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _triples(view: View, kind: Kind) -> Iterator[Triple]:
    members = iter(sorted(view.members(kind), key=lambda iri: iri.value))
    while batch := list(islice(members, BATCH)):
        owned = view.parts(batch)
        nodes = [node for member in batch for node in (member, *owned.get(member, ()))]
        yield from view.reader.statements(nodes, view.graphs)
