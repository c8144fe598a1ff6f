"""A data directory whose revisions a test writes itself, log, live store and snapshots, and what each of them said."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from govgraph.catalogue import View
from govgraph.history.log import Log
from govgraph.history.record import Entry, Head
from govgraph.iris import DCT, PREFIXES, RDF, Names, name
from govgraph.store import Reader
from govgraph.store.live import Live
from govgraph.store.patch import Patch

BASE = "http://127.0.0.1:8000/"
NAMES = Names(BASE)
GRAPHS = (NAMES.working, NAMES.public, NAMES.reference, NAMES.vocabulary, NAMES.history("working"))
BEGIN = datetime(2025, 3, 1, 12, tzinfo=UTC)
"""When the first revision was; each later one is a day after the one before."""


class KeptHistory:
    """Writes one revision after another; ``states`` has the quads of each."""

    def __init__(self, directory: Path, *, late: bool = False) -> None:
        """A ``late`` one has each of its revisions an hour later than others."""
        self.directory = directory
        self.begin = BEGIN + timedelta(hours=late)
        self.log = Log.writing(directory / "log", segment_bytes=4_000)
        self.live = Live.open(directory / "live", BASE)
        self.states: dict[int, frozenset[Quad]] = {0: frozenset()}

    @property
    def newest(self) -> int:
        return max(self.states)

    def commit(
        self, added: Iterable[Quad] = (), removed: Iterable[Quad] = (), *, snapshot: bool = True, reason: str = ""
    ) -> int:
        patch = self.live.exact(Patch.of(removed, added))
        revision = self.newest + 1
        head = Head(
            revision, self.begin + timedelta(days=revision - 1), "someone", door="cli", reason=reason, contract="c"
        )
        self.log.append([Entry.of(head, patch)])
        self.live.apply(patch)
        self.live.apply(self.live.numbered(revision, head.at, head.contract))
        self.states[revision] = (self.states[self.newest] - patch.removed) | patch.added
        if snapshot:
            self.snapshot()
        return revision

    def snapshot(self) -> None:
        """Put the newest revision in force."""
        self.live.backup(self.directory / "snapshots" / str(self.newest))
        said = {"revision": self.newest, "base": BASE, "format": 1}
        (self.directory / "current").write_text(json.dumps(said), "utf-8")

    def close(self) -> None:
        del self.live


def said(reader: Reader) -> frozenset[Quad]:
    """All that a reader has in the graphs of the catalogue."""
    found = ((graph, parse(reader.dump(graph), RdfFormat.N_TRIPLES)) for graph in GRAPHS)
    return frozenset(Quad(q.subject, q.predicate, q.object, graph) for graph, quads in found for q in quads)


def seen(view: View) -> frozenset[Quad]:
    """All that a view has in the graphs it may read."""
    found = ((graph, parse(view.reader.dump(graph), RdfFormat.N_TRIPLES)) for graph in view.visible)
    return frozenset(Quad(q.subject, q.predicate, q.object, graph) for graph, quads in found for q in quads)


def titled(slug: str, title: str, graph: NamedNode = NAMES.working) -> list[Quad]:
    """A service with nothing but a title."""
    service = NAMES.entity("service", slug)
    return [
        Quad(service, name(RDF, "type"), name(PREFIXES["cpsv"], "PublicService"), graph),
        Quad(service, name(DCT, "title"), Literal(title, language="en"), graph),
    ]
