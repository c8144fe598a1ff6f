"""The words of entities, as documents of an index: all of a view's, or those of some; knows no index and no question.

Both ways read the same; the first costs the length of its columns, the second what is said about its entities.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice

from pyoxigraph import Literal, NamedNode
from tantivy import Document

from govgraph.catalogue import LABEL_PATHS, View
from govgraph.contract import Contract, Form, Severity
from govgraph.iris import RDF_TYPE
from govgraph.search.layout import BREVITY, IRI, KIND, TIE, WHOLE, Standing, stems
from govgraph.search.words import fold, primary, stemmed
from govgraph.store import Path, Term

_TYPE = Path(RDF_TYPE)
_GRAVE = (Severity.VIOLATION, Severity.WARNING)
_LONGEST_WHOLE = 300
_MOST_OF_A_TEXT = 20_000
"""Characters of one text that can be found."""
_LOT = 500


@dataclass(frozen=True)
class Readable:
    """What of a contract's properties is words, and its standing."""

    standings: Mapping[Path, Standing]
    languages: tuple[str, ...]

    @classmethod
    def of(cls, contract: Contract) -> Readable:
        standings = dict.fromkeys(LABEL_PATHS, Standing.TITLE)
        for kind in contract.kinds:
            if kind.title is not None:
                standings[Path(kind.title)] = Standing.TITLE
        for kind in contract.kinds:
            for prop in kind.properties:
                if prop.form is Form.TEXT and prop.stored and standings.get(prop.path) != Standing.TITLE:
                    needed = prop.needed in _GRAVE or standings.get(prop.path) == Standing.NEEDED
                    standings[prop.path] = Standing.NEEDED if needed else Standing.MORE
        return cls(standings, stemmed(contract.languages))


Said = Mapping[Term, Sequence[tuple[Standing, Literal]]]
"""Per node its texts."""


def documents(view: View, nodes: Sequence[NamedNode]) -> Iterator[Document]:
    """Those of some nodes: of each that is an entity. A few reads per lot."""
    readable = Readable.of(view.contract)
    remaining = iter(nodes)
    while lot := list(islice(remaining, _LOT)):
        types = view.reader.values(lot, (_TYPE,), view.graphs)[_TYPE]
        kinds = {node: _kinds(view.contract, classes) for node, classes in types.items()}
        there = [node for node in lot if kinds.get(node)]
        parts = view.parts(there)
        asked = [*there, *(part for of in parts.values() for part in of)]
        said: dict[Term, list[tuple[Standing, Literal]]] = {}
        columns = view.reader.values(list(dict.fromkeys(asked)), list(readable.standings), view.graphs)
        for path, column in columns.items():
            for part, values in column.items():
                _gather(said, readable.standings[path], ((part, value) for value in values))
        for node in there:
            yield _document(node, kinds[node], parts.get(node, ()), said, readable)


def all_documents(view: View) -> Iterator[Document]:
    """Those of all entities. Grows with the catalogue."""
    readable = Readable.of(view.contract)
    kinds: dict[NamedNode, list[str]] = {}
    for kind in view.contract.entities:
        for node in view.reader.instances(kind.class_, view.graphs):
            of = kinds.setdefault(node, [])
            if kind.name not in of:
                of.append(kind.name)
    said: dict[Term, list[tuple[Standing, Literal]]] = {}
    for path, standing in readable.standings.items():
        _gather(said, standing, view.reader.pairs(path, view.graphs))
    parts = _all_parts(view, kinds)
    for node, of in kinds.items():
        yield _document(node, of, parts.get(node, ()), said, readable)


def _kinds(contract: Contract, classes: Iterable[Term]) -> list[str]:
    by_class = contract.by_class
    found = (by_class[class_] for class_ in classes if isinstance(class_, NamedNode) and class_ in by_class)
    return list(dict.fromkeys(kind.name for kind in found if not kind.part))


def _gather(
    said: dict[Term, list[tuple[Standing, Literal]]], standing: Standing, pairs: Iterable[tuple[Term, Term]]
) -> None:
    for node, value in pairs:
        if isinstance(value, Literal):
            said.setdefault(node, []).append((standing, value))


def _all_parts(view: View, kinds: Mapping[NamedNode, object]) -> dict[Term, list[Term]]:
    """As ``View.parts`` of all entities."""
    below: dict[Term, list[Term]] = {}
    for path in view.contract.part_paths:
        for owner, part in view.reader.pairs(path, view.graphs):
            if isinstance(part, NamedNode) and part != owner and part not in kinds:
                below.setdefault(owner, []).append(part)
    owned: dict[Term, list[Term]] = {}
    for owner, first in below.items():
        if owner in kinds:
            seen: dict[Term, None] = {}
            level = first
            while level:
                new = [part for part in level if part not in seen and part != owner]
                seen.update(dict.fromkeys(new))
                level = [part for one in new for part in below.get(one, ())]
            owned[owner] = list(seen)
    return owned


def _document(node: NamedNode, kinds: Iterable[str], parts: Iterable[Term], said: Said, readable: Readable) -> Document:
    made = Document()
    add = made.add_text
    add(IRI, node.value)
    for kind in kinds:
        add(KIND, kind)
    made.add_unsigned(TIE, int.from_bytes(blake2b(node.value.encode(), digest_size=7).digest()))
    shortest = 0
    for standing, value in said.get(node, ()):
        folded = _add(made, standing, value, readable.languages)
        if standing is Standing.TITLE:
            add(WHOLE, " ".join(folded.split())[:_LONGEST_WHOLE])
            words = folded.count(" ") + 1
            shortest = min(shortest or words, words)
    for part in parts:
        for _, value in said.get(part, ()):
            _add(made, Standing.PART, value, readable.languages)
    made.add_float(BREVITY, 1 / (1 + shortest) if shortest else 0.0)
    return made


def _add(made: Document, standing: Standing, value: Literal, languages: tuple[str, ...]) -> str:
    """The text as it was folded."""
    folded = fold(value.value[:_MOST_OF_A_TEXT])
    made.add_text(standing, folded)
    language = primary(value.language or "")
    if language in languages:
        made.add_text(stems(standing, language), folded)
    return folded
