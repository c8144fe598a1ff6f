"""Which of the languages there are a reader gets."""

from __future__ import annotations

from pyoxigraph import Literal

from govgraph.catalogue.text import pick, relevant
from govgraph.contract import say
from govgraph.languages import ranges

TEXTS = [Literal(tag, language=tag) for tag in ("en", "fr", "pt-BR", "zh-Hant")]


def test_a_tag_stands_for_itself_then_for_its_shorter_ones() -> None:
    assert ranges(["fr-CA", "en"]) == ("fr-ca", "fr", "en")
    assert ranges(["zh-Hant-x-private"]) == ("zh-hant-x-private", "zh-hant", "zh")
    assert ranges(["fr-FR", "fr-CA"]) == ("fr-fr", "fr", "fr-ca")


def test_texts_and_words_of_the_contract_are_looked_up_alike() -> None:
    for wanted, got in ((["fr-FR", "en"], "fr"), (["pt"], "pt-BR"), (["pt-PT"], "pt-BR"), (["zh-Hant-TW"], "zh-Hant")):
        chosen = pick(TEXTS, wanted)
        assert chosen is not None
        assert chosen.value == say({text.value: text.value for text in TEXTS}, wanted) == got
    assert say({}, ["fr"]) == ""


def test_preferences_that_choose_alike_are_kept_once() -> None:
    tags = frozenset({"en", "fr"})
    assert relevant(["fr-FR", "en"], tags) == relevant(["fr-CA", "fr"], tags) == relevant(["fr"], tags) == ("fr",)
