"""The line to the writer: who may speak at it, what crosses it whole, and what is known when one end goes away."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from conftest import Seed
from govgraph.access import Author, Role
from govgraph.change import Change, Committed, Scored
from govgraph.change.edits import Statements
from govgraph.errors import BadRequest, GovgraphError, LogUnwritable, Refused, StoreError, WriterAway
from govgraph.gate import listening
from govgraph.gate.line import RemoteWriter, listen
from govgraph.gate.listening import address, connect
from govgraph.history.record import Entry, Head
from govgraph.validation import Report
from test_errors import family

AUTHOR = Author("somebody", Role.STEWARD)


def change(number: int, key: str = "") -> Change:
    said = Quad(
        NamedNode(f"urn:{number}"), NamedNode("urn:p"), Literal(f"é{number}", language="fr"), NamedNode("urn:g")
    )
    return Change((Statements(added=(said,)),), AUTHOR, "cli", key=key)


def committed(revision: int) -> Committed:
    return Committed(revision, False, 0, 1, (), (), {}, Scored(None, None))


@dataclass
class Counting:
    """The least that may stand behind a line: numbers what it is given; ``then`` comes before it answers."""

    then: Callable[[Change], None] = lambda _: None
    taken: list[Change] = field(default_factory=list)
    closed: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def revision(self) -> int:
        return len(self.taken)

    def submit(self, change: Change) -> Committed:
        self.then(change)
        with self.lock:
            self.taken.append(change)
            return committed(len(self.taken))

    def snapshot(self) -> int:
        return self.revision

    def adopt(self, beside: Path, record: Entry, after: int) -> int:
        return int(beside.name) + record.head.revision + after

    def close(self) -> None:
        self.closed = True


@contextmanager
def lined(directory: Path, writer: Counting) -> Iterator[RemoteWriter]:
    line = listen(writer, directory)
    client = RemoteWriter(directory)
    yield client
    client.close()
    line.close()


def test_what_is_submitted_arrives_whole_and_is_answered(tmp_path: Path) -> None:
    writer = Counting()
    with lined(tmp_path, writer) as client:
        assert client.submit(change(1, "k")).revision == 1
        assert writer.taken == [change(1, "k")]
        assert client.revision == 1
        assert client.snapshot() == 1
        record = Entry(Head(20, datetime.now(UTC)), b"", b"")
        assert client.adopt(Path("300"), record, 1) == 321


def test_many_clients_speak_at_once(tmp_path: Path) -> None:
    together = threading.Barrier(8, timeout=10)
    writer = Counting(then=lambda _: together.wait() and None)
    with lined(tmp_path, writer) as client, ThreadPoolExecutor(8) as pool:
        revisions = list(pool.map(lambda n: client.submit(change(n)).revision, range(64)))
    assert sorted(revisions) == list(range(1, 65))


def test_every_error_crosses_with_all_it_has(tmp_path: Path, seed: Seed) -> None:
    errors: list[GovgraphError] = []

    def refuse(_change: Change) -> None:
        raise errors[0]

    members = family(GovgraphError)
    assert len(members) >= 35
    report = Report(seed.loaded.report.findings[:3])
    with lined(tmp_path, Counting(then=refuse)) as client:
        for member in members:
            errors[:] = [member("What is the matter.", "What to do.")]
            for name, value in vars(errors[0]).items():
                # whatever it has beside its words, filled
                filled = {"report": report, "committed": committed(3), "revisions": {"urn:a": 4}}.get(name)
                vars(errors[0])[name] = filled or (7 if value == 0 else value or "something")
            with pytest.raises(member) as caught:
                client.submit(change(1))
            assert type(caught.value) is member
            assert vars(caught.value) == vars(errors[0])
            assert (str(caught.value), caught.value.status) == (str(errors[0]), member.status)


def test_a_refusal_brings_its_findings(seed: Seed) -> None:
    report = Report(seed.loaded.report.findings)
    assert len(report.findings) >= 10
    again = pickle.loads(pickle.dumps(Refused("No.", report=report, committed=committed(2))))  # noqa: S301  # our bytes
    assert again.report == report
    assert again.committed == committed(2)


def test_a_request_it_does_not_know_is_refused_and_the_line_stays(tmp_path: Path) -> None:
    with lined(tmp_path, Counting()) as client:
        with pytest.raises(BadRequest):
            client._ask(listening.Request("launch"))
        assert client.revision == 0


def test_the_socket_is_for_its_owner_alone(tmp_path: Path) -> None:
    with lined(tmp_path, Counting()):
        mode = (tmp_path / "writer.sock").stat().st_mode
        assert stat.S_ISSOCK(mode)
        assert stat.S_IMODE(mode) == 0o600
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_another_user_gets_no_greeting(tmp_path: Path) -> None:
    with lined(tmp_path, Counting()):
        (tmp_path / "writer.sock").chmod(0o666)
        for directory in (tmp_path, *tmp_path.parents[:-2]):
            directory.chmod(directory.stat().st_mode | 0o111)
        program = (
            "import os, socket, sys; os.setuid(65534); s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
            "print(s.recv(100))"
        )
        command = [sys.executable, "-c", program, str(tmp_path / "writer.sock")]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "b''"


def test_a_socket_of_another_user_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with lined(tmp_path, Counting()):
        monkeypatch.setattr(os, "geteuid", lambda: 4_242)
        with pytest.raises(StoreError, match="another user"):
            connect(tmp_path, 5)


def test_another_version_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with lined(tmp_path, Counting()):
        monkeypatch.setattr(listening, "__version__", "99.0")
        with pytest.raises(StoreError, match=r"this is 99\.0"):
            connect(tmp_path, 5)


def test_a_long_path_has_its_socket_elsewhere(tmp_path: Path) -> None:
    directory = tmp_path / ("long" * 30)
    directory.mkdir()
    for _ in range(2):  # the second finds what the first left
        with lined(directory, Counting()) as client:
            place = address(directory)
            assert place.parent.parent != directory
            assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
            assert client.submit(change(1)).revision == 1
        assert not place.parent.exists()


def test_nobody_there_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(WriterAway, match="Nothing was changed"):
        RemoteWriter(tmp_path).submit(change(1))


def test_a_socket_that_a_killed_process_left_is_nobody(tmp_path: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "writer.sock"))
    left.listen()
    left.close()
    assert (tmp_path / "writer.sock").exists()
    assert connect(tmp_path, 5) is None
    with lined(tmp_path, Counting()) as client:
        assert client.submit(change(1)).revision == 1


def test_a_client_waits_a_little_for_a_new_writer(tmp_path: Path) -> None:
    client = RemoteWriter(tmp_path, wait_seconds=30)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.submit, change(1))
        with lined(tmp_path, Counting()):
            assert waiting.result(30).revision == 1
    client.close()


def test_a_client_finds_the_writer_that_came_after(tmp_path: Path) -> None:
    client = RemoteWriter(tmp_path)
    for _ in range(3):
        with lined(tmp_path, Counting()):
            assert client.submit(change(1)).revision == 1
    with pytest.raises(WriterAway, match="Nothing was changed"):
        client.submit(change(1))


def test_a_line_that_closes_answers_what_it_was_asked(tmp_path: Path) -> None:
    begun, on = threading.Event(), threading.Event()

    def wait(_change: Change) -> None:
        begun.set()
        assert on.wait(10)

    line = listen(Counting(then=wait), tmp_path)
    client = RemoteWriter(tmp_path)
    with ThreadPoolExecutor(2) as pool:
        asked = pool.submit(client.submit, change(1))
        assert begun.wait(10)
        closing = pool.submit(line.close)
        while (tmp_path / "writer.sock").exists():
            assert not closing.done()
        on.set()
        assert asked.result(10).revision == 1
        closing.result(10)
    with pytest.raises(WriterAway, match="Nothing was changed"):
        client.submit(change(2))
    client.close()


def test_a_change_under_way_when_the_writer_is_killed_may_or_may_not_have_been_made(tmp_path: Path) -> None:
    program = (
        "import sys, os, signal, pathlib, threading; import test_line as t;"
        "w = t.Counting(then=lambda _: os.kill(os.getpid(), signal.SIGKILL));"
        "l = t.listen(w, pathlib.Path(sys.argv[1])); print('there', flush=True); l.ended.wait()"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        process.stdout.readline()
        client = RemoteWriter(tmp_path)
        with pytest.raises(WriterAway, match=r"may or may not have been made.*same idempotency key"):
            client.submit(change(1))
    assert process.returncode == -signal.SIGKILL
    with pytest.raises(WriterAway, match="Nothing was changed"):
        client.submit(change(1))


def test_a_writer_that_does_not_answer_is_given_up(tmp_path: Path) -> None:
    on = threading.Event()
    line = listen(Counting(then=lambda _: on.wait(10) and None), tmp_path)
    client = RemoteWriter(tmp_path, answer_seconds=0.05)
    with pytest.raises(WriterAway, match="may or may not"):
        client.submit(change(1))
    on.set()
    line.close()


def test_a_writer_whose_log_must_be_opened_anew_is_ended(tmp_path: Path) -> None:
    def refuse(_change: Change) -> None:
        raise LogUnwritable("The disk is full.")

    line = listen(Counting(then=refuse), tmp_path)
    client = RemoteWriter(tmp_path)
    with pytest.raises(LogUnwritable):
        client.submit(change(1))
    assert line.ended.is_set()
    client.close()
    line.close()


def test_somebody_may_ask_the_writer_to_end(tmp_path: Path) -> None:
    line = listen(Counting(), tmp_path)
    client = RemoteWriter(tmp_path)
    client.stop()
    assert line.ended.is_set()
    client.close()
    line.close()
