"""Node programs that nobody here wrote: where they are, and what a test says when they are missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from conftest import REPOSITORY

MODULES = REPOSITORY / "tests" / "node_modules"
_HOW = "npm install --prefix tests --no-package-lock"


def node(*packages: str) -> str:
    """The program, for a test that needs these packages beside it; skips the test where something is missing."""
    found = shutil.which("node")
    missing = [package for package in packages if not (MODULES / package).is_dir()]
    if found is None or missing:
        pytest.skip(f"needs node and the npm packages {', '.join(packages)}: {_HOW}")
    return found


def run(command: list[str], directory: Path | None = None, seconds: float = 120) -> str:
    """What a program printed; its complaints are the failure's."""
    environment = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False, timeout=seconds
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def report(command: list[str], directory: Path | None = None) -> Any:
    """What a program printed as JSON."""
    return json.loads(run(command, directory))
