"""The contract merges shapes, follows extensions, and refuses with file and line what it cannot express."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import TURTLE_PREFIXES
from govgraph.contract import Contract, Form, Severity
from govgraph.contract.reading import read
from govgraph.errors import ContractError, NotFound

KIND = """
<http://x/ThingShape> a sh:NodeShape ; sh:targetClass <http://x/Thing> ;
    gov:apiName "Thing" ; gov:slug "thing" ; sh:name "Thing"@en ; gov:titlePath dct:title ;
    sh:property [ sh:path dct:title ; gov:apiName "title" ; sh:name "title"@en ; sh:datatype rdf:langString ]{more} .
"""


def extension(tmp_path: Path, turtle: str, name: str = "own.ttl") -> Path:
    (tmp_path / "shapes").mkdir(exist_ok=True)
    (tmp_path / "shapes" / name).write_text(TURTLE_PREFIXES + turtle, "utf-8")
    return tmp_path


def refused(tmp_path: Path, turtle: str) -> ContractError:
    with pytest.raises(ContractError) as caught:
        read(extension=extension(tmp_path, turtle))
    return caught.value


def test_shapes_on_one_path_become_one_property(contract: Contract) -> None:
    title = contract.kind("Service").property("title")
    assert title.form is Form.TEXT
    assert title.needed is Severity.WARNING
    assert title.weight == 3
    assert [shape.value.rpartition("#")[2] for shape in title.shapes] == [
        "ServiceShape/title",
        "ServiceShape/title/warning",
        "ServiceShape/title/info",
    ]


def test_a_class_above_several_kinds_points_to_all_of_them(contract: Contract) -> None:
    assert contract.kind("Service").property("events").kinds == ("LifeEvent", "BusinessEvent")


def test_an_unknown_kind_is_answered_with_the_known_ones(contract: Contract) -> None:
    with pytest.raises(NotFound) as caught:
        contract.kind("servize")
    assert "building-block" in caught.value.hint


def test_a_country_adds_a_property_to_a_kind_in_one_file(tmp_path: Path, contract: Contract) -> None:
    own = read(
        extension=extension(
            tmp_path,
            """<http://x/More> a sh:NodeShape ; sh:targetClass cpsv:PublicService ; sh:property
                [ sh:path <http://x/hotline> ; gov:apiName "hotline" ; sh:name "hotline"@en, "assistance"@fr ;
                  sh:datatype xsd:string ] .""",
        )
    )
    assert own.kind("Service").property("hotline").datatype is not None
    assert "hotline" not in contract.kind("Service").by_name
    assert own.hash != contract.hash


def test_a_country_makes_a_rule_stricter(tmp_path: Path) -> None:
    own = read(
        extension=extension(
            tmp_path,
            """<http://x/Strict> a sh:NodeShape ; sh:targetClass cpsv:PublicService ; sh:property
                [ sh:path cv:isGroupedBy ; sh:minCount 1 ; sh:severity sh:Violation ] .""",
        )
    )
    assert own.kind("Service").property("events").needed is Severity.VIOLATION


def test_a_country_adds_a_kind_in_one_file(tmp_path: Path) -> None:
    own = read(extension=extension(tmp_path, KIND.format(more="")))
    assert own.kind("thing").property("title").form is Form.TEXT
    assert own.languages == ("en",), "a language counts once every kind has a name in it"


def test_the_hash_tells_contracts_apart_and_not_readings(contract: Contract) -> None:
    assert read().hash == contract.hash


OWN = 'sh:path dct:a ; gov:apiName "{name}" ; sh:name "x"@en ; {more}'
TEXT = "sh:datatype xsd:string"


@pytest.mark.parametrize(
    ("more", "says", "anchor"),
    [
        (OWN.format(name="deep", more=TEXT).replace("dct:a", "( dct:a dct:b )"), "sh:path", '"deep"'),
        (OWN.format(name="loose", more=""), "nothing of its values", '"loose"'),
        (OWN.format(name="far", more="sh:class <http://x/No>"), "neither a kind nor", '"far"'),
        (OWN.format(name="label", more=TEXT), "'label'", '"label"'),
        (OWN.format(name="Bad name", more=TEXT), "'Bad name'", '"Bad name"'),
        (OWN.format(name="mute", more=TEXT).replace("@en", "@fr"), "English sh:name", '"mute"'),
        (OWN.format(name="slip", more=f"{TEXT} ; sh:minCuont 1"), "sh:minCuont", "minCuont"),
        (OWN.format(name="title", more=TEXT), "two properties named title", '"title"'),
        (OWN.format(name="single", more=f'{TEXT} ; sh:maxCount "one"'), "sh:maxCount 'one'", "maxCount"),
        (OWN.format(name="first", more=f'{TEXT} ; sh:order "abc"'), "sh:order 'abc'", "sh:order"),
        (OWN.format(name="heavy", more=f'{TEXT} ; gov:weight "heavy"'), "gov:weight 'heavy'", "gov:weight"),
        (OWN.format(name="odd", more=f'{TEXT} ; sh:pattern "("'), "no regular expression", '"odd"'),
        (OWN.format(name="listed", more=f"{TEXT} ; sh:in <http://x/list>"), "sh:in is no list", '"listed"'),
        (OWN.format(name="typo", more="sh:datatype xsd:strng"), "unknown datatype xsd:strng", '"typo"'),
        (
            OWN.format(name="grave", more=f"{TEXT} ; sh:severity <http://x/Bad>"),
            "severity http://x/Bad",
            "http://x/Bad",
        ),
        (f"sh:path dct:a ; {TEXT}", "no shape with gov:apiName", "dct:a"),
        (OWN.format(name="t2", more=TEXT).replace("dct:a", "dct:title"), "2 shapes with gov:apiName", "dct:title"),
    ],
)
def test_what_cannot_be_expressed_is_refused_with_its_line(tmp_path: Path, more: str, says: str, anchor: str) -> None:
    turtle = KIND.format(more=f" ;\n    sh:property\n        [ {more} ]")
    error = refused(tmp_path, turtle)
    assert says in error.sentence
    assert error.hint
    assert error.file.endswith("shapes/own.ttl")
    line = (TURTLE_PREFIXES + turtle).splitlines()[error.line - 1]
    assert anchor in line


def test_a_shape_on_a_class_without_a_kind_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, "<http://x/S> a sh:NodeShape ; sh:targetClass <http://x/Nothing> .")
    assert "no kind" in error.sentence


def test_a_second_kind_of_one_name_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, KIND.format(more="").replace('"thing"', '"service"'))
    assert "slug service" in error.sentence


def test_a_sparql_rule_must_say_whom_it_affects_and_what_it_reads(tmp_path: Path) -> None:
    error = refused(
        tmp_path,
        """<http://x/R> a sh:NodeShape ; sh:targetClass cpsv:PublicService ; gov:apiName "r" ; sh:name "r"@en ;
            sh:sparql [ sh:select "SELECT $this WHERE { }" ] .""",
    )
    assert "gov:affected" in error.sentence


def test_a_fault_that_a_country_adds_to_a_shipped_shape_is_found_in_its_own_file(tmp_path: Path) -> None:
    turtle = """gov:ServiceShape sh:property [ sh:path <http://x/p> ; gov:apiName "zz" ; sh:name "z"@en ;
        sh:datatype xsd:string ; sh:foo 3 ] ."""
    with pytest.raises(ContractError) as caught:
        read(extension=extension(tmp_path, turtle, "service.ttl"))
    error = caught.value
    assert error.file.startswith(str(tmp_path))
    assert "sh:foo" in (TURTLE_PREFIXES + turtle).splitlines()[error.line - 1]


def test_a_rule_whose_query_is_no_sparql_is_refused_with_its_line(tmp_path: Path) -> None:
    turtle = """<http://x/R> a sh:NodeShape ; sh:targetClass cpsv:PublicService ; gov:apiName "r" ; sh:name "r"@en ;
        sh:sparql [ sh:select "SELECT $this WHERE {" ] ;
        gov:affected "SELECT ?affected ?changed { ?affected ?p ?changed }" ;
        gov:needed "CONSTRUCT { ?s ?p ?o } { }" ."""
    error = refused(tmp_path, turtle)
    assert "no SPARQL" in error.sentence
    assert "SELECT $this" in (TURTLE_PREFIXES + turtle).splitlines()[error.line - 1]


def test_a_file_that_is_no_turtle_is_refused_with_its_line(tmp_path: Path) -> None:
    error = refused(tmp_path, "\n\n<http://x/a> a .")
    assert error.line == TURTLE_PREFIXES.count("\n") + 3


def test_a_severity_that_is_none_is_refused(tmp_path: Path) -> None:
    error = refused(
        tmp_path,
        "<http://x/S> a sh:NodeShape ; sh:targetClass cpsv:PublicService ;"
        " sh:property [ sh:path dct:title ; sh:minCount 1 ; sh:severity sh:Debug ] .",
    )
    assert "sh:Debug" in error.sentence


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="nowhere"):
        read(extension=tmp_path / "nowhere")


def test_what_leads_to_parts_leads_back_to_their_owners(contract: Contract) -> None:
    local = {path.predicate.value.rpartition("/")[2].rpartition("#")[2] for path in contract.part_paths}
    assert {"hasChannel", "hasCost", "contactPoint"} <= local
    assert len(set(contract.part_paths)) == len(contract.part_paths) >= 5
    assert {path.predicate for path in contract.part_paths} == contract.part_predicates
    assert {(path.predicate, path.inverse) for path in contract.owner_paths} == {
        (predicate, True) for predicate in contract.part_predicates
    }
    parts = {p for kind in contract.kinds for p in kind.properties if p.path in contract.part_paths}
    assert {p.form for p in parts} == {Form.PART}
