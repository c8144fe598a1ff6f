"""The command line: thin calls of the rooms below, their answers as tables for people and JSON for programs.

Exit status: 0 done, 1 findings or refused records, 2 govgraph's own failure or a wrong call.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from govgraph.cli.application import app
from govgraph.errors import GovgraphError

__all__ = ["app", "main", "run"]


def main() -> None:
    """The command line of this process."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit status. A refusal becomes its sentence and hint on the error stream."""
    try:
        app(list(arguments), prog_name="govgraph")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except GovgraphError as error:
        return _complain(error.sentence, error.hint)
    except BrokenPipeError:
        raise
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _complain(f"{place}{error.strerror or error}.", "Look at the path and at who may read and write there.")
    return 0


def _complain(sentence: str, hint: str) -> int:
    from govgraph.cli.output import complain  # noqa: PLC0415  # only a failure needs it

    complain(sentence, hint)
    return 2
