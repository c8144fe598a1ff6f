"""What became of whole things in a revision, read from the log row by row."""

from __future__ import annotations

import gc
from datetime import UTC, datetime
from pathlib import Path
from weakref import ref

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from govgraph.errors import LogDamaged, NotFound
from govgraph.history.ledger import Ledger, Turns
from govgraph.history.log import Log
from govgraph.history.record import Entry, Head
from govgraph.iris import RDF_TYPE
from govgraph.store.patch import Patch

AT = datetime(2026, 11, 2, tzinfo=UTC)
HERE, ELSEWHERE = (NamedNode(f"http://example.org/graph/{name}") for name in ("here", "elsewhere"))
KIND, OTHER, OWNER, NOTE = (NamedNode(f"http://example.org/ns#{name}") for name in ("Kind", "Other", "owner", "note"))
A, B, C = (NamedNode(f"http://example.org/{name}") for name in "abc")


def ledger_of(directory: Path, *patches: Patch) -> Ledger:
    log = Log.writing(directory)
    for number, patch in enumerate(patches, 1):
        log.append([Entry.of(Head(number, AT, "token:1", "", "test", "", "hash", ""), patch)])
    return Ledger(directory)


def test_it_is_known_what_came_and_went_and_which_links_did(tmp_path: Path) -> None:
    removed = [
        Quad(B, RDF_TYPE, KIND, HERE),
        Quad(C, OWNER, A, HERE),
        Quad(C, NOTE, A, HERE),
        Quad(C, OWNER, B, ELSEWHERE),
    ]
    added = [Quad(A, RDF_TYPE, KIND, HERE), Quad(A, RDF_TYPE, OTHER, HERE), Quad(A, OWNER, C, HERE)]
    added.append(Quad(C, RDF_TYPE, KIND, ELSEWHERE))
    found = ledger_of(tmp_path, Patch.of(removed, added)).turns(1, (HERE,), frozenset({OWNER}))
    assert found == Turns(
        came={A.value: frozenset({KIND.value, OTHER.value})},
        went={B.value: frozenset({KIND.value})},
        unlinked={C.value: frozenset({A.value})},
    )


def test_a_text_that_looks_like_a_statement_is_a_text(tmp_path: Path) -> None:
    texts = [f"x {RDF_TYPE} {KIND} {HERE} .\nA {A} {RDF_TYPE} {KIND} {HERE} .\n", f" {RDF_TYPE} ", f"D {A} {OWNER} {B}"]
    quads = [Quad(A, NOTE, Literal(text), HERE) for text in texts]
    ledger = ledger_of(tmp_path, Patch.of([], quads), Patch.of(quads, []))
    assert [ledger.turns(number, (HERE,), frozenset({OWNER})) for number in (1, 2)] == [Turns(), Turns()]


def test_what_the_log_lacks_is_told(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, Patch.of([], [Quad(A, NOTE, B, HERE)]))
    with pytest.raises(NotFound):
        ledger.turns(2, (HERE,), frozenset())
    [segment] = tmp_path.glob("*.rdfp")
    segment.unlink()
    with pytest.raises(LogDamaged):
        ledger.turns(1, (HERE,), frozenset())


def test_what_is_remembered_of_revisions_is_bounded_by_its_size(tmp_path: Path) -> None:
    things = [NamedNode(f"http://example.org/thing/{number}") for number in range(400)]
    patch = Patch.of([], [Quad(thing, RDF_TYPE, KIND, HERE) for thing in things])
    count, size = 12, ledger_of(tmp_path / "one", patch).turns(1, (HERE,), frozenset()).size
    ledger = ledger_of(tmp_path / "all", *[patch] * count)
    assert 400 * 300 < size < 400 * 1000
    whose = [frozenset({NamedNode(f"http://example.org/link/{number}")}) for number in range(40)]
    found = [ref(ledger.turns(number, (HERE,), links)) for number in range(1, count + 1) for links in whose]
    gc.collect()
    assert len(found) == 480
    alive = [one for one in found if one() is not None]
    assert 2 <= len(alive) <= 32_000_000 // size
    whole = [ref(ledger.changes(number, (HERE,))) for number in range(1, count + 1)]
    assert sum(one() is not None for one in whole) == 8
