"""Sheets: CSV in the template the contract derives, and other CSV and JSON through a mapping file.

It turns cells into what a Load takes and knows no face. A record is used whole or rejected whole, with every reason at
once; nothing of a rejected one is written.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pyoxigraph import BlankNode, NamedNode, Triple

from govgraph.contract import Contract, Form, Kind, Property
from govgraph.iris import RDF_TYPE
from govgraph.store import Term

_TYPEWRITTEN = str.maketrans("’‘ʼ`´“”«»–—‐‑", "'''''\"\"\"\"----")


class Unfit(ValueError):
    """A text that cannot be the value it should be; the message says why and what would be right."""


@dataclass(frozen=True, eq=False)
class Part:
    """A part, as a sheet gives it with its owner."""

    kind: Kind
    values: tuple[tuple[Property, Term], ...]


@dataclass(eq=False)
class Entry:
    """What one record says about one entity."""

    iri: NamedNode
    kind: Kind
    values: list[tuple[Property, Term | Part]] = field(default_factory=list)


class Entries:
    """What the records of a load say together: of two for one entity the later fills single values, both fill lists."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._kinds: dict[NamedNode, Kind] = {}
        self._said: dict[NamedNode, dict[tuple[Property, str], dict[Term | Part, None]]] = {}

    def __contains__(self, iri: NamedNode) -> bool:
        return iri in self._kinds

    def put(self, entry: Entry) -> None:
        self._kinds[entry.iri] = entry.kind
        said = self._said.setdefault(entry.iri, {})
        for prop, value in entry.values:
            language = getattr(value, "language", None) or "" if prop.per_language else ""
            place = (prop, language)
            if prop.single or prop.per_language:
                said[place] = {value: None}
            else:
                said.setdefault(place, {})[value] = None

    def triples(self) -> Iterable[Triple]:
        for iri, kind in self._kinds.items():
            yield Triple(iri, RDF_TYPE, kind.class_)
            for (prop, _), values in self._said[iri].items():
                for value in values:
                    yield from self._stated(iri, prop, value)

    def _stated(self, iri: NamedNode, prop: Property, value: Term | Part) -> Iterable[Triple]:
        if not isinstance(value, Part):
            yield Triple(iri, prop.path.predicate, value)
            return
        node = BlankNode()
        yield Triple(iri, prop.path.predicate, node)
        yield Triple(node, RDF_TYPE, value.kind.class_)
        for of_part, inner in value.values:
            yield Triple(node, of_part.path.predicate, inner)


def part_kind(contract: Contract, prop: Property) -> Kind:
    """The kind of part a property holds."""
    assert prop.form is Form.PART
    return contract.by_name[prop.kinds[0]]


def plain(text: str) -> str:
    """A text without what people write differently: case, accents, runs of space, forms of quotes and dashes."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_TYPEWRITTEN))
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


def listed(words: Sequence[str], most: int = 12) -> str:
    """Words as a list for people, cut where it would be long."""
    shown = ", ".join(words[:most])
    return f"{shown} and {len(words) - most} more" if len(words) > most else shown
