"""What GraphQL refuses before it runs, and how often an operation reads."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLSyntaxError,
    OverlappingFieldsCanBeMergedRule,
    TypeInfo,
    ValidationContext,
    parse,
    specified_rules,
    validate,
)
from graphql import build_schema as build_graphql
from graphql.validation.rules import overlapping_fields_can_be_merged

from conftest import Seed
from govgraph.catalogue import View
from govgraph.graphql import Asked, Schema, Told
from govgraph.graphql.execution import documents as documents_module
from govgraph.graphql.execution import limits as limits_module


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
    query = """query($first: Int) { services(first: $first) { nodes { title { value } label { value } score
      needsBlocks { title { value } realisedBy(first: 5) { title { value } operator { title { value } } } }
      events { __typename label { value } ... on LifeEvent { title { value } } }
      channels { type { name } } findings { message } level { name } } } }"""
    asked, told = set(), set()
    for first in (5, 25, 60):
        # A view that remembers nothing yet.
        reader = CountingReader(seed.working)
        view = View(reader, seed.contract, seed.working.names, seed.working.audience)  # type: ignore[arg-type]
        answer = schema.execute(Asked(query, variables={"first": first}), view, projecting=projecting)
        assert not answer.errors
        assert len(answer.data["services"]["nodes"]) == first
        asked.add(reader.reads)
        told.add(answer.reads)
        again = schema.execute(Asked(query, variables={"first": first}), view, projecting=projecting)
        assert again == answer, "reads are counted whether the view remembers or not"
        assert reader.reads < 2 * max(asked), "what was read of a view is not read again"
    assert len(asked) == len(told) == 1
    assert max(asked) < 60


def test_nothing_is_read_below_what_nobody_asks_for(schema: Schema, seed: Seed) -> None:
    reader = CountingReader(seed.working)
    view = View(reader, seed.contract, seed.working.names, seed.working.audience)  # type: ignore[arg-type]
    query = "{ services(first: 3) { nodes { iri slug page __typename } } }"
    schema.execute(query, view)
    before = reader.reads
    assert schema.execute(query, view).data["services"]["nodes"]
    assert reader.reads == before


# What graphql-core says and does


def test_graphql_core_begins_as_we_read_it_where_it_stops_parsing() -> None:
    stopped = {"TOO_MANY_TOKENS": ("{ a b c }", 3), "TOO_DEEP": ("{a" * 5_000 + "}" * 5_000, None)}
    starts = {code: start for start, code in documents_module._UNPARSED.items()}
    assert starts.keys() == stopped.keys()
    for code, (document, tokens) in stopped.items():
        with pytest.raises(GraphQLSyntaxError) as caught:
            parse(document, max_tokens=tokens)
        assert caught.value.description.startswith(starts[code])


def test_our_rules_are_those_of_graphql_core_with_less_room_for_comparisons() -> None:
    schema = build_graphql("type Query { a: Query }")
    document = parse("{ a { a { __typename } } }")
    [ours] = [rule for rule in limits_module.RULES if rule not in specified_rules]
    assert issubclass(ours, OverlappingFieldsCanBeMergedRule)
    assert len(limits_module.RULES) == len(specified_rules)
    assert overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET > 100_000, "nobody's rules but ours are others"
    bounded = ours(ValidationContext(schema, document, TypeInfo(schema), print))
    assert isinstance(bounded, OverlappingFieldsCanBeMergedRule)
    assert bounded.rule_context.remaining_complexity_budget == 100_000
    spreads = " ".join(f"...f{n}" for n in range(120))
    fragments = " ".join(
        f"fragment f{n} on Query {{ a {{ b{n}: a {{ a }} ...f{(n + 1) % 120} }} }}" for n in range(120)
    )
    found = validate(schema, parse(f"{{ a {{ {spreads} }} }} {fragments}"), limits_module.RULES)
    assert found[-1].message == documents_module._ABORTED
