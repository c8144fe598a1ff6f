"""Nobody who follows misses anything: clients of others' making, real processes, writers that never pause, restarts."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import httpx
import pytest
from websockets.sync.client import connect

from conftest import REPOSITORY, TURTLE_PREFIXES, Seed
from crash import chosen
from followed import PROTOCOL, Talk
from govgraph.catalogue import Audience, Catalogue
from govgraph.catalogue.chronicle import Chronicle
from govgraph.cli.supervising import WRITER
from govgraph.contract import Contract
from govgraph.store.embedded import DiskStore
from node import node
from test_processes import Serve, Server, kill, pytestmark, serve  # noqa: F401  # a fixture, and where it works

PACKAGES = ("graphql-ws", "graphql-sse", "ws")


@pytest.fixture(scope="module")
def program() -> str:
    return node(*PACKAGES)


@dataclass
class Follower:
    """A process that follows, and what it was told."""

    process: subprocess.Popen[str]
    events: list[dict[str, object]] = field(default_factory=list)
    listening: threading.Thread | None = None

    @classmethod
    def of(cls, program: str, way: str, server: Server) -> Follower:
        scheme = "ws" if way == "ws" else "http"
        address = server.address.replace("http", scheme, 1) + "/graphql"
        command = [program, str(REPOSITORY / "tests" / "clients" / "follower.mjs"), way, address, "1", server.token]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        follower = cls(subprocess.Popen(command, text=True, **pipes))  # type: ignore[call-overload]  # three pipes
        follower.listening = threading.Thread(target=follower.listen, daemon=True)
        follower.listening.start()
        return follower

    def listen(self) -> None:
        assert self.process.stdout is not None
        self.events += (json.loads(line) for line in self.process.stdout)

    def end(self, revision: int) -> str:
        """Wait until it has heard of a revision; what it has to say about its life."""
        assert self.process.stdin is not None
        assert self.process.stderr is not None
        self.process.stdin.write(f"end {revision}\n")
        self.process.stdin.flush()
        assert self.process.wait(90) == 0, self.process.stderr.read()
        assert self.listening is not None
        self.listening.join(10)
        said = self.process.stderr.read()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        return said

    def told(self) -> list[tuple[int, str]]:
        """Every change it heard of, in the order it did."""
        return [(event["revision"], change["iri"]) for event in self.events for change in event["changes"]]  # type: ignore[attr-defined, misc]


@dataclass
class Writers:
    """Some that write without a pause, and go on when the server is away."""

    server: Server
    over: threading.Event = field(default_factory=threading.Event)
    made: list[int] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self, number: int) -> None:
        self.threads = [threading.Thread(target=self.write, args=(one,)) for one in range(number)]
        for thread in self.threads:
            thread.start()

    def write(self, one: int) -> None:
        number = 0
        while not self.over.wait(0.01):
            number += 1
            try:
                answer = self.server.write(f"w{one}-{number}")
            except httpx.HTTPError:
                continue
            if answer.status_code < 300:
                self.made.append(int(answer.headers["govgraph-revision"]))

    def until(self, number: int) -> None:
        goal = len(self.made) + number
        self.server.until(lambda: len(self.made) >= goal)

    def end(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()


def restart(server: Server) -> None:
    """End a server, and start another over its data at its address."""
    command = server.process.args
    assert server.end() == 0
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GOVGRAPH_")}
    assert server.process.stdout is not None
    server.process.stdout.close()
    server.said.clear()
    server.process = subprocess.Popen(command, env=kept, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    server.listening = threading.Thread(target=server.listen, daemon=True)
    server.listening.start()
    server.tells("Ctrl-C")
    server.until((server.data / "writer.sock").exists)


def truth(data: Path, contract: Contract) -> list[tuple[int, str]]:
    """Every change after the first revision, as the history of the newest snapshot has it."""
    store = DiskStore.of(chosen(data))
    try:
        view = Catalogue(store, contract).view(Audience.WORKING)
        chronicle = Chronicle(view)
        numbers = range(2, view.revision + 1)
        return [(number, entity.value) for number in numbers for entity in chronicle.changed(number)]
    finally:
        store.close()


@pytest.mark.slow
def test_followers_miss_nothing_and_hear_nothing_twice_whatever_happens(
    serve: Serve,  # noqa: F811  # the fixture
    seed: Seed,
    program: str,
) -> None:
    server = serve("--workers", "2")
    writers, followers = Writers(server), [Follower.of(program, way, server) for way in ("ws", "sse")]
    writers.start(2)
    try:
        writers.until(30)
        kill(server.of("reader")[0])
        writers.until(30)
        server.process.send_signal(signal.SIGHUP)
        server.tells("New processes have taken over")
        writers.until(30)
        kill(*server.of(WRITER))
        writers.until(20)
        restart(server)
        writers.until(30)
        late = Follower.of(program, "ws", server)  # from the beginning, while the others are near the end
        writers.until(20)
    finally:
        writers.end()
    assert server.write("last").status_code < 300
    expected = truth_when_shown(server, seed.contract)
    for follower in (*followers, late):
        said = follower.end(expected[-1][0])
        # On a busy machine the late one may begin when all is over, and be told everything by its first connection.
        assert int(said.split()[0]) > 3 or follower is late, said
        assert follower.told() == expected
    assert {revision for revision, _ in expected} >= set(writers.made)
    assert server.end() == 0


def truth_when_shown(server: Server, contract: Contract) -> list[tuple[int, str]]:
    """Once readers have the last change."""
    last = "id/organisation/last"
    server.until(lambda: truth(server.data, contract)[-1][1].endswith(last))
    return truth(server.data, contract)


def test_a_server_that_ends_sends_its_followers_away_at_once(serve: Serve, program: str) -> None:  # noqa: F811
    server = serve(GOVGRAPH_DRAIN_SECONDS="20")
    follower = Follower.of(program, "ws", server)
    query = "subscription { catalogueChanged { cursor } }"
    accept = {"accept": "text/event-stream"}
    with httpx.stream("POST", f"{server.address}/graphql", json={"query": query}, headers=accept, timeout=30) as answer:
        lines = answer.iter_lines()
        assert next(lines).startswith("id: ")
        begun = monotonic()
        assert server.end() == 0
        assert monotonic() - begun < 10
        assert not [line for line in lines if line.startswith("event:")]  # no complete: there is more to come
    follower.process.kill()
    follower.process.wait()
    assert follower.listening is not None
    follower.listening.join(10)
    for pipe in (follower.process.stdin, follower.process.stdout, follower.process.stderr):
        assert pipe is not None
        pipe.close()


def test_a_message_that_is_too_long_ends_the_connection(serve: Serve) -> None:  # noqa: F811
    server = serve("--read-only", writes=False)
    with connect(server.address.replace("http", "ws") + "/graphql", subprotocols=[PROTOCOL]) as connection:  # type: ignore[list-item]
        talk = Talk(connection)
        talk.greet()
        talk.subscribe("{ __typename }" + " " * 900_000)
        assert talk.hear()["type"] == "next"
        connection.send(" " * 1_100_000)
        assert talk.end()[0] == 1009


BROWSER = """([address, since]) => new Promise((resolve, reject) => {
    const query = `subscription { catalogueChanged(since: "${since}") { revision changes { iri } } }`;
    const events = new EventSource(`${address}/graphql?query=${encodeURIComponent(query)}`);
    window.told = [];
    events.addEventListener("next", (event) => window.told.push(JSON.parse(event.data).data.catalogueChanged.revision));
    const socket = new WebSocket(address.replace("http", "ws") + "/graphql", "graphql-transport-ws");
    socket.onerror = () => reject("the socket failed");
    socket.onopen = () => socket.send(JSON.stringify({ type: "connection_init" }));
    socket.onmessage = (message) => resolve(JSON.parse(message.data).type);
})"""


@pytest.mark.browser
def test_a_browser_resumes_by_itself_and_its_policy_lets_sockets_through(serve: Serve, seed: Seed) -> None:  # noqa: F811
    """EventSource says where it was, over a restart too; the page is one of ours, with its content security policy."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs the browser extra (playwright)")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs Chromium")
    server = serve()
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{server.address}/revisions")
        assert page.evaluate(BROWSER, [server.address, "1"]) == "connection_ack"
        made = [publish(server, f"before-{number}") for number in range(3)]
        restart(server)
        made += [publish(server, f"after-{number}") for number in range(3)]
        page.wait_for_function("count => window.told.length >= count", arg=len(made), timeout=30_000)
        assert page.evaluate("window.told") == made
        browser.close()
    assert server.end() == 0


def publish(server: Server, slug: str) -> int:
    """An organisation everybody may see; the revision it came with."""
    turtle = f"""{TURTLE_PREFIXES} <id/organisation/{slug}> a cv:PublicOrganisation ;
        skos:prefLabel "Office"@en, "Bureau"@fr ; dct:description "Keeps the registers."@en ; dct:identifier "{slug}" ;
        dct:spatial <http://publications.europa.eu/resource/authority/country/LUX> ;
        gov:publicationStatus code:Published ."""
    headers = {"authorization": f"Bearer {server.token}", "content-type": "text/turtle"}
    address = f"{server.address}/doc/organisation/{slug}"
    answer = httpx.put(address, content=turtle.encode(), headers=headers, timeout=30)
    assert answer.status_code == 201, answer.text
    return int(answer.headers["govgraph-revision"])
