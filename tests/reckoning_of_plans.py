"""The questions about law, roadmap, measurement and organisation, answered by walking the triples in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import reckoning
from reckoning import Facts, Given, Node, Row, or_none, planned, realised


def in_force(f: Facts, text: Node, day: date) -> bool:
    begins, ends = f.one(text, "eli:first_date_entry_in_force"), f.one(text, "eli:date_no_longer_in_force")
    if begins is None or begins > day:
        return False
    if ends is not None:
        return bool(ends >= day)
    return not any(since <= day for since in f.all(text, "eli:repealed_by", "eli:first_date_entry_in_force"))


def ways(f: Facts, item: Node) -> Iterator[tuple[Node, Node, Node]]:
    """Every text an item rests on, what names it, and the service through which, if it is one."""
    for text in f.all(item, "cv:hasLegalResource"):
        yield text, item, None
    for text_of in f.all(item, "gov:partOfRoadmap"):
        for text in f.all(text_of, "cv:hasLegalResource"):
            yield text, text_of, None
    for service in f.all(item, "gov:digitises"):
        for text in f.all(service, "cv:hasLegalResource"):
            yield text, service, service
        for rule in f.all(service, "cpsv:follows"):
            for text in f.all(rule, "cpsv:implements"):
                yield text, rule, service


def grounds(f: Facts, node: Node) -> set[Node]:
    """The texts on which a service, rule, roadmap or item rests."""
    own = f.all(node, "cv:hasLegalResource") | f.all(node, "cpsv:implements")
    return own | f.all(node, "cpsv:follows", "cpsv:implements") | {text for text, _, _ in ways(f, node)}


def is_open(f: Facts, item: Node) -> bool:
    return not f.all(item, "gov:itemStatus") & {"code:Done", "code:Cancelled"}


def live(f: Facts) -> set[Node]:
    return {i for i in f.a("gov:RoadmapItem") if "code:Cancelled" not in f.all(i, "gov:itemStatus")}


def due(f: Facts, item: Node) -> date | None:
    year = f.one(item, "gov:targetYear")
    return f.one(item, "gov:dueDate") or (date(year, 12, 31) if year else None)


def regulations_of_item(f: Facts, given: Given) -> Iterator[Row]:
    for item in f.a("gov:RoadmapItem"):
        if given.get("item") in (None, item):
            for text, via, service in ways(f, item):
                if in_force(f, text, given["date"]):
                    yield item, text, via, service


def repealing_regulation(f: Facts, given: Given) -> Iterator[Row]:
    text, day = given["regulation"], given["date"]
    for node in f.a("cpsv:PublicService", "cpsv:Rule", "gov:Roadmap", "gov:RoadmapItem"):
        if text in grounds(f, node):
            yield node, any(in_force(f, other, day) for other in grounds(f, node) - {text})
    for framework in f.a("gov:RegulatoryFramework"):
        parts = f.all(framework, "dct:hasPart")
        if text in parts:
            alike = {p for p in parts - {text} if f.all(p, "gov:instrumentKind") & f.all(text, "gov:instrumentKind")}
            yield framework, any(in_force(f, part, day) for part in alike)


def regulations_not_in_force(f: Facts, given: Given) -> Iterator[Row]:
    for text in f.a("eli:LegalResource"):
        if not in_force(f, text, given["date"]):
            begins, ends = f.one(text, "eli:first_date_entry_in_force"), f.one(text, "eli:date_no_longer_in_force")
            for relation in ("cv:hasLegalResource", "cpsv:implements", "dct:hasPart"):
                for user in f.back(text, relation):
                    for repealing in or_none(f.all(text, "eli:repealed_by")):
                        yield text, begins, ends, repealing, user


def missing_instruments(f: Facts, given: Given) -> Iterator[Row]:
    for framework in f.a("gov:RegulatoryFramework"):
        for kind in f.a("gov:RegulatoryInstrument"):
            named = {part for part in f.all(framework, "dct:hasPart") if kind in f.all(part, "gov:instrumentKind")}
            if not any(in_force(f, part, given["date"]) for part in named):
                yield from ((framework, kind, part) for part in or_none(named))


def organisations_not_bound(f: Facts, given: Given) -> Iterator[Row]:
    led: dict[tuple[Node, Node], int] = defaultdict(int)
    for item in live(f):
        for organisation in f.all(item, "gov:leadOrganisation"):
            for roadmap in f.all(item, "gov:partOfRoadmap"):
                led[roadmap, organisation] += 1
    for (roadmap, organisation), items in led.items():
        if (f.one(roadmap, "gov:endYear") or 9999) < given["date"].year:
            continue
        above = f.on(organisation, "org:subOrganizationOf")
        texts = {text for text in f.all(roadmap, "cv:hasLegalResource") if in_force(f, text, given["date"])}
        if not any(True in f.all(t, "gov:appliesToAll") or f.all(t, "gov:appliesTo") & above for t in texts):
            yield roadmap, organisation, items


def yearly_progress(f: Facts, given: Given) -> Iterator[Row]:
    for roadmap in f.a("gov:Roadmap"):
        if given.get("roadmap") not in (None, roadmap):
            continue
        targets: dict[int, int] = defaultdict(int)
        meant: dict[int, set[Node]] = defaultdict(set)
        finished: dict[int, set[Node]] = defaultdict(set)
        for part in f.all(roadmap, "gov:hasYearTarget"):
            targets[f.one(part, "gov:year")] += f.one(part, "gov:targetCount")
        for item in f.back(roadmap, "gov:partOfRoadmap") & live(f):
            aim, completed = f.one(item, "gov:targetYear"), f.one(item, "gov:completedDate")
            meant[aim] |= f.all(item, "gov:digitises")
            if "code:Done" in f.all(item, "gov:itemStatus"):
                finished[completed.year if completed else aim] |= f.all(item, "gov:digitises")
        for year in {*targets, *meant, *finished} - {None}:
            target, done = targets.get(year), len(finished[year])
            yield roadmap, year, target, len(meant[year]), done, None if target is None else target - done


def late_items(f: Facts, given: Given) -> Iterator[Row]:
    for item in f.a("gov:RoadmapItem"):
        day = due(f, item)
        if day and day < given["date"] and is_open(f, item):
            for lead in or_none(f.all(item, "gov:leadOrganisation")):
                yield item, lead, f.one(item, "gov:itemStatus"), day, (given["date"] - day).days


def items_at_risk(f: Facts, given: Given) -> Iterator[Row]:
    for item in f.a("gov:RoadmapItem"):
        day = due(f, item)
        if not day or not is_open(f, item) or given.get("item") not in (None, item):
            continue
        vias = [(service, f.all(service, "gov:needsBlock")) for service in f.all(item, "gov:digitises")]
        vias += [(block, {block}) for block in f.all(item, "gov:usesBlock")]
        missing: dict[Node, set[Node]] = defaultdict(set)
        for via, first in vias:
            for block in {end for start in first for end in f.on(start, "gov:requiresBlock")}:
                if not realised(f, block):
                    missing[block].add(via)
        for block, through in missing.items():
            ready = planned(f, block)
            if ready is None or ready > day:
                yield item, day, block, ready, min(through)
        for other in f.all(item, "gov:dependsOnItem"):
            status = f.all(other, "gov:itemStatus")
            ready = None if "code:Cancelled" in status else due(f, other)
            if "code:Done" not in status and (ready is None or ready > day):
                yield item, day, other, ready, None


def services_without_item(f: Facts, given: Given) -> Iterator[Row]:
    for service in reckoning.chosen(f, given):
        items = f.back(service, "gov:digitises")
        if not items & live(f):
            level, number = f.one(service, "gov:digitalisationLevel"), f.one(service, "gov:transactionsPerYear")
            yield from ((service, level, number, item) for item in or_none(items))


def rounded(number: Decimal) -> Decimal:
    """To one decimal, halves towards the greater number, as ROUND does (XPath functions section 4.4.4)."""
    tenths = (abs(number) * 10).quantize(Decimal(1), ROUND_HALF_UP)
    if number < 0 and tenths - abs(number) * 10 == Decimal("0.5"):
        tenths -= 1
    return (tenths if number >= 0 else -tenths) / 10


def service_ranking(f: Facts, given: Given) -> Iterator[Row]:
    for service in f.a("cpsv:PublicService"):
        by_criterion: dict[Node, list[tuple[date, Decimal]]] = defaultdict(list)
        for score in f.all(service, "gov:hasScore"):
            day = f.one(score, "gov:scoreDate") or date.min
            if day <= given["date"]:
                by_criterion[f.one(score, "gov:scoreFor")].append((day, f.one(score, "gov:value")))
        sums = {"code:Importance": [Decimal(0)] * 2, "code:Feasibility": [Decimal(0)] * 2}
        for criterion, scores in by_criterion.items():
            axis, weight = f.one(criterion, "gov:axis"), f.one(criterion, "cv:weight")
            for points in [points for day, points in scores if day == max(scores)[0]]:
                good = 100 - points if "code:Lower" in f.all(criterion, "gov:betterDirection") else points
                sums[axis] = [sums[axis][0] + weight * good, sums[axis][1] + weight]
        if by_criterion:
            first, second = (rounded(a / b) if b else None for a, b in sums.values())
            quadrant = None
            if first is not None and second is not None:
                high, easy = first >= given["importanceFrom"], second >= given["feasibilityFrom"]
                quadrant = {(True, True): "A", (True, False): "B", (False, True): "C"}.get((high, easy), "D")
            yield service, quadrant, first, second, len(by_criterion)


def indicators_behind(f: Facts, given: Given) -> Iterator[Row]:
    for indicator in f.a("gov:Indicator"):
        days: dict[date, set[Decimal]] = defaultdict(set)
        for observation in f.all(indicator, "gov:hasObservation"):
            day = f.one(observation, "gov:endDate") or f.one(observation, "gov:startDate")
            number = f.one(observation, "gov:value")
            if day and day <= given["date"] and number is not None:
                days[day].add(number)
        base, target = f.one(indicator, "gov:baseline"), f.one(indicator, "gov:target")
        if not days or target is None:
            continue
        better = f.one(indicator, "gov:betterDirection")
        lower = better == "code:Lower" if better else base is not None and target < base
        measured = f.all(indicator, "gov:measuresService") | f.all(indicator, "gov:measuresRoadmap")
        for latest in days[max(days)]:
            if latest > target if lower else latest < target:
                way = None if base in (None, target) else rounded(100 * (latest - base) / (target - base))
                for node in or_none(measured):
                    yield indicator, node, base, latest, target, f.one(indicator, "gov:unit"), max(days), way


def organisations_without_team(f: Facts, _: Given) -> Iterator[Row]:
    led = {organisation: f.back(organisation, "gov:leadOrganisation") & live(f) for organisation in f.a(ORGANISATION)}
    planned_services = {service for item in live(f) for service in f.all(item, "gov:digitises")}
    for organisation, items in led.items():
        services = f.back(organisation, "cv:hasCompetentAuthority") & planned_services
        if (items or services) and not f.back(organisation, "org:unitOf"):
            yield organisation, len(items), len(services)


def unfilled_top_roles(f: Facts, given: Given) -> Iterator[Row]:
    day = given["date"]
    for function in f.a("gov:TopManagementFunction"):
        held = {a for a in f.back(function, "gov:topManagementFunction", "cv:role") if f.back(a, "gov:hasAssignment")}
        spans = {a: (f.one(a, "gov:startDate"), f.one(a, "gov:endDate")) for a in held}
        if any((begin or day) <= day <= (end or day) for begin, end in spans.values()):
            continue
        last = max((end for _, end in spans.values() if end and end < day), default=None)
        holders = {f.one(a, "gov:holder") for a, (_, end) in spans.items() if last and end == last}
        yield from ((function, last, holder) for holder in or_none(holders))


def superseded_in_use(f: Facts, _: Given) -> Iterator[Row]:
    for version in f.back("code:Superseded", "gov:versionStatus"):
        versions = {
            other for artefact in f.all(version, "gov:versionOf") for other in f.back(artefact, "gov:versionOf")
        }
        for user in f.back(version, "gov:usesVersion"):
            for current in or_none(versions & f.back("code:Current", "gov:versionStatus")):
                yield user, version, current


def missing_artefacts(f: Facts, _: Given) -> Iterator[Row]:
    for kind in f.a("gov:ArtefactType"):
        artefacts = f.back(kind, "gov:artefactType")
        versions = {version for artefact in artefacts for version in f.back(artefact, "gov:versionOf")}
        if not versions & f.back("code:Current", "gov:versionStatus"):
            yield from ((kind, artefact) for artefact in or_none(artefacts))


def procurements_without_item(f: Facts, _: Given) -> Iterator[Row]:
    properties = ("gov:estimatedValue", "gov:currencyCode", "gov:procurementStatus")
    for procurement in f.a("gov:Procurement"):
        if not f.all(procurement, "gov:supportsItem"):
            for buyer in or_none(f.all(procurement, "gov:buyer")):
                yield procurement, buyer, *(f.one(procurement, prop) for prop in properties)


ORGANISATION = "cv:PublicOrganisation"
RECKONED: Mapping[str, Callable[[Facts, Given], Iterator[Row]]] = {
    name: found
    for module in (vars(reckoning), globals())
    for name, found in module.items()
    if callable(found) and getattr(found, "__annotations__", {}).get("return") == "Iterator[Row]"
}
"""A question's name to how it is reckoned."""
