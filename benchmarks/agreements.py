"""What the properties of an entity must agree on, and the faults that are planted; knows nothing of writing.

The rules across entities are kept by construction: what two fillers must agree on both work out from the number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from habits import QUIET_SERVICES

if TYPE_CHECKING:
    from values import Filler, Values

Maker: TypeAlias = Callable[["Values"], "Filler"]

_LEVELS = 4
_VERSIONS = 3
"""Of each artefact; the last is the current one."""


def _authority(values: Values) -> Filler:
    chance = values.random("Service.authority")
    return lambda i: (values.iri("Organisation", 0 if i < QUIET_SERVICES else values.pick("Organisation", chance)),)


def _item_services(values: Values) -> Filler:
    """The first items digitise the quiet services, one each."""
    chance, links = values.random("RoadmapItem.services"), max(1, round(2 * values.shape.links))

    def services(i: int) -> Sequence[str]:
        numbers = [i] if i < QUIET_SERVICES else [values.pick("Service", chance) for _ in range(1 + i % links)]
        return [values.iri("Service", number) for number in dict.fromkeys(numbers)]

    return services


def _realises(values: Values) -> Filler:
    """Every tenth system is only planned; the others provide what is not missing."""
    chance = values.random("System.realises")
    count = values.counts["BuildingBlock"]

    def blocks(i: int) -> Sequence[str]:
        found = (values.pick("BuildingBlock", chance) for _ in range(1 + i % 2))
        running = [block - 1 if values.missing(block) and block else block for block in found]
        planned = [next((b for b in chain(range(i % count, count), range(count)) if values.missing(b)), 0)]
        return [values.iri("BuildingBlock", block) for block in dict.fromkeys(planned if i % 10 == 0 else running)]

    return blocks


def _phase(values: Values) -> Filler:
    return lambda i: (values.code("LifecyclePhase", 0 if i % 10 == 0 else (2, 2, 2, 3, 2, 2, 2, 1, 2)[i % 9]),)


def _baseline(item: int) -> int:
    return item % (_LEVELS - 1)


def _target(item: int) -> int:
    return _baseline(item) + 1 + item // 3 % (_LEVELS - 1 - _baseline(item))


def _year(values: Values, item: int) -> int:
    first, last = values.years(values.roadmap_of(item))
    return first + item // 5 % (last - first + 1)


def _versions(values: Values) -> Filler:
    """Every tenth user of a version uses one that was replaced."""
    artefacts = values.counts["Artefact"]
    return lambda i: (values.iri("ArtefactVersion", i % artefacts * _VERSIONS + (0 if i % 10 == 0 else _VERSIONS - 1)),)


def _first_four(values: Values) -> Filler:
    return lambda _: [values.iri("Regulation", i) for i in range(4)]


def _year_literal(year: int) -> str:
    return f'"{year}"^^<http://www.w3.org/2001/XMLSchema#integer>'


def _date_literal(year: int, day: int) -> str:
    return f'"{year}-{day % 12 + 1:02d}-{day % 28 + 1:02d}"^^<http://www.w3.org/2001/XMLSchema#date>'


OWN: Mapping[str, Maker] = {
    "Service.authority": _authority,
    "RoadmapItem.services": _item_services,
    "RoadmapItem.roadmap": lambda v: lambda i: (v.iri("Roadmap", v.roadmap_of(i)),),
    "RoadmapItem.baselineLevel": lambda v: lambda i: (v.code("DigitalisationLevel", _baseline(i)),),
    "RoadmapItem.targetLevel": lambda v: lambda i: (v.code("DigitalisationLevel", _target(i)),),
    "RoadmapItem.targetYear": lambda v: lambda i: (_year_literal(_year(v, i)),),
    "RoadmapItem.dueDate": lambda v: lambda i: (_date_literal(_year(v, i), i),),
    "RoadmapItem.usesVersions": _versions,
    "Team.usesVersions": _versions,
    "Roadmap.startYear": lambda v: lambda i: (_year_literal(v.years(i)[0]),),
    "Roadmap.endYear": lambda v: lambda i: (_year_literal(v.years(i)[1]),),
    "YearTarget.year": lambda _: lambda i: (_year_literal(2025 + i % 4),),
    "System.realises": _realises,
    "System.lifecyclePhase": _phase,
    "ArtefactVersion.artefact": lambda v: lambda i: (v.iri("Artefact", i // _VERSIONS),),
    "ArtefactVersion.status": lambda v: (
        lambda i: (v.code("VersionStatus", 0 if i % _VERSIONS == _VERSIONS - 1 else 1),)
    ),
    "ArtefactVersion.replaces": lambda v: lambda i: (v.iri("ArtefactVersion", i - 1),) if i % _VERSIONS else (),
    "Regulation.instrument": lambda v: lambda i: (v.code("RegulatoryInstrument", i),) if i < 4 else (),
    "RegulatoryFramework.instruments": _first_four,
    "Roadmap.legalInstruments": _first_four,
    "Role.topManagementFunction": lambda v: lambda i: (v.code("TopManagementFunction", i),) if i < 5 else (),
    "Strategy.topManagement": lambda v: lambda _: [v.iri("Role", i) for i in range(5)],
}
"""Properties whose values are not drawn by chance alone, by ``Kind.property``."""

BROKEN_RULES: Mapping[str, tuple[str, Callable[[int], bool]]] = {
    "RoadmapItem.usesVersions": ("itemUsesCurrentVersions", lambda i: i % 10 == 0),
    "Team.usesVersions": ("teamUsesCurrentVersions", lambda i: i % 10 == 0),
}
"""The rule that the values of a property break, and for which entities: all of them Info."""

FAULTS: Mapping[str, tuple[str | None, Maker]] = {
    "Service.level": (None, lambda v: lambda i: [v.code("DigitalisationLevel", i + k) for k in (0, 1)]),
    "Service.authority": (None, lambda v: lambda _: (v.iri("Organisation", "unknown"),)),
    "Indicator.baseline": (None, lambda _: lambda _: ('"much"^^<http://www.w3.org/2001/XMLSchema#decimal>',)),
    "RoadmapItem.targetLevel": (
        "targetLevelAboveBaseline",
        lambda v: lambda i: (v.code("DigitalisationLevel", _baseline(i)),),
    ),
}
"""A value that is a Violation, and the rule it breaks where it is not the property's own shape."""
