"""What the lists of a view are made from: who is of a kind, and who has which value of a property.

The entities of a kind are numbered in the order of their IRIs. All of it lasts as long as the view's revision; what it
was made from is left to the next. It knows properties and labels, neither conditions nor orders.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from pyoxigraph import Literal, NamedNode
from pyroaring import BitMap

from govgraph.catalogue.kept import Kept
from govgraph.catalogue.lists.column import Base, Column
from govgraph.catalogue.lists.following import Following
from govgraph.catalogue.text import label_of
from govgraph.contract import Form, Kind, Property
from govgraph.store import Path, Term

if TYPE_CHECKING:
    from govgraph.catalogue import View

Steps: TypeAlias = tuple[Property, ...]
"""Relations one after the other."""

_FEW = 5_000
"""Up to so many nodes are asked for their values; for more, all values of the catalogue are read in one go."""
_ALONE = 50
_MORE = 20
"""Up to so many nodes are read by themselves, and so are those that are fewer than one of so many of their kind."""
_SETS = 1_000
"""Bitmaps of what conditions find, each at most an eighth of a byte per entity of its kind; orders keep their own."""
_RANKINGS = 100
"""Rankings and what belongs to them, each a few bytes per entity of its kind."""
_COLUMNS = 600
_FOUND = 200


class Lists:
    """What a view keeps for its lists. Safe to use from any thread."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.sets = Kept(_SETS)
        self.rankings = Kept(_RANKINGS)
        self.found = Kept(_FOUND)
        self.following = Following(view)
        self._columns = Kept(_COLUMNS)

    @classmethod
    def of(cls, view: View) -> Lists:
        return view.keep("lists", lambda: cls(view))

    def members(self, kind: Kind) -> Base:
        """Everything of a kind, in the order of IRIs."""

        def find() -> Base:
            members = {node.value: node for node in self.view.members(kind)}
            return Base([members[iri] for iri in sorted(members)])

        return self._columns.get(("members", kind), lambda: self.following.members(kind, find))

    def base(self, kind: Kind, steps: Steps = ()) -> Base:
        """What some relations lead to from the entities of a kind: numbered as the slots of the last of them."""
        if not steps:
            return self.members(kind)

        def find() -> Base:
            column = self.column(kind, steps[-1], steps[:-1])
            return Base(column.values, column.slots)

        return self._columns.get(("base", kind, steps), find)

    def column(self, kind: Kind, prop: Property, steps: Steps = ()) -> Column:
        """The values of a property that the nodes of a base have."""

        def find() -> Column:
            base, path = self.base(kind, steps), prop.path
            said = self.read(base, path)
            if steps and prop.stored:
                said = self._through(base, steps[-1], partial(self._same, path), lambda some: self.read(some, path))
            return Column(said, sorted_=prop.form in (Form.TEXT, Form.LITERAL))

        def follow() -> Column:
            if steps or not prop.stored:
                return self.following.settle((kind, steps, prop), find())
            return self.following.column(
                kind, prop.path, self.members(kind), find, lambda some: self.read(some, prop.path)
            )

        return self._columns.get(("column", kind, steps, prop), follow)

    def labels(self, kind: Kind, steps: Steps = ()) -> Column:
        """What the nodes of a base are called, as ``View.labels`` chooses from: their titles in all languages, else
        the contract's words, else the end of the IRI."""

        def find() -> Column:
            base = self.base(kind, steps)
            if steps:
                return Column(
                    self._through(base, steps[-1], self.labels, lambda some: self._called(some, {})), sorted_=False
                )
            titled = [p for p in kind.properties if p.path in self.view.label_paths]
            return Column(self._called(base, {p.path: self.column(kind, p) for p in titled}), sorted_=False)

        def follow() -> Column:
            if steps:
                return self.following.settle((kind, steps), find())
            return self.following.column(kind, None, self.members(kind), find, lambda some: self._called(some, {}))

        return self._columns.get(("labels", kind, steps), follow)

    def places(self, kind: Kind, prop: Property, to: Kind) -> array[int]:
        """Of each slot of a relation the number of what it leads to among the entities of a kind; -1 for others."""

        def find() -> array[int]:
            numbers = self.members(to).numbers
            return array("i", [numbers.get(value, -1) for value in self.column(kind, prop).values])

        return self._columns.get(("places", kind, prop, to), find)

    def read(self, base: Base, path: Path) -> Iterator[tuple[int, Term]]:
        """What a path gives from the nodes of a base, by their numbers. One read."""
        number_of = base.numbers.get
        if len(base) > _FEW:
            for node, value in self.view.reader.pairs(path, self.view.graphs):
                number = number_of(node)
                if number is not None:
                    yield number, value
            return
        for node, values in self.view.reader.values(base.nodes, (path,), self.view.graphs)[path].items():
            yield from ((base.numbers[node], value) for value in values)

    def _same(self, path: Path, kind: Kind) -> Column | None:
        """The column of a path in another kind."""
        return self.column(kind, kind.by_path[path]) if path in kind.by_path else None

    def _through(
        self,
        base: Base,
        relation: Property,
        column_of: Callable[[Kind], Column | None],
        read: Callable[[Base], Iterator[tuple[int, Term]]],
    ) -> Iterator[tuple[int, Term]]:
        """What the nodes have that a relation leads to: by the columns of the kinds they are of, which follow what
        changes, where there are not many more of those than of these; else, and for all others, by reading it."""
        known = [self.view.contract.by_name[name] for name in relation.kinds] if len(base) > _ALONE else []
        ways = [(self.members(kind), column_of(kind)) for kind in known if len(self.members(kind)) < len(base) * _MORE]
        left: list[int] = []
        for number, node in enumerate(base.nodes):
            for members, column in ways:
                at = members.numbers.get(node)
                if at is not None and column is not None:
                    yield from ((number, column.values[slot]) for slot in column.forward.slots([at]))
                    break
            else:
                left.append(number)
        yield from ((left[at], value) for at, value in read(Base([base.nodes[number] for number in left])))

    def _called(self, base: Base, titles: Mapping[Path, Column]) -> Iterator[tuple[int, Term]]:
        """``titles`` are columns that have been read already."""
        words = self.view.contract.labels
        titled = BitMap()
        for path in self.view.label_paths:
            found = BitMap()
            for number, text in titles[path].pairs() if path in titles else self.read(base, path):
                if number not in titled:
                    found.add(number)
                    if isinstance(text, Literal):
                        yield number, text
            titled |= found
        for number in base.all - titled:
            node = base.nodes[number]
            if isinstance(node, NamedNode):
                said = words.get(node)
                if said:
                    yield from ((number, Literal(text, language=tag)) for tag, text in said.items())
                else:
                    yield number, Literal(label_of(node, (), {}, ()).text)
