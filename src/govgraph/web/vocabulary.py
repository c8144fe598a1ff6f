"""``/ns``: the contract for people and programs: kinds with their properties, terms, code lists; reads no data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from functools import partial

import pyoxigraph
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from govgraph.contract import Contract, Property, Text
from govgraph.iris import CODE, DCT, OWL, RDF, RDF_TYPE, RDFS, RDFS_LABEL, RDFS_SUBCLASS, SKOS, SKOS_PREF_LABEL, name
from govgraph.iris import compact as short
from govgraph.media import GRAPH_FORMATS, HTML, JSON
from govgraph.web import responses
from govgraph.web.entity import serialise
from govgraph.web.house import House
from govgraph.web.view import view_of
from govgraph.web.visit import Visit, web_address

FORMATS = (HTML, *GRAPH_FORMATS, JSON)
_CLASSES = frozenset({name(OWL, "Class"), name(RDFS, "Class")})
_PROPERTIES = frozenset(
    {
        *(name(OWL, local) for local in ("ObjectProperty", "DatatypeProperty", "AnnotationProperty")),
        name(RDF, "Property"),
    }
)
_CODE_LIST = name("https://w3id.org/govgraph/ns#", "codeList")
_DEFINITIONS = (name(SKOS, "definition"), name(RDFS, "comment"), name(DCT, "description"))
_MAPPINGS = (
    *(name(SKOS, local) for local in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")),
    name(OWL, "equivalentClass"),
    name(OWL, "equivalentProperty"),
    name(RDFS, "seeAlso"),
)
_RELATIONS = (RDFS_SUBCLASS, name(RDFS, "subPropertyOf"), name(RDFS, "domain"), name(RDFS, "range"))

Said = Mapping[NamedNode, list[pyoxigraph.NamedNode | pyoxigraph.BlankNode | Literal | Triple]]


@dataclass(frozen=True)
class Relation:
    """What a term says of another; ``href`` leads to it."""

    predicate: str
    term: str
    href: str


@dataclass(frozen=True)
class Word:
    """A term of the vocabulary, in every language it has."""

    anchor: str
    iri: str
    short: str
    labels: Text
    definitions: Text
    relations: tuple[Relation, ...]
    program_name: str = ""


@dataclass(frozen=True)
class WordList:
    """A closed list with its codes."""

    word: Word
    codes: tuple[Word, ...]


@dataclass(frozen=True)
class Vocabulary:
    classes: tuple[Word, ...]
    properties: tuple[Word, ...]
    lists: tuple[WordList, ...]


def routes(house: House) -> list[BaseRoute]:
    triples = [quad.triple for quad in pyoxigraph.parse(house.contract.vocabulary, RdfFormat.N_TRIPLES)]
    shown = read(house.contract, triples)
    return [
        Route("/ns", partial(vocabulary, house, triples, shown, "")),
        *(Route(f"/ns.{one.name}", partial(vocabulary, house, triples, shown, one.name)) for one in FORMATS),
    ]


def vocabulary(house: House, triples: list[Triple], shown: Vocabulary, suffix: str, request: Request) -> Response:
    visit, view = Visit.of(house, request), view_of(house, request)
    format_ = responses.negotiate(request, FORMATS, suffix)
    alternates = {one: visit.href(f"/ns.{one.name}") for one in GRAPH_FORMATS}

    def make() -> str | bytes:
        if format_ is not HTML:
            return serialise(triples, format_)
        return house.renderer.page(
            visit,
            "vocabulary.html",
            vocabulary=shown,
            path_of=path_of,
            range_of=range_of,
            alternates=alternates,
            canonical=visit.canonical("/ns"),
            view=view,
        )

    links = {HTML.type: visit.href("/ns"), **{one.type: href for one, href in alternates.items()}}
    return responses.answer(visit, view, format_, make, links=links, canonical=visit.canonical("/ns"))


def path_of(prop: Property) -> str:
    return ("^" if prop.path.inverse else "") + short(prop.path.predicate.value)


def range_of(visit: Visit, prop: Property) -> list[tuple[str, str]]:
    """What values a property has, as words with the anchor each is explained at."""
    contract = visit.house.contract
    if prop.codes:
        code_list = contract.lists_by_name[prop.codes]
        return [(visit.say(code_list.labels), f"#{_local(code_list.iri.value)}")]
    if prop.kinds:
        return [
            (visit.say(contract.by_name[kind].labels), f"#kind-{contract.by_name[kind].slug}") for kind in prop.kinds
        ]
    return [(short(prop.datatype.value), "")] if prop.datatype else []


def read(contract: Contract, triples: Iterable[Triple]) -> Vocabulary:
    """The vocabulary's triples as words, sorted by term."""
    said: dict[str, dict[NamedNode, list[pyoxigraph.NamedNode | pyoxigraph.BlankNode | Literal | Triple]]] = {}
    for triple in triples:
        if isinstance(triple.subject, NamedNode):
            said.setdefault(triple.subject.value, {}).setdefault(triple.predicate, []).append(triple.object)
    taken = _Anchors()
    properties = _words(said, _PROPERTIES, taken)
    plain_classes = {
        iri: of
        for iri, of in said.items()
        if _CODE_LIST not in of and not any(iri == c.iri.value for c in contract.code_lists)
    }
    classes = _words(plain_classes, _CLASSES, taken)
    lists = []
    for code_list in contract.code_lists:
        word = _word(code_list.iri.value, said.get(code_list.iri.value, {}), taken, code_list.name)
        codes = (_word(c.iri.value, said.get(c.iri.value, {}), taken, c.name) for c in code_list.codes)
        lists.append(WordList(word, tuple(codes)))
    return Vocabulary(classes, properties, tuple(lists))


class _Anchors:
    """Gives each term its local name as anchor; of two terms with one local name the first keeps it."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}

    def give(self, iri: str) -> str:
        local = _local(iri)
        if self._given.setdefault(local, iri) == iri:
            return local
        return short(iri).replace(":", "-") if not iri.startswith(CODE) else f"code-{local}"


def _words(said: Mapping[str, Said], types: Set[NamedNode], taken: _Anchors) -> tuple[Word, ...]:
    chosen = sorted(iri for iri, of in said.items() if not types.isdisjoint(of.get(RDF_TYPE, ())))
    return tuple(_word(iri, said[iri], taken) for iri in chosen)


def _word(iri: str, said: Said, taken: _Anchors, program_name: str = "") -> Word:
    relations = [
        Relation(short(predicate.value), short(value.value), web_address(value.value))
        for predicate in (*_RELATIONS, *_MAPPINGS)
        for value in said.get(predicate, ())
        if isinstance(value, NamedNode)
    ]
    return Word(
        anchor=taken.give(iri),
        iri=iri,
        short=short(iri),
        labels=_text(said, (SKOS_PREF_LABEL, RDFS_LABEL)),
        definitions=_text(said, _DEFINITIONS),
        relations=tuple(relations),
        program_name=program_name,
    )


def _text(said: Said, predicates: Iterable[NamedNode]) -> Text:
    for predicate in predicates:
        found = {v.language or "en": v.value for v in said.get(predicate, ()) if isinstance(v, Literal)}
        if found:
            return dict(sorted(found.items(), key=lambda item: (item[0] != "en", item[0])))
    return {}


def _local(iri: str) -> str:
    return iri.rstrip("/#").replace("#", "/").rpartition("/")[2]
