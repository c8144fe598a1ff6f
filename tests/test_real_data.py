"""Real catalogues, read with mapping files and as they are: every record accounted for, both engines of one mind."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyoxigraph
import pytest
from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple

from conftest import BASE, REPOSITORY
from govgraph.catalogue import Audience, Catalogue, View
from govgraph.change import Loaded
from govgraph.change.loading import Load
from govgraph.cli import files
from govgraph.contract import Contract, Form
from govgraph.iris import Names
from govgraph.store.embedded import DiskStore, MemoryStore
from govgraph.validation import check

NAMES = Names(BASE)
MAPPINGS = REPOSITORY / "seed_data" / "mappings"


class Real:
    """What a load of real files gave."""

    def __init__(self, contract: Contract, *paths: Path, mapping: str = "") -> None:
        self.contract = contract
        self.store = MemoryStore(BASE)
        self.first = self.load(*paths, mapping=mapping)

    def load(self, *paths: Path, mapping: str = "") -> Loaded:
        load = Load(self.store, self.contract)
        files.read(load, files.Wanted(paths, MAPPINGS / mapping if mapping else None))
        self.records = load.records
        return load.finish()

    @property
    def view(self) -> View:
        return Catalogue(self.store, self.contract).view(Audience.WORKING)

    def count(self, kind: str) -> int:
        return len(self.view.members(self.contract.kind(kind)))

    def values(self, kind: str, slug: str, name: str) -> set[str]:
        found = self.view.column(self.contract.kind(kind).by_name[name]).get(NAMES.entity(kind, slug), [])
        return {str(getattr(value, "value", value)).removeprefix(BASE + "id/") for value in found}


def agree(real: Real) -> None:
    """Both engines, on the loaded data as they are."""
    data = [real.store.reader().dump(graph) for graph in (NAMES.working, NAMES.reference)]
    one, two = (check(real.contract, data, engine) for engine in ("shacl", "pyshacl"))
    assert set(one.findings) == set(two.findings)
    assert set(one.findings) == set(real.first.report.findings)


@pytest.fixture(scope="module")
def ozg(contract: Contract, shared: Path) -> Real:
    return Real(contract, shared / "data" / "real" / "ozg-nrw", mapping="ozg.toml")


@pytest.fixture(scope="module")
def brazil(contract: Contract, shared: Path) -> Real:
    return Real(contract, shared / "data" / "real" / "brazil-service-letters", mapping="brazil.toml")


@pytest.fixture(scope="module")
def norway(contract: Contract, shared: Path) -> Real:
    return Real(contract, shared / "data" / "real" / "cpsv-ap-no")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.shared
def test_every_record_of_the_german_catalogue_is_loaded(ozg: Real, shared: Path) -> None:
    folder = shared / "data" / "real" / "ozg-nrw"
    read = {
        name: len(rows(folder / f"{name}.csv")) for name in ("services", "service_systems", "situations", "subjects")
    }
    assert read == {"services": 5251, "service_systems": 557, "situations": 55, "subjects": 14}
    loaded = ozg.first
    assert loaded.loaded + loaded.merged + len(loaded.rejected) == sum(read.values()) == 5877
    assert (loaded.merged, loaded.rejected) == (0, ())
    assert Counter(record.file for record in ozg.records) == {f"{name}.csv": n for name, n in read.items()}
    assert ozg.count("service") == 5251
    assert ozg.count("life-event") + ozg.count("business-event") == 557 + 55 + 14


@pytest.mark.shared
def test_german_services_lead_through_their_bundle_to_situation_and_theme(ozg: Real) -> None:
    service = "abdrucke-aus-dem-schuldnerverzeichnis-4"
    assert ozg.values("service", service, "title") == {"Abdrucke aus dem Schuldnerverzeichnis"}
    assert ozg.values("service", service, "identifier") == {"99046029000000"}
    [bundle] = ozg.values("service", service, "events")
    kind, slug = bundle.split("/")
    [situation] = ozg.values(kind, slug, "partOf")
    [theme] = ozg.values(*situation.split("/"), "partOf")
    assert situation.startswith(f"{kind}/lage-")
    assert theme.startswith(f"{kind}/thema-")
    assert ozg.values("business-event", "lage-arbeitgeber-sein", "partOf") == {
        "business-event/thema-unternehmensfuhrung-entwicklung"
    }


def latin(text: str) -> str:
    """An abbreviation as its address spells it: RöV and RoeV are one regulation."""
    return text.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")


@pytest.mark.shared
def test_german_law_is_known_by_its_abbreviation(ozg: Real, shared: Path) -> None:
    services = rows(shared / "data" / "real" / "ozg-nrw" / "services.csv")
    cited = {latin(short.strip()) for row in services for short in row["law_shortcuts"].split(",") if short.strip()}
    titles = ozg.view.column(ozg.contract.kind("regulation").by_name["identifier"])
    known = {latin(str(getattr(value, "value", ""))) for found in titles.values() for value in found}
    assert len(cited) > 300
    assert [short for short in cited if short not in known] == []
    assert ozg.values("regulation", "waffg", "title") == {"Waffengesetz"}
    assert ozg.values("regulation", "aueg", "identifier") == {"AÜG"}
    assert ozg.values("regulation", "aug", "identifier") == {"AUG"}
    with_law = ozg.view.column(ozg.contract.kind("service").by_name["legalBasis"])
    assert len(with_law) >= sum(bool(row["law_shortcuts"]) for row in services)


@pytest.mark.shared
def test_german_services_are_drafts_with_findings(ozg: Real) -> None:
    assert (ozg.first.published, ozg.first.held) == (0, ())
    missing = Counter(f.property_name for f in ozg.first.report.findings if f.kind == "Service" and f.blocks_publishing)
    assert missing == {"authority": 5251, "description": 5251, "level": 5251}


@pytest.mark.shared
def test_every_record_of_the_brazilian_catalogue_is_loaded(brazil: Real, shared: Path) -> None:
    letters = json.loads((shared / "data" / "real" / "brazil-service-letters" / "services.json").read_text("utf-8"))
    loaded = brazil.first
    assert loaded.loaded + loaded.merged + len(loaded.rejected) == len(letters) == 938
    assert (loaded.merged, loaded.rejected) == (0, ())
    assert brazil.count("service") == 938
    bodies = {letter["organisation"]["id"] for letter in letters}
    assert brazil.count("organisation") == len(bodies) == 37


@pytest.mark.shared
def test_a_brazilian_letter_is_read_in_full(brazil: Real, shared: Path) -> None:
    letters = json.loads((shared / "data" / "real" / "brazil-service-letters" / "services.json").read_text("utf-8"))
    letter = next(one for one in letters if one["id"] == "acessar-canais-de-comunicacao-com-o-cidadao-iphan")
    slug = letter["id"]
    assert brazil.values("service", slug, "title") == {letter["name"]}
    assert brazil.values("service", slug, "authority") == {"organisation/siorg-2045"}
    assert brazil.values("service", slug, "audience") == {"https://w3id.org/govgraph/code#Individual"}
    assert brazil.values("service", slug, "keywords") == {
        *letter["keywords"],
        *letter["areas"],
        *letter["popular_names"],
    }
    counts = {
        "channels": len({channel for step in letter["steps"] for channel in step["channels"]}),
        "evidence": len({document for step in letter["steps"] for document in step["documents"]}),
        "requirements": len(letter["applicants"]),
    }
    assert {name: len(brazil.values("service", slug, name)) for name in counts} == counts


@pytest.mark.shared
def test_brazilian_figures_keep_their_value(brazil: Real, shared: Path) -> None:
    letters = json.loads((shared / "data" / "real" / "brazil-service-letters" / "services.json").read_text("utf-8"))
    given = Counter(
        float(cost["value"].replace(".", "").replace(",", "."))
        for letter in letters
        for cost in {json.dumps(c, sort_keys=True): c for step in letter["steps"] for c in step["costs"]}.values()
        if "value" in cost
    )
    column = brazil.view.column(brazil.contract.kind("cost").by_name["value"])
    assert Counter(float(getattr(v, "value", "nan")) for found in column.values() for v in found) == given
    assert sum(given.values()) > 80
    times = brazil.view.column(brazil.contract.kind("service").by_name["processingTime"])
    stated = [t for letter in letters if (t := letter["estimated_time"]) and t["max"] != "0"]
    assert len(times) == len(stated) > 500


@pytest.mark.shared
def test_related_brazilian_services_are_linked_where_they_are_there_once(brazil: Real, shared: Path) -> None:
    letters = json.loads((shared / "data" / "real" / "brazil-service-letters" / "services.json").read_text("utf-8"))
    times = Counter(letter["dbId"] for letter in letters)
    meant = sum(len({r for r in letter["related_services"] if times[r] == 1}) for letter in letters)
    found = brazil.view.column(brazil.contract.kind("service").by_name["relatedServices"])
    assert sum(map(len, found.values())) == meant > 200


@pytest.mark.shared
def test_complete_brazilian_services_are_published_and_the_others_are_not(brazil: Real) -> None:
    loaded = brazil.first
    grave = {f.entity for f in loaded.report.findings if f.blocks_publishing}
    public = Catalogue(brazil.store, brazil.contract).view(Audience.PUBLIC)
    services = set(public.members(brazil.contract.kind("service")))
    assert services
    assert not services & grave
    assert len(services) + brazil.count("organisation") == loaded.published
    assert len(loaded.held) == 938 - len(services)


@pytest.mark.shared
def test_loading_real_data_again_changes_nothing(ozg: Real, brazil: Real, shared: Path) -> None:
    folder = shared / "data" / "real"
    for real, path, mapping in (
        (ozg, folder / "ozg-nrw", "ozg.toml"),
        (brazil, folder / "brazil-service-letters", "brazil.toml"),
    ):
        before = set(real.store.reader().dump(NAMES.working).splitlines())
        again = real.load(path, mapping=mapping)
        assert (again.loaded, again.merged, again.rejected) == (0, real.first.loaded, ())
        assert set(real.store.reader().dump(NAMES.working).splitlines()) == before


def described(contract: Contract, path: Path) -> tuple[set[NamedNode], set[NamedNode]] | None:
    """What a file describes by name: what is not part of another in it, and what is; None for what is no Turtle."""
    parts = {p.path.predicate for kind in contract.kinds for p in kind.properties if p.form is Form.PART}
    try:
        quads = list(pyoxigraph.parse(path.read_bytes(), RdfFormat.TURTLE, base_iri=BASE))
    except SyntaxError:
        return None
    inside = {quad.object for quad in quads if quad.predicate in parts}
    named = {q.subject for q in quads if isinstance(q.subject, NamedNode)}
    return {n for n in named if n not in inside}, {n for n in named if n in inside}


@pytest.mark.shared
def test_the_norwegian_files_are_accounted_for_and_four_are_no_turtle(
    norway: Real, contract: Contract, shared: Path
) -> None:
    paths = sorted((shared / "data" / "real" / "cpsv-ap-no").glob("*.ttl"))
    assert len(paths) == 42
    entities = {path.name: described(contract, path) for path in paths}
    loaded = norway.first
    assert {r.file: r.line for r in loaded.rejected} == {
        "exKontaktPunkt.ttl": 11,
        "exOffentligTjeneste.ttl": 77,
        "exRegulativRessursDummy.ttl": 11,
        "exTidsrom.ttl": 9,
    }
    assert {name for name, found in entities.items() if found is None} == {r.file for r in loaded.rejected}
    seen: set[NamedNode] = set()
    counts = Counter[str]()
    for found in entities.values():
        if found is not None:
            records, inside = found
            counts["merged"] += len(records & seen)
            counts["loaded"] += len(records - seen)
            seen |= records | inside
    assert (loaded.loaded, loaded.merged) == (counts["loaded"], counts["merged"])
    assert loaded.loaded + loaded.merged > 90, "two of the files describe nearly everything once more"


@pytest.mark.shared
def test_nothing_of_the_norwegian_files_is_lost(norway: Real, shared: Path) -> None:
    said = {quad.triple for quad in pyoxigraph.parse(norway.store.reader().dump(NAMES.working), RdfFormat.N_TRIPLES)}
    assert not [t for t in said if isinstance(t.subject, BlankNode) or isinstance(t.object, BlankNode)]
    lost: set[Triple] = set()
    for path in sorted((shared / "data" / "real" / "cpsv-ap-no").glob("*.ttl")):
        try:
            quads = [q.triple for q in pyoxigraph.parse(path.read_bytes(), RdfFormat.TURTLE, base_iri=BASE)]
        except SyntaxError:
            continue
        plain = {t for t in quads if not isinstance(t.subject, BlankNode) and not isinstance(t.object, BlankNode)}
        lost |= plain - said
    # Only what a later file says otherwise, in properties of one value and texts of one language.
    again = {(t.subject, t.predicate) for t in said}
    assert [t for t in lost if (t.subject, t.predicate) not in again] == []
    assert len(lost) < 30


@pytest.mark.shared
def test_the_european_example_is_loaded(contract: Contract, shared: Path) -> None:
    path = shared / "data" / "real" / "vocab" / "cpsv-ap-3.2.0-example.ttl"
    real = Real(contract, path)
    entities = described(contract, path)
    assert entities is not None
    assert (real.first.loaded, real.first.merged, real.first.rejected) == (len(entities[0]), 0, ())
    assert real.first.loaded >= 5
    assert real.count("service") >= 1


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("name", ["ozg", "brazil", "norway"])
def test_both_engines_agree_on_real_data(name: str, request: pytest.FixtureRequest) -> None:
    agree(request.getfixturevalue(name))


def test_both_engines_agree_on_ill_typed_literals_of_a_loaded_file(contract: Contract, tmp_path: Path) -> None:
    """As in data people have: numbers with words, days that are none, texts without language."""
    path = tmp_path / "a.nt"
    service, said = f"<{BASE}id/service/a>", []
    xsd, gov = "http://www.w3.org/2001/XMLSchema#", "https://w3id.org/govgraph/ns#"
    for local, value in {
        "transactionsPerYear": f'"1,102,000"^^<{xsd}integer>',
        "usersPerYear": f'"01"^^<{xsd}integer>',
        "requestsPerMonth": f'"1.3"^^<{xsd}integer>',
        "visits": f'"-1"^^<{xsd}integer>',
        "crossBorder": f'"perhaps"^^<{xsd}boolean>',
        "exemplar": f'"1"^^<{xsd}boolean>',
        "keyMetrics": '"no language"',
        "hasScore": f'"x"^^<{xsd}date>',
    }.items():
        said.append(f"{service} <{gov}{local}> {value} .\n")
    said.append(
        f"{service} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://purl.org/vocab/cpsv#PublicService> .\n"
    )
    said.append(f'{service} <http://data.europa.eu/m8g/processingTime> "5 days"^^<{xsd}duration> .\n')
    path.write_text("".join(said))
    real = Real(contract, path)
    violations = [f for f in real.first.report.findings if f.severity == "violation"]
    assert len(violations) >= 6
    agree(real)


@pytest.mark.slow
def test_a_file_of_200_megabytes_is_loaded(contract: Contract, tmp_path: Path) -> None:
    path = tmp_path / "large.nt"
    typed, title = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", "<http://purl.org/dc/terms/title>"
    pad, count = "words " * 150, 0
    with path.open("w", encoding="utf-8") as file:
        while file.tell() < 200_000_000:
            count += 1
            entity = f"<{BASE}id/building-block/b{count}>"
            file.write(f"{entity} {typed} <https://w3id.org/govgraph/ns#BuildingBlock> .\n")
            file.write(f'{entity} {title} "Block {count}"@en .\n{entity} {title} "Brique {count}"@fr .\n')
            file.write(f'{entity} <http://purl.org/dc/terms/identifier> "B-{count}" .\n')
            file.write(f'{entity} <http://purl.org/dc/terms/description> "{pad}{count}"@en .\n')
    store = DiskStore(tmp_path / "data", BASE)
    told: list[int] = []
    tell: Callable[[str, int, int], None] = lambda what, done, _of: told.append(done) if what == "large.nt" else None  # noqa: E731
    load = Load(store, contract, most_findings=500_000, progress=tell)
    load.read_rdf(path)
    loaded = load.finish()
    assert (loaded.loaded, loaded.merged, loaded.rejected) == (count, 0, ())
    assert len(told) > 100
    assert told == sorted(told)
    assert told[-1] == path.stat().st_size
    store.close()


@pytest.mark.slow
def test_a_large_file_that_breaks_off_is_one_rejected_record(contract: Contract, tmp_path: Path) -> None:
    path = tmp_path / "large.nt"
    line = '<http://x.example/a> <http://x.example/b> "' + "words " * 1000 + '" .\n'
    with path.open("w", encoding="utf-8") as file:
        for _ in range(200_000_000 // len(line)):
            file.write(line)
        file.write("<http://x.example/a> <http://x.exam")
    load = Load(MemoryStore(BASE), contract)
    load.read_rdf(path)
    assert [(r.file, r.line) for r in load.rejected] == [("large.nt", 200_000_000 // len(line) + 1)]
    assert load.used == 0
