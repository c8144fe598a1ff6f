"""Which files a command was given and which room reads each; reads none itself."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from govgraph.change import Rejected
from govgraph.change.loading import Load
from govgraph.contract import Contract, Kind
from govgraph.sheet.mapping import FileTable, Mapping
from govgraph.sheet.mapping.applying import Found, load_mapped
from govgraph.sheet.mapping.reading import read as read_mapping
from govgraph.sheet.rows import Sheet, load_sheets
from govgraph.store.staging import syntax_of


@dataclass(frozen=True)
class Wanted:
    """Files, directories, and how to read those that do not say it themselves. ``language`` is that of bare texts."""

    paths: tuple[Path, ...]
    mapping: Path | None = None
    kind: str = ""
    language: str = "en"


def read(load: Load, wanted: Wanted) -> list[str]:
    """Give files to a load, each by its form; RDF first, so that sheets can refer to it.

    The files of directories that are no data and were left out. Raises MappingError and NotFound (a kind).
    """
    if wanted.mapping is not None:
        _read_mapped(load, wanted.mapping, wanted)
        return []
    of_all = load.contract.kind(wanted.kind) if wanted.kind else None
    sheets: list[Sheet] = []
    left_out: list[str] = []
    for path, called, walked in _walk(wanted.paths):
        ending = path.suffix.lower()
        if not path.exists():
            load.reject(Rejected(called, 0, "", "There is no such file."))
        elif ending == ".csv":
            kind = of_all or _kind_of(load.contract, path.stem)
            if kind is None:
                load.reject(Rejected(called, 0, "", _no_kind(load.contract, path.stem)))
            else:
                sheets.append(Sheet(path, called, kind))
        elif ending == ".json":
            reason = "A JSON file is read through a mapping (--map FILE.toml); JSON-LD ends in .jsonld."
            load.reject(Rejected(called, 0, "", reason))
        elif syntax_of(path) is not None:
            load.read_rdf(path, called=called)
        elif walked:
            left_out.append(called)
        else:
            load.reject(Rejected(called, 0, "", f"Nothing here reads files that end in {ending or 'nothing'}."))
    if sheets:
        load_sheets(load, sheets, wanted.language)
    return left_out


def _read_mapped(load: Load, file: Path, wanted: Wanted) -> None:
    mapping = read_mapping(file, load.contract, wanted.language)
    found = {name: _matching(wanted.paths, name) for name in _names(mapping)}
    for name, files in found.items():
        if not files:
            where = ", ".join(str(path) for path in wanted.paths)
            load.reject(Rejected(name, 0, "", f"{mapping.file} names it, and it is not in {where}."))
    used = {one.path for files in found.values() for one in files}
    for path in wanted.paths:
        if not path.is_dir() and path not in used:
            reason = f"{mapping.file} does not name it." if path.exists() else "There is no such file."
            load.reject(Rejected(path.name, 0, "", reason))
    load_mapped(load, mapping, found)


def _names(mapping: Mapping) -> set[str]:
    """The names of files a mapping uses; the empty name stands for every file given."""
    return {source.file for source in mapping.sources} | {
        table.file for table in mapping.tables.values() if isinstance(table, FileTable)
    }


def _matching(paths: Sequence[Path], name: str) -> list[Found]:
    """The files of a name, which may hold wildcards: in the directories given, or among the files given."""
    found: list[Found] = []
    for path in paths:
        if path.is_dir():
            inside = [one for one in sorted(path.glob(name or "*")) if one.is_file()]
            data = inside if name else [one for one in inside if one.suffix.lower() in (".csv", ".json")]
            found += [Found(one, str(one.relative_to(path))) for one in data]
        elif path.is_file() and (not name or fnmatch.fnmatch(path.name, Path(name).name)):
            found.append(Found(path, path.name))
    return found


def _walk(paths: Iterable[Path]) -> Iterator[tuple[Path, str, bool]]:
    """Every file, what to call it in reports, and whether a directory was walked to find it."""
    for path in paths:
        if not path.is_dir():
            yield path, path.name, False
            continue
        for one in sorted(path.rglob("*")):
            inside = one.relative_to(path)
            if one.is_file() and not any(part.startswith(".") for part in inside.parts):
                yield one, str(inside), True


def _kind_of(contract: Contract, stem: str) -> Kind | None:
    """The kind a file is named after: building-blocks.csv, BuildingBlock.csv or building_block.csv."""
    wanted = _letters(stem)
    return next((k for k in contract.entities if wanted in map(_letters, (k.slug, k.name, k.plural))), None)


def _letters(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


def _no_kind(contract: Contract, stem: str) -> str:
    kinds = ", ".join(kind.slug for kind in contract.entities)
    return f"“{stem}” is no kind; name the file after one or give --kind. The kinds are: {kinds}."
