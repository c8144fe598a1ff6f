"""The answer to a question as a page shows it: a table, a diagram per chain, a chart; asks nothing, writes no HTML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from pyoxigraph import Literal

from govgraph.catalogue import View
from govgraph.question import Answer, Cell, Chain, Column
from govgraph.store import Term
from govgraph.web import drawing
from govgraph.web.drawing import BarChart, Drawing
from govgraph.web.showing import Showing, Shown
from govgraph.web.visit import Visit, refuse_beyond

Rows: TypeAlias = tuple[tuple[Cell, ...], ...]

MOST_BARS = 60


@dataclass(frozen=True)
class Extract:
    """Which rows of an answer are shown: page ``number`` of pages of ``size``; and how many rows have a bar."""

    number: int
    size: int
    bars: int = MOST_BARS

    def pages(self, rows: int) -> int:
        return max(1, -(-rows // self.size))

    @property
    def start(self) -> int:
        return (self.number - 1) * self.size


@dataclass(frozen=True)
class ChainShown:
    """A chain in words, for those who do not see it, and as drawings across and down."""

    nodes: tuple[Shown, ...]
    ties: tuple[drawing.Tie, ...]
    drawings: tuple[Drawing, Drawing]


@dataclass(frozen=True)
class RowShown:
    number: int
    cells: tuple[Shown, ...]
    chain: ChainShown | None


@dataclass(frozen=True)
class ColumnShown:
    label: str
    numeric: bool


@dataclass(frozen=True)
class AnswerPage:
    """One page of an answer. ``columns`` and the cells of ``rows`` leave out the chain, which is drawn."""

    columns: tuple[ColumnShown, ...]
    chain_label: str
    rows: tuple[RowShown, ...]
    chart: BarChart | None
    total: int
    complete: bool
    page: int
    pages: int
    answer: Answer

    @classmethod
    def of(cls, visit: Visit, view: View, answer: Answer, extract: Extract) -> AnswerPage:
        """Raises NotFound for a page beyond the last."""
        pages = extract.pages(len(answer.rows))
        refuse_beyond(extract.number, pages)
        chosen = answer.rows[extract.start : extract.start + extract.size]
        plain = [number for number, column in enumerate(answer.question.columns) if column.type != "chain"]
        bars = answer.rows[: extract.bars] if answer.question.chart else ()
        showing = Showing(visit, view, _nodes((*chosen, *bars)))
        chains = [column for column in answer.question.columns if column.type == "chain"]
        rows = tuple(
            RowShown(
                number=extract.start + offset + 1,
                cells=tuple(_cell(showing, row[position]) for position in plain),
                chain=_chain(showing, row),
            )
            for offset, row in enumerate(chosen)
        )
        return cls(
            columns=tuple(_column(visit, answer.question.columns[position]) for position in plain),
            chain_label=_label(visit, chains[0]) if chains else "",
            rows=rows,
            chart=_chart(visit, showing, answer, bars),
            total=len(answer.rows),
            complete=answer.complete,
            page=extract.number,
            pages=pages,
            answer=answer,
        )


def _label(visit: Visit, column: Column) -> str:
    return visit.heading(column.labels) or column.name


def _column(visit: Visit, column: Column) -> ColumnShown:
    return ColumnShown(_label(visit, column), column.type in ("integer", "decimal"))


def _nodes(rows: Rows) -> Iterator[Term]:
    for row in rows:
        for cell in row:
            if isinstance(cell, tuple):
                for step in cell:
                    yield from (step.source, step.target)
            elif cell is not None:
                yield cell


def _cell(showing: Showing, cell: Cell) -> Shown:
    return showing.term(cell) if not isinstance(cell, tuple) else Shown("", "empty")


def _chain(showing: Showing, row: tuple[Cell, ...]) -> ChainShown | None:
    steps: Chain = next((cell for cell in row if isinstance(cell, tuple)), ())
    if not steps:
        return None
    nodes = tuple(showing.node(node) for node in (steps[0].source, *(step.target for step in steps)))
    ties = tuple(
        drawing.Tie(showing.relation(s.relation, showing.kind_of(s.source if s.forward else s.target)), s.forward)
        for s in steps
    )
    last = len(nodes) - 1
    boxes = [drawing.Node(node, last=number == last) for number, node in enumerate(nodes)]
    return ChainShown(nodes, ties, drawing.chain(boxes, ties))


def _chart(visit: Visit, showing: Showing, answer: Answer, rows: Rows) -> BarChart | None:
    chart = answer.question.chart
    if chart is None or not rows:
        return None
    columns = {column.name: position for position, column in enumerate(answer.question.columns)}
    series = [answer.question.columns[columns[name]] for name in chart.values]
    drawn = [
        (
            _cell(showing, row[columns[chart.label]]),
            [_number(visit, row[columns[name]]) for name in chart.values],
        )
        for row in rows
    ]
    return drawing.bars([_label(visit, column) for column in series], drawn)


def _number(visit: Visit, cell: Cell) -> tuple[float, str]:
    try:
        value = float(cell.value) if isinstance(cell, Literal) else 0.0
    except ValueError:
        value = 0.0
    return value, visit.words.number(round(value, 2))
