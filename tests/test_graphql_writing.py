"""Mutations over HTTP, through the real gate: what is committed is read back, what is refused leaves nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import NamedNode
from starlette.testclient import TestClient

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, service
from govgraph.access import Author, Role
from govgraph.access.tokens import Tokens
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.gate.bulk import LoggedStore
from govgraph.gate.writer import LocalWriter
from govgraph.settings import read
from govgraph.web.app import build_app

NEW = "application/graphql-response+json"
INTERIOR, FINANCE = f"{BASE}id/organisation/interior", f"{BASE}id/organisation/finance"
VISA = f"{BASE}id/service/visa"
OTHER = ORGANISATION.replace("interior", "finance").replace("Interior", "Finance").replace("Intérieur", "Finances")
COUNTRY = (
    ORGANISATION
    + OTHER
    + service("visa", "Visa")
    + service("visas", "Visas", "; gov:needsBlock <id/building-block/identity>")
    + """<id/building-block/identity> a gov:BuildingBlock ; dct:title "Identity"@en ;
    dct:description "Who is who."@en ; gov:publicationStatus code:Published ."""
)
READY = f"""title: [{{ value: "Passport", lang: "en" }}, {{ value: "Passeport", lang: "fr" }}]
    description: {{ value: "A travel document.", lang: "en" }} authority: "{INTERIOR}" level: LEVEL_2"""
PROBLEMS = "problems { code severity property entity { iri } revision input message }"


@dataclass(frozen=True)
class Face:
    """A served catalogue and tokens to write with."""

    client: TestClient
    tokens: dict[str, str]

    def post(self, query: str, who: str = "steward", accept: str = NEW, **variables: object) -> Any:
        headers = {"accept": accept}
        if who:
            headers |= {"authorization": f"Bearer {self.tokens[who]}", "govgraph-view": "working"}
        return self.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)

    def change(self, field: str, selection: str, who: str = "steward") -> Any:
        """The payload of one mutation field."""
        answer = self.post(f"mutation {{ {field} {{ {selection} }} }}", who)
        assert answer.status_code == 200, answer.text
        assert "errors" not in answer.json(), answer.text
        return next(iter(answer.json()["data"].values()))

    def public(self, query: str) -> Any:
        return self.post(query, who="").json()["data"]


@pytest.fixture(scope="module")
def loaded(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of the country, for copies."""
    folder = tmp_path_factory.mktemp("country")
    (folder / "country.ttl").write_text(TURTLE_PREFIXES + COUNTRY, "utf-8")
    store = LoggedStore(read({}, data=folder / "data"), contract, Author("test:load", Role.ADMIN))
    load = Load(store, contract)
    load.read_rdf(folder / "country.ttl")
    load.finish()
    store.close()
    return folder / "data"


@pytest.fixture
def face(contract: Contract, loaded: Path, tmp_path: Path) -> Iterator[Face]:
    settings = read({}, data=tmp_path / "data", snapshot_seconds=0.01, refresh_seconds=0.01)
    shutil.copytree(loaded, settings.data)
    tokens = Tokens(settings.data / "access")
    given = {
        "steward": tokens.create(Role.STEWARD, None, "steward", None),
        "interior": tokens.create(Role.EDITOR, NamedNode(INTERIOR), "interior", None),
        "finance": tokens.create(Role.EDITOR, NamedNode(FINANCE), "finance", None),
        "reader": tokens.create(Role.READER, None, "reader", None),
    }
    writer = LocalWriter(settings, contract)
    with TestClient(build_app(settings, writer), base_url=BASE) as client:
        yield Face(client, given)
    writer.close()


def test_what_strangers_ask_again_follows_the_newest_revision(face: Face) -> None:
    query = '{ service(slug: "visa") { title { value } } }'
    for number in range(3):
        title = f"Visa {number}"
        changed = face.change(
            f"""updateService(iri: "{VISA}", patch: {{ title: {{ value: "{title}", lang: "en" }} }})""", "committed"
        )
        assert changed == {"committed": True}
        assert face.change(f'publishService(iri: "{VISA}")', "committed") == {"committed": True}
        # A cookie says how new the answer has to be.
        assert [face.public(query)["service"]["title"]["value"] for _ in range(3)] == [title] * 3
        face.client.cookies.clear()
        assert [face.public(query)["service"]["title"]["value"] for _ in range(3)] == [title] * 3


def test_an_editor_fills_a_draft_until_it_can_be_published(face: Face) -> None:
    created = face.change(
        'createService(input: { title: { value: "Passport", lang: "en" } '
        f'authority: "{INTERIOR}" channels: {{ type: ONLINE }} }}, reason: "new")',
        f"""committed revision score {{ before after }} introduced {{ property severity }} {PROBLEMS}
        entity {{ iri revision score title {{ value }} channels {{ iri type {{ name }} }} findings {{ property }} }}""",
        "interior",
    )
    assert (created["committed"], created["problems"], created["revision"]) == (True, [], 2)
    entity = created["entity"]
    assert (entity["iri"], entity["revision"]) == (f"{BASE}id/service/passport", 2)
    assert entity["channels"][0]["type"] == {"name": "ONLINE"}
    assert created["score"] == {"before": None, "after": entity["score"]}
    assert {f["property"] for f in created["introduced"]} == {f["property"] for f in entity["findings"]}

    publish = f'publishService(iri: "{entity["iri"]}")'
    refused = face.change(publish, f"committed revision entity {{ revision }} {PROBLEMS}", "interior")
    assert (refused["committed"], refused["revision"], refused["entity"]) == (False, 2, {"revision": 2})
    assert {(p["code"], p["severity"], p["property"]) for p in refused["problems"]} == {
        ("FINDING", "WARNING", "description"),
        ("FINDING", "WARNING", "level"),
    }
    assert face.public('{ service(slug: "passport") { iri } }') == {"service": None}

    part = entity["channels"][0]["iri"]
    updated = face.change(
        f"""updateService(iri: "{entity["iri"]}", expectedRevision: 2, patch: {{ level: LEVEL_3
          title: {{ value: "Passeport", lang: "fr" }} description: {{ value: "It travels.", lang: "en" }}
          channels: {{ update: {{ iri: "{part}", type: OFFICE }}, add: {{ type: PHONE }} }} }})""",
        f"committed {PROBLEMS} mended {{ property }} "
        "entity { revision title { all { value lang } } channels { iri type { name } } }",
        "interior",
    )
    assert (updated["committed"], updated["problems"]) == (True, [])
    assert {"description", "level"} <= {finding["property"] for finding in updated["mended"]}
    assert updated["entity"]["revision"] == 3
    assert updated["entity"]["title"]["all"] == [
        {"value": "Passport", "lang": "en"},
        {"value": "Passeport", "lang": "fr"},
    ]
    assert sorted(c["type"]["name"] for c in updated["entity"]["channels"]) == ["OFFICE", "PHONE"]
    assert face.change(publish, f"committed {PROBLEMS}", "interior") == {"committed": True, "problems": []}
    assert face.public('{ service(slug: "passport") { level { name } } }') == {
        "service": {"level": {"name": "LEVEL_3"}}
    }

    gone = f'updateService(iri: "{entity["iri"]}", patch: {{ channels: {{ remove: "{part}" }} }})'
    assert face.change(gone, "entity { channels { type { name } } }", "interior") == {
        "entity": {"channels": [{"type": {"name": "PHONE"}}]}
    }
    orphan = face.post(f'{{ entity(iri: "{part}") {{ kind }} }}').json()["data"]
    assert orphan == {"entity": None}


def test_several_edits_are_committed_together_or_not_at_all(face: Face) -> None:
    change = """change(edits: [
      {{ createBuildingBlock: {{ slug: "payment" title: {{ value: "Payments", lang: "en" }} }} }}
      {{ createService: {{ slug: "passport" {ready} needsBlocks: "{base}id/building-block/{block}" }} }} ])"""
    selection = f"committed revision results {{ iri entity {{ label {{ value }} }} }} {PROBLEMS}"
    refused = face.change(change.format(ready=READY, base=BASE, block="nothing"), selection)
    assert (refused["committed"], refused["revision"]) == (False, 1)
    assert [(p["severity"], p["property"]) for p in refused["problems"]] == [("VIOLATION", "needsBlocks")]
    assert [one["entity"] for one in refused["results"]] == [None, None]
    done = face.change(change.format(ready=READY, base=BASE, block="payment"), selection)
    assert (done["committed"], done["revision"]) == (True, 2)
    assert [one["entity"]["label"]["value"] for one in done["results"]] == ["Payments", "Passport"]


def test_a_dry_run_says_what_would_be_and_changes_nothing(face: Face) -> None:
    selection = f"committed dryRun revision entity {{ iri }} iri score {{ before after }} {PROBLEMS}"
    dry = face.change(f'createService(input: {{ slug: "passport" {READY} }}, dryRun: true)', selection)
    assert (dry["committed"], dry["dryRun"], dry["revision"], dry["entity"]) == (False, True, 1, None)
    assert (dry["iri"], dry["problems"], dry["score"]["before"]) == (f"{BASE}id/service/passport", [], None)
    assert dry["score"]["after"] > 0
    refused = face.change(f'deleteOrganisation(iri: "{INTERIOR}", dryRun: true)', selection)
    assert (refused["committed"], refused["dryRun"]) == (False, True)
    assert {problem["code"] for problem in refused["problems"]} == {"FINDING"}
    assert VISA in {problem["entity"]["iri"] for problem in refused["problems"]}


def test_a_stale_expectation_is_a_problem_with_the_revision_there_is(face: Face) -> None:
    patch = 'updateService(iri: "{0}", expectedRevision: {1}, patch: {{ identifier: "{2}" }})'
    selection = f"committed entity {{ revision identifier }} {PROBLEMS}"
    assert face.change(patch.format(VISA, 1, "a"), selection)["entity"] == {"revision": 2, "identifier": "a"}
    stale = face.change(patch.format(VISA, 1, "b"), selection)
    assert stale["committed"] is False
    (problem,) = stale["problems"]
    assert (problem["code"], problem["revision"], problem["entity"]) == ("STALE", 2, {"iri": VISA})
    assert stale["entity"] == {"revision": 2, "identifier": "a"}
    other = f"{BASE}id/service/visas"
    assert face.change(patch.format(other, 1, "c"), selection)["committed"] is True, "an unrelated edit is no conflict"
    gone = face.change(patch.format(f"{BASE}id/service/no", 1, "d"), selection)
    assert [problem["code"] for problem in gone["problems"]] == ["NOT_FOUND"]


def test_a_request_that_is_repeated_under_its_key_is_made_once(face: Face) -> None:
    add = f'updateService(iri: "{VISA}", idempotencyKey: "k", patch: {{ channels: {{ add: {{ type: %s }} }} }})'
    selection = f"committed revision entity {{ channels {{ iri }} }} {PROBLEMS}"
    first, again = (face.change(add % "PHONE", selection) for _ in range(2))
    assert first == again
    assert (first["committed"], first["revision"], len(first["entity"]["channels"])) == (True, 2, 1)
    other = face.change(add % "OFFICE", selection)
    assert (other["committed"], [p["code"] for p in other["problems"]]) == (False, ["KEY_REUSED"])


def test_withdrawal_merging_and_deletion_reach_what_they_should(face: Face) -> None:
    visas = f"{BASE}id/service/visas"
    merged = face.change(
        f'mergeService(duplicate: "{visas}", into: "{VISA}", expectedRevision: 1)',
        f"committed iri entity {{ iri needsBlocks {{ slug }} }} {PROBLEMS}",
    )
    assert (merged["committed"], merged["iri"]) == (True, VISA), merged
    assert merged["entity"]["needsBlocks"] == [{"slug": "identity"}]
    assert face.change(f'deleteService(iri: "{visas}")', PROBLEMS)["problems"][0]["code"] == "NOT_FOUND"
    withdrawn = face.change(f'withdrawService(iri: "{VISA}")', "committed entity { publicationStatus { name } }")
    assert withdrawn == {"committed": True, "entity": {"publicationStatus": {"name": "DRAFT"}}}
    assert face.public('{ service(slug: "visa") { iri } }') == {"service": None}
    deleted = face.change(f'deleteService(iri: "{VISA}")', "committed iri entity { iri } score { after }")
    assert deleted == {"committed": True, "iri": VISA, "entity": None, "score": {"after": None}}


def test_an_entry_is_not_made_twice(face: Face) -> None:
    made = face.change('createService(input: { slug: "visa" })', f"committed iri {PROBLEMS}")
    assert (made["committed"], made["problems"][0]["code"]) == (False, "NOT_POSSIBLE")


def test_an_answer_says_its_revision_and_the_next_request_may_demand_it(face: Face) -> None:
    answer = face.post(f'mutation {{ updateService(iri: "{VISA}", patch: {{ identifier: "x" }}) {{ committed }} }}')
    assert answer.headers["govgraph-revision"] == "2"
    assert "no-store" in answer.headers["cache-control"]
    assert "Authorization" in answer.headers["vary"]
    asked = {"query": '{ service(slug: "visa") { iri } }'}
    demand = {"govgraph-minimum-revision": "2"}
    own = {"authorization": f"Bearer {face.tokens['steward']}", "govgraph-view": "working"}
    seen = face.client.post("/graphql", json=asked, headers=demand | own)
    assert (seen.status_code, seen.headers["govgraph-revision"]) == (200, "2")
    # A stranger's answer waits for it too, and does not say that somebody worked on a draft.
    stranger = face.client.post("/graphql", json=asked, headers=demand)
    assert (stranger.status_code, stranger.headers["govgraph-revision"]) == (200, "1")


def test_no_token_no_mutation(face: Face) -> None:
    query = f'mutation {{ updateService(iri: "{VISA}", patch: {{ identifier: "x" }}, dryRun: true) {{ committed }} }}'
    for accept in (NEW, "application/json"):
        answer = face.post(query, who="", accept=accept)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert "data" not in answer.json()
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    wrong = face.client.post("/graphql", json={"query": query}, headers={"authorization": "Bearer nobody"})
    assert wrong.status_code == 401
    headers = {"authorization": f"Bearer {face.tokens['steward']}"}
    by_get = face.client.get("/graphql", params={"query": query}, headers=headers)
    assert (by_get.status_code, by_get.headers["allow"]) == (405, "POST")


def test_who_may_not_is_told_so_beside_what_others_did(face: Face) -> None:
    query = f"""mutation {{ a: updateService(iri: "{VISA}", patch: {{ identifier: "x" }}) {{ committed }}
      b: createService(input: {{ slug: "tax" {READY.replace(INTERIOR, FINANCE)} }}) {{ committed }} }}"""
    answer = face.post(query, "finance").json()
    assert answer["data"] == {"a": None, "b": {"committed": True}}
    assert [(e["path"], e["extensions"]["code"]) for e in answer["errors"]] == [(["a"], "FORBIDDEN")]
    answer = face.post(query, "reader").json()
    assert answer["data"] == {"a": None, "b": None}
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"FORBIDDEN"}


def test_a_part_of_another_organisation_cannot_be_changed_through_ones_own_entry(face: Face) -> None:
    added = face.change(
        f'updateService(iri: "{VISA}", patch: {{ channels: {{ add: {{ type: PHONE }} }} }})',
        "entity { channels { iri } }",
    )
    part = added["entity"]["channels"][0]["iri"]
    made = face.change(
        f'createService(input: {{ slug: "tax" {READY.replace(INTERIOR, FINANCE)} }})', "committed iri", "finance"
    )
    patch = f'updateService(iri: "{made["iri"]}", patch: {{ channels: {{ %s }} }})'
    stolen = face.change(patch % f'update: {{ iri: "{part}", type: OFFICE }}', f"committed {PROBLEMS}", "finance")
    assert (stolen["committed"], stolen["problems"][0]["code"]) == (False, "NOT_FOUND")
    seen = face.post(f'{{ entity(iri: "{part}") {{ ... on Channel {{ type {{ name }} }} }} }}').json()["data"]
    assert seen == {"entity": {"type": {"name": "PHONE"}}}
