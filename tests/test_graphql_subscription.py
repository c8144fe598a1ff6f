"""What a follower is told: every change its audience may know of, in order and once, from any place in the past."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from conftest import BASE, service
from followed import EVENT, NAMES, SECONDS, Site, Talk, opened
from govgraph.access import Role
from govgraph.catalogue import Audience, Catalogue
from govgraph.contract import Contract
from govgraph.graphql import build_schema, events
from govgraph.graphql.events import Feed, Filter, Place
from govgraph.history.ledger import Ledger
from govgraph.question.reading import read as read_questions
from govgraph.store.embedded import DiskStore
from govgraph.web.app import open_house
from govgraph.web.graphql.endpoint import Endpoint
from govgraph.web.graphql.following import Caller, Subscribed
from govgraph.web.graphql.request import Sent

INTERIOR, HEALTH = (NAMES.entity("organisation", slug).value for slug in ("interior", "health"))


@pytest.fixture(scope="module")
def site(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with opened(contract, tmp_path_factory.mktemp("followed")) as site:
        yield site


def service_of(slug: str) -> str:
    return NAMES.entity("service", slug).value


def changes(event: Any) -> list[tuple[str, str]]:
    return [(one["iri"].removeprefix(f"{BASE}id/"), one["change"]) for one in event["changes"]]


def since(revision: int | str, **more: str) -> str:
    said = {"since": json.dumps(str(revision)), **more}
    return "(" + ", ".join(f"{name}: {value}" for name, value in said.items()) + ")"


def ask(site: Site, query: str, role: Role | None = None) -> Any:
    headers = {"authorization": f"Bearer {site.tokens[role]}", "govgraph-view": "working"} if role else {}
    answer = httpx.post(f"{site.address}/graphql", json={"query": query}, headers=headers, timeout=30).json()
    assert "errors" not in answer, answer
    return answer["data"]


def newest(site: Site, role: Role | None = None) -> int:
    revision: int = ask(site, "{ catalogue { revision } }", role)["catalogue"]["revision"]
    return revision


def test_what_came_changed_and_went_is_told(site: Site) -> None:
    slug = site.slug()
    with site.talk() as talk:
        talk.follow(since(newest(site)))
        made = site.put(slug, "First")
        event = talk.event()
        assert (event["revision"], event["complete"]) == (made, True)
        [change] = event["changes"]
        assert (change["iri"], change["kind"], change["change"]) == (service_of(slug), "SERVICE", "CREATED")
        assert change["entity"]["label"]["value"] == "First"
        changed = site.publish(f"/doc/service/{slug}", service(slug, "Second"))
        event = talk.event()
        assert (event["revision"], changes(event)) == (changed, [(f"service/{slug}", "CHANGED")])
        site.delete(slug)
        [change] = talk.event()["changes"]
        assert (change["kind"], change["change"], change["entity"]) == ("SERVICE", "REMOVED", None)


def test_without_since_it_begins_now(site: Site) -> None:
    site.put(site.slug())
    with site.talk() as talk:
        talk.follow()
        talk.subscribe("{ __typename }", "q")  # by its answer the other one has begun, too, or will before the change
        assert [talk.hear()["type"] for _ in range(2)] == ["next", "complete"]
        site.put(slug := site.slug())
        assert changes(talk.event()) == [(f"service/{slug}", "CREATED")]


def test_a_stranger_never_learns_of_drafts(site: Site) -> None:
    draft, shown = site.slug(), site.slug()
    with site.talk() as talk, site.talk(role=Role.READER) as keeper:
        talk.follow(since(newest(site)))
        keeper.follow(since(newest(site, Role.READER)))
        hidden = site.put(draft, publish=False)
        assert changes(keeper.event()) == [(f"service/{draft}", "CREATED")]
        public = site.put(shown)
        event = talk.event()
        assert (event["revision"], changes(event)) == (public, [(f"service/{shown}", "CREATED")])
        assert keeper.event()["revision"] == public
        withdrawn = site.send("POST", f"/doc/service/{shown}/withdraw")
        assert (talk.event()["revision"], keeper.event()["revision"]) == (withdrawn, withdrawn)
    told = json.dumps(ask(site, "{ revisions(first: 200) { nodes { revision changes { iri } } } }"))
    assert draft not in told
    assert f'"revision": {hidden},' not in told
    with site.talk() as talk:  # not even who asks for everything, or for that very number
        talk.follow(since(1))
        seen = []
        while not seen or seen[-1]["revision"] < withdrawn:
            seen.append(talk.event())
        assert draft not in json.dumps(seen)
        assert hidden not in [one["revision"] for one in seen]


def test_publishing_brings_and_withdrawing_takes_away(site: Site) -> None:
    slug = site.slug()
    site.put(slug, publish=False)
    mutation = 'mutation {{ {verb}Service(iri: "{iri}") {{ committed revision }} }}'
    with site.talk() as talk, site.talk(role=Role.STEWARD) as keeper:
        talk.follow(since(newest(site)))
        for verb, change in (("publish", "CREATED"), ("withdraw", "REMOVED")):
            keeper.subscribe(mutation.format(verb=verb, iri=service_of(slug)), verb)
            payload = keeper.hear()["payload"]["data"][f"{verb}Service"]
            assert payload["committed"], payload
            assert keeper.hear()["type"] == "complete"
            assert changes(talk.event()) == [(f"service/{slug}", change)]


def test_every_event_can_be_resumed_after(site: Site) -> None:
    start = newest(site)
    slugs = [site.slug() for _ in range(5)]
    for slug in slugs:
        site.put(slug)
    with site.talk() as talk:
        talk.follow(since(start))
        seen = [talk.event() for _ in slugs]
    assert [changes(one)[0][0] for one in seen] == [f"service/{slug}" for slug in slugs]
    for number, event in enumerate(seen[:-1]):
        with site.talk() as talk:
            talk.follow(since(event["cursor"]))
            assert talk.event() == seen[number + 1]


def test_kinds_are_chosen(site: Site) -> None:
    with site.talk() as talk:
        talk.follow(since(newest(site), kind="[ORGANISATION, SYSTEM]"))
        site.put(site.slug())
        site.publish("/doc/organisation/health", organisation("health", "Health and care"))
        assert changes(talk.event()) == [("organisation/health", "CHANGED")]


def organisation(slug: str, title: str) -> str:
    return f"""<id/organisation/{slug}> a cv:PublicOrganisation ; skos:prefLabel "{title}"@en, "{title} fr"@fr ;
        dct:description "Keeps the registers."@en ; dct:identifier "HEA" ; gov:publicationStatus code:Published ;
        dct:spatial <http://publications.europa.eu/resource/authority/country/LUX> ."""


def moved(text: str) -> str:
    return text.replace("organisation/interior", "organisation/health")


def test_an_organisation_follows_what_is_and_what_was_its_own(site: Site) -> None:
    start = newest(site)
    slug, other = site.slug(), site.slug()
    first = site.put(slug)
    site.send("PUT", f"/doc/service/{other}", moved(service(other)))
    with site.talk() as talk:
        talk.follow(since(start, organisation='"interior"'))
        assert talk.event()["revision"] == first
        left = site.publish(f"/doc/service/{slug}", moved(service(slug)))
        assert talk.event()["revision"] == left
        again = site.publish(f"/doc/service/{slug}", moved(service(slug, "Theirs")))
        gone = site.delete(slug)
        last = site.put(site.slug())
        assert talk.event()["revision"] == last
    with site.talk() as talk, site.talk() as theirs:  # from the past it is the same, though nothing is there any more
        talk.follow(since(start, organisation=f'"{INTERIOR}"', kind="SERVICE"))
        assert [talk.event()["revision"] for _ in range(3)] == [first, left, last]
        theirs.follow(since(left - 1, organisation=f'"{HEALTH}"'))
        assert [theirs.event()["revision"] for _ in range(3)] == [left, again, gone]


def test_a_large_revision_comes_in_pages_and_can_be_resumed_within(site: Site) -> None:
    start = newest(site, Role.READER)
    prefix = site.slug()
    quads = "".join(
        f"<{service_of(f'{prefix}-{n}')}> a <http://purl.org/vocab/cpsv#PublicService> ; "
        f"<http://purl.org/dc/terms/title> 'Number {n}'@en . "
        for n in range(250)
    )
    text = f"INSERT DATA {{ GRAPH <{NAMES.working.value}> {{ {quads} }} }}"
    headers = {"content-type": "application/sparql-update", "authorization": f"Bearer {site.tokens[Role.STEWARD]}"}
    assert httpx.post(f"{site.address}/sparql", content=text, headers=headers, timeout=60).status_code < 300
    site.writer.snapshot()
    with site.talk(role=Role.READER) as talk:
        talk.follow(since(start))
        pages = [talk.event() for _ in range(3)]
        site.put(after := site.slug(), publish=False)
        assert changes(talk.event()) == [(f"service/{after}", "CREATED")]
    assert [(len(one["changes"]), one["complete"]) for one in pages] == [(100, False), (100, False), (50, True)]
    assert len({one for page in pages for one in changes(page)}) == 250
    with site.talk(role=Role.READER) as talk:
        talk.follow(since(pages[0]["cursor"]))
        assert [talk.event() for _ in range(2)] == pages[1:]
    with site.talk(role=Role.READER) as talk:  # of what is not wanted no page is told
        talk.follow(since(start, kind="ORGANISATION"))
        site.send("PUT", "/doc/organisation/health", organisation("health", site.slug()))
        assert changes(talk.event()) == [("organisation/health", "CHANGED")]


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("0", "BAD_REQUEST"),
        ("999999", "REVISION_AWAY"),
        ("9" * 400, "BAD_CURSOR"),
        ("nonsense", "BAD_CURSOR"),
        ("WyJjaGFuZ2VzIiwgInB1YmxpYyIsIC0xLCAwXQ==", "BAD_CURSOR"),
        ("WyJjaGFuZ2VzIl0=", "BAD_CURSOR"),
        (events.encode(Place(1), Audience.WORKING), "BAD_REQUEST"),
    ],
)
def test_a_place_that_cannot_be_is_refused(site: Site, place: str, code: str) -> None:
    with site.talk() as talk:
        talk.follow(since(place))
        assert talk.refusal() == code


def test_there_is_nothing_to_follow_in_the_past(site: Site) -> None:
    with site.talk(path="/graphql?asOf=1") as talk:
        talk.follow()
        assert talk.refusal() == "BAD_REQUEST"


def test_variables_fragments_and_aliases_are_taken(site: Site) -> None:
    query = """subscription Follow($kind: [KindName!], $since: String) { ...F }
        fragment F on Subscription { it: catalogueChanged(kind: $kind, since: $since) { ...C } }
        fragment C on CatalogueChange { n: revision at door agent reason organisation { slug } contract
            changes { __typename entity { ... on Service { slug } } } }"""
    with site.talk() as talk:
        talk.subscribe(query, kind=["SERVICE"], since=str(newest(site)))
        revision = site.put(slug := site.slug())
        said = talk.hear()["payload"]["data"]["it"]
        assert (said["n"], said["door"]) == (revision, "document")
        assert said["changes"] == [{"__typename": "EntityChange", "entity": {"slug": slug}}]


def test_history_and_revisions_are_pages(site: Site) -> None:
    slug = site.slug()
    made = [site.put(slug)] + [site.publish(f"/doc/service/{slug}", service(slug, f"Title {n}")) for n in range(4)]
    query = '{ service(slug: "%s") { history%s { nodes { revision changes { change } complete } pageInfo { %s } } } }'
    info = "hasNextPage hasPreviousPage startCursor endCursor"
    page = ask(site, query % (slug, "(first: 2)", info))["service"]["history"]
    assert [one["revision"] for one in page["nodes"]] == made[:2:-1]
    assert (page["pageInfo"]["hasNextPage"], page["pageInfo"]["hasPreviousPage"]) == (True, False)
    older = ask(site, query % (slug, f'(first: 10, after: "{page["pageInfo"]["endCursor"]}")', info))["service"][
        "history"
    ]
    assert [one["revision"] for one in older["nodes"]] == made[2::-1]
    assert older["nodes"][-1]["changes"] == [{"change": "CREATED"}]
    assert older["nodes"][0] == {"revision": made[2], "changes": [{"change": "CHANGED"}], "complete": True}
    assert (older["pageInfo"]["hasNextPage"], older["pageInfo"]["hasPreviousPage"]) == (False, True)
    newer = ask(site, query % (slug, f'(last: 1, before: "{older["pageInfo"]["startCursor"]}")', info))
    assert [one["revision"] for one in newer["service"]["history"]["nodes"]] == [made[3]]
    listed = ask(
        site, f'{{ revisions(entity: "{service_of(slug)}", first: 3) {{ edges {{ cursor node {{ revision }} }} }} }}'
    )
    assert [one["node"]["revision"] for one in listed["revisions"]["edges"]] == made[:1:-1]
    last = ask(site, "{ revisions(first: 1) { nodes { cursor revision } } }")["revisions"]["nodes"][0]
    with site.talk() as talk:
        talk.follow(since(last["cursor"]))
        made.append(site.publish(f"/doc/service/{slug}", service(slug, "Again")))
        assert talk.event()["revision"] == made[-1]


def test_the_reads_of_histories_do_not_depend_on_their_number(site: Site, contract: Contract) -> None:
    store = DiskStore.of(site.settings)
    try:
        view = Catalogue(store, contract).view(Audience.WORKING)
        schema = build_schema(contract, read_questions(contract), ledger=Ledger(site.settings.data / "log"))
        text = "{ services(first: %d) { nodes { history(first: 3) { nodes { changes { iri entity { slug } } } } } } }"
        reads = {schema.execute(text % number, view).reads for number in (2, 20)}
        assert len(reads) == 1
    finally:
        store.close()


def test_a_feed_is_bounded_and_tells_the_same_in_small_steps(site: Site, contract: Contract) -> None:
    store = DiskStore.of(site.settings)
    try:
        view = Catalogue(store, contract).view(Audience.WORKING)
        ledger = Ledger(site.settings.data / "log")
        told: dict[int, list[tuple[int, str]]] = {}
        for most in (1, 3, 1000):
            place, more, seen = Place(1), True, []
            while more:
                found = Feed(view, ledger).read(place, most)
                assert len(found.events) <= most
                seen += [(one.revision.number, change.iri.value) for one in found.events for change in one.changes]
                place, more = found.place, found.more
            assert place == Place(view.revision)
            told[most] = seen
        assert told[1] == told[3] == told[1000]
        assert len(set(told[1])) == len(told[1]) > 250
        assert Feed(view, ledger, Filter(frozenset({"LIFE_EVENT"}))).read(Place(1), 10).events == ()
    finally:
        store.close()


def blocks(lines: Iterator[str], number: int) -> list[dict[str, str]]:
    """So many blocks of an event stream."""
    found: list[dict[str, str]] = []
    block: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            block[name] = value.strip()
        elif block:
            found.append(block)
            block = {}
        if len(found) == number:
            break
    return found


def stream(site: Site, query: str, method: str = "POST", **headers: str) -> Any:
    given = {"accept": "text/event-stream", **{key.replace("_", "-"): value for key, value in headers.items()}}
    said: Any = {"params": {"query": query}} if method == "GET" else {"json": {"query": query}}
    return httpx.stream(method, f"{site.address}/graphql", headers=given, timeout=SECONDS, **said)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_events_come_as_a_stream_with_ids_to_resume_at(site: Site, method: str) -> None:
    query = f"subscription {{ catalogueChanged {{ {EVENT} }} }}"
    with stream(site, query, method) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        lines = answer.iter_lines()
        [beginning] = blocks(lines, 1)
        made = [site.put(site.slug()) for _ in range(3)]
        told = blocks(lines, 3)
    assert [one["event"] for one in told] == ["next"] * 3
    revisions = [json.loads(one["data"])["data"]["catalogueChanged"]["revision"] for one in told]
    assert revisions == made
    for place, rest in ((beginning["id"], made), (told[0]["id"], made[1:])):
        with stream(site, query, method, last_event_id=place) as answer:
            again = blocks(answer.iter_lines(), len(rest) + 1)[1:]
        assert [json.loads(one["data"])["data"]["catalogueChanged"]["revision"] for one in again] == rest


def test_other_operations_come_as_a_stream_that_ends(site: Site) -> None:
    with stream(site, "{ __typename }") as answer:
        assert (
            answer.read().decode() == 'event: next\ndata: {"data":{"__typename":"Query"}}\n\nevent: complete\ndata:\n\n'
        )
    with stream(site, "{ nothing }") as answer:
        assert answer.status_code == 200
        told = blocks(iter(answer.read().decode().splitlines()), 2)
    assert json.loads(told[0]["data"])["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert told[1]["event"] == "complete"
    with stream(site, 'subscription { catalogueChanged(since: "0") { cursor } }') as answer:
        told = blocks(iter(answer.read().decode().splitlines()), 2)
    assert json.loads(told[0]["data"])["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    mutation = f'mutation {{ publishService(iri: "{service_of("permit")}") {{ committed }} }}'
    with stream(site, mutation) as answer:
        assert answer.status_code == 401
    with stream(site, mutation, "GET") as answer:
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_subscription_needs_a_stream(site: Site) -> None:
    said = {"query": "subscription { catalogueChanged { cursor } }"}
    answer = httpx.post(f"{site.address}/graphql", json=said, headers={"accept": "application/json"})
    assert answer.status_code == 406
    both = {"accept": "application/graphql-response+json, application/json, text/event-stream"}
    with httpx.stream("POST", f"{site.address}/graphql", json=said, headers=both) as streamed:
        assert streamed.headers["content-type"].startswith("text/event-stream")
    plain = httpx.post(f"{site.address}/graphql", json={"query": "{ __typename }"}, headers=both)
    assert plain.headers["content-type"].startswith("application/")


def test_a_quiet_stream_says_that_it_is_alive_and_gives_its_seat_back(contract: Contract, tmp_path: Any) -> None:
    query = "subscription { catalogueChanged(kind: SYSTEM) { cursor } }"
    with opened(contract, tmp_path, graphql_heartbeat_seconds=0.1, graphql_streams=1) as site:
        for _ in range(3):
            with stream(site, query) as answer:
                lines = answer.iter_lines()
                first = blocks(lines, 2)
                assert first[0] == first[1]
                site.put(site.slug())
                while blocks(lines, 1)[0] == first[0]:  # it is nothing that was wanted, but a step on the way
                    pass
                with stream(site, query) as other:
                    assert (other.status_code, "retry-after" in other.headers) == (503, True)
            with site.talk(greeted=False) as talk:
                assert isinstance(talk, Talk)


def test_nothing_is_read_ahead_of_who_follows(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Place] = []
    read = Feed.read

    def counted(feed: Feed, place: Place, most: int) -> events.Found:
        reads.append(place)
        return read(feed, place, most)

    monkeypatch.setattr(Feed, "read", counted)

    async def follow() -> None:
        house = open_house(site.settings, DiskStore.of(site.settings))
        endpoint = Endpoint(house, build_schema(house.contract, house.questions, ledger=house.ledger))
        scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": []}
        caller = Caller(endpoint, Request({**scope, "client": ("127.0.0.1", 1)}))
        begun = await caller.begin(Sent('subscription { catalogueChanged(since: "1") { revision } }'))
        assert isinstance(begun, Subscribed)
        async with aclosing(caller.follow(begun)) as happening:
            taken = [await anext(happening) for _ in range(6)]
            assert taken[0].told is None
            assert all(one.told for one in taken[1:])
            await asyncio.sleep(0)
            assert len(reads) == 1  # ten events at a time
            taken += [await anext(happening) for _ in range(6)]
            assert len(reads) == 2
        house.exits.close()

    asyncio.run(follow())


def test_who_stops_waiting_keeps_the_place_until_its_thread_has_ended(site: Site) -> None:
    """So nobody has more threads than turns by beginning and leaving."""
    house = open_house(replace(site.settings, graphql_at_once=2), DiskStore.of(site.settings))
    endpoint = Endpoint(house, build_schema(house.contract, house.questions, ledger=house.ledger))
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": []}
    request = Request({**scope, "client": ("127.0.0.1", 1)})
    begun, go_on = threading.Semaphore(0), threading.Event()

    def work() -> None:
        begun.release()
        go_on.wait(20)

    async def leave_and_ask() -> None:
        first = asyncio.create_task(endpoint.in_turn(request, work))
        while not begun.acquire(blocking=False):
            await asyncio.sleep(0)
        first.cancel()
        second = asyncio.create_task(endpoint.in_turn(request, work))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not begun.acquire(blocking=False), "a client has half of two places"
        go_on.set()
        await second

    asyncio.run(leave_and_ask())
    house.exits.close()


def test_the_price_of_a_subscription_can_be_asked(site: Site) -> None:
    said = {"query": f"subscription {{ catalogueChanged {{ {EVENT} }} }}"}
    headers = {"accept": "application/json, text/event-stream", "govgraph-price": "only"}
    answer = httpx.post(f"{site.address}/graphql", json=said, headers=headers, timeout=SECONDS)
    assert answer.status_code == 200
    assert answer.json()["extensions"]["cost"]["entities"] >= events.MOST_CHANGES


def test_who_has_spent_their_points_is_told_later_and_all_the_same(contract: Contract, tmp_path: Any) -> None:
    with opened(contract, tmp_path, graphql_points=20, graphql_points_seconds=2) as site, site.talk() as talk:
        made = [site.put(site.slug()) for _ in range(12)]
        talk.follow(since(1))
        assert [talk.event()["revision"] for _ in made] == made
