"""The questions about services, blocks and systems, answered by walking the triples in plain Python.

It shares no line with the queries: what the two agree on is likely right. Nodes are written as ``compact`` writes
them, below the base without it; literals are Python values.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from pyoxigraph import Literal, Triple

from govgraph.iris import XSD, compact
from govgraph.store import Term

Node: TypeAlias = Any
Row: TypeAlias = tuple[Any, ...]
Given: TypeAlias = Mapping[str, Any]


def value(term: Term | None, base: str) -> Node:
    if isinstance(term, Literal):
        match term.datatype.value.removeprefix(XSD):
            case "integer":
                return int(term.value)
            case "decimal":
                return Decimal(term.value)
            case "date":
                return date.fromisoformat(term.value)
            case "boolean":
                return term.value == "true"
            case _:
                return term.value
    return None if term is None else compact(term.value).removeprefix(base)  # type: ignore[union-attr]  # no blank nodes


class Facts:
    """Triples, looked up from either end."""

    def __init__(self, triples: Iterable[Triple], base: str) -> None:
        self._out: dict[tuple[Node, str], set[Node]] = defaultdict(set)
        self._into: dict[tuple[Node, str], set[Node]] = defaultdict(set)
        for triple in triples:
            s, p, o = (value(term, base) for term in (triple.subject, triple.predicate, triple.object))
            self._out[s, p].add(o)
            self._into[o, p].add(s)

    def all(self, node: Node, *properties: str) -> set[Node]:
        """What is reached from a node over one property after the other."""
        reached = {node}
        for prop in properties:
            reached = {o for s in reached for o in self._out.get((s, prop), ())}
        return reached

    def back(self, node: Node, *properties: str) -> set[Node]:
        reached = {node}
        for prop in properties:
            reached = {s for o in reached for s in self._into.get((o, prop), ())}
        return reached

    def one(self, node: Node, prop: str) -> Node:
        """The one value, None when there is none."""
        found = self.all(node, prop)
        assert len(found) < 2, (node, prop, found)
        return next(iter(found), None)

    def a(self, *classes: str) -> set[Node]:
        return {node for class_ in classes for node in self.back(class_, "rdf:type")}

    def on(self, node: Node, prop: str) -> set[Node]:
        """The node and all that is reached over a property, however often."""
        seen, ahead = {node}, [node]
        while ahead:
            for found in self.all(ahead.pop(), prop) - seen:
                seen.add(found)
                ahead.append(found)
        return seen

    def beyond(self, node: Node, prop: str) -> set[Node]:
        """All that is reached over a property in one step or more."""
        return {end for first in self.all(node, prop) for end in self.on(first, prop)}


def or_none(values: Iterable[Node]) -> Iterable[Node]:
    return list(values) or [None]


def operational(f: Facts, system: Node) -> bool:
    return True in f.all(system, "gov:lifecyclePhase", "gov:operational")


def realised(f: Facts, block: Node, without: Node = None) -> bool:
    return any(operational(f, system) for system in f.back(block, "gov:realises") - {without})


def needs(f: Facts, service: Node) -> set[Node]:
    """The blocks a service needs, directly or through others."""
    reached = {end for block in f.all(service, "gov:needsBlock") for end in f.on(block, "gov:requiresBlock")}
    return reached & f.a("gov:BuildingBlock")


def lacking(f: Facts) -> dict[Node, set[Node]]:
    """The missing blocks of each service that is blocked."""
    found = {s: {b for b in needs(f, s) if not realised(f, b)} for s in f.a("cpsv:PublicService")}
    return {service: blocks for service, blocks in found.items() if blocks}


def waiting(f: Facts) -> dict[Node, set[Node]]:
    """The services that wait for each missing block."""
    found: dict[Node, set[Node]] = defaultdict(set)
    for service, blocks in lacking(f).items():
        for block in blocks:
            found[block].add(service)
    return found


def yearly(f: Facts, services: Iterable[Node]) -> int:
    return sum(f.one(service, "gov:transactionsPerYear") or 0 for service in services)


def plans(f: Facts, block: Node) -> set[Node]:
    """Its acquisition plans that were not given up."""
    return {p for p in f.back(block, "gov:acquires") if "code:Abandoned" not in f.all(p, "gov:planStatus")}


def planned(f: Facts, block: Node) -> date | None:
    return min((day for plan in plans(f, block) for day in f.all(plan, "gov:plannedDate")), default=None)


def blocked_services(f: Facts, given: Given) -> Iterator[Row]:
    for service, blocks in lacking(f).items():
        for block in blocks:
            if given.get("service") in (None, service) and given.get("missing") in (None, block):
                yield service, block, len(blocks) - 1


def unblocked_by_block(f: Facts, _: Given) -> Iterator[Row]:
    blocked = lacking(f)
    for block, services in waiting(f).items():
        alone = [service for service in services if blocked[service] == {block}]
        yield block, len(alone), yearly(f, alone), len(services), yearly(f, services)


def unblocking_dates(f: Facts, _: Given) -> Iterator[Row]:
    for service, blocks in lacking(f).items():
        days = [planned(f, block) for block in blocks]
        known = [day for day in days if day]
        yield service, len(days), len(days) - len(known), max(known) if len(known) == len(days) else None


def missing_blocks_without_plan(f: Facts, _: Given) -> Iterator[Row]:
    for block, services in waiting(f).items():
        if not plans(f, block):
            for plan in or_none(f.back(block, "gov:acquires")):
                yield block, len(services), plan


def products_for_missing_blocks(f: Facts, given: Given) -> Iterator[Row]:
    properties = ("gov:complianceLevel", "gov:specificationVersion", "gov:complianceDate")
    for block in waiting(f):
        if given.get("block") in (None, block):
            for product in or_none(f.back(block, "gov:canRealise")):
                yield block, product, *(f.one(product, prop) for prop in properties)


def country_stack(f: Facts, given: Given) -> Iterator[Row]:
    for block in f.a("gov:BuildingBlock"):
        if given.get("block") not in (None, block):
            continue
        head = (block, realised(f, block), sum(block in needs(f, service) for service in f.a("cpsv:PublicService")))
        systems, acquired = f.back(block, "gov:realises"), f.back(block, "gov:acquires")
        for system in systems:
            for operator in or_none(f.all(system, "gov:operatedBy")):
                yield *head, system, operator, f.one(system, "gov:lifecyclePhase"), None, None
        for plan in acquired:
            yield *head, None, None, None, plan, f.one(plan, "gov:planStatus")
        if not systems and not acquired:
            yield *head, None, None, None, None, None


def block_duplicates(f: Facts, _: Given) -> Iterator[Row]:
    for block in f.a("gov:BuildingBlock"):
        running = {
            (system, operator)
            for system in f.back(block, "gov:realises")
            if operational(f, system)
            for operator in f.all(system, "gov:operatedBy")
        }
        operators = {operator for _, operator in running}
        if len(operators) > 1:
            yield from ((block, len(operators), system, operator) for system, operator in running)


def touched(f: Facts, system: Node) -> Iterable[Row]:
    """What would notice the end of a system, how, by way of what, and whether it is blocked already."""
    dependents = {s for s in f.a("gov:System") if system in f.beyond(s, "gov:dependsOnSystem")} - {system}
    for dependent in dependents:
        yield dependent, "gov:dependsOnSystem", None, None
    for used in dependents | {system}:
        for service in f.back(used, "gov:usesSystem"):
            yield service, "gov:usesSystem", None if used == system else used, None
    lost = {b for b in f.all(system, "gov:realises") if operational(f, system) and not realised(f, b, without=system)}
    for block in lost:
        yield block, "gov:realises", None, None
        for service in f.a("cpsv:PublicService"):
            if block in needs(f, service):
                yield service, "gov:needsBlock", block, service in lacking(f)


def retiring_system(f: Facts, given: Given) -> Iterator[Row]:
    for row in touched(f, given["system"]):
        yield from ((*row, successor) for successor in or_none(f.all(given["system"], "dct:isReplacedBy")))


def expiring_systems(f: Facts, given: Given) -> Iterator[Row]:
    day: date = given["date"]
    limit = f"{day.year + given['years']}{day.isoformat()[4:]}"
    for system in f.a("gov:System"):
        ends, phase = f.one(system, "gov:endDate"), f.one(system, "gov:lifecyclePhase")
        services = f.back(system, "gov:usesSystem")
        concerns = bool(services) if phase == "code:EndOfLife" else ends is not None and ends.isoformat() <= limit
        if concerns and not f.all(system, "dct:isReplacedBy"):
            yield from ((system, ends, phase, service) for service in or_none(services))


def chosen(f: Facts, given: Given) -> set[Node]:
    """The services, or those of one authority."""
    authority, services = given.get("authority"), f.a("cpsv:PublicService")
    return {s for s in services if authority is None or authority in f.all(s, "cv:hasCompetentAuthority")}


def services_without_event(f: Facts, given: Given) -> Iterator[Row]:
    for service in chosen(f, given):
        if not f.all(service, "cv:isGroupedBy"):
            yield service, f.one(service, "gov:digitalisationLevel"), f.one(service, "gov:transactionsPerYear")


def services_per_level(f: Facts, given: Given) -> Iterator[Row]:
    services = chosen(f, given)
    for level in (*f.a("gov:DigitalisationLevel"), None):
        there = [service for service in services if f.one(service, "gov:digitalisationLevel") == level]
        if there or level:
            yield level, len(there), yearly(f, there)


def event_readiness(f: Facts, _: Given) -> Iterator[Row]:
    events, blocked = f.a("cv:LifeEvent", "cv:BusinessEvent"), lacking(f)
    for event in events:
        services = {
            s
            for s in f.a("cpsv:PublicService")
            if any(event in f.on(group, "gov:partOfEvent") for group in f.all(s, "cv:isGroupedBy"))
        }
        levels = {s: max(f.all(s, "gov:digitalisationLevel", "gov:position"), default=0) for s in services}
        yield event, len(services), sum(level >= 3 for level in levels.values()), len(services & blocked.keys())


def service_prerequisites(f: Facts, given: Given) -> Iterator[Row]:
    service = given["service"]
    for needed in (f.beyond(service, "dct:requires") - {service}) & f.a("cpsv:PublicService"):
        for authority in or_none(f.all(needed, "cv:hasCompetentAuthority")):
            yield needed, f.one(needed, "gov:digitalisationLevel"), authority
