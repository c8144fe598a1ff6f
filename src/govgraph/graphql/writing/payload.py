"""What a mutation answers: what became of the change, the entity as it is then, and what stood against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pyoxigraph import NamedNode

from govgraph.change import Committed, Scored
from govgraph.contract import Kind
from govgraph.errors import RevisionAway
from govgraph.graphql.execution.reading import Limits, Needs, Request
from govgraph.graphql.schema.fields import Arguments, Rule, attribute, field, fill, many, maybe, shell
from govgraph.graphql.schema.kinds import Types
from govgraph.graphql.schema.scalars import IRI
from govgraph.graphql.writing.problems import NOT_READABLE_YET, Problem, type_of_problems
from govgraph.validation import Finding

_UNKNOWN = Scored(None, None)


@dataclass(frozen=True, eq=False)
class Edited:
    """One edit of a change: the entity it is about, None where not even its IRI is known."""

    entity: NamedNode | None
    score: Scored = _UNKNOWN

    @property
    def iri(self) -> str | None:
        return self.entity.value if self.entity else None


@dataclass(frozen=True, eq=False)
class Outcome:
    """``revision`` is the newest one that is known: the change's own where it was committed."""

    edited: Sequence[Edited]
    revision: int
    dry_run: bool
    committed: bool = False
    problems: Sequence[Problem] = ()
    introduced: Sequence[Finding] = ()
    mended: Sequence[Finding] = ()
    catalogue: Scored = _UNKNOWN

    @classmethod
    def of(cls, did: Committed, entities: Sequence[NamedNode | None], problems: Sequence[Problem] = ()) -> Outcome:
        """Of a change that was judged; with problems it was refused."""
        return cls(
            edited=[Edited(one, did.scores.get(one, _UNKNOWN) if one else _UNKNOWN) for one in entities],
            revision=did.revision,
            dry_run=did.dry_run,
            committed=not problems and not did.dry_run,
            problems=problems,
            introduced=did.introduced,
            mended=did.mended,
            catalogue=did.catalogue,
        )


def follow(request: Request, outcome: Outcome, *, reading: bool) -> tuple[Request, Outcome]:
    """A request that reads the catalogue as a change left it, without waiting where it is not ``reading`` entities.

    The outcome says so where readers do not follow soon: what is committed stays committed.
    """
    desk = request.desk
    assert desk is not None, "nothing writes without one"
    request.written = max(request.written, outcome.revision) if outcome.committed else request.written
    view = request.view
    if reading:
        try:
            view = desk.working(request.written)
        except RevisionAway:
            view = desk.working(0)
            late = Problem(NOT_READABLE_YET, revision=outcome.revision)
            outcome = replace(outcome, edited=[Edited(None, one.score) for one in outcome.edited], problems=[late])
    return Request(view, request.limits, desk=desk), outcome


class _Entity(Rule):
    """The entity as it is now: null where it is not there, or of another kind than the field promises."""

    def __init__(self, kind: Kind | None) -> None:
        self._kind = kind

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        nodes = [_edited(source).entity for source in sources]
        known = [node for node in nodes if node is not None]
        request.read(Needs(kinds=True), known)
        kinds = dict(zip(known, request.kinds(known), strict=True))
        wanted = self._kind
        there = {node for node, kind in kinds.items() if kind is not None and wanted in (None, kind)}
        return [node if node in there else None for node in nodes]


class _OfEdited(Rule):
    """What the only edit of a change has under a name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        return [getattr(_edited(source), self._name) for source in sources]


class _Edits(Rule):
    def width(self, arguments: Arguments, limits: Limits) -> int:
        return limits.edits

    def column(self, request: Request, sources: Sequence[Outcome], arguments: Arguments) -> list[Any]:
        return [list(source.edited) for source in sources]


class _Percent(Rule):
    def __init__(self, name: str) -> None:
        self._name = name

    def column(self, request: Request, sources: Sequence[Scored], arguments: Arguments) -> list[Any]:
        found = [getattr(source, self._name) for source in sources]
        return [points.score if points is not None else None for points in found]


def _edited(source: Outcome | Edited) -> Edited:
    return source if isinstance(source, Edited) else source.edited[0]


class Payloads:
    """The payload types of one schema: ``of_kind`` by name, and ``of_change`` for several edits at once."""

    def __init__(self, types: Types) -> None:
        self._types = types
        self._problem = type_of_problems(types)
        self._score = fill(
            shell("ScoreChange"),
            [
                field("before", _Percent("before"), float | None, "Null where there was nothing to score."),
                field("after", _Percent("after"), float | None, "Null where there is nothing to score any more."),
            ],
            "How complete something is in percent, before and after a change.",
        )
        self.of_kind: Mapping[str, type] = {kind.name: self._payload(kind) for kind in types.contract.entities}
        edited = fill(shell("EditResult"), self._edited_fields(None), "What one edit of a change was about.")
        words = "One for each edit, in their order."
        results = field("results", _Edits(), many(edited), words)
        self.of_change = fill(shell("ChangePayload"), [results, *self._fields()], "What became of several edits.")

    def _payload(self, kind: Kind) -> type:
        made = shell(self._types.take(f"that tells of a change of {kind.name}", f"{kind.name}Payload"))
        return fill(made, [*self._edited_fields(kind), *self._fields()], "What became of the change.")

    def _edited_fields(self, kind: Kind | None) -> list[Any]:
        entity = self._types.objects[kind.name] if kind else self._types.interfaces.entity
        now = "As it is after the change: null where it is not (or no more) there. Reading it may wait a moment."
        score = "How complete it is; on a dry run or a refusal, what it would be."
        return [
            field("entity", _Entity(kind), maybe(entity), now),
            field("iri", _OfEdited("iri"), IRI | None, "Its IRI, or the one it would have."),
            field("score", _OfEdited("score"), self._score, score),
        ]

    def _fields(self) -> list[Any]:
        finding = many(self._types.interfaces.finding)
        newest = "The change's own where one was committed, else the newest one."
        nothing = "Whether it is in the catalogue now; false for a dry run."
        return [
            attribute("committed", bool, nothing),
            attribute("dryRun", bool, "Whether it was judged only.", "dry_run"),
            attribute("revision", int, newest),
            attribute("problems", many(self._problem), "Why it was not made; on a dry run, why it would not be."),
            attribute("introduced", finding, "Findings of the working view that come with the change."),
            attribute("mended", finding, "Findings of the working view that go with the change."),
            attribute("catalogueScore", self._score, "How complete the whole catalogue is.", "catalogue"),
        ]
