"""What partners meet at /graphql beside the protocol: prices, points, registered documents, lists, kept answers."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from sys import getsizeof
from typing import Any

import pytest
from starlette.testclient import TestClient

from conftest import BASE, REPOSITORY, Seed
from govgraph.access import Role
from govgraph.access.tokens import Tokens
from govgraph.graphql.evolution.registry import Registered, Registry
from govgraph.graphql.execution.limits import INTROSPECTING, SEARCHING_THE_PAST
from govgraph.graphql.schema.aggregates import GROUPING, MEASURING
from govgraph.graphql.schema.asking import ASKING
from govgraph.graphql.schema.chronicles import LOOKING_UP
from govgraph.graphql.schema.connections import COUNTING
from govgraph.graphql.schema.filters import CONTAINING, SEARCHING
from govgraph.graphql.schema.orders import ORDERING
from govgraph.graphql.writing.mutation import CHANGING
from govgraph.settings import read
from govgraph.web.app import build_app
from govgraph.web.graphql.kept import bytes_of
from govgraph.web.graphql.statuses import table

JSON = "application/json"
NEW = "application/graphql-response+json"
SERVICES = "query Services($first: Int) { services(first: $first) { totalCount nodes { iri } } }"
SMALL = "{ __typename }"

Open = Callable[..., TestClient]


@pytest.fixture
def data(seed: Seed, tmp_path: Path) -> Path:
    """A data directory of one's own, without what others tried in its model."""
    return Path(shutil.copytree(seed.directory, tmp_path / "data", ignore=shutil.ignore_patterns("access")))


@pytest.fixture
def opened(data: Path) -> Iterator[Open]:
    """A serving process under some settings."""
    clients: list[TestClient] = []

    def start(*, address: str = "192.0.2.1", **settings: object) -> TestClient:
        app = build_app(read({}, data=data, **settings))
        clients.append(TestClient(app, base_url=BASE, client=(address, 50_000)))
        clients[-1].__enter__()
        return clients[-1]

    yield start
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture(scope="module")
def plain(seed: Seed) -> Iterator[TestClient]:
    """A serving process under the default settings."""
    with TestClient(build_app(read({}, data=seed.directory)), base_url=BASE) as client:
        yield client


def post(client: TestClient, body: object, accept: str = NEW, **headers: str) -> Any:
    return client.post(
        "/graphql", json=body, headers={"accept": accept, **{k.replace("_", "-"): v for k, v in headers.items()}}
    )


def code(answer: Any) -> str:
    said = answer.json()
    found: str = (said[0] if isinstance(said, list) else said)["errors"][0]["extensions"]["code"]
    return found


def hash_of(query: str) -> str:
    return sha256(query.encode()).hexdigest()


def persisted(query: str) -> dict[str, object]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hash_of(query)}}


# Prices


def test_a_price_is_told_to_who_asks(plain: TestClient) -> None:
    assert "extensions" not in post(plain, {"query": SERVICES}).json()
    answer = post(plain, {"query": SERVICES, "variables": {"first": 200}}, govgraph_price="yes")
    cost = answer.json()["extensions"]["cost"]
    assert cost["points"] == int(answer.headers["govgraph-price"]) >= 3
    assert cost["entities"] >= 200
    assert cost["most"] == 10_000
    assert {"fields", "depth"} <= set(cost)
    assert "left" not in cost
    assert answer.json()["data"]["services"]["nodes"]


def test_a_price_can_be_had_without_the_answer(plain: TestClient) -> None:
    whole = post(plain, {"query": SERVICES, "variables": {"first": 200}}, govgraph_price="yes").json()
    for _ in range(2):
        alone = post(plain, {"query": SERVICES, "variables": {"first": 200}}, govgraph_price="only")
        assert alone.status_code == 200
        assert alone.json() == {"data": None, "extensions": {"cost": whole["extensions"]["cost"]}}
    assert code(post(plain, {"query": "{ nothing }"}, govgraph_price="only")) == "GRAPHQL_VALIDATION_FAILED"


def test_larger_pages_cost_more_and_too_much_is_refused_before_it_runs(opened: Open) -> None:
    client = opened(graphql_price=4)
    answer = post(client, {"query": SERVICES, "variables": {"first": 10}}, govgraph_price="only")
    assert int(answer.headers["govgraph-price"]) <= 4
    nested = "{ services(first: 50) { nodes { requires(first: 50) { iri } } } }"
    refused = post(client, {"query": nested})
    assert (refused.status_code, code(refused)) == (400, "TOO_COSTLY")
    assert post(client, {"query": nested}, JSON).status_code == 200


def test_the_manual_has_the_prices() -> None:
    manual = (REPOSITORY / "docs" / "graphql.md").read_text("utf-8")
    prices = {
        "`totalCount` of a list; of a connection within entries, for each of these": COUNTING,
        "an aggregate; the statistics of each property in it": MEASURING,
        "its groups by a property": GROUPING,
        "a search; `search` in a filter": SEARCHING,
        "all searches of an operation together, beside that, with `asOf`": SEARCHING_THE_PAST,
        "`contains` in a filter": CONTAINING,
        "in `orderBy` each key beyond the first, and each relation on the way of a key": ORDERING,
        "what came and went in a revision (`changes`), for each": LOOKING_UP,
        "a question": ASKING,
        "a change": CHANGING,
        "`__schema`, `__type`": INTROSPECTING,
    }
    missing = [what for what, points in prices.items() if f"| {what} | {points} |" not in manual]
    assert not missing


def test_asking_about_the_schema_has_a_price_and_an_end(plain: TestClient) -> None:
    answer = post(plain, {"query": "{ __schema { queryType { name } } }"}, govgraph_price="only")
    assert int(answer.headers["govgraph-price"]) == 1 + INTROSPECTING
    flood = "{ " + " ".join(f"a{n}: __schema {{ types {{ name }} }}" for n in range(30)) + " }"
    refused = post(plain, {"query": flood})
    assert (refused.status_code, code(refused)) == (400, "TOO_MANY_INTROSPECTIONS")


# Points


def test_who_has_spent_its_points_is_told_when_there_are_more(opened: Open) -> None:
    client = opened(graphql_points=5, graphql_points_seconds=86_400)
    for left in (4, 3, 2, 1, 0):
        answer = post(client, {"query": SMALL})
        assert answer.json()["extensions"]["cost"]["left"] == left
        assert answer.headers["ratelimit-policy"] == '"points";q=5;w=86400;qu="points"'
        assert answer.headers["ratelimit"].startswith(f'"points";r={left};t=')
    for accept in (NEW, JSON):
        refused = post(client, {"query": SMALL}, accept)
        assert (refused.status_code, code(refused)) == (429, "QUOTA_SPENT")
        assert 0 < int(refused.headers["retry-after"]) <= 86_400
        assert refused.headers["ratelimit"].startswith('"points";r=0;t=')
        assert refused.headers["content-type"].startswith(accept)


def test_clients_have_points_of_their_own_and_processes_share_them(opened: Open, data: Path) -> None:
    settings = {"graphql_points": 300, "graphql_points_seconds": 86_400}
    first, second = opened(**settings), opened(**settings)
    other = opened(address="192.0.2.2", **settings)
    token = Tokens(data / "access").create(Role.READER, None, "partner", None)
    spent = 0
    while post((first, second)[spent % 2], {"query": SMALL}).status_code == 200:
        spent += 1
        assert spent <= 300
    assert spent >= 280
    assert post(other, {"query": SMALL}).status_code == 200
    assert post(first, {"query": SMALL}, authorization=f"Bearer {token}").status_code == 200
    neighbours = [opened(address=f"2001:db8::{n}", **settings) for n in (1, 2)]
    lefts = [post(one, {"query": SMALL}).json()["extensions"]["cost"]["left"] for one in neighbours]
    assert max(lefts) <= 299, "addresses of one site are one client"


def test_what_cannot_run_and_what_has_not_changed_cost_one_point(opened: Open) -> None:
    client = opened(graphql_points=1000, graphql_points_seconds=86_400)
    given = {"query": SERVICES, "variables": json.dumps({"first": 200})}
    answer = client.get("/graphql", params=given)
    price, left = int(answer.headers["govgraph-price"]), left_of(answer)
    assert (left, price > 1) == (1000 - price, True)
    kept = client.get("/graphql", params=given, headers={"if-none-match": answer.headers["etag"]})
    assert (kept.status_code, kept.headers["govgraph-price"], left_of(kept)) == (304, "1", left - 1)
    post(client, {"query": "{ nothing }"})
    post(client, {"query": "{"})
    assert post(client, {"query": SMALL}, govgraph_price="only").json()["extensions"]["cost"]["left"] == left - 4
    again = client.get("/graphql", params=given)
    assert left_of(again) == left - 4 - price, "a kept answer costs what the first did"


def left_of(answer: Any) -> int:
    """What a client has left, by the header."""
    found = re.search(r'"points";r=(\d+);t=\d+', answer.headers["ratelimit"])
    assert found is not None
    return int(found[1])


def test_what_costs_more_than_a_client_ever_has_is_refused_for_good(opened: Open) -> None:
    client = opened(graphql_points=30, graphql_points_seconds=86_400, graphql_batch=5)
    assert post(client, {"query": SMALL}, govgraph_price="yes").json()["extensions"]["cost"]["most"] == 30
    dear = {"query": "{ services(first: 60) { nodes { requires(first: 60) { iri } } } }"}
    refused, by_json = post(client, dear), post(client, dear, JSON)
    assert (refused.status_code, code(refused)) == (400, "TOO_COSTLY")
    assert (by_json.status_code, code(by_json)) == (200, "TOO_COSTLY")
    assert "30 are allowed" in refused.json()["errors"][0]["message"]
    assert "retry-after" not in refused.headers
    one = {"query": "{ services(first: 200) { nodes { requires(first: 6) { iri } } } }"}
    assert int(post(client, one, govgraph_price="only").headers["govgraph-price"]) * 3 > 30
    many = post(client, [one] * 3)
    assert (many.status_code, code(many)) == (400, "TOO_COSTLY")
    assert left_of(post(client, {"query": SMALL})) > 0, "a refusal costs a point, not all of them"


def test_an_answer_that_is_kept_tells_no_client_of_another(opened: Open) -> None:
    """What a cache may hold is the same for all; whose points are counted is told in headers, afresh with a 304."""
    settings = {"graphql_points": 1000, "graphql_points_seconds": 86_400}
    clients = [opened(address=f"192.0.2.{number}", **settings) for number in (1, 2)]
    given = {"query": SERVICES, "variables": json.dumps({"first": 200})}
    post(clients[0], {"query": SERVICES})
    first, second = (client.get("/graphql", params=given) for client in clients)
    assert first.content == second.content
    assert first.headers["etag"] == second.headers["etag"]
    assert {"left", "resetSeconds"}.isdisjoint(first.json()["extensions"]["cost"])
    assert first.json()["extensions"]["cost"]["limit"] == 1000
    assert left_of(first) != left_of(second)
    for number, client in enumerate(clients):
        same = client.get("/graphql", params=given, headers={"if-none-match": first.headers["etag"]})
        assert (same.status_code, left_of(same)) == (304, left_of((first, second)[number]) - 1)
        assert same.headers["cache-control"] == "private, no-cache"
    for answer in (first, second, clients[0].head("/graphql", params=given)):
        assert answer.headers["cache-control"] == "private, no-cache"
    posted = post(clients[0], {"query": SERVICES})
    assert posted.headers["cache-control"] == "no-store"
    assert posted.json()["extensions"]["cost"]["left"] == left_of(posted)


def test_where_no_points_are_counted_any_cache_may_keep_an_answer(plain: TestClient) -> None:
    given = {"query": SERVICES}
    answer, priced = (plain.get("/graphql", params=given, headers=more) for more in ({}, {"govgraph-price": "yes"}))
    assert answer.headers["cache-control"] == priced.headers["cache-control"] == "no-cache"
    assert answer.headers["etag"] != priced.headers["etag"], "one has its price within"
    assert "ratelimit" not in answer.headers


# Documents


@pytest.fixture
def registered(data: Path) -> Registered:
    one = Registered.of("portal", SERVICES, ("Services",))
    Registry.of(data).add([one])
    return one


@pytest.mark.parametrize("trusted", ["any", "trusted"])
def test_a_registered_document_runs_by_its_id_in_every_spelling(
    opened: Open, registered: Registered, trusted: str
) -> None:
    client = opened(graphql_documents=trusted)
    expected = None
    for spelling in (
        {"documentId": registered.id},
        {"documentId": f"sha256:{registered.id}"},
        {"doc_id": registered.id},
        {"extensions": persisted(SERVICES)},
    ):
        answer = post(client, {**spelling, "variables": {"first": 2}})
        assert answer.status_code == 200, answer.text
        expected = expected or answer.json()
        assert answer.json() == expected
        assert len(expected["data"]["services"]["nodes"]) == 2
    by_get = client.get("/graphql", params={"documentId": registered.id, "variables": '{"first":2}'})
    assert by_get.json() == expected
    assert by_get.headers["etag"]
    wrong = post(client, {"documentId": "0" * 64})
    assert (wrong.status_code, post(client, {"documentId": "0" * 64}, JSON).status_code) == (400, 200)


def test_where_only_registered_documents_run_nothing_else_does(opened: Open, registered: Registered) -> None:
    client = opened(graphql_documents="trusted", graphql_batch=5)
    assert post(client, {"query": SERVICES}).status_code == 200, "sent whole, it is registered all the same"
    for refused in (
        {"query": SMALL},
        {"query": "{ __schema { types { name } } }"},
        {"query": "mutation { publish(input: {}) { revision } }"},
        {"query": SMALL, "extensions": persisted(SMALL)},
        {"extensions": persisted(SMALL)},
        [{"query": SMALL}],
    ):
        assert code(post(client, refused)) == "DOCUMENT_NOT_REGISTERED"
    assert client.get("/graphql", params={"query": "mutation { __typename }"}).json()["errors"]


def test_a_document_that_is_registered_no_more_runs_no_more(opened: Open, registered: Registered, data: Path) -> None:
    client = opened(refresh_seconds=0)
    assert post(client, {"documentId": registered.id}).status_code == 200
    Registry.of(data).remove("portal")
    answers = (post(client, {"documentId": registered.id}) for _ in range(10_000))
    assert code(next(answer for answer in answers if answer.status_code != 200)) == "DOCUMENT_NOT_FOUND"


def test_a_query_once_sent_with_its_hash_is_run_by_its_hash(plain: TestClient) -> None:
    unknown = post(plain, {"extensions": persisted(SMALL)}, JSON)
    assert (unknown.status_code, code(unknown)) == (200, "PERSISTED_QUERY_NOT_FOUND")
    assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert post(plain, {"extensions": persisted(SMALL)}).status_code == 400
    assert post(plain, {"query": SMALL, "extensions": persisted(SMALL)}).status_code == 200
    for _ in range(2):
        assert post(plain, {"extensions": persisted(SMALL)}).json() == {"data": {"__typename": "Query"}}
    by_get = plain.get("/graphql", params={"extensions": json.dumps(persisted(SMALL))})
    assert by_get.json() == {"data": {"__typename": "Query"}}


def test_a_hash_of_another_document_is_refused_and_remembered_by_nobody(plain: TestClient) -> None:
    other = "query Other { __typename }"
    answer = post(plain, {"query": "{ catalogue { score } }", "extensions": persisted(other)})
    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")
    assert code(post(plain, {"extensions": persisted(other)})) == "PERSISTED_QUERY_NOT_FOUND"
    invalid = "{ nothing }"
    post(plain, {"query": invalid, "extensions": persisted(invalid)})
    assert code(post(plain, {"extensions": persisted(invalid)})) == "PERSISTED_QUERY_NOT_FOUND"
    for odd in ("x", {"version": 2, "sha256Hash": hash_of(other)}, {"version": 1, "sha256Hash": "abc"}, {"version": 1}):
        assert post(plain, {"query": SMALL, "extensions": {"persistedQuery": odd}}).status_code == 400


# Lists of operations


def test_a_list_of_operations_is_answered_by_a_list_where_the_settings_take_it(opened: Open) -> None:
    two = [{"query": SMALL}, {"query": SERVICES, "variables": {"first": 1}}]
    assert post(opened(), two).status_code == 400
    client = opened(graphql_batch=3)
    answer = post(client, [*two, {"query": "{ nothing }"}])
    assert answer.status_code == 200
    first, second, third = answer.json()
    assert first == {"data": {"__typename": "Query"}}
    assert len(second["data"]["services"]["nodes"]) == 1
    assert third["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert "data" not in third
    long = post(client, [{"query": SMALL}] * 4)
    assert (long.status_code, code(long)) == (400, "TOO_MANY_OPERATIONS")
    assert post(client, []).status_code == 400
    assert post(client, [SMALL]).status_code == 400
    assert code(post(client, [{"query": "mutation { __typename }"}])) == "QUERIES_ONLY"


def test_a_list_costs_what_its_operations_cost_and_is_refused_whole(opened: Open) -> None:
    client = opened(graphql_batch=10, graphql_price=7, graphql_points=20, graphql_points_seconds=86_400)
    one = {"query": SERVICES, "variables": {"first": 100}}
    price = int(post(client, one, govgraph_price="only").headers["govgraph-price"])
    assert post(client, [one, one]).headers["govgraph-price"] == str(2 * price)
    assert code(post(client, [one] * 8)) == "TOO_COSTLY"


# Kept answers


def test_what_is_asked_again_is_answered_equally_with_every_header(plain: TestClient) -> None:
    first, second = (post(plain, {"query": SERVICES}) for _ in range(2))
    assert first.content == second.content
    assert dict(first.headers) == dict(second.headers)


def test_an_answer_is_kept_for_its_variables_operation_and_audience_only(opened: Open, data: Path, seed: Seed) -> None:
    client = opened()
    both = "query A { services { totalCount } } query B { services(first: 1) { totalCount nodes { iri } } }"
    token = Tokens(data / "access").create(Role.READER, None, "reader", None)
    kind = seed.contract.kind("Service")
    for _ in range(2):
        a, b = (post(client, {"query": both, "operationName": name}).json() for name in "AB")
        assert "nodes" not in a["data"]["services"]
        assert "nodes" in b["data"]["services"]
        drafts = post(
            client, {"query": both, "operationName": "A"}, authorization=f"Bearer {token}", govgraph_view="working"
        )
        assert drafts.json()["data"]["services"]["totalCount"] == len(seed.working.members(kind))
        assert drafts.headers["cache-control"].startswith("private")
        assert a["data"]["services"]["totalCount"] == len(seed.public.members(kind))
        unknown = post(client, {"query": both, "operationName": "A"}, govgraph_view="working")
        assert (unknown.status_code, code(unknown)) == (401, "UNAUTHENTICATED")
        for number in (1, 2):
            told = post(client, {"query": SERVICES, "variables": {"first": number}}).json()
            assert len(told["data"]["services"]["nodes"]) == number
        assert client.post("/graphql?access_token=x", json={"query": SERVICES}).status_code == 400


def test_documents_and_keys_count_as_many_bytes_as_they_may_take() -> None:
    for text in ("{ a }" * 100, "é" * 500, "語" * 500, "😀" * 500):
        assert getsizeof(text) - 100 <= bytes_of(text) <= 4 * len(text)


def test_errors_are_never_kept(plain: TestClient) -> None:
    for _ in range(2):
        answer = plain.get("/graphql", params={"query": '{ services(after: "?") { totalCount } }'})
        assert answer.json()["errors"]
        assert "etag" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"


def test_head_is_get_without_its_body(plain: TestClient) -> None:
    got, head = (getattr(plain, method)("/graphql", params={"query": SERVICES}) for method in ("get", "head"))
    assert (head.status_code, head.content) == (200, b"")
    assert {k: v for k, v in head.headers.items() if k != "content-length"} == {
        k: v for k, v in got.headers.items() if k != "content-length"
    }


# Hostile input


@pytest.mark.parametrize(
    "variables",
    [
        '{"first": ' + "[" * 900 + "]" * 900 + "}",
        '{"first": ' + '{"a":' * 300 + "1" + "}" * 300 + "}",
        '{"first": 1e400}',
        '{"first": 123456789012345678901234567890}',
        '{"first": "\\ud800"}',
        '{"first": {"__proto__": 1}}',
    ],
)
def test_variables_of_any_shape_are_refused_and_never_a_fault(plain: TestClient, variables: str) -> None:
    body = f'{{"query": {json.dumps(SERVICES)}, "variables": {variables}}}'
    answer = plain.post("/graphql", content=body.encode(), headers={"content-type": JSON, "accept": NEW})
    assert answer.status_code == 400, answer.text
    by_get = plain.get("/graphql", params={"query": SERVICES, "variables": variables}, headers={"accept": NEW})
    assert by_get.status_code == 400


@pytest.mark.parametrize(
    "raw", ["query=%FF%FE", "query=%00", "query={&variables=%C3%28", "documentId=" + "a" * 5000, "extensions=[]"]
)
def test_addresses_of_any_shape_are_refused_and_never_a_fault(plain: TestClient, raw: str) -> None:
    answer = plain.get(f"/graphql?{raw}", headers={"accept": NEW})
    assert answer.status_code == 400, answer.text


def test_who_asks_for_too_much_stands_in_the_audit_log(opened: Open, data: Path) -> None:
    client = opened(graphql_points=3, graphql_points_seconds=86_400)
    post(
        client,
        {"query": "{ services(first: 200) { nodes { requires(first: 200) { requires(first: 200) { iri } } } } }"},
    )
    while post(client, {"query": SMALL}).status_code == 200:
        pass
    lines = [json.loads(line) for line in (data / "access" / "audit.log").read_text().splitlines()]
    told = [(line["code"], line["outcome"]) for line in lines if line["door"] == "graphql"]
    assert told == [("too-costly", "refused"), ("quota-spent", "refused")]
    assert "192.0.2.1" not in str(lines)


def test_over_events_as_well(opened: Open, data: Path) -> None:
    client = opened()
    query = "subscription { catalogueChanged { " + " ".join(f"a{n}: revision" for n in range(40)) + " } }"
    assert post(client, {"query": query}, "text/event-stream").status_code in (200, 400)
    lines = [json.loads(line) for line in (data / "access" / "audit.log").read_text().splitlines()]
    assert [line["code"] for line in lines] == ["too-many-aliases"]


def test_a_mutation_is_remembered_by_its_hash(opened: Open, data: Path) -> None:
    token = Tokens(data / "access").create(Role.STEWARD, None, "test", None)
    client = opened()
    query = 'mutation { updateService(iri: "x", dryRun: true, patch: {}) { committed } }'
    by_hash = {"extensions": persisted(query)}
    authorization = f"Bearer {token}"
    assert code(post(client, by_hash, authorization=authorization)) == "PERSISTED_QUERY_NOT_FOUND"
    post(client, {"query": query, **by_hash}, authorization=authorization, govgraph_price="only")
    assert post(client, by_hash, authorization=authorization, govgraph_price="only").json()["data"] is None


# The manual


def test_the_manual_has_the_table_of_statuses() -> None:
    assert table() in (REPOSITORY / "docs" / "graphql.md").read_text("utf-8")
