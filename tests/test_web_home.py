"""The home page and the quality page: what they count is what the catalogue says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, Seed, service
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.settings import read
from govgraph.store.embedded import DiskStore
from govgraph.web.app import build_app
from govgraph.web.home import FEATURED

ENGLISH = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture(scope="module")
def client(seed: Seed) -> Iterator[TestClient]:
    with TestClient(build_app(read({}, data=seed.directory)), base_url=BASE, headers=ENGLISH) as client:
        yield client


def test_home_counts_every_kind_and_shows_the_score(client: TestClient, seed: Seed, contract: Contract) -> None:
    page = client.get("/").text
    for kind in contract.entities:
        tile = page.partition(f'<a class="tile" href="/{kind.slug}">')[2].partition("</a>")[0]
        (count,) = re.findall(r'<span class="count">([\d,]+)</span>', tile)
        assert int(count.replace(",", "")) == len(seed.public.members(kind))
    assert f'aria-label="Score of the catalogue: {seed.public.summary().total.score:g}%"' in page
    for severity, count in seed.public.summary().findings.items():
        assert f'severity={severity}#findings"><strong>{count}</strong>' in page


def test_home_answers_the_two_questions_of_the_mission(client: TestClient, seed: Seed) -> None:
    assert len([name for name in FEATURED if name in seed.questions]) == 2
    page = unescape(client.get("/").text)
    for name in FEATURED:
        rows = client.get(f"/questions/{name}.json").json()["rows"]
        section = page.partition(f'<a href="/questions/{name}">')[2].partition("</section>")[0]
        assert section.count('<svg class="chain-across"') >= 3
        assert f"See all {len(rows)} rows of the answer" in section


def test_home_does_without_questions_a_country_does_not_have(contract: Contract, tmp_path: Path) -> None:
    source = tmp_path / "data.ttl"
    source.write_text(TURTLE_PREFIXES + ORGANISATION + service("a"), "utf-8")
    store = DiskStore(tmp_path / "data", BASE)
    load = Load(store, contract)
    load.read_rdf(source)
    load.finish()
    store.close()
    with TestClient(build_app(read({}, data=tmp_path / "data")), base_url=BASE, headers=ENGLISH) as client:
        page = client.get("/")
        assert page.status_code == 200
        assert "Nothing answers this question." in page.text


def test_quality_shows_the_scores_of_kinds_and_organisations(client: TestClient, seed: Seed) -> None:
    page = unescape(client.get("/validation").text)
    summary = seed.public.summary()
    labels = seed.public.labels(summary.organisations, ("en",))
    shown = re.findall(r"organisation=([\w-]+)#findings", page)
    assert len(shown) == len(summary.organisations) >= 10
    for iri, points in summary.organisations.items():
        assert labels[iri].text in page
        assert f">{points.score:g}%<" in page


def test_findings_are_filtered_by_severity_kind_organisation_and_property(client: TestClient, seed: Seed) -> None:
    findings = seed.public.all_findings()

    def counted(query: str) -> int:
        page = client.get(f"/validation?{query}").text
        return int(re.findall(r'<p role="status"><strong>(\d+)</strong> finding', page)[0])

    assert counted("") == len(findings) > 10
    assert sum(counted(f"severity={s}") for s in ("violation", "warning", "info")) == len(findings)
    by_kind = [counted(f"kind={kind.slug}") for kind in seed.contract.entities]
    assert sum(by_kind) == len(findings)
    assert sum(count > 0 for count in by_kind) >= 3
    column = seed.public.column(seed.contract.kind("Service").property("authority"))
    ministry = seed.public.names.entity("organisation", "ministry-of-education")
    of_ministry = [f for f in findings if ministry in column.get(f.entity, ())]
    assert counted("kind=service&organisation=ministry-of-education") == len(of_ministry)
    assert counted("kind=service&property=title") == sum(
        f.kind == "Service" and f.property_name == "title" for f in findings
    )


def test_what_to_mend_first_gives_back_most_points(client: TestClient) -> None:
    table = client.get("/validation").text.partition('id="mend-h"')[2].partition("</table>")[0]
    points = [
        float(p.replace(",", ""))
        for p in re.findall(r'<td data-label="Points" class="number">([\d.,]+)</td></tr>', table)
    ]
    assert points == sorted(points, reverse=True)
    assert 3 <= len(points) <= 10


def test_findings_are_paged(client: TestClient) -> None:
    assert client.get("/validation?page=999").status_code == 404
    assert client.get("/validation?page=0").status_code == 400


def test_messages_are_in_the_language_of_the_reader(client: TestClient) -> None:
    assert "Give the title in French as well." in client.get("/validation").text
    assert "Donnez aussi le titre en français." in client.get("/validation?lang=fr").text


def test_the_search_is_of_the_whole_catalogue(client: TestClient) -> None:
    page = client.get("/").text
    assert '<label for="q">Search the catalogue</label>' in page
    assert "Rechercher dans le catalogue" in client.get("/?lang=fr").text


def test_home_goes_on_without_a_question_that_is_too_costly(seed: Seed) -> None:
    """It says so, leads to the question's own page, and does not let the next reader wait for it again."""
    settings = read({}, data=seed.directory, query_seconds=0.001)
    with TestClient(build_app(settings), base_url=BASE, headers=ENGLISH) as client:
        page = client.get("/")
        again = client.get("/?lang=fr")
    assert page.status_code == again.status_code == 200
    assert page.text.count("Answering this takes too long for this page.") >= 1
    assert f'<a href="/questions/{FEATURED[0]}">Ask it on its own page</a>' in page.text
    assert "La réponse demande trop de temps pour cette page." in again.text
