"""Why a change was not made, as clients get it: typed, in their language, with its place; knows errors and findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyoxigraph import NamedNode

from govgraph.contract import say
from govgraph.errors import ChangeError, GovgraphError, KeyReused, NotFound, Refused, Stale
from govgraph.graphql.execution.reading import Request
from govgraph.graphql.schema import texts
from govgraph.graphql.schema.fields import Arguments, Rule, attribute, field, fill, many, maybe, shell
from govgraph.graphql.schema.kinds import Types, enum
from govgraph.graphql.schema.names import capitals
from govgraph.graphql.schema.scalars import IRI
from govgraph.validation import Finding, Report, explain

FINDING = "FINDING"
STALE = "STALE"
NOT_FOUND = "NOT_FOUND"
NOT_POSSIBLE = "NOT_POSSIBLE"
INVALID_INPUT = "INVALID_INPUT"
KEY_REUSED = "KEY_REUSED"
NOT_READABLE_YET = "NOT_READABLE_YET"

CODES: Mapping[str, str] = {
    FINDING: "The change would introduce a finding that may not be there; what is said of the finding says which.",
    STALE: "The entry has changed since the revision that was expected; `revision` is its last one.",
    NOT_FOUND: "There is no such entry.",
    NOT_POSSIBLE: "The entry is not in the state that this needs.",
    INVALID_INPUT: "A value cannot be used; `input` says which.",
    KEY_REUSED: "The idempotency key was given with another change before.",
    NOT_READABLE_YET: "It is committed, but reading lags behind; read the entry again shortly.",
}
_WORDS: Mapping[str, Mapping[str, str]] = {
    STALE: {
        "en": "It has changed since then: its last revision is {revision}. Read it again, then decide.",
        "fr": "Elle a changé depuis : sa dernière révision est la {revision}. Relisez-la, puis décidez.",
    },
    NOT_FOUND: {"fr": "Cette fiche n’existe pas."},
    NOT_POSSIBLE: {"fr": "L’état de la fiche ne le permet pas."},
    INVALID_INPUT: {"fr": "Cette valeur ne peut pas être utilisée."},
    KEY_REUSED: {"fr": "Cette clé d’idempotence a déjà servi pour une autre modification."},
    NOT_READABLE_YET: {
        "en": "It is committed, but not readable here yet. Read the entry again shortly.",
        "fr": "C’est enregistré, mais pas encore lisible ici. Relisez la fiche dans un instant.",
    },
}
"""In English what the refusal itself says stands where there is nothing here."""


@dataclass(frozen=True, eq=False)
class Problem:
    """One reason. ``input`` leads to the argument it is about; ``sentence`` is in English."""

    code: str
    sentence: str = ""
    entity: NamedNode | None = None
    input: Sequence[str] = ()
    finding: Finding | None = None
    revision: int | None = None


def of_refusal(refused: Refused) -> list[Problem]:
    """One for each finding that stands against the change."""
    report = refused.report
    found = report.findings if isinstance(report, Report) else ()
    if not found:
        return [Problem(NOT_POSSIBLE, str(refused))]
    return [Problem(FINDING, entity=finding.entity, finding=finding) for finding in found]


def of_error(error: ChangeError | NotFound, expected: Mapping[NamedNode, frozenset[int]]) -> list[Problem]:
    """``expected`` is what the change expected of entities' revisions."""
    if isinstance(error, Refused):
        return of_refusal(error)
    if isinstance(error, Stale):
        stale = [(node, error.revisions.get(node.value)) for node in expected]
        wrong = [(node, now) for node, now in stale if now is not None and now not in expected[node]]
        found = [Problem(STALE if now else NOT_FOUND, str(error), node, revision=now or None) for node, now in wrong]
        return found or [Problem(STALE, str(error))]
    codes: tuple[tuple[type[GovgraphError], str], ...] = ((NotFound, NOT_FOUND), (KeyReused, KEY_REUSED))
    code = next((code for class_, code in codes if isinstance(error, class_)), NOT_POSSIBLE)
    return [Problem(code, str(error))]


def type_of_problems(types: Types) -> type:
    codes = enum("ProblemCode", CODES, "What kind of reason it is.")
    about = "The entry or part it is about; where it does not exist (yet) it has nothing but its IRI."
    property_ = "The name of the property a finding is about."
    fields = [
        attribute("code", codes, "What kind of reason it is."),
        field("message", _Message(), str, "What is wrong and what to do.", arguments=[texts.lang()]),
        attribute("input", many(str), "Names and positions that lead to the value it is about; empty where unknown."),
        attribute("entity", maybe(types.interfaces.entity), about),
        attribute("revision", int | None, "The last revision of the entity, for STALE."),
        _of_finding("severity", maybe(types.severity), "How grave the finding is.", lambda f: capitals(f.severity)),
        _of_finding("property", str | None, property_, lambda f: f.property_name),
        _of_finding("rule", str | None, "The name of the rule, where it comes from one.", lambda f: f.rule),
        _of_finding("path", IRI | None, "The predicate of the property.", lambda f: f.path and f.path.predicate.value),
        _of_finding("shape", str | None, "The IRI of the shape that says it.", lambda f: _text(f.shape)),
        _of_finding("component", IRI | None, "Which constraint of SHACL it is.", lambda f: f.component.value),
        _of_finding("value", str | None, "The value it is about.", lambda f: _text(f.value)),
        _of_finding("points", float | None, "What it costs of the score, in points.", lambda f: f.points),
    ]
    return fill(shell("Problem"), fields, "One reason why a change was not made, or something to know about one made.")


def _text(term: object) -> str | None:
    return getattr(term, "value", None)


def _of_finding(name: str, type_: object, description: str, show: Callable[[Finding], Any]) -> Any:
    return field(name, _Shown(show), type_, f"{description} Null where it is no finding.")


class _Shown(Rule):
    def __init__(self, show: Callable[[Finding], Any]) -> None:
        self._show = show

    def column(self, request: Request, sources: Sequence[Problem], arguments: Arguments) -> list[Any]:
        return [self._show(source.finding) if source.finding else None for source in sources]


class _Message(Rule):
    def column(self, request: Request, sources: Sequence[Problem], arguments: Arguments) -> list[Any]:
        wanted = texts.languages(arguments)
        return [_message(request, source, wanted) for source in sources]


def _message(request: Request, problem: Problem, wanted: Sequence[str]) -> str:
    if problem.finding is not None:
        return explain(request.view.contract, problem.finding, wanted)
    words = {"en": problem.sentence, **_WORDS.get(problem.code, {})}
    if problem.code == STALE and problem.revision is None:
        return problem.sentence
    return say(words, wanted).format(revision=problem.revision) if problem.code == STALE else say(words, wanted)
