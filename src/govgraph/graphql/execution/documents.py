"""Documents as they come in: parsed and validated once, and kept while there is room; knows the schema, runs nothing.

Strangers write them, so what all that are kept take of memory is bounded, and so is the time that is spent on one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    GraphQLSyntaxError,
    parse,
    validate,
)

from govgraph.graphql.execution.faults import Said, refused, said
from govgraph.graphql.execution.limits import RULES, Refusal, check_document, too_entangled
from govgraph.graphql.execution.reading import Limits

KEPT = 256
LONGEST_KEPT = 20_000
"""Characters."""
_CHARACTERS_KEPT = 500_000
"""Of all that are kept; parsed they take up to 300 bytes for each."""
_UNPARSED = {"Document contains more than": "TOO_MANY_TOKENS", "Document is nested too deeply": "TOO_DEEP"}
"""How graphql-core begins to say why it stopped parsing what may be well-formed."""
_ABORTED = "Validation aborted."
"""How it says that comparing the fields took too long."""


@dataclass(frozen=True, eq=False)
class Document:
    """A document after parsing, or what is wrong with it."""

    ast: DocumentNode | None
    errors: tuple[Said, ...] = ()

    @cached_property
    def fragments(self) -> Mapping[str, FragmentDefinitionNode]:
        definitions = self.ast.definitions if self.ast else ()
        return {one.name.value: one for one in definitions if isinstance(one, FragmentDefinitionNode)}


class Documents:
    """The documents of one schema. Safe to use from any thread."""

    def __init__(self, core: GraphQLSchema, limits: Limits, forget: Callable[[], None]) -> None:
        """``forget`` is called when there is no room any more for what was made of documents."""
        self._core = core
        self._limits = limits
        self._forget = forget
        self._kept_parsed = lru_cache(KEPT)(self._parse)
        self._kept_validated = lru_cache(KEPT)(self._validate)
        self._weight = 0
        self._weighing = threading.Lock()

    def parsed(self, query: str) -> Document:
        return self._kept_parsed(query) if len(query) <= LONGEST_KEPT else self._parse(query)

    def validated(self, query: str) -> Document:
        return self._kept_validated(query) if len(query) <= LONGEST_KEPT else self._validate(query)

    def weigh(self, characters: int) -> None:
        """Something is about to be kept that takes as much as so many characters. Where that would be too much all
        goes: who asks again finds it anew."""
        with self._weighing:
            self._weight += characters
            if self._weight <= _CHARACTERS_KEPT:
                return
            self._weight = characters
        self._kept_parsed.cache_clear()
        self._kept_validated.cache_clear()
        self._forget()

    def _parse(self, query: str) -> Document:
        if len(query) <= LONGEST_KEPT:
            self.weigh(len(query))
        try:
            document = parse(query, max_tokens=self._limits.tokens)
            check_document(document, self._limits)
        except GraphQLSyntaxError as error:
            codes = (code for start, code in _UNPARSED.items() if error.description.startswith(start))
            return Document(None, (said(error, next(codes, "GRAPHQL_PARSE_FAILED")),))
        except Refusal as refusal:
            return Document(None, (refused(refusal),))
        return Document(document)

    def _validate(self, query: str) -> Document:
        document = self.parsed(query)
        if document.ast is None:
            return document
        errors = validate(self._core, document.ast, RULES)
        if errors and errors[-1].message == _ABORTED:
            return Document(document.ast, (refused(too_entangled()),))
        return Document(document.ast, tuple(said(error, "GRAPHQL_VALIDATION_FAILED") for error in errors))
