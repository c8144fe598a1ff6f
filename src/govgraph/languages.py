"""Which of the languages there are a reader gets, by a list of those wanted; knows no text.

A tag that is wanted stands for its longer ones and, where there is nothing in it, for progressively shorter ones (RFC
4647 section 3.4): ``fr-FR`` takes ``fr``, and ``fr`` takes ``fr-CA``.
"""

from __future__ import annotations

from collections.abc import Sequence


def ranges(languages: Sequence[str]) -> tuple[str, ...]:
    """What a preference looks for, in small letters and in this order: each tag with its shorter ones after it."""
    if all(tag.islower() and "-" not in tag for tag in languages):
        return tuple(languages)
    found: dict[str, None] = {}
    for tag in languages:
        parts = tag.lower().split("-")
        while parts:
            found["-".join(parts)] = None
            parts.pop()
            if len(parts) > 1 and len(parts[-1]) == 1:  # such a part only begins what follows it
                parts.pop()
    return tuple(found)


def takes(wanted: str, tag: str) -> bool:
    """Whether a text in a tag (in small letters) is what one of the ``ranges`` looks for."""
    return tag == wanted or tag.startswith(f"{wanted}-")


def preferred(tag: str, languages: Sequence[str]) -> tuple[int, str]:
    """Sorts tags in small letters by how much a reader wants them: of what there is, the first is what is served."""
    wanted = (*ranges(languages), "en", "")
    return next((at for at, one in enumerate(wanted) if takes(one, tag)), len(wanted)), tag
