"""A question written out with its parameters finds what the question finds."""

from __future__ import annotations

from datetime import date

from conftest import Seed
from govgraph.catalogue import View
from govgraph.question import LITERAL_TYPES, Question
from govgraph.question.asking import ask
from govgraph.question.spelling import spelled

TODAY = date(2026, 6, 1)
GIVEN = {"integer": "2027", "decimal": "2", "date": "2026-06-01", "boolean": "true", "string": "a"}


def some_parameters(view: View, question: Question) -> dict[str, str]:
    """A value for each parameter: the middle one of a kind, so that it is in the seed."""
    given = {}
    for parameter in question.parameters:
        if parameter.type in LITERAL_TYPES:
            given[parameter.name] = parameter.default or GIVEN[parameter.type]
        elif parameter.type in view.contract.lists_by_name:
            given[parameter.name] = view.contract.lists_by_name[parameter.type].codes[0].name
        elif parameter.type in view.contract.by_name:
            members = sorted(iri.value for iri in view.members(view.contract.by_name[parameter.type]))
            given[parameter.name] = members[len(members) // 2]
        else:
            given[parameter.name] = min(iri.value for iri in view.members(view.contract.kind("Regulation")))
    return given


def test_every_question_written_out_gives_the_rows_of_the_question(seed: Seed) -> None:
    asked = rows = 0
    for question in seed.questions.values():
        required = {p.name for p in question.parameters if p.required}
        for given in ({}, some_parameters(seed.working, question)):
            if required - given.keys():
                continue
            answer = ask(seed.working, question, given, today=TODAY)
            written = seed.working.table(spelled(question, answer.bindings))
            columns = [c.name for c in question.columns if c.type != "chain"]
            positions = [written.columns.index(name) for name in columns]
            found = [tuple(row[at] for at in positions) for row in written.rows]
            cells = [n for n, c in enumerate(question.columns) if c.type != "chain"]
            assert sorted(map(str, found)) == sorted(str(tuple(row[n] for n in cells)) for row in answer.rows), (
                question.name
            )
            asked += 1
            rows += len(found)
    assert asked > len(seed.questions)
    assert rows > 100
