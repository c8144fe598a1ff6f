"""The stores in memory and on disk: a revision is whole or is not, and whoever reads one keeps it."""

from __future__ import annotations

import io
import json
import multiprocessing
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyoxigraph
import pytest
from pyoxigraph import Literal, NamedNode

from govgraph.errors import (
    BaseMismatch,
    FormatTooNew,
    QueryError,
    RevisionConflict,
    StoreError,
    StoreLocked,
    StoreMissing,
)
from govgraph.iris import DCT_TITLE, Names
from govgraph.media import JSONLD, NQUADS, NTRIPLES, RDF_SYNTAX, RDFXML, TRIG, TURTLE, Format
from govgraph.store import Part, Query, Reader, Store
from govgraph.store import Path as Step
from govgraph.store.directory import Directory
from govgraph.store.embedded import DiskStore, MemoryStore
from govgraph.store.workers import Limits

BASE = "http://example.gov/"
NAMES = Names(BASE)
ENTITY = NAMES.entity("service", "one")
GRAPHS = (NAMES.public,)


def titled(title: str) -> list[Part]:
    return [Part(NAMES.public, f'<{ENTITY.value}> <{DCT_TITLE.value}> "{title}" .\n'.encode())]


def title(reader: Reader) -> str:
    [value] = reader.values([ENTITY], [Step(DCT_TITLE)], GRAPHS)[Step(DCT_TITLE)][ENTITY]
    assert isinstance(value, Literal)
    return value.value


def asked(reader: Reader) -> str:
    """The title as a query finds it, in a query process where there are any."""
    [[value]] = reader.table(Query("SELECT ?t { ?s dct:title ?t }", GRAPHS)).rows
    assert isinstance(value, Literal)
    return value.value


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[..., DiskStore]]:
    """Opens stores on one directory, and closes them in the end."""
    opened: list[DiskStore] = []

    def build(base: str = BASE, **more: object) -> DiskStore:
        store = DiskStore(tmp_path / "data", base, refresh_seconds=0, **more)  # type: ignore[arg-type]  # by name
        opened.append(store)
        return store

    yield build
    for store in opened:
        store.close()


@pytest.fixture(params=["memory", "disk"])
def store(request: pytest.FixtureRequest, disk: Callable[..., DiskStore]) -> Store:
    return MemoryStore(BASE) if request.param == "memory" else disk()


def test_before_the_first_revision_there_is_nothing_to_read(store: Store) -> None:
    with pytest.raises(StoreMissing):
        store.reader()


def test_each_replacement_is_the_next_revision_and_the_reader_stays_the_same_between(store: Store) -> None:
    assert store.replace(titled("first"), "hash") == 1
    reader = store.reader()
    assert store.reader() is reader
    assert (reader.revision, title(reader), asked(reader)) == (1, "first", "first")
    assert store.replace(titled("second"), "hash") == 2
    assert (store.reader().revision, title(store.reader()), asked(store.reader())) == (2, "second", "second")


def test_a_reader_keeps_its_revision_when_a_newer_one_comes(store: Store) -> None:
    store.replace(titled("first"), "hash")
    reader = store.reader()
    store.replace(titled("second"), "hash")
    store.reader()
    assert (reader.revision, title(reader), asked(reader)) == (1, "first", "first")


def test_a_replacement_that_breaks_off_changes_nothing(store: Store) -> None:
    store.replace(titled("first"), "hash")

    def breaking() -> Iterator[Part]:
        yield from titled("second")
        raise RuntimeError("the source broke off")

    with pytest.raises(RuntimeError) as kept:  # and with it whatever its frames hold
        store.replace(breaking(), "hash")
    with pytest.raises(SyntaxError):
        store.replace([Part(NAMES.public, b"<a> no triple")], "hash")
    assert (store.reader().revision, title(store.reader())) == (1, "first")
    assert store.replace(titled("third"), "hash") == 2
    assert title(store.reader()) == "third"
    assert kept.value.args


def test_a_replacement_made_after_an_older_revision_is_refused(store: Store) -> None:
    store.replace(titled("first"), "hash", after=0)
    store.replace(titled("second"), "hash", after=1)
    with pytest.raises(RevisionConflict):
        store.replace(titled("lost"), "hash", after=1)
    assert title(store.reader()) == "second"


def test_a_graph_given_in_several_parts_is_one_graph(store: Store) -> None:
    parts = [Part(NAMES.public, f'<urn:{n}> <{DCT_TITLE.value}> "{n}" .\n'.encode()) for n in range(3)]
    store.replace([*parts, Part(NAMES.working, b"")], "hash")
    assert len(store.reader().statements([NamedNode(f"urn:{n}") for n in range(3)], GRAPHS)) == 3


def test_what_is_taken_back_is_gone_and_the_rest_stays(store: Store) -> None:
    one, two = b'<urn:1> <urn:p> "\xc3\xa9t\xc3\xa9"@fr .\n', b'<urn:2> <urn:p> "01"^^<urn:d> .\n'
    parts = [Part(NAMES.public, one + two), Part(NAMES.working, one), Part(NAMES.public, one, taken_back=True)]
    store.replace([*parts, Part(NAMES.reference, two)], "hash")
    reader = store.reader()
    assert [reader.dump(graph) for graph in (NAMES.public, NAMES.working, NAMES.reference)] == [two, one, two]


def test_a_revision_knows_when_it_was_made(store: Store) -> None:
    store.replace(titled("first"), "hash")
    age = datetime.now(UTC) - store.reader().committed
    assert timedelta(seconds=-1) <= age < timedelta(minutes=1)


def test_a_table_wants_a_select(store: Store) -> None:
    store.replace(titled("first"), "hash")
    with pytest.raises(QueryError, match="no SELECT"):
        store.reader().table(Query("ASK {}", GRAPHS))


@pytest.mark.parametrize("format_", [TURTLE, NTRIPLES, JSONLD, RDFXML, NQUADS, TRIG])
def test_graphs_are_written_in_every_format(store: Store, format_: Format) -> None:
    store.replace(
        [
            *titled("shown"),
            Part(NAMES.reference, b'<urn:r> <urn:p> "r" .\n'),
            Part(NAMES.working, b'<urn:w> <urn:p> "w" .\n'),
        ],
        "hash",
    )
    target = io.BytesIO()
    store.reader().write((NAMES.public, NAMES.reference), format_, target)
    quads = list(pyoxigraph.parse(target.getvalue(), RDF_SYNTAX[format_]))
    assert {str(quad.object) for quad in quads} == {'"shown"', '"r"'}
    graphs = {quad.graph_name for quad in quads}
    assert graphs == {NAMES.public, NAMES.reference} if format_ in (NQUADS, TRIG) else len(graphs) == 1


# On disk


def test_another_process_sees_the_new_revision(disk: Callable[..., DiskStore]) -> None:
    writer, server = disk(), disk()
    writer.replace(titled("first"), "hash")
    assert title(server.reader()) == "first"
    writer.replace(titled("second"), "hash")
    assert title(server.reader()) == "second"
    assert asked(server.reader()) == "second"


def test_within_the_refresh_interval_the_directory_is_not_looked_at(tmp_path: Path) -> None:
    writer = DiskStore(tmp_path, BASE)
    server = DiskStore(tmp_path, BASE, refresh_seconds=3600)
    writer.replace(titled("first"), "hash")
    assert title(server.reader()) == "first"
    writer.replace(titled("second"), "hash")
    assert title(server.reader()) == "first"
    server.close()


def test_what_stands_is_told_without_a_look_and_now_and_then_somebody_is_sent_to_look(tmp_path: Path) -> None:
    writer = DiskStore(tmp_path, BASE)
    server, eager = DiskStore(tmp_path, BASE, refresh_seconds=3600), DiskStore(tmp_path, BASE, refresh_seconds=0)
    writer.replace(titled("first"), "hash")
    assert server.standing() is None
    assert server.standing() is None, "there is nothing yet, however often one asks"
    reader = server.reader()
    writer.replace(titled("second"), "hash")
    assert server.standing() is reader
    server.follow()
    assert server.standing() is None
    assert server.standing() is reader, "one looks for all"
    assert title(server.reader()) == "second"
    assert server.standing() is server.reader()
    assert eager.reader() is not None
    assert eager.standing() is None
    server.close()
    eager.close()


def test_the_catalogue_is_there_after_a_restart(disk: Callable[..., DiskStore]) -> None:
    first = disk()
    assert not first.exists
    first.replace(titled("first"), "hash")
    first.close()
    again = disk()
    assert again.exists
    assert title(again.reader()) == "first"


def test_readers_in_many_threads_see_whole_revisions_while_one_writes(disk: Callable[..., DiskStore]) -> None:
    store = disk(kept=1)
    store.replace(titled("1"), "hash")
    wrong: list[object] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            reader = store.reader()
            if title(reader) != str(reader.revision):
                wrong.append((reader.revision, title(reader)))

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for revision in range(2, 12):
            store.replace(titled(str(revision)), "hash")
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not wrong
    assert title(store.reader()) == "11"


def test_two_writers_do_not_get_in_each_others_way(disk: Callable[..., DiskStore]) -> None:
    one, other = disk(), disk()

    def meanwhile() -> Iterator[Part]:
        with pytest.raises(StoreLocked, match="Another process"):
            other.replace(titled("other"), "hash")
        yield from titled("one")

    assert one.replace(meanwhile(), "hash") == 1
    assert other.replace(titled("other"), "hash") == 2


def _load(directory: Path, begun: object, go_on: object) -> None:
    def graphs() -> Iterator[Part]:
        begun.set()  # type: ignore[attr-defined]  # an event of multiprocessing, whose class is private
        go_on.wait(30)  # type: ignore[attr-defined]
        yield from titled("theirs")

    DiskStore(directory, BASE).replace(graphs(), "hash")


def test_the_lock_holds_between_processes_and_a_killed_writer_leaves_the_old_revision(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, BASE)
    store.replace(titled("ours"), "hash")
    processes = multiprocessing.get_context("spawn")
    begun, go_on = processes.Event(), processes.Event()
    writer = processes.Process(target=_load, args=(tmp_path, begun, go_on))
    writer.start()
    try:
        assert begun.wait(30)
        with pytest.raises(StoreLocked):
            store.replace(titled("second"), "hash")
        writer.kill()
    finally:
        writer.join()
        writer.close()
    assert title(store.reader()) == "ours"
    assert store.replace(titled("second"), "hash") == 2
    assert not list((tmp_path / "rooms").iterdir())
    store.close()


def test_another_base_is_refused_with_the_way_to_move(disk: Callable[..., DiskStore]) -> None:
    disk().replace(titled("first"), "hash")
    with pytest.raises(BaseMismatch, match="export"):
        disk("http://elsewhere.gov/")


def test_a_store_of_a_newer_format_is_left_alone(disk: Callable[..., DiskStore], tmp_path: Path) -> None:
    store = disk()
    store.replace(titled("first"), "hash")
    current = tmp_path / "data" / "current"
    current.write_text(json.dumps({**json.loads(current.read_text()), "format": 99, "novelty": True}))
    with pytest.raises(FormatTooNew, match="99"):
        disk()
    with pytest.raises(FormatTooNew):
        store.replace(titled("second"), "hash")
    assert json.loads(current.read_text())["revision"] == 1


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b'"1"', b'{"revision": 1}', b'{"revision":"1","base":"x","format":1}', b"\xff\xfe"]
)
def test_a_damaged_pointer_is_an_error_that_names_the_file(
    disk: Callable[..., DiskStore], tmp_path: Path, damage: bytes
) -> None:
    store = disk()
    store.replace(titled("first"), "hash")
    (tmp_path / "data" / "current").write_bytes(damage)
    with pytest.raises(StoreError, match="current cannot be read"):
        disk()
    with pytest.raises(StoreError, match="current cannot be read"):
        store.replace(titled("second"), "hash")


def test_a_missing_or_broken_snapshot_is_an_error_that_names_it(disk: Callable[..., DiskStore], tmp_path: Path) -> None:
    disk().replace(titled("first"), "hash")
    snapshot = tmp_path / "data" / "snapshots" / "1"
    for file in snapshot.iterdir():
        file.write_bytes(b"broken")
    with pytest.raises(StoreError, match="snapshots/1 cannot be opened"):
        disk().reader()
    snapshot.rename(snapshot.with_name("away"))
    with pytest.raises(StoreError, match="snapshots/1 is missing"):
        disk().reader()


def test_a_directory_that_cannot_be_written_is_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    with pytest.raises(StoreError, match="cannot be written"):
        DiskStore(tmp_path / "file" / "data", BASE).replace(titled("first"), "hash")


def test_a_few_snapshots_are_kept_and_those_before_are_tidied(disk: Callable[..., DiskStore], tmp_path: Path) -> None:
    store = disk(kept=2)
    for revision in range(1, 6):
        assert store.replace(titled(str(revision)), "hash") == revision
    assert sorted(path.name for path in (tmp_path / "data" / "snapshots").iterdir()) == ["4", "5"]


def test_what_is_kept_are_snapshots_however_many_revisions_lie_between(tmp_path: Path) -> None:
    directory = Directory(tmp_path, BASE, 3)
    for revision in (1, 8, 15, 22, 29):
        directory.publish(revision, Path.mkdir)
    assert sorted(revision for revision, _ in directory.snapshots()) == [15, 22, 29]


def test_a_snapshot_that_was_in_the_way_gives_way(tmp_path: Path) -> None:
    directory = Directory(tmp_path, BASE, 3)
    (directory.snapshot(4) / "left").mkdir(parents=True)
    directory.publish(4, Path.mkdir)
    assert directory.shows(4)
    assert not list(directory.snapshot(4).iterdir())


def test_a_snapshot_that_is_read_is_not_tidied_away(disk: Callable[..., DiskStore], tmp_path: Path) -> None:
    writer, server = disk(kept=1), disk(kept=1)
    writer.replace(titled("1"), "hash")
    reader = server.reader()
    for revision in range(2, 5):
        writer.replace(titled(str(revision)), "hash")
    snapshots = tmp_path / "data" / "snapshots"
    assert sorted(path.name for path in snapshots.iterdir()) == ["1", "4"]
    assert (title(reader), asked(reader)) == ("1", "1")
    assert title(server.reader()) == "4"
    server.close()
    writer.replace(titled("5"), "hash")
    assert [path.name for path in snapshots.iterdir()] == ["5"]


def test_a_replaced_reader_is_closed_once_its_last_query_must_be_through(disk: Callable[..., DiskStore]) -> None:
    store = disk(limits=Limits(seconds=0.05))
    store.replace(titled("first"), "hash")
    replaced = store.reader()
    store.replace(titled("second"), "hash")
    store.reader()
    for timer in [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]:
        timer.join(10)
    with pytest.raises(StoreError, match="no longer kept"):
        asked(replaced)


def test_closing_the_store_closes_replaced_readers_too(disk: Callable[..., DiskStore]) -> None:
    store = disk()
    readers = []
    for revision in ("1", "2"):
        store.replace(titled(revision), "hash")
        readers.append(store.reader())
        assert asked(readers[-1]) == revision
    store.close()
    for reader in readers:
        with pytest.raises(StoreError):
            asked(reader)
    store.close()
    assert title(store.reader()) == "2"


def test_a_reader_makes_no_snapshot_of_the_store_that_is_being_written(
    disk: Callable[..., DiskStore], tmp_path: Path
) -> None:
    disk().replace(titled("kept"), "hash")
    shutil.rmtree(tmp_path / "data" / "snapshots")
    again = disk()
    assert not again.is_readable
    with pytest.raises(StoreError, match="snapshots/1 is missing") as raised:
        again.reader()
    assert "govgraph serve" in raised.value.hint
    assert again.replace(titled("next"), "hash", after=1) == 2
    assert title(again.reader()) == "next"
