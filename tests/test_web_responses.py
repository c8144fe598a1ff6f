"""Formats, conditional requests, refusals and headers, as a client meets them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, Seed, service
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.settings import read
from govgraph.store.embedded import DiskStore
from govgraph.web.app import build_app

PAGE = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
HTML = "text/html; charset=utf-8"
SERVICE = "/doc/service/apply-for-a-building-permit"


@pytest.fixture(scope="module")
def client(seed: Seed) -> Iterator[TestClient]:
    with TestClient(build_app(read({}, data=seed.directory)), base_url=BASE, follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize(
    ("accept", "type_"),
    [
        (None, "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
        ("text/turtle", "text/turtle; charset=utf-8"),
        ("application/ld+json", "application/ld+json"),
        ("application/n-triples", "application/n-triples"),
        ("application/rdf+xml", "application/rdf+xml"),
        ("text/html;q=0.5, text/turtle", "text/turtle; charset=utf-8"),
        ("text/*;q=0.3, application/rdf+xml;q=0.2", "text/html; charset=utf-8"),
        ("application/pdf, */*;q=0.1", "text/html; charset=utf-8"),
    ],
)
def test_the_accept_header_chooses_the_format(client: TestClient, accept: str | None, type_: str) -> None:
    answer = client.get(SERVICE, headers={"Accept": accept} if accept else {"Accept": ""})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == type_
    assert {"Accept", "Accept-Language"} <= {part.strip() for part in answer.headers["vary"].split(",")}


@pytest.mark.parametrize("way", ["?format=ttl", ".ttl", "?format=text/turtle"])
def test_the_address_outweighs_the_accept_header(client: TestClient, way: str) -> None:
    answer = client.get(SERVICE + way, headers={"Accept": "application/rdf+xml"})
    assert answer.headers["content-type"] == "text/turtle; charset=utf-8"


@pytest.mark.parametrize("way", [{"headers": {"Accept": "application/pdf"}}, {"params": {"format": "pdf"}}])
def test_an_unknown_format_is_406_and_names_what_there_is(client: TestClient, way: dict[str, dict[str, str]]) -> None:
    answer = client.get(SERVICE, **way)  # type: ignore[arg-type]  # the two ways differ in their keyword
    assert answer.status_code == 406
    problem = answer.json()
    assert problem["type"].endswith("#not-acceptable")
    for type_ in ("text/html", "text/turtle", "application/ld+json", "application/n-triples", "application/rdf+xml"):
        assert type_ in problem["hint"]


def test_every_format_is_linked_and_the_base_is_canonical(client: TestClient) -> None:
    link = client.get(SERVICE, headers={"Host": "evil.example"}).headers["link"]
    assert link.count('rel="alternate"') == 5
    assert f'<{BASE}doc/service/apply-for-a-building-permit>; rel="canonical"' in link
    assert "evil.example" not in link


def test_a_known_entity_tag_is_answered_304_without_a_body(client: TestClient) -> None:
    first = client.get(SERVICE, headers=PAGE)
    again = client.get(SERVICE, headers={**PAGE, "If-None-Match": f'"other", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["vary"].startswith("Accept, Accept-Language")


def test_the_entity_tag_changes_with_language_and_format(client: TestClient) -> None:
    tags = {
        client.get(SERVICE, headers=PAGE | {"Accept-Language": "en"}).headers["etag"],
        client.get(SERVICE, headers=PAGE | {"Accept-Language": "fr"}).headers["etag"],
        client.get(SERVICE + ".ttl").headers["etag"],
        client.get(SERVICE + ".nt").headers["etag"],
    }
    assert len(tags) == 4


def test_the_entity_tag_changes_with_the_revision(contract: Contract, tmp_path: Path) -> None:
    source = tmp_path / "data.ttl"
    store = DiskStore(tmp_path / "data", BASE)
    tags, revisions = [], []
    with TestClient(build_app(read({}, data=tmp_path / "data", refresh_seconds=0)), base_url=BASE) as client:
        for title in ("One", "Two"):
            source.write_text(TURTLE_PREFIXES + ORGANISATION + service("a", title), "utf-8")
            load = Load(store, contract)
            load.read_rdf(source)
            load.finish()
            answer = client.get("/doc/service/a?lang=en")
            assert f"<h1>{title}" in answer.text
            tags.append(answer.headers["etag"])
            revisions.append(answer.headers["govgraph-revision"])
    store.close()
    assert len(set(tags)) == 2
    assert revisions == ["1", "2"]


def test_a_refusal_is_a_page_for_browsers_and_a_problem_for_programs(client: TestClient) -> None:
    page = client.get("/doc/service/no-such", headers=PAGE)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert f"{BASE}id/service/no-such" in page.text
    problem = client.get("/doc/service/no-such")
    assert (problem.status_code, problem.headers["content-type"]) == (404, "application/problem+json")
    assert set(problem.json()) == {"type", "title", "status", "detail", "hint"}
    assert problem.json()["status"] == 404


def test_a_file_that_is_not_there_is_a_problem_even_for_a_browser(client: TestClient) -> None:
    answer = client.get("/doc/service/no-such.ttl", headers=PAGE)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["/nothing", "/doc/", "/a/b/c/d", "/static/nothing.css", "/channel"])
def test_an_unknown_address_is_404(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_a_wrong_method_is_405_and_says_which_are_right(client: TestClient) -> None:
    answer = client.patch(SERVICE)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}
    assert answer.json()["title"] == "Method Not Allowed"


def test_head_is_answered_like_get_without_a_body(client: TestClient) -> None:
    answer = client.head(SERVICE)
    assert answer.status_code == 200
    assert answer.headers["etag"] == client.get(SERVICE, headers={"Accept": "*/*"}).headers["etag"]


def test_a_fault_of_ours_shows_no_internals(seed: Seed) -> None:
    def fault(_request: Request) -> Response:
        raise ZeroDivisionError("the inside of the house")

    app = build_app(read({}, data=seed.directory))
    app.router.routes.insert(0, Route("/fault", fault))
    with TestClient(app, base_url=BASE, raise_server_exceptions=False) as client:
        page, problem = client.get("/fault", headers=PAGE), client.get("/fault")
    assert (page.headers["content-type"], problem.headers["content-type"]) == (HTML, "application/problem+json")
    for answer in (page, problem):
        assert answer.status_code == 500
        assert "ZeroDivision" not in answer.text
        assert "inside" not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_without_a_catalogue_everything_is_503_with_a_hint(tmp_path: Path) -> None:
    with TestClient(build_app(read({}, data=tmp_path / "none")), base_url=BASE) as client:
        for path in ("/", "/healthz", "/service", "/validation", "/questions/blocked_services.json"):
            answer = client.get(path)
            assert answer.status_code == 503
            assert "govgraph load" in answer.json()["hint"]


@pytest.mark.parametrize("path", ["/", "/healthz", SERVICE, SERVICE + ".ttl", "/nothing", "/static/style.css"])
def test_every_answer_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path, headers=PAGE).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"


def test_pages_are_compressed_for_those_who_can_read_it(client: TestClient) -> None:
    answer = client.get("/", headers={**PAGE, "Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["vary"]


def test_static_files_stay_as_long_as_their_fingerprint(client: TestClient) -> None:
    href = client.get("/", headers=PAGE).text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert href.startswith("/static/style.css?v=")
    assert "immutable" in client.get(href).headers["cache-control"]
    assert "immutable" not in client.get("/static/style.css?v=old").headers["cache-control"]


def test_health_names_version_base_and_revision(client: TestClient, seed: Seed) -> None:
    said = client.get("/healthz").json()
    assert set(said) == {"status", "version", "base", "revision"}
    assert (said["status"], said["base"], said["revision"]) == ("ok", BASE, seed.loaded.revision)


def test_a_base_with_a_path_is_where_everything_is(contract: Contract, tmp_path: Path) -> None:
    base = "https://data.example.gov/catalogue/"
    source = tmp_path / "data.ttl"
    source.write_text(TURTLE_PREFIXES + ORGANISATION + service("a"), "utf-8")
    store = DiskStore(tmp_path / "data", base)
    load = Load(store, contract)
    load.read_rdf(source)
    load.finish()
    store.close()
    settings = read({}, data=tmp_path / "data", base=base)
    with TestClient(build_app(settings), base_url="http://inside:8000", follow_redirects=False) as client:
        assert client.get("/").headers["location"] == "/catalogue/"
        to_document = client.get("/catalogue/id/service/a")
        assert (to_document.status_code, to_document.headers["location"]) == (303, "/catalogue/doc/service/a")
        page = client.get("/catalogue/doc/service/a", headers=PAGE)
        assert "https://data.example.gov/catalogue/id/service/a" in page.text
        assert 'href="/catalogue/doc/organisation/interior"' in page.text
        assert "inside:8000" not in page.text + str(page.headers)
        assert client.get("/catalogue/healthz").json()["base"] == base
        assert client.get("/doc/service/a").status_code == 404
