"""What ``extensions.explain`` tells: what was read for which part of an answer, and what each field comes from.

For whom the answer is, may have it all: it says nothing that the answer, the contract and /sparql do not say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from govgraph.graphql.execution.plan import Planned, each_field
from govgraph.graphql.execution.reading import Read, Request

_MOST_FIELDS = 1000
"""Fields explained: an operation can select each of very many types alike."""


def explain(plan: Mapping[str, Planned], request: Request, *, whole: bool, seconds: float) -> Mapping[str, Any]:
    """Times are in milliseconds. ``planned`` is false where graphql-core walked the answer."""
    base = request.view.names.base
    return {
        "revision": request.view.revision,
        "audience": request.view.audience.value,
        "planned": whole,
        "milliseconds": _milliseconds(seconds),
        "reads": [_read(read, base) for read in request.explained or ()],
        "fields": list(_fields(plan)),
    }


def _read(read: Read, base: str) -> Mapping[str, Any]:
    told: dict[str, Any] = {
        "part": read.part,
        "what": read.what,
        "of": read.names,
        "nodes": read.nodes,
        "remembered": read.remembered,
        "found": read.found,
        "milliseconds": _milliseconds(read.seconds),
    }
    if read.query:
        told["sparql"] = read.query
        told["equivalent"] = read.equivalent
        told["openInSparql"] = f"{base}sparql?query={quote(read.query, safe='')}"
    return told


def _fields(plan: Mapping[str, Planned]) -> Iterator[Mapping[str, Any]]:
    """The fields that are properties, each with its shapes, the main one first."""
    told: set[tuple[str, str]] = set()
    for field in each_field(plan):
        prop = field.rule.property
        if prop is None or (field.part, field.of) in told:
            continue
        if len(told) == _MOST_FIELDS:
            return
        told.add((field.part, field.of))
        path = prop.path
        yield {
            "part": field.part,
            "field": f"{field.of}.{field.name}",
            "property": prop.name,
            "predicate": f"^{path.predicate.value}" if path.inverse else path.predicate.value,
            "shapes": [shape.value for shape in prop.shapes],
        }


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
