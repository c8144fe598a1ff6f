"""Runs operations: parse, validate, plan, price, then the plan for all of it, or else graphql-core for all of it.

What keeps an operation from running is a request error and there is no data; what fails in running it is an error
beside the data (specification section 7.1.2). What depends on the document alone is found once and kept: the parsed
document, what is wrong with it, and a plan for each way its conditions can switch parts of it on and off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from time import perf_counter
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    VariableDefinitionNode,
    execute_sync,
    get_operation_ast,
    get_variable_values,
)
from graphql.execution.values import VariableValues

from govgraph.catalogue import View
from govgraph.contract import Contract
from govgraph.errors import Forbidden, Unauthorised
from govgraph.graphql.execution.answering import answer
from govgraph.graphql.execution.binding import Binding, price_of
from govgraph.graphql.execution.compiling import Compiler, Operation, Switches
from govgraph.graphql.execution.documents import KEPT, LONGEST_KEPT, Document, Documents
from govgraph.graphql.execution.explaining import explain
from govgraph.graphql.execution.faults import Said, failed, refused, said
from govgraph.graphql.execution.limits import Meter, Price, Refusal, check_changes, check_length, check_variables
from govgraph.graphql.execution.plan import Plan, Planned
from govgraph.graphql.execution.reading import Limits, Request
from govgraph.graphql.execution.weighing import MANY, length
from govgraph.graphql.schema import building as schemas
from govgraph.graphql.writing.desk import Desk
from govgraph.history.ledger import Ledger
from govgraph.question import Question

_PLANS_KEPT = 512
_FIELD_KEPT = 4
"""A planned field takes as much as so many characters."""
_MOST_WRONG = 20
"""Values of the variables that are told to be wrong."""
_LARGEST_KEPT = 500
"""Fields, with fragments spread: what the kept plans can take of memory is bounded."""
_UNEXPLAINED = "Leave explain out of extensions."
_HOW = "Send one as Authorization: Bearer."


@dataclass(frozen=True)
class Asked:
    """What a client sends: the document, which of its operations, and the variables; ``explain`` to be told how it is
    answered as well, ``past`` where a past state is asked."""

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] | None = None
    explain: bool = False
    past: bool = False


@dataclass(frozen=True)
class Told:
    """What comes of it. ``ran`` is False for a request error. ``reads`` is how often the view was asked, ``written``
    the newest revision that was made, 0 where none was.
    """

    ran: bool
    data: Any = None
    errors: tuple[Said, ...] = ()
    reads: int = 0
    written: int = 0
    extensions: Mapping[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        """The response of specification section 7.1: errors first, no data where nothing ran."""
        told: dict[str, Any] = {"errors": self.errors} if self.errors else {}
        told |= {"data": self.data} if self.ran else {}
        return told | ({"extensions": self.extensions} if self.extensions else {})

    def json(self) -> bytes:
        """The response as JSON, written once."""
        return self._json

    @cached_property
    def _json(self) -> bytes:
        return orjson.dumps(self.body)


@dataclass(frozen=True, eq=False)
class Prepared:
    """An operation that may run: valid, with usable variables, within every limit; its price is known before.

    It is ``whole`` where the plan answers it without graphql-core.
    """

    asked: Asked
    type: OperationType
    document: DocumentNode
    plan: Mapping[str, Planned]
    price: Price
    whole: bool = True


class Schema:
    """The GraphQL face of one contract and its questions, for any number of views. Safe to use from any thread."""

    def __init__(
        self,
        contract: Contract,
        questions: Mapping[str, Question],
        limits: Limits,
        ledger: Ledger | None = None,
    ) -> None:
        self.core: GraphQLSchema = schemas.build(contract, questions, ledger)
        self.limits = limits
        self._documents = Documents(self.core, limits, self._forget)
        self._kept_operation = lru_cache(KEPT)(self._operation)
        self._kept_plan = lru_cache(_PLANS_KEPT)(self._plan)

    def print(self) -> str:
        return schemas.sdl(self.core)

    def operation_type(self, asked: Asked) -> str | None:
        """``query``, ``mutation`` or ``subscription``; None where the document does not say."""
        document = self._documents.parsed(asked.query).ast
        operation = get_operation_ast(document, asked.operation_name) if document else None
        return operation.operation.value if operation else None

    def prepare(self, asked: Asked) -> Prepared | Told:
        """An operation that may run, with its price; or what is told where it may not."""
        document = self._documents.validated(asked.query)
        if document.ast is None or document.errors:
            return Told(False, errors=document.errors)
        keeping = len(asked.query) + len(asked.operation_name or "") <= LONGEST_KEPT
        operation = (self._kept_operation if keeping else self._operation)(document, asked.operation_name)
        if operation is None:
            return Told(False, errors=(said(_no_operation(asked), "OPERATION_RESOLUTION_FAILURE"),))
        definitions = operation.definition.variable_definitions or ()
        try:
            variables = self._variables(definitions, asked.variables or {})
            if isinstance(variables, list):
                return Told(False, errors=tuple(said(error, "BAD_USER_INPUT") for error in variables))
            plan = self._bound(operation, variables, keeping=keeping)
            if plan.type is OperationType.MUTATION:
                check_changes(len(plan.roots), self.limits)
            assert plan.price is not None
            price = plan.price.of_the_past(self.limits) if asked.past else plan.price
        except GraphQLError as error:
            return Told(False, errors=(failed(error),))
        except Refusal as refusal:
            return Told(False, errors=(refused(refusal),))
        return Prepared(asked, plan.type, document.ast, plan.roots, price, plan.whole)

    def execute(
        self,
        asked: Prepared | Asked | str,
        view: View,
        *,
        projecting: bool = True,
        desk: Desk | None = None,
        root: Any = None,
    ) -> Told:
        """Run an operation over a view; a mutation needs a desk, and reads from there what came of it.

        Without ``projecting`` graphql-core walks every field of a query itself. ``root`` is what the root fields are
        asked about: nothing, or the event of a subscription.
        """
        asked = Asked(asked) if isinstance(asked, str) else asked
        prepared = self.prepare(asked) if isinstance(asked, Asked) else asked
        if isinstance(prepared, Told):
            return prepared
        if prepared.type is OperationType.MUTATION and desk is None:
            return Told(False, errors=(refused(Unauthorised("Changes need a token.", _HOW)),))
        if prepared.asked.explain and self.limits.explain not in ("all", view.audience.value):
            return Told(False, errors=(refused(Forbidden("Operations are not explained here.", _UNEXPLAINED)),))
        projecting = prepared.whole and projecting
        request = Request(view, self.limits, prepared.plan, projecting, desk=desk, root=root)
        if prepared.asked.explain:
            request.explained = []
        start = perf_counter()
        if projecting or prepared.type is OperationType.MUTATION:
            data, errors = answer(prepared.type, prepared.plan, request)
        else:
            data, errors = self._walk(prepared, request)
        extensions: dict[str, Any] = {}
        if prepared.asked.explain:
            took = perf_counter() - start
            extensions["explain"] = explain(prepared.plan, request, whole=projecting, seconds=took)
        told = tuple(failed(error) for error in errors)
        if prepared.type is not OperationType.MUTATION and prepared.price.entities * prepared.price.fields >= MANY:
            try:
                check_length(length(data), self.limits)
            except Refusal as refusal:
                return Told(False, errors=(refused(refusal),))
        return Told(True, data, told, request.reads, request.written, extensions)

    def _variables(
        self, definitions: Sequence[VariableDefinitionNode], given: Mapping[str, Any]
    ) -> VariableValues | list[GraphQLError]:
        """Raises Refusal for more than anybody needs."""
        if not definitions:
            return VariableValues({}, {})
        wanted = {one.variable.name.value for one in definitions}
        inputs = {name: value for name, value in given.items() if name in wanted}
        check_variables(inputs)
        return get_variable_values(self.core, definitions, inputs, max_errors=_MOST_WRONG)

    def _forget(self) -> None:
        self._kept_operation.cache_clear()
        self._kept_plan.cache_clear()

    def _walk(self, prepared: Prepared, request: Request) -> tuple[Any, list[GraphQLError]]:
        """graphql-core's answer, after all was read that it will ask for."""
        result = execute_sync(
            self.core,
            prepared.document,
            root_value=request.root,
            context_value=request,
            variable_values=dict(prepared.asked.variables or {}),
            operation_name=prepared.asked.operation_name,
        )
        return result.data, result.errors or []

    def _bound(self, operation: Operation, variables: VariableValues, *, keeping: bool) -> Plan:
        """The plan of an operation with its variables and its price. Raises GraphQLError or Refusal."""
        switches = operation.switches(variables)
        plan = self._kept_plan(operation, switches) if keeping else None
        if plan is None:
            plan = self._compiled(operation, switches)
        if plan.price is not None:
            return plan
        return Binding(self.core, variables).plan(plan, self.limits)

    def _compiled(self, operation: Operation, switches: Switches) -> Plan:
        plan = Compiler(operation, switches, schemas.rule_of, Meter(self.limits)).compile()
        return plan if plan.late else replace(plan, price=price_of(plan.roots, self.limits, plan.introspected))

    def _plan(self, operation: Operation, switches: Switches) -> Plan | None:
        """None for one that is too large to be kept."""
        plan = self._compiled(operation, switches)
        if plan.fields > _LARGEST_KEPT:
            return None
        self._documents.weigh(plan.fields * _FIELD_KEPT)
        return plan

    def _operation(self, document: Document, name: str | None) -> Operation | None:
        assert document.ast is not None
        definition = get_operation_ast(document.ast, name)
        return Operation.of(self.core, definition, document.fragments) if definition else None


def _no_operation(asked: Asked) -> GraphQLError:
    if asked.operation_name:
        return GraphQLError(f"The document has no operation {asked.operation_name!r}.")
    return GraphQLError("The document has several operations or none: say which one by operationName.")
