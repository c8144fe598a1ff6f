"""Which values RDF 1.2 has and the catalogue cannot keep; knows terms only, not where they come from."""

from __future__ import annotations

from pyoxigraph import Literal, Triple

from govgraph.iris import RDF, RDF_LANG_STRING, name
from govgraph.store import Term

_DIRECTED = name(RDF, "dirLangString")
SUSPECTS = """SELECT ?s ?p ?o { ?s ?p ?o
    FILTER(isTRIPLE(?o) || (DATATYPE(?o) IN (rdf:langString, rdf:dirLangString)
        && (LANG(?o) = "" || DATATYPE(?o) = rdf:dirLangString))) }"""
"""The statements of a graph among which all are that have an ``unusable`` value."""


def unusable(term: Term) -> str | None:
    """Why a term cannot be a value in the catalogue, as a sentence; None for one that can.

    Pages, JSON-LD and the engines that validate have no way to write statements about statements, and stop at texts
    whose datatype says that they have a language, and that have none.
    """
    if isinstance(term, Triple):
        return "A statement about a statement (a triple term) is no value the catalogue can keep."
    if not isinstance(term, Literal):
        return None
    if term.datatype == _DIRECTED:
        return "A text with a base direction (rdf:dirLangString) is no value the catalogue can keep."
    if term.datatype == RDF_LANG_STRING and not term.language:
        return 'A text of datatype rdf:langString needs a language, as in "text"@en.'
    return None
