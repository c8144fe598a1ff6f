"""Deeds that no door may let through, on the seed country, as quads: each would make something published wrong."""

from __future__ import annotations

from collections.abc import Callable

from pyoxigraph import NamedNode, Quad

from conftest import BASE
from govgraph.change.state import quads
from govgraph.iris import CODE, GOV, PREFIXES, RDF_TYPE, Names, name
from govgraph.store import Path, Reader
from govgraph.store.patch import Patch

NAMES = Names(BASE)
SERVICE = NAMES.entity("service", "check-a-company-name")
ORGANISATION = NAMES.entity("organisation", "business-registration-agency")
AUTHORITY = name(PREFIXES["cv"], "hasCompetentAuthority")
_NEEDED_FIRST = name(PREFIXES["dct"], "requires")
_STATUS, _REQUIRES, _BLOCK, _DEPENDS = (
    name(GOV, local) for local in ("versionStatus", "requiresBlock", "BuildingBlock", "dependsOnItem")
)


def quad(subject: NamedNode, predicate: NamedNode, value: NamedNode) -> Quad:
    return Quad(subject, predicate, value, NAMES.working)


def take_the_last_owner(_: Reader) -> Patch:
    return Patch.of([quad(SERVICE, AUTHORITY, ORGANISATION)])


def delete_what_others_point_to(reader: Reader) -> Patch:
    return Patch.of(quads(reader.statements([ORGANISATION], (NAMES.working,)), NAMES.working))


def retype_a_value(_: Reader) -> Patch:
    was, is_ = name(PREFIXES["cv"], "PublicOrganisation"), name(GOV, "System")
    return Patch.of([quad(ORGANISATION, RDF_TYPE, was)], [quad(ORGANISATION, RDF_TYPE, is_)])


def close_a_cycle(reader: Reader) -> Patch:
    ours = {
        triple.subject for triple in reader.statements(reader.instances(_BLOCK, (NAMES.working,)), (NAMES.working,))
    }
    pairs = reader.pairs(Path(_REQUIRES), (NAMES.working,))
    start, end = next((start, end) for start, end in pairs if end in ours)
    assert isinstance(start, NamedNode)
    assert isinstance(end, NamedNode)
    return Patch.of([], [quad(end, _REQUIRES, start)])


def close_a_cycle_of_services(_: Reader) -> Patch:
    number, company = (NAMES.entity("service", slug) for slug in ("get-a-business-tax-number", "register-a-company"))
    return Patch.of([], [quad(number, _NEEDED_FIRST, company)])


def close_a_cycle_of_items(_: Reader) -> Patch:
    """A long one: between the last item and the first there are two more."""
    first, last = (
        NAMES.entity("roadmap-item", slug) for slug in ("births-at-the-health-centre", "survivors-pension-follows")
    )
    return Patch.of([], [quad(first, _DEPENDS, last)])


def make_a_second_current_version(reader: Reader) -> Patch:
    old = NAMES.entity("artefact-version", "reference-architecture-2")
    was = [q for q in quads(reader.statements([old], (NAMES.working,)), NAMES.working) if q.predicate == _STATUS]
    assert was
    return Patch.of(was, [quad(old, _STATUS, name(CODE, "Current"))])


DEEDS: tuple[Callable[[Reader], Patch], ...] = (
    take_the_last_owner,
    delete_what_others_point_to,
    retype_a_value,
    close_a_cycle,
    close_a_cycle_of_services,
    close_a_cycle_of_items,
    make_a_second_current_version,
)
