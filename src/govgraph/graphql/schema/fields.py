"""A field that knows, by its rule, how to find its values for many sources at once; knows no contract.

Strawberry defines, names and describes the types; what it usually does for each value of each field, calling a
resolver, is left to rules. A rule is asked for a column: one value for each of some sources. graphql-core asks for
columns of one source, a plan for those of a whole level.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NewType, TypeAlias

from strawberry import UNSET
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema_directives import OneOf
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import (
    StrawberryList,
    StrawberryObjectDefinition,
    StrawberryOptional,
    StrawberryType,
    has_object_definition,
)
from strawberry.types.enum import has_enum_definition
from strawberry.types.field import StrawberryField

from govgraph.contract import Property
from govgraph.errors import BadRequest
from govgraph.graphql.execution.reading import NOTHING, Limits, Needs, Request

Arguments = Mapping[str, Any]
"""The arguments of a field as graphql-core coerced them: of any type."""


class Rule:
    """How the values of a field are found."""

    property: Property | None = None
    """The property whose values they are."""
    fallible = False
    """Whether in its lists errors may stand in place of values."""
    counted = True
    """Whether the lists and entities it gives are entries of an answer; not what was counted with what it stands in."""
    equivalent = True
    """Whether ``sparql`` finds the same without being what ran."""

    def needs(self, arguments: Arguments) -> Needs:
        """What must have been read of the entities it is asked about; nothing where its sources are no entities."""
        return NOTHING

    def width(self, arguments: Arguments, limits: Limits) -> int:
        """At most how many things it may put below one source. Raises BadRequest for a size that cannot be."""
        return 1

    def price(self, arguments: Arguments, limits: Limits) -> int:
        """Points it costs per source beside the entities it gives; 0 for what the batch of its level reads."""
        return 0

    def price_once(self, arguments: Arguments, limits: Limits) -> int:
        """Points for what is made once for all its sources. Raises BadRequest for arguments that cannot be."""
        return 0

    def searches(self, arguments: Arguments) -> bool:
        """Whether it needs the index of all texts, which a past state does not have until somebody searches it."""
        return False

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        """One value per source. Leaves must be ready for JSON; a missing value is None."""
        raise NotImplementedError

    def sparql(self, request: Request, arguments: Arguments) -> str:
        """A query for people that finds what it finds; empty where it finds nothing beside what its level reads."""
        return ""


def size(name: str, given: int | None, default: int, most: int) -> int:
    """The size of a page. Raises BadRequest."""
    if given is None:
        return min(default, most)
    if not 0 <= given <= most:
        raise BadRequest(f"{name} is {given}.", f"Give a number from 0 to {most}.")
    return given


class Attribute(Rule):
    """What the source has under a name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        name = self._name
        return [getattr(source, name) for source in sources]


class InEdge(Attribute):
    """What an edge leads to: it was counted with its edge."""

    counted = False


class Values(Attribute):
    """Values of the source: they go with it."""

    counted = False


TypeOf: TypeAlias = Any
"""What a field gives or an argument takes: a shell, an enum, a scalar, ``int | None``, or ``many`` and ``maybe`` of
one. Of any type, since types made at run time are no annotations to a type checker."""


class TypedField(StrawberryField):
    """A field whose type is found once, when it is made: strawberry asks for it a dozen times."""

    def __init__(self, name: str, type_: TypeOf, description: str, deprecated: str = "") -> None:
        super().__init__(
            python_name=name,
            graphql_name=name,
            type_annotation=StrawberryAnnotation(type_),
            description=description or None,
            deprecation_reason=deprecated or None,
            default=UNSET,
        )
        self._type = _resolved(type_)

    def resolve_type(self, *, type_definition: StrawberryObjectDefinition | None = None) -> Any:
        return self._type

    def __copy__(self) -> TypedField:
        copied = super().__copy__()
        assert isinstance(copied, TypedField)
        copied._type = self._type
        return copied


class RuleField(TypedField):
    rule: Rule

    def __copy__(self) -> RuleField:
        copied = super().__copy__()
        assert isinstance(copied, RuleField)
        copied.rule = self.rule
        return copied


def field(
    name: str,
    rule: Rule,
    type_: TypeOf,
    description: str,
    *,
    arguments: Iterable[StrawberryArgument] = (),
) -> RuleField:
    made = RuleField(name, type_, description)
    made.rule = rule
    made.arguments = list(arguments)
    return made


def deprecate(field_: RuleField, reason: str) -> RuleField:
    """The field with a reason not to use it; unchanged where there is none."""
    field_.deprecation_reason = reason or None
    return field_


def attribute(name: str, type_: TypeOf, description: str, source_name: str = "") -> RuleField:
    """A field that is an attribute of its source."""
    return field(name, Attribute(source_name or name), type_, description)


def argument(name: str, type_: TypeOf, description: str = "", default: object = UNSET) -> StrawberryArgument:
    """It may be given to many fields: what can be shared is quicker than what is made again."""
    return StrawberryArgument(
        python_name=name,
        graphql_name=name,
        type_annotation=StrawberryAnnotation(_resolved(type_)),
        description=description or None,
        default=default,
    )


def entry(name: str, type_: TypeOf, description: str, *, deprecated: str = "") -> StrawberryField:
    """A field of an input; it may be left out where its type allows null."""
    return TypedField(name, type_, description, deprecated)


def many(type_: TypeOf) -> TypeOf:
    return StrawberryList(_resolved(type_))


def maybe(type_: TypeOf) -> TypeOf:
    return StrawberryOptional(_resolved(type_))


def shell(name: str, *bases: type) -> type:
    """A type without fields yet, so that types can name each other."""
    return types.new_class(name, bases)


def fill(shell_: type, fields: Iterable[StrawberryField], description: str, *, interface: bool = False) -> type:
    """Give a shell its fields and make it a type of answers."""
    return _define(shell_, fields, description, is_interface=interface)


def fill_input(shell_: type, fields: Iterable[StrawberryField], description: str, *, one_of: bool = False) -> type:
    """Give a shell its fields and make it a type of arguments; with ``one_of`` exactly one of them is given."""
    return _define(shell_, fields, description, is_input=True, directives=(OneOf(),) if one_of else ())


def _define(
    shell_: type,
    fields: Iterable[StrawberryField],
    description: str,
    *,
    is_input: bool = False,
    is_interface: bool = False,
    directives: Sequence[object] = (),
) -> type:
    """What strawberry's decorators give, made without them: they make a dataclass of every type, which nobody needs
    here and takes most of the time of a start."""
    above = [base.__strawberry_definition__ for base in shell_.__mro__[1:] if has_object_definition(base)]
    all_ = {one.python_name: one for base in reversed(above) for one in base.fields}
    for one in fields:
        one.origin = one.origin or shell_
        all_[one.python_name] = one
    definition = StrawberryObjectDefinition(
        name=shell_.__name__,
        is_input=is_input,
        is_interface=is_interface,
        origin=shell_,
        description=description or None,
        interfaces=above,
        extend=False,
        directives=directives,
        is_type_of=getattr(shell_, "is_type_of", None),
        resolve_type=getattr(shell_, "resolve_type", None),
        fields=list(all_.values()),
    )
    shell_.__strawberry_definition__ = definition  # type: ignore[attr-defined]  # where strawberry looks for it
    return shell_


def _resolved(type_: TypeOf) -> TypeOf:
    """The type as strawberry's converter takes it."""
    if isinstance(type_, StrawberryType | NewType):
        return type_
    if isinstance(type_, type):
        return type_.__strawberry_definition__ if has_enum_definition(type_) else type_
    if isinstance(type_, types.UnionType):
        inner, _ = type_.__args__  # something and None
        return StrawberryOptional(_resolved(inner))
    return StrawberryAnnotation(type_).resolve()
