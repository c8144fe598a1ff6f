"""A file that tells how far it has been read; knows nothing of what is in it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Watched(io.RawIOBase):
    """Reads from ``file`` and tells the bytes read so far after every read."""

    def __init__(self, file: BinaryIO, tell: Callable[[int], None]) -> None:
        super().__init__()
        self._file = file
        self._tell = tell
        self._done = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        count: int = self._file.readinto(buffer)  # type: ignore[attr-defined]  # every file opened in binary has it
        self._done += count
        self._tell(self._done)
        return count
