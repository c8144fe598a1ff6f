"""Changes to the catalogue: what was read of the outside, what became of each record, and the way to a revision.

It knows stores, contract and validation, never a face. Every way in gives Records and triples to a Load.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from pyoxigraph import NamedNode

from govgraph.validation import Report

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with what is being done, how much is done and of how much: records where it is RECORDS, else bytes; 0 when
unknown."""
RECORDS = "records"


def no_progress(_what: str, _done: int, _of: int) -> None:
    """For callers who do not watch."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file and the entity it describes; ``line`` from 1, 0 where there is none."""

    file: str
    line: int
    entity: NamedNode


@dataclass(frozen=True)
class Rejected:
    """A record, or a whole file, that was not used; ``line`` from 1, 0 where there is none; ``record`` as it was."""

    file: str
    line: int
    record: str
    reason: str


@dataclass(frozen=True)
class Loaded:
    """What a load did. ``loaded`` + ``merged`` + ``rejected`` are all records read.

    ``held`` are entries marked published that are not complete enough, by IRI. ``seconds`` itemises the time.
    """

    loaded: int
    merged: int
    rejected: tuple[Rejected, ...]
    revision: int
    entities: int
    published: int
    held: tuple[str, ...]
    report: Report
    seconds: Mapping[str, float] = field(default_factory=dict)
