"""Whether a query would call another endpoint, judged by the engine's own parser; calls nobody itself.

The engine follows ``SERVICE`` to any address and has no switch against it. Reading the text for the keyword is not
enough: the parser needs no space after a keyword (``SERVICESILENT<x>``, ``SERVICE:x``) and takes ``?a<?b)SERVICE#>``
for a comparison. So the word is replaced wherever it stands, consistently and by one of the same length: strings,
variables, prefixes and IRIs bear that, a keyword does not. What still parses then, calls nobody.
"""

from __future__ import annotations

import re
from itertools import product
from string import ascii_lowercase

import pyoxigraph

from govgraph.iris import PREFIXES
from govgraph.store import sparql_text

_KEYWORD = "service"
# Escapes count where a letter of a string or an IRI may stand; they stay escapes, so that no backslash is left over.
_WORD = re.compile(
    "".join(
        rf"(?:(?i:{c})|\\u00(?:{ord(c):x}|{ord(c.upper()):x})|\\U000000(?:{ord(c):x}|{ord(c.upper()):x}))"
        for c in _KEYWORD
    ),
    re.ASCII,
)
_LETTER = re.compile(r"\\U[0-9a-fA-F]{8}|\\u[0-9a-fA-F]{4}|.")


def calls_out(text: str, base: str) -> bool:
    """Whether a query holds ``SERVICE``. Raises SyntaxError, with its place, for a text that is no query."""
    if not _WORD.search(text):
        return False
    stand_in = _stand_in(text)
    try:
        # Over an empty store, so that running what there is to run costs next to nothing.
        pyoxigraph.Store().query(
            _mask(text, stand_in), base_iri=base, prefixes={_mask(p, stand_in): iri for p, iri in PREFIXES.items()}
        )
    except SyntaxError:
        if sparql_text.names_service(text):
            return True
        raise
    except RuntimeError:
        # It is well-formed and asks for a function nobody has; whoever runs it will say so.
        return False
    return False


def _stand_in(text: str) -> str:
    """A word as long as the keyword that is no word of SPARQL and stands nowhere in the text."""
    present = text.lower()
    words = ("".join(letters) for letters in product(reversed(ascii_lowercase), repeat=len(_KEYWORD)))
    return next(word for word in words if word not in present)


def _mask(text: str, stand_in: str) -> str:
    def replace(match: re.Match[str]) -> str:
        return "".join(_like(old, new) for old, new in zip(_LETTER.findall(match.group()), stand_in, strict=True))

    return _WORD.sub(replace, text)


def _like(old: str, new: str) -> str:
    """A letter written as another was: escaped or not, capital or not."""
    escape, code = old[:2], old[2:]
    if not code:
        return new.upper() if old.isupper() else new
    letter = new.upper() if chr(int(code, 16)).isupper() else new
    return f"{escape}{ord(letter):0{len(code)}X}"
