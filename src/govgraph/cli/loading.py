"""``load``: files of any kind into the catalogue, every record accounted for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from govgraph.catalogue import Audience, Catalogue
from govgraph.change import Loaded, Rejected
from govgraph.change.loading import Load
from govgraph.change.seeding import read as read_seed
from govgraph.cli.application import Base, Data, Format, Language, Own, Place, app, languages
from govgraph.cli.output import print_json, print_table, screen, watched
from govgraph.contract import Contract, Kind
from govgraph.errors import LoadError, NotAcceptable
from govgraph.sheet.rows import Sheet, load_sheets
from govgraph.store.staging import syntax_of

_SHOWN = 20


@app.command()
def load(
    files: Annotated[list[Path] | None, typer.Argument(help="Files, or directories with files.")] = None,
    mapping: Annotated[
        Path | None, typer.Option("--map", help="Mapping file for CSV and JSON of another form.")
    ] = None,
    kind: Annotated[
        str, typer.Option("--kind", help="Kind of a CSV's entries, where the file name does not say.")
    ] = "",
    seed: Annotated[bool, typer.Option("--seed", help="Load the data that ship with govgraph.")] = False,
    reference: Annotated[bool, typer.Option("--reference", help="Load as shared reference data.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Load nothing if any record is rejected.")] = False,
    format_: Annotated[Format, typer.Option("--format")] = Format.TABLE,
    lang: Language = "en",
    data: Data = None,
    base: Base = None,
    contract: Own = None,
) -> None:
    """Load files as one revision: Turtle, N-Triples, N-Quads, TriG, JSON-LD, RDF/XML, CSV, and JSON through a mapping.

    A record that cannot be used is listed with its reason and never stops the others. What is complete and marked
    published is published, the rest stays a draft with findings.
    """
    if format_ not in (Format.TABLE, Format.JSON):
        raise NotAcceptable("What a load did is shown as table or json.", "Choose one of them.")
    if not files and not seed:
        raise LoadError("There is nothing to load.", "Name files, or use --seed.")
    place = Place.of(data=data, base=base, contract=contract)
    with watched() as progress:
        loading = Load(
            place.store,
            place.contract,
            target="reference" if reference else "working",
            engine=place.settings.engine,
            file_bytes=place.settings.file_megabytes * 1_000_000,
            progress=progress,
        )
        if seed:
            read_seed(loading)
        read_files(loading, files or [], kind=kind, language=languages(lang)[0])
        try:
            loaded = loading.finish(strict=strict)
        except LoadError as error:
            _refused(loading, error, format_)
            raise typer.Exit(1) from None
    if format_ is Format.JSON:
        print_json(_as_json(loaded.loaded, loaded.merged, loaded.rejected, loaded.revision))
    else:
        _show(place, loaded)


def read_files(loading: Load, paths: Iterable[Path], *, kind: str = "", language: str = "en") -> None:
    """Give files to a load, each by its form; what has none that is known is rejected. Directories are walked."""
    sheets: list[Sheet] = []
    for path, called in _walk(paths):
        if not path.exists():
            loading.reject(Rejected(called, 0, "", "There is no such file."))
        elif path.suffix == ".csv":
            of = loading.contract.kind(kind) if kind else _kind_of(loading.contract, path.stem)
            if of is None:
                loading.reject(Rejected(called, 0, "", "The file name is no kind; say which with --kind."))
            else:
                sheets.append(Sheet(path, called, of))
        elif path.suffix != ".json" and syntax_of(path) is not None:
            loading.read_rdf(path, called=called)
        else:
            loading.reject(Rejected(called, 0, "", f"Nothing reads files that end in {path.suffix or 'nothing'}."))
    if sheets:
        load_sheets(loading, sheets, language)


def _kind_of(contract: Contract, stem: str) -> Kind | None:
    """The kind a file is named after: building-blocks.csv, BuildingBlock.csv or building_block.csv."""
    wanted = re.sub(r"[^a-z]", "", stem.lower())
    words = (
        (kind, re.sub(r"[^a-z]", "", word.lower())) for kind in contract.entities for word in (kind.slug, kind.plural)
    )
    return next((kind for kind, word in words if word == wanted), None)


def _walk(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Every file, and what to call it in reports."""
    for path in paths:
        if path.is_dir():
            yield from ((p, str(p.relative_to(path))) for p in sorted(path.rglob("*")) if p.is_file())
        else:
            yield path, path.name


def _as_json(loaded: int, merged: int, rejected: Iterable[Rejected], revision: int | None) -> dict[str, object]:
    listed = [{"file": r.file, "line": r.line, "record": r.record, "reason": r.reason} for r in rejected]
    return {"loaded": loaded, "merged": merged, "rejected": listed, "revision": revision}


def _refused(loading: Load, error: LoadError, format_: Format) -> None:
    if format_ is Format.JSON:
        print_json(_as_json(0, 0, loading.rejected, None))
    else:
        _show_rejected(loading.rejected)
        screen().print(Text(str(error), style="bold red"))


def _show(place: Place, loaded: Loaded) -> None:
    console = screen()
    _show_rejected(loaded.rejected)
    summary = Catalogue(place.store, place.contract).view(Audience.WORKING).summary()
    lines = [
        f"{loaded.loaded} loaded, {loaded.merged} merged, {len(loaded.rejected)} rejected: revision {loaded.revision}",
        f"{loaded.published} of {loaded.entities} entries of the working catalogue are published",
        f"score {summary.total.score:.1f} % of what a complete catalogue would have",
    ]
    console.print(Text("\n".join(lines)))
    if loaded.held:
        console.print(Text(f"{len(loaded.held)} are marked published and not complete, so they stay drafts:"))
        for iri in loaded.held[:_SHOWN]:
            console.print(Text(f"  {iri}"))
        if len(loaded.held) > _SHOWN:
            console.print(Text("  … govgraph validate --fail-on warning lists what they lack"))


def _show_rejected(rejected: tuple[Rejected, ...]) -> None:
    if rejected:
        rows = [(r.file, r.line or "", r.record[:60], r.reason) for r in rejected[:_SHOWN]]
        print_table(("file", "line", "record", "why it was rejected"), rows, numbers=("line",))
    if len(rejected) > _SHOWN:
        screen().print(Text(f"… and {len(rejected) - _SHOWN} more; --format json lists all"))
