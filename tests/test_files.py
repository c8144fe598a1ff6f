"""Files that are replaced whole: the old one stays until all of the new one is there, whatever happens between."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgraph.files import replace_text, replacing, take_place


def test_the_old_file_stays_until_all_of_the_new_one_is_there(tmp_path: Path) -> None:
    path = tmp_path / "said.json"
    replace_text(path, "old")
    with replacing(path) as target:
        target.write(b"n\xc3\xa9w")
        target.flush()
        assert path.read_text("utf-8") == "old"
    assert path.read_text("utf-8") == "néw"


def test_what_breaks_off_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "said.json"
    replace_text(path, "old")
    with pytest.raises(ZeroDivisionError), replacing(path) as target:
        target.write(b"half")
        raise ZeroDivisionError
    assert [(one.name, one.read_text("utf-8")) for one in tmp_path.iterdir()] == [("said.json", "old")]


def test_the_rights_are_those_asked_for_whatever_was_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "said.json"
    for one in (path, tmp_path / "said.json.new"):
        one.write_text("left")
        one.chmod(0o666)
    replace_text(path, "new", 0o600)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text("utf-8") == "new"


def test_a_directory_takes_no_place_that_is_taken(tmp_path: Path) -> None:
    for name in ("made", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    with pytest.raises(OSError, match="not empty"):
        take_place(tmp_path / "made", tmp_path / "there")
    take_place(tmp_path / "made", tmp_path / "new")
    assert (tmp_path / "new" / "file").read_text() == "made"
    assert (tmp_path / "there" / "file").read_text() == "there"
