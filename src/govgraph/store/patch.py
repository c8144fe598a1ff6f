"""What makes one state of the quads out of another; knows no engine and no reason for a change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pyoxigraph import NamedNode, Quad


@dataclass(frozen=True)
class Patch:
    """Quads that go and quads that come; no quad does both."""

    removed: frozenset[Quad] = frozenset()
    added: frozenset[Quad] = frozenset()

    @classmethod
    def of(cls, removed: Iterable[Quad] = (), added: Iterable[Quad] = ()) -> Patch:
        """What is both removed and added stays: removal comes first, as in SPARQL Update (section 3.1.3)."""
        again = frozenset(added)
        return cls(frozenset(removed) - again, again)

    def __bool__(self) -> bool:
        return bool(self.removed or self.added)

    def __len__(self) -> int:
        return len(self.removed) + len(self.added)

    @property
    def inverse(self) -> Patch:
        return Patch(self.added, self.removed)

    def then(self, later: Patch) -> Patch:
        """Both in turn as one, provided each holds exactly what changed: what the second undoes is in neither."""
        return Patch(
            (self.removed - later.added) | (later.removed - self.added),
            (self.added - later.removed) | (later.added - self.removed),
        )

    def within(self, graphs: Iterable[NamedNode]) -> Patch:
        """The quads of some graphs."""
        kept = set(graphs)
        return Patch(
            frozenset(quad for quad in self.removed if quad.graph_name in kept),
            frozenset(quad for quad in self.added if quad.graph_name in kept),
        )
