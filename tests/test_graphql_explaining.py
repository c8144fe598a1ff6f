"""An operation explained: what was read for which part, the SPARQL that stands for it, and where fields come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from graphql import get_named_type
from pyoxigraph import Literal, NamedNode

from conftest import ORGANISATION, Seed, Small, service
from govgraph import settings
from govgraph.catalogue import View
from govgraph.graphql import Asked, Limits, Schema, build_schema
from govgraph.graphql.execution.memory import Memory

QUERY = """query($first: Int) {
  services(first: $first, filter: {label: {contains: "e"}}) {
    nodes { name: title { value } needsBlocks { label { value } } } }
  blockedServices { rows { service { label { value } } } } }"""


def explained(schema: Schema, view: View, query: str = QUERY, **variables: object) -> Mapping[str, Any]:
    told = schema.execute(Asked(query, variables=variables, explain=True), view)
    assert not told.errors
    found: Mapping[str, Any] = told.extensions["explain"]
    return found


def test_nothing_is_explained_unasked(schema: Schema, seed: Seed) -> None:
    assert not schema.execute(Asked(QUERY), seed.public).extensions


@pytest.mark.parametrize(("allowed", "public", "working"), [("all", 1, 1), ("working", 0, 1), ("none", 0, 0)])
def test_a_setting_says_who_has_operations_explained(seed: Seed, allowed: str, public: bool, working: bool) -> None:
    limits = Limits.of(settings.read({}, graphql_explain=allowed))
    schema = build_schema(seed.contract, seed.questions, limits)
    for view, told in ((seed.public, public), (seed.working, working)):
        answer = schema.execute(Asked("{ services(first: 1) { totalCount } }", explain=True), view)
        assert answer.ran == bool(told)
        assert ("explain" in answer.extensions) == bool(told)
        assert bool(told) or answer.errors[0]["extensions"]["code"] == "FORBIDDEN"


def test_each_read_says_for_which_part_and_what_came(schema: Schema, seed: Seed) -> None:
    view = View(seed.public.reader, seed.contract, seed.public.names, seed.public.audience)
    first, again = (explained(schema, view, first=5) for _ in range(2))
    assert first["planned"]
    assert first["milliseconds"] > 0
    reads = {(read["part"], read["what"]): read for read in first["reads"]}
    assert list(reads) == [
        ("services", "query"),
        ("services.nodes", "values"),
        ("services.nodes.needsBlocks", "labels"),
        ("blockedServices", "query"),
        ("blockedServices.rows.service", "labels"),
    ]
    values = reads["services.nodes", "values"]
    assert values["of"] == ("needsBlocks", "title")
    assert (values["nodes"], values["remembered"]) == (5, 0)
    assert values["found"] > 5
    assert [read["remembered"] for read in again["reads"]] == [
        0 if read["what"] == "query" else read["nodes"] for read in again["reads"]
    ]


def test_lists_and_questions_open_in_sparql_with_the_same_entities(schema: Schema, seed: Seed) -> None:
    told = schema.execute(Asked(QUERY, variables={"first": 50}, explain=True), seed.public)
    opened = {}
    for read in told.extensions["explain"]["reads"]:
        if "openInSparql" in read:
            address = urlsplit(read["openInSparql"])
            assert address.path == "/sparql"
            assert parse_qs(address.query)["query"] == [read["sparql"]]
            assert read["equivalent"] == (read["part"] == "services"), "a question ran, a list did not"
            opened[read["part"]] = {row[0] for row in seed.public.table(read["sparql"]).rows}
    assert opened.keys() == {"services", "blockedServices"}
    assert len(opened["services"]) >= len(told.data["services"]["nodes"])
    labels = {row["service"]["label"]["value"] for row in told.data["blockedServices"]["rows"]}
    assert {label.text for label in seed.public.labels(opened["blockedServices"], ("en",)).values()} == labels


def test_each_field_that_is_a_property_names_its_shapes(schema: Schema, seed: Seed) -> None:
    told = {one["part"]: one for one in explained(schema, seed.public)["fields"]}
    title = seed.contract.kind("Service").property("title")
    assert told["services.nodes.name"] == {
        "part": "services.nodes.name",
        "field": "Service.title",
        "property": "title",
        "predicate": "http://purl.org/dc/terms/title",
        "shapes": [shape.value for shape in title.shapes],
    }
    assert title.shapes


def test_every_property_of_every_kind_leads_to_its_shape(schema: Schema, seed: Seed) -> None:
    count = 0
    for kind in seed.contract.kinds:
        fields = schema.core.type_map[kind.name].fields  # type: ignore[attr-defined]  # an object type
        for prop in kind.properties:
            rule = fields[prop.name].extensions["strawberry-definition"].rule
            assert rule.property is prop, get_named_type(fields[prop.name].type)
            count += 1
    assert count > 200


def test_what_graphql_core_walks_is_explained_too(schema: Schema, seed: Seed) -> None:
    query = "{ __typename __schema { queryType { name } } services(first: 3) { nodes { title { value } } } }"
    told = explained(schema, seed.public, query)
    assert not told["planned"]
    assert [(read["part"], read["what"]) for read in told["reads"]] == [("services.nodes", "values")]


def test_a_memory_stays_within_its_bound_and_forgets_what_nobody_asks_for() -> None:
    memory = Memory(100)
    often = NamedNode("https://example.org/often")
    memory.learn("path", {often: [Literal("a")]})
    for number in range(1000):
        memory.learn("path", {NamedNode(f"https://example.org/{number}"): [Literal("a")]})
        assert memory.known("path", [often]), "what is asked for again stays"
        kept = sum(len(table) for tables in (memory._young, memory._old) for table in tables.values())
        assert kept <= 100
    assert not memory.known("path", [NamedNode("https://example.org/0")])
    memory.learn("path", {often: [Literal("a" * 10_000)]})
    assert memory.known("path", [often]) == {often: [Literal("a")]}, "what is larger than the room is not kept"


def test_a_new_revision_is_answered_from_its_own_view(schema: Schema, small: Callable[..., Small]) -> None:
    query = '{ service(slug: "one") { title { value } } }'
    for title in ("Before", "After"):
        view = small(ORGANISATION + service("one", title)).working
        for _ in range(2):
            told = schema.execute(query, view)
            assert told.data["service"]["title"]["value"] == title


@pytest.mark.parametrize("language", ["fr", "en", "de"])
def test_labels_are_remembered_by_language(schema: Schema, small: Callable[..., Small], language: str) -> None:
    view = small(ORGANISATION + service("one", "One")).working
    query = 'query($lang: [String!]) { service(slug: "one") { label(lang: $lang) { lang } } }'
    for wanted in ("en", language, "fr"):
        told = schema.execute(Asked(query, variables={"lang": [wanted]}), view)
        assert told.data["service"]["label"]["lang"] == (wanted if wanted != "de" else "en")
