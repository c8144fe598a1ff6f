"""What a command works on: the settings it was given and what they name, opened when it is first asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from govgraph import settings
from govgraph.catalogue import Audience, Catalogue, View
from govgraph.contract import Contract
from govgraph.contract import reading as contract_reading
from govgraph.question import Question
from govgraph.question import reading as question_reading
from govgraph.store.directory import recorded_base
from govgraph.store.embedded import DiskStore


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
            base = recorded_base(found.data) or f"http://{host}:{found.port}/"
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
        return DiskStore.of(self.settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        if "store" in vars(self):
            self.store.close()

    def view(self, audience: str) -> View:
        """The newest revision as an audience sees it. Raises StoreMissing where nothing was loaded yet."""
        return Catalogue(self.store, self.contract).view(Audience(audience))


def languages(text: str) -> tuple[str, ...]:
    """The tags of ``--lang``, by preference."""
    return tuple(tag.strip() for tag in text.split(",") if tag.strip()) or ("en",)
