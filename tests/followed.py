"""A served catalogue that can be written to and followed: over WebSocket, and as server-sent events."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, service
from govgraph.access import Author, Role
from govgraph.access.tokens import Tokens
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.gate.bulk import LoggedStore
from govgraph.gate.writer import LocalWriter
from govgraph.iris import Names
from govgraph.settings import Settings, read
from govgraph.web.app import build_app

NAMES = Names(BASE)
PROTOCOL = "graphql-transport-ws"
SECONDS = 20
"""A message that has not come by then does not come."""
EVENT = "cursor revision complete changes { iri kind change entity { iri label { value } } }"


class Talk:
    """A client of graphql-transport-ws that shows every message."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, **message: Any) -> None:
        self.connection.send(json.dumps(message))

    def hear(self) -> Any:
        return json.loads(self.connection.recv(SECONDS))

    def greet(self, payload: Mapping[str, Any] | None = None) -> int:
        self.send(type="connection_init", **({"payload": payload} if payload is not None else {}))
        said = self.hear()
        assert said["type"] == "connection_ack", said
        revision: int = said["payload"]["revision"]
        return revision

    def subscribe(self, query: str, id_: str = "1", **variables: Any) -> None:
        self.send(type="subscribe", id=id_, payload={"query": query, "variables": variables})

    def follow(self, arguments: str = "", id_: str = "1", fields: str = EVENT) -> None:
        self.subscribe(f"subscription {{ catalogueChanged{arguments} {{ {fields} }} }}", id_)

    def event(self, id_: str = "1") -> Any:
        """The next event, whose message it has to be."""
        said = self.hear()
        assert (said["type"], said.get("id")) == ("next", id_), said
        assert "errors" not in said["payload"], said
        return said["payload"]["data"]["catalogueChanged"]

    def refusal(self, id_: str = "1") -> str:
        said = self.hear()
        assert (said["type"], said.get("id")) == ("error", id_), said
        code: str = said["payload"][0]["extensions"]["code"]
        return code

    def end(self) -> tuple[int, str]:
        """How the server closes the connection; other messages are passed over."""
        with suppress(ConnectionClosed):
            while True:
                self.connection.recv(SECONDS)
        assert self.connection.close_code is not None
        return self.connection.close_code, self.connection.close_reason or ""


@dataclass
class Site:
    """A server with its writer, and a token of each role."""

    settings: Settings
    writer: LocalWriter
    tokens: dict[Role, str]
    address: str = ""
    server: uvicorn.Server | None = None
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 1_000_000)))

    @contextmanager
    def talk(self, *, greeted: bool = True, role: Role | None = None, path: str = "/graphql") -> Iterator[Talk]:
        """With a role over the working view."""
        with connect(self.address.replace("http:", "ws:") + path, subprotocols=[PROTOCOL]) as connection:  # type: ignore[list-item]  # a NewType of str
            talk = Talk(connection)
            if greeted:
                payload = {"authorization": f"Bearer {self.tokens[role]}", "view": "working"} if role else None
                talk.greet(payload)
            yield talk

    def send(self, method: str, path: str, turtle: str = "", role: Role = Role.STEWARD) -> int:
        """Change something; the revision it made."""
        headers = {"authorization": f"Bearer {self.tokens[role]}", "content-type": "text/turtle"}
        body = (TURTLE_PREFIXES + turtle).encode() if turtle else b""
        answer = httpx.request(method, self.address + path, content=body, headers=headers, timeout=30)
        assert answer.status_code < 300, answer.text
        self.writer.snapshot()
        return int(answer.headers["govgraph-revision"])

    def put(self, slug: str, title: str = "A service", more: str = "", *, publish: bool = True) -> int:
        text = service(slug, title, more)
        return self.send("PUT", f"/doc/service/{slug}", text if publish else text.replace("Published", "Draft"))

    def publish(self, path: str, turtle: str) -> int:
        """Change what is public already; the revision strangers see it in."""
        self.send("PUT", path, turtle)
        return self.send("POST", f"{path}/publish")

    def delete(self, slug: str) -> int:
        return self.send("DELETE", f"/doc/service/{slug}")

    def slug(self) -> str:
        return f"s{next(self.numbers)}"


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """Serve a site in a thread of this process."""
    config = uvicorn.Config(build_app(site.settings, site.writer), log_level="warning", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        site.address, site.server = f"http://127.0.0.1:{listening.getsockname()[1]}", server
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            while not server.started:
                threading.Event().wait(0.01)
            yield site
        finally:
            server.should_exit = True
            thread.join(30)


@contextmanager
def opened(contract: Contract, directory: Path, **settings: Any) -> Iterator[Site]:
    """A catalogue of two organisations, a published service of each, and its server."""
    source = directory / "data.ttl"
    other = ORGANISATION.replace("interior", "health").replace("INT", "HEA").replace("Int", "Hea")
    theirs = service("vaccine", "Vaccine").replace("organisation/interior", "organisation/health")
    source.write_text(TURTLE_PREFIXES + ORGANISATION + other + service("permit", "Permit") + theirs, "utf-8")
    chosen = read({}, data=directory / "data", **{"refresh_seconds": 0.02, **settings})
    logged = LoggedStore(chosen, contract, Author("test:load", Role.ADMIN))
    load = Load(logged, contract)
    load.read_rdf(source)
    load.finish()
    logged.close()
    kept = Tokens(chosen.data / "access")
    tokens = {role: kept.create(role, None, role, None) for role in (Role.READER, Role.STEWARD)}
    writer = LocalWriter(chosen, contract)
    try:
        with serving(Site(chosen, writer, tokens)) as site:
            yield site
    finally:
        writer.close()
