"""The endpoint as a subgraph: what a gateway asks for, composed and run with other subgraphs by their own tools."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from graphql import GraphQLObjectType, GraphQLUnionType, ObjectTypeDefinitionNode, parse

from conftest import BASE, REPOSITORY, Seed
from govgraph.catalogue import View
from govgraph.graphql import Asked, Schema
from govgraph.graphql.schema.entities import global_id
from govgraph.iris import Names
from govgraph.settings import read as read_settings
from govgraph.web.app import build_app
from node import node, report

NAMES = Names(BASE)
BIRTH, VISA = NAMES.entity("service", "birth"), NAMES.entity("service", "visa")
ENTITIES = """query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on Service { slug label { value } }
    ... on Organisation { slug }
    ... on Thing { iri }
  }
}"""


def test_entities_are_found_by_id_and_by_iri_in_the_order_asked_for(ask: Callable[..., Any]) -> None:
    found = ask(
        ENTITIES,
        representations=[
            {"__typename": "Service", "iri": VISA.value},
            {"__typename": "Service", "id": global_id(BIRTH)},
            {"__typename": "Service", "iri": NAMES.entity("service", "nowhere").value},
            {"__typename": "Thing", "iri": "https://example.org/elsewhere"},
            {"__typename": "Service", "iri": VISA.value, "satisfaction": 4},
        ],
    )["_entities"]
    visa = {"__typename": "Service", "slug": "visa", "label": {"value": "Visa"}}
    assert found == [
        visa,
        {"__typename": "Service", "slug": "birth", "label": {"value": "Register a birth"}},
        None,
        {"__typename": "Thing", "iri": "https://example.org/elsewhere"},
        visa,
    ]


def test_the_interface_names_an_entity_of_any_type_and_another_type_none(ask: Callable[..., Any]) -> None:
    representations = [
        {"__typename": "Entity", "iri": VISA.value},
        {"__typename": "Organisation", "iri": VISA.value},
    ]
    found = ask(ENTITIES, representations=representations)["_entities"]
    assert found[0]["__typename"] == "Service"
    assert found[1] is None


def test_however_many_representations_there_are_they_are_read_at_once(schema: Schema, seed: Seed) -> None:
    service = seed.contract.by_name["Service"]
    reads = set()
    for number in (1, 5, 20):
        slugs = schema.execute(f"{{ services(first: {number}) {{ nodes {{ iri }} }} }}", seed.public)
        nodes = slugs.data["services"]["nodes"]
        assert len(nodes) == number
        representations = [{"__typename": service.name, **node} for node in nodes]
        told = schema.execute(Asked(ENTITIES, variables={"representations": representations}), seed.public)
        assert not told.errors
        assert [one["__typename"] for one in told.data["_entities"]] == [service.name] * number
        reads.add(told.reads)
    assert len(reads) == 1


def test_graphql_core_alone_gives_the_same(schema: Schema, view: View) -> None:
    representations = [{"__typename": "Service", "iri": VISA.value}, {"__typename": "Entity", "iri": BIRTH.value}]
    asked = Asked(ENTITIES, variables={"representations": representations})
    assert schema.execute(asked, view).data == schema.execute(asked, view, projecting=False).data


def test_a_representation_that_says_nothing_is_null_in_its_place_and_named(schema: Schema, view: View) -> None:
    representations = [{"__typename": "Service", "iri": VISA.value}, {"__typename": "Service"}, {"iri": BIRTH.value}]
    asked = Asked(ENTITIES, variables={"representations": representations})
    for told in (schema.execute(asked, view), schema.execute(asked, view, projecting=False)):
        assert [one and one["slug"] for one in told.data["_entities"]] == ["visa", None, None]
        assert [error["path"] for error in told.errors] == [["_entities", 1], ["_entities", 2]]
        assert told.errors[1]["message"].startswith("Representation 2 has no type or no key.")
        assert {error["extensions"]["code"] for error in told.errors} == {"BAD_REQUEST"}


@pytest.mark.parametrize("representation", [{}, {"__typename": "Service"}, {"iri": VISA.value}, 7, "x", None, [[]]])
def test_a_representation_without_type_or_key_is_refused(schema: Schema, view: View, representation: object) -> None:
    told = schema.execute(Asked(ENTITIES, variables={"representations": [representation]}), view)
    assert told.errors
    assert told.errors[0]["extensions"]["code"] in ("BAD_REQUEST", "BAD_USER_INPUT")
    assert not told.data or told.data["_entities"] == [None]


def test_strangers_reach_no_draft_by_a_key(schema: Schema, small: Callable[..., Any]) -> None:
    filled = small("""<id/service/secret> a cpsv:PublicService ; dct:title "Secret"@en .""")
    one = {"__typename": "Service", "iri": NAMES.entity("service", "secret").value}
    asked = Asked(ENTITIES, variables={"representations": [one]})
    assert schema.execute(asked, filled.working).data["_entities"][0]["slug"] == "secret"
    assert schema.execute(asked, filled.public).data["_entities"] == [None]


def test_the_subgraph_has_keys_on_all_that_has_an_iri(schema: Schema, view: View) -> None:
    sdl = schema.execute("{ _service { sdl } }", view).data["_service"]["sdl"]
    keyed = {
        definition.name.value: [directive.arguments[0].value.value for directive in definition.directives]
        for definition in parse(sdl).definitions
        if isinstance(definition, ObjectTypeDefinitionNode)
        and [directive.name.value for directive in definition.directives or ()] == ["key", "key"]
    }
    union = schema.core.type_map["_Entity"]
    assert isinstance(union, GraphQLUnionType)
    assert set(keyed) == {type_.name for type_ in union.types}
    assert len(keyed) >= 40
    assert all(keys == ["id", "iri"] for keys in keyed.values())
    assert "_entities" not in sdl and "_Any" not in sdl


def test_the_schema_for_clients_has_nothing_of_gateways(schema: Schema) -> None:
    document = schema.print()
    for name in ("_entities", "_service", "_Any", "_Entity", "_Service"):
        assert name not in document
    query = schema.core.type_map["Query"]
    assert isinstance(query, GraphQLObjectType)
    assert {"_entities", "_service"} <= set(query.fields)


@pytest.fixture(scope="module")
def address(seed: Seed) -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(build_app(read_settings({}, data=seed.directory, base=BASE)), log_level="error")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
        server.should_exit = True
        thread.join(timeout=10)


OPERATIONS = [
    {"query": "{ services(first: 5) { nodes { iri satisfaction authority { slug } } } }"},
    {"query": "{ bestRated { satisfaction label { value } } pageOfRatings { hasNextPage } }"},
]


def test_other_subgraphs_compose_with_it_and_a_gateway_answers_from_all(address: str) -> None:
    program = node("@theguild/federation-composition", "@graphql-tools/federation", "graphql")
    given = json.dumps(OPERATIONS)
    told = report([program, str(REPOSITORY / "tests" / "federation" / "gateway.mjs"), address, given])
    assert told["composition"] == []
    services, best = told["answers"]
    assert "errors" not in services and "errors" not in best
    nodes = services["data"]["services"]["nodes"]
    assert [one["satisfaction"] for one in nodes] == [len(one["iri"]) for one in nodes]
    assert len(nodes) == 5
    assert services["asked"]["satisfaction"] == [[5]]
    assert best["data"]["bestRated"]["label"]["value"]
    assert best["data"]["pageOfRatings"] == {"hasNextPage": False}
    assert len(best["asked"]["govgraph"]) == 1
