"""What to mend next is ranked by what it gives back, told for an organisation at the cost of its entries alone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from pyoxigraph import NamedNode, Triple

from conftest import BASE, ORGANISATION, Small, service
from govgraph.catalogue import Audience, Catalogue, View
from govgraph.catalogue.next_edits import Mending, Scope, kept_by, mendings, page
from govgraph.contract import Contract, Severity
from govgraph.contract.reading import read as read_contract
from govgraph.errors import BadRequest
from govgraph.iris import Names
from govgraph.store import Part, Reader
from govgraph.store.embedded import MemoryStore
from govgraph.validation import check, ntriples
from random_catalogue import catalogues

NAMES = Names(BASE)
CONTRACT = read_contract()
INTERIOR, OTHER = NAMES.entity("organisation", "interior"), NAMES.entity("organisation", "other")
PASSPORT, VISA = NAMES.entity("service", "passport"), NAMES.entity("service", "visa")
NO_LEVEL = "gov:digitalisationLevel code:Level2 ;"
ALL = Scope()


def found(view: View, scope: Scope = ALL) -> list[tuple[str, str, bool]]:
    return [(one.entity.value.rpartition("/")[2], one.subject, one.unlocks) for one in mendings(view, scope).ranked]


def two(small: Callable[..., Small]) -> View:
    """A passport that lacks its level alone, and a visa, of another ministry, that lacks level and keeper's name."""
    other = ORGANISATION.replace("interior", "other").replace('skos:prefLabel "Interior"@en, "Intérieur"@fr ;', "")
    visa = (
        service("visa")
        .replace("interior", "other")
        .replace(NO_LEVEL, "")
        .replace('dct:title "A service"@en', "dct:alternative 1")
    )
    return small(ORGANISATION + other + service("passport").replace(NO_LEVEL, "") + visa).working


def test_a_mending_gives_back_its_points_and_unlocks_what_waits_for_it_alone(small: Callable[..., Small]) -> None:
    view = small(ORGANISATION + service("passport").replace(NO_LEVEL, "")).working
    level = next(one for one in mendings(view).ranked if one.subject == "level")
    assert level.entity == level.node == PASSPORT
    assert level.kind.name == "Service"
    assert level.severity is Severity.WARNING
    assert level.unlocks
    assert level.points == view.contract.by_name["Service"].by_name["level"].weight
    assert mendings(view).unlocking == 1
    assert not any(one.unlocks for one in mendings(view).ranked if one.subject != "level")
    mended = small(ORGANISATION + service("passport")).working
    leaf = page(view)
    assert leaf.after(level) == mended.summary().total
    assert leaf.now == view.summary().total


def test_one_of_two_things_in_the_way_unlocks_nothing(small: Callable[..., Small]) -> None:
    lacking = (
        service("passport").replace(NO_LEVEL, "").replace("cv:hasCompetentAuthority <id/organisation/interior> ;", "")
    )
    view = small(ORGANISATION + lacking).working
    blocking = [one for one in mendings(view).ranked if one.severity is not Severity.INFO]
    assert {one.subject for one in blocking} == {"level", "authority"}
    assert not any(one.unlocks for one in blocking)


def test_what_is_wrong_with_a_part_is_mended_for_its_owner(small: Callable[..., Small]) -> None:
    view = small(ORGANISATION + service("passport", more="; cv:hasCost [ a cv:Cost ] ")).working
    parts = [one for one in mendings(view, Scope(INTERIOR)).ranked if one.node != one.entity]
    assert {one.entity for one in parts} == {PASSPORT}
    assert [one.unlocks for one in parts if one.severity is not Severity.INFO] == [True]


def test_an_organisation_is_told_of_its_own_entries_and_itself(small: Callable[..., Small]) -> None:
    view = two(small)
    assert set(kept_by(view, INTERIOR)) == {INTERIOR, PASSPORT}
    assert set(kept_by(view, OTHER)) == {OTHER, VISA}
    assert {one.entity for one in mendings(view, Scope(INTERIOR)).ranked} <= {INTERIOR, PASSPORT}
    service_kind = view.contract.by_name["Service"]
    assert {one.entity for one in mendings(view, Scope(OTHER, service_kind)).ranked} == {VISA}
    assert {one.entity for one in mendings(view, Scope(kind=service_kind)).ranked} == {PASSPORT, VISA}
    for organisation in (INTERIOR, OTHER):
        assert page(view, Scope(organisation)).now == view.summary().organisations[organisation]
    assert kept_by(view, NAMES.entity("organisation", "none")) == {}


def test_dearest_first_then_what_unlocks_and_always_in_the_same_order(small: Callable[..., Small]) -> None:
    ranked = mendings(two(small)).ranked
    assert len(ranked) > 8
    assert [one.points for one in ranked] == sorted((one.points for one in ranked), reverse=True)
    for one, other in pairwise(ranked):
        assert one.place < other.place
        if one.points == other.points:
            assert one.unlocks >= other.unlocks
    assert [one.place for one in mendings(two(small)).ranked] == [one.place for one in ranked]


def test_pages_follow_one_another_and_meet_every_mending_once(small: Callable[..., Small]) -> None:
    view = two(small)
    met: list[Mending] = []
    cursor = None
    while True:
        leaf = page(view, first=3, after=cursor)
        assert leaf.has_previous == bool(met)
        met += leaf.mendings
        if not leaf.has_next:
            break
        cursor = leaf.cursors[-1]
    assert tuple(met) == mendings(view).ranked
    assert leaf.total == len(met)


@pytest.mark.parametrize("cursor", ["?", "W10=", "bnVsbA==", "WzEsMiwzLDQsNV0=", "x" * 20_000])
def test_a_cursor_from_elsewhere_is_refused(small: Callable[..., Small], cursor: str) -> None:
    with pytest.raises(BadRequest):
        page(two(small), after=cursor)


def test_nothing_of_a_draft_is_told_to_strangers(small: Callable[..., Small]) -> None:
    draft = service("draft").replace("code:Published", "code:Draft").replace(NO_LEVEL, "")
    view = small(ORGANISATION + service("passport") + draft).public
    for scope in (Scope(), Scope(INTERIOR), Scope(kind=view.contract.by_name["Service"])):
        assert "draft" not in {entity for entity, _, _ in found(view, scope)}


def test_an_organisations_answer_reads_nothing_of_others(contract: Contract, small: Callable[..., Small]) -> None:
    view = two(small)
    asked: set[str] = set()

    class Watching:
        """The view's reader, but for what grows with the catalogue."""

        revision = view.revision

        def __getattr__(self, name: str) -> object:
            asked.add(name)
            assert name in ("values", "statements"), f"{name} grows with the catalogue"
            return getattr(view.reader, name)

    reader: Reader = Watching()  # type: ignore[assignment]  # it hands on what a Reader does
    watched = View(reader, contract, NAMES, Audience.WORKING)
    assert found(watched, Scope(INTERIOR)) == found(view, Scope(INTERIOR))
    assert asked == {"values", "statements"}


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(triples=catalogues(CONTRACT, BASE))
def test_for_any_catalogue_the_parts_of_the_answer_make_the_whole(triples: list[Triple]) -> None:
    said = ntriples(triples)
    report = check(CONTRACT, [said])
    store = MemoryStore(BASE)
    store.replace(
        [
            Part(NAMES.working, said),
            Part(NAMES.vocabulary, CONTRACT.vocabulary),
            Part(NAMES.report("working"), ntriples(report.triples(BASE))),
        ],
        CONTRACT.hash,
    )
    view = Catalogue(store, CONTRACT).view(Audience.WORKING)
    whole = mendings(view).ranked
    by_kind = [one for kind in CONTRACT.entities for one in mendings(view, Scope(kind=kind)).ranked]
    assert sorted(one.place for one in by_kind) == [one.place for one in whole]
    lost: dict[NamedNode, float] = {}
    for one in whole:
        lost[one.entity] = lost.get(one.entity, 0.0) + one.points
    for entity, points in view.points(list(lost)).items():
        assert isinstance(entity, NamedNode)
        assert lost[entity] <= points.possible - points.kept + 0.001
    for organisation, points in view.summary().organisations.items():
        scope = Scope(organisation)
        kept = kept_by(view, organisation)
        assert mendings(view, scope).now == points
        assert mendings(view, scope).ranked == tuple(one for one in whole if one.entity in kept)
