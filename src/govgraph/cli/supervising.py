"""Which processes a server has: it starts them, replaces what dies, and changes or ends them without losing a request.

One writes, the others serve from the same listening socket. It reads no data and answers no request, so that nothing a
stranger sends can end it; what a process does is ``processes``'s to know.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from time import monotonic

from govgraph.settings import Settings

WRITER = "writer"
PREPARED, READY = b"prepared", b"ready"
"""What a process says of itself: a writer that it could begin, any process that it does its work."""
WRITE, DRAIN = b"write", b"drain"
"""What it is told: a prepared writer to begin, any process to end after the requests it has."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SHORT_LIFE = 10.0
"""Seconds; a process that ends sooner has failed."""
_LONGEST_PAUSE = 30.0
_ENDING_SECONDS = 2.0
_MARGIN_SECONDS = 10.0
"""What a process may take beyond ``drain_seconds`` to leave all in order, before it is killed."""


@dataclass(eq=False)
class Child:
    """A process and how far it is; ``name`` is the place it has: ``writer``, or ``reader`` and a number."""

    name: str
    process: subprocess.Popen[bytes]
    pipe: Connection
    stage: bytes = b""
    began: float = field(default_factory=monotonic)
    kill_at: float = inf

    def tell(self, what: bytes) -> None:
        with suppress(OSError):  # it has ended, which will be heard
            self.pipe.send_bytes(what)

    def leave(self, seconds: float) -> None:
        """Let it end what it does; one that has begun nothing is ended at once."""
        self.kill_at = monotonic() + seconds
        if self.stage in (READY, WRITE):
            self.tell(DRAIN)
        else:
            self.process.kill()


class Supervisor:
    """The processes of one server, over a socket that listens."""

    def __init__(self, settings: Settings, listening: socket.socket, *, read_only: bool = False) -> None:
        self._settings = settings
        self._listening = listening
        self._read_only = read_only
        readers = [f"reader {number}" for number in range(1, max(1, settings.workers) + 1)]
        self._names = [*([] if read_only else [WRITER]), *readers]
        self._serving: dict[str, Child] = {}
        self._coming: dict[str, Child] = {}
        """Those of a reload, until all of them can take over."""
        self._leaving: set[Child] = set()
        self._due: dict[str, float] = {}
        """When what died is started again."""
        self._failures: dict[str, int] = {}
        self._answered = False
        """Whether any process has ever served: before that a failure is the operator's to mend."""
        self._stopping = False
        self._status = 0
        # nohup has set the signal to be ignored: then the server is to outlive its terminal.
        self._stops_with_terminal = _has_terminal() and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN

    def run(self) -> int:
        """Until a signal ends it; the exit status."""
        with _heard() as signals:
            try:
                for name in self._names:
                    if name != WRITER:  # which comes when there is an answer: to write can wait, to read should not
                        self._serving[name] = self._start(name, greet=name == "reader 1")
                while self._children() or self._due:
                    self._turn(signals)
            finally:
                for child in self._children():
                    child.process.kill()
                    child.process.wait()
        return self._status

    def _children(self) -> list[Child]:
        return [*self._serving.values(), *self._coming.values(), *self._leaving]

    def _turn(self, signals: socket.socket) -> None:
        """Wait for the next thing that happens, and act on it."""
        children: dict[object, Child] = {child.pipe: child for child in self._children()}
        timers = [*self._due.values(), *(child.kill_at for child in children.values())]
        pause = max(0.0, min(timers, default=inf) - monotonic())
        for one in wait([signals, *(child.pipe for child in children.values())], None if pause == inf else pause):
            if one is signals:
                for number in signals.recv(64):
                    self._act_on(signal.Signals(number))
            else:
                self._hear(children[one])
        self._act_on_time(monotonic())
        self._let_write()
        if self._stopping and list(self._serving) == [WRITER] and not self._leaving:
            self._leave([self._serving.pop(WRITER)])  # the last, since the others had changes for it

    def _act_on(self, number: signal.Signals) -> None:
        if number == signal.SIGHUP and not (self._stops_with_terminal and not _has_terminal()):
            if not self._stopping:
                self._reload()
        elif self._stopping:  # somebody has no patience
            for child in self._children():
                child.process.kill()
        else:
            self._stop()

    def _act_on_time(self, now: float) -> None:
        for child in self._children():
            if child.kill_at < now:
                child.process.kill()
                child.kill_at = inf
        for name in [name for name, due in self._due.items() if due <= now]:
            del self._due[name]
            self._serving[name] = self._start(name)

    def _hear(self, child: Child) -> None:
        try:
            child.stage = child.pipe.recv_bytes()
        except (EOFError, OSError):
            self._bury(child)
        if child.stage == READY and child.name != WRITER and not self._answered and not self._stopping:
            self._answered = True
            self._due |= dict.fromkeys({WRITER} & set(self._names), monotonic())
        if self._coming and all(one.stage in (PREPARED, READY) for one in self._coming.values()):
            self._take_over()

    def _let_write(self) -> None:
        """The writer begins once there is no other."""
        writer = self._serving.get(WRITER)
        if writer is not None and writer.stage == PREPARED and all(one.name != WRITER for one in self._leaving):
            writer.stage = WRITE
            writer.tell(WRITE)

    def _bury(self, child: Child) -> None:
        """What has ended is replaced, unless it was to end."""
        _end(child)
        if child in self._leaving:
            self._leaving.discard(child)
        elif self._coming.get(child.name) is child:
            _tell("The new processes cannot take over; those there are go on.")
            del self._coming[child.name]
            self._leave(self._coming.values())
            self._coming = {}
        else:
            del self._serving[child.name]
            if not self._answered and child.name != WRITER:
                self._status = 2  # it has said why
                self._stop()
            elif not self._stopping:
                self._start_again(child)

    def _start_again(self, child: Child) -> None:
        short = monotonic() - child.began < _SHORT_LIFE
        failures = self._failures[child.name] = self._failures.get(child.name, 0) + 1 if short else 0
        pause = min(_LONGEST_PAUSE, 0.1 * 2**failures) if failures > 1 else 0.0
        self._due[child.name] = monotonic() + pause
        code = child.process.returncode
        how = signal.Signals(-code).name if code < 0 else f"status {code}"
        _tell(f"The {child.name} ended ({how}); another starts {f'in {pause:.1f} seconds' if pause else 'now'}.")

    def _reload(self) -> None:
        """Start all processes anew beside those there are, with code, contract and settings as they are now."""
        self._leave(self._coming.values())
        self._coming = {name: self._start(name) for name in self._names}

    def _take_over(self) -> None:
        self._leave(self._serving.values())
        self._serving, self._coming = self._coming, {}
        self._due.clear()
        self._failures.clear()
        _tell("New processes have taken over.")

    def _stop(self) -> None:
        self._stopping = True
        self._listening.close()
        self._due.clear()
        self._leave(self._coming.values())
        self._coming = {}
        self._leave([self._serving.pop(name) for name in list(self._serving) if name != WRITER])

    def _leave(self, children: Iterable[Child]) -> None:
        for child in children:
            self._leaving.add(child)
            child.leave(self._settings.drain_seconds + _MARGIN_SECONDS)

    def _start(self, name: str, *, greet: bool = False) -> Child:
        ours, theirs = Pipe()
        with theirs:
            role, kept = name.split(maxsplit=1)[0], [theirs.fileno()]
            if name != WRITER:
                kept.append(self._listening.fileno())
            options = [*(["--greet"] if greet else []), *(["--read-only"] if self._read_only else [])]
            # -P: what lies in the working directory is no module of ours. A group of its own: an interrupt from the
            # keyboard is for the supervisor to act on.
            command = [sys.executable, "-P", "-m", "govgraph.cli.processes", role, *map(str, kept), *options]
            environment = {**os.environ, **self._settings.environment}
            process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                command, pass_fds=kept, stdin=subprocess.DEVNULL, env=environment, process_group=0
            )
        return Child(name, process, ours)


def _end(child: Child) -> None:
    """After its pipe has ended the process has, or is about to."""
    try:
        child.process.wait(_ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        child.process.kill()
        child.process.wait()
    child.pipe.close()


@contextmanager
def _heard() -> Iterator[socket.socket]:
    """The numbers of the signals that come, as bytes to read; nothing else happens when one comes."""
    reading, writing = socket.socketpair()
    with reading, writing:
        writing.setblocking(False)
        before = signal.set_wakeup_fd(writing.fileno())
        handlers = {number: signal.signal(number, lambda *_: None) for number in _SIGNALS}
        try:
            yield reading
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(before)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _tell(sentence: str) -> None:
    from govgraph.cli.output import say  # noqa: PLC0415  # the processes know this module and say nothing

    say(sentence, "yellow", error=True)
