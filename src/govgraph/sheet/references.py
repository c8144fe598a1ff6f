"""Which entity a text means: an IRI, a slug, an identifier or a title; knows titles, never opens a file.

People misspell. A reference that differs in more than case, accents and spaces is refused, with what it may have meant:
to guess would join the wrong ministry to a service without anybody seeing it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cached_property

from pyoxigraph import Literal, NamedNode

from govgraph.change.loading import Load
from govgraph.contract import Contract, Kind, say
from govgraph.iris import DCT_IDENTIFIER, RDF_TYPE
from govgraph.sheet import Unfit, plain

_MOST_COMPARED = 5_000
"""Names among which a misspelt one is looked for; comparing with more would take seconds a cell."""
_MOST_SUGGESTED = 200
"""Different misspelt names that get a suggestion; where there are more, something else is wrong."""


class References:
    """The entities there are, by everything people call them."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._added: list[tuple[Kind, NamedNode, str]] = []
        self._unknown: dict[tuple[tuple[str, ...], str], str] = {}

    def add(self, kind: Kind, iri: NamedNode, names: Iterable[str]) -> None:
        """Make an entity known that a sheet of the same load describes; before the first ``find``."""
        self._added += [(kind, iri, name) for name in names if name]

    def find(self, contract: Contract, kinds: Sequence[str], text: str) -> NamedNode:
        """The one entity of these kinds a text means. Raises Unfit."""
        if "://" in text or text.startswith("urn:"):
            try:
                return NamedNode(text)
            except ValueError:
                raise Unfit(f"“{text}” is no IRI.") from None
        wanted = plain(text)
        found = {iri: shown for kind in kinds for iri, shown in self._names.get(kind, {}).get(wanted, {}).items()}
        if len(found) == 1:
            return next(iter(found))
        if found:
            raise Unfit(f"“{text}” can be {' or '.join(sorted(iri.value for iri in found))}; give the address.")
        key = (tuple(kinds), wanted)
        if key not in self._unknown:
            self._unknown[key] = self._suggest(contract, kinds, text)
        raise Unfit(self._unknown[key])

    def _suggest(self, contract: Contract, kinds: Sequence[str], text: str) -> str:
        what = " or ".join(say(contract.by_name[kind].labels, ()).lower() for kind in kinds)
        shown = self._near(contract, kinds, text) if len(self._unknown) < _MOST_SUGGESTED else []
        if not shown:
            return f"“{text}” is no {what} known here; load it first, or in the same command."
        return f"“{text}” is no {what} known here; did you mean {' or '.join(f'“{name}”' for name in shown)}?"

    def _near(self, contract: Contract, kinds: Sequence[str], text: str) -> list[str]:
        """Up to three names like a text, as they are spelt."""
        if sum(len(self._names.get(kind, {})) for kind in kinds) > _MOST_COMPARED:
            return []
        spelt = {
            name: next(iter(called.values()))
            for kind in kinds
            for name, called in self._names.get(kind, {}).items()
            if not name.startswith(f"{contract.by_name[kind].slug}/")
        }
        return list(dict.fromkeys(spelt[name] for name in get_close_matches(plain(text), spelt, 3, 0.7)))

    @cached_property
    def _names(self) -> dict[str, dict[str, dict[NamedNode, str]]]:
        """Per kind: a plain name, the entities called so, and how the name is spelt."""
        contract, load = self._load.contract, self._load
        names: dict[str, dict[str, dict[NamedNode, str]]] = {kind.name: {} for kind in contract.entities}
        kind_of = {
            iri: contract.by_class[class_].name
            for iri, class_ in load.pairs(RDF_TYPE)
            if isinstance(class_, NamedNode) and class_ in contract.by_class and not contract.by_class[class_].part
        }

        def call(kind: str, iri: NamedNode, name: str) -> None:
            names[kind].setdefault(plain(name), {}).setdefault(iri, name)

        for iri, kind in kind_of.items():
            split = load.names.split(iri.value) if isinstance(iri, NamedNode) else None
            if split and isinstance(iri, NamedNode):
                call(kind, iri, split[1])
                call(kind, iri, "/".join(split))
        for predicate in {DCT_IDENTIFIER, *(kind.title for kind in contract.entities if kind.title)}:
            for iri, text in load.pairs(predicate):
                if iri in kind_of and isinstance(iri, NamedNode) and isinstance(text, Literal):
                    call(kind_of[iri], iri, text.value)
        for added, iri, name in self._added:
            call(added.name, iri, name)
            call(added.name, iri, f"{added.slug}/{name}")
        return names
