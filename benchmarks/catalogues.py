"""The generated catalogues of a run, each made and loaded once; times nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from generator import BASE, Made, generate
from govgraph.access import Author, Role
from govgraph.catalogue import Audience, Catalogue, View
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.gate.bulk import LoggedStore
from govgraph.settings import read
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
            directory = self.directory / f"store-{services}"
            logged = self.logged(directory)
            load = Load(logged, self.contract)
            load.read_rdf(self.file(services))
            load.finish(strict=True)
            logged.close()
            self._stores[services] = DiskStore(directory, BASE, limits=Limits(seconds=600))
        return self._stores[services]

    def snapshot(self, services: int) -> Path:
        """Where the store of a size lies, as readers open it."""
        self.store(services)
        (found,) = (self.directory / f"store-{services}" / "snapshots").iterdir()
        return found

    def logged(self, directory: Path) -> LoggedStore:
        """A data directory as ``govgraph load`` writes it."""
        return LoggedStore(read({}, data=directory, base=BASE), self.contract, Author("benchmark", Role.ADMIN))

    def view(self, services: int) -> View:
        return Catalogue(self.store(services), self.contract).view(Audience.WORKING)

    def close(self) -> None:
        for store in self._stores.values():
            store.close()
