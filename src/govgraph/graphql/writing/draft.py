"""What one mutation asks for, as edits of the change room, and what of its input cannot be used; commits nothing.

Values become terms here, never text of a query. Where something is wrong with several values, all of it is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeAlias

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from govgraph.catalogue import View
from govgraph.change.edits import Edit, Entry, Values
from govgraph.change.skolem import skolemise
from govgraph.contract import Form, Kind, Property
from govgraph.graphql.execution.reading import Limits
from govgraph.graphql.schema.entities import iri_of
from govgraph.graphql.schema.kinds import is_one_text
from govgraph.graphql.schema.names import capitals, lower_first
from govgraph.graphql.schema.scalars import spell
from govgraph.graphql.writing.inputs import ADD, CLEAR, REMOVE, SET, UPDATE, named
from govgraph.graphql.writing.problems import INVALID_INPUT, NOT_FOUND, Problem
from govgraph.iris import RDF_TYPE, slugify
from govgraph.store import Term

Given: TypeAlias = Mapping[str, Any]
"""An input as graphql-core coerced it."""
At: TypeAlias = tuple[str, ...]
"""Where in the arguments something stands."""

_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,119}")


class Draft:
    """Edits in the order they were asked for, and the problems met on the way."""

    def __init__(self, view: View, limits: Limits) -> None:
        self.edits: list[Edit] = []
        self.problems: list[Problem] = []
        self.expected: dict[NamedNode, frozenset[int]] = {}
        self._view = view
        self._limits = limits
        self._properties = {kind.name: dict(named(kind)) for kind in view.contract.kinds}
        self._codes = {one.name: {code.name: code.iri for code in one.codes} for one in view.contract.code_lists}

    def refuse(self, at: At, sentence: str, code: str = INVALID_INPUT, entity: NamedNode | None = None) -> None:
        self.problems.append(Problem(code, sentence, entity, list(at)))

    def text(self, given: str | None, at: At) -> str:
        """A text a client gave, if it is no longer than it may be."""
        if given and len(given) > self._limits.text:
            self.refuse(at, f"The text has {len(given):,} characters; {self._limits.text:,} are allowed.")
        return given or ""

    def entity(self, given: str, kind: Kind | None, at: At) -> NamedNode | None:
        """An entity that must be there, of a kind where one is given."""
        node = self._refer(given, at)
        found = self._view.kinds([node]).get(node) if node is not None else None
        if found is None:
            # The view may lag behind: whether there is such an entity is for the writer to say.
            return node
        if found.part and kind is None:
            self.refuse(at, f"This is a part, of the kind {found.name}; name its owner.", NOT_FOUND, node)
        elif kind is not None and found is not kind:
            self.refuse(at, f"This is of the kind {found.name}, not {kind.name}.", NOT_FOUND, node)
        return node

    def expect(self, node: NamedNode | None, revision: int | None) -> None:
        if node is not None and revision is not None:
            self.expected[node] = frozenset({revision})

    def create(self, kind: Kind, given: Given, at: At) -> NamedNode | None:
        """The edits of a new entity; its IRI."""
        slug = self._slug(kind, given, at)
        if slug is None:
            return None
        node = self._view.names.entity(kind.slug, slug)
        said = self._settled([Triple(node, RDF_TYPE, kind.class_), *self._told(node, kind, given, at)])
        self.edits += [_new(subject, about) for subject, about in _by_subject(said).items()]
        return node

    def update(self, node: NamedNode, kind: Kind, patch: Given, at: At) -> None:
        """The edits of an entity or part: what is said about it, and about its parts."""
        entry = _Patched(node, kind)
        names = {capitals(prop.name): prop for prop in kind.properties}
        for one in patch.get(CLEAR) or ():
            entry.values.append(Values(names[one.value].path.predicate, ()))
        for name, prop in self._known(kind, patch, at):
            self._patch(entry, prop, patch[name], (*at, name))
        said = self._settled(entry.parts)
        linked = [triple for triple in said if triple.subject == node]
        for prop in entry.replaced:
            terms = tuple(t.object for t in linked if t.predicate == prop.path.predicate)
            entry.values.append(Values(prop.path.predicate, terms))
        replaced = {prop.path.predicate for prop in entry.replaced}
        entry.added += [triple for triple in linked if triple.predicate not in replaced]
        self.edits.append(Entry(node, tuple(entry.values), tuple(entry.added), tuple(entry.removed)))
        others = _by_subject(triple for triple in said if triple.subject != node)
        self.edits += [_new(part, about) for part, about in others.items()]
        for prop, inner, place in entry.inner:
            self._update_part(node, prop, inner, place)

    def _patch(self, entry: _Patched, prop: Property, given: Any, at: At) -> None:
        predicate = prop.path.predicate
        if given is None:
            entry.values.append(Values(predicate, ()))
        elif is_one_text(entry.kind, prop):
            self._patch_texts(entry, prop, given, at)
        elif prop.form is Form.TEXT or not prop.single or prop.form is Form.PART:
            self._patch_list(entry, prop, given, at)
        else:
            entry.values.append(Values(predicate, tuple(self._terms(prop, [given], at))))

    def _patch_texts(self, entry: _Patched, prop: Property, given: Sequence[Given], at: At) -> None:
        self._once_a_language(given, at)
        for number, one in enumerate(given):
            place = (*at, str(number))
            said = self._term(prop, {**one, "value": one.get("value") or ""}, place)
            if isinstance(said, Literal):
                terms = (said,) if one.get("value") is not None else ()
                entry.values.append(Values(prop.path.predicate, terms, said.language))

    def _patch_list(self, entry: _Patched, prop: Property, given: Given, at: At) -> None:
        given = {name: values for name, values in given.items() if values is not None}
        if SET in given and len(given) > 1:
            self.refuse(at, f"{SET} stands alone. Give it without {', '.join(sorted(set(given) - {SET}))}.")
        node, path = entry.node, prop.path.predicate
        if prop.form is Form.PART:
            for name in (SET, ADD):
                for number, one in enumerate(given.get(name, ())):
                    entry.parts += self._part(node, prop, one, (*at, name, str(number)))
            entry.replaced += [prop] if SET in given else []
            entry.inner += [(prop, one, (*at, UPDATE, str(n))) for n, one in enumerate(given.get(UPDATE, ()))]
            gone = [self._refer(one, (*at, REMOVE, str(n))) for n, one in enumerate(given.get(REMOVE, ()))]
            entry.removed += [Triple(node, path, one) for one in gone if one is not None]
            return
        if SET in given:
            entry.values.append(Values(path, tuple(self._terms(prop, given[SET], (*at, SET)))))
        entry.added += [Triple(node, path, term) for term in self._terms(prop, given.get(ADD, ()), (*at, ADD))]
        entry.removed += [Triple(node, path, term) for term in self._terms(prop, given.get(REMOVE, ()), (*at, REMOVE))]

    def _update_part(self, owner: NamedNode, prop: Property, given: Given, at: At) -> None:
        kind, given = self._chosen(prop, given)
        part = self._refer(given["iri"], (*at, "iri"))
        if part is None:
            return
        owners = self._view.owners_of_parts([part])
        if owners.get(part, owner) != owner:
            self.refuse(at, "This part belongs to another entry.", NOT_FOUND, part)
            return
        self.update(part, kind, {name: value for name, value in given.items() if name != "iri"}, at)

    def _told(self, node: NamedNode | BlankNode, kind: Kind, given: Given, at: At) -> Iterator[Triple]:
        """The statements of a new entity or part, its parts as blank nodes."""
        for name, prop in self._known(kind, given, at):
            values = given[name]
            if values is None:
                continue
            place, several = (*at, name), values if isinstance(values, list) else [values]
            if is_one_text(kind, prop):
                self._once_a_language(several, place)
            if prop.form is Form.PART:
                for number, one in enumerate(several):
                    yield from self._part(node, prop, one, (*place, str(number)))
                continue
            for term in self._terms(prop, several, place):
                yield Triple(node, prop.path.predicate, term)

    def _part(self, owner: NamedNode | BlankNode, prop: Property, given: Given, at: At) -> Iterator[Triple]:
        part = BlankNode()
        kind, given = self._chosen(prop, given)
        yield Triple(owner, prop.path.predicate, part)
        yield Triple(part, RDF_TYPE, kind.class_)
        yield from self._told(part, kind, given, at)

    def _chosen(self, prop: Property, given: Given) -> tuple[Kind, Given]:
        kinds = {lower_first(name): self._view.contract.by_name[name] for name in prop.kinds}
        if len(kinds) == 1:
            return next(iter(kinds.values())), given
        name = next(iter(given))
        return kinds[name], given[name]

    def _known(self, kind: Kind, given: Given, at: At) -> Iterator[tuple[str, Property]]:
        """The properties given; each under one of its names."""
        found: dict[Property, str] = {}
        for name, prop in self._properties[kind.name].items():
            if name in given:
                other = found.setdefault(prop, name)
                if other != name:
                    self.refuse((*at, name), f"{name} is the former name of {other}. Give one of them.")
                else:
                    yield name, prop

    def _terms(self, prop: Property, given: Iterable[Any], at: At) -> list[Term]:
        terms = (self._term(prop, one, (*at, str(number))) for number, one in enumerate(given))
        return list(dict.fromkeys(term for term in terms if term is not None))

    def _term(self, prop: Property, given: Any, at: At) -> Term | None:
        match prop.form:
            case Form.TEXT:
                try:
                    return Literal(self.text(given["value"], at), language=given["lang"])
                except ValueError:
                    self.refuse((*at, "lang"), f"{given['lang'][:40]!r} is no tag of a language.")
                    return None
            case Form.LITERAL:
                return Literal(self.text(spell(given), at), datatype=prop.datatype)
            case Form.CODE:
                assert prop.codes is not None
                return self._codes[prop.codes][given.value]
            case Form.IRI:
                return NamedNode(self.text(given, at))
        return self._refer(given, at)

    def _refer(self, given: str, at: At) -> NamedNode | None:
        node = iri_of(self.text(given, at))
        if node is None:
            self.refuse(at, f"{given[:80]!r} is neither a global id nor an IRI. Take id or iri from an answer.")
        return node

    def _once_a_language(self, given: Sequence[Given], at: At) -> None:
        seen: set[str] = set()
        for number, one in enumerate(given):
            if one["lang"].lower() in seen:
                self.refuse((*at, str(number)), f"There are two texts in {one['lang'][:40]!r}. Give one.")
            seen.add(one["lang"].lower())

    def _slug(self, kind: Kind, given: Given, at: At) -> str | None:
        slug = given.get("slug")
        if slug is not None:
            if _SLUG.fullmatch(slug):
                return str(slug)
            self.refuse((*at, "slug"), f"{slug[:80]!r} cannot end an IRI; {slugify(slug[:200])!r} could.")
            return None
        title = next((p.name for p in kind.properties if p.path.predicate == kind.title and p.stored), "")
        titles = {one["lang"].lower(): one["value"] for one in given.get(title) or ()}
        words = titles.get("en") or next(iter(titles.values()), "")
        if not words.strip():
            self.refuse((*at, "slug"), "Without a title there must be a slug, so that it has an IRI.")
            return None
        return slugify(words)

    def _settled(self, said: Sequence[Triple]) -> list[Triple]:
        """With an IRI for every new part; one that equals a part of the same owner is that part, and said already."""
        triples = list(dict.fromkeys(skolemise(said, self._view.contract, self._view.names)))
        about = _by_subject(triples)
        parts = [part for part in about if part not in {triple.subject for triple in said}]
        there = self._there(parts)
        equal = {part for part, statements in there.items() if set(statements) == set(about[part])}
        # An IRI follows from what a part said at first; one that has been changed since still has it.
        moved: dict[Term, NamedNode] = {part: self._free(part) for part in there if part not in equal}
        return [
            Triple(moved.get(t.subject, t.subject), t.predicate, moved.get(t.object, t.object))
            for t in triples
            if t.subject not in equal
        ]

    def _free(self, taken: NamedNode) -> NamedNode:
        return next(one for n in count(2) if not self._there([one := NamedNode(f"{taken.value}-{n}")]))

    def _there(self, nodes: Sequence[NamedNode]) -> dict[NamedNode, list[Triple]]:
        return _by_subject(self._view.reader.statements(nodes, self._view.graphs)) if nodes else {}


@dataclass
class _Patched:
    """What a patch says of one node: edits of its own statements, new parts, and patches of parts there are."""

    node: NamedNode
    kind: Kind
    values: list[Values] = field(default_factory=list)
    added: list[Triple] = field(default_factory=list)
    removed: list[Triple] = field(default_factory=list)
    parts: list[Triple] = field(default_factory=list)
    replaced: list[Property] = field(default_factory=list)
    inner: list[tuple[Property, Given, At]] = field(default_factory=list)


def _by_subject(said: Iterable[Triple]) -> dict[NamedNode, list[Triple]]:
    found: dict[NamedNode, list[Triple]] = {}
    for triple in said:
        assert isinstance(triple.subject, NamedNode)
        found.setdefault(triple.subject, []).append(triple)
    return found


def _new(node: NamedNode, about: Sequence[Triple]) -> Entry:
    values: dict[NamedNode, list[Term]] = {}
    for triple in about:
        values.setdefault(triple.predicate, []).append(triple.object)
    return Entry(node, tuple(Values(predicate, tuple(terms)) for predicate, terms in values.items()), new=True)
