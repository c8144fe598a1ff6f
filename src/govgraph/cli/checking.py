"""``validate``: what is missing or wrong, in files or in the stored catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyoxigraph
from pyoxigraph import RdfFormat
from rich.text import Text

from govgraph.catalogue import Audience, Catalogue, View
from govgraph.change.loading import Load
from govgraph.cli import files
from govgraph.cli.output import (
    SEVERITY_STYLES,
    SHOWN,
    print_bytes,
    print_json,
    print_rejected,
    print_table,
    say,
    watched,
)
from govgraph.cli.place import Place, languages
from govgraph.contract import Severity
from govgraph.errors import LoadError, ParameterError, StoreMissing
from govgraph.iris import PREFIXES
from govgraph.store import Part
from govgraph.store.embedded import MemoryStore
from govgraph.validation import Report, check, explain
from govgraph.validation.standard import standard
from govgraph.validation.telling import told

_SHOWN_FINDINGS = 200


@dataclass(frozen=True)
class Wanted:
    """The arguments of the command."""

    paths: tuple[Path, ...]
    mapping: Path | None
    kind: str
    with_catalogue: bool
    fail_on: str
    lang: str
    as_of: str = ""


@dataclass(frozen=True)
class _Checked:
    """``whole`` is False when some record could not be read, so that the report is not about all of it."""

    view: View
    report: Report
    whole: bool = True


def validate(place: Place, wanted: Wanted, format_: str) -> int:
    """Check and tell; the exit status."""
    if wanted.paths and wanted.as_of:
        raise ParameterError(
            "Files are checked as they are.", "Leave --as-of out, or name no files.", parameter="as-of"
        )
    checked = _check_files(place, wanted) if wanted.paths else _check_stored(place, wanted.as_of)
    fail_on, tags = Severity(wanted.fail_on), languages(wanted.lang)
    match format_:
        case "json":
            print_json(_as_json(checked, fail_on, tags))
        case "turtle":
            triples = standard(place.contract, checked.report, place.settings.base)
            print_bytes(pyoxigraph.serialize(triples, format=RdfFormat.TURTLE, prefixes=PREFIXES) or b"")
        case _:
            _show(checked, tags)
    if not checked.whole:
        return 2
    return 0 if checked.report.accepted(fail_on) else 1


def _check_stored(place: Place, as_of: str) -> _Checked:
    """The stored catalogue, looked at anew: the shapes may have changed since it was loaded."""
    view = place.view(Audience.WORKING, as_of)
    names = view.names
    graphs = [view.reader.dump(graph) for graph in (names.working, names.reference)]
    report = check(place.contract, graphs, place.settings.engine)
    view.assume(report.findings)
    return _Checked(view, report)


def _check_files(place: Place, wanted: Wanted) -> _Checked:
    store = MemoryStore(place.settings.base)
    if wanted.with_catalogue:
        _copy(place, store)
    with watched() as progress:
        load = Load(
            store,
            place.contract,
            engine=place.settings.engine,
            file_bytes=place.settings.file_megabytes * 1_000_000,
            most_findings=place.settings.findings_most,
            progress=progress,
        )
        asked = files.Wanted(wanted.paths, wanted.mapping, wanted.kind, languages(wanted.lang)[0])
        files.read(load, asked)
        print_rejected(load.rejected, error=True)
        if not load.used:
            raise LoadError("There is nothing to check.", "None of the records given could be read.")
        report = load.finish().report
    view = Catalogue(store, place.contract).view(Audience.WORKING)
    view.assume(report.findings)
    if wanted.with_catalogue:
        entities = [record.entity for record in load.records]
        ours = {*entities, *(part for parts in view.parts(entities).values() for part in parts)}
        report = Report(tuple(finding for finding in report.findings if finding.entity in ours))
    return _Checked(view, report, whole=not load.rejected)


def _copy(place: Place, store: MemoryStore) -> None:
    """The stored catalogue into a store that may be changed for a trial."""
    try:
        reader = place.store.reader()
    except StoreMissing:
        return
    names = place.view(Audience.WORKING).names
    store.replace([Part(g, reader.dump(g)) for g in (names.working, names.reference)], place.contract.hash)


def _as_json(checked: _Checked, fail_on: Severity, tags: tuple[str, ...]) -> dict[str, object]:
    view, report = checked.view, checked.report
    return {
        "conforms": report.conforms,
        "accepted": report.accepted(fail_on),
        "counts": {severity.value: count for severity, count in report.counts.items()},
        "score": view.summary().total.score,
        "findings": told(view.contract, report.findings, tags),
    }


def _show(checked: _Checked, tags: tuple[str, ...]) -> None:
    """The gravest first; where there are many, how many of each sort, so that nothing is hidden."""
    view, report = checked.view, checked.report
    findings = report.findings[:_SHOWN_FINDINGS] if len(report.findings) > _SHOWN_FINDINGS else report.findings
    labels = view.labels([finding.entity for finding in findings], tags)
    if len(report.findings) > _SHOWN_FINDINGS:
        _show_sorts(view, report, tags)
        findings = findings[:SHOWN]
    if findings:
        print_table(
            ("severity", "kind", "entry", "what to mend", "points"),
            [
                (
                    Text(finding.severity.value, style=SEVERITY_STYLES[finding.severity]),
                    finding.kind or "",
                    labels[finding.entity].text,
                    explain(view.contract, finding, tags),
                    f"{finding.points:g}",
                )
                for finding in findings
            ],
            numbers=("points",),
            whole=("severity",),
        )
    left = len(report.findings) - len(findings)
    if left:
        say(f"… and {left:,} more; --format json lists all", "dim")
    counts = ", ".join(f"{count:,} {severity}" for severity, count in report.counts.items())
    say(f"{counts} · score {view.summary().total.score:.1f} %", "bold")


def _show_sorts(view: View, report: Report, tags: tuple[str, ...]) -> None:
    """How often each sort of finding occurs, the sort told by one of its messages."""
    sorts: dict[tuple[str, str, str], tuple[int, str]] = {}
    for finding in report.findings:
        key = (finding.severity.value, finding.kind or "", str(finding.shape) + finding.component.value)
        count, told = sorts.get(key, (0, ""))
        sorts[key] = (count + 1, told or explain(view.contract, finding, tags))
    print_table(
        ("number", "severity", "kind", "what to mend"),
        [
            (f"{count:,}", Text(severity, style=SEVERITY_STYLES[severity]), kind, told)
            for (severity, kind, _), (count, told) in sorts.items()
        ],
        numbers=("number",),
        whole=("severity",),
    )
