"""What can be read off a query's text without parsing it: the dataset it names, its words and prefixes; runs nothing.

The engine lets an explicit dataset override ``FROM`` silently and does not tell what a query names, so it is read
here. The token rules are those of SPARQL 1.1 section 19.8; any text is read in time linear in its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import pyoxigraph
from pyoxigraph import NamedNode, RdfFormat

from govgraph.iris import PREFIXES

_TOKEN = re.compile(
    r"""(?P<iri><(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+>)
      | (?P<comment>\#[^\n\r]*+)
      | (?P<string>'{3}(?:[^'\\]|\\.|'(?!''))*+'{3} | "{3}(?:[^"\\]|\\.|"(?!""))*+"{3}
                 | '(?:\\.|[^'\\\n\r])*+'? | "(?:\\.|[^"\\\n\r])*+"?)
      | (?P<variable>[?$]\w++)
      | (?P<tag>@[\w-]++)
      | (?P<name>(?=[\w:])(?:\w[\w.-]*+)?+(?P<local>:(?:[\w.:%-]|\\.)*+)?+)
      | (?P<other>\S)""",
    re.VERBOSE | re.DOTALL,
)
_CLOCK = re.compile(r"(?:NOW|RAND|UUID|BNODE)\s*+[(#]", re.IGNORECASE | re.ASCII)
_UPDATES = frozenset({"INSERT", "DELETE", "WITH", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD"})
_PAIRS = frozenset({"&&", "||", "<=", ">=", "!=", "^^", "<<", ">>", "{|", "|}"})


@dataclass(frozen=True)
class Clauses:
    """``FROM`` and ``FROM NAMED`` of a query."""

    default: tuple[NamedNode, ...]
    named: tuple[NamedNode, ...]

    @property
    def given(self) -> bool:
        return bool(self.default or self.named)


@dataclass(frozen=True, slots=True)
class Token:
    """Kinds are iri, string, variable, tag, prefixed, word and other; ``start`` counts characters from 0."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def word(self) -> str:
        """In capitals where it is a word, else empty."""
        return self.text.upper() if self.kind == "word" else ""


def read(text: str, base: str) -> Clauses:
    """The clauses of a query; text no SPARQL parser accepts gives whatever stands in it."""
    tokens = list(_tokens(text))
    prefixes = dict(PREFIXES)
    default: list[NamedNode] = []
    named: list[NamedNode] = []
    for position, (kind, token) in enumerate(tokens):
        if kind != "word":
            continue
        following = tokens[position + 1 : position + 3]
        match token.upper():
            case "BASE" if following and following[0][0] == "iri":
                base = resolve(following[0][1], base) or base
            case "PREFIX" if len(following) == 2 and following[1][0] == "iri":
                prefixes[following[0][1].removesuffix(":")] = resolve(following[1][1], base)
            case "FROM" if following and following[0][1].upper() == "NAMED" and len(following) == 2:
                named += _iri(following[1], prefixes, base)
            case "FROM" if following:
                default += _iri(following[0], prefixes, base)
    return Clauses(tuple(default), tuple(named))


def names_service(text: str) -> bool:
    """Whether ``SERVICE`` stands in the text as a keyword does: before an IRI or a variable, in no string."""
    tokens = list(_tokens(text))
    for position, (kind, token) in enumerate(tokens):
        if kind == "word" and token.upper() == "SERVICE":
            following = tokens[position + 1 : position + 2]
            if following and (
                following[0][0] in ("iri", "variable", "prefixed") or following[0][1].upper() == "SILENT"
            ):
                return True
    return False


def depends_on_moment(text: str) -> bool:
    """Whether a query may answer otherwise when asked again (it calls NOW, RAND, UUID, BNODE); true when in doubt."""
    return _CLOCK.search(text) is not None


@dataclass
class Group:
    """What stands between two braces: the variables a SELECT in it projects, and all it names, without their marks."""

    projected: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    heading: bool = False
    """Whether the reading stands between SELECT and what follows it."""

    def see(self, variable: str, projects: bool) -> None:
        self.named.add(variable)
        if self.heading and projects:
            self.projected.add(variable)


def sub_selects(text: str) -> list[Group]:
    """The sub-selects of a query, inner ones first. ``SELECT *`` counts as no sub-select: it hides nothing."""
    groups: list[Group] = []
    found: list[Group] = []
    depth, before = 0, ""
    for kind, part in _tokens(text):
        match part.upper():
            case "{":
                for group in groups:
                    group.heading = False
                groups.append(Group())
                depth = 0
            case "}" if groups:
                found += [group for group in (groups.pop(),) if group.projected]
            case "(" | ")":
                depth += 1 if part == "(" else -1
            case "SELECT" | "WHERE" if kind == "word" and groups:
                groups[-1].heading = part.upper() == "SELECT"
            case _ if kind == "variable":
                for group in groups:
                    group.see(part[1:], group is groups[-1] and (depth == 0 or before.upper() == "AS"))
        before = part
    return found


def asked_whether_bound(text: str) -> set[str]:
    """The variables a query gives to BOUND, without their marks."""
    tokens = [token for _, token in _tokens(text)]
    calls = zip(tokens, tokens[1:], tokens[2:], strict=False)
    return {given[1:] for word, mark, given in calls if word.upper() == "BOUND" and mark == "("}


def is_update(text: str) -> bool:
    """Whether the text, past its prologue, begins as a SPARQL Update does."""
    words = (token.upper() for kind, token in _tokens(text) if kind == "word")
    return next((word for word in words if word not in ("BASE", "PREFIX")), "") in _UPDATES


def undeclared_prefixes(text: str) -> list[str]:
    """The prefixes of a query that neither it nor the catalogue declares, in order."""
    tokens = list(_tokens(text))
    used = [token.partition(":")[0] for kind, token in tokens if kind == "prefixed"]
    declared = {
        token.partition(":")[0]
        for (_, before), (kind, token) in pairwise(tokens)
        if kind == "prefixed" and before.upper() == "PREFIX"
    }
    return [prefix for prefix in dict.fromkeys(used) if prefix not in declared | PREFIXES.keys() | {"_"}]


def spans(text: str) -> list[tuple[int, int]]:
    """Where each word and mark begins and ends; marks of two characters are one, and comments none."""
    found: list[tuple[int, int]] = []
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "comment":
            continue
        start, end = match.span()
        if found and found[-1][1] == start and text[found[-1][0] : end] in _PAIRS:
            start = found.pop()[0]
        found.append((start, end))
    return found


def tokens(text: str) -> Iterator[Token]:
    """Every token but comments, with its place."""
    for match in _TOKEN.finditer(text):
        kind, token, start = match.lastgroup, match.group(), match.start()
        if kind == "name":
            if match["local"] is not None:
                yield Token("prefixed", token, start)
            else:  # keywords stand alone: what a dot or hyphen joins is several words
                for word in re.finditer(r"[^.-]+", token):
                    yield Token("word", word.group(), start + word.start())
        elif kind is not None and kind != "comment":
            yield Token(kind, token, start)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Kind and text of each token."""
    return ((token.kind, token.text) for token in tokens(text))


def named(token: Token, prefixes: Mapping[str, str], base: str) -> NamedNode | None:
    """The IRI a token stands for, None where it stands for none."""
    return next(iter(_iri((token.kind, token.text), dict(prefixes), base)), None)


def _iri(token: tuple[str, str], prefixes: dict[str, str], base: str) -> list[NamedNode]:
    kind, text = token
    if kind == "iri":
        iri = resolve(text, base)
    elif kind == "prefixed":
        prefix, _, local = text.partition(":")
        iri = prefixes.get(prefix, "") and prefixes[prefix] + local.replace("\\", "")
    else:
        iri = ""
    return [NamedNode(iri)] if iri else []


def resolve(reference: str, base: str) -> str:
    """An IRI in angle brackets as the engine itself reads it against a base; empty where it refuses it."""
    try:
        quads = list(pyoxigraph.parse(f"{reference} {reference} {reference} .", RdfFormat.TURTLE, base_iri=base))
    except (SyntaxError, ValueError):
        return ""
    subject = quads[0].subject
    return subject.value if isinstance(subject, NamedNode) else ""
