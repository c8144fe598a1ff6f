"""Words as they are compared: folded, cut and stemmed, alike for what is kept and for what is asked; knows no index."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

LONGEST = 300
"""Characters of a text that is asked for; what follows is not looked at."""
MOST_WORDS = 12
"""Words and phrases of it."""
_LONGEST_WORD = 200
_STEMMED = {
    "ar": "arabic",
    "da": "danish",
    "nl": "dutch",
    "en": "english",
    "fi": "finnish",
    "fr": "french",
    "de": "german",
    "el": "greek",
    "hu": "hungarian",
    "it": "italian",
    "nb": "norwegian",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "es": "spanish",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
_WITHOUT_SMALL_WORDS = frozenset({"arabic", "greek", "romanian", "tamil", "turkish"})
"""The library has no list of theirs."""
_LATIN_MARKS = re.compile("[\u0300-\u036f]+")
_OTHER_SCRIPTS = re.compile("[\u0483-\u1fff\u20d0-\u20ff\u2c00-\U0001ffff]")
"""Where the other marks are."""
_MARKED_PLANES = 0x20000
"""Beyond, no character is a mark upon another."""
_QUOTED = re.compile('["“”„«»]([^"“”„«»]*)["“”„«»]')


@dataclass(frozen=True)
class Asked:
    """One word, or a phrase of several in a row. ``open_ended`` for the last word, of which there may be more to come;
    ``small`` for one that says little, such as an article."""

    words: tuple[str, ...]
    open_ended: bool = False
    small: bool = False


def fold(text: str) -> str:
    """Small letters without accents."""
    if text.isascii():
        return text.lower()
    bare = _LATIN_MARKS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return _marks().sub("", bare) if _OTHER_SCRIPTS.search(bare) else bare


@cache
def _marks() -> re.Pattern[str]:
    """All that combines, in one expression, which takes its time: most texts need it not."""
    marks = [chr(code) for code in range(0x300, _MARKED_PLANES) if unicodedata.combining(chr(code))]
    return re.compile(f"[{''.join(marks)}]+")


def stemmed(languages: Iterable[str]) -> tuple[str, ...]:
    """Of some languages those whose words are stemmed, each as its first part in small letters."""
    firsts = (primary(language) for language in languages)
    return tuple(dict.fromkeys(first for first in firsts if first in _STEMMED))


def primary(tag: str) -> str:
    """``pt`` of ``pt-BR``."""
    return tag.partition("-")[0].lower()


@cache
def plain() -> TextAnalyzer:
    """Cuts into words at whatever is no letter and no digit."""
    return TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(_LONGEST_WORD)).build()


@cache
def stemming(language: str) -> TextAnalyzer:
    """Cuts and stems; for one of what ``stemmed`` gives."""
    made = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(_LONGEST_WORD))
    return made.filter(Filter.stemmer(_STEMMED[language])).build()


def stem(word: str, language: str) -> str:
    """A folded word in the form its relatives share."""
    return next(iter(stemming(language).analyze(word)), word)


def differs(asked: str, word: str, *, begins: bool = False) -> int:
    """How many letters of a word are wrong, lacking, too many, or exchanged with the next; ``begins`` where that is
    asked of its best beginning."""
    before: list[int] = []
    row = list(range(len(word) + 1))
    for at, letter in enumerate(asked):
        last, before, row = before, row, [at + 1]
        for to, other in enumerate(word):
            least = min(before[to] + (letter != other), before[to + 1] + 1, row[to] + 1)
            if at and to and letter == word[to - 1] and asked[at - 1] == other:
                least = min(least, last[to - 1] + 1)
            row.append(least)
    return min(row) if begins else row[-1]


@cache
def _sieve(language: str) -> TextAnalyzer:
    """Lets all but the small words of a language through."""
    return TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.stopword(_STEMMED[language])).build()


def _is_small(word: str, languages: Sequence[str]) -> bool:
    return any(
        _STEMMED[language] not in _WITHOUT_SMALL_WORDS and not _sieve(language).analyze(word) for language in languages
    )


def understand(text: str, languages: Sequence[str]) -> tuple[Asked, ...]:
    """The words and phrases of any text; what stands between quotation marks is a phrase. ``languages`` are stemmed
    ones, whose small words count less, unless there are no others."""
    text = unicodedata.normalize("NFC", text[:LONGEST])
    phrases = [plain().analyze(fold(quoted)) for quoted in _QUOTED.findall(text)]
    rest = _QUOTED.sub(" ", text)
    words = plain().analyze(fold(rest))
    last = words[-1] if words and not rest[-1:].isspace() else None
    asked = {Asked(tuple(words[:MOST_WORDS])): None for words in phrases if words}
    asked |= {Asked((word,), False, _is_small(word, languages)): None for word in words if word != last}
    if last is not None:
        asked[Asked((last,), True, False)] = None
    kept = tuple(asked)[:MOST_WORDS]
    if all(one.small for one in kept):
        return tuple(Asked(one.words, one.open_ended) for one in kept)
    return kept
