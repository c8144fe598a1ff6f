"""The catalogue as one audience sees it at one revision: entities, values, labels, findings, pages.

All reads of all faces come through a View. It asks the store for many nodes at a time and keeps what is expensive to
find out (members, columns, orders, the summary) as long as its revision lasts; so no answer mixes two revisions.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import inf
from typing import TypeVar

from pyoxigraph import Literal, NamedNode, Triple

from govgraph.catalogue.kept import Kept, Legacy
from govgraph.catalogue.scores import MOST_IN_HISTORY, Scores
from govgraph.catalogue.summary import Summary, kept_summary, sum_up
from govgraph.catalogue.text import Label, label_of, pick
from govgraph.contract import Contract, Form, Kind, Property
from govgraph.iris import DCT_TITLE, GOV, PREFIXES, RDF_TYPE, RDFS_LABEL, SH, SKOS_PREF_LABEL, Names, name
from govgraph.media import Format
from govgraph.store import Dataset, Graphs, Path, Query, Reader, Result, Store, Table, Term
from govgraph.validation import Finding, Points, points, read_back

__all__ = ["LABEL_PATHS", "Audience", "Catalogue", "Entity", "Incoming", "Label", "Summary", "View", "pick"]

_Value = TypeVar("_Value")
_KEPT = 2000
"""Things a view keeps; a bound that a catalogue of many kinds and languages does not reach."""
_ORDERS = 100
_COLUMNS_LEFT, _ORDERS_LEFT = 600, 60
"""What one revision leaves to the next."""

_TYPE = Path(RDF_TYPE)
_LAST = Path(name(GOV, "revision"))
_ENDED = Path(name(PREFIXES["prov"], "endedAtTime"))
_FOCUS = Path(name(SH, "focusNode"), inverse=True)
LABEL_PATHS = tuple(
    Path(predicate) for predicate in (DCT_TITLE, SKOS_PREF_LABEL, RDFS_LABEL, name(PREFIXES["foaf"], "name"))
)
"""Where the label of a node stands: at the first of them that says anything of it."""


class Audience(StrEnum):
    """Who reads: anyone (what is published), or those who keep the catalogue (all of it)."""

    PUBLIC = "public"
    WORKING = "working"


@dataclass(frozen=True)
class Entity:
    """One entity: the values of its properties, and under ``others`` what no property of its kind describes."""

    iri: NamedNode
    kind: Kind | None
    values: Mapping[Property, list[Term]]
    others: Mapping[NamedNode, list[Term]]


@dataclass(frozen=True)
class Incoming:
    """A page of what points to an entity; ``more`` when there is another page."""

    links: tuple[tuple[Term, NamedNode], ...]
    more: bool


class Catalogue:
    """Hands out the View of the newest revision; the same object until there is a newer one."""

    def __init__(self, store: Store, contract: Contract) -> None:
        self.contract = contract
        self.names = Names(store.base)
        self._store = store
        self._views: dict[Audience, View] = {}
        self._lock = threading.Lock()

    def view(self, audience: Audience = Audience.PUBLIC) -> View:
        reader = self._store.reader()
        with self._lock:
            view = self._views.get(audience)
            if view is None or view.reader is not reader:
                left = view.left if view else None
                view = self._views[audience] = View(reader, self.contract, self.names, audience, left)
            return view

    def standing(self, audience: Audience = Audience.PUBLIC) -> View | None:
        """What ``view`` would give, where that needs no look at the disk; never blocks. None says nothing."""
        view = self._views.get(audience)
        return view if view is not None and view.reader is self._store.standing() else None

    def close(self) -> None:
        self._store.close()


class View:
    """One audience, one revision. Safe to use from any thread."""

    def __init__(
        self,
        reader: Reader,
        contract: Contract,
        names: Names,
        audience: Audience,
        left: Legacy | None = None,
    ) -> None:
        """``left`` is what earlier views of the same catalogue and audience left."""
        self.left = left or Legacy(_COLUMNS_LEFT, _ORDERS_LEFT)
        self.reader = reader
        self.contract = contract
        self.names = names
        self.audience = audience
        catalogue_graph = names.public if audience is Audience.PUBLIC else names.working
        self.graphs: Graphs = (catalogue_graph, names.reference, names.vocabulary)
        self._report: Graphs = (names.report(audience),)
        self._beside: Graphs = names.beside(audience)
        self._history: Graphs = (names.history(audience),)
        self._assumed = False
        self._revision = 0
        self._kept = Kept(_KEPT)
        self.orders = Kept(_ORDERS)
        """Sorted lists: as many as strangers can think of, and each as long as its kind."""

    @property
    def revision(self) -> int:
        """The newest revision the audience knows of. Work on drafts makes revisions, too: strangers are not to see how
        often, nor fetch anew what is the same."""
        if not self._revision:
            self._revision = self.keep("revision", self._last_known)
        return self._revision

    @property
    def revision_at_once(self) -> int:
        """The same, where it has been found already; else 0. Never blocks."""
        return self._revision

    @property
    def committed(self) -> datetime:
        """When that revision was made."""
        if self.revision == self.reader.revision:
            return self.reader.committed
        found = self.reader.values([self.names.revision(self.revision)], (_ENDED,), self._history)[_ENDED]
        ended = [value.value for of in found.values() for value in of if isinstance(value, Literal)]
        return datetime.fromisoformat(ended[0]) if ended else self.reader.committed

    def _last_known(self) -> int:
        catalogue = NamedNode(self.names.base)
        found = self.reader.values([catalogue], (_LAST,), self._history)[_LAST].get(catalogue, [])
        return max((int(v.value) for v in found if isinstance(v, Literal)), default=self.reader.revision)

    @property
    def label_paths(self) -> tuple[Path, ...]:
        """Where the label of a node stands: at the first of them that says anything of it."""
        return LABEL_PATHS

    @property
    def visible(self) -> Graphs:
        """The graphs a query may name."""
        return (*self.graphs, *self._beside)

    def keep(self, key: object, find: Callable[[], _Value]) -> _Value:
        """What ``find`` gives, found once for this view; ``key`` must tell apart everything it depends on."""
        return self._kept.get(key, find)

    def members(self, kind: Kind) -> tuple[NamedNode, ...]:
        """Every entity of a kind, without order. Grows with the kind; found once per revision."""
        return self.keep(
            ("members", kind.name), lambda: tuple(dict.fromkeys(self.reader.instances(kind.class_, self.graphs)))
        )

    def kinds(self, nodes: Sequence[Term]) -> dict[Term, Kind]:
        """The kind of each node that has one; of several the first by ``Contract.rank``. One read."""
        types = self.reader.values(nodes, (_TYPE,), self.graphs)[_TYPE]
        by_class, rank = self.contract.by_class, self.contract.rank
        found: dict[Term, Kind] = {}
        for node, classes in types.items():
            kinds = [by_class[class_] for class_ in classes if isinstance(class_, NamedNode) and class_ in by_class]
            if kinds:
                found[node] = min(kinds, key=rank.__getitem__)
        return found

    def values(self, nodes: Sequence[Term], properties: Sequence[Property]) -> dict[Property, dict[Term, list[Term]]]:
        """Per property, the values of each node that has any. One read."""
        found = self.reader.values(nodes, [p.path for p in properties], self.graphs)
        return {p: found[p.path] for p in properties}

    def column(self, prop: Property) -> dict[Term, list[Term]]:
        """Every node's values of one property. Grows with the catalogue; found once per revision."""

        def find() -> dict[Term, list[Term]]:
            column: dict[Term, list[Term]] = {}
            for node, value in self.reader.pairs(prop.path, self.graphs):
                column.setdefault(node, []).append(value)
            return column

        return self.keep(("column", prop.path), find)

    def labels(self, nodes: Iterable[Term], languages: Sequence[str]) -> dict[Term, Label]:
        """A label for every node that is an IRI: its title, its word in the contract, or the IRI's end. One read."""
        iris = [node for node in dict.fromkeys(nodes) if isinstance(node, NamedNode)]
        found = self.reader.values(iris, LABEL_PATHS, self.graphs)
        labels: dict[Term, Label] = {}
        for iri in iris:
            texts = next((found[path][iri] for path in LABEL_PATHS if iri in found[path]), [])
            labels[iri] = label_of(iri, texts, self.contract.labels.get(iri, {}), languages)
        return labels

    def called(self, nodes: Iterable[Term], languages: Sequence[str]) -> dict[Term, Label]:
        """``labels``, with something better than the end of its IRI for a part without a title: the first code it has,
        such as its type, else its kind. Two reads more where there are such nodes."""
        labels = self.labels(nodes, languages)
        unnamed = [node for node in labels if not labels[node].texts and self.names.split(node.value)]  # type: ignore[union-attr]  # labels are of IRIs
        kinds = {part: kind for part, kind in self.kinds(unnamed).items() if kind.part} if unnamed else {}
        coded = {p: None for kind in kinds.values() for p in kind.properties if p.form is Form.CODE and p.stored}
        said = self.reader.values(list(kinds), [p.path for p in coded], self.graphs) if coded else {}
        for part, kind in kinds.items():
            assert isinstance(part, NamedNode)
            values = next((said[p.path][part] for p in kind.properties if p in coded and part in said[p.path]), ())
            codes = [code for iri, code in self.contract.codes_by_iri.items() if iri in values] if values else []
            labels[part] = label_of(part, (), codes[0].labels if codes else kind.labels, languages)
        return labels

    def entity(self, iri: NamedNode) -> Entity | None:
        """All that is said about one entity, None when nothing is."""
        return self.entities([iri]).get(iri)

    def entities(self, iris: Sequence[NamedNode]) -> dict[NamedNode, Entity]:
        """All that is said about each of the nodes of which anything is said. Three reads."""
        said: dict[NamedNode, dict[NamedNode, list[Term]]] = {}
        for triple in self.reader.statements(iris, self.graphs):
            assert isinstance(triple.subject, NamedNode)
            said.setdefault(triple.subject, {}).setdefault(triple.predicate, []).append(triple.object)
        kinds = self.kinds(list(said))
        inverse = {p.path: p for kind in set(kinds.values()) for p in kind.properties if not p.stored}
        pointing = self.reader.values(list(said), list(inverse), self.graphs) if inverse else {}
        entities: dict[NamedNode, Entity] = {}
        for iri, others in said.items():
            kind = kinds.get(iri)
            properties = kind.properties if kind else ()
            values = {p: others.pop(p.path.predicate) for p in properties if p.stored and p.path.predicate in others}
            values |= {p: pointing[p.path][iri] for p in properties if not p.stored and iri in pointing[p.path]}
            others.pop(RDF_TYPE, None)
            entities[iri] = Entity(iri, kind, values, others)
        return entities

    def incoming(self, iri: NamedNode, skip: int, size: int) -> Incoming:
        """A page of what points to an entity. One read."""
        links = self.reader.incoming(iri, self.graphs, skip, size + 1)
        return Incoming(tuple(links[:size]), len(links) > size)

    def parts(self, nodes: Sequence[Term]) -> dict[Term, list[Term]]:
        """The parts of each node that has any, parts of parts included. Two reads per level of parts."""
        owned: dict[Term, dict[Term, None]] = {node: {} for node in nodes}
        level: dict[Term, set[Term]] = {node: {node} for node in nodes}
        while level:
            found = self.reader.values(list(level), self.contract.part_paths, self.graphs)
            links = [(part, node) for of in found.values() for node, parts in of.items() for part in parts]
            kinds = self.kinds(list(dict.fromkeys(part for part, _ in links)))
            below: dict[Term, set[Term]] = {}
            for part, node in links:
                if isinstance(part, NamedNode) and (part not in kinds or kinds[part].part):
                    new = {owner for owner in level[node] if owner != part and part not in owned[owner]}
                    below.setdefault(part, set()).update(new)
            level = {part: owners for part, owners in below.items() if owners}
            for part, owners in level.items():
                for owner in owners:
                    owned[owner][part] = None
        return {node: list(parts) for node, parts in owned.items() if parts}

    def describe(self, iri: NamedNode) -> list[Triple]:
        """The triples of an entity and its parts: its document."""
        return self.reader.statements([iri, *self.parts([iri]).get(iri, [])], self.graphs)

    def findings(self, nodes: Sequence[Term]) -> dict[Term, list[Finding]]:
        """The findings of each node that has any, its parts' included. Three reads and one per level of parts."""
        parts = self.parts(nodes)
        owners: dict[Term, list[Term]] = {node: [node] for node in nodes}
        for node, of_node in parts.items():
            for part in of_node:
                owners.setdefault(part, []).append(node)
        results = self.reader.values(list(owners), (_FOCUS,), self._report)[_FOCUS]
        statements = self.reader.statements([r for of in results.values() for r in of], self._report)
        found: dict[Term, list[Finding]] = {}
        for finding in read_back(self.contract, statements):
            for owner in owners[finding.entity]:
                found.setdefault(owner, []).append(finding)
        return found

    def all_findings(self) -> tuple[Finding, ...]:
        """Every finding of the view. Grows with their number; read once per revision."""

        def find() -> tuple[Finding, ...]:
            results = self.reader.instances(name(SH, "ValidationResult"), self._report)
            found = read_back(self.contract, self.reader.statements(results, self._report))
            return tuple(sorted(found, key=lambda f: (-f.points, f.entity.value, f.key)))

        return self.keep("findings", find)

    def assume(self, findings: Iterable[Finding]) -> None:
        """Take findings just made for the stored ones, before the first use; for who validated this view itself."""
        self._assumed = True
        self.keep("findings", lambda: tuple(findings))

    def points(self, nodes: Sequence[Term]) -> dict[Term, Points]:
        """The points of each node that is an entity of a kind."""
        kinds, findings = self.kinds(nodes), self.findings(nodes)
        return {node: points(kind, findings.get(node, ())) for node, kind in kinds.items()}

    def summary(self) -> Summary:
        """The scores of the whole view, as the store keeps them; where it keeps none, added up once per revision."""
        return self.keep("summary", lambda: (None if self._assumed else kept_summary(self)) or sum_up(self))

    def score_history(self, thing: NamedNode, most: int = MOST_IN_HISTORY) -> list[tuple[int, Points]]:
        """The revisions at which the score of the catalogue (its base), a kind (its class), an organisation or an
        entry changed, and what it became; the oldest first. Of more than ``most`` so many, spread evenly."""
        return Scores(self.reader, self.names, self.audience).history(thing, most)

    def query(  # what the SPARQL protocol knows beside the text, each with a plain default
        self,
        text: str,
        formats: Mapping[str, Format],
        bindings: Mapping[str, Term] | None = None,
        *,
        dataset: Dataset | None = None,
        base: str = "",
        seconds: float = inf,
    ) -> Result:
        """Run SPARQL over what this audience may see; a ``dataset`` chooses among that, ``seconds`` is a deadline."""
        query = Query(text, self.graphs, self._beside, bindings or {}, formats, dataset, base, seconds)
        return self.reader.query(query)

    def table(self, text: str, bindings: Mapping[str, Term] | None = None) -> Table:
        return self.reader.table(Query(text, self.graphs, self._beside, bindings or {}))

    def owners_of_parts(self, parts: Iterable[NamedNode]) -> dict[Term, Term]:
        """What each node belongs to, for those that are parts. One read."""
        found = self.reader.values(list(parts), self.contract.owner_paths, self.graphs)
        return {part: owners[0] for of in found.values() for part, owners in of.items()}
