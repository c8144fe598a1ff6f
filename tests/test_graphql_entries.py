"""What GraphQL says of one entry: identity, texts, literals, codes, links, findings."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from conftest import BASE
from govgraph.catalogue import View
from govgraph.graphql import Asked, Schema
from graphql_country import birth


def test_an_entry_has_its_identity_label_and_page(ask: Callable[..., Any]) -> None:
    iri = f"{BASE}id/service/birth"
    found = ask(birth('__typename id iri kind slug page label { value lang } fr: label(lang: ["fr"]) { value lang }'))
    id_ = found["service"].pop("id")
    assert base64.urlsafe_b64decode(id_ + "==").decode() == iri
    assert found["service"] == {
        "__typename": "Service",
        "iri": iri,
        "kind": "SERVICE",
        "slug": "birth",
        "page": f"{BASE}doc/service/birth",
        "label": {"value": "Register a birth", "lang": "en"},
        "fr": {"value": "Register a birth (fr)", "lang": "fr"},
    }


def test_an_entry_is_found_by_id_iri_or_slug_and_by_one_of_them_only(
    ask: Callable[..., Any], schema: Schema, view: View
) -> None:
    iri = f"{BASE}id/service/birth"
    id_ = ask(birth("id"))["service"]["id"]
    query = "query($id: ID, $iri: IRI, $slug: String) { service(id: $id, iri: $iri, slug: $slug) { iri } }"
    for given in ({"id": id_}, {"id": iri}, {"iri": iri}, {"slug": "birth"}):
        assert ask(query, **given) == {"service": {"iri": iri}}
    assert ask(query, slug="nobody") == {"service": None}
    assert ask(query, iri=f"{BASE}id/building-block/payment") == {"service": None}
    for given in ({}, {"slug": "birth", "iri": iri}):
        told = schema.execute(Asked(query, variables=given), view)
        assert told.data == {"service": None}
        assert told.errors[0]["extensions"] == {"code": "BAD_REQUEST"}
        assert told.errors[0]["path"] == ["service"]


def test_nodes_come_in_the_order_asked_for_with_null_for_what_is_not_there(ask: Callable[..., Any]) -> None:
    service_, nothing, foreign = f"{BASE}id/service/birth", f"{BASE}id/service/nobody", "https://example.org/x"
    found = ask(
        "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Service { title { value } } } }",
        ids=[service_, nothing, foreign, "no id", service_],
    )
    names = [node and node["__typename"] for node in found["nodes"]]
    assert names == ["Service", None, "Thing", None, "Service"]
    assert found["nodes"][0]["title"] == {"value": "Register a birth"}
    again = ask("query($id: ID!) { node(id: $id) { ... on Entity { iri } } }", id=found["nodes"][2]["id"])
    assert again == {"node": {"iri": foreign}}


def test_a_text_comes_in_the_first_language_there_is_and_says_which(ask: Callable[..., Any]) -> None:
    found = ask(birth('title { value lang } fr: title(lang: ["de", "fr"]) { lang } all: title { all { value lang } }'))
    assert found["service"]["title"] == {"value": "Register a birth", "lang": "en"}
    assert found["service"]["fr"] == {"lang": "fr"}
    every = [{"value": "Register a birth", "lang": "en"}, {"value": "Register a birth (fr)", "lang": "fr"}]
    assert found["service"]["all"] == {"all": every}
    assert ask(birth("d: description(lang: null) { lang }")) == {"service": {"d": {"lang": "en"}}}


def test_texts_of_which_there_are_several_come_in_one_language_or_in_all(ask: Callable[..., Any]) -> None:
    found = ask(birth('keywords { value } fr: keywords(lang: ["fr"]) { value } all: keywords(lang: ["*"]) { lang }'))
    assert found["service"] == {
        "keywords": [{"value": "baby"}, {"value": "child"}],
        "fr": [{"value": "bébé"}],
        "all": [{"lang": "en"}, {"lang": "en"}, {"lang": "fr"}],
    }


def test_literals_have_the_type_of_their_property_whatever_their_size(ask: Callable[..., Any]) -> None:
    assert ask(birth("transactionsPerYear crossBorder processingTime requestsPerMonth identifier")) == {
        "service": {
            "transactionsPerYear": 9007199254740993,
            "crossBorder": True,
            "processingTime": "P5D",
            "requestsPerMonth": "12.5",
            "identifier": None,
        }
    }


def test_a_value_of_the_wrong_datatype_is_null_and_a_finding(ask: Callable[..., Any]) -> None:
    found = ask(
        '{ service(slug: "wrong") { transactionsPerYear crossBorder requestsPerMonth'
        " findings(severity: [VIOLATION]) { property severity value component shape } } }"
    )["service"]
    assert (found["transactionsPerYear"], found["crossBorder"], found["requestsPerMonth"]) == (None, None, None)
    wrong = {(f["property"], f["value"]) for f in found["findings"]}
    assert {("transactionsPerYear", "many"), ("crossBorder", "maybe"), ("requestsPerMonth", "x")} <= wrong
    assert {f["severity"] for f in found["findings"]} == {"VIOLATION"}


def test_codes_have_name_label_and_definition(ask: Callable[..., Any]) -> None:
    found = ask(birth('level { iri name label(lang: ["fr"]) { lang } definition { value } } audience { name }'))
    level = found["service"]["level"]
    assert (level["name"], level["label"]) == ("LEVEL_2", {"lang": "fr"})
    assert level["iri"] == "https://w3id.org/govgraph/code#Level2"
    assert level["definition"]["value"]
    assert found["service"]["audience"] == []


def test_lists_of_entries_are_in_order_of_iri_and_paged(ask: Callable[..., Any]) -> None:
    found = ask(
        birth(
            "needsBlocks { slug } one: needsBlocks(first: 1, offset: 1) { slug } none: needsBlocks(first: 0) { slug }"
        )
    )
    assert found["service"] == {
        "needsBlocks": [{"slug": "identity"}, {"slug": "payment"}],
        "one": [{"slug": "payment"}],
        "none": [],
    }


def test_lists_read_backwards_lead_to_what_points_here(ask: Callable[..., Any]) -> None:
    found = ask('{ buildingBlock(slug: "identity") { neededBy { slug } requires { slug } realisedBy { iri } } }')
    assert found == {"buildingBlock": {"neededBy": [{"slug": "birth"}], "requires": [], "realisedBy": []}}


def test_what_is_of_several_kinds_or_of_none_is_an_entity(ask: Callable[..., Any]) -> None:
    found = ask(
        birth(
            "events { __typename kind slug label { value } page ... on LifeEvent { title { value } services { slug } }"
            " ... on BusinessEvent { services { slug title { lang } } } } languages { __typename iri label { value } }"
        )
    )["service"]
    language = "http://publications.europa.eu/resource/authority/language/FRA"
    assert found["languages"] == [{"__typename": "Thing", "iri": language, "label": {"value": "FRA"}}]
    start, life, elsewhere = found["events"]
    assert start["services"] == [{"slug": "birth", "title": {"lang": "en"}}]
    assert life == {
        "__typename": "LifeEvent",
        "kind": "LIFE_EVENT",
        "slug": "birth",
        "label": {"value": "Birth"},
        "page": f"{BASE}doc/life-event/birth",
        "title": {"value": "Birth"},
        "services": [{"slug": "birth"}],
    }
    assert elsewhere == {
        "__typename": "Thing",
        "kind": None,
        "slug": None,
        "label": {"value": "elsewhere"},
        "page": f"{BASE}doc?iri=https%3A%2F%2Fexample.org%2Fevent%2Felsewhere",
    }


def test_findings_come_gravest_first_in_the_language_asked_for_and_make_the_score(ask: Callable[..., Any]) -> None:
    found = ask(
        '{ service(slug: "wrong") { score findings { severity points message fr: message(lang: ["fr"])'
        " blocksPublishing key entity { iri } rule } }"
        ' thing: entity(iri: "https://example.org/") { score findings { key } } }'
    )
    order = ["VIOLATION", "WARNING", "INFO"]
    grave = [order.index(f["severity"]) for f in found["service"]["findings"]]
    assert grave == sorted(grave)
    assert set(grave) >= {0, 2}
    assert 0 < found["service"]["score"] < 100
    told = [(f["message"], f["fr"]) for f in found["service"]["findings"]]
    assert len(told) > 5
    assert [english for english, french in told if english == french] == []
    assert {f["entity"]["iri"] for f in found["service"]["findings"]} == {f"{BASE}id/service/wrong"}
    assert found["thing"] == {"score": None, "findings": []}
