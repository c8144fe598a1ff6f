"""What entries say beyond the contract: kept, told as Info, and no reason for a lower score."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pyoxigraph import NamedNode

from conftest import BASE, ORGANISATION, Seed, Small, service
from govgraph.contract import Contract
from govgraph.iris import SH, name
from govgraph.store import Path
from govgraph.validation import Finding, check, explain
from govgraph.validation.unknown import UNKNOWN

MORE = '; <urn:x:colour> "red" , "blue" ; gov:endDate "2027-01-31"^^xsd:date'


def unknown(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.component == UNKNOWN]


@pytest.mark.parametrize("engine", ["shacl", "pyshacl"])
def test_a_predicate_no_property_of_the_kind_describes_is_info_and_kept(
    small: Callable[..., Small], contract: Contract, engine: str
) -> None:
    loaded = small(ORGANISATION + service("odd", more=MORE), engine=engine)
    [odd] = loaded.public.members(contract.kind("Service"))
    found = unknown(loaded.public.findings([odd])[odd])
    assert [(f.kind, f.severity, f.points, f.blocks_publishing) for f in found] == [("Service", "info", 0.0, False)] * 2
    assert {f.path.predicate.value.rpartition("/")[2] for f in found if f.path} == {"urn:x:colour", "ns#endDate"}
    entity = loaded.public.entity(odd)
    assert entity is not None
    assert sum(len(values) for values in entity.others.values()) == 3


def test_the_sentence_names_the_predicate_and_the_kind_in_both_languages(
    small: Callable[..., Small], contract: Contract
) -> None:
    [found] = unknown(list(small(service("odd", more="; <urn:x:colour> 'red'")).loaded.report.findings))
    assert explain(contract, found, ("en",)) == "“urn:x:colour” is kept, but no property of Service describes it."
    assert explain(contract, found, ("fr",)).startswith("« urn:x:colour » est conservé, mais aucune propriété de ")


def test_scores_are_the_same_with_and_without_unknown_predicates(small: Callable[..., Small]) -> None:
    plain = small(ORGANISATION + service("one")).public.summary()
    odd = small(ORGANISATION + service("one", more=MORE)).public.summary()
    assert (odd.total, dict(odd.kinds)) == (plain.total, dict(plain.kinds))
    assert odd.findings["info"] == plain.findings["info"] + 2


def test_what_is_of_no_kind_may_say_anything(contract: Contract) -> None:
    assert check(contract, [b'<urn:a> <urn:p> "x" .\n']).conforms


def test_a_thing_of_two_kinds_may_say_what_either_knows(contract: Contract) -> None:
    two = [kind for kind in contract.entities if kind.name in ("Service", "System")]
    assert len(two) == 2
    types = "".join(f"<urn:a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> {kind.class_} .\n" for kind in two)
    said = types + "".join(f'<urn:a> {p.path.predicate} "x" .\n' for kind in two for p in kind.properties if p.stored)
    assert unknown(list(check(contract, [said.encode()]).findings)) == []
    assert len(unknown(list(check(contract, [said.encode() + b'<urn:a> <urn:p> "x" .\n']).findings))) == 1


def test_the_seed_says_nothing_beyond_the_contract(seed: Seed) -> None:
    assert len(seed.working.all_findings()) > 30
    assert unknown(list(seed.working.all_findings())) == []


def test_the_report_names_the_shape_of_the_kind(small: Callable[..., Small], contract: Contract) -> None:
    view = small(ORGANISATION + service("odd", more=MORE)).public
    shapes = view.table(
        "SELECT DISTINCT ?shape { GRAPH ?g { ?r sh:sourceConstraintComponent gov:UnknownPredicate ; "
        "sh:sourceShape ?shape ; sh:resultSeverity sh:Info } }"
    ).rows
    assert shapes == ((contract.kind("Service").shape,),)
    assert name(SH, "Info")


def test_a_link_to_a_foreign_thing_of_no_kind_is_public_and_what_was_said_about_it_is_not(
    small: Callable[..., Small],
) -> None:
    foreign = '<https://example.org/event/x> dct:title "Said here"@en .'
    own = f'<{BASE}id/node/x> dct:title "Said here"@en .'
    links = f"; dct:language <https://example.org/event/x> , <{BASE}id/node/x> , <https://example.org/draft>"
    draft = '<https://example.org/draft> a cv:LifeEvent ; dct:title "Draft"@en .'
    loaded = small(ORGANISATION + service("one", more=links) + foreign + own + draft)
    found = loaded.public.table("SELECT ?o { ?s dct:language ?o }").rows
    assert [str(row[0]) for row in found] == ["<https://example.org/event/x>"]
    assert loaded.public.table("SELECT ?t { <https://example.org/event/x> dct:title ?t }").rows == ()
    assert len(loaded.working.table("SELECT ?o { ?s dct:language ?o }").rows) == 3


def test_an_unknown_link_to_what_is_of_no_kind_is_shown_and_told_in_public_too(small: Callable[..., Small]) -> None:
    """Such a node has no status, so a link to it is public although what is said about it is not."""
    made = small(ORGANISATION + service("a", more="; <urn:x:p> <urn:x:y>") + "<urn:x:y> dct:title 'Elsewhere' .")
    for view in (made.working, made.public):
        assert [f.path for f in view.all_findings() if f.component == UNKNOWN] == [Path(NamedNode("urn:x:p"))]
