"""Filters and orders: an input per kind, and the way from what a request gave to a Selection's conditions.

What stands side by side in one input must all hold. A property's own input is the place where later conditions on
the entities it points to will stand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from pyoxigraph import Literal, NamedNode

from govgraph.catalogue.selection import Condition, Every, Key, No, Some, Where
from govgraph.contract import Form, Kind, Property
from govgraph.errors import BadRequest, ContractError
from govgraph.graphql.entities import refer
from govgraph.graphql.fields import entry, fill_input, many, maybe, shell
from govgraph.graphql.kinds import Types, describe, enum, renamed
from govgraph.graphql.names import capitals
from govgraph.graphql.scalars import IRI, datatype, spell
from govgraph.iris import Names
from govgraph.store import Term

LABEL = "LABEL"
DEEPEST = 20
"""Levels of and, or, not in one filter."""
_MISSING = "True: nothing is said; false: something is."


@dataclass(frozen=True)
class _Entry:
    """One property in a filter: how what was given becomes terms."""

    property: Property
    terms: Callable[[Names, Any], Sequence[Term]]


class Filters:
    """The input types of one schema."""

    def __init__(self, types: Types) -> None:
        self._types = types
        self._operators: dict[str, type] = {}
        kinds = types.contract.entities
        self._shells = {k.name: shell(types.names.take(f"{k.name}Filter", f"The filter of {k.name}")) for k in kinds}
        self._entries: dict[str, dict[str, _Entry]] = {k.name: self._fill(k) for k in kinds}
        self.direction = enum("OrderDirection", {"ASC": "", "DESC": ""}, "")
        self._orders: dict[str, dict[str, Property | None]] = {}

    def filter(self, kind: Kind) -> type:
        return self._shells[kind.name]

    def order(self, kind: Kind) -> type:
        """The input of an order: a field of the kind and a direction."""
        orderable: dict[str, Property | None] = {LABEL: None}
        orderable |= {capitals(p.name): p for p in kind.properties if _can_order(p)}
        self._orders[kind.name] = orderable
        words = {name: describe(p.labels) if p else "What it is called." for name, p in orderable.items()}
        names = self._types.names
        by = enum(names.take(f"{kind.name}OrderField", f"The order of {kind.name}"), words, "")
        made = shell(names.take(f"{kind.name}Order", f"The order of {kind.name}"))
        fields = [entry("field", by, "By what."), entry("direction", maybe(self.direction), "ASC where not given.")]
        return fill_input(made, fields, "Entries without a value come last in both directions.")

    def where(self, names: Names, kind: Kind, given: Mapping[str, Any] | None, depth: int = 1) -> Where:
        """The condition a filter stands for. Raises BadRequest."""
        if depth > DEEPEST:
            raise BadRequest(f"The filter is nested more than {DEEPEST} deep.", "Say the same with less nesting.")
        parts: list[Where] = []
        for key, value in (given or {}).items():
            if value is None:
                continue
            if key == "not":
                parts.append(No(self.where(names, kind, value, depth + 1)))
            elif key in ("and", "or"):
                inner = tuple(self.where(names, kind, one, depth + 1) for one in value)
                parts.append(Every(inner) if key == "and" else Some(inner))
            else:
                parts += _conditions(names, self._entries[kind.name][key], value)
        return Every(tuple(parts))

    def ordered(self, kind: Kind, given: Sequence[Mapping[str, Any]] | None) -> Key:
        """Raises BadRequest for more keys than one."""
        if not given:
            return Key()
        if len(given) > 1:
            raise BadRequest("orderBy has more than one key.", "Give one; entries that are equal come in order of IRI.")
        by = given[0]
        direction = by.get("direction")
        prop = self._orders[kind.name][by["field"].value]
        return Key((prop,) if prop else (), direction is not None and direction.value == "DESC")

    def _fill(self, kind: Kind) -> dict[str, _Entry]:
        mine = self._shells[kind.name]
        fields = [
            entry("and", maybe(many(mine)), "All of these hold."),
            entry("or", maybe(many(mine)), "At least one of these holds."),
            entry("not", maybe(mine), "This does not hold."),
        ]
        entries: dict[str, _Entry] = {}
        for prop in kind.properties:
            if prop.stored:
                if prop.name in ("and", "or", "not"):
                    raise ContractError(f"{kind.name} has a property {prop.name}, a word of filters.", "Rename it.")
                type_, terms = self._entry(prop)
                fields.append(entry(prop.name, maybe(type_), describe(prop.labels), deprecated=prop.deprecated))
                fields += [entry(n, maybe(type_), "", deprecated=renamed(prop)) for n in prop.former_names]
                entries |= dict.fromkeys((prop.name, *prop.former_names), _Entry(prop, terms))
        fill_input(mine, fields, "What stands side by side must all hold.")
        return entries

    def _entry(self, prop: Property) -> tuple[Any, Callable[[Names, Any], Sequence[Term]]]:
        """The input of a property's conditions, and the terms of one value given in it."""
        types = self._types
        match prop.form:
            case Form.TEXT:
                return self._text(), lambda _, value: [Literal(value)]
            case Form.CODE:
                assert prop.codes is not None
                by_name = {code.name: code.iri for code in types.contract.lists_by_name[prop.codes].codes}
                codes = self._operator(f"{prop.codes}Filter", types.codes_of(prop.codes))
                return codes, lambda _, value: [by_name[value.value]]
            case Form.IRI:
                return self._operator("IRIFilter", IRI), lambda _, value: [NamedNode(value)]
            case Form.LITERAL:
                of = datatype(prop.datatype)
                if of.type_ is str:
                    return self._text(), lambda _, value: [Literal(value)]
                return self._range(of.type_), lambda _, value: [Literal(spell(value), datatype=prop.datatype)]
        kinds = [types.contract.by_name[name] for name in prop.kinds]
        stem = kinds[0].name if len(kinds) == 1 else "Entity"
        return self._operator(f"{stem}RelationFilter", strawberry.ID), lambda names, value: refer(value, kinds, names)

    def _text(self) -> Any:
        fields = [
            entry("contains", str | None, "It has this in it, case and accents apart."),
            entry("equals", str | None, "It is this, letter by letter, in whatever language."),
        ]
        return self._one_of("TextFilter", fields)

    def _operator(self, name: str, of: Any) -> Any:
        said = "A value is one of these." if of is not strawberry.ID else "One of these, by global id, IRI or slug."
        return self._one_of(name, [entry("in", maybe(many(of)), said)])

    def _range(self, of: Any) -> Any:
        if of is bool:
            return self._one_of("BooleanFilter", [entry("equals", bool | None, "It is this.")])
        name = {float: "Float", "Exact": "Decimal", "Day": "Date", "Moment": "DateTime"}
        stem = name.get(of) or name.get(of.__name__, of.__name__)
        fields = [
            entry("equals", maybe(of), "It is this."),
            entry("from", maybe(of), "It is this or more."),
            entry("to", maybe(of), "It is this or less."),
            entry("missing", bool | None, _MISSING),
        ]
        return self._once(f"{stem}Filter", fields, one_of=False)

    def _one_of(self, name: str, fields: list[Any]) -> Any:
        return self._once(name, [*fields, entry("missing", bool | None, _MISSING)], one_of=True)

    def _once(self, name: str, fields: list[Any], *, one_of: bool) -> Any:
        if name not in self._operators:
            self._operators[name] = fill_input(
                shell(self._types.names.take(name, f"The type {name}")),
                fields,
                "Exactly one of these." if one_of else "What stands side by side must all hold.",
                one_of=one_of,
            )
        return self._operators[name]


def _can_order(prop: Property) -> bool:
    """Several entities have no order among them; several texts have one per language."""
    return prop.stored and (prop.single or prop.form is Form.TEXT) and prop.form is not Form.PART


def _conditions(names: Names, of: _Entry, given: Mapping[str, Any]) -> list[Where]:
    found: list[Where] = []
    for operator, value in given.items():
        if value is None:
            continue
        if operator == "missing":
            found.append(Condition(of.property, "missing" if value else "exists"))
        elif operator == "in":
            found.append(Condition(of.property, "equals", tuple(t for one in value for t in of.terms(names, one))))
        else:
            found.append(Condition(of.property, operator, tuple(of.terms(names, value))))
    return found
