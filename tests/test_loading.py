"""Loading: every record is accounted for, bad ones never stop good ones, a re-import changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, service
from govgraph.catalogue import Audience, Catalogue
from govgraph.change import Loaded
from govgraph.change.loading import Load
from govgraph.change.skolem import skolemise
from govgraph.contract import Contract
from govgraph.contract.reading import read as read_contract
from govgraph.errors import LoadError, RevisionConflict, StoreMissing
from govgraph.iris import Names
from govgraph.store import Part
from govgraph.store.embedded import MemoryStore
from govgraph.validation import check, ntriples

CHANNELS = "; cv:hasChannel [ a cv:Channel ; dct:type code:Online ], [ a cv:Channel ; dct:type code:Office ]"
NAMES = Names(BASE)


def load(store: MemoryStore, contract: Contract, *paths: Path, target: str = "working", strict: bool = False) -> Loaded:
    loading = Load(store, contract, target=target)
    for path in paths:
        loading.read_rdf(path)
    return loading.finish(strict=strict)


def turtle(path: Path, text: str) -> Path:
    path.write_text(TURTLE_PREFIXES + text, "utf-8")
    return path


def graph(store: MemoryStore, name: NamedNode) -> set[bytes]:
    return set(store.reader().dump(name).splitlines())


def test_a_reimport_changes_nothing(tmp_path: Path, contract: Contract) -> None:
    store = MemoryStore(BASE)
    path = turtle(tmp_path / "a.ttl", ORGANISATION + service("a", more=CHANNELS))
    first = load(store, contract, path)
    before = {name: graph(store, name) for name in (NAMES.working, NAMES.public, NAMES.report("public"))}
    second = load(store, contract, path)
    assert (first.loaded, first.merged, second.loaded, second.merged) == (2, 0, 0, 2)
    assert (first.revision, second.revision) == (1, 2)
    assert {name: graph(store, name) for name in before} == before
    assert not any(b"_:" in line for line in before[NAMES.working])


def test_a_later_file_replaces_single_values_and_texts_and_adds_to_the_rest(tmp_path: Path, contract: Contract) -> None:
    store = MemoryStore(BASE)
    load(store, contract, turtle(tmp_path / "a.ttl", ORGANISATION + service("a", "Old", "; gov:transactionsPerYear 1")))
    load(
        store,
        contract,
        turtle(
            tmp_path / "b.ttl",
            ORGANISATION.replace("interior", "other")
            + """<id/service/a> a cpsv:PublicService ; dct:title "New"@en ; gov:transactionsPerYear 2 ;
            cv:hasCompetentAuthority <id/organisation/other> .""",
        ),
    )
    said = Catalogue(store, contract).view(Audience.WORKING).entity(NAMES.entity("service", "a"))
    assert said is not None
    values = {p.name: {str(v) for v in found} for p, found in said.values.items()}
    assert values["title"] == {'"New"@en', '"Old (fr)"@fr'}
    assert values["transactionsPerYear"] == {'"2"^^<http://www.w3.org/2001/XMLSchema#integer>'}
    assert len(values["authority"]) == 2


def test_a_bad_file_is_rejected_and_the_others_are_loaded(tmp_path: Path, contract: Contract) -> None:
    good = turtle(tmp_path / "good.ttl", ORGANISATION)
    bad = turtle(tmp_path / "bad.ttl", "\n<id/service/b> a .")
    not_text = tmp_path / "latin.nt"
    not_text.write_bytes(b'<http://x/a> <http://x/b> "caf\xe9" .\n')
    store = MemoryStore(BASE)
    found = load(store, contract, bad, good, not_text)
    assert (found.loaded, found.merged, len(found.rejected)) == (1, 0, 2)
    by_file = {one.file: one for one in found.rejected}
    assert by_file["bad.ttl"].line == TURTLE_PREFIXES.count("\n") + 2
    assert by_file["latin.nt"].reason
    assert b"service/b" not in store.reader().dump(NAMES.working)


def test_strict_refuses_all_and_leaves_the_catalogue_as_it_was(tmp_path: Path, contract: Contract) -> None:
    store = MemoryStore(BASE)
    with pytest.raises(LoadError, match=r"bad\.ttl"):
        load(
            store, contract, turtle(tmp_path / "bad.ttl", "x"), turtle(tmp_path / "good.ttl", ORGANISATION), strict=True
        )
    with pytest.raises(StoreMissing):
        store.reader()


def test_an_entry_that_cannot_do_without_a_draft_stays_a_draft(tmp_path: Path, contract: Contract) -> None:
    store = MemoryStore(BASE)
    draft_authority = ORGANISATION.replace("code:Published", "code:Draft")
    found = load(store, contract, turtle(tmp_path / "a.ttl", draft_authority + service("a")))
    assert found.published == 0
    assert found.held == (f"{BASE}id/service/a",)
    assert graph(store, NAMES.public) == set()


def test_reference_data_are_seen_from_both_sides(tmp_path: Path, contract: Contract) -> None:
    store = MemoryStore(BASE)
    block = '<id/building-block/pay> a gov:BuildingBlock ; dct:title "Pay"@en ; dct:description "Pays"@en .'
    load(store, contract, turtle(tmp_path / "r.ttl", block), target="reference")
    more = "; gov:needsBlock <id/building-block/pay>"
    found = load(store, contract, turtle(tmp_path / "a.ttl", ORGANISATION + service("a", more=more)))
    assert found.published == 2
    for audience in Audience:
        view = Catalogue(store, contract).view(audience)
        assert view.entity(NAMES.entity("building-block", "pay")) is not None
    assert b"building-block/pay> <http://www.w3.org/1999" not in store.reader().dump(NAMES.working)


def test_a_named_graph_in_a_file_is_loaded_like_the_rest(tmp_path: Path, contract: Contract) -> None:
    path = tmp_path / "a.trig"
    path.write_text(TURTLE_PREFIXES + f"<http://x/g> {{ {ORGANISATION} }}", "utf-8")
    store = MemoryStore(BASE)
    assert load(store, contract, path).published == 1


def test_a_file_beyond_the_limit_is_rejected_before_it_is_read(tmp_path: Path, contract: Contract) -> None:
    loading = Load(MemoryStore(BASE), contract, file_bytes=10)
    loading.read_rdf(turtle(tmp_path / "a.ttl", ORGANISATION))
    assert "file_megabytes" in loading.rejected[0].reason


def test_a_load_that_was_overtaken_is_refused_and_loses_nothing(tmp_path: Path, contract: Contract) -> None:
    store = MemoryStore(BASE)
    slow, fast = Load(store, contract), Load(store, contract)
    fast.read_rdf(turtle(tmp_path / "fast.ttl", ORGANISATION))
    fast.finish()
    slow.read_rdf(turtle(tmp_path / "slow.ttl", service("a")))
    with pytest.raises(RevisionConflict):
        slow.finish()
    assert b"organisation/interior" in store.reader().dump(NAMES.working)


def test_an_entry_of_no_kind_is_rejected_by_name_and_the_others_are_loaded(tmp_path: Path, contract: Contract) -> None:
    store = MemoryStore(BASE)
    more = """<id/gadget/g1> a <http://x/Gadget> ; dct:title "G"@en . <id/service/untyped> dct:title "U"@en .
        <http://elsewhere.example/thing> a <http://x/Gadget> ; dct:title "Kept"@en ."""
    found = load(store, contract, turtle(tmp_path / "a.ttl", ORGANISATION + more))
    assert (found.loaded, found.merged) == (2, 0)
    reasons = {one.record.removeprefix(BASE): one.reason for one in found.rejected}
    assert set(reasons) == {"id/gadget/g1", "id/service/untyped"}
    assert "http://x/Gadget" in reasons["id/gadget/g1"]
    working = store.reader().dump(NAMES.working)
    assert b"gadget" not in working
    assert b"elsewhere.example" in working


def test_a_kind_may_be_given_in_a_later_file(tmp_path: Path, contract: Contract) -> None:
    store = MemoryStore(BASE)
    link = "<id/service/a> gov:transactionsPerYear 7 ."
    first = turtle(tmp_path / "1.ttl", link)
    found = load(store, contract, first, turtle(tmp_path / "2.ttl", ORGANISATION + service("a")))
    assert not found.rejected
    assert found.loaded + found.merged == 3
    assert b'"7"' in store.reader().dump(NAMES.working)


def test_progress_is_told(tmp_path: Path, contract: Contract) -> None:
    told: list[tuple[str, int, int]] = []
    path = turtle(tmp_path / "a.ttl", ORGANISATION)
    loading = Load(MemoryStore(BASE), contract, progress=lambda *step: told.append(step))
    loading.read_rdf(path)
    loading.finish()
    size = path.stat().st_size
    assert ("a.ttl", size, size) in told
    assert {step[0] for step in told} >= {"a.ttl", "validating", "writing"}
    assert all(0 <= done <= of or of == 0 for _, done, of in told)


CONTRACT = read_contract()
OWNER = NamedNode(f"{BASE}id/service/a")
NODES = [BlankNode(f"b{number}") for number in range(4)]


@given(st.data())
def test_skolem_names_do_not_depend_on_labels_or_order(data: st.DataObject) -> None:
    """Blank nodes that hang on an entity, in any tree, get the same IRIs however they are labelled and listed."""
    parents = [data.draw(st.integers(-1, number - 1)) for number in range(len(NODES))]
    values = [Literal(data.draw(st.sampled_from("xyz"))) for _ in NODES]
    predicate = NamedNode("http://x/p")

    def triples(labels: list[BlankNode]) -> list[Triple]:
        return [
            triple
            for number, node in enumerate(labels)
            for triple in (
                Triple(OWNER if parents[number] < 0 else labels[parents[number]], predicate, node),
                Triple(node, predicate, values[number]),
            )
        ]

    other = [BlankNode(f"z{9 - number}") for number in range(len(NODES))]
    one = skolemise(triples(NODES), CONTRACT, NAMES)
    two = skolemise(data.draw(st.permutations(triples(other))), CONTRACT, NAMES)
    assert set(one) == set(two)
    assert not any(isinstance(term, BlankNode) for t in one for term in (t.subject, t.object))


def test_a_ring_of_blank_nodes_is_named_too() -> None:
    ring = parse("_:a <http://x/p> _:b . _:b <http://x/p> _:a .", RdfFormat.TURTLE)
    assert len({t.subject for t in skolemise((q.triple for q in ring), CONTRACT, NAMES)}) >= 1


UNUSABLE = {
    "ttl": TURTLE_PREFIXES
    + ORGANISATION
    + service("a")
    + "<id/service/b> a cpsv:PublicService ; <http://x/p> <<( <http://x/a> <http://x/b> <http://x/c> )>> ; "
    "cv:hasChannel <id/channel/b1> . <id/channel/b1> a cv:Channel ."
    "<id/service/c> a cpsv:PublicService ; cv:hasChannel [ a cv:Channel ; dct:description 'x'@ar--rtl ] ."
    "<id/service/a> dct:subject <http://x/kept> {| <http://x/says> 'somebody' |} .",
    "jsonld": f'[{{"@id": "{BASE}id/service/b", "@type": "http://purl.org/vocab/cpsv#PublicService", "http://x/p":'
    ' {"@value": "x", "@type": "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"}},'
    f' {{"@id": "{BASE}id/service/a", "@type": "http://purl.org/vocab/cpsv#PublicService"}}]',
}


@pytest.mark.parametrize(
    ("ending", "rejected", "used"), [("ttl", {"service/b", "service/c", ""}, 2), ("jsonld", {"service/b"}, 1)]
)
def test_a_record_with_a_value_the_catalogue_cannot_keep_is_rejected_with_its_parts(
    tmp_path: Path, contract: Contract, ending: str, rejected: set[str], used: int
) -> None:
    path = tmp_path / f"a.{ending}"
    path.write_text(UNUSABLE[ending], "utf-8")
    store = MemoryStore(BASE)
    found = load(store, contract, path)
    assert {one.record.removeprefix(f"{BASE}id/") for one in found.rejected} == rejected
    assert (len(found.rejected), found.loaded) == (len(rejected), used)
    working = store.reader().dump(NAMES.working)
    assert not any(said in working for said in (b"<<(", b"service/b", b"service/c", b"channel/", b"--rtl"))
    assert b"service/a>" in working


def test_a_text_that_lacks_the_language_its_datatype_promises_rejects_its_file_with_the_line(
    tmp_path: Path, contract: Contract
) -> None:
    bad = turtle(tmp_path / "bad.ttl", "\n<id/service/b> dct:title 'x'^^rdf:langString .")
    found = load(MemoryStore(BASE), contract, turtle(tmp_path / "good.ttl", ORGANISATION), bad)
    assert [(one.file, one.line) for one in found.rejected] == [("bad.ttl", TURTLE_PREFIXES.count("\n") + 2)]


def test_what_was_wrong_in_public_before_a_load_takes_nothing_out(tmp_path: Path, contract: Contract) -> None:
    """As when a new contract asks for more: entries are as public as they were, and a load of others is let in."""
    store = MemoryStore(BASE)
    load(store, contract, turtle(tmp_path / "a.ttl", ORGANISATION + service("a")))
    system = NAMES.graph("public")
    gone = b"<http://purl.org/dc/terms/description>"
    reader = store.reader()
    parts = [
        Part(graph, b"".join(line for line in reader.dump(graph).splitlines(keepends=True) if gone not in line))
        for graph in (NAMES.working, system)
    ]
    reports = {
        audience: check(contract, [part.triples for part in parts if part.graph != skipped])
        for audience, skipped in ((Audience.WORKING, system), (Audience.PUBLIC, NAMES.working))
    }
    assert any(finding.blocks_publishing for finding in reports[Audience.PUBLIC].findings)
    parts += [Part(NAMES.report(a), ntriples(report.triples(BASE))) for a, report in reports.items()]
    store.replace([*parts, Part(NAMES.vocabulary, contract.vocabulary)], contract.hash)
    found = load(store, contract, turtle(tmp_path / "b.ttl", service("b")))
    assert {f"{BASE}id/{path}" for path in ("organisation/interior", "service/a", "service/b")} == {
        node.value for kind in contract.entities for node in store.reader().instances(kind.class_, (NAMES.public,))
    }
    assert found.published == 3
