"""Partners' operations in the data directory: found by id, shared by processes, never two documents under one id."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgraph.errors import NotFound, ParameterError, StoreError
from govgraph.graphql.evolution.registry import DIRECTORY, FILE, Registered, Registry, id_of

DOCUMENT = "query Services { services(first: 1) { nodes { iri } } }"
OTHER = "query Others { systems(first: 1) { nodes { iri } } }"


def test_an_operation_is_found_by_its_digest_with_and_without_the_prefix(tmp_path: Path) -> None:
    registry = Registry.of(tmp_path)
    assert registry.find(id_of(DOCUMENT)) is None
    (added,) = registry.add([Registered.of("portal", DOCUMENT, ["Services"])])
    assert added.id == id_of(DOCUMENT)
    assert registry.find(added.id) == registry.find(f"sha256:{added.id}") == added
    assert registry.all() == (added,)


def test_what_another_process_adds_and_removes_counts_at_once(tmp_path: Path) -> None:
    serving, typing = Registry.of(tmp_path), Registry.of(tmp_path)
    assert serving.all() == ()
    for round_ in range(20):
        (added,) = typing.add([Registered.of("portal", DOCUMENT + " " * round_)])
        assert serving.find(added.id) == added
        typing.remove("portal")
        assert serving.find(added.id) is None


def test_adding_again_adds_nothing_and_two_partners_may_have_one_document(tmp_path: Path) -> None:
    registry = Registry.of(tmp_path)
    registry.add([Registered.of("portal", DOCUMENT)])
    assert registry.add([Registered.of("portal", DOCUMENT)]) == ()
    assert len(registry.add([Registered.of("app", DOCUMENT)])) == 1
    assert [one.partner for one in registry.all()] == ["app", "portal"]
    registry.remove("app")
    found = registry.find(id_of(DOCUMENT))
    assert found is not None and found.partner == "portal"


def test_the_id_of_a_partners_own_tools_leads_to_the_document_too(tmp_path: Path) -> None:
    registry = Registry.of(tmp_path)
    registry.add([Registered.of("portal", DOCUMENT, ["Services"], "5d41402abc4b2a76b9719d911017c592")])
    found = registry.find("5d41402abc4b2a76b9719d911017c592")
    assert found is not None and found.document == DOCUMENT
    with pytest.raises(ParameterError, match="taken by another document"):
        registry.add([Registered.of("app", OTHER, ["Others"], "5d41402abc4b2a76b9719d911017c592")])
    assert len(registry.all()) == 1


def test_a_digest_of_another_document_is_no_id() -> None:
    assert Registered.of("portal", DOCUMENT, alias=id_of(DOCUMENT)).alias == ""
    assert Registered.of("portal", DOCUMENT, alias=f"sha256:{id_of(DOCUMENT)}").alias == ""
    for alias in (id_of(OTHER), f"sha256:{id_of(OTHER)}", "a b", "é"):
        with pytest.raises(ParameterError, match="not that of its document"):
            Registered.of("portal", DOCUMENT, alias=alias)


@pytest.mark.parametrize("partner", ["", "../other", "a b", "x" * 65, ".hidden"])
def test_a_partner_has_a_plain_name(partner: str) -> None:
    with pytest.raises(ParameterError, match="cannot name a partner"):
        Registered.of(partner, DOCUMENT)


def test_removing_what_is_not_there_removes_nothing(tmp_path: Path) -> None:
    registry = Registry.of(tmp_path)
    with pytest.raises(NotFound, match="none at all"):
        registry.remove("portal")
    (kept,) = registry.add([Registered.of("portal", DOCUMENT)])
    with pytest.raises(NotFound, match="no operation 0000"):
        registry.remove("portal", [kept.id, "0000"])
    assert registry.all() == (kept,)
    assert registry.remove("portal", [f"sha256:{kept.id}"]) == (kept,)


@pytest.mark.parametrize("text", ["", "[]", '{"format": 2}', '{"format": 1, "operations": [{"id": 1}]}'])
def test_a_file_that_cannot_be_read_is_said_and_never_taken_for_none(tmp_path: Path, text: str) -> None:
    registry = Registry.of(tmp_path)
    registry.add([Registered.of("portal", DOCUMENT)])
    (tmp_path / DIRECTORY / FILE).write_text(text, "utf-8")
    with pytest.raises(StoreError, match="cannot be read"):
        registry.find(id_of(DOCUMENT))
