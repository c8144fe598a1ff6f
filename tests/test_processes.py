"""A server's processes as its operator and its clients see them: started, reloaded, killed, drained."""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from time import monotonic
from urllib.parse import quote

import httpx
import pytest

import crash
from conftest import BASE, Seed
from govgraph.access import Role
from govgraph.access.tokens import Tokens
from govgraph.cli.supervising import WRITER
from govgraph.gate.line import RemoteWriter, open_writer
from govgraph.history.log import Log

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to find processes")
INSERT = "INSERT DATA {{ GRAPH <{graph}> {{ <{iri}> a <{kind}> ; <{label}> 'Office {name}'@en }} }}"


@dataclass
class Server:
    """A server that answers, and what it has said."""

    process: subprocess.Popen[str]
    address: str
    data: Path
    token: str
    said: list[str] = field(default_factory=list)
    listening: threading.Thread | None = None

    def get(self, path: str = "/healthz", **headers: str) -> httpx.Response:
        return httpx.get(self.address + path, headers=headers, timeout=30)

    def write(self, name: str) -> httpx.Response:
        """A draft of an organisation."""
        text = (
            INSERT.format(
                graph=crash.NAMES.working,
                iri=crash.NAMES.entity("organisation", name).value,
                kind=crash.ORGANISATION.value,
                label=crash.LABEL.value,
                name=name,
            )
            .replace("<<", "<")
            .replace(">>", ">")
        )
        headers = {"content-type": "application/sparql-update", "authorization": f"Bearer {self.token}"}
        return httpx.post(f"{self.address}/sparql", content=text, headers=headers, timeout=30)

    def children(self) -> dict[int, str]:
        """Its processes: number and what they do."""
        found = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                after = stat.read_text().rpartition(")")[2].split()
                words = (stat.parent / "cmdline").read_bytes().decode().split("\0")
            except OSError:  # it has ended meanwhile
                continue
            if int(after[1]) == self.process.pid and after[0] != "Z" and "govgraph.cli.processes" in words:
                found[int(stat.parent.name)] = words[words.index("govgraph.cli.processes") + 1]
        return found

    def of(self, role: str) -> list[int]:
        return [pid for pid, does in self.children().items() if does == role]

    def until(self, true: Callable[[], object], seconds: float = 60) -> None:
        end = monotonic() + seconds
        while not true():
            assert self.process.poll() is None, self.said
            assert monotonic() < end, self.said
            select.select([], [], [], 0.02)

    def tells(self, what: str) -> None:
        """Wait until it says that."""
        self.until(lambda: any(what in line for line in self.said))

    def listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip())

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        status = self.process.wait(60)
        assert self.listening is not None
        self.listening.join(10)
        return status


Serve = Callable[..., Server]


@pytest.fixture
def serve(seed: Seed, tmp_path: Path) -> Iterator[Serve]:
    """Starts a server over a copy of the seed; waits until it answers and, unless told otherwise, may be written to."""
    servers: list[Server] = []

    def start(*options: str, writes: bool = True, **environment: str) -> Server:
        data = Path(shutil.copytree(seed.directory, tmp_path / "data"))
        token = Tokens(data / "access").create(Role.STEWARD, None, "test", None)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GOVGRAPH_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "govgraph", "serve", "--data", str(data), "--port", str(port), *options],
            env={**kept, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        server = Server(process, f"http://127.0.0.1:{port}", data, token)
        server.listening = threading.Thread(target=server.listen, daemon=True)
        server.listening.start()
        servers.append(server)
        server.tells("Ctrl-C")
        if writes:
            server.until((data / "writer.sock").exists)
        return server

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.end(signal.SIGTERM)
        assert server.process.stdout is not None
        server.process.stdout.close()


@dataclass
class Load:
    """Readers that ask without a pause, each on a connection it keeps."""

    answered: int = 0
    wrong: list[str] = field(default_factory=list)
    refused: int = 0
    """Connections nobody took: of a server that has ended."""


@contextmanager
def under_load(server: Server, threads: int = 4) -> Iterator[Load]:
    load, over, begun = Load(), threading.Event(), threading.Barrier(threads + 1, timeout=60)

    def ask() -> None:
        waiting = True
        with httpx.Client(base_url=server.address, timeout=60) as client:
            while not over.is_set():
                for path in ("/healthz", "/service", "/graphql?query={__typename}"):
                    try:
                        status = client.get(path).status_code
                    except httpx.ConnectError:
                        load.refused += 1
                        return
                    except httpx.HTTPError as error:
                        load.wrong.append(f"{path}: {error!r}")
                        return
                    load.answered += 1
                    if status != HTTPStatus.OK:
                        load.wrong.append(f"{path}: {status}")
                        return
                if waiting:
                    begun.wait()
                    waiting = False

    askers = [threading.Thread(target=ask) for _ in range(threads)]
    for asker in askers:
        asker.start()
    begun.wait()
    try:
        yield load
    finally:
        over.set()
        for asker in askers:
            asker.join()


def working(server: Server, revision: int) -> dict[str, str]:
    """The headers of a request for drafts, no older than a revision."""
    own = {"Authorization": f"Bearer {server.token}", "Govgraph-View": "working"}
    return {**own, "Govgraph-Minimum-Revision": str(revision)}


def kill(pid: int) -> None:
    """Kill a process and wait until it is no more."""
    watched = os.pidfd_open(pid)
    try:
        os.kill(pid, signal.SIGKILL)
        assert select.select([watched], [], [], 30)[0]
    finally:
        os.close(watched)


def test_one_writes_and_the_others_serve(serve: Serve) -> None:
    server = serve("--workers", "2")
    assert sorted(server.children().values()) == ["reader", "reader", WRITER]
    assert any("Services" in line for line in server.said)
    answer = server.write("one")
    assert answer.status_code < 300, answer.text
    assert answer.headers["govgraph-revision"] == "2"
    told = server.get("/doc/organisation/one", **working(server, 2))
    assert told.headers["govgraph-revision"] == "2"
    assert server.end(signal.SIGINT) == 0


def test_it_ends_without_failing_a_request_and_leaves_all_in_order(serve: Serve) -> None:
    server = serve("--workers", "2")
    with under_load(server) as load:
        answer = server.write("last")
        assert answer.status_code < 300, answer.text
        children = server.children()
        assert server.end() == 0
    assert load.wrong == []
    assert load.answered > 0
    assert load.refused == 4
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert not (server.data / "writer.sock").exists()
    revision, dumps = crash_state(server.data)
    assert revision == Log(server.data / "log").newest == 2
    assert b"Office last" in dumps


def crash_state(data: Path) -> tuple[int, bytes]:
    store = crash.DiskStore(data, BASE)
    try:
        return store.reader().revision, store.reader().dump(crash.NAMES.working)
    finally:
        store.close()


RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


def query_processes(server: Server) -> list[Path]:
    readers = {str(pid) for pid in server.of("reader")}
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if stat.read_text().rpartition(")")[2].split()[1] in readers:
                found.append(stat)
    return found


def test_a_request_under_way_is_answered_before_the_end(serve: Serve) -> None:
    server = serve(writes=False, GOVGRAPH_QUERY_SECONDS="2")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(server.get, f"/sparql?query={quote(RUNAWAY)}")
        server.until(lambda: query_processes(server))
        assert server.end() == 0
        assert asked.result().json()["type"].endswith("#query-overdue")
        assert asked.result().headers["connection"] == "close"


def test_the_end_is_not_put_off_for_ever(serve: Serve) -> None:
    server = serve(writes=False, GOVGRAPH_QUERY_SECONDS="300", GOVGRAPH_DRAIN_SECONDS="0.5")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(server.get, f"/sparql?query={quote(RUNAWAY)}")
        server.until(lambda: query_processes(server))
        begun = monotonic()
        assert server.end() == 0
        assert monotonic() - begun < 20
        assert asked.exception() is not None or asked.result().status_code >= 500


def test_a_reload_changes_every_process_and_drops_no_request(serve: Serve) -> None:
    server = serve("--workers", "2")
    with under_load(server) as load:
        for _ in range(2):
            before, answered = set(server.children()), load.answered
            server.said.clear()
            server.process.send_signal(signal.SIGHUP)
            server.tells("New processes have taken over")
            server.until(lambda before=before: not before & set(server.children()))
            server.until(lambda answered=answered: load.answered > answered + 50)
        server.until(lambda: server.write("after").status_code < 300)
    assert load.wrong == []
    assert load.refused == 0
    assert sorted(server.children().values()) == ["reader", "reader", WRITER]
    assert server.end() == 0


def test_changes_made_during_a_reload_are_made(serve: Serve) -> None:
    server = serve(GOVGRAPH_WRITE_WAIT_SECONDS="30")
    made: list[int] = []
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            made.append(server.write(f"made-{len(made)}").status_code)

    writing = threading.Thread(target=write)
    writing.start()
    before = set(server.children())
    server.process.send_signal(signal.SIGHUP)
    server.tells("New processes have taken over")
    server.until(lambda: not before & set(server.children()))
    over.set()
    writing.join()
    assert len(made) > 1
    assert set(made) <= {200, 201, 204}
    assert server.end() == 0
    assert Log(server.data / "log").newest == len(made) + 1


def test_a_reload_that_cannot_be_leaves_all_as_it_is(serve: Serve, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "shapes").mkdir()
    server = serve("--contract", str(own), writes=False)
    server.until((server.data / "writer.sock").exists)
    before = server.children()
    (own / "shapes" / "wrong.ttl").write_text("this is no Turtle")
    with under_load(server) as load:
        server.process.send_signal(signal.SIGHUP)
        server.tells("The new processes cannot take over")
        server.until(lambda: server.children() == before)
    assert load.wrong == []
    assert server.end() == 0


def test_a_killed_writer_is_replaced_while_reading_goes_on(serve: Serve) -> None:
    server = serve(GOVGRAPH_WRITE_WAIT_SECONDS="0")
    assert server.write("before").status_code < 300
    with under_load(server, 2) as load:
        [writer] = server.of(WRITER)
        kill(writer)
        away = server.write("meanwhile")
        assert away.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert away.json()["type"].endswith("#writer-away")
        assert int(away.headers["retry-after"]) > 0
        server.until(lambda: server.write("after").status_code < 300)
        assert server.of(WRITER) not in ([], [writer])
        server.tells("The writer ended (SIGKILL); another starts now.")
    assert load.wrong == []
    assert RemoteWriter(server.data).revision == Log(server.data / "log").newest == 3
    for _ in range(2):  # one that dies again and again is given more and more time
        server.until(lambda: server.of(WRITER))
        kill(*server.of(WRITER))
        server.until(lambda: not server.of(WRITER))
    server.tells("The writer ended (SIGKILL); another starts in 0.")


def test_a_killed_reader_is_replaced_and_the_other_serves(serve: Serve) -> None:
    server = serve("--workers", "2")
    [writer] = server.of(WRITER)
    for _ in range(2):
        before = server.of("reader")
        assert len(before) == 2
        kill(before[0])
        for _ in range(20):
            assert server.get().status_code == HTTPStatus.OK
        server.until(lambda before=before: len({*server.of("reader")} - {before[0]}) == 2)
    assert server.of(WRITER) == [writer]


def test_what_is_written_at_the_socket_is_served_within_a_second(serve: Serve, seed: Seed) -> None:
    server = serve()
    writer = open_writer(crash.chosen(server.data), seed.contract)
    assert isinstance(writer, RemoteWriter)
    begun = monotonic()
    revision = writer.submit(crash.change(0, 0)).revision
    writer.close()
    answer = server.get("/service", **working(server, revision))
    assert answer.status_code == HTTPStatus.OK
    assert answer.headers["govgraph-revision"] == str(revision) == "2"
    assert monotonic() - begun < 2  # within one where it has a processor to itself


def test_a_load_while_the_server_runs_goes_through_it(serve: Serve, tmp_path: Path) -> None:
    server = serve()
    file = tmp_path / "fresh.ttl"
    node, kind, label = crash.NAMES.entity("organisation", "fresh"), crash.ORGANISATION, crash.LABEL
    file.write_text(f'{node} a {kind} ; {label} "Fresh"@en .')
    command = [sys.executable, "-m", "govgraph", "load", str(file), "--data", str(server.data)]
    subprocess.run(command, capture_output=True, check=True, timeout=120)
    assert server.get("/service", **working(server, 2)).headers["govgraph-revision"] == "2"
    assert server.write("after").headers["govgraph-revision"] == "3"
    assert server.end() == 0
    assert b"Fresh" in crash_state(server.data)[1]


def test_a_contract_is_applied_while_the_server_runs(serve: Serve, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "more.ttl").write_text(
        """@prefix gov: <https://w3id.org/govgraph/ns#> . @prefix sh: <http://www.w3.org/ns/shacl#> .
        @prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix cpsv: <http://purl.org/vocab/cpsv#> .
        gov:FloorShape a sh:NodeShape ; sh:targetClass cpsv:PublicService ; sh:property
        [ sh:path gov:floor ; gov:apiName "floor" ; sh:name "floor"@en, "étage"@fr ; sh:datatype xsd:integer ] ."""
    )
    server = serve("--contract", str(own))
    assert server.write("before").status_code == 409
    command = [sys.executable, "-m", "govgraph", "contract", "apply", str(own), "--data", str(server.data)]
    told = subprocess.run(command, capture_output=True, check=False, timeout=120, text=True)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "SIGHUP" in told.stderr
    assert server.write("after").headers["govgraph-revision"] == "3"
    assert server.end() == 0


def test_nobody_writes_where_that_is_said(serve: Serve) -> None:
    server = serve("--read-only", writes=False)
    assert list(server.children().values()) == ["reader"]
    assert server.write("no").status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert server.get().status_code == HTTPStatus.OK
    kill(*server.of("reader"))
    server.tells("The reader 1 ended")
    server.until(lambda: server.of("reader"))


def test_the_processes_of_a_killed_server_end_by_themselves(serve: Serve) -> None:
    server = serve()
    watched = [os.pidfd_open(pid) for pid in server.children()]
    assert len(watched) == 2
    server.process.kill()
    server.process.wait()
    for one in watched:
        assert select.select([one], [], [], 60)[0]
        os.close(one)
    assert not (server.data / "writer.sock").exists()


def test_a_contract_that_cannot_be_used_is_told_at_the_start(seed: Seed, tmp_path: Path) -> None:
    (tmp_path / "shapes").mkdir()
    (tmp_path / "shapes" / "wrong.ttl").write_text("this is no Turtle")
    command = [sys.executable, "-m", "govgraph", "serve", "--data", str(seed.directory), "--port", "0"]
    done = subprocess.run(
        [*command, "--contract", str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "wrong.ttl" in done.stderr


def test_every_answer_says_its_revision(serve: Serve) -> None:
    server = serve("--read-only", writes=False)
    for path in ("/", "/service", "/id/service/none", "/nothing/at/all", "/sparql?query=nonsense", "/graphql?query={"):
        assert server.get(path).headers.get("govgraph-revision") == "1", path
    assert "govgraph-revision" not in server.get("/static/none.css").headers
