"""Questions as pages, with their forms, diagrams and charts, and as JSON, CSV and SPARQL."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html import unescape

import pytest
from starlette.testclient import TestClient

from conftest import BASE, Seed
from govgraph.question.asking import ask
from govgraph.settings import read
from govgraph.web.app import build_app

PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def client(seed: Seed) -> Iterator[TestClient]:
    with TestClient(build_app(read({}, data=seed.directory)), base_url=BASE) as client:
        yield client


def needed(seed: Seed, name: str) -> dict[str, str]:
    """A value for each parameter a question needs: the first entity of its kind."""
    question = seed.questions[name]
    given = {}
    for parameter in question.parameters:
        if parameter.required and not parameter.default:
            members = seed.public.members(seed.contract.by_name[parameter.type])
            given[parameter.name] = min(member.value for member in members)
    return given


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_question_is_listed_with_its_reason(client: TestClient, seed: Seed, language: str) -> None:
    page = unescape(client.get(f"/questions/?lang={language}").text).replace("\u00a0", " ")
    assert len(seed.questions) >= 18
    for question in seed.questions.values():
        assert f"/questions/{question.name}?lang={language}" in page
        assert question.titles[language].replace("\u00a0", " ") in page
        assert question.reasons[language].replace("\u00a0", " ") in page


def test_without_its_slash_the_list_is_found_all_the_same(client: TestClient) -> None:
    answer = client.get("/questions?lang=fr", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, "/questions/?lang=fr")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_question_has_a_page_and_the_same_answer_as_json_and_csv(
    client: TestClient, seed: Seed, language: str
) -> None:
    answered = 0
    for name, question in seed.questions.items():
        given = needed(seed, name)
        page = client.get(f"/questions/{name}", params={**given, "lang": language}, headers=PAGE)
        assert page.status_code == 200, name
        said = client.get(f"/questions/{name}.json", params=given).json()
        assert list(said) == ["question", "columns", "rows", "revision"]
        assert (said["question"], said["revision"]) == (name, seed.loaded.revision)
        assert said["columns"] == [column.name for column in question.columns]
        assert len(said["rows"]) == len(ask(seed.public, question, given).rows)
        table = list(csv.reader(io.StringIO(client.get(f"/questions/{name}.csv", params=given).text)))
        assert table[0] == said["columns"]
        assert len(table) - 1 == len(said["rows"])
        shown = re.search(r'<p role="status"><strong>([\d\u202f,]+)</strong>', page.text)
        assert shown is not None, name
        assert int(re.sub(r"\D", "", shown.group(1))) == len(said["rows"])
        answered += bool(said["rows"])
    assert answered >= len(seed.questions) - 2


def test_the_query_itself_can_be_read(client: TestClient, seed: Seed) -> None:
    answer = client.get("/questions/blocked_services.rq")
    assert answer.headers["content-type"] == "application/sparql-query"
    assert answer.text == seed.questions["blocked_services"].text
    by_accept = client.get("/questions/blocked_services", headers={"Accept": "application/sparql-query"})
    assert by_accept.text == answer.text


def test_the_accept_header_chooses_json_or_csv(client: TestClient) -> None:
    for type_, start in (("application/json", "{"), ("text/csv", "service,missing")):
        answer = client.get("/questions/blocked_services", headers={"Accept": type_})
        assert answer.headers["content-type"].startswith(type_)
        assert answer.text.startswith(start)


def test_a_chain_is_drawn_across_and_down_with_words_for_those_who_do_not_see_it(client: TestClient) -> None:
    said = client.get("/questions/blocked_services.json?service=accept-an-inheritance").json()
    page = client.get("/questions/blocked_services?service=accept-an-inheritance&lang=en").text
    steps = sum(len(row["chain"]) for row in said["rows"])
    assert steps > len(said["rows"]) > 1
    for name in ("across", "down"):
        drawn = re.findall(rf'<svg class="chain-{name}".*?</svg>', page, re.DOTALL)
        assert len(drawn) == len(said["rows"])
        assert sum(svg.count('class="arrow"') for svg in drawn) == steps
        assert sum(svg.count("<rect") for svg in drawn) == steps + len(drawn)
        assert sum("<title" in svg and "<desc" in svg for svg in drawn) == len(said["rows"])
    assert "Accept or refuse an inheritance → Building blocks needed → Digital notarisation" in unescape(page)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_a_chart_is_drawn_where_the_question_declares_one(client: TestClient, seed: Seed) -> None:
    charted = [name for name, question in seed.questions.items() if question.chart]
    assert len(charted) >= 3
    for name in charted:
        page = client.get(f"/questions/{name}?lang=fr", headers=PAGE).text
        rows = client.get(f"/questions/{name}.json").json()["rows"]
        (chart,) = re.findall(r'<svg class="bars".*?</svg>', page, re.DOTALL)
        assert chart.count('class="bar-label"') == len(rows)
        assert "<desc" in chart


def test_the_form_is_derived_from_the_parameters(client: TestClient, seed: Seed) -> None:
    page = client.get("/questions/regulations_of_item?lang=en&date=2026-01-31&item=").text
    assert '<input id="p-date" name="date" type="date" value="2026-01-31"' in page
    choices = re.findall(r'<option value="([\w-]+)">', page.partition('id="p-item"')[2].partition("</select>")[0])
    assert len(choices) == len(seed.public.members(seed.contract.kind("RoadmapItem")))


def test_before_anything_is_chosen_the_page_is_an_invitation(client: TestClient) -> None:
    page = client.get("/questions/retiring_system?lang=en", headers=PAGE)
    assert page.status_code == 200
    assert "Choose above" in page.text
    assert 'role="alert"' not in page.text


def test_a_missing_parameter_is_400_in_the_form_and_a_problem_in_json(client: TestClient) -> None:
    page = client.get("/questions/retiring_system?system=&lang=fr", headers=PAGE)
    assert page.status_code == 400
    assert "«\u00a0Système à arrêter\u00a0» doit être renseigné." in page.text
    problem = client.get("/questions/retiring_system.json")
    assert (problem.status_code, problem.headers["content-type"]) == (400, "application/problem+json")
    assert "system" in problem.json()["detail"]


@pytest.mark.parametrize("query", ["date=soon", "date=2026-13-01", "colour=red", "item=not an iri:"])
def test_what_cannot_be_asked_is_400_with_the_form_kept(client: TestClient, query: str) -> None:
    page = client.get(f"/questions/regulations_of_item?{query}", headers=PAGE)
    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert '<select id="p-item"' in page.text
    assert client.get(f"/questions/regulations_of_item.json?{query}").status_code == 400


def test_values_are_terms_and_never_query_text(client: TestClient) -> None:
    evil = 'x> } # "<script>'
    page = client.get("/questions/blocked_services", params={"service": evil}, headers=PAGE)
    assert page.status_code == 400
    assert "&lt;script&gt;" in page.text
    assert "<script" not in page.text
    assert client.get("/questions/blocked_services.json", params={"service": evil}).status_code == 400


def test_an_unknown_question_names_those_there_are(client: TestClient) -> None:
    answer = client.get("/questions/meaning_of_life")
    assert answer.status_code == 404
    assert "blocked_services" in answer.json()["hint"]


def test_long_answers_are_paged_on_the_page_only(client: TestClient) -> None:
    rows = client.get("/questions/blocked_services.json").json()["rows"]
    assert len(rows) > 50
    first, second = (client.get(f"/questions/blocked_services?page={n}", headers=PAGE).text for n in (1, 2))
    assert first.count('<th scope="row">') == 50
    assert first.count('<th scope="row">') + second.count('<th scope="row">') == min(len(rows), 100)
    assert client.get("/questions/blocked_services?page=x", headers=PAGE).status_code == 400
