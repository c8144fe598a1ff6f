"""Findings as sentences that say what is wrong and what to do, in every language of the house; validates nothing.

A shape's own ``sh:message`` wins. Otherwise the sentence is made from the constraint and the property's own words, so
that both engines, and every country's shapes, speak alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode

from govgraph.contract import Contract, Property, say
from govgraph.iris import SH, compact
from govgraph.languages import preferred
from govgraph.store import Term
from govgraph.validation.unknown import UNKNOWN

if TYPE_CHECKING:
    from govgraph.validation import Finding

_SENTENCES: dict[str, dict[str, str]] = {
    "MinCount": {
        "en": "“{property}” is missing. {description}",
        "fr": "« {property} » manque. {description}",
    },
    "MaxCount": {
        "en": "“{property}” has more than one value; keep the right one.",
        "fr": "« {property} » a plusieurs valeurs ; gardez la bonne.",
    },
    "Datatype": {
        "en": "“{property}” is {value}, which is not {expected}.",
        "fr": "« {property} » vaut {value}, ce qui n’est pas {expected}.",
    },
    "Class": {
        "en": "“{property}” points to {value}, which is not known here as {expected}.",
        "fr": "« {property} » désigne {value}, qui n’est pas connu ici comme {expected}.",
    },
    "NodeKind": {
        "en": "“{property}” is {value}; give a web address (IRI).",
        "fr": "« {property} » vaut {value} ; donnez une adresse web (IRI).",
    },
    "UniqueLang": {
        "en": "“{property}” has two texts in the same language ({value}); keep one.",
        "fr": "« {property} » a deux textes dans la même langue ({value}) ; gardez-en un.",
    },
    "Pattern": {
        "en": "“{property}” is {value}, which does not have the right form. {description}",
        "fr": "« {property} » vaut {value}, qui n’a pas la bonne forme. {description}",
    },
    "LessThanOrEquals": {
        "en": "“{property}” lies after the date that should follow it.",
        "fr": "« {property} » est postérieur à la date qui devrait le suivre.",
    },
    "": {
        "en": "“{property}” is {value}, which is not allowed. {description}",
        "fr": "« {property} » vaut {value}, ce qui n’est pas permis. {description}",
    },
}
_UNKNOWN = {
    "en": "“{property}” is kept, but no property of {kind} describes it.",
    "fr": "« {property} » est conservé, mais aucune propriété de {kind} ne le décrit.",
}
_RANGES = {"MinInclusive", "MaxInclusive", "MinExclusive", "MaxExclusive"}
_NOTHING = {"en": "empty", "fr": "vide"}
_TEXT = {"en": "text in a stated language", "fr": "un texte dans une langue indiquée"}
_OUT_OF_RANGE = {
    "en": "“{property}” is {value}, which is out of range. {description}",
    "fr": "« {property} » vaut {value}, hors des limites. {description}",
}


def message(contract: Contract, finding: Finding, languages: Sequence[str]) -> str:
    """The sentence in the first language that has one."""
    language = min(("en", "fr"), key=lambda tag: preferred(tag, languages))
    if finding.component == UNKNOWN and finding.path is not None:
        kind = say(contract.by_name[finding.kind].labels, languages) if finding.kind else ""
        return _UNKNOWN[language].format(property=compact(finding.path.predicate.value), kind=kind)
    own = contract.messages.get(finding.shape)
    if own:
        return say(own, languages)
    rule = contract.rule_of_shape.get(finding.shape)  # type: ignore[arg-type]  # a blank shape is simply not found
    if rule is not None:
        return say(rule.descriptions, languages) or say(rule.labels, languages)
    prop = _property(contract, finding)
    component = finding.component.value.removeprefix(SH).removesuffix("ConstraintComponent")
    sentences = _OUT_OF_RANGE if component in _RANGES else _SENTENCES.get(component, _SENTENCES[""])
    label = say(prop.labels, languages) if prop else compact(finding.path.predicate.value) if finding.path else ""
    return (
        sentences[language]
        .format(
            property=label,
            value=_show(finding.value, language),
            expected=_expected(contract, prop, languages),
            description=say(prop.descriptions, languages) if prop else "",
        )
        .strip()
    )


def _property(contract: Contract, finding: Finding) -> Property | None:
    kind = contract.by_name.get(finding.kind or "")
    return kind.by_name.get(finding.property_name or "") if kind else None


def _expected(contract: Contract, prop: Property | None, languages: Sequence[str]) -> str:
    if prop is None:
        return ""
    if prop.datatype is not None:
        local = compact(prop.datatype.value)
        return say(_TEXT, languages) if local == "rdf:langString" else local
    if prop.codes is not None:
        return say(contract.lists_by_name[prop.codes].labels, languages)
    return " / ".join(say(contract.by_name[kind].labels, languages) for kind in prop.kinds)


def _show(value: Term | None, language: str) -> str:
    if isinstance(value, Literal):
        return f"“{value.value}”" if language == "en" else f"« {value.value} »"
    return f"<{value.value}>" if isinstance(value, NamedNode) else _NOTHING[language]
