"""The least that each client was told to have left, for all serving processes together; counts no points itself.

A file of one number for each client, found by its digest, which lies in the memory the system keeps of files: to look
there and to leave a lower number takes two calls and no lock. Two processes at the same instant may leave the higher
of their numbers, and two clients whose digests share a place forget each other's: then what is told is what the process
knows by itself, which is right as well, but may be more than another one told.
"""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from pathlib import Path
from struct import Struct

_PLACES = 1 << 14
_DIGITS = 8
_PLACE = Struct(f"<{_DIGITS}sqq")
"""Whose number it is, the end of its window, and the number."""


class Told:
    """Safe to use from any thread and from several processes."""

    def __init__(self, file: Path) -> None:
        """The file is made when first needed; its directory is not."""
        self._path = file
        self._lock = threading.Lock()
        self._opened: int | None = None
        self._closing: weakref.finalize[[int], Told] | None = None

    def least(self, client: bytes, until: int, spent: int, left: int) -> int:
        """What to tell a client, by its digest, that has just ``spent`` points and has ``left`` as far as one process
        knows. Raises nothing: a disk that takes no more leaves what was known."""
        whose = client[:_DIGITS]
        offset = int.from_bytes(whose, "little") % _PLACES * _PLACE.size
        with contextlib.suppress(OSError):
            file = self._file()
            found = os.pread(file, _PLACE.size, offset)
            if len(found) == _PLACE.size:
                owner, window, told = _PLACE.unpack(found)
                if (owner, window) == (whose, until):
                    left = max(min(left, told - spent), 0)
                    if left == told:
                        return left
            os.pwrite(file, _PLACE.pack(whose, until, left), offset)
        return left

    def close(self) -> None:
        with self._lock:
            if self._closing is not None:
                self._closing()
            self._opened = self._closing = None

    def _file(self) -> int:
        if self._opened is None:
            with self._lock:
                if self._opened is None:
                    opened = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                    self._closing = weakref.finalize(self, os.close, opened)
                    self._opened = opened
        return self._opened
