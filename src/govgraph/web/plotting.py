"""The geometry of a score over revisions, in plain numbers that one template turns into SVG; knows no data, no colour.

Lines are drawn in a box that is stretched to the width there is, texts beside it, so that these keep their size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor

_HEIGHT, _TOP, _BOTTOM = 190, 26, 164
_WIDTH, _END = 1000, 850
"""Of the box, and where the lines end: beside them stands what they end in."""
_STEPS = (1, 2, 5, 10, 20, 25, 50)
_MOST_TICKS = 5
_APART = 17
"""Between the figures at the ends of two lines."""


@dataclass(frozen=True)
class Series:
    """A name and, for each revision at which it changed, the new score; the oldest first."""

    name: str
    values: Sequence[tuple[int, float]]


@dataclass(frozen=True)
class Line:
    """``path`` in a box ``width`` wide; ``x``, ``y`` is its end, ``text_y`` where the figure stands that it ends in."""

    series: int
    path: str
    x: int
    y: float
    text_y: float
    text: str


@dataclass(frozen=True)
class Tick:
    y: float
    text: str


@dataclass(frozen=True)
class Plot:
    """``told`` says each series in words: its name, its first score and its last; ``end`` in percent of the width."""

    height: int
    width: int
    end: float
    floor: int
    series: tuple[str, ...]
    ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    first: int
    last: int
    told: tuple[tuple[str, str, str], ...]


def plot(series: Sequence[Series], until: int, written: Callable[[float], str]) -> Plot | None:
    """Scores (percent) as steps, each kept until the next, up to the revision ``until``; None where nothing moved."""
    drawn = [one for one in series if one.values]
    if not drawn or all(len(one.values) < 2 for one in drawn):
        return None
    first = min(one.values[0][0] for one in drawn)
    last = max(until, *(one.values[-1][0] for one in drawn))
    low, high, step = _scale([value for one in drawn for _, value in one.values])

    def across(revision: int) -> int:
        return round(_END * (revision - first) / max(last - first, 1))

    def down(value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * (value - low) / (high - low), 1)

    lines = []
    for number, one in enumerate(drawn):
        (start, value), *rest = one.values
        path = f"M{across(start)} {down(value)}" + "".join(f"H{across(x)}V{down(y)}" for x, y in rest)
        end = down(one.values[-1][1])
        lines.append(Line(number, f"{path}H{_END}", _END, end, end + 4, written(one.values[-1][1])))
    return Plot(
        height=_HEIGHT,
        width=_WIDTH,
        end=100 * _END / _WIDTH,
        floor=_BOTTOM,
        series=tuple(one.name for one in drawn),
        ticks=tuple(Tick(down(tick), written(tick)) for tick in range(low, high + 1, step)),
        lines=_apart(lines),
        first=first,
        last=last,
        told=tuple((one.name, written(one.values[0][1]), written(one.values[-1][1])) for one in drawn),
    )


def _scale(values: Sequence[float]) -> tuple[int, int, int]:
    """From and to which percentage, in which steps: no further than the values need."""
    least, most = min(values), max(values)
    for step in _STEPS:
        low, high = floor(least / step) * step, ceil(most / step) * step
        if low == high:
            low, high = (low - step, high) if high >= 100 else (low, high + step)
        if (high - low) // step < _MOST_TICKS:
            return low, high, step
    return 0, 100, _STEPS[-1]


def _apart(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Figures that would stand on one another are moved up, the topmost first to stay inside."""
    placed: list[Line] = []
    lowest = float(_HEIGHT)
    for line in sorted(lines, key=lambda one: -one.y):
        text_y = min(line.text_y, lowest - _APART)
        lowest = text_y
        placed.append(Line(line.series, line.path, line.x, line.y, text_y, line.text))
    return tuple(sorted(placed, key=lambda one: one.series))
