"""The figures of partner portals: a large answer of GraphQL against what it reads, and against plain resolvers."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
from pyoxigraph import NamedNode

import plain_strawberry
from catalogues import Catalogues
from govgraph.catalogue import View
from govgraph.catalogue.lists.selection import Selection, page
from govgraph.contract import Contract
from govgraph.graphql import Asked, build_schema
from govgraph.graphql.execution.memory import Memory
from govgraph.question.reading import read as read_questions
from measuring import Row, Side, Sizes, Times, in_turn, ratio, spread

_SIZE = 200
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
    """From the document to the bytes of the answer on every side; documents, sort keys and store are warm.

    What a view remembers is warm for ours and forgotten before each call for ``cold``; the raw read and the plain
    resolvers ask the store each time. All sides' answers are equal, byte by byte.
    """
    contract, view = catalogues.contract, catalogues.view(sizes.large)
    schema = build_schema(contract, read_questions(contract))
    plain = plain_strawberry.schema(contract, _LISTS)
    variables = {"first": _SIZE}
    asked = Asked(_PAGE, None, variables)
    memory = view.keep("graphql", Memory)

    def ours() -> bytes:
        return schema.execute(asked, view).json()

    def cold() -> bytes:
        memory.forget()
        return ours()

    def walked() -> bytes:
        return schema.execute(asked, view, projecting=False).json()

    answer = orjson.loads(ours())
    entities = sum(len(one[name]) for one in answer["data"]["services"]["nodes"] for name in _LISTS)
    sides: dict[str, Side] = {
        "cold": cold,
        "ours": ours,
        "raw": lambda: _raw(view, contract, answer),
        "walked": walked,
        "plain": lambda: plain_strawberry.answer(plain, _PAGE, variables, view, keeping=False),
        "keeping": lambda: plain_strawberry.answer(plain, _PAGE, variables, view, keeping=True),
    }
    told = {name: side() for name, side in sides.items()}
    assert len(set(told.values())) == 1, "all sides answer alike"
    took = in_turn(sides, sizes.rounds, times=min(sizes.times, 3))
    size = f"{_SIZE} of {sizes.large:,} services, four nested lists ({entities:,} entities, {len(told['raw']):,} bytes)"
    yield from _against_raw(size, took)
    yield from _against_resolvers(size, took)


def _against_raw(size: str, took: dict[str, Times]) -> Iterator[Row]:
    sides = {"ours": "execution to JSON, what it reads remembered by the view", "cold": "the same, nothing remembered"}
    for side, what in sides.items():
        found = ratio(took[side], took["raw"])
        note = (spread(took[side], took["raw"]),)
        compared = f"{what} ÷ batched reads and JSON dump of the same answer"
        yield Row(f"GraphQL {size}", compared, found, f"{took[side]} ÷ {took['raw']}", "≤ 2.5", found <= 2.5, note)


def _against_resolvers(size: str, took: dict[str, Times]) -> Iterator[Row]:
    others = {
        "plain": "plain strawberry resolvers",
        "keeping": "plain strawberry resolvers that keep what they read for the request",
        "walked": "our schema walked by graphql-core, all read ahead and remembered",
    }
    for side, what in others.items():
        found = ratio(took[side], took["ours"])
        target, met = ("≥ 5", found >= 5) if side != "walked" else ("", None)
        note = (spread(took[side], took["ours"]),)
        yield Row(f"GraphQL {size}", f"{what} ÷ ours", found, f"{took[side]} ÷ {took['ours']}", target, met, note)
    found = ratio(took["plain"], took["cold"])
    compared = "plain strawberry resolvers ÷ ours with nothing remembered"
    yield Row(f"GraphQL {size}", compared, found, f"{took['plain']} ÷ {took['cold']}")


def _raw(view: View, contract: Contract, answer: object) -> bytes:
    """What any program would have to do: the page, a batch a level, and the answer written as JSON."""
    service = contract.by_name["Service"]
    nodes = page(view, Selection(service), first=_SIZE).entities
    values = view.values(nodes, [service.property(name) for name in ("title", "transactionsPerYear", *_LISTS)])
    for name in _LISTS:
        prop = service.property(name)
        inner = list(dict.fromkeys(node for of in values[prop].values() for node in of))
        if name in _TO_SEVERAL:
            view.labels(inner, ("en",))
        else:
            kind = contract.by_name[prop.kinds[0]]
            view.values(inner, [kind.property("title"), kind.property("identifier")])
    return orjson.dumps(answer)


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
