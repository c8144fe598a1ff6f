"""Reads a CSV file into rows that know their line; knows nothing of what the columns mean.

RFC 4180 as spreadsheets write it: any of comma, semicolon and tab between cells, a byte order mark or none, line breaks
inside quotes. A row that is not UTF-8 is bad by itself and leaves the others good.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from govgraph.change import Rejected

_DELIMITERS = ",;\t"
_MOST_OF_A_CELL = 10_000_000


@dataclass(frozen=True)
class Row:
    """``line`` is where the row begins in the file, ``text`` the row as it was; ``fault`` says what nobody can read."""

    line: int
    cells: tuple[str, ...]
    text: str
    fault: str = ""


@dataclass(frozen=True)
class Table:
    """``file`` is what the file is called in reports. ``broken`` are the rows nobody can read."""

    file: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    broken: tuple[Rejected, ...]


class Unreadable(ValueError):
    """A file that is no table at all, with the line where that shows."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line


def read(data: bytes, file: str, *, comments: bool = True) -> Table:
    """The table in a file. With ``comments``, rows whose first cell begins with ``#`` are left out.

    Raises Unreadable.
    """
    text = _decoded(data)
    csv.field_size_limit(_MOST_OF_A_CELL)
    rows = _rows(text, comments)
    header = next(rows, None)
    if header is None:
        raise Unreadable("The file has no header row.")
    if header.fault or _bad_bytes(header.text):
        raise Unreadable(header.fault or _not_utf8(header.text), header.line)
    good: list[Row] = []
    broken: list[Rejected] = []
    for row in rows:
        spare = [cell for cell in row.cells[len(header.cells) :] if cell]
        if row.fault or _bad_bytes(row.text):
            broken.append(Rejected(file, row.line, _shown(row.text), row.fault or _not_utf8(row.text)))
        elif spare:
            reason = (
                f"The row has {len(row.cells)} cells, the header {len(header.cells)}; quote cells with a separator."
            )
            broken.append(Rejected(file, row.line, row.text, reason))
        else:
            blank = ("",) * (len(header.cells) - len(row.cells))
            good.append(Row(row.line, row.cells[: len(header.cells)] + blank, row.text))
    return Table(file, header.cells, tuple(good), tuple(broken))


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("The file is UTF-16; save it as CSV in UTF-8.", 1)
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")


def _rows(text: str, comments: bool) -> Iterator[Row]:
    """The rows with something in them."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, comments), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = tuple(cell.strip() for cell in next(reader))
        except StopIteration:
            return
        except csv.Error as error:
            open_quote = "unexpected end of data" in str(error)
            yield Row(
                line, (), "", "A quote opened here is never closed." if open_quote else f"The row is no CSV: {error}."
            )
            continue
        if any(cells) and not (comments and cells[0].startswith("#")):
            yield Row(line, cells, _written(cells))


def _delimiter(text: str, comments: bool) -> str:
    """The separator that gives the header the most cells."""
    lines = (line for line in io.StringIO(text) if line.strip() and not (comments and line.startswith(("#", '"#'))))
    header = next(lines, "")
    return max(_DELIMITERS, key=lambda one: len(next(csv.reader([header], delimiter=one), [])))


def _written(cells: tuple[str, ...]) -> str:
    target = io.StringIO()
    csv.writer(target, lineterminator="").writerow(cells)
    return target.getvalue()


def _bad_bytes(text: str) -> list[int]:
    return [ord(c) - 0xDC00 for c in text if "\udc80" <= c <= "\udcff"]


def _not_utf8(text: str) -> str:
    return f"The text is not UTF-8 (byte {_bad_bytes(text)[0]:#04x}); save the file as UTF-8."


def _shown(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
