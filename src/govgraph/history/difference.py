"""What changed from one revision to another, by entity and property, as one audience sees it; writes no words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import NamedNode, Quad

from govgraph.catalogue import Audience, View
from govgraph.contract import Kind, Property
from govgraph.history import replay
from govgraph.history.checkpoints import log_of
from govgraph.history.log import Log
from govgraph.history.past import Past
from govgraph.iris import RDF_TYPE
from govgraph.store import Term
from govgraph.store.patch import Patch

_DEEPEST = 5
"""Levels of parts of parts."""


@dataclass(frozen=True)
class Alteration:
    """The values of one predicate of an entity, or of the part of it that ``node`` is, that went and came."""

    node: NamedNode
    predicate: NamedNode
    property: Property | None
    removed: tuple[Term, ...]
    added: tuple[Term, ...]


@dataclass(frozen=True)
class Altered:
    """What became of one entity: ``event`` is added, removed or changed."""

    entity: NamedNode
    kind: Kind | None
    event: str
    alterations: tuple[Alteration, ...]


@dataclass(frozen=True)
class Difference:
    """All that changed between two views, by the entities' IRIs."""

    before: View
    after: View
    patch: Patch
    entities: tuple[Altered, ...]


def difference(directory: Path, past: Past, audience: Audience, one: str, other: str) -> Difference:
    """What makes the second revision (or date) out of the first. Raises NotFound as ``Past.view`` does."""
    before, after = past.view(audience, one), past.view(audience, other)
    names = before.names
    graphs = (names.public if audience is Audience.PUBLIC else names.working, names.reference)
    patch = replay.difference(Log(log_of(directory)), before.revision, after.revision).within(graphs)
    return Difference(before, after, patch, tuple(_by_entity(before, after, patch)))


def _by_entity(before: View, after: View, patch: Patch) -> Iterable[Altered]:
    nodes = list({q.subject for q in (*patch.removed, *patch.added) if isinstance(q.subject, NamedNode)})
    owners = {**_owners(before, nodes), **_owners(after, nodes)}
    grouped: dict[NamedNode, list[NamedNode]] = {}
    for node in nodes:
        grouped.setdefault(owners.get(node, node), []).append(node)
    entities = sorted(grouped, key=lambda node: node.value)
    kinds = [view.kinds([*nodes, *entities]) for view in (after, before)]
    there = [_said(view, entities) for view in (before, after)]
    values = _values(patch)
    for entity in entities:
        event = "added" if entity not in there[0] else "removed" if entity not in there[1] else "changed"
        alterations: list[Alteration] = []
        for node in sorted(grouped[entity], key=lambda n: (n != entity, n.value)):
            kind = kinds[0].get(node) or kinds[1].get(node)
            alterations += _alterations(node, kind, values.get(node, {}))
        yield Altered(entity, kinds[0].get(entity) or kinds[1].get(entity), event, tuple(alterations))


def _said(view: View, entities: list[NamedNode]) -> set[Term]:
    return {triple.subject for triple in view.reader.statements(entities, view.graphs)}


def _owners(view: View, nodes: list[NamedNode]) -> dict[NamedNode, NamedNode]:
    """The entity that each part belongs to, whatever parts are between."""
    found: dict[NamedNode, NamedNode] = {}
    level = {node: node for node in nodes}
    for _ in range(_DEEPEST):
        owners = view.owners_of_parts(level.values())
        level = {n: o for n, at in level.items() if isinstance(o := owners.get(at), NamedNode)}
        if not level:
            break
        found |= level
    return found


def _values(patch: Patch) -> Mapping[NamedNode, Mapping[NamedNode, tuple[list[Term], list[Term]]]]:
    values: dict[NamedNode, dict[NamedNode, tuple[list[Term], list[Term]]]] = {}
    for side, quads in enumerate((patch.removed, patch.added)):
        for quad in sorted(quads, key=_order):
            if isinstance(quad.subject, NamedNode):
                values.setdefault(quad.subject, {}).setdefault(quad.predicate, ([], []))[side].append(quad.object)
    return values


def _order(quad: Quad) -> tuple[bool, str, str]:
    """Types first, then by predicate and value."""
    return quad.predicate != RDF_TYPE, quad.predicate.value, str(quad.object)


def _alterations(
    node: NamedNode, kind: Kind | None, values: Mapping[NamedNode, tuple[list[Term], list[Term]]]
) -> Iterable[Alteration]:
    """In the order of the contract, then what no property describes."""
    properties = {p.path.predicate: p for p in (kind.properties if kind else ()) if p.stored}
    for predicate in sorted(values, key=lambda p: list(properties).index(p) if p in properties else len(properties)):
        removed, added = values[predicate]
        yield Alteration(node, predicate, properties.get(predicate), tuple(removed), tuple(added))
