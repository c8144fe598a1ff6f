"""The operations of a SPARQL Update as they stand in its text: where each begins, which graphs it names; runs nothing.

A text no parser accepts gives whatever stands in it (SPARQL 1.1 section 19.8, [29] to [53]).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pyoxigraph import NamedNode

from govgraph.errors import QueryError
from govgraph.iris import PREFIXES
from govgraph.store import sparql_text
from govgraph.store.sparql_text import Token

_PROLOGUE: Mapping[str, int] = {"BASE": 2, "PREFIX": 3, "VERSION": 2}
"""How many tokens a declaration has."""
_WHOLE_GRAPHS = ("CLEAR", "DROP", "CREATE", "COPY", "MOVE", "ADD")
_SHOWN = 40
_MOST_REQUESTS = 100


@dataclass(frozen=True)
class Operation:
    """One operation: its tokens without those of the prologue, and all that was declared before it."""

    text: str
    tokens: tuple[Token, ...]
    declared: tuple[tuple[Token, ...], ...]

    @property
    def near(self) -> str:
        return self.text[self.tokens[0].start : self.tokens[-1].end][:_SHOWN]

    @property
    def prologue(self) -> str:
        """As text again."""
        return "\n".join(self.text[tokens[0].start : tokens[-1].end] for tokens in self.declared)

    @property
    def block(self) -> str:
        """The first group in braces, with them."""
        start, end = self._blocks[0]
        return self.text[self.tokens[start].start : self.tokens[end].end]

    @property
    def is_data(self) -> bool:
        return self._begins(("INSERT", "DELETE"), "DATA") and self._is_one_block

    @property
    def is_delete_where(self) -> bool:
        return self._begins(("DELETE",), "WHERE") and self._is_one_block

    @property
    def has_with(self) -> bool:
        return self.tokens[0].word == "WITH"

    @property
    def has_using(self) -> bool:
        return any(token.word == "USING" for token in self._outside)

    @property
    def names_dataset(self) -> bool:
        return self.has_with or self.has_using

    @property
    def where(self) -> Token | None:
        """The WHERE between templates and pattern."""
        if self.tokens[0].word not in ("WITH", "INSERT", "DELETE") or self._begins(("INSERT", "DELETE"), "DATA"):
            return None
        return next((token for token in self._outside if token.word == "WHERE"), None)

    @property
    def defaults(self) -> list[Token]:
        """Where an operation on whole graphs says DEFAULT."""
        return [token for token in self._outside if token.word == "DEFAULT"] if self._on_whole_graphs else []

    @property
    def clears_all(self) -> bool:
        return self._on_whole_graphs and any(token.word in ("ALL", "NAMED") for token in self._outside)

    @property
    def understood(self) -> bool:
        return self.is_data or self.is_delete_where or self.where is not None or self._on_whole_graphs

    @property
    def writes_anywhere(self) -> bool:
        """Whether a variable names a graph it writes."""
        return self.clears_all or any(token.kind == "variable" for token in self._template_graphs)

    def writes(self, base: str) -> list[NamedNode]:
        """The graphs it names to write to."""
        prefixes = dict(PREFIXES)
        for declaration in self.declared:
            match declaration:
                case (word, iri) if word.word == "BASE":
                    base = sparql_text.resolve(iri.text, base) or base
                case (_, prefix, iri):
                    prefixes[prefix.text.removesuffix(":")] = sparql_text.resolve(iri.text, base)
        tokens = self._whole_graphs_written if self._on_whole_graphs else self._template_graphs
        graphs = (sparql_text.named(token, prefixes, base) for token in tokens)
        return [graph for graph in graphs if graph is not None]

    @property
    def _on_whole_graphs(self) -> bool:
        return self.tokens[0].word in _WHOLE_GRAPHS

    @property
    def _whole_graphs_written(self) -> list[Token]:
        names = [token for token in self._outside if token.kind in ("iri", "prefixed")]
        return [token for token in names if self._written_by_copying(token)]

    def _written_by_copying(self, token: Token) -> bool:
        """COPY and ADD leave what they read as it was."""
        if self.tokens[0].word not in ("COPY", "ADD"):
            return True
        return any(other.word == "TO" and other.start < token.start for other in self._outside)

    @cached_property
    def _template_graphs(self) -> list[Token]:
        """What follows WITH, and GRAPH in what comes before the pattern."""
        where = self.where.start if self.where is not None and not self.is_delete_where else len(self.text)
        pairs = zip(self.tokens, self.tokens[1:], strict=False)
        return [after for token, after in pairs if token.word in ("WITH", "GRAPH") and after.start < where]

    @cached_property
    def _blocks(self) -> list[tuple[int, int]]:
        """First and last token of each group in braces that is in no other."""
        found: list[tuple[int, int]] = []
        depth = start = 0
        for position, token in enumerate(self.tokens):
            if token.text == "{":
                start = position if depth == 0 else start
                depth += 1
            elif token.text == "}":
                depth -= 1
                if depth == 0:
                    found.append((start, position))
        return found

    @cached_property
    def _outside(self) -> Sequence[Token]:
        """The tokens in no braces."""
        inside = {position for start, end in self._blocks for position in range(start, end + 1)}
        return [token for position, token in enumerate(self.tokens) if position not in inside]

    @property
    def _is_one_block(self) -> bool:
        return self._blocks == [(2, len(self.tokens) - 1)]

    def _begins(self, first: Sequence[str], second: str) -> bool:
        return self.tokens[0].word in first and len(self.tokens) > 1 and self.tokens[1].word == second


@dataclass
class _Reading:
    """What has been read of one operation."""

    tokens: list[Token] = field(default_factory=list)
    depth: int = 0

    def see(self, token: Token) -> None:
        self.depth += {"{": 1, "}": -1}.get(token.text, 0)
        self.tokens.append(token)


def operations(text: str) -> Iterator[Operation]:
    """The operations of an update, in order; a prologue that nothing follows is none."""
    declared: list[tuple[Token, ...]] = []
    reading = _Reading()
    for token in sparql_text.tokens(text):
        if token.text == ";" and reading.depth == 0:
            yield from _operation(text, reading.tokens, declared)
            reading = _Reading()
        else:
            reading.see(token)
    yield from _operation(text, reading.tokens, declared)


def _operation(text: str, tokens: list[Token], declared: list[tuple[Token, ...]]) -> Iterator[Operation]:
    position = 0
    while position < len(tokens) and (length := _PROLOGUE.get(tokens[position].word)):
        declared.append(tuple(tokens[position : position + length]))
        position += length
    if position < len(tokens):
        yield Operation(text, tuple(tokens[position:]), tuple(declared))


def requests(text: str) -> list[str]:
    """The text as requests to make one after the other, each with a prologue at its beginning only.

    The grammar lets declarations stand after every semicolon, the engine does not. What is left of the text stays in
    its place, so that lines and columns count as before. Raises QueryError for more than a hundred: each is as long as
    all before it.
    """
    starts = [0]
    kept: list[list[tuple[Token, ...]]] = [[]]
    known = 0
    for number, operation in enumerate(operations(text)):
        if number and len(operation.declared) > known:
            starts.append(operation.declared[known][0].start)
            kept.append(list(operation.declared[:known]))
        known = len(operation.declared)
    if len(starts) > _MOST_REQUESTS:
        raise QueryError("The update declares prefixes anew too often.", "Declare them all at its beginning.")
    ends = [*starts[1:], len(text)]
    return [
        _blanked(text[:start], before) + text[start:end] for start, end, before in zip(starts, ends, kept, strict=True)
    ]


def _blanked(text: str, kept: Sequence[tuple[Token, ...]]) -> str:
    """Nothing but some declarations, and spaces and ends of lines where all else was."""
    pieces: list[str] = []
    done = 0
    for tokens in kept:
        start, end = tokens[0].start, tokens[-1].end
        pieces += [_spaces(text[done:start]), text[start:end]]
        done = end
    return "".join([*pieces, _spaces(text[done:])])


def _spaces(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
