"""Runs one query on one open engine and writes its result; knows nothing of processes, deadlines or HTTP."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyoxigraph

from govgraph.errors import QueryError, QueryForbidden, ResultTooLarge
from govgraph.iris import PREFIXES
from govgraph.media import RDF_SYNTAX, RDFXML, RESULT_SYNTAX, TURTLE, Format, tidy
from govgraph.store import Dataset, Graphs, Query, Result, malformed, outgoing, sparql_text

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

_NOWHERE = pyoxigraph.NamedNode("urn:govgraph:no-such-graph")


class _Bounded(io.BytesIO):
    """Collects what the engine writes and refuses to grow beyond ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def write(self, data: Buffer, /) -> int:
        written = super().write(data)
        if self.tell() > self._limit:
            raise ResultTooLarge(
                f"The result is larger than {self._limit // 1_000_000} megabytes.",
                "Ask for less, with LIMIT or a narrower pattern, or raise query_megabytes.",
            )
        return written


def evaluate(store: pyoxigraph.Store, query: Query, base: str, limit: int) -> Result:
    """Run ``query``; ``limit`` bounds the result in bytes. Raises QueryError and its children."""
    base = query.base or base
    try:
        if outgoing.calls_out(query.text, base):
            raise QueryForbidden(
                "SERVICE is not available here: this endpoint contacts no other.",
                "Query the other endpoint yourself and join the answers, or load its data first.",
            )
        default, named = _dataset(query, sparql_text.read(query.text, base))
        outcome = store.query(
            query.text,
            base_iri=base,
            prefixes=PREFIXES,
            default_graph=list(default) or [_NOWHERE],
            named_graphs=list(named) or [_NOWHERE],
            substitutions={pyoxigraph.Variable(key): term for key, term in query.bindings.items()} or None,
        )
        return write_result(outcome, query.formats, limit)
    except SyntaxError as error:
        raise malformed.explain(str(error), query.text) from None
    except (RuntimeError, ValueError) as error:
        raise QueryError(f"The query cannot be evaluated: {error}.") from error


def check_syntax(text: str) -> None:
    """Raises QueryError for a text that is no query, found without data."""
    try:
        pyoxigraph.Store().query(text, prefixes=PREFIXES)
    except SyntaxError as error:
        raise malformed.explain(str(error), text) from None


def columns_of(text: str) -> tuple[str, ...]:
    """The variables a SELECT projects, found without data. Raises QueryError for anything but a well-formed SELECT."""
    try:
        outcome = pyoxigraph.Store().query(text, prefixes=PREFIXES)
    except SyntaxError as error:
        raise malformed.explain(str(error), text) from None
    if not isinstance(outcome, pyoxigraph.QuerySolutions):
        raise QueryError("The query is no SELECT.", "Write it as a SELECT.")
    return tuple(variable.value for variable in outcome.variables)


def _dataset(query: Query, clauses: sparql_text.Clauses) -> tuple[Graphs, Graphs]:
    """The default and named graphs of the query: those asked for, as far as it may see them (section 13.2)."""
    visible = (*query.graphs, *query.named)
    asked = query.dataset or (Dataset(clauses.default, clauses.named) if clauses.given else None)
    if asked is None:
        return query.graphs, visible
    return tuple(g for g in asked.default if g in visible), tuple(g for g in asked.named if g in visible)


def write_result(
    outcome: pyoxigraph.QuerySolutions | pyoxigraph.QueryBoolean | pyoxigraph.QueryTriples,
    formats: Mapping[str, Format],
    limit: int,
) -> Result:
    """What a query gave in the format for its kind, at most ``limit`` bytes. Raises ResultTooLarge."""
    target = _Bounded(limit)
    match outcome:
        case pyoxigraph.QuerySolutions():
            kind = "solutions"
        case pyoxigraph.QueryBoolean():
            kind = "boolean"
        case _:
            kind = "graph"
    chosen = formats.get(kind)
    if chosen is None:
        return Result(kind, None, b"")
    if isinstance(outcome, pyoxigraph.QueryTriples) and chosen in (TURTLE, RDFXML):
        pyoxigraph.serialize(outcome, target, format=RDF_SYNTAX[chosen], prefixes=PREFIXES)
    elif isinstance(outcome, pyoxigraph.QueryTriples):
        outcome.serialize(target, RDF_SYNTAX[chosen])
    else:
        outcome.serialize(target, RESULT_SYNTAX[chosen])
    written = target.getvalue()
    return Result(kind, chosen, tidy(written) if chosen == TURTLE else written)
