"""What the documents say is true: their blocks run, their lists are those of the code, their names exist."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from conftest import BASE, REPOSITORY, Seed
from govgraph.contract import Contract
from govgraph.graphql import build_schema

DOCUMENTS = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
README = (REPOSITORY / "README.md").read_text("utf-8")


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def snapshots() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("snapshots", str(REPOSITORY / "scripts" / "snapshots"))
    spec = importlib.util.spec_from_loader("snapshots", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_lists_and_schema_are_those_of_the_code(snapshots: ModuleType) -> None:
    derived: dict[Path, str] = snapshots.snapshots()
    assert len(derived) >= 6
    stale = [path.name for path, text in derived.items() if not path.exists() or path.read_text("utf-8") != text]
    assert not stale, "run scripts/snapshots"


def test_the_two_commands_of_the_readme_are_there() -> None:
    commands = [block.strip() for block in blocks("bash")]
    assert commands == ["scripts/serve", "scripts/test"]
    for command in commands:
        assert os.access(REPOSITORY / command, os.X_OK)


def test_the_console_blocks_of_the_readme_run(tmp_path: Path) -> None:
    lines = [line for block in blocks("console") for line in block.splitlines()]
    commands = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    assert len(commands) >= 8
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "GOVGRAPH_DATA": str(tmp_path / "data"),
        "COLUMNS": "120",
    }

    def run(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    (tmp_path / "my-services.ttl").write_text(
        f"<{BASE}id/service/mine> a <http://purl.org/vocab/cpsv#PublicService> .\n"
    )
    (tmp_path / "systems.csv").write_text('slug,title@en\nledger,"Ledger"\n')
    for command in commands:
        done = run(command)
        expected = {0, 1} if " validate" in command else {0}
        assert done.returncode in expected, f"{command}\n{done.stdout}\n{done.stderr}"
        assert done.stdout.strip(), command


def test_the_sparql_of_the_readme_answers(seed: Seed) -> None:
    queries = blocks("sparql")
    assert queries
    for query in queries:
        assert seed.public.table(query).rows, query


def test_the_graphql_of_the_documents_answers(seed: Seed) -> None:
    about_queries = (REPOSITORY / "docs" / "queries.md").read_text("utf-8")
    queries = [*blocks("graphql"), *blocks("graphql", about_queries)]
    assert len(queries) >= 4
    schema = build_schema(seed.contract, seed.questions)
    for query in queries:
        result = schema.execute(query, seed.public)
        assert not result.errors
        assert result.data


def test_links_between_documents_lead_somewhere() -> None:
    links = [
        (document, target)
        for document in DOCUMENTS
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text("utf-8"))
    ]
    assert len(links) >= 8
    assert not [f"{d.name} → {t}" for d, t in links if not (d.parent / t).exists()]


def test_addresses_in_the_readme_are_served(seed: Seed) -> None:
    from starlette.testclient import TestClient  # noqa: PLC0415

    from govgraph.settings import read  # noqa: PLC0415
    from govgraph.web.app import build_app  # noqa: PLC0415

    paths = re.findall(r"^\| `(/[^`]*)`", README, re.MULTILINE)
    assert len(paths) == 11
    with TestClient(build_app(read({}, data=seed.directory)), base_url=BASE) as client:
        for path in paths:
            assert client.get(path).status_code == 200, path


def test_every_name_in_the_coverage_exists(contract: Contract, seed: Seed) -> None:
    text = (REPOSITORY / "docs" / "coverage.md").read_text("utf-8")
    names = [name for name in re.findall(r"`([^`]+)`", text) if not name.startswith("/")]
    assert len(names) >= 120
    rules = {rule.name for rule in contract.rules}

    def known(name: str) -> bool:
        if name.startswith("rule:"):
            return name[5:] in rules
        if name.startswith("question:"):
            return name[9:] in seed.questions
        owner, _, member = name.partition(".")
        if owner in contract.lists_by_name:
            return member in {code.name for code in contract.lists_by_name[owner].codes}
        return owner in contract.by_name and (not member or member in contract.by_name[owner].by_name)

    assert not [name for name in names if not known(name) and name not in ("Kind", "Kind.property", "CodeList.CODE")
                and name not in ("rule:name", "question:name")]  # fmt: skip
    assert len(re.findall(r"^\| \d+ \|", text, re.MULTILINE)) == 37


def test_no_document_names_a_registry_or_a_path_of_a_machine() -> None:
    for document in DOCUMENTS:
        assert not re.search(r"/simple/|registry\.|/home/|/root/", document.read_text("utf-8")), document.name


def test_every_document_is_reached_from_the_readme_by_links() -> None:
    seen: set[Path] = set()
    ahead = [REPOSITORY / "README.md"]
    while ahead:
        document = ahead.pop()
        if document not in seen:
            seen.add(document)
            links = re.findall(r"\]\((?!\w+:)([^)#]+\.md)[^)]*\)", document.read_text("utf-8"))
            ahead += [(document.parent / link).resolve() for link in links]
    assert len(DOCUMENTS) > 15
    assert set(DOCUMENTS) <= seen
