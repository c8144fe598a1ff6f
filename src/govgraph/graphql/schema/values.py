"""The rules that give a property's values, one per form; knows what was read and no kind."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pyoxigraph import Literal, NamedNode

from govgraph.contract import Code, Property, Text
from govgraph.graphql.execution.reading import Limits, Needs, Request
from govgraph.graphql.schema import texts
from govgraph.graphql.schema.fields import Arguments, Rule, size
from govgraph.store import Term

LINKS_SHOWN = 20
"""Of a list within an entry, where no size is given; part of the schema, since clients rely on it."""


class PropertyRule(Rule):
    """What the values of one property give, node by node."""

    def __init__(self, prop: Property) -> None:
        self.property = self._property = prop
        self._needs = Needs(frozenset({prop}))

    def needs(self, arguments: Arguments) -> Needs:
        return self._needs

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        columns = request.values(self._property, sources)
        give = self.giving(arguments, request.limits)
        return [give(values) for values in columns]

    def giving(self, arguments: Arguments, limits: Limits) -> Callable[[Sequence[Term]], Any]:
        """From the terms a node has to what the field gives for it."""
        raise NotImplementedError


class OneText(PropertyRule):
    """A text said once in each language."""

    def giving(self, arguments: Arguments, limits: Limits) -> Callable[[Sequence[Term]], Any]:
        wanted = texts.languages(arguments)
        return lambda values: texts.chosen(values, wanted) if values else None


class SeveralTexts(PropertyRule):
    """Texts of which there may be several in one language."""

    counted = False

    def giving(self, arguments: Arguments, limits: Limits) -> Callable[[Sequence[Term]], Any]:
        wanted = texts.languages(arguments)
        return lambda values: texts.several(values, wanted) if values else []


class OneLiteral(PropertyRule):
    """The first literal that is of the datatype; ``read`` gives None for one that is not."""

    def __init__(self, prop: Property, read: Callable[[str], object]) -> None:
        super().__init__(prop)
        self.read = read

    def giving(self, arguments: Arguments, limits: Limits) -> Callable[[Sequence[Term]], Any]:
        several = SeveralLiterals(self._property, self.read).giving(arguments, limits)

        def give(values: Sequence[Term]) -> object:
            return next(iter(several(values)), None) if values else None

        return give


class SeveralLiterals(OneLiteral):
    """Every literal that is of the datatype."""

    def giving(self, arguments: Arguments, limits: Limits) -> Callable[[Sequence[Term]], Any]:
        read = self.read

        def give(values: Sequence[Term]) -> list[object]:
            found = sorted({value.value for value in values if isinstance(value, Literal)})
            return [value for text in found if (value := read(text)) is not None]

        return give


class OneLink(PropertyRule):
    """The entity it points to; the first by IRI where there are several in spite of the shape."""

    def giving(self, arguments: Arguments, limits: Limits) -> Callable[[Sequence[Term]], Any]:
        return lambda values: next(iter(links(values)), None)


class SeveralLinks(PropertyRule):
    """A page of the entities it points to, by IRI."""

    def width(self, arguments: Arguments, limits: Limits) -> int:
        size("offset", arguments.get("offset"), 0, sys.maxsize)
        first = arguments.get("first")
        return size("first", None if first == LINKS_SHOWN else first, LINKS_SHOWN, limits.page_max)

    def giving(self, arguments: Arguments, limits: Limits) -> Callable[[Sequence[Term]], Any]:
        start = arguments.get("offset") or 0
        stop = start + self.width(arguments, limits)
        return lambda values: links(values)[start:stop]


def links(values: Sequence[Term]) -> list[NamedNode]:
    """The IRIs among some terms, each once, in order."""
    if len(values) < 2:
        return [value for value in values if isinstance(value, NamedNode)]
    return sorted({value for value in values if isinstance(value, NamedNode)})


class CodeValue:
    """A code as a field gives it; one that is in no list of the contract has its IRI alone."""

    def __init__(self, iri: str, name: str | None, labels: Text, definitions: Text, position: float) -> None:
        self.iri = iri
        self.name = name
        self.labels = labels
        self.definitions = definitions
        self.position = position

    @classmethod
    def of(cls, code: Code) -> CodeValue:
        return cls(code.iri.value, code.name, code.labels, code.definitions, code.position)

    @classmethod
    def unknown(cls, iri: NamedNode) -> CodeValue:
        return cls(iri.value, None, {}, {}, float("inf"))


class SeveralCodes(PropertyRule):
    """The codes it has, in the order of their list."""

    counted = False

    def __init__(self, prop: Property, codes: Mapping[NamedNode, CodeValue]) -> None:
        super().__init__(prop)
        self.codes = codes

    def giving(self, arguments: Arguments, limits: Limits) -> Callable[[Sequence[Term]], Any]:
        def give(values: Sequence[Term]) -> list[CodeValue]:
            found = [self.codes.get(iri) or CodeValue.unknown(iri) for iri in links(values)]
            return sorted(found, key=lambda code: code.position) if len(found) > 1 else found

        return give


class OneCode(SeveralCodes):
    """The code it has; the first of the list where there are several in spite of the shape."""

    def giving(self, arguments: Arguments, limits: Limits) -> Callable[[Sequence[Term]], Any]:
        several = super().giving(arguments, limits)
        return lambda values: next(iter(several(values)), None)
