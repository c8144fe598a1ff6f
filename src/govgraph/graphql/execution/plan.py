"""A read plan: an operation's fields as levels, each read at once for all its entities and projected into the answer.

Plans come from ``compiling``. They run without graphql-core; reads depend on the operation, never on how many entities
come. A field that fails leaves a Failure where its value would stand, and marks the request as troubled: ``settling``
then makes nulls and errors of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from time import perf_counter
from typing import Any, TypeAlias

from graphql import FieldNode, GraphQLError, OperationType

from govgraph.errors import QueryTooCostly, StoreError
from govgraph.graphql.execution.limits import Price
from govgraph.graphql.execution.reading import Needs, Read, Request
from govgraph.graphql.schema.entities import type_names
from govgraph.graphql.schema.fields import Arguments, Rule

Projection: TypeAlias = dict[str, Any]
OTHERS = ""
"""The key of the level of the types a selection does not name."""


@dataclass(frozen=True, slots=True, eq=False)
class Failure:
    """Stands where a value would, had it not failed."""

    error: Exception


@dataclass(frozen=True, eq=False)
class Level:
    """What is selected of objects of one type. ``late`` while an argument in or below it waits for a variable."""

    part: str
    fields: Mapping[str, Planned]
    needs: Needs
    late: bool = False

    def answer(self, request: Request, sources: Sequence[Any]) -> list[Projection]:
        """One object of the answer per source."""
        request.part = self.part
        request.read(self.needs, sources)
        columns = [field.column(request, sources) for field in self.fields.values()]
        if not columns:
            return [{} for _ in sources]
        keys = tuple(self.fields)
        return [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]


@dataclass(frozen=True, eq=False)
class Choice:
    """What is selected of entities of several types: a level for each type the selection names, one for the others."""

    part: str
    levels: Mapping[str, Level]
    needs: Needs
    late: bool = False

    def answer(self, request: Request, sources: Sequence[Any]) -> list[Projection]:
        request.part = self.part
        request.read(self.needs, sources)
        by_level: dict[str, list[Any]] = {}
        for source, name in zip(sources, type_names(request, sources), strict=True):
            by_level.setdefault(name if name in self.levels else OTHERS, []).append(source)
        answered: dict[Any, Projection] = {}
        for name, alike in by_level.items():
            level = self.levels[name]
            answers = level.answer(request, alike)
            request.chosen.update((id(answer), level) for answer in answers)
            answered.update(zip(alike, answers, strict=True))
        return [answered[source] for source in sources]


@dataclass(frozen=True, eq=False)
class Planned:
    """A field with its arguments, and what is selected below it: nothing below a leaf, a Choice below an interface.

    ``part`` is its place in the answer, without the places in lists; ``of`` the type it is a field of.
    ``many`` says that its values are lists, ``entities`` that what is below are entities; ``required`` and
    ``each_required`` that they, or the values in the lists, may not be null. ``arguments`` are an error where they
    cannot be coerced, and None where they wait for variables.
    """

    part: str
    of: str
    nodes: tuple[FieldNode, ...]
    rule: Rule
    arguments: Arguments | GraphQLError | None
    below: Level | Choice | None = None
    many: bool = False
    entities: bool = False
    required: bool = False
    each_required: bool = False
    late: bool = False

    @property
    def name(self) -> str:
        return self.nodes[0].name.value

    @property
    def levels(self) -> tuple[Level, ...]:
        if isinstance(self.below, Choice):
            return tuple(self.below.levels.values())
        return (self.below,) if self.below else ()

    @property
    def reads_entities(self) -> bool:
        """Whether anything is selected of an entity, at whatever depth."""
        return self.entities or any(field.reads_entities for level in self.levels for field in level.fields.values())

    def needs(self) -> Needs:
        """What the batch of its level reads for it."""
        return Needs() if isinstance(self.arguments, GraphQLError | None) else self.rule.needs(self.arguments)

    def column(self, request: Request, sources: Sequence[Any]) -> list[Any]:
        """What it gives for each source, with all that is below."""
        return self.spread(request, self.values(request, sources))

    def values(self, request: Request, sources: Sequence[Any]) -> list[Any]:
        """What its rule gives, with Failures where it fails."""
        request.part = self.part
        if isinstance(self.arguments, GraphQLError):
            return self._failed(request, self.arguments, sources)
        assert self.arguments is not None, "a plan is bound before it runs"
        try:
            if request.explained is not None:
                return self._explained(request, sources, self.arguments)
            return self.rule.column(request, sources, self.arguments)
        except (StoreError, QueryTooCostly) as error:
            # The next source would not fare better, only take as long.
            return self._failed(request, error, sources)
        except Exception as error:  # noqa: BLE001  # whatever a field raises is told as its error, as graphql-core does
            if len(sources) == 1:
                return self._failed(request, error, sources)
            return list(chain.from_iterable(self.values(request, [source]) for source in sources))

    def _explained(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        """The values of its rule, with a note of the query that stands for them."""
        start = perf_counter()
        found = self.rule.column(request, sources, arguments)
        seconds = perf_counter() - start
        query = self.rule.sparql(request, arguments)
        if query:
            given = sum(len(getattr(one, "nodes", getattr(one, "rows", ()))) for one in found)
            equivalent = self.rule.equivalent
            request.note(Read(self.part, "query", (self.name,), len(sources), 0, given, seconds, query, equivalent))
        return found

    def spread(self, request: Request, column: list[Any]) -> list[Any]:
        """Answer what is below the values of a column."""
        answers = self._spread(request, column)
        if (self.required and None in answers) or (
            self.each_required and self.many and any(isinstance(values, list) and None in values for values in answers)
        ):
            request.troubled = True
        return answers

    def _spread(self, request: Request, column: list[Any]) -> list[Any]:
        if self.below is None:
            return column
        if request.troubled and any(isinstance(value, Failure) for value in column):
            answers = iter(self._below(request, self.below, [v for v in column if not isinstance(v, Failure)]))
            return [value if isinstance(value, Failure) else next(answers) for value in column]
        return self._below(request, self.below, column)

    def _below(self, request: Request, below: Level | Choice, column: list[Any]) -> list[Any]:
        if not self.many:
            return self._answers(request, below, column)
        answers = iter(self._answers(request, below, list(chain.from_iterable(values or () for values in column))))
        return [None if values is None else list(islice(answers, len(values))) for values in column]

    def _answers(self, request: Request, below: Level | Choice, values: list[Any]) -> list[Projection | Failure | None]:
        """An answer per value; the same one wherever the same entity comes."""
        if self.rule.fallible and any(isinstance(value, Exception) for value in values):
            request.troubled = True
            rest = iter(self._answers(request, below, [one for one in values if not isinstance(one, Exception)]))
            return [Failure(one) if isinstance(one, Exception) else next(rest) for one in values]
        if self.entities:
            distinct = [value for value in dict.fromkeys(values) if value is not None]
            answered = dict(zip(distinct, below.answer(request, distinct), strict=True))
            return [answered.get(value) for value in values]
        found = iter(below.answer(request, [value for value in values if value is not None]))
        return [None if value is None else next(found) for value in values]

    def _failed(self, request: Request, error: Exception, sources: Sequence[Any]) -> list[Any]:
        request.troubled = True
        return [Failure(error)] * len(sources)


@dataclass(frozen=True, eq=False)
class Plan:
    """What is planned per root field of an operation, by response key.

    It is ``whole`` unless something in it is graphql-core's, such as introspection: then it only reads ahead of it.
    ``price`` is None while the plan is late. ``fields`` are those planned, with fragments spread. ``introspected`` is
    how many root fields describe the schema.
    """

    type: OperationType
    roots: Mapping[str, Planned]
    whole: bool
    fields: int
    price: Price | None = None
    introspected: int = 0

    @property
    def late(self) -> bool:
        return any(field.late for field in self.roots.values())


def each_field(fields: Mapping[str, Planned]) -> Iterator[Planned]:
    """All that is planned, from above to below; what is selected of several types comes once for each."""
    for field in fields.values():
        yield field
        for level in field.levels:
            yield from each_field(level.fields)
