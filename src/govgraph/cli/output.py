"""How answers look in a terminal; decides nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from govgraph.change import Progress as Told
from govgraph.errors import GovgraphError

SEVERITY_STYLES = {"violation": "bold red", "warning": "yellow", "info": "cyan"}


def screen() -> Console:
    return Console(highlight=False)


def complain(error: GovgraphError) -> None:
    """A refusal on the error stream: what happened, then what to do."""
    console = Console(stderr=True, highlight=False)
    console.print(Text(error.sentence, style="bold red"))
    if error.hint:
        console.print(Text(error.hint))


def print_json(value: object) -> None:
    """JSON and nothing else on the standard output."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[str] = ()) -> None:
    """Rows of cells; a cell may be Rich text. Columns named in ``numbers`` are set to the right."""
    table = Table(header_style="bold", show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else str(cell) for cell in row))
    screen().print(table)


@contextmanager
def watched() -> Iterator[Told]:
    """Progress with counts and time left, shown on the error stream while the block runs, and only to people."""
    console = Console(stderr=True)
    bars = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*bars, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=of or None)
            progress.update(tasks[what], completed=done, total=of or None)

        yield tell
