"""What one operation has read of its view: values, kinds, labels and findings, each asked for many nodes at once.

Nothing is read twice. A node nobody read ahead is read when it is asked about, so that an answer is right in any
case. Reads are counted whether the store has to be asked or the view's memory has it, so that their number says
something of the operation alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Generic, TypeVar

from pyoxigraph import Literal, NamedNode

from govgraph.catalogue import Label, View
from govgraph.contract import Kind, Property
from govgraph.graphql.execution.memory import Memory
from govgraph.graphql.writing.desk import Desk
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
    megabytes: int = 64
    """Most an answer may be long."""
    points: int = 10_000
    """Most an operation may cost."""
    explain: str = "all"
    """Who has operations explained: all, working (on that view alone), none."""

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
            megabytes=settings.query_megabytes,
            # What nobody has points enough for is refused for good, not until the next window.
            points=min(settings.graphql_price, settings.graphql_points or settings.graphql_price),
            explain=settings.graphql_explain,
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


@dataclass(frozen=True)
class Read:
    """One read, for who wants it explained: by which part of the answer, what of how many nodes, what came of it.

    ``remembered`` are the nodes the store was not asked for, ``found`` the values, ``query`` SPARQL that finds it:
    ``equivalent`` to what was done in its place, else what ran, with its parameters written in.
    """

    part: str
    what: str
    names: tuple[str, ...]
    nodes: int
    remembered: int
    found: int
    seconds: float
    query: str = ""
    equivalent: bool = False


@dataclass(eq=False)
class Request:
    """One operation over one view. ``plan`` holds, by response key, what is planned below each root field.

    With ``projecting`` the plan makes the answer; without, graphql-core walks what the plan has read ahead.
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
    root: Any = None
    """What root fields are asked about: nothing, or the event of a subscription."""
    part: str = ""
    """The part of the answer that is being worked on."""
    explained: list[Read] | None = None
    """Every read, where somebody wants to know."""
    troubled: bool = False
    """Whether something has failed, or is null where it may not be."""
    chosen: dict[int, Any] = field(default_factory=dict)
    """By the identity of an object in the answer, what was selected of it, where that depends on its type."""

    def __post_init__(self) -> None:
        self._memory: Memory = self.view.keep("graphql", Memory)
        self._values: dict[Path, dict[Term, Sequence[Term]]] = {}
        self._labels: dict[tuple[str, ...], _Known[Label]] = {}
        self._kinds: _Known[Kind | None] = self._known("kinds", self._find_kinds, None)
        self._findings: _Known[Sequence[Finding]] = self._known("findings", self.view.findings, ())
        self._revisions: _Known[int] = self._known("revisions", self._find_revisions, 1)

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
            found = self._values[prop.path]
            return [found[node] for node in nodes]
        except KeyError:
            self._read_values((prop,), nodes)
            found = self._values[prop.path]
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

    def note(self, read: Read) -> None:
        """For who wants the operation explained."""
        if self.explained is not None:
            self.explained.append(read)

    def _read_values(self, properties: Iterable[Property], nodes: Sequence[Term]) -> None:
        """Of each node all the properties at once, unless all of them are there."""
        by_path = {prop.path: prop for prop in properties}
        columns = [(path, self._values.setdefault(path, {})) for path in by_path]
        missing = [n for n in dict.fromkeys(nodes) if any(n not in column for _, column in columns)]
        if not missing:
            return
        self.reads += 1
        start = perf_counter()
        for path, column in columns:
            column.update(self._memory.known(path, missing))
        unknown = [n for n in missing if any(n not in column for _, column in columns)]
        if unknown:
            found = self.view.values(unknown, list(by_path.values()))
            for path, column in columns:
                of = found[by_path[path]]
                more = {node: of.get(node, _NO_VALUES) for node in unknown}
                self._memory.learn(path, more)
                column.update(more)
        if self.explained is not None:
            names = tuple(sorted(prop.name for prop in by_path.values()))
            count = sum(len(column[node]) for _, column in columns for node in missing)
            self._note("values", names, missing, unknown, count, start)

    def _labels_in(self, languages: tuple[str, ...]) -> _Known[Label]:
        if languages not in self._labels:
            self._labels[languages] = self._known(
                "labels", lambda nodes: self.view.called(nodes, languages), Label("", ""), languages
            )
        return self._labels[languages]

    def _known(
        self,
        what: str,
        find: Callable[[list[Term]], Mapping[Term, _Value]],
        nothing: _Value,
        languages: tuple[str, ...] = (),
    ) -> _Known[_Value]:
        """What is asked of the view's memory before it is found."""
        key = (what, languages)

        def remember(nodes: list[Term]) -> Mapping[Term, _Value]:
            self.reads += 1
            start = perf_counter()
            found: dict[Term, _Value] = self._memory.known(key, nodes)
            unknown = [node for node in nodes if node not in found]
            if unknown:
                read = find(unknown)
                more = {node: read.get(node, nothing) for node in unknown}
                self._memory.learn(key, more)
                found |= more
            if self.explained is not None:
                count = sum(len(one) if isinstance(one, list | tuple) else one != nothing for one in found.values())
                self._note(what, languages, nodes, unknown, count, start)
            return found

        return _Known(remember, nothing)

    def _note(  # what Read tells, as it is at hand
        self, what: str, names: tuple[str, ...], nodes: list[Term], unknown: list[Term], found: int, start: float
    ) -> None:
        seconds = perf_counter() - start
        self.note(Read(self.part, what, names, len(nodes), len(nodes) - len(unknown), found, seconds))

    def _find_kinds(self, nodes: list[Term]) -> Mapping[Term, Kind | None]:
        return {**self.view.kinds(nodes)}

    def _find_revisions(self, nodes: list[Term]) -> Mapping[Term, int]:
        history = self.view.names.history(self.view.audience)
        said = self.view.reader.values(nodes, (_REVISION,), (history,))[_REVISION]
        return {node: max(int(value.value) for value in of if isinstance(value, Literal)) for node, of in said.items()}


_NO_VALUES: tuple[Term, ...] = ()
