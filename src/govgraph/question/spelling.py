"""A question with the values of its parameters written into it, for a person to run at /sparql; is never run here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from govgraph.catalogue.lists.sparql import spell
from govgraph.question import Question
from govgraph.store import Term
from govgraph.store.sparql_text import tokens


@dataclass
class _Group:
    """What stands between two braces: where it begins and the variables it names itself.

    ``reaches`` are those that mean the same outside, None for all: a sub-select hides what it does not project.
    """

    start: int
    outermost: bool
    reaches: frozenset[str] | None
    named: set[str] = field(default_factory=set)
    heading: set[str] | None = None
    """What a SELECT in it projects, from its beginning to that of its own group."""
    data: bool = False
    """Whether it holds the data of VALUES, or a sub-select: patterns cannot stand in it."""


def spelled(question: Question, bindings: Mapping[str, Term]) -> str:
    """A query that finds what the question finds with these bindings, under its titles.

    A value stands at the beginning of each group that names its variable: a filter sees no others.
    """
    titles = "".join(f"# {tag}: {title}\n" for tag, title in question.titles.items())
    body = "".join(line for line in question.text.splitlines(keepends=True) if not line.startswith("#+")).strip()
    written, end = titles, 0
    for group in sorted(_groups(body), key=lambda one: one.start):
        given = [
            f" VALUES ?{name} {{ {spell(term)} }}"
            for name, term in bindings.items()
            if (group.outermost or name in group.named) and (group.reaches is None or name in group.reaches)
        ]
        written, end = written + body[end : group.start] + "".join(given), group.start
    return f"{written}{body[end:]}\n"


def _groups(text: str) -> Iterator[_Group]:
    """The groups of a SELECT in which patterns stand."""
    groups: list[_Group] = []
    values = False
    for token in tokens(text):
        above = groups[-1] if groups else None
        if token.text == "{":
            reaches = above.reaches if above else None
            if above and above.heading is not None:
                reaches = frozenset(above.heading if reaches is None else above.heading & reaches)
                above.heading = None
            groups.append(_Group(token.end, above is None, reaches, data=values))
            values = False
        elif token.text == "}" and above:
            if not groups.pop().data:
                yield above
        elif token.word == "SELECT" and above:
            above.heading, above.data = set(), True
        elif token.word == "VALUES":
            values = True
        elif token.kind == "variable" and above:
            (above.named if above.heading is None else above.heading).add(token.text[1:])
