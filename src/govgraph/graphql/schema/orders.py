"""Orders: an input per kind, and the way from what a request gave to the keys of a Selection; knows no filter.

A key is a one-of input: the label or a property with a direction, or a relation with a key of the kind it leads to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from govgraph.catalogue.lists.selection import Key
from govgraph.contract import Form, Kind, Property
from govgraph.errors import BadRequest
from govgraph.graphql.schema.fields import TypeOf, entry, fill_input, maybe, shell
from govgraph.graphql.schema.kinds import Types, describe, enum, renamed

LABEL = "label"
MOST_KEYS = 5
LONGEST_WAY = 5
"""Relations and the property at their end."""
ORDERING = 1
"""Points for each key of an order beyond the first, and for each relation on the way of a key."""
RELATIONS = (Form.ENTITY, Form.PART)
_WORDS = """A key of an order: exactly one of these. Where a relation leads to several entries, the least of them
counts, descending the greatest; entries without a value come last in both directions."""


class Orders:
    """The inputs of orders of one schema."""

    def __init__(self, types: Types) -> None:
        kinds = types.contract.kinds
        self._direction = enum("OrderDirection", {"ASC": "The least first.", "DESC": "The greatest first."}, "")
        self._shells = {k.name: shell(types.take(f"that orders {k.name}", f"{k.name}Order")) for k in kinds}
        self._kinds: Mapping[str, Kind] = types.contract.by_name
        self._properties: dict[str, dict[str, Property]] = {kind.name: self._fill(kind) for kind in kinds}

    def order(self, kind: Kind) -> type:
        return self._shells[kind.name]

    def price(self, kind: Kind, given: Sequence[Mapping[str, Any]] | None) -> int:
        """The points of an order, which is made once. Raises BadRequest as ``keys`` does."""
        keys = self.keys(kind, given)
        steps = sum(prop.form in RELATIONS for key in keys for prop in key.path)
        return ORDERING * (len(keys) - 1 + steps)

    def keys(self, kind: Kind, given: Sequence[Mapping[str, Any]] | None) -> tuple[Key, ...]:
        """The keys of an order, the label where none is given. Raises BadRequest for too many or too long ones."""
        if not given:
            return (Key(),)
        if len(given) > MOST_KEYS:
            hint = "Entries that are equal in all keys come in order of IRI."
            raise BadRequest(f"orderBy has {len(given)} keys; {MOST_KEYS} are allowed.", hint)
        return tuple(self._key(kind, one) for one in given)

    def _key(self, kind: Kind, given: Mapping[str, Any]) -> Key:
        way: list[Property] = []
        ((name, value),) = given.items()
        while name != LABEL:
            way.append(self._properties[kind.name][name])
            if not isinstance(value, Mapping):
                break
            kind = self._kinds[way[-1].kinds[0]]
            ((name, value),) = value.items()
        if len(way) > LONGEST_WAY:
            sentence = f"A key of orderBy goes over {len(way)} properties; {LONGEST_WAY} are allowed."
            raise BadRequest(sentence, "Order by something nearer.")
        return Key(tuple(way), value.value == "DESC")

    def _fill(self, kind: Kind) -> dict[str, Property]:
        fields = [entry(LABEL, maybe(self._direction), "What it is called.")]
        properties: dict[str, Property] = {}
        for prop in kind.properties:
            type_, words = maybe(self._behind(prop)), describe(prop.descriptions) or describe(prop.labels)
            fields.append(entry(prop.name, type_, words, deprecated=prop.deprecated))
            fields += [entry(former, type_, words, deprecated=renamed(prop)) for former in prop.former_names]
            properties |= dict.fromkeys((prop.name, *prop.former_names), prop)
        fill_input(self._shells[kind.name], fields, _WORDS, one_of=True)
        return properties

    def _behind(self, prop: Property) -> TypeOf:
        """What a relation to several kinds leads to has nothing in common but its label."""
        if prop.form in RELATIONS and len(prop.kinds) == 1:
            return self._shells[prop.kinds[0]]
        return self._direction
