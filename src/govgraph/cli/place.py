"""What a command works on: the settings it was given and what they name, opened when it is first asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from getpass import getuser
from typing import TYPE_CHECKING, Self

from govgraph import settings
from govgraph.access import Author, Role
from govgraph.catalogue import Audience, Catalogue, View
from govgraph.contract import Contract
from govgraph.contract import reading as contract_reading
from govgraph.history.log import logged_base
from govgraph.history.past import Past
from govgraph.history.releases import releases
from govgraph.question import Question
from govgraph.question import reading as question_reading
from govgraph.store.directory import recorded_base
from govgraph.store.embedded import DiskStore

if TYPE_CHECKING:
    from govgraph.gate.bulk import LoggedStore


@dataclass(frozen=True)
class Place:
    """Settings, and the contract, questions and store they lead to."""

    settings: settings.Settings

    @classmethod
    def of(cls, **overrides: object) -> Place:
        """The settings of the environment with the options given on the command line.

        Where nobody names a base it is the one the store was loaded under, and for a new store this server's address.
        """
        found = settings.read(None, **overrides)
        if overrides.get("base") is None and "GOVGRAPH_BASE" not in os.environ:
            host = f"[{found.host}]" if ":" in found.host else found.host
            base = recorded_base(found.data) or logged_base(found.data / "log") or f"http://{host}:{found.port}/"
            found = settings.read(None, **{**overrides, "base": base})
        return cls(found)

    @cached_property
    def contract(self) -> Contract:
        return contract_reading.of(self.settings)

    @cached_property
    def questions(self) -> dict[str, Question]:
        return question_reading.of(self.settings, self.contract)

    @cached_property
    def store(self) -> DiskStore:
        """Who writes is asked for the snapshot in force, should somebody have deleted it."""
        store = DiskStore.of(self.settings)
        if store.exists and not store.is_readable:
            from govgraph.gate.line import open_writer  # noqa: PLC0415  # no reading command needs the gate

            writer = open_writer(self.settings, self.contract)
            try:
                writer.snapshot()
            finally:
                writer.close()
        return store

    @property
    def author(self) -> Author:
        """Who types the command: whoever may write to the data directory may do everything with it."""
        name = getuser()
        return Author(f"cli:{name}", Role.ADMIN, name=name)

    def logged(self, reason: str = "") -> LoggedStore:
        """The store as the bulk way writes it."""
        from govgraph.gate.bulk import LoggedStore  # noqa: PLC0415  # no reading command needs the gate

        return LoggedStore(self.settings, self.contract, self.author, reason)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        if "store" in vars(self):
            self.store.close()
        if "past" in vars(self):
            self.past.close()

    @cached_property
    def past(self) -> Past:
        return Past.of(self.settings, self.contract)

    def meant(self, at: str) -> str:
        """A revision or date as somebody wrote it, or the revision that has this name as a release."""
        named = (one.revision for one in releases(self.settings.data) if one.name == at)
        return str(next(named, at))

    def view(self, audience: str, as_of: str = "") -> View:
        """What an audience sees, or saw: the newest revision, a revision or release, or what was in force at a date.

        Raises StoreMissing where nothing was loaded yet, NotFound where nothing was then.
        """
        if as_of:
            return self.past.view(audience, self.meant(as_of))
        return Catalogue(self.store, self.contract).view(Audience(audience))


def languages(text: str) -> tuple[str, ...]:
    """The tags of ``--lang``, by preference."""
    return tuple(tag.strip() for tag in text.split(",") if tag.strip()) or ("en",)
