"""What can be done with an entity, whatever its kind: the words, the arguments, and the edit each of them becomes.

It knows drafts and inputs; which types and fields there are in the end is the schema's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import strawberry
from pyoxigraph import NamedNode

from govgraph.change.departing import Delete, Withdraw
from govgraph.change.lifecycle import Publish
from govgraph.change.uniting import Merge
from govgraph.contract import Kind
from govgraph.graphql.schema.kinds import describe
from govgraph.graphql.writing.draft import At, Draft, Given
from govgraph.graphql.writing.inputs import Inputs

Drafting: TypeAlias = Callable[[Draft, Given, At], NamedNode | None]
"""Puts one edit, given as the arguments of its field or as its input, into a draft; the entity it is about."""
CREATE, UPDATE = "create", "update"
_EXPECTED = (int | None, "The revision of the entity you have seen.")
_REPLACED = (strawberry.ID | None, "The entity that stands for it now: readers of its address are sent there.")


@dataclass(frozen=True)
class Verb:
    """One thing to do with one entity: ``arguments`` by name, with type and description."""

    words: str
    arguments: Mapping[str, tuple[Any, str]]
    draft: Drafting


def verbs(kind: Kind | None) -> dict[str, Verb]:
    """What can be done with an entity of a kind that is there; without one, with any entity."""
    iri = (strawberry.ID, f"The {_what(kind)}: its IRI or global id.")
    gone = {"iri": iri, "replacedBy": _REPLACED, "expectedRevision": _EXPECTED}
    merging = {
        "duplicate": (strawberry.ID, "What goes: whatever points to it will point to the other."),
        "into": (strawberry.ID, "What stays, with what it lacks and the duplicate has."),
        "expectedRevision": (int | None, "The revision of the duplicate you have seen."),
    }
    shown = "Show it, as it is now, to everybody. It must lack nothing that publishing needs."
    return {
        "delete": Verb("Take it and its parts away; its address says that it is gone.", gone, _deleting(kind)),
        "publish": Verb(shown, {"iri": iri, "expectedRevision": _EXPECTED}, _publishing(kind)),
        "withdraw": Verb("Show it to the public no more; it stays as a draft.", gone, _withdrawing(kind)),
        "merge": Verb("Make two entries of the same thing one.", merging, _merging(kind)),
    }


def writing_verbs(kind: Kind, inputs: Inputs) -> dict[str, Verb]:
    """What can be said of an entity of a kind."""
    what, creating, patching = _what(kind), inputs.creating[kind.name], inputs.patching[kind.name]
    patch = {
        "iri": (strawberry.ID, f"The {what}: its IRI or global id."),
        "patch": (patching, "What shall change."),
        "expectedRevision": _EXPECTED,
    }
    updated = f"Change what a {what} says. What is published stays as it is until it is published again."
    return {
        CREATE: Verb(f"Make a draft of a new {what}.", {"input": (creating, "What it says.")}, _creating(kind)),
        UPDATE: Verb(updated, patch, _updating(kind)),
    }


def unwrapped(draft: Drafting) -> Drafting:
    """Of an edit that creates, where its input stands alone."""
    return lambda into, given, at: draft(into, {"input": given}, at)


def _what(kind: Kind | None) -> str:
    return describe(kind.labels).lower() if kind else "entity"


def _creating(kind: Kind) -> Drafting:
    return lambda draft, given, at: draft.create(kind, given["input"], (*at, "input"))


def _updating(kind: Kind) -> Drafting:
    def draft_it(draft: Draft, given: Given, at: At) -> NamedNode | None:
        node = _target(draft, kind, given, at)
        if node is not None:
            draft.update(node, kind, given["patch"], (*at, "patch"))
        return node

    return draft_it


def _target(draft: Draft, kind: Kind | None, given: Given, at: At, name: str = "iri") -> NamedNode | None:
    node = draft.entity(given[name], kind, (*at, name))
    draft.expect(node, given.get("expectedRevision"))
    return node


def _replacement(draft: Draft, given: Given, at: At) -> NamedNode | None:
    said = given.get("replacedBy")
    return draft.entity(said, None, (*at, "replacedBy")) if said is not None else None


def _deleting(kind: Kind | None) -> Drafting:
    def draft_it(draft: Draft, given: Given, at: At) -> NamedNode | None:
        node, replaced_by = _target(draft, kind, given, at), _replacement(draft, given, at)
        draft.edits += [Delete(node, replaced_by)] if node is not None else []
        return node

    return draft_it


def _publishing(kind: Kind | None) -> Drafting:
    def draft_it(draft: Draft, given: Given, at: At) -> NamedNode | None:
        node = _target(draft, kind, given, at)
        draft.edits += [Publish(node)] if node is not None else []
        return node

    return draft_it


def _withdrawing(kind: Kind | None) -> Drafting:
    def draft_it(draft: Draft, given: Given, at: At) -> NamedNode | None:
        node, replaced_by = _target(draft, kind, given, at), _replacement(draft, given, at)
        draft.edits += [Withdraw(node, replaced_by)] if node is not None else []
        return node

    return draft_it


def _merging(kind: Kind | None) -> Drafting:
    """The entity it is about is the one that stays."""

    def draft_it(draft: Draft, given: Given, at: At) -> NamedNode | None:
        duplicate = _target(draft, kind, given, at, "duplicate")
        into = draft.entity(given["into"], kind, (*at, "into"))
        if duplicate is not None and into is not None:
            draft.edits.append(Merge(duplicate, into))
        return into

    return draft_it
