"""What a revision changed of some entities, per property and in a reader's words; knows no page and no other revision.

What an audience may not see was left out before: it is given the changes of the graphs it reads, and no others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Quad

from govgraph.catalogue import Audience, View, pick
from govgraph.contract import Form, Kind, Property
from govgraph.history.ledger import Ledger
from govgraph.iris import DCT_TITLE, RDF_TYPE, RDFS_LABEL, SKOS_PREF_LABEL
from govgraph.store import Path, Term
from govgraph.store.patch import Patch
from govgraph.web.language import N_, Said
from govgraph.web.showing import Showing, Shown
from govgraph.web.visit import Visit

_TITLES = (DCT_TITLE, SKOS_PREF_LABEL, RDFS_LABEL)
_DEEPEST = 5
"""Levels of parts of parts."""


@dataclass(frozen=True)
class Line:
    """One property of one node: the values that went and came, as terms and as they are shown."""

    predicate: NamedNode
    name: str
    label: str
    removed: tuple[Term, ...]
    added: tuple[Term, ...]
    gone: tuple[Shown, ...]
    come: tuple[Shown, ...]


@dataclass(frozen=True)
class Touched:
    """What became of one entity or part. ``events`` are codes (EVENTS), ``parts`` are its own, of whatever depth."""

    iri: NamedNode
    node: Shown
    kind: str
    events: tuple[str, ...]
    lines: tuple[Line, ...]
    parts: tuple[Touched, ...] = ()


EVENTS: Mapping[str, Said] = {
    "created": Said(N_("Created")),
    "deleted": Said(N_("Deleted")),
    "published": Said(N_("Published")),
    "withdrawn": Said(N_("Withdrawn from the public")),
    "updated": Said(N_("Published anew")),
    "added": Said(N_("Added")),
    "removed": Said(N_("Removed")),
}
"""What may happen to a whole entity or part."""


class Difference:
    """The changes of one revision to some entities and their parts, read in batches."""

    def __init__(self, visit: Visit, view: View, ledger: Ledger, revision: int, entities: Sequence[NamedNode]) -> None:
        self._visit = visit
        self._view = view
        self._entities = entities
        names = view.names
        self._is_public = view.audience is Audience.PUBLIC
        self._changes = ledger.changes(revision, (names.public if self._is_public else names.working, names.reference))
        self._published = ledger.changes(revision, (names.public,))
        self._parts = self._find_parts()
        nodes = [*entities, *(part for parts in self._parts.values() for part in parts)]
        self._patch = {node: self._changes.of([node]) for node in nodes}
        self._kinds = view.kinds(nodes)
        self._showing = Showing(visit, view, [*nodes, *self._objects()])

    def touched(self) -> tuple[Touched, ...]:
        """One for each entity, in their order; an entity of which this audience sees no change has no lines."""
        return tuple(self._touched(entity) for entity in self._entities)

    def properties(self, entity: NamedNode) -> tuple[str, ...]:
        """In a few words what changed of an entity: what happened to it, else the properties, its parts' included."""
        events = self._events(entity)
        if events:
            return tuple(self._visit.words.tell(EVENTS[event]) for event in events)
        nodes = self._nodes(entity)
        owned = {node: self._owning(node, nodes) for node in nodes}
        labels = [
            owned[node] or line.label for node in nodes for line in self._lines(node, self._kind(node), frozenset())
        ]
        return tuple(dict.fromkeys(labels))

    def _nodes(self, entity: NamedNode) -> list[NamedNode]:
        return [entity, *self._parts.get(entity, ())]

    def _owning(self, part: NamedNode, nodes: Sequence[NamedNode]) -> str:
        """What the entity calls the parts of this kind; empty for the entity itself."""
        kind, own = self._kind(part), self._kind(nodes[0])
        if part == nodes[0] or kind is None or own is None:
            return ""
        found = next((p for p in own.properties if p.form is Form.PART and kind.name in p.kinds), None)
        return self._visit.heading(found.labels if found else kind.labels)

    def _find_parts(self) -> dict[NamedNode, list[NamedNode]]:
        """The parts each entity has now, and those that the revision gave it or took from it."""
        now = self._view.parts(self._entities)
        paths = self._view.contract.part_predicates
        parts: dict[NamedNode, list[NamedNode]] = {}
        for entity in self._entities:
            found = dict.fromkeys(part for part in now.get(entity, ()) if isinstance(part, NamedNode))
            level: list[NamedNode] = [entity, *found]
            for _ in range(_DEEPEST):
                level = [part for part in self._linked(level, paths) if part not in found]
                found |= dict.fromkeys(level)
            parts[entity] = [part for part in found if self._changes.of([part])]
        return parts

    def _linked(self, nodes: Iterable[NamedNode], paths: Collection[NamedNode]) -> Iterator[NamedNode]:
        for quad in _quads(self._changes.of(nodes)):
            if quad.predicate in paths and isinstance(quad.object, NamedNode):
                yield quad.object

    def _objects(self) -> Iterator[Term]:
        for patch in self._patch.values():
            for quad in _quads(patch):
                yield quad.object

    def _kind(self, node: NamedNode) -> Kind | None:
        """What it is, or was when the revision took it away."""
        types = (quad.object for quad in _quads(self._patch[node]) if quad.predicate == RDF_TYPE)
        by_class = self._view.contract.by_class
        changed = (by_class.get(type_) for type_ in types if isinstance(type_, NamedNode))
        return self._kinds.get(node) or next((kind for kind in changed if kind), None)

    def _touched(self, entity: NamedNode) -> Touched:
        nodes = self._nodes(entity)
        own = frozenset(nodes)
        parts = tuple(self._told(part, self._part_events(part), own) for part in nodes[1:])
        told = self._told(entity, self._events(entity), own)
        return Touched(told.iri, told.node, told.kind, told.events, told.lines, parts)

    def _told(self, node: NamedNode, events: tuple[str, ...], own: frozenset[NamedNode]) -> Touched:
        kind = self._kind(node)
        label = self._visit.heading(kind.labels) if kind else ""
        return Touched(node, self._named(node), label, events, tuple(self._lines(node, kind, own)))

    def _named(self, node: NamedNode) -> Shown:
        """By its title as it is; of what is no longer there as it was."""
        shown = self._showing.node(node)
        if node in self._kinds:
            return shown
        titles = [quad.object for quad in _quads(self._patch[node]) if quad.predicate in _TITLES]
        title = pick(titles, self._visit.languages)
        return Shown(title.value, "entity", iri=node.value) if title else Shown(shown.text, "iri", iri=node.value)

    def _events(self, entity: NamedNode) -> tuple[str, ...]:
        public = self._published.of([entity])
        published = _event(public, "published", "withdrawn")
        if self._is_public:
            return published or _event(self._patch[entity], "created", "deleted")
        again = ("updated",) if not published and any(self._published.of([n]) for n in self._nodes(entity)) else ()
        return (*_event(self._patch[entity], "created", "deleted"), *published, *again)

    def _part_events(self, part: NamedNode) -> tuple[str, ...]:
        return _event(self._patch[part], "added", "removed")

    def _lines(self, node: NamedNode, kind: Kind | None, own: frozenset[NamedNode]) -> Iterator[Line]:
        """In the order of the kind; what leads to a part that is shown itself is left out, and so is the kind."""
        patch = self._patch[node]
        removed, added = _by_predicate(patch.removed, own), _by_predicate(patch.added, own)
        if kind is not None:
            removed.pop(RDF_TYPE, None)
            added.pop(RDF_TYPE, None)
        known = [p.path.predicate for p in kind.properties if p.stored] if kind else []
        others = sorted({*removed, *added}.difference(known), key=lambda predicate: predicate.value)
        for predicate in (*dict.fromkeys(known), *others):
            if predicate in removed or predicate in added:
                yield self._line(kind, predicate, removed.get(predicate, ()), added.get(predicate, ()))

    def _line(self, kind: Kind | None, predicate: NamedNode, removed: Sequence[Term], added: Sequence[Term]) -> Line:
        prop = kind.by_path.get(Path(predicate)) if kind else None
        return Line(
            predicate,
            prop.name if prop else "",
            self._showing.relation(predicate, kind),
            tuple(removed),
            tuple(added),
            self._shown(prop, removed),
            self._shown(prop, added),
        )

    def _shown(self, prop: Property | None, terms: Sequence[Term]) -> tuple[Shown, ...]:
        """Every value: of a text each language, since only one of them may have changed."""
        if prop is None or prop.form is Form.TEXT:
            return tuple(self._showing.term(term) for term in terms)
        return self._showing.values(prop, terms)


def _quads(patch: Patch) -> Iterator[Quad]:
    yield from patch.removed
    yield from patch.added


def _event(patch: Patch, came: str, went: str) -> tuple[str, ...]:
    """What happened to a node as a whole, by whether its type came or went."""
    added = any(quad.predicate == RDF_TYPE for quad in patch.added)
    removed = any(quad.predicate == RDF_TYPE for quad in patch.removed)
    return () if added == removed else ((came,) if added else (went,))


def _by_predicate(quads: Iterable[Quad], own: frozenset[NamedNode]) -> dict[NamedNode, list[Term]]:
    found: dict[NamedNode, list[Term]] = {}
    for quad in sorted(quads, key=str):
        if quad.object not in own and not (
            isinstance(quad.object, Literal) and quad.object in found.get(quad.predicate, ())
        ):
            found.setdefault(quad.predicate, []).append(quad.object)
    return found
