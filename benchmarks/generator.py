"""Makes catalogues of any size in the vocabulary of the shapes: the same from the same seed, with known findings.

``python benchmarks/generator.py --services 10000 out.nt`` writes N-Triples. Kinds, properties, ranges and codes come
from the contract; how many and how often stands in ``habits``.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from random import Random
from typing import TextIO

from agreements import BROKEN_RULES, FAULTS
from govgraph.contract import Contract, Form, Kind, Property, Severity
from govgraph.contract.reading import read
from govgraph.iris import RDF_TYPE
from habits import FILLED, GAPS, HABITS, ORDINARILY_FILLED, ORDINARY, RESERVED, Shape
from values import Filler, Values

BASE = "http://127.0.0.1:8000/"
_EVERY, _FIRST = 400, 37
"""Of a kind with planted faults, one entity in so many is faulty, beginning with this one."""

_FULL = 2
"""The first entities of a kind have a value of every property, so that every property occurs at any size; the second
because links within a kind lead to earlier ones."""


@dataclass(frozen=True)
class Planted:
    """A finding to expect: ``what`` is the property's API name or the rule's."""

    entity: str
    what: str
    severity: Severity


@dataclass(frozen=True)
class Made:
    """What was written. ``quiet`` entities have as many links at every size, ``hubs`` the most; IRIs by kind."""

    shape: Shape
    triples: int
    counts: Mapping[str, int]
    quiet: Mapping[str, str]
    hubs: Mapping[str, str]
    planted: tuple[Planted, ...] = field(repr=False)


@dataclass(frozen=True)
class _Column:
    """How one property of a kind is written."""

    place: str
    prop: Property
    predicate: str
    filler: Filler | None
    part: Kind | None
    share: float
    chance: Random
    translated: bool
    breaks: tuple[str, Callable[[int], bool]] | None
    fault: tuple[str, Filler] | None


class Generator:
    """Writes one catalogue; use it once."""

    def __init__(self, contract: Contract, shape: Shape, base: str = BASE) -> None:
        self._contract = contract
        self._shape = shape
        self._values = Values(contract, shape, base)
        self._columns = {kind.name: [*self._compile(kind)] for kind in contract.kinds}
        self._planted: list[Planted] = []
        self._parts: Counter[str] = Counter()

    def write(self, out: TextIO) -> Made:
        values, triples = self._values, 0
        for kind in self._contract.entities:
            whole = RESERVED.get(kind.name, 0)
            for number in range(values.counts[kind.name]):
                lines: list[str] = []
                self._describe(kind, number, values.iri(kind.name, number), lines, number < whole)
                out.write("".join(lines))
                triples += len(lines)
        return Made(
            shape=self._shape,
            triples=triples,
            counts=values.counts,
            quiet={kind: values.iri(kind, 0)[1:-1] for kind in ("Service", "Organisation", "RoadmapItem")},
            hubs={"Organisation": values.iri("Organisation", 1)[1:-1]}
            | {kind: values.iri(kind, 0)[1:-1] for kind in ("BuildingBlock", "LifeEvent", "System")},
            planted=tuple(self._planted),
        )

    def _compile(self, kind: Kind) -> Iterator[_Column]:
        values, habit = self._values, HABITS.get(kind.name, ORDINARY)
        for prop in (p for p in kind.properties if p.stored):
            place = f"{kind.name}.{prop.name}"
            fault = FAULTS.get(place) if self._shape.gaps else None
            yield _Column(
                place=place,
                prop=prop,
                predicate=f"<{prop.path.predicate.value}>",
                filler=values.filler(kind, prop),
                part=self._contract.by_name[prop.kinds[0]] if prop.form is Form.PART else None,
                share=1 - GAPS[prop.needed] * habit.gaps * self._shape.gaps
                if prop.needed
                else FILLED.get(place, FILLED.get(prop.name, ORDINARILY_FILLED)),
                chance=values.random(place, "filled"),
                translated=values.bounds[prop].translated,
                breaks=BROKEN_RULES.get(place),
                fault=(fault[0] or prop.name, fault[1](values)) if fault else None,
            )

    def _describe(self, kind: Kind, number: int, iri: str, lines: list[str], whole: bool) -> None:
        """Write an entity or part and all its parts; a ``whole`` one lacks nothing."""
        columns = self._columns[kind.name]
        faulty = self._faulty(columns, number)
        lines.append(f"{iri} <{RDF_TYPE.value}> <{kind.class_.value}> .\n")
        for column in columns:
            needed = number < _FULL or faulty is not None or (whole and column.prop.needed)
            filled = column.chance.random() < column.share or needed
            objects = self._objects(column, number, iri, lines, whole) if filled else ()
            if column is faulty and column.fault:
                what, wrong = column.fault
                objects = wrong(number)
                self._plant(iri, what, Severity.VIOLATION)
            if not objects and column.prop.needed:
                self._plant(iri, column.prop.name, column.prop.needed)
            if column.translated and len(objects) < len(self._contract.languages):
                self._plant(iri, column.prop.name, Severity.INFO)
            if objects and column.breaks and column.breaks[1](number):
                self._plant(iri, column.breaks[0], Severity.INFO)
            lines += [f"{iri} {column.predicate} {value} .\n" for value in objects]

    def _objects(self, column: _Column, number: int, iri: str, lines: list[str], whole: bool) -> Sequence[str]:
        kind = column.part
        if kind is None:
            return column.filler(number) if column.filler else ()
        stem, parts = iri[1:-1].rpartition("/")[2], []
        for _ in range(self._values.how_many(column.place, column.prop, column.chance)):
            part = self._values.iri(kind.name, f"{stem}-{self._parts[kind.name]}")
            self._describe(kind, self._parts[kind.name], part, lines, whole)
            self._parts[kind.name] += 1
            parts.append(part)
        return parts

    def _faulty(self, columns: list[_Column], number: int) -> _Column | None:
        """The property in which an entity is faulty; the properties that can be take turns."""
        faults = [column for column in columns if column.fault] if number % _EVERY == _FIRST else []
        return faults[number // _EVERY % len(faults)] if faults else None

    def _plant(self, iri: str, what: str, severity: Severity) -> None:
        self._planted.append(Planted(iri[1:-1], what, severity))


def generate(contract: Contract, shape: Shape, path: Path, base: str = BASE) -> Made:
    """Write a catalogue to a file."""
    with path.open("w", encoding="utf-8", buffering=1 << 20) as out:
        return Generator(contract, shape, base).write(out)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a made-up catalogue as N-Triples.")
    parser.add_argument("path", type=Path, help="file to write")
    parser.add_argument("--base", default=BASE, help="base of the IRIs of the catalogue")
    for one in fields(Shape):
        number = int if one.type == "int" else float
        needed = one.name == "services"
        parser.add_argument(f"--{one.name}", type=number, required=needed, default=None if needed else one.default)
    given = parser.parse_args()
    shape = Shape(**{one.name: getattr(given, one.name) for one in fields(Shape)})
    made = generate(read(), shape, given.path, given.base)
    severities = Counter(planted.severity.value for planted in made.planted)
    print(f"{made.triples:,} triples; {sum(made.counts.values()):,} entities; findings: {dict(severities)}")


if __name__ == "__main__":
    main()
