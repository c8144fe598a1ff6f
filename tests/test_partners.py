"""Clients that partners use, as their makers ship them, and every block of docs/partners.md, against a real server."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from conftest import BASE, REPOSITORY
from node import MODULES, node, report, run
from test_processes import Serve, Server, pytestmark, serve  # noqa: F401  # a fixture, and where it works

CLIENTS = REPOSITORY / "tests" / "clients"
TEXT = (REPOSITORY / "docs" / "partners.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)
PRINTED = "http://127.0.0.1:8000"
"""The address of the server in the document."""


@dataclass(frozen=True)
class Block:
    language: str
    file: str
    text: str


BLOCKS = [Block(*found) for found in BLOCK.findall(TEXT)]


def total(server: Server) -> int:
    answer = httpx.post(f"{server.address}/graphql", json={"query": "{ services { totalCount } }"}, timeout=30)
    count: int = answer.json()["data"]["services"]["totalCount"]
    assert count > 20, "several pages"
    return count


def revision(server: Server) -> int:
    return int(server.get().headers["govgraph-revision"])


@pytest.mark.parametrize(
    ("client", "package", "more"),
    [
        ("apollo", "@apollo/client", {"cached": True, "error": None}),
        ("urql", "@urql/core", {"cached": True, "refused": "BAD_REQUEST"}),
        (
            "graphql_request",
            "graphql-request",
            {"codes": ["GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT", "BAD_REQUEST"]},
        ),
    ],
)
def test_clients_of_javascript_work_unmodified(
    client: str,
    package: str,
    more: dict[str, object],
    serve: Serve,  # noqa: F811  # the fixture
) -> None:
    program = node(package)
    server = serve(writes=False)
    found = report([program, str(CLIENTS / f"{client}.mjs"), f"{server.address}/graphql"])
    expected = total(server)
    assert found["total"] == found["found"] == found["distinct"] == expected
    assert {key: found[key] for key in more} == more


def test_relay_compiles_and_pages_unmodified(serve: Serve, tmp_path: Path) -> None:  # noqa: F811  # the fixture
    program = node("relay-compiler", "relay-runtime")
    project = tmp_path / "relay"
    shutil.copytree(CLIENTS / "relay", project)
    (project / "__generated__").mkdir()
    (project / "package.json").write_text('{"type": "module"}')
    (project / "node_modules").symlink_to(MODULES)
    server = serve(writes=False)
    (project / "schema.graphql").write_text(server.get("/schema.graphql").text)
    compiler = MODULES / ".bin" / "relay-compiler"
    assert "Compilation completed" in run([str(compiler), "relay.config.json"], project)
    found = report([program, "run.mjs", f"{server.address}/graphql"], project)
    assert found["total"] == found["found"] == found["distinct"] == total(server)
    assert found["iri"].endswith("id/service/accept-an-inheritance")


@contextmanager
def started(command: list[str], directory: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def written(directory: Path, server: Server) -> None:
    """The files of the document, in a project of their own."""
    files = [block for block in BLOCKS if block.file]
    assert {block.file for block in files} == {
        "tsconfig.json",
        "graphql.ts",
        "services.ts",
        "changes.ts",
        "services.py",
    }
    directory.mkdir()
    for block in files:
        (directory / block.file).write_text(block.text.replace(PRINTED, server.address))
    (directory / "package.json").write_text('{"type": "module"}')
    (directory / "node_modules").symlink_to(MODULES)


def commands() -> list[str]:
    """The document's commands, but for those that install what the tests have already."""
    lines = [block.text for block in BLOCKS if block.language == "bash"]
    kept = [text for text in lines if not text.startswith(("npm install", "pip install"))]
    assert (len(lines), len(kept)) == (5, 3)
    return kept


def test_every_command_of_the_document_runs(serve: Serve, tmp_path: Path) -> None:  # noqa: F811  # the fixture
    node("gql.tada", "graphql-request", "graphql-sse", "typescript", "@types/node")
    server = serve(writes=False)
    project = tmp_path / "partner"
    written(project, server)
    printed = [
        run(["bash", "-euo", "pipefail", "-c", text.replace(PRINTED, server.address)], project) for text in commands()
    ]
    assert '"totalCount":' in printed[0].replace(" ", "")
    assert printed[1].splitlines()[-1] == "304"
    titles = [line for line in printed[2].splitlines() if line.startswith(("fr ", "en "))]
    assert len(titles) == total(server)


def test_changes_are_followed_as_the_document_does(serve: Serve, tmp_path: Path) -> None:  # noqa: F811  # the fixture
    """In both languages: each begins at a revision, is told of a change made later, and ends."""
    program = node("gql.tada", "graphql-sse", "typescript", "@types/node")
    pytest.importorskip("gql", reason="needs the extra partners")
    server = serve()
    project = tmp_path / "partner"
    written(project, server)
    (project / "schema.graphql").write_text(server.get("/schema.graphql").text)
    run([str(MODULES / ".bin" / "gql.tada"), "generate-output"], project)
    run([str(MODULES / ".bin" / "tsc")], project)
    since, until = revision(server), revision(server) + 2
    followers = (
        [program, "changes.js", server.address, str(since), str(until)],
        [sys.executable, "-u", "services.py", server.address, str(until)],
    )
    with started(followers[0], project) as typescript, started(followers[1], project) as python:
        assert python.stdout is not None
        read = python.stdout.readline()  # it has read what there is, and is about to follow
        change(server)
        told = [process.communicate(timeout=60)[0] for process in (typescript, python)]
    assert read.strip(), told
    for said in told:
        assert f"{until} CHANGED" in said, told
        assert "/id/service/apply-for-a-passport" in said


def test_pages_of_one_revision_hold_each_entry_once_whatever_changes_in_between(serve: Serve) -> None:  # noqa: F811
    """As docs/partners.md has it: the first page as things are, the others as of its revision."""
    server = serve()
    query = """query($after: String) { services(first: 10, after: $after, orderBy: [{label: ASC}]) {
      nodes { iri } pageInfo { endCursor hasNextPage } } }"""

    def pages(moment: str) -> tuple[list[str], list[str]]:
        """What is found: by the first page, and by all the others."""
        found: list[list[str]] = []
        after, more, address = None, True, f"{server.address}/graphql"
        while more:
            answer = httpx.post(address, json={"query": query, "variables": {"after": after}}, timeout=30)
            page = answer.json()["data"]["services"]
            found.append([node["iri"] for node in page["nodes"]])
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
            if len(found) == 1:
                address += moment.format(answer.headers["govgraph-revision"])
                rename(server, found[0][0], "Zzz")
        rename(server, found[0][0], "Aaa")
        return found[0], [iri for page in found[1:] for iri in page]

    first, others = pages("")
    assert first[0] in others, "it moved, and comes twice"
    for _ in range(2):
        first, others = pages("?asOf={}")
        assert len({*first, *others}) == len(first) + len(others) == total(server)


def rename(server: Server, iri: str, label: str) -> None:
    """Call a published service otherwise, and wait until readers call it so."""
    operation = """mutation($iri: ID!, $patch: ServicePatch!) {
      updateService(iri: $iri, patch: $patch) { committed }
      publishService(iri: $iri) { committed }
    }"""
    patch = {"title": [{"lang": "en", "value": label}]}
    answer = httpx.post(
        f"{server.address}/graphql",
        json={"query": operation, "variables": {"iri": iri, "patch": patch}},
        headers={"authorization": f"Bearer {server.token}"},
        timeout=30,
    )
    assert [done["committed"] for done in answer.json()["data"].values()] == [True, True], answer.text
    newest = int(answer.headers["govgraph-revision"])
    server.until(lambda: revision(server) >= newest)


def change(server: Server) -> None:
    """A change of one service that everyone may read, in two revisions."""
    operation = """mutation($iri: ID!, $patch: ServicePatch!) {
      updateService(iri: $iri, patch: $patch) { committed }
      publishService(iri: $iri) { committed }
    }"""
    iri = f"{BASE}id/service/apply-for-a-passport"
    answer = httpx.post(
        f"{server.address}/graphql",
        json={"query": operation, "variables": {"iri": iri, "patch": {"transactionsPerYear": 4321}}},
        headers={"authorization": f"Bearer {server.token}"},
        timeout=30,
    ).json()
    assert [done["committed"] for done in answer["data"].values()] == [True, True], answer
