"""Makes a plan of an operation once for all its requests; reads no data.

Planning follows GraphQL's rules of field collection (specification section 6.3.2): aliases, fragments, @skip and
@include. What these directives say is settled before: an operation has a plan for each way its variables switch parts
of it on and off. Arguments without variables are coerced here once, for others the plan is bound in ``binding``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, TypeAlias

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    ListValueNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_argument_values,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.values import VariableValues

from govgraph.graphql.execution import introspecting
from govgraph.graphql.execution.binding import choice_of, coerced
from govgraph.graphql.execution.limits import Meter
from govgraph.graphql.execution.plan import OTHERS, Choice, Level, Plan, Planned
from govgraph.graphql.execution.reading import Needs, Request, needs_of
from govgraph.graphql.schema.entities import type_names
from govgraph.graphql.schema.fields import Arguments, Rule

_NO_VARIABLES = VariableValues({}, {})
_CONDITIONS = {GraphQLSkipDirective.name: GraphQLSkipDirective, GraphQLIncludeDirective.name: GraphQLIncludeDirective}
Fragments: TypeAlias = Mapping[str, FragmentDefinitionNode]
Switches: TypeAlias = frozenset[int]
"""The identities of the directives that leave out what they stand at."""


class _TypeName(Rule):
    """``__typename`` where the type is known from the schema."""

    def __init__(self, name: str) -> None:
        self._name = name

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        return [self._name] * len(sources)


class _TypeNameOfEntity(Rule):
    """``__typename`` where it depends on the entity."""

    def needs(self, arguments: Arguments) -> Needs:
        return Needs(kinds=True)

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        return type_names(request, sources)


@dataclass(frozen=True, eq=False)
class Operation:
    """A valid operation with the fragments of its document. ``conditions`` are its @skip and @include."""

    schema: GraphQLSchema
    definition: OperationDefinitionNode
    fragments: Fragments
    conditions: tuple[DirectiveNode, ...]

    @classmethod
    def of(cls, schema: GraphQLSchema, definition: OperationDefinitionNode, fragments: Fragments) -> Operation:
        found: dict[int, DirectiveNode] = {}
        spread: set[str] = set()
        ahead: list[SelectionSetNode] = [definition.selection_set]
        while ahead:
            for node in ahead.pop().selections:
                found.update((id(one), one) for one in node.directives or () if one.name.value in _CONDITIONS)
                if isinstance(node, FragmentSpreadNode):
                    if node.name.value not in spread:
                        spread.add(node.name.value)
                        ahead.append(fragments[node.name.value].selection_set)
                elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set is not None:
                    ahead.append(node.selection_set)
        return cls(schema, definition, fragments, tuple(found.values()))

    def switches(self, variables: VariableValues) -> Switches:
        """Which conditions leave something out. Raises GraphQLError where one has no value."""
        out = []
        for one in self.conditions:
            said = get_argument_values(_CONDITIONS[one.name.value], one, variables)["if"]
            if said == (one.name.value == GraphQLSkipDirective.name):
                out.append(id(one))
        return frozenset(out)


@dataclass(frozen=True)
class _Place:
    """How deep a field stands, in which part of the answer, and whether its parent stands for other types as well."""

    depth: int
    part: str = ""
    typical: bool = False


@dataclass
class Compiler:
    """Plans one operation; ``rule_of`` gives a field's rule.

    ``meter`` is told of every field, before what is below it is planned, and may refuse to go on.
    """

    operation: Operation
    switches: Switches
    rule_of: Callable[[GraphQLField], Rule | None]
    meter: Meter
    _whole: bool = field(default=True, init=False)
    _fields: int = field(default=0, init=False)

    def compile(self) -> Plan:
        schema, definition = self.operation.schema, self.operation.definition
        root = schema.get_root_type(definition.operation)
        assert root is not None
        roots: dict[str, Planned] = {}
        introspected = 0
        described = introspecting.Counter(schema, self.operation.fragments)
        for key, nodes in self._collect(root, [definition.selection_set]).items():
            name = nodes[0].name.value
            if name == "__typename" or name in root.fields:
                roots[key] = self._field(root, nodes, _Place(1, key))
            else:
                introspected += 1
                self.meter.described(nodes[0], sum(map(described.count, nodes)))
        whole = self._whole and not introspected
        return Plan(definition.operation, roots, whole, self._fields, introspected=introspected)

    def _field(self, parent: GraphQLObjectType, nodes: Sequence[FieldNode], place: _Place) -> Planned:
        node = nodes[0]
        self.meter.field(node, place.depth)
        self._fields += 1
        made = Planned(place.part, parent.name, tuple(nodes), _TypeName(parent.name), {}, required=True)
        if node.name.value == "__typename":
            return replace(made, rule=_TypeNameOfEntity()) if place.typical else made
        definition = parent.fields[node.name.value]
        type_ = get_nullable_type(definition.type)
        named = get_named_type(type_)
        each = type_.of_type if is_list_type(type_) else None
        rule = self.rule_of(definition)
        late = any(map(_varies, (argument.value for argument in node.arguments or ())))
        if rule is None or is_list_type(get_nullable_type(each)):
            self._whole = False
        made = replace(
            made,
            rule=rule or Rule(),
            arguments=None if late else coerced(definition, node, _NO_VARIABLES),
            many=each is not None,
            required=is_non_null_type(definition.type),
            each_required=isinstance(each, GraphQLNonNull),
            late=late,
        )
        return made if is_leaf_type(named) else self._with_below(made, named, _Place(place.depth + 1, place.part))

    def _with_below(self, made: Planned, named: Any, place: _Place) -> Planned:
        entities = is_abstract_type(named) or (isinstance(named, GraphQLObjectType) and bool(named.interfaces))
        selected = [node.selection_set for node in made.nodes if node.selection_set]
        below = self._choice(named, selected, place) if is_abstract_type(named) else self._level(named, selected, place)
        return replace(made, below=below, entities=entities, late=made.late or below.late)

    def _level(self, type_: GraphQLObjectType, selected: Sequence[SelectionSetNode], place: _Place) -> Level:
        fields = {
            key: self._field(type_, nodes, replace(place, part=f"{place.part}.{key}"))
            for key, nodes in self._collect(type_, selected).items()
        }
        needs = needs_of(one.needs() for one in fields.values())
        return Level(place.part, fields, needs, any(one.late for one in fields.values()))

    def _choice(self, type_: GraphQLAbstractType, selected: Sequence[SelectionSetNode], place: _Place) -> Choice:
        named = set(chain.from_iterable(self._conditions(one, set()) for one in selected))
        possible = self.operation.schema.get_possible_types(type_)
        levels = {one.name: self._level(one, selected, place) for one in possible if one.name in named}
        # Types the selection does not name are all alike: one of them stands for the others.
        others = next((one for one in possible if one.name not in named), None)
        if others is not None:
            levels[OTHERS] = self._level(others, selected, replace(place, typical=True))
        return choice_of(place.part, levels)

    def _conditions(self, selected: SelectionSetNode, seen: set[str]) -> Iterator[str]:
        """The types that fragments on this level name."""
        for node in selected.selections:
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in seen:
                    continue
                seen.add(node.name.value)
                fragment: InlineFragmentNode | FragmentDefinitionNode = self.operation.fragments[node.name.value]
            elif isinstance(node, InlineFragmentNode):
                fragment = node
            else:
                continue
            if fragment.type_condition:
                yield fragment.type_condition.name.value
            yield from self._conditions(fragment.selection_set, seen)

    def _collect(self, type_: GraphQLObjectType, selected: Sequence[SelectionSetNode]) -> dict[str, list[FieldNode]]:
        """The fields selected of a type by response key, in the order of their first appearance."""
        grouped: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for one in selected:
            self._collect_into(grouped, type_, one, seen)
        return grouped

    def _collect_into(
        self, grouped: dict[str, list[FieldNode]], type_: GraphQLObjectType, selected: SelectionSetNode, seen: set[str]
    ) -> None:
        for node in selected.selections:
            if node.directives and any(id(directive) in self.switches for directive in node.directives):
                continue
            if isinstance(node, FieldNode):
                grouped.setdefault((node.alias or node.name).value, []).append(node)
                continue
            fragment: Any = node
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in seen:
                    continue
                seen.add(node.name.value)
                fragment = self.operation.fragments[node.name.value]
            if self._applies(fragment, type_):
                self._collect_into(grouped, type_, fragment.selection_set, seen)

    def _applies(self, fragment: InlineFragmentNode | FragmentDefinitionNode, type_: GraphQLObjectType) -> bool:
        if fragment.type_condition is None or fragment.type_condition.name.value == type_.name:
            return True
        condition = self.operation.schema.type_map[fragment.type_condition.name.value]
        return is_abstract_type(condition) and self.operation.schema.is_sub_type(condition, type_)


def _varies(value: ValueNode | Node) -> bool:
    """Whether a variable is in it."""
    if isinstance(value, ListValueNode):
        return any(map(_varies, value.values))
    if isinstance(value, ObjectValueNode):
        return any(_varies(entry.value) for entry in value.fields)
    return isinstance(value, VariableNode)
