"""A root field per question: its arguments from the parameters, its rows typed by the columns; knows no SPARQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

import strawberry
from pyoxigraph import Literal, NamedNode

from govgraph.contract import Text
from govgraph.graphql.execution.reading import Limits, Request
from govgraph.graphql.schema import texts
from govgraph.graphql.schema.entities import iri_of
from govgraph.graphql.schema.fields import Arguments, Rule, argument, attribute, field, fill, many, maybe, shell, size
from govgraph.graphql.schema.kinds import Types, describe
from govgraph.graphql.schema.names import Names, camel, pascal
from govgraph.graphql.schema.scalars import DATATYPES, IRI, spell
from govgraph.graphql.schema.values import CodeValue
from govgraph.question import LITERAL_TYPES, Answer, Cell, Column, Parameter, Question, Step
from govgraph.question.asking import ask, bind
from govgraph.question.spelling import spelled


class _Row:
    def __init__(self, cells: tuple[Cell, ...]) -> None:
        self.cells = cells


class _Step:
    """A step as its fields name it."""

    def __init__(self, step: Step) -> None:
        self.from_ = step.source
        self.relation = step.relation
        self.to = step.target
        self.forward = step.forward


class _Answered:
    def __init__(self, answer: Answer) -> None:
        self.columns = answer.question.columns
        self.revision = answer.revision
        self.complete = answer.complete
        self.total = len(answer.rows)
        self.asked_on = answer.asked_on.isoformat()
        self._answer = answer

    @cached_property
    def rows(self) -> list[_Row]:
        return [_Row(cells) for cells in self._answer.rows]


_PAGING = (
    argument(
        "first", int | None, "At most how many; where it is not given, `pageMax` of `catalogue { limits { … } }`."
    ),
    argument("offset", int | None, "How many rows to leave out before."),
)
ASKING = 10
"""Points of a question: it runs in a process of its own, for as long as it takes."""
CHAIN = 5
"""Steps that a chain is taken to have before it is known."""


class _Ask(Rule):
    equivalent = False

    def __init__(self, question: Question) -> None:
        self._question = question
        self._parameters = {camel(parameter.name): parameter for parameter in question.parameters}

    def price(self, arguments: Arguments, limits: Limits) -> int:
        return ASKING

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        given = self._given(arguments)
        return [_Answered(ask(request.view, self._question, given, most=request.limits.answer_rows))] * len(sources)

    def sparql(self, request: Request, arguments: Arguments) -> str:
        return spelled(self._question, bind(request.view, self._question, self._given(arguments), date.today()))

    def _given(self, arguments: Arguments) -> dict[str, str]:
        return {
            parameter.name: _as_people_write(arguments[key], parameter)
            for key, parameter in self._parameters.items()
            if arguments.get(key) is not None
        }


def _as_people_write(value: Any, parameter: Parameter) -> str:
    iri = None if parameter.type in LITERAL_TYPES or not isinstance(value, str) else iri_of(value)
    return iri.value if iri else spell(getattr(value, "value", value))


class _Rows(Rule):
    def width(self, arguments: Arguments, limits: Limits) -> int:
        size("offset", arguments.get("offset"), 0, limits.answer_rows)
        return size("first", arguments.get("first"), limits.page_max, limits.answer_rows)

    def column(self, request: Request, sources: Sequence[_Answered], arguments: Arguments) -> list[Any]:
        start = arguments.get("offset") or 0
        stop = start + self.width(arguments, request.limits)
        return [answered.rows[start:stop] for answered in sources]


class _Cell(Rule):
    def __init__(self, position: int, show: Callable[[Cell], Any], wide: int) -> None:
        self._wide = wide
        self._position = position
        self._show = show

    def width(self, arguments: Arguments, limits: Limits) -> int:
        return self._wide

    def column(self, request: Request, sources: Sequence[_Row], arguments: Arguments) -> list[Any]:
        position, show = self._position, self._show
        return [show(row.cells[position]) for row in sources]


class _Wording(Rule):
    """Words of the contract or of a question's header, in the language asked for."""

    def __init__(self, find: Callable[[Request, Any], Text], fallback: Callable[[Any], str]) -> None:
        self._find = find
        self._fallback = fallback

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        wanted = texts.languages(arguments)
        return [
            texts.of_wording(self._find(request, source), wanted) or texts.Words(self._fallback(source), None)
            for source in sources
        ]


class Asking:
    """The question fields of one schema."""

    def __init__(self, types: Types) -> None:
        self._types = types
        entity: Any = types.interfaces.entity
        label = _Wording(lambda request, step: request.view.contract.labels.get(step.relation, {}), _end_of_relation)
        self._step: Any = fill(
            shell("ChainStep"),
            [
                attribute("from", entity, "Where the step begins.", "from_"),
                field("relation", _Relation(), IRI, "By what it goes on."),
                field("label", label, texts.LangString, "What the relation is called.", arguments=[texts.lang()]),
                attribute("forward", bool, "False where the relation is stored at the other end."),
                attribute("to", entity, "Where the step ends."),
            ],
            "One step of a chain that explains a row.",
        )
        named = _Wording(lambda _, column: column.labels, lambda column: column.name)
        self._column: Any = fill(
            shell("AnswerColumn"),
            [
                field("name", _ColumnName(), str, "The name of its field in a row."),
                attribute("type", str, "A kind, a code list, or a type of value."),
                attribute("nullable", bool, "Whether it may be empty in a row."),
                field("label", named, texts.LangString, "What to call it.", arguments=[texts.lang()]),
            ],
            "A column of an answer.",
        )

    def fields(self, questions: Mapping[str, Question]) -> Iterator[Any]:
        for question in questions.values():
            arguments = [self._argument(parameter) for parameter in question.parameters]
            words = f"{describe(question.titles)} {describe(question.reasons)}".strip()
            yield field(camel(question.name), _Ask(question), maybe(self._answer(question)), words, arguments=arguments)

    def _answer(self, question: Question) -> Any:
        types, stem = self._types, pascal(question.name)
        row: Any = shell(types.names.take(f"{stem}Row", f"The row of {question.name}"))
        names = Names("column")
        columns = [self._cell(names, position, column) for position, column in enumerate(question.columns)]
        fill(row, columns, "")
        fields = [
            field("rows", _Rows(), many(row), "The rows, as the question orders them.", arguments=_PAGING),
            attribute("totalCount", int, "How many rows there are.", "total"),
            attribute("complete", bool, "False where there are more rows than one answer may have."),
            attribute("columns", many(self._column), "What a row has, one after the other."),
            attribute("revision", int, "Of the catalogue it was asked of."),
            field("askedOn", _AskedOn(), DATATYPES["date"].type_, "The day that counts as today."),
        ]
        return fill(shell(types.names.take(f"{stem}Answer", f"The answer to {question.name}")), fields, "")

    def _cell(self, names: Names, position: int, column: Column) -> Any:
        type_, show = self._showing(column.type)
        wide = CHAIN if column.type == "chain" else 1
        name = names.take(camel(column.name), f"The column {column.name}")
        return field(name, _Cell(position, show, wide), type_, describe(column.labels))

    def _showing(self, type_: str) -> tuple[Any, Callable[[Cell], Any]]:
        """The GraphQL type of a column, and what a cell of it becomes."""
        types = self._types
        if type_ in LITERAL_TYPES:
            of = DATATYPES[LITERAL_TYPES[type_]]
            return maybe(of.type_), lambda cell: of.read(cell.value) if isinstance(cell, Literal) else None
        if type_ == "chain":
            return many(self._step), lambda cell: [_Step(step) for step in cell] if isinstance(cell, tuple) else []
        if type_ in types.contract.lists_by_name:
            return maybe(types.code), self._code
        if type_ == "text":
            return str | None, lambda cell: cell.value if isinstance(cell, Literal) else None
        if type_ == "iri":
            return IRI | None, lambda cell: cell.value if isinstance(cell, NamedNode) else None
        linked = types.entity([type_] if type_ in types.objects else [])
        return maybe(linked), lambda cell: cell if isinstance(cell, NamedNode) else None

    def _code(self, cell: Cell) -> CodeValue | None:
        return self._types.codes.get(cell) or CodeValue.unknown(cell) if isinstance(cell, NamedNode) else None

    def _argument(self, parameter: Parameter) -> Any:
        types = self._types
        of: Any = strawberry.ID
        if parameter.type in LITERAL_TYPES:
            of = DATATYPES[LITERAL_TYPES[parameter.type]].type_
        elif parameter.type in types.contract.lists_by_name:
            of = types.codes_of(parameter.type)
        elif parameter.type == "text":
            of = str
        words = describe(parameter.labels)
        if parameter.default:
            words = f"{words} ({parameter.default} where not given)".strip()
        return argument(camel(parameter.name), of if parameter.required and not parameter.default else maybe(of), words)


class _Relation(Rule):
    def column(self, request: Request, sources: Sequence[_Step], arguments: Arguments) -> list[Any]:
        return [step.relation.value for step in sources]


class _ColumnName(Rule):
    def column(self, request: Request, sources: Sequence[Column], arguments: Arguments) -> list[Any]:
        return [camel(column.name) for column in sources]


class _AskedOn(Rule):
    def column(self, request: Request, sources: Sequence[_Answered], arguments: Arguments) -> list[Any]:
        return [answered.asked_on for answered in sources]


def _end_of_relation(step: _Step) -> str:
    return step.relation.value.rstrip("/#").replace("#", "/").rpartition("/")[2]
