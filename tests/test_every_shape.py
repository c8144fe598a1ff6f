"""Every kind, property, code and rule says all that the faces derive from it, in every language of the contract."""

from __future__ import annotations

import re

import pytest

from conftest import REPOSITORY
from govgraph.contract import Contract, Form

LANGUAGES = {"en", "fr"}
KINDS = 39
ENTITY_KINDS = {
    *("Service", "LifeEvent", "BusinessEvent", "BuildingBlock", "BlockRequirement", "System", "Product", "Regulation"),
    *("Rule", "Organisation", "Team", "Role", "Roadmap", "RoadmapItem", "AcquisitionPlan", "Strategy"),
    *("RegulatoryFramework", "Artefact", "ArtefactVersion", "Workflow", "Journey", "Indicator", "Criterion"),
    *("Assessment", "Procurement", "FollowUp", "CatalogueDescription"),
}


def test_the_kinds_of_the_domain_are_there(contract: Contract) -> None:
    assert len(contract.kinds) == KINDS
    assert {kind.name for kind in contract.entities} == ENTITY_KINDS
    parts = {kind.name for kind in contract.kinds if kind.part}
    assert {"Channel", "Cost", "Evidence", "Output", "Requirement", "ContactPoint"} <= parts


def test_every_kind_and_property_speaks_both_languages(contract: Contract) -> None:
    silent = [
        f"{kind.name}.{what}"
        for kind in contract.kinds
        for what, texts in (
            ("", (kind.labels, kind.plural_labels, kind.descriptions)),
            *((p.name, (p.labels, p.descriptions)) for p in kind.properties),
        )
        for text in texts
        if set(text) != LANGUAGES or not all(text.values())
    ]
    assert not silent


def test_every_property_has_a_place_on_the_page(contract: Contract) -> None:
    properties = [(kind, p) for kind in contract.kinds for p in kind.properties]
    assert len(properties) >= 350
    lost = [f"{kind.name}.{p.name}" for kind, p in properties if p.group is None or set(p.group.labels) != LANGUAGES]
    assert not lost
    assert not [f"{kind.name}.{p.name}" for kind, p in properties if not kind.part and p.order == 999]


def test_every_kind_has_its_own_file(contract: Contract) -> None:
    files = [kind.file for kind in contract.kinds]
    assert len(set(files)) == len(files)
    assert {path.name for path in (REPOSITORY / "shapes").glob("*.ttl")} - set(files) == {"groups.ttl", "prefixes.ttl"}
    assert all(kind.line > 0 for kind in contract.kinds)


def test_every_code_is_named_and_placed(contract: Contract) -> None:
    assert len(contract.code_lists) == 28
    for code_list in contract.code_lists:
        assert code_list.codes, code_list.name
        assert len({code.name for code in code_list.codes}) == len(code_list.codes)
        assert [code.position for code in code_list.codes] == list(range(1, len(code_list.codes) + 1)), code_list.name
        for code in code_list.codes:
            assert re.fullmatch(r"[A-Z][A-Z0-9_]*", code.name), code
            assert set(code.labels) == LANGUAGES, code


def test_the_closed_lists_of_the_domain_are_complete(contract: Contract) -> None:
    sizes = {code_list.name: len(code_list.codes) for code_list in contract.code_lists}
    assert sizes["DigitalisationLevel"] == 4
    assert sizes["LifecyclePhase"] == 5
    assert sizes["AcquisitionApproach"] == 3
    assert sizes["RegulatoryInstrument"] == 4
    assert sizes["TopManagementFunction"] == 5


@pytest.mark.parametrize("what", ["labels", "descriptions"])
def test_every_rule_explains_itself(contract: Contract, what: str) -> None:
    assert len(contract.rules) == 14
    assert all(set(getattr(rule, what)) == LANGUAGES for rule in contract.rules)
    assert all(rule.line > 0 for rule in contract.rules)


def test_entities_can_be_titled_and_published(contract: Contract) -> None:
    for kind in contract.entities:
        assert kind.title is not None, kind.name
        assert {"title", "description", "identifier", "publicationStatus", "source"} <= set(kind.by_name), kind.name


def test_parts_belong_to_somebody(contract: Contract) -> None:
    owned = {name for kind in contract.kinds for p in kind.properties if p.form is Form.PART for name in p.kinds}
    assert owned == {kind.name for kind in contract.kinds if kind.part}
