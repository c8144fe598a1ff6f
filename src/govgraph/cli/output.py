"""How answers look in a terminal; decides nothing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from govgraph.change import RECORDS, Rejected
from govgraph.change import Progress as Told

SEVERITY_STYLES = {"violation": "bold red", "warning": "yellow", "info": "cyan"}
SHOWN = 20
"""Lines of a list that people can take in; ``--format json`` has them all."""
_WIDTH_OF_A_FILE = 160
_NARROW = 18


def screen(*, error: bool = False) -> Console:
    """The terminal. A pipe gets lines as wide as the terminal around it, a file lines long enough to search."""
    console = Console(highlight=False, stderr=error)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        try:
            console.width = os.get_terminal_size(sys.__stderr__.fileno() if sys.__stderr__ else 2).columns
        except (OSError, ValueError):
            console.width = _WIDTH_OF_A_FILE
    return console


def say(text: str, style: str = "", *, error: bool = False) -> None:
    screen(error=error).print(Text(text, style=style))


def complain(sentence: str, hint: str) -> None:
    """A refusal on the error stream: what happened, then what to do."""
    say(sentence, "bold red", error=True)
    if hint:
        say(hint, error=True)


def print_json(value: object) -> None:
    """JSON and nothing else on the standard output."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def print_bytes(body: bytes) -> None:
    """A document on the standard output; a terminal gets its last line ended."""
    sys.stdout.flush()
    sys.stdout.buffer.write(body)
    if sys.stdout.isatty() and body and not body.endswith(b"\n"):
        sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    numbers: Sequence[str] = (),
    whole: Sequence[str] = (),
    narrow: Sequence[str] = (),
    error: bool = False,
) -> None:
    """Rows of cells; a cell may be Rich text.

    Columns in ``numbers`` are set to the right, those in ``whole`` never broken, ``narrow`` ones leave room to others.
    """
    table = Table(header_style="bold", show_edge=False, pad_edge=False)
    for column in columns:
        right = column in numbers
        table.add_column(
            column,
            justify="right" if right else "left",
            no_wrap=right or column in whole,
            max_width=_NARROW if column in narrow else None,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    screen(error=error).print(table)


def in_order(rejected: Iterable[Rejected]) -> list[Rejected]:
    """By file and line, whichever room read them first."""
    return sorted(rejected, key=lambda r: (r.file, r.line))


def print_rejected(rejected: Sequence[Rejected], *, error: bool = False) -> None:
    """What a load could not use, and why."""
    if not rejected:
        return
    shown = [(r.file, r.line or "", _short(r.record), r.reason) for r in in_order(rejected)[:SHOWN]]
    print_table(("file", "line", "record", "why it was rejected"), shown, numbers=("line",), error=error)
    if len(rejected) > SHOWN:
        say(f"… and {len(rejected) - SHOWN:,} more; --format json lists all", "dim", error=error)


def _short(record: str) -> str:
    line = " ".join(record.split())
    return line if len(line) <= 48 else f"{line[:47]}…"


class _Done(TextColumn):
    """How far a step is: records by number, files and what is written in megabytes."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        if not task.total:
            return Text("")
        counted = task.description == RECORDS
        done, of = (f"{n:,.0f}" if counted else f"{n / 1e6:,.1f}" for n in (task.completed, task.total))
        return Text(f"{done} of {of}{'' if counted else ' MB'}", style="progress.download")


@contextmanager
def watched() -> Iterator[Told]:
    """Progress with counts and time left, shown on the error stream while the block runs, and only to people."""
    console = Console(stderr=True)
    bars = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        _Done(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*bars, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, of: int) -> None:
            if what not in tasks:
                for other in tasks.values():
                    progress.update(other, visible=False)
                tasks[what] = progress.add_task(what, total=of or None)
            progress.update(tasks[what], completed=done, total=of or None)

        yield tell
