"""What a SPARQL Update says, read from its text: the quads of DATA blocks, and the graphs everything else means.

It runs nothing but DATA blocks, over nothing. The engine's parser decides what is an update and whether it calls
out; tokens only say where its operations begin and end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph
from pyoxigraph import DefaultGraph, NamedNode, Quad

from govgraph.errors import Forbidden, QueryError, QueryForbidden
from govgraph.iris import PREFIXES
from govgraph.store import Dataset, Graphs, malformed, outgoing
from govgraph.store.patch import Patch
from govgraph.store.update_operations import Operation, operations, requests

_NOT_DATA = ("where", "load", "clear", "drop", "create", "copy", "move", "add")
"""Every operation but INSERT DATA and DELETE DATA has one of these words (SPARQL 1.1 section 19.8, [29] to [42])."""
_CALLING = ("service", "load")


@dataclass(frozen=True)
class Scope:
    """What an update means where it names no graph, and which it may write.

    ``default`` is written where no graph is named, None for the engine's own default graph. ``dataset`` is what WHERE
    reads where the text does not say (USING, WITH). ``writable`` are the graphs it may change, None for all.
    """

    default: NamedNode | None = None
    dataset: Dataset | None = None
    writable: Graphs | None = None


@dataclass(frozen=True)
class Prepared:
    """An update as requests to run in turn: ``said`` as they came, ``requests`` with every operation naming its graphs.

    ``anywhere`` when the graphs it writes are known only when it has run.
    """

    said: tuple[str, ...]
    requests: tuple[str, ...]
    base: str
    anywhere: bool


@dataclass(frozen=True)
class Changed:
    """What changed in one graph, as N-Triples."""

    graph: NamedNode
    removed: bytes
    added: bytes


def read_data(text: str, base: str, default: NamedNode | None) -> Patch | None:
    """What an update of nothing but INSERT DATA and DELETE DATA says, one after the other; None for any other text.

    The patch holds whatever stands in the text, whether or not it is in a store.
    """
    if not all(_is_data(request, base) for request in requests(text)):
        return None
    removed: set[Quad] = set()
    added: set[Quad] = set()
    for operation in operations(text):
        if not operation.is_data:
            return None
        quads = _quads(operation, base, default)
        if operation.tokens[0].word == "INSERT":
            added |= quads
            removed -= quads
        else:
            added -= quads
            removed |= quads
    return Patch(frozenset(removed), frozenset(added))


def prepare(text: str, base: str, scope: Scope) -> Prepared:
    """The update as it may run. Raises QueryError where it is none, QueryForbidden where it calls out, Forbidden where
    it names a graph that may not be written."""
    said = tuple(requests(text))
    for request in said:
        check(request, base)
    found = [list(operations(request)) for request in said]
    _refuse_unclear(found)
    if scope.writable is not None:
        _refuse_foreign(found, base, scope.writable)
    rewritten = tuple(_rewritten(*one, scope) for one in zip(said, found, strict=True))
    for request in rewritten:
        check(request, base)
    anywhere = any(operation.writes_anywhere for one in found for operation in one)
    return Prepared(said, rewritten, base, anywhere)


def names_dataset(text: str) -> bool:
    """Whether an update says itself what it reads, with USING or WITH."""
    return any(operation.names_dataset for operation in operations(text))


def check(text: str, base: str) -> None:
    """Raises QueryError for a text that is no update, QueryForbidden for one that calls out; runs nothing."""
    refusal = _refusal(text, base)
    if refusal is not None:
        raise malformed.explain(str(refusal), text, update=True)
    masked, prefixes = outgoing.masked(text, _CALLING)
    if masked != text and _refusal(masked, base, prefixes) is not None:
        raise QueryForbidden(
            "LOAD and SERVICE are not available here: this endpoint contacts no other.",
            "Fetch the data yourself and send them, as INSERT DATA or to /graph-store.",
        )


def _is_data(text: str, base: str) -> bool:
    """By the engine's parser: without the words of all other operations it is still an update."""
    try:
        masked, prefixes = outgoing.masked(text, (*_NOT_DATA, *_CALLING))
        pyoxigraph.Store().update(masked, base_iri=base, prefixes=prefixes)
    except (SyntaxError, ValueError, RuntimeError, StopIteration):
        return False
    return True


def _quads(operation: Operation, base: str, default: NamedNode | None) -> set[Quad]:
    """Those of one DATA block, which stands in for what an empty store has after it."""
    engine = pyoxigraph.Store()
    engine.update(f"{operation.prologue}\nINSERT DATA {operation.block}", base_iri=base, prefixes=PREFIXES)
    graph = default or DefaultGraph()
    return {
        Quad(q.subject, q.predicate, q.object, graph if q.graph_name == DefaultGraph() else q.graph_name)
        for q in engine
    }


def _refusal(text: str, base: str, prefixes: dict[str, str] = PREFIXES) -> SyntaxError | None:
    """What the parser has against a text, told without running it: with a mark at its end that nothing may have, all
    is well if that is the first thing it minds."""
    words = [token for operation in operations(text) for token in operation.tokens]
    complete = not words or re.search(r";\s*\Z", text[words[-1].end :]) is not None
    ending = f"{'' if complete else ';'} CLEAR ALL{' ' * malformed.MARGIN}"
    try:
        pyoxigraph.Store().update(f"{text}\n{ending}\0", base_iri=base, prefixes=prefixes)
    except SyntaxError as error:
        place = (text.count("\n") + 2, len(ending) + 1)
        return None if malformed.place(error) == place else error
    raise AssertionError("the parser has taken a null character")


def _refuse_unclear(found: Iterable[Iterable[Operation]]) -> None:
    wrong = next((operation for one in found for operation in one if not operation.understood), None)
    if wrong is not None:
        raise QueryError(
            f"The update is well-formed, but where {wrong.near!r} begins and ends cannot be told.",
            "Put a space between keywords, and after a comparison with <.",
        )


def _refuse_foreign(found: Iterable[Iterable[Operation]], base: str, writable: Graphs) -> None:
    for operation in (operation for one in found for operation in one):
        if operation.clears_all:
            raise forbidden("every graph")
        for graph in operation.writes(base):
            if graph not in writable:
                raise forbidden(str(graph))


def _rewritten(text: str, found: Iterable[Operation], scope: Scope) -> str:
    pieces: list[str] = []
    done = 0
    for operation in found:
        for start, end, instead in sorted(_changes(operation, scope)):
            pieces += [text[done:start], instead]
            done = end
    return "".join([*pieces, text[done:]])


def forbidden(what: str) -> Forbidden:
    """The refusal of a write to a graph that changes in other ways."""
    return Forbidden(
        f"This would write to {what}.",
        "Write to the working or the reference graph; what is published changes by publishing, withdrawing, deleting "
        "and merging entries, or by their gov:publicationStatus.",
    )


def _changes(operation: Operation, scope: Scope) -> Iterator[tuple[int, int, str]]:
    """Pieces of the text, by their places, and what is to stand there so that the operation names its graphs."""
    # A NamedNode is written by the engine, and none can be made whose text is not one IRI in angle brackets.
    with_ = f"WITH {scope.default} " if scope.default else ""
    first = operation.tokens[0]
    if operation.is_data or operation.is_delete_where:
        yield from _as_template(operation, scope, with_)
    elif operation.where is not None:
        if not operation.has_with:
            yield first.start, first.start, with_
        if not operation.has_using:
            own = operation.tokens[1].text if operation.has_with else ""
            yield operation.where.start, operation.where.start, f"{_using(scope.dataset, own)} "
    elif scope.default:
        for token in operation.defaults:
            yield token.start, token.end, f"GRAPH {scope.default}"
        if operation.defaults and first.word in ("CLEAR", "DROP") and operation.tokens[1].word != "SILENT":
            yield first.end, first.end, " SILENT"  # the default graph is always there


def _as_template(operation: Operation, scope: Scope, with_: str) -> Iterator[tuple[int, int, str]]:
    """``INSERT DATA { … }`` and ``DELETE WHERE { … }`` in the long form, the only one that can name graphs."""
    if not scope.default and (operation.is_data or not scope.dataset):
        return
    first, second, last = operation.tokens[0], operation.tokens[1], operation.tokens[-1]
    pattern = " WHERE {}" if operation.is_data else f" {_using(scope.dataset)} WHERE {operation.block}"
    yield first.start, first.start, with_
    yield second.start, second.end, ""
    yield last.end, last.end, pattern


def _using(dataset: Dataset | None, own: str = "") -> str:
    """``own`` is what WITH names: then WHERE reads that (SPARQL 1.1 Update section 3.1.3)."""
    if dataset is None:
        return ""
    default = [own] if own else [str(graph) for graph in dataset.default]
    return " ".join([f"USING {graph}" for graph in default] + [f"USING NAMED {graph}" for graph in dataset.named])
