"""How much introspection asks for, counted before it runs; knows the schema and the selection, no view.

Introspection can multiply as lists can: the fields of the types of the fields of all types. What comes of it depends on
the schema alone, so it can be counted, each selection of each part of the schema once, without making it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    StringValueNode,
    get_named_type,
    get_nullable_type,
    introspection_types,
    is_list_type,
)


@dataclass
class Counter:
    """Counts the values of an answer about the schema."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    _counted: dict[tuple[int, int], int] = field(default_factory=dict)
    _selected: dict[int, Sequence[FieldNode]] = field(default_factory=dict)
    _alive: list[object] = field(default_factory=list)
    """What is known by its identity must live as long as the counter."""

    def count(self, node: FieldNode) -> int:
        """The values of ``__schema`` or ``__type``, at most: of arguments that are variables nothing is known."""
        assert node.selection_set is not None
        if node.name.value == "__schema":
            return self._below(_type("__Schema"), self.schema, node.selection_set)
        named = next((argument.value for argument in node.arguments or ()), None)
        if isinstance(named, StringValueNode):
            types = [one] if (one := self.schema.type_map.get(named.value)) else []
        else:
            types = list(self.schema.type_map.values())
        return max((self._below(_type("__Type"), one, node.selection_set) for one in types), default=0)

    def _below(self, type_: GraphQLObjectType, source: Any, selected: SelectionSetNode) -> int:
        known = source[1] if isinstance(source, tuple) else source  # of a name and a field the field
        key = id(known), id(selected)
        if key not in self._counted:
            self._alive.append(known)
            self._counted[key] = sum(self._values(type_, source, node) for node in self._fields(selected))
        return self._counted[key]

    def _values(self, type_: GraphQLObjectType, source: Any, node: FieldNode) -> int:
        definition = type_.fields.get(node.name.value)
        if definition is None or node.selection_set is None:
            return 1
        assert definition.resolve is not None
        arguments = {"includeDeprecated": True} if "includeDeprecated" in definition.args else {}
        found = definition.resolve(source, SimpleNamespace(schema=self.schema), **arguments)
        below = get_named_type(definition.type)
        assert isinstance(below, GraphQLObjectType)
        if found is None:
            return 1
        each = list(found) if is_list_type(get_nullable_type(definition.type)) else [found]
        return 1 + sum(self._below(below, one, node.selection_set) for one in each)

    def _fields(self, selected: SelectionSetNode) -> Sequence[FieldNode]:
        """Every field of a selection, with its fragments spread."""
        if id(selected) not in self._selected:
            fields: list[FieldNode] = []
            spread: set[str] = set()
            ahead = [selected]
            while ahead:
                for node in ahead.pop().selections:
                    if isinstance(node, FieldNode):
                        fields.append(node)
                    elif isinstance(node, InlineFragmentNode):
                        ahead.append(node.selection_set)
                    elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                        spread.add(node.name.value)
                        ahead.append(self.fragments[node.name.value].selection_set)
            self._selected[id(selected)] = fields
        return self._selected[id(selected)]


def _type(name: str) -> GraphQLObjectType:
    found = introspection_types[name]
    assert isinstance(found, GraphQLObjectType)
    return found
