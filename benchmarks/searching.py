"""Figures of search: what two words cost in larger catalogues, and what a change costs for the indexes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle

from catalogues import Catalogues
from changes import Scratch, retitled, scratch
from govgraph.catalogue import Audience, Catalogue, View
from govgraph.search import Search, find, highlights, prepare
from govgraph.store.embedded import DiskStore
from measuring import Row, Side, Sizes, in_turn, ratio, spell, spread

_PAGE = 20
_PAIRS = 500
"""More than a view keeps the answers of, so that none is remembered."""
_LONG = 4


def search(catalogues: Catalogues, sizes: Sizes) -> Iterator[Row]:
    """A page with highlights and labels of words that stand in the title of a service; the index is open."""
    sides: dict[str, Side] = {}
    found: dict[str, int] = {}
    for size in sizes.scaling:
        view = catalogues.view(size)
        pairs = _pairs(view)
        found[str(size)] = sum(find(view, Search(pair), first=1).total for pair in pairs) // len(pairs)
        sides[str(size)] = partial(_page, view, cycle(pairs).__next__)
    took = in_turn(sides, sizes.rounds * sizes.often, times=sizes.times)
    base, *larger = (str(size) for size in sizes.scaling)
    for most in larger:
        over, under = took[most], took[base]
        totals = f"{found[most]:,} and {found[base]:,} entries are found in the mean"
        yield Row(
            f"search: {_PAGE} of what has two words, with highlights",
            f"{int(most):,} services ÷ {int(base):,} services",
            ratio(over, under),
            f"{over} ÷ {under}",
            notes=(totals, spread(over, under)),
        )
    for services in sizes.scaling:
        yield _carried(catalogues, sizes, services)


def _page(view: View, text: Callable[[], str]) -> None:
    asked = Search(text(), languages=("en",))
    entities = [hit.entity for hit in find(view, asked, first=_PAGE).hits]
    assert entities
    highlights(view, asked, entities)
    view.labels(entities, asked.languages)


def _pairs(view: View) -> list[str]:
    """Two words of a title, the thing and the place, of services from one end to the other."""
    members = sorted(view.members(view.contract.kind("Service")), key=lambda node: node.value)
    titles = (label.text.replace(",", "").split() for label in view.labels(members, ("en",)).values())
    long = ([word for word in words if len(word) >= _LONG and word.isalpha()] for words in titles)
    pairs = dict.fromkeys(f"{words[1]} {words[-2]}" for words in long if len(words) > 3)
    return list(pairs)[:_PAIRS]


def _carried(catalogues: Catalogues, sizes: Sizes, services: int) -> Row:
    """One title is changed and a snapshot made for readers, which the writer gives both indexes or none."""
    quiet = catalogues.made(services).quiet["Service"]
    made = {name: scratch(catalogues, services) for name in ("with", "without")}
    for name, one in made.items():
        for index in one.settings.data.glob("snapshots/*/search"):
            shutil.rmtree(index)
        if name == "with":
            _index(catalogues, one)

    def change(one: Scratch) -> None:
        one.writer.submit(retitled(quiet))
        one.writer.snapshot()

    took = in_turn({name: partial(change, one) for name, one in made.items()}, sizes.rounds * sizes.often, warm=2)
    for name, one in made.items():
        one.writer.close()
        assert any(one.settings.data.glob("snapshots/*/search/working")) == (name == "with")
        shutil.rmtree(one.settings.data)
    over, under = took["with"], took["without"]
    more = f"{spell(max(0.0, over.middle - under.middle))} for both indexes"
    return Row(
        "search: a change and its snapshot",
        f"with indexes ÷ without, {services:,} services",
        ratio(over, under),
        f"{over} ÷ {under}",
        notes=(more, spread(over, under)),
    )


def _index(catalogues: Catalogues, one: Scratch) -> None:
    store = DiskStore(one.settings.data, one.settings.base)
    for audience in Audience:
        prepare(Catalogue(store, catalogues.contract).view(audience))
    store.close()
