"""Every kind of page, in both languages: well-formed, labelled, without inline code, and without a dead link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from starlette.testclient import TestClient

from conftest import BASE, Seed
from govgraph.settings import read
from govgraph.web.app import build_app

VOID = {"br", "hr", "img", "input", "link", "meta"}
PATHS = (
    "/",
    "/service",
    "/service?level=LEVEL_1&q=a",
    "/roadmap-item?order=-targetYear",
    "/questions/",
    "/questions/blocked_services",
    "/questions/unblocked_by_block",
    "/questions/yearly_progress",
    "/questions/retiring_system?system=",
    "/validation",
    "/validation?severity=info&kind=service",
    "/ns",
    "/doc/service/apply-for-a-building-permit",
    "/doc/organisation/ministry-of-justice",
    "/doc?iri=http://publications.europa.eu/resource/authority/language/FRA",
    "/nothing-here",
)


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]


@dataclass
class Page(HTMLParser):
    """What a page's markup says; refuses what is not closed in order."""

    elements: list[Element] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs)))
        if len(dict(attrs)) != len(attrs):
            self.wrong.append(f"<{tag}> has an attribute twice")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.wrong.append(f"</{tag}> closes {self._open[-3:]} in line {self.getpos()[0]}")
        else:
            self._open.pop()

    def values(self, attribute: str, *tags: str) -> list[str]:
        found = (e.attributes.get(attribute) for e in self.elements if not tags or e.tag in tags)
        return [value for value in found if value is not None]


def parse(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    return page


@pytest.fixture(scope="module")
def client(seed: Seed) -> Iterator[TestClient]:
    with TestClient(build_app(read({}, data=seed.directory)), base_url=BASE, headers={"Accept": "text/html"}) as client:
        yield client


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_well_formed_and_labelled(client: TestClient, path: str, language: str) -> None:
    answer = client.get(path + ("&" if "?" in path else "?") + f"lang={language}")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = parse(answer.text)
    assert page.wrong == []
    assert page.values("lang", "html") == [language]
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    fields = {e.attributes.get("id") for e in page.elements if e.tag in ("input", "select")}
    hidden = {e.attributes.get("id") for e in page.elements if e.attributes.get("type") == "hidden"}
    assert fields - hidden <= {*page.values("for", "label")}
    referred = " ".join(page.values("aria-labelledby")).split() + page.values("for", "label")
    assert set(referred) <= set(ids)
    assert [e.tag for e in page.elements].count("h1") == 1
    assert all(e.attributes.get("scope") in ("col", "row") for e in page.elements if e.tag == "th")
    assert all("alt" in e.attributes for e in page.elements if e.tag == "img")


@pytest.mark.parametrize("path", PATHS)
def test_a_page_needs_no_inline_code_and_nothing_from_elsewhere(client: TestClient, path: str) -> None:
    page = parse(client.get(path).text)
    assert page.values("style") == []
    assert not [name for e in page.elements for name in e.attributes if name.startswith("on")]
    assert [
        e.attributes for e in page.elements if e.tag == "script" and e.attributes.get("type") != "application/ld+json"
    ] == []
    loaded = page.values("src") + [
        e.attributes["href"] for e in page.elements if e.attributes.get("rel") == "stylesheet"
    ]
    assert len(loaded) >= 2
    assert all((address or "").startswith("/static/") for address in loaded)


def test_no_link_is_dead(client: TestClient, seed: Seed) -> None:
    """Every list, question and page, and one document of each kind."""
    waiting, seen, documents = ["/?lang=fr"], set(), set()
    while waiting:
        address = waiting.pop()
        parts = urlsplit(address)
        sort = parts.path.rpartition("/")[0] if parts.path.startswith(("/doc/", "/id/")) else ""
        name = parts.path if not sort else f"{sort} {parts.path.rpartition('.')[2] if '.' in parts.path else ''}"
        if name in seen:
            continue
        seen.add(name)
        answer = client.get(address, follow_redirects=False)
        assert answer.status_code in (200, 303, 308), (address, answer.status_code)
        documents |= {sort} if sort.startswith("/doc/") else set()
        if answer.headers.get("content-type", "").startswith("text/html"):
            links = (urljoin(BASE + address.lstrip("/"), href) for href in parse(answer.text).values("href"))
            waiting += [link.removeprefix(BASE[:-1]) for link in links if link.startswith(BASE)]
    assert len(documents) >= len(seed.contract.entities) - 2
    assert len(seen) >= 120


def test_switching_the_language_keeps_the_page(client: TestClient) -> None:
    page = client.get("/service?level=LEVEL_1&lang=fr").text
    assert re.search(r'<a href="/service\?level=LEVEL_1&amp;lang=en" lang="en" hreflang="en">English</a>', page)
    assert '<link rel="alternate" hreflang="en" href="/service?level=LEVEL_1&amp;lang=en">' in page
