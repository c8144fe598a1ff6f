"""What can be had from the catalogue: datasets, the files they come as, the endpoints; derived from the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from govgraph.catalogue import View
from govgraph.contract import Kind, Text
from govgraph.errors import NotFound
from govgraph.iris import PREFIXES, name
from govgraph.media import JSONLD, NQUADS, NTRIPLES, RDFXML, TURTLE, Format

KIND_FORMATS = (TURTLE, NTRIPLES, JSONLD, RDFXML)
WHOLE_FORMATS = (*KIND_FORMATS, NQUADS)
DCAT_CATALOG = name(PREFIXES["dcat"], "Catalog")
WHOLE = "download"
"""The name of the whole catalogue in addresses; a kind's is its slug."""


@dataclass(frozen=True)
class Offered:
    """One dataset: the whole catalogue, or the ``entries`` of a kind with their parts."""

    name: str
    kind: Kind | None
    entries: int
    formats: tuple[Format, ...]

    def path(self, format_: Format) -> str:
        """Below the base: ``catalog/service.ttl``."""
        return f"catalog/{self.name}.{format_.name}"


@dataclass(frozen=True)
class Endpoint:
    """A way to ask; ``path`` and ``about`` below the base, ``about`` being where it describes itself."""

    name: str
    label: str
    descriptions: Text
    path: str
    about: str
    standard: str


ENDPOINTS = (
    Endpoint(
        "sparql",
        "SPARQL",
        {
            "en": "Any query over what is published, by the SPARQL 1.1 Protocol.",
            "fr": "Toute requête sur ce qui est publié, selon le protocole SPARQL 1.1.",
        },
        "sparql",
        "sparql",
        "https://www.w3.org/TR/sparql11-protocol/",
    ),
    Endpoint(
        "graphql",
        "GraphQL",
        {
            "en": "Every kind with filters and pages, and every question as a field, by GraphQL over HTTP.",
            "fr": "Chaque type de fiche avec filtres et pages, et chaque question comme champ, par GraphQL sur HTTP.",
        },
        "graphql",
        "schema.graphql",
        "https://spec.graphql.org/",
    ),
)


def offered(view: View) -> Mapping[str, Offered]:
    """By name: the whole catalogue first, then each kind that has entries. Found once per revision."""

    def find() -> dict[str, Offered]:
        kinds = [(kind, len(view.members(kind))) for kind in view.contract.entities if kind.class_ != DCAT_CATALOG]
        total = sum(count for _, count in kinds)
        whole = Offered(WHOLE, None, total, WHOLE_FORMATS)
        return {WHOLE: whole} | {k.slug: Offered(k.slug, k, count, KIND_FORMATS) for k, count in kinds if count}

    return view.keep("offered", find)


def find(view: View, name: str, suffix: str) -> tuple[Offered, Format]:
    """The dataset and format an address names. Raises NotFound."""
    one = offered(view).get(name)
    format_ = next((f for f in one.formats if f.name == suffix), None) if one else None
    if one is None or format_ is None:
        raise NotFound(f"There is no file {name}.{suffix} to download.", "/catalog names what there is.")
    return one, format_
