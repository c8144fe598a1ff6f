"""scripts/serve and scripts/test as a newcomer runs them, in a checkout of their own; nothing is installed here."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conftest import REPOSITORY

Checkout = Callable[[str], Path]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Makes a checkout whose .venv/bin/python is a shell script with the given lines, as if installed just now."""

    def make(python: str) -> Path:
        place = tmp_path / "checkout"
        shutil.copytree(REPOSITORY / "scripts", place / "scripts")
        shutil.copy(REPOSITORY / "pyproject.toml", place)
        binary = place / ".venv" / "bin" / "python"
        binary.parent.mkdir(parents=True)
        binary.write_text(f"#!/bin/sh\n{python}\n")
        binary.chmod(0o755)
        (place / ".venv" / "installed-dev").touch()
        return place

    return make


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GOVGRAPH_")}
    return {**kept, **more}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


@contextmanager
def served(place: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The server once it has said that it serves, with what it said."""
    command = ["bash", str(place / "scripts" / "serve"), "--port", str(port)]
    with subprocess.Popen(command, cwd="/", env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said: list[str] = []
        try:
            for line in process.stdout:
                said.append(line.rstrip())
                if "Ctrl-C" in line:
                    break
            yield process, said
        finally:
            process.send_signal(signal.SIGINT)


def get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310  # our own server
        text: str = answer.read().decode()
    return text


def test_the_scripts_are_bash() -> None:
    scripts = [
        *(REPOSITORY / "scripts" / name for name in ("environment", "serve", "test")),
        REPOSITORY / ".ci" / "run",
    ]
    for script in scripts:
        subprocess.run(["bash", "-n", str(script)], check=True)
        if script.name != "environment":
            assert os.access(script, os.X_OK)


def test_serve_loads_the_seed_the_first_time_and_keeps_the_data(checkout: Checkout) -> None:
    place, port = checkout(f'exec "{sys.executable}" "$@"'), free_port()
    with served(place, port) as (process, said):
        text = "\n".join(said)
        assert "Services" in text
        assert "score 9" in text
        assert f"http://127.0.0.1:{port}/" in text
        health = json.loads(get(f"http://127.0.0.1:{port}/healthz"))
        assert (health["status"], health["revision"]) == ("ok", 1)
        assert "<html" in get(f"http://127.0.0.1:{port}/")
    assert process.returncode == 0
    assert (place / "data" / "current").exists()
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    with served(place, port) as (again, _):
        assert json.loads(get(f"http://127.0.0.1:{port}/healthz"))["revision"] == 1
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert again.returncode == 0
    # A second start answers within three seconds where it has a processor to itself.
    assert used.ru_utime + used.ru_stime - spent.ru_utime - spent.ru_stime < 3


def test_a_taken_port_is_told(checkout: Checkout) -> None:
    place = checkout(f'exec "{sys.executable}" "$@"')
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = ["bash", str(place / "scripts" / "serve"), "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Address already in use" in done.stderr


def calls(place: Path, *arguments: str) -> list[str]:
    """What scripts/test has Python do, with the value of GOVGRAPH_REQUIRE_ALL."""
    subprocess.run(["bash", str(place / "scripts" / "test"), *arguments], env=environment(), check=True)
    return (place / "log").read_text().splitlines()


RECORDING = 'echo "${GOVGRAPH_REQUIRE_ALL:-0} $*" >> log'


def test_test_checks_style_and_types_and_runs_the_tests(checkout: Checkout) -> None:
    assert calls(checkout(RECORDING), "-k", "x y") == [
        "0 -m ruff check .",
        "0 -m ruff format --check .",
        "0 -m mypy",
        "0 -m pytest -k x y",
    ]


def test_everything_is_required_and_installed_where_that_is_asked(checkout: Checkout) -> None:
    made = calls(checkout(RECORDING), "--require-all", "-q")
    assert made[:2] == [
        "1 -c import pip",
        "1 -m pip install --quiet --disable-pip-version-check --no-input --editable .[dev,browser,partners]",
    ]
    assert made[-1] == "1 -m pytest -q"


def test_a_changed_pyproject_is_installed_anew_and_only_then(checkout: Checkout) -> None:
    place = checkout(RECORDING)
    later = (place / ".venv" / "installed-dev").stat().st_mtime + 10
    os.utime(place / "pyproject.toml", (later, later))
    command = ["bash", str(place / "scripts" / "serve"), "--port", "1"]
    subprocess.run(command, env=environment(), check=True)
    assert (place / "log").read_text().splitlines() == [
        "0 -c import pip",
        "0 -m pip install --quiet --disable-pip-version-check --no-input --editable .",
        "0 -m govgraph serve --seed --port 1",
    ]
    os.utime(place / "pyproject.toml", (0, 0))
    subprocess.run(command, env=environment(), check=True)
    assert (place / "log").read_text().splitlines()[3:] == ["0 -m govgraph serve --seed --port 1"]


def test_a_changed_explorer_is_installed_anew(checkout: Checkout) -> None:
    place = checkout(RECORDING)
    (place / "explorer" / "src").mkdir(parents=True)
    source = place / "explorer" / "src" / "main.tsx"
    source.touch()
    os.utime(source, (0, 0))
    command = ["bash", str(place / "scripts" / "serve"), "--port", "1"]
    subprocess.run(command, env=environment(), check=True)
    assert (place / "log").read_text().splitlines() == ["0 -m govgraph serve --seed --port 1"]
    later = (place / ".venv" / "installed-dev").stat().st_mtime + 10
    os.utime(source, (later, later))
    subprocess.run(command, env=environment(), check=True)
    assert any("pip install" in line for line in (place / "log").read_text().splitlines())


def test_without_a_python_that_will_do_it_is_said(tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "scripts", tmp_path / "scripts")
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "dirname"):
        (tools / name).symlink_to(shutil.which(name) or "")
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tools / "python3").chmod(0o755)
    command = [str(tools / "bash"), str(tmp_path / "scripts" / "serve")]
    done = subprocess.run(command, env={"PATH": str(tools)}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("govgraph needs Python 3.11 or later with venv")
    assert not (tmp_path / ".venv").exists()


SKIPPING = """
import pytest

def test_that_skips():
    pytest.skip("needs a browser")

@pytest.mark.xfail(reason="known", strict=True)
def test_that_fails_as_expected():
    assert False
"""


@pytest.mark.parametrize("where", ["in a test", "in a module"])
def test_a_skip_fails_where_everything_is_required(tmp_path: Path, where: str) -> None:
    text = (
        SKIPPING
        if where == "in a test"
        else 'import pytest\npytest.importorskip("no_such_module", reason="needs it")\n'
    )
    (tmp_path / "test_it.py").write_text(text)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-ra",
        "-p",
        "requirements",
        "-p",
        "no:cacheprovider",
        str(tmp_path),
    ]
    here = {"PYTHONPATH": str(REPOSITORY / "tests")}
    required = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment(**here, GOVGRAPH_REQUIRE_ALL="1"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert required.returncode != 0
    assert "skipped, though everything is required: " in required.stdout
    allowed = subprocess.run(
        command, cwd=tmp_path, env=environment(**here), capture_output=True, text=True, check=False
    )
    assert "SKIPPED [1]" in allowed.stdout
    assert " failed" not in allowed.stdout.replace("xfailed", "")
