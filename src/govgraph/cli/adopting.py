"""``contract check`` and ``contract apply``: what another contract would do to the catalogue, and doing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pyoxigraph import NamedNode
from rich.text import Text

from govgraph.catalogue import Audience
from govgraph.cli.output import SEVERITY_STYLES, SHOWN, print_json, print_table, say
from govgraph.cli.place import Place, languages
from govgraph.contract import Contract
from govgraph.contract import reading as contract_reading
from govgraph.contract.comparing import Difference, compare
from govgraph.errors import StoreMissing
from govgraph.gate.contracting import Adoption, contract_patch
from govgraph.gate.line import RemoteWriter, open_writer
from govgraph.iris import GOV, Names, name
from govgraph.question import reading as question_reading
from govgraph.store import Path as StorePath
from govgraph.store import Reader
from govgraph.validation import Finding, Points, explain

_EXAMPLES = 3
_HASH = StorePath(name(GOV, "contractHash"))


@dataclass(frozen=True)
class Wanted:
    """The arguments of ``apply``."""

    directory: Path | None
    withdraw: bool
    dry_run: bool
    reason: str
    lang: str


@dataclass(frozen=True)
class Sort:
    """Findings that are alike: against one property or rule of a kind, of one severity."""

    kind: str
    subject: str
    severity: str
    message: str
    count: int
    examples: tuple[NamedNode, ...]


@dataclass(frozen=True)
class _Told:
    """What there is to say; without an adoption where there is no catalogue yet."""

    old: Contract
    new: Contract
    differences: tuple[Difference, ...]
    adoption: Adoption | None
    was: Mapping[Audience, Points]
    tags: tuple[str, ...]


def check(place: Place, directory: Path, lang: str, format_: str) -> int:
    """Raises ContractError or QuestionError when the directory cannot be used as a contract."""
    told = _consider(place, _new_contract(place, directory), languages(lang), withdraw=False)
    _tell(told, format_)
    return 1 if told.adoption is not None and told.adoption.standing else 0


def apply(place: Place, wanted: Wanted, format_: str) -> int:
    """Raises as ``check`` does; StoreMissing, StoreLocked."""
    new, tags = _new_contract(place, wanted.directory), languages(wanted.lang)
    if _stored_hash(place) == new.hash:
        say(f"The catalogue has this contract already: {new.hash}.", "bold", error=format_ == "json")
        if format_ == "json":
            print_json({"revision": place.store.reader().revision, "contract": new.hash, "applied": False})
        return 0
    if wanted.dry_run:
        told = _consider(place, new, tags, withdraw=wanted.withdraw)
        _tell(told, format_)
        return 1 if told.adoption is not None and told.adoption.standing else 0
    writer = open_writer(replace(place.settings, contract=wanted.directory or place.settings.contract), new)
    served = isinstance(writer, RemoteWriter)
    try:
        writer.snapshot()
        place.store.close()  # the writer may just have brought the store on from what was read of it
        told = _consider(place, new, tags, withdraw=wanted.withdraw)
        assert told.adoption is not None
        if told.adoption.standing:
            _tell(told, format_)
            return 1
        revision = writer.adopt_contract(told.adoption, place.author, wanted.reason)
    finally:
        writer.close()
    _tell(told, format_, revision)
    if served:
        say("A server is running: start it with this contract, or send it SIGHUP if it has.", "yellow", error=True)
    return 0


def _new_contract(place: Place, directory: Path | None) -> Contract:
    if directory is None:
        question_reading.of(place.settings, place.contract)
        return place.contract
    settings = place.settings
    new = contract_reading.read(ontology=settings.ontology, shapes=settings.shapes, extension=directory)
    question_reading.read(new, (directory, directory / "questions"))
    return new


def _consider(place: Place, new: Contract, tags: tuple[str, ...], *, withdraw: bool) -> _Told:
    old, settings = place.contract, place.settings
    try:
        reader = place.store.reader()
    except StoreMissing:
        return _Told(old, new, compare(old, new), None, {}, tags)
    was = {audience: place.view(audience).summary().total for audience in Audience}
    adoption = contract_patch(
        reader,
        Names(settings.base),
        old,
        new,
        engine=settings.engine,
        most=settings.findings_most,
        withdraw=withdraw,
    )
    return _Told(old, new, compare(old, new), adoption, was, tags)


def _stored_hash(place: Place) -> str:
    """Raises StoreMissing."""
    reader: Reader = place.store.reader()
    names = Names(place.settings.base)
    found = reader.values([NamedNode(names.base)], (_HASH,), (names.system,))[_HASH]
    return next((value.value for of in found.values() for value in of if hasattr(value, "value")), "")


def sorts(contract: Contract, findings: Iterable[Finding], tags: tuple[str, ...]) -> list[Sort]:
    """Findings by kind, property or rule, and severity; the most numerous of the gravest first."""
    grouped: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        key = (finding.kind or "", finding.property_name or finding.rule or "", finding.severity.value)
        grouped.setdefault(key, []).append(finding)
    found = [
        Sort(
            *key,
            message=explain(contract, of[0], tags),
            count=len(of),
            examples=tuple(sorted({f.entity for f in of}, key=lambda node: node.value)[:_EXAMPLES]),
        )
        for key, of in grouped.items()
    ]
    grave = list(SEVERITY_STYLES)
    return sorted(found, key=lambda one: (grave.index(one.severity), -one.count, one.kind, one.subject))


def _tell(told: _Told, format_: str, revision: int | None = None) -> None:
    if format_ == "json":
        print_json(_as_json(told, revision))
    else:
        _show(told, revision)


def _as_json(told: _Told, revision: int | None) -> dict[str, object]:
    adoption = told.adoption
    views = {} if adoption is None else {str(a): _view_as_json(told, adoption, a) for a in Audience}
    return {
        "contract": told.new.hash,
        "instead": told.old.hash,
        "breaks": [_difference(one) for one in told.differences if one.breaks],
        "changes": [_difference(one) for one in told.differences if not one.breaks],
        "views": views,
        "accepted": adoption is None or not adoption.standing,
        "withdrawn": [] if adoption is None else [node.value for node in adoption.withdrawn],
        "revision": revision,
    }


def _difference(one: Difference) -> dict[str, str]:
    return {"of": one.of, "name": one.name, "what": one.what}


def _view_as_json(told: _Told, adoption: Adoption, audience: Audience) -> dict[str, object]:
    findings = adoption.findings[audience]
    return {
        "score": {"before": told.was[audience].score, "after": adoption.points[audience].score},
        "introduced": [_sort(one) for one in sorts(told.new, findings.introduced, told.tags)],
        "mended": [_sort(one) for one in sorts(told.old, findings.mended, told.tags)],
    }


def _sort(one: Sort) -> dict[str, object]:
    return {
        "kind": one.kind,
        "subject": one.subject,
        "severity": one.severity,
        "message": one.message,
        "count": one.count,
        "examples": [node.value for node in one.examples],
    }


def _show(told: _Told, revision: int | None) -> None:
    breaks = [one for one in told.differences if one.breaks]
    if breaks:
        print_table(("what breaks", "name", ""), [(one.of, one.name, one.what) for one in breaks])
    others = [(one.of, one.name, one.what) for one in told.differences if not one.breaks]
    if others:
        print_table(("what changes", "name", ""), others)
    if not told.differences:
        say("It changes no kind, property, code, rule or language.", "dim")
    if told.adoption is None:
        say("The contract can be used; there is no catalogue yet that it could change.", "bold")
        return
    _show_findings(told, told.adoption)
    _show_verdict(told.adoption, told.new, revision)


def _show_findings(told: _Told, adoption: Adoption) -> None:
    working = adoption.findings[Audience.WORKING]
    for heading, contract, findings in (
        ("what the catalogue would lack", told.new, working.introduced),
        ("what would be held against it no more", told.old, working.mended),
    ):
        found = sorts(contract, findings, told.tags)
        if found:
            rows = [
                (f"{one.count:,}", Text(one.severity, style=SEVERITY_STYLES[one.severity]), _named(one), one.message)
                for one in found[:SHOWN]
            ]
            print_table(("number", "severity", "of", heading), rows, numbers=("number",), whole=("severity",))
            if len(found) > SHOWN:
                say(f"… and {len(found) - SHOWN:,} more sorts; --format json lists all, with examples", "dim")
    was, now = told.was[Audience.WORKING], adoption.points[Audience.WORKING]
    say(f"score {was.score:.1f} % → {now.score:.1f} %", "bold")


def _named(one: Sort) -> str:
    return ".".join(part for part in (one.kind, one.subject) if part)


def _show_verdict(adoption: Adoption, new: Contract, revision: int | None) -> None:
    entries = len({finding.entity for finding in adoption.standing})
    if adoption.withdrawn:
        verb = "were" if revision else "would be"
        say(f"{len(adoption.withdrawn):,} published entries {verb} withdrawn, such as:", "yellow")
        for node in adoption.withdrawn[:_EXAMPLES]:
            say(f"  {node.value}")
    if adoption.standing:
        say(
            f"It would make {len(adoption.standing):,} Violations in {entries:,} published entries, so it is refused. "
            "Mend them first, or withdraw those entries with govgraph contract apply --withdraw.",
            "bold red",
        )
    elif revision is None:
        say("The contract can be applied.", "bold green")
    else:
        say(f"Revision {revision}: the catalogue has the contract {new.hash}.", "bold green")
        say("Start the server with it: --contract, or GOVGRAPH_CONTRACT.")
