"""A view shows one audience one revision, reads in batches, and keeps drafts from strangers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pyoxigraph import Literal, NamedNode

from conftest import BASE, ORGANISATION, Small, service
from govgraph.catalogue import Audience, View, pick
from govgraph.contract import Contract
from govgraph.iris import GOV, Names, name
from govgraph.media import NTRIPLES
from govgraph.store import Reader

NAMES = Names(BASE)
PASSPORT, DRAFT = NAMES.entity("service", "passport"), NAMES.entity("service", "draft")
INTERIOR = NAMES.entity("organisation", "interior")
DRAFTED = service("draft", "Secret plan").replace("code:Published", "code:Draft")


def two(small: Callable[..., Small]) -> Small:
    more = f"""; dct:requires <{DRAFT.value}> ; cv:hasChannel [ a cv:Channel ; dct:type code:Online ] ;
        <http://x/odd> "kept" """
    return small(ORGANISATION + service("passport", "Passport", more) + DRAFTED)


def test_an_entity_has_its_values_its_parts_and_what_no_property_describes(small: Callable[..., Small]) -> None:
    view = two(small).working
    entity = view.entity(PASSPORT)
    assert entity is not None
    assert entity.kind is not None
    assert entity.kind.name == "Service"
    values = {p.name: found for p, found in entity.values.items()}
    assert values["authority"] == [INTERIOR]
    assert [p.value.rpartition("/")[0] for p in values["channels"]] == [f"{BASE}id/channel"]  # type: ignore[union-attr]
    assert entity.others == {NamedNode("http://x/odd"): [Literal("kept")]}
    assert len(view.describe(PASSPORT)) == 12


def test_nothing_said_is_no_entity(small: Callable[..., Small]) -> None:
    assert two(small).public.entity(NAMES.entity("service", "none")) is None


def test_links_are_followed_backwards_and_paged(small: Callable[..., Small]) -> None:
    view = two(small).working
    organisation = view.entity(INTERIOR)
    assert organisation is not None
    assert {p.name: set(v) for p, v in organisation.values.items()}["services"] == {PASSPORT, DRAFT}
    first = view.incoming(INTERIOR, 0, 1)
    second = view.incoming(INTERIOR, 1, 1)
    assert first.more
    assert not second.more
    assert {link[0] for link in (*first.links, *second.links)} == {PASSPORT, DRAFT}


def test_strangers_see_nothing_of_a_draft(small: Callable[..., Small]) -> None:
    view = two(small).public
    service_kind = view.contract.kind("Service")
    assert view.members(service_kind) == (PASSPORT,)
    assert view.entity(DRAFT) is None
    assert view.incoming(DRAFT, 0, 10).links == ()
    assert not any(t.object == DRAFT for t in view.describe(PASSPORT)), "a link to a draft would tell that it is there"
    assert not [f for f in view.all_findings() if f.entity == DRAFT]
    assert view.summary().kinds["Service"].possible == service_kind.possible
    for query in (
        "SELECT ?s { ?s ?p ?o FILTER(CONTAINS(STR(?s), 'draft')) }",
        "SELECT ?s { GRAPH ?g { ?s ?p ?o } FILTER(CONTAINS(STR(?s), 'draft')) }",
        f"SELECT ?s FROM <{NAMES.working.value}> {{ ?s ?p ?o }}",
        f"SELECT ?s FROM NAMED <{NAMES.working.value}> {{ GRAPH ?s {{ ?a ?b ?c }} }}",
        f"SELECT ?s {{ GRAPH <{NAMES.report('working').value}> {{ ?s ?p ?o }} }}",
        f"SELECT ?s {{ GRAPH <{NAMES.system.value}> {{ ?s ?p ?o }} }}",
    ):
        assert view.table(query).rows == (), query
    assert view.query(f"DESCRIBE <{DRAFT.value}>", {"graph": NTRIPLES}).body == b""


def test_labels_follow_the_readers_languages(small: Callable[..., Small]) -> None:
    view = two(small).public
    assert view.labels([PASSPORT], ("fr",))[PASSPORT].text == "Passport (fr)"
    assert view.labels([PASSPORT], ("de", "fr"))[PASSPORT].language == "fr"
    assert view.labels([PASSPORT], ("de",))[PASSPORT].text == "Passport"
    level = name("https://w3id.org/govgraph/code#", "Level2")
    assert view.labels([level], ("fr",))[level].language == "fr"
    assert (
        view.labels([NamedNode("http://x/some%20where/")], ())[NamedNode("http://x/some%20where/")].text == "some where"
    )
    assert view.labels([name(GOV, "unheardOf")], ())[name(GOV, "unheardOf")].text == "gov:unheardOf"


@pytest.mark.parametrize(
    ("languages", "expected"), [(("fr",), "Bonjour"), (("de", "pt"), "Olá"), (("xx",), "Hello"), ((), "Hello")]
)
def test_pick_takes_the_first_language_there_is(languages: tuple[str, ...], expected: str) -> None:
    texts = [Literal("Olá", language="pt-BR"), Literal("Bonjour", language="fr"), Literal("Hello", language="en")]
    chosen = pick(texts, languages)
    assert chosen is not None
    assert chosen.value == expected


def test_pick_settles_for_what_there_is() -> None:
    assert pick([], ("en",)) is None
    assert pick([Literal("Tere", language="et")], ("fr",)) == Literal("Tere", language="et")
    assert pick([Literal("x", language="et"), Literal("plain")], ("fr",)) == Literal("plain")


def test_findings_of_a_part_show_with_its_owner(small: Callable[..., Small]) -> None:
    costly = service("costly", more='; cv:hasCost [ a cv:Cost ; dct:description "no amount"@en ]')
    view = small(ORGANISATION + costly).working
    node = NAMES.entity("service", "costly")
    found = view.findings([node])[node]
    assert ("Cost", "value") in {(f.kind, f.property_name) for f in found}
    assert view.points([node])[node].kept < view.points([node])[node].possible


def test_the_summary_adds_up_entities_kinds_and_organisations(small: Callable[..., Small]) -> None:
    view = two(small).working
    summary = view.summary()
    assert summary.total.possible == sum(p.possible for p in summary.kinds.values())
    assert summary.organisations[INTERIOR].possible == summary.total.possible, "it keeps all three entries"
    assert sum(summary.findings.values()) == len(view.all_findings())
    assert 0 < summary.total.score < 100


class Counting:
    """A Reader that counts what it is asked."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.reads = 0

    def __getattr__(self, attribute: str) -> object:
        found = getattr(self._reader, attribute)
        if callable(found):
            self.reads += 1
        return found


def test_the_number_of_reads_does_not_depend_on_the_number_of_entities(
    small: Callable[..., Small], contract: Contract
) -> None:
    many = small(ORGANISATION + "".join(service(f"s{number}") for number in range(40)))
    counts = []
    for wanted in (2, 40):
        counting = Counting(many.public.reader)
        view = View(counting, contract, NAMES, Audience.PUBLIC)  # type: ignore[arg-type]  # it answers as a Reader does
        nodes = [NAMES.entity("service", f"s{number}") for number in range(wanted)]
        view.findings(nodes)
        view.labels(nodes, ("en",))
        view.values(nodes, contract.kind("Service").properties)
        counts.append(counting.reads)
    assert counts[0] == counts[1]


def test_a_view_stays_at_its_revision(small: Callable[..., Small]) -> None:
    catalogue = two(small).catalogue
    view = catalogue.view(Audience.PUBLIC)
    assert catalogue.view(Audience.PUBLIC) is view
    assert view.revision == 1
    assert view.keep("x", object) is view.keep("x", object)
