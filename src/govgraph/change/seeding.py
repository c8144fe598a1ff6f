"""Loads the data that ship with govgraph: reference data first, then the small country that uses them."""

from __future__ import annotations

from govgraph.change import Loaded, Progress, no_progress
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.shipped import shipped
from govgraph.store import Store

PARTS = (("reference", "reference"), ("country", "working"))
"""Directory of ``seed_data`` and the graph it goes to."""


def seed(store: Store, contract: Contract, *, engine: str = "shacl", progress: Progress = no_progress) -> Loaded:
    """Load the seed as two revisions; what came of the second. Raises as ``Load`` does; a shipped file must be good."""
    for directory, target in PARTS:
        load = Load(store, contract, target=target, engine=engine, progress=progress)
        for path in sorted((shipped("seed_data") / directory).glob("*.ttl")):
            load.read_rdf(path)
        loaded = load.finish(strict=True)
    return loaded
