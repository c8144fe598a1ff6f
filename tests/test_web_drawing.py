"""Diagrams and charts: nothing overlaps, everything fits."""

from __future__ import annotations

from itertools import pairwise

from govgraph.web.drawing import Node, Tie, bars, chain
from govgraph.web.showing import Shown

LONG = "Certificate of conformity of a building with the approved plans and all its annexes"


def nodes(count: int) -> list[Node]:
    return [Node(Shown(f"Thing {n} {LONG}"), last=n == count - 1) for n in range(count)]


def test_boxes_and_arrows_of_a_chain_do_not_overlap() -> None:
    for count in (2, 3, 7):
        across, down = chain(nodes(count), [Tie("needs", n % 2 == 0) for n in range(count - 1)])
        for drawing in (across, down):
            assert len(drawing.boxes) == len(drawing.arrows) + 1 == count
            assert all(b.x + b.width <= drawing.width and b.y + b.height <= drawing.height for b in drawing.boxes)
        for one, arrow, two in zip(across.boxes, across.arrows, across.boxes[1:], strict=False):
            assert one.x + one.width < arrow.x1 < arrow.x2 < two.x
        for one, arrow, two in zip(down.boxes, down.arrows, down.boxes[1:], strict=False):
            assert one.y + one.height < arrow.y1 < arrow.text_y < arrow.y2 < two.y


def test_a_chain_down_fits_the_narrowest_telephone() -> None:
    _, down = chain(nodes(5), [Tie("needs", True)] * 4)
    assert down.width <= 320


def test_long_names_are_cut_to_two_lines() -> None:
    across, down = chain(nodes(2), [Tie(LONG, True)])
    for drawing in (across, down):
        assert all(len(box.lines) == 2 and box.lines[1].endswith("…") for box in drawing.boxes)
    assert len(down.arrows[0].lines) == 1


def test_bars_are_shares_of_the_longest_and_follow_one_another() -> None:
    chart = bars(
        ["planned", "done"], [(Shown("2026"), [(10, "10"), (5, "5")]), (Shown("2027"), [(20, "20"), (0, "0")])]
    )
    shares = [bar.share for group in chart.groups for bar in group.bars]
    assert shares[2] == max(shares) < 100
    assert shares[0] == shares[2] / 2
    assert shares[3] == 0
    tops = [bar.y for group in chart.groups for bar in group.bars]
    assert all(later - earlier > chart.bar_height for earlier, later in pairwise(tops))
    assert tops[-1] + chart.bar_height <= chart.height


def test_a_chart_of_nothing_is_empty_not_an_error() -> None:
    assert bars(["n"], []).groups == ()
    assert bars(["n"], [(Shown("a"), [(0, "0")])]).groups[0].bars[0].share == 0
