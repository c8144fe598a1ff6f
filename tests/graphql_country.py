"""A small country for the tests of GraphQL, and how they ask about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conftest import ORGANISATION, Seed, Small, service
from govgraph.catalogue import View
from govgraph.graphql import Asked, Schema, build_schema

COUNTRY = """
<id/building-block/identity> a gov:BuildingBlock ; dct:title "Identity"@en ; dct:description "Who is who."@en ;
    gov:publicationStatus code:Published .
<id/building-block/payment> a gov:BuildingBlock ; dct:title "Payments"@en , "Paiements"@fr ;
    dct:description "Money."@en ; gov:requiresBlock <id/building-block/identity> ;
    gov:publicationStatus code:Published .
<id/life-event/birth> a cv:LifeEvent ; dct:title "Birth"@en ; dct:description "A child is born."@en ;
    gov:publicationStatus code:Published .
<id/business-event/start> a cv:BusinessEvent ; dct:title "Start"@en ; dct:description "A company begins."@en ;
    gov:publicationStatus code:Published .
"""
BIRTH = """; cv:isGroupedBy <id/life-event/birth> , <id/business-event/start> , <https://example.org/event/elsewhere> ;
    gov:needsBlock <id/building-block/payment> , <id/building-block/identity> ;
    gov:transactionsPerYear 9007199254740993 ; gov:crossBorder true ; cv:processingTime "P5D"^^xsd:duration ;
    gov:requestsPerMonth 12.50 ; dcat:keyword "baby"@en , "child"@en , "bébé"@fr ;
    dct:language <http://publications.europa.eu/resource/authority/language/FRA>"""
WRONG = """; gov:transactionsPerYear "many" ; gov:crossBorder "maybe"^^xsd:boolean ;
    gov:requestsPerMonth "x"^^xsd:decimal"""


@pytest.fixture(scope="session")
def schema(seed: Seed) -> Schema:
    return build_schema(seed.contract, seed.questions)


@pytest.fixture
def view(small: Callable[..., Small]) -> View:
    services = service("birth", "Register a birth", BIRTH) + service("wrong", "Wrong", WRONG) + service("visa", "Visa")
    return small(ORGANISATION + COUNTRY + services).working


@pytest.fixture
def ask(schema: Schema, view: View) -> Callable[..., Any]:
    """The data of an answer without errors."""

    def asking(query: str, **variables: object) -> Any:
        told = schema.execute(Asked(query, variables=variables), view)
        assert not told.errors, told.errors
        return told.data

    return asking


def birth(fields: str) -> str:
    return f'{{ service(slug: "birth") {{ {fields} }} }}'
