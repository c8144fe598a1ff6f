"""What one writes with strawberry alone: a class per kind and a resolver per field, each of which reads the view.

The same fields with the same answers as the page that ``partners`` measures. Documents are parsed and validated once,
by strawberry's own caches. Nothing is read ahead and there are no DataLoaders; with ``keeping`` what was read is kept
for the rest of the request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson
import strawberry
from pyoxigraph import Literal, NamedNode
from strawberry import Info
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from govgraph.catalogue import View, pick
from govgraph.catalogue.lists.selection import Selection, page
from govgraph.contract import Contract, Kind, Property
from govgraph.store import Term

_LANGUAGES = ("en",)
SHOWN = 20
"""Of a list within an entry, as in ours."""


class Reads:
    """What resolvers read by: one node and one property at a time."""

    def __init__(self, view: View, *, keeping: bool) -> None:
        self.view = view
        self._kept: dict[object, Any] | None = {} if keeping else None

    def values(self, node: Term, prop: Property) -> Sequence[Term]:
        found: Sequence[Term] = self._keep((node, prop), lambda: self.view.values([node], [prop])[prop].get(node, []))
        return found

    def label(self, node: NamedNode) -> Any:
        return self._keep(node, lambda: self.view.labels([node], _LANGUAGES)[node])

    def _keep(self, key: object, find: Callable[[], Any]) -> Any:
        if self._kept is None:
            return find()
        if key not in self._kept:
            self._kept[key] = find()
        return self._kept[key]


@strawberry.type
class Words:
    value: str


def schema(contract: Contract, lists: Sequence[str]) -> strawberry.Schema:
    """Services with a title, a number and, per relation to one kind, the title and identifier at its other end; where
    it leads to several kinds, the label."""
    service = contract.by_name["Service"]
    several = _named("Entity", {"iri": _iri(), "label": _label()})
    ends = {}
    for name in lists:
        kinds = service.property(name).kinds
        ends[name] = _end(contract.by_name[kinds[0]]) if len(kinds) == 1 else several
    fields = {
        "iri": _iri(),
        "title": _title(service.property("title")),
        "transactionsPerYear": _number(service.property("transactionsPerYear")),
        **{name: _links(service.property(name), end) for name, end in ends.items()},
    }
    node = _named("Service", fields)

    def nodes(root: Any) -> list[Any]:
        return [node(node=one) for one in root.found]

    connection = _shaped("ServiceConnection", {"nodes": _typed(nodes, list[node])}, {"found": Any})  # type: ignore[valid-type]

    def services(info: Info, first: int) -> Any:
        return connection(found=page(info.context.view, Selection(service), first=first).entities)

    query = _shaped("Query", {"services": _typed(services, connection)}, {})
    config = StrawberryConfig(auto_camel_case=False)
    return strawberry.Schema(query, config=config, extensions=[ParserCache, ValidationCache])


def answer(made: strawberry.Schema, query: str, variables: dict[str, Any], view: View, *, keeping: bool) -> bytes:
    told = made.execute_sync(query, variables, context_value=Reads(view, keeping=keeping))
    assert not told.errors, told.errors
    return orjson.dumps({"data": told.data})


def _end(kind: Kind) -> Any:
    fields = {"title": _title(kind.property("title")), "identifier": _text(kind.property("identifier"))}
    return _named(kind.name, {"iri": _iri(), **fields})


def _named(name: str, fields: dict[str, Any]) -> Any:
    return _shaped(name, fields, {"node": NamedNode})


def _shaped(name: str, fields: dict[str, Any], private: dict[str, Any]) -> Any:
    annotations = {key: strawberry.Private[of] for key, of in private.items()}
    return strawberry.type(type(name, (), {"__annotations__": annotations, **fields}))


def _typed(resolver: Callable[..., Any], type_: Any) -> Any:
    resolver.__annotations__ = {**resolver.__annotations__, "return": type_}
    for name, of in {"info": Info, "root": Any, "first": int}.items():
        if name in resolver.__annotations__:
            resolver.__annotations__[name] = of
    return strawberry.field(resolver=resolver)


def _iri() -> Any:
    def iri(root: Any) -> str:
        return str(root.node.value)

    return _typed(iri, str)


def _label() -> Any:
    def label(root: Any, info: Info) -> Words:
        return Words(value=info.context.label(root.node).text)

    return _typed(label, Words)


def _title(prop: Property) -> Any:
    def title(root: Any, info: Info) -> Words | None:
        text = pick(info.context.values(root.node, prop), _LANGUAGES)
        return Words(value=text.value) if text is not None else None

    return _typed(title, Words | None)


def _text(prop: Property) -> Any:
    def text(root: Any, info: Info) -> str | None:
        found = sorted({v.value for v in info.context.values(root.node, prop) if isinstance(v, Literal)})
        return found[0] if found else None

    return _typed(text, str | None)


def _number(prop: Property) -> Any:
    def number(root: Any, info: Info) -> int | None:
        found = sorted({v.value for v in info.context.values(root.node, prop) if isinstance(v, Literal)})
        return next((int(text) for text in found if text.isdigit()), None)

    return _typed(number, int | None)


def _links(prop: Property, end: Any) -> Any:
    def links(root: Any, info: Info) -> list[Any]:
        nodes = sorted({one for one in info.context.values(root.node, prop) if isinstance(one, NamedNode)})
        return [end(node=one) for one in nodes[:SHOWN]]

    return _typed(links, list[end])
