"""Namespaces, and the one place that builds and reads the catalogue's own IRIs; knows no graph and no file."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote, unquote

from pyoxigraph import NamedNode

GOV = "https://w3id.org/govgraph/ns#"
CODE = "https://w3id.org/govgraph/code#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
XSD = "http://www.w3.org/2001/XMLSchema#"
OWL = "http://www.w3.org/2002/07/owl#"
SH = "http://www.w3.org/ns/shacl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCT = "http://purl.org/dc/terms/"

PREFIXES: dict[str, str] = {
    "gov": GOV,
    "code": CODE,
    "rdf": RDF,
    "rdfs": RDFS,
    "xsd": XSD,
    "owl": OWL,
    "sh": SH,
    "skos": SKOS,
    "dct": DCT,
    "cpsv": "http://purl.org/vocab/cpsv#",
    "cv": "http://data.europa.eu/m8g/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "org": "http://www.w3.org/ns/org#",
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "prov": "http://www.w3.org/ns/prov#",
    "doap": "http://usefulinc.com/ns/doap#",
    "schema": "https://schema.org/",
    "locn": "http://www.w3.org/ns/locn#",
    "time": "http://www.w3.org/2006/time#",
    "dcatap": "http://data.europa.eu/r5r/",
    "void": "http://rdfs.org/ns/void#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
}
"""Prefix to namespace: what queries, questions and serialisations may use undeclared."""


def name(namespace: str, local: str) -> NamedNode:
    return NamedNode(namespace + local)


RDF_TYPE = name(RDF, "type")
RDFS_LABEL = name(RDFS, "label")
RDFS_SUBCLASS = name(RDFS, "subClassOf")
SKOS_PREF_LABEL = name(SKOS, "prefLabel")
DCT_TITLE = name(DCT, "title")
DCT_IDENTIFIER = name(DCT, "identifier")
RDF_LANG_STRING = name(RDF, "langString")
XSD_STRING = name(XSD, "string")


def compact(iri: str) -> str:
    """``http://purl.org/dc/terms/title`` → ``dct:title``; an IRI outside PREFIXES stays as it is."""
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace) and re.fullmatch(r"[\w.-]+", iri[len(namespace) :]):
            return f"{prefix}:{iri[len(namespace) :]}"
    return iri


def slugify(text: str) -> str:
    """A readable path segment: lower case, ASCII letters, digits and hyphens, at most 80 long, never empty.

    Text without a single such letter (another script) gets a digest, so that two texts never share an empty slug.
    """
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    if len(slug) > 80:
        slug = f"{slug[:71].rstrip('-')}-{digest(text)[:8]}"
    return slug or digest(text)[:12]


def digest(*parts: str) -> str:
    """A stable hexadecimal digest of some texts, in order."""
    return sha256("\x00".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Names:
    """The IRIs of one catalogue, all below ``base`` (which ends in ``/``)."""

    base: str

    def entity(self, kind_slug: str, slug: str) -> NamedNode:
        """``{base}id/{kind}/{slug}``."""
        return NamedNode(f"{self.base}id/{quote(kind_slug, safe='-._~')}/{quote(slug, safe='-._~')}")

    def split(self, iri: str) -> tuple[str, str] | None:
        """``(kind slug, slug)`` of one of our entity IRIs, None for any other IRI."""
        prefix = f"{self.base}id/"
        kind_slug, slash, slug = iri.removeprefix(prefix).partition("/")
        if not iri.startswith(prefix) or not slash or not slug or "/" in slug:
            return None
        return kind_slug, unquote(slug)

    def page(self, iri: str) -> str:
        """The absolute address of the page about an IRI: the document of one of ours, else a local page."""
        ours = self.split(iri)
        if ours is None:
            return f"{self.base}doc?iri={quote(iri, safe='')}"
        return f"{self.base}doc/{ours[0]}/{quote(ours[1], safe='-._~')}"

    def graph(self, local: str) -> NamedNode:
        return NamedNode(f"{self.base}graph/{local}")

    @property
    def working(self) -> NamedNode:
        """The whole catalogue as the ministries see it."""
        return self.graph("working")

    @property
    def public(self) -> NamedNode:
        """What has been published."""
        return self.graph("public")

    @property
    def reference(self) -> NamedNode:
        """Shared reference data, in both views."""
        return self.graph("reference")

    @property
    def vocabulary(self) -> NamedNode:
        """The contract's ontology and code lists, in both views."""
        return self.graph("vocabulary")

    @property
    def system(self) -> NamedNode:
        """Revision, base and format of the store; in no view."""
        return self.graph("system")

    def report(self, audience: str) -> NamedNode:
        """The findings of one audience's view, as a SHACL validation report."""
        return self.graph(f"report-{audience}")

    def beside(self, audience: str) -> tuple[NamedNode, NamedNode, NamedNode]:
        """What the house itself says for one audience: findings, history, scores."""
        return self.report(audience), self.history(audience), self.scores(audience)

    def history(self, audience: str) -> NamedNode:
        """PROV about the revisions one audience may know of, and the tombstones of what it has lost."""
        return self.graph(f"history-{audience}")

    def scores(self, audience: str) -> NamedNode:
        """The scores of one audience's view, as they are and as they were."""
        return self.graph(f"scores-{audience}")

    @property
    def revision_base(self) -> str:
        """What the IRIs of all revisions begin with."""
        return f"{self.base}revision/"

    def revision(self, number: int) -> NamedNode:
        return NamedNode(f"{self.revision_base}{number}")

    def agent(self, author: str) -> NamedNode:
        """The pseudonym of an author in history."""
        return NamedNode(f"{self.base}agent/{digest(author)[:16]}")
