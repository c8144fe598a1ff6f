"""An organisation as somebody writes it, as the IRI it is kept under; reads no catalogue."""

from __future__ import annotations

from pyoxigraph import NamedNode

from govgraph.contract import Contract
from govgraph.errors import ParameterError
from govgraph.iris import Names


def organisation(said: str, contract: Contract, names: Names) -> NamedNode:
    """``interior`` of the kind that keeps itself, or a whole IRI. Raises ParameterError for what is neither."""
    own = next((kind for kind in contract.entities if kind.owns_itself), None)
    try:
        return names.entity(own.slug, said) if own and ":" not in said and said else NamedNode(said)
    except ValueError:
        raise ParameterError(
            f"{said!r} is no organisation.", "Give its IRI, or the end of it.", parameter="organisation", value=said
        ) from None
