"""What the tests share: the contract, the seed catalogue on a real disk store, and a builder for small catalogues."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from govgraph.access import Author, Role
from govgraph.catalogue import Audience, Catalogue, View
from govgraph.change import Loaded
from govgraph.change.loading import Load
from govgraph.change.seeding import seed as load_seed
from govgraph.contract import Contract
from govgraph.contract.reading import read as read_contract
from govgraph.gate.bulk import LoggedStore
from govgraph.iris import PREFIXES
from govgraph.question import Question
from govgraph.question.reading import read as read_questions
from govgraph.settings import read as read_settings
from govgraph.store.embedded import DiskStore, MemoryStore

pytest_plugins = ("graphql_country", "requirements")

REPOSITORY = Path(__file__).parents[1]
BASE = "http://127.0.0.1:8000/"
TURTLE_PREFIXES = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in PREFIXES.items())


@pytest.fixture(scope="session")
def contract() -> Contract:
    return read_contract()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and official suites beside the checkout."""
    folder = Path(os.environ.get("GOVGRAPH_SHARED", REPOSITORY.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"needs the folder {folder.name} beside the checkout, or GOVGRAPH_SHARED")
    return folder


@dataclass(frozen=True)
class Filled:
    """A catalogue, what loading it did, and its views."""

    loaded: Loaded
    catalogue: Catalogue

    @property
    def public(self) -> View:
        return self.catalogue.view(Audience.PUBLIC)

    @property
    def working(self) -> View:
        return self.catalogue.view(Audience.WORKING)


@dataclass(frozen=True)
class Seed(Filled):
    """The shipped seed, loaded into ``directory``."""

    contract: Contract
    store: DiskStore
    questions: Mapping[str, Question]
    directory: Path


@pytest.fixture(scope="session")
def seed(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seed]:
    directory = tmp_path_factory.mktemp("seed") / "data"
    logged = LoggedStore(read_settings({}, data=directory, base=BASE), contract, Author("test:load", Role.ADMIN))
    loaded = load_seed(logged, contract)
    logged.close()
    store = DiskStore(directory, BASE)
    yield Seed(loaded, Catalogue(store, contract), contract, store, read_questions(contract), directory)
    store.close()


@dataclass(frozen=True)
class Small(Filled):
    """A catalogue made of one Turtle text."""


@pytest.fixture
def small(contract: Contract, tmp_path: Path) -> Callable[..., Small]:
    """Loads Turtle (prefixes are given) into a store in memory."""

    def build(turtle: str, *, of: Contract = contract, engine: str = "shacl") -> Small:
        path = tmp_path / "small.ttl"
        path.write_text(TURTLE_PREFIXES + turtle, "utf-8")
        store = MemoryStore(BASE)
        load = Load(store, of, engine=engine)
        load.read_rdf(path)
        return Small(load.finish(), Catalogue(store, of))

    return build


ORGANISATION = """
<id/organisation/interior> a cv:PublicOrganisation ; skos:prefLabel "Interior"@en, "Intérieur"@fr ;
    dct:description "Keeps the registers."@en ; dct:identifier "INT" ; gov:publicationStatus code:Published ;
    dct:spatial <http://publications.europa.eu/resource/authority/country/LUX> .
"""
SERVICE = """
<id/service/{slug}> a cpsv:PublicService ; dct:title "{title}"@en, "{title} (fr)"@fr ;
    dct:description "What it does."@en ;
    cv:hasCompetentAuthority <id/organisation/interior> ; gov:digitalisationLevel code:Level2 ;
    gov:publicationStatus code:Published {more} .
"""


def service(slug: str, title: str = "A service", more: str = "") -> str:
    """Turtle of a service that may be published; ``more`` are further statements, each beginning with ';'."""
    return SERVICE.format(slug=slug, title=title, more=more)
