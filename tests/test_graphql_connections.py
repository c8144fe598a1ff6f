"""Connections beside the lists within entries: pages of what relations lead to, of many entities at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import ORGANISATION, TURTLE_PREFIXES, Seed, Small, service
from govgraph.catalogue import View
from govgraph.contract.reading import read as read_contract
from govgraph.graphql import Asked, Schema, build_schema

BLOCKS = "".join(
    f"""<id/building-block/b{n}> a gov:BuildingBlock ; dct:title "{title}"@en ; dct:description "B."@en ;
    gov:publicationStatus code:Published . """
    for n, title in enumerate(["Élan", "eland", "Zebra", "ant"])
)
ALL, THREE = ("; gov:needsBlock " + " , ".join(f"<id/building-block/b{n}>" for n in range(count)) for count in (4, 3))
QUERY = """query($first: Int, $after: String, $last: Int, $before: String, $filter: BuildingBlockFilter,
    $by: [BuildingBlockOrder!], $lang: [String!]) {
  services { nodes { slug needsBlocksConnection(first: $first, after: $after, last: $last, before: $before,
      filter: $filter, orderBy: $by, lang: $lang) {
    totalCount edges { cursor node { slug } } nodes { slug } pageInfo { hasNextPage endCursor } } } } }"""


@pytest.fixture
def view(small: Callable[..., Small]) -> View:
    elsewhere = " , <https://example.org/elsewhere> , <id/service/b>"
    services = service("a", "A", ALL + elsewhere) + service("b", "B") + service("c", "C", THREE)
    return small(ORGANISATION + BLOCKS + services).working


def blocks(found: Any, service_: str) -> list[str]:
    of = {node["slug"]: node["needsBlocksConnection"] for node in found["services"]["nodes"]}
    return [node["slug"] for node in of[service_]["nodes"]]


def test_each_entity_has_a_page_of_its_own(ask: Callable[..., Any]) -> None:
    found = ask(QUERY, first=3)
    assert blocks(found, "a") == ["b3", "b0", "b1"]
    assert blocks(found, "b") == []
    assert blocks(found, "c") == ["b0", "b1", "b2"]
    of = {node["slug"]: node["needsBlocksConnection"] for node in found["services"]["nodes"]}
    assert [of[one]["totalCount"] for one in "abc"] == [4, 0, 3]
    assert [of[one]["pageInfo"]["hasNextPage"] for one in "abc"] == [True, False, False]
    assert of["b"]["pageInfo"]["endCursor"] is None
    assert [edge["node"]["slug"] for edge in of["a"]["edges"]] == blocks(found, "a")
    following = ask(QUERY, first=3, after=of["a"]["pageInfo"]["endCursor"])
    assert blocks(following, "a") == ["b2"]
    last = ask(QUERY, last=2)
    assert blocks(last, "a") == ["b1", "b2"]


def test_a_connection_has_the_filter_and_the_order_of_the_kind_it_leads_to(ask: Callable[..., Any]) -> None:
    found = ask(QUERY, filter={"title": {"contains": "elan"}}, by={"label": "DESC"})
    assert blocks(found, "a") == ["b1", "b0"]
    found = ask(QUERY, by=[{"neededBy": {"label": "ASC"}}, {"title": "DESC"}])
    assert blocks(found, "a") == ["b2", "b1", "b0", "b3"]


def test_pages_of_a_relation_cost_the_same_reads_for_any_number_of_entities(schema: Schema, seed: Seed) -> None:
    query = """query($n: Int) { services(first: $n) { nodes {
      needsBlocksConnection(first: 2) { totalCount nodes { label { value } } }
      channelsConnection { nodes { __typename } } } } }"""
    told = [schema.execute(Asked(query, variables={"n": n}), seed.public) for n in (1, 20)]
    assert all(not one.errors for one in told)
    assert told[0].reads == told[1].reads
    assert len(told[1].data["services"]["nodes"]) == 20


def test_both_ways_page_relations_alike(schema: Schema, view: View) -> None:
    asked = Asked(QUERY, variables={"first": 2, "lang": ["fr"]})
    planned, walked = (schema.execute(asked, view, projecting=way) for way in (True, False))
    assert planned.body == walked.body
    assert not planned.errors


def test_counting_has_a_price(schema: Schema) -> None:
    def points(query: str) -> int:
        prepared = schema.prepare(Asked(query))
        return prepared.price.points  # type: ignore[union-attr]  # none is refused

    plain = points("{ services(first: 10) { nodes { iri } } }")
    assert points("{ services(first: 10) { totalCount nodes { iri } } }") == plain + 1
    nested = "{ services(first: 10) { nodes { iri needsBlocksConnection(first: 1) { %s nodes { iri } } } } }"
    assert points(nested % "totalCount") == points(nested % "") + 10


def test_the_languages_asked_for_make_the_order_and_are_told(ask: Callable[..., Any]) -> None:
    query = """query($lang: [String!]) { services(orderBy: { label: ASC }, lang: $lang) { nodes {
      label(lang: $lang) { value lang all { lang } } title(lang: $lang) { lang all { lang } }
      level { label(lang: $lang) { value lang all { lang } } } } } }"""
    for lang, served in ((["fr", "en"], "fr"), (["de"], "en"), (["de", "fr"], "fr"), (None, "en"), ([], "en")):
        for node in ask(query, lang=lang)["services"]["nodes"]:
            assert node["label"]["lang"] == node["title"]["lang"] == node["level"]["label"]["lang"] == served
            assert [one["lang"] for one in node["title"]["all"]] == ["en", "fr"]
            assert node["label"]["all"] == node["title"]["all"]
            assert {"en", "fr"} <= {one["lang"] for one in node["level"]["label"]["all"]}


def test_former_names_answer_wherever_a_name_is_given(tmp_path: Path, small: Callable[..., Small]) -> None:
    shape = """gov:More a sh:NodeShape ; sh:targetClass cpsv:PublicService ; sh:property
        [ sh:path gov:seats ; gov:apiName "seats" ; gov:formerName "chairs" ; sh:name "seats"@en ;
          sh:datatype xsd:integer ; sh:maxCount 1 ] ,
        [ sh:path gov:twin ; gov:apiName "twins" ; gov:formerName "pairs" ; sh:name "twins"@en ;
          sh:class cpsv:PublicService ] ."""
    (tmp_path / "more.ttl").write_text(TURTLE_PREFIXES + shape, "utf-8")
    contract = read_contract(extension=tmp_path)
    twins = "; gov:seats 5 ; gov:twin <id/service/b>"
    country = small(ORGANISATION + service("a", "A", twins) + service("b", "B", "; gov:seats 7"), of=contract)
    query = """query($by: [ServiceOrder!], $filter: ServiceFilter, $group: ServiceGroupBy!) {
      services(orderBy: $by, filter: $filter) { nodes { chairs pairsConnection { nodes { slug } } } }
      servicesAggregate { numbers { chairs { sum } } groups(by: $group) { key { value } count } } }"""
    given = {"by": {"pairs": {"chairs": "ASC"}}, "filter": {"chairs": {"atLeast": 5}}, "group": "CHAIRS"}
    told = build_schema(contract, {}).execute(Asked(query, variables=given), country.working)
    assert not told.errors
    first, second = told.data["services"]["nodes"]
    assert first == {"chairs": 5, "pairsConnection": {"nodes": [{"slug": "b"}]}}
    assert second == {"chairs": 7, "pairsConnection": {"nodes": []}}
    assert told.data["servicesAggregate"]["numbers"]["chairs"]["sum"] == 12
    assert {group["key"]["value"] for group in told.data["servicesAggregate"]["groups"]} == {"5", "7"}
