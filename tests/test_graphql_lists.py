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
        assert not told.ran
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
    assert (told.ran, told.errors[0]["extensions"]["code"]) == (False, "BAD_REQUEST")


def test_a_filter_of_too_many_conditions_is_refused(schema: Schema, view: View) -> None:
    query = "query($f: ServiceFilter) { services(filter: $f) { totalCount } }"
    one = {"events": {"some": {"lifeEvent": {"label": {"contains": "birth"}}}}}
    told = schema.execute(Asked(query, variables={"f": {"or": [one] * 50}}), view)
    assert told.data == {"services": {"totalCount": 1}}
    told = schema.execute(Asked(query, variables={"f": {"or": [one] * 51}}), view)
    assert not told.ran
    assert "102 conditions; 100 are allowed" in told.errors[0]["message"]


def test_what_looks_at_words_has_a_price(schema: Schema) -> None:
    def points(given: str) -> int:
        prepared = schema.prepare(Asked(f"{{ services(filter: {given}) {{ pageInfo {{ hasNextPage }} }} }}"))
        return prepared.price.points  # type: ignore[union-attr]  # none is refused

    assert points("{ level: { equals: LEVEL_1 } }") == 1
    assert points('{ search: "birth" }') == 21
    assert points('{ or: [{ search: "a" }, { not: { title: { contains: "b" } } }] }') == 22


def test_an_operator_input_takes_exactly_one_entry(schema: Schema, view: View) -> None:
    told = schema.execute('{ services(filter: { title: { contains: "a", equals: "b" } }) { totalCount } }', view)
    assert not told.ran
    assert told.errors[0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    query = "query($f: ServiceFilter) { services(filter: $f) { totalCount } }"
    told = schema.execute(Asked(query, variables={"f": {"title": {}}}), view)
    assert (told.ran, told.errors[0]["extensions"]["code"]) == (False, "BAD_USER_INPUT")


def test_a_slug_that_names_nothing_is_an_error_and_no_empty_list(schema: Schema, view: View) -> None:
    query = "query ($of: [ID!]!) { services(filter: { needsBlocks: { in: $of } }) { totalCount } }"
    told = schema.execute(Asked(query, variables={"of": ["payment", "paymnet"]}), view)
    assert told.errors[0]["message"].startswith("The slug 'paymnet' names no BuildingBlock you can see.")
    assert told.errors[0]["extensions"]["code"] == "BAD_REQUEST"
    told = schema.execute(Asked(query, variables={"of": ["payment", f"{BASE}id/building-block/none"]}), view)
    assert told.data["services"]["totalCount"] == 1, "an IRI may be of what is not there"
    several = schema.execute('{ services(filter: { iri: { in: ["visa"] } }) { totalCount } }', view)
    assert "neither a global id nor an IRI" in several.errors[0]["message"]


def test_an_empty_list_matches_nothing_wherever_it_is_given(ask: Callable[..., Any]) -> None:
    assert ask("{ services(filter: { needsBlocks: { in: [] } }) { totalCount } }")["services"]["totalCount"] == 0
    assert ask("{ services(filter: { or: [] }) { totalCount } }")["services"]["totalCount"] == 0
    assert ask('{ search(text: "visa") { totalCount } }')["search"]["totalCount"] == 1
    assert ask('{ search(text: "visa", kinds: []) { totalCount } }')["search"]["totalCount"] == 0
    assert ask("{ catalogue { findings(kind: []) { totalCount } } }")["catalogue"]["findings"]["totalCount"] == 0


def test_every_argument_of_a_query_says_what_it_is_for(schema: Schema) -> None:
    arguments = {
        (type_.name, name, argument): said.description
        for type_ in schema.core.type_map.values()
        if not type_.name.startswith("__")
        for name, field in getattr(type_, "fields", {}).items()
        for argument, said in getattr(field, "args", {}).items()
    }
    assert len(arguments) > 2000
    assert not [at for at, words in arguments.items() if not words]


@pytest.mark.parametrize("lang", [["fr-FR", "en"], ["fr-CA"], ["FR-fr"], ["fr"]])
def test_a_tag_that_is_not_there_gives_way_to_its_shorter_ones(ask: Callable[..., Any], lang: list[str]) -> None:
    query = """query ($lang: [String!]) { service(slug: "birth") {
      label(lang: $lang) { lang } title(lang: $lang) { lang } keywords(lang: $lang) { value }
      level { label(lang: $lang) { lang } } findings { message(lang: $lang) } } }"""
    said = ask(query, lang=lang)["service"]
    assert said["label"]["lang"] == said["title"]["lang"] == said["level"]["label"]["lang"] == "fr"
    assert said["keywords"] == [{"value": "bébé"}]
    assert said["findings"] == ask(query, lang=["fr"])["service"]["findings"] != ask(query)["service"]["findings"]


def test_a_list_is_ordered_by_the_shorter_tag_as_by_itself(schema: Schema, seed: Seed) -> None:
    orders = {
        str(schema.execute(f'{{ services(first: 50, lang: ["{tag}"]) {{ nodes {{ slug }} }} }}', seed.public).data)
        for tag in ("fr", "fr-FR", "fr-CA")
    }
    assert len(orders) == 1


def test_a_part_without_a_title_is_called_by_its_first_code(schema: Schema, seed: Seed) -> None:
    query = """{ service(slug: "apply-for-a-passport") {
      channels { label(lang: ["fr-FR"]) { value lang } type { label(lang: ["fr"]) { value } } }
      costs { label { value } } } }"""
    told = schema.execute(query, seed.public)
    assert not told.errors
    channels = told.data["service"]["channels"]
    assert len(channels) > 0
    for channel in channels:
        assert channel["label"] == {**channel["type"]["label"], "lang": "fr"}
    assert all("-" not in cost["label"]["value"] for cost in told.data["service"]["costs"])
