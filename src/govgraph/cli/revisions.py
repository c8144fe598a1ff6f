"""``log`` and ``diff``: what changed, when and why, and between what."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pyoxigraph import Literal, NamedNode
from rich.text import Text

from govgraph.access.organisation import organisation
from govgraph.catalogue import Audience, View
from govgraph.catalogue.chronicle import Chronicle, Revision
from govgraph.catalogue.chronicle import Wanted as Chosen
from govgraph.catalogue.text import Label
from govgraph.cli.output import SHOWN, print_json, print_table, say
from govgraph.cli.place import Place, languages
from govgraph.contract import say as said_in
from govgraph.errors import ParameterError
from govgraph.history.difference import Alteration, Altered, Difference, difference
from govgraph.history.moment import Moment
from govgraph.history.record import Entry, Head
from govgraph.iris import compact
from govgraph.store import Term

_MARKS = {"added": "+", "removed": "−", "changed": "±"}
_STYLES = {"added": "green", "removed": "red", "changed": "yellow"}


@dataclass(frozen=True)
class Wanted:
    """The arguments of ``log``."""

    entity: str
    organisation: str
    since: str
    before: int | None
    limit: int
    audience: str
    lang: str


def show(place: Place, wanted: Wanted, format_: str) -> None:
    view, tags = place.view(wanted.audience), languages(wanted.lang)
    chosen = Chosen(
        entity=_entity(view, wanted.entity) if wanted.entity else None,
        organisation=organisation(wanted.organisation, view.contract, view.names) if wanted.organisation else None,
    )
    found, older = _revisions(Chronicle(view), chosen, wanted)
    if format_ == "json":
        print_json({"revisions": [_revision_as_json(one) for one in found], "before": older})
        return
    organisations = [one.organisation for one in found if one.organisation]
    labels = view.labels([*organisations, *(entity for one in found for entity in one.changed[:3])], tags)
    rows = [
        (
            one.number,
            f"{one.at:%Y-%m-%d %H:%M}" if one.at else "",
            labels[one.organisation].text if one.organisation else _pseudonym(one),
            one.door,
            _named(one, labels),
            one.reason,
        )
        for one in found
    ]
    columns = ("revision", "when (UTC)", "who", "door", "what", "why")
    print_table(columns, rows, numbers=("revision",), whole=("when (UTC)", "door"), narrow=("who",))
    if older:
        say(f"… there are older ones: --before {older}", "dim")
    elif not found:
        say("No revision is known of that.", "dim")


def _revisions(chronicle: Chronicle, chosen: Chosen, wanted: Wanted) -> tuple[list[Revision], int | None]:
    """As many as are wanted, and where to go on."""
    first, since = _since(wanted.since)
    found: list[Revision] = []
    before, more = wanted.before, True
    while more and len(found) < wanted.limit:
        leaf = chronicle.leaf(chosen, wanted.limit - len(found), before=before)
        recent = [one for one in leaf.revisions if one.number >= first and not (since and one.at and one.at < since)]
        found += recent
        before = leaf.older
        more = before is not None and len(recent) == len(leaf.revisions)
    return found, before if more else None


def _since(text: str) -> tuple[int, datetime | None]:
    """The first revision and the first instant that are meant."""
    if text.isascii() and text.isdecimal():
        return int(text), None
    moment = Moment.read(text) if text else None
    if text and moment is None:
        raise ParameterError(
            f"{text!r} is neither a revision nor a date.", "Write 12 or 2025-03-31.", parameter="since", value=text
        )
    return 0, moment.start if moment else None


def _entity(view: View, said: str) -> NamedNode:
    """``service/birth-certificate`` or an IRI."""
    kind, slash, slug = said.partition("/")
    try:
        return view.names.entity(view.contract.kind(kind).slug, slug) if slash and ":" not in said else NamedNode(said)
    except ValueError:
        raise ParameterError(
            f"{said!r} names no entry.", "Give its IRI, or kind/slug.", parameter="entity", value=said
        ) from None


def _pseudonym(one: Revision) -> str:
    return one.agent.value.rpartition("/")[2][:8] if one.agent else ""


def _named(one: Revision, labels: Mapping[Term, Label]) -> str:
    names = ", ".join(labels[entity].text for entity in one.changed[:3])
    more = len(one.changed) - 3
    return names + (f" and {more}{'+' * one.more} more" if more > 0 else "")


def _revision_as_json(one: Revision) -> dict[str, object]:
    return {
        "revision": one.number,
        "at": one.at.isoformat() if one.at else None,
        "author": one.agent.value if one.agent else None,
        "organisation": one.organisation.value if one.organisation else None,
        "door": one.door,
        "reason": one.reason,
        "contract": one.contract_hash,
        "changed": [entity.value for entity in one.changed],
        "more": one.more,
    }


def diff(place: Place, ends: tuple[str, str], audience: str, lang: str, format_: str) -> None:
    one, other = (place.meant(end) for end in ends)
    found = difference(place.settings.data, place.past, Audience(audience), one, other)
    if format_ == "json":
        print_json(_difference_as_json(found))
    elif format_ == "patch":
        _print_patch(found)
    else:
        _show_difference(found, languages(lang))


def _difference_as_json(found: Difference) -> dict[str, object]:
    def altered(one: Altered) -> dict[str, object]:
        return {
            "entity": one.entity.value,
            "kind": one.kind.name if one.kind else None,
            "event": one.event,
            "changes": [
                {
                    "node": change.node.value,
                    "property": change.property.name if change.property else None,
                    "predicate": change.predicate.value,
                    "removed": [str(term) for term in change.removed],
                    "added": [str(term) for term in change.added],
                }
                for change in one.alterations
            ],
        }

    return {
        "from": found.before.revision,
        "to": found.after.revision,
        "removed": len(found.patch.removed),
        "added": len(found.patch.added),
        "entities": [altered(one) for one in found.entities],
    }


def _print_patch(found: Difference) -> None:
    """RDF Patch (https://afs.github.io/rdf-patch/), its rows in order."""
    entry = Entry.of(Head(found.after.revision, found.after.reader.committed), found.patch)
    sys.stdout.write("TX .\n")
    for mark, lines in (("D", entry.removed), ("A", entry.added)):
        sys.stdout.writelines(f"{mark} {line}\n" for line in lines.decode().split("\n") if line)
    sys.stdout.write("TC .\n")


def _show_difference(found: Difference, tags: tuple[str, ...]) -> None:
    shown = found.entities[:SHOWN]
    changes = [change for one in shown for change in one.alterations]
    nodes = {*(one.entity for one in shown), *(c.predicate for c in changes)}
    nodes |= {term for c in changes for term in (*c.removed, *c.added) if isinstance(term, NamedNode)}
    before, after = found.before.labels(nodes, tags), found.after.labels(nodes, tags)
    gone = {one.entity for one in shown if one.event == "removed"}
    labels: dict[Term, Label] = {node: before[node] if node in gone else after[node] for node in nodes}
    rows = [
        (
            Text(_MARKS[one.event], style=_STYLES[one.event]),
            labels[one.entity].text if number == 0 else "",
            _property(change, labels, tags),
            _values(change.removed, labels, "red"),
            _values(change.added, labels, "green"),
        )
        for one in shown
        for number, change in enumerate(one.alterations)
    ]
    if rows:
        print_table(("", "entry", "property", "was", "is"), rows, whole=("",))
    left = len(found.entities) - len(shown)
    if left:
        say(f"… and {left:,} more; --format json lists all", "dim")
    counts = f"{len(found.patch.removed):,} of their statements went, {len(found.patch.added):,} came"
    ends = f"from revision {found.before.revision} to {found.after.revision}"
    say(f"entries changed {ends}: {len(found.entities):,}; {counts}", "bold")


def _property(change: Alteration, labels: Mapping[Term, Label], tags: Sequence[str]) -> str:
    return said_in(change.property.labels, tags) if change.property else labels[change.predicate].text


def _values(terms: Iterable[Term], labels: Mapping[Term, Label], style: str) -> Text:
    return Text("\n".join(_value(term, labels) for term in terms), style=style)


def _value(term: Term, labels: Mapping[Term, Label]) -> str:
    match term:
        case NamedNode():
            return labels[term].text if term in labels else compact(term.value)
        case Literal():
            return term.value + (f" ({term.language})" if term.language else "")
        case _:
            return str(term)
