"""Terms as a reader sees them: words in their language, numbers and dates as written there, links; knows no page.

A Showing is made for all terms of a page at once, so that labels and kinds cost two reads whatever their number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from urllib.parse import SplitResult, urlsplit

from pyoxigraph import Literal, NamedNode

from govgraph.catalogue import Label, View, pick
from govgraph.catalogue.text import label_of, sort_key
from govgraph.contract import Code, Form, Kind, Property, Text
from govgraph.iris import XSD, compact
from govgraph.store import Path, Term
from govgraph.web.visit import Visit, web_address

_NUMBERS = frozenset({"integer", "decimal", "double", "float", "nonNegativeInteger", "int", "long"})
_MOST_OF_AN_IRI = 60
"""Characters of an IRI that stands for a name."""


@dataclass(frozen=True)
class Shown:
    """``language`` is set where it is not the page's; ``also`` are the same words in other languages (tag, text)."""

    text: str
    form: str = "text"
    language: str = ""
    href: str = ""
    iri: str = ""
    kind: str = ""
    also: tuple[tuple[str, str], ...] = ()


class Showing:
    """Shows the terms it was made for; ``nodes`` are those that may need a label."""

    def __init__(self, visit: Visit, view: View, nodes: Iterable[Term]) -> None:
        iris = [node for node in dict.fromkeys(nodes) if isinstance(node, NamedNode)]
        self._visit = visit
        self._contract = view.contract
        self._names = view.names
        self._labels = view.called(iris, visit.languages)
        self._kinds = view.kinds(iris)

    def node(self, iri: NamedNode) -> Shown:
        """An entity, a code or a thing elsewhere, with the way to its page."""
        code = self._contract.codes_by_iri.get(iri)
        if code is not None:
            return self.code(code)
        label = self._label(iri)
        kind = self._kinds.get(iri)
        local = kind is not None or self._names.split(iri.value) is None
        return Shown(
            text=label.text,
            form="entity" if kind else "iri",
            language=self._foreign(label.language),
            href=self._visit.document(iri.value) if local else "",
            iri=iri.value,
            kind=self._visit.heading(kind.labels) if kind else "",
        )

    def code(self, code: Code) -> Shown:
        href = self._visit.document(code.iri.value)
        return Shown(self._visit.say(code.labels), "code", href=href, iri=code.iri.value, kind=code.name)

    def kind_of(self, node: Term) -> Kind | None:
        return self._kinds.get(node)

    def relation(self, predicate: NamedNode, kind: Kind | None = None, *, inverse: bool = False) -> str:
        """What a predicate is called, on the kind that uses it where that is known."""
        path = Path(predicate, inverse)
        kinds = (kind,) if kind and path in kind.by_path else self._contract.kinds
        own: Text = self._contract.labels.get(predicate, {})
        found = next((k.by_path[path].labels for k in kinds if path in k.by_path), own)
        return self._visit.heading(found) or compact(predicate.value)

    def values(self, prop: Property, terms: Sequence[Term]) -> tuple[Shown, ...]:
        """All values of a property, ordered: codes by rank, texts in one language, the rest by name."""
        if prop.form is Form.TEXT:
            return self.texts(terms)
        if prop.form is Form.CODE and prop.codes:
            codes = [code for code in self._contract.lists_by_name[prop.codes].codes if code.iri in terms]
            strays = [self.term(term) for term in terms if term not in self._contract.codes_by_iri]
            return (*(self.code(code) for code in codes), *strays)
        if prop.form is Form.IRI:
            return tuple(self._outside(term) for term in terms)
        return tuple(sorted((self.term(term) for term in terms), key=lambda one: sort_key(one.text)))

    def texts(self, terms: Sequence[Term]) -> tuple[Shown, ...]:
        """The texts of the best language there is; where it is one text, the other languages go with it."""
        chosen = pick(terms, self._visit.languages)
        if chosen is None:
            return tuple(self.term(term) for term in terms)
        literals = [term for term in terms if isinstance(term, Literal)]
        same = [one for one in literals if one.language == chosen.language]
        others = tuple(sorted((one.language or "", one.value) for one in literals if one not in same))
        tag = self._foreign(chosen.language or "")
        if len(same) == 1:
            return (Shown(same[0].value, language=tag, also=others),)
        return tuple(Shown(one.value, language=tag) for one in sorted(same, key=lambda one: sort_key(one.value)))

    def term(self, term: Term | None) -> Shown:
        match term:
            case NamedNode():
                return self.node(term)
            case Literal():
                return self._literal(term)
            case None:
                return Shown("", "empty")
            case _:
                return Shown(str(term))

    def _literal(self, literal: Literal) -> Shown:
        """A literal as its datatype is written here; one that is ill-typed, or of another type, as it stands."""
        text = literal.value
        if literal.language:
            return Shown(text, language=self._foreign(literal.language))
        datatype = literal.datatype.value.removeprefix(XSD)
        try:
            if datatype in _NUMBERS:
                number = Decimal(text)
                year = datatype == "integer" and len(text) == 4 and 1900 <= number < 2100
                return Shown(text if year else self._visit.words.number(number), "number")
            if datatype in ("date", "dateTime"):
                return Shown(self._time(datatype, text), "date")
        except (ValueError, InvalidOperation):
            return Shown(text)
        match datatype:
            case "duration":
                return Shown(self._visit.words.duration(text))
            case "boolean" if text in ("true", "false", "1", "0"):
                return Shown("true" if text in ("true", "1") else "false", "boolean")
            case "anyURI":
                return Shown(text, "link", href=web_address(text), iri=text)
        return Shown(text)

    def _time(self, datatype: str, text: str) -> str:
        words = self._visit.words
        return words.day(date.fromisoformat(text)) if datatype == "date" else words.moment(datetime.fromisoformat(text))

    def _outside(self, term: Term) -> Shown:
        """A thing elsewhere: the link leads there, unless it has a page here."""
        if not isinstance(term, NamedNode) or self._names.split(term.value) or term in self._kinds:
            return self.term(term)
        parts = urlsplit(term.value)
        if known := self._visit.words.authority(term.value):
            return Shown(known, "link", href=term.value, iri=term.value)
        label = self._label(term)
        named = label.language != "" or parts.scheme not in ("http", "https")
        text = label.text if named else _address(parts)
        href = web_address(term.value)
        return Shown(text, "link", self._foreign(label.language), href, term.value)

    def _label(self, iri: NamedNode) -> Label:
        word = self._contract.labels.get(iri, {})
        return name_plainly(iri, self._labels.get(iri) or label_of(iri, (), word, self._visit.languages))

    def _foreign(self, tag: str) -> str:
        """The tag of a text that is not in the page's language."""
        own = self._visit.language.lower()
        return "" if not tag or tag.lower() == own or tag.lower().startswith(f"{own}-") else tag


def name_plainly(iri: NamedNode, label: Label) -> Label:
    """The label, unless it is but the end of an IRI outside the web: such an end says nothing, so the IRI stands."""
    if web_address(iri.value) or label != label_of(iri, (), {}, ()):
        return label
    short = compact(iri.value)
    return Label(short if len(short) <= _MOST_OF_AN_IRI else short[: _MOST_OF_AN_IRI - 1] + "…", "")


def _address(parts: SplitResult) -> str:
    """A web address short enough to read: its host, and the end of its path."""
    segments = [segment for segment in parts.path.split("/") if segment]
    middle = ["…"] if len(segments) > 2 else segments[:-1]
    end = segments[-1:] + ([f"#{parts.fragment}"] if parts.fragment else [])
    return "/".join([parts.netloc.removeprefix("www."), *middle, *end])
