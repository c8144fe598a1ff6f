"""Filters, orders and pages of a kind."""

from __future__ import annotations

import base64
import gc
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import combinations, permutations
from threading import Event
from weakref import ref

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode

from conftest import BASE, ORGANISATION, Small, service
from govgraph.catalogue import View
from govgraph.catalogue.kept import Kept
from govgraph.catalogue.lists.index import Lists
from govgraph.catalogue.lists.ordering import order_of
from govgraph.catalogue.lists.selection import Condition, Every, Key, No, Page, Selection, Some, Where, page
from govgraph.catalogue.text import pick, relevant
from govgraph.contract import Form
from govgraph.errors import BadRequest
from govgraph.iris import CODE, Names, name

NAMES = Names(BASE)
TITLES = {"a": "Élan", "b": "eland", "c": "Zebra", "d": "ant", "e": "Bee"}
EVERYTHING = Every()
VOLUMES = {"a": 10, "b": 9, "c": 100, "d": 9}


@pytest.fixture
def view(small: Callable[..., Small]) -> View:
    services = (
        service(slug, title, f"; gov:transactionsPerYear {VOLUMES[slug]}" if slug in VOLUMES else "")
        for slug, title in TITLES.items()
    )
    return small(ORGANISATION + "".join(services)).public


def slugs(found: Page) -> str:
    return "".join(entity.value.rpartition("/")[2] for entity in found.entities)


def select(view: View, where: Where = EVERYTHING, by: str | None = None, *, descending: bool = False) -> Selection:
    kind = view.contract.kind("Service")
    return Selection(kind, where, (Key((kind.property(by),) if by else (), descending),))


def test_labels_sort_without_case_and_accents(view: View) -> None:
    assert slugs(page(view, select(view))) == "deabc"


def test_numbers_sort_as_numbers_and_what_is_missing_comes_last(view: View) -> None:
    assert slugs(page(view, select(view, by="transactionsPerYear"))) == "bdace"
    assert slugs(page(view, select(view, by="transactionsPerYear", descending=True))) == "cabde"


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("by", [None, "transactionsPerYear", "level", "authority", "title"])
def test_pages_put_together_are_the_whole(view: View, by: str | None, descending: bool) -> None:
    selection = select(view, by=by, descending=descending)
    whole = page(view, selection)
    forwards, cursor = "", None
    while True:
        part = page(view, selection, first=2, after=cursor)
        forwards += slugs(part)
        assert part.total == 5
        if not part.has_next:
            break
        cursor = part.cursors[-1]
    backwards, cursor = "", None
    while True:
        part = page(view, selection, last=2, before=cursor)
        backwards = slugs(part) + backwards
        if not part.has_previous:
            break
        cursor = part.cursors[0]
    assert forwards == backwards == slugs(whole)


def condition(view: View, prop: str, operator: str, *values: Literal | NamedNode) -> Condition:
    return Condition(view.contract.kind("Service").property(prop), operator, values)


def number(value: int) -> Literal:
    return Literal(str(value), datatype=NamedNode("http://www.w3.org/2001/XMLSchema#integer"))


def test_conditions(view: View) -> None:
    def found(where: Where) -> str:
        return slugs(page(view, select(view, where)))

    assert found(condition(view, "title", "contains", Literal("ELAN"))) == "ab"
    assert found(condition(view, "transactionsPerYear", "from", number(10))) == "ac"
    assert found(condition(view, "transactionsPerYear", "to", number(9))) == "db"
    assert found(condition(view, "transactionsPerYear", "equals", number(9), number(100))) == "dbc"
    assert found(condition(view, "transactionsPerYear", "missing")) == "e"
    assert found(condition(view, "transactionsPerYear", "exists")) == "dabc"
    assert found(condition(view, "level", "equals", name(CODE, "Level2"))) == "deabc"
    low, high = (
        condition(view, "transactionsPerYear", "from", number(10)),
        condition(view, "title", "contains", Literal("z")),
    )
    assert found(Every((low, high))) == "c"
    assert found(Some((low, high))) == "ac"
    assert found(No(Some((low, high)))) == "deb"
    assert found(Some()) == ""


def test_a_cursor_from_elsewhere_is_refused(view: View) -> None:
    for cursor in ("x", "AAAA", "W10=", "é"):
        with pytest.raises(BadRequest, match="cursor"):
            page(view, select(view), after=cursor)


SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=5) | st.just(10**400)
SHAPES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=8)
PLACES = st.tuples(st.tuples(SCALARS, SCALARS), SCALARS).map(lambda place: [list(place[0]), place[1]])
COLUMNS = {None: "label", "transactionsPerYear": "number", "title": "text", "authority": "entity", "level": "code"}


def written(said: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode("utf-8", "surrogatepass")).decode()


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("by", COLUMNS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=SHAPES | PLACES, text=st.text(max_size=30))
def test_no_cursor_breaks_a_page(view: View, by: str | None, descending: bool, said: object, text: str) -> None:
    assert len(COLUMNS) == 5
    selection = select(view, by=by, descending=descending)
    for cursor in (written(said), text):
        for given_ in ({"after": cursor}, {"before": cursor}):
            try:
                assert page(view, selection, **given_).total == 5
            except BadRequest as error:
                assert error.hint


def test_a_cursor_of_another_order_is_refused_and_says_what_to_do(view: View) -> None:
    by_label = page(view, select(view)).cursors[0]
    by_number = page(view, select(view, by="transactionsPerYear")).cursors[0]
    with pytest.raises(BadRequest, match="another order") as refused:
        page(view, select(view, by="transactionsPerYear"), after=by_label)
    assert "first page" in refused.value.hint
    with pytest.raises(BadRequest, match="another order"):
        page(view, select(view), before=by_number)


def test_a_cursor_too_long_or_too_deep_to_be_one_is_refused(view: View) -> None:
    for said in (b"[" * 20_000, b"[" * 9_000, b'[[0, 1e999], "x"]', b'[[0, NaN], "x"]'):
        with pytest.raises(BadRequest, match="not given out here"):
            page(view, select(view), after=base64.urlsafe_b64encode(said).decode())


def test_a_title_of_any_length_has_a_cursor_that_is_taken_back(small: Callable[..., Small]) -> None:
    long = small(ORGANISATION + service("one", "é" * 50_000) + service("two", "é" * 50_001)).public
    first = page(long, select(long), first=1)
    assert len(first.cursors[0]) < 4_000
    assert [slugs(first), slugs(page(long, select(long), after=first.cursors[0]))] == ["one", "two"]


def test_made_up_languages_cost_a_view_nothing(view: View) -> None:
    for number_ in range(300):
        invented = replace(select(view), languages=(f"x{number_}y0", "fr", f"x{number_}y1", "FR", "en"))
        assert slugs(page(view, invented)) == "deabc"
    assert len(view.orders) == 1


def test_what_was_asked_for_longest_ago_makes_room() -> None:
    kept = Kept(3)
    assert [kept.get(key, lambda key=key: key) for key in (1, 2, 3, 1, 4)] == [1, 2, 3, 1, 4]
    assert len(kept) == 3
    assert kept.get(1, lambda: "made again") == 1
    assert kept.get(2, lambda: "made again") == "made again"


def test_what_is_kept_weighs_no_more_than_there_is_room_for_or_is_alone() -> None:
    kept = Kept(9, 10, lambda text: len(str(text)))
    for text in ("aaaa", "bbbb", "c"):
        kept.get(text, lambda text=text: text)  # type: ignore[misc]  # bound at once
    assert len(kept) == 3
    kept.get("dddd", lambda: "dddd")
    assert len(kept) == 3, "the longest not asked for is gone"
    kept.get("e", lambda: "e" * 100)
    assert len(kept) == 1
    kept.get("f", lambda: "f")
    assert kept.get("f", lambda: "found again") == "f"
    assert len(kept) == 1, "what is too heavy goes when there is something else"


def test_orders_go_with_all_that_was_sorted_by_them(view: View) -> None:
    kind, lists = view.contract.kind("Service"), Lists.of(view)
    numbered = condition(view, "transactionsPerYear", "exists")
    properties = [p for p in kind.properties if p.form in (Form.TEXT, Form.LITERAL, Form.CODE)]
    keys = [Key((p,), descending) for p in properties for descending in (False, True)]
    made = []
    for order in list(permutations(keys, 2))[:300]:
        assert page(view, Selection(kind, numbered, order), first=1).total == 4
        made.append(ref(order_of(lists, kind, order, ("en",))))
    gc.collect()
    assert len(made) == 300
    assert sum(one() is not None for one in made) <= 100


def test_who_waits_for_one_thing_keeps_nobody_from_another() -> None:
    kept, begun, go_on = Kept(9), Event(), Event()

    def slow() -> str:
        begun.set()
        assert go_on.wait(10)
        return "slow"

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(kept.get, "slow", slow)
        assert begun.wait(10)
        second = pool.submit(kept.get, "slow", lambda: "found twice")
        assert kept.get("quick", lambda: "quick") == "quick"
        go_on.set()
        assert (first.result(), second.result()) == ("slow", "slow")


@given(st.lists(st.sampled_from(["en", "EN", "fr", "fr-CA", "xx", "xx-yy", "", "de"]), max_size=6))
def test_what_is_left_of_a_preference_chooses_as_the_whole_does(languages: list[str]) -> None:
    tags = ("en", "fr", "fr-ca", "nl")
    texts = [Literal(tag, language=tag) for tag in tags] + [Literal("none")]
    short = relevant(languages, frozenset(tags))
    for count in range(1, len(texts) + 1):
        for some in combinations(texts, count):
            assert pick(some, short) == pick(some, languages)


def test_a_cursor_of_other_languages_is_refused_where_words_are_compared(view: View) -> None:
    french = replace(select(view), languages=("fr",))
    cursor = page(view, french, first=1).cursors[0]
    with pytest.raises(BadRequest, match="other languages") as refused:
        page(view, select(view), after=cursor)
    assert "first page" in refused.value.hint
    assert page(view, replace(french, languages=("FR",)), after=cursor).total == 5
    by_number = select(view, by="transactionsPerYear")
    cursor = page(view, by_number, first=1).cursors[0]
    assert slugs(page(view, replace(by_number, languages=("fr",)), after=cursor)) == "dace"


def test_an_order_has_so_many_keys_and_no_more(view: View) -> None:
    keys = (Key(), Key((), True)) * 3
    assert slugs(page(view, replace(select(view), order=keys[:5]))) == "deabc"
    assert slugs(page(view, replace(select(view), order=()))) == "abcde"
    with pytest.raises(BadRequest, match="6 keys") as refused:
        page(view, replace(select(view), order=keys))
    assert "at most 5" in refused.value.hint


def test_a_cursor_finds_its_place_after_what_it_stood_at_is_gone(small: Callable[..., Small]) -> None:
    def made(titles: dict[str, str]) -> View:
        return small(ORGANISATION + "".join(service(slug, title) for slug, title in titles.items())).public

    old = made({"a": "Ant", "b": "Bee", "c": "Cat", "d": "Dog"})
    for descending, later, earlier in ((False, "bca", "x"), (True, "x", "acb")):
        selection = select(old, descending=descending)
        found = page(old, selection)
        cursor = dict(zip(found.entities, found.cursors, strict=True))[NAMES.entity("service", "b")]
        new = made({"x": "Adder", "a": "Zebra", "c": "Cat", "b": "Boar"})
        selection = replace(selection, kind=new.contract.kind("Service"))
        assert slugs(page(new, selection, after=cursor)) == later
        assert slugs(page(new, selection, before=cursor)) == earlier


@pytest.mark.parametrize(("language", "order"), [("sv", "bdac"), ("de", "cbda"), ("xx", "cbda"), ("not a tag", "cbda")])
def test_words_stand_as_the_language_has_them(small: Callable[..., Small], language: str, order: str) -> None:
    titles = {"a": "Zoll", "b": "Oase", "c": "Ö", "d": "Ost"}
    tag = language if language in ("sv", "de") else "en"
    turtle = "".join(
        f'<id/service/{slug}> a cpsv:PublicService ; dct:title "{title}"@{tag} .' for slug, title in titles.items()
    )
    view = small(ORGANISATION + turtle).working
    assert slugs(page(view, replace(select(view), languages=(language,)))) == order


def test_a_walk_along_the_order_gives_what_sorting_gives(small: Callable[..., Small]) -> None:
    many = "".join(service(f"{n:04}", f"Title {n}", f"; gov:transactionsPerYear {n}") for n in range(1200))
    view = small(ORGANISATION + many).working
    where = condition(view, "transactionsPerYear", "from", number(30))
    for descending in (False, True):
        selection = select(view, where, by="transactionsPerYear", descending=descending)
        whole = page(view, selection)
        assert len(whole.entities) == 1170
        for at in (1, 500, 1168):
            for found, expected in (
                (page(view, selection, first=3, after=whole.cursors[at]), whole.entities[at + 1 : at + 4]),
                (page(view, selection, last=3, before=whole.cursors[at]), whole.entities[max(at - 3, 0) : at]),
            ):
                assert found.entities == expected
                assert found.has_next == (expected[-1:] != whole.entities[-1:])
                assert found.has_previous == (expected[:1] != whole.entities[:1])
                assert found.total == 1170
        assert page(view, selection, first=0).has_next
        assert not page(view, selection, first=0).has_previous
