"""``ask`` and ``query``: questions with their reasons, and SPARQL."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph
from pyoxigraph import Literal, NamedNode, QuerySolutions

from govgraph import media
from govgraph.catalogue import View
from govgraph.catalogue.text import Label
from govgraph.cli.output import print_bytes, print_json, print_table
from govgraph.cli.output import say as tell
from govgraph.cli.place import Place, languages
from govgraph.contract import say
from govgraph.errors import NotAcceptable, ParameterError
from govgraph.iris import compact
from govgraph.question import Answer, Cell
from govgraph.question.answer_formats import to_csv, to_json
from govgraph.question.asking import ask as put
from govgraph.question.asking import find
from govgraph.store import Term

_GRAPHS = {"turtle": media.TURTLE, "nt": media.NTRIPLES, "jsonld": media.JSONLD, "rdf": media.RDFXML}
_ROWS = {"json": media.SPARQL_JSON, "xml": media.SPARQL_XML, "csv": media.CSV, "tsv": media.TSV}
_NUMBERS = {"integer", "decimal"}


@dataclass(frozen=True)
class Asked:
    """The arguments of the command."""

    name: str
    parameters: tuple[str, ...]
    audience: str
    lang: str
    as_of: str = ""


def ask(place: Place, asked: Asked, format_: str) -> None:
    question = find(place.questions, asked.name)
    view = place.view(asked.audience, asked.as_of)
    answer = put(view, question, _given(asked.parameters), most=place.settings.answer_rows)
    if format_ == "json":
        print_bytes(to_json(answer))
    elif format_ == "csv":
        print_bytes(to_csv(answer).encode())
    else:
        _show(view, answer, languages(asked.lang))


def questions(place: Place, lang: str, format_: str) -> None:
    found, tags = place.questions.values(), languages(lang)
    if format_ == "json":
        print_json(
            [
                {
                    "name": q.name,
                    "title": say(q.titles, tags),
                    "params": [{"name": p.name, "type": p.type, "required": p.required} for p in q.parameters],
                    "columns": [column.name for column in q.columns],
                }
                for q in found
            ]
        )
    elif format_ == "csv":
        raise NotAcceptable("The list of questions is no CSV.", "Choose table or json.")
    else:
        rows = [
            (q.name, say(q.titles, tags), ", ".join(p.name + "*" * p.required for p in q.parameters)) for q in found
        ]
        print_table(("name", "question", "parameters"), rows, whole=("name",), narrow=("parameters",))
        tell("* has to be given: govgraph ask NAME --param name=value", "dim")


def query(place: Place, text: str, audience: str, format_: str, as_of: str = "") -> None:
    view = place.view(audience, as_of)
    result = view.query(
        _read(text),
        {
            "solutions": _ROWS.get(format_, media.TSV),
            "boolean": media.SPARQL_XML if format_ == "xml" else media.SPARQL_JSON,
            "graph": _GRAPHS.get(format_, media.TURTLE),
        },
    )
    if result.kind == "graph" and format_ in _ROWS:
        raise NotAcceptable("The query makes a graph, no rows.", f"Choose table, {', '.join(_GRAPHS)}.")
    if result.kind != "graph" and format_ in _GRAPHS:
        raise NotAcceptable("The query makes no graph.", f"Choose table, {', '.join(_ROWS)}.")
    if result.kind == "boolean" and format_ not in ("json", "xml"):
        tell("yes" if json.loads(result.body)["boolean"] else "no")
    elif result.kind == "solutions" and format_ == "table":
        _show_rows(result.body)
    else:
        print_bytes(result.body)


def _read(text: str) -> str:
    if text == "-":
        return sys.stdin.read()
    return Path(text[1:]).read_text("utf-8") if text.startswith("@") else text


def _given(pairs: Sequence[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise ParameterError(f"The parameter {pair!r} has no value.", "Write it as name=value.")
    return {key: value for key, _, value in (pair.partition("=") for pair in pairs)}


def _show_rows(body: bytes) -> None:
    solutions = pyoxigraph.parse_query_results(body, media.RESULT_SYNTAX[media.TSV])
    assert isinstance(solutions, QuerySolutions)
    columns = [variable.value for variable in solutions.variables]
    rows = [[_written(solution[column]) for column in columns] for solution in solutions]
    print_table(columns, rows)
    tell(f"{len(rows):,} row{'s' * (len(rows) != 1)}", "dim")


def _written(term: Term | None) -> str:
    match term:
        case None:
            return ""
        case NamedNode():
            return compact(term.value)
        case Literal():
            return term.value + (f"@{term.language}" if term.language else "")
        case _:
            return str(term)


def _show(view: View, answer: Answer, tags: tuple[str, ...]) -> None:
    question = answer.question
    nodes = {node for row in answer.rows for cell in row for node in _nodes(cell)}
    labels = view.labels(nodes, tags)
    tell(say(question.titles, tags), "bold")
    for name, term in answer.bindings.items():
        value = view.labels([term], tags)[term].text if isinstance(term, NamedNode) else _written(term)
        parameter = question.parameter(name)
        tell(f"{say(parameter.labels, tags) if parameter else name}: {value}", "dim")
    if answer.rows:
        print_table(
            [say(column.labels, tags) for column in question.columns],
            [[_cell(cell, labels) for cell in row] for row in answer.rows],
            numbers=[say(column.labels, tags) for column in question.columns if column.type in _NUMBERS],
        )
    more = "" if answer.complete else "; more were left out, raise answer_rows to see them"
    tell(f"{len(answer.rows):,} row{'s' * (len(answer.rows) != 1)} at revision {answer.revision}{more}", "dim")


def _nodes(cell: Cell) -> list[NamedNode]:
    if isinstance(cell, tuple):
        return [node for step in cell for node in (step.source, step.target)]
    return [cell] if isinstance(cell, NamedNode) else []


def _cell(cell: Cell, labels: Mapping[Term, Label]) -> str:
    match cell:
        case tuple():
            return " → ".join(labels[node].text for node in (cell[0].source, *(s.target for s in cell))) if cell else ""
        case NamedNode():
            return labels[cell].text
        case Literal():
            return cell.value
        case _:
            return "" if cell is None else str(cell)
