"""What a rule's queries mention, read off their words: whatever it does not mention cannot change what it finds.

In doubt a rule may read anything: a prefix nobody declares, a variable that may stand for a predicate, a path of all
predicates but some. Too much makes a change slower, too little would let it through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pyoxigraph import NamedNode, Quad

from govgraph.contract import Rule
from govgraph.iris import PREFIXES, RDF_TYPE
from govgraph.store.sparql_text import Token, named, resolve, tokens

_NO_BASE = "urn:govgraph:none"
_NOTHING = Token("other", "", 0)
_ENDS_A_SUBJECT = frozenset({"]", ")", ";", "[", "|", ">"})
_BEGINS_AN_OBJECT = frozenset({"[", "(", "<", "+", "-"})
_ENDS_A_CLASS = frozenset({".", ";", "}", "]"})
_PATH_MARKS = frozenset({"/", "|", "^", "(", "!"})
_ITSELF = ["BIND", "(", "?changed", "AS", "?affected", ")"]


@dataclass(frozen=True)
class Mentions:
    """Predicates and classes that a rule mentions, None when it may read any; ``any_class`` when it may ask for the
    type of a node other than the one it is about."""

    rule: Rule
    iris: frozenset[NamedNode] | None
    any_class: bool

    @classmethod
    def of(cls, rule: Rule) -> Mentions:
        affected, needed = _Words.of(rule.affected), _Words.of(rule.needed)
        if affected.say_it_affects_itself():
            return cls(rule, frozenset(), any_class=False)
        if affected.read_any_predicate() or needed.read_any_predicate():
            return cls(rule, None, any_class=True)
        # Of the type of the node it is about a rule is not asked: a change of that puts the node into focus anyway.
        any_class = affected.ask_any_class() or needed.ask_any_class(but_of="this")
        return cls(rule, frozenset(iri for text in (affected, needed) for iri in text.iris if iri), any_class)

    def subjects(self, quads: Iterable[Quad]) -> set[NamedNode]:
        """The nodes of which it matters to the rule that these quads changed."""
        return {quad.subject for quad in quads if isinstance(quad.subject, NamedNode) and self._reads(quad)}

    def _reads(self, quad: Quad) -> bool:
        if self.iris is None:
            return True
        if quad.predicate == RDF_TYPE:
            return self.any_class or quad.object in self.iris
        return quad.predicate in self.iris


@dataclass(frozen=True)
class _Words:
    """The words of one query, and the IRI each stands for, None for one that stands for none or cannot be told."""

    tokens: Sequence[Token]
    iris: Sequence[NamedNode | None]

    @classmethod
    def of(cls, text: str) -> _Words:
        words, prefixes = [*tokens(text)], dict(PREFIXES)
        iris: list[NamedNode | None] = []
        for before, token, after, _ in _windows(words):
            if before.word == "PREFIX":
                prefixes[token.text.removesuffix(":")] = resolve(after.text, _NO_BASE)
            iris.append(_iri(token, prefixes))
        return cls(words, iris)

    def say_it_affects_itself(self) -> bool:
        """Whether a change affects the changed node alone: one plain group that says so."""
        words = [token.word or token.text.replace("$", "?") for token in self.tokens]
        said = [words[at : at + len(_ITSELF)] for at, word in enumerate(words) if word == _ITSELF[0]]
        return words.count("{") == 1 and _ITSELF in said

    def read_any_predicate(self) -> bool:
        """Whether some name cannot be told, a variable may stand for a predicate, or a path leaves some out."""
        for (before, token, after, _), iri in zip(_windows(self.tokens), self.iris, strict=True):
            if (iri is None and _names(token)) or token.word == "BASE":
                return True
            if token.kind == "variable" and _ends_a_subject(before) and self._begins_an_object(after):
                return True
            if token.text == "!" and (_names(after) or after.text in ("(", "^", "a")):
                return True
        return False

    def ask_any_class(self, *, but_of: str = "") -> bool:
        """Whether a type is asked for that no IRI names, of a node that is not this variable."""
        for (before, token, after, beyond), iri in zip(_windows(self.tokens), self.iris, strict=True):
            if token.text != "a" and iri != RDF_TYPE:
                continue
            alone = before.text not in _PATH_MARKS
            ends = beyond.kind == "word" or beyond.text in _ENDS_A_CLASS or after.text.endswith(".")
            ours = bool(but_of) and before.kind == "variable" and before.text[1:] == but_of
            if not (alone and ends and (_names(after) or (ours and after.kind == "variable"))):
                return True
        return False

    def _begins_an_object(self, token: Token) -> bool:
        if token.text == ".":  # a number may begin with a point
            return any(other.start == token.end and other.text[:1].isdigit() for other in self.tokens)
        return _is_term(token) or token.text in _BEGINS_AN_OBJECT


def _names(token: Token) -> bool:
    """Whether it stands for an IRI."""
    return token.kind == "iri" or (token.kind == "prefixed" and not token.text.startswith("_:"))


def _iri(token: Token, prefixes: Mapping[str, str]) -> NamedNode | None:
    if not _names(token) or (token.kind == "prefixed" and "\\" in token.text):
        return None
    return named(replace(token, text=token.text.rstrip(".")), prefixes, _NO_BASE)


def _is_term(token: Token) -> bool:
    is_value = token.kind == "word" and (token.word in ("TRUE", "FALSE") or token.text[:1].isdigit())
    return token.kind in ("variable", "iri", "prefixed", "string") or is_value


def _ends_a_subject(token: Token) -> bool:
    return _is_term(token) or token.kind == "tag" or token.text in _ENDS_A_SUBJECT


def _windows(text: Sequence[Token]) -> Iterator[tuple[Token, Token, Token, Token]]:
    """Each token with the one before it and the two after it."""
    padded = [_NOTHING, *text, _NOTHING, _NOTHING]
    return zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
