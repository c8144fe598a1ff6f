"""What to mend next, asked by GraphQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from govgraph.catalogue import View
from govgraph.catalogue.next_edits import Scope, mendings, page
from govgraph.graphql import Asked, Schema

QUERY = """query($organisation: ID, $kind: KindName, $first: Int, $after: String) {
  nextEdits(organisation: $organisation, kind: $kind, first: $first, after: $after) {
    totalCount score unlocking pageInfo { hasNextPage endCursor }
    nodes { entity { slug score } node { iri } subject severity points scoreAfter unlocks
      findings { message key } } } }"""


def test_next_edits_are_those_of_the_catalogue_page_by_page(ask: Callable[..., Any], view: View) -> None:
    ranked = mendings(view).ranked
    answer = ask(QUERY, first=4)["nextEdits"]
    assert answer["totalCount"] == len(ranked) > 6
    assert answer["score"] == view.summary().total.score
    assert answer["unlocking"] == mendings(view).unlocking
    assert [(n["entity"]["slug"], n["subject"], n["points"], n["unlocks"]) for n in answer["nodes"]] == [
        (one.entity.value.rpartition("/")[2], one.subject, one.points, one.unlocks) for one in ranked[:4]
    ]
    assert [n["scoreAfter"] for n in answer["nodes"]] == [page(view).after(one).score for one in ranked[:4]]
    assert all(n["findings"] and n["severity"] in ("VIOLATION", "WARNING", "INFO") for n in answer["nodes"])
    following = ask(QUERY, first=4, after=answer["pageInfo"]["endCursor"])["nextEdits"]
    assert [n["subject"] for n in following["nodes"]] == [one.subject for one in ranked[4:8]]


def test_next_edits_of_one_organisation_and_of_one_kind(ask: Callable[..., Any], view: View) -> None:
    interior = view.names.entity("organisation", "interior")
    own = mendings(view, Scope(interior))
    for said in ("interior", interior.value):
        answer = ask(QUERY, organisation=said, first=50)["nextEdits"]
        assert (answer["totalCount"], answer["score"]) == (len(own.ranked), own.now.score)
    kind = view.contract.by_name["Service"]
    answer = ask(QUERY, kind="SERVICE", first=50)["nextEdits"]
    assert answer["totalCount"] == len(mendings(view, Scope(kind=kind)).ranked) > 0


@pytest.mark.parametrize("arguments", ['organisation: "nobody"', 'after: "?"', "first: -1"])
def test_next_edits_that_cannot_be_told_are_refused(schema: Schema, view: View, arguments: str) -> None:
    told = schema.execute(Asked(f"{{ nextEdits({arguments}) {{ totalCount }} }}"), view)
    assert told.errors


def test_a_kind_of_parts_has_nothing_to_mend_of_its_own(schema: Schema, view: View) -> None:
    told = schema.execute("{ nextEdits(kind: CHANNEL) { totalCount } }", view)
    assert told.errors[0]["extensions"]["code"] == "BAD_REQUEST"
