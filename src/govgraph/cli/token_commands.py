"""The commands below ``govgraph token`` as Typer sees them; what one does is in the module it calls."""

# ruff: noqa: PLC0415  # as in application.py: help and completion answer at once

from __future__ import annotations

from typing import Annotated, Literal

import typer

from govgraph.cli.options import Base, Data, Own

tokens = typer.Typer(no_args_is_help=True, help="Give tokens to who may read drafts or write, and take them back.")


@tokens.command("create")
def create_token(
    role: Annotated[
        Literal["reader", "editor", "steward", "admin"], typer.Option("--role", help="What its holder may do.")
    ],
    organisation: Annotated[
        str, typer.Option("--organisation", help="Whose entries an editor keeps: slug or IRI of the organisation.")
    ] = "",
    expires: Annotated[
        str, typer.Option("--expires", help="Last day (2027-01-31), or for how long (90d); none: until revoked.")
    ] = "",
    label: Annotated[
        str, typer.Option("--label", help="Who holds it, or what for; only this list and the audit log say so.")
    ] = "",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the token and nothing else.")] = False,
    data: Data = None,
    base: Base = None,
    contract: Own = None,
) -> None:
    """Make a token and print it, once: only its digest is kept. It counts at once, in a running server too.

    A reader sees drafts, an editor changes the entries of one organisation, a steward every entry, an admin gives
    tokens and applies a contract; each may do what the ones before may.
    """
    from govgraph.cli import tokens as room
    from govgraph.cli.place import Place

    with Place.of(data=data, base=base, contract=contract) as place:
        room.create(place, room.Wanted(role, organisation, expires, label), quiet=quiet)


@tokens.command("list")
def list_tokens(
    format_: Annotated[Literal["table", "json"], typer.Option("--format")] = "table",
    data: Data = None,
) -> None:
    """List the tokens there are: whose they are, until when, and whether they still count; never their text."""
    from govgraph.cli import tokens as room
    from govgraph.cli.place import Place

    with Place.of(data=data) as place:
        room.show(place, format_)


@tokens.command("revoke")
def revoke_token(
    id_: Annotated[str, typer.Argument(metavar="ID", help="The token's id, as the list has it.")],
    data: Data = None,
) -> None:
    """Take a token back. It counts no longer, in a running server either; nothing brings it back."""
    from govgraph.cli import tokens as room
    from govgraph.cli.place import Place

    with Place.of(data=data) as place:
        room.revoke(place, id_)
