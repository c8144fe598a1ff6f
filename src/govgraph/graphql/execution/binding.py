"""Binds a plan to the variables of one request, and tells what it costs with them; reads no data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphql import FieldNode, GraphQLError, GraphQLField, GraphQLObjectType, GraphQLSchema, get_argument_values
from graphql.execution.values import VariableValues

from govgraph.errors import BadRequest
from govgraph.graphql.execution.limits import Meter, Price, located
from govgraph.graphql.execution.plan import Choice, Level, Plan, Planned
from govgraph.graphql.execution.reading import Limits, Needs, needs_of
from govgraph.graphql.schema.fields import Arguments


def coerced(definition: GraphQLField, node: FieldNode, variables: VariableValues) -> Arguments | GraphQLError:
    """The arguments of a field, or what is wrong with them."""
    try:
        return get_argument_values(definition, node, variables)
    except GraphQLError as error:
        return error


@dataclass(frozen=True)
class Binding:
    """The variables of one request for what waits for them."""

    schema: GraphQLSchema
    variables: VariableValues

    def plan(self, plan: Plan, limits: Limits) -> Plan:
        """With its price. Raises GraphQLError or Refusal."""
        roots = self._fields(plan.roots)
        return Plan(plan.type, roots, plan.whole, plan.fields, price_of(roots, limits, plan.introspected))

    def _fields(self, fields: Mapping[str, Planned]) -> dict[str, Planned]:
        return {key: self._field(one) if one.late else one for key, one in fields.items()}

    def _field(self, planned: Planned) -> Planned:
        arguments, below = planned.arguments, planned.below
        if arguments is None:
            parent = self.schema.type_map[planned.of]
            assert isinstance(parent, GraphQLObjectType)
            arguments = coerced(parent.fields[planned.name], planned.nodes[0], self.variables)
        if isinstance(below, Choice) and below.late:
            below = choice_of(below.part, {name: self._level(level) for name, level in below.levels.items()})
        elif isinstance(below, Level):
            below = self._level(below)
        return Planned(
            part=planned.part,
            of=planned.of,
            nodes=planned.nodes,
            rule=planned.rule,
            arguments=arguments,
            below=below,
            many=planned.many,
            entities=planned.entities,
            required=planned.required,
            each_required=planned.each_required,
        )

    def _level(self, level: Level) -> Level:
        if not level.late:
            return level
        fields = self._fields(level.fields)
        waited = (one.needs() for key, one in fields.items() if level.fields[key].arguments is None)
        return Level(level.part, fields, level.needs | needs_of(waited))


def price_of(roots: Mapping[str, Planned], limits: Limits, introspected: int = 0) -> Price:
    """What all that is planned costs, and so many root fields about the schema. Raises GraphQLError or Refusal."""
    meter = Meter(limits)
    meter_sizes(roots.values(), meter, limits)
    meter.introspections(introspected)
    return meter.price


def meter_sizes(  # a walk, and where it stands
    fields: Iterable[Planned], meter: Meter, limits: Limits, times: int = 1, depth: int = 1, sources: int = 1
) -> None:
    """Tell a meter of what is planned, with the sizes of pages: ``sources`` is how often at most the parent comes,
    ``times`` how many things are on its page where it is one (the count of a page is made once, its nodes are many).

    Raises GraphQLError or Refusal for what is too much, and for sizes that cannot be.
    """
    for one in fields:
        node = one.nodes[0]
        meter.field(node, depth)
        if isinstance(one.arguments, GraphQLError | None):
            continue
        try:
            points = sources * one.rule.price(one.arguments, limits) + one.rule.price_once(one.arguments, limits)
            inner = times * one.rule.width(one.arguments, limits) if one.below else 0
        except BadRequest as refusal:
            raise located(refusal, node) from refusal
        meter.surcharge(points)
        meter.searching |= one.rule.searches(one.arguments)
        if one.below is None:
            continue
        if one.rule.counted and (one.many or one.entities):
            meter.entities(node, inner)
        for level in one.levels:
            below = inner if one.many else sources
            meter_sizes(level.fields.values(), meter, limits, inner, depth + 1, below)


def choice_of(part: str, levels: Mapping[str, Level]) -> Choice:
    """What is selected of several types, from what is selected of each."""
    needs = needs_of(level.needs for level in levels.values()) | Needs(kinds=True)
    return Choice(part, levels, needs, any(level.late for level in levels.values()))
