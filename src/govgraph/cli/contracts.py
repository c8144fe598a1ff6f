"""``contract show``: what the catalogue asks for."""

from __future__ import annotations

from rich.text import Text

from govgraph.cli.output import SEVERITY_STYLES, print_json, print_table
from govgraph.cli.output import say as tell
from govgraph.cli.place import Place, languages
from govgraph.contract import Contract, Kind, Property, Severity, say
from govgraph.iris import compact

_MARKS = {Severity.VIOLATION: "!", Severity.WARNING: "*", Severity.INFO: "+", None: ""}
_NAMED = 4
_LEGEND = "* needed for publishing, + recommended, ! a Violation when missing"


def show(place: Place, kind: str, lang: str, format_: str) -> None:
    contract, tags = place.contract, languages(lang)
    if kind:
        found = contract.kind(kind)
        if format_ == "json":
            print_json(_kind_as_json(found))
        else:
            _show_kind(found, tags)
    elif format_ == "json":
        print_json(_as_json(contract))
    else:
        _show(contract, tags)


def _kind_as_json(kind: Kind) -> dict[str, object]:
    return {
        "name": kind.name,
        "slug": kind.slug,
        "class": kind.class_.value,
        "part": kind.part,
        "properties": [_property_as_json(prop) for prop in kind.properties],
    }


def _property_as_json(prop: Property) -> dict[str, object]:
    return {
        "name": prop.name,
        "path": ("^" if prop.path.inverse else "") + prop.path.predicate.value,
        "form": prop.form.value,
        "values": _values(prop),
        "needed": prop.needed.value if prop.needed else None,
        "single": prop.single,
        "weight": prop.weight,
    }


def _as_json(contract: Contract) -> dict[str, object]:
    return {
        "hash": contract.hash,
        "languages": list(contract.languages),
        "kinds": [_kind_as_json(kind) for kind in contract.kinds],
        "codeLists": [{"name": c.name, "codes": [code.name for code in c.codes]} for c in contract.code_lists],
        "rules": [{"name": r.name, "kind": r.kind, "severity": r.severity.value} for r in contract.rules],
        "unexposed": [{"property": where, "constraint": what} for where, what in contract.unexposed],
    }


def _values(prop: Property) -> str:
    """What a property's values are, in a word."""
    if prop.codes:
        return prop.codes
    return " | ".join(prop.kinds) or (compact(prop.datatype.value) if prop.datatype else "any" if prop.kinds else "IRI")


def _several(prop: Property) -> str:
    return "" if prop.single else "per language" if prop.per_language else "yes"


def _show(contract: Contract, tags: tuple[str, ...]) -> None:
    print_table(
        ("kind", "in addresses", "label", "properties"),
        [
            (k.name, k.slug, say(k.labels, tags), ", ".join(f"{p.name}{_MARKS[p.needed]}" for p in k.properties))
            for k in contract.kinds
        ],
    )
    tell(_LEGEND + "\n", "dim")
    print_table(
        ("code list", "codes"), [(c.name, ", ".join(code.name for code in c.codes)) for c in contract.code_lists]
    )
    tell("")
    print_table(
        ("rule across entries", "kind", "severity", "what it asks"),
        [
            (r.name, r.kind, Text(r.severity.value, style=SEVERITY_STYLES[r.severity]), say(r.descriptions, tags))
            for r in contract.rules
        ],
        whole=("severity",),
    )
    tell("")
    unexposed: dict[tuple[str, str], list[str]] = {}
    for where, what in contract.unexposed:
        shape, _, name = where.rpartition(" ")
        unexposed.setdefault((what, name), []).append(shape)
    print_table(
        ("checked, but in no face", "property", "shapes"),
        [
            (what, name, ", ".join(shapes) if len(shapes) <= _NAMED else f"{len(shapes)} shapes")
            for (what, name), shapes in sorted(unexposed.items())
        ],
        whole=("checked, but in no face",),
    )
    tell(f"contract {contract.hash} · languages {', '.join(contract.languages)}", "bold")


def _show_kind(kind: Kind, tags: tuple[str, ...]) -> None:
    tell(f"{say(kind.labels, tags)} — {say(kind.descriptions, tags)}", "bold")
    print_table(
        ("property", "values", "several", "what it is"),
        [(p.name + _MARKS[p.needed], _values(p), _several(p), say(p.descriptions, tags)) for p in kind.properties],
    )
    tell(_LEGEND, "dim")
