"""A field that knows, by its rule, how to find its values for many sources at once; knows no contract.

Strawberry defines, names and describes the types; what it usually does for each value of each field, calling a
resolver, is left to rules. A rule is asked for a column: one value for each of some sources. graphql-core asks for
columns of one source, a plan for those of a whole level.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import strawberry
from strawberry import UNSET
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from govgraph.errors import BadRequest
from govgraph.graphql.reading import NOTHING, Limits, Needs, Request

Arguments = Mapping[str, Any]
"""The arguments of a field as graphql-core coerced them: of any type."""


class Rule:
    """How the values of a field are found."""

    def needs(self, arguments: Arguments) -> Needs:
        """What must have been read of the entities it is asked about; nothing where its sources are no entities."""
        return NOTHING

    def width(self, arguments: Arguments, limits: Limits) -> int:
        """At most how many things it may put below one source. Raises BadRequest for a size that cannot be."""
        return 1

    def price(self, arguments: Arguments, limits: Limits) -> int:
        """Points it costs per source beside the entities it gives; 0 for what the batch of its level reads."""
        return 0

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        """One value per source. Leaves must be ready for JSON; a missing value is None."""
        raise NotImplementedError


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


class RuleField(StrawberryField):
    rule: Rule

    def __copy__(self) -> RuleField:
        copied = super().__copy__()
        copied.rule = self.rule
        return copied


def field(
    name: str,
    rule: Rule,
    type_: object,
    description: str,
    *,
    arguments: Iterable[StrawberryArgument] = (),
) -> RuleField:
    # The underscore keeps names such as "from" out of Python's way.
    made = RuleField(
        python_name=f"{name}_",
        graphql_name=name,
        type_annotation=StrawberryAnnotation(type_),
        description=description or None,
    )
    made.rule = rule
    made.arguments = list(arguments)
    return made


def deprecate(field_: RuleField, reason: str) -> RuleField:
    """The field with a reason not to use it; unchanged where there is none."""
    field_.deprecation_reason = reason or None
    return field_


def attribute(name: str, type_: object, description: str, source_name: str = "") -> RuleField:
    """A field that is an attribute of its source."""
    return field(name, Attribute(source_name or name), type_, description)


def argument(name: str, type_: object, description: str = "", default: object = UNSET) -> StrawberryArgument:
    return StrawberryArgument(
        python_name=name,
        graphql_name=name,
        type_annotation=StrawberryAnnotation(type_),
        description=description or None,
        default=default,
    )


def entry(name: str, type_: object, description: str, *, deprecated: str = "") -> StrawberryField:
    """A field of an input; it may be left out where its type allows null."""
    return StrawberryField(
        python_name=f"{name}_",
        graphql_name=name,
        type_annotation=StrawberryAnnotation(type_),
        description=description or None,
        default=UNSET,
        deprecation_reason=deprecated or None,
    )


def many(type_: Any) -> Any:  # types made at run time are no annotations to a type checker
    return list[type_]


def maybe(type_: Any) -> Any:
    return type_ | None


def shell(name: str, *bases: type) -> type:
    """A type without fields yet, so that types can name each other."""
    return types.new_class(name, bases)


def fill(shell_: type, fields: Iterable[StrawberryField], description: str, *, interface: bool = False) -> type:
    """Give a shell its fields and make it a type of answers."""
    _give(shell_, fields)
    return strawberry.type(shell_, is_interface=interface, description=description or None)


def fill_input(shell_: type, fields: Iterable[StrawberryField], description: str, *, one_of: bool = False) -> type:
    """Give a shell its fields and make it a type of arguments; with ``one_of`` exactly one of them is given."""
    _give(shell_, fields)
    return strawberry.input(shell_, description=description or None, one_of=one_of)


def _give(shell_: type, fields: Iterable[StrawberryField]) -> None:
    made = list(fields)
    annotations = {f.python_name: f.type_annotation.annotation for f in made if f.type_annotation}
    shell_.__annotations__ = annotations
    for one in made:
        setattr(shell_, one.python_name, one)
