"""Figures of lists: what pages cost in larger catalogues and far from the beginning, and what a first use costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter

from pyoxigraph import NamedNode

from catalogues import Catalogues
from govgraph.catalogue import View
from govgraph.catalogue.lists.aggregation import aggregate
from govgraph.catalogue.lists.selection import (
    Condition,
    Every,
    Key,
    Labelled,
    Page,
    Related,
    Selection,
    page,
    pages_among,
)
from measuring import Row, Sizes, Times, in_turn, ratio, spell, spread

_SIZE = 50


@dataclass(frozen=True)
class _List:
    """Services of organisations with a letter in their name that say how often they are used, by organisation and
    then by that."""

    view: View
    selection: Selection

    @classmethod
    def of(cls, view: View) -> _List:
        kind = view.contract.kind("Service")
        authority, used = kind.property("authority"), kind.property("transactionsPerYear")
        there = Related(authority, "some", view.contract.kind("Organisation"), Labelled("a"))
        where = Every((there, Condition(used, "exists")))
        return cls(view, Selection(kind, where, (Key((authority,)), Key((used,), descending=True))))

    def page(self, after: str | None = None) -> Page:
        return self._shown(page(self.view, self.selection, first=_SIZE, after=after))

    def far(self) -> str:
        """The cursor in the middle of the list."""
        return page(self.view, self.selection).cursors[self.page().total // 2]

    def whole(self, after: str | None = None) -> Page:
        """The same order of all services."""
        everything = Selection(self.selection.kind, order=self.selection.order)
        return self._shown(page(self.view, everything, first=_SIZE, after=after))

    def _shown(self, found: Page) -> Page:
        """With what a list shows at least: what each is called."""
        self.view.labels(found.entities, self.selection.languages)
        return found

    def middle(self) -> str:
        kind = self.selection.kind
        return page(self.view, Selection(kind, order=self.selection.order)).cursors[len(self.view.members(kind)) // 2]

    def nested(self, groups: Sequence[Sequence[NamedNode]]) -> list[Page]:
        return pages_among(self.view, self.selection, groups, first=5)


def lists(catalogues: Catalogues, sizes: Sizes) -> Iterator[Row]:
    """Filtered and ordered over a relation, with labels; what is kept is warm but for the last rows."""
    cold: dict[int, float] = {}
    found: dict[int, _List] = {}
    for size in sizes.scaling:
        found[size] = _List.of(catalogues.view(size))
        start = perf_counter()
        found[size].page()
        cold[size] = perf_counter() - start
    base, *larger = sizes.scaling
    rounds, times = sizes.rounds * sizes.often, sizes.times
    what = f"page of {_SIZE} services, filtered and ordered over a relation"
    took = in_turn({str(size): one.page for size, one in found.items()}, rounds, times=times)
    for size in larger:
        over, under = took[str(size)], took[str(base)]
        total = f"{found[size].page().total:,} of {size:,} and {found[base].page().total:,} of {base:,} are found"
        yield _row(what, f"{size:,} services ÷ {base:,} services", over, under, 2, total)
    most = found[sizes.scaling[-1]]
    for name, first, far in (("of what is found", most.page, most.far()), ("of all", most.whole, most.middle())):
        took = in_turn({"first": first, "far": partial(first, far)}, rounds, times=times)
        yield _row(
            f"page of {_SIZE} of {sizes.scaling[-1]:,} services",
            f"after half {name} ÷ the first",
            took["far"],
            took["first"],
            1.2,
        )
    groups = {size: _groups(one.view) for size, one in found.items()}
    took = in_turn({str(size): partial(one.nested, groups[size]) for size, one in found.items()}, rounds, times=times)
    for size in larger:
        compared = f"{size:,} services ÷ {base:,} services"
        yield _row(
            "pages of 5 among the 20 services of each of 200 others", compared, took[str(size)], took[str(base)], 2
        )
    yield from _first(found, cold)


def _groups(view: View) -> list[list[NamedNode]]:
    members = sorted(view.members(view.contract.kind("Service")), key=lambda node: node.value)
    return [[members[(at * 37 + step * 11) % len(members)] for step in range(20)] for at in range(200)]


def _first(found: dict[int, _List], cold: dict[int, float]) -> Iterator[Row]:
    """What a revision's first use costs: for orientation."""
    size, most = max(found.items())
    kind = most.selection.kind
    warm = in_turn({"page": most.page}, 5)["page"]
    start = perf_counter()
    aggregate(most.view, kind, most.selection.where, by=kind.property("authority"))
    grouped = perf_counter() - start
    after = View(most.view.reader, most.view.contract, most.view.names, most.view.audience, most.view.left)
    start = perf_counter()
    _List.of(after).page()
    followed = perf_counter() - start
    what = f"the first such page of {size:,} services in a process"
    yield _row(what, "÷ the next", Times((cold[size],)), warm)
    yield _row("the first such page at a new revision", "÷ the next", Times((followed,)), warm)
    yield _row(f"services per organisation, {size:,} services", "first use ÷ such a page", Times((grouped,)), warm)


def _row(what: str, compared: str, over: Times, under: Times, target: float | None = None, *notes: str) -> Row:
    found = ratio(over, under)
    bound, met = ("", None) if target is None else (f"≤ {target:g}", found <= target)
    told = (*notes, spread(over, under)) if len(over.rounds) == len(under.rounds) else notes
    return Row(f"list: {what}", compared, found, f"{spell(over.middle)} ÷ {spell(under.middle)}", bound, met, told)
