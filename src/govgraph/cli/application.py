"""The commands as Typer sees them: names, options and help; what a command does is in the module it calls.

Nothing here imports the rooms below, so that help and completion answer at once. Each command imports its own.
"""

# ruff: noqa: PLC0415  # the imports inside the commands are the point of this module

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from govgraph.cli.contract_commands import contracts
from govgraph.cli.history_commands import history
from govgraph.cli.operation_commands import operations
from govgraph.cli.options import AsOf, Base, Data, Engine, Language, Ontology, Own, Seen, Shapes
from govgraph.cli.token_commands import tokens

app = typer.Typer(
    name="govgraph",
    help="A country's digital services, building blocks, law and roadmap as one linked graph.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(contracts, name="contract", invoke_without_command=True)
app.add_typer(tokens, name="token")
app.add_typer(operations, name="operations")
app.add_typer(history)


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Show the version and stop.")] = False) -> None:
    if version:
        from govgraph import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.command()
def load(
    files: Annotated[list[Path] | None, typer.Argument(help="Files, or directories with files.")] = None,
    mapping: Annotated[Path | None, typer.Option("--map", help="Mapping file for CSV and JSON of other forms.")] = None,
    kind: Annotated[
        str, typer.Option("--kind", help="Kind of a CSV's rows, where the file is not named after it.")
    ] = "",
    seed: Annotated[bool, typer.Option("--seed", help="Load the data that ship with govgraph.")] = False,
    reference: Annotated[bool, typer.Option("--reference", help="Load as shared reference data.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Load nothing if any record is rejected.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be loaded and write nothing.")] = False,
    accept: Annotated[
        bool, typer.Option("--accept-findings", help="Load what would be refused; it is not published, then.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why, for the history.")] = "",
    lang: Annotated[str, typer.Option("--lang", help="Language of texts that do not say theirs.")] = "en",
    format_: Annotated[Literal["table", "json"], typer.Option("--format")] = "table",
    engine: Engine = None,
    data: Data = None,
    base: Base = None,
    contract: Own = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
) -> None:
    """Load files as one revision: Turtle, N-Triples, N-Quads, TriG, JSON-LD, RDF/XML, CSV, and JSON through a mapping.

    Every record is accounted for: loaded, merged with what was there, or rejected with line and reason. A bad one never
    stops the others. What is complete and marked published is published, the rest stays a draft with findings.

    Exit status: 0 something was loaded, 1 nothing was, 2 govgraph's own failure.
    """
    from govgraph.cli import loading
    from govgraph.cli.place import Place

    wanted = loading.Wanted(tuple(files or ()), mapping, kind, seed, reference, strict, lang, reason, dry_run, accept)
    with Place.of(data=data, base=base, contract=contract, ontology=ontology, shapes=shapes, engine=engine) as place:
        raise typer.Exit(loading.load(place, wanted, format_))


@app.command()
def validate(
    files: Annotated[list[Path] | None, typer.Argument(help="Files to check; none: the stored catalogue.")] = None,
    fail_on: Annotated[
        Literal["violation", "warning", "info"], typer.Option("--fail-on", help="Exit with 1 from this severity on.")
    ] = "violation",
    with_catalogue: Annotated[
        bool, typer.Option("--with-catalogue", help="Check files as if loaded into the stored catalogue.")
    ] = False,
    mapping: Annotated[Path | None, typer.Option("--map", help="Mapping file for CSV and JSON of other forms.")] = None,
    kind: Annotated[
        str, typer.Option("--kind", help="Kind of a CSV's rows, where the file is not named after it.")
    ] = "",
    as_of: AsOf = "",
    lang: Language = "en",
    format_: Annotated[Literal["table", "json", "turtle"], typer.Option("--format")] = "table",
    engine: Engine = None,
    data: Data = None,
    base: Base = None,
    contract: Own = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
) -> None:
    """Check files, or the whole stored catalogue, against the shapes; Turtle is the standard SHACL report.

    Files are checked by themselves, together with the contract's code lists: a link to an entry that is not among them
    counts as unknown. With --with-catalogue links may lead into the stored catalogue; findings are those of the files.

    Exit status: 0 nothing as grave as --fail-on, 1 findings, 2 govgraph's own failure or a record it cannot read.
    """
    from govgraph.cli import checking
    from govgraph.cli.place import Place

    wanted = checking.Wanted(tuple(files or ()), mapping, kind, with_catalogue, fail_on, lang, as_of)
    with Place.of(data=data, base=base, contract=contract, ontology=ontology, shapes=shapes, engine=engine) as place:
        raise typer.Exit(checking.validate(place, wanted, format_))


@app.command()
def ask(
    name: Annotated[str, typer.Argument(help="Name of the question.")] = "",
    param: Annotated[list[str] | None, typer.Option("--param", "-p", help="A parameter: name=value.")] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the questions instead.")] = False,
    audience: Seen = "working",
    as_of: AsOf = "",
    lang: Language = "en",
    format_: Annotated[Literal["table", "json", "csv"], typer.Option("--format")] = "table",
    data: Data = None,
    base: Base = None,
    contract: Own = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
) -> None:
    """Ask a question; each row comes with the chain of reasons where there is one.

    The command line belongs to those who keep the catalogue, so drafts count unless --audience is public.
    """
    from govgraph.cli import asking
    from govgraph.cli.place import Place

    with Place.of(data=data, base=base, contract=contract, ontology=ontology, shapes=shapes) as place:
        if listing or not name:
            asking.questions(place, lang, format_)
        else:
            asking.ask(place, asking.Asked(name, tuple(param or ()), audience, lang, as_of), format_)


@app.command("next")
def next_edits(
    organisation: Annotated[
        str, typer.Option("--organisation", help="Whose entries: slug or IRI of the organisation; none: all.")
    ] = "",
    kind: Annotated[str, typer.Option("--kind", help="Entries of one kind, such as service.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many to show.")] = 20,
    after: Annotated[str, typer.Option("--after", help="The cursor to go on from, as JSON has it.")] = "",
    audience: Seen = "working",
    lang: Language = "en",
    format_: Annotated[Literal["table", "json"], typer.Option("--format")] = "table",
    data: Data = None,
    base: Base = None,
    contract: Own = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
) -> None:
    """Say what to mend next: the single edits that raise the score most, and which let an entry be published."""
    from govgraph.cli import mending
    from govgraph.cli.place import Place

    wanted = mending.Wanted(organisation, kind, limit, after, audience, lang)
    with Place.of(data=data, base=base, contract=contract, ontology=ontology, shapes=shapes) as place:
        mending.show(place, wanted, format_)


@app.command()
def query(
    text: Annotated[str, typer.Argument(help="The query, @FILE, or - for the standard input.")] = "-",
    audience: Seen = "working",
    as_of: AsOf = "",
    format_: Annotated[
        Literal["table", "json", "csv", "tsv", "xml", "turtle", "nt", "jsonld", "rdf"],
        typer.Option("--format", help="Rows: table, json, csv, tsv, xml. Graphs: turtle, nt, jsonld, rdf."),
    ] = "table",
    data: Data = None,
    base: Base = None,
    contract: Own = None,
) -> None:
    """Run a SPARQL query; the catalogue's prefixes need no declaration."""
    from govgraph.cli import asking
    from govgraph.cli.place import Place

    with Place.of(data=data, base=base, contract=contract) as place:
        asking.query(place, text, audience, format_, as_of)


@app.command()
def export(
    audience: Seen = "public",
    as_of: AsOf = "",
    format_: Annotated[
        Literal["turtle", "ntriples", "nquads", "trig", "jsonld", "rdf"], typer.Option("--format")
    ] = "turtle",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; none: standard output.")] = None,
    data: Data = None,
    base: Base = None,
    contract: Own = None,
) -> None:
    """Write the catalogue and its reference data as RDF.

    N-Quads and TriG keep the graphs apart: loaded again, each goes back to where it was.
    """
    from govgraph.cli import writing
    from govgraph.cli.place import Place

    with Place.of(data=data, base=base, contract=contract) as place:
        writing.export(place, audience, format_, output, as_of)


@app.command()
def template(
    kind: Annotated[str, typer.Argument(help="Kind, such as service or building-block.")],
    lang: Language = "en",
    contract: Own = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
) -> None:
    """Print the CSV header for entries of a kind, with a row of help."""
    from govgraph.cli import writing
    from govgraph.cli.place import Place

    writing.template(Place.of(contract=contract, ontology=ontology, shapes=shapes), kind, lang)


@app.command()
def schema(
    check: Annotated[
        Path | None, typer.Option("--check", help="A former schema, SDL or JSON: say what breaks since, and for whom.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as an introspection's answer.")] = False,
    subgraph: Annotated[bool, typer.Option("--subgraph", help="Print it as a subgraph of Federation 2.")] = False,
    format_: Annotated[Literal["table", "json"], typer.Option("--format", help="How --check tells it.")] = "table",
    data: Data = None,
    contract: Own = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
) -> None:
    """Print the GraphQL schema, or say what it breaks of a former one, and which partners' operations.

    With --contract it is that of another contract, so that one can look before applying it.

    Exit status of --check: 0 nothing breaks, 1 something does.
    """
    from govgraph.cli import schema as room
    from govgraph.cli.place import Place

    with Place.of(data=data, contract=contract, ontology=ontology, shapes=shapes) as place:
        if check is not None:
            raise typer.Exit(room.check(place, check, format_))
        room.show(place, "json" if as_json else "subgraph" if subgraph else "sdl")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port to listen on.", show_default="8000")] = None,
    seed: Annotated[bool, typer.Option("--seed", help="Load the seed data where there is no catalogue yet.")] = False,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes that serve, one a core.", show_default="1")
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Serve without anybody being able to write.")] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Serve an ordinary SPARQL store from a directory of its own instead.")
    ] = False,
    data: Data = None,
    base: Base = None,
    contract: Own = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
) -> None:
    """Serve the catalogue: pages, linked data, SPARQL and GraphQL.

    One process writes, the others serve; one that dies is replaced. SIGTERM or Ctrl-C ends them after the requests they
    have, SIGHUP replaces them without losing one: with new code and a changed contract.
    """
    from govgraph.cli import serving
    from govgraph.cli.place import Place

    chosen = {"data": data, "base": base, "contract": contract, "ontology": ontology, "shapes": shapes}
    with Place.of(**chosen, host=host, port=port, workers=workers) as place:
        if plain:
            from govgraph.cli.plain import serve_plain

            raise typer.Exit(serve_plain(place))
        raise typer.Exit(serving.serve(place, seed=seed, read_only=read_only))
