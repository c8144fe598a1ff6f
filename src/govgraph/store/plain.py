"""An ordinary SPARQL store: any graph, blank nodes, no contract and no revisions; one open engine, in this process.

What is asked and changed runs here and is stopped by nothing, and of the requests an update falls apart into (where
declarations stand between operations) each is a transaction of its own: a store to try and to test with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyoxigraph
from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Triple

from govgraph.errors import QueryError, QueryForbidden, StoreError
from govgraph.iris import PREFIXES
from govgraph.media import RDF_SYNTAX, RDFXML, TURTLE, Format, tidy
from govgraph.store import Dataset, Result, malformed, outgoing
from govgraph.store.evaluation import write_result
from govgraph.store.patch import Patch
from govgraph.store.update import Scope, check, prepare
from govgraph.store.update_operations import requests
from govgraph.store.update_text import update_text

FOLDER = "plain"


class PlainStore:
    """The store in a directory. Every method may be called from any thread. A graph of None is the default graph."""

    def __init__(self, directory: Path) -> None:
        """Raises StoreError where there is a catalogue, or another process has the store."""
        if (directory / "current").exists() or (directory / "log").exists():
            raise StoreError(f"{directory} holds a catalogue.", "Choose another directory for a plain store.")
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._engine = pyoxigraph.Store(str(directory / FOLDER))
        except (OSError, RuntimeError) as error:
            raise StoreError(f"The store in {directory} cannot be opened: {error}.", "Another may have it.") from error

    def query(self, text: str, formats: Mapping[str, Format], dataset: Dataset | None, base: str, limit: int) -> Result:
        """``limit`` bounds the result in bytes. Raises QueryError and its children."""
        try:
            if outgoing.calls_out(text, base):
                raise QueryForbidden("SERVICE is not available here: this endpoint contacts no other.")
            outcome = self._engine.query(
                text,
                base_iri=base,
                default_graph=list(dataset.default) if dataset else None,
                named_graphs=list(dataset.named) if dataset else None,
            )
            return write_result(outcome, formats, limit)
        except SyntaxError as error:
            raise malformed.explain(str(error), text) from None
        except (RuntimeError, ValueError) as error:
            raise QueryError(f"The query cannot be evaluated: {error}.") from error

    def update(self, text: str, base: str, dataset: Dataset | None = None, into: NamedNode | None = None) -> None:
        """``dataset`` is what patterns read; ``into`` the graph that is meant where the text names none.

        Raises QueryError and its children.
        """
        if dataset is None and into is not None:
            dataset = Dataset((into,), ())
        asked = prepare(text, base, Scope(into, dataset)).requests if dataset else tuple(requests(text))
        for request in asked:
            check(request, base)
            try:
                self._engine.update(request, base_iri=base)
            except SyntaxError as error:
                raise malformed.explain(str(error), request, update=True) from None
            except (RuntimeError, ValueError) as error:
                raise QueryError(f"The update cannot be carried out: {error}.") from error

    def has(self, graph: NamedNode | None) -> bool:
        return graph is None or self._engine.contains_named_graph(graph)

    def read(self, graph: NamedNode | None, format_: Format) -> bytes:
        quads = self._engine.quads_for_pattern(None, None, None, graph or DefaultGraph())
        triples = (quad.triple for quad in quads)
        prefixes = PREFIXES if format_ in (TURTLE, RDFXML) else None
        written = pyoxigraph.serialize(triples, format=RDF_SYNTAX[format_], prefixes=prefixes) or b""
        return tidy(written) if format_ is TURTLE else written

    def put(self, graph: NamedNode | None, triples: Iterable[Triple]) -> None:
        """The graph becomes these triples, all at once."""
        emptied = f"DROP SILENT GRAPH {graph} ; CREATE SILENT GRAPH {graph}" if graph else "CLEAR DEFAULT"
        said = update_text(Patch(added=frozenset(_quads(graph, triples))))
        self._engine.update(f"{emptied} ; {said}" if said else emptied)

    def add(self, graph: NamedNode | None, triples: Iterable[Triple]) -> None:
        if graph is not None:
            self._engine.add_graph(graph)
        self._engine.extend(_quads(graph, triples))

    def drop(self, graph: NamedNode | None) -> None:
        if graph is None:
            self._engine.clear_graph(DefaultGraph())
        else:
            self._engine.remove_graph(graph)

    def load(self, path: Path, format_: RdfFormat, base: str) -> None:
        """Add a file."""
        self._engine.bulk_load(path=str(path), format=format_, base_iri=base)

    def close(self) -> None:
        """Let another open it."""
        self._engine.flush()
        del self._engine


def _quads(graph: NamedNode | None, triples: Iterable[Triple]) -> list[Quad]:
    return [Quad(t.subject, t.predicate, t.object, graph or DefaultGraph()) for t in triples]
