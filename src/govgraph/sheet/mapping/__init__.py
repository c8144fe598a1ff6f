"""A mapping file: how the records of other CSV and JSON become entries, as data; reads and checks it, applies nothing.

The keys are described in docs/loading.md. Whatever would only fail on some record (an unknown property, table or key, a
pattern that is none) is refused when the file is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass

from govgraph.contract import Kind, Property


@dataclass(frozen=True)
class Number:
    """How a source writes numbers."""

    decimal: str = "."
    thousands: str = ","


@dataclass(frozen=True)
class Look:
    """The entity of the record of ``source`` whose field ``key`` is the value."""

    source: str
    key: str


@dataclass(frozen=True, eq=False)
class Link:
    """A reference to an entity whose address comes from the record; with ``fields`` it is made where it is unknown."""

    kind: Kind
    slug: Rule
    fields: tuple[Field, ...]


@dataclass(frozen=True, eq=False)
class Rule:
    """How to get values out of a record: where from, what to do with each, what becomes of the unusable."""

    sources: tuple[str, ...] = ()
    template: str = ""
    constant: str = ""
    default: str = ""
    split: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    replace: tuple[tuple[re.Pattern[str], str], ...] = ()
    skip: frozenset[str] = frozenset()
    lookup: tuple[str, ...] = ()
    otherwise: str = "reject"
    language: str = ""
    date: str = ""
    number: Number | None = None
    record: Look | None = None
    entity: Link | None = None
    parts: tuple[Field, ...] = ()

    @property
    def takes(self) -> bool:
        """False for parts made of the record itself, one a record."""
        return bool(self.sources or self.template or self.constant)


@dataclass(frozen=True, eq=False)
class Field:
    """A property and the rules that give its values, all of them."""

    property: Property
    rules: tuple[Rule, ...]


@dataclass(frozen=True, eq=False)
class Source:
    """One file of records. ``kind`` gives the kind's name and ``slug`` what the address is made of."""

    name: str
    file: str
    format: str
    items: str
    kinds: AnyMapping[str, Kind]
    kind: Rule
    slug: Rule
    language: str
    fields: AnyMapping[str, tuple[Field, ...]]
    """Per kind (API name)."""


@dataclass(frozen=True)
class FileTable:
    """A look-up table in a file: the values of the field ``key`` to what ``pattern`` finds in those of ``value``."""

    file: str
    format: str
    items: str
    key: str
    value: str
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Mapping:
    """``file`` is the mapping file itself."""

    file: str
    sources: tuple[Source, ...]
    tables: AnyMapping[str, AnyMapping[str, str] | FileTable]
