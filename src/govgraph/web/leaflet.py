"""One revision as a page and as JSON: its head, and what it changed of which entries; knows no list of revisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from pyoxigraph import Literal, NamedNode

from govgraph.catalogue import View
from govgraph.catalogue.chronicle import Chronicle, Revision, Wanted
from govgraph.catalogue.text import sort_key
from govgraph.errors import LogDamaged, NotFound
from govgraph.media import Format
from govgraph.store import Term
from govgraph.web.annals import tell
from govgraph.web.difference import EVENTS, Difference, Line, Touched
from govgraph.web.language import N_, Said
from govgraph.web.showing import Showing, Shown
from govgraph.web.visit import Visit

MOST_DETAILED = 10_000
"""Entities of a revision that is looked up in the log; of a larger one a page says only which they are."""
ENTITIES = 20
"""Entities on one page of a revision."""
_MOST_PAGES = 10_000_000


@dataclass(frozen=True)
class Page:
    """Where one is among the entities of a revision; ``more`` when there are others after it."""

    number: int
    more: bool


class Leaflet:
    """The page of one revision."""

    def __init__(self, visit: Visit, view: View, revision: Revision, formats: Sequence[Format]) -> None:
        self.graphs = (view.names.history(view.audience),)
        self._visit = visit
        self._view = view
        self._revision = revision
        self._formats = formats
        self._chronicle = Chronicle(view)

    def html(self) -> str:
        visit, number = self._visit, self._revision.number
        entities, page = self._page()
        touched = self._touched(entities)
        before = self._chronicle.leaf(Wanted(), 1, before=number).revisions
        after = self._chronicle.leaf(Wanted(), 1, after=number).revisions
        return visit.house.renderer.page(
            visit,
            "revision.html",
            told=tell(visit, self._view, [self._revision])[0],
            touched=touched,
            named=() if touched is not None else self._named(entities),
            events={code: visit.words.tell(said) for code, said in EVENTS.items()},
            page=page,
            previous=visit.href(f"/revision/{before[0].number}") if before else "",
            next=visit.href(f"/revision/{after[0].number}") if after else "",
            formats=[(one, visit.href(f"/revision/{number}.{one.name}")) for one in self._formats],
            iri=self._view.names.revision(number).value,
            view=self._view,
        )

    def json(self) -> bytes:
        entities, page = self._page()
        touched = self._touched(entities)
        changes = [_changed(one) for one in touched] if touched is not None else None
        turn = self._visit.here(page=page.number + 1) if page.more else None
        return orjson.dumps({**as_json(self._view, self._revision), "changes": changes, "next": turn})

    def _page(self) -> tuple[tuple[NamedNode, ...], Page]:
        number = self._visit.whole("page", _MOST_PAGES)
        skip = (number - 1) * ENTITIES
        entities = self._chronicle.entities_of(self._revision.number, skip, ENTITIES + 1)
        if number > 1 and not entities:
            raise NotFound(
                Said(N_("There is no page %(page)s of this revision."), page=number),
                Said(N_("Begin with the first page.")),
            )
        return entities[:ENTITIES], Page(number, len(entities) > ENTITIES)

    def _touched(self, entities: tuple[NamedNode, ...]) -> tuple[Touched, ...] | None:
        """None where the log does not have it, or it is too large to be looked through."""
        number = self._revision.number
        if self._revision.more and self._chronicle.entities_of(number, MOST_DETAILED, 1):
            return None
        try:
            difference = Difference(self._visit, self._view, self._visit.house.ledger, number, entities)
        except (NotFound, LogDamaged):
            return None
        return tuple(sorted(difference.touched(), key=lambda one: (one.kind, sort_key(one.node.text))))

    def _named(self, entities: tuple[NamedNode, ...]) -> tuple[Shown, ...]:
        showing = Showing(self._visit, self._view, entities)
        return tuple(showing.node(entity) for entity in entities)


def as_json(view: View, revision: Revision) -> dict[str, object]:
    """A revision for programs; ``changed`` are the first of its entities, ``moreChanged`` when there are others."""
    return {
        "revision": revision.number,
        "iri": view.names.revision(revision.number).value,
        "at": revision.at.isoformat() if revision.at else None,
        "agent": revision.agent.value if revision.agent else None,
        "organisation": revision.organisation.value if revision.organisation else None,
        "door": revision.door,
        "reason": revision.reason or None,
        "contractHash": revision.contract_hash or None,
        "changed": [entity.value for entity in revision.changed],
        "moreChanged": revision.more,
    }


def _changed(touched: Touched) -> dict[str, object]:
    said: dict[str, object] = {
        "iri": touched.iri.value,
        "label": touched.node.text,
        "events": list(touched.events),
        "properties": [_line(line) for line in touched.lines],
    }
    return said | ({"parts": [_changed(part) for part in touched.parts]} if touched.parts else {})


def _line(line: Line) -> dict[str, object]:
    return {
        "property": line.name or None,
        "predicate": line.predicate.value,
        "removed": [_term(term) for term in line.removed],
        "added": [_term(term) for term in line.added],
    }


def _term(term: Term) -> Mapping[str, str]:
    """As the JSON of SPARQL's results has it (section 3.2.2)."""
    if isinstance(term, NamedNode):
        return {"type": "uri", "value": term.value}
    if not isinstance(term, Literal):
        return {"type": "bnode", "value": str(term)}
    extra = {"xml:lang": term.language} if term.language else {"datatype": term.datatype.value}
    return {"type": "literal", "value": term.value, **extra}
