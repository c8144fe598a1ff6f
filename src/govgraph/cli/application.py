"""The commands as Typer sees them: names, options and help; what a command does is in the module it calls.

Nothing here imports the rooms below, so that help and completion answer at once. Each command imports its own.
"""

# ruff: noqa: PLC0415  # the imports inside the commands are the point of this module

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

app = typer.Typer(
    name="govgraph",
    help="A country's digital services, building blocks, law and roadmap as one linked graph.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
contracts = typer.Typer(no_args_is_help=False, help="Show the contract, or what a country's own would change.")
app.add_typer(contracts, name="contract", invoke_without_command=True)

Data = Annotated[Path | None, typer.Option("--data", help="Directory of the store.", show_default="./data")]
Base = Annotated[
    str | None,
    typer.Option("--base", help="Base of the catalogue's IRIs.", show_default="that of the store, else this server"),
]
Own = Annotated[Path | None, typer.Option("--contract", help="Directory of a country's own contract.")]
Ontology = Annotated[Path | None, typer.Option("--ontology", help="Ontology read instead of govgraph's own.")]
Shapes = Annotated[Path | None, typer.Option("--shapes", help="Shapes read instead of govgraph's own.")]
Language = Annotated[str, typer.Option("--lang", help="Language of texts, or several by preference: fr,en.")]
Audience: TypeAlias = Literal["public", "working"]
Seen = Annotated[Audience, typer.Option("--audience", help="public: what strangers see; working: drafts as well.")]
Engine = Annotated[
    Literal["shacl", "pyshacl"] | None, typer.Option("--engine", help="shacl is fast, pyshacl the reference.")
]


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

    wanted = loading.Wanted(tuple(files or ()), mapping, kind, seed, reference, strict, lang)
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

    wanted = checking.Wanted(tuple(files or ()), mapping, kind, with_catalogue, fail_on, lang)
    with Place.of(data=data, base=base, contract=contract, ontology=ontology, shapes=shapes, engine=engine) as place:
        raise typer.Exit(checking.validate(place, wanted, format_))


@app.command()
def ask(
    name: Annotated[str, typer.Argument(help="Name of the question.")] = "",
    param: Annotated[list[str] | None, typer.Option("--param", "-p", help="A parameter: name=value.")] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the questions instead.")] = False,
    audience: Seen = "working",
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
            asking.ask(place, asking.Asked(name, tuple(param or ()), audience, lang), format_)


@app.command()
def query(
    text: Annotated[str, typer.Argument(help="The query, @FILE, or - for the standard input.")] = "-",
    audience: Seen = "working",
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
        asking.query(place, text, audience, format_)


@app.command()
def export(
    audience: Seen = "public",
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
        writing.export(place, audience, format_, output)


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
def schema(contract: Own = None, ontology: Ontology = None, shapes: Shapes = None) -> None:
    """Print the GraphQL schema."""
    from govgraph.cli import writing
    from govgraph.cli.place import Place

    writing.schema(Place.of(contract=contract, ontology=ontology, shapes=shapes))


@app.command()
def serve(
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port to listen on.", show_default="8000")] = None,
    seed: Annotated[bool, typer.Option("--seed", help="Load the seed data where there is no catalogue yet.")] = False,
    data: Data = None,
    base: Base = None,
    contract: Own = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
) -> None:
    """Serve the catalogue: pages, linked data, SPARQL and GraphQL, all from the public view."""
    from govgraph.cli import serving
    from govgraph.cli.place import Place

    chosen = {"data": data, "base": base, "contract": contract, "ontology": ontology, "shapes": shapes}
    with Place.of(**chosen, host=host, port=port) as place:
        serving.serve(place, seed=seed)


@contracts.callback()
def _contract(context: typer.Context, contract: Own = None, ontology: Ontology = None, shapes: Shapes = None) -> None:
    if context.invoked_subcommand is None:
        show(contract=contract, ontology=ontology, shapes=shapes)


@contracts.command()
def show(
    kind: Annotated[str, typer.Argument(help="A kind whose properties to show; none: everything.")] = "",
    lang: Language = "en",
    format_: Annotated[Literal["table", "json"], typer.Option("--format")] = "table",
    contract: Own = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
) -> None:
    """Show kinds with their properties, code lists, rules by severity, and what is checked but in no face."""
    from govgraph.cli import contracts as room
    from govgraph.cli.place import Place

    room.show(Place.of(contract=contract, ontology=ontology, shapes=shapes), kind, lang, format_)


@contracts.command("check")
def check_contract(
    directory: Annotated[Path, typer.Argument(help="Directory of a country's own contract.")],
    lang: Language = "en",
    format_: Annotated[Literal["table", "json"], typer.Option("--format")] = "table",
    data: Data = None,
    base: Base = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
) -> None:
    """Say what a country's own contract adds or changes, and which findings it would add to the stored catalogue.

    Exit status: 0 the contract can be used, 2 it cannot, and why.
    """
    from govgraph.cli import contracts as room
    from govgraph.cli.place import Place

    with Place.of(data=data, base=base, ontology=ontology, shapes=shapes) as place:
        room.check(place, directory, lang, format_)
