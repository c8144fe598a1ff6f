"""The commands about what was, as Typer sees them; what one does is in the module it calls."""

# ruff: noqa: PLC0415  # as in application.py: help and completion answer at once

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from govgraph.cli.options import Base, Data, Language, Own, Seen

history = typer.Typer()
Format = Annotated[Literal["table", "json"], typer.Option("--format")]


@history.command("log")
def show_log(
    entity: Annotated[str, typer.Option("--entity", help="Only what changed an entry: its IRI, or kind/slug.")] = "",
    organisation: Annotated[
        str, typer.Option("--organisation", help="Only what an organisation did: its slug or IRI.")
    ] = "",
    since: Annotated[str, typer.Option("--since", help="Nothing before a date, date-time or revision.")] = "",
    before: Annotated[int | None, typer.Option("--before", min=1, help="Go on before a revision.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many to show.")] = 20,
    audience: Seen = "working",
    lang: Language = "en",
    format_: Format = "table",
    data: Data = None,
    base: Base = None,
    contract: Own = None,
) -> None:
    """List revisions, the newest first: when, who, through which door, why, and what changed.

    Authors are shown by a pseudonym; who is meant is in the audit log. With --audience public it is what strangers see.
    """
    from govgraph.cli import revisions as room
    from govgraph.cli.place import Place

    wanted = room.Wanted(entity, organisation, since, before, limit, audience, lang)
    with Place.of(data=data, base=base, contract=contract) as place:
        room.show(place, wanted, format_)


@history.command()
def diff(
    one: Annotated[str, typer.Argument(metavar="A", help="A revision, a date, a date-time or a release.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Another.")],
    audience: Seen = "working",
    lang: Language = "en",
    format_: Annotated[
        Literal["table", "json", "patch"], typer.Option("--format", help="patch: RDF Patch, quad by quad.")
    ] = "table",
    data: Data = None,
    base: Base = None,
    contract: Own = None,
) -> None:
    """Say what changed from one revision to another, by entry and property; what came and went again is left out."""
    from govgraph.cli import revisions as room
    from govgraph.cli.place import Place

    with Place.of(data=data, base=base, contract=contract) as place:
        room.diff(place, (one, other), audience, lang, format_)


@history.command()
def revert(
    revision: Annotated[int, typer.Argument(min=1, help="The revision to take back.")],
    reason: Annotated[
        str, typer.Option("--reason", help="Why, for the history.", show_default="that it is undone")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would do and change nothing.")] = False,
    lang: Language = "en",
    format_: Format = "table",
    data: Data = None,
    base: Base = None,
    contract: Own = None,
) -> None:
    """Take one revision back, as a new revision that is judged like any other; what has changed since stays.

    Exit status: 0 it is undone or there was nothing to undo, 1 it was refused, 2 govgraph's own failure.
    """
    from govgraph.cli import reverting as room
    from govgraph.cli.place import Place

    with Place.of(data=data, base=base, contract=contract) as place:
        raise typer.Exit(room.revert(place, room.Reverting(revision, reason, dry_run, lang), format_))


@history.command()
def release(
    name: Annotated[str, typer.Argument(help="Letters, digits, dots, underscores and hyphens.")],
    as_of: Annotated[str, typer.Option("--as-of", help="A revision, date or date-time; none: the newest.")] = "",
    note: Annotated[str, typer.Option("--note", help="What it is for.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Give the name up; the revision stays in the log.")] = False,
    data: Data = None,
    base: Base = None,
    contract: Own = None,
) -> None:
    """Keep a revision under a name, for good. Wherever --as-of or diff want a revision, the name will do."""
    from govgraph.cli import keeping as room
    from govgraph.cli.place import Place

    with Place.of(data=data, base=base, contract=contract) as place:
        room.release(place, name, as_of, note, remove=remove)


@history.command()
def releases(format_: Format = "table", data: Data = None, base: Base = None) -> None:
    """List the revisions that are kept under a name."""
    from govgraph.cli import keeping as room
    from govgraph.cli.place import Place

    with Place.of(data=data, base=base) as place:
        room.releases(place, format_)


@history.command()
def backup(
    file: Annotated[Path, typer.Argument(help="File to write, such as catalogue.tar.gz.")],
    format_: Format = "table",
    data: Data = None,
    base: Base = None,
) -> None:
    """Write the whole catalogue to one file, while a server runs or not: store, log, releases' names, and N-Quads.

    Drafts and pseudonyms are in it, so keep it where they may be seen. Tokens and the audit log are not: after a
    restore new tokens have to be given.
    """
    from govgraph.cli import keeping as room
    from govgraph.cli.place import Place

    with Place.of(data=data, base=base) as place:
        room.backup(place, file, format_)


@history.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What govgraph backup wrote.")],
    format_: Format = "table",
    data: Data = None,
) -> None:
    """Make a data directory of a backup. It must be empty or new; every byte is checked before anything is in force."""
    from govgraph.cli import keeping as room
    from govgraph.cli.place import Place

    with Place.of(data=data) as place:
        room.restore(place, file, format_)


@history.command()
def verify(
    quick: Annotated[bool, typer.Option("--quick", help="Replay from the oldest state that is kept whole.")] = False,
    format_: Format = "table",
    data: Data = None,
    base: Base = None,
) -> None:
    """Replay the revision log from nothing and compare every statement with the newest snapshot; a server may run.

    Exit status: 0 all is well, 1 something differs or cannot be read, 2 govgraph's own failure.
    """
    from govgraph.cli import keeping as room
    from govgraph.cli.place import Place

    with Place.of(data=data, base=base) as place:
        raise typer.Exit(room.verify(place, format_, quick=quick))
