"""Reads a rule across entities and refuses queries that would not do; knows nothing of what rules are about."""

from __future__ import annotations

from pyoxigraph import NamedNode

from govgraph.contract import Rule
from govgraph.contract.properties import severity
from govgraph.contract.turtle import Node, TurtleGraph
from govgraph.errors import QueryError
from govgraph.iris import GOV, SH, name
from govgraph.store.evaluation import check_syntax, columns_of
from govgraph.store.sparql_text import tokens, undeclared_prefixes

_PROLOGUE = ("PREFIX", "BASE")


def rule(graph: TurtleGraph, shape: Node, kind: str) -> Rule:
    """The rule of a node shape with a SPARQL constraint, about a kind. Raises ContractError with file and line."""
    selects = [graph.string(constraint, name(SH, "select")) for constraint in graph.nodes(shape, name(SH, "sparql"))]
    affected, needed = (graph.string(shape, name(GOV, term)) for term in ("affected", "needed"))
    if not affected or not needed:
        raise graph.refuse(
            shape,
            "has a SPARQL constraint without gov:affected or gov:needed",
            "Say which nodes a change can affect, and which data the constraint reads.",
        )
    declared = _declared(graph, shape)
    affected, needed = _declaring(affected, declared), _declaring(needed, declared)
    for text in (affected, needed, *(_declaring(select, declared) for select in selects)):
        _check_query(graph, shape, text)
    if not _selects_affected(affected):
        hint = "The gate gives it ?changed, and reads ?affected."
        raise graph.refuse(shape, "has a gov:affected that is no SELECT ?affected ?changed", hint, "gov:affected")
    if next((t.word for t in tokens(needed) if t.word and t.word not in _PROLOGUE), "") != "CONSTRUCT":
        hint = "It constructs the data the constraint reads around $this."
        raise graph.refuse(shape, "has a gov:needed that is no CONSTRUCT", hint, "gov:needed")
    assert isinstance(shape, NamedNode)
    return Rule(
        name=graph.word(shape, name(GOV, "apiName")),
        shape=shape,
        kind=kind,
        severity=severity(graph, shape),
        labels=graph.text(shape, name(SH, "name")),
        descriptions=graph.text(shape, name(SH, "description")),
        weight=graph.number(shape, name(GOV, "weight"), 1.0),
        affected=affected,
        needed=needed,
        file=graph.file_of[shape].file,
        line=graph.line(shape, within=shape),
    )


def _selects_affected(text: str) -> bool:
    try:
        columns = columns_of(text)
    except QueryError:
        return False
    return columns[:1] == ("affected",) and "changed" in columns


def _declared(graph: TurtleGraph, shape: Node) -> dict[str, str]:
    """The prefixes its constraints share (``sh:prefixes``), by which an engine reads their queries."""
    return {
        graph.string(one, name(SH, "prefix")): graph.string(one, name(SH, "namespace"))
        for constraint in graph.nodes(shape, name(SH, "sparql"))
        for prefixes in graph.nodes(constraint, name(SH, "prefixes"))
        for one in graph.nodes(prefixes, name(SH, "declare"))
    }


def _declaring(text: str, declared: dict[str, str]) -> str:
    """A query that declares all it uses beyond the house's own prefixes."""
    missing = (prefix for prefix in undeclared_prefixes(text) if prefix in declared)
    return "".join(f"PREFIX {prefix}: <{declared[prefix]}>\n" for prefix in missing) + text


def _check_query(graph: TurtleGraph, shape: Node, text: str) -> None:
    try:
        check_syntax(text)
    except QueryError as error:
        first = next((line.strip() for line in text.splitlines() if line.strip()), "sh:select")
        raise graph.refuse(shape, f"has a query that is no SPARQL: {error.sentence}", error.hint, first) from None
