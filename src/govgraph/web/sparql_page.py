"""The page of ``/sparql``: a form, examples, and results as a table or a graph; runs no query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import cast

import pyoxigraph
from pyoxigraph import Literal, NamedNode

from govgraph.catalogue import Label, View
from govgraph.contract import Text
from govgraph.errors import QueryError
from govgraph.iris import PREFIXES, RDF_LANG_STRING, XSD, XSD_STRING, compact
from govgraph.media import RESULT_SYNTAX
from govgraph.store import Result, Term
from govgraph.web.refusal import word_error
from govgraph.web.showing import name_plainly
from govgraph.web.sparql_formats import OFFERS
from govgraph.web.sparql_request import Asked
from govgraph.web.visit import Visit, web_address

EXAMPLES = Path(__file__).parent / "examples"
MOST_ROWS = 500
"""Shown on the page; the other formats give all."""
MOST_CHARACTERS = 200_000
"""Of a graph shown on the page."""
_TITLE = re.compile(r"^# (\w\w): (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """A query to begin with; its titles stand in its first lines, ``# en: …``."""

    titles: Text
    query: str


@dataclass(frozen=True)
class Cell:
    """A term: its text, what else is said of it below, and the way to its page."""

    text: str
    under: str = ""
    language: str = ""
    href: str = ""
    numeric: bool = False


@dataclass(frozen=True)
class Shown:
    """A result; ``total`` counts its rows, of which ``rows`` are the first; ``graph`` may be cut short."""

    kind: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    total: int = 0
    yes: bool = False
    graph: str = ""
    cut: bool = False


def examples() -> tuple[Example, ...]:
    """Those that ship, in the order of their file names."""
    found = []
    for file in sorted(EXAMPLES.glob("*.rq")):
        text = file.read_text("utf-8")
        titles = dict(_TITLE.findall(text))
        found.append(Example(titles, _TITLE.sub("", text).strip() + "\n"))
    return tuple(found)


def empty(visit: Visit, view: View) -> str:
    return _page(visit, view, examples()[0].query)


def filled(visit: Visit, view: View, asked: Asked, result: Result) -> str:
    """``result`` is in SPARQL JSON, or in Turtle."""
    formats = {
        one: visit.href("/sparql", query=asked.text, format=one.name, **_dataset(asked))
        for one in OFFERS[result.kind].formats
    }
    return _page(visit, view, asked.text, result=shown(visit, view, result), formats=formats)


def refused(visit: Visit, view: View, asked: Asked, error: QueryError) -> str:
    return _page(visit, view, asked.text, worded=word_error(visit.words, error))


def _page(visit: Visit, view: View, query: str, **more: object) -> str:
    questions = [one for one in visit.house.questions.values() if not any(p.required for p in one.parameters)]
    context: dict[str, object] = {"result": None, "worded": None, "formats": {}, **more}
    return visit.house.renderer.page(
        visit,
        "sparql.html",
        query=query,
        examples=examples(),
        questions=questions,
        prefixes=PREFIXES,
        graphs=[graph.value for graph in view.graphs],
        view=view,
        **context,
    )


def _dataset(asked: Asked) -> Mapping[str, list[str]]:
    if asked.dataset is None:
        return {}
    default, named = asked.dataset.default, asked.dataset.named
    return {"default-graph-uri": [g.value for g in default], "named-graph-uri": [g.value for g in named]}


def shown(visit: Visit, view: View, result: Result) -> Shown:
    if result.kind == "graph":
        text = result.body.decode()
        return Shown("graph", graph=text[:MOST_CHARACTERS], cut=len(text) > MOST_CHARACTERS)
    assert result.format is not None
    parsed = pyoxigraph.parse_query_results(result.body, RESULT_SYNTAX[result.format])
    if result.kind == "boolean":
        return Shown("boolean", yes=bool(parsed))
    solutions = cast("pyoxigraph.QuerySolutions", parsed)
    columns = tuple(variable.value for variable in solutions.variables)
    rows = [tuple(row[column] for column in columns) for row in islice(solutions, MOST_ROWS)]
    total = len(rows) + sum(1 for _ in solutions)
    terms = [term for row in rows for term in row if isinstance(term, NamedNode)]
    kinds = view.kinds(terms)
    known: dict[Term | None, Cell] = {
        term: _node(visit, view, cast("NamedNode", term), label, term in kinds)
        for term, label in view.labels(terms, visit.languages).items()
    }
    cells = tuple(tuple(known.get(term) or _cell(term) for term in row) for row in rows)
    return Shown("solutions", columns, cells, total, cut=total > len(rows))


def _node(visit: Visit, view: View, iri: NamedNode, label: Label, local: bool) -> Cell:
    """``local`` nodes have a page here; for any other the way leads there."""
    short = compact(iri.value).removeprefix(view.names.base)
    label = name_plainly(iri, label)
    href = visit.document(iri.value) if local else web_address(iri.value)
    return Cell(label.text, short if label.text != short else "", label.language, href)


def _cell(term: Term | None) -> Cell:
    if not isinstance(term, Literal):
        return Cell(str(term) if term else "")
    plain = term.datatype in (XSD_STRING, RDF_LANG_STRING)
    numeric = term.datatype.value.removeprefix(XSD) in ("integer", "decimal", "double", "float")
    return Cell(
        term.value, "" if plain or numeric else compact(term.datatype.value), term.language or "", numeric=numeric
    )
