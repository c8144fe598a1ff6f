"""Lists of every kind: pages, filters, orders and what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from starlette.testclient import TestClient

from conftest import BASE, Seed
from govgraph.contract import Contract
from govgraph.settings import read
from govgraph.web.app import build_app

PAGE = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture(scope="module")
def client(seed: Seed) -> Iterator[TestClient]:
    with TestClient(build_app(read({}, data=seed.directory)), base_url=BASE, headers=PAGE) as client:
        yield client


def rows(page: str) -> list[str]:
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return re.findall(r'<th scope="row"><a href="([^"?]+)', body)


def total(page: str) -> int:
    (count,) = re.findall(r'<p role="status"><strong>([\d,]+)</strong>', page)
    return int(count.replace(",", ""))


def link(page: str, relation: str) -> str | None:
    found = re.search(rf'rel="{relation}" href="([^"]+)"', page)
    return unescape(found.group(1)) if found else None


def test_every_kind_has_a_list_with_all_its_members(client: TestClient, seed: Seed, contract: Contract) -> None:
    assert len(contract.entities) >= 26
    for kind in contract.entities:
        page = client.get(f"/{kind.slug}?first=200").text
        assert total(page) == len(rows(page)) == len(seed.public.members(kind)), kind.name


def test_pages_follow_one_another_without_gap_or_repeat(client: TestClient, seed: Seed, contract: Contract) -> None:
    forwards: list[str] = []
    href: str | None = "/service?first=9&order=-level"
    pages = 0
    while href:
        page = client.get(href).text
        forwards += rows(page)
        last, href, pages = href, link(page, "next"), pages + 1
    assert len(forwards) == len(set(forwards)) == len(seed.public.members(contract.kind("Service")))
    assert pages == -(-len(forwards) // 9)
    backwards: list[str] = []
    href = last
    while href:
        page = client.get(href).text
        backwards = rows(page) + backwards
        href = link(page, "prev")
    assert backwards == forwards


def test_filters_narrow_the_list(client: TestClient, seed: Seed, contract: Contract) -> None:
    level = contract.kind("Service").property("level")
    column = seed.public.column(level)
    members = seed.public.members(contract.kind("Service"))
    for code in contract.lists_by_name["DigitalisationLevel"].codes:
        page = client.get(f"/service?level={code.name}").text
        assert total(page) == sum(code.iri in column.get(m, ()) for m in members) > 0
        assert f'<option value="{code.name}" selected>' in page


def test_text_is_found_whatever_its_case_and_accents(client: TestClient) -> None:
    assert rows(client.get("/service?q=PERMIS DE CONSTRUIRE&lang=fr").text) == [
        "/doc/service/apply-for-a-building-permit"
    ]
    assert (
        total(client.get("/service?q=decret&lang=fr").text) == total(client.get("/service?q=décret&lang=fr").text) > 0
    )


def test_filters_join_and_each_can_be_taken_out(client: TestClient) -> None:
    page = client.get("/service?level=LEVEL_1&q=apply&order=-transactionsPerYear").text
    assert 0 < total(page) < total(client.get("/service?level=LEVEL_1").text)
    removing = {unescape(href) for href in re.findall(r'<li><a href="([^"]+)" aria-label="Remove this filter', page)}
    assert removing == {
        "/service?level=LEVEL_1&order=-transactionsPerYear",
        "/service?q=apply&order=-transactionsPerYear",
    }


def test_the_owner_is_a_filter_by_slug_or_iri(client: TestClient) -> None:
    by_slug = client.get("/service?authority=ministry-of-justice").text
    by_iri = client.get("/service", params={"authority": f"{BASE}id/organisation/ministry-of-justice"}).text
    assert rows(by_slug) == rows(by_iri) != []
    assert '<option value="ministry-of-justice" selected>Ministry of Justice</option>' in by_slug


def test_any_property_is_a_filter_that_links_can_set(client: TestClient, seed: Seed, contract: Contract) -> None:
    page = client.get("/service?needsBlocks=identity").text
    view = seed.public
    needed_by = view.column(contract.kind("BuildingBlock").property("neededBy"))
    assert total(page) == len(needed_by[view.names.entity("building-block", "identity")])
    assert "Building blocks needed: Identity" in page


def test_what_is_not_stated_can_be_asked_for(client: TestClient, seed: Seed, contract: Contract) -> None:
    kind = contract.kind("Service")
    column = seed.public.column(kind.property("yearsInOperation"))
    missing = [m for m in seed.public.members(kind) if m not in column]
    assert total(client.get("/service?yearsInOperation=-").text) == len(missing)


def test_headings_order_the_list_and_turn_the_order(client: TestClient) -> None:
    rising = client.get("/service?order=transactionsPerYear").text
    assert re.search(r'aria-sort="ascending"[^>]*><a href="/service\?order=-transactionsPerYear">', rising)
    falling = client.get("/service?order=-transactionsPerYear").text
    numbers = [
        int(n.replace(",", ""))
        for n in re.findall(r'<td data-label="[^"]+" class="number"><div>([\d,]+)</div>', falling)
    ]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) >= 40


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("first=0", "first"),
        ("first=201", "200"),
        ("first=x", "first"),
        ("after=nonsense", "cursor"),
        ("after=a&before=b", "Both"),
        ("level=LEVEL_9", "LEVEL_1"),
        ("authority=not an iri:", "IRI"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(client: TestClient, query: str, word: str) -> None:
    answer = client.get(f"/service?{query}", headers={"Accept": "application/json"})
    # Lists are pages only, so the refusal is of the format first.
    assert answer.status_code == 406
    page = client.get(f"/service?{query}")
    assert page.status_code == 400
    assert word in unescape(page.text)


def test_an_unknown_order_names_the_properties(client: TestClient) -> None:
    page = client.get("/service?order=colour")
    assert page.status_code == 400
    assert "transactionsPerYear" in page.text


def test_nothing_found_offers_the_way_back(client: TestClient) -> None:
    page = client.get("/service?q=zzzz")
    assert page.status_code == 200
    assert '<a href="/service">Show everything</a>' in page.text


def test_a_row_says_its_columns_where_a_narrow_screen_stacks_them(client: TestClient) -> None:
    page = client.get("/service").text
    headings = [unescape(one) for one in re.findall(r'<th scope="col"[^>]*>(?:<a[^>]*>)?([^<]+)<', page)]
    (first,) = re.findall(r"<tbody>\s*<tr>(.*?)</tr>", page, re.DOTALL)
    labels = [unescape(one) for one in re.findall(r'<td[^>]* data-label="([^"]+)"', first)]
    assert len(labels) == first.count("<td") >= 4
    assert labels == headings[1:]


def test_filters_are_folded_until_one_is_chosen(client: TestClient) -> None:
    """On a narrow screen the first row is then not a screen away; on a wide one the style sheet opens them."""
    assert '<details class="more-filters">' in client.get("/service").text
    assert '<details class="more-filters" open>' in client.get("/service?level=LEVEL_1").text
