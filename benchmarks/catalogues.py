"""The generated catalogues of a run, each made and loaded once; times nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from generator import BASE, Made, generate
from govgraph.catalogue import Audience, Catalogue, View
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.store.embedded import DiskStore
from govgraph.store.workers import Limits
from habits import Shape


class Catalogues:
    """Files and stores of several sizes in a directory that the caller removes."""

    def __init__(self, directory: Path, contract: Contract, shape: Shape) -> None:
        self.directory = directory
        self.contract = contract
        self._shape = shape
        self._made: dict[int, Made] = {}
        self._stores: dict[int, DiskStore] = {}

    def file(self, services: int) -> Path:
        path = self.directory / f"{services}.nt"
        if services not in self._made:
            self._made[services] = generate(self.contract, replace(self._shape, services=services), path)
        return path

    def made(self, services: int) -> Made:
        self.file(services)
        return self._made[services]

    def data(self, services: int) -> bytes:
        """What an engine or a query sees: the catalogue and the contract's vocabulary, as N-Triples."""
        return self.file(services).read_bytes() + self.contract.vocabulary

    def store(self, services: int) -> DiskStore:
        if services not in self._stores:
            store = DiskStore(self.directory / f"store-{services}", BASE, limits=Limits(seconds=600))
            load = Load(store, self.contract)
            load.read_rdf(self.file(services))
            load.finish(strict=True)
            self._stores[services] = store
        return self._stores[services]

    def view(self, services: int) -> View:
        return Catalogue(self.store(services), self.contract).view(Audience.WORKING)

    def close(self) -> None:
        for store in self._stores.values():
            store.close()
