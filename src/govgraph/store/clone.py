"""Copies of a store's files that cost no space: what never changes is shared, what may is copied; opens no engine.

What others keep with a snapshot, in directories of their own, is left: they can make it again.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from govgraph.errors import StoreError

_SHARED = ".sst"
"""Tables: the engine writes them once and never again, it only drops them."""
_ITS_OWN = {"LOCK", "LOG"}


def clone(source: Path, target: Path) -> None:
    """A directory of its own with what a snapshot holds. Raises StoreError when it cannot be made whole.

    The snapshot must be held, and nobody may be writing to it.
    """
    try:
        target.mkdir(parents=True)
        for file in source.iterdir():
            if file.is_dir() or file.name in _ITS_OWN or file.name.startswith("LOG.old"):
                continue
            if file.suffix == _SHARED:
                _share(file, target / file.name)
            else:
                shutil.copyfile(file, target / file.name)
    except OSError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise StoreError(
            f"{source} cannot be copied to {target}: {error}.", "See to space and rights there."
        ) from error


def _share(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(source, target)
