"""The revision log: what was appended is read back byte for byte, and damage is found where it is."""

from __future__ import annotations

import errno
import os
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat

from govgraph.errors import LogDamaged, LogUnwritable, NotFound
from govgraph.history.log import Log
from govgraph.history.record import Entry, Head, Place, places
from govgraph.store.patch import Patch

GRAPH = NamedNode("http://example.org/graph/working")
AT = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)
NASTY = st.text(st.characters(codec="utf-8"), max_size=40)


def quad(text: str) -> Quad:
    return Quad(NamedNode("http://example.org/a"), NamedNode("http://example.org/p"), Literal(text), GRAPH)


def entry(revision: int, text: str = "new", *, reason: str = "") -> Entry:
    patch = Patch.of([quad("old")], [quad(text)])
    return Entry.of(Head(revision, AT, "token:1", "", "test", reason, "hash", "key"), patch)


def written(directory: Path, *entries: Entry, segment_bytes: int = 64_000_000) -> Log:
    log = Log.writing(directory, segment_bytes=segment_bytes)
    for one in entries:
        log.append([one])
    return log


@given(st.lists(st.tuples(NASTY, NASTY), min_size=1, max_size=4))
def test_whatever_a_record_says_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, str]]
) -> None:
    directory = tmp_path_factory.mktemp("log")
    entries = [entry(number, text, reason=reason) for number, (text, reason) in enumerate(said, 1)]
    Log.writing(directory).append(entries)
    read = list(Log(directory).read())
    assert read == entries
    assert [one.patch for one in read] == [one.patch for one in entries]
    assert [head.reason for head in Log(directory).heads()] == [reason for _, reason in reversed(said)]


def test_other_tools_can_read_the_files(tmp_path: Path) -> None:
    """The rows of a record are an RDF Patch: without their letter they are N-Quads."""
    written(tmp_path, entry(1, 'a "quoted"\nline'))
    (path,) = tmp_path.glob("*.rdfp")
    lines = path.read_text("utf-8").splitlines()
    assert [line.split(" ")[0] for line in lines] == ["#", *["H"] * 10, "TX", "D", "A", "TC"]
    (added,) = pyoxigraph.parse(lines[-2].removeprefix("A "), RdfFormat.N_QUADS)
    assert added == quad('a "quoted"\nline')


def test_a_record_torn_at_any_byte_is_set_aside_and_the_ones_before_stay(tmp_path: Path) -> None:
    written(tmp_path / "whole", entry(1), entry(2))
    data = next((tmp_path / "whole").glob("*.rdfp")).read_bytes()
    first = len(next((written(tmp_path / "one", entry(1)) and tmp_path / "one").glob("*.rdfp")).read_bytes())
    for end in range(first, len(data)):
        directory = tmp_path / str(end)
        directory.mkdir()
        (directory / "0000000001.rdfp").write_bytes(data[:end])
        assert [one.head.revision for one in Log(directory).read()] == [1]
        log = Log.writing(directory)
        assert log.newest == 1
        assert (directory / "0000000001.torn").exists() == (end > first)
        log.append([entry(2, "again")])
        assert [one.head.revision for one in Log(directory).read()] == [1, 2]


def numbered(*revisions: int) -> list[Entry]:
    return [entry(revision) for revision in revisions]


def batches(directory: Path) -> tuple[Path, list[Place]]:
    """A log of the appends 1, 2-3 and 4-6; its file, and where each record stands in it."""
    log = Log.writing(directory)
    for batch in ((1,), (2, 3), (4, 5, 6)):
        log.append(numbered(*batch))
    (path,) = directory.glob("*.rdfp")
    return path, list(places(path, 0))


def test_an_append_of_several_that_broke_off_anywhere_is_set_aside_as_a_whole(tmp_path: Path) -> None:
    path, there = batches(tmp_path)
    data = path.read_bytes()
    begin = there[3].at
    for end in range(begin + 1, len(data), 37):
        path.write_bytes(data[:end])
        assert Log(tmp_path).newest == 3, "readers do not see the half of it either"
        assert Log.writing(tmp_path).newest == 3
        assert path.stat().st_size == begin
        torn = path.with_suffix(".torn")
        assert torn.read_bytes() == data[begin:end]
        torn.unlink()


@pytest.mark.parametrize("record", [3, 4, 5])
@pytest.mark.parametrize("part", ["mark", "body"])
def test_a_lost_page_in_any_record_of_the_last_append_sets_all_of_it_aside(
    tmp_path: Path, record: int, part: str
) -> None:
    path, there = batches(tmp_path)
    blank(path, there[record], part)
    assert Log.writing(tmp_path).newest == 3
    assert Log.writing(tmp_path).newest == 3
    assert [one.head.revision for one in Log(tmp_path).read()] == [1, 2, 3]


@pytest.mark.parametrize("record", [0, 1, 2])
def test_a_lost_page_before_the_last_append_is_damage_and_nothing_is_set_aside(tmp_path: Path, record: int) -> None:
    path, there = batches(tmp_path)
    whole = path.read_bytes()
    blank(path, there[record], "mark")
    with pytest.raises(LogDamaged, match=f"at byte {there[1 if record else 0].at}"):
        Log.writing(tmp_path)
    assert path.stat().st_size == len(whole)
    path.write_bytes(whole)
    blank(path, there[record], "body")
    assert Log.writing(tmp_path).newest == 6
    with pytest.raises(LogDamaged):
        list(Log(tmp_path).read())


def blank(path: Path, place: Place, part: str) -> None:
    with path.open("r+b") as file:
        file.seek(place.at + 5 if part == "mark" else place.start + 50)
        file.write(bytes(40))


def test_a_damaged_last_append_that_somebody_has_already_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path, there = batches(tmp_path)
    blank(path, there[4], "body")
    damaged = path.read_bytes()
    with pytest.raises(LogDamaged, match=r"at revision 6.* ends at 3"):
        Log.writing(tmp_path, known=6)
    assert path.read_bytes() == damaged
    assert Log.writing(tmp_path, known=3).newest == 3


def test_records_without_a_batch_are_each_one_of_their_own(tmp_path: Path) -> None:
    path, _ = batches(tmp_path)
    path.write_bytes(re.sub(rb" batch \d+-\d+\n", b"\n", path.read_bytes()))
    assert [one.head.revision for one in Log(tmp_path).read()] == [1, 2, 3, 4, 5, 6]
    assert Log.writing(tmp_path).newest == 6


@pytest.mark.parametrize("gone", [1, 2])
def test_a_missing_file_in_the_middle_is_damage(tmp_path: Path, gone: int) -> None:
    written(tmp_path, *numbered(*range(1, 21)), segment_bytes=2_000)
    segments = sorted(tmp_path.glob("*.rdfp"))
    segments[gone].unlink()
    first, after = int(segments[gone].stem), int(segments[gone + 1].stem)
    for look in (lambda: Log.writing(tmp_path), lambda: list(Log(tmp_path).read()), lambda: Log(tmp_path).newest):
        with pytest.raises(LogDamaged, match=f"lacks revisions {first} to {after - 1}"):
            look()


def test_a_head_that_never_ends_is_damage(tmp_path: Path) -> None:
    written(tmp_path, *numbered(1, 2))
    (path,) = tmp_path.glob("*.rdfp")
    path.write_bytes(path.read_bytes().replace(b"TX .", b"TY ."))
    assert next(Log(tmp_path).heads()).revision == 2  # all rows of the head are there
    path.write_bytes(path.read_bytes().replace(b"H at", b"H it"))
    with pytest.raises(LogDamaged):
        next(Log(tmp_path).heads())


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file of this process may grow beyond."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("before", [[], [1]])
def test_when_there_is_no_room_for_one_of_several_none_of_them_is_in_the_log(tmp_path: Path, before: list[int]) -> None:
    log = written(tmp_path, *numbered(*before))
    size = sum(path.stat().st_size for path in tmp_path.glob("*.rdfp"))
    first = len(before) + 1
    with room_for(size + 1_500), pytest.raises(LogUnwritable) as refused:
        log.append([entry(first), entry(first + 1, "long " * 1_000)])
    assert refused.value.hint.startswith("Nothing was changed")
    assert sum(path.stat().st_size for path in tmp_path.glob("*.rdfp")) == size
    assert Log.writing(tmp_path).newest == len(before)


def test_what_cannot_be_taken_back_may_or_may_not_have_been_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = written(tmp_path, entry(1))

    def refuse(_file: int) -> None:
        raise OSError(errno.EIO, "the disk is gone")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", refuse)
        with pytest.raises(LogUnwritable) as refused:
            log.append([entry(2)])
    assert "may or may not" in refused.value.hint


def test_a_reader_that_saw_what_was_taken_back_sees_what_came_in_its_place(tmp_path: Path) -> None:
    path, there = batches(tmp_path)
    reader = Log(tmp_path)
    assert reader.newest == 6
    with path.open("r+b") as file:
        file.truncate(there[3].at)
    Log.writing(tmp_path).append([entry(4, "else")])
    assert reader.newest == 4
    assert reader.entry(4) == entry(4, "else")


def test_a_damaged_record_is_refused_with_its_place(tmp_path: Path) -> None:
    written(tmp_path, entry(1), entry(2), entry(3))
    (path,) = tmp_path.glob("*.rdfp")
    data = bytearray(path.read_bytes())
    where = data.index(b'"new"') + 1
    data[where] ^= 1
    path.write_bytes(data)
    with pytest.raises(LogDamaged, match=r"0000000001\.rdfp at byte"):
        list(Log(tmp_path).read())
    assert Log(tmp_path).entry(2) == entry(2)


def test_segments_follow_one_another_and_one_record_is_found_without_reading_the_others(tmp_path: Path) -> None:
    log = written(tmp_path, *(entry(number) for number in range(1, 21)), segment_bytes=2_000)
    assert 3 < len(list(tmp_path.glob("*.rdfp"))) < 20
    assert log.newest == Log(tmp_path).newest == 20
    assert [one.head.revision for one in Log(tmp_path).read(after=7, until=9)] == [8, 9]
    assert [head.revision for head in Log(tmp_path).heads(before=3)] == [3, 2, 1]
    with pytest.raises(NotFound):
        Log(tmp_path).entry(21)


def test_a_reader_sees_what_is_appended_later_and_never_half_a_record(tmp_path: Path) -> None:
    log, reader = written(tmp_path, entry(1)), Log(tmp_path)
    assert reader.newest == 1
    log.append([entry(2), entry(3)])
    assert reader.newest == 3
    with next(tmp_path.glob("*.rdfp")).open("ab") as file:
        file.write(b"# revision 4 length 100 sha256 " + b"0" * 64 + b"\nH revision")
    assert reader.newest == 3


def test_after_a_failed_write_nothing_is_written_until_the_log_is_opened_anew(tmp_path: Path) -> None:
    log = written(tmp_path / "log", entry(1))
    (path,) = (tmp_path / "log").glob("*.rdfp")
    path.rename(tmp_path / "elsewhere")
    path.mkdir()  # what no file can be appended to
    for _ in range(2):
        with pytest.raises(LogUnwritable):
            log.append([entry(2)])
    path.rmdir()
    (tmp_path / "elsewhere").rename(path)
    assert Log.writing(tmp_path / "log").newest == 1
