"""Whether a query would call another endpoint, judged by the engine's own parser; calls nobody itself.

The engine follows ``SERVICE`` to any address and has no switch against it. Reading the text for the keyword is not
enough: the parser needs no space after a keyword (``SERVICESILENT<x>``, ``SERVICE:x``) and takes ``?a<?b)SERVICE#>``
for a comparison. So the word is replaced wherever it stands, consistently and by one of the same length: strings,
variables, prefixes and IRIs bear that, a keyword does not. What still parses then, calls nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product
from string import ascii_lowercase

import pyoxigraph

from govgraph.iris import PREFIXES
from govgraph.store import sparql_text

_SERVICE = "service"
# Escapes count where a letter of a string or an IRI may stand; they stay escapes, so that no backslash is left over.
_LETTER = re.compile(r"\\U[0-9a-fA-F]{8}|\\u[0-9a-fA-F]{4}|.")


def calls_out(text: str, base: str) -> bool:
    """Whether a query holds ``SERVICE``. Raises SyntaxError, with its place, for a text that is no query."""
    replaced, prefixes = masked(text, (_SERVICE,))
    if replaced == text:
        return False
    try:
        # Over an empty store, so that running what there is to run costs next to nothing.
        pyoxigraph.Store().query(replaced, base_iri=base, prefixes=prefixes)
    except SyntaxError:
        if sparql_text.names_service(text):
            return True
        raise
    except RuntimeError:
        # It is well-formed and asks for a function nobody has; whoever runs it will say so.
        return False
    return False


def masked(text: str, keywords: Iterable[str]) -> tuple[str, dict[str, str]]:
    """A text without some words (in lower case), and the prefixes it may use undeclared, changed as it is.

    What a parser makes of it differs from the text itself only where one of the words stands as a keyword. Raises
    ValueError where no other word is left to stand in for one.
    """
    prefixes = dict(PREFIXES)
    for keyword in keywords:
        word = _pattern(keyword)
        if word.search(text):
            stand_in = _stand_in(text, len(keyword))
            text = _mask(text, word, stand_in)
            prefixes = {_mask(prefix, word, stand_in): iri for prefix, iri in prefixes.items()}
    return text, prefixes


def _pattern(keyword: str) -> re.Pattern[str]:
    letters = (f"(?:{c}|{'|'.join(_escaped(ord(one)) for one in (c, c.upper()))})" for c in keyword)
    return re.compile("".join(letters), re.ASCII | re.IGNORECASE)


def _escaped(code: int) -> str:
    return rf"\\(?-i:u)00{code:x}|\\(?-i:U)000000{code:x}"


def _stand_in(text: str, length: int) -> str:
    """A word that is no word of SPARQL and stands nowhere in the text."""
    present = text.lower()
    words = ("".join(letters) for letters in product(reversed(ascii_lowercase), repeat=length))
    found = next((word for word in words if word not in present), None)
    if found is None:
        raise ValueError("every word of that length stands in the text")
    return found


def _mask(text: str, word: re.Pattern[str], stand_in: str) -> str:
    def replace(match: re.Match[str]) -> str:
        return "".join(_like(old, new) for old, new in zip(_LETTER.findall(match.group()), stand_in, strict=True))

    return word.sub(replace, text)


def _like(old: str, new: str) -> str:
    """A letter written as another was: escaped or not, capital or not."""
    escape, code = old[:2], old[2:]
    if not code:
        return new.upper() if old.isupper() else new
    letter = new.upper() if chr(int(code, 16)).isupper() else new
    return f"{escape}{ord(letter):0{len(code)}X}"
