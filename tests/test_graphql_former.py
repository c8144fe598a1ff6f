"""A country renames a kind, a code, a property and a question: operations written before keep answering."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, coerce_input_value

from conftest import ORGANISATION, TURTLE_PREFIXES, Small
from govgraph.contract import Contract
from govgraph.contract.comparing import compare as compare_contracts
from govgraph.contract.reading import read as read_contract
from govgraph.errors import ContractError, QuestionError
from govgraph.graphql import Asked, build_schema
from govgraph.graphql.evolution.comparing import Gravity, compare, read_schema
from govgraph.graphql.evolution.registry import Registered
from govgraph.question import Question
from govgraph.question.reading import read as read_questions

COUNTRY = """
<https://example.gov/ns#CounterShape> a sh:NodeShape ; sh:targetClass <https://example.gov/ns#Counter> ;
    gov:apiName "{kind}" ; gov:apiPlural "{plural}" ; gov:slug "counter" ; gov:titlePath dct:title {formerly} ;
    sh:name "Counter"@en, "Guichet"@fr ; gov:pluralLabel "Counters"@en, "Guichets"@fr ;
    sh:description "A place where people are served."@en, "Un lieu où l’on est reçu."@fr ; sh:order 90 ;
    sh:property
    [ sh:path dct:title ; gov:apiName "title" ; sh:name "title"@en, "titre"@fr ;
      sh:description "Its name."@en, "Son nom."@fr ; sh:datatype rdf:langString ; sh:order 1 ] ,
    [ sh:path gov:publicationStatus ; gov:apiName "publicationStatus" ; sh:name "status"@en, "statut"@fr ;
      sh:class gov:PublicationStatus ; sh:maxCount 1 ; sh:order 2 ] ,
    [ sh:path <https://example.gov/ns#seats> ; gov:apiName {seats} ; sh:name "seats"@en, "places"@fr ;
      sh:datatype xsd:integer ; sh:maxCount 1 ; sh:order 3 ] ,
    [ sh:path <https://example.gov/ns#hours> ; gov:apiName "hours" ; sh:name "hours"@en, "horaires"@fr ;
      sh:class <https://example.gov/ns#Hours> ; sh:maxCount 1 ; sh:order 4 ] .
<https://example.gov/ns#Hours> a owl:Class ; rdfs:label "Hours"@en ; gov:codeList <https://example.gov/ns#hours-list> ;
    gov:apiName "Hours" .
<https://example.gov/ns#hours-list> a skos:ConceptScheme ; skos:prefLabel "Hours"@en .
<https://example.gov/ns#Early> a <https://example.gov/ns#Hours> , skos:Concept ; gov:apiName {early} ;
    skos:prefLabel "Early"@en ; skos:inScheme <https://example.gov/ns#hours-list> .
<https://example.gov/ns#Late> a <https://example.gov/ns#Hours> , skos:Concept ; gov:apiName "LATE" ;
    skos:prefLabel "Late"@en ; skos:inScheme <https://example.gov/ns#hours-list> .
"""
Country: TypeAlias = tuple[Contract, dict[str, Question]]
BEFORE = {"kind": "Counter", "plural": "counters", "formerly": "", "seats": '"seats"', "early": '"MORNING"'}
AFTER = {
    "kind": "Office",
    "plural": "offices",
    "formerly": '; gov:formerName "Counter" ; gov:formerPlural "counters"',
    "seats": '"chairs" ; gov:formerName "seats"',
    "early": '"EARLY" ; gov:formerName "MORNING"',
}
QUESTION = """#+ title = { en = "Which counters are there?" }
#+ reason = { en = "People ask." }
#+ columns.counter = { type = "KIND", en = "Counter" }
SELECT ?counter WHERE { ?counter a <https://example.gov/ns#Counter> } ORDER BY ?counter
"""
DATA = (
    ORGANISATION
    + """<id/counter/north> a <https://example.gov/ns#Counter> ; dct:title "North"@en ;
    <https://example.gov/ns#seats> 12 ;
    <https://example.gov/ns#hours> <https://example.gov/ns#Early> ; gov:publicationStatus code:Published .
<id/counter/south> a <https://example.gov/ns#Counter> ; dct:title "South"@en ; <https://example.gov/ns#seats> 3 ;
    <https://example.gov/ns#hours> <https://example.gov/ns#Late> ; gov:publicationStatus code:Published ."""
)
OPERATIONS = {
    "one": '{ counter(slug: "north") { seats } }',
    "page": "{ counters(filter: {seats: {atLeast: 5}}, orderBy: [{seats: DESC}]) { totalCount nodes { slug seats } } }",
    "code": "{ counters(filter: {hours: {in: [MORNING]}}) { nodes { slug } } }",
    "count": "{ countersAggregate { count } }",
    "question": "{ whichCounters { rows { counter { slug } } } }",
    "kind": "{ catalogue { findings(kind: [COUNTER], first: 1) { nodes { property } } } }",
}


def country(directory: Path, words: dict[str, str], question: str, header: str = "") -> Country:
    directory.mkdir()
    (directory / "country.ttl").write_text(TURTLE_PREFIXES + COUNTRY.format(**words), "utf-8")
    (directory / f"{question}.rq").write_text(header + QUESTION.replace("KIND", words["kind"]), "utf-8")
    contract = read_contract(extension=directory)
    return contract, read_questions(contract, [directory])


@pytest.fixture
def before(tmp_path: Path) -> Country:
    return country(tmp_path / "before", BEFORE, "which_counters")


@pytest.fixture
def after(tmp_path: Path) -> Country:
    return country(tmp_path / "after", AFTER, "which_offices", '#+ former = ["which_counters"]\n')


def test_operations_written_before_answer_as_before(
    before: Country, after: Country, small: Callable[..., Small]
) -> None:
    old, new = build_schema(*before), build_schema(*after)
    old_view, new_view = small(DATA, of=before[0]).working, small(DATA, of=after[0]).working
    answered = 0
    for name, query in OPERATIONS.items():
        was, now = old.execute(query, old_view), new.execute(query, new_view)
        assert not was.errors, (name, was.errors)
        assert not now.errors, (name, now.errors)
        assert was.data == now.data, name
        assert new.execute(query, new_view, projecting=False).data == now.data
        answered += 1
    assert answered == len(OPERATIONS)


def test_a_former_code_comes_as_the_one_of_today_in_variables_too(after: Country, small: Callable[..., Small]) -> None:
    schema, view = build_schema(*after), small(DATA, of=after[0]).working
    query = "query ($hours: [HoursCode!]!) { offices(filter: {hours: {in: $hours}}) { nodes { hours { name } kind } } }"
    for code in ("MORNING", "EARLY"):
        told = schema.execute(Asked(query, variables={"hours": [code]}), view)
        assert not told.errors, told.errors
        assert told.data["offices"]["nodes"] == [{"hours": {"name": "EARLY"}, "kind": "OFFICE"}]


def test_every_former_name_is_deprecated_and_says_the_one_of_today(after: Country) -> None:
    core = build_schema(*after).core
    members: dict[str, Any] = {}
    for type_ in core.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLInputObjectType):
            members |= {f"{type_.name}.{name}": field for name, field in type_.fields.items()}
        elif isinstance(type_, GraphQLEnumType):
            members |= {f"{type_.name}.{name}": value for name, value in type_.values.items()}
    expected = {
        "Query.counter": "office",
        "Query.counters": "offices",
        "Query.countersAggregate": "officesAggregate",
        "Query.whichCounters": "whichOffices",
        "Mutation.createCounter": "createOffice",
        "Mutation.updateCounter": "updateOffice",
        "Mutation.deleteCounter": "deleteOffice",
        "Mutation.publishCounter": "publishOffice",
        "Mutation.withdrawCounter": "withdrawOffice",
        "Mutation.mergeCounter": "mergeOffice",
        "EditInput.createCounter": "createOffice",
        "EditInput.updateCounter": "updateOffice",
        "KindName.COUNTER": "OFFICE",
        "HoursCode.MORNING": "EARLY",
        "OfficeField.SEATS": "CHAIRS",
        "Office.seats": "chairs",
        "OfficeFilter.seats": "chairs",
        "OfficeOrder.seats": "chairs",
        "OfficePatch.seats": "chairs",
        "CreateOfficeInput.seats": "chairs",
    }
    for place, now in expected.items():
        assert members[place].deprecation_reason == f"It is called {now} now.", place


def test_only_what_names_the_type_itself_breaks(before: Country, after: Country) -> None:
    named = {
        "fragment": '{ entity(iri: "urn:x") { ... on Counter { seats } } }',
        "variable": "query ($f: CounterFilter) { counters(filter: $f) { totalCount } }",
    }
    operations = [Registered.of("portal", text, [name]) for name, text in (OPERATIONS | named).items()]
    found = compare(read_schema(build_schema(*before).print()), build_schema(*after).core, operations)
    assert {one.operation.names[0] for one in found.refused} == set(named)
    gone = {change.type for change in found.of(Gravity.BREAKING)}
    assert gone <= {"TYPE_REMOVED", "FIELD_CHANGED_KIND", "ARG_CHANGED_KIND", "TYPE_REMOVED_FROM_UNION"}


def test_a_former_name_that_something_else_bears_is_refused(tmp_path: Path) -> None:
    words = AFTER | {"early": '"EARLY" ; gov:formerName "LATE"'}
    with pytest.raises(ContractError, match="EARLY was called LATE before"):
        build_schema(*country(tmp_path / "clash", words, "which_offices"))


@pytest.mark.parametrize("former", ['"x"', '["Not Snake"]', "[1]"])
def test_a_questions_former_names_are_a_list_of_names(tmp_path: Path, former: str) -> None:
    with pytest.raises(QuestionError, match="former"):
        country(tmp_path / "wrong", BEFORE, "which", f"#+ former = {former}\n")


def test_an_edit_of_a_former_name_comes_as_the_one_of_today(after: Country) -> None:
    type_ = build_schema(*after).core.type_map["EditInput"]
    assert isinstance(type_, GraphQLInputObjectType)
    assert coerce_input_value({"createCounter": {"slug": "west"}}, type_) == {"createOffice": {"slug": "west"}}


def test_comparing_contracts_tells_what_is_renamed(before: Country, after: Country) -> None:
    found = {(one.of, one.name, one.what) for one in compare_contracts(before[0], after[0])}
    assert found == {
        ("kind", "Counter", "is now called Office"),
        ("kind", "Counter", "in lists it is offices, no longer counters"),
        ("property", "Counter.seats", "is now called chairs"),
        ("code", "Hours.MORNING", "is now called EARLY"),
    }
