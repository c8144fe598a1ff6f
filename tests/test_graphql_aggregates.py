"""Aggregates in GraphQL: counts, groups, and what numbers and days come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from conftest import ORGANISATION, Seed, Small, service
from govgraph.catalogue import View
from govgraph.graphql import Asked, Schema

OTHER = """<id/organisation/health> a cv:PublicOrganisation ; skos:prefLabel "Health"@en , "Santé"@fr ;
    dct:description "Keeps us well."@en ; dct:identifier "H" ; gov:publicationStatus code:Published ."""
FOUND = "{ count min max sum average }"
FIELDS = f"count numbers {{ transactionsPerYear {FOUND} requestsPerMonth {FOUND} }}"


@pytest.fixture
def view(small: Callable[..., Small]) -> View:
    given = {"a": (10, "0.1"), "b": (2**62, "0.2"), "c": (20, "12.50")}
    numbers = (
        service(slug, slug.upper(), f"; gov:transactionsPerYear {n} ; gov:requestsPerMonth {m}")
        for slug, (n, m) in given.items()
    )
    both = "; cv:hasCompetentAuthority <id/organisation/health> ; dct:subject <https://example.org/x>"
    return small(ORGANISATION + OTHER + "".join(numbers) + service("d", "D", both)).working


def test_numbers_are_added_up_exactly(ask: Callable[..., Any]) -> None:
    found = ask(f"{{ servicesAggregate {{ {FIELDS} }} }}")["servicesAggregate"]
    assert found["count"] == 4
    total = 2**62 + 30
    assert found["numbers"]["transactionsPerYear"] == {
        "count": 3, "min": 10, "max": 2**62, "sum": total, "average": pytest.approx(total / 3),
    }  # fmt: skip
    expected = {"count": 3, "min": "0.1", "max": "12.50", "sum": "12.80", "average": pytest.approx(12.8 / 3)}
    decimal = found["numbers"]["requestsPerMonth"]
    assert float(decimal["min"]) == 0.1
    assert decimal | {"min": "0.1", "max": "12.50", "sum": "12.80"} == expected
    assert float(decimal["sum"]) == 12.8


def test_what_is_filtered_away_does_not_count(ask: Callable[..., Any]) -> None:
    query = f"query($f: ServiceFilter) {{ servicesAggregate(filter: $f) {{ {FIELDS} }} }}"
    found = ask(query, f={"transactionsPerYear": {"atMost": 20}})["servicesAggregate"]
    assert (found["count"], found["numbers"]["transactionsPerYear"]["sum"]) == (2, 30)
    none = ask(query, f={"label": {"contains": "nothing"}})["servicesAggregate"]
    assert none["count"] == 0
    empty = {"count": 0, "min": None, "max": None, "sum": None, "average": None}
    assert none["numbers"]["transactionsPerYear"] == empty


def test_groups_by_relation_code_and_value_are_the_biggest_first(ask: Callable[..., Any]) -> None:
    query = """query($by: ServiceGroupBy!, $first: Int, $lang: [String!]) { servicesAggregate { groupCount(by: $by)
      groups(by: $by, first: $first, lang: $lang) { count
        key { value label(lang: $lang) { value lang } code { name } entity { __typename slug } }
        numbers { transactionsPerYear { sum } } } } }"""
    by_authority = ask(query, by="AUTHORITY", lang=["fr"])["servicesAggregate"]
    assert by_authority["groupCount"] == 2
    interior, health = by_authority["groups"]
    assert (interior["count"], health["count"]) == (4, 1)
    assert interior["key"]["label"] == {"value": "Intérieur", "lang": "fr"}
    assert interior["key"]["entity"] == {"__typename": "Organisation", "slug": "interior"}
    assert interior["key"]["value"].endswith("/id/organisation/interior")
    assert interior["key"]["code"] is None
    assert [group["numbers"]["transactionsPerYear"]["sum"] for group in (interior, health)] == [2**62 + 30, None]
    (level,) = ask(query, by="LEVEL")["servicesAggregate"]["groups"]
    assert (level["count"], level["key"]["value"], level["key"]["code"]) == (4, "LEVEL_2", {"name": "LEVEL_2"})
    assert (level["key"]["label"]["lang"], level["key"]["entity"]) == ("en", None)
    by_number = ask(query, by="TRANSACTIONS_PER_YEAR", first=9)["servicesAggregate"]["groups"]
    assert [group["key"]["value"] for group in by_number if group["key"]] == ["10", "20", str(2**62)]
    assert [group["key"] for group in by_number][-1] is None
    assert ask(query, by="AUTHORITY", first=1)["servicesAggregate"]["groupCount"] == 2


def test_days_have_a_first_and_a_last(schema: Schema, seed: Seed) -> None:
    query = """{ regulationsAggregate { numbers { inForceFrom { count min max } } }
      regulations(first: 200) { nodes { inForceFrom } } }"""
    data = schema.execute(query, seed.public).data
    days = sorted(node["inForceFrom"] for node in data["regulations"]["nodes"] if node["inForceFrom"])
    found = data["regulationsAggregate"]["numbers"]["inForceFrom"]
    assert found == {"count": len(days), "min": days[0], "max": days[-1]}
    assert len(days) > 3


def test_groups_of_the_seed_are_what_a_walk_over_all_counts(schema: Schema, seed: Seed) -> None:
    query = """{ servicesAggregate { groups(by: LEVEL, first: 50) { count key { code { name } } } }
      services(first: 200) { nodes { level { name } } } }"""
    data = schema.execute(query, seed.working).data
    walked = Counter(node["level"]["name"] if node["level"] else None for node in data["services"]["nodes"])
    groups = data["servicesAggregate"]["groups"]
    assert {g["key"]["code"]["name"] if g["key"] else None: g["count"] for g in groups} == walked
    assert len(walked) > 2


def test_both_ways_add_up_alike_and_a_wrong_size_is_an_error(schema: Schema, view: View) -> None:
    query = f"""query($n: Int) {{ servicesAggregate {{ {FIELDS}
      groups(by: AUTHORITY, first: $n) {{ {FIELDS}
        key {{ label {{ value }} entity {{ label {{ value }} score }} }} }} }} }}"""
    planned, walked = (schema.execute(Asked(query, variables={"n": 3}), view, projecting=way) for way in (True, False))
    assert planned.body == walked.body
    assert not planned.errors
    told = schema.execute(Asked(query, variables={"n": -1}), view)
    assert told.errors[0]["extensions"]["code"] == "BAD_REQUEST"


def test_groups_and_their_numbers_have_a_price(schema: Schema) -> None:
    def points(below: str) -> int:
        prepared = schema.prepare(Asked(f"{{ servicesAggregate {{ {below} }} }}"))
        return prepared.price.points  # type: ignore[union-attr]  # none is refused

    assert points("count") == 2
    assert points("count numbers { transactionsPerYear { sum } }") == 3
    assert points("groups(by: LEVEL, first: 10) { count }") == 7
    assert points("groups(by: LEVEL, first: 10) { numbers { transactionsPerYear { sum } } }") == 17


def test_the_public_count_no_draft(schema: Schema, small: Callable[..., Small]) -> None:
    draft = service("draft", "Draft", "; gov:transactionsPerYear 7").replace("code:Published", "code:Draft")
    loaded = small(ORGANISATION + draft + service("open", "Open", "; dct:requires <id/service/draft>"))
    query = """{ servicesAggregate { count numbers { transactionsPerYear { sum } }
        groups(by: REQUIRES) { key { value } count } }
      services(filter: { requires: { some: {} } }) { totalCount nodes { requiresConnection { totalCount } } } }"""
    hidden = schema.execute(query, loaded.public)
    assert not hidden.errors
    assert hidden.data["servicesAggregate"]["count"] == 1
    assert hidden.data["servicesAggregate"]["numbers"]["transactionsPerYear"]["sum"] is None
    assert "draft" not in str(hidden.data)
    assert hidden.data["services"]["totalCount"] == 0
    assert schema.execute(query, loaded.working).data["services"]["totalCount"] == 1
