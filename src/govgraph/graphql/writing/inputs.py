"""Derives what a mutation takes from each kind and part of the contract: the inputs that create and those that patch.

A property's input depends on its form alone. It knows types, not what becomes of the values given in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import strawberry

from govgraph.contract import Form, Kind, Property
from govgraph.errors import ContractError
from govgraph.graphql.schema.fields import entry, fill_input, many, maybe, shell
from govgraph.graphql.schema.kinds import Types, describe, enum, is_one_text, renamed
from govgraph.graphql.schema.names import capitals, lower_first
from govgraph.graphql.schema.scalars import IRI, datatype

CLEAR = "clear"
"""The field of a patch that names properties to empty; for clients that cannot send null."""
SET, ADD, UPDATE, REMOVE = "set", "add", "update", "remove"

_CREATE = """A new {kind}. Leave out what is not known yet: a draft may lack much, and its `findings` say what.
Its IRI ends in `slug` or, where none is given, in what becomes of its title."""
_PATCH = """What shall change about a {kind}. What is left out stays; null takes all values away, as `clear` does."""
_LIST = "`set` gives all values anew and stands alone; `remove` and `add` change single ones; null takes all away."
_SLUG = "The end of its IRI: letters, digits, hyphens, dots and underscores."
_LANG = "A tag of BCP 47 such as en or pt-BR."


class Inputs:
    """The input types of one schema: per entity ``creating`` and ``patching``, per part the same."""

    def __init__(self, types: Types) -> None:
        self._types = types
        self._lists: dict[str, Any] = {}
        kinds = types.contract.kinds
        self.creating = {k.name: shell(types.take(f"that gives {k.name}", _creating(k))) for k in kinds}
        self.patching = {k.name: shell(types.take(f"that patches {k.name}", f"{k.name}Patch")) for k in kinds}
        words = [entry("value", str, "The words."), entry("lang", str, _LANG)]
        self._text = self._once("TextInput", words, "Words in a language.")
        gone = [entry("value", str | None, "The words; null takes them away."), entry("lang", str, _LANG)]
        self._text_patch = self._once("TextPatch", gone, "The words in one language; those in others stay.")
        for kind in kinds:
            self._fill(kind)

    def _fill(self, kind: Kind) -> None:
        properties = dict(named(kind))
        what = describe(kind.labels).lower()
        create = [] if kind.part else [entry("slug", str | None, _SLUG)]
        create += [self._entry(prop, name, self._created(prop)) for name, prop in properties.items()]
        # An input without fields is no input; a part may have no property that is stored with it.
        create = create or [entry("nothing", bool | None, "It has no properties of its own.")]
        fill_input(self.creating[kind.name], create, _CREATE.format(kind=what) if not kind.part else f"A new {what}.")
        if CLEAR in properties:
            raise ContractError(f"{kind.name} has a property {CLEAR}, a word of patches.", "Rename it.")
        values = {capitals(p.name): describe(p.labels) for p in kind.properties if p.stored}
        patch = [entry("iri", strawberry.ID, "Which part: its IRI or global id.")] if kind.part else []
        if values:
            fields = enum(self._types.take(f"of the properties of {kind.name}", f"{kind.name}Field"), values, "")
            patch.append(entry(CLEAR, maybe(many(fields)), "Properties that shall have no value any more."))
        patch += [self._entry(prop, name, self._patched(kind, prop)) for name, prop in properties.items()]
        patch = patch or [entry("nothing", bool | None, "It has no properties of its own.")]
        fill_input(self.patching[kind.name], patch, _PATCH.format(kind=what))

    def _entry(self, prop: Property, name: str, type_: Any) -> Any:
        words = describe(prop.descriptions) or describe(prop.labels)
        return entry(name, maybe(type_), words, deprecated=prop.deprecated if name == prop.name else renamed(prop))

    def _created(self, prop: Property) -> Any:
        return self._value(prop) if prop.single and prop.form is not Form.TEXT else many(self._value(prop))

    def _patched(self, kind: Kind, prop: Property) -> Any:
        if is_one_text(kind, prop):
            return many(self._text_patch)
        if prop.form is Form.PART:
            return self._part_list(prop)
        return self._value(prop) if prop.single and prop.form is not Form.TEXT else self._list(prop)

    def _value(self, prop: Property) -> Any:
        """The type of one value."""
        match prop.form:
            case Form.TEXT:
                return self._text
            case Form.LITERAL:
                return datatype(prop.datatype).type_
            case Form.CODE:
                assert prop.codes is not None
                return self._types.codes_of(prop.codes)
            case Form.IRI:
                return IRI
            case Form.ENTITY:
                return strawberry.ID
        return self._choice(prop, self.creating, "Input")

    def _list(self, prop: Property) -> Any:
        value = self._value(prop)
        given = [entry(name, maybe(many(value)), "") for name in (SET, ADD, REMOVE)]
        return self._once(f"{_stem(prop, value)}ListPatch", given, _LIST)

    def _part_list(self, prop: Property) -> Any:
        made, patch = self._choice(prop, self.creating, "Input"), self._choice(prop, self.patching, "Patch")
        fields = [
            entry(SET, maybe(many(made)), "These alone; every part there was goes, but one just like one of these."),
            entry(ADD, maybe(many(made)), "These as well."),
            entry(UPDATE, maybe(many(patch)), "What shall change about single parts."),
            entry(REMOVE, maybe(many(strawberry.ID)), "These parts go, with all that is said about them."),
        ]
        return self._once(f"{'Or'.join(prop.kinds)}ListPatch", fields, _LIST)

    def _choice(self, prop: Property, of: Mapping[str, type], suffix: str) -> Any:
        """The input of a part; where it may be of several kinds, one field for each of them."""
        if len(prop.kinds) == 1:
            return of[prop.kinds[0]]
        fields = [entry(lower_first(name), maybe(of[name]), "") for name in prop.kinds]
        return self._once(f"{'Or'.join(prop.kinds)}{suffix}", fields, "Exactly one of these.", one_of=True)

    def _once(self, name: str, fields: list[Any], description: str, *, one_of: bool = False) -> Any:
        if name not in self._lists:
            made = shell(self._types.names.take(name, f"The type {name}"))
            self._lists[name] = fill_input(made, fields, description, one_of=one_of)
        return self._lists[name]


def named(kind: Kind) -> Iterator[tuple[str, Property]]:
    """Every name under which a stored property of a kind can be given: today's first, then those it had before."""
    stored = [prop for prop in kind.properties if prop.stored]
    yield from ((prop.name, prop) for prop in stored)
    yield from ((former, prop) for prop in stored for former in prop.former_names)


def _creating(kind: Kind) -> str:
    return f"{kind.name}Input" if kind.part else f"Create{kind.name}Input"


def _stem(prop: Property, value: Any) -> str:
    """What a list of such values is called."""
    match prop.form:
        case Form.TEXT:
            return "Text"
        case Form.CODE:
            return f"{prop.codes}Code"
        case Form.ENTITY:
            return "Reference"
    spelled = {float: "Float", bool: "Boolean", str: "String", int: "Int"}
    of = {"Exact": "Decimal", "Day": "Date", "Moment": "DateTime"}
    return spelled.get(value) or of.get(value.__name__, value.__name__)
