"""Tokens and the audit log: what is kept of a token, who changes what counts when, and what is never written down."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import NamedNode

from conftest import BASE, Seed
from govgraph.access import Author, Role
from govgraph.access.audit import MOST_ENTITIES, MOST_STRANGERS, Audit, Outcome
from govgraph.access.organisation import organisation
from govgraph.access.tokens import Tokens
from govgraph.cli import run
from govgraph.cli.tokens import until
from govgraph.contract import Contract
from govgraph.errors import NotFound, ParameterError, StoreError, Unauthorised
from govgraph.iris import Names

INTERIOR = NamedNode(f"{BASE}id/organisation/interior")
SOON = timedelta(days=1)


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(tmp_path / "access")


def rights(path: Path) -> int:
    return path.stat().st_mode & 0o777


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


# tokens


def test_a_token_says_who_its_holder_is(tokens: Tokens) -> None:
    text = tokens.create(Role.EDITOR, INTERIOR, "Ana", datetime.now(UTC) + SOON)
    author = tokens.author(text)
    assert (author.role, author.organisation, author.name) == (Role.EDITOR, INTERIOR, "Ana")
    assert author.id == f"token:{tokens.list()[0].id}"


def test_a_token_is_long_random_and_fit_for_a_header(tokens: Tokens) -> None:
    texts = {tokens.create(Role.READER, None, "", None) for _ in range(20)}
    assert len(texts) == 20
    assert all(text.startswith("gov_") and len(text) >= 4 + 43 and text[4:].isascii() for text in texts)


def test_of_a_token_only_its_digest_is_kept_where_nobody_else_reads(tokens: Tokens, tmp_path: Path) -> None:
    text = tokens.create(Role.READER, None, "", None)
    file = tmp_path / "access" / "tokens.json"
    assert text not in file.read_text("utf-8")
    assert sha256(text.encode()).hexdigest() in file.read_text("utf-8")
    assert (rights(file), rights(file.parent)) == (0o600, 0o700)


def test_unknown_expired_and_revoked_are_refused_in_the_same_words(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    revoked = tokens.create(Role.READER, None, "", None)
    tokens.revoke(tokens.list()[0].id)
    expired = tokens.create(Role.READER, None, "", datetime.now(UTC) + SOON)
    assert tokens.author(expired)
    later = datetime.now(UTC) + 2 * SOON
    monkeypatch.setattr("govgraph.access.tokens._now", lambda: later)
    said = set()
    for text in (revoked, expired, "gov_" + "x" * 43, "", "gov_\udce4"):
        with pytest.raises(Unauthorised) as refused:
            tokens.author(text)
        said.add(str(refused.value))
    assert len(said) == 1


def test_a_role_includes_those_before_it() -> None:
    assert [role for role in Role if role.may(Role.EDITOR)] == [Role.EDITOR, Role.STEWARD, Role.ADMIN]
    assert all(role.may(Role.READER) for role in Role)


def test_an_editor_needs_an_organisation_and_an_end_lies_ahead(tokens: Tokens) -> None:
    with pytest.raises(ParameterError, match="organisation"):
        tokens.create(Role.EDITOR, None, "", None)
    with pytest.raises(ParameterError, match="past"):
        tokens.create(Role.READER, None, "", datetime.now(UTC) - SOON)
    assert tokens.list() == ()


def test_what_one_process_gives_and_takes_counts_in_another_at_once(tokens: Tokens, tmp_path: Path) -> None:
    server = Tokens(tmp_path / "access")
    assert server.list() == ()
    text = tokens.create(Role.STEWARD, None, "", None)
    assert server.author(text).role is Role.STEWARD
    tokens.revoke(tokens.list()[0].id)
    with pytest.raises(Unauthorised):
        server.author(text)


def test_revoking_twice_keeps_the_first_time_and_an_unknown_one_is_told(tokens: Tokens) -> None:
    tokens.create(Role.READER, None, "", None)
    first = tokens.revoke(tokens.list()[0].id)
    assert tokens.revoke(first.id) == first
    with pytest.raises(NotFound, match="nobody"):
        tokens.revoke("nobody")


def test_tokens_made_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from govgraph.access import Role; from govgraph.access.tokens import Tokens\n"
        "for _ in range(10): Tokens(Path(sys.argv[1])).create(Role.READER, None, sys.argv[2], None)"
    )
    directory = tmp_path / "access"
    makers = [subprocess.Popen([sys.executable, "-c", code, str(directory), str(n)]) for n in range(3)]
    assert [maker.wait(60) for maker in makers] == [0, 0, 0]
    assert len({token.id for token in Tokens(directory).list()}) == 30
    assert {path.name for path in directory.iterdir()} == {"tokens.json", "tokens.lock"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 2, "tokens": []}', '{"format": 1, "tokens": [{}]}'])
def test_with_a_damaged_file_nobody_gets_in(tokens: Tokens, tmp_path: Path, text: str) -> None:
    token = tokens.create(Role.READER, None, "", None)
    (tmp_path / "access" / "tokens.json").write_text(text)
    for server in (tokens, Tokens(tmp_path / "access")):
        with pytest.raises(StoreError, match=r"tokens\.json"):
            server.author(token)


def test_what_somebody_left_behind_is_replaced_with_its_rights(tokens: Tokens, tmp_path: Path) -> None:
    (tmp_path / "access").mkdir()
    beside = tmp_path / "access" / "tokens.json.new"
    beside.write_text("half")
    beside.chmod(0o666)
    tokens.create(Role.READER, None, "", None)
    assert rights(tmp_path / "access" / "tokens.json") == 0o600


# organisations


def test_an_organisation_may_be_written_as_slug_or_iri(contract: Contract) -> None:
    names = Names(BASE)
    assert organisation("interior", contract, names) == INTERIOR
    assert organisation(INTERIOR.value, contract, names) == INTERIOR
    for said in ("no iri: at all", ""):
        with pytest.raises(ParameterError):
            organisation(said, contract, names)


# the audit log


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    return Audit(tmp_path / "access" / "audit.log")


def test_a_line_says_who_did_what_and_what_came_of_it(audit: Audit) -> None:
    author = Author("token:1", Role.EDITOR, INTERIOR, "Ana\nIgnore")
    audit.note(author, "graphql", Outcome.ACCEPTED, revision=7, entities=(INTERIOR,))
    audit.note(None, "page", Outcome.UNAUTHORISED, code="unauthorised")
    first, second = lines(audit.path)
    assert datetime.fromisoformat(first.pop("time")).tzinfo is not None
    assert first == {
        "author": "token:1",
        "name": "Ana\nIgnore",
        "role": "editor",
        "organisation": INTERIOR.value,
        "door": "graphql",
        "outcome": "accepted",
        "revision": 7,
        "entities": [INTERIOR.value],
        "entities_total": 1,
    }
    assert second.keys() == {"time", "door", "outcome", "code"}
    assert rights(audit.path) == 0o600


def test_a_large_change_names_some_entities_and_counts_all(audit: Audit) -> None:
    entities = [NamedNode(f"{BASE}id/service/{n}") for n in range(1000)]
    audit.note(Author("a", Role.STEWARD), "file", Outcome.REFUSED, entities=entities, code="refused")
    (line,) = lines(audit.path)
    assert len(line["entities"]) == MOST_ENTITIES
    assert line["entities_total"] == 1000


def test_lines_of_many_threads_are_whole(audit: Audit) -> None:
    other, start = Audit(audit.path), threading.Barrier(8)

    def write(number: int) -> None:
        start.wait(10)
        for _ in range(50):
            (audit, other)[number % 2].note(Author(f"a{number}", Role.READER), "page", Outcome.FORBIDDEN)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert len(lines(audit.path)) == 400


def test_strangers_cannot_fill_the_disk_and_what_is_left_out_is_counted(tmp_path: Path) -> None:
    moment = [0.0]
    audit = Audit(tmp_path / "audit.log", now=lambda: moment[0])
    for _ in range(MOST_STRANGERS + 1000):
        audit.note(None, "page", Outcome.UNAUTHORISED)
    audit.note(Author("a", Role.READER), "page", Outcome.FORBIDDEN)
    assert len(lines(audit.path)) == MOST_STRANGERS + 1
    assert lines(audit.path)[-1]["missed"] == 1000
    moment[0] = 61.0
    audit.note(None, "page", Outcome.UNAUTHORISED)
    assert "missed" not in lines(audit.path)[-1]
    assert len(lines(audit.path)) == MOST_STRANGERS + 2


def test_a_log_that_cannot_be_written_keeps_nobody_from_hearing_what_happened(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    Audit(tmp_path / "file" / "audit.log").note(None, "page", Outcome.UNAUTHORISED)
    assert "audit log" in caplog.text


# the command line


@pytest.fixture
def data(seed: Seed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory without a catalogue in it."""
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "data"


def test_a_token_is_printed_once_and_listed_without_its_text(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--data", str(data))
    assert run(["token", "create", "--role", "steward", "--label", "Ana", "--expires", "90d", *where]) == 0
    told = capsys.readouterr()
    text = told.out.strip()
    assert Tokens(data / "access").author(text).name == "Ana"
    assert "only now" in told.err
    assert text not in told.err
    assert run(["token", "list", "--format", "json", *where]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["role"], listed["label"], listed["state"]) == ("steward", "Ana", "valid")
    assert run(["token", "list", *where]) == 0
    shown = capsys.readouterr().out
    assert listed["id"] in shown
    assert text not in shown


def test_quiet_prints_the_token_and_nothing_else(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["token", "create", "--role", "reader", "--quiet", "--data", str(data)]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert Tokens(data / "access").author(told.out.removesuffix("\n")).role is Role.READER


def test_a_revoked_token_is_shown_as_such(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--data", str(data))
    run(["token", "create", "--role", "reader", "--quiet", *where])
    id_ = Tokens(data / "access").list()[0].id
    capsys.readouterr()
    assert run(["token", "revoke", id_, *where]) == 0
    assert run(["token", "list", *where]) == 0
    assert "revoked" in capsys.readouterr().out
    assert run(["token", "revoke", "nobody", *where]) == 2


def test_an_editor_is_of_an_organisation_the_catalogue_has(seed: Seed, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--data", str(seed.directory), "--quiet")
    known = "cadastre-agency"
    assert run(["token", "create", "--role", "editor", "--organisation", known, *where]) == 0
    author = Tokens(seed.directory / "access").author(capsys.readouterr().out.strip())
    assert author.organisation == NamedNode(f"{BASE}id/organisation/{known}")
    assert run(["token", "create", "--role", "editor", "--organisation", "nobody", *where]) == 2
    assert "nobody" in capsys.readouterr().err
    assert run(["token", "create", "--role", "editor", *where]) == 2


def test_an_end_is_a_day_or_a_number_of_days() -> None:
    now = datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert until("", now) is None
    assert until("2027-01-31", now) == datetime(2027, 2, 1, tzinfo=UTC)
    assert until("90d", now) == now + timedelta(days=90)
    for said in ("soon", "90", "2027-02-30", "99999d", "-1d"):
        with pytest.raises(ParameterError) as refused:
            until(said, datetime(9990, 1, 1, tzinfo=UTC))
        assert refused.value.value == said
