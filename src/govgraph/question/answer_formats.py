"""An answer as JSON and as CSV, the same for every face; knows no face.

JSON has exactly the keys question, columns, rows, revision. Entities, codes and other things are IRIs.
"""

from __future__ import annotations

import csv
import io
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

import orjson
from pyoxigraph import BlankNode, Literal, NamedNode

from govgraph.iris import XSD, compact
from govgraph.question import Answer, Cell, Step

Plain: TypeAlias = str | int | float | bool | list[dict[str, str | bool]] | None

_WHOLE = {XSD + "integer", XSD + "int", XSD + "long", XSD + "nonNegativeInteger"}
_FRACTIONS = {XSD + "decimal", XSD + "double", XSD + "float"}
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def plain(answer: Answer) -> dict[str, object]:
    """The answer in the types of JSON."""
    names = [column.name for column in answer.question.columns]
    return {
        "question": answer.question.name,
        "columns": names,
        "rows": [{name: _plain(cell) for name, cell in zip(names, row, strict=True)} for row in answer.rows],
        "revision": answer.revision,
    }


def to_json(answer: Answer) -> bytes:
    return orjson.dumps(plain(answer), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def to_csv(answer: Answer) -> str:
    """RFC 4180 with a header of column names; a chain is ``from relation to relation to …``, ``^`` where read back."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow([column.name for column in answer.question.columns])
    writer.writerows([_written(cell) for cell in row] for row in answer.rows)
    return target.getvalue()


def _plain(cell: Cell) -> Plain:
    match cell:
        case tuple():
            return [_step(step) for step in cell]
        case NamedNode():
            return cell.value
        case Literal():
            return _literal(cell)
        case BlankNode():
            return f"_:{cell.value}"
        case None:
            return None
        case _:
            return str(cell)


def _step(step: Step) -> dict[str, str | bool]:
    """``forward`` is there, and false, where the relation is stored from ``to`` to ``from``."""
    said: dict[str, str | bool] = {"from": step.source.value, "relation": step.relation.value, "to": step.target.value}
    return said if step.forward else said | {"forward": False}


def _literal(literal: Literal) -> str | int | float | bool:
    """A number or boolean where the text is one; an ill-typed literal stays text."""
    datatype, text = literal.datatype.value, literal.value
    try:
        if datatype in _WHOLE:
            number = int(text)
            return number if abs(number) < 2**63 else float(number)
        if datatype in _FRACTIONS and (fraction := Decimal(text)).is_finite():
            return float(fraction)
    except (ValueError, InvalidOperation):
        return text
    return _TRUTHS.get(text, text) if datatype == XSD + "boolean" else text


def _written(cell: Cell) -> str:
    match cell:
        case tuple():
            return _path(cell)
        case NamedNode() | Literal():
            return cell.value
        case None:
            return ""
        case _:
            return str(cell)


def _path(chain: tuple[Step, ...]) -> str:
    if not chain:
        return ""
    steps = [f"{'' if s.forward else '^'}{compact(s.relation.value)} {s.target.value}" for s in chain]
    return " ".join((chain[0].source.value, *steps))
