"""Prices: what an answer may hold is counted whatever it is, and what is made beside it has points of its own."""

from __future__ import annotations

import pytest

from govgraph.catalogue import View
from govgraph.graphql import Asked, Schema, Told
from govgraph.graphql.execution.limits import SEARCHING_THE_PAST, Price
from govgraph.graphql.execution.running import Prepared
from govgraph.graphql.schema.asking import ASKING, CHAIN
from govgraph.graphql.schema.entities import FINDINGS_SHOWN
from govgraph.graphql.schema.filters import SEARCHING


def price(schema: Schema, query: str, **variables: object) -> Price:
    prepared = schema.prepare(Asked(query, variables=variables))
    assert isinstance(prepared, Prepared), prepared
    return prepared.price


def code(told: Prepared | Told) -> str:
    assert isinstance(told, Told)
    assert not told.ran
    found: str = told.errors[0]["extensions"]["code"]
    return found


@pytest.mark.parametrize(
    ("query", "entries"),
    [
        ("{ services(first: 10) { nodes { iri } } }", 10),
        ("{ services(first: 10) { edges { cursor node { iri } } } }", 10),
        ("{ revisions(first: 200) { nodes { revision } } }", 200),
        ("{ revisions(first: 20) { edges { node { revision } } } }", 20),
        ("{ revisions(first: 10) { nodes { changes(first: 30) { iri } } } }", 10 + 10 * 30),
        ("{ services(first: 10) { nodes { history(first: 20) { nodes { revision } } } } }", 10 + 10 * 20),
        ("{ services(first: 10) { nodes { findings { message } } } }", 10 + 10 * FINDINGS_SHOWN),
        ("{ services(first: 10) { nodes { findings(first: 3) { entity { iri } } } } }", 10 + 10 * 3 * 2),
        ("{ catalogue { findings(first: 30) { nodes { message } } } }", 30),
        ("{ nextEdits(first: 30) { nodes { findings(first: 5) { message } } } }", 30 + 30 * 5),
        ("{ blockedServices { rows(first: 70) { service { iri } } } }", 70 * 2),
        ('{ search(text: "birth", first: 10) { edges { highlights { text } } } }', 10 + 10 * 3),
        ("{ servicesAggregate { groups(by: LEVEL, first: 10) { count } } }", 10),
        ("{ services(first: 10) { nodes { title { all { value } } keywords { value } } } }", 10),
    ],
)
def test_whatever_stands_in_a_list_is_counted_once(schema: Schema, query: str, entries: int) -> None:
    assert price(schema, query).entities == entries


def test_chains_that_explain_a_row_are_counted_with_steps(schema: Schema) -> None:
    query = "{ blockedServices { rows(first: 10) { %s { forward } } } }"
    fields = schema.core.type_map["BlockedServicesRow"].fields  # type: ignore[attr-defined]  # an object type
    name = next(key for key, one in fields.items() if "Step" in str(one.type))
    assert price(schema, query % name).entities == 10 + 10 * CHAIN


def test_history_is_within_the_limit_of_entries(schema: Schema) -> None:
    deep = (
        "{ services(first: 200) { nodes { needsBlocks(first: 200) { history(first: 200) { nodes { revision } } } } } }"
    )
    assert code(schema.prepare(Asked(deep))) == "TOO_MANY_NODES"
    of_many = "nodes(ids: $ids) { ... on Service { history(first: 200) { nodes { revision agent } } } }"
    query = "query($ids: [ID!]!) { " + " ".join(f"a{n}: {of_many}" for n in range(30)) + " }"
    ids = [f"https://example.org/{n}" for n in range(200)]
    assert code(schema.prepare(Asked(query, variables={"ids": ids}))) == "TOO_MANY_NODES"


def test_each_key_of_an_order_beyond_the_first_and_each_relation_on_its_way_costs_a_point(schema: Schema) -> None:
    def points(by: str) -> int:
        return price(schema, f"{{ services(first: 1, orderBy: {by}) {{ nodes {{ iri }} }} }}").points

    assert points("{ label: ASC }") == points("[]") == 1
    assert points("[{ label: ASC }, { transactionsPerYear: DESC }]") == 2
    assert points("{ authority: { label: ASC } }") == 2
    assert points("[{ authority: { parent: { label: ASC } } }, { level: ASC }]") == 1 + 1 + 2


def test_an_order_within_entries_is_made_and_paid_once(schema: Schema) -> None:
    query = """{ services(first: 50) { nodes { needsBlocksConnection(first: 1 %s) { nodes { iri } } } } }"""
    by = ", orderBy: [{ label: ASC }, { requires: { label: DESC } }]"
    assert price(schema, query % by).points == price(schema, query % "").points + 2


def test_a_search_within_entries_is_made_once_and_looked_up_for_each(schema: Schema) -> None:
    query = """{ services(first: 50) { nodes { needsBlocksConnection(first: 1 %s) { nodes { iri } } } } }"""
    plain = price(schema, query % "").points
    assert price(schema, query % ', filter: { search: "pay" }').points == plain + SEARCHING + 50


def test_what_an_order_or_a_filter_may_not_be_is_refused_before_anything_runs(schema: Schema) -> None:
    deep: dict[str, object] = {}
    for _ in range(20):
        deep = {"needsBlocks": {"some": {"not": {}}}} if not deep else {"not": deep}
    query = "query($f: ServiceFilter, $by: [ServiceOrder!]) { services(filter: $f, orderBy: $by) { totalCount } }"
    for given in ({"f": deep}, {"f": {"and": [{"title": {"contains": "a"}}] * 101}}, {"by": [{"label": "ASC"}] * 6}):
        told = schema.prepare(Asked(query, variables=given))
        assert code(told) == "BAD_REQUEST"
        assert isinstance(told, Told)
        assert told.errors[0]["locations"]
    literal = "{ services(orderBy: [" + "{ label: ASC } " * 6 + "]) { totalCount } }"
    assert code(schema.prepare(Asked(literal))) == "BAD_REQUEST"


def test_a_question_in_a_list_of_prices_costs_what_it_says(schema: Schema) -> None:
    assert price(schema, "{ blockedServices { totalCount } }").points == 1 + ASKING


def test_findings_of_an_entry_come_in_the_number_asked_for(schema: Schema, view: View) -> None:
    query = """{ service(slug: "wrong") {
      all: findings { key } two: findings(first: 2) { key } none: findings(first: 0) { key } } }"""
    told = schema.execute(query, view)
    found = told.data["service"]
    assert len(found["all"]) > 2
    assert (found["two"], found["none"]) == (found["all"][:2], [])
    assert code(schema.prepare(Asked('{ service(slug: "a") { findings(first: 201) { key } } }'))) == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("query", "cursors"),
    [
        ("query($c: String) { services(after: $c) { totalCount } }", ("nonsense", "e30=", "MQ==")),
        ("query($c: String) { revisions(after: $c) { nodes { revision } } }", ("nonsense", "e30=")),
        ('query($c: String) { search(text: "a", after: $c) { totalCount } }', ("nonsense", "e30=")),
        ("query($c: String) { catalogue { findings(after: $c) { totalCount } } }", ("nonsense!",)),
    ],
)
def test_a_cursor_that_no_page_gave_out_has_a_code_of_its_own(
    schema: Schema, view: View, query: str, cursors: tuple[str, ...]
) -> None:
    for cursor in cursors:
        error = schema.execute(Asked(query, variables={"c": cursor}), view).errors[0]
        assert error["extensions"]["code"] == "BAD_CURSOR", error
        assert "Begin again" in error["message"]


def test_a_cursor_of_another_order_or_other_languages_has_that_code_too(schema: Schema, view: View) -> None:
    query = """query($by: [ServiceOrder!], $c: String, $lang: [String!]) {
      services(first: 1, orderBy: $by, after: $c, lang: $lang) { pageInfo { endCursor } } }"""
    told = schema.execute(Asked(query, variables={"by": {"label": "ASC"}}), view)
    cursor = told.data["services"]["pageInfo"]["endCursor"]
    for other in ({"by": {"level": "DESC"}}, {"by": {"label": "ASC"}, "lang": ["fr"]}):
        error = schema.execute(Asked(query, variables={**other, "c": cursor}), view).errors[0]
        assert error["extensions"]["code"] == "BAD_CURSOR"
        assert "Begin again" in error["message"]


@pytest.mark.parametrize(
    "asked",
    [
        "services(filter: { transactionsPerYear: { equals: 1.5 } })",
        'roleAssignments: systems(filter: { startDate: { equals: "tomorrow" } })',
        'organisations(filter: { homepage: { equals: "no iri" } })',
        'entity(iri: "no iri") { iri } services',
    ],
)
def test_a_literal_that_is_no_value_of_its_scalar_is_shown_where_it_stands(schema: Schema, asked: str) -> None:
    told = schema.prepare(Asked("{\n  " + asked + " { totalCount }\n}"))
    assert code(told) == "GRAPHQL_VALIDATION_FAILED"
    assert isinstance(told, Told)
    assert "cannot represent" in told.errors[0]["message"]
    assert told.errors[0]["locations"][0]["line"] == 2


def test_searching_the_past_pays_for_an_index_that_may_have_to_be_made(schema: Schema) -> None:
    for query in (
        '{ search(text: "a") { totalCount } }',
        '{ services(filter: { or: [{ search: "a" }] }) { totalCount } }',
        '{ servicesAggregate(filter: { search: "a" }) { count } }',
    ):
        now, then = (schema.prepare(Asked(query, past=past)) for past in (False, True))
        assert isinstance(now, Prepared)
        assert isinstance(then, Prepared)
        assert then.price.points == now.price.points + SEARCHING_THE_PAST
    plain = schema.prepare(Asked('{ services(filter: { title: { contains: "a" } }) { totalCount } }', past=True))
    assert isinstance(plain, Prepared)
    assert plain.price.points < SEARCHING_THE_PAST
