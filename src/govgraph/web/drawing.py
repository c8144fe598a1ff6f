"""The geometry of diagrams and charts, in plain numbers that one template turns into SVG; knows no data and no colour.

A chain is laid out twice, across for wide screens and down for narrow ones; the style sheet shows one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from govgraph.web.showing import Shown

_BOX = (190, 68)
_GAP_ACROSS, _GAP_DOWN = 118, 46
_WIDTH_DOWN = 300
_MARGIN = 2
_CHARACTERS_IN_BOX, _CHARACTERS_DOWN, _CHARACTERS_ON_ARROW = 23, 38, 16


@dataclass(frozen=True)
class Node:
    shown: Shown
    last: bool


@dataclass(frozen=True)
class Tie:
    """What stands between two nodes; ``forward`` False when it is stored the other way."""

    relation: str
    forward: bool


@dataclass(frozen=True)
class Box:
    node: Node
    x: int
    y: int
    width: int
    height: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Arrow:
    x1: int
    y1: int
    x2: int
    y2: int
    text_x: int
    text_y: int
    anchor: str
    lines: tuple[str, ...]
    forward: bool


@dataclass(frozen=True)
class Drawing:
    name: str
    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def chain(nodes: Sequence[Node], ties: Sequence[Tie]) -> tuple[Drawing, Drawing]:
    """The chain across and down; ``ties`` has one fewer than ``nodes``."""
    return _across(nodes, ties), _down(nodes, ties)


def _across(nodes: Sequence[Node], ties: Sequence[Tie]) -> Drawing:
    width, height = _BOX
    step = width + _GAP_ACROSS
    boxes = [
        Box(node, _MARGIN + number * step, _MARGIN, width, height, _fit(node.shown.text, _CHARACTERS_IN_BOX))
        for number, node in enumerate(nodes)
    ]
    middle = _MARGIN + height // 2
    arrows = [
        Arrow(
            x1=_MARGIN + number * step + width + 4,
            y1=middle,
            x2=_MARGIN + (number + 1) * step - 4,
            y2=middle,
            text_x=_MARGIN + number * step + width + _GAP_ACROSS // 2,
            text_y=middle - 8,
            anchor="middle",
            lines=_fit(tie.relation, _CHARACTERS_ON_ARROW),
            forward=tie.forward,
        )
        for number, tie in enumerate(ties)
    ]
    return Drawing("across", len(nodes) * step - _GAP_ACROSS + 2 * _MARGIN, height + 2 * _MARGIN, (*boxes,), (*arrows,))


def _down(nodes: Sequence[Node], ties: Sequence[Tie]) -> Drawing:
    height = _BOX[1] - 4
    step = height + _GAP_DOWN
    boxes = [
        Box(node, _MARGIN, _MARGIN + number * step, _WIDTH_DOWN, height, _fit(node.shown.text, _CHARACTERS_DOWN))
        for number, node in enumerate(nodes)
    ]
    arrows = [
        Arrow(
            x1=_MARGIN + 28,
            y1=_MARGIN + number * step + height + 4,
            x2=_MARGIN + 28,
            y2=_MARGIN + (number + 1) * step - 4,
            text_x=_MARGIN + 42,
            text_y=_MARGIN + number * step + height + _GAP_DOWN // 2 + 4,
            anchor="start",
            lines=_fit(tie.relation, _CHARACTERS_DOWN, most=1),
            forward=tie.forward,
        )
        for number, tie in enumerate(ties)
    ]
    return Drawing(
        "down", _WIDTH_DOWN + 2 * _MARGIN, len(nodes) * step - _GAP_DOWN + 2 * _MARGIN, (*boxes,), (*arrows,)
    )


def _fit(text: str, characters: int, most: int = 2) -> tuple[str, ...]:
    """The text in a few lines, cut with an ellipsis where it does not fit."""
    return tuple(wrap(text, characters, max_lines=most, placeholder=" …") or [""])


@dataclass(frozen=True)
class Bar:
    """``share`` of the widest bar, in percent; ``y`` its upper edge; ``series`` from 0."""

    series: int
    share: float
    y: int
    text: str


@dataclass(frozen=True)
class BarGroup:
    label: Shown
    y: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class BarChart:
    """``series`` names the bars of each group; there is a legend when there are several."""

    height: int
    bar_height: int
    series: tuple[str, ...]
    groups: tuple[BarGroup, ...]


_BAR, _LABEL, _SPACE, _ROOM_FOR_TEXT = 16, 22, 14, 86.0


def bars(series: Sequence[str], rows: Sequence[tuple[Shown, Sequence[tuple[float, str]]]]) -> BarChart:
    """A chart of horizontal bars: per row a label, and per series its number and how it is written."""
    widest = max((value for _, values in rows for value, _ in values), default=0.0) or 1.0
    groups, y = [], 0
    for label, values in rows:
        top = y + _LABEL
        drawn = tuple(
            Bar(number, round(_ROOM_FOR_TEXT * max(value, 0.0) / widest, 2), top + number * (_BAR + 3), text)
            for number, (value, text) in enumerate(values)
        )
        groups.append(BarGroup(label, y + 15, drawn))
        y = top + len(values) * (_BAR + 3) + _SPACE
    return BarChart(max(y - _SPACE, 1), _BAR, tuple(series), tuple(groups))
