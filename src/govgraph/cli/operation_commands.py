"""The commands below ``govgraph operations`` as Typer sees them; what one does is in the module it calls."""

# ruff: noqa: PLC0415  # as in application.py: help and completion answer at once

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from govgraph.cli.options import Data, Ontology, Own, Shapes

operations = typer.Typer(
    no_args_is_help=True, help="Register partners' GraphQL operations, so that clients run them by id."
)
Partner = Annotated[str, typer.Argument(metavar="PARTNER", help="Whose: a short name, such as city-portal.")]
Whose = Annotated[str, typer.Argument(metavar="[PARTNER]", help="Whose; none: of all partners.", show_default=False)]
Format = Annotated[Literal["table", "json"], typer.Option("--format")]


@operations.command("add")
def add_operations(
    partner: Partner,
    files: Annotated[
        list[Path],
        typer.Argument(help="Documents (.graphql), manifests of Apollo's or Relay's tools (.json), folders."),
    ],
    format_: Format = "table",
    data: Data = None,
    contract: Own = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
) -> None:
    """Examine documents by the schema and register them; prints the id of each, and what it costs at most.

    The id is the SHA-256 of the document, or the one its manifest gives. Points are with pages of the usual size where
    a variable decides it. They count at once, in a running server too.

    Exit status: 0 all were added, 1 none, since one would be refused, 2 a file cannot be used.
    """
    from govgraph.cli import operations as room
    from govgraph.cli.place import Place

    with Place.of(data=data, contract=contract, ontology=ontology, shapes=shapes) as place:
        raise typer.Exit(room.add(place, partner, files, format_))


@operations.command("list")
def list_operations(
    partner: Whose = "",
    format_: Format = "table",
    data: Data = None,
    contract: Own = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
) -> None:
    """List what is registered: whose it is, its operations, what they cost at most, and the id."""
    from govgraph.cli import operations as room
    from govgraph.cli.place import Place

    with Place.of(data=data, contract=contract, ontology=ontology, shapes=shapes) as place:
        room.show(place, partner, format_)


@operations.command("remove")
def remove_operations(
    partner: Partner,
    ids: Annotated[list[str] | None, typer.Argument(help="Ids; none: all of the partner's.")] = None,
    data: Data = None,
) -> None:
    """Remove operations of a partner: in a running server, too, their ids lead nowhere at once."""
    from govgraph.cli import operations as room
    from govgraph.cli.place import Place

    with Place.of(data=data) as place:
        room.remove(place, partner, tuple(ids or ()))


@operations.command("check")
def check_operations(
    partner: Whose = "",
    format_: Format = "table",
    data: Data = None,
    contract: Own = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
) -> None:
    """Say which registered operations a contract's schema refuses, and which use what is deprecated.

    Exit status: 0 all run, 1 some are refused.
    """
    from govgraph.cli import operations as room
    from govgraph.cli.place import Place

    with Place.of(data=data, contract=contract, ontology=ontology, shapes=shapes) as place:
        raise typer.Exit(room.check(place, partner, format_))


@operations.command("manifest")
def write_manifest(
    partner: Partner,
    form: Annotated[Literal["apollo", "relay"], typer.Option("--form", help="Whose tools read it.")] = "apollo",
    data: Data = None,
    contract: Own = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
) -> None:
    """Print a partner's operations as the manifest that Apollo's or Relay's tools read."""
    from govgraph.cli import operations as room
    from govgraph.cli.place import Place

    with Place.of(data=data, contract=contract, ontology=ontology, shapes=shapes) as place:
        room.write(place, partner, form)
