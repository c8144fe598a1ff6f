"""Times that can be compared: both sides in turn, in one run, so that a noisy machine slows both; knows no figure."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TypeAlias

Side: TypeAlias = Callable[[], object]


@dataclass(frozen=True)
class Sizes:
    """Numbers of services and of rounds; what takes milliseconds gets ``often`` times as many rounds of a few calls."""

    large: int = 10_000
    validation: int = 10_000
    question: int = 10_000
    scaling: tuple[int, ...] = (1_000, 10_000)
    rounds: int = 5
    often: int = 6
    times: int = 5


@dataclass(frozen=True)
class Times:
    """Seconds of every round of one side."""

    rounds: tuple[float, ...]

    @property
    def middle(self) -> float:
        return median(self.rounds)

    def __str__(self) -> str:
        return spell(self.middle)


@dataclass(frozen=True)
class Row:
    """One figure: a ratio, what was divided by what, the target, and what else has to be known to read it.

    ``met`` is None where there is no target: such a row is there for orientation.
    """

    figure: str
    compared: str
    ratio: float
    measured: str
    target: str = ""
    met: bool | None = None
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        return {True: "ok", False: "missed", None: ""}[self.met]


def in_turn(sides: Mapping[str, Side], rounds: int, *, warm: int = 1, times: int = 1) -> dict[str, Times]:
    """The seconds of each side in each round, one side after the other; ``warm`` rounds before are not counted.

    With ``times`` a round calls a side that often and counts the mean: for what is too short for the clock.
    """
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(-warm, rounds):
        for name, side in sides.items():
            gc.collect()
            start = perf_counter()
            for _ in range(times):
                side()
            seconds = (perf_counter() - start) / times
            if number >= 0:
                taken[name].append(seconds)
    return {name: Times(tuple(seconds)) for name, seconds in taken.items()}


def ratio(over: Times, under: Times) -> float:
    """The ratio of the medians."""
    return over.middle / under.middle


def spread(over: Times, under: Times) -> str:
    """How far the ratio went in single rounds."""
    ratios = sorted(a / b for a, b in zip(over.rounds, under.rounds, strict=True))
    return f"{ratios[0]:.3g}–{ratios[-1]:.3g} in {len(ratios)} rounds"


def spell(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"
