"""``revert``: one revision taken back, as a change that the gate judges like any other."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from govgraph.change import Change, Committed
from govgraph.change.undoing import Undo
from govgraph.cli.output import SEVERITY_STYLES, SHOWN, print_json, print_table, say
from govgraph.cli.place import Place, languages
from govgraph.errors import Refused
from govgraph.gate.line import open_writer
from govgraph.history.checkpoints import log_of
from govgraph.history.log import Log
from govgraph.iris import compact
from govgraph.validation import Report, explain
from govgraph.validation.telling import told


@dataclass(frozen=True)
class Reverting:
    """The arguments of ``revert``."""

    revision: int
    reason: str
    dry_run: bool
    lang: str


def revert(place: Place, wanted: Reverting, format_: str) -> int:
    """The exit status. Raises NotFound for a revision that the log does not have, and as ``Writer.submit`` does."""
    entry = Log(log_of(place.settings.data)).entry(wanted.revision)
    reason = wanted.reason or f"Revision {wanted.revision} taken back"
    change = Change((Undo.of(entry.patch),), place.author, "cli", reason, dry_run=wanted.dry_run)
    place.store.close()  # the writer may tidy away what this process has read
    writer = open_writer(place.settings, place.contract)
    tags = languages(wanted.lang)
    try:
        committed = writer.submit(change)
    except Refused as error:
        _tell_refused(place, error, tags, format_)
        return 1
    finally:
        writer.close()
    _tell_committed(place, committed, wanted, format_)
    return 0


def _tell_refused(place: Place, error: Refused, tags: tuple[str, ...], format_: str) -> None:
    findings = error.report.findings if isinstance(error.report, Report) else ()
    if format_ == "json":
        print_json({"accepted": False, "sentence": error.sentence, "findings": told(place.contract, findings, tags)})
        return
    say(error.sentence, "bold red", error=True)
    rows = [
        (Text(f.severity.value, style=SEVERITY_STYLES[f.severity]), compact(f.entity.value), explained)
        for f in findings[:SHOWN]
        for explained in [explain(place.contract, f, tags)]
    ]
    if rows:
        print_table(("severity", "entry", "what stands against it"), rows, whole=("severity",))
    if len(findings) > SHOWN:
        say(f"… and {len(findings) - SHOWN:,} more; --format json lists all", "dim")
    if error.hint:
        say(error.hint, error=True)


def _tell_committed(place: Place, committed: Committed, wanted: Reverting, format_: str) -> None:
    tags, score = languages(wanted.lang), committed.catalogue
    if format_ == "json":
        said = {
            "accepted": True,
            "revision": committed.revision,
            "dryRun": committed.dry_run,
            "removed": committed.removed,
            "added": committed.added,
            "introduced": told(place.contract, committed.introduced, tags),
            "mended": told(place.contract, committed.mended, tags),
            "scoreBefore": score.before.score if score.before else None,
            "scoreAfter": score.after.score if score.after else None,
        }
        print_json(said)
        return
    if not committed.removed and not committed.added:
        say(f"Nothing is left of revision {wanted.revision} to take back: what it did has changed since.", "bold")
        return
    done = "would be taken back" if wanted.dry_run else f"is taken back by revision {committed.revision}"
    say(f"Revision {wanted.revision} {done}.", "bold green")
    say(f"statements gone: {committed.removed:,}, back again: {committed.added:,}")
    say(f"findings more: {len(committed.introduced):,}, fewer: {len(committed.mended):,}")
    if score.before and score.after:
        say(f"score {score.before.score:.1f} % → {score.after.score:.1f} %", "dim")
