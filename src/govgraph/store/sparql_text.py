"""What can be read off a query's text without parsing it: the dataset it names and whether it calls out; runs nothing.

The engine offers no hook for either, follows ``SERVICE`` to any address, and lets an explicit dataset override
``FROM`` silently. The token rules are those of SPARQL 1.1 section 19.8.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from pyoxigraph import NamedNode

from govgraph.iris import PREFIXES

_TOKEN = re.compile(
    r"""(?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
      | (?P<comment>\#[^\n\r]*)
      | (?P<string>'{3}(?:\\.|(?!''').)*'{3} | "{3}(?:\\.|(?!\"\"\").)*"{3}
                 | '(?:\\.|[^'\\\n\r])*' | "(?:\\.|[^"\\\n\r])*")
      | (?P<variable>[?$]\w+)
      | (?P<tag>@[\w-]+)
      | (?P<prefixed>(?:\w[\w.-]*)?:(?:[\w.:%-]|\\.)*)
      | (?P<word>\w+)
      | (?P<other>\S)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


@dataclass(frozen=True)
class Clauses:
    """``FROM`` and ``FROM NAMED`` of a query; ``calls_out`` when ``SERVICE`` stands in it as a keyword."""

    default: tuple[NamedNode, ...]
    named: tuple[NamedNode, ...]
    calls_out: bool

    @property
    def given(self) -> bool:
        return bool(self.default or self.named)


def read(text: str, base: str) -> Clauses:
    """The clauses of a query; text no SPARQL parser accepts gives whatever stands in it."""
    # Code point escapes count anywhere in a query (section 19.2), so they could spell a keyword.
    tokens = list(_tokens(_ESCAPE.sub(_character, text)))
    prefixes = dict(PREFIXES)
    default: list[NamedNode] = []
    named: list[NamedNode] = []
    calls_out = False
    for position, (kind, token) in enumerate(tokens):
        if kind != "word":
            continue
        following = tokens[position + 1 : position + 3]
        match token.upper():
            case "BASE" if following and following[0][0] == "iri":
                base = urljoin(base, following[0][1][1:-1])
            case "PREFIX" if len(following) == 2 and following[1][0] == "iri":
                prefixes[following[0][1].removesuffix(":")] = urljoin(base, following[1][1][1:-1])
            case "FROM" if following and following[0][1].upper() == "NAMED" and len(following) == 2:
                named += _iri(following[1], prefixes, base)
            case "FROM" if following:
                default += _iri(following[0], prefixes, base)
            case "SERVICE":
                calls_out = True
    return Clauses(tuple(default), tuple(named), calls_out)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(text):
        if match.lastgroup and match.lastgroup != "comment":
            yield match.lastgroup, match.group()


def _iri(token: tuple[str, str], prefixes: dict[str, str], base: str) -> list[NamedNode]:
    kind, text = token
    if kind == "iri":
        return [NamedNode(urljoin(base, text[1:-1]))]
    prefix, _, local = text.partition(":")
    return [NamedNode(prefixes[prefix] + local.replace("\\", ""))] if kind == "prefixed" and prefix in prefixes else []


def _character(match: re.Match[str]) -> str:
    code_point = int(match.group(1) or match.group(2), 16)
    return chr(code_point) if code_point <= 0x10FFFF else match.group()
