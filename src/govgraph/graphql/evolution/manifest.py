"""Lists of operations as partners' tools write and read them; knows texts, no schema.

Apollo's is ``{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{id, name, type, body}]}``;
that of Relay's compiler, and of GraphQL Code Generator, is one object from id to document.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from govgraph.errors import ParameterError
from govgraph.graphql.evolution.registry import Registered

_APOLLO = "apollo-persisted-query-manifest"
_HINT = "Give the manifest of Apollo's or Relay's tools, or files with GraphQL documents."


class Form(StrEnum):
    """Whose tools read it."""

    APOLLO = "apollo"
    RELAY = "relay"


@dataclass(frozen=True)
class Entry:
    """A document with the id that the partner's tools gave it."""

    id: str
    document: str


def read(text: str) -> tuple[Entry, ...]:
    """The operations of a manifest of either form. Raises ParameterError."""
    try:
        said = json.loads(text)
    except ValueError as error:
        raise ParameterError(f"It is no JSON: {error}.", _HINT, parameter="manifest") from None
    if not isinstance(said, dict):
        raise ParameterError("It is no JSON object.", _HINT, parameter="manifest")
    if said.get("format") == _APOLLO:
        if said.get("version") != 1:
            raise ParameterError(f"It has version {said.get('version')!r}.", "Write version 1.", parameter="manifest")
        pairs = [(one.get("id"), one.get("body")) for one in _objects(said.get("operations"))]
    else:
        pairs = list(said.items())
    return tuple(_entry(id_, document) for id_, document in pairs)


def _objects(listed: object) -> list[Mapping[str, object]]:
    if not isinstance(listed, list) or not all(isinstance(one, Mapping) for one in listed):
        raise ParameterError("Its operations are no list.", _HINT, parameter="manifest")
    return listed


def _entry(id_: object, document: object) -> Entry:
    if not isinstance(id_, str) or not isinstance(document, str):
        raise ParameterError("It is no list of operations.", _HINT, parameter="manifest")
    return Entry(id_, document)


def write(operations: Iterable[Registered], types: Mapping[Registered, str], form: Form) -> str:
    """The manifest of some operations, under the ids by which clients ask for them; ``types`` says query or mutation.

    In Apollo's a document with several operations bears the name of the first.
    """
    if form is Form.RELAY:
        said: dict[str, object] = {one.alias or one.id: one.document for one in operations}
    else:
        listed = [
            {
                "id": one.alias or one.id,
                "name": next(iter(one.names), ""),
                "type": types[one],
                "body": one.document,
            }
            for one in operations
        ]
        said = {"format": _APOLLO, "version": 1, "operations": listed}
    return json.dumps(said, ensure_ascii=False, indent=2) + "\n"
