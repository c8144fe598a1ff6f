"""Names that kinds, codes, properties and questions had before keep answering, deprecated; knows no entity.

It works on the finished schema: a former name is the field, the input or the enum's value of today under another name.
A former value of an enum is read as the one of today, so that nobody below hears of it. Properties' former names are
fields of their own. What the name of a type stands in, a fragment or the definition of a variable, has to follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import TypeVar

from graphql import (
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
)

from govgraph.contract import Contract, Kind
from govgraph.errors import ContractError
from govgraph.graphql.schema.names import camel, capitals, lower_first
from govgraph.question import Question

_Member = TypeVar("_Member", GraphQLField, GraphQLInputField, GraphQLEnumValue)
_VERBS = ("create", "update", "delete", "publish", "withdraw", "merge")


@dataclass(frozen=True)
class _Renamed:
    """A member of a type and a name it had."""

    type: str
    former: str
    now: str


def keep(schema: GraphQLSchema, contract: Contract, questions: Mapping[str, Question]) -> None:
    """Let every former name answer. Raises ContractError where something else bears it."""
    for one in (*_of_kinds(contract.kinds), *_of_codes(contract), *_of_questions(questions.values())):
        type_ = schema.type_map.get(one.type)
        if isinstance(type_, GraphQLObjectType | GraphQLInputObjectType):
            _add(type_.fields, one)
        elif isinstance(type_, GraphQLEnumType):
            _add(type_.values, one)


def _of_kinds(kinds: Iterable[Kind]) -> Iterator[_Renamed]:
    for kind in kinds:
        for former in kind.former_names:
            yield _Renamed("KindName", capitals(former), capitals(kind.name))
            if not kind.part:
                yield _Renamed("Query", lower_first(former), lower_first(kind.name))
                for verb in _VERBS:
                    yield _Renamed("Mutation", verb + former, verb + kind.name)
                for verb in _VERBS[:2]:
                    yield _Renamed("EditInput", verb + former, verb + kind.name)
        for former in kind.former_plurals:
            for suffix in ("", "Aggregate"):
                yield _Renamed("Query", former + suffix, kind.plural + suffix)
        for prop in kind.properties:
            for former in prop.former_names:
                yield _Renamed(f"{kind.name}Field", capitals(former), capitals(prop.name))


def _of_codes(contract: Contract) -> Iterator[_Renamed]:
    for code_list in contract.code_lists:
        for code in code_list.codes:
            for former in code.former_names:
                yield _Renamed(f"{code_list.name}Code", former, code.name)


def _of_questions(questions: Iterable[Question]) -> Iterator[_Renamed]:
    for question in questions:
        for former in question.former_names:
            yield _Renamed("Query", camel(former), camel(question.name))


def _add(members: dict[str, _Member], one: _Renamed) -> None:
    """Give a member its former name beside that of today, where the type has it at all."""
    if one.now not in members:
        return
    if one.former in members:
        sentence = f"{one.type}.{one.now} was called {one.former} before, but something else is called so."
        raise ContractError(sentence, "Leave the former name out, or rename the other one.")
    made = copy(members[one.now])
    made.deprecation_reason = f"It is called {one.now} now."
    if isinstance(made, GraphQLInputField):
        made.out_name = one.now
    members[one.former] = made
