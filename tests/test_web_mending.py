"""The quality page says what to mend next, for all or for one organisation, and draws how the score has moved."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from html import unescape

import pytest
from starlette.testclient import TestClient

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, Seed, service
from govgraph.catalogue.next_edits import Scope, mendings, page
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.settings import read
from govgraph.store.embedded import DiskStore
from govgraph.web.app import build_app
from govgraph.web.plotting import Series, plot

ENGLISH = {"Accept": "text/html", "Accept-Language": "en"}


def percent(value: float) -> str:
    return f"{value:g} %"


@pytest.fixture(scope="module")
def client(seed: Seed) -> Iterator[TestClient]:
    with TestClient(build_app(read({}, data=seed.directory)), base_url=BASE, headers=ENGLISH) as client:
        yield client


@pytest.fixture(scope="module")
def moved(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A catalogue to which a second revision adds an entry that lacks something."""
    directory = tmp_path_factory.mktemp("moved")
    store = DiskStore(directory / "data", BASE)
    for turtle in (ORGANISATION + service("passport"), service("visa")):
        file = directory / "some.ttl"
        file.write_text(TURTLE_PREFIXES + turtle, "utf-8")
        load = Load(store, contract)
        load.read_rdf(file)
        load.finish(strict=True)
    with TestClient(build_app(read({}, data=directory / "data")), base_url=BASE, headers=ENGLISH) as client:
        yield client
    store.close()


def test_the_whole_catalogue_is_told_by_what_is_wrong_with_most(client: TestClient, seed: Seed) -> None:
    section = client.get("/validation").text.partition('id="mend-h"')[2].partition("</section>")[0]
    rows = re.findall(
        r'data-label="Entries" class="number">([\d,]+)</td>.*?data-label="Points" class="number">([\d.,]+)<', section
    )
    assert 3 <= len(rows) <= 10
    by_subject: dict[tuple[str, str, str], float] = {}
    for one in mendings(seed.public).ranked:
        key = (one.kind.name, one.subject, one.severity.value)
        by_subject[key] = by_subject.get(key, 0.0) + one.points
    best = sorted(by_subject.values(), reverse=True)[: len(rows)]
    assert [float(points.replace(",", "")) for _, points in rows] == best


def test_an_organisation_is_told_its_own_single_edits(client: TestClient, seed: Seed) -> None:
    organisations = seed.public.summary().organisations
    ministry = max(organisations, key=lambda one: (len(mendings(seed.public, Scope(one)).ranked), one.value))
    leaf = page(seed.public, Scope(ministry), first=10)
    text = unescape(client.get(f"/validation?organisation={ministry.value}").text)
    section = text.partition('id="next-h"')[2].partition("</section>")[0]
    assert text.count('id="mend-h"') == 0
    points = re.findall(r'data-label="Points" class="number">([\d.,]+)<', section)
    assert [float(one) for one in points] == [one.points for one in leaf.mendings]
    assert len(points) == min(10, leaf.total) > 3
    french = unescape(client.get(f"/validation?organisation={ministry.value}&lang=fr").text)
    assert "Que corriger ensuite" in french
    assert "Chaque ligne est une seule correction" in french


def test_a_catalogue_that_has_not_moved_draws_no_plot(client: TestClient) -> None:
    assert 'id="history-h"' not in client.get("/validation").text


def test_the_score_is_drawn_over_the_revisions(moved: TestClient) -> None:
    text = unescape(moved.get("/validation").text)
    section = text.partition('id="history-h"')[2].partition("</section>")[0]
    assert section.count('class="line line-0"') == 1
    assert re.search(r"The catalogue: [\d.]+% at revision 1, [\d.]+% at revision 2\.", section)
    both = moved.get("/validation?organisation=interior").text
    assert both.count('class="line line-1"') == 1
    assert "Interior: " in unescape(both)


def test_a_plot_keeps_each_score_until_the_next() -> None:
    drawn = plot([Series("all", [(1, 60.0), (3, 80.0)])], 5, percent)
    assert drawn is not None
    (line,) = drawn.lines
    top, bottom = (next(tick.y for tick in drawn.ticks if tick.text == text) for text in ("80 %", "60 %"))
    assert top < bottom
    assert line.path == f"M0 {bottom}H425V{top}H850"
    assert (drawn.first, drawn.last, line.text) == (1, 5, "80 %")
    assert drawn.told == (("all", "60 %", "80 %"),)


@pytest.mark.parametrize("values", [[], [(1, 60.0)]])
def test_nothing_that_moved_is_no_plot(values: list[tuple[int, float]]) -> None:
    assert plot([Series("all", values)], 5, percent) is None
    assert plot([], 5, percent) is None


def test_figures_at_the_ends_of_lines_do_not_stand_on_one_another() -> None:
    drawn = plot([Series(name, [(1, 50.0 + n), (2, 70.0 + n / 10)]) for n, name in enumerate("abc")], 2, percent)
    assert drawn is not None
    heights = sorted(line.text_y for line in drawn.lines)
    assert all(later - earlier >= 16 for earlier, later in itertools.pairwise(heights))


@pytest.mark.parametrize("values", [(99.4, 100.0), (0.0, 0.3), (12.0, 97.0), (54.1, 54.2), (100.0, 100.0)])
def test_a_scale_holds_all_scores_in_few_steps(values: tuple[float, float]) -> None:
    drawn = plot([Series("all", list(enumerate(values)))], 2, percent)
    assert drawn is not None
    marks = [float(tick.text.removesuffix(" %")) for tick in drawn.ticks]
    assert 2 <= len(marks) <= 6
    assert 0 <= marks[0] <= min(values)
    assert max(values) <= marks[-1] <= 100
