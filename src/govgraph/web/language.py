"""The languages of the pages: which one a request gets, its words, and how it writes numbers and dates; knows no page.

Messages are English in the templates; each other language has a ``.po`` file, read at start-up.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.support import NullTranslations, Translations
from babel.units import format_unit

SHIPPED = Path(__file__).parent / "locale"
DOMAIN = "govgraph"
AUTHORITY = "http://publications.europa.eu/resource/authority/"
"""Tables CPSV-AP and DCAT-AP take languages, countries and currencies from (op.europa.eu/en/web/eu-vocabularies)."""

_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?")
_LOOSE = re.compile("(?<=«) | (?=[;:!?»])")
_UNITS = ("year", "month", "week", "day", "hour", "minute", "second")


class Said(str):
    """A sentence of ours in English that every language of the pages can say: its template and what stands in it.

    The template is a message (``N_`` marks it for the .po files); values are %-formatted by name.
    """

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Said:
        said = super().__new__(cls, template % values)
        said.template, said.values = template, values
        return said


def N_(message: str) -> str:  # noqa: N802 - the name gettext's tools look for
    """Marks a message for translation where it is written; it is translated where it is shown."""
    return message


@dataclass(frozen=True)
class Words:
    """One language: its tag, its messages, its ways of writing."""

    tag: str
    locale: Locale
    translations: NullTranslations

    def tell(self, sentence: str) -> str:
        """A sentence of ours in this language; any other text as it is."""
        if not isinstance(sentence, Said):
            return sentence
        return self.typeset(str(self.translations.gettext(sentence.template)) % sentence.values)

    def typeset(self, text: str) -> str:
        """French keeps its double punctuation on the line of the word before."""
        return _LOOSE.sub("\u00a0", text) if self.tag == "fr" else text

    def number(self, value: float | Decimal) -> str:
        """A count or quantity, with the language's separators."""
        return str(format_decimal(value, locale=self.locale))

    def percent(self, value: float) -> str:
        """A percentage given as 0 to 100, one decimal at most."""
        return str(
            format_percent(value / 100, format="#,##0.# %" if self.tag == "fr" else "#,##0.#%", locale=self.locale)
        )

    def day(self, value: date) -> str:
        return str(format_date(value, "long", locale=self.locale))

    def moment(self, value: datetime) -> str:
        return str(format_datetime(value, "long", locale=self.locale))

    def duration(self, iso: str) -> str:
        """An ``xsd:duration`` in words (``P10D`` → 10 days); as it stands where it is none."""
        match = _DURATION.fullmatch(iso)
        if match is None or not any(match.groups()):
            return iso
        given = [(float(count), unit) for count, unit in zip(match.groups(), _UNITS, strict=True) if count]
        return " ".join(str(format_unit(count, f"duration-{unit}", locale=self.locale)) for count, unit in given)

    def language(self, tag: str) -> str:
        """What this language calls a language."""
        try:
            return Locale.parse(tag, sep="-").get_display_name(self.locale) or tag
        except (UnknownLocaleError, ValueError):
            return tag

    def authority(self, iri: str) -> str:
        """What a language, country or currency of the EU authority tables is called; empty for any other IRI."""
        table, _, code = iri.removeprefix(AUTHORITY).partition("/")
        if not iri.startswith(AUTHORITY):
            return ""
        match table:
            case "language":
                return str(self.locale.languages.get(get_global("language_aliases").get(code.lower(), ""), ""))
            case "country":
                return str(self.locale.territories.get(get_global("territory_aliases").get(code, [""])[0], ""))
            case "currency":
                return str(self.locale.currencies.get(code, ""))
        return ""


class Languages:
    """The languages pages are offered in: those in which all kinds of the contract have names."""

    def __init__(self, tags: Sequence[str], directories: Iterable[Path] = (SHIPPED,)) -> None:
        directories = tuple(directories)
        self._words: Mapping[str, Words] = {tag: _words(tag, directories) for tag in tags}

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(self._words)

    @property
    def all(self) -> tuple[Words, ...]:
        return tuple(self._words.values())

    def words(self, tag: str) -> Words:
        return self._words[tag]

    def choose(self, asked: str | None, accepted: str | None) -> Words:
        """``asked`` is what the address says, ``accepted`` an Accept-Language header (RFC 9110 section 12.5.4)."""
        for wanted in (asked or "", *_ranked(accepted or "")):
            for tag, words in self._words.items():
                if wanted.lower() == tag.lower() or wanted.lower().startswith(f"{tag.lower()}-"):
                    return words
        return next(iter(self._words.values()))


def _ranked(header: str) -> list[str]:
    ranges: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, parameter = part.strip().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=") or "1")
        except ValueError:
            weight = 0.0
        if tag and weight > 0:
            ranges.append((weight, tag.strip()))
    return [tag for _, tag in sorted(ranges, key=lambda one: -one[0])]


def _words(tag: str, directories: Sequence[Path]) -> Words:
    try:
        locale = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        locale = Locale("en")
    files = [directory / tag / "LC_MESSAGES" / f"{DOMAIN}.po" for directory in directories]
    file = next((file for file in files if file.is_file()), None)
    return Words(tag, locale, _translations(file) if file else NullTranslations())


def _translations(file: Path) -> Translations:
    with file.open("rb") as source:
        catalogue = read_po(source)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)
