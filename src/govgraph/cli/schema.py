"""``schema``: the GraphQL schema of a contract, and what becomes of clients when it takes the place of another one."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from rich.text import Text

from govgraph.cli.output import SHOWN, print_json, print_table, say
from govgraph.cli.place import Place
from govgraph.graphql import Limits, Schema, build_schema
from govgraph.graphql.evolution.comparing import (
    Broken,
    Change,
    Evolution,
    Gravity,
    Met,
    compare,
    introspected,
    read_schema,
)
from govgraph.graphql.evolution.registry import Registered, Registry
from govgraph.graphql.schema.federation import subgraph

_STYLES = {Gravity.BREAKING: "bold red", Gravity.DANGEROUS: "yellow", Gravity.SAFE: "green"}


def schema_of(place: Place) -> Schema:
    return build_schema(place.contract, place.questions, Limits.of(place.settings))


def show(place: Place, form: Literal["sdl", "json", "subgraph"]) -> None:
    schema = schema_of(place)
    if form == "json":
        print_json(introspected(schema.core))
    else:
        sys.stdout.write(subgraph(schema.core) if form == "subgraph" else schema.print())


def check(place: Place, old: Path, format_: str) -> int:
    """1 where something breaks. Raises ParameterError where there is no schema in ``old``, OSError."""
    operations = Registry.of(place.settings.data).all()
    found = compare(read_schema(old.read_text("utf-8", errors="replace")), schema_of(place).core, operations)
    if format_ == "json":
        print_json(_as_json(found, operations))
    else:
        _tell(found, operations)
    return 1 if found.of(Gravity.BREAKING) or found.refused else 0


def label(operation: Registered) -> str:
    """What to call an operation in a line."""
    return ", ".join(operation.names) or operation.id[:12]


def _tell(found: Evolution, operations: Sequence[Registered]) -> None:
    for gravity in (Gravity.BREAKING, Gravity.DANGEROUS):
        if changes := found.of(gravity):
            say(f"{gravity} changes", _STYLES[gravity])
            # What meets somebody comes first.
            changes.sort(key=lambda change: not found.changes[change])
            rows = [(change.sentence, change.meaning, _who(found.changes[change])) for change in changes]
            wide = 3 if operations else 2
            print_table(("change", "what it means", "operations")[:wide], [row[:wide] for row in rows])
            say("")
    _tell_safe(found)
    if found.refused:
        say("operations that would be refused", _STYLES[Gravity.BREAKING])
        print_table(("partner", "operation", "why"), [_row(one) for one in found.refused])
        say("")
    counted = [f"{len(found.of(gravity))} {gravity}" for gravity in Gravity]
    say(f"{', '.join(counted)} changes", "bold")
    for partner, (broken, of) in _shares(found, operations).items():
        style = _STYLES[Gravity.BREAKING] if broken else _STYLES[Gravity.SAFE]
        say(f"breaks {broken} of {of} documents of {partner}", style)


def _tell_safe(found: Evolution) -> None:
    """Deprecations one by one, since somebody has to do something; of the others how many there are."""
    safe = found.of(Gravity.SAFE)
    deprecated = [change for change in safe if change.type == "DEPRECATED"]
    if deprecated:
        say("deprecated from now on", "yellow")
        print_table(("what", "operations"), [(one.sentence, _who(found.changes[one])) for one in deprecated])
        say("")
    others = Counter(change.type for change in safe if change.type != "DEPRECATED")
    if others:
        say("safe changes", _STYLES[Gravity.SAFE])
        rows = [(type_.lower().replace("_", " "), str(number)) for type_, number in others.most_common()]
        print_table(("change", "how often"), rows, numbers=("how often",))
        say("")


def _who(met: Iterable[Met]) -> Text:
    """The operations by partner; those that may be met, depending on their variables, with a question mark."""
    by_partner: dict[str, list[str]] = {}
    for one in met:
        names = by_partner.setdefault(one.operation.partner, [])
        names.append(label(one.operation) + ("" if one.certain else "?"))
    return Text("; ".join(f"{partner}: {', '.join(names)}" for partner, names in by_partner.items()))


def _row(one: Broken) -> tuple[str, str, str]:
    more = len(one.reasons) - SHOWN
    reasons = [*one.reasons[:SHOWN], *([f"… and {more} more"] if more > 0 else [])]
    return one.operation.partner, label(one.operation), "\n".join(reasons)


def _shares(found: Evolution, operations: Sequence[Registered]) -> dict[str, tuple[int, int]]:
    """Per partner how many documents break, and how many there are."""
    broken = Counter(one.partner for one in found.broken)
    return {partner: (broken[partner], of) for partner, of in Counter(one.partner for one in operations).items()}


def _as_json(found: Evolution, operations: Sequence[Registered]) -> dict[str, object]:
    return {
        "changes": [_change_as_json(change, met) for change, met in found.changes.items()],
        "refused": [{**_operation_as_json(one.operation), "reasons": list(one.reasons)} for one in found.refused],
        "partners": {
            partner: {"documents": of, "broken": broken} for partner, (broken, of) in _shares(found, operations).items()
        },
    }


def _change_as_json(change: Change, met: Iterable[Met]) -> dict[str, object]:
    return {
        "gravity": change.gravity.value,
        "type": change.type,
        "coordinate": change.coordinate,
        "change": change.sentence,
        "meaning": change.meaning,
        "operations": [{**_operation_as_json(one.operation), "certain": one.certain} for one in met],
    }


def _operation_as_json(one: Registered) -> dict[str, object]:
    return {"partner": one.partner, "id": one.id, "names": list(one.names)}
