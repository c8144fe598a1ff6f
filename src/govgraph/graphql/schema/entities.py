"""What every entity has in GraphQL, whatever its kind: the interfaces Node and Entity, and Thing for foreign IRIs.

The source of an entity is its IRI alone; all else is in what the operation has read.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import strawberry
from pyoxigraph import NamedNode

from govgraph.contract import Contract, Kind, Severity
from govgraph.errors import BadRequest
from govgraph.graphql.execution.reading import Needs, Request
from govgraph.graphql.schema import texts
from govgraph.graphql.schema.fields import Arguments, Rule, argument, field, fill, many, maybe, shell
from govgraph.graphql.schema.names import capitals
from govgraph.graphql.schema.scalars import IRI
from govgraph.iris import Names
from govgraph.validation import Finding, points

THING = "Thing"
_RANK = {severity: rank for rank, severity in enumerate(Severity)}


def global_id(iri: NamedNode) -> str:
    """Opaque to clients: the IRI in base64url."""
    return base64.urlsafe_b64encode(iri.value.encode()).decode().rstrip("=")


def iri_of(text: str) -> NamedNode | None:
    """The IRI a global id carries, or the text itself where it is an IRI; None for anything else."""
    if ":" not in text:
        try:
            text = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True).decode()
        except (binascii.Error, ValueError):
            return None
    try:
        return NamedNode(text) if ":" in text else None
    except ValueError:
        return None


def refer(text: str, kinds: Sequence[Kind], names: Names) -> list[NamedNode]:
    """What a global id, an IRI or a slug may mean; a slug one entity of each kind. Raises BadRequest."""
    iri = iri_of(text)
    if iri is not None:
        return [iri]
    if not kinds:
        raise BadRequest(f"{text[:80]!r} is neither a global id nor an IRI.", "Take id or iri from an answer.")
    return [names.entity(kind.slug, text) for kind in kinds]


def type_names(request: Request, nodes: Sequence[NamedNode]) -> list[str]:
    """The name of each entity's object type."""
    return [kind.name if kind else THING for kind in request.kinds(nodes)]


class _Simple(Rule):
    """What follows from the IRI alone."""

    def one(self, request: Request, node: NamedNode) -> Any:
        raise NotImplementedError

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        return [self.one(request, node) for node in sources]


class _GlobalId(_Simple):
    def one(self, request: Request, node: NamedNode) -> str:
        return global_id(node)


class _Iri(_Simple):
    def one(self, request: Request, node: NamedNode) -> str:
        return node.value


class _Slug(_Simple):
    def one(self, request: Request, node: NamedNode) -> str | None:
        ours = request.view.names.split(node.value)
        return ours[1] if ours else None


class _Page(_Simple):
    def one(self, request: Request, node: NamedNode) -> str:
        return request.view.names.page(node.value)


class _KindName(Rule):
    def needs(self, arguments: Arguments) -> Needs:
        return Needs(kinds=True)

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        return [capitals(kind.name) if kind else None for kind in request.kinds(sources)]


class _Label(Rule):
    def needs(self, arguments: Arguments) -> Needs:
        return Needs(labels=frozenset({texts.languages(arguments)}))

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        labels = request.labels(texts.languages(arguments), sources)
        return [texts.of_label(label) for label in labels]


class _Findings(Rule):
    def needs(self, arguments: Arguments) -> Needs:
        return Needs(findings=True)

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        wanted = severities(arguments)
        return [
            sorted((f for f in found if f.severity in wanted), key=gravest_first) for found in request.findings(sources)
        ]


class _Score(Rule):
    def needs(self, arguments: Arguments) -> Needs:
        return Needs(kinds=True, findings=True)

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        of = zip(request.kinds(sources), request.findings(sources), strict=True)
        return [points(kind, findings).score if kind else None for kind, findings in of]


class _Revision(Rule):
    """Of entities of the catalogue; what their parts say is said with them."""

    def needs(self, arguments: Arguments) -> Needs:
        return Needs(kinds=True, revisions=True)

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        of = zip(request.kinds(sources), request.revisions(sources), strict=True)
        return [revision if kind and not kind.part else None for kind, revision in of]


def gravest_first(finding: Finding) -> tuple[int, float, str, str]:
    return _RANK[finding.severity], -finding.points, finding.entity.value, finding.key


def severities(arguments: Arguments) -> set[Severity]:
    """The severities an argument names (as members of the enum of the schema); all where it names none."""
    given: Iterable[Any] = arguments.get("severity") or ()
    return {Severity(one.value.lower()) for one in given} or set(Severity)


class Interfaces:
    """The types of one schema that stand for any entity; ``severity`` and ``kind_name`` are its enums."""

    def __init__(self, contract: Contract, kind_name: type, severity: type) -> None:
        self.kind_name = kind_name
        self.severity = severity
        self.node = shell("Node")
        self.entity = shell("Entity", self.node)
        self.thing = shell(THING, self.entity)
        self.finding = shell("Finding")
        self.more: list[Any] = []
        """Fields of every entity that others make."""
        for interface in (self.node, self.entity):
            interface.resolve_type = classmethod(_type_of)  # type: ignore[attr-defined]  # strawberry looks for it
        self._kinds: Mapping[str, Kind] = contract.by_name

    def fill(self) -> None:
        id_ = field("id", _GlobalId(), strawberry.ID, "The same for as long as the thing has its IRI; opaque.")
        fill(self.node, [id_], "Anything that can be fetched again by its id.", interface=True)
        words = "Anything with an IRI: an entry, a part of one, or a thing elsewhere."
        fill(self.entity, self._fields(), words, interface=True)
        self.fill_object(self.thing, [], "A thing outside the catalogue, known by its IRI.")

    def fill_object(self, shell_: type, fields: Iterable[Any], description: str) -> type:
        """Make a shell that stands on Entity an object type."""
        # What a source is follows from the field it comes from, not from its Python class.
        shell_.is_type_of = classmethod(lambda *_: True)  # type: ignore[attr-defined]  # strawberry looks for it
        return fill(shell_, fields, description)

    def _fields(self) -> list[Any]:
        findings = "What the shapes say against it and its parts, gravest first."
        severity = argument("severity", maybe(many(self.severity)))
        score = "How complete it is, in percent; null for a thing outside the catalogue."
        revision = "The revision it or a part of it changed in last; null for a part and for a thing elsewhere."
        label = "What to call it: its title, or the end of its IRI."
        return [
            field("iri", _Iri(), IRI, "What it is called everywhere, in every format."),
            field("kind", _KindName(), maybe(self.kind_name), "Null for a thing outside the catalogue."),
            field("slug", _Slug(), str | None, "The end of its IRI; null where the IRI is not of this catalogue."),
            field("label", _Label(), texts.Text, label, arguments=[texts.lang()]),
            field("page", _Page(), IRI, "The address of the page about it."),
            field("findings", _Findings(), many(self.finding), findings, arguments=[severity]),
            field("score", _Score(), float | None, score),
            field("revision", _Revision(), int | None, revision),
            *self.more,
        ]


def _type_of(_class: type, source: NamedNode, info: Any, _abstract: object) -> str:
    request: Request = info.context
    return type_names(request, [source])[0]
