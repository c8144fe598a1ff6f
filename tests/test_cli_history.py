"""What was, on the command line: every command over a directory that the gate has written."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, service
from govgraph.access import Author, Role
from govgraph.change import Change
from govgraph.change.edits import Edit, Entry, Values
from govgraph.change.lifecycle import Publish
from govgraph.change.loading import Load
from govgraph.cli import run
from govgraph.contract import Contract
from govgraph.gate.bulk import LoggedStore
from govgraph.gate.writer import LocalWriter
from govgraph.iris import DCT, DCT_TITLE, Names, name
from govgraph.settings import read as read_settings

NAMES = Names(BASE)
ONE, TWO = NAMES.entity("service", "one"), NAMES.entity("service", "two")
DRAFT = (
    service("two", "Draft")
    .replace('dct:description "What it does."@en ;', "")
    .replace("gov:publicationStatus code:Published", "gov:publicationStatus code:Draft")
)
STEWARD = Author("test:steward", Role.STEWARD, name="Somebody by name")


class Told:
    """What a command printed and how it ended."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def said(node: NamedNode, predicate: NamedNode, text: str) -> Entry:
    return Entry(node, (Values(predicate, (Literal(text, language="en"),), "en"),))


CHANGES: tuple[tuple[Edit, str], ...] = (
    (said(ONE, DCT_TITLE, "Secret title"), "Rename"),
    (said(TWO, name(DCT, "description"), "It says now what it does."), "Describe"),
    (Publish(TWO), "Show"),
)
"""What makes revisions 2, 3 and 4 after the load of both services."""


@pytest.fixture(scope="module")
def country(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory of four revisions: a published service renamed in working, a draft completed and published."""
    place = tmp_path_factory.mktemp("history")
    settings = read_settings({}, data=place / "data", base=BASE)
    (place / "two.ttl").write_text(TURTLE_PREFIXES + ORGANISATION + service("one", "Open title") + DRAFT, "utf-8")
    store = LoggedStore(settings, contract, STEWARD, "First load")
    load = Load(store, contract)
    load.read_rdf(place / "two.ttl")
    assert load.finish().published == 2
    store.close()
    writer = LocalWriter(settings, contract)
    for number, (edit, reason) in enumerate(CHANGES, 2):
        assert writer.submit(Change((edit,), STEWARD, "test", reason)).revision == number
    writer.close()
    return settings.data


@pytest.fixture
def data(country: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(country, tmp_path / "data"))


@pytest.fixture
def call(
    data: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Told]]:
    """Runs a command in this process on a copy of the country."""
    for variable in [one for one in os.environ if one.startswith("GOVGRAPH_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("COLUMNS", "200")

    def called(*arguments: object, at: Path = data) -> Told:
        status = run([*map(str, arguments), "--data", str(at)])
        return Told(status, *capfd.readouterr())

    yield called


COMMANDS = ("log", "diff", "revert", "release", "releases", "backup", "restore", "verify")
TITLES = "SELECT ?t { ?s a cpsv:PublicService ; dct:title ?t FILTER(lang(?t) = 'en') } ORDER BY ?t"


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_says_what_it_does(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    assert len(capfd.readouterr().out.splitlines()) > 8


def test_the_log_lists_revisions_newest_first_with_who_and_why(call: Callable[..., Told]) -> None:
    told = call("log", "--format", "json")
    assert told.status == 0
    assert [(one["revision"], one["reason"]) for one in told.json["revisions"]] == [
        (4, "Show"),
        (3, "Describe"),
        (2, "Rename"),
        (1, "First load"),
    ]
    newest = told.json["revisions"][0]
    assert newest["changed"] == [TWO.value]
    assert newest["author"].startswith(f"{BASE}agent/")
    assert newest["door"] == "test"
    assert "Somebody" not in told.out
    table = call("log").out
    assert "Rename" in table
    assert "Secret title" in table


def test_the_log_is_paged(call: Callable[..., Told]) -> None:
    first = call("log", "--limit", 3, "--format", "json").json
    assert [one["revision"] for one in first["revisions"]] == [4, 3, 2]
    rest = call("log", "--limit", 3, "--before", first["before"], "--format", "json").json
    assert [one["revision"] for one in rest["revisions"]] == [1]
    assert rest["before"] is None


@pytest.mark.parametrize("entity", ["service/two", TWO.value])
def test_the_log_of_one_entry_has_its_changes_only(entity: str, call: Callable[..., Told]) -> None:
    found = call("log", "--entity", entity, "--format", "json").json["revisions"]
    assert [one["revision"] for one in found if one["revision"] > 1] == [4, 3]


def test_the_log_begins_where_it_is_told_to(call: Callable[..., Told]) -> None:
    assert [one["revision"] for one in call("log", "--since", 3, "--format", "json").json["revisions"]] == [4, 3]
    assert len(call("log", "--since", "2020-01-01", "--format", "json").json["revisions"]) == 4
    assert not call("log", "--since", "2999-01-01", "--format", "json").json["revisions"]
    assert call("log", "--since", "someday").status == 2


def test_what_names_no_entry_is_a_wrong_call(call: Callable[..., Told]) -> None:
    assert call("log", "--entity", "not an iri").status == 2
    assert call("log", "--entity", "nothing/one").status == 2


def test_the_public_log_knows_only_what_was_public(call: Callable[..., Told]) -> None:
    found = call("log", "--audience", "public", "--format", "json")
    numbers = [one["revision"] for one in found.json["revisions"]]
    assert 4 in numbers
    assert not {2, 3} & set(numbers)
    assert "Rename" not in found.out


def test_a_difference_is_told_by_entry_and_property(call: Callable[..., Told]) -> None:
    told = call("diff", 1, 3, "--format", "json")
    assert told.status == 0
    assert (told.json["from"], told.json["to"], told.json["removed"], told.json["added"]) == (1, 3, 1, 2)
    one, two = told.json["entities"]
    assert (one["entity"], one["event"], one["kind"]) == (ONE.value, "changed", "Service")
    [change] = one["changes"]
    assert change["property"] == "title"
    assert (change["removed"], change["added"]) == (['"Open title"@en'], ['"Secret title"@en'])
    assert two["changes"][0]["predicate"] == DCT + "description"
    table = call("diff", 1, 3).out
    assert "Open title" in table
    assert "It says now" in table


def test_a_difference_backwards_is_the_inverse(call: Callable[..., Told]) -> None:
    there, back = (call("diff", *ends, "--format", "patch").out.splitlines() for ends in ((1, 3), (3, 1)))
    swapped = {"D": "A", "A": "D"}
    assert sorted(back) == sorted(swapped.get(line[0], line[0]) + line[1:] for line in there)
    rows = [line for line in there if line[0] in "DA"]
    assert len(rows) == 3
    assert list(pyoxigraph.parse("\n".join(row[2:] for row in rows), RdfFormat.N_QUADS))


def test_between_a_revision_and_itself_nothing_changed(call: Callable[..., Told]) -> None:
    assert call("diff", 2, 2, "--format", "json").json["entities"] == []
    assert call("diff", 2, 99).status == 2


def test_a_public_difference_shows_no_draft(call: Callable[..., Told]) -> None:
    assert call("diff", 1, 3, "--audience", "public", "--format", "json").json["entities"] == []
    told = call("diff", 1, 4, "--audience", "public", "--format", "json")
    assert [(one["entity"], one["event"]) for one in told.json["entities"]] == [(TWO.value, "added")]
    assert "Secret" not in told.out
    assert "Secret" not in call("diff", 1, 4, "--audience", "public", "--format", "patch").out


def test_every_reading_command_can_be_asked_about_the_past(call: Callable[..., Told]) -> None:
    assert call("query", TITLES, "--as-of", 1, "--format", "csv").out.split()[1:] == [
        "Draft",
        "Open",
        "title",
    ]
    assert "Secret" in call("query", TITLES, "--as-of", 2, "--format", "csv").out
    assert "Secret" not in call("query", TITLES, "--as-of", 2, "--audience", "public", "--format", "csv").out
    assert "Draft" not in call("query", TITLES, "--as-of", 3, "--audience", "public", "--format", "csv").out
    assert "Draft" in call("query", TITLES, "--as-of", 4, "--audience", "public", "--format", "csv").out
    assert TWO.value not in call("export", "--as-of", 3, "--format", "ntriples").out
    assert TWO.value in call("export", "--as-of", 4, "--format", "ntriples").out
    asked = call("ask", "services_without_event", "--as-of", 2, "--format", "json")
    assert asked.json["revision"] == 2
    before, after = (call("validate", "--as-of", at, "--format", "json").json["counts"] for at in (2, 3))
    assert before["warning"] == after["warning"] + 1


def test_a_date_and_a_release_are_as_good_as_a_number(call: Callable[..., Told]) -> None:
    assert call("release", "draft-budget", "--as-of", 2, "--note", "For the cabinet").status == 0
    found = call("diff", "draft-budget", "2999-01-01")
    assert found.status == 2
    assert "still to come" in found.err
    today = call("log", "--format", "json").json["revisions"][0]["at"][:10]
    ends = call("diff", "draft-budget", today, "--format", "json").json
    assert (ends["from"], ends["to"]) == (2, 4)
    assert "Secret" in call("query", TITLES, "--as-of", "draft-budget").out


@pytest.mark.parametrize("at", ["5", "0", "yesterday", "1999-12-31"])
def test_a_past_that_never_was_is_told_as_such(at: str, call: Callable[..., Told]) -> None:
    told = call("query", TITLES, "--as-of", at)
    assert told.status == 2
    assert told.err
    assert not told.out


def test_files_are_not_checked_as_of_a_date(call: Callable[..., Told], tmp_path: Path) -> None:
    (tmp_path / "x.ttl").write_text("")
    assert call("validate", tmp_path / "x.ttl", "--as-of", 1).status == 2


def test_a_revision_is_taken_back_as_a_new_one(call: Callable[..., Told]) -> None:
    trial = call("revert", 2, "--dry-run", "--format", "json").json
    assert (trial["dryRun"], trial["removed"], trial["added"]) == (True, 1, 1)
    assert "Secret" in call("query", TITLES).out
    told = call("revert", 2, "--reason", "It was a mistake", "--format", "json")
    assert told.status == 0
    assert (told.json["accepted"], told.json["revision"]) == (True, 5)
    assert "Secret" not in call("query", TITLES).out
    assert call("log", "--limit", 1, "--format", "json").json["revisions"][0]["reason"] == "It was a mistake"
    again = call("revert", 2)
    assert again.status == 0
    assert "Nothing is left" in again.out
    assert call("verify").status == 0


def test_the_writer_keeps_checkpoints(call: Callable[..., Told], data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOVGRAPH_CHECKPOINT_REVISIONS", "5")
    call("revert", 2)
    assert [path.name for path in (data / "checkpoints").iterdir()] == ["5"]


def test_what_would_break_something_published_is_not_taken_back(call: Callable[..., Told]) -> None:
    told = call("revert", 3, "--format", "json")
    assert told.status == 1
    assert not told.json["accepted"]
    assert [(one["entity"], one["severity"]) for one in told.json["findings"]] == [(TWO.value, "warning")]
    assert all({"code", "rule", "shape", "points", "message"} <= {*one} for one in told.json["findings"])
    table = call("revert", 3)
    assert table.status == 1, table.err
    assert "warning" in table.out
    assert call("log", "--limit", 1, "--format", "json").json["revisions"][0]["revision"] == 4


def test_a_revision_that_never_was_cannot_be_taken_back(call: Callable[..., Told]) -> None:
    assert call("revert", 99).status == 2


def test_releases_are_made_listed_and_removed(call: Callable[..., Told]) -> None:
    assert "no releases yet" in call("releases").out
    call("release", "then", "--as-of", 2)
    call("release", "now", "--note", "As it is")
    found = call("releases", "--format", "json").json
    assert [(one["name"], one["revision"], one["note"]) for one in found] == [("now", 4, "As it is"), ("then", 2, "")]
    assert "As it is" in call("releases").out
    assert call("release", "now").status == 2
    assert call("release", "now", "--remove").status == 0
    assert [one["name"] for one in call("releases", "--format", "json").json] == ["then"]
    assert call("release", "12").status == 2


def test_a_catalogue_is_backed_up_restored_and_verified(call: Callable[..., Told], tmp_path: Path) -> None:
    file, again = tmp_path / "b.tar.gz", tmp_path / "again"
    made = call("backup", file, "--format", "json").json
    assert (made["revision"], made["records"], made["bytes"]) == (4, 4, file.stat().st_size)
    assert "Tokens and the audit log are not in it" in call("backup", file).out
    restored = call("restore", file, "--format", "json", at=again).json
    assert (restored["base"], restored["revision"]) == (BASE, 4)
    assert call("restore", file, at=again).status == 2
    sound = call("verify", "--format", "json", at=again).json
    assert sound == {"sound": True, "revision": 4, "from": 0, "records": 4, "faults": []}
    assert call("query", TITLES, "--as-of", 2, at=again).out == call("query", TITLES, "--as-of", 2).out
    assert call("revert", 2, at=again).status == 0, "what was restored can be written to"
    assert call("verify", "--quick", at=again).status == 0


def test_a_damaged_log_is_a_finding(call: Callable[..., Told], data: Path) -> None:
    [segment] = (data / "log").iterdir()
    whole = segment.read_bytes()
    segment.write_bytes(whole.replace(b"Secret title", b"Forged title", 1))
    told = call("verify", "--format", "json")
    assert told.status == 1
    assert not told.json["sound"]
    assert "damaged" in told.json["faults"][0]
    assert call("verify").status == 1


def test_where_nothing_is_every_command_says_so(call: Callable[..., Told], tmp_path: Path) -> None:
    for arguments in (("log",), ("diff", 1, 2), ("release", "r"), ("backup", tmp_path / "b"), ("verify",)):
        told = call(*arguments, at=tmp_path / "nothing")
        assert told.status == 2, arguments
        assert told.err
    assert call("releases", at=tmp_path / "nothing").status == 0
