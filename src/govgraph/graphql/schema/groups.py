"""What aggregates are of: all that a filter gives, and groups of it with what those in one have in common.

It knows how to have something added up once for all groups, and no type but that of a key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pyoxigraph import NamedNode

from govgraph.catalogue import View
from govgraph.catalogue.lists.aggregation import Aggregate, Statistics, aggregate
from govgraph.catalogue.lists.aggregation import Group as Found
from govgraph.catalogue.lists.selection import Where
from govgraph.catalogue.text import label_of
from govgraph.contract import Form, Kind, Property
from govgraph.graphql.execution.reading import Needs, Request
from govgraph.graphql.schema import fields, texts
from govgraph.graphql.schema.fields import Arguments, Rule, maybe, shell
from govgraph.graphql.schema.kinds import Types
from govgraph.graphql.schema.values import CodeValue


class Measured(Protocol):
    """What has a count, and numbers by property."""

    @property
    def count(self) -> int: ...

    def statistics(self, prop: Property) -> Statistics: ...


@dataclass(eq=False)
class Whole:
    """All entries of a kind that a filter gives."""

    view: View
    kind: Kind
    where: Where
    _found: dict[tuple[Any, ...], Aggregate] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return self.find(None, 0).count

    def statistics(self, prop: Property) -> Statistics:
        return self.find(None, 0, prop).statistics[prop]

    def find(
        self, by: Property | None, most: int, measured: Property | None = None, languages: Sequence[str] = ("en",)
    ) -> Aggregate:
        key = by, most, measured, tuple(languages)
        if key not in self._found:
            of = (measured,) if measured else ()
            self._found[key] = aggregate(
                self.view, self.kind, self.where, by=by, measured=of, most=most, languages=languages
            )
        return self._found[key]


@dataclass(frozen=True, eq=False)
class Group:
    """One group of a whole; its number among them is the same whatever is measured."""

    whole: Whole
    by: Property
    most: int
    languages: tuple[str, ...]
    number: int
    group: Found

    @property
    def count(self) -> int:
        return self.group.count

    @property
    def key(self) -> Group | None:
        return None if self.group.key is None else self

    def statistics(self, prop: Property) -> Statistics:
        found = self.whole.find(self.by, self.most, prop, self.languages)
        return found.groups[self.number].statistics[prop]


class _KeyEntity(Rule):
    def column(self, request: Request, sources: Sequence[Group], arguments: Arguments) -> list[Any]:
        return [one.group.key if one.by.form in (Form.ENTITY, Form.IRI) else None for one in sources]


class _KeyCode(Rule):
    def __init__(self, codes: Mapping[NamedNode, CodeValue]) -> None:
        self._codes = codes

    def one(self, group: Group) -> CodeValue | None:
        key = group.group.key
        if group.by.form is not Form.CODE or not isinstance(key, NamedNode):
            return None
        return self._codes.get(key) or CodeValue.unknown(key)

    def column(self, request: Request, sources: Sequence[Group], arguments: Arguments) -> list[Any]:
        return [self.one(group) for group in sources]


class _KeyValue(_KeyCode):
    """As a filter takes it."""

    def column(self, request: Request, sources: Sequence[Group], arguments: Arguments) -> list[Any]:
        codes = (self.one(group) for group in sources)
        keys = [getattr(group.group.key, "value", None) for group in sources]
        return [code.name or key if code else key for code, key in zip(codes, keys, strict=True)]


class _KeyLabel(_KeyCode):
    def column(self, request: Request, sources: Sequence[Group], arguments: Arguments) -> list[Any]:
        wanted = texts.languages(arguments)
        keys = [group.group.key for group in sources]
        entities = [k for k, group in zip(keys, sources, strict=True) if group.by.form is not Form.CODE]
        nodes = [key for key in entities if isinstance(key, NamedNode)]
        request.read(Needs(labels=frozenset({wanted})), nodes)
        labels = dict(zip(nodes, request.labels(wanted, nodes), strict=True))
        words: list[Any] = []
        for group, key in zip(sources, keys, strict=True):
            code = self.one(group)
            if isinstance(key, NamedNode):
                label = label_of(key, (), code.labels, wanted) if code else labels[key]
                words.append(texts.of_label(label))
            else:
                words.append(texts.Words(getattr(key, "value", ""), getattr(key, "language", None)))
        return words


def key_type(types: Types) -> type:
    """The type of what those in a group have in common."""
    named = "The entry or thing elsewhere, where the groups are by a relation."
    entity, code = maybe(types.interfaces.entity), maybe(types.code)
    made = [
        fields.field("value", _KeyValue(types.codes), str, "For a filter: a value, the name of a code, an IRI."),
        fields.field("label", _KeyLabel(types.codes), texts.LangString, "What to call it.", arguments=[texts.lang()]),
        fields.field("code", _KeyCode(types.codes), code, "Where the groups are by a code."),
        fields.field("entity", _KeyEntity(), entity, named),
    ]
    return fields.fill(shell("GroupKey"), made, "What those in a group have in common.")
