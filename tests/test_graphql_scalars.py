"""How the texts of literals become values: what is of its datatype, whatever its size, and null for what is not."""

from __future__ import annotations

import pytest
from graphql import GraphQLError
from pyoxigraph import NamedNode

from govgraph.graphql.schema.names import camel, capitals, lower_first, pascal
from govgraph.graphql.schema.scalars import DATATYPES, IRI, SCALARS, Day, Exact, Long, datatype
from govgraph.iris import XSD


@pytest.mark.parametrize(
    ("local", "text", "expected"),
    [
        ("string", "any", "any"),
        ("integer", "007", 7),
        ("integer", "-9223372036854775808", -(2**63)),
        ("integer", "9223372036854775808", None),
        ("integer", "9" * 100, None),
        ("integer", "1_000", None),
        ("integer", "٣", None),
        ("integer", "1.0", None),
        ("decimal", "1.50", "1.50"),
        ("decimal", "NaN", None),
        ("decimal", "1_0", None),
        ("decimal", "much", None),
        ("double", "1e3", 1000.0),
        ("double", "INF", None),
        ("double", "1_0", None),
        ("boolean", "1", True),
        ("boolean", "false", False),
        ("boolean", "maybe", None),
        ("date", "2027-01-31", "2027-01-31"),
        ("date", "2027-01-31Z", "2027-01-31"),
        ("date", "2027-02-31", None),
        ("date", "2027-01-31T00:00:00", None),
        ("dateTime", "2027-01-31T12:00:00Z", "2027-01-31T12:00:00Z"),
        ("dateTime", "2027-01-31", None),
        ("dateTime", "2027-01-31T25:00:00", None),
        ("duration", "P1Y2M3DT4H5M6.7S", "P1Y2M3DT4H5M6.7S"),
        ("duration", "P", None),
        ("duration", "P1DT", None),
        ("anyURI", "https://example.org/", "https://example.org/"),
    ],
)
def test_a_literal_is_read_by_its_datatype(local: str, text: str, expected: object) -> None:
    assert datatype(NamedNode(XSD + local)) is DATATYPES[local]
    assert DATATYPES[local].read(text) == expected


def test_a_datatype_nobody_knows_is_a_string() -> None:
    assert datatype(NamedNode(XSD + "gYear")).type_ is str
    assert datatype(None).type_ is str


@pytest.mark.parametrize(
    ("scalar", "given", "expected"),
    [
        (Long, 7, 7),
        (Long, "7", 7),
        (Long, 7.5, None),
        (Long, True, None),
        (Exact, 7.5, "7.5"),
        (Exact, "7.50", "7.50"),
        (Day, "2027-01-31", "2027-01-31"),
        (Day, 2027, None),
        (Day, {}, None),
        (IRI, "https://example.org/", "https://example.org/"),
        (IRI, "no iri", None),
        (IRI, "https://example.org/ <>", None),
    ],
)
def test_a_scalar_takes_what_is_of_it_and_refuses_the_rest(scalar: object, given: object, expected: object) -> None:
    parse = SCALARS[scalar].parse_value
    assert parse is not None
    if expected is None:
        with pytest.raises(GraphQLError, match="cannot represent"):
            parse(given)
    else:
        assert parse(given) == expected


def test_names_are_spelled_as_graphql_spells_them() -> None:
    assert camel("blocked_services") == "blockedServices"
    assert pascal("blocked_services") == "BlockedServices"
    assert lower_first("LifeEvent") == "lifeEvent"
    assert capitals("transactionsPerYear") == "TRANSACTIONS_PER_YEAR"
    assert capitals("LifeEvent") == "LIFE_EVENT"
