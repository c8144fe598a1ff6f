"""``next``: what to mend next, for whom it counts most."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from govgraph.access.organisation import organisation
from govgraph.catalogue import View
from govgraph.catalogue.next_edits import Leaf, Mending, Scope, page
from govgraph.cli.output import SEVERITY_STYLES, print_json, print_table, say
from govgraph.cli.place import Place, languages
from govgraph.contract import say as said_in
from govgraph.errors import NotFound
from govgraph.validation import explain


@dataclass(frozen=True)
class Wanted:
    """The arguments of the command."""

    organisation: str
    kind: str
    limit: int
    after: str
    audience: str
    lang: str


def show(place: Place, wanted: Wanted, format_: str) -> None:
    view, tags = place.view(wanted.audience), languages(wanted.lang)
    kind = view.contract.kind(wanted.kind) if wanted.kind else None
    keeper = organisation(wanted.organisation, view.contract, view.names) if wanted.organisation else None
    if keeper is not None and keeper not in view.kinds([keeper]):
        raise NotFound(f"There is no organisation {keeper.value}.", "Give its slug, as in addresses, or its IRI.")
    leaf = page(view, Scope(keeper, kind), first=wanted.limit, after=wanted.after or None)
    if format_ == "json":
        print_json(_as_json(view, leaf, tags))
    else:
        _show(view, leaf, tags)


def _as_json(view: View, leaf: Leaf, tags: tuple[str, ...]) -> dict[str, object]:
    return {
        "score": leaf.now.score,
        "kept": leaf.now.kept,
        "possible": leaf.now.possible,
        "total": leaf.total,
        "unlocking": leaf.unlocking,
        "next": leaf.cursors[-1] if leaf.has_next else None,
        "mendings": [
            {
                "entity": mending.entity.value,
                "node": mending.node.value,
                "kind": mending.kind.name,
                "subject": mending.subject,
                "severity": mending.severity.value,
                "points": mending.points,
                "scoreAfter": leaf.after(mending).score,
                "unlocks": mending.unlocks,
                "messages": _messages(view, mending, tags),
            }
            for mending in leaf.mendings
        ],
    }


def _show(view: View, leaf: Leaf, tags: tuple[str, ...]) -> None:
    labels = view.labels([mending.entity for mending in leaf.mendings], tags)
    if leaf.mendings:
        print_table(
            ("points", "severity", "kind", "entry", "what to mend", "unlocks it"),
            [
                (
                    f"{mending.points:g}",
                    Text(mending.severity.value, style=SEVERITY_STYLES[mending.severity]),
                    said_in(mending.kind.labels, tags),
                    labels[mending.entity].text,
                    " ".join(_messages(view, mending, tags)),
                    "yes" if mending.unlocks else "",
                )
                for mending in leaf.mendings
            ],
            numbers=("points",),
            whole=("severity",),
        )
    left = leaf.total - len(leaf.mendings)
    if leaf.has_next:
        say(f"… of {leaf.total:,}; --limit shows more, --format json has the cursor to go on from", "dim")
    entries = f"{leaf.unlocking:,} {'entry' if leaf.unlocking == 1 else 'entries'}"
    unlocked = f" · one edit each lets {entries} be published" if leaf.unlocking else ""
    say(f"score {leaf.now.score:.1f} %{unlocked}" if left or leaf.mendings else "There is nothing to mend.", "bold")


def _messages(view: View, mending: Mending, tags: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(explain(view.contract, finding, tags) for finding in mending.findings))
