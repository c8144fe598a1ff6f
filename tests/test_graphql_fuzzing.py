"""schemathesis asks what nobody would think of; whatever it is, no answer is a fault of ours."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from conftest import REPOSITORY, Seed
from govgraph.settings import read
from govgraph.web.app import build_app

_OPERATIONS = 200
"""At least so many root fields there are."""


@pytest.fixture
def address(seed: Seed) -> Iterator[str]:
    """A server of its own on a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(build_app(read({}, data=seed.directory)), log_level="critical", lifespan="on")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
        server.should_exit = True
        thread.join(timeout=10)


def test_no_operation_schemathesis_thinks_of_is_answered_by_a_fault(address: str, tmp_path: Path) -> None:
    program = shutil.which("schemathesis", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    if program is None:
        pytest.skip("needs schemathesis: pip install schemathesis")
    arguments = ["--checks", "no_fault", "--phases", "fuzzing", "-n", "1", "--seed", "1"]
    done = subprocess.run(
        [program, "run", address, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(REPOSITORY / "tests" / "graphql_fuzzing.py"), "PYTHONPATH": ""},
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    tested = re.search(r"Tested: (\d+)", done.stdout)
    assert tested is not None, done.stdout[-8000:]
    assert int(tested[1]) >= _OPERATIONS
