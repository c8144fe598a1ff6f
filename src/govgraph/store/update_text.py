"""A patch as one SPARQL update: the only place where terms become text of a request.

Every term is written by the engine's own serialiser, never by formatting; a test feeds it hostile terms and reads
them back.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph
from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Triple

from govgraph.store.patch import Patch


def update_text(patch: Patch) -> str:
    """DELETE DATA and INSERT DATA (SPARQL 1.1 Update section 3.1), which an engine does as one transaction."""
    operations = [
        f"{operation} DATA {{\n{block}}}"
        for operation, quads in (("DELETE", patch.removed), ("INSERT", patch.added))
        if (block := _block(quads))
    ]
    return " ;\n".join(operations)


def _block(quads: Iterable[Quad]) -> str:
    by_graph: dict[NamedNode | DefaultGraph, list[Triple]] = {}
    for quad in quads:
        assert isinstance(quad.graph_name, NamedNode | DefaultGraph), "no graph has a blank name"
        by_graph.setdefault(quad.graph_name, []).append(quad.triple)
    return "".join(
        f"GRAPH {graph} {{\n{_lines(triples)}}}\n" if isinstance(graph, NamedNode) else _lines(triples)
        for graph, triples in by_graph.items()
    )


def _lines(triples: Iterable[Triple]) -> str:
    return (pyoxigraph.serialize(triples, format=RdfFormat.N_TRIPLES) or b"").decode()
