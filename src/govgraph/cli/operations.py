"""``operations``: partners' documents examined by the schema and registered, so that clients run them by id."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from govgraph.cli.output import print_json, print_table, say
from govgraph.cli.place import Place
from govgraph.cli.schema import label, schema_of
from govgraph.errors import NotFound, ParameterError
from govgraph.graphql import Schema
from govgraph.graphql.evolution import manifest
from govgraph.graphql.evolution.examining import Examined, examine
from govgraph.graphql.evolution.registry import Registered, Registry

_DOCUMENTS = (".graphql", ".gql", ".graphqls")
_MANIFEST = ".json"


@dataclass(frozen=True)
class _Candidate:
    """A document of a file, with what there is to say of it."""

    file: str
    operation: Registered
    examined: Examined


def add(place: Place, partner: str, files: Sequence[Path], format_: str) -> int:
    """Add all documents, or none and 1 where one of them is wrong. Raises ParameterError, OSError."""
    schema = schema_of(place)
    candidates = [_candidate(schema, partner, file, entry) for file in _files(files) for entry in _entries(file)]
    if not candidates:
        raise ParameterError(
            "There is no document in these files.",
            f"Documents end in {', '.join(_DOCUMENTS)}, manifests in {_MANIFEST}.",
            parameter="files",
        )
    wrong = [one for one in candidates if one.examined.errors]
    if wrong:
        rows = [(one.file, label(one.operation), "\n".join(one.examined.errors)) for one in wrong]
        print_table(("file", "operation", "why it is refused"), rows, error=True)
        say("Nothing was added.", "bold red", error=True)
        return 1
    added = Registry.of(place.settings.data).add(one.operation for one in candidates)
    _advise(candidates)
    _show([(one.operation, one.examined) for one in candidates], format_)
    say(f"{len(added)} added, {len(candidates) - len(added)} there before.", "bold green", error=True)
    return 0


def show(place: Place, partner: str, format_: str) -> None:
    """What is registered, as the schema of now sees it."""
    schema, found = schema_of(place), _registered(place, partner)
    if not found and format_ != "json":
        say("No operation is registered yet. Add some: govgraph operations add PARTNER FILES")
        return
    _show([(one, examine(schema, one.document)) for one in found], format_)


def remove(place: Place, partner: str, ids: Sequence[str]) -> None:
    gone = Registry.of(place.settings.data).remove(partner, ids)
    say(f"{len(gone)} of {partner} removed: {', '.join(label(one) for one in gone)}.", "bold green", error=True)


def check(place: Place, partner: str, format_: str) -> int:
    """Whether what is registered runs by the schema of now; 1 where something does not."""
    schema = schema_of(place)
    examined = [(one, examine(schema, one.document)) for one in _registered(place, partner)]
    if format_ == "json":
        print_json([{**_as_json(one, said), "errors": said.errors, "advice": said.advice} for one, said in examined])
    else:
        for words, of in (
            ("why it is refused", [(one, said.errors) for one, said in examined]),
            ("what it should leave", [(one, said.advice) for one, said in examined]),
        ):
            rows = [(one.partner, label(one), "\n".join(lines)) for one, lines in of if lines]
            if rows:
                print_table(("partner", "operation", words), rows)
                say("")
        wrong = sum(bool(said.errors) for _, said in examined)
        say(f"{len(examined) - wrong} of {len(examined)} documents run", "bold red" if wrong else "bold green")
    return 1 if any(said.errors for _, said in examined) else 0


def write(place: Place, partner: str, form: str) -> None:
    """The manifest of a partner's operations on the standard output. Raises NotFound."""
    schema, found = schema_of(place), _registered(place, partner)
    if not found:
        raise NotFound(f"No operation of {partner} is registered.", "govgraph operations list names those there are.")
    types = {one: examine(schema, one.document).type for one in found}
    sys.stdout.write(manifest.write(found, types, manifest.Form(form)))


def _registered(place: Place, partner: str) -> list[Registered]:
    return [one for one in Registry.of(place.settings.data).all() if partner in ("", one.partner)]


def _files(given: Iterable[Path]) -> Iterator[Path]:
    for path in given:
        if path.is_dir():
            yield from sorted(one for one in path.rglob("*") if one.suffix in (*_DOCUMENTS, _MANIFEST))
        else:
            yield path


def _entries(file: Path) -> Iterable[manifest.Entry]:
    try:
        text = file.read_text("utf-8")
        return manifest.read(text) if file.suffix == _MANIFEST else (manifest.Entry("", text),)
    except UnicodeDecodeError:
        raise ParameterError(f"{file} is not UTF-8.", "Save it as UTF-8.", parameter="files", value=str(file)) from None
    except ParameterError as error:
        raise ParameterError(f"{file}: {error.sentence}", error.hint, parameter="files", value=str(file)) from None


def _candidate(schema: Schema, partner: str, file: Path, entry: manifest.Entry) -> _Candidate:
    examined = examine(schema, entry.document)
    operation = Registered.of(partner, entry.document, examined.names, entry.id)
    return _Candidate(str(file), operation, examined)


def _advise(candidates: Iterable[_Candidate]) -> None:
    for one in candidates:
        for line in one.examined.advice:
            say(f"{one.file}: {line}", "yellow", error=True)


def _show(operations: Sequence[tuple[Registered, Examined]], format_: str) -> None:
    if format_ == "json":
        print_json([_as_json(one, examined) for one, examined in operations])
        return
    rows = [(one.partner, _named(one, said), _points(said), one.alias or one.id) for one, said in operations]
    print_table(("partner", "operation", "points", "id"), rows, whole=("id",))


def _named(one: Registered, examined: Examined) -> str:
    return ", ".join(f"{type_} {name}".strip() for name, type_ in examined.types.items()) or label(one)


def _points(examined: Examined) -> str:
    return ", ".join(str(points) for points in examined.points.values()) if not examined.errors else "refused"


def _as_json(one: Registered, examined: Examined) -> dict[str, object]:
    return {
        "partner": one.partner,
        "id": one.id,
        "alias": one.alias or None,
        "operations": [
            {"name": name or None, "type": type_, "points": examined.points.get(name)}
            for name, type_ in examined.types.items()
        ],
    }
