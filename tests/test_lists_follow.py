"""Columns and orders that follow a revision by what changed are those made anew, after whatever change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode

from conftest import Seed
from govgraph.catalogue import Audience, View
from govgraph.catalogue.lists.column import Base, Column
from govgraph.catalogue.lists.index import Lists
from govgraph.catalogue.lists.ordering import order_of
from govgraph.catalogue.lists.selection import Condition, Key, Selection, page
from govgraph.change import Change
from govgraph.change.edits import Entry, Values
from govgraph.contract import Contract, Form
from govgraph.errors import GovgraphError
from govgraph.gate.gate import Gate
from govgraph.history.record import Entry as LogEntry
from govgraph.iris import DCT_TITLE
from govgraph.store import Graphs, Path, Reader, Term
from test_gate_equals_whole import AUTHOR, NAMES, country_ground, edits, random_ground

AUDIENCES = (Audience.WORKING, Audience.PUBLIC)


def columns(view: View) -> dict[tuple[str, str], tuple[Base, Column]]:
    """Every column of every kind, and the labels of its entities."""
    lists, found = Lists.of(view), {}
    for kind in view.contract.kinds:
        base = lists.members(kind)
        found |= {(kind.name, prop.name): (base, lists.column(kind, prop)) for prop in kind.properties}
        found[kind.name, "label"] = base, lists.labels(kind)
    return found


def plain(base: Base, column: Column) -> dict[Term, set[Term]]:
    said: dict[Term, set[Term]] = {}
    for number, value in column.pairs():
        said.setdefault(base.nodes[number], set()).add(value)
    return said


def pages(view: View) -> list[object]:
    contract, found = view.contract, []
    for name, paths in ORDERS.items():
        kind = contract.kind(name)
        for path in paths:
            at, properties = kind, []
            for step in path:
                properties.append(at.property(step))
                at = contract.by_name.get(next(iter(properties[-1].kinds), ""), at)
            for descending in (False, True):
                found.append(page(view, Selection(kind, order=(Key(tuple(properties), descending),))).entities)
        for prop in kind.properties:
            if prop.form in (Form.CODE, Form.ENTITY, Form.LITERAL):
                found.append(page(view, Selection(kind, Condition(prop, "exists"))).entities)
    return found


ORDERS = {
    "Service": ((), ("title",), ("authority",), ("authority", "title"), ("needsBlocks",), ("transactionsPerYear",)),
    "Regulation": ((), ("inForceFrom",)),
}


def fresh(reader: Reader, contract: Contract, audience: Audience) -> View:
    return View(reader, contract, NAMES, audience)


@pytest.mark.parametrize(("place", "examples"), [("random", 12), ("country", 5)])
def test_what_follows_a_change_is_what_is_made_anew(seed: Seed, contract: Contract, place: str, examples: int) -> None:
    followed = {"revisions": 0, "same": 0, "changed": 0}

    def compare(view: View, left: dict[tuple[str, str], tuple[Base, Column]] | None) -> None:
        ours, anew = columns(view), fresh(view.reader, contract, view.audience)
        for key, (base, column) in columns(anew).items():
            assert list(ours[key][0].nodes) == list(base.nodes), key
            assert plain(*ours[key]) == plain(base, column), key
            if left is not None:
                followed["same" if left[key][1] is ours[key][1] else "changed"] += 1
        assert pages(view) == pages(anew)

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def run(data: st.DataObject) -> None:
        ground = country_ground(seed) if place == "country" else random_ground(data, contract)
        live, past = ground.live(), list[LogEntry]()
        gate = Gate(live, contract, NAMES, "shacl", 100)
        views = {audience: fresh(live.reader, contract, audience) for audience in AUDIENCES}
        for _ in range(4):
            left = {audience: columns(view) for audience, view in views.items()}
            assert all(pages(view) for view in views.values())
            change = Change(
                tuple(data.draw(st.lists(edits(ground, past, live), min_size=1, max_size=3))), AUTHOR, "test"
            )
            try:
                considered = gate.consider(change, lambda: datetime.now(UTC))
            except GovgraphError:
                continue
            if considered.entry is None:
                continue
            past.append(considered.entry)
            followed["revisions"] += 1
            for audience, view in views.items():
                views[audience] = View(live.reader, contract, NAMES, audience, view.left)
                compare(views[audience], left[audience])

    run()
    assert all(followed.values()), followed


class Watched:
    """A Reader that tells which of its methods were asked for how many nodes; the rest is its reader's."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.asked: list[tuple[str, int]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def values(self, nodes: Sequence[Term], paths: Sequence[Path], graphs: Graphs) -> Any:
        self.asked.append(("values", len(nodes)))
        return self._reader.values(nodes, paths, graphs)

    def instances(self, class_: NamedNode, graphs: Graphs) -> Any:
        self.asked.append(("instances", 0))
        return self._reader.instances(class_, graphs)

    def pairs(self, path: Path, graphs: Graphs) -> Any:
        self.asked.append(("pairs", 0))
        return self._reader.pairs(path, graphs)


def test_a_change_of_one_entity_reads_no_others(seed: Seed, contract: Contract) -> None:
    live = country_ground(seed).live()
    gate, kind = Gate(live, contract, NAMES, "shacl", 100), contract.kind("Service")
    node = NAMES.entity("service", "register-a-company")

    def rename(to: str) -> None:
        title = Values(DCT_TITLE, (Literal(to, language="en"),), "en")
        change = Change((Entry(node, (title,)),), AUTHOR, "test")
        assert gate.consider(change, lambda: datetime.now(UTC)).entry

    def look(view: View) -> None:
        page(
            view,
            Selection(kind, Condition(kind.property("authority"), "exists"), (Key(), Key((kind.property("level"),)))),
        )

    rename("One name")
    before = fresh(live.reader, contract, Audience.WORKING)
    look(before)
    rename("Another name")
    watched = Watched(live.reader)
    after = View(cast("Reader", watched), contract, NAMES, Audience.WORKING, before.left)
    look(after)
    assert len(watched.asked) >= 5
    assert {what for what, _ in watched.asked} == {"values"}
    assert max(count for _, count in watched.asked if count) <= 2 + len(
        contract.lists_by_name["DigitalisationLevel"].codes
    )
    lists = Lists.of(after)
    assert lists.column(kind, kind.property("level")) is Lists.of(before).column(kind, kind.property("level"))
    assert Literal("Another name", language="en") in lists.labels(kind).slots
    assert Literal("One name", language="en") not in lists.labels(kind).slots


def test_an_order_that_stays_forgets_what_was_selected_before(seed: Seed, contract: Contract) -> None:
    live = country_ground(seed).live()
    gate, kind = Gate(live, contract, NAMES, "shacl", 100), contract.kind("Service")
    node, order = NAMES.entity("service", "register-a-company"), (Key((kind.property("level"),)),)
    named = Condition(kind.property("title"), "contains", (Literal("Some such name"),))
    found, orders, view = [], [], None
    for title in ("Some such name", "Another name", "Some such name again"):
        change = Change((Entry(node, (Values(DCT_TITLE, (Literal(title, language="en"),), "en"),)),), AUTHOR, "test")
        assert gate.consider(change, lambda: datetime.now(UTC)).entry
        view = View(live.reader, contract, NAMES, Audience.WORKING, view.left if view else None)
        found.append(page(view, Selection(kind, named, order)).entities)
        orders.append(order_of(Lists.of(view), kind, order, ("en",)))
    assert found == [(node,), (), (node,)]
    assert orders[0].numbers is orders[1].numbers is orders[2].numbers, "nothing it goes by was changed"
