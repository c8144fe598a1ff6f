"""What a newer account of an entity puts in the place of an older one; knows triples, no files and no store.

Turtle and its kin may say a little about an entity in many files, so only what can have one value is replaced: a
single property, a text in one language. A row of a sheet is the whole account of the properties it fills, so all of
their older values go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import Literal, NamedNode, Triple

from govgraph.contract import Contract, Form, Property
from govgraph.iris import RDF_TYPE
from govgraph.store import Term


@dataclass(frozen=True)
class Merging:
    """``whole`` when the newer account replaces every older value of the properties it fills."""

    contract: Contract
    whole: bool = False

    def replaced(self, old: Iterable[Triple], new: Iterable[Triple]) -> list[Triple]:
        """The older statements about one entity that the newer ones replace."""
        old, again = list(old), set(new)
        properties = self._properties((*old, *again))
        said = {place for t in again if (place := self._place(t, properties))}
        return [t for t in old if t not in again and self._place(t, properties) in said]

    def parts(self, triples: Iterable[Triple]) -> list[Term]:
        """The parts that statements point to."""
        return [t.object for t in triples if t.predicate in self.contract.part_predicates]

    @cached_property
    def _stored(self) -> dict[str, dict[NamedNode, Property]]:
        return {k.name: {p.path.predicate: p for p in k.properties if p.stored} for k in self.contract.kinds}

    def _properties(self, triples: Iterable[Triple]) -> dict[NamedNode, Property]:
        classes = [t.object for t in triples if t.predicate == RDF_TYPE and isinstance(t.object, NamedNode)]
        kinds = [self.contract.by_class[class_] for class_ in classes if class_ in self.contract.by_class]
        return {predicate: p for kind in kinds for predicate, p in self._stored[kind.name].items()}

    def _place(self, triple: Triple, properties: dict[NamedNode, Property]) -> tuple[str, str] | None:
        """Where only one account can stand; None where older and newer values stand side by side."""
        found = properties.get(triple.predicate)
        if found is None:
            return None
        if found.form is Form.TEXT and isinstance(triple.object, Literal):
            return (found.name, triple.object.language or "") if self.whole or found.per_language else None
        return (found.name, "") if self.whole or found.single else None
