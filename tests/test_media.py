"""Content negotiation, case by case (RFC 9110 section 12.5.1)."""

from __future__ import annotations

import pytest

from govgraph.media import CSV, GRAPH_FORMATS, HTML, JSONLD, NTRIPLES, RDFXML, TURTLE, Format, choose

OFFERS = (HTML, *GRAPH_FORMATS)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, HTML),
        ("", HTML),
        ("*/*", HTML),
        ("text/turtle", TURTLE),
        ("TEXT/TURTLE", TURTLE),
        ("application/rdf+xml;q=0.5, application/ld+json", JSONLD),
        ("text/*", HTML),
        ("text/*;q=0.5, text/turtle", TURTLE),
        ("text/turtle;q=0, */*", HTML),
        ("text/html;q=0, */*;q=0.1", TURTLE),
        ("application/*", JSONLD),
        ("application/n-triples;q=1.0, text/turtle;q=0.9", NTRIPLES),
        ("application/n-triples;q=0.9;charset=utf-8, application/rdf+xml;q=0.95", RDFXML),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
        ("image/png", None),
        ("text/turtle;q=0", None),
        ("text/turtle;q=nonsense", None),
    ],
)
def test_the_most_specific_range_weighs_and_the_heaviest_wins(accept: str | None, chosen: Format | None) -> None:
    assert choose(accept, OFFERS) is chosen


def test_equal_weights_keep_the_order_of_the_offers() -> None:
    assert choose("text/csv, text/turtle", (TURTLE, CSV)) is TURTLE
    assert choose("text/csv, text/turtle", (CSV, TURTLE)) is CSV


def test_text_is_sent_as_utf_8() -> None:
    assert TURTLE.content_type == "text/turtle; charset=utf-8"
    assert JSONLD.content_type == "application/ld+json"
