"""What an index has fields for; knows neither catalogue nor question.

Every text is in a plain field of its standing, as its folded words; a text in a language that is stemmed is, as stems,
in a field of that language beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from tantivy import Index, Schema, SchemaBuilder

from govgraph.search.words import plain, stemming

FORMAT = 1
"""Counted up when an index that was made before is of no use any more."""


class Standing(StrEnum):
    """What a text is to its entity."""

    TITLE = "title"
    NEEDED = "needed"
    """The contract wants it before an entry is published."""
    MORE = "more"
    PART = "part"
    """It is a part's."""


WEIGHTS = {Standing.TITLE: 4.0, Standing.NEEDED: 2.0, Standing.MORE: 1.2, Standing.PART: 1.0}

IRI, KIND, WHOLE, TIE, BREVITY = "iri", "kind", "whole", "tie", "brevity"
"""The entity; its kinds; its titles, each as one word; a number that puts equals in an order; how short its shortest
title is, from 0 to 1/2."""


def stems(standing: Standing, language: str) -> str:
    return f"{standing}_{language}"


def schema(languages: Sequence[str]) -> Schema:
    """For some languages that are stemmed."""
    builder = SchemaBuilder()
    builder.add_text_field(IRI, stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(KIND, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(WHOLE, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field(TIE, fast=True)
    builder.add_float_field(BREVITY, fast=True)
    for standing in Standing:
        builder.add_text_field(standing.value, tokenizer_name="plain", index_option="position")
        for language in languages:
            builder.add_text_field(stems(standing, language), tokenizer_name=f"in_{language}", index_option="basic")
    return builder.build()


def teach(index: Index, languages: Sequence[str]) -> None:
    """An index that was opened does not know how its fields are cut into words."""
    index.register_tokenizer("plain", plain())
    for language in languages:
        index.register_tokenizer(f"in_{language}", stemming(language))
