"""Releases, backups and verification: what is kept is whole, and what is not whole is noticed."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph
import pytest
from pyoxigraph import Literal, Quad, RdfFormat

from govgraph.contract import Contract
from govgraph.errors import ChangeError, FormatTooNew, NotFound, ParameterError, StoreError, StoreMissing
from govgraph.history import archive
from govgraph.history.archive import backup
from govgraph.history.log import Log
from govgraph.history.past import Past
from govgraph.history.releases import release, releases, remove
from govgraph.history.restoration import restore
from govgraph.history.verification import Verified, verify
from govgraph.iris import DCT_TITLE
from govgraph.store.embedded import DiskStore
from kept_history import BASE, NAMES, KeptHistory, said, titled

LETTERS = "abcdef"


@pytest.fixture
def history(tmp_path: Path) -> Iterator[KeptHistory]:
    """Six revisions of one title beside 300 others; the last two are not in a snapshot yet."""
    made = KeptHistory(tmp_path / "data")
    made.commit([quad for n in range(300) for quad in titled(f"s{n}", f"title {n}", NAMES.reference)])
    before: list[Quad] = []
    for number, letter in enumerate(LETTERS):
        after = titled("one", letter)
        made.commit(after, before, snapshot=number < 4)
        before = after
    yield made
    made.close()


@pytest.fixture
def past(contract: Contract, history: KeptHistory) -> Iterator[Past]:
    opened = Past(history.directory, BASE, contract)
    yield opened
    opened.close()


def checked(history: KeptHistory, **more: bool) -> Verified:
    return verify(history.directory, BASE, **more)


def test_a_release_outlives_snapshots_and_log(history: KeptHistory, past: Past, contract: Contract) -> None:
    made = release(history.directory, past, "spring-2025", 3, "As the cabinet saw it")
    assert (made.revision, made.of.isoformat(), made.note) == (3, "2025-03-03T12:00:00+00:00", "As the cabinet saw it")
    assert releases(history.directory) == (made,)
    past.close()
    for directory in ("snapshots", "past", "log"):
        shutil.rmtree(history.directory / directory)
    later = Past(history.directory, BASE, contract)
    assert said(later.view("working", "3").reader) == history.states[3]
    later.close()


def test_a_release_costs_no_space_of_its_own(history: KeptHistory, past: Past) -> None:
    release(history.directory, past, "r", 5)
    tables = list((history.directory / "releases" / "r" / "store" / "5").glob("*.sst"))
    assert tables
    assert all(table.stat().st_nlink > 1 for table in tables)


def test_the_newest_revision_is_released_when_none_is_named(history: KeptHistory, past: Past) -> None:
    assert release(history.directory, past, "now").revision == history.newest == 7
    assert release(history.directory, past, "then", 2).revision == 2
    assert [one.name for one in releases(history.directory)] == ["now", "then"]


def test_a_release_is_removed_and_its_name_is_free_again(history: KeptHistory, past: Past) -> None:
    release(history.directory, past, "r", 2)
    with pytest.raises(ChangeError, match="already"):
        release(history.directory, past, "r", 3)
    assert remove(history.directory, "r").revision == 2
    assert not list((history.directory / "releases").iterdir())
    with pytest.raises(NotFound):
        remove(history.directory, "r")
    assert release(history.directory, past, "r", 3).revision == 3


@pytest.mark.parametrize("name", ["", "..", "a/b", "../x", ".hidden", "12", "a b", "é", "x" * 65, "a\n", "a\x00"])
def test_a_name_that_is_none_is_refused(name: str, history: KeptHistory, past: Past) -> None:
    with pytest.raises(ParameterError):
        release(history.directory, past, name)
    with pytest.raises(ParameterError):
        remove(history.directory, name)


def test_a_revision_that_is_not_there_is_not_released(history: KeptHistory, past: Past) -> None:
    with pytest.raises(NotFound):
        release(history.directory, past, "r", 99)
    assert not releases(history.directory)


def test_a_backup_is_restored_with_its_past_and_its_releases(
    history: KeptHistory, past: Past, contract: Contract, tmp_path: Path
) -> None:
    made = release(history.directory, past, "r", 3)
    release(history.directory, past, "later", 7)
    told: list[tuple[str, int, int]] = []
    kept = backup(history.directory, BASE, tmp_path / "b.tar.gz", lambda *one: told.append(one))
    assert (kept.revision, kept.records, kept.size) == (5, 5, (tmp_path / "b.tar.gz").stat().st_size)
    assert told[-1][0] == "backing up"
    assert told[-1][1] >= told[-1][2] > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar.gz", "data"]
    found = restore(tmp_path / "b.tar.gz", tmp_path / "again")
    assert (found.base, found.revision, found.records) == (BASE, 5, 5)
    store = DiskStore(tmp_path / "again", BASE)
    assert said(store.reader()) == history.states[5]
    store.close()
    again = Past(tmp_path / "again", BASE, contract)
    assert [said(again.view("working", str(n)).reader) for n in range(1, 6)] == [history.states[n] for n in range(1, 6)]
    again.close()
    assert releases(tmp_path / "again") == (made,), "what is newer than the backup is not in it"
    assert verify(tmp_path / "again", BASE).faults == ()
    assert Log(tmp_path / "again" / "log").newest == 5


def test_a_backup_is_private_and_holds_what_any_tool_reads(history: KeptHistory, tmp_path: Path) -> None:
    (history.directory / "access").mkdir()
    (history.directory / "access" / "tokens.json").write_text("secret")
    backup(history.directory, BASE, tmp_path / "b.tar.gz")
    assert (tmp_path / "b.tar.gz").stat().st_mode & 0o777 == 0o600
    with tarfile.open(tmp_path / "b.tar.gz") as tar:
        names = tar.getnames()
        manifest = json.load(tar.extractfile("manifest.json") or io.BytesIO())
        quads = (tar.extractfile("catalogue.nq") or io.BytesIO()).read()
    assert not [name for name in names if "token" in name or "access" in name]
    assert manifest["withheld"] == "tokens and audit log"
    assert set(names) == {*manifest["files"], "manifest.json"}
    assert hashlib.sha256(quads).hexdigest() == manifest["files"]["catalogue.nq"]["sha256"]
    assert frozenset(pyoxigraph.parse(quads, RdfFormat.N_QUADS)) == history.states[5]


def test_a_backup_is_made_while_the_writer_writes(history: KeptHistory, tmp_path: Path) -> None:
    with (history.directory / "log" / sorted(os.listdir(history.directory / "log"))[-1]).open("ab") as log:  # noqa: PTH208  # names alone
        log.write(b"# revision 8 length 5000 sha256 ")  # the writer is in the middle of a record
        log.flush()
        backup(history.directory, BASE, tmp_path / "b.tar.gz")
    restore(tmp_path / "b.tar.gz", tmp_path / "again")
    assert verify(tmp_path / "again", BASE) == Verified(5, 0, 5, ())


def test_a_backup_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing):
        backup(tmp_path / "none", BASE, tmp_path / "b.tar.gz")
    assert not list(tmp_path.iterdir())


def test_nothing_is_restored_into_a_directory_with_something_in_it(history: KeptHistory, tmp_path: Path) -> None:
    backup(history.directory, BASE, tmp_path / "b.tar.gz")
    with pytest.raises(StoreError, match="not empty"):
        restore(tmp_path / "b.tar.gz", history.directory)
    assert verify(history.directory, BASE).faults == ()
    (tmp_path / "empty").mkdir()
    restore(tmp_path / "b.tar.gz", tmp_path / "empty")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_flipped_byte_in_a_backup_is_found(share: float, history: KeptHistory, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    backup(history.directory, BASE, file)
    flip(file, int(file.stat().st_size * share))
    with pytest.raises(StoreError):
        restore(file, tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_backup_that_was_cut_off_is_refused(share: float, history: KeptHistory, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    backup(history.directory, BASE, file)
    os.truncate(file, int(file.stat().st_size * share))
    (tmp_path / "again").mkdir()
    with pytest.raises(StoreError):
        restore(file, tmp_path / "again")
    assert not list((tmp_path / "again").iterdir())


def forged(file: Path, name: str, content: bytes, manifest: dict[str, object] | None = None) -> Path:
    """An archive with one more file than it says, or with another manifest."""
    target = file.with_name("forged.tar.gz")
    with tarfile.open(file) as source, tarfile.open(target, "w:gz") as tar:
        for member in source:
            if manifest is None or member.name != "manifest.json":
                tar.addfile(member, source.extractfile(member))
        said_of_it = tarfile.TarInfo(name)
        data = json.dumps(manifest).encode() if manifest else content
        said_of_it.size = len(data)
        tar.addfile(said_of_it, io.BytesIO(data))
    return target


@pytest.mark.parametrize("name", ["../evil", "/evil", "snapshot/../../evil", "access/tokens.json", "snapshot/more"])
def test_what_is_no_part_of_a_backup_is_not_unpacked(name: str, history: KeptHistory, tmp_path: Path) -> None:
    backup(history.directory, BASE, tmp_path / "b.tar.gz")
    with pytest.raises(StoreError):
        restore(forged(tmp_path / "b.tar.gz", name, b"evil"), tmp_path / "again")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar.gz", "data", "forged.tar.gz"]


def test_a_link_in_a_backup_is_not_followed(history: KeptHistory, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as tar:
        link = tarfile.TarInfo("snapshot/CURRENT")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(StoreError, match="no part of a backup"):
        restore(tmp_path / "b.tar.gz", tmp_path / "again")


def test_a_backup_of_a_newer_govgraph_is_refused(history: KeptHistory, tmp_path: Path) -> None:
    backup(history.directory, BASE, tmp_path / "b.tar.gz")
    newer = {"archive": archive.ARCHIVE + 1, "govgraph": "9.0", "storeFormat": 1}
    with pytest.raises(FormatTooNew, match=r"9\.0"):
        restore(forged(tmp_path / "b.tar.gz", "manifest.json", b"", newer), tmp_path / "again")


@pytest.mark.parametrize("content", [b"", b"no archive", gzip.compress(b"no archive")])
def test_a_file_of_another_kind_is_no_backup(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(content)
    with pytest.raises(StoreError):
        restore(tmp_path / "b", tmp_path / "again")
    with pytest.raises(StoreError):
        restore(tmp_path / "nothing", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def flip(file: Path, at: int) -> None:
    with file.open("r+b") as opened:
        opened.seek(at)
        [byte] = opened.read(1)
        opened.seek(at)
        opened.write(bytes([byte ^ 0x10]))


def test_a_sound_directory_is_verified_from_nothing_and_from_a_checkpoint(history: KeptHistory) -> None:
    told: list[str] = []
    assert verify(history.directory, BASE, told=lambda what, _done, _of: told.append(what)) == Verified(5, 0, 7, ())
    assert list(dict.fromkeys(told)) == [
        "reading the log",
        "replaying",
        "comparing",
        "comparing back",
        "reading every index",
    ]
    assert checked(history, quick=True) == Verified(5, 1, 7, ())
    assert not list(history.directory.glob("verify.*"))


def test_a_flipped_byte_anywhere_in_the_log_is_found(history: KeptHistory) -> None:
    segments = sorted((history.directory / "log").iterdir())
    assert len(segments) >= 2
    places = [(s, at) for s in segments for at in range(0, s.stat().st_size, max(s.stat().st_size // 12, 1))]
    marks = [
        (s, s.read_bytes().index(word) + len(word) + more)
        for s in segments
        for word, more in ((b"# rev", 0), (b"# revision ", 0), (b"length ", 0), (b"sha256 ", 3))
    ]
    found = []
    for segment, at in [*places, *marks]:
        before = segment.read_bytes()
        flip(segment, at)
        if not checked(history).faults:
            found.append((segment.name, at, before[at : at + 20]))
        segment.write_bytes(before)
    assert len(places) + len(marks) > 20
    assert not found
    assert not checked(history).faults


def test_a_flipped_byte_in_any_table_of_the_store_is_found(history: KeptHistory) -> None:
    snapshot = history.directory / "snapshots" / "5"
    tables = sorted(snapshot.glob("*.sst"))
    assert len(tables) >= 8
    for table in tables:
        before = table.read_bytes()
        table.unlink()  # it is shared with the live store
        table.write_bytes(before)
        flip(table, len(before) // 4)
        found = checked(history).faults
        assert found, table.name
        table.write_bytes(before)
    assert not checked(history).faults


def test_statements_that_differ_are_named(history: KeptHistory) -> None:
    snapshot = history.directory / "snapshots" / "5"
    engine = pyoxigraph.Store(str(snapshot))
    [old, *_] = titled("one", LETTERS[3])[1:]
    engine.remove(old)
    engine.add(Quad(old.subject, DCT_TITLE, Literal("forged"), NAMES.public))
    engine.flush()
    del engine
    found = checked(history).faults
    assert len(found) == 2
    assert found[0].startswith("The store lacks <http://127.0.0.1:8000/id/service/one>")
    assert NAMES.working.value in found[0]
    assert '"forged"' in found[1]
    assert NAMES.public.value in found[1]


def test_many_differences_are_cut_short(history: KeptHistory) -> None:
    snapshot = history.directory / "snapshots" / "5"
    engine = pyoxigraph.Store(str(snapshot))
    engine.clear_graph(NAMES.reference)
    engine.flush()
    del engine
    found = checked(history).faults
    assert len(found) == 11
    assert found[-1] == "The store lacks more than these 10."


def test_a_log_that_lost_its_end_or_its_middle_is_told(history: KeptHistory) -> None:
    segments = sorted((history.directory / "log").iterdir())
    kept = segments[-1].read_bytes()
    segments[-1].unlink()
    assert checked(history).faults
    segments[-1].write_bytes(kept)
    shutil.rmtree(history.directory / "log")
    assert checked(history).faults


def test_nothing_cannot_be_verified(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing):
        verify(tmp_path / "none", BASE)
