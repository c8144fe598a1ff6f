"""Which few properties of a kind tell most about an entity: for tables and page heads; derived, names none of them."""

from __future__ import annotations

from govgraph.contract import Form, Kind, Property
from govgraph.iris import DCT, GOV, XSD, name
from govgraph.store import Path

DESCRIPTION = Path(name(DCT, "description"))
_PUBLICATION = Path(name(GOV, "publicationStatus"))
_MEASURES = frozenset(name(XSD, local) for local in ("integer", "decimal", "double", "date"))


def title(kind: Kind) -> Property | None:
    return kind.by_path.get(Path(kind.title)) if kind.title else None


def owner(kind: Kind) -> Property | None:
    """The property that leads to the organisation an entity is kept by."""
    return kind.by_path.get(kind.owner) if kind.owner else None


def codes(kind: Kind) -> tuple[Property, ...]:
    """The properties whose values come from a closed list; publication is left out: a reader sees what is published."""
    found = [p for p in kind.properties if p.form is Form.CODE and p.stored and p.path != _PUBLICATION]
    return tuple(sorted(found, key=lambda p: not p.single))


def telling(kind: Kind) -> tuple[Property, ...]:
    """The owner, up to three codes and a date or number that every entity should have."""
    single = [p for p in codes(kind) if p.single] or list(codes(kind)[:1])
    measures = [p for p in kind.properties if p.datatype in _MEASURES and p.single and p.needed]
    by_need = [p for p in single if p.needed] or single
    kept_by = owner(kind)
    return (*((kept_by,) if kept_by else ()), *by_need[:3], *measures[:1])
