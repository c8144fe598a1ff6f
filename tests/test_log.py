"""The revision log: what was appended is read back byte for byte, and damage is found where it is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat

from govgraph.errors import LogDamaged, LogUnwritable, NotFound
from govgraph.history.log import Entry, Head, Log
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
