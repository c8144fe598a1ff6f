"""Search: what is found, in which order, where its words are shown, and that an index belongs to its snapshot."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad

from conftest import BASE, ORGANISATION, Seed, Small, service
from crash import ORGANISATION as ORGANISATION_CLASS
from crash import chosen
from govgraph.access import Author, Role
from govgraph.catalogue import Audience, Catalogue, View
from govgraph.change import Change
from govgraph.change.departing import Delete, Withdraw
from govgraph.change.edits import Edit, Statements
from govgraph.change.lifecycle import Publish
from govgraph.contract import Contract
from govgraph.errors import BadRequest, GovgraphError
from govgraph.gate.writer import LocalWriter
from govgraph.history.past import Past
from govgraph.iris import DCT_TITLE, RDF_TYPE, SKOS_PREF_LABEL, Names
from govgraph.search import MOST, Found, Search, find, highlights, matching, prepare
from govgraph.search.words import differs, fold, understand
from govgraph.store.embedded import DiskStore

NAMES = Names(BASE)


def entity(slug: str) -> NamedNode:
    return NAMES.entity("service", slug)


def found(view: View, text: str, **more: object) -> list[str]:
    return [hit.entity.value.rpartition("/")[2] for hit in find(view, Search(text), first=50, **more).hits]  # type: ignore[arg-type]  # pages


@pytest.fixture
def few(small: Callable[..., Small]) -> View:
    return small(
        ORGANISATION
        + service("passport", "Renew a passport")
        + service("licence", "Driving licences", '; dct:description "Also for holders of a passport."@fr')
        + service("register", "Civil register", '; gov:alternativeTitle "Etat-civil"@fr')
        + service("other", "Régistre de l’état civil")
    ).working


def test_a_title_counts_more_than_a_description(few: View) -> None:
    assert found(few, "passport") == ["passport", "licence"]


def test_case_accents_and_endings_are_passed_over(few: View) -> None:
    assert found(few, "ETAT CIVIL")[0] == "other"
    assert found(few, "licence") == ["licence"]
    assert found(few, "renewing passports") == ["passport"]


def test_the_last_word_may_be_a_beginning_and_a_word_may_be_misspelt(few: View) -> None:
    assert found(few, "passp") == ["passport", "licence"]
    assert found(few, "pasport") == ["passport", "licence"]
    assert found(few, "xy passport") == ["passport", "licence"]  # the first of two words is no beginning


def test_words_in_quotation_marks_are_a_phrase(few: View) -> None:
    assert found(few, '"renew a passport"') == ["passport"]
    assert found(few, '"passport renew"') == []
    assert found(few, "passport renew") == ["passport"]


def test_where_nothing_has_all_words_what_has_half_is_found(few: View) -> None:
    assert found(few, "passport unobtainable") == ["passport", "licence"]


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("passport qqqqqq", ["passport", "licence"]),
        ("passport marriage qqqqqq", []),  # one of three
        ("passport licence qqqqqq", ["licence"]),  # two of three
        ("passport marriage qqqqqq zzzzzz", []),
        ("passport qqqqqq zzzzzz", []),
    ],
)
def test_half_of_an_odd_number_of_words_is_the_greater_half(few: View, text: str, has: list[str]) -> None:
    assert found(few, text) == has


@pytest.mark.parametrize("text", ["ministry of interior", "passport", "birth certificate", "national identity xyzzy"])
def test_a_filter_finds_what_a_search_among_one_kind_does(seed: Seed, text: str) -> None:
    some = 0
    for view in (seed.public, seed.working):
        assert len(view.contract.entities) >= 26
        for kind in view.contract.entities:
            ranked = {hit.entity for hit in find(view, Search(text, (kind,))).hits}
            assert matching(view, text, kind) == ranked, kind.name
            some += bool(ranked)
    assert some


def test_words_are_marked_as_the_text_spells_them_where_they_were_misspelt(few: View) -> None:
    for text, marked in (("drivng licens", ["Driving", "licences"]), ("dirving", ["Driving"])):
        search = Search(text)
        assert found(few, text) == ["licence"]
        shown = highlights(few, search, [entity("licence")])[entity("licence")]
        assert [shown[0].text[start:end] for start, end in shown[0].marks] == marked


def test_whatever_a_misspelt_word_finds_is_marked(seed: Seed) -> None:
    view, shown = seed.working, 0
    for text in ("drivng", "pasport", "regsitry", "minstry", "certificat", "identyt", "adress", "bussiness"):
        search = Search(text)
        hits = [hit.entity for hit in find(view, search, first=20).hits]
        marked = highlights(view, search, hits)
        assert all(one.marks for of in marked.values() for one in of)
        assert all(marked[hit] for hit in hits), text
        shown += len(hits)
    assert shown > 20


@given(st.text("abc", min_size=1, max_size=6), st.text("abc", min_size=1, max_size=6))
def test_words_differ_by_the_letters_that_have_to_be_mended(one: str, other: str) -> None:
    assert differs(one, one) == 0
    assert differs(one, other) == differs(other, one) <= max(len(one), len(other))
    assert differs(one, other, begins=True) == min(differs(one, other[:end]) for end in range(len(other) + 1))
    assert differs("drivng", "driving") == differs("dirving", "driving") == differs("drivings", "driving") == 1


def test_only_the_kinds_asked_for_are_found(few: View) -> None:
    kinds = few.contract.by_name
    of_services = find(few, Search("interior civil", (kinds["Service"],)))
    assert {hit.entity.value.split("/")[-2] for hit in of_services.hits} == {"service"}
    assert [hit.entity.value for hit in find(few, Search("interior", (kinds["Organisation"],))).hits] == [
        f"{BASE}id/organisation/interior"
    ]
    part = next(kind for kind in few.contract.kinds if kind.part)
    assert find(few, Search("interior", (part,))).total == 0


def test_highlights_mark_the_words_as_they_are_written(few: View) -> None:
    search = Search("etat", languages=("fr",))
    [hit] = [hit for hit in find(few, search).hits if hit.entity == entity("other")]
    shown = highlights(few, search, [hit.entity])[hit.entity]
    assert [(one.language, one.text, [one.text[start:end] for start, end in one.marks]) for one in shown] == [
        ("fr", "Régistre de l’état civil (fr)", ["état"])
    ]
    assert highlights(few, Search("etat", languages=("en",)), [hit.entity])[hit.entity][0].language == "en"


def test_a_long_text_is_shown_where_its_words_are(small: Callable[..., Small]) -> None:
    long = f"{'padding ' * 300}the ferry to the island {'padding ' * 300}"
    view = small(ORGANISATION + service("ferry", "Boats", f'; dct:description "{long}"@fr')).working
    [shown] = highlights(view, Search("ferry island"), [entity("ferry")])[entity("ferry")]
    assert [shown.text[start:end] for start, end in shown.marks] == ["ferry", "island"]
    assert len(shown.text) < 220
    assert shown.text.startswith("…")
    assert shown.text.endswith("…")


def test_the_texts_of_parts_lead_to_their_owner(seed: Seed) -> None:
    view = seed.working
    services = list(view.members(view.contract.by_name["Service"]))
    owners = {part: owner for owner, of in view.parts(services).items() for part in of}
    said = view.reader.statements(list(owners), view.graphs)
    texts = [(t.subject, t.object.value) for t in said if isinstance(t.object, Literal) and t.object.language]
    assert len(texts) > 20
    for part, text in texts[:20]:
        assert owners[part] in matching(view, f'"{text}"', view.contract.by_name["Service"])


def test_pages_follow_each_other_in_both_directions(seed: Seed) -> None:
    search = Search("of the")
    whole = find(seed.public, search)
    assert whole.total == len(whole.hits) > 10
    assert not whole.more
    pages: list[Found] = []
    after: str | None = None
    while not pages or pages[-1].has_next:
        pages.append(find(seed.public, search, first=3, after=after))
        after = pages[-1].hits[-1].cursor
    assert [hit for page in pages for hit in page.hits] == list(whole.hits)
    assert pages[1].has_previous
    back = find(seed.public, search, last=3, before=whole.hits[5].cursor)
    assert back.hits == whole.hits[2:5]
    assert (back.has_next, back.has_previous) == (True, True)


def test_a_cursor_of_another_search_is_refused(seed: Seed) -> None:
    cursor = find(seed.public, Search("service")).hits[0].cursor
    with pytest.raises(BadRequest, match="another search"):
        find(seed.public, Search("passport"), after=cursor)
    for bad in ("", "x", "é", "W10=", "bnVsbA==", "[" * 100_000):
        if bad:
            with pytest.raises(BadRequest):
                find(seed.public, Search("service"), after=bad)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(max_size=80), st.text('"“”*?~^:()[]{}\\+-/&| \x00aé日\u0301', max_size=40)))
def test_no_text_is_an_error(seed: Seed, text: str) -> None:
    result = find(seed.public, Search(text), first=3)
    assert result.total <= MOST
    highlights(seed.public, Search(text), [hit.entity for hit in result.hits])
    kinds = seed.contract.entities
    assert sum(len(matching(seed.public, text, kind)) for kind in kinds) >= result.total


def test_a_long_text_costs_no_more_than_its_beginning() -> None:
    assert len(understand("word another " * 100_000, ("en",))) <= 12
    assert understand(" ".join(f"w{number}" for number in range(1000)), ("en",)) == understand(
        " ".join(f"w{number}" for number in range(1000))[:300], ("en",)
    )
    assert fold("ÉCOLE Ünïcode ΣΊΣΥΦΟΣ") == "ecole unicode σισυφοσ"


# What belongs to a snapshot


@pytest.fixture
def data(seed: Seed, tmp_path: Path) -> Path:
    return Path(shutil.copytree(seed.directory, tmp_path / "data", ignore=shutil.ignore_patterns("search")))


@pytest.fixture
def catalogue(data: Path, seed: Seed) -> Iterator[Catalogue]:
    made = Catalogue(DiskStore(data, BASE, refresh_seconds=0), seed.contract)
    yield made
    made.close()


def write(data: Path, contract: Contract, *changes: tuple[Edit, ...]) -> None:
    """Each becomes a snapshot of its own."""
    writer = LocalWriter(chosen(data), contract)
    try:
        for edits in changes:
            writer.submit(Change(edits, Author("test", Role.ADMIN), "test"))
            writer.snapshot()
    finally:
        writer.close()


def indexes(data: Path) -> list[str]:
    return sorted(str(path.parent.relative_to(data)) for path in data.rglob("about.json"))


def draft(slug: str, title: str) -> Statements:
    """A new organisation."""
    node = office(slug)
    return Statements(
        added=(
            Quad(node, RDF_TYPE, ORGANISATION_CLASS, NAMES.working),
            Quad(node, SKOS_PREF_LABEL, Literal(title, language="de"), NAMES.working),
        )
    )


def office(slug: str) -> NamedNode:
    return NAMES.entity("organisation", slug)


def test_an_index_is_made_when_first_asked_for_and_carried_on_by_the_writer(
    data: Path, seed: Seed, catalogue: Catalogue
) -> None:
    assert indexes(data) == []
    prepare(catalogue.view(Audience.WORKING))
    assert indexes(data) == ["snapshots/1/search/working"]
    node = office("new")
    write(data, seed.contract, (draft("new", "Zweitausfertigung"),))
    assert indexes(data) == ["snapshots/1/search/working", "snapshots/2/search/working"]
    view = catalogue.view(Audience.WORKING)
    assert view.reader.revision == 2
    assert [hit.entity for hit in find(view, Search("zweitausfertigung")).hits] == [node]
    assert find(catalogue.view(Audience.PUBLIC), Search("zweitausfertigung")).total == 0
    shared = {file.stat().st_ino for file in (data / "snapshots/1/search/working").iterdir()}
    assert any(file.stat().st_ino in shared for file in (data / "snapshots/2/search/working").iterdir())


def free(view: View) -> NamedNode:
    """A published service to which nothing points."""
    hits = find(view, Search("of the", (view.contract.by_name["Service"],))).hits
    return next(hit.entity for hit in hits if not view.incoming(hit.entity, 0, 1).links)


def test_what_is_taken_back_is_gone_at_once_and_leaves_no_trace_in_the_order(
    data: Path, seed: Seed, catalogue: Catalogue
) -> None:
    view = catalogue.view(Audience.PUBLIC)
    prepare(view)
    node = free(view)
    before = find(view, Search("of the"))
    assert node in {hit.entity for hit in before.hits}
    write(data, seed.contract, (Withdraw(node),))
    view = catalogue.view(Audience.PUBLIC)
    assert "snapshots/2/search/public" in indexes(data)
    after = find(view, Search("of the"))
    assert node not in {hit.entity for hit in after.hits}
    assert after == anew(view, Search("of the"))


def anew(view: View, search: Search) -> Found:
    """What an index says that is made of all there is."""
    shutil.rmtree(Path(str(view.reader.place)) / "search" / view.audience)
    return find(View(view.reader, view.contract, view.names, view.audience), search)


def test_an_index_that_follows_changes_is_as_one_made_anew(data: Path, seed: Seed, catalogue: Catalogue) -> None:
    for audience in Audience:
        prepare(catalogue.view(audience))
    node = free(catalogue.view(Audience.PUBLIC))
    title = Quad(node, DCT_TITLE, Literal("Secret rarity", language="de"), NAMES.working)
    write(
        data,
        seed.contract,
        (draft("one", "Rarity of the sea"), draft("two", "Rarity")),
        (Delete(office("two")), Statements(added=(title,))),
        (Publish(node),),
        (Withdraw(node), draft("three", "Seltenheit, rarity")),
    )
    asked = [Search(text) for text in ("rarity", "rarity sea", "service", "register of the", "business permit", "xyz")]
    assert len(asked) == 6
    for audience in Audience:
        view = catalogue.view(audience)
        assert f"snapshots/5/search/{audience}" in indexes(data)
        carried = [find(view, search) for search in asked]
        assert carried[0].total == {Audience.WORKING: 3, Audience.PUBLIC: 0}[audience]
        assert carried == [anew(view, search) for search in asked]


@pytest.mark.parametrize("luck", range(2))
def test_indexes_follow_whatever_is_changed(data: Path, seed: Seed, catalogue: Catalogue, luck: int) -> None:
    chance = Random(luck)  # noqa: S311  # no secret
    for audience in Audience:
        prepare(catalogue.view(audience))
    asked = [Search(" ".join(chance.sample(POOL, chance.randint(1, 2)))) for _ in range(8)]
    made = 0
    for _ in range(3):
        writer = LocalWriter(chosen(data), seed.contract)
        for _ in range(5):
            edit = random_edit(chance, catalogue.view(Audience.WORKING))
            with suppress(GovgraphError):
                made += writer.submit(Change((edit,), Author("test", Role.ADMIN), "test")).at is not None
            writer.snapshot()
        writer.close()
        for audience in Audience:
            view = catalogue.view(audience)
            assert f"snapshots/{view.reader.revision}/search/{audience}" in indexes(data)
            carried = [find(view, search) for search in asked]
            assert carried == [anew(view, search) for search in asked]
    assert made > 5


POOL = ["service", "birth", "register", "permit", "licence", "online", "registre", "santé", "tax", "benefit"]


def random_edit(chance: Random, view: View) -> Edit:
    """Of an entity or a part: another text, a text less, the type gone; or all of an entity, shown or hidden."""
    node = chance.choice([node for kind in view.contract.kinds for node in view.members(kind)])
    said = sorted(view.reader.statements([node], (NAMES.working,)), key=str)
    texts = [t for t in said if isinstance(t.object, Literal) and t.object.language]
    match chance.randrange(8):
        case 0:
            return Delete(node)
        case 1:
            return Withdraw(node)
        case 2:
            return Publish(node)
        case 3 if said:
            link = chance.choice(said)
            return Statements(removed=(Quad(link.subject, link.predicate, link.object, NAMES.working),))
        case 4:
            return draft(f"random-{chance.random()}", " ".join(chance.sample(POOL, 3)))
    if not texts:
        return draft("none", "none")
    old = chance.choice(texts)
    new = Literal(" ".join(chance.sample(POOL, 3)), language=old.object.language)  # type: ignore[union-attr]  # a text
    return Statements(
        removed=(Quad(old.subject, old.predicate, old.object, NAMES.working),),
        added=(Quad(old.subject, old.predicate, new, NAMES.working),),
    )


@pytest.mark.parametrize("damage", ["meta.json", "about.json", "*.term", "*.store", "all"])
def test_an_index_that_is_damaged_or_of_another_revision_is_made_again(
    data: Path, seed: Seed, catalogue: Catalogue, damage: str
) -> None:
    prepare(catalogue.view(Audience.WORKING))
    catalogue.close()
    path = data / "snapshots/1/search/working"
    for file in [path] if damage == "all" else sorted(path.glob(damage)):
        if file.is_dir():
            shutil.rmtree(file)
            file.write_text("no directory")
        else:
            file.unlink()  # other revisions share it
            file.write_bytes(b"{}")
    again = Catalogue(DiskStore(data, BASE), seed.contract)
    assert find(again.view(Audience.WORKING), Search("service")).total > 5
    again.close()


def test_where_nothing_can_be_written_the_index_is_in_memory(data: Path, seed: Seed, catalogue: Catalogue) -> None:
    (data / "snapshots/1/search").write_text("in the way")
    assert find(catalogue.view(Audience.WORKING), Search("service")).total > 5
    assert indexes(data) == []


def test_past_states_are_searched_as_they_were(data: Path, seed: Seed, catalogue: Catalogue) -> None:
    write(data, seed.contract, (draft("new", "Zweitausfertigung"),), (Delete(office("new")),))
    past = Past(data, BASE, seed.contract)
    totals = [find(past.view("working", str(at)), Search("zweitausfertigung")).total for at in (1, 2, 3)]
    past.close()
    assert totals == [0, 1, 0]
    assert (data / "past/2/search/working/about.json").exists()
