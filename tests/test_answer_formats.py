"""Answers as JSON and CSV: what each kind of cell becomes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import date

from pyoxigraph import BlankNode, Literal, NamedNode

from conftest import BASE, Seed
from govgraph.iris import GOV, XSD, name
from govgraph.question import Answer, Cell, Column, Question, Step
from govgraph.question.answer_formats import plain, to_csv, to_json
from govgraph.question.asking import ask


def answer(**cells: Cell) -> Answer:
    """An answer of one row."""
    columns = tuple(Column(name_, "text", True, {}) for name_ in cells)
    question = Question("q", {}, {}, (), columns, None, None, 1, "", "q.rq")
    return Answer(question, {}, (tuple(cells.values()),), True, 7, date(2026, 1, 1))


def literal(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=name(XSD, datatype))


def test_json_has_exactly_four_keys_and_typed_cells() -> None:
    one, two, needs = NamedNode("urn:one"), NamedNode("urn:two"), name(GOV, "needsBlock")
    said = plain(
        answer(
            entity=one,
            text=Literal("Été", language="fr"),
            whole=literal("12", "integer"),
            fraction=literal("1.5", "decimal"),
            truth=literal("1", "boolean"),
            day=literal("2027-01-31", "date"),
            empty=None,
            blank=BlankNode("b"),
            why=(Step(one, needs, two),),
            nowhere=(),
        )
    )
    assert list(said) == ["question", "columns", "rows", "revision"]
    assert said["columns"][0] == "entity"  # type: ignore[index]  # a list, as the next lines show
    assert said["rows"] == [
        {
            "entity": "urn:one",
            "text": "Été",
            "whole": 12,
            "fraction": 1.5,
            "truth": True,
            "day": "2027-01-31",
            "empty": None,
            "blank": "_:b",
            "why": [{"from": "urn:one", "relation": f"{GOV}needsBlock", "to": "urn:two"}],
            "nowhere": [],
        }
    ]


def test_json_says_where_a_relation_is_stored_the_other_way() -> None:
    one, two, uses = NamedNode("urn:one"), NamedNode("urn:two"), name(GOV, "usesSystem")
    (row,) = json.loads(to_json(answer(why=(Step(one, uses, two, forward=False),))))["rows"]
    assert row["why"] == [{"from": "urn:one", "relation": f"{GOV}usesSystem", "to": "urn:two", "forward": False}]


def test_ill_typed_and_endless_numbers_stay_text_or_finite() -> None:
    made = answer(
        word=literal("many", "integer"),
        infinite=literal("INF", "double"),
        huge=literal("123456789012345678901234567890", "integer"),
        maybe=literal("maybe", "boolean"),
    )
    (row,) = json.loads(to_json(made))["rows"]
    assert row == {"word": "many", "infinite": "INF", "huge": 1.2345678901234568e29, "maybe": "maybe"}


def test_csv_quotes_what_needs_it_and_writes_chains_as_paths() -> None:
    one, two, three = (NamedNode(f"urn:{n}") for n in (1, 2, 3))
    needs = name(GOV, "needsBlock")
    chain = (Step(one, needs, two), Step(two, needs, three, forward=False))
    text = to_csv(answer(title=Literal('Said "yes", twice\nover'), empty=None, why=chain, none=()))
    assert list(csv.reader(io.StringIO(text))) == [
        ["title", "empty", "why", "none"],
        ['Said "yes", twice\nover', "", "urn:1 gov:needsBlock urn:2 ^gov:needsBlock urn:3", ""],
    ]
    assert text.count("\r\n") == 2


def test_json_and_csv_of_a_real_answer_agree(seed: Seed) -> None:
    questions: Mapping[str, Question] = seed.questions
    made = ask(seed.public, questions["blocked_services"], {})
    said = json.loads(to_json(made))
    table = list(csv.DictReader(io.StringIO(to_csv(made))))
    assert len(table) == len(said["rows"]) > 10
    for row, line in zip(said["rows"], table, strict=True):
        assert row["service"] == line["service"]
        assert row["service"].startswith(f"{BASE}id/service/")
        assert str(row["others"]) == line["others"]
        assert line["chain"].startswith(row["service"])
        assert line["chain"].endswith(row["missing"])
        assert row["chain"][-1]["to"] == row["missing"]
