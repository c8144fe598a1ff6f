"""``load``: files of any form into the catalogue, every record accounted for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from govgraph.catalogue import Audience
from govgraph.change import Loaded, Rejected
from govgraph.change.loading import Load
from govgraph.change.seeding import read as read_seed
from govgraph.cli import files
from govgraph.cli.output import SEVERITY_STYLES, SHOWN, in_order, print_json, print_rejected, say, screen, watched
from govgraph.cli.place import Place, languages
from govgraph.errors import LoadError, Refused
from govgraph.search import prepare
from govgraph.validation import Report, explain

_REFUSED = "Not loaded: --strict refuses all when one record is rejected."


@dataclass(frozen=True)
class Wanted:
    """The arguments of the command."""

    paths: tuple[Path, ...]
    mapping: Path | None
    kind: str
    seed: bool
    reference: bool
    strict: bool
    lang: str
    reason: str = ""
    dry_run: bool = False
    accept: bool = False


def load(place: Place, wanted: Wanted, format_: str) -> int:
    """Load and tell; the exit status."""
    if not wanted.paths and not wanted.seed:
        raise LoadError("There is nothing to load.", "Name files or directories, or use --seed.")
    with watched() as progress:
        loading = Load(
            place.logged(wanted.reason),
            place.contract,
            target="reference" if wanted.reference else "working",
            engine=place.settings.engine,
            file_bytes=place.settings.file_megabytes * 1_000_000,
            most_findings=place.settings.findings_most,
            progress=progress,
        )
        if wanted.seed:
            read_seed(loading)
        left_out = files.read(
            loading, files.Wanted(wanted.paths, wanted.mapping, wanted.kind, languages(wanted.lang)[0])
        )
        refusal: LoadError | Refused | None = None
        try:
            if not loading.used and not loading.rejected:
                raise LoadError("The files hold no records.", "Nothing was loaded.")
            loaded = loading.finish(strict=wanted.strict, dry_run=wanted.dry_run, accept=wanted.accept)
        except (LoadError, Refused) as error:
            refusal = error
    if left_out:
        say(f"Left out, since they are no data: {', '.join(left_out)}", "dim", error=True)
    if refusal is not None:
        return _refuse(loading, refusal, format_)
    if not wanted.dry_run:
        index(place)
    if format_ == "json":
        print_json(_as_json(loaded.loaded, loaded.merged, loaded.rejected, loaded.revision))
    else:
        _show(loaded, dry_run=wanted.dry_run)
    return 0


def index(place: Place) -> None:
    """Make what a search looks into: else the first who searches the new revision would wait for it."""
    for audience in Audience:
        prepare(place.view(audience))


def _as_json(loaded: int, merged: int, rejected: Sequence[Rejected], revision: int) -> dict[str, object]:
    listed = [{"file": r.file, "line": r.line, "record": r.record, "reason": r.reason} for r in in_order(rejected)]
    return {"loaded": loaded, "merged": merged, "rejected": listed, "revision": revision}


def _refuse(loading: Load, error: LoadError | Refused, format_: str) -> int:
    """Nothing was loaded: every record read is told as rejected, the good ones for the sake of the bad."""
    if format_ == "json":
        reason = _REFUSED if loading.rejected else f"Not loaded: {error}"
        good = [Rejected(r.file, r.line, r.entity.value, reason) for r in loading.records]
        print_json(_as_json(0, 0, [*loading.rejected, *good], loading.began_from))
    else:
        print_rejected(loading.rejected)
        for finding in report.findings[:SHOWN] if isinstance(report := getattr(error, "report", None), Report) else ():
            say(f"  {finding.entity.value}: {explain(loading.contract, finding, ('en',))}", error=True)
        if loading.departed:
            say(f"{len(loading.departed):,} entries would no longer be public:", error=True)
        for one in loading.departed[:SHOWN]:
            say(f"  {one.entity.value}: {one.reason(loading.contract)}", error=True)
        say(f"{error.sentence} {error.hint}", "bold red", error=True)
    return 1


def _show(loaded: Loaded, *, dry_run: bool) -> None:
    print_rejected(loaded.rejected)
    was = f" (was {loaded.before.score:.1f})" if loaded.before else ""
    counts = loaded.report.counts
    console = screen()
    console.print(
        f"[bold]{loaded.loaded:,} loaded, {loaded.merged:,} merged, {len(loaded.rejected):,} rejected[/bold]"
        + (" · nothing was written" if dry_run else f" · revision {loaded.revision}")
    )
    console.print(
        f"{loaded.published:,} of {loaded.entities:,} entries are published"
        f" · score {loaded.after.score:.1f} %{was}"
        + "".join(f" · [{SEVERITY_STYLES[s]}]{n:,} {s}[/]" for s, n in counts.items() if n)
    )
    if loaded.held:
        say(f"{len(loaded.held):,} are marked published and not complete, so they stay drafts, such as:")
        for iri in loaded.held[: SHOWN // 4]:
            say(f"  {iri}")
    if counts and any(counts.values()):
        say("govgraph validate lists what they lack.", "dim")
    seconds = ", ".join(f"{what} {took:.1f} s" for what, took in loaded.seconds.items())
    say(f"Time: {seconds}", "dim")
