"""Reads question files and refuses, at start-up, what would only fail when asked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from govgraph.contract import Contract
from govgraph.errors import QueryError, QuestionError
from govgraph.question import LITERAL_TYPES, Chart, Column, Explanation, Parameter, Question
from govgraph.store.evaluation import columns_of

SHIPPED = Path(__file__).parent.parent / "questions"
EDGES = ".edges.rq"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_KEYS = {"title", "reason", "params", "columns", "explain", "chart", "order"}


def read(contract: Contract, directories: Iterable[Path] = (SHIPPED,)) -> dict[str, Question]:
    """The questions of some directories by name, in their order; a later directory may replace a question.

    Raises QuestionError with file and line.
    """
    found: dict[str, Question] = {}
    for directory in directories:
        for path in sorted(directory.glob("*.rq")):
            if not path.name.endswith(EDGES):
                question = _read_file(contract, path)
                found[question.name] = question
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))


def _read_file(contract: Contract, path: Path) -> Question:
    text = path.read_text("utf-8")
    header = "\n".join(line[3:] if line.startswith("#+ ") else "" for line in text.splitlines())
    try:
        said: dict[str, Any] = tomllib.loads(header)
    except tomllib.TOMLDecodeError as error:
        raise QuestionError(
            f"{path.name}: the header is no TOML: {error}.", "Each header line is '#+ key = value'."
        ) from None
    if not _NAME.fullmatch(path.stem):
        raise QuestionError(f"{path.name}: the name is not snake_case.", "Name the file like blocked_services.rq.")
    unknown = set(said) - _KEYS
    if unknown:
        raise QuestionError(
            f"{path.name}: unknown header {', '.join(sorted(unknown))}.", f"Known: {', '.join(sorted(_KEYS))}."
        )
    for key in ("title", "reason", "columns"):
        if not isinstance(said.get(key), dict):
            raise QuestionError(
                f"{path.name}: no {key} in the header.", "Give title, reason and columns, per language."
            )
    parameters = tuple(_parameter(contract, path, name, value) for name, value in said.get("params", {}).items())
    columns = tuple(_column(contract, path, name, value) for name, value in said["columns"].items())
    explanation = _explanation(path, said["explain"]) if "explain" in said else None
    chart = Chart(said["chart"]["label"], tuple(said["chart"]["values"])) if "chart" in said else None
    _check_columns(path, text, parameters, columns, explanation)
    return Question(
        name=path.stem,
        titles=said["title"],
        reasons=said["reason"],
        parameters=parameters,
        columns=columns,
        explanation=explanation,
        chart=chart,
        order=int(said.get("order", 999)),
        text=text,
        file=path.name,
    )


def _parameter(contract: Contract, path: Path, name: str, said: Mapping[str, Any]) -> Parameter:
    _check_type(contract, path, name, said)
    return Parameter(name, said["type"], bool(said.get("required", False)), str(said.get("default", "")), _labels(said))


def _column(contract: Contract, path: Path, name: str, said: Mapping[str, Any]) -> Column:
    _check_type(contract, path, name, said)
    return Column(name, said["type"], bool(said.get("nullable", False)), _labels(said))


def _labels(said: Mapping[str, Any]) -> dict[str, str]:
    return {
        key: value for key, value in said.items() if re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]+)*", key) and len(key) != 4
    }


def _check_type(contract: Contract, path: Path, name: str, said: Mapping[str, Any]) -> None:
    known = {*LITERAL_TYPES, "text", "iri", "entity", "chain", *contract.by_name, *contract.lists_by_name}
    if said.get("type") not in known:
        raise QuestionError(
            f"{path.name}: {name} has the type {said.get('type')!r}.",
            f"A type is a kind, a code list, or one of: {', '.join(sorted(LITERAL_TYPES))}, text, iri, entity, chain.",
        )


def _explanation(path: Path, said: Mapping[str, Any]) -> Explanation:
    edges = path.with_name(path.stem + EDGES)
    if not edges.exists():
        raise QuestionError(f"{path.name}: explain needs {edges.name}.", "Put the query of edges beside the question.")
    explanation = Explanation(said["column"], said["start"], said["end"], edges.read_text("utf-8"))
    try:
        columns = columns_of(explanation.edges)
    except QueryError as error:
        raise QuestionError(f"{edges.name}:{error.line}: {error.sentence}", error.hint) from None
    if not {"from", "relation", "to"} <= set(columns):
        raise QuestionError(f"{edges.name}: the SELECT lacks ?from, ?relation or ?to.", "Project all three.")
    return explanation


def _check_columns(
    path: Path,
    text: str,
    parameters: tuple[Parameter, ...],
    columns: tuple[Column, ...],
    explanation: Explanation | None,
) -> None:
    try:
        projected = set(columns_of(text))
    except QueryError as error:
        raise QuestionError(f"{path.name}:{error.line}: {error.sentence}", error.hint) from None
    declared = {c.name for c in columns if c.type != "chain"} | {p.name for p in parameters}
    if projected != declared:
        raise QuestionError(
            f"{path.name}: the SELECT projects {', '.join(sorted(projected))}; "
            f"the header declares {', '.join(sorted(declared))}.",
            "Project exactly the columns and the parameters (a parameter can only be bound when it is projected).",
        )
    chains = [c.name for c in columns if c.type == "chain"]
    if chains != ([explanation.column] if explanation else []):
        raise QuestionError(f"{path.name}: a chain column and explain go together.", "Name the column in explain.")
