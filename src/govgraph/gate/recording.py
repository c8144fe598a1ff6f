"""What the history graphs say about a revision: PROV for everybody who may see what it changed; decides nothing.

https://www.w3.org/TR/prov-o/ : a revision is a ``prov:Activity`` associated with a pseudonymous agent.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC

from pyoxigraph import Literal, NamedNode, Quad

from govgraph.catalogue import Audience, View
from govgraph.catalogue.chronicle import Chronicle
from govgraph.history.record import Head
from govgraph.iris import DCT, GOV, PREFIXES, RDF_TYPE, XSD, Names, name
from govgraph.store import Path, Reader, Term
from govgraph.store.patch import Patch

_PROV = PREFIXES["prov"]
_LAST = Path(name(GOV, "revision"))


def recorded(
    reader: Reader, names: Names, audience: Audience, head: Head, changed: Collection[NamedNode], *, reason: bool
) -> Patch:
    """The patch of one audience's history graph: the revision, and of each entity changed that it was the last one.

    ``reason`` says whether this audience may read why.
    """
    graph, revision = names.history(audience), names.revision(head.revision)
    said: list[tuple[NamedNode, Term]] = [
        (RDF_TYPE, name(_PROV, "Activity")),
        (_LAST.predicate, _number(head.revision)),
        (name(_PROV, "endedAtTime"), Literal(head.at.astimezone(UTC).isoformat(), datatype=name(XSD, "dateTime"))),
        (name(_PROV, "wasAssociatedWith"), names.agent(head.author)),
        (name(GOV, "door"), Literal(head.door)),
        (name(GOV, "contractHash"), Literal(head.contract)),
        *((name(GOV, "changed"), entity) for entity in changed),
    ]
    organisation = NamedNode(head.organisation) if head.organisation else None
    if organisation is not None and _is_seen(reader, names, audience, organisation):
        said.append((name(GOV, "organisation"), organisation))
    if head.reason and reason:
        said.append((name(DCT, "description"), Literal(head.reason)))
    added = [Quad(revision, predicate, value, graph) for predicate, value in said]
    # The catalogue itself carries the last revision this audience knows of.
    about = [*changed, NamedNode(names.base)]
    added += [Quad(entity, _LAST.predicate, _number(head.revision), graph) for entity in about]
    old = reader.values(about, (_LAST,), (graph,))[_LAST]
    removed = [
        Quad(entity, _LAST.predicate, value, graph)
        for entity, values in old.items()
        for value in values
        if isinstance(entity, NamedNode)
    ]
    return Patch.of(removed, added)


def _is_seen(reader: Reader, names: Names, audience: Audience, entity: NamedNode) -> bool:
    """Whether the audience may know that an entity is there."""
    own = names.working if audience is Audience.WORKING else names.public
    return bool(reader.values([entity], (Path(RDF_TYPE),), (own, names.reference))[Path(RDF_TYPE)])


def last_revisions(view: View, entities: Sequence[NamedNode]) -> dict[NamedNode, int]:
    """The revision that last changed each entity in the working graph: 1 for one no later revision touched, 0 for
    one that is not there."""
    found = Chronicle(view).last_revisions(entities)
    names = view.names
    there = view.reader.values(entities, (Path(RDF_TYPE),), (names.working, names.reference))[Path(RDF_TYPE)]
    return {entity: revision if entity in there else 0 for entity, revision in found.items()}


def _number(number: int) -> Literal:
    return Literal(str(number), datatype=name(XSD, "integer"))
