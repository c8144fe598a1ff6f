"""The pages' words are complete in every language, and a request gets the language it asks for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from conftest import REPOSITORY
from govgraph.web.language import DOMAIN, SHIPPED, Languages

WEB = REPOSITORY / "src" / "govgraph" / "web"
OPTIONS = {"trimmed": "true", "newstyle_gettext": "true", "extensions": "jinja2.ext.do"}


@pytest.fixture(scope="module")
def languages() -> Languages:
    return Languages(("en", "fr"))


def extracted() -> set[object]:
    """What the templates and modules say; several forms are a tuple."""
    found = extract_from_dir(
        WEB,
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2")],
        options_map={"templates/**.html": OPTIONS},
    )
    return {message for _file, _line, message, _comments, _context in found}


def messages(path: Path) -> list[Message]:
    with path.open("rb") as file:
        catalogue: Catalog = read_po(file)
    return [message for message in catalogue if message.id]


def forms(message: Message) -> Iterable[object]:
    return message.string if isinstance(message.string, tuple | list) else (message.string,)


def test_every_message_is_translated_and_none_is_left_over() -> None:
    files = sorted(SHIPPED.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
    assert [file.parts[-3] for file in files] == ["fr"]
    said = extracted()
    assert len(said) >= 100
    for file in files:
        translated = messages(file)
        assert {message.id if isinstance(message.id, str) else tuple(message.id) for message in translated} == said
        assert [message.id for message in translated if not all(forms(message))] == []
        assert [message.id for message in translated if message.fuzzy] == []


def test_translations_keep_the_placeholders() -> None:
    for message in messages(SHIPPED / "fr" / "LC_MESSAGES" / f"{DOMAIN}.po"):
        list(message.check() or ())
        assert [str(error) for error in message.check()] == [], message.id


@pytest.mark.parametrize(
    ("asked", "accepted", "tag"),
    [
        (None, None, "en"),
        ("fr", "en", "fr"),
        ("xx", "fr", "fr"),
        (None, "fr-CA, en;q=0.8", "fr"),
        (None, "de, fr;q=0.8, en;q=0.9", "en"),
        (None, "fr;q=0, de", "en"),
        (None, "fr;q=oops, *", "en"),
        (None, ",;q=1,,", "en"),
    ],
)
def test_a_request_gets_the_language_it_asks_for(
    languages: Languages, asked: str | None, accepted: str | None, tag: str
) -> None:
    assert languages.choose(asked, accepted).tag == tag


@pytest.mark.parametrize(
    ("iso", "words"),
    [
        ("P10D", "10 days"),
        ("P1Y2M", "1 year 2 months"),
        ("PT30M", "30 minutes"),
        ("P1DT2H", "1 day 2 hours"),
        ("P", "P"),
        ("soon", "soon"),
    ],
)
def test_durations_are_said_in_words(languages: Languages, iso: str, words: str) -> None:
    assert languages.words("en").duration(iso) == words


def test_tables_of_the_union_are_called_by_their_names(languages: Languages) -> None:
    table = "http://publications.europa.eu/resource/authority/"
    french = languages.words("fr")
    assert french.authority(f"{table}language/SWE") == "suédois"
    assert french.authority(f"{table}country/KEN") == "Kenya"
    assert french.authority(f"{table}currency/XOF") == "franc CFA (BCEAO)"
    assert french.authority(f"{table}language/NONE") == ""
    assert french.authority("https://example.org/language/SWE") == ""


def test_a_language_without_messages_of_its_own_speaks_english() -> None:
    words = Languages(("en", "pt")).words("pt")
    assert words.translations.gettext("Questions") == "Questions"
    assert words.number(1234.5) == "1.234,5"


def test_a_country_brings_the_words_of_its_language(tmp_path: Path) -> None:
    directory = tmp_path / "pt" / "LC_MESSAGES"
    directory.mkdir(parents=True)
    (directory / f"{DOMAIN}.po").write_text('msgid ""\nmsgstr "Language: pt\\n"\n\nmsgid "Home"\nmsgstr "Início"\n')
    words = Languages(("en", "pt"), (tmp_path, SHIPPED)).words("pt")
    assert words.translations.gettext("Home") == "Início"
