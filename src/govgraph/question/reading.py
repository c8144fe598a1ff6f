"""Reads question files: the header and the query beside it. What a question means is checked in ``checking``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from govgraph.contract import Contract, Text
from govgraph.errors import QuestionError
from govgraph.question import Chart, Column, Explanation, Parameter, Question
from govgraph.question.checking import check
from govgraph.settings import Settings

SHIPPED = Path(__file__).parent.parent / "questions"
EDGES = ".edges.rq"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")
_KEYS = {"title", "reason", "params", "columns", "explain", "chart", "order", "former"}
_PARAMETER_KEYS = {"type", "required", "default", "least", "most"}
_COLUMN_KEYS = {"type", "nullable"}


def of(settings: Settings, contract: Contract) -> dict[str, Question]:
    """The questions of govgraph and of the country's contract that the settings name. Raises as ``read`` does."""
    own = [settings.contract, settings.contract / "questions"] if settings.contract else []
    return read(contract, (SHIPPED, *own))


def read(contract: Contract, directories: Iterable[Path] = (SHIPPED,)) -> dict[str, Question]:
    """The questions of some directories by name, in their order; a later directory may replace a question.

    Raises QuestionError with the file and, where there is one, the line.
    """
    found: dict[str, Question] = {}
    for directory in directories:
        for path in sorted(directory.glob("*.rq")):
            if path.name.endswith(EDGES):
                if not path.with_name(path.name.removesuffix(EDGES) + ".rq").exists():
                    raise QuestionError(
                        f"{path.name}: there is no question of that name.", "Put it beside its question."
                    )
            else:
                question = _read_file(path)
                check(contract, question)
                found[question.name] = question
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))


def _read_file(path: Path) -> Question:
    if not _NAME.fullmatch(path.stem):
        raise QuestionError(f"{path.name}: the name is not snake_case.", "Name the file like blocked_services.rq.")
    text = path.read_text("utf-8")
    header = _Header(path.name, _header(path.name, text))
    said = header.said
    header.only(said, _KEYS, "header")
    chart = header.table("chart", {"label", "values"})
    return Question(
        name=path.stem,
        titles=header.texts("title"),
        reasons=header.texts("reason"),
        parameters=tuple(_parameter(header, name, value) for name, value in said.get("params", {}).items()),
        columns=tuple(_column(header, name, value) for name, value in header.texts("columns").items()),
        explanation=_explanation(header, path),
        chart=Chart(chart["label"], tuple(chart["values"])) if chart else None,
        order=header.whole("order", 999),
        text=text,
        file=path.name,
        former_names=header.former(),
    )


def _header(file: str, text: str) -> dict[str, Any]:
    lines = "\n".join(line[3:] if line.startswith("#+ ") else "" for line in text.splitlines())
    try:
        return tomllib.loads(lines)
    except tomllib.TOMLDecodeError as error:
        raise QuestionError(
            f"{file}: the header is no TOML: {error}.", "Each header line is '#+ key = value'."
        ) from None


class _Header:
    """The header of one file, asked for its parts; each refusal names the file and the part."""

    def __init__(self, file: str, said: dict[str, Any]) -> None:
        self.file = file
        self.said = said

    def texts(self, key: str) -> dict[str, Any]:
        found = self.said.get(key)
        if not isinstance(found, dict) or not found:
            raise self.refuse(f"no {key} in the header.", "Give title, reason and columns, per language.")
        return found

    def table(self, key: str, needed: set[str], optional: frozenset[str] = frozenset()) -> dict[str, Any] | None:
        found = self.said.get(key)
        if found is None:
            return None
        if not isinstance(found, dict) or not needed <= found.keys() <= needed | optional:
            raise self.refuse(f"{key} does not have the right keys.", f"Give it {', '.join(sorted(needed))}.")
        return found

    def former(self) -> tuple[str, ...]:
        found = self.said.get("former", [])
        if not isinstance(found, list) or not all(isinstance(one, str) and _NAME.fullmatch(one) for one in found):
            raise self.refuse(f"former is {found!r}.", 'Write former = ["a_name_it_had"], in snake_case.')
        return tuple(found)

    def whole(self, key: str, default: int) -> int:
        found = self.said.get(key, default)
        if not isinstance(found, int):
            raise self.refuse(f"{key} is {found!r}.", "Write a whole number.")
        return found

    def labels(self, name: str, said: Any, keys: set[str]) -> Text:
        """The words of a parameter or column; what is neither a language nor one of ``keys`` is refused."""
        if not isinstance(said, dict) or not isinstance(said.get("type"), str):
            raise self.refuse(f"{name} has no type.", f'Write {name} = {{type = "date", en = "…", fr = "…"}}.')
        words = {key: value for key, value in said.items() if key not in keys}
        self.only({key: "" for key in words if not _LANGUAGE.fullmatch(key)}, keys, name)
        return words

    def only(self, said: Mapping[str, Any], known: set[str], where: str) -> None:
        unknown = said.keys() - known
        if unknown:
            raise self.refuse(
                f"unknown in {where}: {', '.join(sorted(unknown))}.", f"Known: {', '.join(sorted(known))}."
            )

    def refuse(self, sentence: str, hint: str) -> QuestionError:
        return QuestionError(f"{self.file}: {sentence}", hint)


def _parameter(header: _Header, name: str, said: Any) -> Parameter:
    labels = header.labels(name, said, _PARAMETER_KEYS)
    bounds = {key: said[key] for key in ("least", "most") if key in said}
    if bounds and (said["type"] != "integer" or not all(type(bound) is int for bound in bounds.values())):
        raise header.refuse(f"{name} has a bound that bounds nothing.", "Bounds are whole numbers, of an integer.")
    default = str(said.get("default", ""))
    return Parameter(name, said["type"], bool(said.get("required", False)), default, labels, **bounds)


def _column(header: _Header, name: str, said: Any) -> Column:
    labels = header.labels(name, said, _COLUMN_KEYS)
    return Column(name, said["type"], bool(said.get("nullable", False)), labels)


def _explanation(header: _Header, path: Path) -> Explanation | None:
    said = header.table("explain", {"column", "start", "end"}, frozenset({"through"}))
    if said is None:
        return None
    edges = path.with_name(path.stem + EDGES)
    if not edges.exists():
        raise header.refuse(f"explain needs {edges.name}.", "Put the query of edges beside the question.")
    through = tuple(said.get("through", ()))
    return Explanation(said["column"], said["start"], said["end"], edges.read_text("utf-8"), through)
