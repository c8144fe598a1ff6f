"""Query processes: what a runaway, a glutton or a broken owner leaves behind, which is nothing."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import pytest
from pyoxigraph import NamedNode

from govgraph.errors import (
    QueryBusy,
    QueryError,
    QueryForbidden,
    QueryOutOfMemory,
    QueryOverdue,
    QueryTooCostly,
    ResultTooLarge,
    StoreError,
)
from govgraph.iris import Names
from govgraph.media import CSV, NTRIPLES, SPARQL_JSON
from govgraph.store import Part, Query, Result
from govgraph.store.embedded import DiskStore
from govgraph.store.workers import Limits, Workers

BASE = "http://example.gov/"
PUBLIC = Names(BASE).public
FORMATS = {"solutions": CSV, "boolean": SPARQL_JSON, "graph": NTRIPLES}
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
SORTED = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l } ORDER BY ?l ?i"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("workers")
    store = DiskStore(directory, BASE)
    triples = "".join(f'<urn:s{n}> <urn:p> "{n}" .\n' for n in range(400)).encode()
    store.replace([Part(PUBLIC, triples)], "hash")
    store.close()
    return directory / "snapshots" / "1"


@contextlib.contextmanager
def working(snapshot: Path, count: int = 1, **limits: float) -> Iterator[Workers]:
    workers = Workers(snapshot, BASE, count, Limits(**limits))  # type: ignore[arg-type]  # whole numbers are floats here
    try:
        yield workers
    finally:
        workers.close()


def ask(workers: Workers, text: str) -> Result:
    return workers.run(Query(text, (PUBLIC,), formats=FORMATS))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_process_answers_one_query_after_another(snapshot: Path) -> None:
    with working(snapshot) as workers:
        assert ask(workers, COUNT).body == b"n\r\n400\r\n"
        first = workers.processes()
        with pytest.raises(QueryError, match="line 1"):
            ask(workers, "SELECT")
        with pytest.raises(QueryForbidden):
            ask(workers, "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }")
        assert ask(workers, COUNT).body == b"n\r\n400\r\n"
        assert workers.processes() == first
        assert len(first) == 1


def test_a_refusal_keeps_its_place_on_its_way_between_processes(snapshot: Path) -> None:
    with working(snapshot) as workers, pytest.raises(QueryError) as refused:
        ask(workers, "SELECT ?x {\n ?x a ex:Thing }")
    assert (refused.value.line, refused.value.column) == (2, 7)
    assert refused.value.hint == "The prefix ex: is not declared."


def test_a_runaway_is_stopped_within_a_second_of_its_deadline(snapshot: Path) -> None:
    with working(snapshot, seconds=0.5) as workers:
        ask(workers, COUNT)
        [pid] = workers.processes()
        begun = perf_counter()
        with pytest.raises(QueryOverdue, match=r"stopped after 0\.5 seconds"):
            ask(workers, RUNAWAY)
        assert perf_counter() - begun < 1.5
        assert not alive(pid)
        assert ask(workers, COUNT).body == b"n\r\n400\r\n"


def test_twenty_runaways_in_a_row_leave_nothing_behind(snapshot: Path) -> None:
    seen: set[int] = set()
    files = len(list(Path("/proc/self/fd").iterdir()))
    with working(snapshot, count=2, seconds=0.1) as workers:
        for _ in range(20):
            with pytest.raises(QueryOverdue, match="stopped"):
                ask(workers, RUNAWAY)
            seen |= set(workers.processes())
            assert len(workers.processes()) <= 2
        assert workers.processes() == []
        assert not any(alive(pid) for pid in seen)
        assert len(list(Path("/proc/self/fd").iterdir())) == files


@pytest.mark.parametrize(
    "text",
    [
        RUNAWAY,
        SORTED,
        f"ASK {{ {{ {SORTED} }} FILTER(CONCAT(?c, ?f, ?i, ?l) = 'none') }}",
        f"CONSTRUCT {{ ?a ?b ?c }} {{ {{ {SORTED} }} }}",
    ],
)
def test_every_form_of_runaway_is_stopped(snapshot: Path, text: str) -> None:
    with working(snapshot, seconds=0.3) as workers, pytest.raises(QueryTooCostly):
        ask(workers, text)


def test_memory_is_bounded_and_the_next_query_is_served(snapshot: Path) -> None:
    with working(snapshot, seconds=30, memory_bytes=100_000_000) as workers:
        begun = perf_counter()
        with pytest.raises(QueryOutOfMemory, match="memory"):
            ask(workers, SORTED)
        assert perf_counter() - begun < 20
        assert workers.processes() == []
        assert ask(workers, COUNT).body == b"n\r\n400\r\n"


def test_a_result_larger_than_allowed_is_refused_and_the_process_stays(snapshot: Path) -> None:
    with working(snapshot, result_bytes=10_000) as workers:
        with pytest.raises(ResultTooLarge, match="larger"):
            ask(workers, "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }")
        before = workers.processes()
        assert ask(workers, COUNT).body == b"n\r\n400\r\n"
        assert workers.processes() == before


def test_a_result_of_many_megabytes_arrives_whole(snapshot: Path) -> None:
    with working(snapshot, seconds=60) as workers:
        result = ask(workers, "SELECT ?c ?f { ?a ?b ?c . ?d ?e ?f }")
    assert result.body.count(b"\r\n") == 400 * 400 + 1


def test_a_query_nested_beyond_the_stack_costs_its_process_only(snapshot: Path) -> None:
    with working(snapshot) as workers:
        with pytest.raises(QueryError):
            ask(workers, "SELECT * { " + "{" * 200_000 + "}" * 200_000 + " }")
        assert ask(workers, COUNT).body == b"n\r\n400\r\n"


def test_queries_run_beside_each_other(snapshot: Path) -> None:
    with working(snapshot, count=2) as workers, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(workers, COUNT).body, range(40)))
        assert set(answers) == {b"n\r\n400\r\n"}
        assert len(answers) == 40
        assert 1 <= len(workers.processes()) <= 2


def test_who_finds_no_free_process_is_told_so(snapshot: Path) -> None:
    with working(snapshot, count=0, seconds=0.05) as workers, pytest.raises(QueryBusy, match="busy"):
        ask(workers, COUNT)


def test_a_query_may_have_a_deadline_before_that_of_the_rest(snapshot: Path) -> None:
    with working(snapshot, seconds=60) as workers, pytest.raises(QueryOverdue, match=r"stopped after 0\.2 seconds"):
        workers.run(Query(RUNAWAY, (PUBLIC,), formats=FORMATS, seconds=0.2))


def test_as_long_as_one_process_is_enough_no_other_is_started(snapshot: Path) -> None:
    with working(snapshot, count=4) as workers:
        for _ in range(6):
            ask(workers, COUNT)
        assert len(workers.processes()) == 1


def test_closing_ends_every_process_also_at_work(snapshot: Path) -> None:
    workers = Workers(snapshot, BASE, 2, Limits(seconds=60))
    with ThreadPoolExecutor(2) as pool:
        ask(workers, COUNT)
        [idle] = workers.processes()
        running = [pool.submit(ask, workers, RUNAWAY) for _ in range(2)]
        while len(pids := workers.processes()) < 2:
            select.select([], [], [], 0.01)
        workers.close()
        for one in running:
            with pytest.raises(StoreError, match="no longer kept"):
                one.result()
    assert idle in pids
    assert not any(alive(pid) for pid in pids)
    assert workers.processes() == []
    with pytest.raises(StoreError, match="no longer kept"):
        ask(workers, COUNT)
    workers.close()


def test_a_snapshot_that_is_gone_is_an_error_of_the_store(tmp_path: Path) -> None:
    with working(tmp_path / "nothing") as workers:
        with pytest.raises(StoreError, match="cannot be opened"):
            ask(workers, COUNT)
        assert workers.processes() == []


def test_forgotten_processes_end_with_their_owner(snapshot: Path) -> None:
    workers = Workers(snapshot, BASE, 1, Limits())
    ask(workers, COUNT)
    [pid] = workers.processes()
    del workers
    assert not alive(pid)


def test_a_killed_owner_leaves_no_runaway_behind(snapshot: Path) -> None:
    program = (
        "import sys, threading; from pathlib import Path; import test_workers as t;"
        "w = t.Workers(Path(sys.argv[1]), t.BASE, 1, t.Limits(seconds=0.6)); t.ask(w, t.COUNT);"
        "print(w.processes()[0], flush=True); t.ask(w, t.RUNAWAY)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-c", program, str(snapshot)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as owner:
        assert owner.stdout is not None
        watched = os.pidfd_open(int(owner.stdout.readline()))
        owner.send_signal(signal.SIGKILL)
    try:
        ended, _, _ = select.select([watched], [], [], 10)
    finally:
        os.close(watched)
    assert ended


def test_what_lies_in_the_working_directory_is_not_imported(
    snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "queue.py").write_text("raise SystemExit('imported')")
    monkeypatch.chdir(tmp_path)
    with working(snapshot) as workers:
        assert ask(workers, COUNT).body == b"n\r\n400\r\n"


def test_terms_are_bound_across_the_pipe(snapshot: Path) -> None:
    with working(snapshot) as workers:
        query = Query("SELECT ?s ?o { ?s ?p ?o }", (PUBLIC,), (), {"s": NamedNode("urn:s7")}, FORMATS)
        assert workers.run(query).body == b"s,o\r\nurn:s7,7\r\n"
