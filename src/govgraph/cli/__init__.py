"""The command line: thin calls of the rooms below, their answers as tables for people and JSON for programs.

Exit status: 0 done, 1 findings or refused records, 2 govgraph's own failure or a wrong call.
"""

from __future__ import annotations

import sys

from govgraph.cli import asking, checking, loading, serving, writing
from govgraph.cli.application import app
from govgraph.cli.output import complain
from govgraph.errors import GovgraphError

__all__ = ["app", "asking", "checking", "loading", "main", "serving", "writing"]


def main() -> None:
    """Run the command line; a refusal becomes its sentence and hint on the error stream."""
    try:
        app()
    except GovgraphError as error:
        complain(error)
        sys.exit(2)
