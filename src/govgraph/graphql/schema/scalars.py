"""The scalars of the schema, and how literals of each datatype become their values; knows no fields.

A literal that is not of its property's datatype becomes null here: what is wrong with it is said by its finding, and
one bad value never spoils an answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any, NewType

import strawberry
from graphql import GraphQLError, ValueNode, value_from_ast_untyped
from pyoxigraph import NamedNode
from strawberry.types.scalar import ScalarDefinition

IRI = NewType("IRI", str)
Long = NewType("Long", int)
Exact = NewType("Exact", str)
Day = NewType("Day", str)
Moment = NewType("Moment", str)
Duration = NewType("Duration", str)

_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})?")
_DURATION = re.compile(r"-?P(?=.)([0-9]+Y)?([0-9]+M)?([0-9]+D)?(T(?=.)([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?")
_LONG = 2**63


def whole_number(text: str) -> int | None:
    number = int(text) if _INTEGER.fullmatch(text) else _LONG
    return number if -_LONG <= number < _LONG else None


def exact_number(text: str) -> str | None:
    try:
        return text if Decimal(text).is_finite() and "_" not in text else None
    except InvalidOperation:
        return None


def number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if isfinite(found) and "_" not in text else None


def truth(text: str) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(text)


def day(text: str) -> str | None:
    match = _DATE.fullmatch(text)
    try:
        return date.fromisoformat(match.group(1)).isoformat() if match else None
    except ValueError:
        return None


def moment(text: str) -> str | None:
    try:
        return text if "T" in text and datetime.fromisoformat(text) else None
    except ValueError:
        return None


def duration(text: str) -> str | None:
    return text if _DURATION.fullmatch(text) else None


@dataclass(frozen=True)
class Datatype:
    """Of XML Schema: the GraphQL type of its values, and the way from a literal's text to such a value."""

    type_: Any  # what strawberry takes for a type: a class, a NewType
    read: Callable[[str], object]


DATATYPES: Mapping[str, Datatype] = {
    "string": Datatype(str, str),
    "integer": Datatype(Long, whole_number),
    "decimal": Datatype(Exact, exact_number),
    "double": Datatype(float, number),
    "float": Datatype(float, number),
    "boolean": Datatype(bool, truth),
    "date": Datatype(Day, day),
    "dateTime": Datatype(Moment, moment),
    "duration": Datatype(Duration, duration),
    "anyURI": Datatype(IRI, str),
}
"""By local name; a datatype that is not here is a String."""


def datatype(iri: NamedNode | None) -> Datatype:
    return DATATYPES.get(iri.value.rpartition("#")[2] if iri else "string", DATATYPES["string"])


def spell(value: object) -> str:
    """A value a request gave, as the text of a literal."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _scalar(name: str, description: str, accept: Callable[[str], object], url: str = "") -> ScalarDefinition:
    def parse(value: object) -> object:
        found = accept(spell(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
        if found is None:
            raise GraphQLError(f"{name} cannot represent {str(value)[:80]!r}.")
        return found

    def parse_literal(node: ValueNode, variables: Any = None) -> object:  # graphql-core's mapping, of any type
        try:
            return parse(value_from_ast_untyped(node, variables))
        except GraphQLError as error:
            raise GraphQLError(error.message, node) from None  # who wrote the document is shown the place

    return strawberry.scalar(
        name=name,
        description=description,
        serialize=_as_it_is,
        parse_value=parse,
        parse_literal=parse_literal,
        specified_by_url=url or None,
    )


def _as_it_is(value: Any) -> Any:  # strawberry's scalars pass values of any type
    return value


def _iri(text: str) -> str | None:
    try:
        return NamedNode(text).value if ":" in text else None
    except ValueError:
        return None


_EXACT = "A decimal number, written as text so that no digit is lost."
_XSD = "https://www.w3.org/TR/xmlschema11-2/#"
SCALARS: dict[object, ScalarDefinition] = {
    IRI: _scalar("IRI", "An absolute IRI.", _iri, "https://www.rfc-editor.org/rfc/rfc3987"),
    Long: _scalar("Long", "A whole number of up to 64 bits, written as a number.", whole_number, _XSD + "long"),
    Exact: _scalar("Decimal", _EXACT, exact_number, _XSD + "decimal"),
    Day: _scalar("Date", "A day, such as 2027-01-31.", day, _XSD + "date"),
    Moment: _scalar("DateTime", "A moment, such as 2027-01-31T12:00:00Z.", moment, _XSD + "dateTime"),
    Duration: _scalar("Duration", "A length of time, such as P5D (five days).", duration, _XSD + "duration"),
}  # fmt: skip
