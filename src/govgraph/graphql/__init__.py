"""GraphQL: types, filters and questions derived from the contract, and operations answered over a view.

It knows the contract, the questions, views, and the writer it is given; nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping

from govgraph import settings
from govgraph.contract import Contract
from govgraph.graphql.execution.reading import Limits
from govgraph.graphql.execution.running import Asked, Schema, Told
from govgraph.graphql.writing.desk import Desk
from govgraph.history.ledger import Ledger
from govgraph.question import Question

__all__ = ["Asked", "Desk", "Limits", "Schema", "Told", "build_schema", "print_schema"]


def build_schema(
    contract: Contract,
    questions: Mapping[str, Question],
    limits: Limits | None = None,
    ledger: Ledger | None = None,
) -> Schema:
    """The schema of a contract and its questions; under the default limits where none are given.

    Without a ledger it is not known what came and what went in a revision.
    Raises ContractError where two things would have one name.
    """
    return Schema(contract, questions, limits or Limits.of(settings.read({})), ledger)


def print_schema(contract: Contract, questions: Mapping[str, Question]) -> str:
    """The schema in GraphQL's definition language, sorted, so that its difference is the difference of the API."""
    return build_schema(contract, questions).print()
