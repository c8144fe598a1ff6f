"""The writer's end of the line: a socket in the data directory, at which the one process that writes hears everybody.

It carries whole objects between processes of one user and one version, and knows nothing of what a change does.

A connection begins with a greeting of the writer's side, so that whoever got none knows that nothing was asked. When
the line closes, what was sent before is still answered and nothing can be sent after: only a writer that is killed
leaves somebody without knowing what became of a change.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import tempfile
import threading
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic

from govgraph import __version__
from govgraph.errors import BadRequest, GovgraphError, LogUnwritable, StoreError, WriterAway
from govgraph.files import replace_text
from govgraph.gate import Writer

_LONGEST = 96
"""Bytes of an address that every system takes (Linux has room for 107, others for 103), with what is put behind it."""
_CREDENTIALS = struct.Struct("3i")
_CLOSING_SECONDS = 10.0


@dataclass(frozen=True)
class Greeting:
    """What the writer's side says first."""

    version: str = __version__
    process: int = field(default_factory=os.getpid)


@dataclass(frozen=True)
class Request:
    """What is wanted of the writer: one of ``Line``'s names, and what goes with it."""

    name: str
    arguments: tuple[object, ...] = ()


class Line:
    """The writer's end. Requests are answered from the moment it is made until ``close``; ``ended`` is set when the
    writer is to be ended: somebody asked for it, or its log must be opened anew."""

    def __init__(self, writer: Writer, directory: Path) -> None:
        self.ended = threading.Event()
        self._writer = writer
        self._directory = directory
        self._address = _new_address(directory)
        self._listening = _listen(self._address)
        self._lock = threading.Lock()
        self._closing = False
        self._talking: dict[threading.Thread, socket.socket] = {}
        self._accepting = threading.Thread(target=self._accept, name="line", daemon=True)
        self._accepting.start()

    def close(self, seconds: float = _CLOSING_SECONDS) -> None:
        """Take no more requests, answer those that came, for so many seconds at most."""
        with self._lock:
            self._closing = True
            talking = dict(self._talking)
        _forget_address(self._directory, self._address)
        for one in (self._listening, *talking.values()):
            with contextlib.suppress(OSError):
                # What was sent before can still be read; on the other side sending fails from now on.
                one.shutdown(socket.SHUT_RD)
        until = monotonic() + seconds
        for thread in (self._accepting, *talking):
            thread.join(max(0.0, until - monotonic()))
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._talk, args=(peer,), name="line to a client", daemon=True)
            with self._lock:
                if self._closing or not _is_ours(peer):
                    peer.close()
                    continue
                self._talking[thread] = peer
                thread.start()

    def _talk(self, peer: socket.socket) -> None:
        gone = contextlib.suppress(EOFError, OSError)  # it has ended, or the line closes
        try:
            with peer, Connection(os.dup(peer.fileno())) as connection:
                with gone:
                    connection.send(Greeting())
                while (request := _next(connection)) is not None:
                    answer = self._answer(request)
                    with gone:
                        connection.send(answer)
        finally:
            with self._lock:
                del self._talking[threading.current_thread()]

    def _answer(self, request: Request) -> object:
        try:
            match request.name:
                case "submit":
                    return self._writer.submit(*request.arguments)  # type: ignore[arg-type]  # our own user's
                case "revision":
                    return self._writer.revision
                case "snapshot":
                    return self._writer.snapshot()
                case "adopt":
                    return self._writer.adopt(*request.arguments)  # type: ignore[arg-type]  # our own user's
                case "adopt_contract":
                    return self._writer.adopt_contract(*request.arguments)  # type: ignore[arg-type]  # the same
                case "stop":
                    self.ended.set()
                    return None
            raise BadRequest(f"The writer does not know what {request.name} is.")
        except (LogUnwritable, WriterAway) as error:  # it has ended by itself
            self.ended.set()
            return error
        except GovgraphError as error:
            return error


def _next(connection: Connection) -> Request | None:
    """What is wanted next; None where the other end has gone, or the line closes."""
    try:
        request = connection.recv()
    except (EOFError, OSError):
        return None
    assert isinstance(request, Request)
    return request


def listen(writer: Writer, directory: Path) -> Line:
    """Serve a writer, who has the right to write to the directory, at its socket; many clients at once.

    A socket that a killed process left behind is replaced. Raises StoreError where there can be none.
    """
    return Line(writer, directory)


def address(directory: Path) -> Path:
    """Where the socket of a data directory is, or would be: a long path has it elsewhere, recorded in a file."""
    usual = directory.absolute() / "writer.sock"
    if len(os.fsencode(usual)) <= _LONGEST:
        return usual
    try:
        return Path((directory / "writer.address").read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return usual


def connect(directory: Path, seconds: float) -> tuple[Connection, Greeting] | None:
    """A connection to the writer of a directory, who has greeted; None where nobody listens, or not for long.

    Raises StoreError when whoever listens belongs to somebody else or to another version of govgraph.
    """
    ours = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        ours.settimeout(seconds)
        ours.connect(str(address(directory)))
        ours.settimeout(None)
    except OSError:  # no socket, one that a killed process left, one whose queue is full; or its path is too long
        ours.close()
        return None
    if not _is_ours(ours):
        ours.close()
        raise StoreError(
            f"What writes to {directory} belongs to another user.", "Run govgraph as the user that serves it."
        )
    connection = Connection(ours.detach())
    try:
        greeting = connection.recv() if connection.poll(seconds) else None
    except (EOFError, OSError):
        greeting = None
    if isinstance(greeting, Greeting) and greeting.version == __version__:
        return connection, greeting
    connection.close()
    if isinstance(greeting, Greeting):
        raise StoreError(
            f"What writes to {directory} is govgraph {greeting.version}; this is {__version__}.",
            "Restart the server, or use its version.",
        )
    return None


def _new_address(directory: Path) -> Path:
    _forget_address(directory, address(directory))  # of a process that was killed
    usual = directory.absolute() / "writer.sock"
    if len(os.fsencode(usual)) <= _LONGEST:
        return usual
    made = Path(tempfile.mkdtemp(prefix="govgraph-")) / "writer.sock"
    replace_text(directory / "writer.address", str(made))
    return made


def _forget_address(directory: Path, socket_file: Path) -> None:
    with contextlib.suppress(OSError):  # somebody else's, or gone
        socket_file.unlink()
        if socket_file.parent != directory.absolute():
            socket_file.parent.rmdir()


def _listen(at: Path) -> socket.socket:
    """A socket nobody else may reach; it has its name only once it listens, so that who finds it reaches it."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    beside = at.with_suffix(".new")
    try:
        beside.unlink(missing_ok=True)
        listening.bind(str(beside))
        beside.chmod(0o600)
        listening.listen(128)
        beside.replace(at)
    except OSError as error:
        listening.close()
        raise StoreError(f"There can be no socket {at}: {error}.", "Choose a directory on a local disk.") from error
    return listening


def _is_ours(peer: socket.socket) -> bool:
    """Whether the other end is of this user: what it sends becomes objects, which is as good as running its code."""
    if not hasattr(socket, "SO_PEERCRED"):  # outside Linux the rights of the file are the guard
        return True
    said = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(said)[1]) == os.geteuid()
