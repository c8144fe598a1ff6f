"""The commands below ``govgraph contract`` as Typer sees them; what one does is in the module it calls."""

# ruff: noqa: PLC0415  # as in application.py: help and completion answer at once

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from govgraph.cli.options import Base, Data, Engine, Language, Ontology, Own, Shapes

contracts = typer.Typer(no_args_is_help=False, help="Show the contract, or what a country's own would change.")
Format = Annotated[Literal["table", "json"], typer.Option("--format")]
Present = Annotated[
    Path | None, typer.Option("--contract", help="The country's contract there is now.", show_default="none")
]


@contracts.callback()
def _contract(context: typer.Context, contract: Own = None, ontology: Ontology = None, shapes: Shapes = None) -> None:
    if context.invoked_subcommand is None:
        show(contract=contract, ontology=ontology, shapes=shapes)


@contracts.command()
def show(
    kind: Annotated[str, typer.Argument(help="A kind whose properties to show; none: everything.")] = "",
    lang: Language = "en",
    format_: Format = "table",
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
    format_: Format = "table",
    engine: Engine = None,
    data: Data = None,
    base: Base = None,
    contract: Present = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
) -> None:
    """Say what a country's own contract would break and change, and which findings it would make and mend.

    The whole stored catalogue is validated by it, in memory; nothing is written.

    Exit status: 0 it can be applied, 1 it would make Violations in what is published, 2 it cannot be used, and why.
    """
    from govgraph.cli import adopting
    from govgraph.cli.place import Place

    chosen = {"data": data, "base": base, "contract": contract, "ontology": ontology, "shapes": shapes}
    with Place.of(**chosen, engine=engine) as place:
        raise typer.Exit(adopting.check(place, directory, lang, format_))


@contracts.command("apply")
def apply_contract(
    directory: Annotated[
        Path | None, typer.Argument(help="Directory of a country's own contract; none: the one the settings name.")
    ] = None,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Withdraw published entries in which it would make Violations.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the history.")] = "",
    lang: Language = "en",
    format_: Format = "table",
    engine: Engine = None,
    data: Data = None,
    base: Base = None,
    contract: Present = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
) -> None:
    """Make a contract the catalogue's own: all is validated by it and scored anew, as one revision of the log.

    A running server has to be stopped first, and started with the new contract: all its faces derive from it.

    Exit status: 0 done, 1 refused: it would make Violations in what is published, 2 it cannot be used, and why.
    """
    from govgraph.cli import adopting
    from govgraph.cli.place import Place

    wanted = adopting.Wanted(directory, withdraw, dry_run, reason, lang)
    chosen = {"data": data, "base": base, "contract": contract, "ontology": ontology, "shapes": shapes}
    with Place.of(**chosen, engine=engine) as place:
        raise typer.Exit(adopting.apply(place, wanted, format_))
