"""The contract: ontology and shapes as frozen Python values, from which every face is derived.

It knows words and shapes, never data. ``reading.read`` makes one; nothing else does. Its values compare by identity:
there is one of each in a contract.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from pyoxigraph import NamedNode

from govgraph.contract.reach import Reach
from govgraph.errors import NotFound
from govgraph.languages import preferred
from govgraph.store import Path, Term

Text = Mapping[str, str]
"""One text per language, keyed by language tag."""


class Severity(StrEnum):
    """``violation`` = integrity, ``warning`` = needed for publishing, ``info`` = recommended."""

    VIOLATION = "violation"
    WARNING = "warning"
    INFO = "info"


class Form(StrEnum):
    """What the values of a property are."""

    TEXT = "text"
    """Words in a language (``rdf:langString``)."""
    LITERAL = "literal"
    """A literal of ``datatype``."""
    CODE = "code"
    """A concept of the closed list ``codes``."""
    ENTITY = "entity"
    """An entity of one of ``kinds``; of any kind when ``kinds`` is empty (inverse properties)."""
    PART = "part"
    """A part of one of ``kinds``, which belongs to the entity that points to it."""
    IRI = "iri"
    """A thing outside the catalogue."""


def say(text: Text, languages: Sequence[str]) -> str:
    """The text in the first of ``languages`` it has, else in English, else in any; empty when it has none."""
    if languages and languages[0] in text:
        return text[languages[0]]
    return text[min(text, key=lambda tag: preferred(tag.lower(), languages))] if text else ""


@dataclass(frozen=True, eq=False)
class Group:
    """A heading under which properties stand together (``sh:PropertyGroup``)."""

    iri: NamedNode
    labels: Text
    order: float


@dataclass(frozen=True, eq=False)
class Code:
    """One concept of a closed list; ``name`` is what programs write, ``notation`` a short mark such as a number."""

    iri: NamedNode
    name: str
    labels: Text
    definitions: Text
    position: int
    notation: str = ""
    former_names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class CodeList:
    """A closed list, in order; ``iri`` is the class of its concepts."""

    iri: NamedNode
    name: str
    scheme: NamedNode
    labels: Text
    descriptions: Text
    codes: tuple[Code, ...]

    @cached_property
    def by_iri(self) -> dict[NamedNode, Code]:
        return {code.iri: code for code in self.codes}


@dataclass(frozen=True, eq=False)
class Property:
    """All shapes of one kind on one path, merged.

    ``needed`` is the gravest severity of a missing value, None where a value is optional. ``weight`` is what the
    property counts in the score. ``shapes`` are the IRIs of the merged shapes, the main one first. ``per_language``
    tells a text said once in each language from a list of texts.
    """

    name: str
    path: Path
    form: Form
    labels: Text
    descriptions: Text
    datatype: NamedNode | None
    class_: NamedNode | None
    kinds: tuple[str, ...]
    codes: str | None
    single: bool
    needed: Severity | None
    order: float
    group: Group | None
    weight: float
    shapes: tuple[NamedNode, ...]
    former_names: tuple[str, ...] = ()
    deprecated: str = ""
    per_language: bool = False

    @property
    def stored(self) -> bool:
        """False for a property read backwards: its values are stored with the other entity."""
        return not self.path.inverse


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of entity or, with ``part``, of part. ``owner`` is the path to the organisation that keeps an entity.

    ``former_names`` and ``former_plurals`` are what programs called it and its list before.
    """

    name: str
    plural: str
    slug: str
    class_: NamedNode
    shape: NamedNode
    labels: Text
    plural_labels: Text
    descriptions: Text
    title: NamedNode | None
    owner: Path | None
    owns_itself: bool
    part: bool
    order: float
    properties: tuple[Property, ...]
    file: str
    line: int
    former_names: tuple[str, ...] = ()
    former_plurals: tuple[str, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Property]:
        return {p.name: p for p in self.properties}

    @cached_property
    def by_path(self) -> dict[Path, Property]:
        return {p.path: p for p in self.properties}

    @cached_property
    def possible(self) -> float:
        """The points a complete entity has: the weights of all properties that are needed at some severity."""
        return sum(p.weight for p in self.properties if p.needed)

    def property(self, name: str) -> Property:
        """Raises NotFound, naming what there is."""
        try:
            return self.by_name[name]
        except KeyError:
            raise NotFound(f"{self.name} has no property {name!r}.", f"It has: {', '.join(self.by_name)}.") from None


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule across entities: a shape of its own with a SPARQL constraint.

    ``affected`` (SELECT, from ?changed to ?affected) and ``needed`` (CONSTRUCT around ?this) are what the gate needs
    to check it for a change alone.
    """

    name: str
    shape: NamedNode
    kind: str
    severity: Severity
    labels: Text
    descriptions: Text
    weight: float
    affected: str
    needed: str
    file: str
    line: int


@dataclass(frozen=True, eq=False)
class Source:
    """A file of the contract, kept so that an error or a page can lead back to it; ``path`` as it was given."""

    file: str
    path: str
    text: str = field(repr=False)


@dataclass(frozen=True, eq=False)
class Contract:
    """Everything the house derives from. ``shapes`` and ``vocabulary`` are N-Triples.

    ``reach`` is how far the shapes look around a node of theirs.
    ``unexposed`` lists, per shape IRI, the constraints that are validated but have no place in faces.
    """

    kinds: tuple[Kind, ...]
    code_lists: tuple[CodeList, ...]
    rules: tuple[Rule, ...]
    languages: tuple[str, ...]
    labels: Mapping[NamedNode, Text]
    subclasses: Mapping[NamedNode, frozenset[NamedNode]]
    shapes: bytes = field(repr=False)
    vocabulary: bytes = field(repr=False)
    reach: Reach = field(repr=False)
    hash: str = ""
    unexposed: tuple[tuple[str, str], ...] = ()
    messages: Mapping[Term, Text] = field(default_factory=dict)

    @cached_property
    def by_name(self) -> dict[str, Kind]:
        return {kind.name: kind for kind in self.kinds}

    @cached_property
    def by_slug(self) -> dict[str, Kind]:
        return {kind.slug: kind for kind in self.kinds}

    @cached_property
    def by_class(self) -> dict[NamedNode, Kind]:
        return {kind.class_: kind for kind in self.kinds}

    @cached_property
    def rank(self) -> dict[Kind, int]:
        """Which of several kinds a node counts as: the least; what stands for itself comes before parts."""
        return {kind: number for number, kind in enumerate(sorted(self.kinds, key=lambda kind: kind.part))}

    @cached_property
    def entities(self) -> tuple[Kind, ...]:
        """The kinds that stand for themselves, in the order of menus."""
        return tuple(kind for kind in self.kinds if not kind.part)

    @cached_property
    def part_paths(self) -> tuple[Path, ...]:
        """The properties that lead to parts, of whatever kind."""
        return tuple(dict.fromkeys(p.path for k in self.kinds for p in k.properties if p.form is Form.PART))

    @cached_property
    def part_predicates(self) -> frozenset[NamedNode]:
        return frozenset(path.predicate for path in self.part_paths)

    @cached_property
    def owner_paths(self) -> tuple[Path, ...]:
        """The way back from parts."""
        return tuple(Path(path.predicate, inverse=True) for path in self.part_paths)

    @cached_property
    def lists_by_name(self) -> dict[str, CodeList]:
        return {code_list.name: code_list for code_list in self.code_lists}

    @cached_property
    def codes_by_iri(self) -> dict[NamedNode, Code]:
        return {code.iri: code for code_list in self.code_lists for code in code_list.codes}

    @cached_property
    def property_of_shape(self) -> dict[NamedNode, tuple[Kind, Property]]:
        return {shape: (kind, p) for kind in self.kinds for p in kind.properties for shape in p.shapes}

    @cached_property
    def rule_of_shape(self) -> dict[NamedNode, Rule]:
        return {rule.shape: rule for rule in self.rules}

    def kind(self, name: str) -> Kind:
        """The kind with this API name or slug. Raises NotFound, naming what there is."""
        found = self.by_name.get(name) or self.by_slug.get(name)
        if found is None:
            known = ", ".join(kind.slug for kind in self.entities)
            raise NotFound(f"There is no kind {name!r}.", f"The kinds are: {known}.")
        return found
