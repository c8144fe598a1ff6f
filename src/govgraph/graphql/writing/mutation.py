"""The root type Mutation, derived from the contract: six fields per kind, and one for several edits at once.

Each field is a change of its own, which the desk's writer judges and commits. It knows verbs and their arguments, no
property and no request.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pyoxigraph import NamedNode

from govgraph.change import Change, Committed
from govgraph.errors import BadRequest, ChangeError, ContractChanged, NotFound, Refused
from govgraph.graphql.execution.reading import Limits, Request
from govgraph.graphql.schema.fields import Arguments, Rule, argument, entry, field, fill, fill_input, many, maybe, shell
from govgraph.graphql.schema.kinds import Types
from govgraph.graphql.writing.desk import DOOR, Desk
from govgraph.graphql.writing.draft import At, Draft, Given
from govgraph.graphql.writing.inputs import Inputs
from govgraph.graphql.writing.payload import Edited, Outcome, Payloads
from govgraph.graphql.writing.problems import Problem, of_error
from govgraph.graphql.writing.verbs import CREATE, UPDATE, Drafting, Verb, unwrapped, verbs, writing_verbs
from govgraph.iris import digest

_COMMON = ("reason", "dryRun", "idempotencyKey")
_LONGEST_KEY = 200
CHANGING = 10
"""Points of a change: it is tried, judged, and waits for the disk."""
_MUTATION = """What can be changed. Every field is a change of its own: committed as a whole, as the next revision, or
not at all; `change` commits several edits together. A request with several fields makes them one after another, and
what the first ones committed stays whatever becomes of the rest.

All need a token (Authorization: Bearer). What stands against a change is in `problems`, and `committed` is false then;
`errors` beside the data are for what is no matter of the change itself: no token, no right, a fault.

In every field: `reason` is kept in history. `dryRun` judges the change and undoes it. `idempotencyKey` makes it safe to
repeat a request whose answer was lost: the same change under the same key is made once and answered alike.
`expectedRevision` is the `revision` of the entity you have seen; where it has changed since, the problem STALE has the
newer one.

Entities and parts are named by IRI or global id. In a patch what is left out stays as it is, and null takes away. Of a
text said once in each language only the languages given change: `title: [{lang: "fr", value: "Passeport"}]`; a null
value takes that language away. Of a list: `needsBlocks: {add: [...], remove: [...]}` or `{set: [...]}`. Parts are made
with their owner or by `add`, changed by `update: [{iri: ..., ...}]`, and go by `remove` or with their owner."""


class _Writing(Rule):
    """A field that makes a change of edits; ``edits`` gives, for its arguments, each with its place."""

    def __init__(self, name: str, edits: Callable[[Arguments], Sequence[tuple[Drafting, Given, At]]]) -> None:
        self._name = name
        self._edits = edits

    def price(self, arguments: Arguments, limits: Limits) -> int:
        return CHANGING

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        desk = request.desk
        assert desk is not None, "nothing writes without one"
        draft = Draft(desk.working(0), request.limits)
        edits = self._edits(arguments)
        if not 0 < len(edits) <= request.limits.edits:
            raise BadRequest(f"The change has {len(edits)} edits.", f"Give 1 to {request.limits.edits}.")
        entities = [drafting(draft, given, at) for drafting, given, at in edits]
        change = _change(desk, draft, arguments, self._asked(arguments))
        if draft.problems:
            return [_refused(request, change, entities, draft.problems)]
        return [_submit(request, desk, change, entities)]

    def _asked(self, arguments: Arguments) -> str:
        """The same for a request that is repeated, though the edits follow from what the catalogue says meanwhile."""
        asked = {name: value for name, value in arguments.items() if name not in _COMMON}
        said = json.dumps(asked, sort_keys=True, default=lambda member: str(member.value))
        return digest(self._name, said)


def _change(desk: Desk, draft: Draft, arguments: Arguments, asked: str) -> Change:
    key = arguments.get("idempotencyKey") or ""
    if len(key) > _LONGEST_KEY:
        draft.refuse(("idempotencyKey",), f"The key has {len(key)} characters; {_LONGEST_KEY} are allowed.")
    return Change(
        edits=tuple(draft.edits),
        author=desk.author,
        door=DOOR,
        reason=draft.text(arguments.get("reason"), ("reason",)),
        key=key,
        expected=dict(draft.expected),
        dry_run=bool(arguments.get("dryRun")),
        asked=asked,
    )


def _submit(request: Request, desk: Desk, change: Change, entities: Sequence[NamedNode | None]) -> Outcome:
    """Raises what is no matter of the change itself: Forbidden, ContractChanged, StoreError."""
    try:
        return Outcome.of(desk.writer.submit(change), entities)
    except ContractChanged:
        raise
    except (ChangeError, NotFound) as error:
        problems = of_error(error, change.expected)
        if isinstance(error, Refused) and isinstance(error.committed, Committed):
            return Outcome.of(error.committed, entities, problems)
        return _refused(request, change, entities, problems)


def _refused(
    request: Request, change: Change, entities: Sequence[NamedNode | None], problems: Sequence[Problem]
) -> Outcome:
    return Outcome([Edited(one) for one in entities], request.view.revision, change.dry_run, problems=problems)


class Mutations:
    """The fields of Mutation in one schema."""

    def __init__(self, types: Types) -> None:
        self._types = types
        self._inputs = Inputs(types)
        self._payloads = Payloads(types)
        self._common = [
            argument("reason", str | None, "Why, for those who read the history."),
            argument("dryRun", bool, "Only say what would come of it.", False),
            argument("idempotencyKey", str | None, "The same for every attempt at one change: it is made once."),
        ]

    def root(self) -> type:
        return fill(shell("Mutation"), [*self._fields(), self._several()], _MUTATION)

    def _fields(self) -> Iterator[Any]:
        for kind in self._types.contract.entities:
            payload = maybe(self._payloads.of_kind[kind.name])
            for stem, verb in {**writing_verbs(kind, self._inputs), **verbs(kind)}.items():
                name, arguments = f"{stem}{kind.name}", [argument(key, *said) for key, said in verb.arguments.items()]
                yield field(name, _alone(name, verb), payload, verb.words, arguments=[*arguments, *self._common])

    def _several(self) -> Any:
        """``change``, whose edits are one-of inputs: created and updated by kind, the rest whatever the kind."""
        drafting: dict[str, Drafting] = {}
        fields: list[Any] = []

        def offer(name: str, type_: Any, words: str, draft: Drafting) -> None:
            fields.append(entry(name, maybe(type_), words))
            drafting[name] = draft

        for kind in self._types.contract.entities:
            writing = writing_verbs(kind, self._inputs)
            create, update = writing[CREATE], writing[UPDATE]
            offer(f"create{kind.name}", self._inputs.creating[kind.name], create.words, unwrapped(create.draft))
            offer(f"update{kind.name}", self._input(f"Update{kind.name}Input", update), update.words, update.draft)
        for name, verb in verbs(None).items():
            offer(name, self._input(f"{name.capitalize()}Input", verb), verb.words, verb.draft)
        edit = fill_input(shell("EditInput"), fields, "Exactly one of these.", one_of=True)

        def edits(arguments: Arguments) -> list[tuple[Drafting, Given, At]]:
            given = [next(iter(one.items())) for one in arguments["edits"]]
            return [(drafting[name], one, ("edits", str(n), name)) for n, (name, one) in enumerate(given)]

        words = "Make several edits, in their order, as one change: all of them are committed together, or none."
        arguments = [argument("edits", many(edit), "What to do, one after another."), *self._common]
        return field("change", _Writing("change", edits), maybe(self._payloads.of_change), words, arguments=arguments)

    def _input(self, name: str, verb: Verb) -> type:
        taken = self._types.take(f"of an edit, {name}", name)
        return fill_input(
            shell(taken), [entry(key, type_, words) for key, (type_, words) in verb.arguments.items()], verb.words
        )


def _alone(name: str, verb: Verb) -> Rule:
    return _Writing(name, lambda arguments: [(verb.draft, arguments, ())])
