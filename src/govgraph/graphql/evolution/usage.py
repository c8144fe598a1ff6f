"""What of a schema a document has to do with, as schema coordinates; judges nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLSchema,
    NamedTypeNode,
    ObjectFieldNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    type_from_ast,
    visit,
)


@dataclass(frozen=True)
class Usage:
    """``written`` stands in the document or is the type of what it asks for; ``given`` may come in its variables.

    Coordinates are ``Type``, ``Type.field``, ``Type.field(argument:)``, ``Input.field``, ``Enum.VALUE``, ``@directive``
    and ``@directive(argument:)``.
    """

    written: frozenset[str]
    given: frozenset[str]

    @classmethod
    def of(cls, schema: GraphQLSchema, document: DocumentNode) -> Usage:
        """By a schema that need not know all of it."""
        info = TypeInfo(schema)
        reader = _Reader(schema, info)
        visit(document, TypeInfoVisitor(info, reader))
        return cls(frozenset(reader.written), frozenset(reader.given))


class _Reader(Visitor):
    def __init__(self, schema: GraphQLSchema, info: TypeInfo) -> None:
        super().__init__()
        self.written: set[str] = set()
        self.given: set[str] = set()
        self._schema = schema
        self._info = info

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent, type_ = self._info.get_parent_type(), self._info.get_type()
        if parent is not None:
            self.written |= {parent.name, f"{parent.name}.{node.name.value}"}
        if type_ is not None:
            self.written.add(get_named_type(type_).name)

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        self.written.add(f"@{node.name.value}")

    def enter_argument(self, node: ArgumentNode, _key: Any, _parent: Any, _path: Any, ancestors: list[Any]) -> None:
        around = next((one for one in reversed(ancestors) if isinstance(one, FieldNode | DirectiveNode)), None)
        parent = self._info.get_parent_type()
        if isinstance(around, DirectiveNode):
            self.written.add(f"@{around.name.value}({node.name.value}:)")
        elif around is not None and parent is not None:
            self.written.add(f"{parent.name}.{around.name.value}({node.name.value}:)")
        self._take(self._info.get_input_type())

    def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> None:
        around = self._info.get_parent_input_type()
        if around is not None:
            self.written.add(f"{get_named_type(around).name}.{node.name.value}")
        self._take(self._info.get_input_type())

    def enter_enum_value(self, node: EnumValueNode, *_: Any) -> None:
        type_ = self._info.get_input_type()
        if type_ is not None:
            self.written.add(f"{get_named_type(type_).name}.{node.value}")

    def enter_variable_definition(self, node: Any, *_: Any) -> None:
        type_ = type_from_ast(self._schema, node.type)
        if type_ is not None:
            self._give(get_named_type(type_))

    def enter_named_type(self, node: NamedTypeNode, *_: Any) -> None:
        """Of a variable or a fragment."""
        self.written.add(node.name.value)

    def _take(self, type_: Any) -> None:
        if type_ is not None:
            self.written.add(get_named_type(type_).name)

    def _give(self, type_: GraphQLNamedType) -> None:
        """What a value of this type may hold."""
        ahead = [type_]
        while ahead:
            one = ahead.pop()
            if one.name in self.given:
                continue
            self.given.add(one.name)
            if isinstance(one, GraphQLEnumType):
                self.given |= {f"{one.name}.{value}" for value in one.values}
            elif isinstance(one, GraphQLInputObjectType):
                self.given |= {f"{one.name}.{name}" for name in one.fields}
                ahead += [get_named_type(entry.type) for entry in one.fields.values()]
