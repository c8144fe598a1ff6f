"""Changes under a country's own contract: shapes in shapes, paths backwards, rules with prefixes of their own. What the
gate keeps of findings is what looking at everything anew would find, whichever engine looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, service
from govgraph.access import Author, Role
from govgraph.change import Change, Record
from govgraph.change.edits import Edit, Statements
from govgraph.change.lifecycle import Publish
from govgraph.change.loading import Load
from govgraph.change.state import quads
from govgraph.contract import Contract
from govgraph.contract.reading import read
from govgraph.errors import ContractError, GovgraphError
from govgraph.gate.gate import Considered, Gate
from govgraph.gate.mentions import Mentions
from govgraph.iris import GOV, PREFIXES, RDF_TYPE, XSD, Names, name
from govgraph.store.embedded import MemoryStore
from govgraph.store.live import Live
from govgraph.validation import Finding
from test_gate_equals_whole import Ground, dumps, expect_whole

EX = "https://example.gov/ns#"
NAMES = Names(BASE)
AUTHOR = Author("test:steward", Role.STEWARD)
MARK = "gov:publicationStatus code:Published"
TURTLE = f"{TURTLE_PREFIXES}@prefix ex: <{EX}> .\n"
USES = """sh:path ex:uses ; gov:apiName "exUses" ; sh:name "uses"@en , "utilise"@fr ; sh:nodeKind sh:IRI ;
    sh:order 70 ; sh:severity sh:Info"""
OF_SERVICES = "ex:S a sh:NodeShape ; sh:targetClass cpsv:PublicService ; sh:property [ %s ] ."
USED_BY = """sh:path [ sh:inversePath ex:uses ] ; gov:apiName "usedBy" ; sh:name "used by"@en , "utilisé par"@fr ;
    sh:order 71 ; sh:severity sh:Info"""
OF_BLOCKS = "ex:B a sh:NodeShape ; sh:targetClass gov:BuildingBlock ; sh:property [ %s ] ."
ON_ITSELF = "ex:S a sh:NodeShape ; sh:targetClass cpsv:PublicService ; sh:severity sh:Info ; %s ."
LISTED = """ex:S sh:property [ sh:path ex:b ; gov:apiName "exB" ; sh:name "b"@en , "b"@fr ; sh:nodeKind sh:IRI ;
    sh:severity sh:Info ] ."""
RULE = """ex:R a sh:NodeShape ; sh:targetClass cpsv:PublicService ; gov:apiName "exRule" ; sh:name "r"@en , "r"@fr ;
    sh:severity sh:Info ; gov:affected \"\"\"%s\"\"\" ; gov:needed \"\"\"%s\"\"\" ;
    sh:sparql [ sh:message "bad"@en ; %s sh:select \"\"\"%s\"\"\" ] ."""
PREFIX = f"PREFIX own: <{EX}> "
DECLARED = f'ex:Prefixes sh:declare [ sh:prefix "own" ; sh:namespace "{EX}"^^xsd:anyURI ] .'
AFFECTED = "SELECT ?affected ?changed WHERE { ?affected own:uses? ?changed }"
CLOSED = "SELECT $this WHERE { $this own:uses ?x . ?x own:closed true }"
TYPED = f"SELECT $this WHERE {{ $this own:uses ?x . ?x a <{GOV}System> }}"
NEEDED = """CONSTRUCT { $this a ?c ; own:uses ?x . ?x own:closed ?v }
    WHERE { { $this a ?c } UNION { $this own:uses ?x } UNION { $this own:uses ?x . ?x own:closed ?v } }"""
ANY_OF_IT = """CONSTRUCT { $this own:uses ?x . ?x ?p ?v }
    WHERE { $this own:uses ?x . ?x a ?t ; ?p ?v . }"""
TYPES = "CONSTRUCT { $this a ?c ; own:uses ?x . ?x a ?t } WHERE { $this a ?c ; own:uses ?x . ?x a ?t }"

CONTRACTS: Mapping[str, str] = {
    "three deep": OF_SERVICES
    % f"""{USES} ; sh:node [ sh:property [ sh:path ex:a ; sh:node [ sh:property [
        sh:path ex:b ; sh:node [ sh:property [ sh:path ex:closed ; sh:maxCount 0 ] ] ] ] ] ]""",
    "types deep": OF_SERVICES % f"{USES} ; sh:node [ sh:property [ sh:path ex:a ; sh:not [ sh:class gov:System ] ] ]",
    "named shapes": OF_SERVICES % f"{USES} ; sh:node ex:Open"
    + "ex:Open sh:property [ sh:path ex:a ; sh:node ex:Loose ; sh:maxCount 1 ] . ex:Loose sh:not ex:Closed ."
    + "ex:Closed sh:property [ sh:path ex:closed ; sh:hasValue true ] .",
    "lists": OF_SERVICES
    % f"""{USES} ; sh:or ( [ sh:path ex:a ; sh:minCount 1 ]
        [ sh:and ( [ sh:class gov:System ] [ sh:not [ sh:property [ sh:path ex:b ; sh:class gov:System ] ] ] ) ] )""",
    "backwards in a shape": OF_SERVICES
    % f"{USES} ; sh:node [ sh:property [ sh:path [ sh:inversePath ex:a ] ; sh:maxCount 1 ; sh:class gov:System ] ]",
    "backwards, two deep": OF_BLOCKS
    % f"{USED_BY} ; sh:node [ sh:property [ sh:path [ sh:inversePath ex:a ] ; sh:node ex:Open ] ] ; sh:minCount 1"
    + "ex:Open sh:property [ sh:path ex:closed ; sh:maxCount 0 ] .",
    "backwards, counted": OF_BLOCKS % f"{USED_BY} ; sh:class gov:System ; sh:minCount 1 ; sh:maxCount 1",
    "backwards, one by one": OF_BLOCKS % f"{USED_BY} ; sh:class gov:System",
    "backwards, in a list": ON_ITSELF
    % "sh:xone ( [ sh:path [ sh:inversePath ex:a ] ; sh:class gov:System ] [ sh:path ex:b ; sh:minCount 1 ] )",
    "pairs": OF_SERVICES % f"{USES} ; sh:disjoint ex:a ; sh:node [ sh:property [ sh:path ex:a ; sh:equals ex:b ] ]",
    "closed": OF_SERVICES % f"{USES} ; sh:node [ sh:closed true ; sh:ignoredProperties ( rdf:type ex:a ) ]",
    "qualified": OF_SERVICES
    % f"""{USES} ; sh:qualifiedValueShapesDisjoint true ; sh:qualifiedMinCount 1 ;
        sh:qualifiedValueShape [ sh:property [ sh:path ex:closed ; sh:hasValue true ] ]"""
    + LISTED.replace(
        "sh:nodeKind sh:IRI ;",
        "sh:nodeKind sh:IRI ; sh:qualifiedMaxCount 1 ; sh:qualifiedValueShape [ sh:property [ sh:path ex:a ;"
        " sh:minCount 1 ] ] ;",
    ),
    "a prefix in the text": RULE % (PREFIX + AFFECTED, PREFIX + NEEDED, "", PREFIX + CLOSED),
    "a prefix declared": DECLARED + RULE % (AFFECTED, NEEDED, "sh:prefixes ex:Prefixes ;", CLOSED),
    "any predicate": DECLARED + RULE % (AFFECTED, ANY_OF_IT, "sh:prefixes ex:Prefixes ;", CLOSED),
    "any type": DECLARED + RULE % (AFFECTED, TYPES, "sh:prefixes ex:Prefixes ;", TYPED),
}

SERVICES = [NAMES.entity("service", str(number)) for number in range(3)]
BLOCKS = [NAMES.entity("building-block", str(number)) for number in range(2)]
LOOSE = [NamedNode(f"urn:x:{number}") for number in range(3)]
NODES = [*SERVICES, *BLOCKS, *LOOSE]
TRUE = Literal("true", datatype=name(XSD, "boolean"))
POOL = [
    *(Triple(s, name(EX, p), o) for p in ("uses", "a", "b") for s in NODES for o in NODES),
    *(Triple(s, name(EX, "closed"), TRUE) for s in NODES for _ in range(4)),
    *(Triple(s, RDF_TYPE, name(GOV, "System")) for s in LOOSE for _ in range(6)),
    *(Triple(s, RDF_TYPE, name(PREFIXES["cpsv"], "PublicService")) for s in LOOSE),
]
"""What a catalogue may say, some of it offered more often."""
SAID = frozenset(POOL)
FAR = [
    ("three deep", "s uses 0 . 0 a 1", "1 b 2 . 2 closed true", True),
    ("types deep", "s uses 0 . 0 a 1", "1 is System", True),
    ("named shapes", "s uses 0 . 0 a 1", "1 closed true", True),
    ("lists", "s uses 0 . 0 is System . 0 b 1", "1 is System", True),
    ("backwards in a shape", "s uses 0 . 1 a 0", "1 is System", False),
    ("backwards, two deep", "0 uses b . 1 a 0", "1 closed true", True),
    ("backwards, counted", "0 uses b", "0 is System", False),
    ("backwards, one by one", "0 uses b", "0 is System", False),
    ("backwards, in a list", "0 a s", "0 is System", False),
    ("pairs", "s uses 0 . 0 a 1", "0 b 1", False),
    ("closed", "s uses 0", "0 closed true", True),
    ("qualified", "s uses 0 . 0 closed true", "0 a 1", True),
    ("a prefix in the text", "s uses 0", "0 closed true", True),
    ("a prefix declared", "s uses 0", "0 closed true", True),
    ("any predicate", "s uses 0 . 0 is System", "0 closed true", True),
    ("any type", "s uses 0", "0 is System", True),
]
"""A contract, what is said before, what a change adds, and whether that brings a finding or mends one."""
BY_BOTH = ["three deep", "backwards, counted", "backwards in a shape", "pairs", "qualified"]
"""Contracts that the other engine is asked about too."""


@pytest.fixture(scope="module")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Contract]:
    return {what: own(tmp_path_factory.mktemp("own"), turtle) for what, turtle in CONTRACTS.items()}


def own(directory: Path, turtle: str) -> Contract:
    (directory / "own.ttl").write_text(TURTLE + turtle, "utf-8")
    return read(extension=directory)


@pytest.fixture(scope="module")
def live(contracts: Mapping[str, Contract]) -> Callable[[str], Live]:
    """A catalogue under a contract: a few entries, most of them published, that say nothing of the country's own."""
    texts = [ORGANISATION, *(service(str(number)) for number in range(len(SERVICES)))]
    texts += [f'{node} a gov:BuildingBlock ; dct:title "B"@en ; dct:description "D"@en ; {MARK} .' for node in BLOCKS]
    triples = [q.triple for q in parse(TURTLE + "".join(texts), RdfFormat.TURTLE, base_iri=BASE)]
    grounds: dict[str, Ground] = {}

    def build(what: str) -> Live:
        if what not in grounds:
            store = MemoryStore(BASE)
            load = Load(store, contracts[what])
            load.add([Record("none", 1, SERVICES[0])], triples, [])
            load.finish()
            grounds[what] = Ground(dumps(store.reader()), {}, [])
        return grounds[what].live()

    return build


def submit(gate: Gate, *several: Edit) -> Considered:
    return gate.consider(Change(several, AUTHOR, "test"), lambda: datetime.now(UTC))


def add(triples: list[Triple]) -> Statements:
    return Statements((), tuple(quads(triples, NAMES.working)))


@pytest.mark.parametrize(("what", "before", "then", "introduced"), FAR)
def test_a_change_is_judged_as_far_as_the_shapes_look(
    contracts: Mapping[str, Contract], live: Callable[[str], Live], what: str, before: str, then: str, introduced: bool
) -> None:
    store = live(what)
    gate = Gate(store, contracts[what], NAMES, "shacl", 100)
    submit(gate, add(said(before)), Publish(SERVICES[0]), Publish(BLOCKS[0]))
    committed = submit(gate, add(said(then))).committed
    told = committed.introduced if introduced else committed.mended
    assert any(is_own(finding) for finding in told)
    expect_whole(store, contracts[what], "shacl")


@pytest.mark.parametrize(
    ("what", "engine", "examples"),
    [*((what, "shacl", 6) for what in CONTRACTS), *((what, "pyshacl", 1) for what in BY_BOTH)],
)
def test_findings_are_those_of_the_whole_under_every_contract(
    contracts: Mapping[str, Contract], live: Callable[[str], Live], what: str, engine: str, examples: int
) -> None:
    contract, made = contracts[what], Counter[str]()

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
    @given(st.data())
    def run(data: st.DataObject) -> None:
        store = live(what)
        gate = Gate(store, contract, NAMES, "shacl", 100)
        submit(gate, add(data.draw(st.lists(st.sampled_from(POOL[: -len(LOOSE)]), max_size=20))))
        for _ in range(5 if engine == "shacl" else 2):
            try:
                considered = submit(gate, data.draw(edits(store)))
            except GovgraphError:
                made["refused"] += 1
                continue
            if considered.entry is not None:
                expect_whole(store, contract, engine)
                made["made"] += 1

    run()
    assert made["made"] or engine != "shacl"


def test_every_contract_is_looked_at_from_afar() -> None:
    assert {case[0] for case in FAR} == set(CONTRACTS)
    assert len(CONTRACTS) == 16


@pytest.mark.parametrize(
    ("turtle", "says", "anchor"),
    [
        (OF_SERVICES % f"{USES} ;\n sh:sparql [ sh:select 'SELECT $this {{ }}' ]", "SPARQL constraint", "sh:sparql"),
        (ON_ITSELF % "sh:not [\n sh:sparql [ sh:select 'SELECT $this {{ }}' ] ]", "SPARQL constraint", "sh:sparql"),
        (OF_SERVICES % f"{USES} ;\n sh:property [ sh:path ex:a ; sh:minCount 1 ]", "sh:node [", "sh:property"),
        (OF_SERVICES % f"{USES} ; sh:node [ sh:property [\n sh:path ( ex:a ex:b ) ] ]", "sh:path", "( ex:a"),
        (OF_SERVICES % f"{USES} ; sh:node ex:Again" + " ex:Again sh:not\n ex:Again .", "leads back", "ex:Again"),
        (OF_SERVICES % f"{USES} ;\n sh:node ex:Missing", "not there", "ex:Missing"),
        (OF_SERVICES % f"{USES} ; sh:node [\n sh:maxCuont 1 ]", "sh:maxCuont", "sh:maxCuont"),
        ("ex:S a sh:NodeShape ;\n sh:targetSubjectsOf ex:a .", "sh:targetSubjectsOf", "sh:targetSubjectsOf"),
        ("ex:S\n sh:targetClass cpsv:PublicService .", "no node shape", "sh:targetClass"),
        ("ex:C a\n sh:ConstraintComponent .", "constraint component", "sh:ConstraintComponent"),
        (RULE % (f"{PREFIX}SELECT ?x {{ ?x own:a ?y }}", NEEDED, "", CLOSED), "SPARQL", "own:uses"),
        (RULE % ("SELECT ?changed { ?changed a ?c }", TYPED, "", TYPED.replace("own:", "gov:")), "no SPARQL", "own"),
        (RULE % ("SELECT ?x { ?x a ?y }", "ASK { }", "", "SELECT $this { }"), "?affected", "gov:affected"),
        (
            RULE % ("SELECT ?affected ?changed { ?affected a ?changed }", "ASK { }", "", "SELECT $this { }"),
            "CONSTRUCT",
            "",
        ),
    ],
)
def test_what_a_change_could_not_be_judged_by_is_refused_with_its_line(
    tmp_path: Path, turtle: str, says: str, anchor: str
) -> None:
    with pytest.raises(ContractError) as caught:
        own(tmp_path, turtle)
    assert says in f"{caught.value.sentence} {caught.value.hint}"
    assert caught.value.file.endswith("own.ttl")
    assert anchor in (TURTLE + turtle).splitlines()[caught.value.line - 1]


@pytest.mark.parametrize(
    ("pattern", "reads"),
    [
        ("$this ex:uses ?x . ?x ex:closed ?v", "ex:closed"),
        ("$this ex:uses/ex:closed ?v", "ex:closed"),
        ("$this ex:uses ?x.?x ex:closed ?v", "ex:closed"),
        (f"$this <{EX}uses> ?x ; <{EX}clos\\u0065d> ?v", "ex:closed"),
        ("$this ex:uses ?x # ex:closed\n . FILTER (?x != 'ex:closed')", ""),
        ("$this ex:uses ?x ; ?p ?v", "anything"),
        ("$this ex:uses [ ?p ?v ]", "anything"),
        ("<urn:x> ?p .5", "anything"),
        ("$this !ex:uses ?x", "anything"),
        ("$this !(ex:uses|^ex:a) ?x", "anything"),
        ("$this ex:uses ?x FILTER (!BOUND(?x) && ?x != ?p || ?p > ?x)", ""),
        ("$this unheard:of ?x", "anything"),
    ],
)
def test_a_rule_reads_what_its_words_say_and_in_doubt_anything(pattern: str, reads: str) -> None:
    iris = mentions(f"CONSTRUCT {{ $this ex:uses ?x }} WHERE {{ {pattern} }}").iris
    assert (iris is None) == (reads == "anything")
    assert iris is None or (name(EX, "closed") in iris) == (reads == "ex:closed")


@pytest.mark.parametrize(
    ("pattern", "any_class"),
    [
        ("$this a ?c", False),
        ("$this a ?c ; ex:uses ?x . ?x a gov:System .", False),
        ("?x a gov:System, ?c", True),
        ("?x a gov:System/ex:uses ?c", True),
        ("?x a/rdfs:subClassOf* gov:System", True),
        ("?x ex:uses/a gov:System", True),
        ("$this ex:uses ?x . ?x rdf:type ?c", True),
        ("$this ex:uses [ a ?c ]", True),
    ],
)
def test_a_rule_may_ask_for_any_type_of_others(pattern: str, any_class: bool) -> None:
    assert mentions(f"CONSTRUCT {{ $this ex:uses ?x }} WHERE {{ {pattern} }}").any_class is any_class


@pytest.mark.parametrize(
    ("affected", "itself"),
    [
        ("?changed a ?c . BIND (?changed AS ?affected)", True),
        ("{ BIND (?changed AS ?affected) } UNION { ?affected ex:uses ?changed }", False),
        ("?affected ex:uses ?changed # BIND (?changed AS ?affected)\n", False),
        ("?other ex:uses ?Changed . BIND (?Changed AS ?affected)", False),
    ],
)
def test_a_rule_about_the_changed_node_alone_mentions_nothing(contract: Contract, affected: str, itself: bool) -> None:
    text = f"PREFIX ex: <{EX}> SELECT ?affected ?changed {{ {affected} }}"
    assert (Mentions.of(replace(contract.rules[0], affected=text)).iris == frozenset()) is itself


def mentions(needed: str) -> Mentions:
    """Of a rule that needs this."""
    affected = f"PREFIX ex: <{EX}> SELECT ?affected ?changed {{ ?affected ex:uses ?changed }}"
    return Mentions.of(replace(read().rules[0], affected=affected, needed=f"PREFIX ex: <{EX}> {needed}"))


def said(text: str) -> list[Triple]:
    """Statements about s, b (a service, a building block) and 0, 1, 2 (nodes of no kind)."""
    terms = {"s": SERVICES[0], "b": BLOCKS[0], **{str(number): node for number, node in enumerate(LOOSE)}}
    triples = []
    for statement in text.split(" . ") if text else []:
        subject, predicate, value = statement.split()
        if predicate == "is":
            triples.append(Triple(terms[subject], RDF_TYPE, name(GOV, value)))
        else:
            triples.append(Triple(terms[subject], name(EX, predicate), terms.get(value, TRUE)))
    return triples


def is_own(finding: Finding) -> bool:
    return finding.property_name in ("exUses", "usedBy") or finding.rule == "exRule" or finding.shape == name(EX, "S")


@st.composite
def edits(draw: st.DrawFn, live: Live) -> Edit:
    if draw(st.integers(0, 5)) == 0:
        return Publish(draw(st.sampled_from([*SERVICES, *BLOCKS])))
    there = [q for q in quads(live.reader.statements(NODES, (NAMES.working,)), NAMES.working) if q.triple in SAID]
    removed = draw(st.lists(st.sampled_from(there), max_size=3)) if there else []
    return Statements(tuple(removed), add(draw(st.lists(st.sampled_from(POOL), max_size=3))).added)
