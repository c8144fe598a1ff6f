"""Small random catalogues for hypothesis: any entity may point to any other the model lets it point to."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from govgraph.contract import Contract
from govgraph.iris import PREFIXES, RDF_TYPE, XSD, name
from govgraph.store import Term

COUNTS = {
    "cpsv:PublicService": 4,
    "gov:BuildingBlock": 4,
    "gov:System": 4,
    "gov:Product": 2,
    "gov:AcquisitionPlan": 3,
    "cv:PublicOrganisation": 3,
    "gov:DigitalServiceTeam": 1,
    "eli:LegalResource": 4,
    "cpsv:Rule": 2,
    "gov:RegulatoryFramework": 2,
    "gov:Roadmap": 2,
    "gov:RoadmapItem": 4,
    "gov:YearTarget": 3,
    "cv:LifeEvent": 2,
    "cv:BusinessEvent": 1,
    "gov:RankingCriterion": 3,
    "gov:Score": 5,
    "gov:Indicator": 2,
    "gov:Observation": 4,
    "gov:Role": 2,
    "gov:RoleAssignment": 3,
    "gov:Artefact": 2,
    "gov:ArtefactVersion": 3,
    "gov:Procurement": 2,
}
"""How many entities there are of each class."""

LINKS = (
    ("gov:needsBlock", "cpsv:PublicService", "gov:BuildingBlock"),
    ("gov:usesSystem", "cpsv:PublicService", "gov:System"),
    ("cv:hasCompetentAuthority", "cpsv:PublicService", "cv:PublicOrganisation"),
    ("cv:hasLegalResource", "cpsv:PublicService", "eli:LegalResource"),
    ("cpsv:follows", "cpsv:PublicService", "cpsv:Rule"),
    ("cv:isGroupedBy", "cpsv:PublicService", "cv:LifeEvent"),
    ("cv:isGroupedBy", "cpsv:PublicService", "cv:BusinessEvent"),
    ("dct:requires", "cpsv:PublicService", "cpsv:PublicService"),
    ("gov:hasScore", "cpsv:PublicService", "gov:Score"),
    ("gov:partOfEvent", "cv:LifeEvent", "cv:LifeEvent"),
    ("gov:partOfEvent", "cv:LifeEvent", "cv:BusinessEvent"),
    ("gov:requiresBlock", "gov:BuildingBlock", "gov:BuildingBlock"),
    ("gov:realises", "gov:System", "gov:BuildingBlock"),
    ("gov:operatedBy", "gov:System", "cv:PublicOrganisation"),
    ("gov:dependsOnSystem", "gov:System", "gov:System"),
    ("dct:isReplacedBy", "gov:System", "gov:System"),
    ("gov:canRealise", "gov:Product", "gov:BuildingBlock"),
    ("gov:acquires", "gov:AcquisitionPlan", "gov:BuildingBlock"),
    ("org:subOrganizationOf", "cv:PublicOrganisation", "cv:PublicOrganisation"),
    ("gov:hasAssignment", "cv:PublicOrganisation", "gov:RoleAssignment"),
    ("org:unitOf", "gov:DigitalServiceTeam", "cv:PublicOrganisation"),
    ("gov:usesVersion", "gov:DigitalServiceTeam", "gov:ArtefactVersion"),
    ("eli:repealed_by", "eli:LegalResource", "eli:LegalResource"),
    ("gov:appliesTo", "eli:LegalResource", "cv:PublicOrganisation"),
    ("cpsv:implements", "cpsv:Rule", "eli:LegalResource"),
    ("dct:hasPart", "gov:RegulatoryFramework", "eli:LegalResource"),
    ("cv:hasLegalResource", "gov:Roadmap", "eli:LegalResource"),
    ("gov:hasYearTarget", "gov:Roadmap", "gov:YearTarget"),
    ("gov:partOfRoadmap", "gov:RoadmapItem", "gov:Roadmap"),
    ("gov:digitises", "gov:RoadmapItem", "cpsv:PublicService"),
    ("gov:leadOrganisation", "gov:RoadmapItem", "cv:PublicOrganisation"),
    ("gov:usesBlock", "gov:RoadmapItem", "gov:BuildingBlock"),
    ("gov:dependsOnItem", "gov:RoadmapItem", "gov:RoadmapItem"),
    ("cv:hasLegalResource", "gov:RoadmapItem", "eli:LegalResource"),
    ("gov:usesVersion", "gov:RoadmapItem", "gov:ArtefactVersion"),
    ("gov:measuresService", "gov:Indicator", "cpsv:PublicService"),
    ("gov:measuresRoadmap", "gov:Indicator", "gov:Roadmap"),
    ("gov:hasObservation", "gov:Indicator", "gov:Observation"),
    ("cv:role", "gov:RoleAssignment", "gov:Role"),
    ("gov:versionOf", "gov:ArtefactVersion", "gov:Artefact"),
    ("gov:supportsItem", "gov:Procurement", "gov:RoadmapItem"),
    ("gov:buyer", "gov:Procurement", "cv:PublicOrganisation"),
)
"""Property, class it starts from, class it leads to."""


def _codes(*names: str) -> tuple[Term, ...]:
    return tuple(expand(f"code:{each}") for each in names)


def _literals(datatype: str, *texts: str) -> tuple[Term, ...]:
    return tuple(Literal(text, datatype=name(XSD, datatype)) for text in texts)


def expand(compact: str) -> NamedNode:
    prefix, _, local = compact.partition(":")
    return NamedNode(PREFIXES[prefix] + local)


DATES = _literals(
    "date", "2024-02-29", "2026-06-30", "2026-10-31", "2026-11-01", "2026-11-02", "2027-11-01", "2028-01-15"
)
YEARS = _literals("integer", "2024", "2025", "2026", "2027")
DECIMALS = _literals("decimal", "0", "12.5", "50", "66.6", "100")

CHOICES = (
    ("gov:lifecyclePhase", "gov:System", _codes("Plan", "Active", "PhaseOut", "EndOfLife")),
    ("gov:endDate", "gov:System", DATES),
    ("gov:digitalisationLevel", "cpsv:PublicService", _codes("Level1", "Level2", "Level3", "Level4")),
    ("gov:transactionsPerYear", "cpsv:PublicService", _literals("integer", "0", "7", "1000", "1102000")),
    ("gov:complianceLevel", "gov:Product", _literals("integer", "1", "2")),
    ("gov:planStatus", "gov:AcquisitionPlan", _codes("Proposed", "Underway", "Completed", "Abandoned")),
    ("gov:plannedDate", "gov:AcquisitionPlan", DATES),
    ("eli:first_date_entry_in_force", "eli:LegalResource", DATES),
    ("eli:date_no_longer_in_force", "eli:LegalResource", DATES),
    ("gov:instrumentKind", "eli:LegalResource", _codes("ServiceStandard", "ProcurementPolicy")),
    ("gov:appliesToAll", "eli:LegalResource", _literals("boolean", "true", "false")),
    ("gov:itemStatus", "gov:RoadmapItem", _codes("Planned", "InProgress", "Done", "Cancelled")),
    ("gov:targetYear", "gov:RoadmapItem", YEARS),
    ("gov:dueDate", "gov:RoadmapItem", DATES),
    ("gov:completedDate", "gov:RoadmapItem", DATES),
    ("gov:endYear", "gov:Roadmap", YEARS),
    ("gov:scoreDate", "gov:Score", DATES),
    ("gov:betterDirection", "gov:RankingCriterion", _codes("Higher", "Lower")),
    ("gov:betterDirection", "gov:Indicator", _codes("Higher", "Lower")),
    ("gov:baseline", "gov:Indicator", DECIMALS),
    ("gov:target", "gov:Indicator", DECIMALS),
    ("gov:value", "gov:Observation", DECIMALS),
    ("gov:startDate", "gov:Observation", DATES),
    ("gov:endDate", "gov:Observation", DATES),
    ("gov:topManagementFunction", "gov:Role", _codes("CIO", "CTO", "CDO")),
    ("gov:holder", "gov:RoleAssignment", (Literal("Director A"), Literal("Director B"))),
    ("gov:startDate", "gov:RoleAssignment", DATES),
    ("gov:endDate", "gov:RoleAssignment", DATES),
    ("gov:artefactType", "gov:Artefact", _codes("ReferenceArchitecture", "ServiceCatalogue")),
    ("gov:versionStatus", "gov:ArtefactVersion", _codes("Current", "Superseded")),
    ("gov:estimatedValue", "gov:Procurement", DECIMALS),
)
"""Property, class of what has it, and values of which it has one or none."""

ALWAYS = (
    ("gov:year", "gov:YearTarget", YEARS),
    ("gov:targetCount", "gov:YearTarget", _literals("integer", "0", "3", "5")),
    ("gov:axis", "gov:RankingCriterion", _codes("Importance", "Feasibility")),
    ("cv:weight", "gov:RankingCriterion", _literals("decimal", "0.2", "1", "2.5")),
    ("gov:value", "gov:Score", DECIMALS),
)
"""As CHOICES, but none is never left out. Besides, every score has exactly one criterion."""


def nodes(contract: Contract, base: str, class_: str) -> list[NamedNode]:
    slug = contract.by_class[expand(class_)].slug
    return [NamedNode(f"{base}id/{slug}/{number}") for number in range(COUNTS[class_])]


@st.composite
def catalogues(draw: st.DrawFn, contract: Contract, base: str) -> list[Triple]:
    """The triples of a catalogue. About one link in four of all that could be is there."""

    def bits(size: int) -> int:
        return draw(st.integers(0, 2**size - 1)) & draw(st.integers(0, 2**size - 1))

    def single(property_: str, class_: str, values: tuple[Term, ...], least: int) -> Iterator[Triple]:
        for node in nodes(contract, base, class_):
            chosen = draw(st.integers(least, len(values)))
            if chosen:
                yield Triple(node, expand(property_), values[chosen - 1])

    triples = [Triple(n, RDF_TYPE, expand(class_)) for class_ in COUNTS for n in nodes(contract, base, class_)]
    for property_, start, end in LINKS:
        pairs = [(s, o) for s in nodes(contract, base, start) for o in nodes(contract, base, end)]
        there = bits(len(pairs))
        triples += [Triple(s, expand(property_), o) for number, (s, o) in enumerate(pairs) if there >> number & 1]
    for property_, class_, values in CHOICES:
        triples += single(property_, class_, values, 0)
    criteria = tuple(nodes(contract, base, "gov:RankingCriterion"))
    for property_, class_, values in (*ALWAYS, ("gov:scoreFor", "gov:Score", criteria)):
        triples += single(property_, class_, values, 1)
    return triples


def ntriples(triples: list[Triple]) -> bytes:
    return serialize(triples, format=RdfFormat.N_TRIPLES) or b""
