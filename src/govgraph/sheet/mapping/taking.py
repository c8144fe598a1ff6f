"""What a rule of a mapping takes out of one record: fields, templates, patterns; knows no table and no entity."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as AnyMapping
from datetime import datetime
from typing import TypeAlias, cast

from govgraph.contract import Property
from govgraph.iris import XSD
from govgraph.sheet import Unfit
from govgraph.sheet.documents import Value
from govgraph.sheet.mapping import Rule

Context: TypeAlias = dict[str, Value]
"""The fields a rule sees: those of the record, with those of the item in hand in front."""

_FIELD = re.compile(r"\{([^{}]+)\}")


def starts(rule: Rule, context: Context) -> Iterator[tuple[Value, Context]]:
    """What a rule starts from, each with the fields around it."""
    if rule.constant:
        yield rule.constant, context
    elif rule.template and (filled := _filled(rule.template, context)) is not None:
        yield filled, context
    for path in rule.sources:
        for value in _walk(context, path.split(".")) if path not in context else _walk(context[path], []):
            yield value, context


def _walk(value: Value | Context, path: Sequence[str]) -> Iterator[Value]:
    """What stands at the end of a path; a list on the way is gone through."""
    if isinstance(value, list):
        for one in value:
            yield from _walk(one, path)
    elif not path:
        if value is not None:
            yield cast("Value", value)
    elif isinstance(value, AnyMapping) and path[0] in value:
        yield from _walk(value[path[0]], path[1:])


def texts(context: Context, path: str) -> list[str]:
    """The texts of a field, blank ones left out."""
    found = _walk(context[path], []) if path in context else _walk(context, path.split("."))
    return [text for value in found if not isinstance(value, dict) and (text := _text(value))]


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


def split(rule: Rule, value: Value) -> list[str]:
    pieces = [_text(value)]
    for separator in rule.split:
        pieces = [part for piece in pieces for part in piece.split(separator)]
    return [piece.strip() for piece in pieces if piece.strip()]


def matched(rule: Rule, text: str, around: Context) -> Iterator[tuple[str, Context]]:
    """What is left after pattern, replacements and skipped values; groups with a name become fields."""
    if rule.pattern is None:
        found: list[tuple[str, Context]] = [(text, around)]
    else:
        found = [
            (match.group(1 if match.re.groups else 0) or "", {**around, **match.groupdict("")})
            for match in rule.pattern.finditer(text)
        ]
    for piece, inner in found:
        for pattern, by in rule.replace:
            piece = pattern.sub(by, piece)  # noqa: PLW2901  # each replacement works on what the one before left
        if piece.strip() and piece.strip() not in rule.skip:
            yield piece.strip(), inner


def _filled(template: str, context: Context) -> str | None:
    """The template with its fields, None where one is missing."""
    missing = False

    def fill(match: re.Match[str]) -> str:
        nonlocal missing
        found = texts(context, match.group(1))
        missing |= not found
        return found[0] if found else ""

    text = _FIELD.sub(fill, template)
    return None if missing else text


def written(rule: Rule, prop: Property, text: str) -> str:
    """A text as the property reads it, where the source writes numbers or dates its own way."""
    if rule.number is not None:
        bare = text.replace(rule.number.thousands, "") if rule.number.thousands else text
        text = bare.replace(rule.number.decimal, ".")
    if rule.date:
        try:
            moment = datetime.strptime(text, rule.date)
        except ValueError:
            raise Unfit(f"“{text}” is no date like {rule.date}.") from None
        day = prop.datatype is not None and prop.datatype.value == XSD + "date"
        text = moment.date().isoformat() if day else moment.isoformat()
    return text
