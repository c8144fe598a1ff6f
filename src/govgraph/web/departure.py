"""That this process is about to end, for whoever holds a connection open; ends nothing itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Departure:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self._then: list[Callable[[], None]] = []

    def begin(self) -> None:
        """From now on what waits for something to happen is to be ended, so that its client goes elsewhere."""
        self.begun.set()
        for call in self._then:
            call()

    def then(self, call: Callable[[], None]) -> None:
        """Have something called when it begins."""
        self._then.append(call)
