"""How far shapes look: what they read of a node and of the nodes it leads to; knows neither their text nor any data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pyoxigraph import NamedNode

from govgraph.store import Path


@dataclass(frozen=True)
class Reach:
    """What is read of a node: the values of the paths ``read``, with ``everything`` all that it says besides.

    ``steps`` say what is read of the values of a path. A path backwards that is a step but not in ``read`` is one
    whose values are looked at one by one: what is wrong with one of them depends on no other.
    """

    read: frozenset[Path] = frozenset()
    everything: bool = False
    steps: tuple[tuple[Path, Reach], ...] = ()

    def __bool__(self) -> bool:
        return self.everything or bool(self.read)

    @property
    def singly(self) -> Iterator[tuple[NamedNode, Reach]]:
        """The predicates read backwards whose values are looked at one by one, and what is read of these."""
        return ((path.predicate, of) for path, of in self.steps if path.inverse and path not in self.read)

    def reads(self, predicate: NamedNode) -> bool:
        """Whether what a node says with this predicate matters."""
        return self.everything or Path(predicate) in self.read


@dataclass
class Reaching:
    """A Reach in the making."""

    read: set[Path] = field(default_factory=set)
    everything: bool = False
    steps: dict[Path, Reaching] = field(default_factory=dict)

    def step(self, path: Path) -> Reaching:
        return self.steps.setdefault(path, Reaching())

    def done(self) -> Reach:
        ordered = sorted(self.steps.items(), key=lambda step: (step[0].inverse, step[0].predicate.value))
        steps = tuple((path, of.done()) for path, of in ordered)
        return Reach(frozenset(self.read), self.everything, steps)
