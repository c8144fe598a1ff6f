"""The figures of writing: a change through the gate, many writers, what readers wait for, past states, restarts."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter, sleep

import pyshacl
import rdflib
from pyoxigraph import Literal, NamedNode

from catalogues import Catalogues
from generator import BASE
from govgraph import settings
from govgraph.access import Author, Role
from govgraph.catalogue import Audience, Catalogue
from govgraph.change import Change
from govgraph.change.edits import Entry, Values
from govgraph.contract import Rule
from govgraph.gate.writer import LocalWriter
from govgraph.history.past import Past
from govgraph.iris import DCT_TITLE, SKOS_PREF_LABEL, Names
from govgraph.settings import Settings
from govgraph.store import Graphs
from govgraph.store.embedded import DiskStore
from govgraph.store.live import Live
from measuring import Row, Side, Sizes, in_turn, ratio, spell

_AUTHOR = Author("benchmark", Role.STEWARD)
_NUMBERS = count()
_YEAR = 365
_ASKED = 20


@dataclass(frozen=True)
class Scratch:
    """A data directory of its own, begun as a copy of a generated catalogue."""

    settings: Settings
    writer: LocalWriter


def scratch(catalogues: Catalogues, services: int, *, snapshot_seconds: float = 3600) -> Scratch:
    """``snapshot_seconds`` is long, so that a change is timed without the snapshot of many; they have a figure."""
    catalogues.store(services)
    data = catalogues.directory / f"scratch-{next(_NUMBERS)}"
    shutil.copytree(catalogues.directory / f"store-{services}", data)
    of = settings.read({}, data=data, base=BASE, snapshot_seconds=snapshot_seconds)
    return Scratch(of, LocalWriter(of, catalogues.contract))


def retitled(iri: str, predicate: NamedNode = DCT_TITLE) -> Change:
    """A title nobody gave before, in a language of its own."""
    title = Literal(f"Title {next(_NUMBERS)}", language="de")
    return Change((Entry(NamedNode(iri), (Values(predicate, (title,), "de"),)),), _AUTHOR, "benchmark", "a benchmark")


def gate(catalogues: Catalogues, sizes: Sizes) -> Iterator[Row]:
    """One entity with as many links at every size; then the organisation most services point to."""
    scaling, rounds = sizes.scaling, sizes.rounds * sizes.often
    scratches = {size: scratch(catalogues, size) for size in scaling}
    made = {size: catalogues.made(size) for size in scaling}
    quiet: dict[str, Side] = {
        str(size): lambda s=s, size=size: s.writer.submit(retitled(made[size].quiet["Service"]))  # type: ignore[misc]
        for size, s in scratches.items()
    }
    took = in_turn(quiet, rounds, warm=3)
    slowest, fastest = (pick(took.values(), key=lambda times: times.middle) for pick in (max, min))
    found = ratio(slowest, fastest)
    yield Row(
        "change of one entity through the gate, log and commit included",
        f"slowest ÷ fastest of {', '.join(f'{size:,}' for size in scaling)} services",
        found,
        " · ".join(f"{took[str(size)]} at {size:,}" for size in scaling),
        "≤ 1.5",
        found <= 1.5,
        ("at fixed fan-in; each change waits for the disk",),
    )
    size = min(scaling[-1], 10_000)
    start = perf_counter()
    whole = _with_pyshacl(catalogues, size)
    yield Row(
        "the same change",
        f"validating {size:,} services anew with pySHACL, on a graph parsed before ÷ the change",
        whole / took[str(size)].middle,
        f"{spell(whole)} ÷ {took[str(size)]}",
        "≥ 100",
        whole / took[str(size)].middle >= 100,
        (f"once, {spell(perf_counter() - start)} with parsing",),
    )
    hub: dict[str, Side] = {
        str(size): lambda s=s, size=size: s.writer.submit(  # type: ignore[misc]
            retitled(made[size].hubs["Organisation"], SKOS_PREF_LABEL)
        )
        for size, s in scratches.items()
    }
    of_hub = in_turn(hub, rounds, warm=1)
    yield Row(
        "change of the organisation most services point to",
        f"{scaling[-1]:,} services ÷ {scaling[0]:,} services",
        ratio(of_hub[str(scaling[-1])], of_hub[str(scaling[0])]),
        " · ".join(f"{of_hub[str(size)]} at {size:,}" for size in scaling),
        notes=("reported apart: its title is changed, which no rule about those services reads",),
    )
    for s in scratches.values():
        s.writer.close()


def rules(catalogues: Catalogues, sizes: Sizes) -> Iterator[Row]:
    """What the gate asks of each rule about one entity, in a larger catalogue; the worst of all rules."""
    contract, names = catalogues.contract, Names(BASE)
    graphs = (names.working, names.reference, names.vocabulary)
    small, large = sizes.scaling[0], sizes.scaling[-1]
    directory = catalogues.directory / f"rules-{next(_NUMBERS)}"
    directory.mkdir()
    lives = {size: Live.copy(catalogues.snapshot(size), directory / str(size), BASE) for size in (small, large)}
    grown: list[tuple[float, str]] = []
    for rule in contract.rules:
        class_ = contract.by_name[rule.kind].class_
        nodes = {size: live.reader.instances(class_, graphs)[:_ASKED] for size, live in lives.items()}
        asked = min(map(len, nodes.values()))
        for what, ask in (("affected", _affected), ("needed", _needed)):
            sides: dict[str, Side] = {
                str(size): partial(ask, live, rule, nodes[size][:asked], graphs) for size, live in lives.items()
            }
            took = in_turn(sides, sizes.rounds)
            about = f"{rule.name}, {what}: {took[str(large)]} for {asked} entities at {large:,}"
            grown.append((ratio(took[str(large)], took[str(small)]), about))
    worst, about = max(grown)
    yield Row(
        "the rule whose queries about one entity grow most",
        f"{large:,} services ÷ {small:,} services",
        worst,
        about,
        "≤ 2",
        worst <= 2,
    )


def _affected(live: Live, rule: Rule, nodes: Sequence[NamedNode], graphs: Graphs) -> None:
    for node in nodes:
        live.nodes(rule.affected, graphs, {"changed": node})


def _needed(live: Live, rule: Rule, nodes: Sequence[NamedNode], graphs: Graphs) -> None:
    for node in nodes:
        live.construct(rule.needed, graphs, {"this": node})


def writers(catalogues: Catalogues, sizes: Sizes) -> Iterator[Row]:
    """Changes a second beside how often this disk can be waited for; and how long a reader waits for one."""
    of = scratch(catalogues, sizes.scaling[0], snapshot_seconds=0.1)
    iri = catalogues.made(sizes.scaling[0]).quiet["Service"]
    each = sizes.rounds * sizes.often * 2
    waits = _fsyncs(of.settings.data / "fsync", each * 4)
    per_second = {several: _rate(of.writer, iri, several, each) for several in (1, 16)}
    for several, rate in per_second.items():
        yield Row(
            f"changes a second, {several} writer{'s' if several > 1 else ''}",
            "changes ÷ waits for the disk (append and fsync, nothing else)",
            rate / waits,
            f"{rate:,.0f}/s ÷ {waits:,.0f}/s",
            notes=("snapshots for readers are made meanwhile, as when serving",),
        )
    log = sum(path.stat().st_size for path in (of.settings.data / "log").iterdir())
    before = of.writer.revision
    for _ in range(each):
        of.writer.submit(retitled(iri))
    grown = sum(path.stat().st_size for path in (of.settings.data / "log").iterdir()) - log
    patch = len(str(retitled(iri).edits[0])) or 1
    yield Row(
        "bytes of log per change",
        "bytes of a record ÷ those of its two quads",
        grown / (of.writer.revision - before) / (2 * 150),
        f"{grown / (of.writer.revision - before):,.0f} bytes",
        notes=(f"head, findings, history and scores included; the edit as text has about {patch} characters",),
    )
    yield from _visible(catalogues, of, iri, sizes)
    of.writer.close()


def past(catalogues: Catalogues, sizes: Sizes) -> Iterator[Row]:
    """A state an hour and a year of daily revisions ago; and a start with a thousand records to replay."""
    of = scratch(catalogues, sizes.large)
    iri = catalogues.made(sizes.large).quiet["Service"]
    records = 1000 if sizes.large >= 1000 else 50
    for _ in range(records):
        of.writer.submit(retitled(iri))
    killed = catalogues.directory / f"scratch-{next(_NUMBERS)}"
    shutil.copytree(of.settings.data, killed, ignore=shutil.ignore_patterns("live", "writer.lock"))
    of.writer.close()
    start = perf_counter()
    LocalWriter(replace(of.settings, data=killed), catalogues.contract).close()
    restart = perf_counter() - start
    start = perf_counter()
    writer = LocalWriter(of.settings, catalogues.contract)
    writer.close()
    ordinary = perf_counter() - start
    yield Row(
        f"start after a kill with {records:,} records to replay",
        "such a start ÷ an ordinary one",
        restart / ordinary,
        f"{spell(restart)} ÷ {spell(ordinary)}",
        notes=("the live store is gone as well, and made again from a snapshot of before those changes",),
    )
    newest = writer.revision
    for what, back in (("an hour", 1), ("a year of daily revisions", min(_YEAR, records))):
        took = []
        for _ in range(sizes.rounds):
            shutil.rmtree(of.settings.data / "past", ignore_errors=True)
            asked = Past.of(of.settings, catalogues.contract)
            start = perf_counter()
            asked.view(Audience.WORKING, str(newest - back)).entity(NamedNode(iri))
            took.append(perf_counter() - start)
            again = perf_counter()
            asked.view(Audience.WORKING, str(newest - back)).entity(NamedNode(iri))
            warm = perf_counter() - again
            asked.close()
        middle = sorted(took)[len(took) // 2]
        yield Row(
            f"an entity as of {what} ago ({back} revisions)",
            "first time ÷ again",
            middle / warm,
            f"{spell(middle)} ÷ {spell(warm)}",
        )


def _visible(catalogues: Catalogues, of: Scratch, iri: str, sizes: Sizes) -> Iterator[Row]:
    store = DiskStore.of(of.settings)
    catalogue = Catalogue(store, catalogues.contract)
    took = []
    for _ in range(sizes.rounds * 2):
        revision = of.writer.submit(retitled(iri)).revision
        start = perf_counter()
        while catalogue.view(Audience.WORKING).revision < revision:
            sleep(0.002)
        took.append(perf_counter() - start)
    store.close()
    middle = sorted(took)[len(took) // 2]
    yield Row(
        "time until a reader shows a change, after its answer",
        "that time ÷ snapshot_seconds + refresh_seconds",
        middle / (of.settings.snapshot_seconds + of.settings.refresh_seconds),
        f"{spell(middle)}, at most {spell(max(took))}",
    )


def _with_pyshacl(catalogues: Catalogues, size: int) -> float:
    data = rdflib.Graph().parse(data=catalogues.data(size), format="nt")
    shapes = rdflib.Graph().parse(data=catalogues.contract.shapes, format="nt")
    start = perf_counter()
    pyshacl.validate(data, shacl_graph=shapes, inplace=True)
    return perf_counter() - start


def _rate(writer: LocalWriter, iri: str, several: int, each: int) -> float:
    def work() -> None:
        for _ in range(each):
            writer.submit(retitled(iri))

    threads = [threading.Thread(target=work) for _ in range(several)]
    start = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return several * each / (perf_counter() - start)


def _fsyncs(path: Path, times: int) -> float:
    with path.open("ab", buffering=0) as file:
        start = perf_counter()
        for _ in range(times):
            file.write(b"x" * 4000)
            os.fsync(file.fileno())
        return times / (perf_counter() - start)


CHANGES: tuple[Callable[[Catalogues, Sizes], Iterator[Row]], ...] = (gate, rules, writers, past)
