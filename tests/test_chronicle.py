"""What an audience may know of the past: pages of revisions, the last one of each entity, what is gone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from pyoxigraph import NamedNode

from conftest import BASE
from govgraph.catalogue import Audience, Catalogue, View, chronicle
from govgraph.catalogue.chronicle import Chronicle, Wanted
from govgraph.contract import Contract
from govgraph.iris import GOV, RDF, XSD, Names
from govgraph.store import Part
from govgraph.store.embedded import MemoryStore

NAMES = Names(BASE)
BEGAN = datetime(2026, 11, 1, 8, tzinfo=UTC)
INTERIOR, HEALTH = (NAMES.entity("organisation", slug) for slug in ("interior", "health"))
PASSPORT, PERMIT, DRAFT = (NAMES.entity("service", slug) for slug in ("passport", "permit", "draft"))


def told(
    number: int,
    *changed: NamedNode,
    organisation: NamedNode = INTERIOR,
    author: str = "ana",
    reason: str = "",
    door: str = "graphql",
) -> str:
    """What the gate writes about one revision, without the last revision of the entities."""
    at = (BEGAN + timedelta(hours=number)).isoformat()
    links = "".join(f"<{NAMES.revision(number).value}> <{GOV}changed> {entity} .\n" for entity in changed)
    return links + "".join(
        f"<{NAMES.revision(number).value}> <{predicate}> {value} .\n"
        for predicate, value in (
            ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<http://www.w3.org/ns/prov#Activity>"),
            (f"{GOV}revision", f'"{number}"^^<{XSD}integer>'),
            ("http://www.w3.org/ns/prov#endedAtTime", f'"{at}"^^<{XSD}dateTime>'),
            ("http://www.w3.org/ns/prov#wasAssociatedWith", NAMES.agent(author)),
            (f"{GOV}organisation", organisation),
            (f"{GOV}door", f'"{door}"'),
            (f"{GOV}contractHash", '"abc"'),
            *([("http://purl.org/dc/terms/description", f'"{reason}"')] if reason else []),
        )
    )


def last(entity: NamedNode, number: int) -> str:
    return f'{entity} <{GOV}revision> "{number}"^^<{XSD}integer> .\n'


def build(contract: Contract, newest: int, public: Iterable[str], working: Iterable[str] = ()) -> Catalogue:
    """A catalogue at revision ``newest`` whose histories say what is given."""
    store = MemoryStore(BASE)
    for _ in range(newest - 1):
        store.replace([], contract.hash)
    parts = [
        Part(NAMES.history(audience), "".join(lines).encode())
        for audience, lines in ((Audience.PUBLIC, public), (Audience.WORKING, working))
    ]
    store.replace(parts, contract.hash)
    return Catalogue(store, contract)


@pytest.fixture
def view(contract: Contract) -> View:
    """Forty revisions; the public knows of every even one. Every tenth is the health ministry's, and about a permit."""
    public = [
        told(n, PERMIT, organisation=HEALTH, author="bo") if n % 10 == 0 else told(n, PASSPORT, reason=f"Because {n}")
        for n in range(2, 41, 2)
    ]
    public += [last(PASSPORT, 38), last(PERMIT, 40)]
    working = [told(n, DRAFT) for n in range(3, 40, 2)]
    return build(contract, 40, public, working).view()


def numbers(revisions: Iterable[chronicle.Revision]) -> list[int]:
    return [one.number for one in revisions]


def test_pages_lead_from_the_newest_revision_to_the_oldest_and_back(view: View) -> None:
    history = Chronicle(view)
    pages = [history.leaf(Wanted(), 6)]
    while pages[-1].older:
        pages.append(history.leaf(Wanted(), 6, before=pages[-1].older))
    assert [len(page.revisions) for page in pages] == [6, 6, 6, 2]
    assert [n for page in pages for n in numbers(page.revisions)] == list(range(40, 1, -2))
    assert pages[0].newer is None
    for newer, older in pairwise(pages):
        assert older.newer is not None
        assert history.leaf(Wanted(), 6, after=older.newer).revisions == newer.revisions
    assert history.leaf(Wanted(), 6, after=pages[1].newer).newer is None


def test_a_revision_says_who_when_why_and_through_which_door(view: View) -> None:
    revision = Chronicle(view).revision(38)
    assert revision == chronicle.Revision(
        number=38,
        at=BEGAN + timedelta(hours=38),
        agent=NAMES.agent("ana"),
        organisation=INTERIOR,
        door="graphql",
        reason="Because 38",
        contract_hash="abc",
        changed=(PASSPORT,),
        more=False,
    )


def test_revisions_of_one_entity_organisation_or_author(view: View) -> None:
    history = Chronicle(view)
    for wanted in (Wanted(entity=PERMIT), Wanted(organisation=HEALTH), Wanted(agent=NAMES.agent("bo"))):
        page = history.leaf(wanted, 3)
        assert numbers(page.revisions) == [40, 30, 20]
        assert numbers(history.leaf(wanted, 3, before=page.older).revisions) == [10]
        assert numbers(history.leaf(wanted, 2, after=10).revisions) == [30, 20]
    assert history.leaf(Wanted(entity=PERMIT, organisation=INTERIOR), 3).revisions == ()


def test_what_only_drafts_did_shows_nowhere(view: View) -> None:
    history = Chronicle(view)
    assert history.revision(39) is None
    assert history.leaf(Wanted(entity=DRAFT), 5) == chronicle.Leaf((), None, None)
    assert history.entities_of(39, 0, 5) == ()


def test_an_entity_that_never_changed_is_of_the_first_revision(view: View) -> None:
    found = Chronicle(view).last_revisions([PASSPORT, PERMIT, INTERIOR, DRAFT])
    assert found == {PASSPORT: 38, PERMIT: 40, INTERIOR: 1, DRAFT: 1}


def test_nobody_is_known_by_another_name(view: View) -> None:
    history = Chronicle(view)
    assert history.knows_agent(NAMES.agent("ana"))
    assert not history.knows_agent(NAMES.agent("eve"))
    assert not history.knows_agent(INTERIOR)


def test_a_busy_organisation_is_found_on_a_walk(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chronicle, "MOST_LINKS", 3)
    page = Chronicle(view).leaf(Wanted(organisation=HEALTH), 3)
    assert numbers(page.revisions) == [40, 30, 20]
    assert numbers(Chronicle(view).leaf(Wanted(organisation=HEALTH), 3, before=page.older).revisions) == [10]


def test_a_page_looks_no_further_than_it_may_and_says_where_to_go_on(
    view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chronicle, "MOST_WALKED", 8)
    monkeypatch.setattr(chronicle, "MOST_LINKS", 3)
    first = Chronicle(view).leaf(Wanted(organisation=HEALTH), 2)
    assert (numbers(first.revisions), first.older) == ([40], 33)
    second = Chronicle(view).leaf(Wanted(organisation=HEALTH), 2, before=first.older)
    assert (numbers(second.revisions), second.older, second.newer) == ([30], 25, 30)


def test_a_large_revision_names_a_bounded_number_of_its_entities(contract: Contract) -> None:
    many = [NAMES.entity("service", f"s{n}") for n in range(250)]
    history = Chronicle(build(contract, 2, [told(2, *many)]).view())
    revision = history.revision(2)
    assert revision is not None
    assert (len(revision.changed), revision.more) == (chronicle.MOST_NAMED, True)
    pages = [history.entities_of(2, skip, 100) for skip in (0, 100, 200, 300)]
    assert [len(page) for page in pages] == [100, 100, 50, 0]
    assert {entity for page in pages for entity in page} == set(many)


def test_a_tombstone_says_what_replaced_the_entity(contract: Contract) -> None:
    gone = f"{PASSPORT} a <{GOV}Tombstone> .\n".replace(" a ", f" <{RDF}type> ")
    merged = gone.replace("passport", "permit") + f"{PERMIT} <{GOV}mergedInto> {INTERIOR} .\n"
    merged += f"{PERMIT} <http://purl.org/dc/terms/isReplacedBy> {INTERIOR} .\n"
    catalogue = build(contract, 2, [gone, merged], [gone.replace("passport", "draft")])
    history = Chronicle(catalogue.view())
    assert history.tombstone(PASSPORT) == chronicle.Tombstone(PASSPORT, None, merged=False)
    assert history.tombstone(PERMIT) == chronicle.Tombstone(PERMIT, INTERIOR, merged=True)
    assert history.tombstone(DRAFT) is None
    assert Chronicle(catalogue.view(Audience.WORKING)).tombstone(DRAFT) is not None


def test_pages_of_many_entities_are_those_of_each(contract: Contract) -> None:
    chances = [(PASSPORT,), (PERMIT, PASSPORT), (PERMIT,), (PASSPORT,), (PERMIT, PASSPORT), (PASSPORT,)]
    newest = len(chances) + 1
    catalogue = build(contract, newest, [told(number, *of) for number, of in enumerate(chances, 2)])
    chronicle = Chronicle(catalogue.view(Audience.PUBLIC))
    entities = [PASSPORT, DRAFT, PERMIT]
    for size in (1, 2, 10):
        for number in (None, *range(1, newest + 2)):
            for way in ("before", "after"):
                pages = chronicle.leaves(entities, size, **{way: number})
                for entity, page in zip(entities, pages, strict=True):
                    alone = chronicle.leaf(Wanted(entity=entity), size, **{way: number})
                    assert page.revisions == alone.revisions, (entity, size, way, number)
                    if page.revisions:
                        assert page.older is None or page.older == page.revisions[-1].number
                        further = chronicle.leaf(Wanted(entity=entity), 1, before=page.revisions[-1].number).revisions
                        assert bool(further) == (page.older is not None)
                        newer = chronicle.leaf(Wanted(entity=entity), 1, after=page.revisions[0].number).revisions
                        assert bool(newer) == (page.newer is not None)
