"""``ask`` and ``query``: questions with their reasons, and SPARQL."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from pyoxigraph import Literal, NamedNode
from rich.text import Text

from govgraph import media
from govgraph.catalogue import Audience, View
from govgraph.catalogue.text import Label
from govgraph.cli.application import Base, Data, Format, Language, Own, Place, Seen, app, languages
from govgraph.cli.output import print_json, print_table, screen
from govgraph.contract import say
from govgraph.errors import NotAcceptable, ParameterError
from govgraph.question import Answer, Cell
from govgraph.question.answer_formats import plain, to_csv
from govgraph.question.asking import ask as ask_question
from govgraph.question.asking import find
from govgraph.store import Term

_GRAPHS = {f.name: f for f in media.GRAPH_FORMATS}
_RESULTS = {"json": media.SPARQL_JSON, "xml": media.SPARQL_XML, "csv": media.CSV, "tsv": media.TSV}
_NUMBERS = {"integer", "decimal"}


@app.command()
def ask(
    name: Annotated[str, typer.Argument(help="Name of the question.")] = "",
    param: Annotated[list[str] | None, typer.Option("--param", "-p", help="A parameter: name=value.")] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the questions instead.")] = False,
    format_: Annotated[Format, typer.Option("--format")] = Format.TABLE,
    audience: Seen = Audience.WORKING,
    lang: Language = "en",
    data: Data = None,
    base: Base = None,
    contract: Own = None,
) -> None:
    """Ask a question; each row comes with the chain of reasons where there is one."""
    place = Place.of(data=data, base=base, contract=contract)
    if listing or not name:
        _list(place, format_, languages(lang))
        return
    view = place.view(audience)
    given = _given(param or [])
    answer = ask_question(view, find(place.questions, name), given, most=place.settings.answer_rows)
    if format_ is Format.JSON:
        print_json(plain(answer))
    elif format_ is Format.CSV:
        typer.echo(to_csv(answer), nl=False)
    elif format_ is Format.TABLE:
        _show(view, answer, languages(lang))
    else:
        raise NotAcceptable("An answer is no graph.", "Choose table, json or csv.")


@app.command()
def query(
    text: Annotated[str, typer.Argument(help="The query, @FILE, or - for the standard input.")],
    format_: Annotated[
        str, typer.Option("--format", help="table, json, xml, csv, tsv, ttl, nt, jsonld, rdf")
    ] = "table",
    audience: Seen = Audience.WORKING,
    data: Data = None,
    base: Base = None,
    contract: Own = None,
) -> None:
    """Run a SPARQL query; the catalogue's prefixes need no declaration."""
    place = Place.of(data=data, base=base, contract=contract)
    wanted = "ttl" if format_ == "turtle" else format_
    if wanted not in {"table", *_RESULTS, *_GRAPHS}:
        raise NotAcceptable(f"There is no format {format_!r}.", f"Choose table, {', '.join((*_RESULTS, *_GRAPHS))}.")
    view = place.view(audience)
    formats = {
        "solutions": _RESULTS.get(wanted, media.TSV),
        "boolean": _RESULTS["xml"] if wanted == "xml" else media.SPARQL_JSON,
        "graph": _GRAPHS.get(wanted, media.TURTLE),
    }
    result = view.query(_read(text), formats)
    if result.kind == "solutions" and wanted == "table":
        rows = [line.split("\t") for line in result.body.decode().splitlines()]
        print_table([column.removeprefix("?") for column in rows[0]], rows[1:])
    else:
        sys.stdout.buffer.write(result.body)
        sys.stdout.buffer.flush()


def _read(text: str) -> str:
    if text == "-":
        return sys.stdin.read()
    return Path(text[1:]).read_text("utf-8") if text.startswith("@") else text


def _given(pairs: list[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise ParameterError(f"The parameter {pair!r} has no value.", "Write it as name=value.")
    return {key: value for key, _, value in (pair.partition("=") for pair in pairs)}


def _list(place: Place, format_: Format, tags: tuple[str, ...]) -> None:
    questions = place.questions.values()
    if format_ is Format.JSON:
        print_json(
            [
                {
                    "name": q.name,
                    "title": say(q.titles, tags),
                    "params": [{"name": p.name, "type": p.type, "required": p.required} for p in q.parameters],
                    "columns": [c.name for c in q.columns],
                }
                for q in questions
            ]
        )
        return
    print_table(
        ("name", "question", "parameters"),
        [(q.name, say(q.titles, tags), ", ".join(p.name + "*" * p.required for p in q.parameters)) for q in questions],
    )


def _show(view: View, answer: Answer, tags: tuple[str, ...]) -> None:
    question = answer.question
    console = screen()
    console.print(Text(say(question.titles, tags), style="bold"))
    things = {cell for row in answer.rows for cell in row if isinstance(cell, NamedNode)}
    things |= {
        node
        for row in answer.rows
        for cell in row
        if isinstance(cell, tuple)
        for s in cell
        for node in (s.source, s.target)
    }
    labels = view.labels(things, tags)
    print_table(
        [say(column.labels, tags) for column in question.columns],
        [[_cell(cell, labels) for cell in row] for row in answer.rows],
        numbers=[say(c.labels, tags) for c in question.columns if c.type in _NUMBERS],
    )
    end = "" if answer.complete else ", more were left out"
    console.print(Text(f"{len(answer.rows)} rows at revision {answer.revision}{end}", style="dim"))


def _cell(cell: Cell, labels: dict[Term, Label]) -> str:
    match cell:
        case tuple():
            nodes = [cell[0].source, *(step.target for step in cell)] if cell else []
            return " → ".join(labels[node].text for node in nodes)
        case NamedNode():
            return labels[cell].text
        case Literal():
            return cell.value
        case _:
            return "" if cell is None else str(cell)
