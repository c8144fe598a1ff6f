"""GraphQL over HTTP, by the letter: methods, media types, statuses, limits, conditional requests, the page."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import uvicorn
from graphql import build_schema as read_sdl
from starlette.testclient import TestClient

from conftest import BASE, REPOSITORY, Seed
from govgraph.graphql import Limits, build_schema
from govgraph.settings import read
from govgraph.web.app import build_app
from govgraph.web.graphql.examples import EXAMPLES
from node import node

JSON = "application/json"
NEW = "application/graphql-response+json"
TYPE_NAME = "{ __typename }"


@pytest.fixture(scope="module")
def client(seed: Seed) -> Iterator[TestClient]:
    with TestClient(build_app(read({}, data=seed.directory)), base_url=BASE) as opened:
        yield opened


def post(client: TestClient, body: object, accept: str = NEW, **headers: str) -> Any:
    return client.post("/graphql", json=body, headers={"accept": accept, **headers})


def code(answer: Any) -> str:
    found: str = answer.json()["errors"][0]["extensions"]["code"]
    return found


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (NEW, NEW),
        (JSON, JSON),
        ("*/*", JSON),
        (f"{NEW}, {JSON};q=0.9", NEW),
        (f"{NEW};q=0.1, {JSON}", JSON),
        (f"{NEW}; charset=utf-8", NEW),
        ("application/*", JSON),
    ],
)
def test_the_answer_is_of_the_type_asked_for(client: TestClient, accept: str, expected: str) -> None:
    answer = post(client, {"query": TYPE_NAME}, accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{expected}; charset=utf-8"
    assert "Accept" in answer.headers["vary"]
    assert answer.json() == {"data": {"__typename": "Query"}}


def test_without_a_type_both_know_there_is_no_answer(client: TestClient) -> None:
    answer = post(client, {"query": TYPE_NAME}, "text/csv")
    assert (answer.status_code, code(answer)) == (406, "NOT_ACCEPTABLE")


def test_a_query_in_an_address_is_shown_on_a_page_to_who_asks_for_one(client: TestClient) -> None:
    answer = client.get("/graphql", params={"query": TYPE_NAME, "form": "1"}, headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "__typename" in answer.text


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query($id: ID!) { node(id: $id) { id } }", "variables": {"id": None}}, "BAD_USER_INPUT"),
        ({"query": TYPE_NAME, "operationName": "Other"}, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": ""}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ services(first: 100000) { totalCount } }"}, "BAD_REQUEST"),
    ],
)
def test_what_cannot_run_is_400_without_data_or_200_with_the_old_type(
    client: TestClient, body: Mapping[str, object], expected: str
) -> None:
    for accept, status in ((NEW, 400), (JSON, 200)):
        answer = post(client, body, accept)
        assert (answer.status_code, code(answer)) == (status, expected)
        assert "data" not in answer.json()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"query": "\xc3\x28"}',
        b"7",
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b'{"query": 7}',
        b'{"qeury": "{ __typename }"}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "extensions": "x"}',
        b'{"query": "{ __typename }", "operationName": 1}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_graphql_request_is_400_whatever_type_is_asked_for(client: TestClient, body: bytes) -> None:
    for accept in (NEW, JSON):
        answer = client.post("/graphql", content=body, headers={"content-type": JSON, "accept": accept})
        assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")
        assert answer.headers["content-type"].startswith(accept)


@pytest.mark.parametrize("type_", [None, "text/plain", "application/graphql", "application/json; charset=latin1"])
def test_a_body_of_another_type_is_415(client: TestClient, type_: str | None) -> None:
    answer = client.post(
        "/graphql", content=b'{"query": "{ __typename }"}', headers={"content-type": type_} if type_ else {}
    )
    assert (answer.status_code, code(answer)) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_body_that_is_too_large_is_413(client: TestClient) -> None:
    answer = post(client, {"query": TYPE_NAME + " " * 1_000_001})
    assert (answer.status_code, code(answer)) == (413, "TOO_LARGE")


def test_get_answers_queries_with_variables_and_an_operation_name(client: TestClient) -> None:
    query = "query A { __typename } query B($slug: String!) { lifeEvent(slug: $slug) { slug } }"
    given = {
        "query": query,
        "operationName": "B",
        "variables": json.dumps({"slug": "having-a-child"}),
        "extensions": "{}",
    }
    answer = client.get("/graphql", params=given)
    assert answer.status_code == 200
    assert answer.json() == {"data": {"lifeEvent": {"slug": "having-a-child"}}}
    wrong = client.get("/graphql", params={"query": TYPE_NAME, "variables": "{"}, headers={"accept": NEW})
    assert (wrong.status_code, code(wrong)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("operation", ["mutation { __typename }", "subscription { __typename }"])
def test_get_runs_nothing_but_queries(client: TestClient, operation: str) -> None:
    answer = client.get("/graphql", params={"query": operation})
    assert (answer.status_code, code(answer)) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "POST"


def test_other_methods_are_405(client: TestClient) -> None:
    answer = client.put("/graphql", json={"query": TYPE_NAME})
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["allow"].replace(" ", "").split(","))


def test_an_answer_says_its_revision_and_is_304_for_who_has_it(client: TestClient, seed: Seed) -> None:
    given = {"query": "{ services(first: 1) { totalCount } }"}
    answer = client.get("/graphql", params=given)
    assert answer.headers["govgraph-revision"] == str(seed.public.revision)
    tag = answer.headers["etag"]
    again = client.get("/graphql", params=given, headers={"if-none-match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = client.get("/graphql", params=given, headers={"if-none-match": tag, "accept": NEW})
    assert other.status_code == 200
    assert client.get("/graphql", params={"query": "{ catalogue { score } }"}).headers["etag"] != tag
    assert "etag" not in client.get("/graphql", params={"query": "{ service { iri } }"}).headers
    assert "etag" not in post(client, given).headers


def test_errors_in_running_stand_beside_the_data(client: TestClient) -> None:
    answer = post(client, {"query": '{ services(after: "?") { totalCount } catalogue { revision } }'})
    assert answer.status_code == 200
    assert answer.json()["data"]["services"] is None
    assert answer.json()["data"]["catalogue"]["revision"] >= 1
    (error,) = answer.json()["errors"]
    assert error["path"] == ["services"]
    assert error["locations"] == [{"line": 1, "column": 3}]
    assert list(answer.json()) == ["errors", "data"]


def test_only_what_is_published_is_answered(client: TestClient, seed: Seed) -> None:
    kind = seed.contract.kind("Service")
    public, all_ = len(seed.public.members(kind)), len(seed.working.members(kind))
    assert public < all_
    answer = post(client, {"query": "{ services { totalCount } }"})
    assert answer.json() == {"data": {"services": {"totalCount": public}}}


def test_a_browser_gets_a_page_with_examples_in_its_language(client: TestClient) -> None:
    for language, words in (("en", "How complete is the catalogue?"), ("fr", "Le catalogue est-il complet")):
        answer = client.get("/graphql", headers={"accept": "text/html,*/*;q=0.8", "accept-language": language})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert words in answer.text
    ran = client.get("/graphql", params={"query": TYPE_NAME}, headers={"accept": "*/*"})
    assert ran.json() == {"data": {"__typename": "Query"}}
    assert client.get("/graphql", headers={"accept": JSON}).status_code == 400


def test_every_example_runs_and_gives_something(client: TestClient) -> None:
    assert len(EXAMPLES) >= 5
    for example in EXAMPLES:
        assert set(example.titles) == {"en", "fr"}
        answer = post(client, {"query": example.query})
        assert "errors" not in answer.json(), answer.text
        assert all(answer.json()["data"].values())
        assert len(answer.text) > 200


def test_the_schema_can_be_fetched_and_read(client: TestClient, seed: Seed) -> None:
    answer = client.get("/schema.graphql")
    assert answer.status_code == 200
    assert read_sdl(answer.text).query_type is not None
    assert answer.text == build_schema(seed.contract, seed.questions, Limits.of(read({}))).print()


@pytest.fixture
def address(seed: Seed) -> Iterator[str]:
    """A server of its own on a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(build_app(read({}, data=seed.directory)), log_level="error", lifespan="on")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
        server.should_exit = True
        thread.join(timeout=10)


def test_all_audits_of_graphql_over_http_pass(address: str) -> None:
    script = REPOSITORY / "tests" / "clients" / "http_audit.mjs"
    done = subprocess.run(
        [node("graphql-http"), str(script), address], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    assert report["failed"] == []
    assert report["audits"] >= 60
