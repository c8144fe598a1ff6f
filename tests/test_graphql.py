"""The catalogue and its questions in GraphQL, and what the public see of them."""

from __future__ import annotations

from collections.abc import Callable

from conftest import BASE, ORGANISATION, Seed, Small, service
from govgraph.catalogue import View
from govgraph.graphql import Asked, Schema


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
