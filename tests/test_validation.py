"""Findings: both engines say the same, each finding says what, where and what to do, and what it costs."""

from __future__ import annotations

from collections.abc import Callable

import pyoxigraph
import pytest
from pyoxigraph import NamedNode, RdfFormat

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, Seed, Small, service
from govgraph.contract import Contract, Severity
from govgraph.validation import Finding, Points, Report, check, explain, ntriples, points, read_back

RULE_BREAKERS = {
    "blockDependenciesAcyclic": """
        <id/building-block/a> a gov:BuildingBlock ; gov:requiresBlock <id/building-block/b> .
        <id/building-block/b> a gov:BuildingBlock ; gov:requiresBlock <id/building-block/a> .""",
    "atMostOneCurrentVersion": """
        <id/artefact/a> a gov:Artefact .
        <id/artefact-version/1> a gov:ArtefactVersion ; gov:versionOf <id/artefact/a> ;
            gov:versionStatus code:Current .
        <id/artefact-version/2> a gov:ArtefactVersion ; gov:versionOf <id/artefact/a> ;
            gov:versionStatus code:Current .""",
    "artefactHasCurrentVersion": "<id/artefact/a> a gov:Artefact .",
    "targetYearWithinRoadmap": """
        <id/roadmap/r> a gov:Roadmap ; gov:startYear 2025 ; gov:endYear 2028 .
        <id/roadmap-item/i> a gov:RoadmapItem ; gov:partOfRoadmap <id/roadmap/r> ; gov:targetYear 2029 .""",
    "targetLevelAboveBaseline": """
        <id/roadmap-item/i> a gov:RoadmapItem ; gov:baselineLevel code:Level3 ; gov:targetLevel code:Level3 .""",
    "itemDependenciesAcyclic": """
        <id/roadmap-item/a> a gov:RoadmapItem ; gov:dependsOnItem <id/roadmap-item/b> .
        <id/roadmap-item/b> a gov:RoadmapItem ; gov:dependsOnItem <id/roadmap-item/c> .
        <id/roadmap-item/c> a gov:RoadmapItem ; gov:dependsOnItem <id/roadmap-item/a> .""",
    "publishedRoadmapIsBinding": "<id/roadmap/r> a gov:Roadmap ; gov:publicationStatus code:Published .",
    "reuseNamesProduct": "<id/acquisition-plan/p> a gov:AcquisitionPlan ; gov:acquisitionApproach code:Reuse .",
    "strategyHasTopManagement": "<id/strategy/s> a gov:Strategy .",
    "frameworkHasAllInstruments": "<id/regulatory-framework/f> a gov:RegulatoryFramework .",
    "complianceIsShown": "<id/product/p> a gov:Product ; gov:compliant true .",
    "servicesDoNotRequireEachOther": """
        <id/service/a> a cpsv:PublicService ; dct:requires <id/service/b> .
        <id/service/b> a cpsv:PublicService ; dct:requires <id/service/a> .""",
    "teamUsesCurrentVersions": """
        <id/artefact-version/1> a gov:ArtefactVersion ; gov:versionStatus code:Superseded .
        <id/team/t> a gov:DigitalServiceTeam ; gov:usesVersion <id/artefact-version/1> .""",
    "itemUsesCurrentVersions": """
        <id/artefact-version/1> a gov:ArtefactVersion ; gov:versionStatus code:Superseded .
        <id/roadmap-item/i> a gov:RoadmapItem ; gov:usesVersion <id/artefact-version/1> .""",
}

ILL_TYPED = service(
    "ill",
    more="""; gov:transactionsPerYear "many"^^xsd:integer, "01"^^xsd:integer ; gov:crossBorder "yes"^^xsd:boolean ;
    cv:processingTime "P1D"^^xsd:string ; gov:visits 2.5 ; dct:title "No language" ; foaf:homepage "http://x" ;
    cv:hasLegalResource "not a link" ; gov:needsBlock <id/service/ill> """,
)


def data(turtle: str) -> bytes:
    text = TURTLE_PREFIXES + turtle
    return ntriples(quad.triple for quad in pyoxigraph.parse(text, RdfFormat.TURTLE, base_iri=BASE))


def test_every_rule_across_entities_is_tried(contract: Contract) -> None:
    assert set(RULE_BREAKERS) == {rule.name for rule in contract.rules}


@pytest.mark.parametrize("rule", RULE_BREAKERS)
def test_a_broken_rule_is_found_by_both_engines(contract: Contract, rule: str) -> None:
    both = [
        {f for f in check(contract, (data(RULE_BREAKERS[rule]),), engine).findings if f.rule == rule}
        for engine in ("shacl", "pyshacl")
    ]
    assert both[0] == both[1]
    assert both[0]
    severity = next(r.severity for r in contract.rules if r.name == rule)
    assert {f.severity for f in both[0]} == {severity}
    for finding in both[0]:
        for language in contract.languages:
            assert explain(contract, finding, (language,))


def test_a_good_roadmap_item_breaks_no_rule(contract: Contract) -> None:
    good = """
        <id/roadmap/r> a gov:Roadmap ; gov:startYear 2025 ; gov:endYear 2028 .
        <id/roadmap-item/i> a gov:RoadmapItem ; gov:partOfRoadmap <id/roadmap/r> ; gov:targetYear 2028 ;
            gov:baselineLevel code:Level1 ; gov:targetLevel code:Level4 ."""
    assert not [f for f in check(contract, (data(good),)).findings if f.rule]


@pytest.mark.parametrize("engine", ["shacl", "pyshacl"])
def test_what_waits_for_a_circle_is_not_in_it_but_what_waits_for_itself_is(contract: Contract, engine: str) -> None:
    items = """
        <id/roadmap-item/itself> a gov:RoadmapItem ; gov:dependsOnItem <id/roadmap-item/itself> .
        <id/roadmap-item/waits> a gov:RoadmapItem ; gov:dependsOnItem <id/roadmap-item/itself> ."""
    services = """
        <id/service/itself> a cpsv:PublicService ; dct:requires <id/service/itself> .
        <id/service/waits> a cpsv:PublicService ; dct:requires <id/service/itself> ."""
    found = {(f.rule, f.entity.value) for f in check(contract, (data(items + services),), engine).findings if f.rule}
    assert found == {
        ("itemDependenciesAcyclic", f"{BASE}id/roadmap-item/itself"),
        ("servicesDoNotRequireEachOther", f"{BASE}id/service/itself"),
    }


def test_engines_agree_on_ill_typed_literals(contract: Contract) -> None:
    reports = [
        set(check(contract, (data(ORGANISATION + ILL_TYPED),), engine).findings) for engine in ("shacl", "pyshacl")
    ]
    assert reports[0] == reports[1]
    components = {f.component.value.rpartition("#")[2] for f in reports[0]}
    assert {"DatatypeConstraintComponent", "ClassConstraintComponent", "NodeKindConstraintComponent"} <= components
    shown = {str(f.value) for f in reports[0] if f.property_name == "transactionsPerYear"}
    assert '"many"^^<http://www.w3.org/2001/XMLSchema#integer>' in shown


def test_engines_agree_on_the_seed(seed: Seed) -> None:
    graphs = [seed.working.reader.dump(graph) for graph in seed.working.graphs[:2]]
    reports = [set(check(seed.contract, graphs, engine).findings) for engine in ("shacl", "pyshacl")]
    assert reports[0] == reports[1]
    assert len(reports[0]) > 20


def test_the_seed_breaks_nothing_and_is_published_but_for_its_drafts(seed: Seed) -> None:
    assert seed.loaded.report.counts[Severity.VIOLATION] == 0
    assert not [f for f in seed.public.all_findings() if f.severity is not Severity.INFO]
    assert seed.loaded.entities > seed.loaded.published
    assert seed.loaded.held


def test_every_message_teaches_in_both_languages(contract: Contract, small: Callable[..., Small]) -> None:
    findings = small(
        ORGANISATION + ILL_TYPED + service("bare").replace("dct:title", "dct:nottitle")
    ).working.all_findings()
    assert len(findings) > 10
    for finding in findings:
        english, french = (explain(contract, finding, (language,)) for language in ("en", "fr"))
        assert english
        assert french
        assert english != french, english
        assert "{" not in english + french


def test_findings_survive_the_store(contract: Contract) -> None:
    report = check(contract, (data(ORGANISATION + ILL_TYPED + RULE_BREAKERS["complianceIsShown"]),))
    written = report.triples(BASE)
    results = [t for t in written if t.subject != NamedNode(f"{BASE}finding/report")]
    assert set(read_back(contract, results)) == set(report.findings)


def finding(contract: Contract, prop: str, severity: Severity = Severity.WARNING) -> Finding:
    return Finding(
        entity=NamedNode(f"{BASE}id/service/x"),
        kind="Service",
        property_name=prop,
        rule=None,
        severity=severity,
        shape=contract.kind("Service").property(prop).shapes[0],
        component=NamedNode("http://www.w3.org/ns/shacl#MinCountConstraintComponent"),
        path=None,
        value=None,
        points=contract.kind("Service").property(prop).weight,
    )


def test_a_property_costs_its_points_once(contract: Contract) -> None:
    kind = contract.kind("Service")
    once = points(kind, [finding(contract, "title")])
    twice = points(kind, [finding(contract, "title"), finding(contract, "title", Severity.INFO)])
    assert once == twice == Points(kind.possible - 3, kind.possible)


def test_a_score_is_never_below_nothing(contract: Contract) -> None:
    kind = contract.kind("Service")
    assert points(kind, [finding(contract, p.name) for p in kind.properties]).score == 0
    assert Points().score == 100


def test_accepted_depends_on_what_one_fails_on(contract: Contract) -> None:
    report = Report((finding(contract, "title"),))
    assert not report.conforms
    assert report.accepted()
    assert not report.accepted(Severity.WARNING)
    assert Report(()).accepted(Severity.INFO)
