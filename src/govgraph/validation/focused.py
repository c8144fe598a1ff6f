"""Findings of a few nodes from a small set of triples around them, in a time that no catalogue's size enters."""

from __future__ import annotations

from collections.abc import Set

from govgraph.contract import Contract
from govgraph.errors import ChangeError
from govgraph.store import Term
from govgraph.validation import Finding, found
from govgraph.validation.engines import compiled
from govgraph.validation.unknown import Known


class Focused:
    """A contract's shapes made ready for one engine; validates as often as one likes."""

    def __init__(self, contract: Contract, engine: str) -> None:
        self._contract = contract
        self._known = Known(contract)
        self._check = compiled(engine, contract.shapes)

    def findings(self, data: bytes, focus: Set[Term]) -> list[Finding]:
        """The findings of the focus nodes alone: of the others the triples (N-Triples) say only what these need."""
        try:
            outcomes = (*self._check(data), *self._known.unknown((data,)))
        except ValueError as error:  # the engine's word for data it cannot read
            raise ChangeError(f"The change cannot be validated: {error}.", "Say it otherwise.") from error
        return list(dict.fromkeys(found(self._contract, one) for one in outcomes if one.focus in focus))
