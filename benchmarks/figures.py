"""The figures: each compares a piece of govgraph with the plainest other way to the same result, in one run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter

import pyoxigraph
import pyshacl
import rdflib
import shacl
from pyoxigraph import NamedNode, RdfFormat

from catalogues import Catalogues
from counting import CountingReader
from generator import BASE
from govgraph.catalogue import Audience, View
from govgraph.catalogue.lists.selection import Selection, page
from govgraph.change import Loaded
from govgraph.change.loading import Load
from govgraph.graphql import Asked, build_schema
from govgraph.graphql.execution.memory import Memory
from govgraph.iris import PREFIXES, SH, Names
from govgraph.question.reading import read as read_questions
from govgraph.validation import check
from measuring import Row, Side, Sizes, Times, in_turn, ratio, spell, spread

_NO_SHAPES = "<urn:none> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/shacl#NodeShape> .\n"
_LISTS = {"needsBlocks": "identifier", "usesSystems": "identifier", "legalBasis": "identifier"}
_PAGE = (
    "query ($first: Int) { services(first: $first) { nodes { title { value } transactionsPerYear "
    + " ".join(f"{name} {{ title {{ value }} {inner} }}" for name, inner in _LISTS.items())
    + " } } }"
)


def quiet_rdflib() -> None:
    """Ill-typed literals stay as they are written, as the engines of govgraph have it, and are no news."""
    rdflib.NORMALIZE_LITERALS = False
    logging.getLogger("rdflib.term").setLevel(logging.ERROR)


def load(catalogues: Catalogues, sizes: Sizes) -> Iterator[Row]:
    """Into an empty directory each time; nothing is warm but the file in the system's cache."""
    loaded: list[Loaded] = []
    graphs = _graphs_written(catalogues, sizes)
    took = in_turn(_loads(catalogues, catalogues.file(sizes.large), graphs, loaded), sizes.rounds, warm=0)
    what = f"load of {sizes.large:,} services, {catalogues.made(sizes.large).triples:,} triples"
    items = ", ".join(f"{item} {spell(seconds)}" for item, seconds in loaded[-1].seconds.items())
    written = sum(triples.count(b"\n") for triples in graphs.values())
    found = ratio(took["named"], took["ours"])
    yield Row(
        what,
        "raw bulk_load of the same file into one named graph ÷ govgraph load",
        found,
        f"{took['named']} ÷ {took['ours']}",
        "≥ 0.35",
        found >= 0.35,
        (
            f"of ours: {items}; write is what is left to write when all else is done, the log included",
            f"{loaded[-1].published:,} of {loaded[-1].entities:,} entities published",
            spread(took["named"], took["ours"]),
        ),
    )
    others = {
        "default": "raw bulk_load of the same file into the default graph, which has half the indexes",
        "all": f"raw bulk_load of the {written:,} triples govgraph writes (both views, reports, vocabulary)",
        "rdflib": "rdflib's parse of the same file",
    }
    for side, compared in others.items():
        yield Row(
            what, f"{compared} ÷ govgraph load", ratio(took[side], took["ours"]), f"{took[side]} ÷ {took['ours']}"
        )


def _graphs_written(catalogues: Catalogues, sizes: Sizes) -> dict[NamedNode, bytes]:
    names, reader = Names(BASE), catalogues.store(sizes.large).reader()
    written = (names.working, names.public, names.vocabulary, *(names.report(audience) for audience in Audience))
    return {graph: reader.dump(graph) for graph in written}


def _loads(
    catalogues: Catalogues, path: Path, graphs: Mapping[NamedNode, bytes], loaded: list[Loaded]
) -> dict[str, Side]:
    directories = (catalogues.directory / f"load-{number}" for number in count())

    def ours() -> None:
        store = catalogues.logged(next(directories))
        one = Load(store, catalogues.contract)
        one.read_rdf(path)
        done = one.finish(strict=True)
        loaded.append(done)
        store.close()

    def raw(graph: NamedNode | None) -> None:
        store = pyoxigraph.Store(str(next(directories)))
        store.bulk_load(path=path, format=RdfFormat.N_TRIPLES, to_graph=graph)

    def everything() -> None:
        store = pyoxigraph.Store(str(next(directories)))
        for graph, triples in graphs.items():
            store.bulk_load(triples, RdfFormat.N_TRIPLES, to_graph=graph)

    return {
        "ours": ours,
        "default": lambda: raw(None),
        "named": lambda: raw(Names(BASE).working),
        "all": everything,
        "rdflib": lambda: rdflib.Graph().parse(path, format="nt"),
    }


def validation(catalogues: Catalogues, sizes: Sizes) -> Iterator[Row]:
    """All shapes and rules of the contract on the same bytes. pySHACL runs once: it takes minutes."""
    data, contract = catalogues.data(sizes.validation), catalogues.contract
    text, none = data.decode(), shacl.Shapes.from_text(_NO_SHAPES, "ntriples")
    ours: list[int] = []
    took = in_turn(
        {
            "all": lambda: ours.append(len(check(contract, [data]).findings)),
            "parse": lambda: none.validate_text(text, "ntriples"),
        },
        sizes.rounds,
    )
    start = perf_counter()
    graph = rdflib.Graph().parse(data=data, format="nt")
    shapes = rdflib.Graph().parse(data=contract.shapes, format="nt")
    parsed = perf_counter()
    _, report, _ = pyshacl.validate(graph, shacl_graph=shapes, inplace=True, advanced=False)
    theirs = Times((perf_counter() - parsed,))
    both = Times((perf_counter() - start,))
    assert isinstance(report, rdflib.Graph)
    results = sum(1 for _ in report.subjects(rdflib.RDF.type, rdflib.URIRef(f"{SH}ValidationResult")))
    alone = Times((took["all"].middle - took["parse"].middle,))
    found = ratio(theirs, alone)
    what = f"full validation of {sizes.validation:,} services"
    note = f"findings: {ours[-1]:,} with shacl, {results:,} with pySHACL"
    yield Row(
        what,
        "pySHACL on an rdflib copy ÷ shacl, from N-Triples on both sides",
        ratio(both, took["all"]),
        f"{both} ÷ {took['all']}",
        "≥ 10",
        ratio(both, took["all"]) >= 10,
        (note, "ours includes compiling the shapes and making findings"),
    )
    yield Row(
        what,
        "the same without parsing on either side",
        found,
        f"{theirs} ÷ {alone}",
        "≥ 10",
        found >= 10,
        ("our parsing is what a run with no shapes takes, and is subtracted",),
    )


def question(catalogues: Catalogues, sizes: Sizes) -> Iterator[Row]:
    """The same query text over the same triples; ours in a query process, its rows sent over and read."""
    text = read_questions(catalogues.contract)["blocked_services"].text
    view = catalogues.view(sizes.question)
    graph = rdflib.Graph().parse(data=catalogues.data(sizes.question), format="nt")
    rows: dict[str, int] = {}

    def ours(of: View) -> None:
        rows["ours"] = len(of.table(text).rows)

    def theirs() -> None:
        rows["rdflib"] = len(list(graph.query(text, initNs=PREFIXES)))

    took = in_turn({"ours": lambda: ours(view), "rdflib": theirs}, sizes.rounds)
    found = ratio(took["rdflib"], took["ours"])
    yield Row(
        f"blocked_services over {sizes.question:,} services",
        "rdflib's SPARQL on an rdflib graph ÷ govgraph's query process",
        found,
        f"{took['rdflib']} ÷ {took['ours']}",
        "≥ 20",
        found >= 20,
        (f"rows: {rows['ours']:,} and {rows['rdflib']:,}", spread(took["rdflib"], took["ours"])),
    )


def graphql(catalogues: Catalogues, sizes: Sizes) -> Iterator[Row]:
    """A page in memory, no HTTP and no JSON on either side; documents, sort keys and store are warm."""
    contract, view = catalogues.contract, catalogues.view(sizes.large)
    counting = CountingReader(view.reader)
    counted = View(counting, contract, view.names, Audience.WORKING)
    schema = build_schema(contract, read_questions(contract))
    service = contract.by_name["Service"]
    lists = {service.property(name): contract.by_name[service.property(name).kinds[0]] for name in _LISTS}

    def ours(of: View, size: int) -> None:
        told = schema.execute(Asked(_PAGE, None, {"first": size}), of)
        assert told.ran and not told.errors and len(told.data["services"]["nodes"]) == size

    def raw(size: int) -> None:
        nodes = page(view, Selection(service), first=size).entities
        own = [service.property(name) for name in ("title", "transactionsPerYear", *_LISTS)]
        values = view.values(nodes, own)
        for prop, kind in lists.items():
            inner = [node for of in values[prop].values() for node in of]
            view.values([*dict.fromkeys(inner)], [kind.property("title"), kind.property(_LISTS[prop.name])])

    sides = {"ours": lambda: ours(view, 50), "raw": lambda: raw(50)}
    took = in_turn(sides, sizes.rounds * sizes.often, times=sizes.times)
    reads = {}
    for size in (10, 50, 200):
        ours(counted, size)
        counted.keep("graphql", Memory).forget()
        before = counting.reads
        ours(counted, size)
        reads[size] = counting.reads - before
    found = ratio(took["ours"], took["raw"])
    yield Row(
        f"GraphQL page of 50 of {sizes.large:,} services, three nested lists",
        "execution ÷ the same values read raw, a batch a level",
        found,
        f"{took['ours']} ÷ {took['raw']}",
        "≤ 6",
        found <= 6,
        (spread(took["ours"], took["raw"]),),
    )
    yield Row(
        "store reads of that page",
        "page of 200 ÷ page of 10",
        reads[200] / reads[10],
        " · ".join(f"{count} for {size}" for size, count in reads.items()),
        "constant",
        len(set(reads.values())) == 1,
    )


def scaling(catalogues: Catalogues, sizes: Sizes) -> Iterator[Row]:
    """What a page costs in a larger catalogue; the lists' sort keys and the store are warm."""
    views = {size: catalogues.view(size) for size in sizes.scaling}

    def listed(view: View) -> None:
        found = page(view, Selection(view.contract.by_name["Service"]), first=50)
        view.labels(found.entities, ("en",))

    def described(view: View, iri: NamedNode) -> None:
        entity = view.entity(iri)
        assert entity is not None
        view.labels([node for values in entity.values.values() for node in values], ("en",))
        view.findings([iri])
        view.describe(iri)

    def pointing(view: View, iri: NamedNode) -> None:
        assert len(view.incoming(iri, 0, 20).links) == 20

    quiet, hub = (
        NamedNode(getattr(catalogues.made(sizes.scaling[0]), group)[kind])
        for group, kind in (("quiet", "Service"), ("hubs", "Organisation"))
    )
    runs: dict[str, Callable[[View], None]] = {
        "page of 50 services with labels": listed,
        "document of a service with findings": lambda view: described(view, quiet),
        "page of 20 links to the largest organisation": lambda view: pointing(view, hub),
    }
    for name, run in runs.items():
        sides = {str(size): partial(run, view) for size, view in views.items()}
        took = in_turn(sides, sizes.rounds * sizes.often, times=sizes.times)
        base, *larger = sizes.scaling
        for size in larger:
            found = ratio(took[str(size)], took[str(base)])
            yield Row(
                name,
                f"{size:,} services ÷ {base:,} services",
                found,
                f"{took[str(size)]} ÷ {took[str(base)]}",
                "≤ 1.5",
                found <= 1.5,
            )


FIGURES = (load, validation, question, graphql, scaling)
