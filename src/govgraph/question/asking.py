"""Asks a question of a view: binds parameters, runs the query, finds each row's chain; knows no face."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise

from pyoxigraph import Literal, NamedNode

from govgraph.catalogue import View
from govgraph.contract import Contract
from govgraph.errors import NotFound, ParameterError
from govgraph.iris import RDF_TYPE, XSD, Names, name
from govgraph.question import LITERAL_TYPES, Answer, Cell, Chain, Parameter, Question, Step
from govgraph.store import Path, Table, Term
from govgraph.store.evaluation import columns_of

_TYPE = Path(RDF_TYPE)
_EXAMPLES = {"integer": "2027", "decimal": "12.5", "date": "2027-01-31", "boolean": "true", "string": "a text"}
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def find(questions: Mapping[str, Question], name_: str) -> Question:
    """The question of that name; hyphens count as underscores. Raises NotFound, naming what there is."""
    found = questions.get(name_.replace("-", "_")) or questions.get(_snake(name_))
    if found is None:
        raise NotFound(f"There is no question {name_!r}.", f"The questions are: {', '.join(questions)}.")
    return found


def ask(
    view: View, question: Question, given: Mapping[str, str], *, most: int = 10_000, today: date | None = None
) -> Answer:
    """The answer to a question, its parameters as people write them: an IRI or slug, a code's name, a date, a number.

    Raises ParameterError for a missing, unknown or ill-typed parameter, and what the store raises for a query.
    """
    day = today or date.today()
    bindings = bind(view, question, given, day)
    table = view.table(question.text, bindings)
    rows = table.rows[:most]
    chains = _chains(view, question, bindings, table.columns, rows) if question.explanation else []
    positions = [table.columns.index(c.name) if c.type != "chain" else None for c in question.columns]
    cells = tuple(
        tuple(chains[number] if position is None else row[position] for position in positions)
        for number, row in enumerate(rows)
    )
    return Answer(question, bindings, cells, len(table.rows) <= most, view.revision, day)


def bind(view: View, question: Question, given: Mapping[str, str], today: date) -> dict[str, Term]:
    """The parameters as terms. Raises ParameterError."""
    unknown = [key for key in given if question.parameter(key) is None]
    if unknown:
        known = ", ".join(p.name for p in question.parameters) or "it takes none"
        raise ParameterError(
            f"{question.name} has no parameter {unknown[0]!r}.", f"Its parameters: {known}.", parameter=unknown[0]
        )
    bindings: dict[str, Term] = {}
    for parameter in question.parameters:
        text = given.get(parameter.name) or parameter.default
        if text == "today":
            text = today.isoformat()
        if text:
            bindings[parameter.name] = found = term(view.contract, view.names, parameter, text)
            _check_there(view, parameter, text, found)
        elif parameter.required:
            raise ParameterError(
                f"{question.name} needs the parameter {parameter.name}.",
                f"Give a {parameter.type}, e.g. {_example(parameter)}.",
                parameter=parameter.name,
            )
    return bindings


def term(contract: Contract, names: Names, parameter: Parameter, text: str) -> Term:
    """A parameter's value from its text. Raises ParameterError when it is not of the parameter's type."""
    if parameter.type in LITERAL_TYPES:
        if not is_written_well(parameter.type, text):
            raise ParameterError(
                f"{parameter.name} is {text!r}, which is no {parameter.type}.",
                f"Write it like {_example(parameter)}.",
                parameter=parameter.name,
                value=text,
            )
        if parameter.type == "integer" and not _is_within(parameter, text):
            raise ParameterError(
                f"{parameter.name} is {text[:40]}.", f"Give a number from {parameter.least} to {parameter.most}."
            )
        return Literal(text, datatype=name(XSD, LITERAL_TYPES[parameter.type]))
    if parameter.type in contract.lists_by_name:
        codes = contract.lists_by_name[parameter.type].codes
        for code in codes:
            if text in (code.name, code.iri.value):
                return code.iri
        raise ParameterError(
            f"{parameter.name} is {text!r}.",
            f"Choose one of: {', '.join(c.name for c in codes)}.",
            parameter=parameter.name,
            value=text,
        )
    if ":" in text:
        try:
            return NamedNode(text)
        except ValueError:
            raise ParameterError(
                f"{parameter.name} is {text!r}, which is no IRI.",
                "Give a full IRI or a slug.",
                parameter=parameter.name,
                value=text,
            ) from None
    if parameter.type in contract.by_name:
        return names.entity(contract.by_name[parameter.type].slug, text)
    raise ParameterError(f"{parameter.name} is {text!r}.", "Give a full IRI.", parameter=parameter.name, value=text)


def is_written_well(type_: str, text: str) -> bool:
    """Whether a text is in the lexical space of a type (XML Schema 1.1 part 2), dates without time zone."""
    match type_:
        case "integer":
            return _WHOLE.fullmatch(text) is not None
        case "decimal":
            return _DECIMAL.fullmatch(text) is not None
        case "boolean":
            return text in ("true", "false")
        case "date":
            try:
                return _DATE.fullmatch(text) is not None and bool(date.fromisoformat(text))
            except ValueError:
                return False
        case _:
            return True


def _is_within(parameter: Parameter, text: str) -> bool:
    return len(text) < 100 and parameter.least <= int(text) <= parameter.most


def _check_there(view: View, parameter: Parameter, text: str, found: Term) -> None:
    """An entity that is not there, or of another kind, is most often a slip, which an empty answer would hide."""
    kind = view.contract.by_name.get(parameter.type)
    if kind and kind.class_ not in view.reader.values([found], (_TYPE,), view.graphs)[_TYPE].get(found, ()):
        raise ParameterError(
            f"{parameter.name} is {text!r}; the catalogue has no {kind.name} of that name.",
            f"Give the slug or IRI of one, as in its address: /id/{kind.slug}/…",
            parameter=parameter.name,
            value=text,
        )


def _example(parameter: Parameter) -> str:
    return _EXAMPLES.get(parameter.type, "its slug or IRI")


def _snake(camel: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", camel).lower()


def _chains(
    view: View,
    question: Question,
    bindings: Mapping[str, Term],
    columns: tuple[str, ...],
    rows: Iterable[tuple[Term | None, ...]],
) -> list[Chain]:
    explanation = question.explanation
    assert explanation is not None
    projected = set(columns_of(explanation.edges))
    edges = view.table(explanation.edges, {k: v for k, v in bindings.items() if k in projected})
    graph = _Edges(edges)
    stops = [columns.index(name_) for name_ in (explanation.start, *explanation.through, explanation.end)]
    return [graph.way([row[stop] for stop in stops if row[stop] is not None]) for row in rows]


class _Edges:
    """A directed graph with one deterministic shortest way from each start; ways from a start are found once."""

    def __init__(self, table: Table) -> None:
        start, relation, end = (table.columns.index(c) for c in ("from", "relation", "to"))
        forward = table.columns.index("forward") if "forward" in table.columns else None
        # Of all edges a few are walked, so an edge becomes a Step when its source is reached.
        self._rows: dict[Cell, list[tuple[Cell, Cell, bool]]] = {}
        for row in table.rows:
            edge = (row[relation], row[end], forward is None or _is_true(row[forward]))
            self._rows.setdefault(row[start], []).append(edge)
        self._out: dict[NamedNode, list[Step]] = {}
        self._found: dict[NamedNode, dict[NamedNode, Step]] = {}

    def way(self, stops: Sequence[Cell]) -> Chain:
        """The shortest way from each stop to the next, none when one of them is missing."""
        legs = [self.shortest(start, end) for start, end in pairwise(stops) if start != end]
        return tuple(step for leg in legs for step in leg) if all(legs) else ()

    def shortest(self, start: Cell, end: Cell) -> Chain:
        """The steps from start to end, none when there is no way."""
        if not isinstance(start, NamedNode) or not isinstance(end, NamedNode):
            return ()
        reached = self._reach(start)
        steps: list[Step] = []
        while end != start and end in reached:
            steps.append(reached[end])
            end = reached[end].source
        return tuple(reversed(steps)) if end == start else ()

    def _reach(self, start: NamedNode) -> dict[NamedNode, Step]:
        """The last step of the first found shortest way to every node that can be reached."""
        if start not in self._found:
            came: dict[NamedNode, Step] = {}
            ahead = deque([start])
            while ahead:
                for step in self._steps(ahead.popleft()):
                    if step.target not in came and step.target != start:
                        came[step.target] = step
                        ahead.append(step.target)
            self._found[start] = came
        return self._found[start]

    def _steps(self, source: NamedNode) -> list[Step]:
        if source not in self._out:
            steps = {
                Step(source, relation, target, forward)
                for relation, target, forward in self._rows.get(source, ())
                if isinstance(relation, NamedNode) and isinstance(target, NamedNode)
            }
            order = sorted(steps, key=lambda step: (step.target.value, step.relation.value, step.forward))
            self._out[source] = order
        return self._out[source]


def _is_true(term: Term | None) -> bool:
    return isinstance(term, Literal) and term.value in ("true", "1")
