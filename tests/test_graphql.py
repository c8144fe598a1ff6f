"""The derived GraphQL schema and what it answers: types, texts, literals, links, lists, filters, questions, limits."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLNonNull, GraphQLObjectType

from conftest import BASE, ORGANISATION, REPOSITORY, TURTLE_PREFIXES, Seed, Small, service
from govgraph.catalogue import View
from govgraph.contract import Contract
from govgraph.contract.reading import read as read_contract
from govgraph.errors import ContractError
from govgraph.graphql import Asked, Schema, Told, build_schema, print_schema

COUNTRY = """
<id/building-block/identity> a gov:BuildingBlock ; dct:title "Identity"@en ; dct:description "Who is who."@en ;
    gov:publicationStatus code:Published .
<id/building-block/payment> a gov:BuildingBlock ; dct:title "Payments"@en , "Paiements"@fr ;
    dct:description "Money."@en ; gov:requiresBlock <id/building-block/identity> ;
    gov:publicationStatus code:Published .
<id/life-event/birth> a cv:LifeEvent ; dct:title "Birth"@en ; dct:description "A child is born."@en ;
    gov:publicationStatus code:Published .
<id/business-event/start> a cv:BusinessEvent ; dct:title "Start"@en ; dct:description "A company begins."@en ;
    gov:publicationStatus code:Published .
"""
BIRTH = """; cv:isGroupedBy <id/life-event/birth> , <id/business-event/start> , <https://example.org/event/elsewhere> ;
    gov:needsBlock <id/building-block/payment> , <id/building-block/identity> ;
    gov:transactionsPerYear 9007199254740993 ; gov:crossBorder true ; cv:processingTime "P5D"^^xsd:duration ;
    gov:requestsPerMonth 12.50 ; dcat:keyword "baby"@en , "child"@en , "bébé"@fr ;
    dct:language <http://publications.europa.eu/resource/authority/language/FRA>"""
WRONG = """; gov:transactionsPerYear "many" ; gov:crossBorder "maybe"^^xsd:boolean ;
    gov:requestsPerMonth "x"^^xsd:decimal"""


@pytest.fixture(scope="session")
def schema(seed: Seed) -> Schema:
    return build_schema(seed.contract, seed.questions)


@pytest.fixture
def view(small: Callable[..., Small]) -> View:
    services = service("birth", "Register a birth", BIRTH) + service("wrong", "Wrong", WRONG) + service("visa", "Visa")
    return small(ORGANISATION + COUNTRY + services).working


@pytest.fixture
def ask(schema: Schema, view: View) -> Callable[..., Any]:
    """The data of an answer without errors."""

    def asking(query: str, **variables: object) -> Any:
        told = schema.execute(Asked(query, variables=variables), view)
        assert not told.errors, told.errors
        return told.data

    return asking


def birth(fields: str) -> str:
    return f'{{ service(slug: "birth") {{ {fields} }} }}'


# The schema


def test_the_committed_schema_is_what_the_contract_gives(seed: Seed) -> None:
    committed = (REPOSITORY / "schema.graphql").read_text("utf-8")
    assert committed == print_schema(seed.contract, seed.questions), "run scripts/snapshots"


def test_every_kind_and_part_is_a_type_with_all_its_properties(schema: Schema, contract: Contract) -> None:
    checked = 0
    for kind in contract.kinds:
        type_ = schema.core.type_map[kind.name]
        assert isinstance(type_, GraphQLObjectType)
        assert [i.name for i in type_.interfaces] == ["Entity", "Node"]
        for prop in kind.properties:
            assert prop.name in type_.fields
            checked += 1
    assert checked > 300


def test_every_kind_has_a_look_up_and_a_list_and_every_question_a_field(schema: Schema, seed: Seed) -> None:
    root = schema.core.query_type
    assert root is not None
    names = {k.plural for k in seed.contract.entities} | {
        k.name[0].lower() + k.name[1:] for k in seed.contract.entities
    }
    assert len(names) == 2 * len(seed.contract.entities)
    assert names <= set(root.fields)
    assert len(root.fields) == len(names) + len(seed.questions) + 4


def test_no_property_is_required_however_often_its_shape_says_so(schema: Schema, contract: Contract) -> None:
    required = [(kind, prop) for kind in contract.kinds for prop in kind.properties if prop.needed and prop.single]
    assert len(required) > 20
    for kind, prop in required:
        type_ = schema.core.type_map[kind.name]
        assert isinstance(type_, GraphQLObjectType)
        assert not isinstance(type_.fields[prop.name].type, GraphQLNonNull)


def test_every_stored_property_can_be_filtered_by(schema: Schema, contract: Contract) -> None:
    for kind in contract.entities:
        type_ = schema.core.type_map[f"{kind.name}Filter"]
        assert isinstance(type_, GraphQLInputObjectType)
        assert set(type_.fields) == {"and", "or", "not"} | {p.name for p in kind.properties if p.stored}


def test_types_and_fields_are_described_in_the_words_of_the_contract(schema: Schema, contract: Contract) -> None:
    for kind in contract.kinds:
        type_ = schema.core.type_map[kind.name]
        assert isinstance(type_, GraphQLObjectType)
        assert type_.description == kind.descriptions["en"]
        for prop in kind.properties:
            assert type_.fields[prop.name].description == (prop.descriptions.get("en") or prop.labels["en"])


def test_a_code_list_is_an_enum_in_filters(schema: Schema, contract: Contract) -> None:
    used = {p.codes for kind in contract.entities for p in kind.properties if p.codes and p.stored}
    assert len(used) > 20
    for name in used:
        enum = schema.core.type_map[f"{name}Code"]
        assert isinstance(enum, GraphQLEnumType)
        assert list(enum.values) == [code.name for code in contract.lists_by_name[name].codes]


def test_former_names_keep_answering_and_deprecated_properties_say_why(tmp_path: Path, seed: Seed) -> None:
    extended = extension(
        tmp_path,
        """[ sh:path gov:hotline ; gov:apiName "hotline" ; gov:formerName "helpline" ; sh:name "hotline"@en ;
             sh:datatype xsd:string ; sh:maxCount 1 ] ,
           [ sh:path gov:fax ; gov:apiName "fax" ; sh:name "fax"@en ; sh:datatype xsd:string ; sh:maxCount 1 ;
             gov:deprecated "Nobody has one, since 2027." ]""",
    )
    type_ = build_schema(extended, {}).core.type_map["Service"]
    assert isinstance(type_, GraphQLObjectType)
    assert type_.fields["hotline"].deprecation_reason is None
    assert type_.fields["helpline"].deprecation_reason == "It is called hotline now."
    assert type_.fields["fax"].deprecation_reason == "Nobody has one, since 2027."


def test_two_things_of_one_name_stop_the_start(contract: Contract) -> None:
    kind = contract.by_name["Rule"]
    clash = replace(contract, kinds=(*contract.kinds, replace(kind, name="Finding")))
    with pytest.raises(ContractError, match="Finding"):
        build_schema(clash, {})
    clash = replace(contract, kinds=tuple(replace(k, plural="nodes") if k is kind else k for k in contract.kinds))
    with pytest.raises(ContractError, match="nodes"):
        build_schema(clash, {})


def extension(tmp_path: Path, properties: str) -> Contract:
    shape = f"gov:More a sh:NodeShape ; sh:targetClass cpsv:PublicService ; sh:property {properties} ."
    (tmp_path / "more.ttl").write_text(TURTLE_PREFIXES + shape, "utf-8")
    return read_contract(extension=tmp_path)


# Entries


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
    assert all(f["message"] != f["fr"] for f in found["service"]["findings"])
    assert {f["entity"]["iri"] for f in found["service"]["findings"]} == {f"{BASE}id/service/wrong"}
    assert found["thing"] == {"score": None, "findings": []}


# Lists of a kind


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
        ("{ keywords: { missing: false } }", ["birth"]),
        ("{ transactionsPerYear: { from: 9007199254740993, to: 9007199254740993 } }", ["birth"]),
        ("{ transactionsPerYear: { equals: 9007199254740993 } }", ["birth"]),
        ("{ transactionsPerYear: { missing: true } }", ["visa"]),
        ('{ requestsPerMonth: { equals: "12.500" } }', ["birth"]),
        ("{ requestsPerMonth: { to: 12 } }", []),
        ("{ crossBorder: { equals: true } }", ["birth"]),
        ("{ level: { in: [LEVEL_1, LEVEL_2] } }", ["birth", "visa", "wrong"]),
        ("{ level: { in: [LEVEL_4] } }", []),
        ('{ needsBlocks: { in: ["payment"] } }', ["birth"]),
        (f'{{ needsBlocks: {{ in: ["{BASE}id/building-block/payment"] }} }}', ["birth"]),
        ('{ events: { in: ["start"] } }', ["birth"]),
        ("{ needsBlocks: { missing: true }, crossBorder: { missing: true } }", ["visa"]),
        ('{ languages: { in: ["http://publications.europa.eu/resource/authority/language/FRA"] } }', ["birth"]),
        ("{ not: { needsBlocks: { missing: true } } }", ["birth"]),
        ('{ or: [{ title: { contains: "visa" } }, { crossBorder: { equals: true } }] }', ["birth", "visa"]),
        ('{ and: [{ title: { contains: "i" } }, { title: { contains: "v" } }] }', ["visa"]),
        ("{ or: [] }", []),
        ("{}", ["birth", "visa", "wrong"]),
        ("null", ["birth", "visa", "wrong"]),
    ],
)
def test_filters_give_what_they_say(ask: Callable[..., Any], given: str, expected: list[str]) -> None:
    found = ask(f"{{ services(filter: {given}) {{ totalCount nodes {{ slug }} }} }}")["services"]
    assert ([n["slug"] for n in found["nodes"]], found["totalCount"]) == (expected, len(expected))


def test_dates_are_filtered_as_dates(schema: Schema, seed: Seed) -> None:
    query = """query($from: Date, $to: Date) {
      regulations(first: 200, filter: { inForceFrom: { from: $from, to: $to } }) { nodes { inForceFrom } } }"""
    told = schema.execute(Asked(query, variables={"from": "2010-01-01", "to": "2015-12-31"}), seed.public)
    days = [node["inForceFrom"] for node in told.data["regulations"]["nodes"]]
    assert days
    assert all("2010" <= day[:4] <= "2015" for day in days)


def test_lists_are_ordered_by_a_property_in_either_direction(ask: Callable[..., Any]) -> None:
    query = "query($by: [ServiceOrder!]) { services(orderBy: $by) { nodes { slug } } }"
    by = {"field": "TRANSACTIONS_PER_YEAR"}
    assert [n["slug"] for n in ask(query, by=by)["services"]["nodes"]] == ["birth", "wrong", "visa"]
    descending = ask(query, by={"field": "LABEL", "direction": "DESC"})
    assert [n["slug"] for n in descending["services"]["nodes"]] == ["wrong", "visa", "birth"]


def test_two_order_keys_are_refused_for_now(schema: Schema, view: View) -> None:
    told = schema.execute("{ services(orderBy: [{ field: LABEL }, { field: LEVEL }]) { totalCount } }", view)
    assert told.data == {"services": None}
    assert told.errors[0]["extensions"] == {"code": "BAD_REQUEST"}


def test_a_filter_nested_too_deeply_is_refused(schema: Schema, view: View) -> None:
    query = "query($f: ServiceFilter) { services(filter: $f) { totalCount } }"
    given: dict[str, object] = {}
    for _ in range(19):
        given = {"not": given}
    assert schema.execute(Asked(query, variables={"f": given}), view).data == {"services": {"totalCount": 0}}
    told = schema.execute(Asked(query, variables={"f": {"not": given}}), view)
    assert (told.data, told.errors[0]["extensions"]["code"]) == ({"services": None}, "BAD_REQUEST")


def test_an_operator_input_takes_exactly_one_entry(schema: Schema, view: View) -> None:
    told = schema.execute('{ services(filter: { title: { contains: "a", equals: "b" } }) { totalCount } }', view)
    assert not told.ran
    assert told.errors[0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    query = "query($f: ServiceFilter) { services(filter: $f) { totalCount } }"
    told = schema.execute(Asked(query, variables={"f": {"title": {}}}), view)
    assert (told.ran, told.errors[0]["extensions"]["code"]) == (False, "BAD_USER_INPUT")


# The catalogue and its questions


def test_the_catalogue_is_counted_scored_and_its_findings_paged(schema: Schema, seed: Seed) -> None:
    query = """query($after: String, $severity: [Severity!]) { catalogue {
      revision base score contract counts { kind label(lang: ["fr"]) { value } count score }
      findingCounts { violation warning info } limits { pageMax }
      findings(first: 15, after: $after, severity: $severity) {
        totalCount nodes { key severity points entity { iri } } pageInfo { hasNextPage endCursor } } } }"""
    told = schema.execute(query, seed.working)
    assert not told.errors
    found = told.data["catalogue"]
    summary = seed.working.summary()
    assert (found["revision"], found["base"], found["score"]) == (seed.working.revision, BASE, summary.total.score)
    assert found["findingCounts"] == dict(summary.findings)
    counts = {count["kind"]: count["count"] for count in found["counts"]}
    assert counts["SERVICE"] == len(seed.working.members(seed.contract.kind("Service")))
    assert len(counts) == len(seed.contract.entities)
    keys, after = [], None
    while True:
        page = schema.execute(Asked(query, variables={"after": after}), seed.working).data["catalogue"]["findings"]
        keys += [node["key"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert keys == [finding.key for finding in seed.working.all_findings()]
    assert len(keys) == page["totalCount"] > 30
    warnings = schema.execute(Asked(query, variables={"severity": "WARNING"}), seed.working).data["catalogue"]
    assert warnings["findings"]["totalCount"] == summary.findings["warning"]


def test_findings_are_chosen_by_kind(schema: Schema, seed: Seed) -> None:
    query = "{ catalogue { findings(kind: [SYSTEM], first: 200) { nodes { entity { kind } } } } }"
    found = schema.execute(query, seed.working).data["catalogue"]["findings"]["nodes"]
    assert found
    assert {one["entity"]["kind"] for one in found} == {"SYSTEM"}


def test_every_question_without_required_parameters_answers_in_its_columns(schema: Schema, seed: Seed) -> None:
    asked = 0
    for question in seed.questions.values():
        if any(p.required for p in question.parameters):
            continue
        first, *more = question.name.split("_")
        name = first + "".join(word.capitalize() for word in more)
        fields = "totalCount complete revision askedOn columns { name type label { value } } rows { __typename }"
        query = f"{{ {name} {{ {fields} }} }}"
        told = schema.execute(query, seed.public)
        assert not told.errors, (name, told.errors)
        found = told.data[name]
        assert [c["type"] for c in found["columns"]] == [c.type for c in question.columns]
        assert found["revision"] == seed.public.revision
        assert found["complete"] is True
        assert len(found["rows"]) == min(found["totalCount"], 200)
        asked += 1
    assert asked > 20


def test_a_question_gives_entries_that_can_be_asked_on_and_the_chain_that_explains(schema: Schema, seed: Seed) -> None:
    query = """query($service: ID) { blockedServices(service: $service) { totalCount rows(first: 2) {
      service { id slug title { value } authority { title { value } } } missing { slug }
      chain { from { slug } label(lang: ["fr"]) { value lang } relation forward to { slug label { value } } } } } }"""
    told = schema.execute(query, seed.public)
    assert not told.errors
    row = told.data["blockedServices"]["rows"][0]
    assert row["service"]["title"]["value"]
    assert row["service"]["authority"][0]["title"]["value"]
    assert row["chain"][0]["from"]["slug"] == row["service"]["slug"]
    assert row["chain"][-1]["to"]["slug"] == row["missing"]["slug"]
    assert row["chain"][0]["label"]["lang"] == "fr"
    for reference in (row["service"]["id"], row["service"]["slug"], f"{BASE}id/service/{row['service']['slug']}"):
        again = schema.execute(Asked(query, variables={"service": reference}), seed.public)
        assert {r["service"]["slug"] for r in again.data["blockedServices"]["rows"]} == {row["service"]["slug"]}


def test_a_question_takes_dates_and_refuses_what_is_none(schema: Schema, seed: Seed) -> None:
    query = "query($date: Date) { lateItems(date: $date) { totalCount } }"
    early = schema.execute(Asked(query, variables={"date": "2000-01-01"}), seed.public)
    late = schema.execute(Asked(query, variables={"date": "2100-01-01"}), seed.public)
    assert early.data["lateItems"]["totalCount"] == 0 < late.data["lateItems"]["totalCount"]
    wrong = schema.execute(Asked(query, variables={"date": "yesterday"}), seed.public)
    assert (wrong.ran, wrong.errors[0]["extensions"]["code"]) == (False, "BAD_USER_INPUT")
    missing = schema.execute("{ retiringSystem { totalCount } }", seed.public)
    assert missing.errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_an_argument_that_cannot_be_is_an_error_of_its_field_alone(schema: Schema, view: View) -> None:
    query = 'query($ids: [ID!] = ["x"]) { nodes(ids: $ids) { id } services { totalCount } }'
    told = schema.execute(Asked(query, variables={"ids": None}), view)
    assert told.data == {"nodes": None, "services": {"totalCount": 3}}
    assert [(error["path"], error["extensions"]["code"]) for error in told.errors] == [(["nodes"], "BAD_USER_INPUT")]


def test_the_public_see_no_draft_by_any_way(schema: Schema, small: Callable[..., Small]) -> None:
    draft = service("draft", "Draft").replace("code:Published", "code:Draft")
    loaded = small(ORGANISATION + draft + service("open", "Open", "; dct:requires <id/service/draft>"))
    iri = f"{BASE}id/service/draft"
    query = f"""{{ service(slug: "draft") {{ iri }} node(id: "{iri}") {{ id }} entity(iri: "{iri}") {{ iri }}
      nodes(ids: ["{iri}"]) {{ id }} services {{ totalCount nodes {{ slug requires {{ slug }} }} }}
      organisation(slug: "interior") {{ services {{ slug }} }}
      catalogue {{ counts {{ kind count }} findings {{ nodes {{ entity {{ iri }} }} }} }} }}"""
    hidden = schema.execute(query, loaded.public)
    assert not hidden.errors
    assert "draft" not in str(hidden.data)
    assert hidden.data["services"]["totalCount"] == 1
    assert schema.execute(query, loaded.working).data["services"]["totalCount"] == 2


# Limits


def refusal(told: Told) -> str:
    assert not told.ran
    assert told.data is None
    code: str = told.errors[0]["extensions"]["code"]
    return code


def nested(depth: int) -> str:
    return '{ service(slug: "a") ' + "{ requires(first: 1) " * depth + "{ iri }" + " }" * depth + " }"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ services { nodes { iri", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ " + "iri " * 6000 + "}", "TOO_MANY_TOKENS"),
        ("{ " + " ".join(f"a{n}: __typename" for n in range(31)) + " }", "TOO_MANY_ALIASES"),
        ("{ " + "__typename " * 1000 + "}", "TOO_MANY_REPETITIONS"),
        (nested(11), "TOO_DEEP"),
        ("{ a" + "{ a" * 2000 + "}" * 2000 + " }", "TOO_DEEP"),
        (
            "{ services(first: 200) { nodes { requires(first: 200) { requires(first: 200) { iri } } } } }",
            "TOO_MANY_NODES",
        ),
        ("{ services(first: 201) { totalCount } }", "BAD_REQUEST"),
        ("{ services(last: -1) { totalCount } }", "BAD_REQUEST"),
        ('{ service(slug: "birth") { requires(offset: -1) { iri } } }', "BAD_REQUEST"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
        ("mutation { drop }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ],
)
def test_what_costs_or_asks_too_much_is_refused_before_it_runs(
    schema: Schema, view: View, query: str, code: str
) -> None:
    assert refusal(schema.execute(query, view)) == code


def test_a_refusal_leads_to_its_field(schema: Schema, view: View) -> None:
    told = schema.execute("{\n  services(first: 999) { totalCount }\n}", view)
    assert told.errors[0]["locations"] == [{"line": 2, "column": 3}]


def test_fragments_that_multiply_are_refused_in_good_time(schema: Schema, view: View) -> None:
    bomb = " ".join(
        f"fragment F{n} on Service {{ a: requires(first: 1) {{ ...F{n + 1} }} b: requires(first: 1) {{ ...F{n + 1} }} "
        f"c: requires(first: 1) {{ ...F{n + 1} }} }}"
        for n in range(9)
    )
    query = f'{{ service(slug: "a") {{ ...F0 }} }} {bomb} fragment F9 on Service {{ iri }}'
    assert refusal(schema.execute(query, view)) == "TOO_MANY_FIELDS"


def test_a_fault_of_ours_is_logged_and_told_to_nobody(
    schema: Schema, view: View, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("the secret")

    monkeypatch.setattr(view, "summary", broken)
    told = schema.execute("{ catalogue { score } services { totalCount } }", view)
    assert told.data == {"catalogue": None, "services": {"totalCount": 3}}
    assert told.errors[0]["extensions"] == {"code": "INTERNAL_SERVER_ERROR"}
    assert "secret" not in str(told.errors)
    assert "the secret" in caplog.text


# Reads


class CountingReader:
    """A reader that counts how often it is asked."""

    def __init__(self, view: View) -> None:
        self._reader = view.reader
        self.reads = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._reader, name)
        if not callable(found):
            return found

        def counted(*arguments: object) -> object:
            self.reads += 1
            return found(*arguments)

        return counted


@pytest.mark.parametrize("projecting", [True, False])
def test_the_number_of_reads_depends_on_the_query_and_never_on_the_rows(
    schema: Schema, seed: Seed, projecting: bool
) -> None:
    reader = CountingReader(seed.working)
    view = View(reader, seed.contract, seed.working.names, seed.working.audience)  # type: ignore[arg-type]
    query = """query($first: Int) { services(first: $first) { nodes { title { value } label { value } score
      needsBlocks { title { value } realisedBy(first: 5) { title { value } operator { title { value } } } }
      events { __typename label { value } ... on LifeEvent { title { value } } }
      channels { type { name } } findings { message } level { name } } } }"""
    counts = set()
    for first in (5, 5, 25, 60):
        before = reader.reads
        told = schema.execute(Asked(query, variables={"first": first}), view, projecting=projecting)
        assert not told.errors
        assert len(told.data["services"]["nodes"]) == first
        counts.add(reader.reads - before)
    assert len(counts) == 2, "the first request finds what a view keeps, every other one asks equally often"
    assert max(counts) < 40


def test_nothing_is_read_below_what_nobody_asks_for(schema: Schema, seed: Seed) -> None:
    reader = CountingReader(seed.working)
    view = View(reader, seed.contract, seed.working.names, seed.working.audience)  # type: ignore[arg-type]
    query = "{ services(first: 3) { nodes { iri slug page __typename } } }"
    schema.execute(query, view)
    before = reader.reads
    assert schema.execute(query, view).data["services"]["nodes"]
    assert reader.reads == before
