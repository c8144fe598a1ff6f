"""Words in GraphQL: the types LangString and Text, and which of several texts a field gives; knows no contract."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from pyoxigraph import Literal
from strawberry.types.arguments import StrawberryArgument

from govgraph.catalogue import Label, pick
from govgraph.contract import Text as Wording
from govgraph.graphql.schema.fields import Arguments, Values, argument, attribute, field, fill, shell
from govgraph.store import Term

DEFAULT_LANGUAGES = ("en",)
ANY_LANGUAGE = "*"
MOST_LANGUAGES = 20
"""Languages of a preference that count."""
_LONGEST_TAG = 35
"""Characters of a tag that count (RFC 5646 section 4.4.1)."""


_WANTED = "The languages wanted, best first; what is in none of them comes in English, else in any."
ORDERING = "The languages, best first, by whose words the list is ordered; texts in it have a `lang` of their own."


def lang(description: str = _WANTED) -> StrawberryArgument:
    """The argument with a preference of languages."""
    return argument("lang", list[str] | None, description, ["en"])


def languages(arguments: Arguments) -> tuple[str, ...]:
    """What counts of the argument ``lang``: texts are compared with every tag, and things kept under all of them."""
    return tuple(tag[:_LONGEST_TAG] for tag in (arguments.get("lang") or DEFAULT_LANGUAGES)[:MOST_LANGUAGES])


class Words:
    """A text in a language (None where it is in none), and every text it was chosen from."""

    def __init__(self, value: str, lang: str | None, every: Sequence[Term] = ()) -> None:
        self.value = value
        self.lang = lang
        self._every = every

    @cached_property
    def all(self) -> list[Words]:
        return every(self._every)


def chosen(values: Sequence[Term], wanted: Sequence[str]) -> Words | None:
    """The text in the best language, None where there is no text."""
    literal = pick(values, wanted)
    return Words(literal.value, literal.language, values) if literal is not None else None


def several(values: Sequence[Term], wanted: Sequence[str]) -> list[Words]:
    """The texts in the best language; all of them where the preference is ``*``."""
    if ANY_LANGUAGE in wanted:
        return every(values)
    best = pick(values, wanted)
    return every(v for v in values if isinstance(v, Literal) and best is not None and v.language == best.language)


def every(values: Iterable[Term]) -> list[Words]:
    found = {(v.language or "", v.value) for v in values if isinstance(v, Literal)}
    return [Words(text, tag or None) for tag, text in sorted(found)]


def of_label(label: Label) -> Words:
    """A name that is in no language is all there is."""
    return Words(label.text, label.language or None, label.texts or [Literal(label.text)])


def of_wording(wording: Wording, wanted: Sequence[str]) -> Words | None:
    """A text of the contract."""
    return chosen([Literal(text, language=tag) for tag, text in wording.items()], wanted)


LangString = shell("LangString")
Text = shell("Text")

_VALUE = attribute("value", str, "The words.")
_LANG = attribute("lang", str | None, "Their language, as a tag of BCP 47; null for words in none.")

fill(LangString, [_VALUE, _LANG], "Words and the language they are in.")
fill(
    Text,
    [_VALUE, _LANG, field("all", Values("all"), list[LangString], "The text in every language it is in, by tag.")],  # type: ignore[valid-type]  # a type made above
    "A text that is said once in each language: in the language asked for, and on request in all of them.",
)
