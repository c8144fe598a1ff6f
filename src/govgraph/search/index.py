"""One index of one audience at one revision, in memory or in a directory; asks for ranked entities, knows no snapshot.

Points follow from the words of the entities that are there and nothing else: neither from what was deleted, nor from
the way the index came about. So what a stranger sees says nothing about drafts or about what was taken back, and every
process ranks alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import NamedNode
from tantivy import Document, Index, Query, Searcher

from govgraph.search.layout import IRI, TIE, schema, teach

_SMALL_HEAP, _LARGE_HEAP = 15_000_000, 160_000_000
"""Bytes: the least the library takes, and so much that few pieces have to be put together in the end."""


@dataclass(frozen=True)
class Ranked:
    """The best of what was found, best first: an entity's place in the index, its points, and what puts equals in an
    order. ``count`` is how many there are in all."""

    places: tuple[tuple[float, int, object], ...]
    count: int


class Words:
    """An index that is open for reading."""

    def __init__(self, index: Index, languages: tuple[str, ...]) -> None:
        self.languages = languages
        self.schema = index.schema
        index.config_reader("manual")  # else a thread of its own would look for changes that never come
        index.reload()
        self._searcher: Searcher = index.searcher()

    @classmethod
    def opened(cls, path: Path, languages: tuple[str, ...]) -> Words:
        """Raises ValueError or OSError for what is no index."""
        index = Index.open(str(path))
        teach(index, languages)
        return cls(index, languages)

    @classmethod
    def in_memory(cls, documents: Iterable[Document], languages: tuple[str, ...]) -> Words:
        index = Index(schema(languages))
        teach(index, languages)
        _write(index, documents, (), _LARGE_HEAP)
        return cls(index, languages)

    def __len__(self) -> int:
        return self._searcher.num_docs

    def count(self, query: Query) -> int:
        return int(self._searcher.search(query, 1).count)  # type: ignore[attr-defined]  # missing in its stubs

    def best(self, query: Query, most: int, weight: str | None = None) -> Ranked:
        """At most so many. ``weight`` names the field that raises points."""
        found = self._searcher.search(query, most, weight_by_field=weight)
        addresses = [address for _, address in found.hits]
        ties = self._searcher.fast_field_values(TIE, addresses) if addresses else []
        places = [
            (round(points, 3), int(tie or 0), address) for (points, address), tie in zip(found.hits, ties, strict=True)
        ]
        places.sort(key=lambda place: (-place[0], place[1]))
        return Ranked(tuple(places), int(found.count))  # type: ignore[attr-defined]  # missing in its stubs

    def all(self, query: Query) -> list[NamedNode]:
        """In no order. Grows with what is found."""
        found = self._searcher.search(query, max(len(self), 1), count=False)
        return self.entities([address for _, address in found.hits])

    def entities(self, addresses: Sequence[object]) -> list[NamedNode]:
        return [NamedNode(self._searcher.doc(address)[IRI][0]) for address in addresses]  # type: ignore[arg-type]


def write_anew(path: Path, documents: Iterable[Document], languages: tuple[str, ...]) -> None:
    """Make an index in an empty directory. Raises ValueError or OSError."""
    index = Index(schema(languages), str(path))
    teach(index, languages)
    _write(index, documents, (), _LARGE_HEAP)


def write_on(path: Path, gone: Sequence[NamedNode], documents: Iterable[Document], languages: tuple[str, ...]) -> None:
    """Take some entities out of an index and put documents in. Raises ValueError or OSError."""
    index = Index.open(str(path))
    teach(index, languages)
    _write(index, documents, gone, _SMALL_HEAP)


def _write(index: Index, documents: Iterable[Document], gone: Sequence[NamedNode], heap: int) -> None:
    writer = index.writer(heap, 1)
    for entity in gone:
        writer.delete_documents_by_term(IRI, entity.value)
    for document in documents:
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
