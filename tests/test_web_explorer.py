"""The page at /graphql: the explorer where it is built, else or when asked for a form with readable results."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate
from starlette.testclient import TestClient

from conftest import BASE, REPOSITORY, Seed
from govgraph.settings import read as read_settings
from govgraph.shipped import EXPLORER
from govgraph.web.app import build_app
from govgraph.web.graphql import page as page_module
from govgraph.web.graphql.examples import EXAMPLES, LIVE
from govgraph.web.graphql.explorer import Built, Missing, look
from govgraph.web.graphql.readable import Items, Lines, Table, Text, read

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
BUILT = Built("0123456789ab", "assets/main-1.js", ("assets/main-1.css",), ("assets/editor-1.js",))


@pytest.fixture(scope="module")
def client(seed: Seed) -> Iterator[TestClient]:
    with TestClient(build_app(read_settings({}, data=seed.directory, base=BASE)), base_url=BASE) as client:
        yield client


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "look", lambda: BUILT)


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "look", lambda: Missing("“npm ci” ended with: no <registry>"))


def given(text: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="explorer-given">(.*?)</script>', text, re.DOTALL)
    assert found
    said: dict[str, object] = json.loads(found[1])
    return said


def test_a_browser_gets_the_explorer_in_its_language(client: TestClient, built: None) -> None:
    for language, word in (("en", "As published"), ("fr", "Publié")):
        answer = client.get("/graphql", params={"lang": language}, headers=BROWSER)
        assert answer.status_code == 200
        assert answer.text.count("<h1>") == 1
        assert '<script type="module" src="/static/explorer/assets/main-1.js">' in answer.text
        told = given(answer.text)
        assert told["endpoint"] == "/graphql"
        assert told["words"]["public"] == word  # type: ignore[index]  # an object of words
        titles = [one["title"].replace("\u00a0", " ") for one in told["examples"]]  # type: ignore[attr-defined]  # a list of objects
        assert titles == [example.titles[language] for example in (*EXAMPLES, *LIVE)]


def test_every_example_of_the_explorer_runs_in_the_language_it_is_shown_in(client: TestClient, built: None) -> None:
    several = 0
    for language in ("en", "fr"):
        told = given(client.get("/graphql", params={"lang": language}, headers=BROWSER).text)
        queries = [one["query"] for one in told["examples"]]  # type: ignore[attr-defined]  # a list of objects
        assert queries == [example.shown_in(language) for example in (*EXAMPLES, *LIVE)]
        for query in queries[: len(EXAMPLES)]:
            answer = client.post("/graphql", json={"query": query}).json()
            assert "errors" not in answer, query
            assert all(answer["data"].values())
        several += sum('$lang: [String!] = ["fr", "en"]' in query for query in queries)
        schema = client.get("/schema.graphql").text
        for query in queries[len(EXAMPLES) :]:
            assert validate(build_schema(schema), parse(query)) == []
    assert several >= 6


def test_the_policy_of_the_page_lets_no_script_from_elsewhere_run(client: TestClient, built: None) -> None:
    policy = client.get("/graphql", headers=BROWSER).headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["worker-src"] == rules["connect-src"] == "'self'"
    assert rules["style-src"] == "'self' 'unsafe-inline'"
    other = client.get("/sparql", headers=BROWSER).headers["content-security-policy"]
    assert "unsafe" not in other


def test_an_operation_in_the_address_waits_in_the_explorer(client: TestClient, built: None) -> None:
    query = '{ services(filter: {title: {contains: "</script><b>"}}) { totalCount } }'
    answer = client.get("/graphql", params={"query": query, "variables": '{"a": 1}'}, headers=BROWSER)
    told = given(answer.text)
    assert (told["query"], told["variables"]) == (query, '{"a": 1}')
    assert "<b>" not in answer.text


def test_the_page_is_kept_as_long_as_nothing_of_it_changes(client: TestClient, built: None) -> None:
    first = client.get("/graphql", headers=BROWSER)
    again = client.get("/graphql", headers={**BROWSER, "if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    other = client.get("/graphql", params={"query": "{ __typename }"}, headers=BROWSER)
    assert other.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/graphql-response+json", "*/*;q=0.8"])
def test_a_program_that_sends_a_query_gets_json_as_ever(client: TestClient, built: None, accept: str) -> None:
    answer = client.get("/graphql", params={"query": "{ __typename }"}, headers={"accept": accept})
    assert answer.json() == {"data": {"__typename": "Query"}}


def test_where_the_explorer_is_missing_the_page_says_why_and_how_to_build_it(client: TestClient, missing: None) -> None:
    answer = client.get("/graphql", headers={**BROWSER, "accept-language": "en"})
    assert answer.status_code == 200
    assert "The explorer is not built" in answer.text
    assert "GOVGRAPH_BUILD_EXPLORER=1" in answer.text
    assert "no &lt;registry&gt;" in answer.text
    assert "L’explorateur n’est pas construit" in client.get("/graphql?lang=fr", headers=BROWSER).text


def test_the_plain_form_shows_results_as_a_table_and_as_json(client: TestClient, missing: None) -> None:
    query = "{ services(first: 3) { totalCount nodes { label { value lang } needsBlocks { title { value } } } } }"
    answer = client.get("/graphql", params={"query": query, "form": "1", "lang": "fr"}, headers=BROWSER)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.text.count('<td data-label="label">') == 3
    assert "<summary>JSON</summary>" in answer.text
    assert query in answer.text


def test_the_plain_form_is_there_beside_the_explorer(client: TestClient, built: None) -> None:
    answer = client.get("/graphql", params={"form": "1"}, headers=BROWSER)
    assert "<textarea" in answer.text
    assert "explorer-given" not in answer.text
    assert "unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("{ nothing }", 400, "Cannot query field"),
        ("{", 400, "Syntax Error"),
        ("mutation { __typename }", 405, "GET runs queries only"),
    ],
)
def test_the_plain_form_tells_what_is_wrong(
    client: TestClient, missing: None, query: str, status: int, said: str
) -> None:
    answer = client.get("/graphql", params={"query": query, "lang": "en"}, headers=BROWSER)
    assert answer.status_code == status
    assert said in answer.text
    assert "<h1>GraphQL</h1>" in answer.text


def test_answers_are_read_as_lines_lists_and_tables() -> None:
    assert read({"value": "Paris", "lang": "fr"}) == Text("Paris", "fr")
    assert read([{"title": {"value": "A"}}]) == Items((Text("A"),), 0)
    assert read({"a": None, "b": True}) == Lines((("a", Text("–")), ("b", Text("true"))))
    assert read([{"a": 1, "b": "x"}, {"a": 2}]) == Table(
        ("a", "b"), ((Text("1"), Text("x")), (Text("2"), Text("–"))), 0
    )
    assert read("javascript:alert(1)") == Text("javascript:alert(1)")
    assert read("https://a.example/") == Text("https://a.example/", href="https://a.example/")
    many = read(list(range(1000)))
    assert isinstance(many, Items)
    assert (len(many.items), many.more) == (200, 800)


def test_a_build_is_read_from_its_manifest(tmp_path: Path) -> None:
    assert look(tmp_path) == Missing("")
    (tmp_path / "missing.txt").write_text("No npm.\n")
    assert look(tmp_path) == Missing("No npm.")
    entry = {"file": "assets/m.js", "imports": ["_r.js", "_e.js"], "css": ["assets/m.css"]}
    runtime = {"file": "assets/r.js", "imports": ["src/main.tsx"]}
    editor = {"file": "assets/e.js", "name": "monaco-editor", "imports": ["_r.js"], "css": ["assets/e.css"]}
    (tmp_path / "manifest.json").write_text(json.dumps({"src/main.tsx": entry, "_r.js": runtime, "_e.js": editor}))
    there = look(tmp_path)
    assert isinstance(there, Built)
    assert (there.entry, there.styles) == ("assets/m.js", ("assets/m.css", "assets/e.css"))
    assert there.preloads == ("assets/r.js", "assets/e.js")


def test_the_lock_file_holds_no_download_addresses() -> None:
    lock = json.loads((REPOSITORY / "explorer" / "package-lock.json").read_text("utf-8"))["packages"]
    assert len(lock) > 80
    assert not [name for name, package in lock.items() if "resolved" in package]
    assert not [name for name, package in lock.items() if name and "integrity" not in package and "link" not in package]


@pytest.fixture
def explorer() -> Built:
    there = look()
    if isinstance(there, Missing):
        pytest.skip("needs the explorer: GOVGRAPH_BUILD_EXPLORER=1 pip install --no-deps --editable .")
    return there


def test_built_files_are_kept_for_good_and_sent_compressed(client: TestClient, explorer: Built) -> None:
    for name in (explorer.entry, *explorer.styles, *explorer.preloads):
        packed = client.get(f"/static/explorer/{name}", headers={"accept-encoding": "gzip"})
        plain = client.get(f"/static/explorer/{name}", headers={"accept-encoding": "identity"})
        assert packed.status_code == plain.status_code == 200
        assert packed.content == plain.content
        assert packed.headers["content-type"] == plain.headers["content-type"]
        assert "immutable" in packed.headers["cache-control"]
        assert "Accept-Encoding" in packed.headers["vary"]
        if len(plain.content) > 2000:
            assert packed.headers["content-encoding"] == "gzip"
            assert gzip.decompress((EXPLORER / f"{name}.gz").read_bytes()) == plain.content
    assert client.get("/static/explorer/assets/none.js").status_code == 404


def test_what_is_bundled_comes_with_its_licences_and_asks_nothing_of_other_sites(explorer: Built) -> None:
    texts = (EXPLORER / "licences.txt").read_text("utf-8")
    for name in ("graphiql", "monaco-editor", "react", "graphql-ws", "graphql"):
        assert re.search(rf"^{name} \d", texts, re.MULTILINE)
    assert texts.count("Permission is hereby granted") > 50
    scripts = list((EXPLORER / "assets").glob("*.js"))
    assert len(scripts) > 10
    for script in scripts:
        assert not re.search(r"cdn\.|unpkg|jsdelivr|esm\.sh|googleapis", script.read_text("utf-8")), script.name
    total = sum(path.stat().st_size for path in (EXPLORER / "assets").glob("*.gz"))
    assert total < 2_500_000
