"""Derives an object type from each kind of the contract, and the types its properties need; reads no data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Any

import strawberry
from pyoxigraph import NamedNode

from govgraph.catalogue.text import label_of
from govgraph.contract import CodeList, Contract, Form, Kind, Property, Severity, Text, say
from govgraph.graphql.execution.reading import Request
from govgraph.graphql.schema import texts
from govgraph.graphql.schema.entities import THING, Interfaces
from govgraph.graphql.schema.fields import (
    Arguments,
    Rule,
    RuleField,
    argument,
    attribute,
    deprecate,
    field,
    fill,
    many,
    maybe,
    shell,
)
from govgraph.graphql.schema.names import Names, capitals
from govgraph.graphql.schema.scalars import IRI, datatype
from govgraph.graphql.schema.values import (
    LINKS_SHOWN,
    CodeValue,
    OneCode,
    OneLink,
    OneLiteral,
    OneText,
    SeveralCodes,
    SeveralLinks,
    SeveralLiterals,
    SeveralTexts,
)
from govgraph.validation import Finding, explain

FIXED = (
    *("Mutation", "ChangePayload", "EditResult", "EditInput", "Problem", "ProblemCode", "ScoreChange", "TextInput"),
    *("Query", "Node", "Entity", THING, "Finding", "Severity", "KindName", "Code", "LangString", "Text", "PageInfo"),
    *("Catalogue", "KindSummary", "FindingCounts", "FindingConnection", "FindingEdge", "OrderDirection", "ChainStep"),
    *("AnswerColumn", "TextFilter", "BooleanFilter", "IRIFilter", "EntityRelationFilter", "Limits"),
    *("Int", "Float", "String", "Boolean", "ID", "IRI", "Long", "Decimal", "Date", "DateTime", "Duration"),
    *(
        "Subscription",
        "Revision",
        "RevisionConnection",
        "RevisionEdge",
        "EntityChange",
        "ChangeType",
        "CatalogueChange",
    ),
    *("LongFilter", "DecimalFilter", "FloatFilter", "DateFilter", "DateTimeFilter", "DurationFilter"),
    *("LongRange", "DecimalRange", "FloatRange", "DateRange", "DateTimeRange", "DurationRange"),
    *("LongStatistics", "DecimalStatistics", "FloatStatistics", "DateStatistics", "DateTimeStatistics"),
    *("LabelFilter", "EntryFilter", "GroupKey"),
)
"""Types that are there whatever the contract says."""


_GRAVE = {
    Severity.VIOLATION: "It breaks the catalogue.",
    Severity.WARNING: "It keeps an entry from being published.",
    Severity.INFO: "It is advice.",
}


NONE: Mapping[str, str] = MappingProxyType({})
_MOST = f"At most how many, {LINKS_SHOWN} if not given; `…Connection {{ totalCount }}` tells how many there are."
_FIRST = argument("first", int | None, _MOST, LINKS_SHOWN)
_FIRST_OF_ANY = argument(
    "first", int | None, f"At most how many, {LINKS_SHOWN} if not given; more may follow.", LINKS_SHOWN
)
_OFFSET = argument("offset", int | None, "How many to leave out before.", 0)
_LANG_OF_LISTS = texts.lang(
    "The languages wanted, best first: the texts of the first one there is, else those in English, else those of any "
    "one; `*` gives the texts of all languages."
)


def describe(text: Text) -> str:
    return say(text, ("en",))


def is_one_text(kind: Kind, prop: Property) -> bool:
    """Whether it is a text said once in each language, not a list of texts."""
    return prop.form is Form.TEXT and (prop.per_language or prop.single or prop.path.predicate == kind.title)


def renamed(prop: Property) -> str:
    return f"It is called {prop.name} now."


class Types:
    """The output types of one contract, made once per schema."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.names = Names("type")
        for name in FIXED:
            self.names.take(name, f"The type {name}")
        kinds = {capitals(kind.name): describe(kind.descriptions) for kind in contract.kinds}
        self.kind_name = enum("KindName", kinds, "The kinds of entries and of their parts.")
        self.severity = enum("Severity", {capitals(severity.value): _GRAVE[severity] for severity in Severity}, "")
        self.interfaces = Interfaces(contract, self.kind_name, self.severity)
        self.objects: dict[str, type] = {
            kind.name: shell(self.names.take(kind.name, f"The kind {kind.name}"), self.interfaces.entity)
            for kind in contract.kinds
        }
        self.codes = {iri: CodeValue.of(code) for iri, code in contract.codes_by_iri.items()}
        self.code = shell("Code")
        self.code_enums: dict[str, type] = {}

    def fill(self, beside: Callable[[Kind], Iterable[RuleField]]) -> None:
        """``beside`` gives the fields of a kind beside those of its properties."""
        fill(self.code, _code_fields(), "A concept of one of the closed lists.")
        self.interfaces.fill()
        words = "One thing the shapes say against an entry or a part of it."
        fill(self.interfaces.finding, self._finding_fields(), words)
        for kind in self.contract.kinds:
            self.interfaces.fill_object(
                self.objects[kind.name], self._fields(kind, beside(kind)), describe(kind.descriptions)
            )

    def take(self, what: str, name: str) -> str:
        """The name of a type that is ``what``, if it is free."""
        return self.names.take(name, f"The type {what}")

    def entity(self, kinds: Sequence[str]) -> type:
        """The type of an entity of these kinds: theirs where it is one, else the interface."""
        return self.objects[kinds[0]] if len(kinds) == 1 else self.interfaces.entity

    def codes_of(self, name: str) -> type:
        """The enum of a code list, for arguments and filters."""
        if name not in self.code_enums:
            code_list: CodeList = self.contract.lists_by_name[name]
            values = {code.name: describe(code.labels) for code in code_list.codes}
            title = self.names.take(f"{code_list.name}Code", f"The code list {code_list.name}")
            self.code_enums[name] = enum(title, values, describe(code_list.descriptions))
        return self.code_enums[name]

    def _fields(self, kind: Kind, beside: Iterable[RuleField]) -> Iterator[Any]:
        names = Names("field")
        for prop in kind.properties:
            names.take(prop.name, f"The property {prop.name} of {kind.name}")
            yield self._field(kind, prop, prop.name, prop.deprecated)
        for prop in kind.properties:
            for former in prop.former_names:
                names.take(former, f"The former name {former} of {kind.name}.{prop.name}")
                yield self._field(kind, prop, former, renamed(prop))
        for one in beside:
            name = one.graphql_name or ""
            names.take(name, f"The field {name} beside the properties of {kind.name}")
            yield one

    def _field(self, kind: Kind, prop: Property, name: str, deprecated: str) -> Any:
        type_, rule, arguments = self._values(kind, prop)
        words = describe(prop.descriptions) or describe(prop.labels)
        return deprecate(field(name, rule, type_, words, arguments=arguments), deprecated)

    def _values(self, kind: Kind, prop: Property) -> tuple[Any, Rule, Sequence[Any]]:
        """The GraphQL type of a property, its rule and its arguments."""
        match prop.form:
            case Form.TEXT if is_one_text(kind, prop):
                return maybe(texts.Text), OneText(prop), [texts.lang()]
            case Form.TEXT:
                return many(texts.LangString), SeveralTexts(prop), [_LANG_OF_LISTS]
            case Form.LITERAL:
                of = datatype(prop.datatype)
                if prop.single:
                    return maybe(of.type_), OneLiteral(prop, of.read), []
                return many(of.type_), SeveralLiterals(prop, of.read), []
            case Form.CODE if prop.single:
                return maybe(self.code), OneCode(prop, self.codes), []
            case Form.CODE:
                return many(self.code), SeveralCodes(prop, self.codes), []
        linked = self.entity(prop.kinds)
        if prop.single:
            return maybe(linked), OneLink(prop), []
        return many(linked), SeveralLinks(prop), [_FIRST if len(prop.kinds) == 1 else _FIRST_OF_ANY, _OFFSET]

    def _finding_fields(self) -> list[Any]:
        about = "The name of the property; null for a rule about the whole entry."
        blocks = "Whether the entry cannot be published because of it."
        return [
            attribute("entity", self.interfaces.entity, "The entry or part it is about."),
            attribute("property", str | None, about, "property_name"),
            attribute("rule", str | None, "The name of the rule, where it comes from one."),
            field("severity", _SeverityName(), self.severity, "How grave it is."),
            field("message", _Message(), str, "What is wrong and what to do.", arguments=[texts.lang()]),
            attribute("points", float, "What mending it gives back to the score, in points."),
            attribute("blocksPublishing", bool, blocks, "blocks_publishing"),
            field("shape", _TermText("shape"), str | None, "The IRI of the shape that says it."),
            field("component", _TermText("component"), IRI, "Which constraint of SHACL it is."),
            field("value", _TermText("value"), str | None, "The value it is about."),
            attribute("key", strawberry.ID, "The same as long as the same thing is wrong."),
        ]


def enum(name: str, values: Mapping[str, str], description: str, deprecated: Mapping[str, str] = NONE) -> type:
    """An enum whose values are their own names; ``values`` gives each its description, ``deprecated`` reasons."""
    members = {
        key: strawberry.enum_value(key, description=words or None, deprecation_reason=deprecated.get(key))
        for key, words in values.items()
    }
    made: Any = Enum(name, members)  # type: ignore[misc]  # its members come from the contract
    return strawberry.enum(made, description=description or None)


class _SeverityName(Rule):
    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        return [capitals(finding.severity.value) for finding in sources]


class _Message(Rule):
    def column(self, request: Request, sources: Sequence[Finding], arguments: Arguments) -> list[Any]:
        contract, wanted = request.view.contract, texts.languages(arguments)
        return [explain(contract, finding, wanted) for finding in sources]


class _TermText(Rule):
    """What the source has under a name is a term; its text."""

    def __init__(self, name: str) -> None:
        self._name = name

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        terms = (getattr(source, self._name) for source in sources)
        return [getattr(term, "value", None) for term in terms]


class _CodeLabel(Rule):
    def column(self, request: Request, sources: Sequence[CodeValue], arguments: Arguments) -> list[Any]:
        wanted = texts.languages(arguments)
        return [texts.of_wording(code.labels, wanted) or _named(code.iri) for code in sources]


def _named(iri: str) -> texts.Words:
    """What to call something that is in no list."""
    return texts.of_label(label_of(NamedNode(iri), (), {}, ()))


class _CodeDefinition(Rule):
    def column(self, request: Request, sources: Sequence[CodeValue], arguments: Arguments) -> list[Any]:
        wanted = texts.languages(arguments)
        return [texts.of_wording(code.definitions, wanted) for code in sources]


def _code_fields() -> list[Any]:
    return [
        attribute("iri", IRI, "What it is called everywhere, in every format."),
        attribute("name", str | None, "What programs write; null for one that is in no list of the contract."),
        field("label", _CodeLabel(), texts.Text, "What to call it.", arguments=[texts.lang()]),
        field("definition", _CodeDefinition(), texts.Text | None, "What it means.", arguments=[texts.lang()]),
    ]
