"""How the columns of a kind follow a new revision: by the entities that changed since, where that is known.

It asks the audience's history which entities those are, and reads nothing else of the others. Where history cannot
tell (a load, a new contract, another lineage of revisions, too many changes) a column is made anew. It knows neither
conditions nor orders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pyoxigraph import Literal, NamedNode
from pyroaring import BitMap

from govgraph.catalogue.lists.column import Base, Column
from govgraph.contract import Kind
from govgraph.iris import GOV, PREFIXES, RDF_TYPE, name
from govgraph.store import Path, Term

if TYPE_CHECKING:
    from govgraph.catalogue import View

_ENDED = Path(name(PREFIXES["prov"], "endedAtTime"))
_CHANGED, _DOOR, _CONTRACT = (Path(name(GOV, local)) for local in ("changed", "door", "contractHash"))
_TYPE = Path(RDF_TYPE)
_LOADED = Literal("file")
_MOST_REVISIONS = 1_000
_MOST_CHANGED = 2_000

_Said: TypeAlias = Callable[[Base], Iterator[tuple[int, Term]]]
"""From some nodes to what a column has of them, by their numbers among these nodes."""


@dataclass(frozen=True)
class _Left:
    """What an earlier view left, and when that was: its revision and the moment history has for it."""

    revision: int
    ended: Term | None
    base: Base
    column: Column | None = None


class Following:
    """What a view takes over from those before it, and leaves to those after it. Safe to use from any thread."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._history = (view.names.history(view.audience),)

    def members(self, kind: Kind, find: Callable[[], Base]) -> Base:
        """The entities of a kind: those there were, but for what changed; else what ``find`` gives."""
        left, changed = self._taken(kind, "members")
        base = find() if left is None or changed is None else self._changed_members(kind, left.base, changed)
        if left is not None and base.nodes == left.base.nodes:
            base = left.base
        self._leave(kind, "members", base, None)
        return base

    def column(self, kind: Kind, path: Path | None, base: Base, find: Callable[[], Column], said: _Said) -> Column:
        """A column of the members of a kind, of a forward path or (None) their labels."""
        left, changed = self._taken(kind, path)
        if left is None or left.column is None or changed is None:
            column = find()
            if left is not None and left.column is not None and left.base is base and left.column.equals(column):
                column = left.column
        else:
            column = _changed(left.base, left.column, base, changed, said)
        self._leave(kind, path, base, column)
        return column

    def settle(self, key: object, column: Column) -> Column:
        """A column made anew; the one an earlier view left where that is equal, so that what follows from it stays."""
        left = self._view.left.columns.take(key)
        if isinstance(left, Column) and left.equals(column):
            return left
        self._view.left.columns.leave(key, column)
        return column

    def _taken(self, kind: Kind, what: object) -> tuple[_Left | None, Sequence[NamedNode] | None]:
        left = self._view.left.columns.take((kind, what))
        if not isinstance(left, _Left):
            return None, None
        if kind.part:
            return left, None
        return left, self._view.keep(("changed since", left.revision, left.ended), lambda: self._since(left))

    def _leave(self, kind: Kind, what: object, base: Base, column: Column | None) -> None:
        ended = self._view.keep("ended", lambda: self._ended(self._view.revision))
        before = self._view.left.columns.take((kind, what))
        older = not isinstance(before, _Left) or before.revision <= self._view.revision
        if older:
            self._view.left.columns.leave((kind, what), _Left(self._view.revision, ended, base, column))

    def _since(self, left: _Left) -> Sequence[NamedNode] | None:
        """The entities that changed since a revision; None where that cannot be told. Three reads."""
        names, reader = self._view.names, self._view.reader
        passed = self._view.revision - left.revision
        if left.ended is None or not 0 <= passed <= _MOST_REVISIONS or self._ended(left.revision) != left.ended:
            return None
        revisions = [names.revision(number) for number in range(left.revision + 1, self._view.revision + 1)]
        told = reader.values([names.revision(left.revision), *revisions], (_DOOR, _CONTRACT), self._history)
        contracts = {value for of in told[_CONTRACT].values() for value in of}
        if any(_LOADED in told[_DOOR].get(one, ()) for one in revisions) or len(contracts) > 1:
            return None
        found = reader.some(revisions, _CHANGED, self._history, _MOST_CHANGED + 1)
        if any(len(of) > _MOST_CHANGED for of in found.values()):
            return None
        changed = list(dict.fromkeys(one for of in found.values() for one in of if isinstance(one, NamedNode)))
        return changed if len(changed) <= _MOST_CHANGED else None

    def _ended(self, revision: int) -> Term | None:
        """The moment of a revision as history has it. One read."""
        iri = self._view.names.revision(revision)
        return next(iter(self._view.reader.values([iri], (_ENDED,), self._history)[_ENDED].get(iri, ())), None)

    def _changed_members(self, kind: Kind, base: Base, changed: Sequence[NamedNode]) -> Base:
        types = self._view.reader.values(changed, (_TYPE,), self._view.graphs)[_TYPE]
        now = {node for node in changed if kind.class_ in types.get(node, ())}
        gone = {node for node in changed if node in base.numbers and node not in now}
        come = [node for node in now if node not in base.numbers]
        if not gone and not come:
            return base
        kept = [node for node in base.nodes if node not in gone] if gone else [*base.nodes]
        return Base(sorted([*kept, *come], key=_iri))


def _changed(before: Base, column: Column, base: Base, changed: Sequence[NamedNode], said: _Said) -> Column:
    numbers = [base.numbers[node] for node in changed if node in base.numbers]
    fresh: dict[int, list[Term]] = {}
    for at, value in said(Base([base.nodes[number] for number in numbers])):
        fresh.setdefault(numbers[at], []).append(value)
    moved = range(len(base)) if before is base else [base.numbers.get(node, -1) for node in before.nodes]
    return column.changed(moved, BitMap(numbers), fresh)


def _iri(node: Term) -> str:
    assert isinstance(node, NamedNode)
    return node.value
