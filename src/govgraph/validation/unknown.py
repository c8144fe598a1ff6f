"""What entries say that no property of their kind describes: kept, and told as Info; knows N-Triples and the contract.

SHACL could only say so with closed shapes, whose findings would be of one severity for all and name no kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyoxigraph
from pyoxigraph import RdfFormat

from govgraph.contract import Contract, Kind
from govgraph.iris import GOV, RDF_TYPE, SH, name
from govgraph.store import Path
from govgraph.validation.engines import Outcome

UNKNOWN = name(GOV, "UnknownPredicate")
"""In place of the constraint component a SHACL engine would name."""
_TYPE = str(RDF_TYPE).encode()


class Known:
    """The predicates a contract knows, by kind."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._known = {
            kind: {_TYPE, *(str(p.path.predicate).encode() for p in kind.properties if p.stored)}
            for kind in contract.kinds
        }

    def unknown(self, data: Sequence[bytes]) -> Iterator[Outcome]:
        """One outcome per entity and predicate, however many values there are. Two passes over the data."""
        kinds = _kinds(self._contract, data)
        of_kinds = {of: set().union(*(self._known[kind] for kind in of)) for of in set(kinds.values())}
        found: dict[bytes, Kind] = {}
        for part in data:
            for line in part.splitlines():
                words = line.split(None, 2)
                if len(words) == 3 and (of := kinds.get(words[0])) and words[1] not in of_kinds[of]:
                    found[words[0] + b" " + words[1]] = of[0]
        # Parsed together, since most of what this finds is found in many entries.
        lines = b"".join(said + b" <urn:of> .\n" for said in found)
        for triple, kind in zip(pyoxigraph.parse(lines, RdfFormat.N_TRIPLES), found.values(), strict=True):
            yield Outcome(
                focus=triple.subject,
                path=Path(triple.predicate),
                severity=f"{SH}Info",
                shape=kind.shape,
                component=UNKNOWN.value,
                value=None,
            )


def _kinds(contract: Contract, data: Sequence[bytes]) -> dict[bytes, tuple[Kind, ...]]:
    """The kinds of each node that has any, in the contract's order."""
    classes = {str(kind.class_).encode(): kind for kind in contract.kinds}
    said: dict[bytes, set[Kind]] = {}
    for part in data:
        for line in part.splitlines():
            if _TYPE in line:
                words = line.split(None, 2)
                if len(words) == 3 and words[1] == _TYPE and (kind := classes.get(words[2].rstrip(b" \t."))):
                    said.setdefault(words[0], set()).add(kind)
    orders: dict[frozenset[Kind], tuple[Kind, ...]] = {}
    return {
        node: orders.setdefault(key, tuple(kind for kind in contract.kinds if kind in of))
        for node, of in said.items()
        for key in [frozenset(of)]
    }
