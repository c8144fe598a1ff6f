"""Puts a mapping to work: the records of its files become entries of a Load; knows no key of the TOML.

Every record gets its address before any is read in full, so that records of all files can point to each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from pathlib import Path

import orjson
from pyoxigraph import NamedNode

from govgraph.change import RECORDS, Record, Rejected
from govgraph.change.loading import Load
from govgraph.contract import Form, Kind, Property
from govgraph.errors import LoadError
from govgraph.iris import RDF_TYPE, slugify
from govgraph.sheet import Entries, Entry, Part, Unfit, documents, part_kind, values
from govgraph.sheet.mapping import Field, FileTable, Link, Mapping, Rule, Source, taking
from govgraph.sheet.mapping.taking import Context
from govgraph.sheet.references import References
from govgraph.sheet.table import Unreadable
from govgraph.sheet.table import read as read_table
from govgraph.store import Term


@dataclass(frozen=True)
class Found:
    """A file a mapping names, and what it is called in reports."""

    path: Path
    called: str


@dataclass(frozen=True)
class _Item:
    """One record, with its address."""

    source: Source
    file: str
    line: int
    text: str
    context: Context
    kind: Kind
    iri: NamedNode


def load_mapped(load: Load, mapping: Mapping, files: AnyMapping[str, Sequence[Found]], target: str = "") -> None:
    """Give the records of the files of a mapping to a load; ``files`` holds those found for each name it uses.

    Raises LoadError when a look-up table cannot be read.
    """
    _Application(load, mapping, files).run(target)


class _Application:
    def __init__(self, load: Load, mapping: Mapping, files: AnyMapping[str, Sequence[Found]]) -> None:
        self._load = load
        self._files = files
        self._rejected: list[Rejected] = []
        self._tables = {name: self._table(name, table) for name, table in mapping.tables.items()}
        self._mapping = mapping
        self._references = References(load)
        self._entries = Entries(load.contract)
        self._known = {subject for subject, _ in load.pairs(RDF_TYPE)}

    def run(self, target: str) -> None:
        items = [item for source in self._mapping.sources for item in self._addressed(source)]
        self._keys = self._keyed(items)
        records = []
        for done, item in enumerate(items):
            if not done % 200:
                self._load.progress(RECORDS, done, len(items))
            links: list[Entry] = []
            try:
                entry = self._entry(item, links)
            except Unfit as error:
                self._rejected.append(Rejected(item.file, item.line, item.text, str(error)))
                continue
            for link in links:
                if link.iri not in self._entries and link.iri not in self._known:
                    self._entries.put(link)
            self._entries.put(entry)
            records.append(Record(item.file, item.line, item.iri))
        self._load.add(records, self._entries.triples(), self._rejected, target=target)

    def _table(self, name: str, table: AnyMapping[str, str] | FileTable) -> AnyMapping[str, str]:
        if not isinstance(table, FileTable):
            return table
        found: dict[str, str] = {}
        for file in self._files.get(table.file, ()):
            try:
                rows = list(_read(file, table.format, table.items))
            except (Unreadable, OSError) as error:
                raise LoadError(f"The table {name} cannot be read from {file.called}: {error}.") from None
            for _, _, context in rows:
                value = next(iter(taking.texts(context, table.value)), "")
                if table.pattern is not None:
                    value = next((m.group(1 if m.re.groups else 0) for m in table.pattern.finditer(value)), "")
                for key in taking.texts(context, table.key):
                    found.setdefault(key, value)
        if not found:
            raise LoadError(f"The table {name} finds nothing in {table.file}.", "Give the directory the file is in.")
        return found

    def _addressed(self, source: Source) -> Iterator[_Item]:
        """The records of a source with kind and IRI; what has none is rejected here."""
        for file in self._files.get(source.file, ()):
            try:
                self._load.refuse_large(file.called, file.path.stat().st_size)
                for line, text, context in _read(file, source.format, source.items, self._rejected):
                    try:
                        kind = self._kind(source, context)
                        iri = self._address(kind, source.slug, context)
                    except Unfit as error:
                        self._rejected.append(Rejected(file.called, line, text, str(error)))
                        continue
                    yield _Item(source, file.called, line, text, context, kind, iri)
            except Unreadable as error:
                self._rejected.append(Rejected(file.called, error.line, "", str(error)))
            except (OSError, LoadError) as error:
                self._rejected.append(Rejected(file.called, 0, "", f"The file cannot be read: {error}."))

    def _kind(self, source: Source, context: Context) -> Kind:
        try:
            taken = self._taken(source.kind, context)
        except Unfit as error:
            raise Unfit(f"kind: {error}") from None
        if not taken:
            raise Unfit("kind: the record does not say what it is.")
        text = taken[0][0]
        if text not in source.kinds:
            raise Unfit(f"kind: “{text}” is none of {', '.join(source.kinds)}.")
        return source.kinds[text]

    def _address(self, kind: Kind, rule: Rule, context: Context) -> NamedNode:
        for text, _ in self._taken(rule, context):
            return self._load.names.entity(kind.slug, slugify(text))
        raise Unfit(f"slug: the record does not fill {rule.template or ' or '.join(rule.sources)}.")

    def _keyed(self, items: Sequence[_Item]) -> dict[tuple[str, str], dict[str, list[NamedNode]]]:
        """For every field records are looked up by: its values, and the entities of the records that have them."""
        wanted = {r.record for s in self._mapping.sources for fs in s.fields.values() for f in fs for r in f.rules}
        keys: dict[tuple[str, str], dict[str, list[NamedNode]]] = {}
        for look in wanted:
            if look is None:
                continue
            found = keys.setdefault((look.source, look.key), {})
            for item in items:
                if item.source.name == look.source:
                    for key in taking.texts(item.context, look.key):
                        found.setdefault(key, []).append(item.iri)
        return keys

    def _entry(self, item: _Item, links: list[Entry]) -> Entry:
        """What a record says; ``links`` gets the entities it makes on the way. Raises Unfit with every reason."""
        faults: list[str] = []
        made = self._made(item.source.fields[item.kind.name], item.context, links, faults)
        if faults:
            raise Unfit(" ".join(dict.fromkeys(faults)))
        return Entry(item.iri, item.kind, made)

    def _made(
        self, fields: Iterable[Field], context: Context, links: list[Entry], faults: list[str]
    ) -> list[tuple[Property, Term | Part]]:
        found: list[tuple[Property, Term | Part]] = []
        for field in fields:
            for rule in field.rules:
                try:
                    taken = self._taken(rule, context)
                except Unfit as error:
                    faults.append(f"{field.property.name}: {error}")
                    continue
                for text, inner in taken:
                    try:
                        value = self._value(field.property, rule, text, inner, links)
                    except Unfit as error:
                        if rule.otherwise == "reject":
                            faults.append(f"{field.property.name}: {error}")
                    else:
                        found += [(field.property, value)] if value is not None else []
        return found

    def _taken(self, rule: Rule, context: Context) -> list[tuple[str, Context]]:
        """The texts a rule takes, each with the fields around it.

        An object among the values brings its own fields; those of the whole record are then below ``record``.
        """
        found: list[tuple[str, Context]] = []
        if not rule.takes:
            return [("", context)]
        for value, around in taking.starts(rule, context):
            if isinstance(value, dict):
                found.append(("", {**value, "record": around.get("record", around)}))
                continue
            for text in taking.split(rule, value):
                for piece, inner in taking.matched(rule, text, around):
                    looked = self._looked_up(rule, piece)
                    found += [(looked, {**inner, "value": looked})] if looked else []
        return found or ([(rule.default, {**context, "value": rule.default})] if rule.default else [])

    def _looked_up(self, rule: Rule, text: str) -> str:
        """The text, or what the rule's tables make of it; empty for a value to be left out."""
        for name in rule.lookup:
            table = self._tables[name]
            if text not in table:
                if rule.otherwise == "reject":
                    raise Unfit(f"“{text}” is not in the table {name}.")
                return text if rule.otherwise == "keep" else ""
            text = table[text]
        return text

    def _value(self, prop: Property, rule: Rule, text: str, context: Context, links: list[Entry]) -> Term | Part | None:
        if prop.form is Form.PART:
            faults: list[str] = []
            inside = self._made(rule.parts, context, links, faults)
            if faults:
                raise Unfit(" ".join(faults))
            terms = tuple((p, v) for p, v in inside if not isinstance(v, Part))
            return Part(part_kind(self._load.contract, prop), terms) if terms else None
        if rule.record is not None:
            found = set(self._keys[rule.record.source, rule.record.key].get(text, ()))
            if len(found) != 1:
                raise Unfit(
                    f"“{text}” is the {rule.record.key} of {len(found) or 'no'} records of {rule.record.source}."
                )
            return found.pop()
        if rule.entity is not None:
            return self._linked(rule.entity, context, links)
        if prop.form is Form.ENTITY:
            return self._references.find(self._load.contract, prop.kinds, text)
        return values.value(self._load.contract, prop, taking.written(rule, prop, text), rule.language)

    def _linked(self, link: Link, context: Context, links: list[Entry]) -> NamedNode:
        iri = self._address(link.kind, link.slug, context)
        if link.fields:
            faults: list[str] = []
            made = self._made(link.fields, context, links, faults)
            if faults:
                raise Unfit(" ".join(faults))
            links.append(Entry(iri, link.kind, made))
        return iri


def _read(
    file: Found, format_: str, items: str, rejected: list[Rejected] | None = None
) -> Iterator[tuple[int, str, Context]]:
    """The records of a file: line, text and fields. Rows nobody can read go to ``rejected``. Raises Unreadable."""
    data = file.path.read_bytes()
    if format_ == "csv":
        table = read_table(data, file.called, comments=False)
        if rejected is not None:
            rejected += table.broken
        for row in table.rows:
            yield row.line, row.text, dict(zip(table.header, row.cells, strict=True))
        return
    for line, value in documents.records(data, items):
        yield line, orjson.dumps(value).decode(), value if isinstance(value, dict) else {"value": value}
