"""A read plan: an operation's fields as levels, each read at once for all its entities and projected into the answer.

Planning follows GraphQL's rules of field collection (specification section 6.3.2): aliases, fragments, @skip and
@include. What is below a root field is planned as a whole; reads depend on the operation, never on how many entities
come. graphql-core still parses, validates, introspects, calls the root fields and gathers their errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_argument_values,
    get_directive_values,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
)
from graphql.execution.values import VariableValues

from govgraph.errors import BadRequest
from govgraph.graphql.entities import type_names
from govgraph.graphql.fields import Arguments, Rule
from govgraph.graphql.limits import Meter, located
from govgraph.graphql.reading import Limits, Needs, Request, needs_of

Projection: TypeAlias = dict[str, Any]
OTHERS = ""
"""The key of the level of the types a selection does not name."""


@dataclass(frozen=True, eq=False)
class Level:
    """What is selected of objects of one type."""

    fields: Mapping[str, Planned]
    needs: Needs

    def answer(self, request: Request, sources: Sequence[Any]) -> list[Projection]:
        """One object of the answer per source."""
        request.read(self.needs, sources)
        columns = [field.column(request, sources) for field in self.fields.values()]
        if not columns:
            return [{} for _ in sources]
        keys = tuple(self.fields)
        return [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]


@dataclass(frozen=True, eq=False)
class Choice:
    """What is selected of entities of several types: a level for each type the selection names, one for the others."""

    levels: Mapping[str, Level]
    needs: Needs

    def answer(self, request: Request, sources: Sequence[Any]) -> list[Projection]:
        request.read(self.needs, sources)
        by_level: dict[str, list[Any]] = {}
        for source, name in zip(sources, type_names(request, sources), strict=True):
            by_level.setdefault(name if name in self.levels else OTHERS, []).append(source)
        answered: dict[Any, Projection] = {}
        for name, alike in by_level.items():
            answered.update(zip(alike, self.levels[name].answer(request, alike), strict=True))
        return [answered[source] for source in sources]


@dataclass(frozen=True, eq=False)
class Planned:
    """A field with its arguments, and what is selected below it: nothing below a leaf, a Choice below an interface.

    ``many`` says that its values are lists, ``entities`` that what is below are entities.
    """

    rule: Rule
    arguments: Arguments
    below: Level | Choice | None = None
    many: bool = False
    entities: bool = False

    @property
    def reads_entities(self) -> bool:
        """Whether anything is selected of an entity, at whatever depth."""
        levels = self.below.levels.values() if isinstance(self.below, Choice) else [self.below] if self.below else []
        return self.entities or any(field.reads_entities for level in levels for field in level.fields.values())

    def column(self, request: Request, sources: Sequence[Any]) -> list[Any]:
        return self.spread(request, self.rule.column(request, sources, self.arguments))

    def spread(self, request: Request, column: list[Any]) -> list[Any]:
        """Answer what is below the values of a column."""
        if self.below is None:
            return column
        if not self.many:
            return self._answers(request, self.below, column)
        answers = iter(self._answers(request, self.below, list(chain.from_iterable(column))))
        return [list(islice(answers, len(values))) for values in column]

    def _answers(self, request: Request, below: Level | Choice, values: list[Any]) -> list[Projection | None]:
        """An answer per value; the same one wherever the same entity comes."""
        if self.entities:
            distinct = [value for value in dict.fromkeys(values) if value is not None]
            answered = dict(zip(distinct, below.answer(request, distinct), strict=True))
            return [answered.get(value) for value in values]
        found = iter(below.answer(request, [value for value in values if value is not None]))
        return [None if value is None else next(found) for value in values]


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
    """A validated operation with its variables."""

    schema: GraphQLSchema
    definition: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues

    @classmethod
    def of(
        cls,
        schema: GraphQLSchema,
        document: DocumentNode,
        definition: OperationDefinitionNode,
        variables: VariableValues,
    ) -> Operation:
        found = [d for d in document.definitions if isinstance(d, FragmentDefinitionNode)]
        return cls(schema, definition, {fragment.name.value: fragment for fragment in found}, variables)


@dataclass(frozen=True)
class _Place:
    """How deep a field stands, how often at most its parent comes, and whether that stands for other types as well."""

    depth: int
    times: int
    typical: bool = False


@dataclass
class Planner:
    """Plans one operation; ``rule_of`` gives a field's rule. Raises GraphQLError for sizes that cannot be.

    ``meter`` is told of every field, before what is below it is planned, and may refuse to go on.
    """

    operation: Operation
    limits: Limits
    rule_of: Callable[[GraphQLField], Rule]
    meter: Meter

    def plan(self) -> dict[str, Planned]:
        """What is planned per root field: all below it or, as for introspection, nothing at all."""
        schema, definition = self.operation.schema, self.operation.definition
        root = schema.get_root_type(definition.operation)
        assert root is not None
        collected = self._collect(root, [definition.selection_set])
        planned: dict[str, Planned] = {}
        for key, nodes in collected.items():
            if nodes[0].name.value in root.fields:
                try:
                    planned[key] = self._field(root, nodes, _Place(1, 1))
                except GraphQLError as error:
                    if error.original_error is not None:
                        raise
                    # An argument that cannot be coerced is an error of its field, which graphql-core will find.
        return planned

    def _field(self, parent: GraphQLObjectType, nodes: Sequence[FieldNode], place: _Place) -> Planned:
        node = nodes[0]
        self.meter.field(node, place.depth)
        if node.name.value == "__typename":
            return Planned(_TypeNameOfEntity() if place.typical else _TypeName(parent.name), {})
        definition = parent.fields[node.name.value]
        rule = self.rule_of(definition)
        arguments = get_argument_values(definition, node, self.operation.variables)
        self.meter.surcharge(place.times * rule.price(arguments, self.limits))
        named = get_named_type(definition.type)
        many = is_list_type(get_nullable_type(definition.type))
        if is_leaf_type(named):
            return Planned(rule, arguments)
        inner = _Place(place.depth + 1, place.times * self._width(rule, arguments, node))
        entities = is_abstract_type(named) or (isinstance(named, GraphQLObjectType) and bool(named.interfaces))
        if entities:
            self.meter.entities(node, inner.times)
        selected = [n.selection_set for n in nodes if n.selection_set]
        below = self._choice(named, selected, inner) if is_abstract_type(named) else self._level(named, selected, inner)
        return Planned(rule, arguments, below, many, entities)

    def _width(self, rule: Rule, arguments: Arguments, node: FieldNode) -> int:
        try:
            return rule.width(arguments, self.limits)
        except BadRequest as refusal:
            raise located(refusal, node) from refusal

    def _level(self, type_: GraphQLObjectType, selected: Sequence[SelectionSetNode], place: _Place) -> Level:
        fields = {key: self._field(type_, nodes, place) for key, nodes in self._collect(type_, selected).items()}
        return Level(fields, needs_of(field.rule.needs(field.arguments) for field in fields.values()))

    def _choice(self, type_: GraphQLAbstractType, selected: Sequence[SelectionSetNode], place: _Place) -> Choice:
        named = set(chain.from_iterable(self._conditions(one, set()) for one in selected))
        possible = self.operation.schema.get_possible_types(type_)
        levels = {one.name: self._level(one, selected, place) for one in possible if one.name in named}
        # Types the selection does not name are all alike: one of them stands for the others.
        others = next((one for one in possible if one.name not in named), None)
        if others is not None:
            levels[OTHERS] = self._level(others, selected, replace(place, typical=True))
        return Choice(levels, needs_of(level.needs for level in levels.values()) | Needs(kinds=True))

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
            if not self._included(node):
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

    def _included(self, node: Any) -> bool:
        if not node.directives:
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self.operation.variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self.operation.variables)
        return not (skip and skip["if"]) and (include is None or bool(include["if"]))
