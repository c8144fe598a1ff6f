"""``schema --check`` and ``operations`` as people and programs call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import TURTLE_PREFIXES
from govgraph.graphql.evolution.comparing import read_schema
from govgraph.graphql.evolution.registry import Registry, id_of
from test_cli import Call, call

__all__ = ["call"]  # a fixture

SERVICES = "query Services($first: Int!) { services(first: $first) { nodes { iri helpline } } }"
PLAIN = "query Plain { services(first: 1) { nodes { iri slug } } }"
OLD_NAME = """[ sh:path gov:hotline ; gov:apiName "helpline" ; sh:name "hotline"@en ;
    sh:datatype xsd:string ; sh:maxCount 1 ]"""
NEW_NAME = OLD_NAME.replace('"helpline"', '"hotline" ; gov:formerName "helpline"')
GONE = OLD_NAME.replace('"helpline"', '"hotline"')
SEVERAL = OLD_NAME.replace("sh:maxCount 1", "sh:order 1")


def contract(directory: Path, name: str, properties: str) -> Path:
    made = directory / name
    made.mkdir()
    shape = f"gov:More a sh:NodeShape ; sh:targetClass cpsv:PublicService ; sh:property {properties} ."
    (made / "more.ttl").write_text(TURTLE_PREFIXES + shape, "utf-8")
    return made


def file(directory: Path, name: str, text: str) -> Path:
    (directory / name).write_text(text, "utf-8")
    return directory / name


@pytest.fixture
def old(tmp_path: Path, call: Call) -> Path:
    """What ``schema`` prints for a country whose services have a helpline."""
    told = call("schema", "--contract", contract(tmp_path, "old", OLD_NAME))
    assert told.status == 0
    assert "helpline" in told.out
    return file(tmp_path, "old.graphql", told.out)


@pytest.fixture
def data(tmp_path: Path, call: Call, old: Path) -> Path:
    """A data directory with two operations of a portal, and one of an app."""
    directory = tmp_path / "data"
    for partner, name, text in (("portal", "a", SERVICES), ("portal", "b", PLAIN), ("app", "c", PLAIN)):
        where = file(tmp_path, f"{name}.graphql", text)
        told = call("operations", "add", partner, where, "--contract", tmp_path / "old", data=directory)
        assert told.status == 0, told.err
    return directory


def test_the_schema_is_printed_in_three_forms(call: Call) -> None:
    plain, introspection, subgraph = (call("schema", *of).out for of in ([], ["--json"], ["--subgraph"]))
    assert read_schema(plain).query_type
    assert read_schema(introspection).type_map.keys() == read_schema(plain).type_map.keys()
    assert "@key" in subgraph and "@key" not in plain


def test_nothing_breaks_between_a_schema_and_itself(call: Call, old: Path, tmp_path: Path) -> None:
    told = call("schema", "--check", old, "--contract", tmp_path / "old", data=tmp_path / "data")
    assert told.status == 0
    assert "0 breaking, 0 dangerous, 0 safe changes" in told.out


def test_a_country_sees_what_its_new_contract_breaks_and_for_whom(
    call: Call, old: Path, data: Path, tmp_path: Path
) -> None:
    told = call("schema", "--check", old, "--contract", contract(tmp_path, "gone", GONE), data=data)
    assert told.status == 1
    assert "Field Service.helpline was removed." in told.out
    assert "portal: Services" in told.out
    assert "breaks 1 of 2 documents of portal" in told.out
    assert "breaks 0 of 1 documents of app" in told.out
    said = call("schema", "--check", old, "--contract", tmp_path / "gone", "--format", "json", data=data).json
    assert said["partners"] == {"portal": {"documents": 2, "broken": 1}, "app": {"documents": 1, "broken": 0}}
    (removed,) = [one for one in said["changes"] if one["coordinate"] == "Service.helpline"]
    assert removed["gravity"] == "breaking"
    assert [one["names"] for one in removed["operations"]] == [["Services"]]
    assert [one["names"] for one in said["refused"]] == [["Services"]]


def test_a_former_name_breaks_nothing_and_is_told(call: Call, old: Path, data: Path, tmp_path: Path) -> None:
    new = contract(tmp_path, "new", NEW_NAME)
    told = call("schema", "--check", old, "--contract", new, data=data)
    assert told.status == 0, told.out
    assert "It is called hotline now." in told.out
    assert "breaks 0 of 2 documents of portal" in told.out
    checked = call("operations", "check", "--contract", new, data=data)
    assert checked.status == 0
    assert "hotline" in checked.out
    assert "3 of 3 documents run" in checked.out


def test_a_value_that_becomes_a_list_breaks_who_selects_it(call: Call, old: Path, data: Path, tmp_path: Path) -> None:
    new = contract(tmp_path, "several", SEVERAL)
    said = call("schema", "--check", old, "--contract", new, "--format", "json", data=data)
    assert said.status == 1
    assert said.json["refused"] == []
    assert said.json["partners"]["portal"] == {"documents": 2, "broken": 1}


def test_what_is_no_schema_is_refused(call: Call, tmp_path: Path) -> None:
    told = call("schema", "--check", file(tmp_path, "x.graphql", "nonsense"))
    assert told.status == 2
    assert "no GraphQL schema" in told.err


def test_operations_are_added_with_their_ids_and_points(call: Call, tmp_path: Path) -> None:
    where = file(tmp_path, "plain.graphql", PLAIN)
    told = call("operations", "add", "portal", where, data=tmp_path / "data")
    assert told.status == 0, told.err
    assert id_of(PLAIN) in told.out
    assert "query Plain" in told.out
    assert "1 added, 0 there before" in told.err
    again = call("operations", "add", "portal", where, "--format", "json", data=tmp_path / "data")
    assert "0 added, 1 there before" in again.err
    (said,) = again.json
    assert said["id"] == id_of(PLAIN)
    assert said["operations"] == [{"name": "Plain", "type": "query", "points": 1}]


def test_nothing_is_added_where_one_document_is_wrong(call: Call, tmp_path: Path) -> None:
    file(tmp_path, "good.graphql", PLAIN)
    file(tmp_path, "wrong.graphql", "query Wrong { nothing }")
    told = call("operations", "add", "portal", tmp_path, data=tmp_path / "data")
    assert told.status == 1
    assert "Cannot query field 'nothing'" in told.err
    assert "Nothing was added." in told.err
    assert Registry.of(tmp_path / "data").all() == ()


@pytest.mark.parametrize("form", ["apollo", "relay"])
def test_a_manifest_goes_in_and_out(call: Call, tmp_path: Path, form: str) -> None:
    given = {"d41d8cd98f00b204e9800998ecf8427e": PLAIN}
    told = call("operations", "add", "portal", file(tmp_path, "m.json", json.dumps(given)), data=tmp_path / "data")
    assert told.status == 0, told.err
    out = call("operations", "manifest", "portal", "--form", form, data=tmp_path / "data")
    assert out.status == 0
    if form == "relay":
        assert out.json == given
    else:
        (one,) = out.json["operations"]
        assert one == {"id": next(iter(given)), "name": "Plain", "type": "query", "body": PLAIN}
    again = call("operations", "add", "other", file(tmp_path, "again.json", out.out), data=tmp_path / "data")
    assert again.status == 0, again.err


def test_operations_are_listed_and_removed(call: Call, data: Path) -> None:
    listed = call("operations", "list", "--format", "json", data=data).json
    assert [one["partner"] for one in listed] == ["app", "portal", "portal"]
    told = call("operations", "remove", "portal", id_of(PLAIN), data=data)
    assert told.status == 0
    assert [one["id"] for one in call("operations", "list", "--format", "json", data=data).json] == [
        id_of(PLAIN),
        id_of(SERVICES),
    ]
    assert call("operations", "remove", "nobody", data=data).status == 2
    assert call("operations", "remove", "app", data=data).status == 0
    assert "app" not in call("operations", "list", data=data).out


@pytest.mark.parametrize(("name", "text"), [("x.json", "{"), ("x.json", "[]"), ("x.txt.json", '{"a": 1}')])
def test_a_file_that_is_no_manifest_is_named(call: Call, tmp_path: Path, name: str, text: str) -> None:
    told = call("operations", "add", "portal", file(tmp_path, name, text), data=tmp_path / "data")
    assert told.status == 2
    assert name in told.err


def test_a_folder_without_documents_is_refused(call: Call, tmp_path: Path) -> None:
    told = call("operations", "add", "portal", tmp_path, data=tmp_path / "data")
    assert told.status == 2
    assert "no document" in told.err
