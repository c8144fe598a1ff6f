"""The columns of a kind's import template, derived from the contract; writes the header and finds it again.

A text has a column per language (``title@en``). A part is spread over columns with its property in front
(``channels.type``): the n-th value of each belongs to the n-th part.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from govgraph.contract import Contract, Form, Kind, Property, say
from govgraph.iris import compact
from govgraph.sheet import part_kind
from govgraph.sheet.table import Unreadable

SLUG = "slug"
SEPARATOR = "|"

_WORDS = {
    "slug": {
        "en": "Name in the address, of letters, digits and hyphens; made from identifier or title where it is empty.",
        "fr": "Nom dans l’adresse, en lettres, chiffres et tirets ; tiré de l’identifiant ou du titre s’il est vide.",
    },
    "one of": {"en": "One of: {}.", "fr": "Au choix : {}."},
    "several": {"en": "Several: separate with |.", "fr": "Plusieurs : séparez par |."},
    "per part": {
        "en": "One value per entry of “{}”, separated by |; leave a gap empty.",
        "fr": "Une valeur par élément de « {} », séparée par | ; laissez vide ce qui manque.",
    },
    "entity": {"en": "Slug, identifier, title or IRI of: {}.", "fr": "Slug, identifiant, titre ou IRI de : {}."},
    "needed": {"en": "Needed for publishing.", "fr": "Nécessaire à la publication."},
}


@dataclass(frozen=True, eq=False)
class Column:
    """One column. ``inner`` is the property of the part when ``property`` holds parts; no property: the slug."""

    name: str
    property: Property | None
    inner: Property | None = None
    language: str = ""


def columns(contract: Contract, kind: Kind) -> tuple[Column, ...]:
    """The columns of the template, the slug first, in the order of the properties."""
    found = [Column(SLUG, None)]
    for prop in kind.properties:
        if not prop.stored:
            continue
        if prop.form is Form.PART:
            inside = [p for p in part_kind(contract, prop).properties if p.stored and p.form is not Form.PART]
            found += [c for p in inside for c in _of(contract.languages, f"{prop.name}.{p.name}", prop, p)]
        else:
            found += _of(contract.languages, prop.name, prop, None)
    return tuple(found)


def _of(languages: Sequence[str], name: str, prop: Property, inner: Property | None) -> list[Column]:
    if (inner or prop).form is Form.TEXT:
        return [Column(f"{name}@{language}", prop, inner, language) for language in languages]
    return [Column(name, prop, inner)]


def template(contract: Contract, kind: Kind, language: str) -> str:
    """The header as CSV, and below it a row of help, which is left out when the file is loaded."""
    found = columns(contract, kind)
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow([column.name for column in found])
    writer.writerow([("# " if not n else "") + explain(contract, column, language) for n, column in enumerate(found)])
    return target.getvalue()


def explain(contract: Contract, column: Column, language: str) -> str:
    """What to write into a column."""

    def word(key: str, *given: str) -> str:
        return say(_WORDS[key], (language,)).format(*given)

    prop = column.inner or column.property
    if prop is None or column.property is None:
        return word("slug")
    said = [say(prop.descriptions, (language,))]
    if prop.codes is not None:
        said.append(word("one of", ", ".join(code.name for code in contract.lists_by_name[prop.codes].codes)))
    if prop.form is Form.ENTITY:
        kinds = " / ".join(say(contract.by_name[kind].labels, (language,)) for kind in prop.kinds)
        said.append(word("entity", kinds))
    if prop.datatype is not None and column.language == "" and prop.form is Form.LITERAL:
        said.append(f"({compact(prop.datatype.value)})")
    if column.inner is not None:
        said.append(word("per part", say(column.property.labels, (language,))))
    elif not prop.single and not prop.per_language:
        said.append(word("several"))
    if prop.needed is not None and prop.needed != "info":
        said.append(word("needed"))
    return " ".join(one for one in said if one)


def match(contract: Contract, kind: Kind, header: Sequence[str], language: str) -> tuple[Column | None, ...]:
    """The columns a header names; None for one to be left out. A text without language is in ``language``.

    A column may be in any language, not only those of the template. Raises Unreadable for a name that is no column.
    """
    known = {column.name.casefold(): column for column in columns(contract, kind)}
    bare: dict[str, Column] = {}
    for column in known.values():
        if column.language:
            bare.setdefault(column.name.partition("@")[0].casefold(), column)
    found: list[Column | None] = []
    for name in header:
        wanted, _, tag = name.casefold().partition("@")
        if not name or name.startswith("#"):
            found.append(None)
        elif wanted in bare:
            column = bare[wanted]
            found.append(Column(name, column.property, column.inner, tag or language))
        elif name.casefold() in known:
            found.append(known[name.casefold()])
        else:
            near = get_close_matches(name.casefold(), [*bare, *known], 1, 0.5)
            meant = f"; did you mean “{(known.get(near[0]) or bare[near[0]]).name}”?" if near else "."
            raise Unreadable(f"{kind.name} has no column “{name}”{meant} govgraph template {kind.slug} lists them.", 1)
    _refuse_twice(found)
    return tuple(found)


def _refuse_twice(found: Sequence[Column | None]) -> None:
    seen: set[tuple[Property | None, Property | None, str]] = set()
    for column in found:
        if column is None:
            continue
        key = (column.property, column.inner, column.language)
        if key in seen:
            raise Unreadable(f"The column “{column.name}” stands twice.", 1)
        seen.add(key)
