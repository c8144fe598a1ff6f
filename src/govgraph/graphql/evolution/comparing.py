"""What becomes of clients when the schema changes: which changes break, and whose operations; knows two schemas.

graphql-core finds the differences. What this module adds is what each means, where it stands (its schema coordinate),
what graphql-core passes over, and which of the operations that partners have registered use what is changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_client_schema,
    build_schema,
    get_named_type,
    introspection_from_schema,
    parse,
    validate,
)
from graphql.utilities.find_schema_changes import (
    BreakingChange,
    DangerousChange,
    DangerousChangeType,
    SchemaChange,
    find_schema_changes,
)

from govgraph.errors import ParameterError
from govgraph.graphql.evolution.registry import Registered
from govgraph.graphql.evolution.usage import Usage
from govgraph.graphql.schema.federation import for_clients


class Gravity(StrEnum):
    """How a change meets operations that were right before it."""

    BREAKING = "breaking"
    DANGEROUS = "dangerous"
    SAFE = "safe"


MEANINGS: Mapping[str, str] = {
    "TYPE_REMOVED": "Fragments on it and variables of it are refused.",
    "TYPE_CHANGED_KIND": "What is selected of it or given for it is refused.",
    "TYPE_REMOVED_FROM_UNION": "Fragments on it are refused there.",
    "VALUE_REMOVED_FROM_ENUM": "Operations that give it are refused.",
    "REQUIRED_INPUT_FIELD_ADDED": "Inputs without it are refused.",
    "IMPLEMENTED_INTERFACE_REMOVED": "Fragments of the one on the other are refused.",
    "FIELD_REMOVED": "Operations that select or give it are refused.",
    "FIELD_CHANGED_KIND": "Programs get, or have to give, another type of value.",
    "REQUIRED_ARG_ADDED": "Operations that do not give it are refused.",
    "ARG_REMOVED": "Operations that give it are refused.",
    "ARG_CHANGED_KIND": "Operations that give a value of the former type are refused.",
    "DIRECTIVE_REMOVED": "Operations with it are refused.",
    "DIRECTIVE_ARG_REMOVED": "Operations that give it are refused.",
    "REQUIRED_DIRECTIVE_ARG_ADDED": "Operations that do not give it are refused.",
    "DIRECTIVE_REPEATABLE_REMOVED": "Operations with it twice in one place are refused.",
    "DIRECTIVE_LOCATION_REMOVED": "Operations with it in such a place are refused.",
    "ONE_OF_ADDED": "Inputs with several of its fields, or none, are refused.",
    "VALUE_ADDED_TO_ENUM": "Answers may hold a value that programs do not know.",
    "TYPE_ADDED_TO_UNION": "Answers may hold a type that programs do not know.",
    "IMPLEMENTED_INTERFACE_ADDED": "Answers may hold a type that programs do not expect there.",
    "ARG_DEFAULT_VALUE_CHANGE": "Operations that do not give it are answered otherwise.",
    "INPUT_FIELD_DEFAULT_VALUE_CHANGE": "Inputs without it are understood otherwise.",
    "DEPRECATED": "It still answers; programs should leave it in good time.",
}
"""What a change means for programs; of what is not here, they need not know."""

_SAFE_HERE = (DangerousChangeType.OPTIONAL_ARG_ADDED, DangerousChangeType.OPTIONAL_INPUT_FIELD_ADDED)
"""Dangerous only where a server takes it for given when it is not; this one never does."""
_MEMBER = re.compile(r"@\w+(?:\(\w+:\))?|\w+\.\w+(?:\(\w+:\))?")
_TYPE = re.compile(r"(?:Standard scalar |Description of )?(\w+)")
_BY_OMISSION = frozenset({"ARG_DEFAULT_VALUE_CHANGE", "REQUIRED_ARG_ADDED", "REQUIRED_DIRECTIVE_ARG_ADDED"})
"""They meet who does not give the argument."""
_BY_PRESENCE = frozenset({"REQUIRED_INPUT_FIELD_ADDED", "INPUT_FIELD_DEFAULT_VALUE_CHANGE", "VALUE_ADDED_TO_ENUM"})
"""They meet who has to do with the type around."""
_ANSWERED = (GraphQLObjectType, GraphQLInterfaceType)


@dataclass(frozen=True)
class Change:
    """``type`` is graphql-core's name of it, ``coordinate`` where it stands, ``meaning`` empty where there is none."""

    gravity: Gravity
    type: str
    coordinate: str
    sentence: str
    meaning: str


@dataclass(frozen=True)
class Met:
    """An operation that has to do with what is changed; not ``certain`` where it depends on its variables."""

    operation: Registered
    certain: bool


@dataclass(frozen=True)
class Broken:
    """An operation that is not valid by the new schema, and why."""

    operation: Registered
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Evolution:
    """All changes, the gravest first, each with the operations it meets; and the operations that are refused."""

    changes: Mapping[Change, tuple[Met, ...]]
    refused: tuple[Broken, ...]

    def of(self, gravity: Gravity) -> list[Change]:
        return [change for change in self.changes if change.gravity is gravity]

    @property
    def broken(self) -> list[Registered]:
        """Those that are refused, or answered with another type of value."""
        certain = (met.operation for change in self.of(Gravity.BREAKING) for met in self.changes[change] if met.certain)
        return list(dict.fromkeys([*(one.operation for one in self.refused), *certain]))


def read_schema(text: str) -> GraphQLSchema:
    """A schema from its definition language or an introspection's answer. Raises ParameterError."""
    try:
        if text.lstrip().startswith("{"):
            said = json.loads(text)
            schema = build_client_schema(said.get("data", said))
        else:
            schema = build_schema(text, assume_valid_sdl=True)
        if schema.query_type is None:
            raise TypeError("it has no type Query")
    except (ValueError, TypeError, KeyError, AttributeError, GraphQLError) as error:
        hint = "Give what govgraph schema prints, or an introspection's answer as JSON."
        raise ParameterError(f"This is no GraphQL schema: {error}.", hint, parameter="schema") from error
    return schema


def introspected(schema: GraphQLSchema) -> dict[str, object]:
    """The answer of a whole introspection, fields for gateways left out."""
    return {"data": introspection_from_schema(for_clients(schema), input_value_deprecation=True)}


def compare(old: GraphQLSchema, new: GraphQLSchema, operations: Iterable[Registered] = ()) -> Evolution:
    """What clients of the old schema meet with the new one. Fields for gateways alone are left out."""
    old, new = for_clients(old), for_clients(new)
    there = _Sides(old, new)
    used = [(one, Usage.of(old, parse(one.document))) for one in operations]
    reasons = {one: tuple(error.message for error in validate(new, parse(one.document))) for one, _ in used}
    changes = sorted({*map(there.change, find_schema_changes(old, new)), *there.more()}, key=_gravest_first)
    met: dict[Change, tuple[Met, ...]] = {}
    for change in changes:
        validates = there.validates(change)
        found = ((one, _meets(change, usage, fine=validates and not reasons[one])) for one, usage in used)
        met[change] = tuple(Met(one, certain) for one, certain in found if certain is not None)
    return Evolution(met, tuple(Broken(one, of) for one, of in reasons.items() if of))


def _gravest_first(change: Change) -> tuple[int, str, str, str]:
    return list(Gravity).index(change.gravity), change.type, change.coordinate, change.sentence


def _meets(change: Change, usage: Usage, *, fine: bool) -> bool | None:
    """Whether it does for certain; None where it does not. ``fine`` says that the document is known to stay right."""
    if change.type.endswith("_ADDED") and change.gravity is Gravity.SAFE:
        return None
    place = change.coordinate
    if change.type in _BY_OMISSION:
        around = place.partition("(")[0]
        return True if around in usage.written and place not in usage.written else None
    if change.type in _BY_PRESENCE:
        place = place.partition(".")[0]
    if place in usage.written and not fine:
        return True
    return False if place in usage.given else None


@dataclass(frozen=True)
class _Sides:
    old: GraphQLSchema
    new: GraphQLSchema

    def change(self, found: SchemaChange) -> Change:
        place = self._place(found.description)
        gravity = Gravity.SAFE
        if isinstance(found, BreakingChange):
            gravity = Gravity.BREAKING
        elif isinstance(found, DangerousChange) and found.type not in _SAFE_HERE and not self._taken(found, place):
            gravity = Gravity.DANGEROUS
        meaning = MEANINGS.get(found.type.name, "") if gravity is not Gravity.SAFE else ""
        return Change(gravity, found.type.name, place, found.description, meaning)

    def validates(self, change: Change) -> bool:
        """Whether validation finds out who is broken by it; of what is answered it knows nothing."""
        answered = isinstance(self.old.type_map.get(change.coordinate.partition(".")[0]), _ANSWERED)
        return change.gravity is Gravity.BREAKING and not (
            answered and change.type == "FIELD_CHANGED_KIND" and "(" not in change.coordinate
        )

    def more(self) -> Iterator[Change]:
        """What graphql-core does not look at: deprecations, and inputs that take one of their fields."""
        for name, type_ in self.old.type_map.items():
            now = self.new.type_map.get(name)
            if now is None or name.startswith("__") or type(type_) is not type(now):
                continue
            if isinstance(type_, GraphQLInputObjectType) and isinstance(now, GraphQLInputObjectType):
                yield from _one_of(type_, now)
            was, is_ = _reasons(type_), _reasons(now)
            for place, reason in is_.items():
                if reason is not None and was.get(place, "") is None:
                    sentence = f"{place} is deprecated: {reason}"
                    yield Change(Gravity.SAFE, "DEPRECATED", place, sentence, MEANINGS["DEPRECATED"])

    def _place(self, description: str) -> str:
        """The coordinate of what graphql-core's sentence is about."""
        about = description.partition(" has changed to ")[0]
        if member := _MEMBER.search(about):
            return member.group()
        type_ = _TYPE.match(about)
        return type_[1] if type_ else ""

    def _taken(self, found: DangerousChange, place: str) -> bool:
        """Whether it is a new value of an enum that no answer holds."""
        return found.type is DangerousChangeType.VALUE_ADDED_TO_ENUM and place.partition(".")[0] not in self._told

    @cached_property
    def _told(self) -> frozenset[str]:
        """The enums that answers may hold."""
        objects = (t for t in self.new.type_map.values() if isinstance(t, _ANSWERED))
        types = (get_named_type(field.type) for type_ in objects for field in type_.fields.values())
        return frozenset(type_.name for type_ in types if isinstance(type_, GraphQLEnumType))


def _one_of(was: GraphQLInputObjectType, now: GraphQLInputObjectType) -> Iterator[Change]:
    if now.is_one_of and not was.is_one_of:
        sentence = f"{now.name} takes exactly one of its fields."
        yield Change(Gravity.BREAKING, "ONE_OF_ADDED", now.name, sentence, MEANINGS["ONE_OF_ADDED"])
    if was.is_one_of and not now.is_one_of:
        yield Change(Gravity.SAFE, "ONE_OF_REMOVED", now.name, f"{now.name} takes several of its fields.", "")


def _reasons(type_: GraphQLNamedType) -> dict[str, str | None]:
    """The reason why each member of a type is deprecated, by coordinate; None where it is not."""
    if isinstance(type_, GraphQLEnumType):
        return {f"{type_.name}.{name}": value.deprecation_reason for name, value in type_.values.items()}
    if isinstance(type_, GraphQLInputObjectType):
        return {f"{type_.name}.{name}": entry.deprecation_reason for name, entry in type_.fields.items()}
    reasons: dict[str, str | None] = {}
    if isinstance(type_, _ANSWERED):
        for name, field in type_.fields.items():
            place = f"{type_.name}.{name}"
            reasons[place] = field.deprecation_reason
            reasons |= {f"{place}({key}:)": argument.deprecation_reason for key, argument in field.args.items()}
    return reasons
