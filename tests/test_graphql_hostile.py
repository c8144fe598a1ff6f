"""What attackers send to /graphql: refused with a reason and a status, in good time, and never kept without bounds.

Protocol and points are tested in test_graphql_transport, limits one by one in test_graphql_limits.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from graphql import get_introspection_query, parse
from graphql.language import FragmentDefinitionNode
from starlette.requests import Request
from starlette.testclient import TestClient

from conftest import BASE, Seed
from govgraph.access import Role
from govgraph.access.tokens import Tokens
from govgraph.catalogue import View
from govgraph.catalogue.lists.index import Lists
from govgraph.graphql import Asked, Schema, build_schema
from govgraph.graphql.execution import documents as documents_module
from govgraph.graphql.execution.introspecting import Counter
from govgraph.graphql.execution.weighing import length
from govgraph.settings import read
from govgraph.web.app import build_app
from govgraph.web.graphql.charging import place_of

NEW = "application/graphql-response+json"
SECONDS = 3
"""No refusal takes so long, also where the machine has other things to do."""
ORDERED = "query($o: [ServiceOrder!]) { services(orderBy: $o) { totalCount } }"
GATEWAY = "query($r: [_Any!]!) { _entities(representations: $r) { __typename } }"
WORDED = "query($l: [String!]) { services(first: 50) { nodes { title(lang: $l) { value } } } }"
FILTERED = "query($f: ServiceFilter) { services(filter: $f) { totalCount } }"


@pytest.fixture(scope="module")
def client(seed: Seed) -> Iterator[TestClient]:
    with TestClient(build_app(read({}, data=seed.directory)), base_url=BASE) as client:
        yield client


def post(client: TestClient, body: bytes, **headers: str) -> Any:
    sent = {"content-type": "application/json", "accept": NEW}
    return client.post(
        "/graphql", content=body, headers={**sent, **{k.replace("_", "-"): v for k, v in headers.items()}}
    )


def ask(client: TestClient, query: str, variables: object = None, **headers: str) -> Any:
    return post(client, json.dumps({"query": query, "variables": variables}).encode(), **headers)


def code(answer: Any) -> str:
    found: str = answer.json()["errors"][0]["extensions"]["code"]
    return found


def times(number: int, of: Callable[[int], str]) -> str:
    return " ".join(map(of, range(number)))


def nested(depth: int, key: str, *, listed: bool = False) -> object:
    value: object = {}
    for _ in range(depth):
        value = {key: [value] if listed else value}
    return value


# Documents

INVALID = "GRAPHQL_VALIDATION_FAILED"
DOUBLING = times(
    9, lambda n: f"fragment F{n} on Service {{ a{n}: requires {{ ...F{n + 1} }} requires {{ ...F{n + 1} }} }}"
)
BOMBS = {
    "aliases": ("{ " + times(31, lambda n: f"a{n}: __typename") + " }", "TOO_MANY_ALIASES"),
    "aliases in inline fragments": (
        "{ " + times(31, lambda n: f"... {{ a{n}: __typename }}") + " }",
        "TOO_MANY_ALIASES",
    ),
    "aliases in fragments": (
        "{ ...F0 } " + times(31, lambda n: f"fragment F{n} on Query {{ a{n}: __typename ...F{(n + 1) % 31} }}"),
        "TOO_MANY_ALIASES",
    ),
    "a field beside itself": ("{ " + "__typename " * 2000 + "}", "TOO_MANY_REPETITIONS"),
    "a field beside itself in inline fragments": ("{ " + "... { __typename } " * 1200 + "}", "TOO_MANY_REPETITIONS"),
    "deep fields beside themselves": (
        "{ " + "... { services { nodes { requires { requires { requires { iri } } } } } } " * 200 + "}",
        "TOO_MANY_REPETITIONS",
    ),
    "many fragments beside each other": (
        "{ services { nodes { " + times(450, "...F{}".format) + " } } } "
        + times(450, "fragment F{} on Service {{ iri }}".format),
        "TOO_MANY_REPETITIONS",
    ),
    "fragments that each spread all others": (
        "{ services { nodes { ...F0 } } } "
        + times(66, lambda n: f"fragment F{n} on Service {{ iri {times(65 - n, lambda m: f'...F{n + m + 1}')} }}"),
        "TOO_MANY_REPETITIONS",
    ),
    "fragments that double": (
        f'{{ service(slug: "a") {{ ...F0 }} }} {DOUBLING} fragment F9 on Service {{ iri }}',
        "TOO_MANY_NODES",
    ),
    "a fragment that spreads itself": ("{ ...F } fragment F on Query { __typename ...F }", INVALID),
    "a long cycle of fragments": (
        "{ ...F0 } " + times(400, lambda n: f"fragment F{n} on Query {{ ...F{(n + 1) % 400} }}"),
        "TOO_MANY_REPETITIONS",
    ),
    "directives": ("{ __typename " + "@skip(if: false) " * 600 + "}", INVALID),
    "unknown directives": ("{ __typename " + "@x " * 1500 + "}", INVALID),
    "unknown fields": ("{ " + times(2400, "service{}".format) + " }", INVALID),
    "unknown arguments": ("{ services(" + times(1500, "first{}: 1".format) + ") { totalCount } }", INVALID),
    "variables": ("query(" + times(1200, "$v{}: Int".format) + ") { __typename }", INVALID),
    "operations": (times(900, "query Q{} {{ __typename }}".format), "OPERATION_RESOLUTION_FAILURE"),
    "nested objects": ("{ services(filter: " + "{not: " * 800 + "{}" + "}" * 800 + ") { totalCount } }", "TOO_DEEP"),
    "nested lists": ("{ services(filter: {and: " + "[" * 2000 + "]" * 2000 + "}) { totalCount } }", "TOO_DEEP"),
    "nested types": ("query($x: " + "[" * 2000 + "Int" + "]" * 2000 + ") { __typename }", "TOO_DEEP"),
    "nested selections": ("{ a " * 2000 + "}" * 2000, "TOO_DEEP"),
    "a long name": ("{ " + "s" * 900_000 + " }", INVALID),
    "tokens": ("{ " + "iri " * 200_000 + "}", "TOO_MANY_TOKENS"),
    "introspection under aliases": (
        "{ __schema { types { fields { "
        + times(30, lambda n: f"a{n}: type {{ fields {{ name description }} ofType {{ fields {{ name }} }} }}")
        + " } } } }",
        "TOO_MANY_FIELDS",
    ),
    "introspection in a circle": (
        "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
        INVALID,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), BOMBS.values(), ids=BOMBS)
def test_a_document_made_to_take_long_is_refused_in_good_time(client: TestClient, query: str, expected: str) -> None:
    start = perf_counter()
    answer = ask(client, query, {"name": "Query"})
    assert perf_counter() - start < SECONDS
    assert (answer.status_code, code(answer)) == (400, expected), answer.text[:300]
    assert len(answer.content) < 2 * len(query) + 100_000
    assert ask(client, query, {"name": "Query"}, accept="application/json").status_code == 200


def test_the_values_of_an_introspection_are_known_before_they_are_made(schema: Schema, view: View) -> None:
    queries = (
        get_introspection_query(descriptions=True, input_value_deprecation=True),
        '{ __type(name: "Query") { fields(includeDeprecated: true) { args { type { ofType { name } } } } } }',
        '{ __type(name: "Nothing") { name } __schema { directives { args { name } } queryType { name } } }',
    )
    for query in queries:
        ast = parse(query)
        fragments = {one.name.value: one for one in ast.definitions if isinstance(one, FragmentDefinitionNode)}
        counter = Counter(schema.core, fragments)
        expected = sum(counter.count(field) for field in ast.definitions[0].selection_set.selections)  # type: ignore[attr-defined]  # an operation
        told = schema.execute(query, view)
        assert not told.errors
        assert expected == values(told.data) - values(dict.fromkeys(told.data))
    assert values(schema.execute(queries[0], view).data) < 100_000, "there is room for what a country adds"


def values(answer: object) -> int:
    if isinstance(answer, dict):
        return sum(1 + values(one) for one in answer.values())
    return sum(map(values, answer)) if isinstance(answer, list) else 0


# Variables


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        (FILTERED, {"f": {"and": [{}] * 200_000}}, "TOO_MANY_VALUES"),
        (FILTERED, {"f": {"and": [{"x": 1}] * 20_000}}, "BAD_USER_INPUT"),
        (FILTERED, {"f": {"or": [{"exemplar": {"isMissing": True}}] * 10_000}}, "BAD_REQUEST"),
        (FILTERED, {"f": nested(200, "not")}, "BAD_REQUEST"),
        (FILTERED, {"f": nested(120, "and", listed=True)}, "BAD_USER_INPUT"),
        (FILTERED, {"f": {"iri": {"in": ["x" * 900_000]}}}, "BAD_REQUEST"),
        (FILTERED, {"f": {"title": {"contains": "a", "equals": "b"}}}, "BAD_USER_INPUT"),
        (FILTERED, {"f": {"title": {}}}, "BAD_USER_INPUT"),
        (FILTERED, {"f": {"title": None}}, ""),
        (FILTERED, {"f": []}, "BAD_USER_INPUT"),
        (FILTERED, {"f": "x" * 900_000}, "BAD_USER_INPUT"),
        ("query($n: [ID!]!) { nodes(ids: $n) { id } }", {"n": [None] * 40_000}, "BAD_USER_INPUT"),
        ("query($n: [ID!]!) { nodes(ids: $n) { id } }", {"n": ["x"] * 40_000}, "BAD_REQUEST"),
        ("query($n: Int) { services(first: $n) { totalCount } }", {"n": 2**31}, "BAD_USER_INPUT"),
        ("query($n: Int) { services(first: $n) { totalCount } }", {"n": 2**31 - 1}, "BAD_REQUEST"),
        ("query($n: Int) { services(first: $n) { totalCount } }", {"n": -1}, "BAD_REQUEST"),
        ("query($n: Int) { services(first: $n) { totalCount } }", {"n": 1.5}, "BAD_USER_INPUT"),
        ("query($n: Int) { services(first: $n) { totalCount } }", {"n": True}, "BAD_USER_INPUT"),
        ("query($n: Int) { services(first: $n) { totalCount } }", {"n": {"a": [1]}}, "BAD_USER_INPUT"),
        ("query($c: String) { services(after: $c) { totalCount } }", {"c": "\0" * 1000}, "BAD_CURSOR"),
        ("query($c: String) { services(after: $c) { totalCount } }", {"c": "A" * 900_000}, "BAD_CURSOR"),
        (ORDERED, {"o": [{"label": "ASC"}] * 6}, "BAD_REQUEST"),
        (ORDERED, {"o": nested(9, "requires")}, "BAD_USER_INPUT"),
        (GATEWAY, {"r": [1, None]}, "BAD_USER_INPUT"),
        (GATEWAY, {"r": [nested(200, "x")]}, "BAD_REQUEST"),
        ("query($t: String!) { search(text: $t) { totalCount } }", {"t": '"a* OR (b~9 \0 ' * 20_000}, ""),
        (WORDED, {"l": ["x"] * 49_000}, ""),
    ],
)  # fmt: skip
def test_variables_of_whatever_kind_and_length_are_answered(
    client: TestClient, query: str, variables: dict[str, object], expected: str
) -> None:
    start = perf_counter()
    answer = ask(client, query, variables)
    assert perf_counter() - start < SECONDS
    assert answer.status_code in (200, 400), answer.text[:300]
    assert (code(answer) if "errors" in answer.json() else "") == expected, answer.text[:300]
    assert len(answer.content) < 1_200_000, "what is wrong is not told for each of thousands of values"


# Requests

OK = b'{"query": "{ __typename }"}'


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b'{"query": "{ \xff }"}', {}, 400),
        (b'{"query": "{ \xc0\xaf }"}', {}, 400),
        (OK.decode().encode("utf-16"), {}, 400),
        (b"\xef\xbb\xbf" + OK, {}, 400),
        (rb'{"query": "{ service(slug: \"\ud800\") { iri } }"}', {}, 400),
        (rb'{"query": "{ service(slug: \"\\ud800\") { iri } }"}', {}, 400),
        (rb'{"query": "query($s: String) { service(slug: $s) { iri } }", "variables": {"s": "\udc00"}}', {}, 400),
        (rb'{"query": "query($s: String) { service(slug: $s) { iri } }", "variables": {"s": "\u0000"}}', {}, 200),
        (rb'{"query": "{ service(slug: \"\u0000\") { iri } }"}', {}, 200),
        (b'{"query": "{ __typename }\x00"}', {}, 400),
        (b"[" * 500_000, {}, 400),
        (b'{"variables": ' + b'{"a": ' * 100_000, {}, 400),
        (b'{"query": "{ __typename }", "variables": ' + b'{"a": ' * 300 + b"1" + b"}" * 301, {}, 400),
        (b'{"query": "{ __typename }", "variables": {"x": ' + b"9" * 100_000 + b"}}", {}, 400),
        (b'{"query": "{ __typename }", "variables": {"x": NaN}}', {}, 400),
        (b'{"query": "{ __typename }", "variables": "{}"}', {}, 400),
        (b'{"query": ["{ __typename }"]}', {}, 400),
        (b'{"query": null}', {}, 400),
        (b"", {}, 400),
        (b"null", {}, 400),
        (b'{"query": "' + b" " * 1_100_000 + b'"}', {}, 413),
        (OK, {"content_type": "text/plain"}, 415),
        (OK, {"content_type": "multipart/form-data; boundary=x"}, 415),
        (OK, {"content_type": "application/json; charset=latin-1"}, 415),
        (OK, {"content_type": ""}, 415),
        (OK, {"accept": "image/png"}, 406),
        (OK, {"authorization": "Bearer " + "x" * 8000}, 401),
        (OK, {"authorization": "Basic eDp5"}, 401),
        (OK, {"govgraph_view": "x" * 1000}, 400),
        (OK, {"govgraph_minimum_revision": "9" * 30}, 400),
        (b'{"documentId": "' + b"x" * 10_000 + b'"}', {}, 400),
        (b'{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "../../etc/passwd"}}}', {}, 400),
    ],
)  # fmt: skip
def test_what_is_no_request_is_told_so(client: TestClient, body: bytes, headers: dict[str, str], status: int) -> None:
    answer = post(client, body, **headers)
    assert answer.status_code == status, answer.text[:300]
    assert len(answer.content) < 5_000
    if status != 200:
        (error,) = answer.json()["errors"]
        assert error["message"] and error["extensions"]["code"]
        assert "data" not in answer.json()


# What is kept


def test_documents_are_forgotten_before_they_take_much_memory(
    seed: Seed, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = build_schema(seed.contract, seed.questions)
    monkeypatch.setattr(documents_module, "_CHARACTERS_KEPT", 20_000)
    kept = schema._documents
    for number in range(60):
        query = f"query Q{number} {{ services(filter: {{or: [{'{not: {}}' * 100}]}}) {{ totalCount }} }}"
        assert not schema.execute(query, view).errors
        assert kept._kept_parsed.cache_info().currsize * len(query) <= 21_000
        assert schema._kept_plan.cache_info().currsize * len(query) <= 21_000
    again = schema._kept_plan.cache_info().hits
    schema.execute(query, view)
    assert schema._kept_plan.cache_info().hits == again + 1


@pytest.mark.parametrize(
    "condition",
    [
        lambda n: {"iri": {"in": [f"urn:{n}:{m}" for m in range(5_000)]}},
        lambda n: {"title": {"in": [f"{n} {m}" for m in range(5_000)]}},
        lambda n: {"label": {"contains": f"{n}" + "x" * 100_000}},
        lambda n: {"requires": {"some": {"not": {"title": {"equals": f"{n}" + "x" * 100_000}}}}},
    ],
    ids=["iris", "texts", "a long text", "a long text behind a relation"],
)
def test_nothing_is_kept_under_a_condition_that_is_long_itself(
    schema: Schema, view: View, condition: Callable[[int], object]
) -> None:
    sets = Lists.of(view).sets
    ask = Asked("query($f: ServiceFilter) { services(filter: $f, first: 1) { totalCount nodes { iri } } }")
    schema.execute(Asked(ask.query, variables={"f": {"label": {"contains": "birth"}}}), view)
    before = len(sets)
    assert before
    for number in range(5):
        told = schema.execute(Asked(ask.query, variables={"f": condition(number)}), view)
        assert not told.errors
    assert len(sets) == before


def test_hashes_nobody_asks_again_push_each_other_out(client: TestClient) -> None:
    padding = "#" + "x" * 49_000
    hashes = []
    for number in range(120):
        query = f"query Q{number} {{ __typename }} {padding}"
        hashes.append(sha256(query.encode()).hexdigest())
        extensions = {"persistedQuery": {"version": 1, "sha256Hash": hashes[-1]}}
        assert post(client, json.dumps({"query": query, "extensions": extensions}).encode()).status_code == 200

    def remembered(hash_: str) -> bool:
        body = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash_}}}
        return bool(post(client, json.dumps(body).encode()).status_code == 200)

    assert not remembered(hashes[0])
    assert remembered(hashes[-1])


def test_an_answer_too_long_to_be_written_is_refused(seed: Seed) -> None:
    around = "authority(first: 1) { services(first: 20) {"
    text = "title { value all { value } } description { value all { value } }"
    query = f"{{ services(first: 50) {{ nodes {{ {around} {around} {around} {text} }} }} }} }} }} }} }} }} }}"
    with TestClient(build_app(read({}, data=seed.directory, query_megabytes=1)), base_url=BASE) as client:
        answer = ask(client, query)
        assert (answer.status_code, code(answer)) == (400, "ANSWER_TOO_LARGE")
        assert answer.headers["cache-control"] == "no-store"


def test_few_entries_with_long_texts_are_weighed_as_well(seed: Seed) -> None:
    around = "authority(first: 1) { services(first: 30) {"
    texts = " ".join(f"t{number}: description {{ value all {{ value }} }}" for number in range(29))
    query = f"{{ services(first: 75) {{ nodes {{ {around} {texts} }} }} }} }} }}"
    with TestClient(build_app(read({}, data=seed.directory, query_megabytes=1)), base_url=BASE) as client:
        answer = ask(client, query)
        assert (answer.status_code, code(answer)) == (400, "ANSWER_TOO_LARGE")


def test_an_answer_is_as_long_as_it_is_written() -> None:
    one = {"title": "é" * 10, "none": None, "list": [1, {"a": "b"}]}
    told = {"all": [one] * 1000}
    assert 0.7 * len(json.dumps(told, ensure_ascii=False)) < length(told) < len(json.dumps(told, ensure_ascii=False))


# Who is who


def test_only_a_valid_token_makes_somebody_another_client(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    valid = tokens.create(Role.READER, None, "partner", None)

    def place(authorization: str, address: str = "192.0.2.1", **headers: str) -> str:
        said = [(name.encode(), value.encode()) for name, value in {"authorization": authorization, **headers}.items()]
        return place_of(Request({"type": "http", "headers": said, "client": (address, 50_000)}), tokens)

    strangers = {
        place(f"Bearer {one}") for one in ("", "gov_", "gov_1", "x" * 10_000, "a.b.c", valid + "x", valid[:-1])
    }
    strangers |= {place(f"Basic {valid}"), place("", **{"x-forwarded-for": "192.0.2.9"}), place("\xff")}
    assert strangers == {"192.0.2.1"}
    assert place(f"Bearer {valid}") == place(f"bearer  {valid} ", "192.0.2.2") not in strangers


def test_who_has_no_point_left_gets_nothing_read(seed: Seed, tmp_path: Path) -> None:
    data = Path(shutil.copytree(seed.directory, tmp_path / "data"))
    token = Tokens(data / "access").create(Role.READER, None, "partner", None)
    settings = read({}, data=data, graphql_points=3, graphql_points_seconds=86_400)
    with TestClient(build_app(settings), base_url=BASE) as client:
        assert [ask(client, "{ __typename }").status_code for _ in range(4)] == [200, 200, 200, 429]
        for number in range(3):
            spoofed = {"x_forwarded_for": f"198.51.100.{number}", "x_real_ip": f"198.51.100.{number}"}
            assert ask(client, f"query Q{number} {{ nothing }}", **spoofed).status_code == 429
            assert ask(client, "{ __typename }", authorization=f"Bearer gov_{number}").status_code == 401
        assert ask(client, "{ __typename }", authorization=f"Bearer {token}").status_code == 200
