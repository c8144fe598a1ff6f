"""A selection as a SPARQL query that a person can run at /sparql, to see and change; it is never run here.

It finds the same entities. Words it puts in an order of its own, since SPARQL knows no collation; numbers and days
stand as in the list. What a filter finds in words whatever their accents is spelled out as a regular expression of
Latin, Greek and Cyrillic letters; spans of time that mix months with days have no order in SPARQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from govgraph.catalogue import View
from govgraph.catalogue.lists.collation import WORDS, value_of
from govgraph.catalogue.lists.matching import EVERYTHING, Among, Condition, Every, Labelled, No, Related, Some, Where
from govgraph.catalogue.lists.ordering import Key
from govgraph.catalogue.lists.selection import Selection
from govgraph.catalogue.text import MOST_LANGUAGES, sort_key
from govgraph.contract import Form, Kind
from govgraph.store import Path, Term

_LETTERS = (range(0x41, 0x250), range(0x370, 0x530), range(0x1E00, 0x2000))
_MARKS = "[\u0300-\u036f]*"
_URN = NamedNode("urn:x")
_BEFORE = len("<urn:x> <urn:x> ")
_BOUNDS = {"from": (">=",), "to": ("<=",), "between": (">=", "<=")}


def sparql_of(view: View, selection: Selection) -> str:
    """A SELECT of ``?entity``, one row each, and the values it is put in order by."""
    return _Writer(view, selection).text()


class _Writer:
    """Writes one query; every variable gets a name of its own."""

    def __init__(self, view: View, selection: Selection) -> None:
        self._view = view
        self._selection = selection
        self._count = 0

    def text(self) -> str:
        chosen = self._selection
        keys = [(f"?key{at}", key) for at, key in enumerate(chosen.order, 1)]
        member = f"?entity a {spell(chosen.kind.class_)} ."
        lines = [f"SELECT ?entity {' '.join(name for name, _ in keys)}".rstrip(), "WHERE {", f"  {member}"]
        if chosen.where != EVERYTHING:
            lines.append(f"  FILTER ({self._holds('?entity', chosen.kind, chosen.where)})")
        for name, key in keys:
            least = f"({'MAX' if key.descending else 'MIN'}(?value) AS {name})"
            lines.append(f"  OPTIONAL {{ SELECT ?entity {least} WHERE {{")
            lines.append(f"    {member}")
            lines += [f"    {line}" for line in self._value("?entity", key)]
            lines.append("  } GROUP BY ?entity }")
        by = [f"(!BOUND({name})) {'DESC' if key.descending else 'ASC'}({name})" for name, key in keys]
        lines += ["}", f"ORDER BY {' '.join([*by, '?entity'])}"]
        return "\n".join(lines) + "\n"

    def _new(self, stem: str) -> str:
        self._count += 1
        return f"?{stem}{self._count}"

    def _holds(self, node: str, kind: Kind, where: Where) -> str:
        match where:
            case Every(of):
                return f"({' && '.join(self._holds(node, kind, one) for one in of)})" if of else "true"
            case Some(of):
                return f"({' || '.join(self._holds(node, kind, one) for one in of)})" if of else "false"
            case No(of):
                return f"!({self._holds(node, kind, of)})"
            case Among(entities):
                listed = ", ".join(spell(one) for one in sorted(entities, key=lambda one: one.value))
                return f"{node} IN ({listed})" if entities else "false"
            case Labelled(part):
                return self._called(node, part)
            case Related():
                return self._related(node, where)
            case Condition():
                return self._condition(node, where)

    def _called(self, node: str, part: str) -> str:
        """The label stands at the first path that says anything; else it is the end of the IRI."""
        paths, found = self._view.label_paths, []
        for at, path in enumerate(paths):
            text, none = self._new("text"), self._new("none")
            silent = [f"NOT EXISTS {{ {_step(node, before, none)} }}" for before in paths[:at]]
            said = f"EXISTS {{ {_step(node, path, text)} FILTER ({_having(text, part)}) }}"
            found.append(f"({' && '.join([*silent, said])})")
        silent = [f"NOT EXISTS {{ {_step(node, path, self._new('none'))} }}" for path in paths]
        words = [iri for iri, texts in self._view.contract.labels.items() if _any_has(texts, part)]
        named = f"{node} IN ({', '.join(map(spell, words))})" if words else "false"
        ended = _having(f'REPLACE(STR({node}), "^.*[/#]([^/#])", "$1")', part)
        found.append(f"({' && '.join([*silent, f'({named} || {ended})'])})")
        return f"({' || '.join(found)})"

    def _related(self, node: str, where: Related) -> str:
        other = self._new("other")
        step = _step(node, where.property.path, other)
        inside = f"{other} a {spell(where.kind.class_)} ."
        holds = self._holds(other, where.kind, where.where)
        match where.quantifier:
            case "some":
                return f"EXISTS {{ {step} {inside} FILTER ({holds}) }}"
            case "none":
                return f"NOT EXISTS {{ {step} {inside} FILTER ({holds}) }}"
            case "every":
                return f"NOT EXISTS {{ {step} FILTER (!(EXISTS {{ {inside} }} && {holds})) }}"

    def _condition(self, node: str, where: Condition) -> str:
        value = self._new("value")
        step = _step(node, where.property.path, value)
        match where.operator:
            case "exists":
                return f"EXISTS {{ {step} }}"
            case "missing":
                return f"NOT EXISTS {{ {step} }}"
            case "contains":
                test = _having(value, _text(where.values[0]))
            case "equals" if where.property.form in (Form.TEXT, Form.LITERAL):
                test = " || ".join(_compared(value, "=", one) for one in where.values) or "false"
            case "equals":
                test = f"{value} IN ({', '.join(map(spell, where.values))})" if where.values else "false"
            case _:
                tests = zip(_BOUNDS[where.operator], where.values, strict=True)
                test = " && ".join(_compared(value, operator, bound) for operator, bound in tests)
        return f"EXISTS {{ {step} FILTER ({test}) }}"

    def _value(self, node: str, key: Key) -> Iterator[str]:
        """The lines that bind ``?value`` to what an order goes by."""
        *steps, last = key.path or (None,)
        for prop in steps:
            assert prop is not None
            there = self._new("other")
            yield _step(node, prop.path, there)
            node = there
        if last is not None and last.form is Form.LITERAL:
            yield _step(node, last.path, "?value")
            return
        if last is not None and last.form is Form.TEXT:
            yield from self._in_language(node, _pathed([last.path]))
            return
        if last is not None:
            there = self._new("other")
            yield _step(node, last.path, there)
            node = there
        yield from self._in_language(node, _pathed(self._view.label_paths))

    def _in_language(self, node: str, path: str) -> Iterator[str]:
        """The text in the first language there is one in."""
        texts = []
        for language in dict.fromkeys((*self._selection.languages[:MOST_LANGUAGES], "en")):
            texts.append(self._new("text"))
            tag = spell(Literal(language))
            yield f"OPTIONAL {{ {node} {path} {texts[-1]} FILTER (LANGMATCHES(LANG({texts[-1]}), {tag})) }}"
        texts.append(self._new("text"))
        yield f"OPTIONAL {{ {node} {path} {texts[-1]} }}"
        yield f"BIND (LCASE(STR(COALESCE({', '.join(texts)}, {node}))) AS ?value)"


def spell(term: Term) -> str:
    """A term as SPARQL has it, by the engine's own serialiser."""
    line = serialize([Triple(_URN, _URN, term)], format=RdfFormat.N_TRIPLES)
    assert line is not None
    return line.decode()[_BEFORE:].rstrip().removesuffix(".").rstrip()


def _step(node: str, path: Path, to: str) -> str:
    return f"{node} {_pathed([path])} {to} ."


def _pathed(paths: Sequence[Path]) -> str:
    return "|".join(("^" if path.inverse else "") + spell(path.predicate) for path in paths)


def _compared(value: str, operator: str, bound: Term) -> str:
    """Words compare letter by letter, whatever their language; everything else by value."""
    class_, said = value_of(bound)
    if class_ == WORDS:
        return f"STR({value}) {operator} {spell(Literal(str(said)))}"
    return f"{value} {operator} {spell(bound)}"


def _having(value: str, part: str) -> str:
    return f'REGEX(STR({value}), {spell(Literal(_pattern(part)))}, "i")'


def _pattern(part: str) -> str:
    """A regular expression of all ways to write a text, as far as case and accents go."""
    ways = _ways()
    return "".join(
        f"[{''.join(map(re.escape, ways[c]))}]{_MARKS}" if c in ways else re.escape(c) for c in sort_key(part)
    )


@cache
def _ways() -> Mapping[str, str]:
    """The letters that are one letter but for case and accents."""
    found: dict[str, str] = {}
    for letter in map(chr, chain.from_iterable(_LETTERS)):
        plain = sort_key(letter)
        if letter.isalpha() and len(plain) == 1 and plain.isalpha():
            found[plain] = found.get(plain, "") + letter
    return found


def _any_has(texts: Mapping[str, str], part: str) -> bool:
    return any(sort_key(part) in sort_key(text) for text in texts.values())


def _text(term: Term) -> str:
    return term.value if isinstance(term, Literal | NamedNode) else ""
