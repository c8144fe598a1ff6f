"""What a revision says: what is published, and what goes back once the published graph has been validated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import NamedNode

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, service
from govgraph.catalogue import Audience, Catalogue
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.store import Store
from govgraph.store.embedded import DiskStore, MemoryStore

ARTEFACT = """
<id/artefact/plan> a gov:Artefact ; dct:title "Plan"@en, "Plan"@fr ; gov:publicationStatus code:Published ;
    gov:responsibleOrganisation <id/organisation/interior> .
<id/artefact-version/plan-{number}> a gov:ArtefactVersion ; dct:title "Plan {number}"@en, "Plan {number}"@fr ;
    gov:versionOf <id/artefact/plan> ; gov:versionStatus code:{status} ; gov:publicationStatus code:{published} .
"""


@pytest.fixture(params=["memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore(BASE) if request.param == "memory" else DiskStore(tmp_path / "data", BASE)


@pytest.fixture
def load(store: Store, contract: Contract, tmp_path: Path) -> Callable[[str], set[str]]:
    """Loads Turtle and tells which entities are public, as ``kind/slug``."""

    def run(turtle: str) -> set[str]:
        path = tmp_path / "some.ttl"
        path.write_text(TURTLE_PREFIXES + turtle, "utf-8")
        loading = Load(store, contract)
        loading.read_rdf(path)
        loaded = loading.finish(strict=True)
        view = Catalogue(store, contract).view(Audience.PUBLIC)
        shown = {iri for kind in contract.entities for iri in view.members(kind)}
        assert len(shown) == loaded.published
        assert sum(view.summary().findings[severity] for severity in ("violation", "warning")) == 0
        assert {t.subject for t in view.reader.statements(list(shown), (view.names.public,))} == shown
        return {"/".join(found) for iri in shown if (found := view.names.split(iri.value))}

    return run


def test_an_entry_whose_only_owner_is_a_draft_stays_a_draft(load: Callable[[str], set[str]]) -> None:
    assert load(ORGANISATION.replace("code:Published", "code:Draft") + service("one")) == set()
    assert load(ORGANISATION + service("one")) == {"organisation/interior", "service/one"}


def test_what_falls_out_by_a_rule_only_the_published_graph_breaks_is_taken_back(
    load: Callable[[str], set[str]],
) -> None:
    """An artefact wants a current version; its only one is a draft, so that the rule is broken in public alone."""
    draft = ARTEFACT.format(number=1, status="Current", published="Draft")
    older = ARTEFACT.format(number=0, status="Superseded", published="Published")
    assert load(ORGANISATION + draft + older) == {"organisation/interior"}
    assert load(ORGANISATION + draft.replace("code:Draft", "code:Published") + older) == {
        *("organisation/interior", "artefact/plan", "artefact-version/plan-0", "artefact-version/plan-1")
    }


def test_nothing_published_points_to_what_was_taken_back(
    load: Callable[[str], set[str]], store: Store, contract: Contract
) -> None:
    draft = ARTEFACT.format(number=1, status="Current", published="Draft")
    team = """<id/team/one> a gov:DigitalServiceTeam ; skos:prefLabel "One"@en, "Un"@fr ;
        org:unitOf <id/organisation/interior> ; gov:publicationStatus code:Published ;
        gov:usesVersion <id/artefact-version/plan-0> ."""
    older = ARTEFACT.format(number=0, status="Superseded", published="Published")
    assert load(ORGANISATION + draft + older + team) == {"organisation/interior", "team/one"}
    view = Catalogue(store, contract).view(Audience.PUBLIC)
    for gone in ("artefact/plan", "artefact-version/plan-0", "artefact-version/plan-1"):
        iri = NamedNode(f"{BASE}id/{gone}")
        assert view.incoming(iri, 0, 10).links == ()
        assert view.reader.statements([iri], (view.names.public,)) == []
