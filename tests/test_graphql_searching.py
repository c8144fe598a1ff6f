"""The field ``search`` of GraphQL: ranked pages with highlights, the same through a plan and without one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conftest import Seed
from govgraph.graphql import Asked, Limits, build_schema
from govgraph.graphql.schema.names import capitals
from govgraph.settings import read

WIDE = Limits.of(read({}))

_QUERY = """query($text: String!, $kinds: [KindName!], $first: Int, $after: String, $lang: [String!]) {
  search(text: $text, kinds: $kinds, first: $first, after: $after, lang: $lang) {
    totalCount isCapped nodes { slug } pageInfo { hasNextPage endCursor }
    edges { cursor score node { __typename slug label { value } }
      highlights { property lang text plain parts { text marked } entity { iri } } } } }"""


def test_what_is_found_comes_ranked_with_its_words_marked(ask: Callable[..., Any]) -> None:
    found = ask(_QUERY, text="vis", lang=["fr"])["search"]
    assert found["totalCount"] == 1
    assert found["isCapped"] is False
    [edge] = found["edges"]
    assert edge["node"]["slug"] == "visa"
    assert edge["node"]["__typename"] == "Service"
    assert edge["score"] > 1
    shown = edge["highlights"][0]
    assert shown["property"] == "title"
    assert (shown["lang"], shown["text"], shown["plain"]) == ("fr", "<mark>Visa</mark> (fr)", "Visa (fr)")
    assert shown["parts"] == [{"text": "Visa", "marked": True}, {"text": " (fr)", "marked": False}]


def test_pages_follow_each_other_and_kinds_narrow_them(ask: Callable[..., Any]) -> None:
    whole = ask(_QUERY, text="does", kinds=["SERVICE"])["search"]
    assert {edge["node"]["__typename"] for edge in whole["edges"]} == {"Service"}
    assert whole["totalCount"] >= 2
    first = ask(_QUERY, text="does", kinds=["SERVICE"], first=1)["search"]
    assert first["pageInfo"]["hasNextPage"]
    second = ask(_QUERY, text="does", kinds=["SERVICE"], first=1, after=first["pageInfo"]["endCursor"])["search"]
    assert [*first["nodes"], *second["nodes"]] == whole["nodes"][:2]
    assert ask(_QUERY, text="does", kinds=["EVIDENCE"])["search"]["totalCount"] == 0


@pytest.mark.parametrize("text", ["", "  ", '"', "((", "\x00", "💥", "a" * 10_000])
def test_any_text_is_answered(ask: Callable[..., Any], text: str) -> None:
    assert ask(_QUERY, text=text)["search"]["totalCount"] >= 0


def test_a_cursor_of_another_search_is_told_so(seed: Seed) -> None:
    schema = build_schema(seed.contract, seed.questions, WIDE)
    cursor = '{ search(text: "register") { pageInfo { endCursor } } }'
    told = schema.execute(Asked(cursor), seed.public).data
    assert told is not None
    after = told["search"]["pageInfo"]["endCursor"]
    again = schema.execute(Asked(f'{{ search(text: "other", after: "{after}") {{ totalCount }} }}'), seed.public)
    assert "another search" in str(again.errors)


@pytest.mark.parametrize("text", ["ministry of interior", "drivng licens", "passport marriage qqqqqq"])
def test_a_list_of_each_kind_finds_what_a_search_for_it_does(seed: Seed, text: str) -> None:
    schema = build_schema(seed.contract, seed.questions, WIDE)
    kinds = [kind for kind in seed.contract.entities if kind.plural]
    assert len(kinds) >= 26
    some = 0
    for kind in kinds:
        query = f"""query($text: String!) {{ search(text: $text, kinds: [{capitals(kind.name)}]) {{ nodes {{ iri }} }}
          {kind.plural}(filter: {{ search: $text }}) {{ nodes {{ iri }} }} }}"""
        answer = schema.execute(Asked(query, variables={"text": text}), seed.public)
        assert answer.data is not None, answer.errors
        search, listed = ({node["iri"] for node in of["nodes"]} for of in answer.data.values())
        assert search == listed, kind.name
        some += bool(search)
    assert some or "q" in text


def test_a_plan_and_graphql_core_find_the_same(seed: Seed) -> None:
    query = """{ search(text: "register birth") { totalCount edges { score node { iri label { value } findings { key } }
      highlights { property text entity { iri } } } } }"""
    schema = build_schema(seed.contract, seed.questions, WIDE)
    told = [schema.execute(Asked(query), seed.working, projecting=way).data for way in (True, False)]
    assert told[0] is not None
    assert len(told[0]["search"]["edges"]) > 1
    assert told[0] == told[1]
