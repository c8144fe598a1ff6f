"""Completes an answer in which something failed: nulls where the specification has them, and an error for each.

Specification: https://spec.graphql.org/October2021/#sec-Handling-Field-Errors . Nulls go up to the next place where
one may be. Errors come in the order in which a walk from the first field down meets them, as graphql-core gives them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import GraphQLError
from graphql.error import located_error

from govgraph.graphql.execution.plan import Choice, Failure, Level, Planned
from govgraph.graphql.execution.reading import Request

_At: TypeAlias = list[str | int]


@dataclass(frozen=True, eq=False)
class Settling:
    """Of one request that is troubled; ``errors`` are those of the fields that are null now."""

    request: Request
    errors: list[GraphQLError] = field(default_factory=list)

    def field(self, planned: Planned, value: Any, at: _At) -> Any:
        """The value of a field as it goes into the answer. Raises GraphQLError where what is above becomes null."""
        try:
            return self._completed(planned, value, at)
        except GraphQLError as error:
            if planned.required:
                raise
            self.errors.append(error)
            return None

    def _completed(self, planned: Planned, value: Any, at: _At) -> Any:
        if isinstance(value, Failure):
            raise located_error(value.error, list(planned.nodes), at)
        if value is None:
            if planned.required:
                raise _null(planned, at)
            return None
        if planned.many:
            return [self._one(planned, one, [*at, place]) for place, one in enumerate(value)]
        return self._object(planned, value, at)

    def _one(self, planned: Planned, value: Any, at: _At) -> Any:
        """A value in a list."""
        if value is None:
            if planned.each_required:
                raise _null(planned, at)
            return None
        try:
            if isinstance(value, Failure):
                raise located_error(value.error, list(planned.nodes), at)
            return self._object(planned, value, at)
        except GraphQLError as error:
            if planned.each_required:
                raise
            self.errors.append(error)
            return None

    def _object(self, planned: Planned, value: Any, at: _At) -> Any:
        below = planned.below
        if below is None:
            return value
        level: Level = self.request.chosen[id(value)] if isinstance(below, Choice) else below
        return {key: self.field(one, value[key], [*at, key]) for key, one in level.fields.items()}


def _null(planned: Planned, at: _At) -> GraphQLError:
    fault = TypeError(f"Cannot return null for non-nullable field {planned.of}.{planned.name}.")
    return located_error(fault, list(planned.nodes), at)
