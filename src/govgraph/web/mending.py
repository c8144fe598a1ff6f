"""The part of ``/validation`` that says what to mend next, and how the score has moved; ranks nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from govgraph.catalogue import View
from govgraph.catalogue.next_edits import Mending, Mendings, Scope, mendings, page
from govgraph.validation import Points, explain
from govgraph.web.language import N_, Said
from govgraph.web.plotting import Plot, Series, plot
from govgraph.web.showing import Showing, Shown
from govgraph.web.visit import Visit

_SORTS, _EDITS = 10, 10


@dataclass(frozen=True)
class Sort:
    """One thing that is wrong with several entries of a kind, and what mending all of it gives back.

    ``unlocked`` is how many of them could then be published.
    """

    kind: str
    label: str
    severity: str
    entities: int
    unlocked: int
    points: float
    href: str


@dataclass(frozen=True)
class Edit:
    """One thing to mend in one entry; ``unlocks`` when the entry could then be published."""

    entity: Shown
    kind: str
    label: str
    message: str
    severity: str
    points: float
    unlocks: bool


@dataclass(frozen=True)
class Next:
    """What an organisation can mend next, one edit each; ``more`` are left out."""

    organisation: Shown
    points: Points
    edits: tuple[Edit, ...]
    more: int
    unlocking: int


class MendingPage:
    """``label`` gives the words of a property or rule of a kind."""

    def __init__(self, visit: Visit, view: View, label: Callable[[str, str], str]) -> None:
        self._visit = visit
        self._view = view
        self._label = label

    @property
    def whole(self) -> Mendings:
        return mendings(self._view)

    def sorts(self) -> list[Sort]:
        """What is wrong with most entries at once, dearest first."""
        grouped: dict[tuple[str, str, str], list[Mending]] = {}
        for one in self.whole.ranked:
            grouped.setdefault((one.kind.name, one.subject, one.severity.value), []).append(one)
        found = [self._sort(subject, severity, of) for (_, subject, severity), of in grouped.items()]
        return sorted(found, key=lambda one: (-one.points, one.kind, one.label))[:_SORTS]

    def of(self, organisation: NamedNode) -> Next:
        """The single edits of one organisation, dearest first."""
        leaf = page(self._view, Scope(organisation), first=_EDITS)
        showing = Showing(self._visit, self._view, [organisation, *(one.entity for one in leaf.mendings)])
        edits = tuple(self._edit(showing, one) for one in leaf.mendings)
        return Next(showing.node(organisation), leaf.now, edits, leaf.total - len(edits), leaf.unlocking)

    def history(self, organisation: Next | None, iri: NamedNode | None) -> Plot | None:
        """The score of the catalogue and, where one is chosen, of an organisation; None where neither has moved."""
        visit, view = self._visit, self._view
        series = [Series(visit.words.tell(Said(N_("The catalogue"))), self._scores(NamedNode(view.names.base)))]
        if organisation is not None and iri is not None:
            series.append(Series(organisation.organisation.text, self._scores(iri)))
        return plot(series, view.revision, visit.words.percent)

    def _scores(self, thing: NamedNode) -> Sequence[tuple[int, float]]:
        history = self._view.keep(("score history", thing), lambda: self._view.score_history(thing))
        return [(revision, points.score) for revision, points in history]

    def _sort(self, subject: str, severity: str, of: Sequence[Mending]) -> Sort:
        kind = of[0].kind
        return Sort(
            kind=self._visit.heading(kind.plural_labels),
            label=self._label(kind.name, subject) if subject else "",
            severity=severity,
            entities=len({one.entity for one in of}),
            unlocked=len({one.entity for one in of if one.unlocks}),
            points=round(sum(one.points for one in of), 3),
            href=self._visit.href("/validation#findings", kind=kind.slug, property=subject, severity=severity),
        )

    def _edit(self, showing: Showing, one: Mending) -> Edit:
        said = dict.fromkeys(explain(self._view.contract, finding, self._visit.languages) for finding in one.findings)
        return Edit(
            entity=showing.node(one.entity),
            kind=self._visit.heading(one.kind.labels),
            label=self._label(one.kind.name, one.subject) if one.subject else "",
            message=self._visit.words.typeset(" ".join(said)),
            severity=one.severity.value,
            points=one.points,
            unlocks=one.unlocks,
        )
