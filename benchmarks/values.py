"""One value after another for each property, as its shapes want them; knows the contract, writes no file.

A Filler gives the values of one property of the entity with a number, as N-Triples terms. What the shapes say of
ranges, patterns and orders is read from them; what several properties of an entity must agree on follows from its
number, so that no filler needs to know what another gave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import TypeAlias

import pyoxigraph
from pyoxigraph import NamedNode, RdfFormat

import words
from agreements import OWN
from govgraph.contract import Contract, Form, Kind, Property
from govgraph.iris import SH, XSD
from habits import HABITS, NUMBERS, ORDINARY, QUIET_SERVICES, RESERVED, UNEQUAL, UNTRANSLATED, Shape

Filler: TypeAlias = Callable[[int], Sequence[str]]
"""From the number of an entity to the values of one of its properties."""

_STRINGS = {"email": "office{}@example.org", "telephone": "+299 55 {:04d}", "currency": "EUR", "holder": "Director {}"}
_IRIS = {
    "currency": "http://publications.europa.eu/resource/authority/currency/EUR",
    "languages": "http://publications.europa.eu/resource/authority/language/FRA",
    "spatial": "http://publications.europa.eu/resource/authority/atu/FRA",
    "licence": "http://publications.europa.eu/resource/authority/licence/MIT",
}
_EARLY, _LATE = date(2012, 1, 1), date(2027, 1, 1)


@dataclass(frozen=True)
class Bounds:
    """What the shapes of one property say of its values beyond the contract's own words."""

    low: float | None = None
    high: float | None = None
    patterned: bool = False
    translated: bool = False
    late: bool = False
    """Another property of the kind must not exceed it."""


def bounds_of(contract: Contract) -> dict[Property, Bounds]:
    said: dict[str, dict[str, str]] = {}
    for quad in pyoxigraph.parse(contract.shapes, RdfFormat.N_TRIPLES):
        if isinstance(quad.subject, NamedNode) and quad.predicate.value.startswith(SH):
            value = "" if isinstance(quad.object, pyoxigraph.Triple) else quad.object.value
            said.setdefault(quad.subject.value, {})[quad.predicate.value.removeprefix(SH)] = value
    found = {}
    for kind in contract.kinds:
        merged = {p: {k: v for s in p.shapes for k, v in said.get(s.value, {}).items()} for p in kind.properties}
        later = {m[term] for m in merged.values() for term in ("lessThanOrEquals", "lessThan") if term in m}
        for prop, terms in merged.items():
            found[prop] = Bounds(
                low=float(terms["minInclusive"]) if "minInclusive" in terms else None,
                high=float(terms["maxInclusive"]) if "maxInclusive" in terms else None,
                patterned="pattern" in terms,
                translated="qualifiedValueShape" in terms,
                late=prop.path.predicate.value in later,
            )
    return found


class Values:
    """Makes the filler of each property."""

    def __init__(self, contract: Contract, shape: Shape, base: str) -> None:
        self.contract = contract
        self.shape = shape
        self.base = base
        self.bounds = bounds_of(contract)
        self.counts = {k.name: HABITS.get(k.name, ORDINARY).count(shape.services) for k in contract.entities}
        self._weights: dict[str, tuple[float, ...]] = {}

    def iri(self, kind: str, number: int | str) -> str:
        slug = self.contract.by_name[kind].slug
        return f"<{self.base}id/{slug}/{slug}-{number}>"

    def random(self, *of: str) -> Random:
        """A source of chance of one's own: to add a property does not change the values of the others."""
        return Random("/".join((str(self.shape.seed), *of)))

    def code(self, code_list: str, position: int) -> str:
        codes = self.contract.lists_by_name[code_list].codes
        return f"<{codes[position % len(codes)].iri.value}>"

    def missing(self, block: int) -> bool:
        """Whether no running system provides a building block; scattered over those much and little needed."""
        share = self.shape.missing
        return int((block + 1) * share) > int(block * share)

    def years(self, roadmap: int) -> tuple[int, int]:
        return 2024 + roadmap % 3, 2028 + roadmap % 3

    def roadmap_of(self, item: int) -> int:
        return item % self.counts["Roadmap"]

    def filler(self, kind: Kind, prop: Property) -> Filler | None:
        """None for a property whose values nobody can guess from the contract."""
        own = OWN.get(f"{kind.name}.{prop.name}")
        if own is not None:
            return own(self)
        if prop.name == "publicationStatus":
            return self._status(kind)
        match prop.form:
            case Form.TEXT:
                return self._text(kind, prop)
            case Form.LITERAL:
                return self._literal(kind, prop)
            case Form.CODE:
                return self._codes(kind, prop)
            case Form.ENTITY:
                return self._links(kind, prop)
            case Form.IRI:
                iri = _IRIS.get(prop.name)
                return lambda i: (f"<{iri}>" if iri else f"<https://example.org/{kind.slug}/{prop.name}/{i}>",)
        return None

    def how_many(self, place: str, prop: Property, chance: Random) -> int:
        """The number of values of a property; ``place`` is ``Kind.property``."""
        if prop.single:
            return 1
        low, high = NUMBERS.get(place, (1, 1))
        most = max(low, round(high * self.shape.links))
        return chance.randint(low, most)

    def pick(self, kind: str, chance: Random) -> int:
        """The number of an entity that something is linked to."""
        count, low = self.counts[kind], RESERVED.get(kind, 0)
        if kind not in UNEQUAL:
            return chance.randrange(low, count)
        if kind not in self._weights:
            self._weights[kind] = tuple(accumulate((rank + 1) ** -self.shape.skew for rank in range(count - low)))
        return low + chance.choices(range(count - low), cum_weights=self._weights[kind])[0]

    def _text(self, kind: Kind, prop: Property) -> Filler:
        languages = self.contract.languages
        labels = {tag: kind.labels.get(tag, kind.labels["en"]) for tag in languages}
        if prop.name == "title":
            chance, share = self.random(kind.name, prop.name, "translated"), UNTRANSLATED * self.shape.gaps

            def titles(i: int) -> Sequence[str]:
                said = languages[:1] if chance.random() < share else languages
                if kind.name == "Service":
                    return [literal(words.service(tag, i), tag) for tag in said]
                return [literal(words.named(tag, labels[tag], i), tag) for tag in said]

            return titles
        if prop.name == "description":
            return lambda i: [literal(words.describe(tag, i), tag) for tag in languages]
        return lambda i: [literal(words.thing(tag, i), tag) for tag in languages]

    def _literal(self, kind: Kind, prop: Property) -> Filler | None:
        bounds, local = self.bounds[prop], prop.datatype.value.removeprefix(XSD) if prop.datatype else ""
        if local == "string":
            if prop.name == "identifier":
                return lambda i: (literal(f"{kind.slug.upper()}-{i:06d}"),)
            form = _STRINGS.get(prop.name, "" if bounds.patterned else "{}.{}")
            return (lambda i: (literal(form.format(i % 7, i % 10)),)) if form else None
        draw = _DRAWS.get(local)
        if draw is None:
            return None
        chance = self.random(kind.name, prop.name, "value")
        return lambda _: (typed(draw(bounds, chance.random()), local),)

    def _status(self, kind: Kind) -> Filler:
        chance, drafts = self.random(kind.name, "status"), HABITS.get(kind.name, ORDINARY).drafts
        draft, published = (self.code("PublicationStatus", position) for position in (0, 1))
        return lambda i: (draft if i >= QUIET_SERVICES and chance.random() < drafts else published,)

    def _codes(self, kind: Kind, prop: Property) -> Filler:
        assert prop.codes is not None
        place = f"{kind.name}.{prop.name}"
        chance, length = self.random(place, "code"), len(self.contract.lists_by_name[prop.codes].codes)
        terms = [self.code(prop.codes, position) for position in range(length)]
        return lambda _: [
            *dict.fromkeys(terms[int(length * chance.random())] for _ in range(self.how_many(place, prop, chance)))
        ]

    def _links(self, kind: Kind, prop: Property) -> Filler | None:
        """To entities of other kinds by their popularity; within a kind to earlier ones, so that no ring closes."""
        place = f"{kind.name}.{prop.name}"
        chance = self.random(place, "link")
        targets = [name for name in prop.kinds if name in self.counts]
        if not targets:
            return None
        if kind.name in targets:
            low = RESERVED.get(kind.name, 0)

            def earlier(i: int) -> Sequence[str]:
                count = self.how_many(place, prop, chance) if i > low else 0
                return [*dict.fromkeys(self.iri(kind.name, chance.randrange(low, i)) for _ in range(count))]

            return earlier

        def linked(_: int) -> Sequence[str]:
            chosen = ((target := chance.choice(targets)), self.pick(target, chance))
            first = self.iri(*chosen)
            more = self.how_many(place, prop, chance) - 1
            others = (self.iri(target, self.pick(target, chance)) for _ in range(more))
            return [*dict.fromkeys((first, *others))]

        return linked


def _number(bounds: Bounds, share: float) -> float:
    """Most are small and a few very large, as transactions a year are."""
    low = bounds.low or 0.0
    return low + ((low + 100_000 if bounds.high is None else bounds.high) - low) * share**4


def _day(bounds: Bounds, share: float) -> date:
    return (_LATE if bounds.late else _EARLY) + timedelta(days=int(3600 * share))


_DRAWS: Mapping[str, Callable[[Bounds, float], str]] = {
    "integer": lambda bounds, share: str(int(_number(bounds, share))),
    "decimal": lambda bounds, share: f"{_number(bounds, share):.1f}",
    "double": lambda bounds, share: f"{_number(bounds, share):.1f}",
    "boolean": lambda _, share: "true" if share < 0.5 else "false",
    "date": lambda bounds, share: _day(bounds, share).isoformat(),
    "dateTime": lambda bounds, share: f"{_day(bounds, share)}T12:00:00Z",
    "duration": lambda _, share: f"P{1 + int(60 * share)}D",
    "anyURI": lambda _, share: f"https://example.org/{int(1e6 * share)}",
}
"""Per datatype, a value from a number between 0 and 1."""


def literal(text: str, language: str = "") -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"@{language}' if language else f'"{escaped}"'


def typed(text: str, datatype: str) -> str:
    return f'"{text}"^^<{XSD}{datatype}>'
