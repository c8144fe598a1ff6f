"""What there is to say of a document before anybody runs it: is it valid, what may it cost, what should it leave.

It knows a schema and its limits; nothing of partners.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoDeprecatedCustomRule,
    OperationDefinitionNode,
    get_nullable_type,
    is_required_input_field,
    parse,
    type_from_ast,
    validate,
)

from govgraph.graphql.execution.running import Asked, Schema, Told

_VALUES: Mapping[str, object] = {
    "Boolean": True,
    "Date": "2000-01-01",
    "DateTime": "2000-01-01T00:00:00Z",
    "Decimal": "1",
    "Duration": "P1D",
    "Float": 1.0,
    "ID": "urn:example",
    "IRI": "urn:example",
    "Long": 1,
}
"""For variables that must be given; of other scalars any text will do."""


@dataclass(frozen=True)
class Examined:
    """``errors`` keep it from running, ``advice`` does not. ``types`` gives each operation, by name, ``query`` and the
    like; ``points`` what it costs at most with pages of the usual size where a variable decides it.
    """

    types: Mapping[str, str]
    points: Mapping[str, int]
    errors: tuple[str, ...]
    advice: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name in self.types if name)

    @property
    def type(self) -> str:
        """Of the first operation."""
        return next(iter(self.types.values()), "query")


def examine(schema: Schema, document: str) -> Examined:
    """All there is to say of a document. An operation without name has the name ``""``."""
    try:
        ast = parse(document, max_tokens=schema.limits.tokens)
    except GraphQLSyntaxError:
        told = schema.prepare(Asked(document))
        assert isinstance(told, Told)
        return Examined({}, {}, tuple(_located(error) for error in told.errors), ())
    operations = [one for one in ast.definitions if isinstance(one, OperationDefinitionNode)]
    types = {one.name.value if one.name else "": one.operation.value for one in operations}
    points: dict[str, int] = {}
    errors: list[str] = [] if operations else ["There is no operation in it."]
    for one in operations:
        name = one.name.value if one.name else ""
        prepared = schema.prepare(Asked(document, name or None, _variables(schema, one)))
        if isinstance(prepared, Told):
            errors += [_located(error) for error in prepared.errors]
        else:
            points[name] = prepared.price.points
    # What is wrong with the document is said for each of its operations.
    return Examined(types, points, tuple(dict.fromkeys(errors)), _deprecated(schema.core, ast))


def _deprecated(schema: GraphQLSchema, ast: DocumentNode) -> tuple[str, ...]:
    found: list[GraphQLError] = validate(schema, ast, [NoDeprecatedCustomRule])
    return tuple(dict.fromkeys(error.message for error in found))


def _located(error: Mapping[str, Any]) -> str:
    """An error of an answer as a line."""
    place = next(iter(error.get("locations") or ()), None)
    return f"{place['line']}:{place['column']}: {error['message']}" if place else str(error["message"])


def _variables(schema: Schema, operation: OperationDefinitionNode) -> dict[str, Any]:
    """Something for each variable that must be given."""
    given: dict[str, Any] = {}
    for definition in operation.variable_definitions or ():
        type_: Any = type_from_ast(schema.core, definition.type)
        if isinstance(type_, GraphQLNonNull) and definition.default_value is None:
            given[definition.variable.name.value] = _value(type_, schema.limits.page_size)
    return given


def _value(type_: GraphQLInputType, size: int) -> Any:
    """A value of a type; whole numbers are taken for sizes of pages."""
    inner = get_nullable_type(type_)
    if isinstance(inner, GraphQLList):
        return [_value(inner.of_type, size)]
    if isinstance(inner, GraphQLEnumType):
        return next(iter(inner.values))
    if isinstance(inner, GraphQLInputObjectType):
        fields = inner.fields.items()
        if inner.is_one_of:
            # A field of a leaf, if there is one, ends the descent.
            name, entry = min(
                fields, key=lambda item: isinstance(get_nullable_type(item[1].type), GraphQLInputObjectType)
            )
            return {name: _value(entry.type, size)}
        return {name: _value(entry.type, size) for name, entry in fields if is_required_input_field(entry)}
    name = getattr(inner, "name", "")
    return size if name == "Int" else _VALUES.get(name, "x")
