"""A question: a SPARQL file with a header, which every face offers; and its answer.

The header is TOML in lines that begin with ``#+ ``. It gives ``title`` and ``reason`` per language, ``params`` and
``columns`` with a type each, and optionally ``explain``, ``chart``, ``order``, ``seconds`` and ``former``, the names
that programs called it by before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from pyoxigraph import NamedNode

from govgraph.contract import Text
from govgraph.store import Term

LITERAL_TYPES: Mapping[str, str] = {
    "string": "string",
    "integer": "integer",
    "decimal": "decimal",
    "boolean": "boolean",
    "date": "date",
}
"""Type of a parameter or column to its XML Schema datatype; beside these there are ``text`` (words in the reader's
language), ``iri``, ``entity`` (of any kind), ``chain``, the API names of kinds and those of code lists."""

LEAST, MOST = -(2**63), 2**63 - 1
"""What a whole number may be for the engine to reckon with it."""


@dataclass(frozen=True)
class Parameter:
    """``default`` is a text like those people give, or ``today``; a parameter with neither is left unbound.

    ``least`` and ``most`` bound a whole number.
    """

    name: str
    type: str
    required: bool
    default: str
    labels: Text
    least: int = LEAST
    most: int = MOST


@dataclass(frozen=True)
class Column:
    """``nullable`` columns may be empty in a row."""

    name: str
    type: str
    nullable: bool
    labels: Text


@dataclass(frozen=True)
class Explanation:
    """The chain from the row's ``start`` to its ``end``: shortest way over the rows of ``edges``.

    Where several ways lead there, ``through`` names the columns whose nodes the chain passes, in that order; an empty
    one is skipped. ``edges`` is a SELECT of ?from ?relation ?to, with those of the question's parameters it projects;
    ?forward, where there is one, is false for an edge that leads against the direction in which it is stored.
    """

    column: str
    start: str
    end: str
    edges: str
    through: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chart:
    """Bars to draw above the rows: one a row, ``label`` names it, ``values`` are the columns of its numbers."""

    label: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    name: str
    titles: Text
    reasons: Text
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    explanation: Explanation | None
    chart: Chart | None
    order: int
    text: str
    file: str
    former_names: tuple[str, ...] = ()

    def parameter(self, name: str) -> Parameter | None:
        return next((p for p in self.parameters if p.name == name), None)


@dataclass(frozen=True)
class Step:
    """From one node over a relation to the next; ``forward`` False when the relation is stored the other way."""

    source: NamedNode
    relation: NamedNode
    target: NamedNode
    forward: bool = True


Chain: TypeAlias = tuple[Step, ...]
Cell: TypeAlias = Term | Chain | None


@dataclass(frozen=True)
class Answer:
    """Rows in the order of the question's columns. ``complete`` False when there were more rows than allowed."""

    question: Question
    bindings: Mapping[str, Term]
    rows: tuple[tuple[Cell, ...], ...]
    complete: bool
    revision: int
    asked_on: date
