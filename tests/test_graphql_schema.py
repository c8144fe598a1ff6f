"""The derived GraphQL schema: a type, a field and a filter for all the contract says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLNonNull, GraphQLObjectType

from conftest import REPOSITORY, TURTLE_PREFIXES, Seed
from govgraph.contract import Contract
from govgraph.contract.reading import read as read_contract
from govgraph.errors import ContractError
from govgraph.graphql import Schema, build_schema, print_schema


def test_the_committed_schema_is_what_the_contract_gives(seed: Seed) -> None:
    committed = (REPOSITORY / "schema.graphql").read_text("utf-8")
    assert committed == print_schema(seed.contract, seed.questions), "run scripts/snapshots"


def test_every_kind_and_part_is_a_type_with_all_its_properties(schema: Schema, contract: Contract) -> None:
    checked = 0
    for kind in contract.kinds:
        type_ = schema.core.type_map[kind.name]
        assert isinstance(type_, GraphQLObjectType)
        assert [i.name for i in type_.interfaces] == ["Entity", "Node"]
        for prop in kind.properties:
            assert prop.name in type_.fields
            checked += 1
    assert checked > 300


def test_every_kind_has_a_look_up_and_a_list_and_every_question_a_field(schema: Schema, seed: Seed) -> None:
    root = schema.core.query_type
    assert root is not None
    names = {k.plural for k in seed.contract.entities} | {
        k.name[0].lower() + k.name[1:] for k in seed.contract.entities
    }
    assert len(names) == 2 * len(seed.contract.entities)
    assert names <= set(root.fields)
    assert len(root.fields) == len(names) + len(seed.questions) + 5


def test_no_property_is_required_however_often_its_shape_says_so(schema: Schema, contract: Contract) -> None:
    required = [(kind, prop) for kind in contract.kinds for prop in kind.properties if prop.needed and prop.single]
    assert len(required) > 20
    for kind, prop in required:
        type_ = schema.core.type_map[kind.name]
        assert isinstance(type_, GraphQLObjectType)
        assert not isinstance(type_.fields[prop.name].type, GraphQLNonNull)


def test_every_stored_property_can_be_filtered_by(schema: Schema, contract: Contract) -> None:
    for kind in contract.entities:
        type_ = schema.core.type_map[f"{kind.name}Filter"]
        assert isinstance(type_, GraphQLInputObjectType)
        assert set(type_.fields) == {"and", "or", "not"} | {p.name for p in kind.properties if p.stored}


def test_types_and_fields_are_described_in_the_words_of_the_contract(schema: Schema, contract: Contract) -> None:
    for kind in contract.kinds:
        type_ = schema.core.type_map[kind.name]
        assert isinstance(type_, GraphQLObjectType)
        assert type_.description == kind.descriptions["en"]
        for prop in kind.properties:
            assert type_.fields[prop.name].description == (prop.descriptions.get("en") or prop.labels["en"])


def test_a_code_list_is_an_enum_in_filters(schema: Schema, contract: Contract) -> None:
    used = {p.codes for kind in contract.entities for p in kind.properties if p.codes and p.stored}
    assert len(used) > 20
    for name in used:
        enum = schema.core.type_map[f"{name}Code"]
        assert isinstance(enum, GraphQLEnumType)
        assert list(enum.values) == [code.name for code in contract.lists_by_name[name].codes]


def test_former_names_keep_answering_and_deprecated_properties_say_why(tmp_path: Path, seed: Seed) -> None:
    extended = extension(
        tmp_path,
        """[ sh:path gov:hotline ; gov:apiName "hotline" ; gov:formerName "helpline" ; sh:name "hotline"@en ;
             sh:datatype xsd:string ; sh:maxCount 1 ] ,
           [ sh:path gov:fax ; gov:apiName "fax" ; sh:name "fax"@en ; sh:datatype xsd:string ; sh:maxCount 1 ;
             gov:deprecated "Nobody has one, since 2027." ]""",
    )
    type_ = build_schema(extended, {}).core.type_map["Service"]
    assert isinstance(type_, GraphQLObjectType)
    assert type_.fields["hotline"].deprecation_reason is None
    assert type_.fields["helpline"].deprecation_reason == "It is called hotline now."
    assert type_.fields["fax"].deprecation_reason == "Nobody has one, since 2027."


def test_two_things_of_one_name_stop_the_start(contract: Contract) -> None:
    kind = contract.by_name["Rule"]
    clash = replace(contract, kinds=(*contract.kinds, replace(kind, name="Finding")))
    with pytest.raises(ContractError, match="Finding"):
        build_schema(clash, {})
    clash = replace(contract, kinds=tuple(replace(k, plural="nodes") if k is kind else k for k in contract.kinds))
    with pytest.raises(ContractError, match="nodes"):
        build_schema(clash, {})


def extension(tmp_path: Path, properties: str) -> Contract:
    shape = f"gov:More a sh:NodeShape ; sh:targetClass cpsv:PublicService ; sh:property {properties} ."
    (tmp_path / "more.ttl").write_text(TURTLE_PREFIXES + shape, "utf-8")
    return read_contract(extension=tmp_path)
