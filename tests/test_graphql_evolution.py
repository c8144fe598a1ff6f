"""What becomes of partners' operations when the schema changes, change by change."""

from __future__ import annotations

import json

import pytest
from graphql import introspection_from_schema
from graphql.utilities.find_schema_changes import BreakingChangeType, DangerousChangeType

from govgraph.errors import ParameterError
from govgraph.graphql import Schema
from govgraph.graphql.evolution.comparing import MEANINGS, Evolution, Gravity, compare, read_schema
from govgraph.graphql.evolution.examining import examine
from govgraph.graphql.evolution.manifest import Form, read, write
from govgraph.graphql.evolution.registry import Registered, id_of

OLD = """
directive @mark(by: String) repeatable on FIELD | QUERY
directive @gone on FIELD
type Query implements Root {
  things(size: Int = 10, kind: Kind, filter: Filter, by: String): [Thing!]!
  thing(id: ID!): Thing any: Any kinds: [Kind!]! old: Old
}
interface Root { things(size: Int = 10, kind: Kind, filter: Filter, by: String): [Thing!]! }
interface Named { name: String }
type Thing implements Named { name: String score: Int size: Float helpline: String }
type Other { name: String }
type Old { name: String }
union Any = Thing | Other
enum Kind { A B }
enum Taken { X }
input Filter { name: String, kind: Kind, size: Int = 3, and: [Filter!], taken: Taken, exact: Exact }
input Exact { a: Int, b: Int }
"""
NEW = """
directive @mark(by: String, at: Int!) on FIELD
type Query {
  things(size: Int = 20, kind: Kind!, filter: Filter): [Thing!]!
  thing(id: Int!, more: String): Thing any: Any kinds: [Kind!]!
}
interface Root { things(size: Int = 10): [Thing!]! }
interface Named { name: String }
interface Sized { size: Float }
type Thing implements Sized {
  name: String score: String size: Float hotline: String
  helpline: String @deprecated(reason: "It is called hotline now.")
}
type Other { name: String }
type More { name: String }
union Any = Thing | More
enum Kind { A C }
enum Taken { X Y }
input Filter {
  name: String, kind: Kind, size: Int = 4, and: [Filter!], taken: Taken, must: Boolean!, exact: Exact, may: Int
}
input Exact @oneOf { a: Int, b: Int }
input Old { name: String }
"""
OPERATIONS = {
    "Plain": "query Plain { things(kind: A) { name size } }",
    "Score": "query Score { things(kind: A) { score } }",
    "Helpline": "query Helpline { things(kind: A) { helpline } }",
    "Removed": "query Removed { things(kind: B) { name } }",
    "NoKind": "query NoKind { things(size: 3) { name } }",
    "Variable": "query Variable($f: Filter) { things(kind: A, size: 1, filter: $f) { name } }",
    "Written": 'query Written { things(kind: A, size: 1, filter: {name: "x"}) { name } }',
    "Union": "query Union { any { ... on Other { name } } }",
    "Marked": 'query Marked { things(kind: A, size: 1) { name @mark(by: "me") size @gone } }',
    "Fragment": "query Fragment { thing(id: 1) { ...F } } fragment F on Named { name }",
    "Kinds": "query Kinds { kinds }",
}


@pytest.fixture(scope="module")
def evolution() -> Evolution:
    operations = [Registered.of("portal", text, [name]) for name, text in OPERATIONS.items()]
    return compare(read_schema(OLD), read_schema(NEW), operations)


def met(evolution: Evolution, type_: str, coordinate: str) -> dict[str, bool]:
    (change,) = [one for one in evolution.changes if (one.type, one.coordinate) == (type_, coordinate)]
    return {one.operation.names[0]: one.certain for one in evolution.changes[change]}


@pytest.mark.parametrize(
    ("type_", "coordinate", "who"),
    [
        ("FIELD_CHANGED_KIND", "Thing.score", {"Score": True}),
        ("ARG_REMOVED", "Query.things(by:)", {}),
        ("VALUE_REMOVED_FROM_ENUM", "Kind.B", {"Removed": True, "Variable": False}),
        ("ARG_CHANGED_KIND", "Query.thing(id:)", {"Fragment": True}),
        ("ARG_CHANGED_KIND", "Query.things(kind:)", {"Removed"}),
        ("ARG_DEFAULT_VALUE_CHANGE", "Query.things(size:)", {"Plain", "Score", "Helpline", "Removed"}),
        ("REQUIRED_INPUT_FIELD_ADDED", "Filter.must", {"Written": True, "Variable": False}),
        ("TYPE_REMOVED_FROM_UNION", "Other", {"Union": True}),
        ("TYPE_ADDED_TO_UNION", "More", {}),
        ("VALUE_ADDED_TO_ENUM", "Kind.C", {"Kinds"}),
        ("DIRECTIVE_REMOVED", "@gone", {"Marked": True}),
        ("REQUIRED_DIRECTIVE_ARG_ADDED", "@mark(at:)", {"Marked": True}),
        ("IMPLEMENTED_INTERFACE_REMOVED", "Thing", None),
        ("ONE_OF_ADDED", "Exact", {"Variable": False}),
        ("DEPRECATED", "Thing.helpline", {"Helpline": True}),
        ("TYPE_CHANGED_KIND", "Old", {}),
    ],
)
def test_a_change_names_the_operations_it_meets(
    evolution: Evolution, type_: str, coordinate: str, who: dict[str, bool] | set[str] | None
) -> None:
    found = met(evolution, type_, coordinate)
    if isinstance(who, set):
        assert who <= set(found)
    elif who is not None:
        assert found == who


def test_an_operation_that_the_new_schema_refuses_is_broken_with_its_reasons(evolution: Evolution) -> None:
    reasons = {one.operation.names[0]: one.reasons for one in evolution.refused}
    assert set(reasons) == {"Removed", "NoKind", "Written", "Union", "Marked", "Fragment"}
    assert "B" in reasons["Removed"][0]
    assert "Plain" not in met(evolution, "ARG_CHANGED_KIND", "Query.things(kind:)")
    assert {one.names[0] for one in evolution.broken} >= {"Score", *reasons}
    assert not {"Plain", "Helpline", "Kinds"} & {one.names[0] for one in evolution.broken}


def test_what_cannot_harm_is_safe(evolution: Evolution) -> None:
    safe = {(one.type, one.coordinate) for one in evolution.of(Gravity.SAFE)}
    assert safe >= {
        ("OPTIONAL_ARG_ADDED", "Query.thing(more:)"),
        ("OPTIONAL_INPUT_FIELD_ADDED", "Filter.may"),
        ("VALUE_ADDED_TO_ENUM", "Taken.Y"),
        ("FIELD_ADDED", "Thing.hotline"),
        ("DEPRECATED", "Thing.helpline"),
    }


def test_every_grave_change_that_graphql_core_knows_has_a_meaning() -> None:
    safe = {DangerousChangeType.OPTIONAL_ARG_ADDED.name, DangerousChangeType.OPTIONAL_INPUT_FIELD_ADDED.name}
    known = {one.name for type_ in (BreakingChangeType, DangerousChangeType) for one in type_} - safe
    assert len(known) >= 20
    assert known <= set(MEANINGS)


def test_every_change_between_two_schemas_stands_somewhere(evolution: Evolution) -> None:
    assert len(evolution.changes) >= 25
    names = {name for text in (OLD, NEW) for name in read_schema(text).type_map} | {"@mark", "@gone"}
    for change in evolution.changes:
        assert change.coordinate.partition(".")[0].partition("(")[0] in names, change


def test_a_schema_is_as_it_was(schema: Schema) -> None:
    assert not compare(read_schema(schema.print()), schema.core).changes
    introspected = json.dumps({"data": introspection_from_schema(schema.core, input_value_deprecation=True)})
    assert not [
        one for one in compare(read_schema(introspected), schema.core).changes if one.gravity is not Gravity.SAFE
    ]


def test_a_description_does_not_pass_for_a_place() -> None:
    old = read_schema('"Old." type Query { a: Int }')
    new = read_schema('"See example.org, @mark and Query.b." type Query { a: Int }')
    (change,) = compare(old, new).changes
    assert (change.gravity, change.coordinate) == (Gravity.SAFE, "Query")


@pytest.mark.parametrize("text", ["", "type", "{", "{}", "[]", '{"data": null}', "query { a }"])
def test_what_is_no_schema_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="no GraphQL schema"):
        read_schema(text)


def test_examining_tells_names_points_and_what_to_leave(schema: Schema) -> None:
    found = examine(
        schema,
        "query A($first: Int!) { services(first: $first) { nodes { iri } } }query B($id: ID!) { node(id: $id) { id } }",
    )
    assert not found.errors, found.errors
    assert found.types == {"A": "query", "B": "query"}
    assert found.names == ("A", "B")
    assert set(found.points) == {"A", "B"}
    assert all(points >= 1 for points in found.points.values())


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ("query {", "Syntax Error"),
        ("{ nothing }", "nothing"),
        ("fragment F on Service { iri }", "no operation"),
        ("{ services(first: 100000) { nodes { iri } } }", "first"),
    ],
)
def test_examining_says_what_keeps_a_document_from_running(schema: Schema, document: str, error: str) -> None:
    found = examine(schema, document)
    assert any(error in said for said in found.errors), found.errors


def test_manifests_of_both_tools_are_read_and_written() -> None:
    one = Registered.of("portal", "query A { a }", ["A"])
    two = Registered.of("portal", "mutation B { b }", ["B"], "5d41402abc4b2a76b9719d911017c592")
    types = {one: "query", two: "mutation"}
    for form in Form:
        entries = read(write([one, two], types, form))
        assert [(entry.id, entry.document) for entry in entries] == [
            (id_of(one.document), one.document),
            ("5d41402abc4b2a76b9719d911017c592", two.document),
        ]
    apollo = json.loads(write([two], types, Form.APOLLO))
    assert apollo["operations"][0]["name"] == "B"
    assert apollo["operations"][0]["type"] == "mutation"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"a": 1}',
        '{"format": "apollo-persisted-query-manifest", "version": 2}',
        '{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [1]}',
        '{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "a"}]}',
        '{"format": "apollo-persisted-query-manifest", "version": 1}',
    ],
)
def test_what_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(ParameterError):
        read(text)
