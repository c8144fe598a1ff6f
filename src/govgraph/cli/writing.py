"""``export`` and ``template``: what leaves the catalogue, and what comes in again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

from govgraph import media
from govgraph.catalogue import View
from govgraph.cli.place import Place, languages
from govgraph.sheet.template import template as sheet_template

_FORMATS = {
    "turtle": media.TURTLE,
    "ntriples": media.NTRIPLES,
    "nquads": media.NQUADS,
    "trig": media.TRIG,
    "jsonld": media.JSONLD,
    "rdf": media.RDFXML,
}


def export(place: Place, audience: str, format_: str, output: Path | None, as_of: str = "") -> None:
    """Write what an audience sees, the contract's own words left out; a file appears when it is complete."""
    view = place.view(audience, as_of)
    if output is None:
        sys.stdout.flush()
        _write(view, format_, sys.stdout.buffer)
        return
    beside = output.with_name(output.name + ".part")
    try:
        with beside.open("wb") as file:
            _write(view, format_, file)
        beside.replace(output)
    finally:
        beside.unlink(missing_ok=True)


def _write(view: View, format_: str, target: BinaryIO) -> None:
    view.reader.write(tuple(g for g in view.graphs if g != view.names.vocabulary), _FORMATS[format_], target)


def template(place: Place, kind: str, lang: str) -> None:
    sys.stdout.write(sheet_template(place.contract, place.contract.kind(kind), languages(lang)[0]))
