"""A new contract: what it breaks and finds is told before, and applying it is one logged revision, or refused whole."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode

from conftest import BASE, ORGANISATION, REPOSITORY, TURTLE_PREFIXES, service
from govgraph.access import Author, Role
from govgraph.catalogue import Audience, Catalogue, View
from govgraph.catalogue.summary import kept_summary, sum_up
from govgraph.change import Change
from govgraph.change.edits import Entry, Values
from govgraph.change.loading import Load
from govgraph.cli import run
from govgraph.contract import Contract
from govgraph.contract.comparing import compare
from govgraph.contract.reading import read as read_contract
from govgraph.errors import ContractChanged, Refused
from govgraph.gate.contracting import contract_patch
from govgraph.gate.writer import LocalWriter
from govgraph.history.log import Log
from govgraph.iris import GOV, XSD, Names, name
from govgraph.settings import Settings
from govgraph.settings import read as read_settings
from govgraph.store import Path as StorePath
from govgraph.store.directory import Directory
from govgraph.store.embedded import DiskStore
from govgraph.validation import check

NAMES = Names(BASE)
PASSPORT, VISA = NAMES.entity("service", "passport"), NAMES.entity("service", "visa")
INTERIOR = NAMES.entity("organisation", "interior")
ADMIN = Author("tester", Role.ADMIN)
FLOOR = """gov:FloorShape a sh:NodeShape ; sh:targetClass cpsv:PublicService ; sh:property
    [ sh:path gov:floor ; gov:apiName "floor" ; sh:name "floor"@en, "étage"@fr ;
      sh:datatype xsd:integer ; gov:weight 2 ] ,
    [ sh:path gov:floor ; sh:minCount 1 ; sh:severity sh:Info ] ."""
STRICT = FLOOR.replace("sh:minCount 1 ; sh:severity sh:Info", "sh:minCount 1 ; sh:severity sh:Violation")
CODED = """gov:LevelThree a sh:NodeShape ; sh:targetClass cpsv:PublicService ; sh:property
    [ sh:path gov:digitalisationLevel ; sh:in ( code:Level3 code:Level4 ) ] ."""
"""What is at level 2 gets a Violation."""


def written(directory: Path, turtle: str) -> Path:
    directory.mkdir(exist_ok=True)
    (directory / "more.ttl").write_text(TURTLE_PREFIXES + turtle, "utf-8")
    return directory


class Stored:
    """A catalogue in a data directory, as commands and the writer meet it."""

    def __init__(self, path: Path, contract: Contract, turtle: str) -> None:
        self.path = path / "data"
        self.contract = contract
        file = path / "stored.ttl"
        file.write_text(TURTLE_PREFIXES + turtle, "utf-8")
        store = DiskStore(self.path, BASE)
        load = Load(store, contract)
        load.read_rdf(file)
        load.finish(strict=True)
        store.close()

    def settings(self, extension: Path | None = None) -> Settings:
        return read_settings({}, data=self.path, base=BASE, contract=extension)

    def view(self, audience: Audience, contract: Contract | None = None) -> View:
        return Catalogue(DiskStore(self.path, BASE), contract or self.contract).view(audience)

    def apply(self, new: Contract, *, withdraw: bool = False) -> int:
        writer = LocalWriter(self.settings(), new)
        try:
            reader = DiskStore(self.path, BASE).reader()
            adoption = contract_patch(reader, NAMES, self.contract, new, withdraw=withdraw)
            return writer.adopt_contract(adoption, ADMIN, "stricter")
        finally:
            writer.close()


LACKING = service("visa").replace("code:Published", "code:Draft")
BOTH = ORGANISATION + service("passport") + LACKING


@pytest.fixture
def stored(tmp_path: Path, contract: Contract) -> Stored:
    return Stored(tmp_path, contract, BOTH)


def holds(stored: Stored, new: Contract) -> None:
    """All that follows from the contract is as if the catalogue had been loaded by it."""
    for audience in Audience:
        view = stored.view(audience, new)
        own = NAMES.working if audience is Audience.WORKING else NAMES.public
        found = check(new, [view.reader.dump(own), view.reader.dump(NAMES.reference)])
        assert {f.key for f in view.all_findings()} == {f.key for f in found.findings}
        assert set(view.reader.dump(NAMES.vocabulary).splitlines()) == set(new.vocabulary.splitlines())
        assert kept_summary(view) == sum_up(view)


# what it would do


def test_a_contract_that_asks_for_more_makes_findings_and_mends_none(stored: Stored, tmp_path: Path) -> None:
    new = read_contract(extension=written(tmp_path / "own", FLOOR))
    reader = stored.view(Audience.PUBLIC).reader
    adoption = contract_patch(reader, NAMES, stored.contract, new)
    working, public = (adoption.findings[audience] for audience in (Audience.WORKING, Audience.PUBLIC))
    assert {(f.entity, f.property_name) for f in working.introduced} == {(PASSPORT, "floor"), (VISA, "floor")}
    assert {f.entity for f in public.introduced} == {PASSPORT}
    assert working.mended == public.mended == ()
    assert adoption.standing == adoption.withdrawn == ()
    assert adoption.after == reader.revision
    graphs = {NAMES.vocabulary, *(graph(a) for a in Audience for graph in (NAMES.report, NAMES.scores))}
    assert {q.graph_name for q in adoption.patch.added | adoption.patch.removed} <= graphs
    back = contract_patch(reader, NAMES, new, stored.contract)
    assert back.findings[Audience.WORKING].introduced == ()


def test_what_programs_lose_is_told_by_name(contract: Contract, tmp_path: Path) -> None:
    shapes, ontology = tmp_path / "shapes", tmp_path / "ontology"
    shutil.copytree(REPOSITORY / "shapes", shapes)
    shutil.copytree(REPOSITORY / "ontology", ontology)
    file = shapes / "service.ttl"
    text = file.read_text("utf-8")
    edited = text.replace('gov:apiName "crossBorder"', 'gov:apiName "acrossBorders" ; gov:formerName "crossBorder"')
    edited = edited.replace('gov:apiName "legalBasis"', 'gov:apiName "law"')
    edited = edited.replace('gov:apiName "needsBlocks"', 'gov:apiName "needsBlocks" ; sh:maxCount 1')
    assert len({text, edited}) == 2
    file.write_text(edited, "utf-8")
    codes = ontology / "codes.ttl"
    codes.write_text(codes.read_text("utf-8").replace('gov:apiName "LEVEL_4"', 'gov:apiName "LEVEL_FOUR"'), "utf-8")
    team = shapes / "team.ttl"
    team.write_text(team.read_text("utf-8").replace('gov:apiName "Team"', 'gov:apiName "Squad"'), "utf-8")
    new = read_contract(ontology=ontology, shapes=shapes)
    found = {(one.of, one.name): one for one in compare(contract, new)}
    for key, breaks, said in (
        (("kind", "Team"), True, "is gone"),
        (("kind", "Squad"), False, "is new"),
        (("property", "Service.legalBasis"), True, "is gone"),
        (("property", "Service.law"), False, "is new"),
        (("property", "Service.crossBorder"), False, "is now called acrossBorders"),
        (("property", "Service.needsBlocks"), True, "has one value, no longer several"),
        (("code", "DigitalisationLevel.LEVEL_4"), True, "is gone"),
        (("code", "DigitalisationLevel.LEVEL_FOUR"), False, "is new"),
    ):
        assert found[key].breaks is breaks, key
        assert said in found[key].what
    breaks = [one.breaks for one in compare(contract, new)]
    assert breaks == sorted(breaks, reverse=True)
    assert compare(contract, contract) == ()
    assert compare(contract, read_contract()) == ()


def test_what_asks_for_more_breaks_nothing_and_a_narrower_value_does(contract: Contract, tmp_path: Path) -> None:
    more = compare(contract, read_contract(extension=written(tmp_path / "more", STRICT)))
    assert [(one.name, one.breaks) for one in more] == [("Service.floor", False)]
    narrower = compare(contract, read_contract(extension=written(tmp_path / "narrower", CODED)))
    assert [(one.name, one.breaks) for one in narrower] == [("Service.level", True)]
    assert "sh:in" in narrower[0].what


# doing it


def test_applying_a_contract_is_one_logged_revision_after_which_all_follows_from_it(
    stored: Stored, tmp_path: Path
) -> None:
    new = read_contract(extension=written(tmp_path / "own", FLOOR))
    before = stored.view(Audience.WORKING).summary().total
    revision = stored.apply(new)
    holds(stored, new)
    view = stored.view(Audience.WORKING, new)
    assert view.revision == revision
    assert view.summary().total.possible == before.possible + 4
    assert [number for number, _ in view.score_history(NamedNode(BASE))] == [revision - 1, revision]
    entry = list(Log(Directory(stored.path, BASE, 3).log).read(after=revision - 1))
    assert [one.head.revision for one in entry] == [revision]
    assert entry[0].head.door == "contract"
    assert entry[0].head.reason == "stricter"
    assert entry[0].head.contract == new.hash


def test_afterwards_changes_are_judged_by_it_and_a_writer_with_the_old_one_makes_none(
    stored: Stored, tmp_path: Path
) -> None:
    new = read_contract(extension=written(tmp_path / "own", FLOOR))
    stored.apply(new)
    edit = Entry(VISA, (Values(name(GOV, "floor"), (Literal("3", datatype=name(XSD, "integer")),)),))
    change = Change((edit,), ADMIN, "cli")
    old = LocalWriter(stored.settings(), stored.contract)
    with pytest.raises(ContractChanged):
        old.submit(change)
    old.close()
    writer = LocalWriter(stored.settings(tmp_path / "own"), new)
    committed = writer.submit(change)
    writer.close()
    assert [finding.property_name for finding in committed.mended] == ["floor"]
    holds(stored, new)


def test_a_contract_that_breaks_what_is_published_is_refused_and_nothing_changes(
    stored: Stored, tmp_path: Path
) -> None:
    new = read_contract(extension=written(tmp_path / "own", CODED))
    revision, said = stored.view(Audience.PUBLIC).revision, stored.view(Audience.PUBLIC).reader.dump(NAMES.public)
    with pytest.raises(Refused) as refused:
        stored.apply(new)
    assert [finding.entity for finding in refused.value.report.findings] == [PASSPORT]  # type: ignore[attr-defined]
    assert stored.view(Audience.PUBLIC).revision == revision
    assert stored.view(Audience.PUBLIC).reader.dump(NAMES.public) == said
    holds(stored, stored.contract)


def test_withdrawing_takes_what_it_breaks_out_of_the_public_and_leaves_a_draft(stored: Stored, tmp_path: Path) -> None:
    new = read_contract(extension=written(tmp_path / "own", CODED))
    revision = stored.apply(new, withdraw=True)
    holds(stored, new)
    public, working = stored.view(Audience.PUBLIC, new), stored.view(Audience.WORKING, new)
    assert public.entity(PASSPORT) is None
    assert public.entity(INTERIOR) is not None
    assert working.entity(PASSPORT) is not None
    history = (NAMES.history("public"),)
    said = {triple.object for triple in public.reader.statements([PASSPORT], history)}
    assert name(GOV, "Tombstone") in said
    changed = StorePath(name(GOV, "changed"))
    told = public.reader.values([NAMES.revision(revision)], (changed,), history)[changed]
    assert told == {NAMES.revision(revision): [PASSPORT]}


def test_what_cannot_do_without_a_withdrawn_entry_is_withdrawn_with_it(contract: Contract, tmp_path: Path) -> None:
    """The ministry loses its place in the public, and its service cannot stand there without a keeper."""
    stored = Stored(tmp_path, contract, BOTH)
    turtle = """gov:Other a sh:NodeShape ; sh:targetClass cv:PublicOrganisation ; sh:property
        [ sh:path dct:identifier ; sh:pattern "^GOV-" ] ."""
    new = read_contract(extension=written(tmp_path / "own", turtle))
    reader = stored.view(Audience.PUBLIC).reader
    adoption = contract_patch(reader, NAMES, contract, new, withdraw=True)
    assert adoption.standing == ()
    assert set(adoption.withdrawn) == {INTERIOR, PASSPORT}
    stored.apply(new, withdraw=True)
    holds(stored, new)
    public = stored.view(Audience.PUBLIC, new)
    assert all(not public.members(kind) for kind in new.entities if kind.name in ("Service", "Organisation"))


# at the command line


@pytest.fixture
def call(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, stored: Stored
) -> Iterator[Callable[..., tuple[int, Any]]]:
    for variable in list(os.environ):
        if variable.startswith("GOVGRAPH_"):
            monkeypatch.delenv(variable)

    def called(*arguments: object) -> tuple[int, Any]:
        status = run([*map(str, arguments), "--data", str(stored.path), "--format", "json"])
        out, err = capfd.readouterr()
        return status, json.loads(out) if out else err

    yield called


def test_check_tells_what_breaks_and_what_would_be_found_with_examples(
    call: Callable[..., tuple[int, Any]], tmp_path: Path, stored: Stored
) -> None:
    status, told = call("contract", "check", written(tmp_path / "own", CODED))
    assert status == 1
    assert not told["accepted"]
    assert [one["name"] for one in told["breaks"]] == ["Service.level"]
    assert told["changes"] == []
    (found,) = told["views"]["working"]["introduced"]
    assert (found["kind"], found["subject"], found["severity"], found["count"]) == ("Service", "level", "violation", 2)
    assert found["examples"] == [PASSPORT.value, VISA.value]
    assert told["views"]["public"]["introduced"][0]["count"] == 1
    assert told["views"]["public"]["score"]["after"] < told["views"]["public"]["score"]["before"]
    assert stored.view(Audience.PUBLIC).revision == 1


def test_apply_does_what_its_dry_run_said(call: Callable[..., tuple[int, Any]], tmp_path: Path, stored: Stored) -> None:
    own = written(tmp_path / "own", FLOOR)
    status, told = call("contract", "apply", own, "--dry-run")
    assert (status, told["revision"]) == (0, None)
    assert stored.view(Audience.PUBLIC).revision == 1
    status, done = call("contract", "apply", own, "--reason", "floors")
    assert status == 0
    assert done["views"] == told["views"]
    assert done["revision"] == 2
    new = read_contract(extension=own)
    holds(stored, new)
    status, again = call("contract", "apply", own)
    assert (status, again["applied"]) == (0, False)
    assert stored.view(Audience.PUBLIC, new).revision == 2


def test_apply_is_refused_by_its_exit_status_unless_entries_may_be_withdrawn(
    call: Callable[..., tuple[int, Any]], tmp_path: Path, stored: Stored
) -> None:
    own = written(tmp_path / "own", CODED)
    status, told = call("contract", "apply", own)
    assert status == 1
    assert not told["accepted"]
    assert stored.view(Audience.PUBLIC).revision == 1
    status, told = call("contract", "apply", own, "--withdraw")
    assert status == 0
    assert told["withdrawn"] == [PASSPORT.value]
    holds(stored, read_contract(extension=own))


def test_next_tells_what_to_mend_for_one_organisation(call: Callable[..., tuple[int, Any]], stored: Stored) -> None:
    status, told = call("next", "--organisation", "interior", "--limit", "3")
    assert status == 0
    assert len(told["mendings"]) == 3 < told["total"]
    assert told["score"] == stored.view(Audience.WORKING).summary().organisations[INTERIOR].score
    status, following = call("next", "--organisation", "interior", "--limit", "3", "--after", told["next"])
    assert not {one["subject"] + one["entity"] for one in told["mendings"]} & {
        one["subject"] + one["entity"] for one in following["mendings"]
    }
    assert call("next", "--organisation", "nobody")[0] == 2
