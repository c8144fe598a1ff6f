"""Revisions as a reader sees them: who, when, through which door, why, and which entries; writes no HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from govgraph.catalogue import View
from govgraph.catalogue.chronicle import Chronicle, Revision, Wanted
from govgraph.errors import LogDamaged, NotFound
from govgraph.web.difference import Difference
from govgraph.web.language import N_, Said
from govgraph.web.showing import Showing, Shown
from govgraph.web.visit import Visit

FEW = 3
"""Entries that a list names per revision."""
LATEST = 5
"""Revisions that the document of an entity names."""
_SHORT = 8
"""Digits of a pseudonym that are shown."""
DOORS: Mapping[str, Said] = {
    "graphql": Said(N_("GraphQL")),
    "sparql-update": Said(N_("SPARQL Update")),
    "graph-store": Said(N_("Graph Store")),
    "document": Said(N_("A document sent")),
    "file": Said(N_("Import of a file")),
    "cli": Said(N_("Command line")),
    "contract": Said(N_("New contract")),
}
"""The ways a change comes in; one that is not here stands as it was written."""


@dataclass(frozen=True)
class Told:
    """One revision in words. ``pseudonym`` is short, ``author_href`` leads to all of that author.

    ``changed`` are the first FEW entries, ``others`` counts the rest; ``uncounted`` when there are even more.
    ``what`` says in a few words what changed of the one entity it was told about.
    """

    number: int
    href: str
    when: str
    instant: str
    organisation: Shown | None
    pseudonym: str
    author_href: str
    door: str
    reason: str
    changed: tuple[Shown, ...]
    others: int
    uncounted: bool
    what: tuple[str, ...] = ()


@dataclass(frozen=True)
class Latest:
    """The latest revisions of one entity; ``all_href`` is the list of all."""

    revisions: tuple[Told, ...]
    all_href: str


def tell(visit: Visit, view: View, revisions: Sequence[Revision]) -> tuple[Told, ...]:
    """Two reads, whatever their number."""
    showing = Showing(visit, view, _nodes(revisions))
    return tuple(_told(visit, showing, one, ()) for one in revisions)


def latest(visit: Visit, view: View, entity: NamedNode) -> Latest:
    """The last revisions of an entity with what changed of it. Cost is bounded by their number."""
    leaf = Chronicle(view).leaf(Wanted(entity=entity), LATEST)
    showing = Showing(visit, view, _nodes(leaf.revisions))
    told = tuple(_told(visit, showing, one, _what(visit, view, one, entity)) for one in leaf.revisions)
    return Latest(told, visit.href("/revisions", entity=entity.value))


def _nodes(revisions: Iterable[Revision]) -> list[NamedNode]:
    organisations = [one.organisation for one in revisions if one.organisation]
    return [*organisations, *(entity for one in revisions for entity in one.changed[:FEW])]


def _told(visit: Visit, showing: Showing, revision: Revision, what: tuple[str, ...]) -> Told:
    organisation, agent = revision.organisation, revision.agent
    pseudonym = agent.value.rpartition("/")[2] if agent else ""
    # An organisation the reader may not know of has no kind here; its name is not shown either.
    known = organisation is not None and showing.kind_of(organisation) is not None
    return Told(
        number=revision.number,
        href=visit.href(f"/revision/{revision.number}"),
        when=visit.words.moment(revision.at) if revision.at else "",
        instant=revision.at.isoformat() if revision.at else "",
        organisation=showing.node(organisation) if organisation and known else None,
        pseudonym=pseudonym[:_SHORT],
        author_href=visit.href("/revisions", agent=pseudonym) if pseudonym else "",
        door=visit.words.tell(DOORS.get(revision.door, revision.door)),
        reason=revision.reason,
        changed=tuple(showing.node(entity) for entity in revision.changed[:FEW]),
        others=max(len(revision.changed) - FEW, 0),
        uncounted=revision.more,
        what=what,
    )


def _what(visit: Visit, view: View, revision: Revision, entity: NamedNode) -> tuple[str, ...]:
    """Empty where many entries changed at once: what became of this one is on the revision's page."""
    if revision.more:
        return ()
    try:
        return Difference(visit, view, visit.house.ledger, revision.number, [entity]).properties(entity)
    except (NotFound, LogDamaged):
        # The log may begin later than the history; who and when are still known.
        return ()
