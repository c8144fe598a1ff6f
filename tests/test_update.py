"""SPARQL Updates: what their text says, what it would change, and what becomes of that at the gate."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, service
from govgraph.access import Author, Role
from govgraph.change import Change, Committed
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.errors import (
    Forbidden,
    KeyReused,
    QueryError,
    QueryForbidden,
    QueryOutOfMemory,
    QueryOverdue,
    Refused,
    RevisionConflict,
)
from govgraph.gate import Writer
from govgraph.gate.update import TRIES, Updates, Wanted
from govgraph.gate.writer import LocalWriter
from govgraph.iris import Names
from govgraph.settings import Settings, read
from govgraph.store import Dataset
from govgraph.store.embedded import DiskStore
from govgraph.store.patch import Patch
from govgraph.store.update import Scope, names_dataset, prepare, read_data
from govgraph.store.update_operations import operations
from govgraph.store.update_text import update_text

NAMES = Names(BASE)
W, R, V, P = NAMES.working, NAMES.reference, NAMES.vocabulary, NAMES.public
SCOPE = Scope(W, Dataset((W, R, V), (W, R, V)), (W, R))
TITLE = NamedNode("http://purl.org/dc/terms/title")
PASSPORT = NAMES.entity("service", "passport")


def node(local: str) -> NamedNode:
    return NamedNode(BASE + local)


def data(text: str) -> Patch:
    patch = read_data(text, BASE, W)
    assert patch is not None
    return patch


# DATA blocks


def test_insert_data_says_its_quads() -> None:
    patch = data("INSERT DATA { <a> <b> 'c' . GRAPH <graph/reference> { <d> <e> <f> , <g> } }")
    assert patch.removed == frozenset()
    assert patch.added == {
        Quad(node("a"), node("b"), Literal("c"), W),
        Quad(node("d"), node("e"), node("f"), R),
        Quad(node("d"), node("e"), node("g"), R),
    }


def test_of_several_operations_the_last_word_counts() -> None:
    patch = data("INSERT DATA { <a> <b> 1, 2 }; DELETE DATA { <a> <b> 2, 3 } ; INSERT DATA { <a> <b> 3 } ;")
    assert {quad.object.value for quad in patch.added if isinstance(quad.object, Literal)} == {"1", "3"}
    assert {quad.object.value for quad in patch.removed if isinstance(quad.object, Literal)} == {"2"}


@pytest.mark.parametrize(
    "value",
    [
        '"} ; LOAD <x:y> ; INSERT DATA { "',
        "'''} # \"{ ' ; CLEAR ALL'''",
        r'"\"} \\"',
        r'"\u007D ; DROP ALL"',
        "<http://x/#{where%7D}>".replace("{", "").replace("}", ""),
        "<add#where>",
        "dct:create",
        '"WHERE"@en-where',
    ],
)
def test_nothing_in_strings_and_names_is_taken_for_an_operation(value: str) -> None:
    patch = data(
        f"INSERT DATA {{ <a> <b> {value} # }} ; DROP ALL {{\n }} # ; CLEAR ALL\n; DELETE DATA {{ <x> <y> <z> }}"
    )
    assert (len(patch.added), len(patch.removed)) == (1, 1)


def test_prefixes_and_base_may_change_between_operations() -> None:
    text = """PREFIX p: <http://one/> INSERT DATA { p:a a <x> } ;
              PREFIX p: <http://two/> BASE <http://three/> INSERT DATA { p:a a <x> } ; DELETE DATA { p:b a <x> }"""
    patch = data(text)
    assert {quad.subject.value for quad in patch.added if isinstance(quad.subject, NamedNode)} == {
        "http://one/a",
        "http://two/a",
    }
    assert {quad.object for quad in patch.added} == {node("x"), NamedNode("http://three/x")}
    assert {quad.subject for quad in patch.removed} == {NamedNode("http://two/b")}


@pytest.mark.parametrize(
    "text",
    [
        "CLEAR ALL",
        "INSERT DATA { <a> <b> <c> } ; CLEAR DEFAULT",
        "LOAD <http://localhost/>",
        "LOADSILENT<http://localhost/>",
        "INSERT DATA { <a> <b> <c> } ; LOAD SILENT <http://localhost/>",
        "DELETE WHERE { ?s ?p ?o }",
        "INSERT { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "INSERT DATA { ?s <b> <c> }",
        "INSERT DATA { <a> <b> <c>",
        "INSERT DATA { <a> <b> _:c } ; INSERT DATA { <a> <b> _:c }",
        "SELECT * { ?s ?p ?o }",
    ],
)
def test_all_else_is_no_data(text: str) -> None:
    assert read_data(text, BASE, W) is None


def test_a_text_without_operations_says_nothing() -> None:
    assert data("# nothing\nPREFIX a: <b>") == Patch()


VALUES = st.one_of(
    st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    st.sampled_from(['"', "\\", "'''", "} ; LOAD <x:y> ; {", "# \n }", "\\u007D", "add WHERE clear"]),
)
QUADS = st.builds(
    Quad,
    st.sampled_from([NamedNode("urn:a"), NamedNode("http://x/load#where?a=add")]),
    st.sampled_from([NamedNode("urn:p"), NamedNode("http://x/(create)")]),
    st.one_of(st.builds(Literal, VALUES), st.builds(lambda text: Literal(text, language="en-add"), VALUES)),
    st.sampled_from([W, R, NamedNode("urn:g")]),
)
BLOCKS = st.lists(st.tuples(st.booleans(), st.sets(QUADS, min_size=1, max_size=4)), min_size=1, max_size=5)


@given(BLOCKS, st.sets(QUADS, max_size=4))
@settings(max_examples=50, deadline=None)
def test_what_is_read_is_what_the_engine_does(blocks: list[tuple[bool, set[Quad]]], there: set[Quad]) -> None:
    texts = [update_text(Patch(added=frozenset(q)) if adds else Patch(frozenset(q))) for adds, q in blocks]
    text = "\n; ".join(texts)
    patch = data(text)
    done, patched = pyoxigraph.Store(), pyoxigraph.Store()
    for store in (done, patched):
        store.extend([*there, *(quad for adds, quads in blocks[:1] if not adds for quad in quads)])
    done.update(text)
    for quad in patch.removed:
        patched.remove(quad)
    patched.extend(patch.added)
    assert set(patched) == set(done)


def test_prefixes_declared_over_and_over_are_refused() -> None:
    with pytest.raises(QueryError, match="too often"):
        data(";".join(["PREFIX a: <urn:a> INSERT DATA { a:a a 1 }"] * 101))


# Other updates


def rewritten(text: str) -> str:
    (request,) = prepare(text, BASE, SCOPE).requests
    return " ".join(request.split())


UNION = f"USING {W} USING {R} USING {V} USING NAMED {W} USING NAMED {R} USING NAMED {V}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DELETE WHERE { ?s ?p 1 }", f"WITH {W} DELETE {{ ?s ?p 1 }} {UNION} WHERE {{ ?s ?p 1 }}"),
        (
            "DELETE { ?s a 1 } INSERT { ?s a 2 } WHERE { ?s a 1 { SELECT * WHERE { ?s a 3 } } }",
            f"WITH {W} DELETE {{ ?s a 1 }} INSERT {{ ?s a 2 }} {UNION} "
            "WHERE { ?s a 1 { SELECT * WHERE { ?s a 3 } } }",
        ),
        (
            "WITH <graph/reference> DELETE { ?s ?p 1 } WHERE { ?s ?p 1 }",
            f"WITH <graph/reference> DELETE {{ ?s ?p 1 }} USING <graph/reference> USING NAMED {W} USING NAMED {R} "
            f"USING NAMED {V} WHERE {{ ?s ?p 1 }}",
        ),
        (
            "INSERT { ?s ?p 1 } USING <graph/reference> WHERE { ?s ?p 2 }",
            f"WITH {W} INSERT {{ ?s ?p 1 }} USING <graph/reference> WHERE {{ ?s ?p 2 }}",
        ),
        ("CLEAR DEFAULT ; CLEAR SILENT DEFAULT", f"CLEAR SILENT GRAPH {W} ; CLEAR SILENT GRAPH {W}"),
        ("ADD DEFAULT TO <graph/reference>", f"ADD GRAPH {W} TO <graph/reference>"),
        (
            "INSERT DATA { <a> <b> 'DEFAULT' } ; DELETE DATA { <a> a 1 } ; CLEAR DEFAULT",
            f"WITH {W} INSERT {{ <a> <b> 'DEFAULT' }} WHERE {{}} ; WITH {W} DELETE {{ <a> a 1 }} WHERE {{}} ; "
            f"CLEAR SILENT GRAPH {W}",
        ),
    ],
)
def test_where_an_update_names_no_graph_the_working_one_is_meant(text: str, expected: str) -> None:
    assert rewritten(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "LOAD <http://localhost/>",
        "LOAD SILENT <http://localhost/> INTO GRAPH <graph/working>",
        "CLEAR DEFAULT ; loadsilent<http://localhost/>",
        "INSERT { ?s ?p ?o } WHERE { SERVICE <http://localhost/> { ?s ?p ?o } }",
        "INSERT { ?s ?p ?o } WHERE { { SELECT * { SERVICESILENT?x{ ?s ?p ?o } } } }",
    ],
)
def test_an_update_that_calls_out_is_refused(text: str) -> None:
    with pytest.raises(QueryForbidden, match="contacts no other"):
        prepare(text, BASE, SCOPE)


def test_words_in_strings_call_nobody() -> None:
    assert prepare("INSERT { ?load ?service 'LOAD' } WHERE { ?load ?service 'SERVICE <x>' } #LOAD", BASE, SCOPE)


@pytest.mark.parametrize(
    ("text", "graph"),
    [
        ("CLEAR ALL", "every graph"),
        ("DROP NAMED", "every graph"),
        ("DROP GRAPH <graph/public>", "graph/public"),
        ("CREATE GRAPH <other>", "other"),
        ("COPY DEFAULT TO <graph/public>", "graph/public"),
        ("MOVE <graph/vocabulary> TO DEFAULT", "graph/vocabulary"),
        ("WITH <graph/public> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", "graph/public"),
        ("INSERT { GRAPH <graph/system> { ?s ?p ?o } } WHERE { ?s ?p ?o }", "graph/system"),
        ("PREFIX g: <graph/> DELETE WHERE { GRAPH g:public { ?s ?p ?o } }", "graph/public"),
        ("INSERT DATA { GRAPH <graph/public> { <a> <b> <c> } } ; CLEAR DEFAULT", "graph/public"),
    ],
)
def test_only_the_working_and_the_reference_graph_are_written(text: str, graph: str) -> None:
    with pytest.raises(Forbidden, match=graph):
        prepare(text, BASE, SCOPE)


@pytest.mark.parametrize("text", ["COPY <graph/public> TO DEFAULT", "INSERT { <a> a 1 } WHERE { GRAPH <x> {} }"])
def test_other_graphs_may_be_read(text: str) -> None:
    assert not prepare(text, BASE, SCOPE).anywhere


@pytest.mark.parametrize(
    ("text", "place", "advice"),
    [
        ("INSRT DATA { <a> <b> <c> }", (1, 1), "Did you mean INSERT?"),
        ("CLEAR DEFAULT ;\nPREFIX x: <y>\n  CLEER ALL", (3, 3), "Did you mean CLEAR?"),
        ("DELETE DATA { <a> <b> foo:x }", (1, 23), "foo: is not declared"),
        ("INSERT DATA { <a> <b> 'x' ", (1, 26), ""),
        ("DELETE { ?s ?p ?o } INSRT { ?s ?p ?o } WHERE {}", (1, 21), "Did you mean INSERT?"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str, place: tuple[int, int], advice: str) -> None:
    with pytest.raises(QueryError, match="The update cannot be read") as refused:
        prepare(text, BASE, SCOPE)
    assert (refused.value.line, refused.value.column) == place
    assert advice in refused.value.hint


def test_keywords_run_together_are_refused_and_not_guessed_at() -> None:
    with pytest.raises(QueryError, match="where 'INSERTDATA"):
        prepare("INSERTDATA{<a><b><c>}", BASE, SCOPE)


def test_an_update_may_say_what_it_reads() -> None:
    assert names_dataset("CLEAR DEFAULT ; INSERT { <a> a 1 } USING <x> WHERE {}")
    assert names_dataset("WITH <x> INSERT { <a> a 1 } WHERE {}")
    assert not names_dataset("INSERT { <a> a 'USING' } WHERE { <with> a 1 }")


def test_operations_are_told_apart() -> None:
    text = (
        "CLEAR DEFAULT ; INSERT DATA { <a> a 1 ; a 2 } ; DELETE WHERE { ?s ?p ?o ; a 1 } ; WITH <x> DELETE {} WHERE {}"
    )
    assert [operation.tokens[0].word for operation in operations(text)] == ["CLEAR", "INSERT", "DELETE", "WITH"]


# At the gate


@dataclass
class Place:
    settings: Settings
    writer: LocalWriter
    updates: Updates

    def submit(self, text: str, **more: object) -> Committed:
        return self.updates.submit(Wanted(text, BASE, change(**more)))

    def titles(self) -> set[str]:
        self.writer.snapshot()
        store = DiskStore.of(self.settings)
        try:
            said = store.reader().statements([PASSPORT], (W,))
        finally:
            store.close()
        return {str(triple.object) for triple in said if triple.predicate == TITLE}


def change(**more: object) -> Change:
    return Change((), Author("somebody", Role.STEWARD), "sparql-update", **more)  # type: ignore[arg-type]  # as named


@pytest.fixture
def place(contract: Contract, tmp_path: Path) -> Iterator[Place]:
    chosen = read({}, data=tmp_path / "data", snapshots_kept=2)
    file = tmp_path / "small.ttl"
    draft = service("passport", "Passport").replace("gov:publicationStatus code:Published", "")
    file.write_text(TURTLE_PREFIXES + ORGANISATION + service("birth", "Birth") + draft, "utf-8")
    store = DiskStore.of(chosen)
    load = Load(store, contract)
    load.read_rdf(file)
    load.finish()
    store.close()
    writer = LocalWriter(chosen, contract)
    yield Place(chosen, writer, Updates(writer, contract, chosen))
    writer.close()
    assert not list((chosen.data / "rooms").glob("*"))


RENAME = """
DELETE { ?s dct:title ?old } INSERT { ?s dct:title "Travel document"@en }
WHERE { ?s a cpsv:PublicService ; dct:title ?old FILTER(?old = "Passport"@en) }"""


def test_insert_data_becomes_a_revision(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govgraph.gate.update.rehearse", None)
    before = place.writer.revision
    committed = place.submit(f'INSERT DATA {{ {PASSPORT} dct:title "Pass"@de }}')
    assert (committed.revision, committed.removed, committed.added) == (before + 1, 0, 1)
    assert '"Pass"@de' in place.titles()


def test_any_other_update_is_rehearsed_and_its_difference_committed(place: Place) -> None:
    committed = place.submit(RENAME)
    assert (committed.removed, committed.added) == (1, 1)
    assert place.titles() == {'"Travel document"@en', '"Passport (fr)"@fr'}


def test_an_update_sees_what_was_written_a_moment_ago(place: Place) -> None:
    place.submit(
        f'DELETE DATA {{ {PASSPORT} dct:title "Passport"@en }} ; INSERT DATA {{ {PASSPORT} dct:title "P"@en }}'
    )
    assert place.submit(RENAME).added == 0
    assert place.submit(RENAME.replace("Passport", "P")).added == 1


def test_patterns_read_what_a_query_of_the_working_view_reads(place: Place) -> None:
    text = """INSERT { ?s dct:identifier ?label } WHERE {
        ?s gov:digitalisationLevel ?level . ?level skos:prefLabel ?text .
        BIND(STR(?text) AS ?label) FILTER(LANG(?text) = "en")
        FILTER(?s = <id/service/passport>) }"""
    assert place.submit(text).added == 1
    nothing = Dataset((P,), ())
    assert place.updates.submit(Wanted(text, BASE, change(), nothing)).added == 0


def test_blank_nodes_get_iris_that_are_the_same_the_next_time(place: Place) -> None:
    text = (
        f"INSERT {{ ?s cv:hasChannel [ a cv:Channel ; dct:type gov:Online ] }} WHERE {{ VALUES ?s {{ {PASSPORT} }} }}"
    )
    # What it points to is no code, which is a finding of the change and none of blank nodes.
    text = text.replace("dct:type gov:Online", 'dct:description "By post"@en')
    first = place.submit(text)
    assert first.added == 3
    assert place.submit(text).added == 0
    assert (
        place.submit(text.replace("INSERT {", "INSERT DATA {").split(" WHERE")[0].replace("?s", str(PASSPORT))).added
        == 0
    )


def test_a_variable_that_leads_to_another_graph_is_refused(place: Place) -> None:
    before = place.writer.revision
    with pytest.raises(Forbidden, match="graph/vocabulary"):
        place.submit("DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } }")
    for graph in (P, V):
        with pytest.raises(Forbidden, match="publishing"):
            place.submit(f"INSERT DATA {{ GRAPH {graph} {{ <a> <b> <c> }} }}")
    assert place.writer.revision == before


def test_a_refused_update_leaves_no_trace(place: Place) -> None:
    before = place.writer.revision
    with pytest.raises(Refused) as refused:
        place.submit("DELETE WHERE { ?s dct:title ?o }")
    assert refused.value.report
    assert place.writer.revision == before
    assert place.titles() == {'"Passport"@en', '"Passport (fr)"@fr'}


def test_a_dry_run_tells_and_leaves_all_as_it_was(place: Place) -> None:
    committed = place.submit(RENAME, dry_run=True)
    assert (committed.dry_run, committed.removed, committed.added) == (True, 1, 1)
    assert place.titles() == {'"Passport"@en', '"Passport (fr)"@fr'}


def test_an_update_sent_twice_with_a_key_is_made_once(place: Place) -> None:
    text = "INSERT { ?s dct:identifier ?new } WHERE { ?s a cpsv:PublicService BIND(STR(RAND()) AS ?new) }"
    first = place.submit(text, key="k")
    assert place.submit(text, key="k").revision == first.revision == place.writer.revision
    with pytest.raises(KeyReused):
        place.submit(text + " # another", key="k")


@dataclass
class Crowded:
    """A writer to whom somebody else writes each time before a change is submitted, so many times."""

    writer: LocalWriter
    times: int
    submitted: list[Change] = field(default_factory=list)

    @property
    def revision(self) -> int:
        return self.writer.revision

    def submit(self, change: Change) -> Committed:
        self.submitted.append(change)
        if len(self.submitted) <= self.times:
            Updates(self.writer, self.writer_contract, self.settings).submit(
                Wanted(f'INSERT DATA {{ {PASSPORT} rdfs:comment "{len(self.submitted)}" }}', BASE, _change())
            )
        return self.writer.submit(change)

    def snapshot(self) -> int | None:
        return self.writer.snapshot()

    def close(self) -> None:
        pass

    settings: Settings = field(kw_only=True)
    writer_contract: Contract = field(kw_only=True)


def _change() -> Change:
    return change()


@pytest.mark.parametrize("times", [1, TRIES])
def test_what_others_write_meanwhile_is_not_lost(place: Place, contract: Contract, times: int) -> None:
    crowded = Crowded(place.writer, times, settings=place.settings, writer_contract=contract)
    writer: Writer = crowded
    count = f"SELECT (COUNT(?o) AS ?n) {{ {PASSPORT} rdfs:comment ?o }}"
    text = f"INSERT {{ {PASSPORT} rdfs:label ?n }} WHERE {{ {{ {count} }} }}"
    if times == TRIES:
        with pytest.raises(RevisionConflict):
            Updates(writer, contract, place.settings).submit(Wanted(text, BASE, change()))
    else:
        assert Updates(writer, contract, place.settings).submit(Wanted(text, BASE, change())).added == 1
    assert len(crowded.submitted) == min(times + 1, TRIES)
    revisions = [one.after for one in crowded.submitted]
    assert revisions == sorted({one for one in revisions if one is not None})


RUNAWAY = "INSERT { <a> <b> ?n } WHERE { SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l } }"


def test_an_update_is_stopped_at_its_deadline(place: Place, contract: Contract) -> None:
    brief = read({}, data=place.settings.data, update_seconds=1.5)
    with pytest.raises(QueryOverdue, match=r"1\.5 seconds"):
        Updates(place.writer, contract, brief).submit(Wanted(RUNAWAY, BASE, change()))


def test_an_update_is_stopped_at_its_memory_limit(place: Place, contract: Contract) -> None:
    small = read({}, data=place.settings.data, query_memory_megabytes=200)
    doubled = " ".join(f"BIND(CONCAT(?t{n}, ?t{n}) AS ?t{n + 1})" for n in range(40))
    text = f'INSERT {{ <a> <b> ?t40 }} WHERE {{ BIND("text" AS ?t0) {doubled} }}'
    with pytest.raises(QueryOutOfMemory):
        Updates(place.writer, contract, small).submit(Wanted(text, BASE, change()))


def test_what_a_killed_process_left_behind_is_cleared_away(place: Place) -> None:
    left = place.settings.data / "rooms" / "left"
    left.mkdir(parents=True)
    (left / "before.nt").write_bytes(b"")
    place.submit(RENAME)
    assert not left.exists()


def test_updates_may_be_rehearsed_at_the_same_time(place: Place) -> None:
    done: list[Committed] = []

    def one(number: int) -> None:
        done.append(place.submit(f"INSERT {{ {PASSPORT} rdfs:comment '{number}' }} WHERE {{}}"))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [committed.added for committed in done] == [1, 1]


def test_an_update_that_cannot_be_carried_out_is_told_why(place: Place) -> None:
    with pytest.raises(QueryError, match="cannot be carried out"):
        place.submit("CREATE GRAPH <graph/working>")
    with pytest.raises(QueryError, match="cannot be shared"):
        place.submit("INSERT DATA { <a> <b> _:c } ; INSERT DATA { <a> <b> _:c }")


def test_the_process_of_an_update_is_gone_with_it(place: Place) -> None:
    place.submit(RENAME)
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    assert "update_process" not in "".join(
        Path(f"/proc/{child}/cmdline").read_text() for child in children.read_text().split()
    )
