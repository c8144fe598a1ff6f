"""The crash test's ground: a writer that is killed at random moments, clients that go on all the while, and a judge.

Everything that may be killed is a process of its own. Run by hand: ``python tests/crash.py [KILLS [SECONDS [LUCK]]]``.
"""

# ruff: noqa: S311  # chance keeps nothing secret here

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from time import monotonic

import pyoxigraph
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat

from govgraph import settings
from govgraph.access import Author, Role
from govgraph.catalogue import Audience, View
from govgraph.change import Change
from govgraph.change.edits import Statements
from govgraph.change.seeding import seed
from govgraph.cli import processes
from govgraph.cli.place import Place
from govgraph.cli.supervising import PREPARED, READY, WRITE
from govgraph.contract.reading import read as read_contract
from govgraph.errors import WriterAway
from govgraph.gate.line import RemoteWriter
from govgraph.gate.writer import LocalWriter
from govgraph.history.log import Log
from govgraph.history.record import nquads
from govgraph.iris import PREFIXES, RDF_TYPE, Names
from govgraph.search import matching
from govgraph.store.embedded import DiskStore

BASE = "http://127.0.0.1:8000/"
NAMES = Names(BASE)
CLIENTS = 3
BATCH = 3
"""Entries of one change: all of them are there, or none."""
LABEL = NamedNode(PREFIXES["skos"] + "prefLabel")
NOTE = NamedNode(PREFIXES["dct"] + "description")
ORGANISATION = NamedNode(PREFIXES["cv"] + "PublicOrganisation")
GRAPHS = (
    NAMES.working,
    NAMES.public,
    NAMES.reference,
    NAMES.vocabulary,
    *(of(audience) for of in (NAMES.report, NAMES.history, NAMES.scores) for audience in Audience),
)
"""All the log speaks of."""


def chosen(data: Path, **more: object) -> settings.Settings:
    return settings.read({}, data=data, base=BASE, **more)


def batch(client: int, number: int) -> Statements:
    """A few drafts that come together."""
    quads = []
    for entry in range(BATCH):
        node = NAMES.entity("organisation", f"c{client}-{number}-{entry}")
        quads += [
            Quad(node, RDF_TYPE, ORGANISATION, NAMES.working),
            Quad(node, LABEL, Literal(f"Office {client} {number}", language="en"), NAMES.working),
            Quad(node, NOTE, Literal(f"batch {client}-{number}", language="en"), NAMES.working),
        ]
    return Statements(added=tuple(quads))


def change(client: int, number: int) -> Change:
    """Most changes also take away what the one before brought, so that the catalogue stays small."""
    removed = batch(client, number - 1).added if number % 10 else ()
    edit = Statements(removed, batch(client, number).added)
    return Change((edit,), Author(f"client {client}", Role.STEWARD), "cli", "crash", key=f"{client}-{number}")


def be_client(data: Path, number: int) -> None:
    """Make one change after another until the standard input ends; tell what was asked, and what was answered."""
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    writer = RemoteWriter(data, wait_seconds=1)
    made = 0
    while not over.is_set():
        print("ask", f"{number}-{made}", flush=True)
        while not over.is_set():
            try:
                print("ack", f"{number}-{made}", writer.submit(change(number, made)).revision, flush=True)
                break
            except WriterAway as away:  # the same again, as its hint says
                if "may or may not" in away.hint:
                    print("again", f"{number}-{made}", flush=True)
        over.wait(0.03 * random.random())  # others want their turn, and the log stays short
        made += 1


def be_reader(data: Path) -> None:
    """Read one snapshot after another until the standard input ends: no batch is there by half, and all are found."""
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    store, contract = DiskStore(data, BASE, refresh_seconds=0), read_contract()
    newest = 0
    while not over.is_set():
        reader = store.reader()
        assert reader.revision >= newest, f"revision {reader.revision} after {newest}"
        if reader.revision == newest:
            over.wait(0.02)
            continue
        newest = reader.revision
        notes = Counter(
            said.object.value  # type: ignore[union-attr]  # a literal, as batch wrote it
            for said in pyoxigraph.parse(reader.dump(NAMES.working), RdfFormat.N_TRIPLES)
            if said.predicate == NOTE and said.object.value.startswith("batch ")  # type: ignore[union-attr]
        )
        halves = {note: count for note, count in notes.items() if count != BATCH}
        assert not halves, f"revision {newest} has halves: {halves}"
        view = View(reader, contract, NAMES, Audience.WORKING)
        found = matching(view, "batch", contract.kind("Organisation"))
        drafts = [node for node in found if node.value.startswith(NAMES.entity("organisation", "c").value)]
        assert len(drafts) == sum(notes.values()), f"revision {newest}: a search finds {len(drafts)} of {notes}"
        print("read", newest, len(notes), flush=True)
    store.close()


@dataclass(eq=False)
class Process:
    """A client or a reader and what it has said so far."""

    role: str
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    listening: threading.Thread | None = None

    @classmethod
    def start(cls, role: str, *arguments: object) -> Process:
        command = [sys.executable, "-W", "error", __file__, role, *map(str, arguments)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        made = cls(role, process)
        made.listening = threading.Thread(target=made._listen, daemon=True)
        made.listening.start()
        return made

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def end(self, *, kill: bool = False) -> int:
        if kill:
            self.process.kill()
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.close()
        status = self.process.wait(60)
        assert self.listening is not None
        self.listening.join(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


def be_nursery(data: Path, descriptor: int) -> None:
    """Have writers at once: each is a copy of this process, which has read the contract and opened nothing."""
    asked = Connection(descriptor)
    place = Place(chosen(data))
    _ = place.contract, processes, LocalWriter
    with suppress(EOFError):
        while True:
            told = asked.recv()
            if told != "writer":
                asked.send(os.waitstatus_to_exitcode(os.waitpid(told, 0)[1]))
                continue
            ours, theirs = Pipe()
            pid = os.fork()
            if not pid:
                asked.close()
                ours.close()
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                processes.write(place, theirs)
                os._exit(0)
            theirs.close()
            asked.send(pid)
            send_handle(asked, ours.fileno(), None)
            ours.close()


class Nursery:
    """Where writers come from without the second that a new interpreter takes."""

    def __init__(self, data: Path) -> None:
        self._asking, theirs = Pipe()
        with theirs:
            command = [sys.executable, "-W", "error", __file__, "nursery", str(data), str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()])

    def writer(self) -> WriterProcess:
        self._asking.send("writer")
        pid = self._asking.recv()
        made = WriterProcess(self, pid, os.pidfd_open(pid), Connection(recv_handle(self._asking)))
        assert made.pipe.recv_bytes() == PREPARED
        made.pipe.send_bytes(WRITE)
        return made

    def status(self, pid: int) -> int:
        """How it has ended."""
        self._asking.send(pid)
        status: int = self._asking.recv()
        return status

    def close(self) -> None:
        self._asking.close()
        self._process.wait(60)


@dataclass(eq=False)
class WriterProcess:
    """The writer that ``serve`` has, told to write."""

    nursery: Nursery
    pid: int
    descriptor: int
    pipe: Connection

    def ready(self, seconds: float = 120) -> None:
        assert self.pipe.poll(seconds), "the writer does not come"
        assert self.pipe.recv_bytes() == READY

    def kill(self) -> int:
        signal.pidfd_send_signal(self.descriptor, signal.SIGKILL)
        return self.end()

    def end(self) -> int:
        """Let it end after what it has to do; its status."""
        self.pipe.close()
        status = self.nursery.status(self.pid)
        os.close(self.descriptor)
        return status


class Judge:
    """What must be true whenever a writer has been killed, and when another has come."""

    def __init__(self, data: Path) -> None:
        self.keys: dict[str, int] = {}
        """By idempotency key, the revision it made according to the log."""
        self.revision = 0
        """Up to which the log has been read."""
        self._data = data
        self._state: set[bytes] = set()
        self._at = -1

    def read_log(self, clients: list[Process]) -> None:
        """Every change is there once and whole, and every one that was acknowledged is."""
        acknowledged = heard(clients, "ack")  # before the log, which goes on
        for entry in Log(self._data / "log").read(self.revision):
            head = entry.head
            assert head.revision == self.revision + 1 or not self.revision, "a revision is missing"
            self.revision = head.revision
            if head.key:
                assert head.key not in self.keys, f"{head.key} was made twice"
                self.keys[head.key] = head.revision
                client, number = map(int, head.key.split("-"))
                edit = change(client, number).edits[0]
                assert isinstance(edit, Statements)
                assert set(edit.added) <= entry.patch.added, f"revision {head.revision} lacks some"
                assert set(edit.removed) <= entry.patch.removed, f"revision {head.revision} keeps some"
        for key, revision in acknowledged.items():
            assert self.keys.get(key) == revision, f"{key} was acknowledged as {revision}, not {self.keys.get(key)}"

    def compare(self) -> None:
        """What readers see is what the log makes of what they saw before."""
        store = DiskStore(self._data, BASE)
        try:
            reader = store.reader()
            assert reader.revision >= self.revision, "what is in the log is not in the store"
            there = {line for graph in GRAPHS for line in nquads(reader.dump(graph), graph).splitlines(keepends=True)}
        finally:
            store.close()
        if self._at >= 0:
            for entry in Log(self._data / "log").read(self._at, reader.revision):
                removed, added = (set(lines.splitlines(keepends=True)) for lines in (entry.removed, entry.added))
                assert removed <= self._state, f"revision {entry.head.revision} removes what was not there"
                assert not added & self._state, f"revision {entry.head.revision} adds what was there"
                self._state = self._state - removed | added
            assert self._state == there, f"not what the log makes it: {list(self._state ^ there)[:5]}"
        self._state, self._at = there, reader.revision


def heard(clients: list[Process], what: str) -> dict[str, int]:
    """The keys that were asked, or acknowledged with their revisions."""
    said = [line.split() for client in clients for line in list(client.lines)]
    return {words[1]: int(words[2]) if len(words) > 2 else 0 for words in said if words[0] == what}


@dataclass
class Told:
    """What a run has been through. ``starting`` are writers killed before they had come back, ``repeated``
    changes of which it was not known what had become of them."""

    writers: int = 0
    readers: int = 0
    starting: int = 0
    acknowledged: int = 0
    repeated: int = 0
    revisions: int = 0
    read: int = 0


class Run:
    """Clients, readers and a writer, until they have been killed that often or there is no more time."""

    def __init__(self, data: Path, luck: int) -> None:
        self.data = data
        self.told = Told()
        self._chance = random.Random(luck)
        self._judge = Judge(data)
        self._nursery = Nursery(data)
        self._writer: WriterProcess | None = None
        self._clients: list[Process] = []
        self._reader = Process.start("reader", data)

    def run(self, kills: int, seconds: float) -> Told:
        """Raises AssertionError as soon as something is not as it must be."""
        until = monotonic() + seconds
        self._begin()
        self._clients += [Process.start("client", self.data, number) for number in range(CLIENTS)]
        while self.told.writers + self.told.readers + self.told.starting < kills and monotonic() < until:
            self._pause(self._chance.choice((0.01, 0.1, 0.5, 1.0)))
            if self._chance.random() < 0.2:
                self._kill_reader()
            else:
                self._kill_writer()
        return self._finish()

    def _kill_reader(self) -> None:
        self._count_reads(self._reader.end(kill=True), -signal.SIGKILL)
        self._reader = Process.start("reader", self.data)
        self.told.readers += 1

    def _kill_writer(self) -> None:
        assert self._writer is not None
        assert self._writer.kill() == -signal.SIGKILL, "the writer had ended by itself"
        self.told.writers += 1
        self._judge.read_log(self._clients)
        while self._chance.random() < 0.25:
            self._writer = self._nursery.writer()
            self._pause(0.1)
            assert self._writer.kill() == -signal.SIGKILL
            self.told.starting += 1
            self._judge.read_log(self._clients)
        self._begin()
        RemoteWriter(self.data).snapshot()
        self._judge.compare()

    def _begin(self) -> None:
        self._writer = self._nursery.writer()
        self._writer.ready()

    def _pause(self, most: float) -> None:
        threading.Event().wait(most * self._chance.random())

    def _count_reads(self, status: int, expected: int) -> None:
        assert status == expected, f"the reader found something wrong: {self._reader.lines[-3:]}"
        self.told.read += len(self._reader.lines)

    def _finish(self) -> Told:
        for client in self._clients:
            assert client.end() == 0, f"a client found something wrong: {client.lines[-3:]}"
        assert self._writer is not None
        assert self._writer.end() == 0, "the writer did not end well"
        self._count_reads(self._reader.end(), 0)
        self._judge.read_log(self._clients)
        assert set(self._judge.keys) <= set(heard(self._clients, "ask")), "the log has what nobody asked"
        self._judge.compare()
        self.told.repeated = len(heard(self._clients, "again"))
        self.told.acknowledged = len(heard(self._clients, "ack"))
        self.told.revisions = self._judge.revision
        return self.told

    def end(self) -> None:
        """Whatever has come of it."""
        for process in (*self._clients, self._reader):
            process.process.kill()
            process.end()
        self._nursery.close()


def run(data: Path, kills: int, seconds: float, luck: int) -> Told:
    """Load the seed, and see that nothing is lost."""
    store = DiskStore(data, BASE)
    seed(store, read_contract())
    store.close()
    one = Run(data, luck)
    try:
        return one.run(kills, seconds)
    finally:
        one.end()


def main() -> None:
    match sys.argv[1:]:
        case ["client", data, number]:
            be_client(Path(data), int(number))
        case ["reader", data]:
            be_reader(Path(data))
        case ["nursery", data, descriptor]:
            be_nursery(Path(data), int(descriptor))
        case given:
            kills, seconds, luck = [*map(int, given), *(300, 3600, random.randrange(1_000_000))[len(given) :]]
            print("luck", luck, flush=True)
            with tempfile.TemporaryDirectory() as place:
                print(run(Path(place) / "data", kills, seconds, luck))


if __name__ == "__main__":
    main()
