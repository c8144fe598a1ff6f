"""Runs a plan from its root fields: the answer, with nulls and errors where something failed; knows no document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError, OperationType

from govgraph.graphql.execution.plan import Failure, Planned
from govgraph.graphql.execution.reading import Request
from govgraph.graphql.execution.settling import Settling
from govgraph.graphql.writing.payload import Outcome, follow


def answer(
    type_: OperationType, plan: Mapping[str, Planned], request: Request
) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    """The plan's answer: the root fields one after another, as a mutation wants it (specification section 6.2.2)."""
    changing = type_ is OperationType.MUTATION
    data: dict[str, Any] = {}
    errors: list[GraphQLError] = []
    for key, planned in plan.items():
        running, value = _changed(planned, request) if changing else (request, _value(planned, request))
        if running.troubled:
            try:
                value = Settling(running, errors).field(planned, value, [key])
            except GraphQLError as error:
                return None, [*errors, error]
        data[key] = value
    return data, errors


def _value(planned: Planned, request: Request) -> Any:
    try:
        return planned.column(request, [request.root])[0]
    except Exception as error:  # noqa: BLE001  # of a read the whole field rests on; told as graphql-core would
        return _fail(request, error)


def _changed(planned: Planned, request: Request) -> tuple[Request, Any]:
    """What a field of a mutation gives, and the request that read it: from the catalogue as the change left it."""
    (outcome,) = planned.values(request, [request.root])
    if not isinstance(outcome, Outcome):
        return request, outcome
    try:
        after, outcome = follow(request, outcome, reading=planned.reads_entities)
        after.explained = request.explained
        value = planned.spread(after, [outcome])[0]
        request.reads += after.reads
    except Exception as error:  # noqa: BLE001  # what was changed stays so, and is told of
        return request, _fail(request, error)
    return after, value


def _fail(request: Request, error: Exception) -> Failure:
    request.troubled = True
    return Failure(error)
