"""The figures of partner portals: a large answer of GraphQL against what it reads, and against plain resolvers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from pyoxigraph import Literal, NamedNode

import plain_strawberry
from catalogues import Catalogues
from govgraph.catalogue import View, pick
from govgraph.catalogue.lists.selection import Selection, page
from govgraph.contract import Contract, Kind
from govgraph.graphql import Asked, build_schema
from govgraph.graphql.execution.memory import Memory
from govgraph.question.reading import read as read_questions
from govgraph.store import Term
from measuring import Row, Side, Sizes, Times, in_turn, ratio, spread

_SIZE = 200
_LANGUAGES = ("en",)
_TO_ONE_KIND = ("needsBlocks", "usesSystems", "legalBasis")
_TO_SEVERAL = ("events",)
_LISTS = (*_TO_ONE_KIND, *_TO_SEVERAL)
_PAGE = (
    "query ($first: Int!) { services(first: $first) { nodes { iri title { value } transactionsPerYear "
    + " ".join(f"{name} {{ iri title {{ value }} identifier }}" for name in _TO_ONE_KIND)
    + " ".join(f" {name} {{ iri label {{ value }} }}" for name in _TO_SEVERAL)
    + " } } }"
)
_SMALL = "query ($iri: IRI!) { service(iri: $iri) { title { value } level { name } } }"


def graphql_lists(catalogues: Catalogues, sizes: Sizes) -> Iterator[Row]:
    """From the document to the bytes of the answer on every side; documents, sort keys and store are warm on all.

    What a view remembers of the store is forgotten before each call of ``cold``, which is like with like: the raw reads
    and the plain resolvers ask the store each time. It is there for ``remembered``. All answers are equal, byte by
    byte, and each is made of what its side read.
    """
    contract, view = catalogues.contract, catalogues.view(sizes.large)
    schema = build_schema(contract, read_questions(contract))
    plain = plain_strawberry.schema(contract, _LISTS)
    variables = {"first": _SIZE}
    asked = Asked(_PAGE, None, variables)
    memory = view.keep("graphql", Memory)

    def remembered() -> bytes:
        return schema.execute(asked, view).json()

    def cold() -> bytes:
        memory.forget()
        return remembered()

    def walked() -> bytes:
        return schema.execute(asked, view, projecting=False).json()

    sides: dict[str, Side] = {
        "cold": cold,
        "remembered": remembered,
        "raw": lambda: _raw(view, contract),
        "walked": walked,
        "plain": lambda: plain_strawberry.answer(plain, _PAGE, variables, view, keeping=False),
        "keeping": lambda: plain_strawberry.answer(plain, _PAGE, variables, view, keeping=True),
    }
    told = {name: side() for name, side in sides.items()}
    assert len(set(told.values())) == 1, "all sides answer alike"
    nodes = orjson.loads(told["raw"])["data"]["services"]["nodes"]
    entities = sum(len(one[name]) for one in nodes for name in _LISTS)
    took = in_turn(sides, sizes.rounds, times=min(sizes.times, 3))
    size = f"{_SIZE} of {sizes.large:,} services, four nested lists ({entities:,} entities, {len(told['raw']):,} bytes)"
    yield from _against_raw(size, took)
    yield from _against_resolvers(size, took)


_OURS = {"cold": "ours", "remembered": "ours remembered"}
"""Both from the document to the bytes; the second finds in memory what earlier requests of the revision read."""


def _against_raw(size: str, took: dict[str, Times]) -> Iterator[Row]:
    for side, ours in _OURS.items():
        found, note = ratio(took[side], took["raw"]), (spread(took[side], took["raw"]),)
        compared = f"{ours} ÷ batched reads of the store, written as JSON"
        yield Row(f"GraphQL {size}", compared, found, f"{took[side]} ÷ {took['raw']}", "≤ 2.5", found <= 2.5, note)


def _against_resolvers(size: str, took: dict[str, Times]) -> Iterator[Row]:
    others = {
        "plain": "plain strawberry resolvers",
        "keeping": "plain strawberry resolvers that keep what they read for the request",
    }
    for side, ours in _OURS.items():
        for other, what in others.items():
            found, note = ratio(took[other], took[side]), (spread(took[other], took[side]),)
            measured = f"{took[other]} ÷ {took[side]}"
            yield Row(f"GraphQL {size}", f"{what} ÷ {ours}", found, measured, "≥ 5", found >= 5, note)
    found, note = ratio(took["walked"], took["remembered"]), (spread(took["walked"], took["remembered"]),)
    compared = "our schema walked by graphql-core, all read ahead and remembered ÷ ours remembered"
    yield Row(f"GraphQL {size}", compared, found, f"{took['walked']} ÷ {took['remembered']}", notes=note)


def _raw(view: View, contract: Contract) -> bytes:
    """What any program would have to do: the page, a batch a level, and what was read written as JSON."""
    service = contract.by_name["Service"]
    nodes = page(view, Selection(service), first=_SIZE).entities
    values = view.values(nodes, [service.property(name) for name in ("title", "transactionsPerYear", *_LISTS)])
    title, number = (values[service.property(name)] for name in ("title", "transactionsPerYear"))
    told: list[dict[str, Any]] = []
    for node in nodes:
        entry = {"iri": node.value, "title": _words(title.get(node, ()))}
        told.append({**entry, "transactionsPerYear": _number(number.get(node, ()))})
    for name in _LISTS:
        prop = service.property(name)
        links = {
            node: sorted({one for one in of if isinstance(one, NamedNode)})[: plain_strawberry.SHOWN]
            for node, of in values[prop].items()
        }
        inner = list(dict.fromkeys(one for of in links.values() for one in of))
        ends = _labelled(view, inner) if name in _TO_SEVERAL else _titled(view, contract.by_name[prop.kinds[0]], inner)
        for node, entry in zip(nodes, told, strict=True):
            entry[name] = [ends[one] for one in links.get(node, ())]
    return orjson.dumps({"data": {"services": {"nodes": told}}})


def _labelled(view: View, nodes: Sequence[NamedNode]) -> dict[NamedNode, Any]:
    labels = view.labels(nodes, _LANGUAGES)
    return {node: {"iri": node.value, "label": {"value": labels[node].text}} for node in nodes}


def _titled(view: View, kind: Kind, nodes: Sequence[NamedNode]) -> dict[NamedNode, Any]:
    title, identifier = (kind.property(name) for name in ("title", "identifier"))
    said = view.values(nodes, [title, identifier])
    return {
        node: {
            "iri": node.value,
            "title": _words(said[title].get(node, ())),
            "identifier": _first(said[identifier].get(node, ())),
        }
        for node in nodes
    }


def _words(texts: Sequence[Term]) -> dict[str, str] | None:
    text = pick(texts, _LANGUAGES)
    return {"value": text.value} if text is not None else None


def _number(values: Sequence[Term]) -> int | None:
    said = _first(values)
    return int(said) if said is not None else None


def _first(values: Sequence[Term]) -> str | None:
    return min((value.value for value in values if isinstance(value, Literal)), default=None)


def graphql_small(catalogues: Catalogues, sizes: Sizes) -> Iterator[Row]:
    """An operation of four fields about one service; the document is known, its variables are not."""
    contract, view = catalogues.contract, catalogues.view(sizes.large)
    schema = build_schema(contract, read_questions(contract))
    iri = NamedNode(catalogues.made(sizes.large).quiet["Service"])
    asked = Asked(_SMALL, None, {"iri": iri.value})
    took = in_turn(
        {
            "ours": lambda: schema.execute(asked, view).json(),
            "walked": lambda: schema.execute(asked, view, projecting=False).json(),
        },
        sizes.rounds * sizes.often,
        times=sizes.times * 20,
    )
    yield Row(
        "GraphQL operation of four fields",
        "graphql-core, all read ahead and remembered ÷ the plan alone",
        ratio(took["walked"], took["ours"]),
        f"{took['walked']} ÷ {took['ours']}",
    )


PARTNERS = (graphql_lists, graphql_small)
