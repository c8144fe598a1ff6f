"""Where the files that ship beside the code are: in the wheel, or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
EXPLORER = _PACKAGE / "web" / "explorer"
"""What ``hatch_build.py`` built for ``/graphql``; without a file ``manifest.json`` where it could not."""


def shipped(directory: str) -> Path:
    """The directory ``ontology``, ``shapes`` or ``seed_data``."""
    in_wheel = _PACKAGE / "_shipped" / directory
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parents[1] / directory
