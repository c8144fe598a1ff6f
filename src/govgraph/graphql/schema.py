"""The schema of one contract and its questions: strawberry's types, with rules in place of its resolvers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    lexicographic_sort_schema,
    print_schema,
)
from strawberry.schema.config import StrawberryConfig

from govgraph.contract import Contract
from govgraph.graphql.asking import Asking
from govgraph.graphql.fields import Rule, RuleField, fill, shell
from govgraph.graphql.filters import Filters
from govgraph.graphql.kinds import Types
from govgraph.graphql.mutation import Mutations
from govgraph.graphql.names import Names
from govgraph.graphql.next_edits import next_edits_field
from govgraph.graphql.overview import catalogue_field
from govgraph.graphql.payload import Outcome, follow
from govgraph.graphql.plan import Planned
from govgraph.graphql.reading import Request
from govgraph.graphql.roots import root_fields
from govgraph.graphql.scalars import SCALARS
from govgraph.question import Question

_DEFINITION = "strawberry-definition"
_QUERY = """What can be asked of the catalogue: single entries, lists of each kind, and questions with their answers.

In every field: `lang` are the languages wanted, best first; where a text is in none of them, English is served, else
any. Lists of a kind are Relay connections of `catalogue { limits { pageSize } }` entries where neither first nor last
is given; `orderBy` takes one key for now, label where not given. Lists within an entry are in order of IRI; `first` is
at most how many, `offset` how many to leave out before. Rows of answers come up to `pageMax` where no first is given.
What an entry lacks is null and among its `findings`; no field of an entry is ever required."""


def build(contract: Contract, questions: Mapping[str, Question]) -> GraphQLSchema:
    """The executable schema. Raises ContractError where two things would have one name."""
    types = Types(contract)
    filters = Filters(types)
    asking = Asking(types)
    fields = [catalogue_field(types), *root_fields(types, filters), next_edits_field(types), *asking.fields(questions)]
    names = Names("root field")
    for number, field in enumerate(fields):
        names.take(field.graphql_name, f"The root field number {number}, {field.description}")
    mutation = Mutations(types).root()
    types.fill()
    query = fill(shell("Query"), fields, _QUERY)
    made = strawberry.Schema(
        query,
        mutation,
        types=[types.interfaces.thing, *types.objects.values()],
        config=StrawberryConfig(auto_camel_case=False, scalar_map=SCALARS),
    )
    # graphql-core's own schema; strawberry names it privately but hands it to every integration.
    core: GraphQLSchema = made._schema
    _attach(core)
    return core


def sdl(schema: GraphQLSchema) -> str:
    """The schema in GraphQL's definition language, sorted, so that its difference is the difference of the API."""
    return print_schema(lexicographic_sort_schema(schema)) + "\n"


def rule_of(field: GraphQLField) -> Rule:
    definition: RuleField = field.extensions[_DEFINITION]
    return definition.rule


@dataclass(frozen=True, eq=False)
class Projected:
    """A part of the answer that is complete already."""

    value: Any


def _attach(schema: GraphQLSchema) -> None:
    """Let graphql-core call the rules, and tell it which inputs are one-of."""
    roots = {schema.query_type: _resolve_root, schema.mutation_type: _resolve_mutation}
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            resolver = roots.get(type_, _resolve)
            for field in type_.fields.values():
                field.resolve = resolver(rule_of(field))
        elif isinstance(type_, GraphQLInputObjectType):
            type_.is_one_of = type_.extensions[_DEFINITION].is_one_of


def _resolve(rule: Rule) -> Callable[..., Any]:
    def resolve(source: Any, info: Any, **arguments: Any) -> Any:
        return rule.column(info.context, [source], arguments)[0]

    return resolve


def _resolve_root(rule: Rule) -> Callable[..., Any]:
    """Answer all below a root field at once: as the answer itself, or only to have read it before graphql-core asks."""

    def resolve(_: Any, info: Any, **arguments: Any) -> Any:
        request: Request = info.context
        column = rule.column(request, [None], arguments)
        planned = request.plan.get(info.path.key)
        if planned is None:
            return column[0]
        answered = planned.spread(request, column)
        return Projected(answered[0]) if request.projecting else column[0]

    return resolve


def _resolve_mutation(rule: Rule) -> Callable[..., Any]:
    """Make the change, then answer what is below of the catalogue as it is after it."""

    def resolve(_: Any, info: Any, **arguments: Any) -> Any:
        request: Request = info.context
        outcome: Outcome = rule.column(request, [None], arguments)[0]
        planned: Planned = request.plan[info.path.key]
        after, outcome = follow(request, outcome, reading=planned.reads_entities)
        answered = planned.spread(after, [outcome])
        request.reads += after.reads
        return Projected(answered[0])

    return resolve
