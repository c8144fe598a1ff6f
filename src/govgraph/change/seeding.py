"""Loads the data that ship with govgraph: reference data, and the small country that uses them."""

from __future__ import annotations

from pathlib import Path

from govgraph.change import Loaded, Progress, no_progress
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.shipped import shipped
from govgraph.store import Store

PARTS = (("reference", "reference"), ("country", "working"))
"""Directory of ``seed_data`` and the graph it goes to."""


def seed(store: Store, contract: Contract, *, engine: str = "shacl", progress: Progress = no_progress) -> Loaded:
    """Load the seed as one revision. Raises as ``Load`` does; a shipped file must be good."""
    load = Load(store, contract, engine=engine, progress=progress)
    read(load)
    return load.finish(strict=True)


def read(load: Load) -> None:
    """Give the files of the seed to a load."""
    for target, files in _files().items():
        for path in files:
            load.read_rdf(path, target=target)


def _files() -> dict[str, list[Path]]:
    return {target: sorted((shipped("seed_data") / directory).glob("*.ttl")) for directory, target in PARTS}
