"""Changes to the catalogue: what was read of the outside, what became of each record, and the way to a revision.

It knows stores, contract and validation, never a face. Every way in gives Records and triples to a Load.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from pyoxigraph import NamedNode

from govgraph.access import Author
from govgraph.change.edits import Edit
from govgraph.validation import Finding, Points, Report

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

    ``held`` are entries marked published that are not complete enough, by IRI. ``before`` and ``after`` are the points
    of the catalogue as those who keep it see it. ``seconds`` itemises the time.
    """

    loaded: int
    merged: int
    rejected: tuple[Rejected, ...]
    revision: int
    entities: int
    published: int
    held: tuple[str, ...]
    report: Report
    before: Points | None
    after: Points
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """Edits that happen together or not at all, and who wants them, why, and through which door they come.

    ``key`` is an idempotency key: a second change of the same author with it is answered with what the first did.
    ``expected`` holds, by entity, the revisions of which its last must be one; 0 stands for not being there. A
    ``dry_run`` is judged and undone, whatever its key.
    ``asked`` is what the author said, where the edits follow from it and a state: a key then belongs to it and not to
    the edits.
    """

    edits: tuple[Edit, ...]
    author: Author
    door: str
    reason: str = ""
    key: str = ""
    expected: Mapping[NamedNode, frozenset[int]] = field(default_factory=dict)
    dry_run: bool = False
    after: int | None = None
    """The revision the edits were worked out from, where they hold for no other."""
    asked: str = ""


@dataclass(frozen=True)
class Scored:
    """The points of an entity before and after a change; None where it was not or is no more."""

    before: Points | None
    after: Points | None


@dataclass(frozen=True)
class Committed:
    """What a change did. ``revision`` is the newest one as it was where nothing changed, or on a dry run.

    ``removed`` and ``added`` count quads of the catalogue (not of findings and history). ``introduced`` and ``mended``
    are findings of the working view; ``scores`` are by entity (never a part), as are ``entities``' last revisions.
    """

    revision: int
    dry_run: bool
    removed: int
    added: int
    introduced: tuple[Finding, ...]
    mended: tuple[Finding, ...]
    scores: Mapping[NamedNode, Scored]
    catalogue: Scored
    at: datetime | None = None
