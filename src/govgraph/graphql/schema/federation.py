"""The schema as a subgraph of Apollo Federation 2: what a gateway asks for, and the schema as composition reads it.

Every entry, part and foreign thing is an entity with the keys ``id`` and ``iri``, and so is the interface Entity, by
which another subgraph can add a field to whatever has an IRI. It knows keys, nothing of how entities are read.
Specification: https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NewType

import strawberry
from graphql import (
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    is_introspection_type,
    is_specified_scalar_type,
    lexicographic_sort_schema,
    print_type,
)
from graphql.utilities.print_schema import print_description
from pyoxigraph import NamedNode
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.scalar import ScalarDefinition
from strawberry.types.union import StrawberryUnion

from govgraph.errors import BadRequest
from govgraph.graphql.execution.reading import Limits, Needs, Request
from govgraph.graphql.schema.entities import iri_of, type_names
from govgraph.graphql.schema.fields import Arguments, Rule, argument, field, fill, many, maybe, shell
from govgraph.graphql.schema.kinds import Types

SERVICE, ENTITIES = "_service", "_entities"
OWN = frozenset({"_Any", "_Entity", "_Service"})
"""The types that are there for gateways alone."""
KEYS = ("id", "iri")
ENTITY = "Entity"
SHAREABLE = frozenset({"PageInfo"})
"""Types that other subgraphs define alike."""

_LINK = """extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])

directive @oneOf on INPUT_OBJECT

"""
# 2.3 is the first version with keys on interfaces. Not every composition knows @oneOf by itself.


_KEYS = " ".join(f'@key(fields: "{key}")' for key in KEYS)

Representation = NewType("Representation", object)
SCALARS: dict[object, ScalarDefinition] = {
    Representation: strawberry.scalar(
        name="_Any",
        description="An entity as a gateway names it: its __typename and one of its keys.",
        serialize=lambda value: value,
        parse_value=lambda value: value,
    )
}


class Federation:
    """The fields of one schema that gateways ask for."""

    def __init__(self, types: Types) -> None:
        self._sdl = _Sdl()
        self._objects = [types.interfaces.thing, *types.objects.values()]
        self._service: Any = shell(types.take("of the subgraph", "_Service"))
        self._any: Any = Representation
        types.take("of representations", "_Any")
        self._entity: Any = StrawberryUnion(
            types.take("of all entities", "_Entity"),
            tuple(StrawberryAnnotation(one) for one in self._objects),
            "Whatever a gateway can name by a key.",
        )

    def fields(self) -> Iterator[Any]:
        fill(self._service, [field("sdl", self._sdl, str, "With the keys.")], "This schema as a subgraph.")
        yield field(SERVICE, _Self(), self._service, "For gateways: this schema as a subgraph of Federation 2.")
        representations = argument("representations", many(self._any), "Each with __typename and id or iri.")
        words = "For gateways: entities by key, in the order asked for; null for what is not there."
        yield field(ENTITIES, _Entities(), many(maybe(self._entity)), words, arguments=[representations])

    def attach(self, schema: GraphQLSchema) -> None:
        """Tell the union which type a source is of, and the field of what schema it is."""
        union = schema.type_map["_Entity"]
        assert isinstance(union, GraphQLUnionType)
        union.resolve_type = _type_of
        self._sdl.schema = schema


class _Self(Rule):
    """The source of what is said of the schema itself."""

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        return [self]


class _Sdl(Rule):
    schema: GraphQLSchema

    @cached_property
    def text(self) -> str:
        return subgraph(self.schema)

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        return [self.text] * len(sources)


class _Entities(Rule):
    """All representations of a level of the gateway's plan are one list here, and one read; one that says nothing does
    not keep the others from being found."""

    fallible = True

    def width(self, arguments: Arguments, limits: Limits) -> int:
        return len(arguments["representations"])

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        named = [_named(at, one) for at, one in enumerate(arguments["representations"])]
        nodes = list(dict.fromkeys(one[1] for one in named if isinstance(one, tuple) and one[1] is not None))
        request.read(Needs(kinds=True), nodes)
        kinds = dict(zip(nodes, request.kinds(nodes), strict=True))
        types = dict(zip(nodes, type_names(request, nodes), strict=True))
        names = request.view.names
        there = {node for node in nodes if kinds[node] or names.split(node.value) is None}

        def given(named: tuple[str, NamedNode | None] | BadRequest) -> NamedNode | BadRequest | None:
            if isinstance(named, BadRequest):
                return named
            type_, node = named
            return node if node in there and type_ in (types[node], ENTITY) else None

        return [[given(one) for one in named]]


def _named(at: int, representation: object) -> tuple[str, NamedNode | None] | BadRequest:
    """The type and the IRI a representation has; an error for one without type or key."""
    said = representation if isinstance(representation, Mapping) else {}
    type_, keys = said.get("__typename"), [said[key] for key in KEYS if isinstance(said.get(key), str)]
    if not isinstance(type_, str) or not keys:
        return BadRequest(f"Representation {at} has no type or no key.", "Give __typename and one of id and iri.")
    return type_, iri_of(keys[0])


def _type_of(source: NamedNode, info: Any, _union: object) -> str:
    return type_names(info.context, [source])[0]


def for_clients(schema: GraphQLSchema) -> GraphQLSchema:
    """The schema without what is there for gateways alone."""
    said, query = schema.to_kwargs(), schema.query_type
    assert query is not None
    fields = {name: one for name, one in query.fields.items() if name not in (SERVICE, ENTITIES)}
    said["query"] = GraphQLObjectType(query.name, fields, description=query.description)
    said["types"] = tuple(one for one in schema.type_map.values() if one is not query and one.name not in OWN)
    return GraphQLSchema(**said)


def subgraph(schema: GraphQLSchema) -> str:
    """The schema as composition reads it: with keys, without what every subgraph has."""
    types = lexicographic_sort_schema(for_clients(schema)).type_map.values()
    own = (one for one in types if not is_introspection_type(one) and not is_specified_scalar_type(one))
    return _LINK + "\n\n".join(map(_marked, own)) + "\n"


def _marked(type_: GraphQLNamedType) -> str:
    """The definition of a type with the directives of federation that it should have."""
    text = print_type(type_)
    if type_.name in SHAREABLE:
        directives = "@shareable"
    elif type_.name == ENTITY or ENTITY in (one.name for one in getattr(type_, "interfaces", ())):
        directives = _KEYS
    else:
        return text
    start = len(print_description(type_))
    return text[:start] + text[start:].replace(" {", f" {directives} {{", 1)
