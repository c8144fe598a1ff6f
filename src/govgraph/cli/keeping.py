"""``release``, ``releases``, ``backup``, ``restore`` and ``verify``: what is kept, and whether it is whole."""

from __future__ import annotations

from pathlib import Path

from govgraph.cli.output import print_json, print_table, say, watched
from govgraph.cli.place import Place
from govgraph.history import archive, restoration, verification
from govgraph.history import releases as room


def release(place: Place, name: str, as_of: str, note: str, *, remove: bool) -> None:
    directory = place.settings.data
    if remove:
        gone = room.remove(directory, name)
        say(f"{name} is no release any more; revision {gone.revision} stays in the log.", "bold green")
        return
    revision = place.past.revision_at(place.meant(as_of)) if as_of else None
    made = room.release(directory, place.past, name, revision, note)
    say(f"{made.name} is revision {made.revision} of {made.of:%Y-%m-%d %H:%M} UTC.", "bold green")


def releases(place: Place, format_: str) -> None:
    found = room.releases(place.settings.data)
    if format_ == "json":
        print_json([room.as_json(one) for one in found])
    elif not found:
        say("There are no releases yet. Make one: govgraph release NAME")
    else:
        rows = [(one.name, one.revision, f"{one.of:%Y-%m-%d %H:%M}", f"{one.made:%Y-%m-%d}", one.note) for one in found]
        columns = ("name", "revision", "as of (UTC)", "named on", "note")
        print_table(columns, rows, numbers=("revision",), whole=("name", "as of (UTC)", "named on"))


def backup(place: Place, file: Path, format_: str) -> None:
    with watched() as progress:
        made = archive.backup(place.settings.data, place.settings.base, file, progress)
    if format_ == "json":
        said = {"file": str(made.file), "revision": made.revision, "records": made.records, "bytes": made.size}
        print_json(said)
        return
    records = f"{made.records:,} revision{'s' * (made.records != 1)} of the log"
    say(f"{file}: revision {made.revision}, {records}, {made.size / 1e6:,.1f} MB.", "bold green")
    say("It holds drafts. Tokens and the audit log are not in it.")


def restore(place: Place, file: Path, format_: str) -> None:
    directory = place.settings.data
    with watched() as progress:
        found = restoration.restore(file, directory, progress)
    if format_ == "json":
        said = {"data": str(directory), "base": found.base, "revision": found.revision, "records": found.records}
        print_json({**said, "made": found.made})
        return
    say(f"{directory}: revision {found.revision} of {found.base}, backed up {found.made[:16]}.", "bold green")
    say("There are no tokens in it: govgraph token create gives new ones.")


def verify(place: Place, format_: str, *, quick: bool) -> int:
    """The exit status."""
    with watched() as progress:
        found = verification.verify(place.settings.data, place.settings.base, quick=quick, told=progress)
    if format_ == "json":
        said = {"revision": found.revision, "from": found.start, "records": found.records}
        print_json({"sound": not found.faults, **said, "faults": list(found.faults)})
    else:
        for fault in found.faults:
            say(fault, "red")
        start = f"revision {found.start}" if found.start else "nothing"
        if found.faults:
            say("The data directory is not what its log says. Keep it, and restore a backup beside it.", "bold red")
        else:
            replayed = f"replayed from {start}, {found.records:,} record{'s' * (found.records != 1)} read"
            say(f"Revision {found.revision} is what the log says: {replayed}.", "bold green")
    return 1 if found.faults else 0
