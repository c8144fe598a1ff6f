"""Rows of a sheet in the derived template as records; knows columns and cells, writes nothing itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import NamedNode

from govgraph.change import RECORDS, Record, Rejected
from govgraph.change.loading import Load
from govgraph.contract import Contract, Form, Kind, Property
from govgraph.errors import LoadError
from govgraph.iris import XSD_STRING, Names, slugify
from govgraph.sheet import Entries, Entry, Part, Unfit, part_kind, values
from govgraph.sheet.references import References
from govgraph.sheet.table import Row, Table, Unreadable, read
from govgraph.sheet.template import SEPARATOR, Column, match
from govgraph.store import Term

_NAMED = (Form.ENTITY, Form.CODE)


@dataclass(frozen=True)
class Sheet:
    """A file in the template of a kind; ``called`` is its name in reports."""

    path: Path
    called: str
    kind: Kind


@dataclass(frozen=True)
class _Opened:
    kind: Kind
    table: Table
    columns: tuple[Column | None, ...]


def load_sheets(load: Load, sheets: Sequence[Sheet], language: str, target: str = "") -> None:
    """Give the rows of some sheets to a load. They may refer to each other's entries, in any order."""
    opened = [one for sheet in sheets if (one := _open(load, sheet, language))]
    references = References(load)
    rows: list[tuple[_Opened, Row, NamedNode]] = []
    rejected: list[Rejected] = []
    for sheet in opened:
        rejected += sheet.table.broken
        for row in sheet.table.rows:
            try:
                iri, names = _named(load.names, sheet, row)
            except Unfit as error:
                rejected.append(Rejected(sheet.table.file, row.line, row.text, str(error)))
                continue
            references.add(sheet.kind, iri, names)
            rows.append((sheet, row, iri))
    entries, records = Entries(load.contract), []
    for done, (sheet, row, iri) in enumerate(rows):
        if not done % 500:
            load.progress(RECORDS, done, len(rows))
        try:
            entries.put(_entry(load.contract, references, sheet, row, iri))
        except Unfit as error:
            rejected.append(Rejected(sheet.table.file, row.line, row.text, str(error)))
        else:
            records.append(Record(sheet.table.file, row.line, iri))
    load.add(records, entries.triples(), rejected, target=target)


def _open(load: Load, sheet: Sheet, language: str) -> _Opened | None:
    try:
        load.refuse_large(sheet.called, sheet.path.stat().st_size)
        table = read(sheet.path.read_bytes(), sheet.called)
        return _Opened(sheet.kind, table, match(load.contract, sheet.kind, table.header, language))
    except Unreadable as error:
        load.reject(Rejected(sheet.called, error.line, "", str(error)))
    except (OSError, LoadError) as error:
        load.reject(Rejected(sheet.called, 0, "", f"The file cannot be read: {error}."))
    return None


def _named(names: Names, sheet: _Opened, row: Row) -> tuple[NamedNode, list[str]]:
    """The IRI of a row's entity and what others may call it."""
    cells = [(column, cell) for column, cell in zip(sheet.columns, row.cells, strict=True) if column and cell]
    given = next((cell for column, cell in cells if column.property is None), "")
    titles = [c for column, c in cells if column.property and column.property.path.predicate == sheet.kind.title]
    identifiers = [c for column, c in cells if column.property and column.property.name == "identifier"]
    if "/" in given or ":" in given:
        raise Unfit(f"slug: “{given}” has a character that cannot stand in an address; write {slugify(given)} .")
    slug = given or slugify(next(iter((*identifiers, *titles)), ""))
    if not (given or identifiers or titles):
        raise Unfit("The row has neither slug nor identifier nor title; give one.")
    return names.entity(sheet.kind.slug, slug), [slug, *identifiers, *titles]


def _entry(contract: Contract, references: References, sheet: _Opened, row: Row, iri: NamedNode) -> Entry:
    """What a row says. Raises Unfit with every reason at once."""
    entry = Entry(iri, sheet.kind)
    faults: list[str] = []
    parts: dict[Property, list[tuple[Column, str]]] = {}
    for column, cell in zip(sheet.columns, row.cells, strict=True):
        if column is None or column.property is None or not cell:
            continue
        if column.inner is not None:
            parts.setdefault(column.property, []).append((column, cell))
            continue
        with _noting(faults, column.name):
            entry.values += [(column.property, term) for term in _terms(contract, references, column, cell)]
    for prop, cells in parts.items():
        entry.values += [(prop, part) for part in _parts(contract, references, prop, cells, faults)]
    if faults:
        raise Unfit(" ".join(faults))
    return entry


@contextmanager
def _noting(faults: list[str], where: str) -> Iterator[None]:
    try:
        yield
    except Unfit as error:
        faults.append(f"{where}: {error}")


def _terms(contract: Contract, references: References, column: Column, cell: str) -> list[Term]:
    prop = column.property
    assert prop is not None

    def one(text: str) -> Term:
        return _term(contract, references, prop, text, column.language)

    if prop.single or prop.per_language:
        return [one(cell)]
    found: list[Term] = []
    for piece in _pieces(prop, cell):
        # A title may hold a comma, so the whole is tried before it is taken for a list.
        several = [p.strip() for p in piece.split(",") if p.strip()] if prop.form in _NAMED else []
        if len(several) > 1 and not _is_fit(one, piece):
            found += [one(text) for text in several]
        else:
            found.append(one(piece))
    return found


def _pieces(prop: Property, cell: str) -> list[str]:
    """The values in a cell of a property that can have several."""
    if prop.form is Form.IRI:
        pieces = re.split(r"[|\s]+", cell)
        return [piece.strip(",;") for piece in pieces if piece.strip(",;")]
    commas = prop.form is Form.TEXT or (prop.form is Form.LITERAL and prop.datatype == XSD_STRING)
    separator = next((s for s in (SEPARATOR, ";", *("," if commas else ())) if s in cell), None)
    return [piece.strip() for piece in cell.split(separator) if piece.strip()] if separator else [cell]


def _is_fit(one: Callable[[str], Term], text: str) -> bool:
    try:
        one(text)
    except Unfit:
        return False
    return True


def _term(contract: Contract, references: References, prop: Property, text: str, language: str) -> Term:
    if prop.form is Form.ENTITY:
        return references.find(contract, prop.kinds, text)
    return values.value(contract, prop, text, language)


def _parts(
    contract: Contract, references: References, prop: Property, cells: Sequence[tuple[Column, str]], faults: list[str]
) -> list[Part]:
    """The parts a row gives for one property, from the columns of their properties."""
    spread = [(column, _aligned(column, cell)) for column, cell in cells]
    counts = {len(pieces) for _, pieces in spread}
    if len(counts) > 1:
        told = ", ".join(f"{column.name} has {len(pieces)}" for column, pieces in spread)
        faults.append(f"{prop.name}: each column needs as many values, with gaps left empty between |; {told}.")
        return []
    made: list[Part] = []
    for position in range(counts.pop()):
        inside: list[tuple[Property, Term]] = []
        for column, pieces in spread:
            if pieces[position] and column.inner is not None:
                with _noting(faults, column.name):
                    inside.append(
                        (column.inner, _term(contract, references, column.inner, pieces[position], column.language))
                    )
        if inside:
            made.append(Part(part_kind(contract, prop), tuple(inside)))
    return made


def _aligned(column: Column, cell: str) -> list[str]:
    """The values of one column of parts, gaps included."""
    assert column.inner is not None
    separators = {Form.TEXT: SEPARATOR, Form.CODE: SEPARATOR + ";,"}.get(column.inner.form, SEPARATOR + ";")
    separator = next((s for s in separators if s in cell), None)
    return [piece.strip() for piece in cell.split(separator)] if separator else [cell]
