"""Every question file: its header, its types, its parameters, and its answers, checked against a second reckoning."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from conftest import BASE, TURTLE_PREFIXES, Seed
from govgraph.catalogue import Audience, Catalogue, View
from govgraph.catalogue.text import label_of
from govgraph.contract.reading import read as read_contract
from govgraph.iris import XSD, Names
from govgraph.question import LITERAL_TYPES, Answer, Cell, Question, Step
from govgraph.question.asking import ask
from govgraph.question.reading import EDGES, SHIPPED
from govgraph.question.reading import read as read_questions
from govgraph.store import Part
from govgraph.store.embedded import MemoryStore
from random_catalogue import COUNTS, catalogues, ntriples
from reckoning import Facts, value
from reckoning_of_plans import RECKONED

EXPECTED = Path(__file__).parent / "expected" / "questions"
TODAY = date(2026, 11, 1)
NAMES = sorted(path.stem for path in SHIPPED.glob("*.rq") if not path.name.endswith(EDGES))
CONTRACT = read_contract()
QUESTIONS = read_questions(CONTRACT)
EXPLAINED = 6
ASKED = [
    pytest.param(name, number, id=f"{name}-{number}")
    for name in NAMES
    for number in range(len(json.loads((EXPECTED / f"{name}.json").read_text("utf-8"))["answers"]))
]


def shown(cell: Cell) -> Any:
    """A cell as the expected answers write it: IRIs compact or below the base, a chain as one line."""
    if isinstance(cell, tuple):
        steps = [f"{'' if s.forward else '^'}{value(s.relation, BASE)} {value(s.target, BASE)}" for s in cell]
        return " ".join([value(cell[0].source, BASE), *steps]) if cell else ""
    found = value(cell, BASE)
    if isinstance(found, Decimal):
        return float(found)
    return found.isoformat() if isinstance(found, date) else found


def reckoned(question: Question, facts: Facts, answer: Answer) -> list[tuple[Any, ...]]:
    given_ = {name: value(term, BASE) for name, term in answer.bindings.items()}
    return sorted(set(RECKONED[question.name](facts, given_)), key=repr)


def plain(answer: Answer) -> list[tuple[Any, ...]]:
    """The rows as Python values, without the chain."""
    kept = [number for number, column in enumerate(answer.question.columns) if column.type != "chain"]
    return [tuple(value(row[number], BASE) for number in kept) for row in answer.rows]  # type: ignore[arg-type]  # no chain


def facts_of(view: View) -> Facts:
    triples = (parse(view.reader.dump(graph), RdfFormat.N_TRIPLES) for graph in view.graphs)
    return Facts((quad.triple for quad in chain.from_iterable(triples)), BASE)


@pytest.fixture(scope="module")
def facts(seed: Seed) -> Mapping[Audience, Facts]:
    return {audience: facts_of(seed.catalogue.view(audience)) for audience in Audience}


def expected(name: str) -> list[dict[str, Any]]:
    said: dict[str, Any] = json.loads((EXPECTED / f"{name}.json").read_text("utf-8"))
    answers: list[dict[str, Any]] = said["answers"]
    return answers


def test_every_file_is_a_question() -> None:
    assert len(NAMES) == 29
    assert sorted(QUESTIONS) == NAMES
    assert len(list(SHIPPED.glob("*" + EDGES))) == EXPLAINED
    assert sum(question.explanation is not None for question in QUESTIONS.values()) == EXPLAINED
    assert sorted(RECKONED) == NAMES
    assert sorted(path.stem for path in EXPECTED.glob("*.json")) == NAMES


def test_each_has_its_own_place_in_the_order() -> None:
    assert len({question.order for question in QUESTIONS.values()}) == len(QUESTIONS)
    assert list(QUESTIONS)[:2] == ["blocked_services", "regulations_of_item"]


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_said_in_both_languages(name: str) -> None:
    question = QUESTIONS[name]
    texts = [question.titles, question.reasons]
    texts += [parameter.labels for parameter in question.parameters] + [column.labels for column in question.columns]
    for text in texts:
        assert set(text) == {"en", "fr"}
        assert all(words == words.strip() and words for words in text.values())
    assert question.titles["en"].endswith("?")
    assert question.titles["fr"].endswith(" ?")
    assert "'" not in "".join(text["fr"] for text in texts), "French takes the typographic apostrophe"


@pytest.mark.parametrize("name", NAMES)
def test_rows_stand_in_an_order_that_ends_with_what_names_them(name: str) -> None:
    assert re.search(r"ORDER BY [^{}]*\?\w+\s*\Z", QUESTIONS[name].text)


@pytest.mark.parametrize(("name", "number"), ASKED)
def test_the_answer_on_the_seed_is_the_expected_one(seed: Seed, name: str, number: int) -> None:
    wanted = expected(name)[number]
    answer = ask(seed.public, seed.questions[name], wanted["params"], today=TODAY)
    assert [[shown(cell) for cell in row] for row in answer.rows] == wanted["rows"]
    assert wanted["why"].endswith(".")
    assert wanted["rows"], "an answer without rows shows nothing"


@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize(("name", "number"), ASKED)
def test_a_second_reckoning_of_the_seed_agrees(
    seed: Seed, facts: Mapping[Audience, Facts], audience: Audience, name: str, number: int
) -> None:
    view = seed.catalogue.view(audience)
    answer = ask(view, seed.questions[name], expected(name)[number]["params"], today=TODAY)
    assert sorted(plain(answer), key=repr) == reckoned(answer.question, facts[audience], answer)


@pytest.mark.parametrize("name", NAMES)
def test_cells_are_of_the_types_of_their_columns(seed: Seed, name: str) -> None:
    for wanted in expected(name):
        answer = ask(seed.working, seed.questions[name], wanted["params"], today=TODAY)
        for position, column in enumerate(answer.question.columns):
            for cell in (row[position] for row in answer.rows):
                assert is_of_type(seed.working, cell, column.type, column.nullable), (column.name, cell)


def is_of_type(view: View, cell: Cell, type_: str, nullable: bool) -> bool:
    if cell is None:
        return nullable
    if type_ == "chain":
        return isinstance(cell, tuple)
    if type_ in LITERAL_TYPES:
        return isinstance(cell, Literal) and cell.datatype.value == XSD + LITERAL_TYPES[type_]
    assert isinstance(cell, NamedNode)
    if type_ in view.contract.lists_by_name:
        return cell in view.contract.lists_by_name[type_].by_iri
    if type_ == "iri":  # something with words in both languages, or a page would show its address
        return all(
            label_of(cell, [], view.contract.labels.get(cell, {}), [tag]).language == tag for tag in ("en", "fr")
        )
    kind = view.kinds([cell]).get(cell)
    return kind is not None and type_ in ("entity", kind.name)


OPTIONAL = [
    (name, parameter.name)
    for name in NAMES
    for parameter in QUESTIONS[name].parameters
    if not parameter.required or parameter.default
]
OTHERS = {"importanceFrom": "75", "feasibilityFrom": "75", "years": "0"}


@pytest.mark.parametrize(("name", "parameter"), OPTIONAL)
def test_every_optional_parameter_really_changes_the_answer(seed: Seed, name: str, parameter: str) -> None:
    question = seed.questions[name]
    asked = question.parameter(parameter)
    assert asked is not None
    given_ = expected(name)[0]["params"] if any(p.required for p in question.parameters) else {}
    every = plain(ask(seed.working, question, given_, today=TODAY))
    if asked.type in seed.contract.by_name:
        members = seed.working.members(seed.contract.by_name[asked.type])
        some = [plain(ask(seed.working, question, given_ | {parameter: m.value}, today=TODAY)) for m in members]
        assert any(rows != every and rows for rows in some)
        if parameter in [column.name for column in question.columns]:
            assert all(set(rows) <= set(every) for rows in some)
            assert sum(len(rows) for rows in some) == len(every)
    else:
        values = ["2019-01-01", "2025-06-30", "2031-12-31"] if asked.type == "date" else [OTHERS[parameter]]
        others = [plain(ask(seed.working, question, given_ | {parameter: one}, today=TODAY)) for one in values]
        assert any(rows != every for rows in others)


def test_every_optional_parameter_is_known() -> None:
    assert len(OPTIONAL) == 23


@pytest.mark.parametrize("name", [name for name, question in QUESTIONS.items() if question.explanation])
def test_every_chain_leads_from_start_to_end(seed: Seed, facts: Mapping[Audience, Facts], name: str) -> None:
    for wanted in expected(name):
        answer = ask(seed.working, seed.questions[name], wanted["params"], today=TODAY)
        assert chains_hold(answer, facts[Audience.WORKING]) > 0


def chains_hold(answer: Answer, facts: Facts) -> int:
    """How many chains there are; each leads over triples that are there from start over the stops to the end."""
    explanation, found = answer.question.explanation, 0
    assert explanation is not None
    names = [column.name for column in answer.question.columns]
    position = names.index(explanation.column)
    for row in answer.rows:
        cell = {**answer.bindings, **dict(zip(names, row, strict=True))}
        steps: Sequence[Step] = row[position]  # type: ignore[assignment]  # the column of chains
        stops = [stop for key in (explanation.start, *explanation.through, explanation.end) if (stop := cell[key])]
        passed = [steps[0].source, *(step.target for step in steps)]
        assert (passed[0], passed[-1]) == (stops[0], stops[-1])
        assert len(set(passed)) == len(passed) or explanation.through
        left = deque(passed)
        for stop in stops:
            while left and left[0] != stop:
                left.popleft()
            assert left, f"{stop} is not passed"
        for step in steps:
            ends = (step.source, step.target) if step.forward else (step.target, step.source)
            start, end = (value(one, BASE) for one in ends)
            assert end in facts.all(start, value(step.relation, BASE))
        found += 1
    return found


def view_of(triples: list[Triple]) -> View:
    """A view without loading; every third triple lies in the reference graph as well."""
    names, store = Names(BASE), MemoryStore(BASE)
    parts = [
        Part(names.public, ntriples(triples)),
        Part(names.reference, ntriples(triples[::3])),
        Part(names.vocabulary, CONTRACT.vocabulary),
    ]
    store.replace(parts, CONTRACT.hash)
    return Catalogue(store, CONTRACT).view()


@st.composite
def asked_of(draw: st.DrawFn) -> tuple[list[Triple], dict[str, dict[str, str]]]:
    """A catalogue, and for every question some parameters."""
    counts = {CONTRACT.by_class[class_].name: n for class_, n in KINDS.items()}
    parameters: dict[str, dict[str, str]] = {}
    for name, question in QUESTIONS.items():
        parameters[name] = {}
        for parameter in question.parameters:
            if parameter.type in counts and (parameter.required or draw(st.booleans())):
                parameters[name][parameter.name] = str(draw(st.integers(0, counts[parameter.type] - 1)))
    return draw(catalogues(CONTRACT, BASE)), parameters


KINDS = {
    NamedNode(iri): COUNTS[short]
    for iri, short in ((k.class_.value, value(k.class_, "")) for k in CONTRACT.kinds)
    if short in COUNTS
}


# A catalogue that fails is shown as it was found: making it smaller asks all questions hundreds of times over.
@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(asked_of())
def test_a_second_reckoning_of_any_catalogue_agrees(
    catalogue: tuple[list[Triple], dict[str, dict[str, str]]],
) -> None:
    triples, parameters = catalogue
    view, other = view_of(triples), view_of(triples[::-1])
    facts = facts_of(view)
    for name, question in QUESTIONS.items():
        answer = ask(view, question, parameters[name], today=TODAY)
        assert sorted(plain(answer), key=repr) == reckoned(question, facts, answer), name
        assert ask(other, question, parameters[name], today=TODAY).rows == answer.rows, f"{name} has no fixed order"
        if question.explanation:
            chains_hold(answer, facts)


def test_a_done_item_without_any_year_counts_in_none() -> None:
    turtle = """
        <id/roadmap/a> a gov:Roadmap .
        <id/roadmap-item/one> a gov:RoadmapItem ; gov:partOfRoadmap <id/roadmap/a> ; gov:itemStatus code:Done ;
            gov:digitises <id/service/s> .
        <id/roadmap-item/two> a gov:RoadmapItem ; gov:partOfRoadmap <id/roadmap/a> ; gov:targetYear 2027 ."""
    triples = [quad.triple for quad in parse(TURTLE_PREFIXES + turtle, RdfFormat.TURTLE, base_iri=BASE)]
    answer = ask(view_of(triples), QUESTIONS["yearly_progress"], {}, today=TODAY)
    assert [plain(answer)[0][1:5]] == [(2027, None, 0, 0)]
