"""What one operation has read of its view: values, kinds, labels and findings, each asked for many nodes at once.

Nothing is read twice. A node nobody read ahead is read when it is asked about, so that an answer is right in any
case; how many reads there were is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pyoxigraph import Literal, NamedNode

from govgraph.catalogue import Label, View
from govgraph.contract import Kind, Property
from govgraph.graphql.desk import Desk
from govgraph.iris import GOV, name
from govgraph.settings import Settings
from govgraph.store import Path, Term
from govgraph.validation import Finding

_Value = TypeVar("_Value")
_REVISION = Path(name(GOV, "revision"))


@dataclass(frozen=True)
class Needs:
    """What a level of entities has to have read: properties, labels (per preference of languages), and so on."""

    properties: frozenset[Property] = frozenset()
    labels: frozenset[tuple[str, ...]] = frozenset()
    kinds: bool = False
    findings: bool = False
    revisions: bool = False

    def __or__(self, other: Needs) -> Needs:
        return Needs(
            self.properties | other.properties,
            self.labels | other.labels,
            self.kinds or other.kinds,
            self.findings or other.findings,
            self.revisions or other.revisions,
        )


NOTHING = Needs()


def needs_of(all_: Iterable[Needs]) -> Needs:
    total = NOTHING
    for one in all_:
        total |= one
    return total


@dataclass(frozen=True)
class Limits:
    """What one operation may ask for."""

    tokens: int
    depth: int
    aliases: int
    nodes: int
    page_size: int
    page_max: int
    answer_rows: int
    edits: int = 100
    """Most edits of a change, and most changes of a request."""
    text: int = 20_000
    """Characters of one text that is written."""

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        return cls(
            tokens=settings.graphql_tokens,
            depth=settings.graphql_depth,
            aliases=settings.graphql_aliases,
            nodes=settings.graphql_nodes,
            page_size=settings.page_size,
            page_max=settings.page_max,
            answer_rows=settings.answer_rows,
            edits=settings.graphql_edits,
            text=settings.text_characters,
        )


class _Known(Generic[_Value]):
    """One thing about nodes: what was found, and how to find it for more."""

    def __init__(self, find: Callable[[list[Term]], Mapping[Term, _Value]], nothing: _Value) -> None:
        self._find = find
        self._nothing = nothing
        self._found: dict[Term, _Value] = {}

    def read(self, nodes: Iterable[Term]) -> None:
        found = self._found
        missing = [node for node in dict.fromkeys(nodes) if node not in found]
        if missing:
            more, nothing = self._find(missing), self._nothing
            for node in missing:
                found[node] = more.get(node, nothing)

    def column(self, nodes: Sequence[Term]) -> list[_Value]:
        found = self._found
        try:
            return [found[node] for node in nodes]
        except KeyError:
            self.read(nodes)
            return [found[node] for node in nodes]


@dataclass(eq=False)
class Request:
    """One operation over one view. ``plan`` holds, by response key, what is planned below each root field.

    With ``projecting`` the root fields give what the plan projects; without, graphql-core walks what was read.
    """

    view: View
    limits: Limits
    plan: Mapping[str, Any] = field(default_factory=dict)  # of plan.Planned, which knows this module
    projecting: bool = True
    reads: int = 0
    desk: Desk | None = None
    """For a mutation alone."""
    written: int = 0
    """The newest revision this operation has made."""

    def __post_init__(self) -> None:
        self._values: dict[Property, dict[Term, Sequence[Term]]] = {}
        self._labels: dict[tuple[str, ...], _Known[Label]] = {}
        self._kinds: _Known[Kind | None] = _Known(self._find_kinds, None)
        self._findings: _Known[Sequence[Finding]] = _Known(self._find_findings, ())
        self._revisions: _Known[int] = _Known(self._find_revisions, 1)

    def read(self, needs: Needs, nodes: Sequence[NamedNode]) -> None:
        """Read for a whole level what it needs; at most one read for values, one for kinds, one per labels."""
        if needs.properties:
            self._read_values(needs.properties, nodes)
        if needs.kinds:
            self._kinds.read(nodes)
        for languages in needs.labels:
            self._labels_in(languages).read(nodes)
        if needs.findings:
            self._findings.read(nodes)
        if needs.revisions:
            self._revisions.read(nodes)

    def values(self, prop: Property, nodes: Sequence[Term]) -> list[Sequence[Term]]:
        try:
            found = self._values[prop]
            return [found[node] for node in nodes]
        except KeyError:
            self._read_values((prop,), nodes)
            found = self._values[prop]
            return [found[node] for node in nodes]

    def kinds(self, nodes: Sequence[Term]) -> list[Kind | None]:
        return self._kinds.column(nodes)

    def labels(self, languages: tuple[str, ...], nodes: Sequence[Term]) -> list[Label]:
        return self._labels_in(languages).column(nodes)

    def findings(self, nodes: Sequence[Term]) -> list[Sequence[Finding]]:
        return self._findings.column(nodes)

    def revisions(self, nodes: Sequence[Term]) -> list[int]:
        """Per entity the revision it changed in last."""
        return self._revisions.column(nodes)

    def _read_values(self, properties: Iterable[Property], nodes: Sequence[Term]) -> None:
        columns = {prop: self._values.setdefault(prop, {}) for prop in properties}
        missing = [n for n in dict.fromkeys(nodes) if any(n not in column for column in columns.values())]
        if not missing:
            return
        self.reads += 1
        found = self.view.values(missing, list(columns))
        for prop, column in columns.items():
            more = found[prop]
            for node in missing:
                column[node] = more.get(node, _NO_VALUES)

    def _labels_in(self, languages: tuple[str, ...]) -> _Known[Label]:
        if languages not in self._labels:

            def find(nodes: list[Term]) -> Mapping[Term, Label]:
                self.reads += 1
                return self.view.labels(nodes, languages)

            self._labels[languages] = _Known(find, Label("", ""))
        return self._labels[languages]

    def _find_kinds(self, nodes: list[Term]) -> Mapping[Term, Kind | None]:
        self.reads += 1
        found: dict[Term, Kind | None] = {}
        found.update(self.view.kinds(nodes))
        return found

    def _find_findings(self, nodes: list[Term]) -> Mapping[Term, Sequence[Finding]]:
        self.reads += 1
        return self.view.findings(nodes)

    def _find_revisions(self, nodes: list[Term]) -> Mapping[Term, int]:
        self.reads += 1
        history = self.view.names.history(self.view.audience)
        said = self.view.reader.values(nodes, (_REVISION,), (history,))[_REVISION]
        return {node: max(int(value.value) for value in of if isinstance(value, Literal)) for node, of in said.items()}


_NO_VALUES: tuple[Term, ...] = ()
