"""Past states: each says what its revision said, whichever kept state it is made from and whoever makes it."""

from __future__ import annotations

import multiprocessing
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, Quad

from govgraph.catalogue import Audience
from govgraph.contract import Contract
from govgraph.contract.reading import read as read_contract
from govgraph.errors import NotFound, StoreMissing
from govgraph.history.checkpoints import checkpoints, keep, keep_checkpoint
from govgraph.history.moment import Moment
from govgraph.history.past import Past
from govgraph.iris import DCT_TITLE
from govgraph.store import Query
from kept_history import BASE, BEGIN, NAMES, KeptHistory, said, seen, titled


@pytest.fixture
def history(tmp_path: Path) -> Iterator[KeptHistory]:
    made = KeptHistory(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def past_of(contract: Contract, history: KeptHistory) -> Iterator[Callable[..., Past]]:
    opened: list[Past] = []

    def build(**more: int) -> Past:
        past = Past(history.directory, BASE, contract, **more)
        opened.append(past)
        return past

    yield build
    for past in opened:
        past.close()


def title(past: Past, at: str, audience: Audience = Audience.WORKING) -> str | None:
    """What a query, in a process of its own where there are any, finds the one service to be called."""
    view = past.view(audience, at)
    rows = view.table("SELECT ?t { ?s a cpsv:PublicService ; dct:title ?t }").rows
    assert len(rows) <= 1
    return rows[0][0].value if rows and isinstance(rows[0][0], Literal) else None


def retitled(history: KeptHistory, titles: str, *, snapshots: str = "") -> None:
    """A revision per letter; those among ``snapshots`` get one."""
    before: list[Quad] = []
    for letter in titles:
        after = titled("one", letter)
        history.commit(after, before, snapshot=letter in snapshots)
        before = after


def test_each_revision_is_what_it_was_forwards_and_backwards(
    history: KeptHistory, past_of: Callable[..., Past]
) -> None:
    retitled(history, "abcdefgh", snapshots="dh")
    past = past_of(kept=20)
    for revision in (8, 1, 7, 2, 6, 5, 3, 4):
        view = past.view("working", str(revision))
        assert said(view.reader) == history.states[revision]
        assert view.revision == view.reader.revision == revision
        assert view.reader.committed == BEGIN + timedelta(days=revision - 1)
        assert title(past, str(revision)) == "abcdefgh"[revision - 1]


def test_a_state_is_made_backwards_from_the_newest_when_nothing_older_is_kept(
    history: KeptHistory, past_of: Callable[..., Past]
) -> None:
    history.commit(titled("large", "x" * 50_000), snapshot=False)
    for number in range(4):
        history.commit(titled(f"s{number}", "t"), snapshot=number == 3)
    past = past_of()
    assert [c.path for c in past._nearest(1)][:1] == [history.directory / "snapshots" / "5"]
    assert said(past.view("working", "1").reader) == history.states[1]


def test_without_any_snapshot_a_state_is_made_from_nothing(history: KeptHistory, past_of: Callable[..., Past]) -> None:
    retitled(history, "abc")
    assert not checkpoints(history.directory)
    assert [title(past_of(), str(n)) for n in (1, 2, 3)] == ["a", "b", "c"]


def test_a_past_state_leads_to_its_neighbours(history: KeptHistory, past_of: Callable[..., Past]) -> None:
    retitled(history, "abcdefgh", snapshots="h")
    past = past_of()
    past.view("working", "3")
    assert past._nearest(2)[0].path == history.directory / "past" / "3"


def test_what_the_log_has_not_reached_a_snapshot_can_be_asked(
    history: KeptHistory, past_of: Callable[..., Past]
) -> None:
    retitled(history, "abc", snapshots="a")
    past = past_of()
    assert past.newest == 3
    assert title(past, "3") == "c"
    history.commit(removed=titled("one", "c"), snapshot=False)
    assert title(past, "4") is None


def test_the_public_view_of_the_past_shows_what_was_public_then(
    history: KeptHistory, past_of: Callable[..., Past]
) -> None:
    draft, shown = titled("one", "secret"), titled("one", "open", NAMES.public)
    history.commit(draft)
    history.commit(shown)
    history.commit(removed=shown)
    past = past_of()
    for revision, expected in ((1, None), (2, "open"), (3, None)):
        view = past.view("public", str(revision))
        assert title(past, str(revision), Audience.PUBLIC) == expected
        assert not [quad for quad in seen(view) if quad.graph_name == NAMES.working]
        rows = view.reader.table(Query("SELECT ?o { GRAPH ?g { ?s ?p ?o } }", view.graphs, view.visible)).rows
        assert Literal("secret", language="en") not in {row[0] for row in rows}
    assert title(past, "3") == "secret"


DATES = {
    "2025-03-01": 1,
    "2025-03-02": 2,
    "2025-03-02T11:59": 1,
    "2025-03-02T12:00": 2,
    "2025-03-02T12:00:00": 2,
    "2025-03-02T11:59:59": 1,
    "2025-03-02T11:59:59.999": 1,
    "2025-03-02T13:00:00+02:00": 1,
    "2025-03-02T14:00:00 02:00": 2,
    "2025-03-02T14:00:00+02:00": 2,
    "2025-03-02 12:00Z": 2,
    "2025-09-01": 4,
    "3": 3,
}


@pytest.mark.parametrize("at", DATES)
def test_a_date_means_its_end_and_what_was_in_force_then(
    at: str, history: KeptHistory, past_of: Callable[..., Past]
) -> None:
    retitled(history, "abcd", snapshots="d")
    assert past_of().revision_at(at) == DATES[at]


@pytest.mark.parametrize(
    "at", ["0", "5", "9" * 40, "2025-02-28", "2025-03-01T11:00", "tomorrow", "", "-1", "2025-13-01"]
)
def test_what_never_was_is_not_found(at: str, history: KeptHistory, past_of: Callable[..., Past]) -> None:
    retitled(history, "abcd", snapshots="d")
    with pytest.raises(NotFound):
        past_of().view("public", at)


def test_a_day_still_to_come_is_not_found_and_today_is(history: KeptHistory, past_of: Callable[..., Past]) -> None:
    retitled(history, "a", snapshots="a")
    now = datetime.now(UTC)
    assert past_of().revision_at(now.date().isoformat()) == 1
    with pytest.raises(NotFound, match="still to come"):
        past_of().revision_at((now + timedelta(days=2)).date().isoformat())


@pytest.mark.parametrize(
    ("text", "length"),
    [("2025-03-01", 86_400), ("2025-03-01T12:00", 60), ("20250301T120000", 1), ("2025-03-01T12:00:00.5Z", 0.000001)],
)
def test_a_moment_is_as_long_as_what_was_written(text: str, length: float) -> None:
    moment = Moment.read(text)
    assert moment is not None
    assert moment.end - moment.start == timedelta(seconds=length) - timedelta(microseconds=1)


@pytest.mark.parametrize("text", ["9999-12-31", "9999-12-31T23:59:59.999999+00:00", "0001-01-01T00:00:00+14:00"])
def test_the_ends_of_the_calendar_are_no_accident(text: str) -> None:
    Moment.read(text)


def test_an_empty_directory_has_no_past(contract: Contract, tmp_path: Path) -> None:
    with pytest.raises(StoreMissing):
        Past(tmp_path / "none", BASE, contract).view("public", "1")
    assert not (tmp_path / "none").exists()


def test_a_store_without_a_log_has_its_newest_revision_and_no_other(
    history: KeptHistory, past_of: Callable[..., Past]
) -> None:
    retitled(history, "abcdef", snapshots="f")
    shutil.rmtree(history.directory / "log")
    past = past_of()
    assert title(past, "6") == "f"
    assert title(past, "2025-04-01") == "f"
    with pytest.raises(NotFound, match="no longer known"):
        past.view("working", "5")


def test_states_on_disk_and_in_memory_are_bounded_and_the_last_asked_stay(
    history: KeptHistory, past_of: Callable[..., Past]
) -> None:
    retitled(history, "abcdefgh", snapshots="h")
    past = past_of(kept=3)
    for revision in (1, 2, 3, 1, 4):
        assert title(past, str(revision)) == "abcdefgh"[revision - 1]
    kept = {path.name for path in (history.directory / "past").iterdir()}
    assert kept == {"1", "3", "4", "lock"}
    assert len(past._states) == 3
    assert len(past._open) == 3


def test_one_who_reads_a_state_keeps_it_when_others_push_it_out(
    history: KeptHistory, past_of: Callable[..., Past]
) -> None:
    retitled(history, "abcdefgh", snapshots="h")
    past = past_of(kept=1)
    view = past.view("working", "1")
    for revision in (2, 3, 4):
        past.view("working", str(revision))
    assert said(view.reader) == history.states[1]
    assert view.table("SELECT ?t { ?s dct:title ?t }").rows == ((Literal("a", language="en"),),)


def test_what_a_broken_off_build_left_is_tidied_away(history: KeptHistory, past_of: Callable[..., Past]) -> None:
    retitled(history, "ab", snapshots="b")
    (history.directory / "rooms" / "left" / "draft").mkdir(parents=True)
    past_of().view("working", "1")
    assert {path.name for path in (history.directory / "past").iterdir()} == {"1", "lock"}
    assert not list((history.directory / "rooms").iterdir())


def test_many_who_ask_at_once_get_one_state(history: KeptHistory, past_of: Callable[..., Past]) -> None:
    retitled(history, "abcdef", snapshots="f")
    past, made = past_of(), []
    make = past._make
    past._make = lambda revision, path: (made.append(revision), make(revision, path))[1]  # type: ignore[method-assign]
    found: list[object] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        found.append(past.view("public", "2"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [2]
    assert len(set(map(id, found))) == 1
    assert len(found) == 8


def _ask(directory: Path, start: object, answers: object) -> None:
    """Another serving process."""
    past = Past(directory, BASE, read_contract())
    start.wait()  # type: ignore[attr-defined]  # a barrier of multiprocessing
    found = [(n, sorted(map(str, said(past.view("working", str(n)).reader)))) for n in (2, 1, 3)]
    past.close()
    answers.put(found)  # type: ignore[attr-defined]  # a queue of multiprocessing


def test_two_processes_make_the_same_states_at_once(history: KeptHistory) -> None:
    retitled(history, "abcdef", snapshots="f")
    spawn = multiprocessing.get_context("spawn")
    start, answers = spawn.Barrier(2), spawn.Queue()
    processes = [spawn.Process(target=_ask, args=(history.directory, start, answers)) for _ in range(2)]
    for process in processes:
        process.start()
    found = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    expected = [(n, sorted(map(str, history.states[n]))) for n in (2, 1, 3)]
    assert found == [expected, expected]


def test_a_checkpoint_is_kept_every_so_many_revisions(history: KeptHistory) -> None:
    kept = []
    before: list[Quad] = []
    for letter in "abcdefghij":
        after = titled("one", letter)
        revision = history.commit(after, before)
        before = after
        if keep_checkpoint(history.directory, revision, 4):
            kept.append(revision)
    assert kept == [4, 8]
    assert sorted(path.name for path in (history.directory / "checkpoints").iterdir()) == ["4", "8"]
    assert not keep_checkpoint(history.directory, 99, 4), "it has no snapshot"


def test_a_state_is_made_from_a_checkpoint_when_the_snapshots_are_gone(
    history: KeptHistory, past_of: Callable[..., Past]
) -> None:
    retitled(history, "abcdefgh", snapshots="ch")
    assert keep(history.directory, history.directory / "snapshots" / "3", 3, history.directory / "checkpoints" / "3")
    shutil.rmtree(history.directory / "snapshots")
    past = past_of()
    assert past._nearest(4)[0].path == history.directory / "checkpoints" / "3"
    assert [title(past, str(n)) for n in (2, 3, 4)] == ["b", "c", "d"]


def test_kept_states_of_another_history_are_made_again(
    history: KeptHistory, past_of: Callable[..., Past], tmp_path: Path
) -> None:
    retitled(history, "abcd", snapshots="bd")
    first = past_of()
    assert [title(first, str(n)) for n in (1, 3)] == ["a", "c"]
    first.close()
    other = KeptHistory(tmp_path / "other", late=True)
    retitled(other, "wxyz", snapshots="z")
    other.close()
    for name in ("log", "live", "current"):
        moved = history.directory / name
        moved.unlink() if moved.is_file() else shutil.rmtree(moved)
        (tmp_path / "other" / name).rename(moved)
    shutil.rmtree(history.directory / "snapshots" / "4")
    (tmp_path / "other" / "snapshots" / "4").rename(history.directory / "snapshots" / "4")
    assert [title(past_of(), str(n)) for n in (1, 2, 3, 4)] == ["w", "x", "y", "z"]


def test_a_kept_state_that_cannot_be_read_is_made_again(history: KeptHistory, past_of: Callable[..., Past]) -> None:
    retitled(history, "abcd", snapshots="d")
    first = past_of()
    assert title(first, "2") == "b"
    first.close()
    (history.directory / "past" / "2" / "CURRENT").write_text("nonsense")
    assert title(past_of(), "2") == "b"


VALUES = st.sampled_from(
    [
        Quad(NAMES.entity("service", s), DCT_TITLE, Literal(t), g)
        for s in "ab"
        for t in "xyz"
        for g in (NAMES.working, NAMES.public, NAMES.reference)
    ]
)
STEPS = st.lists(st.tuples(st.frozensets(VALUES), st.frozensets(VALUES), st.booleans()), min_size=1, max_size=6)


@settings(max_examples=10, deadline=None)
@given(steps=STEPS, kept=st.integers(1, 9))
def test_every_revision_of_a_random_history_can_be_asked(
    contract: Contract, steps: list[tuple[frozenset[Quad], frozenset[Quad], bool]], kept: int
) -> None:
    with tempfile.TemporaryDirectory() as place:
        history = KeptHistory(Path(place))
        for added, removed, snapshot in steps:
            history.commit(added, removed, snapshot=snapshot)
        past = Past(Path(place), BASE, contract, kept=kept)
        for revision in (*range(history.newest, 0, -1), *range(1, history.newest + 1)):
            assert said(past.view("working", str(revision)).reader) == history.states[revision]
        past.close()
        history.close()
