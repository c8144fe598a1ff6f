"""One text of a sheet as the value of a property; knows the contract, not where the text stood.

People write numbers as ``1,102,000``, truth as ``yes`` and codes by their label. What has two readings is refused with
the unambiguous way of writing it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

from pyoxigraph import Literal, NamedNode

from govgraph.contract import CodeList, Contract, Form, Property
from govgraph.iris import XSD
from govgraph.sheet import Unfit, listed, plain
from govgraph.store import Term

TRUE = frozenset({"true", "yes", "y", "1", "oui", "o", "vrai", "x"})
FALSE = frozenset({"false", "no", "n", "0", "non", "faux"})

_SPACES = re.compile(r"[\s'’ʼ]+")
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
_DOTTED = re.compile(r"\d{1,3}((\.\d{3}){2,}(,\d+)?|\.\d{3},\d+)")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?")
_DURATION = re.compile(r"-?P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_BARE_HOST = re.compile(r"(www\.|[\w-]+(\.[\w-]+)*\.(com|org|net|gov|gob|gouv|gub)\b)\S*", re.IGNORECASE)


def value(contract: Contract, prop: Property, text: str, language: str) -> Term:
    """The term a text stands for; for everything but entities and parts. Raises Unfit."""
    match prop.form:
        case Form.TEXT:
            return Literal(text, language=language)
        case Form.CODE:
            assert prop.codes is not None
            return code(contract.lists_by_name[prop.codes], text)
        case Form.IRI:
            return iri(text)
        case Form.LITERAL:
            assert prop.datatype is not None
            local = prop.datatype.value.removeprefix(XSD)
            return Literal(_WRITTEN.get(local, str)(text), datatype=prop.datatype)
    raise AssertionError(prop.form)


def code(codes: CodeList, text: str) -> NamedNode:
    """The concept with this API name, notation, label in any language, or IRI."""
    wanted = _squeezed(text)
    for one in codes.codes:
        local = one.iri.value.rpartition("#")[2]
        if text == one.iri.value or wanted in map(_squeezed, (one.name, one.notation, local, *one.labels.values())):
            return one.iri
    near = get_close_matches(plain(text), [plain(label) for one in codes.codes for label in one.labels.values()], 1)
    meant = f"; did you mean “{near[0]}”?" if near else "."
    raise Unfit(f"“{text}” is none of {listed([one.name for one in codes.codes])}{meant}")


def iri(text: str) -> NamedNode:
    """A full IRI."""
    if _BARE_HOST.fullmatch(text):
        raise Unfit(f"“{text}” is no full address; write https://{text} .")
    try:
        if _IRI.fullmatch(text):
            return NamedNode(text)
    except ValueError:
        pass
    raise Unfit(f"“{text}” is no web address (IRI); write one such as https://example.org/page .")


def number(text: str) -> Decimal:
    """A number as people write it: ``1,102,000``, ``1 102 000``, ``1.102.000``, ``1.3``, ``1,3``."""
    squeezed = _SPACES.sub("", text)
    unsigned = squeezed.lstrip("+-")
    if _GROUPED.fullmatch(unsigned):
        squeezed = squeezed.replace(",", "")
    elif _DOTTED.fullmatch(unsigned):
        squeezed = squeezed.replace(".", "").replace(",", ".")
    elif unsigned.count(",") == 1 and "." not in unsigned:
        squeezed = squeezed.replace(",", ".")
    if not _NUMBER.fullmatch(squeezed):
        raise Unfit(f"“{text}” is no number; write digits, such as 1102000 or 1.3.")
    try:
        return Decimal(squeezed)
    except InvalidOperation:
        raise Unfit(f"“{text}” is no number.") from None


def _integer(text: str) -> str:
    if re.fullmatch(r"[+-]?\d{1,3}\.\d{3}", text.strip()):
        raise Unfit(f"“{text}” could be a thousand or a fraction; write {text.replace('.', '')} for the thousand.")
    found = number(text)
    if found != found.to_integral_value():
        raise Unfit(f"“{text}” is no whole number.")
    return str(int(found))


def _fraction(text: str) -> Decimal:
    if re.fullmatch(r"[+-]?\d{1,3},\d{3}", text.strip()):
        thousand, fraction = text.replace(",", ""), text.replace(",", ".")
        raise Unfit(f"“{text}” could be a thousand or a fraction; write {thousand} or {fraction}.")
    return number(text)


def _decimal(text: str) -> str:
    return f"{_fraction(text):f}"


def _double(text: str) -> str:
    return str(float(_fraction(text)))


def _boolean(text: str) -> str:
    word = plain(text)
    if word not in TRUE | FALSE:
        raise Unfit(f"“{text}” is neither yes nor no.")
    return str(word in TRUE).lower()


def _date(text: str) -> str:
    day = text.strip()
    if re.fullmatch(r"\d{4}-\d\d-\d\d[T ]00:00(:00)?", day):  # how spreadsheets write a day
        day = day[:10]
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        raise Unfit(f"“{text}” is no date; write year, month and day: 2027-01-31.") from None


def _moment(text: str) -> str:
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        raise Unfit(f"“{text}” is no moment; write 2027-01-31T12:00:00Z.") from None


def _duration(text: str) -> str:
    if not _DURATION.fullmatch(text.strip()):
        raise Unfit(f"“{text}” is no duration; write P5D for five days, P2M for two months, PT3H for three hours.")
    return text.strip()


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", plain(text))


_WRITTEN: Mapping[str, Callable[[str], str]] = {
    "integer": _integer,
    "decimal": _decimal,
    "double": _double,
    "boolean": _boolean,
    "date": _date,
    "dateTime": _moment,
    "duration": _duration,
    "anyURI": lambda text: iri(text).value,
}
"""Datatype to the function that gives its lexical form; any other literal stays as written."""
