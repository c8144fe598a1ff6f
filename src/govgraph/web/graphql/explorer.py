"""The built explorer: the files a page loads, or why there are none; builds nothing (``hatch_build.py`` does)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from govgraph.iris import digest
from govgraph.shipped import EXPLORER
from govgraph.web.responses import SECURITY

ENTRY = "src/main.tsx"
POLICY = SECURITY["content-security-policy"].replace(
    "style-src 'self'", "style-src 'self' 'unsafe-inline'; worker-src 'self'"
)
"""Of the one page with the explorer, whose editors write styles of their own; scripts and all else stay ours alone."""
_WHY = "missing.txt"


@dataclass(frozen=True)
class Built:
    """``mark`` changes with any file; ``entry``, ``styles`` and ``preloads`` are paths below ``/static/explorer``."""

    mark: str
    entry: str
    styles: tuple[str, ...]
    preloads: tuple[str, ...]


@dataclass(frozen=True)
class Missing:
    """``reason`` is what the build said, in English, empty where it left no word."""

    reason: str


def look(place: Path = EXPLORER) -> Built | Missing:
    """What there is now: an installation may be repaired while the server runs."""
    try:
        text = (place / "manifest.json").read_bytes()
        manifest = orjson.loads(text)
        needed = list(_needed(manifest, ENTRY))
        # What the entry asks for as soon as it runs: named here, it comes along with it.
        later = [
            name for name, chunk in manifest.items() if chunk.get("name") == "monaco-editor" and "imports" in chunk
        ]
        return Built(
            digest(text.decode())[:12],
            manifest[ENTRY]["file"],
            tuple(dict.fromkeys(style for name in needed for style in manifest[name].get("css", ()))),
            tuple(dict.fromkeys(manifest[name]["file"] for name in [*needed[1:], *later])),
        )
    except (OSError, ValueError, KeyError):
        why = place / _WHY
        return Missing(why.read_text("utf-8").strip() if why.is_file() else "")


def _needed(manifest: Mapping[str, Any], name: str, seen: frozenset[str] = frozenset()) -> list[str]:
    """A chunk and all that it imports, each once."""
    found = [name]
    for one in manifest[name].get("imports", ()):
        if one not in seen and one not in found:
            found += [each for each in _needed(manifest, one, seen | frozenset(found)) if each not in found]
    return found
