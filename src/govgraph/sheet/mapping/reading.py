"""Reads a mapping file and refuses what a sheet cannot do, naming the file and the key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TypeAlias

from pyoxigraph import Literal

from govgraph.contract import Contract, Form, Kind, Property
from govgraph.errors import MappingError, NotFound
from govgraph.sheet import part_kind
from govgraph.sheet.mapping import Field, FileTable, Link, Look, Mapping, Number, Rule, Source

Said: TypeAlias = AnyMapping[str, object]

_TOP = ("title", "language", "tables", "source")
_SOURCE = ("name", "file", "format", "items", "kind", "slug", "language", "properties")
_RULE = (
    *("from", "template", "constant", "default", "split", "pattern", "replace", "skip", "lookup", "otherwise"),
    *("language", "date", "number", "record", "entity", "parts"),
)
_TABLE = ("file", "format", "items", "key", "value", "pattern")
_OTHERWISE = ("reject", "skip", "keep")
_FORMATS = ("csv", "json")


def read(path: Path, contract: Contract, language: str) -> Mapping:
    """The mapping in a file; ``language`` is that of texts where the file says none. Raises MappingError."""
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise MappingError(f"{path} cannot be read: {error.strerror}.", "Name a mapping file that exists.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{path.name} is no TOML: {error}.", "Mend it there.") from None
    return _Reader(path.name, contract).mapping(said, language)


class _Reader:
    def __init__(self, file: str, contract: Contract) -> None:
        self._file = file
        self._contract = contract
        self._tables: dict[str, AnyMapping[str, str] | FileTable] = {}
        self._sources: list[str] = []

    def mapping(self, said: Said, language: str) -> Mapping:
        self._known(said, _TOP, "")
        language = self._text(said, "language", "") or language
        tables = self._table(said.get("tables", {}), "tables")
        self._tables = {name: self._lookup(self._table(one, f"tables.{name}"), name) for name, one in tables.items()}
        sources = said.get("source")
        if not isinstance(sources, list) or not sources:
            raise self._refuse("source", "there is no [[source]]", "Describe each file of records in one.")
        told = [self._table(one, f"source {number}") for number, one in enumerate(sources, 1)]
        for number, one in enumerate(told, 1):
            if len(told) > 1 and "file" not in one:
                raise self._refuse(
                    f"source {number}", "file is missing", "Only a single source takes every file given."
                )
        self._sources = [self._text(one, "name", "") or self._text(one, "file", "") for one in told]
        found = [self._source(one, f"source {number}", language) for number, one in enumerate(told, 1)]
        return Mapping(self._file, tuple(found), self._tables)

    def _lookup(self, said: Said, name: str) -> AnyMapping[str, str] | FileTable:
        where = f"tables.{name}"
        if "file" not in said:
            return {key: self._scalar(value, f"{where}.{key}") for key, value in said.items()}
        self._known(said, _TABLE, where)
        file = self._needed(said, "file", where)
        return FileTable(
            file=file,
            format=self._format(said, file, where),
            items=self._text(said, "items", where),
            key=self._needed(said, "key", where),
            value=self._needed(said, "value", where),
            pattern=self._pattern(said.get("pattern"), where),
        )

    def _source(self, said: Said, where: str, language: str) -> Source:
        self._known(said, _SOURCE, where)
        file = self._text(said, "file", where)
        language = self._language(self._text(said, "language", where) or language, where)
        kind = said.get("kind")
        rule = Rule(constant=kind) if isinstance(kind, str) else self._rule(kind, f"{where}, kind", language)
        kinds = self._kinds(rule, f"{where}, kind")
        properties = self._table(said.get("properties", {}), f"{where}, properties")
        return Source(
            name=self._text(said, "name", where) or file,
            file=file,
            format=self._format(said, file, where),
            items=self._text(said, "items", where),
            kinds=kinds,
            kind=rule,
            slug=self._slug(said, where, language),
            language=language,
            fields={k.name: self._fields(k, properties, f"{where}, properties", language) for k in kinds.values()},
        )

    def _kinds(self, rule: Rule, where: str) -> dict[str, Kind]:
        """Every kind a rule can give: its constant, its default, or what its last look-up table holds."""
        names = [name for name in (rule.constant, rule.default) if name]
        if rule.lookup:
            table = self._tables[rule.lookup[-1]]
            names += [] if isinstance(table, FileTable) else sorted(set(table.values()))
        if not names:
            raise self._refuse(where, "the kinds it can give are not known", "End its lookup in a table of this file.")
        return {name: self._kind(name, where) for name in names}

    def _kind(self, name: str, where: str) -> Kind:
        try:
            kind = self._contract.kind(name)
        except NotFound as error:
            raise self._refuse(where, error.sentence.rstrip("."), error.hint) from None
        if kind.part:
            raise self._refuse(where, f"{name} is part of another kind", "Give it under the property that holds it.")
        return kind

    def _fields(self, kind: Kind, said: Said, where: str, language: str) -> tuple[Field, ...]:
        found = []
        for name, told in said.items():
            prop = kind.by_name.get(name)
            if prop is None or not prop.stored:
                known = [p.name for p in kind.properties if p.stored]
                raise self._refuse(where, f"{kind.name} has no property {name!r}", _nearest(name, known))
            rules = told if isinstance(told, list) else [told]
            read = tuple(self._rule(rule, f"{where}.{name}", language, prop) for rule in rules)
            found.append(Field(prop, read))
        return tuple(found)

    def _rule(self, said: object, where: str, language: str, prop: Property | None = None) -> Rule:
        """A text alone is the field to take. ``prop`` is what the values are for, None for a kind."""
        told = {"from": said} if isinstance(said, str) else self._table(said, where)
        self._known(told, _RULE, where)
        if not {"from", "template", "constant", "parts"} & set(told):
            raise self._refuse(where, "it takes its value from nowhere", "Give from, template or constant.")
        form = prop.form if prop else None
        for key, only in (("parts", Form.PART), ("entity", Form.ENTITY), ("record", Form.ENTITY)):
            if key in told and form is not only:
                raise self._refuse(where, f"{key} is for another sort of property", f"Leave out {key}.")
        if form is Form.PART and "parts" not in told:
            raise self._refuse(where, "the property holds parts", "Say what each part has: parts = { … }.")
        language = self._language(self._text(told, "language", where) or language, where)
        otherwise = self._text(told, "otherwise", where) or "reject"
        if otherwise not in _OTHERWISE:
            raise self._refuse(where, f"otherwise is {otherwise!r}", f"Choose one of: {', '.join(_OTHERWISE)}.")
        return Rule(
            sources=self._texts(told, "from", where),
            template=self._text(told, "template", where),
            constant=self._text(told, "constant", where),
            default=self._text(told, "default", where),
            split=self._texts(told, "split", where),
            pattern=self._pattern(told.get("pattern"), where),
            replace=self._replacements(told.get("replace", []), where),
            skip=frozenset(self._texts(told, "skip", where)),
            lookup=self._tables_named(told, where),
            otherwise=otherwise,
            language=language,
            date=self._text(told, "date", where),
            number=self._number(told, where) if "number" in told else None,
            record=self._look(told, where) if "record" in told else None,
            entity=self._link(told, prop, where, language) if "entity" in told and prop else None,
            parts=self._parts(told, prop, where, language) if "parts" in told and prop else (),
        )

    def _parts(self, told: Said, prop: Property, where: str, language: str) -> tuple[Field, ...]:
        where = f"{where}.parts"
        found = self._fields(part_kind(self._contract, prop), self._table(told["parts"], where), where, language)
        deep = next((field.property.name for field in found if field.property.form is Form.PART), "")
        if deep or not found:
            raise self._refuse(
                where, f"{deep} is a part of a part" if deep else "it says nothing", "Give its properties."
            )
        return found

    def _link(self, told: Said, prop: Property, where: str, language: str) -> Link:
        where = f"{where}.entity"
        said = self._table(told["entity"], where)
        self._known(said, ("kind", "slug", "properties"), where)
        kind = self._kind(self._needed(said, "kind", where), where)
        if kind.name not in prop.kinds:
            raise self._refuse(where, f"{prop.name} points to no {kind.name}", f"It points to {', '.join(prop.kinds)}.")
        properties = self._table(said.get("properties", {}), f"{where}.properties")
        fields = self._fields(kind, properties, f"{where}.properties", language)
        return Link(kind, self._slug(said, where, language), fields)

    def _slug(self, said: Said, where: str, language: str) -> Rule:
        """A text alone is a template."""
        told = said.get("slug")
        if told is None:
            raise self._refuse(where, "slug is missing", 'Give slug, such as "{id}".')
        return self._rule({"template": told} if isinstance(told, str) else told, f"{where}, slug", language)

    def _look(self, told: Said, where: str) -> Look:
        where = f"{where}.record"
        said = self._table(told["record"], where)
        self._known(said, ("source", "key"), where)
        source = self._needed(said, "source", where)
        if source not in self._sources:
            raise self._refuse(where, f"there is no source {source!r}", _nearest(source, self._sources))
        return Look(source, self._needed(said, "key", where))

    def _number(self, told: Said, where: str) -> Number:
        where = f"{where}.number"
        said = self._table(told["number"], where)
        self._known(said, ("decimal", "thousands"), where)
        return Number(self._text(said, "decimal", where) or ".", self._text(said, "thousands", where))

    def _tables_named(self, told: Said, where: str) -> tuple[str, ...]:
        names = self._texts(told, "lookup", where)
        for name in names:
            if name not in self._tables:
                raise self._refuse(where, f"there is no table {name!r}", _nearest(name, list(self._tables)))
        return names

    def _replacements(self, said: object, where: str) -> tuple[tuple[re.Pattern[str], str], ...]:
        found = []
        for pair in said if isinstance(said, list) else [said]:
            match pair:
                case [str() as pattern, str() as by]:
                    compiled = self._pattern(pattern, where)
                    assert compiled is not None
                    found.append((compiled, by))
                case _:
                    raise self._refuse(where, "replace is no list of pairs", 'Write [["pattern", "replacement"], …].')
        return tuple(found)

    def _pattern(self, said: object, where: str) -> re.Pattern[str] | None:
        if said is None:
            return None
        try:
            return re.compile(self._scalar(said, where))
        except re.error as error:
            raise self._refuse(where, f"{said!r} is no regular expression: {error}", "Mend it.") from None

    def _format(self, said: Said, file: str, where: str) -> str:
        found = self._text(said, "format", where) or Path(file).suffix.removeprefix(".") or "csv"
        if found not in _FORMATS:
            raise self._refuse(where, f"the format is {found!r}", f"Choose one of: {', '.join(_FORMATS)}.")
        return found

    def _language(self, tag: str, where: str) -> str:
        try:
            Literal("", language=tag)
        except ValueError:
            raise self._refuse(where, f"{tag!r} is no language tag", "Write one such as en or pt-BR.") from None
        return tag

    def _known(self, said: Said, keys: Sequence[str], where: str) -> None:
        for key in said:
            if key not in keys:
                raise self._refuse(where, f"{key!r} is no key here", _nearest(key, keys))

    def _table(self, said: object, where: str) -> Said:
        if not isinstance(said, dict):
            raise self._refuse(where, f"{said!r} is no table", "Write key = value in it.")
        return said

    def _needed(self, said: Said, key: str, where: str) -> str:
        found = self._text(said, key, where)
        if not found:
            raise self._refuse(where, f"{key} is missing", f"Give {key}.")
        return found

    def _text(self, said: Said, key: str, where: str) -> str:
        return self._scalar(said[key], f"{where}, {key}") if key in said else ""

    def _texts(self, said: Said, key: str, where: str) -> tuple[str, ...]:
        found = said.get(key, [])
        several = found if isinstance(found, list) else [found]
        return tuple(self._scalar(one, f"{where}, {key}") for one in several)

    def _scalar(self, said: object, where: str) -> str:
        if isinstance(said, bool):
            return str(said).lower()
        if not isinstance(said, str | int | float):
            raise self._refuse(where, f"{said!r} is no text", "Write it in quotes.")
        return str(said)

    def _refuse(self, where: str, what: str, hint: str) -> MappingError:
        return MappingError(f"{self._file}: {where}: {what}." if where else f"{self._file}: {what}.", hint)


def _nearest(word: str, known: Sequence[str]) -> str:
    near = get_close_matches(word, known, 1, 0.5)
    return f"Did you mean {near[0]}? There are: {', '.join(known)}." if near else f"There are: {', '.join(known)}."
