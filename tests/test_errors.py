"""The tree of errors is drawn as it grows, and every branch has a status and a code."""

from __future__ import annotations

import pickle
import re

from govgraph import errors


def family(error: type[errors.GovgraphError]) -> list[type[errors.GovgraphError]]:
    """The error and all below it; a test elsewhere may have made a child of its own."""
    children = [child for child in error.__subclasses__() if child.__module__ == errors.__name__]
    return [error, *(member for child in children for member in family(child))]


def test_the_drawing_shows_every_error() -> None:
    drawn = re.findall(r"^[│ ├└─]*([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE)
    assert [name for name in drawn if hasattr(errors, name)] == [e.__name__ for e in family(errors.GovgraphError)]


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in family(errors.GovgraphError)]
    assert len(set(codes)) == len(codes)


def test_an_error_crosses_processes_whole() -> None:
    error = errors.QueryError("No.", "Try.", line=3, column=4)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    assert (str(again), again.hint, again.line, again.column) == ("No. Try.", "Try.", 3, 4)


def test_only_what_may_go_better_shortly_says_when_to_ask_again() -> None:
    again = {error.__name__ for error in family(errors.GovgraphError) if error.retry_after}
    stores = {error.__name__ for error in family(errors.StoreError)} - {"RevisionConflict", "LogDamaged"}
    assert again == {"QueryBusy", "QuotaSpent", "IssuerAway"} | stores
    assert {errors.QueryOutOfMemory.status, errors.ResultTooLarge.status} == {422}
    assert {errors.QueryBusy.status, errors.QueryOverdue.status} == {503}
