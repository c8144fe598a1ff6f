"""Points are counted once for all processes, and no more is spent than there is."""

from __future__ import annotations

import logging
import sqlite3
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govgraph.access.quota import SHARES, Quota
from govgraph.errors import QuotaSpent

POINTS, SECONDS = 1000, 60


@dataclass
class Clock:
    now: float = 600.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_quota(tmp_path: Path, clock: Clock) -> Callable[..., Quota]:
    """A process's view of one file."""
    return lambda points=POINTS: Quota(tmp_path / "access" / "quota.sqlite", points, SECONDS, clock)


def test_points_are_spent_until_there_are_none_and_come_back_with_the_window(
    open_quota: Callable[..., Quota], clock: Clock
) -> None:
    quota = open_quota()
    clock.now += 15
    assert quota.spend("a", 400).points == 600
    assert quota.spend("a", 600).points == 0
    with pytest.raises(QuotaSpent) as refused:
        quota.spend("a", 1)
    assert (refused.value.left, refused.value.most, refused.value.retry_after) == (0, POINTS, 45)
    assert quota.spend("b", 1).points == POINTS - 1, "one client's points are not another's"
    clock.now += 45
    assert quota.spend("a", 1).points == POINTS - 1


def test_what_is_refused_costs_nothing(open_quota: Callable[..., Quota]) -> None:
    quota = open_quota()
    quota.spend("a", 900)
    with pytest.raises(QuotaSpent):
        quota.spend("a", 101)
    assert quota.spend("a", 100).points == 0


def test_most_requests_touch_no_disk(open_quota: Callable[..., Quota], tmp_path: Path) -> None:
    quota = open_quota(64_000)
    assert quota.spend_from_hand("a", 1) is None, "nothing is in hand at first"
    quota.spend("a", 1)
    (tmp_path / "access" / "quota.sqlite").unlink()
    assert all(quota.spend_from_hand("a", 1) for _ in range(64_000 // SHARES - 1))
    assert quota.spend_from_hand("a", 1) is None


def test_processes_share_the_points(open_quota: Callable[..., Quota]) -> None:
    quotas = [open_quota(), open_quota(), open_quota()]
    spent = 0
    with pytest.raises(QuotaSpent):
        while True:
            quotas[spent % 3].spend("a", 1)
            spent += 1
    assert POINTS - 3 * (POINTS // SHARES + 1) <= spent <= POINTS


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from("ab"), st.integers(0, 400)), max_size=60))
def test_no_client_ever_gets_more_than_its_points(spendings: list[tuple[int, str, int]]) -> None:
    with TemporaryDirectory() as directory:
        quotas = [Quota(Path(directory) / "quota.sqlite", POINTS, SECONDS, Clock()) for _ in range(3)]
        spent: Counter[str] = Counter()
        for process, client, points in spendings:
            try:
                left = quotas[process].spend(client, points)
            except QuotaSpent:
                continue
            spent[client] += points
            assert 0 <= left.points <= POINTS - points
        assert all(points <= POINTS for points in spent.values())
        for quota in quotas:
            quota.close()


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ab"), st.integers(0, 60)), max_size=120))
def test_what_a_client_is_told_to_have_left_never_goes_up_within_a_window(
    spendings: list[tuple[int, str, int]],
) -> None:
    """Whichever process tells it, and even where that one has not looked into the file for long."""
    with TemporaryDirectory() as directory:
        quotas = [Quota(Path(directory) / "quota.sqlite", POINTS, SECONDS, Clock()) for _ in range(4)]
        spent, told = Counter[str](), dict.fromkeys("ab", POINTS)
        for process, client, points in spendings:
            try:
                left = quotas[process].spend(client, points).points
                spent[client] += points
            except QuotaSpent as refused:
                left = refused.left
            assert left <= told[client]
            assert left <= POINTS - spent[client], "no more than there is"
            assert left >= POINTS - spent[client] - 3 * (POINTS // SHARES + 1), "all but what other processes hold"
            told[client] = left
        for quota in quotas:
            quota.close()


def test_what_was_told_in_one_window_is_forgotten_in_the_next(open_quota: Callable[..., Quota], clock: Clock) -> None:
    quotas = [open_quota(), open_quota()]
    assert quotas[0].spend("a", 600).points == 400
    assert quotas[1].spend("a", 10).points == 390
    clock.now += SECONDS
    assert quotas[0].spend("a", 1).points == POINTS - 1


def test_threads_spend_no_point_twice(open_quota: Callable[..., Quota]) -> None:
    quotas = [open_quota(), open_quota()]

    def spend(number: int) -> int:
        try:
            quotas[number % 2].spend("a", 1)
        except QuotaSpent:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        granted = sum(pool.map(spend, range(2 * POINTS)))
    assert POINTS - 2 * (POINTS // SHARES + 1) <= granted <= POINTS


def test_windows_that_are_over_are_not_kept_and_no_address_ever_is(
    open_quota: Callable[..., Quota], clock: Clock, tmp_path: Path
) -> None:
    quota = open_quota()
    for window in range(3):
        clock.now = 600.0 + window * SECONDS
        for client in ("192.0.2.1", "192.0.2.2"):
            quota.spend(client, 1)
    quota.close()
    with sqlite3.connect(tmp_path / "access" / "quota.sqlite") as file:
        rows = file.execute("SELECT client, until FROM spent").fetchall()
    file.close()
    assert len(rows) == 2
    assert all(until == 600 + 3 * SECONDS and b"192" not in client for client, until in rows)


def test_a_disk_that_takes_no_more_closes_nobody_out(
    open_quota: Callable[..., Quota], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "access").write_text("in the way")
    with caplog.at_level(logging.ERROR):
        assert open_quota().spend("a", 10).points >= 0
    assert "could not be counted" in caplog.text
