"""Lists of a kind in GraphQL: pages, filters, orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conftest import BASE, Seed
from govgraph.catalogue import View
from govgraph.graphql import Asked, Schema


def test_a_list_is_paged_forwards_and_backwards_as_relay_says(ask: Callable[..., Any]) -> None:
    query = """query($first: Int, $after: String, $last: Int, $before: String) {
      services(first: $first, after: $after, last: $last, before: $before) {
        totalCount edges { cursor node { slug } } nodes { slug }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
    page = ask(query, first=2)["services"]
    assert page["totalCount"] == 3
    assert [n["slug"] for n in page["nodes"]] == ["birth", "visa"]
    assert [e["node"]["slug"] for e in page["edges"]] == ["birth", "visa"]
    cursors = [e["cursor"] for e in page["edges"]]
    ends = {"startCursor": cursors[0], "endCursor": cursors[1]}
    assert page["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": False, **ends}
    following = ask(query, first=2, after=cursors[1])["services"]
    assert [n["slug"] for n in following["nodes"]] == ["wrong"]
    assert not following["pageInfo"]["hasNextPage"]
    back = ask(query, last=1, before=following["pageInfo"]["startCursor"])["services"]
    assert [n["slug"] for n in back["nodes"]] == ["visa"]
    assert back["pageInfo"]["hasPreviousPage"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ('{ title: { contains: "WRÔNG" } }', ["wrong"]),
        ('{ title: { equals: "Visa (fr)" } }', ["visa"]),
        ('{ title: { equals: "visa" } }', []),
        ('{ title: { in: ["Visa", "Wrong (fr)"] } }', ["visa", "wrong"]),
        ("{ keywords: { isMissing: false } }", ["birth"]),
        ("{ transactionsPerYear: { between: { from: 9007199254740993, to: 9007199254740993 } } }", ["birth"]),
        ("{ transactionsPerYear: { equals: 9007199254740993 } }", ["birth"]),
        ("{ transactionsPerYear: { in: [1, 9007199254740993] } }", ["birth"]),
        ("{ transactionsPerYear: { isMissing: true } }", ["visa"]),
        ('{ requestsPerMonth: { equals: "12.500" } }', ["birth"]),
        ("{ requestsPerMonth: { atLeast: 12.5 } }", ["birth"]),
        ("{ requestsPerMonth: { atMost: 12 } }", []),
        ("{ crossBorder: { equals: true } }", ["birth"]),
        ("{ level: { in: [LEVEL_1, LEVEL_2] } }", ["birth", "visa", "wrong"]),
        ("{ level: { equals: LEVEL_4 } }", []),
        ('{ needsBlocks: { in: ["payment"] } }', ["birth"]),
        (f'{{ needsBlocks: {{ in: ["{BASE}id/building-block/payment"] }} }}', ["birth"]),
        ('{ events: { in: ["start"] } }', ["birth"]),
        ("{ needsBlocks: { isMissing: true }, crossBorder: { isMissing: true } }", ["visa"]),
        ('{ languages: { in: ["http://publications.europa.eu/resource/authority/language/FRA"] } }', ["birth"]),
        ("{ not: { needsBlocks: { isMissing: true } } }", ["birth"]),
        ('{ or: [{ title: { contains: "visa" } }, { crossBorder: { equals: true } }] }', ["birth", "visa"]),
        ('{ and: [{ title: { contains: "i" } }, { title: { contains: "v" } }] }', ["visa"]),
        ('{ label: { contains: "vIsÀ (FR" } }', ["visa"]),
        (f'{{ iri: {{ in: ["{BASE}id/service/visa", "https://example.org/"] }} }}', ["visa"]),
        ("{ needsBlocks: { some: { requires: { isMissing: false } } } }", ["birth"]),
        ("{ needsBlocks: { every: { requires: { isMissing: false } } } }", ["visa", "wrong"]),
        ("{ needsBlocks: { none: { requires: { isMissing: false } } } }", ["visa", "wrong"]),
        ('{ needsBlocks: { some: { requires: { some: { label: { contains: "identity" } } } } } }', ["birth"]),
        ('{ needsBlocks: { some: { neededBy: { some: { title: { equals: "Register a birth" } } } } } }', ["birth"]),
        ('{ events: { some: { lifeEvent: { title: { contains: "birth" } } } } }', ["birth"]),
        ('{ events: { some: { businessEvent: { title: { contains: "birth" } } } } }', []),
        ("{ events: { none: { businessEvent: {} } } }", ["visa", "wrong"]),
        ("{ events: { every: { lifeEvent: {} } } }", ["visa", "wrong"]),
        ('{ authority: { every: { label: { contains: "interieur" } } } }', ["birth", "visa", "wrong"]),
        ('{ search: "registering birth" }', ["birth"]),
        ('{ needsBlocks: { some: { search: "paiement" } } }', ["birth"]),
        ("{ or: [] }", []),
        ("{}", ["birth", "visa", "wrong"]),
        ("null", ["birth", "visa", "wrong"]),
    ],
)
def test_filters_give_what_they_say(ask: Callable[..., Any], given: str, expected: list[str]) -> None:
    found = ask(f"{{ services(filter: {given}) {{ totalCount nodes {{ slug }} }} }}")["services"]
    assert ([n["slug"] for n in found["nodes"]], found["totalCount"]) == (expected, len(expected))


def test_dates_are_filtered_as_dates(schema: Schema, seed: Seed) -> None:
    query = """query($from: Date!, $to: Date!) {
      regulations(first: 200, filter: { inForceFrom: { between: { from: $from, to: $to } } }) {
        nodes { inForceFrom } } }"""
    told = schema.execute(Asked(query, variables={"from": "2010-01-01", "to": "2015-12-31"}), seed.public)
    days = [node["inForceFrom"] for node in told.data["regulations"]["nodes"]]
    all_ = "{ regulations(first: 200) { nodes { inForceFrom } } }"
    every = schema.execute(all_, seed.public).data["regulations"]["nodes"]
    within = [node["inForceFrom"] for node in every if "2010" <= (node["inForceFrom"] or "")[:4] <= "2015"]
    assert 0 < len(days) < len(every)
    assert sorted(days) == sorted(within)


def test_lists_are_ordered_by_a_property_in_either_direction(ask: Callable[..., Any]) -> None:
    query = "query($by: [ServiceOrder!]) { services(orderBy: $by) { nodes { slug } } }"
    by: Any = {"transactionsPerYear": "ASC"}
    assert [n["slug"] for n in ask(query, by=by)["services"]["nodes"]] == ["birth", "wrong", "visa"]
    by = [{"authority": {"label": "DESC"}}, {"level": "ASC"}, {"label": "DESC"}]
    assert [n["slug"] for n in ask(query, by=by)["services"]["nodes"]] == ["wrong", "visa", "birth"]


def test_lists_are_ordered_over_relations_and_by_several_keys(ask: Callable[..., Any]) -> None:
    query = "query($by: [BuildingBlockOrder!]) { buildingBlocks(orderBy: $by) { nodes { slug } } }"
    for by, expected in (
        ({"requires": {"label": "ASC"}}, ["payment", "identity"]),
        ({"requires": {"requires": {"label": "ASC"}}}, ["identity", "payment"]),
        ([{"requires": {"requires": {"label": "DESC"}}}, {"label": "DESC"}], ["payment", "identity"]),
    ):
        assert [n["slug"] for n in ask(query, by=by)["buildingBlocks"]["nodes"]] == expected


def test_an_order_of_too_many_keys_or_too_far_a_way_is_refused(schema: Schema, view: View) -> None:
    query = "query($by: [BuildingBlockOrder!]) { buildingBlocks(orderBy: $by) { totalCount } }"
    far: dict[str, Any] = {"label": "ASC"}
    for _ in range(6):
        far = {"requires": far}
    for by in ([{"label": "ASC"}] * 6, [far]):
        told = schema.execute(Asked(query, variables={"by": by}), view)
        assert told.data == {"buildingBlocks": None}
        assert told.errors[0]["extensions"] == {"code": "BAD_REQUEST"}
        assert "5 are allowed" in told.errors[0]["message"]


def test_a_key_of_an_order_says_exactly_one_thing(schema: Schema, view: View) -> None:
    told = schema.execute("{ services(orderBy: [{ label: ASC, level: ASC }]) { totalCount } }", view)
    assert (told.ran, told.errors[0]["extensions"]["code"]) == (False, "GRAPHQL_VALIDATION_FAILED")


def test_a_filter_nested_too_deeply_is_refused(schema: Schema, view: View) -> None:
    query = "query($f: ServiceFilter) { services(filter: $f) { totalCount } }"
    given: dict[str, object] = {}
    for _ in range(19):
        given = {"not": given}
    assert schema.execute(Asked(query, variables={"f": given}), view).data == {"services": {"totalCount": 0}}
    told = schema.execute(Asked(query, variables={"f": {"not": given}}), view)
    assert (told.data, told.errors[0]["extensions"]["code"]) == ({"services": None}, "BAD_REQUEST")


def test_a_filter_of_too_many_conditions_is_refused(schema: Schema, view: View) -> None:
    query = "query($f: ServiceFilter) { services(filter: $f) { totalCount } }"
    one = {"events": {"some": {"lifeEvent": {"label": {"contains": "birth"}}}}}
    told = schema.execute(Asked(query, variables={"f": {"or": [one] * 50}}), view)
    assert told.data == {"services": {"totalCount": 1}}
    told = schema.execute(Asked(query, variables={"f": {"or": [one] * 51}}), view)
    assert told.data == {"services": None}
    assert "102 conditions; 100 are allowed" in told.errors[0]["message"]


def test_what_looks_at_words_has_a_price(schema: Schema) -> None:
    def points(given: str) -> int:
        prepared = schema.prepare(Asked(f"{{ services(filter: {given}) {{ pageInfo {{ hasNextPage }} }} }}"))
        return prepared.price.points  # type: ignore[union-attr]  # none is refused

    assert points("{ level: { equals: LEVEL_1 } }") == 1
    assert points('{ search: "birth" }') == 6
    assert points('{ or: [{ search: "a" }, { not: { title: { contains: "b" } } }] }') == 7


def test_an_operator_input_takes_exactly_one_entry(schema: Schema, view: View) -> None:
    told = schema.execute('{ services(filter: { title: { contains: "a", equals: "b" } }) { totalCount } }', view)
    assert not told.ran
    assert told.errors[0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    query = "query($f: ServiceFilter) { services(filter: $f) { totalCount } }"
    told = schema.execute(Asked(query, variables={"f": {"title": {}}}), view)
    assert (told.ran, told.errors[0]["extensions"]["code"]) == (False, "BAD_USER_INPUT")
