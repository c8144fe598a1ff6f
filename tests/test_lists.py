"""Lists found with bitmaps and kept orders are those found entity by entity, whatever is asked."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode

import plain_lists
from conftest import BASE
from govgraph.catalogue import Audience, Catalogue, View
from govgraph.catalogue.lists.aggregation import aggregate
from govgraph.catalogue.lists.selection import (
    Among,
    Condition,
    Every,
    Key,
    Labelled,
    No,
    Page,
    Related,
    Selection,
    Some,
    Where,
    page,
    pages_among,
)
from govgraph.catalogue.lists.sparql import sparql_of
from govgraph.contract import Contract, Form, Kind, Property
from govgraph.iris import XSD, Names, name
from govgraph.store import Part, Term
from govgraph.store.embedded import MemoryStore

NAMES = Names(BASE)
KINDS = ("Service", "Organisation", "Regulation", "BuildingBlock")
COUNTS = dict(zip(KINDS, (60, 7, 9, 5), strict=True))
WORDS = (
    "Élan",
    "elan",
    "eland",
    "Zebra",
    "zèbre",
    "ant",
    "Ångström",
    "Öl",
    "ol",
    "côte",
    "coté",
    "cote",
    "1",
    "10",
    "",
)
TAGS = ("en", "fr", "sv", "fr-CA", "")
OPERATORS = ("equals", "contains", "from", "to", "between", "exists", "missing")
FORMS = {Form.TEXT, Form.LITERAL, Form.CODE, Form.ENTITY, Form.IRI}


def entity(kind: str, number: int) -> NamedNode:
    return NamedNode(f"{BASE}id/{kind.lower()}/{number}")


def literals(prop: Property, chance: Random) -> Literal:
    if prop.form is Form.TEXT:
        tag = chance.choice(TAGS)
        return Literal(chance.choice(WORDS), language=tag) if tag else Literal(chance.choice(WORDS))
    type_ = (prop.datatype or name(XSD, "string")).value.removeprefix(XSD)
    said = {
        "integer": lambda: str(chance.randint(-3, 12)),
        "decimal": lambda: str(chance.randint(-9, 30) / 4),
        "double": lambda: str(chance.randint(-9, 30) / 4),
        "boolean": lambda: chance.choice(("true", "false")),
        "date": lambda: f"20{chance.randint(10, 30)}-0{chance.randint(1, 9)}-1{chance.randint(0, 9)}",
        "dateTime": lambda: (
            f"2024-01-0{chance.randint(1, 9)}T0{chance.randint(0, 9)}:00:00{chance.choice(('Z', '+02:00'))}"
        ),
        "duration": lambda: f"P{chance.randint(1, 40)}D",
    }.get(type_, lambda: chance.choice(WORDS))()
    if chance.random() < 0.03:
        said = "ill-typed"
    return Literal(said, datatype=prop.datatype) if prop.datatype else Literal(said)


def value(contract: Contract, prop: Property, chance: Random) -> Term:
    if prop.form is Form.CODE:
        return chance.choice(contract.lists_by_name[prop.codes or ""].codes).iri
    if prop.form in (Form.ENTITY, Form.IRI):
        kinds = [kind for kind in prop.kinds if kind in COUNTS]
        if kinds and chance.random() < 0.9:
            kind = chance.choice(kinds)
            return entity(kind, chance.randrange(COUNTS[kind]))
        return NamedNode(f"http://elsewhere.example/{chance.randrange(5)}")
    return literals(prop, chance)


def triples(contract: Contract, seed: int) -> Iterator[str]:
    chance = Random(seed)  # noqa: S311  # the same catalogue every time
    for kind in map(contract.kind, KINDS):
        columns = [p for p in kind.properties if p.stored and p.form in FORMS]
        for number in range(COUNTS[kind.name]):
            node = entity(kind.name, number)
            yield f"{node} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> {kind.class_} ."
            for prop in columns:
                values = [value(contract, prop, chance) for _ in range(chance.choice((0, 1, 1, 2, 3)))]
                if prop.per_language:
                    values = [*{v.language: v for v in values if isinstance(v, Literal)}.values()]
                yield from (f"{node} {prop.path.predicate} {one} ." for one in values)


def made(contract: Contract, seed: int) -> View:
    store = MemoryStore(BASE)
    store.replace([Part(NAMES.working, "\n".join(triples(contract, seed)).encode())], contract.hash)
    return Catalogue(store, contract).view(Audience.WORKING)


@pytest.fixture(scope="module")
def views(contract: Contract) -> list[View]:
    return [made(contract, seed) for seed in range(4)]


class Asking:
    """Draws filters and orders that fit the contract, with the values that occur and some that do not."""

    def __init__(self, contract: Contract, draw: st.DrawFn) -> None:
        self._contract = contract
        self._draw = draw
        self._chance = Random(draw(st.integers(0, 1 << 30)))  # noqa: S311  # hypothesis seeds it

    def property(self, kind: Kind, forms: set[Form]) -> Property:
        return self._draw(st.sampled_from([p for p in kind.properties if p.form in forms]))

    def relation(self, kind: Kind) -> tuple[Property, Kind]:
        relations = [p for p in kind.properties if p.form is Form.ENTITY]
        prop = self._draw(st.sampled_from([p for p in relations if not p.kinds or set(p.kinds) & set(KINDS)]))
        to = self._draw(st.sampled_from([k for k in KINDS if not prop.kinds or k in prop.kinds]))
        return prop, self._contract.kind(to)

    def where(self, kind: Kind, depth: int = 0) -> Where:
        shape = self._draw(st.integers(0, 4 if depth > 2 else 9))
        inner = lambda: self.where(kind, depth + 1)  # noqa: E731  # said five times
        match shape:
            case 0:
                return Labelled(self._chance.choice(("e", "É", "ol", "zz", "", "service", "\0")))
            case 1:
                return Among(frozenset(entity(kind.name, n) for n in self._draw(st.lists(st.integers(0, 70)))))
            case 5:
                return Every(tuple(inner() for _ in range(self._draw(st.integers(0, 3)))))
            case 6:
                return Some(tuple(inner() for _ in range(self._draw(st.integers(0, 3)))))
            case 7:
                return No(inner())
            case 8 | 9:
                prop, to = self.relation(kind)
                return Related(
                    prop, self._draw(st.sampled_from(("some", "every", "none"))), to, self.where(to, depth + 1)
                )
        return self.condition(kind)

    def condition(self, kind: Kind) -> Condition:
        prop = self.property(kind, FORMS)
        operator = self._draw(st.sampled_from(OPERATORS))
        if not prop.stored and operator not in ("exists", "missing", "equals"):
            operator = "exists"
        values = [value(self._contract, prop, self._chance) for _ in range(2)]
        if operator == "contains" and self._chance.random() < 0.7:
            values = [Literal(self._chance.choice(("e", "COT", "l", "0", "http")))]
        return Condition(prop, operator, tuple(values[: 2 if operator in ("equals", "between") else 1]))

    def key(self, kind: Kind) -> Key:
        path: list[Property] = []
        for _ in range(self._draw(st.integers(0, 2))):
            prop, kind = self.relation(kind)
            path.append(prop)
        if self._draw(st.booleans()):
            path.append(self.property(kind, FORMS))
        return Key(tuple(path), self._draw(st.booleans()))

    def selection(self) -> Selection:
        kind = self._contract.kind(self._draw(st.sampled_from(KINDS[:2])))
        order = tuple(self.key(kind) for _ in range(self._draw(st.integers(0, 3))))
        languages = self._draw(st.lists(st.sampled_from(("en", "fr", "sv", "xx", "fr-CA", "not a tag!")), max_size=3))
        return Selection(kind, self.where(kind), order, tuple(languages))


def told(found: Page) -> list[NamedNode]:
    assert len(found.cursors) == len(found.entities)
    return list(found.entities)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_pages_are_those_found_entity_by_entity(views: list[View], contract: Contract, data: st.DataObject) -> None:
    view = data.draw(st.sampled_from(views))
    selection = Asking(contract, data.draw).selection()
    whole = plain_lists.selected(view, selection)
    assert told(page(view, selection)) == whole
    size = data.draw(st.integers(0, 7))
    cursor, met = None, []
    while size:
        found = page(view, selection, first=size, after=cursor)
        assert (found.total, found.has_previous) == (len(whole), bool(met))
        met += found.entities
        if not found.has_next:
            break
        cursor = found.cursors[-1]
    assert not size or met == whole
    if len(whole) > 1:
        at = data.draw(st.integers(0, len(whole) - 1))
        cursors = page(view, selection).cursors
        found = page(view, selection, last=size, before=cursors[at])
        assert told(found) == whole[max(at - size, 0) : at]
        assert (found.has_next, found.has_previous) == (True, at > size)
        found = page(view, selection, after=cursors[at], before=cursors[-1], last=2)
        assert told(found) == whole[at + 1 : -1][-2:]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_pages_among_are_pages_of_what_a_relation_gives(
    views: list[View], contract: Contract, data: st.DataObject
) -> None:
    view = data.draw(st.sampled_from(views))
    selection = Asking(contract, data.draw).selection()
    there = plain_lists.selected(view, selection)
    numbers = st.lists(st.integers(0, 70), max_size=12)
    groups = [[entity(selection.kind.name, n) for n in data.draw(numbers)] for _ in range(3)]
    for group, found in zip(groups, pages_among(view, selection, groups, first=3), strict=True):
        whole = [node for node in there if node in group]
        assert (told(found), found.total, found.has_next) == (whole[:3], len(whole), len(whole) > 3)
    for group, found in zip(groups, pages_among(view, selection, groups, last=2), strict=True):
        assert told(found) == [node for node in there if node in group][-2:]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_aggregates_are_those_counted_one_by_one(views: list[View], contract: Contract, data: st.DataObject) -> None:
    view, kind = data.draw(st.sampled_from(views)), contract.kind("Service")
    asking = Asking(contract, data.draw)
    by, where = asking.property(kind, FORMS), asking.where(kind)
    measured = tuple({asking.property(kind, {Form.LITERAL}) for _ in range(2)})
    found = aggregate(view, kind, where, by=by, measured=measured, most=1_000)
    plain = plain_lists.aggregated(view, kind, where, by, measured)
    values = [
        (a.count, b.count, a.total, b.total, str(a.average)[:20], str(b.average)[:20])
        for a, b in ((found.statistics[p], plain.statistics[p]) for p in measured)
    ]
    assert all(one[::2] == one[1::2] for one in values)
    counts = {group.key: group for group in plain.groups}
    assert (found.count, found.group_count) == (plain.count, plain.group_count)
    assert [group.count for group in found.groups] == sorted((g.count for g in plain.groups), reverse=True)
    assert {group.key: group.count for group in found.groups} == {key: group.count for key, group in counts.items()}
    for group in found.groups:
        for prop in measured:
            ours, theirs = group.statistics[prop], counts[group.key].statistics[prop]
            assert (ours.count, ours.total) == (theirs.count, theirs.total)
            for end in ("minimum", "maximum"):
                one, other = getattr(ours, end), getattr(theirs, end)
                assert (one is None) == (other is None)
                assert one is None or plain_lists.value_of(one) == plain_lists.value_of(other)
    few = aggregate(view, kind, where, by=by, measured=measured, most=2)
    assert few.groups == found.groups[:2]


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_the_sparql_of_a_list_gives_the_same_entities(
    views: list[View], contract: Contract, data: st.DataObject
) -> None:
    view = data.draw(st.sampled_from(views))
    selection = Asking(contract, data.draw).selection()
    found = [row[0] for row in view.table(sparql_of(view, selection)).rows]
    assert len(found) == len(set(found))
    assert set(found) == set(page(view, selection).entities)


def test_the_sparql_of_a_list_stands_in_its_order(views: list[View], contract: Contract) -> None:
    kind = contract.kind("Service")
    numbers = kind.property("transactionsPerYear")
    authority, since = kind.property("authority"), contract.kind("Regulation").property("inForceFrom")
    orders = [(), (Key((numbers,)),), (Key((numbers,), True),), (Key((kind.property("legalBasis"), since)),)]
    for order in orders:
        for view in views[:2]:
            selection = Selection(kind, Related(authority, "some", contract.kind("Organisation"), Every()), order)
            rows = view.table(sparql_of(view, selection)).rows
            assert [row[0] for row in rows] == list(page(view, selection).entities)


def test_a_label_is_found_in_sparql_whatever_its_accents(views: list[View], contract: Contract) -> None:
    kind = contract.kind("Service")
    for part in ("COTE", "élan", "o", "a.*", '"', "service", "\\", "é"):
        selection = Selection(kind, Labelled(part))
        found = {row[0] for row in views[0].table(sparql_of(views[0], selection)).rows}
        assert found == set(page(views[0], selection).entities)
