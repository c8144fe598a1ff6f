"""The scores of a whole view: as the store keeps them, or added up from its findings; knows no face.

A finding of a part counts for every entry the part belongs to, at whatever depth; what is of a kind of its own is
never a part, and what is of several kinds counts as the first of them. Sums are exact: it makes no difference in which
order they are added up, or whether all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeAlias

from pyoxigraph import NamedNode

from govgraph.catalogue.scores import SUMS, Score, Scores, Sum
from govgraph.contract import Contract, Kind, Severity
from govgraph.iris import RDF_TYPE
from govgraph.store import Term
from govgraph.validation import Finding, Points, points

if TYPE_CHECKING:
    from govgraph.catalogue import View

Owned: TypeAlias = Mapping[Term, Collection[Term]]
"""What each node belongs to directly, for those that belong to anything."""


@dataclass(frozen=True)
class Summary:
    """Points of the catalogue, per kind (API name) and per organisation that keeps entries; findings by severity."""

    total: Points
    kinds: Mapping[str, Points]
    organisations: Mapping[NamedNode, Points]
    findings: Mapping[str, int]


@dataclass(frozen=True)
class Share:
    """What an entry counts in the sums: as one of its kind, and for the organisations that keep it."""

    kind: Kind
    organisations: frozenset[NamedNode]
    sum: Sum


@dataclass(frozen=True)
class Sums:
    """All sums of a view. ``entries`` has those entries that were asked for."""

    total: Sum
    kinds: Mapping[NamedNode, Sum]
    organisations: Mapping[NamedNode, Sum]
    findings: Mapping[Severity, int]
    entries: Mapping[NamedNode, Sum] = field(default_factory=dict)

    def scores(self, catalogue: NamedNode) -> dict[NamedNode, Score]:
        """By what is scored; ``catalogue`` is what the whole is called."""
        parts = {thing: Score(of) for thing, of in (*self.kinds.items(), *self.organisations.items())}
        return {catalogue: Score(self.total, self.findings), **parts}


class Structure(Protocol):
    """Which entries there are, who keeps them and which parts they have, wherever that is read from."""

    def members(self, kind: Kind) -> Collection[NamedNode]:
        """Every entry of a kind."""

    def keepers(self, kind: Kind) -> Mapping[Term, Collection[Term]]:
        """Who keeps each entry of a kind that has an owner path."""

    def owners(self, nodes: Collection[Term]) -> Owned:
        """What has each of the nodes as a part."""


def add_up(
    contract: Contract, findings: Iterable[Finding], structure: Structure, wanted: Collection[NamedNode] = ()
) -> Sums:
    """All sums of a view, by its findings. Grows with the catalogue. ``wanted`` entries are also given one by one."""
    members = {kind: frozenset(structure.members(kind)) for kind in contract.entities}
    entities: frozenset[Term] = frozenset().union(*members.values())
    counts = dict.fromkeys(Severity, 0)
    by_focus: dict[Term, list[Finding]] = {}
    for finding in findings:
        counts[finding.severity] += 1
        by_focus.setdefault(finding.entity, []).append(finding)
    by_entity = _by_entity(by_focus, structure.owners, entities.intersection)
    total, kinds = Sum(), {}
    organisations: dict[NamedNode, Sum] = {}
    entries: dict[NamedNode, Sum] = {}
    asked, counted = frozenset(wanted), set[NamedNode]()
    for kind, of_kind in members.items():
        kept_by = _keeper(kind, {} if kind.owns_itself or kind.owner is None else structure.keepers(kind))
        whole, in_kind = Sum.of(points(kind, ())), Sum()
        for member in of_kind - counted:
            one = Sum.of(points(kind, by_entity[member])) if member in by_entity else whole
            in_kind += one
            for keeper in kept_by(member):
                organisations[keeper] = organisations.get(keeper, Sum()) + one
            if member in asked:
                entries[member] = one
        counted |= of_kind
        kinds[kind.class_] = in_kind
        total += in_kind
    return Sums(total, kinds, organisations, counts, entries)


def sum_up(view: View) -> Summary:
    """The summary by the view's own findings. Grows with the catalogue; a view keeps it."""
    sums = add_up(view.contract, view.all_findings(), Seen(view))
    return _summary(view.contract, sums.scores(NamedNode(view.names.base)), view)


def kept_summary(view: View) -> Summary | None:
    """The summary as the scores graph keeps it, None where it keeps none. Grows with kinds and organisations."""
    kept = {thing: score for thing, (_, score) in Scores(view.reader, view.names, view.audience).all(SUMS).items()}
    return _summary(view.contract, kept, view) if NamedNode(view.names.base) in kept else None


def shares(view: View, entities: Sequence[NamedNode], findings: Iterable[Finding]) -> dict[NamedNode, list[Share]]:
    """What each of some entries counts, in a view in which ``findings`` (theirs and their parts', others do no harm)
    are all there is against them. What is of no kind counts nothing and is left out. A few reads whatever their number.
    """
    against, seen = placed(view, findings), Seen(view)
    by_kind: dict[Kind, list[NamedNode]] = {}
    for entity, kind in view.kinds(entities).items():
        if isinstance(entity, NamedNode) and not kind.part:
            by_kind.setdefault(kind, []).append(entity)
    found: dict[NamedNode, list[Share]] = {}
    for kind, members in by_kind.items():
        kept_by = _keeper(kind, seen.keepers_of(kind, members))
        for member in members:
            one = Sum.of(points(kind, against.get(member, ())))
            found[member] = [Share(kind, frozenset(kept_by(member)), one)]
    return found


def placed(view: View, findings: Iterable[Finding]) -> dict[Term, list[Finding]]:
    """Findings by the entry they count for. A few reads."""
    by_focus: dict[Term, list[Finding]] = {}
    for finding in findings:
        by_focus.setdefault(finding.entity, []).append(finding)
    return _by_entity(by_focus, Seen(view).owners, partial(_entities, view))


@dataclass(frozen=True)
class Seen:
    """The structure of a view."""

    view: View

    def members(self, kind: Kind) -> Collection[NamedNode]:
        return self.view.members(kind)

    def keepers(self, kind: Kind) -> Owned:
        return self.keepers_of(kind, self.view.members(kind))

    def keepers_of(self, kind: Kind, members: Sequence[NamedNode]) -> Owned:
        if kind.owner is None:
            return {}
        return self.view.reader.values(members, (kind.owner,), self.view.graphs)[kind.owner]

    def owners(self, nodes: Collection[Term]) -> Owned:
        owners: dict[Term, set[Term]] = {}
        for of in self.view.reader.values(list(nodes), self.view.contract.owner_paths, self.view.graphs).values():
            for part, found in of.items():
                owners.setdefault(part, set()).update(found)
        return owners


class Written:
    """The structure of N-Triples, given in parts: for who has no view yet."""

    def __init__(self, contract: Contract, data: Sequence[bytes]) -> None:
        parts = {_bytes(predicate) for predicate in contract.part_predicates}
        owners = {_bytes(kind.owner.predicate) for kind in contract.entities if kind.owner}
        type_ = _bytes(RDF_TYPE)
        self._said: dict[bytes, dict[bytes, set[bytes]]] = {type_: {}}
        self._owned: dict[bytes, set[bytes]] = {}
        wanted = {type_} | parts | owners
        for part in data:
            for line in part.splitlines():
                subject, _, rest = line.partition(b" ")
                predicate, _, rest = rest.partition(b" ")
                if predicate not in wanted:
                    continue
                value = rest[: rest.rindex(b".")].rstrip()
                if predicate in parts:
                    self._owned.setdefault(value, set()).add(subject)
                key, of = (value, subject) if predicate == type_ else (subject, value)
                self._said.setdefault(predicate, {}).setdefault(key, set()).add(of)

    def members(self, kind: Kind) -> Collection[NamedNode]:
        return _iris(self._said[_bytes(RDF_TYPE)].get(_bytes(kind.class_), ()))

    def keepers(self, kind: Kind) -> Owned:
        said = self._said.get(_bytes(kind.owner.predicate), {}) if kind.owner else {}
        return {NamedNode(node[1:-1].decode()): _iris(of) for node, of in said.items() if node.startswith(b"<")}

    def owners(self, nodes: Collection[Term]) -> Owned:
        found = ((node, self._owned.get(str(node).encode())) for node in nodes)
        return {node: _iris(of) for node, of in found if of}


def _bytes(iri: NamedNode) -> bytes:
    return str(iri).encode()


def _iris(written: Iterable[bytes]) -> list[NamedNode]:
    return [NamedNode(node[1:-1].decode()) for node in written if node.startswith(b"<")]


def _summary(contract: Contract, scores: Mapping[NamedNode, Score], view: View) -> Summary:
    whole = scores[NamedNode(view.names.base)]
    kinds = {kind.class_: kind for kind in contract.entities}
    return Summary(
        total=whole.sum.points,
        kinds={kind.name: scores.get(class_, Score(Sum())).sum.points for class_, kind in kinds.items()},
        organisations={
            thing: score.sum.points
            for thing, score in scores.items()
            if thing not in kinds and thing.value != view.names.base
        },
        findings={severity.value: whole.findings.get(severity, 0) for severity in Severity},
    )


def _keeper(kind: Kind, keepers: Owned) -> Callable[[NamedNode], Collection[NamedNode]]:
    """From an entry of the kind to the organisations that keep it."""
    if kind.owns_itself:
        return lambda member: (member,)
    return lambda member: {owner for owner in keepers.get(member, ()) if isinstance(owner, NamedNode)}


def _entities(view: View, nodes: Collection[Term]) -> set[Term]:
    """Those that are of a kind and no parts. One read."""
    return {node for node, kind in view.kinds(list(nodes)).items() if not kind.part}


def _by_entity(
    by_focus: Mapping[Term, list[Finding]],
    owners: Callable[[Collection[Term]], Owned],
    entities: Callable[[Collection[Term]], Collection[Term]],
) -> dict[Term, list[Finding]]:
    """The findings of each entry and its parts. ``entities`` picks what is an entry among some nodes."""
    are = set(entities(by_focus.keys()))
    direct: dict[Term, Collection[Term]] = {}
    level: set[Term] = set(by_focus) - are
    while level:
        found = owners(level)
        direct |= {node: found.get(node, ()) for node in level}
        above = {owner for of in found.values() for owner in of} - direct.keys() - are
        are |= set(entities(above))
        level = above - are
    by_entity: dict[Term, list[Finding]] = {}
    for focus, findings in by_focus.items():
        for entity in _tops(focus, direct, are):
            by_entity.setdefault(entity, []).extend(findings)
    return by_entity


def _tops(node: Term, direct: Owned, are: Collection[Term]) -> set[Term]:
    reached, level = {node}, {node}
    while level:
        level = {owner for one in level if one not in are for owner in direct.get(one, ())} - reached
        reached |= level
    return reached.intersection(are)
