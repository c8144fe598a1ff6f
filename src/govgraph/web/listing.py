"""The list of a kind: filters, order and pages, all derived from the contract; knows no kind by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from pyoxigraph import Literal, NamedNode
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from govgraph.catalogue import View
from govgraph.catalogue.lists.selection import Condition, Every, Key, Page, Selection, count, page
from govgraph.catalogue.text import sort_key
from govgraph.contract import Form, Kind, Property
from govgraph.errors import BadRequest, NotFound
from govgraph.iris import XSD, name
from govgraph.media import HTML
from govgraph.question.asking import is_written_well
from govgraph.store import Term
from govgraph.web import columns, responses
from govgraph.web.house import House
from govgraph.web.language import N_, Said
from govgraph.web.showing import Showing, Shown
from govgraph.web.view import view_of
from govgraph.web.visit import CARRIED, Visit

MISSING = "-"
"""The value of a filter that asks for entities without a value."""
_OURS = frozenset({"q", "order", "first", "after", "before", "format", *CARRIED})
_TYPES: Mapping[NamedNode, str] = {
    **{name(XSD, one): "integer" for one in ("integer", "int", "long", "nonNegativeInteger")},
    **{name(XSD, one): "decimal" for one in ("decimal", "double", "float")},
    **{name(XSD, one): one for one in ("date", "boolean")},
}
"""Datatypes whose values are checked before a list is filtered by them, as those of questions are."""
_EXAMPLES: Mapping[str, str] = {"integer": "2027", "decimal": "12.5", "date": "2027-01-31", "boolean": "true"}


@dataclass(frozen=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True)
class Filter:
    """A property one can choose a value of; ``chosen`` is the value the address gives."""

    name: str
    label: str
    choices: tuple[Choice, ...]
    chosen: str

    @property
    def chosen_label(self) -> str:
        return next((choice.label for choice in self.choices if choice.value == self.chosen), self.chosen)


@dataclass(frozen=True)
class Heading:
    label: str
    href: str
    sorted: str
    numeric: bool


@dataclass(frozen=True)
class Row:
    entity: Shown
    cells: tuple[tuple[Shown, ...], ...]
    score: float


def routes(house: House) -> list[BaseRoute]:
    return [Route("/{kind}", partial(listing, house))]


def listing(house: House, request: Request) -> Response:
    kind = house.contract.by_slug.get(request.path_params["kind"])
    if kind is None or kind.part:
        known = ", ".join(f"/{kind.slug}" for kind in house.contract.entities)
        raise NotFound(
            Said(N_("There is nothing at %(path)s."), path=request.scope["path"]),
            Said(N_("The lists are: %(lists)s."), lists=known),
        )
    visit = Visit.of(house, request)
    view = view_of(house, request)
    format_ = responses.negotiate(request, (HTML,))
    return responses.answer(visit, view, format_, lambda: List(visit, view, kind).html())


class List:
    """One list page: what the address asks for, and what the view has of it."""

    def __init__(self, visit: Visit, view: View, kind: Kind) -> None:
        self._visit = visit
        self._view = view
        self._kind = kind
        self._given = visit.parameters
        self._columns = columns.telling(kind)

    def html(self) -> str:
        self._refuse_unknown()
        order = self._order()
        found = self._page(Selection(self._kind, Every(tuple(self._conditions())), (order,), self._visit.languages))
        filters = self._filters()
        return self._visit.house.renderer.page(
            self._visit,
            "list.html",
            kind=self._kind,
            total=found.total,
            all=count(self._view, self._kind),
            headings=self._headings(order),
            rows=self._rows(found),
            q=self._given.get("q", ""),
            filters=filters,
            others=self._other_filters({one.name for one in filters}),
            order=self._given.get("order", ""),
            previous=self._turn(before=found.cursors[0]) if found.has_previous and found.cursors else "",
            next=self._turn(after=found.cursors[-1]) if found.has_next and found.cursors else "",
            start=self._turn() if found.has_previous else "",
            reset=self._visit.href(f"/{self._kind.slug}"),
            view=self._view,
        )

    def _turn(self, after: str | None = None, before: str | None = None) -> str:
        return self._visit.here(after=after, before=before)

    def _refuse_unknown(self) -> None:
        """A filter nobody knows would give the whole list, as if it had been filtered."""
        unknown = [name for name in self._given if name not in _OURS and name not in self._kind.by_name]
        if unknown:
            raise BadRequest(
                Said(N_("This list has no filter “%(name)s”."), name=unknown[0]),
                Said(N_("It has: %(names)s."), names=", ".join(("q", *self._kind.by_name))),
            )

    def _page(self, selection: Selection) -> Page:
        asked = self._range()
        try:
            return page(self._view, selection, **asked)  # type: ignore[arg-type]  # the keys are page's own
        except BadRequest:
            raise BadRequest(
                Said(N_("The cursor in the address was not given out here.")),
                Said(N_("Begin with the first page of the list.")),
            ) from None

    def _range(self) -> dict[str, int | str | None]:
        """Relay's arguments from ours: ``first`` is the size of a page in either direction."""
        settings = self._visit.house.settings
        size = self._visit.whole("first", settings.page_max, settings.page_size)
        after, before = self._given.get("after") or None, self._given.get("before") or None
        if after and before:
            raise BadRequest(Said(N_("Both after and before are given.")), Said(N_("Give one of them.")))
        return {"last" if before else "first": size, "after": after, "before": before}

    def _order(self) -> Key:
        """``order=level`` or ``order=-level``; by title where nothing is said."""
        said = self._given.get("order", "")
        name = said.removeprefix("-")
        title = columns.title(self._kind)
        if not name or (title and name == title.name):
            return Key((), said.startswith("-"))
        if name not in self._kind.by_name:
            raise BadRequest(
                Said(N_("%(name)s is “%(value)s”."), name="order", value=said),
                Said(N_("Choose one of: %(choices)s."), choices=", ".join(self._kind.by_name)),
            )
        return Key((self._kind.property(name),), said.startswith("-"))

    def _conditions(self) -> Iterator[Condition]:
        title = columns.title(self._kind)
        if self._given.get("q") and title:
            yield Condition(title, "contains", (Literal(self._given["q"]),))
        for prop in self._kind.properties:
            value = self._given.get(prop.name)
            if value == MISSING:
                yield Condition(prop, "missing")
            elif value:
                yield Condition(prop, "equals", (self._term(prop, value),))

    def _term(self, prop: Property, value: str) -> Term:
        if prop.codes:
            codes = self._view.contract.lists_by_name[prop.codes].codes
            for code in codes:
                if value in (code.name, code.iri.value):
                    return code.iri
            raise self._unusable(
                prop, value, Said(N_("Choose one of: %(choices)s."), choices=", ".join(c.name for c in codes))
            )
        if prop.form in (Form.ENTITY, Form.PART, Form.IRI):
            if ":" not in value and prop.kinds:
                return self._view.names.entity(self._view.contract.by_name[prop.kinds[0]].slug, value)
            try:
                return NamedNode(value)
            except ValueError:
                raise self._unusable(prop, value, Said(N_("Give a full IRI, or the end of one."))) from None
        type_ = _TYPES.get(prop.datatype) if prop.datatype else None
        if type_ and not is_written_well(type_, value):
            raise self._unusable(prop, value, Said(N_("Write it like %(example)s."), example=_EXAMPLES[type_]))
        return Literal(value, datatype=prop.datatype) if prop.datatype and prop.form is Form.LITERAL else Literal(value)

    def _unusable(self, prop: Property, value: str, hint: Said) -> BadRequest:
        label = f"{self._visit.heading(prop.labels)} ({prop.name})"
        return BadRequest(Said(N_("%(name)s is “%(value)s”."), name=label, value=value), hint)

    def _headings(self, order: Key) -> tuple[Heading, ...]:
        title = columns.title(self._kind)
        sortable: list[tuple[str, Property | None, bool]] = [
            (self._visit.heading(title.labels) if title else self._visit.heading(self._kind.labels), None, False)
        ]
        sortable += [(self._visit.heading(p.labels), p, p.form is Form.LITERAL) for p in self._columns]
        headings = []
        for label, prop, numeric in sortable:
            name = prop.name if prop else (title.name if title else "title")
            current = order.path == ((prop,) if prop else ())
            turned = f"-{name}" if current and not order.descending else name
            direction = ("descending" if order.descending else "ascending") if current else ""
            href = self._visit.here(order=turned, after=None, before=None)
            headings.append(Heading(label, href, direction, numeric))
        return tuple(headings)

    def _rows(self, found: Page) -> tuple[Row, ...]:
        values = self._view.values(found.entities, self._columns) if self._columns else {}
        linked = [value for column in values.values() for of in column.values() for value in of]
        showing = Showing(self._visit, self._view, [*found.entities, *linked])
        points = self._view.points(found.entities)
        return tuple(
            Row(
                entity=showing.node(entity),
                cells=tuple(showing.values(p, values[p].get(entity, ())) for p in self._columns),
                score=points[entity].score,
            )
            for entity in found.entities
        )

    def _filters(self) -> tuple[Filter, ...]:
        """The organisation that keeps an entity, and every code."""
        found = [self._filter(prop, self._code_choices(prop)) for prop in columns.codes(self._kind)]
        owner = columns.owner(self._kind)
        return (*((self._filter(owner, self._members(owner)),) if owner else ()), *found)

    def _filter(self, prop: Property, choices: tuple[Choice, ...]) -> Filter:
        return Filter(prop.name, self._visit.heading(prop.labels), choices, self._given.get(prop.name, ""))

    def _code_choices(self, prop: Property) -> tuple[Choice, ...]:
        codes = self._view.contract.lists_by_name[prop.codes or ""].codes
        return tuple(Choice(code.name, self._visit.say(code.labels)) for code in codes)

    def _members(self, prop: Property) -> tuple[Choice, ...]:
        """What the property points to anywhere in the kind, by name."""

        def find() -> tuple[Choice, ...]:
            column: Mapping[Term, list[Term]] = self._view.column(prop)
            members = set(self._view.members(self._kind))
            nodes = {value for node, values in column.items() if node in members for value in values}
            labels = self._view.labels(nodes, self._visit.languages)
            choices = [Choice(self._value(node), label.text) for node, label in labels.items()]
            return tuple(sorted(choices, key=lambda choice: sort_key(choice.label)))

        return self._view.keep(("choices", self._kind.name, prop.name, self._visit.languages), find)

    def _value(self, node: Term) -> str:
        assert isinstance(node, NamedNode)
        ours = self._view.names.split(node.value)
        return ours[1] if ours else node.value

    def _other_filters(self, known: set[str]) -> tuple[Filter, ...]:
        """Conditions on other properties, as links from elsewhere set them: shown so that they can be taken out."""
        set_ = [p for p in self._kind.properties if self._given.get(p.name) and p.name not in known]
        nodes = {p: term for p in set_ if isinstance(term := self._term(p, self._given[p.name]), NamedNode)}
        labels = self._view.labels(nodes.values(), self._visit.languages)
        return tuple(
            self._filter(
                p,
                (Choice(self._given[p.name], labels[nodes[p]].text if p in nodes else self._given[p.name]),),
            )
            for p in set_
        )
