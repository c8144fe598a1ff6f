"""Requests per second of ``/graphql`` beside a static route of the same app; run by itself it is the server asked."""

from __future__ import annotations

import gc
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import httpx
import orjson
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from catalogues import Catalogues
from generator import BASE
from govgraph import settings
from govgraph.web.app import build_app
from measuring import Row, Sizes

_CLIENTS = 32
_SECONDS = 3
_QUERY = "query($iri: IRI!) { service(iri: $iri) { title { value } } }"
_SCRIPT = """wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.body = [==[%s]==]
"""


class _Rate(NamedTuple):
    """Requests per second, and microseconds of the server's processor each took."""

    second: float
    processor: float


class _Served(NamedTuple):
    address: str
    process: int


def graphql_requests(catalogues: Catalogues, sizes: Sizes) -> list[Row]:
    """Nothing where there is no wrk."""
    wrk = shutil.which("wrk")
    if wrk is None:
        return []
    view = catalogues.view(sizes.scaling[0])
    iri = view.members(catalogues.contract.kind("Service"))[0].value
    body = orjson.dumps({"query": _QUERY, "variables": {"iri": iri}})
    catalogues.store(sizes.scaling[0])
    data = catalogues.directory / f"store-{sizes.scaling[0]}"
    with _serving(data) as kept, _serving(data, graphql_cache_megabytes=0) as made, TemporaryDirectory() as directory:
        static = _answer(kept, b"", "/static")
        for served in (kept, made):
            assert b'"errors"' not in (answer := _answer(served, body, "/graphql")), answer
        script = Path(directory) / "ask.lua"
        script.write_text(_SCRIPT % body.decode())
        sides: dict[str, Callable[[], _Rate]] = {
            "static": lambda: _measure(wrk, kept, "/static", None),
            "kept": lambda: _measure(wrk, kept, "/graphql", script),
            "made": lambda: _measure(wrk, made, "/graphql", script),
        }
        rates: dict[str, list[_Rate]] = {side: [] for side in sides}
        for _ in range(sizes.rounds):
            for side, measure in sides.items():
                rates[side].append(measure())
    beside = f"{_CLIENTS} clients, one serving process; a static route of the same app ({len(static)} bytes)"
    return [
        _row(f"small GraphQL operation, {name}", beside, rates[side], rates["static"], target)
        for side, name, target in (("kept", "answer kept", 0.6), ("made", "answer made each time", 0.2))
    ]


def _row(figure: str, compared: str, ours: list[_Rate], static: list[_Rate], target: float) -> Row:
    ratio = median(a.second / b.second for a, b in zip(ours, static, strict=True))
    second, other = median(rate.second for rate in ours), median(rate.second for rate in static)
    processor, beside = median(rate.processor for rate in ours), median(rate.processor for rate in static)
    return Row(
        figure,
        compared,
        ratio,
        f"{second:,.0f} ÷ {other:,.0f} requests/s",
        f"≥ {target}",
        ratio >= target,
        (f"{beside:.0f} ÷ {processor:.0f} µs of the processor: {beside / processor:.2f}",),
    )


@contextmanager
def _serving(data: Path, **changed: object) -> Iterator[_Served]:
    """A serving process of its own over a data directory."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        said = [f"{key}={value}" for key, value in changed.items()]
        command = [sys.executable, __file__, str(listening.fileno()), str(data), *said]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        process = subprocess.Popen(command, pass_fds=[listening.fileno()], env=environment)
        try:
            yield _Served(f"http://127.0.0.1:{listening.getsockname()[1]}", process.pid)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _answer(served: _Served, body: bytes, path: str) -> bytes:
    """Waits for the server: its socket listens already."""
    method = "POST" if body else "GET"
    answer = httpx.request(
        method, served.address + path, content=body, headers={"content-type": "application/json"}, timeout=60
    )
    assert answer.is_success, answer.text
    return answer.content


def _measure(wrk: str, served: _Served, path: str, script: Path | None) -> _Rate:
    before = _processor_seconds(served.process)
    arguments = ["-t1", f"-c{_CLIENTS}", f"-d{_SECONDS}s", *(["-s", str(script)] if script else [])]
    told = subprocess.run(
        [wrk, *arguments, served.address + path], capture_output=True, text=True, check=True, timeout=120
    ).stdout
    assert "Non-2xx" not in told, told
    taken = _processor_seconds(served.process) - before
    requests, second = re.search(r"(\d+) requests in", told), re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert requests is not None, told
    assert second is not None, told
    return _Rate(float(second[1]), taken / int(requests[1]) * 1e6)


def _processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _static(_request: Request) -> JSONResponse:
    return JSONResponse({"data": {"service": {"title": {"value": "Register the birth of a child"}}}})


def main() -> None:
    descriptor, data, *said = sys.argv[1:]
    app = build_app(settings.read({}, data=data, base=BASE, **dict(one.split("=", 1) for one in said)))
    app.router.routes.insert(0, Route("/static", _static))
    gc.freeze()
    config = uvicorn.Config(app, log_level="error", server_header=False, access_log=False)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(descriptor))])


if __name__ == "__main__":
    main()
