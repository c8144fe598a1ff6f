"""The writer's store: patches are made whole and exactly, whatever their terms are, and can be taken back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from govgraph.errors import StoreError
from govgraph.iris import XSD, Names, name
from govgraph.store.live import Live
from govgraph.store.patch import Patch
from govgraph.store.update_text import update_text

BASE = "http://example.org/"
NAMES = Names(BASE)
HOSTILE = ("\\", '"', "'", '"""', "}", "{", ">", "<", ";", ".", "#", "\n", "\r", "\t", "\\u0022", "\\u003E")
_CHARACTERS = st.characters(codec="utf-8")
TEXTS = st.lists(st.sampled_from(HOSTILE) | st.text(_CHARACTERS, max_size=5), max_size=8).map("".join)
IRIS = st.text(st.sampled_from("aé雪0-._~:/?@!$&'()*+,;=%"), max_size=12).map(
    lambda local: NamedNode(f"http://example.org/{local.replace('%', '%5C')}")
)
LITERALS = st.one_of(
    TEXTS.map(Literal),
    st.builds(lambda text, tag: Literal(text, language=tag), TEXTS, st.sampled_from(["en", "fr-be"])),
    st.builds(lambda text, iri: Literal(text, datatype=iri), TEXTS, IRIS),
    st.sampled_from(["01", "1.0", "abc", "+1"]).map(lambda text: Literal(text, datatype=name(XSD, "integer"))),
)
QUADS = st.builds(Quad, IRIS, IRIS, st.one_of(IRIS, LITERALS), st.sampled_from([NAMES.working, NAMES.public]))


def said(live: Live) -> set[Quad]:
    graphs = (NAMES.working, NAMES.public)
    return {
        Quad(q.subject, q.predicate, q.object, g)
        for g in graphs
        for q in parse(live.reader.dump(g), RdfFormat.N_TRIPLES)
    }


@given(st.lists(st.tuples(st.frozensets(QUADS, max_size=5), st.frozensets(QUADS, max_size=5)), max_size=6))
def test_no_term_becomes_anything_but_itself(patches: list[tuple[frozenset[Quad], frozenset[Quad]]]) -> None:
    live, expected = Live.in_memory(BASE), set[Quad]()
    states = [said(live)]
    made: list[Patch] = []
    for removed, added in patches:
        patch = live.exact(Patch.of(removed | frozenset(list(expected)[:2]), added))
        live.apply(patch)
        made.append(patch)
        expected = expected - patch.removed | patch.added
        assert said(live) == expected
        states.append(said(live))
    net = Patch()
    for patch in made:
        net = net.then(patch)
    assert (net.removed, net.added) == (frozenset(), frozenset(expected))
    for patch, before in zip(reversed(made), reversed(states[:-1]), strict=True):
        live.apply(patch.inverse)
        assert said(live) == before


def test_a_number_is_logged_as_the_engine_keeps_it() -> None:
    live = Live.in_memory(BASE)
    one = Quad(NAMES.working, NAMES.working, Literal("01", datatype=name(XSD, "integer")), NAMES.working)
    patch = live.exact(Patch.of([], [one]))
    live.apply(patch)
    assert patch.added == said(live)
    assert not live.exact(Patch.of([], [one]))


def test_an_update_is_nothing_but_data() -> None:
    triple = Triple(NAMES.working, NAMES.working, Literal('" } ; DROP ALL ; #'))
    text = update_text(Patch.of([], [Quad(triple.subject, triple.predicate, triple.object, NAMES.working)]))
    assert text.startswith("INSERT DATA {")
    assert text.count('\\" } ; DROP ALL') == 1


def test_a_store_left_in_the_middle_says_so(tmp_path: Path) -> None:
    live = Live.open(tmp_path / "live", BASE)
    live.apply(live.numbered(3, datetime(2026, 1, 1, tzinfo=UTC), "hash").then(live.marked(pending=True)))
    assert (live.pending, live.revision, live.contract_hash) == (True, 3, "hash")
    live.apply(live.marked(pending=False))
    assert not live.pending
    with pytest.raises(StoreError):
        Live.open(tmp_path / "live", BASE)


def test_a_copy_shares_nothing_but_files(tmp_path: Path) -> None:
    live = Live.open(tmp_path / "live", BASE)
    one, two = (Quad(NAMES.working, NAMES.working, Literal(text), NAMES.working) for text in "ab")
    live.apply(Patch.of([], [one]))
    live.backup(tmp_path / "copy")
    live.apply(Patch.of([one], [two]))
    clone = Live.copy(tmp_path / "copy", tmp_path / "clone", BASE)
    assert said(clone) == {one}
    clone.apply(Patch.of([one], []))
    assert said(live) == {two}
    assert Live.is_readable(tmp_path / "copy")
    assert not Live.is_readable(tmp_path / "nowhere")
