"""Filters: an input per kind, and the way from what a request gave to a Selection's conditions; knows no order.

What stands side by side in one input must all hold. What is said of one property is a one-of input: exactly one
operator, whose fields depend on the form of the property alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

import strawberry
from pyoxigraph import Literal, NamedNode

from govgraph.catalogue.lists.selection import Among, Condition, Every, Labelled, No, Related, Some, Where
from govgraph.contract import Form, Kind, Property
from govgraph.errors import BadRequest, ContractError
from govgraph.graphql.execution.reading import Request
from govgraph.graphql.schema.entities import find, refer
from govgraph.graphql.schema.fields import TypeOf, entry, fill_input, many, maybe, shell
from govgraph.graphql.schema.kinds import Types, describe, renamed
from govgraph.graphql.schema.names import lower_first
from govgraph.graphql.schema.scalars import IRI, datatype, spell
from govgraph.search import matching
from govgraph.store import Term

DEEPEST = 20
"""Levels of and, or, not and relations in one filter."""
MOST_CONDITIONS = 100
SEARCHING = 20
"""Points for a search, in a filter as well."""
CONTAINING = 1
"""Points for looking for a part of words in a filter."""
QUANTIFIERS = ("some", "every", "none")
_WORDS = frozenset({"and", "or", "not", "search"})
_MISSING = "True: nothing is said; false: something is."
_ALL = "What stands side by side must all hold."
_ONE = "Exactly one of these."


@dataclass(frozen=True)
class _Entry:
    """One property in a filter: how values that were given become terms, and of what kinds the things behind it are by
    the name under which a filter of each is given; under no name where there is but one."""

    property: Property
    terms: Callable[[Request, Sequence[Any]], Sequence[Term]]
    kinds: Mapping[str, Kind]

    def behind(self, given: Mapping[str, Any]) -> tuple[Kind, Mapping[str, Any]]:
        """Of what kind the things behind it have to be, and the filter of that kind."""
        if "" in self.kinds:
            return self.kinds[""], given
        ((name, inner),) = given.items()
        return self.kinds[name], inner


class Filters:
    """The filter inputs of one schema."""

    def __init__(self, types: Types) -> None:
        self._types = types
        self._operators: dict[str, type] = {}
        kinds = types.contract.kinds
        self._shells = {k.name: shell(types.take(f"that filters {k.name}", f"{k.name}Filter")) for k in kinds}
        self._label = self._once("LabelFilter", [entry("contains", str | None, "It has this in it.")])
        these = entry("in", maybe(many(strawberry.ID)), "It is one of these, by IRI or global id; a slug is neither.")
        self._iri = self._once("EntryFilter", [these])
        self._entries: dict[str, dict[str, _Entry]] = {k.name: self._fill(k) for k in kinds}

    def filter(self, kind: Kind) -> type:
        return self._shells[kind.name]

    def where(self, request: Request, kind: Kind, given: Mapping[str, Any] | None) -> Where:
        """The condition a filter stands for, which ``price`` found to be neither too deep nor too long."""
        parts: list[Where] = []
        for key, value in (given or {}).items():
            match key:
                case _ if value is None:
                    continue
                case "not":
                    parts.append(No(self.where(request, kind, value)))
                case "and" | "or":
                    inner = tuple(self.where(request, kind, one) for one in value)
                    parts.append(Every(inner) if key == "and" else Some(inner))
                case "label":
                    parts.append(Labelled(value["contains"]))
                case "iri":
                    named = (refer(one, [], request.view.names)[0] for one in value["in"])
                    parts.append(Among(frozenset(named)))
                case "search":
                    parts.append(Among(matching(request.view, value, kind)))
                case _:
                    parts += self._conditions(request, self._entries[kind.name][key], value)
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def price(self, kind: Kind, given: Mapping[str, Any] | None) -> int:
        """The points of a filter, of what looks at words; the rest looks up what a view keeps.

        Raises BadRequest for one too deep or too long, before anything of it is looked up.
        """
        weights = list(self._weights(kind, given or {}, 1))
        if len(weights) > MOST_CONDITIONS:
            sentence = f"The filter has {len(weights)} conditions; {MOST_CONDITIONS} are allowed."
            raise BadRequest(sentence, "Give several values of one property by in.")
        return sum(weights)

    def searches(self, given: object) -> bool:
        """Whether there is a search in a filter."""
        if isinstance(given, Mapping):
            return isinstance(given.get("search"), str) or any(map(self.searches, given.values()))
        return isinstance(given, list) and any(map(self.searches, given))

    def _weights(self, kind: Kind, given: Mapping[str, Any], depth: int) -> Iterator[int]:
        """The points of each condition."""
        if depth > DEEPEST:
            raise BadRequest(f"The filter is nested more than {DEEPEST} deep.", "Say the same with less nesting.")
        for key, value in given.items():
            match key:
                case _ if value is None:
                    continue
                case "not":
                    yield from self._weights(kind, value, depth + 1)
                case "and" | "or":
                    yield from chain.from_iterable(self._weights(kind, one, depth + 1) for one in value)
                case "search":
                    yield SEARCHING
                case _:
                    yield CONTAINING if isinstance(value.get("contains"), str) else 0
                    for quantifier in QUANTIFIERS:
                        if value.get(quantifier) is not None:
                            inner, filter_ = self._entries[kind.name][key].behind(value[quantifier])
                            yield from self._weights(inner, filter_, depth + 1)

    def _conditions(self, request: Request, of: _Entry, given: Mapping[str, Any]) -> Iterator[Where]:
        """What a one-of input says of a property."""
        for operator, value in given.items():
            match operator:
                case _ if value is None:
                    continue
                case "isMissing":
                    yield Condition(of.property, "missing" if value else "exists")
                case "in":
                    yield Condition(of.property, "equals", tuple(of.terms(request, value)))
                case "atLeast" | "atMost":
                    name = "from" if operator == "atLeast" else "to"
                    yield Condition(of.property, name, tuple(of.terms(request, [value])))
                case "between":
                    ends = of.terms(request, [value["from"], value["to"]])
                    yield Condition(of.property, "between", tuple(ends))
                case "some" | "every" | "none":
                    kind, inner = of.behind(value)
                    yield Related(of.property, operator, kind, self.where(request, kind, inner))
                case _:
                    yield Condition(of.property, operator, tuple(of.terms(request, [value])))

    def _fill(self, kind: Kind) -> dict[str, _Entry]:
        mine = self._shells[kind.name]
        fields = [
            entry("and", maybe(many(mine)), "All of these hold."),
            entry("or", maybe(many(mine)), "At least one of these holds."),
            entry("not", maybe(mine), "This does not hold."),
            entry("label", maybe(self._label), "What it is called, in whatever language, case and accents apart."),
            entry("iri", maybe(self._iri), "Which it is."),
        ]
        if not kind.part:
            fields.append(entry("search", str | None, f"It is found by `search` with these words; {SEARCHING} points."))
        entries: dict[str, _Entry] = {}
        for prop in kind.properties:
            if prop.name in _WORDS:
                raise ContractError(f"{kind.name} has a property {prop.name}, a word of filters.", "Rename it.")
            type_, made = self._entry(prop)
            words = describe(prop.descriptions) or describe(prop.labels)
            fields.append(entry(prop.name, maybe(type_), words, deprecated=prop.deprecated))
            fields += [entry(n, maybe(type_), words, deprecated=renamed(prop)) for n in prop.former_names]
            entries |= dict.fromkeys((prop.name, *prop.former_names), made)
        fill_input(mine, fields, _ALL)
        return entries

    def _entry(self, prop: Property) -> tuple[TypeOf, _Entry]:
        """The input of a property's conditions, and how it is read."""
        types = self._types
        match prop.form:
            case Form.TEXT:
                return self._text(), _Entry(prop, lambda _, values: [*map(Literal, values)], {})
            case Form.CODE:
                assert prop.codes is not None
                by_name = {code.name: code.iri for code in types.contract.lists_by_name[prop.codes].codes}
                codes = self._equal(f"{prop.codes}Filter", types.codes_of(prop.codes))
                return codes, _Entry(prop, lambda _, values: [by_name[value.value] for value in values], {})
            case Form.IRI:
                return self._equal("IRIFilter", IRI), _Entry(prop, lambda _, values: [*map(NamedNode, values)], {})
            case Form.LITERAL:
                of = datatype(prop.datatype)
                if of.type_ is str:
                    return self._text(), _Entry(prop, lambda _, values: [*map(Literal, values)], {})
                return self._range(of.type_), _Entry(prop, partial(_spelled, prop), {})
        kinds = [types.contract.by_name[name] for name in prop.kinds]
        named = {"": kinds[0]} if len(kinds) == 1 else {lower_first(kind.name): kind for kind in kinds}
        return self._relation(kinds), _Entry(prop, partial(_referred, kinds), named)

    def _relation(self, kinds: Sequence[Kind]) -> TypeOf:
        """Of a relation to one kind: that kind's filter; to several: the filter of one of them; to any: none."""
        stem = "Or".join(kind.name for kind in kinds) or "Entity"
        fields = [
            entry(
                "in",
                maybe(many(strawberry.ID)),
                "One of these, by global id, IRI or slug; a slug that names nothing is an error."
                if kinds
                else "One of these, by global id or IRI.",
            )
        ]
        if kinds:
            inner = self._shells[stem] if len(kinds) == 1 else self._choice(stem, kinds)
            words = ("At least one is like this.", "All are like this, or there are none.", "None is like this.")
            fields += [entry(name, maybe(inner), said) for name, said in zip(QUANTIFIERS, words, strict=True)]
        return self._once(f"{stem}RelationFilter", [*fields, _missing()])

    def _choice(self, stem: str, kinds: Sequence[Kind]) -> TypeOf:
        fields = [
            entry(lower_first(kind.name), maybe(self.filter(kind)), describe(kind.descriptions)) for kind in kinds
        ]
        return self._once(f"{stem}Filter", fields, "It is of this kind, and like this. Exactly one of these.")

    def _text(self) -> TypeOf:
        fields = [
            entry("contains", str | None, "It has this in it, case and accents apart."),
            entry("equals", str | None, "It is this, letter by letter, in whatever language."),
            entry("in", maybe(many(str)), "It is one of these, letter by letter, in whatever language."),
        ]
        return self._once("TextFilter", [*fields, _missing()])

    def _equal(self, name: str, of: TypeOf) -> TypeOf:
        return self._once(name, [*_equal(of), _missing()])

    def _range(self, of: Any) -> TypeOf:
        if of is bool:
            return self._once("BooleanFilter", [entry("equals", bool | None, "It is this."), _missing()])
        name = {float: "Float", "Exact": "Decimal", "Day": "Date", "Moment": "DateTime"}
        stem = name.get(of) or name.get(of.__name__, of.__name__)
        ends = [entry("from", of, "This or more."), entry("to", of, "This or less.")]
        between = self._once(f"{stem}Range", ends, "From one value to another, both included.", one_of=False)
        fields = [
            *_equal(of),
            entry("atLeast", maybe(of), "It is this or more."),
            entry("atMost", maybe(of), "It is this or less."),
            entry("between", maybe(between), "It is one of two values or between them."),
        ]
        return self._once(f"{stem}Filter", [*fields, _missing()])

    def _once(self, name: str, fields: list[Any], words: str = _ONE, *, one_of: bool = True) -> TypeOf:
        if name not in self._operators:
            made = shell(self._types.names.take(name, f"The type {name}"))
            self._operators[name] = fill_input(made, fields, words, one_of=one_of)
        return self._operators[name]


def _referred(kinds: Sequence[Kind], request: Request, values: Sequence[str]) -> list[NamedNode]:
    return find(values, kinds, request.view.names, request.kinds)


def _spelled(prop: Property, _: Request, values: Sequence[Any]) -> list[Term]:
    return [Literal(spell(value), datatype=prop.datatype) for value in values]


def _equal(of: TypeOf) -> list[Any]:
    return [entry("equals", maybe(of), "It is this."), entry("in", maybe(many(of)), "It is one of these.")]


def _missing() -> Any:
    return entry("isMissing", bool | None, _MISSING)
