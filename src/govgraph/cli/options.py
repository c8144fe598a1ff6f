"""The options that several commands have, each said once; imports nothing but Typer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

Data = Annotated[Path | None, typer.Option("--data", help="Directory of the store.", show_default="./data")]
Base = Annotated[
    str | None,
    typer.Option("--base", help="Base of the catalogue's IRIs.", show_default="that of the store, else this server"),
]
Own = Annotated[Path | None, typer.Option("--contract", help="Directory of a country's own contract.")]
Ontology = Annotated[Path | None, typer.Option("--ontology", help="Ontology read instead of govgraph's own.")]
Shapes = Annotated[Path | None, typer.Option("--shapes", help="Shapes read instead of govgraph's own.")]
Language = Annotated[str, typer.Option("--lang", help="Language of texts, or several by preference: fr,en.")]
Audience: TypeAlias = Literal["public", "working"]
Seen = Annotated[Audience, typer.Option("--audience", help="public: what strangers see; working: drafts as well.")]
Engine = Annotated[
    Literal["shacl", "pyshacl"] | None, typer.Option("--engine", help="shacl is fast, pyshacl the reference.")
]
AsOf = Annotated[
    str,
    typer.Option("--as-of", help="As it was at a revision, a date (its end), a date-time (else in UTC) or a release."),
]
