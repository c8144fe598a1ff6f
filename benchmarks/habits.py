"""How a country's catalogue is made: how many of each kind, how often a property is filled in, who is linked to whom.

These are the assumptions behind every figure. A kind or property that stands in no table gets the ordinary habit, so
what a contract adds is filled in as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

QUIET_SERVICES = 12
"""The first services belong to the first organisation and nothing else is linked to either by chance: their number of
links does not depend on the size of the catalogue, which figures about a single change need."""


@dataclass(frozen=True)
class Shape:
    """What may be varied to see whether a figure depends on it.

    ``gaps`` and ``links`` are factors on the shares of missing values and on the numbers of links and parts; ``skew``
    is the exponent of the law by which few organisations keep most services (0: all keep equally many); ``missing`` is
    the share of building blocks that no running system provides.
    """

    services: int
    seed: int = 1
    gaps: float = 1.0
    links: float = 1.0
    skew: float = 0.9
    missing: float = 0.12


@dataclass(frozen=True)
class Habit:
    """Of a kind: ``count`` from the number of services, the share of ``drafts``, and a factor on the share of gaps."""

    count: Callable[[int], int]
    drafts: float = 0.05
    gaps: float = 0.3


ORDINARY = Habit(lambda n: 5 + n // 100)

HABITS: Mapping[str, Habit] = {
    "Service": Habit(lambda n: n, drafts=0.12, gaps=1.0),
    "LifeEvent": Habit(lambda n: min(300, 10 + n // 150), drafts=0, gaps=0),
    "BusinessEvent": Habit(lambda n: min(150, 6 + n // 300), drafts=0, gaps=0),
    "BuildingBlock": Habit(lambda n: 18 + int(n**0.5) // 4, drafts=0, gaps=0),
    "BlockRequirement": Habit(lambda n: 60 + int(n**0.5)),
    "Organisation": Habit(lambda n: 12 + n // 40, drafts=0, gaps=0),
    "Team": Habit(lambda n: 6 + n // 80),
    "Role": Habit(lambda _: 30, drafts=0, gaps=0),
    "System": Habit(lambda n: 20 + n // 8, drafts=0.08, gaps=0.5),
    "Product": Habit(lambda n: 40 + int(n**0.5)),
    "Regulation": Habit(lambda n: 20 + n // 25, drafts=0, gaps=0),
    "Rule": Habit(lambda n: 30 + n // 15),
    "Roadmap": Habit(lambda n: 1 + n // 2000, drafts=0, gaps=0),
    "RoadmapItem": Habit(lambda n: 20 + n // 5, drafts=0.08, gaps=0.5),
    "AcquisitionPlan": Habit(lambda n: 10 + int(n**0.5) // 4),
    "Strategy": Habit(lambda n: 4 + n // 2500),
    "RegulatoryFramework": Habit(lambda n: 1 + n // 10_000, drafts=0, gaps=0),
    "Artefact": Habit(lambda n: 5 + n // 1000, drafts=0, gaps=0),
    "ArtefactVersion": Habit(lambda n: 3 * (5 + n // 1000), drafts=0, gaps=0),
    "Workflow": Habit(lambda n: 12 + n // 500),
    "Journey": Habit(lambda n: 5 + n // 20),
    "Indicator": Habit(lambda n: 8 + n // 25),
    "Criterion": Habit(lambda _: 10, drafts=0, gaps=0),
    "Assessment": Habit(lambda n: 4 + n // 120),
    "Procurement": Habit(lambda n: 10 + n // 20),
    "FollowUp": Habit(lambda n: 2 + n // 1000),
}

GAPS: Mapping[str, float] = {"violation": 0.0, "warning": 0.02, "info": 0.1}
"""The share of entities without a value that is needed at some severity."""

UNTRANSLATED = 0.05
"""The share of titles in the first language only."""

FILLED: Mapping[str, float] = {
    **dict.fromkeys(("publicationStatus", "YearTarget.year", "CapabilityResult.level"), 1.0),
    **dict.fromkeys(("Product.complianceLevel", "Product.specificationVersion", "Product.complianceDate"), 1.0),
    **dict.fromkeys(("Roadmap.legalInstruments", "AcquisitionPlan.product", "Strategy.topManagement"), 1.0),
    **dict.fromkeys(("Role.topManagementFunction", "Regulation.instrument"), 1.0),
    **dict.fromkeys(("RegulatoryFramework.instruments", "Roadmap.startYear", "Roadmap.endYear"), 1.0),
    **dict.fromkeys(("Channel.type", "RoleAssignment.role", "Roadmap.yearTargets", "BuildingBlock.requires"), 1.0),
    **dict.fromkeys(("description", "Service.usesSystems", "RoadmapItem.baselineLevel", "System.startDate"), 0.8),
    **dict.fromkeys(("Service.costs", "Service.evidence", "Service.outputs", "Service.workflows"), 0.5),
    **dict.fromkeys(("Service.requires", "Service.relatedServices", "Service.rules", "Service.scores"), 0.2),
    **dict.fromkeys(("Service.contactPoints", "Service.requirements", "Organisation.parent"), 0.3),
    **dict.fromkeys(("source", "homepage", "spatial", "System.dependsOn", "RoadmapItem.dependsOn"), 0.25),
    **dict.fromkeys(("System.replacedBy", "Regulation.amends", "Regulation.repealedBy", "completedOn"), 0.1),
    **dict.fromkeys(("Service.keyMetrics", "Service.satisfactionMetrics", "Regulation.inForceUntil"), 0.1),
}
"""The share of entities with a value of a property, by ``Kind.property`` or by the property's name alone."""

ORDINARILY_FILLED = 0.3

NUMBERS: Mapping[str, tuple[int, int]] = {
    "Service.needsBlocks": (1, 4),
    "Service.usesSystems": (1, 3),
    "Service.channels": (1, 3),
    "Service.evidence": (1, 2),
    "Service.legalBasis": (1, 2),
    "Service.scores": (2, 4),
    "RoadmapItem.services": (1, 2),
    "RoadmapItem.usesBlocks": (1, 3),
    "System.realises": (1, 2),
    "BuildingBlock.requires": (1, 3),
    "Workflow.usesBlocks": (2, 5),
    "Roadmap.yearTargets": (4, 4),
    "Indicator.observations": (2, 8),
    "Journey.steps": (3, 8),
    "Assessment.results": (3, 6),
    "Strategy.coversServices": (2, 10),
}
"""The fewest and most values of a property that may have several; ordinarily one."""

UNEQUAL = frozenset({"Organisation", "BuildingBlock", "LifeEvent", "BusinessEvent", "System"})
"""Kinds of which a few are linked to by most; others are linked to evenly."""

RESERVED: Mapping[str, int] = {"Service": QUIET_SERVICES, "Organisation": 1}
"""How many of a kind, from the first, nothing is linked to by chance."""
