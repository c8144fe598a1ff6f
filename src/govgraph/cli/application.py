"""The Typer application and the options that several commands share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated

import typer

from govgraph import __version__, settings
from govgraph.catalogue import Audience, Catalogue, View
from govgraph.contract import Contract
from govgraph.contract import reading as contract_reading
from govgraph.question import Question
from govgraph.question import reading as question_reading
from govgraph.store.embedded import DiskStore

app = typer.Typer(
    name="govgraph",
    help="A country's digital services, building blocks, law and roadmap as one linked graph.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Data = Annotated[Path | None, typer.Option("--data", help="Directory of the store.", show_default="./data")]
Base = Annotated[str | None, typer.Option("--base", help="Base of the catalogue's IRIs.")]
Own = Annotated[Path | None, typer.Option("--contract", help="Directory of a country's own contract.")]
Ontology = Annotated[Path | None, typer.Option("--ontology", help="Ontology read instead of govgraph's own.")]
Shapes = Annotated[Path | None, typer.Option("--shapes", help="Shapes read instead of govgraph's own.")]
Language = Annotated[str, typer.Option("--lang", help="Language of texts, or several by preference: fr,en.")]
Seen = Annotated[Audience, typer.Option("--audience", help="public: what strangers see; working: everything.")]


class Format(StrEnum):
    """How an answer is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    TURTLE = "turtle"


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Show the version and stop.")] = False) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


@dataclass(frozen=True)
class Place:
    """What a command works on: settings, and what they name, opened when it is first asked for."""

    settings: settings.Settings

    @classmethod
    def of(cls, **overrides: object) -> Place:
        """The settings of the environment with the options given on the command line."""
        return cls(settings.read(None, **overrides))

    @cached_property
    def contract(self) -> Contract:
        return contract_reading.of(self.settings)

    @cached_property
    def questions(self) -> dict[str, Question]:
        return question_reading.of(self.settings, self.contract)

    @cached_property
    def store(self) -> DiskStore:
        return DiskStore.of(self.settings)

    def view(self, audience: Audience) -> View:
        """The newest revision as an audience sees it. Raises StoreMissing where nothing was loaded yet."""
        return Catalogue(self.store, self.contract).view(audience)


def languages(text: str) -> tuple[str, ...]:
    return tuple(tag.strip() for tag in text.split(",") if tag.strip())
