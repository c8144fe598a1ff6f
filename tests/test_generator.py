"""The generator behind the benchmark: it follows the contract, and its catalogues hold what was planted and no more."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode

from conftest import BASE, REPOSITORY
from generator import Made, generate
from govgraph.catalogue import Audience, Catalogue, View
from govgraph.change import Loaded
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.contract.reading import read as read_contract
from govgraph.iris import XSD
from govgraph.question.reading import read as read_questions
from govgraph.store.embedded import MemoryStore
from habits import Shape


class Generated:
    """A generated catalogue in a store in memory."""

    def __init__(self, contract: Contract, shape: Shape, directory: Path) -> None:
        path = directory / "generated.nt"
        self.made: Made = generate(contract, shape, path, BASE)
        store = MemoryStore(BASE)
        load = Load(store, contract)
        load.read_rdf(path)
        self.loaded: Loaded = load.finish(strict=True)
        self.view: View = Catalogue(store, contract).view(Audience.WORKING)

    @property
    def found(self) -> set[tuple[str, str | None, str]]:
        return {(f.entity.value, f.rule or f.property_name, f.severity) for f in self.loaded.report.findings}

    @property
    def planted(self) -> set[tuple[str, str | None, str]]:
        return {(p.entity, p.what, p.severity) for p in self.made.planted}


@pytest.fixture(scope="module")
def thousand(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    return Generated(contract, Shape(1000), tmp_path_factory.mktemp("thousand"))


def test_it_makes_as_many_services_as_asked_for_and_some_of_every_kind(thousand: Generated) -> None:
    view = thousand.view
    counts = {kind.name: len(view.members(kind)) for kind in view.contract.entities}
    assert counts["Service"] == 1000
    assert len(counts) >= 26
    assert counts == thousand.made.counts
    assert min(counts.values()) >= 1
    assert thousand.loaded.entities == sum(counts.values())
    assert sum(1 for _ in (view.reader.dump(view.names.working)).splitlines()) == thousand.made.triples


def test_it_loads_with_exactly_the_findings_that_were_planted(thousand: Generated) -> None:
    assert len(thousand.planted) > 500
    assert thousand.found == thousand.planted
    assert {"violation", "warning", "info"} == {severity for _, _, severity in thousand.planted}


def test_another_shape_of_catalogue_holds_what_was_planted_too(contract: Contract, tmp_path: Path) -> None:
    dense = Generated(contract, Shape(300, seed=7, gaps=3, links=2, skew=0, missing=0.4), tmp_path)
    assert dense.found == dense.planted
    assert dense.loaded.published < dense.loaded.entities


def test_without_gaps_there_is_nothing_to_mend_but_old_versions(contract: Contract, tmp_path: Path) -> None:
    whole = Generated(contract, Shape(200, gaps=0), tmp_path)
    assert whole.found == whole.planted
    whats = {what for _, what, _ in whole.planted}
    assert whats
    assert whats <= {"itemUsesCurrentVersions", "teamUsesCurrentVersions"}


def test_one_seed_gives_the_same_bytes_and_another_gives_others(contract: Contract, tmp_path: Path) -> None:
    texts = []
    for number, seed in enumerate((1, 1, 2)):
        generate(contract, Shape(100, seed=seed), tmp_path / f"{number}.nt")
        texts.append((tmp_path / f"{number}.nt").read_bytes())
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]


def test_every_stored_property_of_the_contract_is_filled_in_somewhere(thousand: Generated) -> None:
    view = thousand.view
    empty, seen = [], 0
    for kind in view.contract.kinds:
        members = view.members(kind)
        stored = [prop for prop in kind.properties if prop.stored]
        values = view.values(members, stored)
        seen += len(stored)
        empty += [f"{kind.name}.{prop.name}" for prop in stored if not values[prop]]
    assert seen >= 280
    assert empty == []


def test_a_quiet_entity_has_as_many_links_in_a_larger_catalogue(
    thousand: Generated, contract: Contract, tmp_path: Path
) -> None:
    small = Generated(contract, Shape(200), tmp_path)

    def links(of: Generated, iri: str) -> int:
        return len(of.view.incoming(NamedNode(iri), 0, 10_000).links)

    assert small.made.quiet == thousand.made.quiet
    for kind, most in {"Service": 1, "Organisation": 12}.items():
        iri = small.made.quiet[kind]
        assert links(small, iri) == links(thousand, iri) == most, kind
    hub = thousand.made.hubs["Organisation"]
    assert links(thousand, hub) > 3 * links(small, hub) > 0


def test_some_services_are_blocked_and_some_are_not(thousand: Generated) -> None:
    table = thousand.view.table(read_questions(thousand.view.contract)["blocked_services"].text)
    blocked = {row[table.columns.index("service")] for row in table.rows}
    assert 50 < len(blocked) < 800


def test_a_property_that_a_country_adds_is_filled_in(tmp_path: Path) -> None:
    (tmp_path / "own.ttl").write_text(
        """@prefix ex: <https://example.org/ns#> . @prefix gov: <https://w3id.org/govgraph/ns#> .
        @prefix sh: <http://www.w3.org/ns/shacl#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
        @prefix cpsv: <http://purl.org/vocab/cpsv#> .
        ex:More a sh:NodeShape ; sh:targetClass cpsv:PublicService ; sh:property [
            sh:path ex:counters ; gov:apiName "counters" ; sh:name "counters"@en, "guichets"@fr ;
            sh:datatype xsd:integer ; sh:maxCount 1 ; sh:minInclusive 3 ; sh:maxInclusive 9 ] .""",
        "utf-8",
    )
    made = Generated(read_contract(extension=tmp_path), Shape(60), tmp_path)
    prop = made.view.contract.by_name["Service"].property("counters")
    counters = [value for values in made.view.column(prop).values() for value in values]
    assert len(counters) > 5
    assert {c.datatype.value for c in counters if isinstance(c, Literal)} == {f"{XSD}integer"}
    assert {int(c.value) for c in counters if isinstance(c, Literal)} <= set(range(3, 10))
    assert made.found == made.planted


@pytest.mark.slow
def test_a_quick_run_of_the_benchmark_prints_every_row(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run
    done = run(
        [REPOSITORY / "benchmarks" / "run", "--quick", "--json", file],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "160"},
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(file.read_text("utf-8"))
    figures = [row["figure"].split(" ")[0] for row in told["rows"]]
    assert Counter(figures) == {
        "load": 4,
        "full": 2,
        "GraphQL": 9,
        "small": 2,
        "list:": 7,
        "search:": 3,
        "page": 2,
        "change": 2,
        "the": 2,
        "changes": 2,
        "an": 2,
        **dict.fromkeys(("blocked_services", "store", "document", "bytes", "time", "start"), 1),
    }
    assert all(row["ratio"] > 0 and row["compared"] and row["measured"] for row in told["rows"])
    assert told["about"]["cores"] >= 1
    assert all(figure in done.stdout for figure in figures)
