"""The gate and its writer: what is let in, what is refused, and that nothing is left of what was refused."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path as FilePath

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Triple

from conftest import BASE, TURTLE_PREFIXES, Seed, service
from deeds import AUTHORITY, DEEDS, NAMES, ORGANISATION, SERVICE, quad
from govgraph.access import Author, Role
from govgraph.catalogue import Audience, Catalogue, View
from govgraph.change import Change
from govgraph.change.departing import Delete, Withdraw
from govgraph.change.edits import Edit, Entry, Graph, Statements, Values
from govgraph.change.lifecycle import Publish
from govgraph.change.loading import Load
from govgraph.change.uniting import Merge
from govgraph.contract import Contract
from govgraph.errors import (
    ChangeError,
    ContractChanged,
    Forbidden,
    KeyReused,
    Refused,
    RevisionConflict,
    Stale,
    StoreLocked,
    WriterAway,
)
from govgraph.gate.bulk import LoggedStore
from govgraph.gate.repeats import Repeats
from govgraph.gate.writer import LocalWriter
from govgraph.history.log import Log
from govgraph.history.verification import verify
from govgraph.iris import CODE, DCT_TITLE, GOV, RDF_LANG_STRING, RDF_TYPE, RDFS_SUBCLASS, name
from govgraph.settings import Settings
from govgraph.settings import read as read_settings
from govgraph.store import Reader
from govgraph.store.embedded import DiskStore
from govgraph.store.patch import Patch

STEWARD = Author("test:steward", Role.STEWARD)
EDITOR = Author("test:editor", Role.EDITOR, ORGANISATION)
DRAFT = NAMES.entity("service", "register-a-drone")
STATUS = name(GOV, "publicationStatus")


@pytest.fixture
def place(seed: Seed, tmp_path: FilePath) -> Settings:
    """A copy of the seed's data directory."""
    shutil.copytree(seed.directory, tmp_path / "data")
    return read_settings({}, data=tmp_path / "data", base=BASE)


@pytest.fixture
def writer(place: Settings, contract: Contract) -> Iterator[LocalWriter]:
    one = LocalWriter(place, contract)
    yield one
    one.close()


def change(*edits: Edit, author: Author = STEWARD, **more: object) -> Change:
    return Change(edits, author, "test", **more)  # type: ignore[arg-type]  # by name


def titled(node: NamedNode, title: str) -> Entry:
    return Entry(node, (Values(DCT_TITLE, (Literal(title, language="en"),), "en"),))


@pytest.fixture
def views(writer: LocalWriter, place: Settings, contract: Contract) -> Iterator[Callable[[Audience], View]]:
    """What readers see once they see all."""
    store = DiskStore.of(replace(place, refresh_seconds=0))
    catalogue = Catalogue(store, contract)

    def view(audience: Audience = Audience.WORKING) -> View:
        writer.snapshot()
        return catalogue.view(audience)

    yield view
    store.close()


def dumped(reader: Reader) -> dict[NamedNode, bytes]:
    graphs = [NAMES.working, NAMES.public, NAMES.reference, NAMES.vocabulary]
    graphs += [graph(audience) for audience in Audience for graph in (NAMES.report, NAMES.history, NAMES.scores)]
    return {graph: reader.dump(graph) for graph in graphs}


def test_a_change_is_the_next_revision_and_readers_see_it(writer: LocalWriter, views: Callable[..., View]) -> None:
    committed = writer.submit(change(titled(SERVICE, "Look up a name"), reason="clearer"))
    assert (committed.revision, committed.removed, committed.added) == (2, 1, 1)
    view = views()
    assert view.revision == 2
    assert Literal("Look up a name", language="en") in [t.object for t in view.describe(SERVICE)]


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_what_would_break_the_catalogue_is_refused_and_leaves_no_trace(
    writer: LocalWriter, views: Callable[..., View], deed: Callable[[Reader], Patch]
) -> None:
    before = dumped(views().reader)
    patch = deed(views().reader)
    with pytest.raises(Refused) as refused:
        writer.submit(change(Statements(tuple(patch.removed), tuple(patch.added))))
    assert refused.value.report.findings  # type: ignore[attr-defined]  # a Report
    assert (writer.revision, dumped(views().reader)) == (1, before)


def test_what_was_broken_before_does_not_stand_against_a_change(writer: LocalWriter) -> None:
    """A service that is marked published without an authority can be mended step by step."""
    broken = NAMES.entity("service", "claim-paternity-benefit")
    assert writer.submit(change(titled(broken, "Paternity benefit"))).revision == 2
    mended = writer.submit(change(Statements(added=(quad(broken, AUTHORITY, ORGANISATION),))))
    assert [finding.property_name for finding in mended.mended] == ["authority"]
    assert mended.scores[broken].after.kept > mended.scores[broken].before.kept  # type: ignore[union-attr]


def test_a_dry_run_tells_all_and_changes_nothing(writer: LocalWriter, views: Callable[..., View]) -> None:
    before = dumped(views().reader)
    committed = writer.submit(
        change(Statements(removed=(quad(DRAFT, AUTHORITY, _authority(views(), DRAFT)),)), dry_run=True)
    )
    assert committed.dry_run
    assert [finding.property_name for finding in committed.introduced] == ["authority"]
    assert committed.catalogue.after.kept < committed.catalogue.before.kept  # type: ignore[union-attr]
    assert (writer.revision, dumped(views().reader)) == (1, before)


def _authority(view: View, node: NamedNode) -> NamedNode:
    found = next(t.object for t in view.describe(node) if t.predicate == AUTHORITY)
    assert isinstance(found, NamedNode)
    return found


def test_what_is_published_stays_as_it_is_until_it_is_published_again(
    writer: LocalWriter, views: Callable[..., View]
) -> None:
    writer.submit(change(titled(SERVICE, "Look up a name")))
    new = Literal("Look up a name", language="en")
    assert new not in [t.object for t in views(Audience.PUBLIC).describe(SERVICE)]
    writer.submit(change(Publish(SERVICE)))
    assert new in [t.object for t in views(Audience.PUBLIC).describe(SERVICE)]


def test_a_draft_is_published_by_its_mark_once_it_is_complete(writer: LocalWriter, views: Callable[..., View]) -> None:
    marked = Entry(DRAFT, (Values(STATUS, (name(CODE, "Published"),)),))
    assert writer.submit(change(marked)).revision == 2
    assert views(Audience.PUBLIC).entity(DRAFT) is not None
    writer.submit(change(Withdraw(DRAFT)))
    assert views(Audience.PUBLIC).entity(DRAFT) is None
    with pytest.raises(Refused):
        gone = Statements(removed=(quad(DRAFT, AUTHORITY, _authority(views(), DRAFT)),))
        writer.submit(change(gone, marked))


def test_a_load_leaves_alone_what_somebody_is_still_working_on(
    writer: LocalWriter, views: Callable[..., View], place: Settings, contract: Contract, tmp_path: FilePath
) -> None:
    writer.submit(change(titled(SERVICE, "Not yet for everybody")))
    writer.close()
    store = LoggedStore(place, contract, STEWARD)
    file = tmp_path / "more.ttl"
    file.write_text(TURTLE_PREFIXES + service("new").replace("interior", "business-registration-agency"), "utf-8")
    load = Load(store, contract)
    load.read_rdf(file)
    loaded = load.finish()
    assert loaded.revision == 3
    view = Catalogue(store, contract).view(Audience.PUBLIC)
    assert view.entity(NAMES.entity("service", "new")) is not None
    titles = [t.object.value for t in view.describe(SERVICE) if t.predicate == DCT_TITLE]  # type: ignore[union-attr]
    assert "Check a company name" in titles
    store.close()


def test_a_load_may_not_bring_what_a_change_may_not_unless_it_is_told_to(
    writer: LocalWriter, place: Settings, contract: Contract, tmp_path: FilePath
) -> None:
    writer.close()
    file = tmp_path / "more.ttl"
    file.write_text(TURTLE_PREFIXES + f"<{ORGANISATION.value}> a gov:System .", "utf-8")
    store = LoggedStore(place, contract, STEWARD)
    for accept in (False, True):
        load = Load(store, contract)
        load.read_rdf(file)
        if not accept:
            with pytest.raises(Refused):
                load.finish()
            assert not list((place.data / "rooms").iterdir())
        else:
            assert load.finish(accept=True).revision == 2
    store.close()


def test_a_stale_change_is_refused_and_an_unrelated_one_is_not(writer: LocalWriter) -> None:
    writer.submit(change(titled(SERVICE, "One")))
    writer.submit(change(titled(DRAFT, "Other")))
    with pytest.raises(Stale) as stale:
        writer.submit(change(titled(SERVICE, "Two"), expected={SERVICE: frozenset({1})}))
    assert stale.value.revisions == {SERVICE.value: 2}
    assert writer.submit(change(titled(SERVICE, "Two"), expected={SERVICE: frozenset({2})})).revision == 4
    with pytest.raises(RevisionConflict):
        writer.submit(change(titled(SERVICE, "Three"), after=3))


def test_a_retry_is_made_once_even_after_a_restart(writer: LocalWriter, place: Settings, contract: Contract) -> None:
    once = change(titled(SERVICE, "One"), key="k1")
    first = writer.submit(once)
    assert writer.submit(once) == first
    with pytest.raises(KeyReused):
        writer.submit(change(titled(SERVICE, "Two"), key="k1"))
    writer.close()
    again = LocalWriter(place, contract)
    repeated = again.submit(once)
    assert (repeated.revision, repeated.added, repeated.removed) == (2, 1, 1)
    assert again.revision == 2
    again.close()


def test_a_change_that_did_nothing_stays_so_under_its_key(writer: LocalWriter) -> None:
    writer.submit(change(titled(SERVICE, "One")))
    again = change(titled(SERVICE, "One"), key="k1")
    nothing = writer.submit(again)
    assert (nothing.revision, nothing.removed, nothing.added) == (2, 0, 0)
    writer.submit(change(titled(SERVICE, "Two")))
    assert writer.submit(again) == nothing, "else the retry would take back what came between"
    assert writer.revision == 3
    with pytest.raises(KeyReused):
        writer.submit(change(titled(SERVICE, "Three"), key="k1"))


def test_a_dry_run_has_nothing_to_do_with_its_key(writer: LocalWriter) -> None:
    once = change(titled(SERVICE, "One"), key="k1")
    tried = writer.submit(replace(once, dry_run=True))
    assert (tried.dry_run, tried.added, writer.revision) == (True, 1, 1)
    made = writer.submit(once)
    assert (made.dry_run, made.revision) == (False, 2)
    tried = writer.submit(replace(once, dry_run=True))
    assert (tried.dry_run, tried.added, tried.revision) == (True, 0, 2), "as things are now"
    assert writer.submit(change(titled(SERVICE, "Two"), key="k1", dry_run=True)).dry_run
    assert writer.submit(once) == made


def test_what_a_retry_is_told_is_in_the_words_of_the_contract_of_now(
    writer: LocalWriter, views: Callable[..., View], place: Settings, contract: Contract
) -> None:
    once = change(Statements(removed=(quad(DRAFT, AUTHORITY, _authority(views(), DRAFT)),)), key="k1")
    assert [finding.property_name for finding in writer.submit(once).introduced] == ["authority"]
    repeats = Repeats(Log(place.data / "log"), NAMES, 10)
    for of, property_name in ((contract, "authority"), (replace(contract, kinds=()), None)):
        told = repeats.answer(once, of)
        assert told is not None
        assert [finding.property_name for finding in told.introduced] == [property_name]


def test_rights_come_before_what_is_stale_and_that_before_findings(
    writer: LocalWriter, views: Callable[..., View]
) -> None:
    bad = Statements(removed=(quad(SERVICE, AUTHORITY, _authority(views(), SERVICE)),))
    with pytest.raises(Refused):
        writer.submit(change(bad, Publish(SERVICE), expected={SERVICE: frozenset({1})}))
    with pytest.raises(Stale) as stale:
        writer.submit(change(bad, Publish(SERVICE), expected={SERVICE: frozenset({7})}))
    assert stale.value.revisions == {SERVICE.value: 1}
    with pytest.raises(Forbidden):
        writer.submit(change(titled(OTHERS, "Mine now"), author=EDITOR, expected={OTHERS: frozenset({7})}))
    assert writer.revision == 1


def test_any_of_several_revisions_may_be_the_one_that_was_seen(writer: LocalWriter) -> None:
    writer.submit(change(titled(SERVICE, "One")))
    assert writer.submit(change(titled(SERVICE, "Two"), expected={SERVICE: frozenset({2, 9})})).revision == 3
    with pytest.raises(Stale):
        writer.submit(change(titled(SERVICE, "Three"), expected={SERVICE: frozenset({2, 9})}))


OTHERS = NAMES.entity("service", "register-a-drone")


@pytest.mark.parametrize(
    "edits",
    [
        (titled(OTHERS, "Mine now"),),
        (Statements(added=(quad(OTHERS, AUTHORITY, ORGANISATION),)),),
        (titled(SERVICE, "Mine"), titled(OTHERS, "Mine now")),
        (Delete(OTHERS),),
        (Publish(OTHERS),),
        (Merge(SERVICE, OTHERS),),
        (
            Statements(
                added=(quad(SERVICE, AUTHORITY, NAMES.entity("organisation", "ministry-of-transport")),),
                removed=(quad(SERVICE, AUTHORITY, ORGANISATION),),
            ),
        ),
        (Statements(added=(Quad(SERVICE, DCT_TITLE, Literal("x", language="de"), NAMES.reference),)),),
        (titled(NAMES.entity("building-block", "messaging"), "Mine now"),),
        (Statements(added=(Quad(NamedNode("https://elsewhere.example/x"), DCT_TITLE, Literal("x"), NAMES.working),)),),
    ],
)
def test_an_editor_reaches_no_further_than_the_own_organisation(
    writer: LocalWriter, place: Settings, edits: tuple[Edit, ...]
) -> None:
    with pytest.raises(Forbidden):
        writer.submit(change(*edits, author=EDITOR))
    assert writer.revision == 1
    assert b'"forbidden"' in (place.data / "access" / "audit.log").read_bytes()


def test_a_part_cannot_be_moved_to_a_foreign_owner_or_taken_from_one(
    writer: LocalWriter, views: Callable[..., View]
) -> None:
    channel = name("http://data.europa.eu/m8g/", "hasChannel")
    mine, theirs = (
        next(t.object for t in views().describe(of) if t.predicate == channel and t.subject == of)
        for of in (SERVICE, OTHERS)
    )
    for patch in (
        Statements((quad(SERVICE, channel, mine),), (quad(OTHERS, channel, mine),)),  # type: ignore[arg-type]
        Statements((quad(OTHERS, channel, theirs),), (quad(SERVICE, channel, theirs),)),  # type: ignore[arg-type]
        Statements((), (quad(SERVICE, channel, theirs), Quad(theirs, DCT_TITLE, Literal("x"), NAMES.working))),  # type: ignore[arg-type]
    ):
        with pytest.raises(Forbidden):
            writer.submit(change(patch, author=EDITOR))


def test_an_editor_changes_and_publishes_what_is_kept_by_the_own_organisation(writer: LocalWriter) -> None:
    assert writer.submit(change(titled(SERVICE, "Ours"), Publish(SERVICE), author=EDITOR)).revision == 2


@pytest.mark.parametrize("author", [Author("r", Role.READER), Author("e", Role.EDITOR)])
def test_who_may_only_read_changes_nothing(writer: LocalWriter, author: Author) -> None:
    with pytest.raises(Forbidden):
        writer.submit(change(titled(SERVICE, "Mine"), author=author))


def test_nobody_writes_to_what_the_house_keeps_itself(writer: LocalWriter) -> None:
    for graph in (NAMES.public, NAMES.system, NAMES.report("public"), NAMES.history("working"), NAMES.vocabulary):
        with pytest.raises(Forbidden):
            writer.submit(change(Statements(added=(Quad(SERVICE, DCT_TITLE, Literal("x"), graph),))))
    with pytest.raises(ChangeError, match="Classes belong to the contract"):
        writer.submit(change(Statements(added=(quad(SERVICE, RDFS_SUBCLASS, ORGANISATION),))))


def test_many_writers_at_once_each_get_a_revision_of_their_own(writer: LocalWriter, place: Settings) -> None:
    revisions: list[int] = []

    def work(number: int) -> None:
        revisions.extend(writer.submit(change(titled(SERVICE, f"{number}-{n}"))).revision for n in range(10))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(revisions) == list(range(2, 82))
    assert [entry.head.revision for entry in Log(place.data / "log").read()] == list(range(1, 82))


def test_one_directory_has_one_writer(writer: LocalWriter, place: Settings, contract: Contract) -> None:
    with pytest.raises(StoreLocked):
        LocalWriter(place, contract)
    writer.close()
    with pytest.raises(WriterAway):
        writer.submit(change(titled(SERVICE, "Late")))
    LocalWriter(place, contract).close()


def test_another_contract_writes_nothing_before_it_is_applied(
    writer: LocalWriter, place: Settings, contract: Contract
) -> None:
    writer.close()
    other = LocalWriter(place, replace(contract, hash="other"))
    with pytest.raises(ContractChanged):
        other.submit(change(titled(SERVICE, "x")))
    other.close()


def test_a_merged_entry_leaves_a_way_to_what_took_its_place(writer: LocalWriter, views: Callable[..., View]) -> None:
    duplicate = NAMES.entity("service", "check-a-name-of-a-company")
    statements = [quad(duplicate, RDF_TYPE, name("http://purl.org/vocab/cpsv#", "PublicService"))]
    writer.submit(
        change(
            Statements(added=(*statements, Quad(duplicate, DCT_TITLE, Literal("Double", language="en"), NAMES.working)))
        )
    )
    writer.submit(change(Merge(duplicate, SERVICE)))
    assert views().entity(duplicate) is None
    assert SERVICE in [t.object for t in views().reader.statements([duplicate], (NAMES.history("working"),))]


@pytest.mark.parametrize(
    "value",
    [Literal("x", datatype=RDF_LANG_STRING), Triple(SERVICE, DCT_TITLE, Literal("said"))],
    ids=["a text without its language", "a statement about a statement"],
)
def test_a_value_the_catalogue_cannot_keep_is_refused_and_the_writer_goes_on(
    writer: LocalWriter, value: Literal | Triple
) -> None:
    for predicate in (DCT_TITLE, NamedNode("https://elsewhere.example/p")):
        with pytest.raises(ChangeError):
            writer.submit(change(Statements(added=(Quad(SERVICE, predicate, value, NAMES.working),))))
    assert writer.submit(change(titled(SERVICE, "Still here"))).revision == 2


def test_nobody_takes_a_share_in_what_another_organisation_has(writer: LocalWriter, views: Callable[..., View]) -> None:
    """A link to a part makes one an owner of it: with it one could publish another's draft, or lock its owner out."""
    channel = name("http://data.europa.eu/m8g/", "hasChannel")
    theirs = next(t.object for t in views().describe(OTHERS) if t.predicate == channel)
    with pytest.raises(Forbidden):
        writer.submit(change(Statements(added=(quad(SERVICE, channel, theirs),)), author=EDITOR))  # type: ignore[arg-type]


def test_who_may_not_is_told_so_before_anything_is_judged(writer: LocalWriter) -> None:
    """An editor who asks for the whole graph to be emptied keeps nobody waiting."""
    with pytest.raises(Forbidden):
        writer.submit(change(Graph(NAMES.working, ()), author=EDITOR))
    assert writer.revision == 1


def test_a_load_may_not_take_from_the_public_what_it_does_not_withdraw_itself(
    writer: LocalWriter, place: Settings, contract: Contract, tmp_path: FilePath
) -> None:
    """With ``accept`` it may: then tombstones say what left, until it comes back."""
    writer.close()
    file, stone = tmp_path / "mark.ttl", name(GOV, "Tombstone")

    def load(status: str, *, accept: bool = False) -> tuple[set[NamedNode], set[NamedNode], list[NamedNode]]:
        file.write_text(TURTLE_PREFIXES + f"<{ORGANISATION.value}> gov:publicationStatus code:{status} .", "utf-8")
        store = LoggedStore(place, contract, STEWARD)
        loading = Load(store, contract)
        loading.read_rdf(file)
        try:
            loading.finish(accept=accept)
            reader = store.reader()
        finally:
            store.close()
        return (
            {node for kind in contract.entities for node in reader.instances(kind.class_, (NAMES.public,))},
            {*reader.instances(stone, (NAMES.history(Audience.PUBLIC),))},
            reader.instances(stone, (NAMES.history(Audience.WORKING),)),
        )

    before, *_ = load("Published")
    with pytest.raises(Refused, match="from the public") as refused:
        load("Draft")
    assert "It needs" in refused.value.hint
    after, buried, lost = load("Draft", accept=True)
    assert {ORGANISATION, SERVICE} <= buried == before - after
    assert not lost
    assert load("Published") == (before, set(), [])
    assert not verify(place.data, BASE).faults


def test_what_was_deleted_and_is_loaded_again_has_no_tombstone(
    writer: LocalWriter, place: Settings, contract: Contract, tmp_path: FilePath
) -> None:
    new, file = NAMES.entity("service", "new"), tmp_path / "more.ttl"
    file.write_text(TURTLE_PREFIXES + service("new").replace("interior", "business-registration-agency"), "utf-8")
    stones: list[list[bool]] = []
    writer.close()
    for deleted in (False, True):
        if deleted:
            one = LocalWriter(place, contract)
            one.submit(change(Delete(new)))
            one.close()
        store = LoggedStore(place, contract, STEWARD)
        loading = Load(store, contract)
        loading.read_rdf(file)
        graphs = [(NAMES.history(audience),) for audience in Audience]
        stones.append([bool(store.reader().statements([new], graph)) for graph in graphs])
        loading.finish()
        stones.append([new in store.reader().instances(name(GOV, "Tombstone"), graph) for graph in graphs])
        store.close()
    assert stones == [[False, False], [False, False], [True, True], [False, False]]
