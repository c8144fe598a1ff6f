"""The root fields that find entities: by id, by IRI, by slug, and as pages of a kind; knows no plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import strawberry
from pyoxigraph import NamedNode

from govgraph.contract import Kind
from govgraph.errors import BadRequest
from govgraph.graphql.execution.reading import Limits, Needs, Request
from govgraph.graphql.schema.connections import Connections
from govgraph.graphql.schema.entities import iri_of, refer
from govgraph.graphql.schema.fields import Arguments, Rule, argument, field, many, maybe, size
from govgraph.graphql.schema.kinds import Types, describe
from govgraph.graphql.schema.names import lower_first
from govgraph.graphql.schema.scalars import IRI


class _Lookup(Rule):
    """One entity of a kind by what it is called; of any kind where there is none."""

    def __init__(self, kind: Kind | None) -> None:
        self._kind = kind

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        given = [value for value in arguments.values() if value is not None]
        if len(given) != 1:
            ways = "id, iri or slug" if self._kind else "id or iri"
            raise BadRequest(f"Give exactly one of {ways}.", "Each of them alone names one entity.")
        kinds = [self._kind] if self._kind else []
        node = refer(given[0], kinds, request.view.names)[0]
        if self._kind is None:
            return _known(request, [node])
        return [node if request.kinds([node])[0] is self._kind else None]


class _Node(Rule):
    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        return _known(request, [iri_of(arguments["id"])])


class _Nodes(Rule):
    def width(self, arguments: Arguments, limits: Limits) -> int:
        return size("The number of ids", len(arguments["ids"]), 0, limits.page_max)

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        return [_known(request, [iri_of(id_) for id_ in arguments["ids"]])]


def _known(request: Request, nodes: Sequence[NamedNode | None]) -> list[NamedNode | None]:
    """What is there under each IRI: one of ours only if it has a kind, a foreign one always."""
    present = [node for node in nodes if node is not None]
    request.read(Needs(kinds=True), present)
    kinds = dict(zip(present, request.kinds(present), strict=True))
    names = request.view.names
    return [n if n is not None and (kinds[n] or names.split(n.value) is None) else None for n in nodes]


def root_fields(types: Types, connections: Connections) -> Iterator[Any]:
    """Node and its like, then each kind's look-up and list."""
    node, entity = types.interfaces.node, types.interfaces.entity
    id_ = argument("id", strawberry.ID | None, "Its global id, or its IRI.")
    iri = argument("iri", IRI | None, "Its IRI. Exactly one way to name it has to be given.")
    slug = argument("slug", str | None, "The end of its IRI, as `slug` of an entry says.")
    ids = argument("ids", list[strawberry.ID], "Global ids or IRIs.")
    one = argument("id", strawberry.ID, "A global id or an IRI.")
    yield field("node", _Node(), maybe(node), "Anything by its global id.", arguments=[one])
    yield field(
        "nodes", _Nodes(), maybe(many(maybe(node))), "Several at once, in the order asked for.", arguments=[ids]
    )
    yield field("entity", _Lookup(None), maybe(entity), "Anything by its id or IRI.", arguments=[id_, iri])
    for kind in types.contract.entities:
        object_, words = types.objects[kind.name], describe(kind.descriptions)
        yield field(lower_first(kind.name), _Lookup(kind), maybe(object_), words, arguments=[id_, iri, slug])
        yield connections.members(kind)
