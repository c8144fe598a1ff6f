"""Refuses a question that could be read but would fail, or mislead, when it is asked; reads no file, asks nothing."""

from __future__ import annotations

from govgraph.contract import Contract
from govgraph.errors import ParameterError, QueryError, QuestionError
from govgraph.iris import Names
from govgraph.question import LITERAL_TYPES, Explanation, Parameter, Question, asking
from govgraph.store import sparql_text
from govgraph.store.evaluation import columns_of

_ANYWHERE = Names("http://localhost/")


def check(contract: Contract, question: Question) -> None:
    """Raises QuestionError, naming the file and, for a query that cannot be read, the line."""
    words = [("title", question.titles), ("reason", question.reasons)]
    words += [(parameter.name, parameter.labels) for parameter in question.parameters]
    words += [(column.name, column.labels) for column in question.columns]
    for name, texts in words:
        if "en" not in texts:
            raise QuestionError(f"{question.file}: {name} has no words in English.", 'Give en = "…".')
    for parameter in question.parameters:
        _check_type(contract, question, parameter.name, parameter.type)
        _check_default(contract, question, parameter)
    for column in question.columns:
        _check_type(contract, question, column.name, column.type, "chain")
    _check_query(question, question.file, question.text)
    projected = _columns(question.file, question.text)
    declared = {c.name for c in question.columns if c.type != "chain"} | {p.name for p in question.parameters}
    if projected != declared:
        raise QuestionError(
            f"{question.file}: the SELECT projects {', '.join(sorted(projected))}; "
            f"the header declares {', '.join(sorted(declared))}.",
            "Project exactly the columns and the parameters (a parameter can only be bound when it is projected).",
        )
    _check_explanation(question, declared)
    if question.chart is not None:
        _check_named(
            question, "chart", (question.chart.label, *question.chart.values), {c.name for c in question.columns}
        )


def _check_type(contract: Contract, question: Question, name: str, type_: str, *more: str) -> None:
    plain = (*LITERAL_TYPES, "text", "iri", "entity", *more)
    if type_ not in plain and type_ not in contract.by_name and type_ not in contract.lists_by_name:
        raise QuestionError(
            f"{question.file}: {name} has the type {type_!r}.",
            f"A type is a kind, a code list, or one of: {', '.join(plain)}.",
        )


def _check_default(contract: Contract, question: Question, parameter: Parameter) -> None:
    if parameter.default and not (parameter.type == "date" and parameter.default == "today"):
        try:
            asking.term(contract, _ANYWHERE, parameter, parameter.default)
        except ParameterError as error:
            raise QuestionError(f"{question.file}: the default: {error.sentence}", error.hint) from None


def _check_query(question: Question, file: str, text: str) -> None:
    """That the answer depends on nothing but catalogue and parameters, and that the parameters reach where they are."""
    names = {parameter.name for parameter in question.parameters}
    if sparql_text.depends_on_moment(text):
        raise QuestionError(
            f"{file}: the query calls NOW, RAND, UUID or BNODE.",
            "An answer depends on the catalogue and the parameters alone; take the day as a parameter of type date.",
        )
    for name in sorted(names & sparql_text.asked_whether_bound(text)):
        # The engine sees a bound parameter as a constant joined in later, and takes BOUND for false beforehand.
        raise QuestionError(
            f"{file}: BOUND(?{name}) is always false, since {name} is a parameter.",
            f"Use ?{name} in the pattern itself, or FILTER(COALESCE(?value = ?{name}, true)).",
        )
    for inner in sparql_text.sub_selects(text):
        for name in sorted((names & inner.named) - inner.projected):
            raise QuestionError(
                f"{file}: a sub-select uses the parameter ?{name} and does not project it, so it stays unbound there.",
                f"Add ?{name} to that SELECT, and to its GROUP BY if it has one.",
            )


def _check_explanation(question: Question, declared: set[str]) -> None:
    explanation = question.explanation
    chains = [column.name for column in question.columns if column.type == "chain"]
    if chains != ([explanation.column] if explanation else []):
        raise QuestionError(f"{question.file}: a chain column and explain go together.", "Name the column in explain.")
    if explanation is None:
        return
    _check_named(question, "explain", (explanation.start, *explanation.through, explanation.end), declared)
    _check_edges(question, explanation)


def _check_edges(question: Question, explanation: Explanation) -> None:
    file = question.file.replace(".rq", ".edges.rq")
    _check_query(question, file, explanation.edges)
    columns = _columns(file, explanation.edges)
    if not {"from", "relation", "to"} <= columns:
        raise QuestionError(f"{file}: the SELECT lacks ?from, ?relation or ?to.", "Project all three.")
    unknown = columns - {"from", "relation", "to", "forward"} - {parameter.name for parameter in question.parameters}
    if unknown:
        raise QuestionError(
            f"{file}: nothing is known of ?{min(unknown)}.",
            "Project ?from ?relation ?to, if need be ?forward, and parameters of the question.",
        )


def _check_named(question: Question, key: str, names: tuple[str, ...], known: set[str]) -> None:
    for name in names:
        if name not in known:
            raise QuestionError(
                f"{question.file}: {key} names {name!r}, which is no column.", f"There are: {', '.join(sorted(known))}."
            )


def _columns(file: str, text: str) -> set[str]:
    try:
        return set(columns_of(text))
    except QueryError as error:
        raise QuestionError(f"{file}:{error.line}: {error.sentence}", error.hint) from None
