"""What a revision did to one graph, beside what the graph says now; decides what of it can still be taken back.

What makes no sense by halves is one unit, taken back as a whole or left as it is: a node that came or went with all
said about it, its parts and the links to them; the one value of a property; in public all that is said of an entry.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import cached_property
from typing import TypeAlias

from pyoxigraph import Literal, NamedNode, Quad

from govgraph.change.state import State, kinds_of, nodes_among, owner_of, quads_about, quads_to
from govgraph.contract import Form, Kind
from govgraph.iris import RDF_TYPE
from govgraph.store import Path, Term
from govgraph.store.patch import Patch

Unit: TypeAlias = frozenset[Quad]


class Aftermath:
    """``patch`` is of the revision, whatever its graphs. A few reads, two per level of parts, one per node that came.

    ``born`` and ``died`` are the nodes that came and went, by their types.
    """

    def __init__(self, state: State, patch: Patch, graph: NamedNode) -> None:
        within = patch.within((graph,))
        self.removed, self.added = within.removed, within.added
        self.graph = graph
        self._state = state
        self._subjects = nodes_among(quad.subject for quad in (*self.removed, *self.added))
        self.now = frozenset(quads_about(state, self._subjects, graph))
        self.alive = {quad.subject for quad in self.now}
        typed, untyped = _typed(self.added), _typed(self.removed)
        self.born, self.died = typed - untyped, untyped - typed
        self._fresh = self.born | self.died
        self._parts = state.contract.part_predicates
        self._is_public = graph == state.names.public

    def clean(self) -> list[Unit]:
        """The units that stand as the revision left them, and can go without leaving a link to nothing."""
        clean = [unit for unit in self._units if self._is_clean(unit)]
        born = {node for unit in clean for node in _subjects(unit) & self.born}
        pointing: dict[Term, set[Quad]] = {}
        for quad in quads_to(self._state, born, self.graph):
            pointing.setdefault(quad.object, set()).add(quad)
        while True:
            going = {quad for unit in clean for quad in unit & self.added}
            held = {node for node, quads in pointing.items() if quads - going}
            kept = [unit for unit in clean if not held & self.born & _subjects(unit)]
            if len(kept) == len(clean):
                return kept
            clean = kept

    def taken_back(self, units: Iterable[Unit]) -> Patch:
        """What some units were before; nothing is said again of what is not there."""
        quads = frozenset(quad for unit in units for quad in unit)
        going, coming = quads & self.added & self.now, (quads & self.removed) - self.now
        there = self.alive - (_subjects(going) & self.born) | (_subjects(coming) & self.died)
        return Patch(going, frozenset(quad for quad in coming if quad.subject in there))

    def gone_and_back(self, taken: Patch) -> tuple[list[NamedNode], list[NamedNode]]:
        """The entities that are there no more, and those that are there again, once a patch is applied."""
        left = {quad.subject for quad in self.now - taken.removed}
        gone = _subjects(taken.removed) & self.born & self._entities(self.added) - left
        back = _subjects(taken.added) & self.died & self._entities(self.removed)
        return _iris(gone), _iris(back)

    @cached_property
    def _units(self) -> list[Unit]:
        units: dict[Hashable, set[Quad]] = {}
        for quad in (*self.removed, *self.added):
            units.setdefault(self._key(quad), set()).add(quad)
        return [frozenset(unit) for unit in units.values()]

    def _key(self, quad: Quad) -> Hashable:
        """What all quads of one unit have in common."""
        if self._is_link(quad):
            return self._top(quad.object)
        return self._top(quad.subject) if self._is_public or quad.subject in self._fresh else self._place(quad)

    def _is_link(self, quad: Quad) -> bool:
        """Whether a quad comes and goes with what it points to."""
        whose = quad.predicate in self._parts or self._is_public
        return whose and quad.subject not in self._fresh and quad.object in self._fresh

    def _top(self, node: Term) -> Term:
        """What a node that came or went belongs to: as far up as all of it came or went, in public to its entity."""
        seen = {node}
        while node in self._owners and self._owners[node] not in seen:
            owner = self._owners[node]
            if owner not in self._fresh and not self._is_public:
                break
            node = owner
            seen.add(node)
        return self._entity.get(node, node)

    def _place(self, quad: Quad) -> Hashable:
        """Where only one value can stand, which then goes with the one it replaced; else the quad itself."""
        kind = self._kinds.get(quad.subject)
        found = kind.by_path.get(Path(quad.predicate)) if kind else None
        if found is None:
            return quad
        if found.form is Form.TEXT and found.per_language and isinstance(quad.object, Literal):
            return (quad.subject, quad.predicate, quad.object.language)
        return (quad.subject, quad.predicate) if found.single else quad

    def _is_clean(self, unit: Unit) -> bool:
        said = frozenset(quad for quad in unit if not self._is_link(quad))
        if not said & self.added <= self.now or said & self.removed & self.now:
            return False
        owners = {link.subject for link in (unit - said) & self.removed}
        if owners and not owners & self.alive and not self._entities(said & self.removed):
            return False
        return self._is_sole(said) and all(self._is_as_left(node) for node in _subjects(said))

    def _is_sole(self, said: Unit) -> bool:
        """Whether no other value has come to where only one can stand."""
        place = self._key(next(iter(said))) if said else None
        if not isinstance(place, tuple):
            return True
        values = {quad for quad in self._about.get(place[0], ()) if self._place(quad) == place}
        return values <= said & self.added

    def _is_as_left(self, node: Term) -> bool:
        """Whether nobody has said more of what came, or made what went anew; of all else, whether it is there."""
        more = frozenset(self._about.get(node, ())) - self.added
        if node in self.born:
            return not more or bool(_typed(more))
        if node in self.died:
            return not _typed(more)
        return node in self.alive

    def _entities(self, quads: Iterable[Quad]) -> set[Term]:
        """The subjects that some quads make entities."""
        by_class = self._state.contract.by_class
        types = [(q.subject, q.object) for q in quads if q.predicate == RDF_TYPE and isinstance(q.object, NamedNode)]
        return {subject for subject, class_ in types if class_ in by_class and not by_class[class_].part}

    @cached_property
    def _about(self) -> dict[Term, set[Quad]]:
        about: dict[Term, set[Quad]] = {}
        for quad in self.now:
            about.setdefault(quad.subject, set()).add(quad)
        return about

    @cached_property
    def _kinds(self) -> dict[Term, Kind]:
        return kinds_of(self._state, self._subjects, (self.graph, self._state.names.reference))

    @cached_property
    def _entity(self) -> dict[Term, Term]:
        """In public, what each node belongs to."""
        return owner_of(self._state, self._subjects, self.graph) if self._is_public else {}

    @cached_property
    def _owners(self) -> dict[Term, Term]:
        """What the parts that came or went were, or are, parts of."""
        links = (*self.removed, *self.added)
        return {q.object: q.subject for q in links if q.predicate in self._parts and q.object in self._fresh}


def _typed(quads: Iterable[Quad]) -> set[Term]:
    return {quad.subject for quad in quads if quad.predicate == RDF_TYPE}


def _subjects(quads: Iterable[Quad]) -> set[Term]:
    return {quad.subject for quad in quads}


def _iris(nodes: Iterable[Term]) -> list[NamedNode]:
    return sorted((node for node in nodes if isinstance(node, NamedNode)), key=str)
