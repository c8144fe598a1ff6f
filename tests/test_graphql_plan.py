"""A plan's answer and graphql-core's own are equal, over operations drawn from the schema itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import ORGANISATION, Seed, Small, service
from govgraph.catalogue import View
from govgraph.graphql import Asked, Limits, Schema, build_schema

WIDE = Limits(tokens=20_000, depth=20, aliases=5_000, nodes=10**9, page_size=4, page_max=50, answer_rows=200)
CONDITIONS = {"yes": True, "no": False}
VARIABLES = {**CONDITIONS, "lang": ["fr", "en"], "few": 2, "nothing": None, "severity": ["INFO"]}
DECLARED = {
    "yes": "Boolean!",
    "no": "Boolean!",
    "lang": "[String!]",
    "few": "Int",
    "nothing": "Int",
    "severity": "[Severity!]",
}
ROOTS = (
    'service(slug: "{slug}")',
    'service(slug: "nobody")',
    'service(slug: "a", iri: "https://example.org/")',
    'organisation(slug: "{organisation}")',
    'entity(iri: "{iri}")',
    'node(id: "{iri}")',
    'nodes(ids: ["{iri}", "https://example.org/x", "nothing"])',
    "services(first: $few)",
    'services(after: "no cursor")',
    "services(filter: {{ needsBlocks: {{ missing: false }} }}, lang: $lang)",
    "services(last: 3, orderBy: {{ field: LEVEL, direction: DESC }})",
    "lifeEvents",
    "roadmapItems(first: 3)",
    "systems(first: 3)",
    "products(first: 2)",
    "teams(first: 2)",
    "catalogue",
    "blockedServices",
    'blockedServices(service: "no such service")',
    "servicesPerLevel",
)
ARGUMENTS = {
    "lang": ("$lang", '["fr"]', '["de", "*"]', "null"),
    "first": ("$few", "1", "$nothing"),
    "offset": ("1", "$nothing"),
    "severity": ("[WARNING]", "$severity"),
}


@dataclass
class Writer:
    """Writes a random operation; every field has an alias of its own where it takes arguments, so that all merge."""

    schema: GraphQLSchema
    draw: Callable[[st.SearchStrategy[Any]], Any]
    fragments: list[str] = field(default_factory=list)
    aliases: int = 0

    def operation(self, roots: list[str]) -> str:
        root = self.schema.query_type
        assert root is not None
        fields = []
        for said in roots:
            self.aliases += 1
            of = get_named_type(root.fields[said.partition("(")[0]].type)
            fields.append(f"r{self.aliases}: {said} {self.selection(of, 3)}")
        return f"{{ {' '.join(fields)} __typename }} {' '.join(self.fragments)}"

    def selection(self, type_: Any, depth: int) -> str:
        names = self.draw(st.lists(st.sampled_from(sorted(type_.fields)), min_size=1, max_size=5, unique=True))
        parts = [part for name in names if (part := self.field(name, type_.fields[name], depth))]
        if self.draw(st.integers(0, 3)) == 0:
            parts.append("__typename")
        if isinstance(type_, GraphQLInterfaceType) and depth > 1:
            parts += self.narrowed(type_, depth)
        if self.draw(st.integers(0, 4)) == 0:
            parts.append(f"... {self.directive()} {{ {' '.join(parts) or '__typename'} }}")
        if self.draw(st.integers(0, 4)) == 0:
            name = f"F{len(self.fragments)}"
            self.fragments.append(f"fragment {name} on {type_.name} {{ {' '.join(parts) or '__typename'} }}")
            parts.append(f"...{name} {self.directive()}")
        return "{ " + (" ".join(parts) or "__typename") + " }"

    def narrowed(self, type_: GraphQLInterfaceType, depth: int) -> list[str]:
        possible = [t.name for t in self.schema.get_possible_types(type_)]
        names = self.draw(
            st.lists(st.sampled_from(["Service", "LifeEvent", "Entity", *possible]), max_size=2, unique=True)
        )
        return [f"... on {name} {self.selection(self.schema.type_map[name], depth - 1)}" for name in names]

    def field(self, name: str, definition: GraphQLField, depth: int) -> str:
        of = get_named_type(definition.type)
        if depth == 0 and not is_leaf_type(of):
            return ""
        arguments = [
            f"{key}: {self.draw(st.sampled_from(ARGUMENTS[key]))}"
            for key in definition.args
            if key in ARGUMENTS and self.draw(st.booleans())
        ]
        said = f"{name}({', '.join(arguments)})" if arguments else name
        self.aliases += 1
        alias = f"a{self.aliases}: " if definition.args or self.draw(st.integers(0, 5)) == 0 else ""
        # Below a name of several types the fields of each are its own.
        if not is_leaf_type(of) and not alias:
            alias = f"a{self.aliases}: "
        below = "" if is_leaf_type(of) else self.selection(of, depth - 1)
        return f"{alias}{said} {self.directive()} {below}"

    def directive(self) -> str:
        return str(
            self.draw(st.sampled_from(["", "", "", "", "@skip(if: $no)", "@include(if: $yes)", "@skip(if: $yes)"]))
        )


@pytest.fixture(scope="module")
def schema(seed: Seed) -> Schema:
    return build_schema(seed.contract, seed.questions, WIDE)


def both(schema: Schema, selection: str, view: View) -> Any:
    """The answer, after seeing that both ways give it, byte by byte."""
    used = [f"${name}: {type_}" for name, type_ in DECLARED.items() if re.search(rf"\${name}\b", selection)]
    asked = Asked(f"query({', '.join(used)}) {selection}" if used else selection, variables=VARIABLES)
    planned, walked = (schema.execute(asked, view, projecting=way) for way in (True, False))
    assert json.dumps(planned.body) == json.dumps(walked.body)
    assert planned.ran, planned.errors
    assert planned.reads == walked.reads
    return planned


def test_both_ways_give_equal_answers(schema: Schema, seed: Seed) -> None:
    written: list[int] = []
    codes: set[str] = set()
    service_ = min(seed.working.members(seed.contract.kind("Service")), key=lambda iri: iri.value)
    organisation = min(seed.working.members(seed.contract.kind("Organisation")), key=lambda iri: iri.value)
    names = {
        "iri": service_.value,
        "slug": service_.value.rpartition("/")[2],
        "organisation": organisation.value.rpartition("/")[2],
    }

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.data(), st.lists(st.sampled_from(ROOTS), min_size=1, max_size=3))
    def compare(data: st.DataObject, roots: list[str]) -> None:
        query = Writer(schema.core, data.draw).operation([root.format(**names) for root in roots])
        told = both(schema, query, seed.working)
        written.append(len(json.dumps(told.body)))
        codes.update(error["extensions"]["code"] for error in told.errors)

    compare()
    assert len(written) >= 60
    assert sum(size > 500 for size in written) > 20, "the operations ask for something"
    assert codes == {"BAD_REQUEST", "PARAMETER"}


def test_both_ways_agree_on_values_that_are_wrong(schema: Schema, small: Callable[..., Small]) -> None:
    wrong = """; gov:transactionsPerYear "many" , 5 , 7 ; dct:title "no language" , "A service"@en , "Second"@en ;
        gov:needsBlock "a word" , <id/building-block/nobody> , <id/service/wrong> ;
        gov:digitalisationLevel code:Level1 , <https://example.org/level> ;
        cv:isGroupedBy <https://example.org/event> ; gov:crossBorder 1"""
    view = small(ORGANISATION + service("wrong", "A service", wrong)).working
    told = both(
        schema,
        """{ services(first: $few) { nodes { ...All ...All @skip(if: $no) } edges { node { iri } } }
          gone: service(slug: "x") @skip(if: $yes) { iri }
          service(slug: "wrong") { level { name iri label(lang: $lang) { value } } } }
        fragment All on Service {
          title(lang: $lang) { value lang all { value lang } } transactionsPerYear crossBorder level { name } score
          needsBlocks { __typename kind title { value } }
          events { __typename ... on LifeEvent { title { value } } }
          findings(severity: $severity) { message(lang: $lang) value entity { ... on Service { iri } } } }""",
        view,
    )
    (found,) = told.data["services"]["nodes"]
    assert found["transactionsPerYear"] == 5
    assert [block["kind"] for block in found["needsBlocks"]] == [None, "SERVICE"]
    assert found["level"] == {"name": "LEVEL_1"}
    assert "gone" not in told.data


def test_introspection_and_data_come_together(schema: Schema, seed: Seed) -> None:
    told = both(
        schema,
        """{ __schema { queryType { name } } services(first: $few) { totalCount }
          __type(name: "Service") { name interfaces { name } } __typename @include(if: $yes) }""",
        seed.public,
    )
    assert list(told.data) == ["__schema", "services", "__type", "__typename"]
    assert isinstance(schema.core.type_map["Service"], GraphQLObjectType)
    assert is_abstract_type(schema.core.type_map["Entity"])
