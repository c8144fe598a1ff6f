"""The query of what is asked for: which entities have its words, and how much each counts; knows no catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log

from tantivy import Occur, Query

from govgraph.search.index import Words
from govgraph.search.layout import KIND, WEIGHTS, WHOLE, Standing, stems
from govgraph.search.words import Asked, primary, stem

_STEM, _OTHER_STEM, _BEGUN, _MISSPELT = 0.95, 0.8, 0.7, 0.5
"""How near a word comes: by its stem in a language that is preferred, or another; as its beginning; with a letter or
two wrong. As it stands it counts 1."""
_IN_A_ROW, _WHOLE = 0.75, 3.0
_BOTH = 0.1
"""What a second place for the same word adds."""
_LEAST_BEGINNING, _LEAST_MISSPELT, _LONG = 2, 4, 8


def asked_for(words: Words, asked: Sequence[Asked], kinds: Iterable[str], languages: Sequence[str]) -> Query | None:
    """The query for entities that have all the words, small ones apart; where there are none, for those that have at
    least half of them. That is judged among the kinds alone. None where nothing can be found."""
    if not asked:
        return None
    weighed = [(one, _weighed(words, one, [primary(tag) for tag in languages])) for one in asked]
    needed = [query for one, query in weighed if not one.small and query is not None]
    small = [query for one, query in weighed if one.small and query is not None]
    if not needed:
        return None
    extra = [(Occur.Should, query) for query in [*small, *_rows(words, asked)]]
    only = _only(words, kinds)
    complete = len(needed) == sum(not one.small for one in asked)
    strict = Query.boolean_query([*((Occur.Must, query) for query in needed), *only])
    if complete and words.count(strict):
        return Query.boolean_query([*((Occur.Must, query) for query in needed), *extra, *only])
    least = (sum(not one.small for one in asked) + 1) // 2
    if len(needed) < least:
        return None
    half = Query.boolean_query([(Occur.Should, query) for query in needed], least)
    return Query.boolean_query([(Occur.Must, half), *extra, *only])


def misspelt(words: Words, asked: Sequence[Asked]) -> dict[str, int]:
    """The words that are nowhere as they stand, each with how many letters may be wrong in it."""
    wrong = (one for one in asked if _may_be_misspelt(one) and not words.count(_as_it_stands(words, one, ())))
    return {one.words[0]: _letters(one.words[0]) for one in wrong}


def _only(words: Words, kinds: Iterable[str]) -> list[tuple[Occur, Query]]:
    among = list(kinds)
    if not among:
        return []
    return [(Occur.Must, Query.const_score_query(Query.term_set_query(words.schema, KIND, among), 0.0))]


def _weighed(words: Words, one: Asked, preferred: Sequence[str]) -> Query | None:
    """What finds a word, weighed by how rare it is; None for one that is nowhere."""
    query = _as_it_stands(words, one, preferred)
    count = words.count(query)
    if not count and _may_be_misspelt(one):
        query = Query.disjunction_max_query(_misspelt(words, one), _BOTH)
        count = words.count(query)
    return Query.boost_query(query, 1 + log(1 + len(words) / (1 + count))) if count else None


def _as_it_stands(words: Words, one: Asked, preferred: Sequence[str]) -> Query:
    ways = _phrase(words, one.words) if len(one.words) > 1 else _word(words, one, preferred)
    return Query.disjunction_max_query(ways, _BOTH)


def _may_be_misspelt(one: Asked) -> bool:
    return len(one.words) == 1 and len(one.words[0]) >= _LEAST_MISSPELT


def _letters(word: str) -> int:
    """How many may be wrong."""
    return 2 if len(word) >= _LONG else 1


def _word(words: Words, one: Asked, preferred: Sequence[str]) -> list[Query]:
    (word,) = one.words
    ways = []
    for standing, weight in WEIGHTS.items():
        ways.append(_const(Query.term_query(words.schema, standing.value, word), weight))
        for language in words.languages:
            near = _STEM if not preferred or language in preferred else _OTHER_STEM
            same = Query.term_query(words.schema, stems(standing, language), stem(word, language), "basic")
            ways.append(_const(same, weight * near))
        if one.open_ended and len(word) >= _LEAST_BEGINNING:
            begun = Query.fuzzy_term_query(words.schema, standing.value, word, 0, prefix=True)
            ways.append(_const(begun, weight * _BEGUN))
    return ways


def _misspelt(words: Words, one: Asked) -> list[Query]:
    (word,) = one.words
    return [
        _const(
            Query.fuzzy_term_query(words.schema, standing.value, word, _letters(word), prefix=one.open_ended),
            weight * _MISSPELT,
        )
        for standing, weight in WEIGHTS.items()
    ]


def _phrase(words: Words, phrase: Sequence[str]) -> list[Query]:
    return [
        _const(Query.phrase_query(words.schema, standing.value, list(phrase)), weight * len(phrase))
        for standing, weight in WEIGHTS.items()
    ]


def _rows(words: Words, asked: Sequence[Asked]) -> list[Query]:
    """What counts more when it is there: the words in a row, or as a whole title."""
    said = [word for one in asked for word in one.words]
    rows = [_const(Query.term_query(words.schema, WHOLE, " ".join(said), "basic"), WEIGHTS[Standing.TITLE] * _WHOLE)]
    if len(asked) > 1:
        ways = _phrase(words, said)
        rows.append(Query.boost_query(Query.disjunction_max_query(ways, 0.0), _IN_A_ROW))
    return rows


def _const(query: Query, points: float) -> Query:
    return Query.const_score_query(query, points)
