"""What every entity has in GraphQL, whatever its kind: the interfaces Node and Entity, and Thing for foreign IRIs.

The source of an entity is its IRI alone; all else is in what the operation has read.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import strawberry
from pyoxigraph import NamedNode

from govgraph.contract import Contract, Kind, Severity
from govgraph.errors import BadRequest
from govgraph.graphql.execution.reading import Limits, Needs, Request
from govgraph.graphql.schema import texts
from govgraph.graphql.schema.fields import Arguments, Rule, argument, field, fill, many, maybe, shell, size
from govgraph.graphql.schema.names import capitals
from govgraph.graphql.schema.scalars import IRI
from govgraph.iris import Names
from govgraph.validation import Finding, points

THING = "Thing"
FINDINGS_SHOWN = 50
"""Of an entry, where no size is given; part of the schema, since clients rely on it."""
SEVERITIES = "Of these severities alone; of all where it is not given."
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
        hint = (
            "Take id or iri from an answer; a slug does where one kind is meant: in relations, and in look-ups by slug."
        )
        raise BadRequest(f"{text[:80]!r} is neither a global id nor an IRI.", hint)
    return [names.entity(kind.slug, text) for kind in kinds]


def find(
    said: Sequence[str],
    kinds: Sequence[Kind],
    names: Names,
    known: Callable[[Sequence[NamedNode]], Sequence[Kind | None]],
) -> list[NamedNode]:
    """What global ids, IRIs and slugs mean; of a slug what there is. ``known`` gives the kinds of what is there, and is
    asked once. Raises BadRequest for a slug that names nothing: to find nothing would read as there is none."""
    meant = {text: refer(text, kinds, names) for text in said}
    slugs = {text: nodes for text, nodes in meant.items() if iri_of(text) is None}
    asked = [node for nodes in slugs.values() for node in nodes]
    there = {node for node, kind in zip(asked, known(asked), strict=True) if kind in kinds} if asked else set()
    for text, nodes in slugs.items():
        if there.isdisjoint(nodes):
            what = " or ".join(kind.name for kind in kinds)
            hint = "Take slug, id or iri from an answer; isMissing asks for what leads nowhere."
            raise BadRequest(f"The slug {text[:80]!r} names no {what} you can see.", hint)
        meant[text] = [node for node in nodes if node in there]
    return list(chain.from_iterable(meant.values()))


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
    def width(self, arguments: Arguments, limits: Limits) -> int:
        first = arguments.get("first")
        return size("first", None if first == FINDINGS_SHOWN else first, FINDINGS_SHOWN, limits.page_max)

    def needs(self, arguments: Arguments) -> Needs:
        return Needs(findings=True)

    def column(self, request: Request, sources: Sequence[Any], arguments: Arguments) -> list[Any]:
        wanted, most = severities(arguments), self.width(arguments, request.limits)
        return [
            sorted((f for f in found if f.severity in wanted), key=gravest_first)[:most]
            for found in request.findings(sources)
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
    """The severities an argument names (as members of the enum of the schema); all where it is not given."""
    given: Iterable[Any] | None = arguments.get("severity")
    return set(Severity) if given is None else {Severity(one.value.lower()) for one in given}


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
        findings = "What the shapes say against it and its parts, gravest first: the first ones."
        told = [
            argument("severity", maybe(many(self.severity)), SEVERITIES),
            argument("first", int | None, f"At most how many, {FINDINGS_SHOWN} if not given.", FINDINGS_SHOWN),
        ]
        score = "How complete it is, in percent; null for a thing outside the catalogue."
        revision = "The revision it or a part of it changed in last; null for a part and for a thing elsewhere."
        label = "What to call it: its title; a part without one by its type or kind; else the end of its IRI."
        return [
            field("iri", _Iri(), IRI, "What it is called everywhere, in every format."),
            field("kind", _KindName(), maybe(self.kind_name), "Null for a thing outside the catalogue."),
            field("slug", _Slug(), str | None, "The end of its IRI; null where the IRI is not of this catalogue."),
            field("label", _Label(), texts.Text, label, arguments=[texts.lang()]),
            field("page", _Page(), IRI, "The address of the page about it."),
            field("findings", _Findings(), many(self.finding), findings, arguments=told),
            field("score", _Score(), float | None, score),
            field("revision", _Revision(), int | None, revision),
            *self.more,
        ]


def _type_of(_class: type, source: NamedNode, info: Any, _abstract: object) -> str:
    request: Request = info.context
    return type_names(request, [source])[0]
