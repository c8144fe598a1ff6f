"""What another contract would change, by the names programs use; knows two contracts and no data.

What breaks is what was right before and is no longer: a name that is gone, a value that is no longer allowed, one value
where there were several. That something more is asked for breaks nothing: it makes findings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph
from pyoxigraph import BlankNode, NamedNode, RdfFormat

from govgraph.contract import CodeList, Contract, Kind, Property, Severity
from govgraph.iris import GOV, SH, compact, name
from govgraph.store import Path

_TELLING = frozenset(
    {name(SH, local) for local in ("name", "description", "order", "group", "message", "path", "severity", "minCount")}
    | {name(GOV, local) for local in ("apiName", "formerName", "weight")}
)
"""What a property shape says that decides no value."""
_NEEDED = {
    None: "optional",
    Severity.INFO: "recommended",
    Severity.WARNING: "needed for publishing",
    Severity.VIOLATION: "needed always",
}


@dataclass(frozen=True)
class Difference:
    """``what`` happens to the kind, property, code list, code, rule or language (``of``) of that name."""

    of: str
    what: str
    name: str
    breaks: bool = False


def compare(old: Contract, new: Contract) -> tuple[Difference, ...]:
    """All differences that a program, a file or a finding can tell; what breaks comes first."""
    both = _Both(old, new)
    found = [*both.kinds(), *both.lists(), *both.rules(), *both.languages()]
    return tuple(sorted(found, key=lambda one: not one.breaks))


@dataclass(frozen=True)
class _Both:
    old: Contract
    new: Contract

    def kinds(self) -> Iterator[Difference]:
        renamed = {former: kind for kind in self.new.kinds for former in kind.former_names}
        for kind in self.old.kinds:
            other = self.new.by_name.get(kind.name) or renamed.get(kind.name)
            if other is None:
                yield Difference("kind", "is gone", kind.name, breaks=True)
                continue
            if other.name != kind.name:
                # Fields of the former name answer; fragments on the type and files named after it do not.
                yield Difference("kind", f"is now called {other.name}", kind.name, breaks=True)
            for word, was, now in (
                ("in addresses it is", kind.slug, other.slug),
                ("in lists it is", kind.plural, other.plural),
                ("its class is", compact(kind.class_.value), compact(other.class_.value)),
                ("it is", "a part" if kind.part else "an entry", "a part" if other.part else "an entry"),
            ):
                if was != now:
                    yield Difference("kind", f"{word} {now}, no longer {was}", kind.name, breaks=True)
            if (kind.owner, kind.owns_itself) != (other.owner, other.owns_itself):
                yield Difference("kind", "is kept by way of another property", kind.name)
            yield from self._properties(kind, other)
        for kind in self.new.kinds:
            if self.old.by_name.keys().isdisjoint((kind.name, *kind.former_names)):
                yield Difference("kind", "is new", kind.name)

    def _properties(self, kind: Kind, other: Kind) -> Iterator[Difference]:
        renamed = {former: prop.name for prop in other.properties for former in prop.former_names}
        for prop in kind.properties:
            full = f"{kind.name}.{prop.name}"
            if prop.name in other.by_name:
                yield from self._property(full, prop, other.by_name[prop.name])
            elif prop.name in renamed:
                yield Difference("property", f"is now called {renamed[prop.name]}", full)
            else:
                yield Difference("property", "is gone", full, breaks=True)
        was = {*kind.by_name, *renamed.values()}
        for prop in other.properties:
            if prop.name not in was:
                yield Difference("property", _new(prop), f"{kind.name}.{prop.name}")

    def _property(self, full: str, was: Property, now: Property) -> Iterator[Difference]:
        narrowed = list(_narrowed(was, now))
        for what in narrowed:
            yield Difference("property", what, full, breaks=True)
        if not narrowed and (more := self._checked(was, now)):
            yield Difference("property", f"is checked otherwise: {more}", full, breaks=True)
        if was.needed is not now.needed:
            yield Difference("property", f"is {_NEEDED[now.needed]}, no longer {_NEEDED[was.needed]}", full)
        if was.weight != now.weight:
            yield Difference("property", f"counts {now.weight:g} points, no longer {was.weight:g}", full)
        if now.deprecated and not was.deprecated:
            yield Difference("property", "is deprecated", full)

    def _checked(self, was: Property, now: Property) -> str:
        """The constraints on its values that are new or changed; those that say less break nothing."""
        before, after = self._constraints[0].of(was), self._constraints[1].of(now)
        return ", ".join(sorted(f"{compact(p.value)} {said}".strip() for p, said in after - before))

    @cached_property
    def _constraints(self) -> tuple[_Constraints, _Constraints]:
        return _Constraints.read(self.old.shapes), _Constraints.read(self.new.shapes)

    def lists(self) -> Iterator[Difference]:
        for code_list in self.old.code_lists:
            other = self.new.lists_by_name.get(code_list.name)
            if other is None:
                yield Difference("code list", "is gone", code_list.name, breaks=True)
            else:
                yield from _codes(code_list, other)
        for code_list in self.new.code_lists:
            if code_list.name not in self.old.lists_by_name:
                yield Difference("code list", "is new", code_list.name)

    def rules(self) -> Iterator[Difference]:
        before = {rule.name: rule for rule in self.old.rules}
        after = {rule.name: rule for rule in self.new.rules}
        for rule in self.new.rules:
            other = before.get(rule.name)
            if other is None:
                yield Difference("rule", f"is new, for {rule.kind}: {rule.severity}", rule.name)
            elif other.severity is not rule.severity:
                yield Difference("rule", f"has the severity {rule.severity}, no longer {other.severity}", rule.name)
        yield from (Difference("rule", "is gone", one) for one in before if one not in after)

    def languages(self) -> Iterator[Difference]:
        for tag in self.old.languages:
            if tag not in self.new.languages:
                yield Difference("language", "is gone", tag, breaks=True)
        yield from (
            Difference("language", "is new", tag) for tag in self.new.languages if tag not in self.old.languages
        )


@dataclass(frozen=True)
class _Constraints:
    """What each shape says of values, nested shapes left out: their names change with their files."""

    by_shape: Mapping[NamedNode, frozenset[tuple[NamedNode, str]]]

    @classmethod
    def read(cls, shapes: bytes) -> _Constraints:
        said: dict[NamedNode, set[tuple[NamedNode, str]]] = {}
        for quad in pyoxigraph.parse(shapes, RdfFormat.N_TRIPLES):
            if isinstance(quad.subject, NamedNode) and quad.predicate not in _TELLING:
                value = "" if isinstance(quad.object, BlankNode) else _shown(str(quad.object))
                said.setdefault(quad.subject, set()).add((quad.predicate, value))
        return cls({shape: frozenset(of) for shape, of in said.items()})

    def of(self, prop: Property) -> frozenset[tuple[NamedNode, str]]:
        return frozenset[tuple[NamedNode, str]]().union(*(self.by_shape.get(s, frozenset()) for s in prop.shapes))


def _shown(term: str) -> str:
    return compact(term[1:-1]) if term.startswith("<") else term.partition("^^")[0]


def _narrowed(was: Property, now: Property) -> Iterator[str]:
    """What values were allowed and are no longer."""
    if was.path != now.path:
        yield f"is stored as {_path(now.path)}, no longer {_path(was.path)}"
    if was.form is not now.form or was.datatype != now.datatype:
        yield f"is {_form(now)}, no longer {_form(was)}"
    elif was.codes != now.codes:
        yield f"takes codes of {now.codes}, no longer of {was.codes}"
    elif now.kinds and (gone := [kind for kind in was.kinds if kind not in now.kinds]):
        yield f"no longer leads to {', '.join(gone)}"
    elif now.kinds and not was.kinds:
        yield f"leads to {', '.join(now.kinds)} alone"
    if now.single and not was.single:
        yield "has one value, no longer several"
    elif was.single and not now.single:
        yield "may have several values, no longer one"


def _codes(was: CodeList, now: CodeList) -> Iterator[Difference]:
    before, after = ({code.name: code for code in of.codes} for of in (was, now))
    renamed = {former: code.name for code in now.codes for former in code.former_names}
    for code in before:
        if code not in after and code in renamed:
            # Filters understand the former name; answers hold the new one.
            yield Difference("code", f"is now called {renamed[code]}", f"{was.name}.{code}", breaks=True)
        elif code not in after:
            yield Difference("code", "is gone", f"{was.name}.{code}", breaks=True)
        elif before[code].iri != after[code].iri:
            yield Difference(
                "code", f"is stored as {compact(after[code].iri.value)}", f"{was.name}.{code}", breaks=True
            )
    known = {*before, *(renamed[code] for code in before if code in renamed)}
    yield from (Difference("code", "is new", f"{was.name}.{code}") for code in after if code not in known)


def _new(prop: Property) -> str:
    return f"is new, {_NEEDED[prop.needed]}"


def _form(prop: Property) -> str:
    return f"{prop.form.value} {compact(prop.datatype.value)}" if prop.datatype else prop.form.value


def _path(path: Path) -> str:
    return ("^" if path.inverse else "") + compact(path.predicate.value)
