"""A few Turtle files as one small graph in plain dictionaries, with the way back to file and line; knows no shapes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pyoxigraph
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple

from govgraph.contract import Source, Text
from govgraph.errors import ContractError
from govgraph.iris import PREFIXES, compact

Node = NamedNode | BlankNode
Value = NamedNode | BlankNode | Literal


@dataclass
class TurtleGraph:
    """Triples by subject and predicate, in the order of the files."""

    sources: list[Source] = field(default_factory=list)
    file_of: dict[Node, Source] = field(default_factory=dict)
    _index: dict[Node, dict[NamedNode, list[Value]]] = field(default_factory=dict)
    _places: dict[Node, int] = field(default_factory=dict)
    """Where each subject comes in the order of the files."""
    _saying: dict[tuple[NamedNode, Value], set[Node]] = field(default_factory=dict)

    def read(self, directory: Path) -> None:
        """Add every ``*.ttl`` of a directory. Raises ContractError with file and line where one is no Turtle."""
        for path in sorted(directory.glob("*.ttl")):
            self._read_file(path)

    def _read_file(self, path: Path) -> None:
        content = path.read_bytes()
        source = Source(path.name, str(path), content.decode("utf-8", "replace"))
        self.sources.append(source)
        # Blank nodes are named by file and order, so that one contract always has one hash.
        scope = sha256(str(len(self.sources)).encode() + content).hexdigest()[:12]
        labels: dict[BlankNode, BlankNode] = {}

        def named(term: Value | Triple) -> Value | Triple:
            if not isinstance(term, BlankNode):
                return term
            return labels.setdefault(term, BlankNode(f"{scope}n{len(labels)}"))

        try:
            for quad in pyoxigraph.parse(content, RdfFormat.TURTLE):
                subject, value = named(quad.subject), named(quad.object)
                self._places.setdefault(subject, len(self._places))  # type: ignore[arg-type]
                self._saying.setdefault((quad.predicate, value), set()).add(subject)  # type: ignore[arg-type]
                self._index.setdefault(subject, {}).setdefault(quad.predicate, []).append(value)  # type: ignore[arg-type]
                self.file_of.setdefault(subject, source)  # type: ignore[arg-type]
        except SyntaxError as error:
            raise ContractError(
                f"This is no Turtle: {error.msg}.", "Mend the line.", file=str(path), line=error.lineno or 0
            ) from None

    def subjects(self, predicate: NamedNode, value: Value) -> Iterator[Node]:
        return iter(sorted(self._saying.get((predicate, value), ()), key=self._places.__getitem__))

    def values(self, node: Node, predicate: NamedNode) -> list[Value]:
        return self._index.get(node, {}).get(predicate, [])

    def value(self, node: Node, predicate: NamedNode) -> Value | None:
        found = self.values(node, predicate)
        return found[0] if found else None

    def iri(self, node: Node, predicate: NamedNode) -> NamedNode | None:
        found = self.value(node, predicate)
        return found if isinstance(found, NamedNode) else None

    def string(self, node: Node, predicate: NamedNode, default: str = "") -> str:
        found = self.value(node, predicate)
        return found.value if isinstance(found, Literal) else default

    def word(self, node: Node, predicate: NamedNode) -> str:
        """A text that must be there. Raises ContractError."""
        found = self.string(node, predicate)
        if not found:
            term = compact(predicate.value)
            raise self.refuse(node, f"has no {term}", f"Every kind and rule says its {term}.")
        return found

    def number(self, node: Node, predicate: NamedNode, default: float) -> float:
        """Raises ContractError for a text that is no number."""
        text = self.string(node, predicate)
        try:
            return float(text) if text else default
        except ValueError:
            what = f"says {compact(predicate.value)} {text!r}"
            raise self.refuse(node, what, "Give a number.", compact(predicate.value), text) from None

    def flag(self, node: Node, predicate: NamedNode) -> bool:
        return self.string(node, predicate) in ("true", "1")

    def text(self, node: Node, predicate: NamedNode) -> Text:
        return {v.language or "en": v.value for v in self.values(node, predicate) if isinstance(v, Literal)}

    def nodes(self, node: Node, predicate: NamedNode) -> list[Node]:
        """The values that are no literals."""
        return [v for v in self.values(node, predicate) if not isinstance(v, Literal)]

    def predicates(self, node: Node) -> list[NamedNode]:
        return list(self._index.get(node, {}))

    def pairs(self, predicate: NamedNode) -> Iterator[tuple[Node, Value]]:
        return ((s, value) for s, said in self._index.items() for value in said.get(predicate, ()))

    def triples(self) -> Iterator[Triple]:
        return (Triple(s, p, o) for s, said in self._index.items() for p, values in said.items() for o in values)

    def refuse(self, shape: Node, what: str, hint: str, *anchors: str | Node, at: Node | None = None) -> ContractError:
        """The error that a shape says something it cannot; ``anchors`` lead to the line, ``at`` to the file.

        ``at`` is the property shape or constraint inside ``shape`` that is wrong, which a country's file may add to a
        shape of govgraph's own.
        """
        place = at if at is not None and at in self.file_of else shape
        source = self.file_of.get(place)
        label = compact(shape.value) if isinstance(shape, NamedNode) else "A shape"
        first = (shape,) if isinstance(shape, NamedNode) else ()
        line = self.line(*first, *anchors, within=place)
        return ContractError(f"{label} {what}.", hint, file=source.path if source else "", line=line)

    def line(self, *anchors: str | Node, within: Node) -> int:
        """The line in the file of ``within`` where the anchors follow one another; 0 where the first is not found.

        An anchor is a node, found by its IRI or prefixed name, or any text.
        """
        source = self.file_of.get(within)
        if source is None:
            return 0
        position = found = 0
        for anchor in anchors:
            match = re.compile(_spelling(anchor)).search(source.text, position)
            if match is None:
                break
            found = match.start() + 1
            position = match.end()
        return source.text.count("\n", 0, found) + 1 if found else 0


def _spelling(anchor: str | Node) -> str:
    """A pattern for the ways Turtle writes a node."""
    if isinstance(anchor, str):
        return re.escape(anchor)
    if isinstance(anchor, BlankNode):
        return r"(?!)"
    ways = [re.escape(f"<{anchor.value}>")]
    for prefix, namespace in PREFIXES.items():
        if anchor.value.startswith(namespace):
            ways.append(re.escape(f"{prefix}:{anchor.value[len(namespace) :]}") + r"(?![\w-])")
    if not any(way.endswith(r"(?![\w-])") for way in ways):
        local = re.split(r"[#/]", anchor.value)[-1]
        ways.append(rf"\w*:{re.escape(local)}(?![\w-])")
    return "|".join(ways)
