"""What is read off a query's text, and who would be called: fuzzed, with rdflib's parser as the other opinion."""

from __future__ import annotations

import os
from time import process_time
from typing import Any

import pyoxigraph
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode
from pyparsing import ParseException
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from govgraph.iris import PREFIXES
from govgraph.store import outgoing, sparql_text

EXAMPLES = int(os.environ.get("GOVGRAPH_FUZZ_EXAMPLES", "60"))
"""rdflib takes long over a nested query; thousands were tried while this was written."""

BASE = "http://example.gov/sparql"
EX = "http://example.gov/ns/"
PROLOGUE = f"PREFIX ex: <{EX}> PREFIX service: <{EX}s/> PREFIX : <{EX}d/> "

WORD = st.sampled_from(["service", "SERVICE", "Service", "sERVICE"])
SILENT = st.sampled_from(["", " SILENT", " silent"])
TEXT = st.text(alphabet="aS<>{}?#:@ é", max_size=6)
COMMENT = st.builds("#{0}{1}{0}\n".format, TEXT, WORD)
GAP = st.one_of(st.sampled_from([" ", "\n", "\t", "  "]), COMMENT)
VARIABLE = st.builds("{}{}{}".format, st.sampled_from("?$"), WORD, st.sampled_from(["", "1", "_x"]))
IRI = st.builds(
    "<{}{}{}>".format, st.sampled_from(["urn:", EX, "http://h/?a="]), WORD, st.sampled_from(["", "#x", "%20"])
)
PREFIXED = st.builds("{}:{}".format, st.sampled_from(["ex", "service", ""]), WORD)
NODE = st.one_of(VARIABLE, IRI, PREFIXED)
PLAIN = st.builds(str.__add__, WORD, st.sampled_from(["", " <urn:x> {", r" \"", r" \\", r" \u0041", "#"]))
STRING = st.one_of(
    st.builds('"{}"'.format, PLAIN),
    st.builds("'''{}\n{} '''".format, PLAIN, PLAIN),
    st.builds('"""{} " "" {} """'.format, PLAIN, PLAIN),
    st.builds('"{}"@{}'.format, WORD, WORD),
    st.builds('"{}"^^{}'.format, WORD, PREFIXED),
)
TRIPLE = st.builds("{} {}{}{} .".format, NODE, st.one_of(IRI, PREFIXED, VARIABLE), GAP, st.one_of(NODE, STRING))
FILTER = st.one_of(
    st.builds("FILTER({} < {}&&{} >{})".format, VARIABLE, VARIABLE, VARIABLE, VARIABLE),
    st.builds("FILTER({} <= {} || regex({}, {}))".format, VARIABLE, VARIABLE, VARIABLE, STRING),
)
CALL = st.builds("{}{}{}{}{}".format, WORD, SILENT, GAP, NODE, GAP)


def _nest(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    group = st.builds("{{{}{}{}}}".format, inner, GAP, inner)
    return st.one_of(
        st.builds("OPTIONAL{}".format, group),
        st.builds("{} UNION {}".format, group, group),
        st.builds("MINUS {}".format, group),
        st.builds("FILTER EXISTS{}".format, group),
        st.builds("FILTER(1=1&&NOT EXISTS {})".format, group),
        st.builds("{{SELECT * WHERE {}}}".format, group),
        st.builds("GRAPH {} {}".format, st.one_of(IRI, PREFIXED), group),
        st.builds("{}{}".format, CALL, group),
    )


PATTERN = st.recursive(st.one_of(TRIPLE, FILTER), _nest, max_leaves=3)
FROM = st.lists(
    st.builds("FROM{}{}{}".format, GAP, st.sampled_from(["", "NAMED "]), st.one_of(IRI, PREFIXED)), max_size=3
)
QUERY = st.builds(
    lambda head, clauses, pattern: f"{PROLOGUE}{head} {' '.join(clauses)} WHERE {{ {pattern} }}",
    st.sampled_from(["SELECT *", "ASK", "CONSTRUCT { ?a ?b ?c }", "DESCRIBE ex:service"]),
    FROM,
    PATTERN,
)


def called(parsed: Any) -> bool:
    """Whether rdflib's parse tree holds SERVICE."""
    if isinstance(parsed, CompValue):
        return parsed.name == "ServiceGraphPattern" or any(called(value) for value in parsed.values())
    return any(called(one) for one in parsed) if isinstance(parsed, list) or hasattr(parsed, "asList") else False


def parsed(text: str) -> Any:
    """rdflib's parse tree; what it cannot read (some comments) says nothing about us."""
    try:
        return parseQuery(text)
    except (ParseException, RecursionError):
        reject()


def refused(text: str) -> bool:
    try:
        return outgoing.calls_out(text, BASE)
    except SyntaxError:
        return True


@settings(max_examples=EXAMPLES, deadline=None)
@given(QUERY)
def test_what_calls_out_is_refused_and_nothing_else_is(text: str) -> None:
    calls = called(parsed(text))
    if not calls:
        try:
            pyoxigraph.Store().query(text, base_iri=BASE, prefixes=PREFIXES)
        except SyntaxError:
            return  # the engine itself refuses it, with a better reason
    assert refused(text) is calls


def test_the_oracle_sees_a_service_however_deep() -> None:
    assert called(parseQuery("SELECT * { { SELECT * { OPTIONAL { FILTER EXISTS { SERVICE ?x { ?s ?p ?o } } } } } }"))
    assert not called(parseQuery("SELECT ?service { ?service ?p 'SERVICE <x:x> {}' }"))


@pytest.mark.parametrize(
    "pattern",
    [
        "SERVICE <urn:x> { ?s ?p ?o }",
        "service silent ?g { ?s ?p ?o }",
        "SERVICESILENT<urn:x>{ ?s ?p ?o }",
        "SERVICE<urn:x>{}",
        "SERVICE:x { ?s ?p ?o }",
        "SERVICEex:x { ?s ?p ?o }",
        "SERVICE ex:x { ?s ?p ?o }",
        "FILTER(?x<?y)SERVICE#>\n<urn:x>{ ?s ?p ?o }",
        "FILTER(?x<?y)SERVICE #>\n ?z { ?s ?p ?o }",
        "?s ?p '''a''' SERVICE <urn:x> { }",
        "?s ?p ?o ; SERVICE <urn:x> { }",
        "?s ?p ?o . SERVICE\n#comment\nSILENT\n<urn:x> { }",
        r"?s ?p '\u0027 . SERVICE <urn:x> { } #'",
        r"\u0053ERVICE <urn:x> { ?s ?p ?o }",
        "FILTER NOT EXISTS { SERVICE <urn:x> { ?s ?p ?o } }",
        "{ SELECT * { OPTIONAL { SERVICE <urn:x> { ?s ?p ?o } } } }",
        "SERVICE <urn:x> { SERVICE <urn:y> { ?s ?p ?o } }",
        "BIND(EXISTS { SERVICE <urn:x> { ?s ?p ?o } } AS ?b)",
        "VALUES ?zzzzzzz { 1 } SERVICE <urn:x> { }",
    ],
)
@pytest.mark.parametrize("head", ["SELECT *", "ASK", "CONSTRUCT { <urn:s> <urn:p> <urn:o> } WHERE"])
def test_no_way_of_writing_service_gets_past(head: str, pattern: str) -> None:
    text = f"{PROLOGUE} {head} {{ {pattern} }}"
    # Were it run, the engine would look for a way to urn: and fail with an OSError; no packet leaves in any case.
    assert refused(text) or _unknown(text)


def _unknown(text: str) -> bool:
    """The engine takes it for no query at all, or for one that has no SERVICE in it."""
    try:
        pyoxigraph.Store().query(text, base_iri=BASE, prefixes=PREFIXES)
    except SyntaxError:
        return True
    return "'" in text and not called(parseQuery(text.replace(r"\u0027", "_")))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?service ?Service ?SERVICE WHERE { ?service a cpsv:PublicService }",
        "SELECT ?zzzzzzz ?service { ?zzzzzzz ?p ?service }",
        'SELECT * { ?s ?p "SERVICE <urn:x> {}" }',
        "SELECT * { ?s ?p '''it's SERVICE <urn:x> {}''' }",
        "SELECT * { ?s ?p ?o } # SERVICE <urn:x> { }",
        "PREFIX service: <urn:s:> SELECT * { ?s service:service service: }",
        "PREFIX SERVICE: <urn:s:> SELECT * { ?s SERVICE:x ?o }",
        "SELECT * { <urn:SERVICE> ?p <service> }",
        'SELECT * { ?s ?p "x"@service }',
        r'SELECT * { ?s ?p "\u0073ervice \\u0073ervice \U00000053ERVICE" , <urn:\u0053ervice> }',
        "SELECT * { _:service ?p _:service }",
        "SELECT * { ?s ?p ?o FILTER(?a<?service&&?service>?b) }",
        "ASK { FILTER(<urn:service>(1)) }",
        "SELECT * { GRAPH :service { ?s ?p ?o } }",
        "SELECT (GROUP_CONCAT(?service; SEPARATOR='SERVICE ') AS ?services) { ?service ?p ?o }",
    ],
)
def test_the_word_alone_is_no_call(text: str) -> None:
    assert not outgoing.calls_out(f"PREFIX : <urn:d:> {text}", BASE)


def test_a_malformed_query_with_the_word_keeps_its_place() -> None:
    with pytest.raises(SyntaxError, match="1:27"):
        outgoing.calls_out("SELECT ?service { ?s ?p } # service", BASE)


@settings(max_examples=EXAMPLES, deadline=None)
@given(QUERY)
def test_from_clauses_are_read_as_rdflib_reads_them(text: str) -> None:
    clauses = translateQuery(parsed(text), base=BASE).algebra.datasetClause or []
    found = sparql_text.read(text, BASE)
    assert found.default == tuple(NamedNode(str(c.default)) for c in clauses if c.default)
    assert found.named == tuple(NamedNode(str(c.named)) for c in clauses if c.named)


@pytest.mark.parametrize(
    ("text", "default", "named"),
    [
        ("SELECT * FROM <a> { }", ["http://example.gov/a"], []),
        ("BASE <http://h/x/> SELECT * FROM <../a> { }", ["http://h/a"], []),
        ("BASE <http://h/x/> BASE <y/> SELECT * FROM <a> { }", ["http://h/x/y/a"], []),
        ("SELECT * FROM NAMED code:x FROM dct:y { }", [PREFIXES["dct"] + "y"], [PREFIXES["code"] + "x"]),
        ("PREFIX dct: <urn:mine:> SELECT * FROM dct:y { }", ["urn:mine:y"], []),
        ("SELECT*FROM<urn:a>FROM#<urn:b>\nNAMED<urn:c>{}", ["urn:a"], ["urn:c"]),
        (r"SELECT * FROM <urn:\u0061> { }", ["urn:a"], []),
        ("SELECT * { ?s ?p 'FROM <urn:a>' } # FROM <urn:b>", [], []),
        ("SELECT ?from { ?from <urn:FROM> <urn:a> }", [], []),
        ("SELECT * FROM <http://h/a b> {}", [], []),
        ("SELECT * FROM nobody:x {}", [], []),
        ("FROM", [], []),
        ("", [], []),
    ],
)
def test_the_dataset_a_query_names(text: str, default: list[str], named: list[str]) -> None:
    found = sparql_text.read(text, BASE)
    assert [g.value for g in found.default] == default
    assert [g.value for g in found.named] == named


@given(st.text(alphabet="aF <>\"'#\\@?$:.-\n{}é\0", max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    sparql_text.read(text, BASE)
    sparql_text.undeclared_prefixes(text)
    sparql_text.is_update(text)
    sparql_text.names_service(text)


@pytest.mark.parametrize(
    "piece", ["a.", "a-", "\\'", "<a", "'''", '"""a', "NOW ", "NOW#", "FROM ", "a:", "?", "\\u0041", "@"]
)
def test_reading_takes_linear_time(piece: str) -> None:
    def seconds(size: int) -> float:
        text, taken = piece * size, []
        for _ in range(2):
            begun = process_time()
            sparql_text.read(text, BASE)
            sparql_text.depends_on_moment(text)
            taken.append(process_time() - begun)
        return min(taken)

    assert seconds(100_000) < 150 * max(seconds(4_000), 0.001)  # 25 times the text; squared it would be 625


@pytest.mark.parametrize(
    "call", ["NOW()", "now ()", "RAND()", "UUID()", "STRUUID()", "BNODE()", "bnode#c\n('x')", "1+NOW()"]
)
def test_what_depends_on_the_moment_is_known(call: str) -> None:
    assert sparql_text.depends_on_moment(f"SELECT ({call} AS ?x) {{}}")


def test_what_does_not_depend_on_the_moment_is_known_too() -> None:
    assert not sparql_text.depends_on_moment("SELECT ?now ?random { ?now ?p ?random FILTER(year(?now) > 2020) }")


def test_updates_are_told_from_queries() -> None:
    assert sparql_text.is_update("PREFIX a: <urn:a> # x\nINSERT DATA { a:a a:b a:c }")
    assert sparql_text.is_update("delete where { ?s ?p ?o }")
    assert not sparql_text.is_update("SELECT * { ?s ?p 'INSERT' }")
    assert not sparql_text.is_update("")


def test_undeclared_prefixes_are_named_once() -> None:
    assert sparql_text.undeclared_prefixes("PREFIX a: <urn:a> SELECT * { a:x b:y c:z . dct:x b:q _:b }") == ["b", "c"]
