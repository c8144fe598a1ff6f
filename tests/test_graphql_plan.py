"""A plan's answer and graphql-core's own are equal, over operations drawn from the schema itself."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any
from zlib import crc32

import pytest
from graphql import GraphQLObjectType, is_abstract_type
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conftest import ORGANISATION, Seed, Small, service
from govgraph.catalogue import View
from govgraph.errors import BadRequest
from govgraph.graphql import Asked, Limits, Schema, Told, build_schema
from govgraph.graphql.execution.reading import Needs, Request
from govgraph.graphql.schema.building import rule_of
from govgraph.graphql.schema.fields import Arguments, Rule
from random_operations import VARIABLES, Writer, variables_of

WIDE = Limits(
    tokens=20_000,
    depth=20,
    aliases=5_000,
    nodes=10**9,
    page_size=4,
    page_max=50,
    answer_rows=200,
    points=10**9,
)
GENERATED = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=(Phase.generate,),  # an operation made smaller is another operation
)


@pytest.fixture(scope="module")
def schema(seed: Seed) -> Schema:
    return build_schema(seed.contract, seed.questions, WIDE)


@pytest.fixture(scope="module")
def samples(seed: Seed) -> dict[str, list[str]]:
    """Values that lead somewhere, and some that do not."""
    entities = [
        min(seed.working.members(seed.contract.kind(kind)), key=lambda iri: iri.value)
        for kind in ("Service", "Organisation", "LifeEvent", "BuildingBlock", "System")
    ]
    iris = [entity.value for entity in entities] + ["https://example.org/x"]
    return {
        "iri": iris,
        "ID": [*iris, "nothing"],
        "IRI": iris,
        "slug": [*(entity.value.rpartition("/")[2] for entity in entities), "nobody"],
        "String": ["a", "service", ""],
        "Date": ["2026-01-31"],
        "DateTime": ["2026-01-31T12:00:00Z"],
        "Duration": ["P5D"],
        "Decimal": ["12.5"],
        "revision": ["1"],
    }


def both(schema: Schema, asked: Asked, view: View) -> Told:
    """The answer, after seeing that both ways give it, byte by byte."""
    planned, walked = (schema.execute(asked, view, projecting=way) for way in (True, False))
    assert json.dumps(planned.body) == json.dumps(walked.body), asked.query
    if not planned.errors:
        assert planned.reads <= walked.reads, asked.query
    return planned


def generate(schema: Schema, view: View, samples: dict[str, list[str]]) -> tuple[list[int], Counter[str]]:
    """Compares both ways over many operations: the sizes of the answers, and how often each code of error came."""
    sizes: list[int] = []
    codes: Counter[str] = Counter()

    @GENERATED
    @given(st.integers(0, 2**64 - 1))
    def compare(number: int) -> None:
        query = Writer.of(schema.core, number, samples).operation()
        told = both(schema, Asked(query, variables=variables_of(query)), view)
        codes.update(error["extensions"]["code"] for error in told.errors)
        if told.ran:
            sizes.append(len(json.dumps(told.body)))

    compare()
    return sizes, codes


def test_both_ways_give_equal_answers(schema: Schema, seed: Seed, samples: dict[str, list[str]]) -> None:
    sizes, codes = generate(schema, seed.working, samples)
    assert len(sizes) > 75, f"operations run: {codes}"
    assert sum(size > 500 for size in sizes) > 50, "the operations ask for something"
    assert {"BAD_REQUEST", "BAD_USER_INPUT"} <= set(codes)


class Faulty(Rule):
    """A rule that fails for some of its sources: with a refusal, by a fault of ours, or with null where none may be."""

    def __init__(self, rule: Rule, name: str) -> None:
        self._rule = rule
        self._name = name

    def needs(self, arguments: Arguments) -> Needs:
        return self._rule.needs(arguments)

    def width(self, arguments: Arguments, limits: Limits) -> int:
        return self._rule.width(arguments, limits)

    def price(self, arguments: Arguments, limits: Limits) -> int:
        return self._rule.price(arguments, limits)

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        luck = [self._luck(source) for source in sources]
        if 0 in luck:
            raise BadRequest("There was no luck.")
        if 1 in luck:
            raise LookupError("not to be told")
        found = self._rule.column(request, sources, arguments)
        return [None if drawn == 2 else value for drawn, value in zip(luck, found, strict=True)]

    def _luck(self, source: Any) -> int:
        said = (getattr(source, name, None) for name in ("iri", "value", "cursor", "key", "count"))
        known = next((one for one in said if isinstance(one, str | int)), "")
        return crc32(f"{self._name} {known}".encode()) % 12


@pytest.fixture
def faulty(seed: Seed, caplog: pytest.LogCaptureFixture) -> Iterator[Schema]:
    """A schema in which every third field fails for every fourth source."""
    caplog.set_level(logging.CRITICAL, "govgraph.graphql.execution.faults")
    made = build_schema(seed.contract, seed.questions, WIDE)
    roots = (made.core.query_type, made.core.mutation_type, made.core.subscription_type)
    for type_ in made.core.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__") and type_ not in roots:
            shared = {name for interface in type_.interfaces for name in interface.fields}
            for name, field in type_.fields.items():
                # What all entities have is alike for all of them.
                called = name if name in shared else f"{type_.name}.{name}"
                if crc32(called.encode()) % 3 == 0:
                    rule = Faulty(rule_of(field), called)
                    # What strawberry keeps of a field may be another's as well.
                    field.extensions = {key: SimpleNamespace(rule=rule) for key in field.extensions}
                    field.resolve = lambda source, info, rule=rule, **arguments: rule.column(
                        info.context, [source], arguments
                    )[0]
    yield made


def test_both_ways_agree_on_what_fails_and_on_how_far_nulls_go(
    faulty: Schema, seed: Seed, samples: dict[str, list[str]]
) -> None:
    _, codes = generate(faulty, seed.working, samples)
    assert codes["BAD_REQUEST"] > 50
    assert codes["INTERNAL_SERVER_ERROR"] > 50


def test_both_ways_agree_on_values_that_are_wrong(schema: Schema, small: Callable[..., Small]) -> None:
    wrong = """; gov:transactionsPerYear "many" , 5 , 7 ; dct:title "no language" , "A service"@en , "Second"@en ;
        gov:needsBlock "a word" , <id/building-block/nobody> , <id/service/wrong> ;
        gov:digitalisationLevel code:Level1 , <https://example.org/level> ;
        cv:isGroupedBy <https://example.org/event> ; gov:crossBorder 1"""
    view = small(ORGANISATION + service("wrong", "A service", wrong)).working
    query = """query($few: Int, $no: Boolean!, $yes: Boolean!, $lang: [String!], $severity: [Severity!])
        { services(first: $few) { nodes { ...All ...All @skip(if: $no) } edges { node { iri } } }
          gone: service(slug: "x") @skip(if: $yes) { iri }
          service(slug: "wrong") { level { name iri label(lang: $lang) { value } } } }
        fragment All on Service {
          title(lang: $lang) { value lang all { value lang } } transactionsPerYear crossBorder level { name } score
          needsBlocks { __typename kind title { value } }
          events { __typename ... on LifeEvent { title { value } } }
          findings(severity: $severity) { message(lang: $lang) value entity { ... on Service { iri } } } }"""
    told = both(schema, Asked(query, variables=variables_of(query)), view)
    assert not told.errors
    (found,) = told.data["services"]["nodes"]
    assert found["transactionsPerYear"] == 5
    assert [block["kind"] for block in found["needsBlocks"]] == [None, "SERVICE"]
    assert found["level"] == {"name": "LEVEL_1"}
    assert "gone" not in told.data


def test_introspection_and_data_come_together(schema: Schema, seed: Seed) -> None:
    told = both(
        schema,
        Asked(
            """query($few: Int) { __schema { queryType { name } } services(first: $few) { totalCount }
          __type(name: "Service") { name interfaces { name } } __typename @include(if: true) }""",
            variables={"few": 2},
        ),
        seed.public,
    )
    assert list(told.data) == ["__schema", "services", "__type", "__typename"]
    assert isinstance(schema.core.type_map["Service"], GraphQLObjectType)
    assert is_abstract_type(schema.core.type_map["Entity"])


def test_a_plan_is_made_once_for_each_way_conditions_can_stand(seed: Seed) -> None:
    schema = build_schema(seed.contract, seed.questions)
    query = "query($no: Boolean!, $few: Int) { services(first: $few) { nodes { iri slug @skip(if: $no) } } }"
    seen = []
    for few, no in ((1, True), (2, True), (1, False), (3, False)):
        told = schema.execute(Asked(query, variables={"no": no, "few": few}), seed.public)
        assert len(told.data["services"]["nodes"]) == few
        seen.append(list(told.data["services"]["nodes"][0]))
    assert seen == [["iri"], ["iri"], ["iri", "slug"], ["iri", "slug"]]
    assert schema._kept_plan.cache_info().misses == 2
    same = schema.prepare(Asked("{ services { totalCount } }"))
    assert not isinstance(same, Told)
    again = schema.prepare(Asked("{ services { totalCount } }"))
    assert not isinstance(again, Told)
    assert again.plan is same.plan, "without variables there is nothing to bind"


def test_what_is_too_long_to_be_kept_is_answered_all_the_same(seed: Seed) -> None:
    schema = build_schema(seed.contract, seed.questions)
    query = "query Long { services(first: 1) { totalCount } } #" + "x" * 30_000
    for _ in range(2):
        assert schema.execute(Asked(query, "Long"), seed.public).data is not None
    assert schema.execute(Asked(query, "Short" * 5000), seed.public).errors
    assert not schema._kept_plan.cache_info().currsize
    assert not schema._kept_operation.cache_info().currsize


def test_an_answer_is_written_once(schema: Schema, seed: Seed) -> None:
    told = schema.execute("{ services(first: 2) { nodes { title { value } } } }", seed.public)
    assert told.json() is told.json()
    assert json.loads(told.json()) == told.body


def test_a_condition_without_a_value_keeps_an_operation_from_running(schema: Schema, seed: Seed) -> None:
    query = "query($maybe: Boolean = false) { services { totalCount @skip(if: $maybe) } }"
    assert schema.execute(Asked(query), seed.public).ran
    told = schema.execute(Asked(query, variables={"maybe": None}), seed.public)
    assert not told.ran
    assert told.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"


def test_every_variable_of_the_random_operations_is_used(schema: Schema, samples: dict[str, list[str]]) -> None:
    said = " ".join(Writer.of(schema.core, seed, samples).operation() for seed in range(200))
    assert all(f"${name}" in said for name in VARIABLES)
    assert "fragment" in said
