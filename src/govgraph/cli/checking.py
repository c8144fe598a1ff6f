"""``validate`` and ``contract``: what is missing, and what is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pyoxigraph import Literal, NamedNode, RdfFormat, serialize
from rich.text import Text

from govgraph.catalogue import Audience, Catalogue, View
from govgraph.change.loading import Load
from govgraph.cli.application import Base, Data, Format, Language, Ontology, Own, Place, Shapes, app, languages
from govgraph.cli.loading import read_files
from govgraph.cli.output import SEVERITY_STYLES, print_json, print_table, screen
from govgraph.contract import Contract, Severity, say
from govgraph.errors import LoadError, NotAcceptable
from govgraph.iris import PREFIXES, compact
from govgraph.store.embedded import MemoryStore
from govgraph.validation import Finding, Report, check, explain


@app.command()
def validate(
    files: Annotated[list[Path] | None, typer.Argument(help="Files to check; none: the stored catalogue.")] = None,
    engine: Annotated[str | None, typer.Option("--engine", help="shacl (fast) or pyshacl (reference)")] = None,
    fail_on: Annotated[
        Severity, typer.Option("--fail-on", help="Exit with 1 from this severity on.")
    ] = Severity.VIOLATION,
    format_: Annotated[Format, typer.Option("--format")] = Format.TABLE,
    lang: Language = "en",
    data: Data = None,
    base: Base = None,
    contract: Own = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
) -> None:
    """Check files, or the whole stored catalogue, against the shapes.

    Files are checked by themselves, together with the contract's code lists: a link to an entry that is not in them
    counts as unknown.
    """
    place = Place.of(data=data, base=base, contract=contract, ontology=ontology, shapes=shapes, engine=engine)
    view = _loaded(place, files) if files else place.view(Audience.WORKING)
    graphs = [view.reader.dump(graph) for graph in (view.names.working, view.names.reference)]
    report = check(place.contract, graphs, place.settings.engine)
    tags = languages(lang)
    match format_:
        case Format.JSON:
            print_json(_as_json(view, report, fail_on, tags))
        case Format.TURTLE:
            triples = report.triples(place.settings.base)
            typer.echo(serialize(triples, format=RdfFormat.TURTLE, prefixes=PREFIXES) or b"", nl=False)
        case Format.TABLE:
            _show(view, report, tags)
        case _:
            raise NotAcceptable("A report is not printed as CSV.", "Choose table, json or turtle.")
    raise typer.Exit(0 if report.accepted(fail_on) else 1)


@app.command()
def contract(
    contract: Own = None,
    ontology: Ontology = None,
    shapes: Shapes = None,
    format_: Annotated[Format, typer.Option("--format")] = Format.TABLE,
    lang: Language = "en",
) -> None:
    """Show the contract: kinds with their properties, code lists, rules, and what is checked but not shown."""
    found = Place.of(contract=contract, ontology=ontology, shapes=shapes).contract
    if format_ is Format.JSON:
        print_json(_contract_as_json(found))
        return
    if format_ is not Format.TABLE:
        raise NotAcceptable("A contract is shown as table or json.", "Its Turtle is in ontology/ and shapes/.")
    _show_contract(found, languages(lang))


def _loaded(place: Place, files: list[Path]) -> View:
    """The files in a store of their own. Raises LoadError for one that cannot be read: half a check is none."""
    store = MemoryStore(place.settings.base)
    load = Load(store, place.contract, engine=place.settings.engine)
    read_files(load, files)
    if load.rejected:
        first = load.rejected[0]
        raise LoadError(f"{first.file}, line {first.line}: {first.reason}", "Mend the file; nothing was checked.")
    load.finish()
    return Catalogue(store, place.contract).view(Audience.WORKING)


def _as_json(view: View, report: Report, fail_on: Severity, tags: tuple[str, ...]) -> dict[str, object]:
    return {
        "conforms": report.conforms,
        "accepted": report.accepted(fail_on),
        "counts": {str(severity): count for severity, count in report.counts.items()},
        "score": view.summary().total.score,
        "findings": [
            {
                "entity": finding.entity.value,
                "kind": finding.kind,
                "property": finding.property_name,
                "severity": str(finding.severity),
                "message": explain(view.contract, finding, tags),
                "shape": getattr(finding.shape, "value", None),
                "component": compact(finding.component.value).removeprefix("sh:"),
                "value": _value(finding),
                "points": finding.points,
            }
            for finding in report.findings
        ],
    }


def _value(finding: Finding) -> str | None:
    match finding.value:
        case Literal() | NamedNode():
            return finding.value.value
        case None:
            return None
        case _:
            return str(finding.value)


def _show(view: View, report: Report, tags: tuple[str, ...]) -> None:
    labels = view.labels([f.entity for f in report.findings], tags)
    if report.findings:
        print_table(
            ("severity", "kind", "entry", "what to mend", "points"),
            [
                (
                    Text(f.severity, style=SEVERITY_STYLES[f.severity]),
                    f.kind or "",
                    labels[f.entity].text,
                    explain(view.contract, f, tags),
                    f"{f.points:g}",
                )
                for f in report.findings
            ],
            numbers=("points",),
        )
    counts = ", ".join(f"{count} {severity}" for severity, count in report.counts.items())
    screen().print(Text(f"{counts}; score {view.summary().total.score:.1f} %", style="bold"))


def _contract_as_json(found: Contract) -> dict[str, object]:
    return {
        "hash": found.hash,
        "languages": found.languages,
        "kinds": [
            {
                "name": kind.name,
                "slug": kind.slug,
                "class": kind.class_.value,
                "part": kind.part,
                "properties": [
                    {"name": p.name, "form": p.form, "needed": p.needed, "single": p.single, "weight": p.weight}
                    for p in kind.properties
                ],
            }
            for kind in found.kinds
        ],
        "codeLists": [{"name": c.name, "codes": [code.name for code in c.codes]} for c in found.code_lists],
        "rules": [{"name": r.name, "kind": r.kind, "severity": r.severity} for r in found.rules],
        "unexposed": [{"property": where, "constraint": what} for where, what in found.unexposed],
    }


def _show_contract(found: Contract, tags: tuple[str, ...]) -> None:
    console = screen()
    print_table(
        ("kind", "in addresses", "label", "properties"),
        [
            (k.name, k.slug, say(k.labels, tags), ", ".join(f"{p.name}{_mark(p.needed)}" for p in k.properties))
            for k in found.kinds
        ],
    )
    console.print(Text("! integrity, * needed for publishing, + recommended", style="dim"))
    print_table(("code list", "codes"), [(c.name, ", ".join(code.name for code in c.codes)) for c in found.code_lists])
    print_table(
        ("rule", "kind", "severity", "what it asks"),
        [
            (r.name, r.kind, Text(r.severity, style=SEVERITY_STYLES[r.severity]), say(r.descriptions, tags))
            for r in found.rules
        ],
    )
    print_table(("checked, but in no face", "constraint"), found.unexposed)
    console.print(Text(f"contract {found.hash}, languages {', '.join(found.languages)}", style="bold"))


def _mark(needed: Severity | None) -> str:
    return {Severity.VIOLATION: "!", Severity.WARNING: "*", Severity.INFO: "+", None: ""}[needed]
