"""The schema of one contract and its questions: strawberry's types, with rules in place of its resolvers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from govgraph.graphql.execution.plan import Planned
from govgraph.graphql.execution.reading import Request
from govgraph.graphql.schema import federation, former, subscription
from govgraph.graphql.schema.aggregates import Aggregates
from govgraph.graphql.schema.asking import Asking
from govgraph.graphql.schema.chronicles import Chronicles
from govgraph.graphql.schema.connections import Connections
from govgraph.graphql.schema.federation import Federation
from govgraph.graphql.schema.fields import Rule, RuleField, fill, shell
from govgraph.graphql.schema.filters import Filters
from govgraph.graphql.schema.kinds import Types
from govgraph.graphql.schema.names import Names
from govgraph.graphql.schema.next_edits import next_edits_field
from govgraph.graphql.schema.orders import Orders
from govgraph.graphql.schema.overview import catalogue_field
from govgraph.graphql.schema.roots import root_fields
from govgraph.graphql.schema.scalars import SCALARS
from govgraph.graphql.schema.searching import search_field
from govgraph.graphql.writing.mutation import Mutations
from govgraph.history.ledger import Ledger
from govgraph.question import Question

_DEFINITION = "strawberry-definition"
_QUERY = """What can be asked of the catalogue: single entries, lists of each kind, and questions with their answers.

Of every text: `lang` are the languages wanted, best first, and of each its shorter tags (`fr-FR`, then `fr`); where it
is in none of them, English is served, else any, and `lang` beside it says which. `lang` of a list orders it and does
not reach what is in it. Lists of a kind are Relay connections of `catalogue { limits { pageSize } }` entries where
neither first nor last is given, in order of label where no `orderBy` is. Lists within an entry are in order of IRI and
end without a sign after `first`, 20 if not given; `offset` is how many to leave out before. Beside those of one kind
stands a connection, `needsBlocksConnection` beside `needsBlocks`, with pages, filter, order and a `totalCount`. In
filters `some`, `every` and `none` go on to what a relation leads to; in orders a relation does. `…Aggregate` counts,
groups and adds up. Rows of answers come up to `pageMax` where no first is given. What an entry lacks is null and among
its `findings`; no field of an entry is ever required."""


def build(contract: Contract, questions: Mapping[str, Question], ledger: Ledger | None = None) -> GraphQLSchema:
    """The executable schema; ``ledger`` is for telling what came and what went.

    Raises ContractError where two things would have one name.
    """
    types = Types(contract)
    chronicles = Chronicles(types, ledger)
    types.interfaces.more = [chronicles.history()]
    filters = Filters(types)
    asking = Asking(types)
    gateway = Federation(types)
    connections = Connections(types, filters, Orders(types))
    fields = [catalogue_field(types), *root_fields(types, connections), *Aggregates(types, filters).fields()]
    fields += [search_field(types), next_edits_field(types), *asking.fields(questions)]
    fields += [chronicles.root(), *gateway.fields()]
    names = Names("root field")
    for number, field in enumerate(fields):
        names.take(field.graphql_name, f"The root field number {number}, {field.description}")
    mutation = Mutations(types).root()
    types.fill(connections.linked)
    query = fill(shell("Query"), fields, _QUERY)
    made = strawberry.Schema(
        query,
        mutation,
        subscription.root(types, chronicles),
        types=[types.interfaces.thing, *types.objects.values()],
        config=StrawberryConfig(auto_camel_case=False, scalar_map=SCALARS | federation.SCALARS),
    )
    # graphql-core's own schema; strawberry names it privately but hands it to every integration.
    core: GraphQLSchema = made._schema
    _attach(core)
    gateway.attach(core)
    former.keep(core, contract, questions)
    return core


def sdl(schema: GraphQLSchema) -> str:
    """The schema in GraphQL's definition language, sorted, so that its difference is the difference of the API."""
    return print_schema(lexicographic_sort_schema(federation.for_clients(schema))) + "\n"


def rule_of(field: GraphQLField) -> Rule:
    definition: RuleField = field.extensions[_DEFINITION]
    return definition.rule


def _attach(schema: GraphQLSchema) -> None:
    """Let graphql-core call the rules, and tell it which inputs are one-of."""
    # The root fields of a mutation are never graphql-core's to resolve.
    roots = {schema.query_type: _resolve_root, schema.subscription_type: _resolve_root}
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
    """Read all at once that graphql-core will ask for below a root field."""

    def resolve(_: Any, info: Any, **arguments: Any) -> Any:
        request: Request = info.context
        column = rule.column(request, [request.root], arguments)
        planned: Planned | None = request.plan.get(info.path.key)
        if planned is not None:
            planned.spread(request, column)
        return column[0]

    return resolve
