"""Runs operations: parse, validate, price, plan, then graphql-core for the root and the plan for what is below.

What keeps an operation from running is a request error and there is no data; what fails in running it is an error
beside the data (specification section 7.1.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationType,
    execute_sync,
    get_operation_ast,
    get_variable_values,
    parse,
    validate,
)
from graphql.execution import Executor

from govgraph.catalogue import View
from govgraph.contract import Contract
from govgraph.errors import Unauthorised
from govgraph.graphql import schema as schemas
from govgraph.graphql.desk import Desk
from govgraph.graphql.faults import Said, failed, refused, said
from govgraph.graphql.limits import Meter, Price, Refusal, check_changes, check_document
from govgraph.graphql.plan import Operation, Planned, Planner
from govgraph.graphql.reading import Limits, Request
from govgraph.question import Question

_DOCUMENTS_KEPT = 256
_LONGEST_KEPT = 20_000
"""Characters: what the kept documents can take of memory is bounded."""
_HOW = "Send one as Authorization: Bearer."
_UNPARSED = {"Document contains more than": "TOO_MANY_TOKENS", "Document is nested too deeply": "TOO_DEEP"}
"""How graphql-core begins to say why it stopped parsing what may be well-formed."""


@dataclass(frozen=True)
class Asked:
    """What a client sends: the document, which of its operations, and the variables."""

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] | None = None


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


@dataclass(frozen=True)
class _Document:
    """A document after parsing, or what is wrong with it."""

    ast: DocumentNode | None
    errors: tuple[Said, ...] = ()


@dataclass(frozen=True, eq=False)
class Prepared:
    """An operation that may run: valid, with usable variables, within every limit; its price is known before."""

    asked: Asked
    type: OperationType
    document: DocumentNode
    plan: Mapping[str, Planned]
    price: Price


class _ProjectingExecutor(Executor[Any]):
    """graphql-core's, except that what a plan has projected is left as it is."""

    def complete_value(self, return_type: Any, details: Any, info: Any, path: Any, result: Any, context: Any) -> Any:
        if isinstance(result, schemas.Projected):
            return result.value
        return super().complete_value(return_type, details, info, path, result, context)


class Schema:
    """The GraphQL face of one contract and its questions, for any number of views. Safe to use from any thread."""

    def __init__(self, contract: Contract, questions: Mapping[str, Question], limits: Limits) -> None:
        self.core: GraphQLSchema = schemas.build(contract, questions)
        self.limits = limits
        self._kept_parsed = lru_cache(_DOCUMENTS_KEPT)(self._parse)
        self._kept_validated = lru_cache(_DOCUMENTS_KEPT)(self._validate)

    def print(self) -> str:
        return schemas.sdl(self.core)

    def operation_type(self, asked: Asked) -> str | None:
        """``query``, ``mutation`` or ``subscription``; None where the document does not say."""
        document = self._parsed(asked.query).ast
        operation = get_operation_ast(document, asked.operation_name) if document else None
        return operation.operation.value if operation else None

    def prepare(self, asked: Asked) -> Prepared | Told:
        """An operation that may run, with its price; or what is told where it may not."""
        document = self._validated(asked.query)
        if document.ast is None or document.errors:
            return Told(False, errors=document.errors)
        definition = get_operation_ast(document.ast, asked.operation_name)
        if definition is None:
            return Told(False, errors=(said(_no_operation(asked), "OPERATION_RESOLUTION_FAILURE"),))
        given = dict(asked.variables or {})
        variables = get_variable_values(self.core, definition.variable_definitions or (), given)
        if isinstance(variables, list):
            return Told(False, errors=tuple(said(error, "BAD_USER_INPUT") for error in variables))
        operation = Operation.of(self.core, document.ast, definition, variables)
        meter = Meter(self.limits)
        try:
            plan = Planner(operation, self.limits, schemas.rule_of, meter).plan()
            if definition.operation is OperationType.MUTATION:
                check_changes(len(plan), self.limits)
        except GraphQLError as error:
            return Told(False, errors=(failed(error),))
        except Refusal as refusal:
            return Told(False, errors=(refused(refusal),))
        return Prepared(asked, definition.operation, document.ast, plan, meter.price)

    def execute(
        self, asked: Prepared | Asked | str, view: View, *, projecting: bool = True, desk: Desk | None = None
    ) -> Told:
        """Run an operation over a view; a mutation needs a desk, and reads from there what came of it.

        Without ``projecting`` graphql-core walks every field of a query itself.
        """
        asked = Asked(asked) if isinstance(asked, str) else asked
        prepared = self.prepare(asked) if isinstance(asked, Asked) else asked
        if isinstance(prepared, Told):
            return prepared
        if prepared.type is OperationType.MUTATION and desk is None:
            return Told(False, errors=(refused(Unauthorised("Changes need a token.", _HOW)),))
        request = Request(view, self.limits, prepared.plan, projecting, desk=desk)
        result = execute_sync(
            self.core,
            prepared.document,
            context_value=request,
            variable_values=dict(prepared.asked.variables or {}),
            operation_name=prepared.asked.operation_name,
            executor_class=_ProjectingExecutor,
        )
        errors = tuple(failed(error) for error in result.errors or ())
        return Told(True, result.data, errors, request.reads, request.written)

    def _parsed(self, query: str) -> _Document:
        return self._kept_parsed(query) if len(query) <= _LONGEST_KEPT else self._parse(query)

    def _validated(self, query: str) -> _Document:
        return self._kept_validated(query) if len(query) <= _LONGEST_KEPT else self._validate(query)

    def _parse(self, query: str) -> _Document:
        try:
            document = parse(query, max_tokens=self.limits.tokens)
            check_document(document, self.limits)
        except GraphQLSyntaxError as error:
            codes = (code for start, code in _UNPARSED.items() if error.description.startswith(start))
            return _Document(None, (said(error, next(codes, "GRAPHQL_PARSE_FAILED")),))
        except Refusal as refusal:
            return _Document(None, (refused(refusal),))
        return _Document(document)

    def _validate(self, query: str) -> _Document:
        document = self._parsed(query)
        if document.ast is None:
            return document
        errors = validate(self.core, document.ast)
        return _Document(document.ast, tuple(said(error, "GRAPHQL_VALIDATION_FAILED") for error in errors))


def _no_operation(asked: Asked) -> GraphQLError:
    if asked.operation_name:
        return GraphQLError(f"The document has no operation {asked.operation_name!r}.")
    return GraphQLError("The document has several operations or none: say which one by operationName.")
