"""graphql-transport-ws by the letter of its protocol, and the bounds of a connection."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from conftest import BASE
from followed import PROTOCOL, SECONDS, Site, Talk, opened
from govgraph.access import Role
from govgraph.access.tokens import Tokens
from govgraph.contract import Contract


@pytest.fixture(scope="module")
def site(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with opened(contract, tmp_path_factory.mktemp("socket"), graphql_operations=3) as site:
        yield site


def test_a_greeting_is_acknowledged_with_the_revision(site: Site) -> None:
    with site.talk(greeted=False) as talk:
        assert talk.greet() >= 1
        assert talk.connection.subprotocol == PROTOCOL


def test_another_subprotocol_is_not_acceptable(site: Site) -> None:
    with connect(site.address.replace("http", "ws") + "/graphql", subprotocols=["graphql-ws"]) as connection:  # type: ignore[list-item]
        assert Talk(connection).end()[0] == 4406


@pytest.mark.parametrize(
    "message",
    [
        "this is no JSON",
        b"\x00\x01",
        "[]",
        "{}",
        '{"type": "unheard of"}',
        '{"type": "subscribe", "id": "1"}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}}',
        '{"type": "subscribe", "id": 1, "payload": {"query": "{ __typename }"}}',
        '{"type": "subscribe", "id": "1", "payload": {}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "variables": []}}',
        '{"type": "connection_init", "payload": []}',
        "[" * 100_000,
    ],
)
def test_an_invalid_message_ends_the_connection(site: Site, message: str | bytes) -> None:
    with site.talk(greeted=not str(message).startswith('{"type": "connection_init')) as talk:
        talk.connection.send(message)
        assert talk.end()[0] == 4400


def test_who_has_not_been_acknowledged_may_ask_nothing(site: Site) -> None:
    with site.talk(greeted=False) as talk:
        talk.subscribe("{ __typename }")
        assert talk.end() == (4401, "Unauthorized")


def test_a_second_greeting_is_too_many(site: Site) -> None:
    with site.talk() as talk:
        talk.send(type="connection_init")
        assert talk.end() == (4429, "Too many initialisation requests")


def test_an_id_is_taken_as_long_as_its_operation_lasts(site: Site) -> None:
    with site.talk() as talk:
        talk.follow()
        talk.follow()
        assert talk.end() == (4409, "Subscriber for 1 already exists")


def test_an_id_is_free_again_after_complete(site: Site) -> None:
    with site.talk() as talk:
        for _ in range(5):
            talk.follow()
            talk.send(type="complete", id="1")
        talk.subscribe("{ __typename }")
        assert talk.hear()["payload"] == {"data": {"__typename": "Query"}}
        assert talk.hear() == {"id": "1", "type": "complete"}


@pytest.mark.parametrize(
    "payload",
    [
        {"authorization": "Bearer ggt_nonsense"},
        {"token": "ggt_nonsense"},
        {"headers": {"Authorization": "Bearer ggt_nonsense"}},
        {"view": "working"},
    ],
)
def test_who_may_not_read_is_told_so_and_no_more(site: Site, payload: dict[str, object]) -> None:
    with site.talk(greeted=False) as talk:
        talk.send(type="connection_init", payload=payload)
        assert talk.end()[0] == 4403


def test_a_token_may_come_in_the_greeting_or_the_handshake(site: Site) -> None:
    token = site.tokens[Role.READER]
    site.put(draft := site.slug(), publish=False)
    query = f'{{ service(slug: "{draft}") {{ slug }} }}'
    for payload in (
        {"token": token},
        {"Authorization": f"Bearer {token}"},
        {"headers": {"authorization": f"Bearer {token}"}},
    ):
        with site.talk(greeted=False) as talk:
            talk.greet({**payload, "view": "working"})
            talk.subscribe(query)
            assert talk.hear()["payload"] == {"data": {"service": {"slug": draft}}}
    headers = {"Authorization": f"Bearer {token}", "Govgraph-View": "working"}
    with connect(
        site.address.replace("http", "ws") + "/graphql",
        subprotocols=[PROTOCOL],  # type: ignore[list-item]
        additional_headers=headers,
    ) as connection:
        talk = Talk(connection)
        talk.greet()
        talk.subscribe(query)
        assert talk.hear()["payload"] == {"data": {"service": {"slug": draft}}}
    with site.talk() as talk:
        talk.subscribe(query)
        assert talk.hear()["payload"] == {"data": {"service": None}}


def test_a_ping_is_answered_before_and_after_the_greeting(site: Site) -> None:
    with site.talk(greeted=False) as talk:
        talk.send(type="ping", payload={"any": "thing"})
        assert talk.hear() == {"type": "pong"}
        talk.send(type="pong")
        talk.greet()
        talk.send(type="ping")
        assert talk.hear() == {"type": "pong"}


def test_queries_run_over_it_side_by_side(site: Site) -> None:
    with site.talk() as talk:
        talk.follow(id_="stream")
        talk.subscribe("{ catalogue { revision } }", "a")
        talk.subscribe("query Q($n: Int) { services(first: $n) { nodes { slug } } }", "b", n=1)
        said = [talk.hear() for _ in range(4)]
        assert {(one["id"], one["type"]) for one in said} == {(i, t) for i in "ab" for t in ("next", "complete")}


def test_what_cannot_run_is_an_error_and_no_complete(site: Site) -> None:
    with site.talk() as talk:
        talk.subscribe("{ nothing }")
        assert talk.refusal() == "GRAPHQL_VALIDATION_FAILED"
        talk.subscribe("{")
        assert talk.refusal() == "GRAPHQL_PARSE_FAILED"
        talk.subscribe("subscription { catalogueChanged { cursor } a: catalogueChanged { cursor } }")
        assert talk.refusal() == "GRAPHQL_VALIDATION_FAILED"
        talk.subscribe("query Q($n: Int!) { services(first: $n) { totalCount } }")
        assert talk.refusal() == "BAD_USER_INPUT"
        talk.subscribe("{ __typename }")
        assert [talk.hear()["type"] for _ in range(2)] == ["next", "complete"]


def test_a_mutation_needs_its_token_and_is_made(site: Site) -> None:
    target = f"{BASE}id/service/permit"
    change = f'mutation {{ publishService(iri: "{target}", dryRun: true) {{ committed problems {{ code }} }} }}'
    with site.talk() as talk:
        talk.subscribe(change)
        assert talk.refusal() == "UNAUTHENTICATED"
    with site.talk(role=Role.STEWARD) as talk:
        talk.subscribe(change)
        said = talk.hear()
        assert said["type"] == "next", said
        assert said["payload"]["data"]["publishService"] is not None


def test_operations_at_once_are_bounded(site: Site) -> None:
    with site.talk() as talk:
        for number in range(4):
            talk.follow(id_=str(number))
        assert talk.refusal("3") == "TOO_MANY_OPERATIONS"
        talk.send(type="complete", id="0")
        talk.subscribe("{ __typename }", "4")
        assert talk.hear()["id"] == "4"


def test_a_token_taken_back_ends_what_it_began(site: Site) -> None:
    tokens = Tokens(site.settings.data / "access")
    text = tokens.create(Role.READER, None, "short", None)
    with site.talk(greeted=False) as talk:
        talk.greet({"token": text, "view": "working"})
        talk.follow()
        site.put(slug := site.slug(), publish=False)
        assert talk.event()["changes"][0]["entity"]["iri"].endswith(slug)
        [known] = [one for one in tokens.list() if one.label == "short"]
        tokens.revoke(known.id)
        site.put(site.slug(), publish=False)
        assert talk.refusal() == "UNAUTHENTICATED"


def test_who_says_nothing_is_not_waited_for(contract: Contract, tmp_path: object) -> None:
    with opened(
        contract, tmp_path, graphql_greeting_seconds=0.2, graphql_idle_seconds=0.3, graphql_streams_client=2
    ) as site:  # type: ignore[arg-type]
        with site.talk(greeted=False) as talk:
            assert talk.end() == (4408, "Connection initialisation timeout")
        with site.talk() as talk:
            assert talk.end()[0] == 1000
        with site.talk() as busy, site.talk(), site.talk(greeted=False) as third:
            busy.follow()
            assert third.end()[0] == 1013  # try again later
            site.put(site.slug())
            assert busy.event()["complete"] is True
        with site.talk() as talk:
            talk.subscribe("{ __typename }")
            assert talk.hear()["type"] == "next"


def test_a_departing_process_answers_what_it_has_and_sends_followers_elsewhere(site: Site) -> None:
    departure = site.server.config.app.state.departure  # type: ignore[union-attr]
    with site.talk() as talk:
        talk.follow()
        talk.subscribe("{ __typename }", "q")
        assert talk.hear()["id"] == "q"
        # As the process does it: on its own loop.
        loop = next(iter(site.server.servers)).get_loop()  # type: ignore[union-attr]
        loop.call_soon_threadsafe(departure.begin)
        said = []
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                said.append(json.loads(talk.connection.recv(SECONDS)))
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        assert [one["type"] for one in said] == ["complete"]
