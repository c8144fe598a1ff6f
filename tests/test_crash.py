"""Nothing acknowledged is lost and nothing is there by half, whatever is killed, torn, full, gone or out of date.

``GOVGRAPH_CRASHES`` is how many processes are killed, for at most a minute; ``python tests/crash.py`` takes its time.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pyoxigraph import Literal, Quad

import crash
from conftest import Seed
from crash import BASE, GRAPHS, NAMES, NOTE, Nursery, change, chosen
from govgraph.access import Author, Role
from govgraph.change import Change
from govgraph.change.edits import Statements
from govgraph.contract import Contract
from govgraph.errors import LogDamaged, StoreError
from govgraph.gate.line import RemoteWriter
from govgraph.gate.writer import LocalWriter
from govgraph.history.log import Log
from govgraph.store.embedded import DiskStore

State = dict[str, bytes]


@pytest.fixture
def data(seed: Seed, tmp_path: Path) -> Path:
    """The seed with its first records: two changes of the crash test."""
    directory = Path(shutil.copytree(seed.directory, tmp_path / "data"))
    write(directory, seed.contract, 0, 1)
    return directory


def write(data: Path, contract: Contract, *numbers: int) -> list[int]:
    """Make changes of the crash test; their revisions."""
    writer = LocalWriter(chosen(data), contract)
    try:
        return [writer.submit(change(0, number)).revision for number in numbers]
    finally:
        writer.close()


def state(data: Path) -> tuple[int, State]:
    """What readers see, and as which revision."""
    store = DiskStore(data, BASE)
    try:
        reader = store.reader()
        dumps = {g.value: b"\n".join(sorted(reader.dump(g).splitlines())) for g in GRAPHS}
    finally:
        store.close()
    return reader.revision, dumps


def opened(data: Path, contract: Contract) -> tuple[int, State]:
    """The same, once a writer has put all in order."""
    LocalWriter(chosen(data), contract).close()
    return state(data)


def test_nothing_is_lost_however_often_writer_and_readers_are_killed(tmp_path: Path) -> None:
    kills, luck = int(os.environ.get("GOVGRAPH_CRASHES", "60")), random.randrange(1_000_000)  # noqa: S311  # no secret
    print("luck", luck)
    told = crash.run(tmp_path / "data", kills, 60, luck)
    print(told)
    assert told.writers > 0
    assert told.acknowledged >= told.writers
    assert told.revisions > told.acknowledged  # the load is one


def test_a_record_torn_at_any_byte_is_as_if_it_had_never_been(data: Path, seed: Seed, tmp_path: Path) -> None:
    before = state(data)
    older = shutil.copytree(data, tmp_path / "older")
    [revision] = write(data, seed.contract, 2)
    after = state(data)
    segment = max((data / "log").glob("*.rdfp"))
    start, record = (older / "log" / segment.name).stat().st_size, segment.read_bytes()
    torn = record[start:]
    assert len(torn) > 1000
    entries = list(Log(older / "log").read(1))
    with in_memory(tmp_path) as quick:
        kept = Path(shutil.copytree(older / "log", quick / "log"))
        for length in range(1, len(torn)):
            restore(kept / segment.name, start, torn[:length])
            log = Log.writing(kept)
            assert log.newest == revision - 1
            assert (kept / segment.name).stat().st_size == start
        assert list(log.read(1)) == entries
    for length in (1, 60, len(torn) // 2, len(torn) - 1):
        again = shutil.copytree(older, tmp_path / f"torn at {length}")
        restore(again / "log" / segment.name, start, torn[:length])
        assert opened(again, seed.contract) == before
        assert write(again, seed.contract, 1, 2) == [revision - 1, revision]
        assert state(again)[0] == after[0]
    whole = shutil.copytree(older, tmp_path / "whole")
    restore(whole / "log" / segment.name, start, torn)
    assert opened(whole, seed.contract) == after


@contextmanager
def in_memory(otherwise: Path) -> Iterator[Path]:
    """A directory where to wait for the disk takes no time, if there is any."""
    memory = Path("/dev/shm")  # noqa: S108  # a directory of its own is made in it
    with TemporaryDirectory(dir=memory if memory.is_dir() else otherwise) as made:
        yield Path(made)


def restore(segment: Path, start: int, tail: bytes) -> None:
    with segment.open("r+b") as file:
        file.truncate(start)
        file.seek(start)
        file.write(tail)


def test_a_damaged_record_before_the_last_stops_the_writer(data: Path, seed: Seed) -> None:
    segment = max((data / "log").glob("*.rdfp"))
    record = bytearray(segment.read_bytes())
    record[record.rindex(b"# revision") - 40] ^= 1
    segment.write_bytes(record)
    shutil.rmtree(data / "live")
    shutil.rmtree(data / "snapshots")
    with pytest.raises(LogDamaged):
        LocalWriter(chosen(data), seed.contract)


@pytest.mark.parametrize("gone", [["live"], ["snapshots"], ["live", "snapshots"], ["live", "snapshots", "current"]])
def test_a_store_that_was_deleted_is_made_again_from_the_log(data: Path, seed: Seed, gone: list[str]) -> None:
    before = state(data)
    for name in gone:
        path = data / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert opened(data, seed.contract) == before
    assert write(data, seed.contract, 1, 2) == [3, 4]


@pytest.mark.parametrize("damaged", ["CURRENT", "MANIFEST-*", "*.sst"])
def test_a_store_that_is_damaged_is_made_again(data: Path, seed: Seed, damaged: str) -> None:
    before = state(data)
    files = list((data / "live").glob(damaged))
    assert files
    for file in files:
        file.unlink()  # first, since snapshots share it
        file.write_bytes(b"damaged")
    assert opened(data, seed.contract) == before
    assert write(data, seed.contract, 2) == [4]


def test_a_store_rolled_back_to_an_older_copy_is_led_on_by_the_log(data: Path, seed: Seed, tmp_path: Path) -> None:
    older = shutil.copytree(data, tmp_path / "older")
    write(data, seed.contract, *range(2, 14))
    after = state(data)
    assert after[0] == 15
    for name in ("live", "snapshots"):
        shutil.rmtree(data / name)
        shutil.copytree(older / name, data / name)
    shutil.copy(older / "current", data / "current")
    assert state(data)[0] == 3  # what readers see until there is a writer
    assert opened(data, seed.contract) == after
    assert write(data, seed.contract, 13, 14) == [15, 16]  # the first was made before, and is answered


def test_a_log_that_is_behind_its_store_is_refused(data: Path, seed: Seed, tmp_path: Path) -> None:
    older = shutil.copytree(data, tmp_path / "older")
    write(data, seed.contract, 2)
    shutil.rmtree(data / "log")
    shutil.copytree(older / "log", data / "log")
    with pytest.raises(LogDamaged, match="lost its end"):
        LocalWriter(chosen(data), seed.contract)


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[None]:
    """A file system of its own; skips where one may not mount any."""
    place.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)]
    try:
        done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("needs the program mount")
    if done.returncode:
        pytest.skip(f"needs the right to mount a small file system: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_refuses_changes_and_loses_none(seed: Seed, tmp_path: Path) -> None:
    size = sum(file.stat().st_size for file in seed.directory.rglob("*") if file.is_file()) // 1_000_000
    disk = tmp_path / "disk"
    with small_disk(disk, 3 * size + 16):
        data = Path(shutil.copytree(seed.directory, disk / "data"))
        made = fill(data)
        assert made
        subprocess.run(["mount", "-o", f"remount,size={8 * size + 256}m", str(disk)], check=True)
        opened(data, seed.contract)
        newest = {entry.head.key: entry.head.revision for entry in Log(data / "log").read(1)}
        assert made.items() <= newest.items()
        assert len(newest) <= len(made) + 1  # at most the one of which nothing was known
        shown, dumps = state(data)
        assert shown == max(newest.values())
        for key in newest:
            assert dumps[NAMES.working.value].count(f"batch 9-{key} ".encode()) == crash.BATCH
        assert write(data, seed.contract, 0) == [shown + 1]


def fill(data: Path) -> dict[str, int]:
    """Make large changes until one is refused; the revisions of those that were acknowledged."""
    made: dict[str, int] = {}
    nursery = Nursery(data)
    try:
        writer = nursery.writer()
        writer.ready()
        line = RemoteWriter(data)
        with pytest.raises(StoreError):
            for number in range(1000):
                made[str(number)] = line.submit(large(number)).revision
        line.close()
        writer.end()
    finally:
        nursery.close()
    return made


def large(number: int) -> Change:
    """Drafts with a megabyte of text that does not compress."""
    noise = random.Random(number)  # noqa: S311  # no secret
    quads = []
    for quad in crash.batch(9, number).added:
        if quad.predicate == NOTE:
            text = f"batch 9-{number} {noise.randbytes(200_000).hex()}"
            quad = Quad(quad.subject, quad.predicate, Literal(text, language="en"), quad.graph_name)  # noqa: PLW2901
        quads.append(quad)
    return Change((Statements(added=tuple(quads)),), Author("nine", Role.STEWARD), "cli", key=str(number))
