"""The root type Subscription: ``catalogueChanged``, its arguments, and what an event of it says; waits for nothing.

Whoever serves a subscription reads events by a Feed and executes the operation once for each, with the event as the
root. So an event is answered over the view it was read from: entities are as they are now, not as they were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    SelectionSetNode,
    get_argument_values,
    get_operation_ast,
    get_variable_values,
)
from pyoxigraph import NamedNode

from govgraph.catalogue import View
from govgraph.contract import Kind
from govgraph.errors import BadRequest
from govgraph.graphql.events import MOST_CHANGES, Event, Filter
from govgraph.graphql.execution.reading import Limits, Request
from govgraph.graphql.schema.chronicles import Chronicles
from govgraph.graphql.schema.entities import find
from govgraph.graphql.schema.fields import Arguments, Rule, argument, attribute, field, fill, many, maybe, shell
from govgraph.graphql.schema.kinds import Types

FIELD = "catalogueChanged"
_SUBSCRIPTION = """What can be followed, over WebSocket (graphql-transport-ws) or as server-sent events: an answer for
each thing that happens, until either side ends it."""
_FIELD = """Every change of the catalogue, in its order and once. It begins with what comes after now or, with `since`,
after a cursor of an earlier event, however long ago and whichever process gave it out, or after a revision such as
`catalogue { revision }` says. To miss nothing, read what you need, then follow since the revision of what you read, and
after every interruption since the last cursor."""


@dataclass(frozen=True)
class Wish:
    """What a subscription asks for."""

    filter: Filter
    since: str | None


def wish_of(
    schema: GraphQLSchema, document: DocumentNode, operation: str | None, given: Mapping[str, Any], view: View
) -> Wish:
    """What a valid subscription asks for; a slug is looked up in the view.

    Raises BadRequest for arguments that cannot be used.
    """
    definition = get_operation_ast(document, operation)
    assert definition is not None and schema.subscription_type is not None
    variables = get_variable_values(schema, definition.variable_definitions or (), dict(given))
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    node = _field(definition.selection_set, fragments)
    if isinstance(variables, list) or node.name.value != FIELD:
        raise BadRequest("Nothing is asked to be followed.", f"Select {FIELD}.")
    arguments = get_argument_values(schema.subscription_type.fields[FIELD], node, variables)
    said, organisation = arguments.get("kind"), arguments.get("organisation")
    kinds = None if said is None else frozenset(str(one.value) for one in said)
    whose = _organisation(organisation, view) if organisation is not None else None
    return Wish(Filter(kinds, whose), arguments.get("since"))


def _field(selected: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> FieldNode:
    """The one field of a subscription (specification section 5.2.4.1)."""
    node = selected.selections[0]
    if isinstance(node, FieldNode):
        return node
    inner: Any = fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
    return _field(inner.selection_set, fragments)


def _organisation(said: str, view: View) -> NamedNode:
    """By IRI or global id also one that is gone."""
    own = [kind for kind in view.contract.entities if kind.owns_itself]

    def known(nodes: Sequence[NamedNode]) -> list[Kind | None]:
        kinds = view.kinds(nodes)
        return [kinds.get(node) for node in nodes]

    return find([said], own, view.names, known)[0]


class _Followed(Rule):
    """The event the operation is executed for."""

    def width(self, arguments: Arguments, limits: Limits) -> int:
        return 1

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        if not isinstance(request.root, Event):
            raise BadRequest("Nothing has happened yet.", "Follow over WebSocket, or accept text/event-stream.")
        return [request.root]


class _Changes(Rule):
    def width(self, arguments: Arguments, limits: Limits) -> int:
        return MOST_CHANGES

    def column(self, request: Request, sources: Sequence[Event], arguments: Arguments) -> list[Any]:
        return [one.changes for one in sources]


def root(types: Types, chronicles: Chronicles) -> type:
    complete = "False when more changes of the same revision that you asked for may follow as another event."
    made = fill(
        shell("CatalogueChange"),
        [
            attribute("cursor", str, "The place after this event, for `since`; opaque."),
            *chronicles.of_events(),
            field("changes", _Changes(), many(chronicles.change), f"What you asked for: at most {MOST_CHANGES}."),
            attribute("complete", bool, complete),
        ],
        "A revision that has been made, and what became of the entities it changed.",
    )
    arguments = [
        argument("kind", maybe(many(types.kind_name)), "Changes of these kinds alone; of all if not given."),
        argument(
            "organisation",
            strawberry.ID | None,
            "Changes of the entries this organisation is or was then or since responsible for: its IRI, id or slug.",
        ),
        argument("since", str | None, "A cursor of an earlier event, or the number of a revision."),
    ]
    return fill(
        shell("Subscription"), [field(FIELD, _Followed(), maybe(made), _FIELD, arguments=arguments)], _SUBSCRIPTION
    )
