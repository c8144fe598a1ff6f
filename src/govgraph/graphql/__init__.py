"""GraphQL: types, filters and questions derived from the contract, and operations answered over a view.

It knows the contract, the questions and views; nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping

import graphql

from govgraph.contract import Contract
from govgraph.graphql.execution import Api, Asked, Told
from govgraph.graphql.reading import Limits
from govgraph.graphql.schema import build
from govgraph.question import Question

__all__ = ["Api", "Asked", "Limits", "Told", "print_schema"]


def print_schema(contract: Contract, questions: Mapping[str, Question]) -> str:
    """The schema in GraphQL's definition language, sorted, so that its difference is the difference of the API."""
    return graphql.print_schema(graphql.lexicographic_sort_schema(build(contract, questions))) + "\n"
