"""What a mutation needs beside a view: who asks, who commits, and where to read what came of it; knows no request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from govgraph.access import Author
from govgraph.catalogue import View
from govgraph.gate import Writer

DOOR = "graphql"


@dataclass(frozen=True, eq=False)
class Desk:
    """``working`` gives the working view at a revision or a later one; it waits, but not for ever: RevisionAway."""

    writer: Writer
    author: Author
    working: Callable[[int], View]
