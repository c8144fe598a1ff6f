"""Opening a data directory for writing: what is left is put in order, and what was lost is told, never passed over."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pyoxigraph import Quad

from conftest import Seed
from crash import BASE, NAMES, change, chosen
from govgraph.catalogue import Audience
from govgraph.cli.place import Place
from govgraph.contract import Contract
from govgraph.errors import LogDamaged, StoreError
from govgraph.gate.writer import LocalWriter
from govgraph.history.checkpoints import keep
from govgraph.history.log import Log
from govgraph.history.record import places
from govgraph.iris import PREFIXES, RDF_TYPE, name
from govgraph.store.embedded import DiskStore
from govgraph.store.live import Live
from govgraph.store.patch import Patch
from govgraph.store.rooms import room

SECRET = NAMES.entity("service", "secret")


@pytest.fixture
def data(seed: Seed, tmp_path: Path) -> Path:
    """The seed, and three revisions with a snapshot each."""
    directory = Path(shutil.copytree(seed.directory, tmp_path / "data"))
    for number in range(3):
        write(directory, seed.contract, number)
    return directory


def write(data: Path, contract: Contract, number: int) -> int:
    writer = LocalWriter(chosen(data), contract)
    try:
        return writer.submit(change(0, number)).revision
    finally:
        writer.close()


def opened(data: Path, contract: Contract) -> int:
    """The revision readers see once a writer has put all in order."""
    LocalWriter(chosen(data), contract).close()
    store = DiskStore(data, BASE)
    try:
        return store.reader().revision
    finally:
        store.close()


def segment(data: Path) -> Path:
    (path,) = (data / "log").glob("*.rdfp")
    return path


def cut(data: Path, revision: int) -> None:
    """Let a log end before a revision."""
    path = segment(data)
    [place] = [place for place in places(path, 0) if place.revision == revision]
    with path.open("r+b") as file:
        file.truncate(place.at)


def split(data: Path, *begins: int) -> None:
    """Let the log be of several files, which begin with these revisions."""
    path = segment(data)
    whole, there = path.read_bytes(), {place.revision: place.at for place in places(path, 0)}
    for first, after in zip(begins, [*begins[1:], None], strict=True):
        end = len(whole) if after is None else there[after]
        (path.parent / f"{first:010d}.rdfp").write_bytes(whole[there[first] : end])
    path.write_bytes(whole[: there[begins[0]]])


@pytest.mark.parametrize("gone", [(), ("live",), ("live", "snapshots")])
def test_a_log_without_a_file_of_its_middle_is_refused(data: Path, seed: Seed, gone: tuple[str, ...]) -> None:
    split(data, 2, 4)
    assert opened(data, seed.contract) == 4
    (data / "log" / "0000000002.rdfp").unlink()
    for directory in gone:
        shutil.rmtree(data / directory)
    with pytest.raises(LogDamaged, match="lacks revisions 2 to 3"):
        opened(data, seed.contract)


def test_a_log_without_its_first_file_is_refused(data: Path, seed: Seed) -> None:
    split(data, 3)
    (data / "log" / "0000000001.rdfp").unlink()
    with pytest.raises(LogDamaged, match="lacks all before revision 3"):
        opened(data, seed.contract)


@pytest.mark.parametrize("gone", [("log",), ("log", "live")])
def test_a_store_whose_log_is_gone_does_not_begin_another(data: Path, seed: Seed, gone: tuple[str, ...]) -> None:
    for directory in gone:
        shutil.rmtree(data / directory)
    for _ in range(2):
        with pytest.raises(LogDamaged, match="is gone"):
            opened(data, seed.contract)
    assert Log(data / "log").newest == 0


@pytest.mark.parametrize("gone", [(), ("live",), ("snapshots",)])
def test_a_log_that_has_lost_its_end_is_refused_as_long_as_a_store_or_snapshot_has_it(
    data: Path, seed: Seed, gone: tuple[str, ...]
) -> None:
    cut(data, 4)
    for directory in gone:
        shutil.rmtree(data / directory)
    with pytest.raises(LogDamaged, match="at revision 4, and the revision log ends at 3"):
        opened(data, seed.contract)


def test_a_flipped_bit_in_the_last_record_is_refused_and_nothing_is_set_aside(data: Path, seed: Seed) -> None:
    path = segment(data)
    flipped = bytearray(path.read_bytes())
    flipped[-40] ^= 1
    path.write_bytes(flipped)
    with pytest.raises(LogDamaged, match="ends at 3"):
        opened(data, seed.contract)
    assert path.read_bytes() == flipped
    assert not list(path.parent.glob("*.torn"))


def test_who_goes_on_without_a_lost_end_as_the_hint_says_goes_on_well(data: Path, seed: Seed) -> None:
    for number in (3, 4):
        assert keep(data, data / "snapshots" / str(number), number, data / "checkpoints" / str(number))
    cut(data, 4)
    with pytest.raises(LogDamaged) as refused:
        opened(data, seed.contract)
    assert "remove the directories live and snapshots" in refused.value.hint
    del refused  # its frames have the store open
    for directory in ("live", "snapshots"):
        shutil.rmtree(data / directory)
    assert opened(data, seed.contract) == 3
    assert [path.name for path in (data / "checkpoints").iterdir()] == ["3"]
    assert [write(data, seed.contract, number) for number in (7, 8)] == [4, 5]
    assert opened(data, seed.contract) == 5


def test_a_copy_of_another_history_is_not_begun_with(data: Path, seed: Seed, tmp_path: Path) -> None:
    other = Path(shutil.copytree(data, tmp_path / "other"))
    cut(other, 4)
    for directory in ("live", "snapshots"):
        shutil.rmtree(other / directory)
    assert write(other, seed.contract, 9) == 4
    for directory in ("live", "snapshots"):
        shutil.rmtree(other / directory)
    (other / "snapshots").mkdir()
    (data / "snapshots" / "4").rename(other / "snapshots" / "4")
    LocalWriter(chosen(other), seed.contract).close()
    live = Live.open(other / "live", BASE)
    assert live.reader.statements([NAMES.entity("organisation", "c0-9-0")], (NAMES.working,))


def test_what_was_not_judged_to_its_end_is_never_shown(data: Path, seed: Seed) -> None:
    live = Live.open(data / "live", BASE)
    live.apply(live.marked(pending=True))
    type_ = Quad(SECRET, RDF_TYPE, name(PREFIXES["cpsv"], "PublicService"), NAMES.public)
    live.apply(Patch(frozenset(), frozenset({type_})))
    del live
    shutil.rmtree(data / "snapshots")
    store = DiskStore(data, BASE, refresh_seconds=0)
    with pytest.raises(StoreError, match="is missing"):
        store.reader()
    assert opened(data, seed.contract) == 4
    assert not store.reader().statements([SECRET], (NAMES.public,))
    store.close()


def test_a_command_has_a_lost_snapshot_made_again_by_whoever_writes(data: Path) -> None:
    shutil.rmtree(data / "snapshots")
    with Place(chosen(data)) as place:
        assert place.view(Audience.WORKING).revision == 4


def test_what_killed_builders_left_behind_is_cleared_away_and_what_is_being_built_stays(data: Path, seed: Seed) -> None:
    left = data / "rooms" / "left" / "store"
    left.mkdir(parents=True)
    with room(data) as mine:
        assert not left.exists()
        left.mkdir(parents=True)
        assert opened(data, seed.contract) == 4
        assert not left.parent.exists()
        assert mine.is_dir()
    assert not list((data / "rooms").iterdir())
