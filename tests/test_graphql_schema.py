"""The derived GraphQL schema: a type, a field and a filter for all the contract says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLNonNull, GraphQLObjectType, get_named_type

from conftest import REPOSITORY, TURTLE_PREFIXES, Seed
from govgraph.contract import Contract, Form
from govgraph.contract.reading import read as read_contract
from govgraph.errors import ContractError
from govgraph.graphql import Schema, build_schema, print_schema
from govgraph.graphql.schema.names import camel


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
    names |= {f"{k.plural}Aggregate" for k in seed.contract.entities}
    assert len(names) == 3 * len(seed.contract.entities)
    questions = {camel(name) for name in seed.questions}
    others = {"catalogue", "node", "nodes", "entity", "nextEdits", "revisions", "_service", "_entities"}
    assert set(root.fields) - {"search"} == names | questions | others


def test_no_property_is_required_however_often_its_shape_says_so(schema: Schema, contract: Contract) -> None:
    required = [(kind, prop) for kind in contract.kinds for prop in kind.properties if prop.needed and prop.single]
    assert len(required) > 20
    for kind, prop in required:
        type_ = schema.core.type_map[kind.name]
        assert isinstance(type_, GraphQLObjectType)
        assert not isinstance(type_.fields[prop.name].type, GraphQLNonNull)


def test_every_property_can_be_filtered_and_ordered_by(schema: Schema, contract: Contract) -> None:
    for kind in contract.kinds:
        filter_, order = (schema.core.type_map[f"{kind.name}{what}"] for what in ("Filter", "Order"))
        assert isinstance(filter_, GraphQLInputObjectType)
        assert isinstance(order, GraphQLInputObjectType)
        properties = {p.name for p in kind.properties}
        assert set(filter_.fields) - {"search"} == {"and", "or", "not", "label", "iri", *properties}
        assert ("search" in filter_.fields) is not kind.part
        assert set(order.fields) == {"label", *properties}
        assert order.is_one_of


def test_every_list_of_entities_of_one_kind_has_a_connection_beside_it(schema: Schema, contract: Contract) -> None:
    found = 0
    for kind in contract.kinds:
        type_ = schema.core.type_map[kind.name]
        assert isinstance(type_, GraphQLObjectType)
        for prop in kind.properties:
            listed = prop.form in (Form.ENTITY, Form.PART) and not prop.single and len(prop.kinds) == 1
            assert (f"{prop.name}Connection" in type_.fields) is listed
            if listed:
                made = type_.fields[f"{prop.name}Connection"]
                assert get_named_type(made.type) is schema.core.type_map[f"{prop.kinds[0]}Connection"]
                assert list(made.args) == ["filter", "orderBy", "first", "after", "last", "before", "lang"]
            found += listed
    assert found > 90


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
    types = build_schema(extended, {}).core.type_map
    type_ = types["Service"]
    assert isinstance(type_, GraphQLObjectType)
    assert type_.fields["hotline"].deprecation_reason is None
    assert type_.fields["helpline"].deprecation_reason == "It is called hotline now."
    assert type_.fields["fax"].deprecation_reason == "Nobody has one, since 2027."
    for name in ("ServiceFilter", "ServiceOrder", "CreateServiceInput", "ServicePatch"):
        input_ = types[name]
        assert isinstance(input_, GraphQLInputObjectType)
        assert input_.fields["hotline"].deprecation_reason is None
        assert input_.fields["helpline"].deprecation_reason == "It is called hotline now."
        assert input_.fields["fax"].deprecation_reason == "Nobody has one, since 2027."
    groups = types["ServiceGroupBy"]
    assert isinstance(groups, GraphQLEnumType)
    assert groups.values["HOTLINE"].deprecation_reason is None
    assert groups.values["HELPLINE"].deprecation_reason == "It is called hotline now."


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
