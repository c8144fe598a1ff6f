"""One entity written over HTTP: as a whole, on condition, tried first, published, withdrawn, deleted; or refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import httpx
import pyoxigraph
import pytest
from pyoxigraph import NamedNode, RdfFormat
from starlette.testclient import TestClient

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, service
from govgraph.access import Role
from govgraph.access.tokens import Tokens
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.gate.writer import LocalWriter
from govgraph.iris import Names
from govgraph.settings import read
from govgraph.store.embedded import DiskStore
from govgraph.web.app import build_app

NAMES = Names(BASE)
INTERIOR, HEALTH = (NAMES.entity("organisation", slug) for slug in ("interior", "health"))
COST = "; cv:hasCost [ a cv:Cost ; cv:hasValue {value} ; dct:description 'At the counter'@en ]"
TURTLE = "text/turtle"


@dataclass(frozen=True)
class Site:
    """A served catalogue with its writer, and a token of each role."""

    client: TestClient
    tokens: dict[Role, str]
    writer: LocalWriter
    numbers: Iterator[int]

    def send(
        self, method: str, path: str, turtle: str = "", role: Role | None = Role.EDITOR, **headers: str
    ) -> httpx.Response:
        given = {"authorization": f"Bearer {self.tokens[role]}"} if role else {}
        given |= {"content-type": TURTLE} if turtle else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        body = (TURTLE_PREFIXES + turtle).encode() if turtle else None
        answer = self.client.request(method, path, content=body, headers=given)
        self.writer.snapshot()
        return answer

    def see(self, path: str, **headers: str) -> httpx.Response:
        path += ("&" if "?" in path else "?") + "view=working"
        given = {"authorization": f"Bearer {self.tokens[Role.READER]}", **headers}
        return self.client.get(path, headers=given)

    def triples(self, path: str) -> set[pyoxigraph.Triple]:
        return {quad.triple for quad in pyoxigraph.parse(self.see(f"{path}.nt").content, RdfFormat.N_TRIPLES)}


@pytest.fixture(scope="module")
def site(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two organisations, published services of one of them, and a service of the other."""
    directory = tmp_path_factory.mktemp("write")
    source = directory / "data.ttl"
    other = ORGANISATION.replace("interior", "health").replace("INT", "HEA").replace("Int", "Hea")
    theirs = service("vaccine").replace("organisation/interior", "organisation/health")
    ours = service("permit") + "".join(service(f"p{n}", "Passport", COST.format(value="25e0")) for n in range(30))
    source.write_text(TURTLE_PREFIXES + ORGANISATION + other + ours + theirs, "utf-8")
    settings = read({}, data=directory / "data", refresh_seconds=0)
    store = DiskStore.of(settings)
    load = Load(store, contract)
    load.read_rdf(source)
    load.finish()
    store.close()
    tokens = Tokens(settings.data / "access")
    given = {role: tokens.create(role, INTERIOR if role is Role.EDITOR else None, role, None) for role in Role}
    writer = LocalWriter(settings, contract)
    with TestClient(build_app(settings, writer), base_url=BASE, follow_redirects=False) as client:
        yield Site(client, given, writer, count())
    writer.close()


@pytest.fixture
def slug(site: Site) -> str:
    """A published service that no other test touches."""
    return f"p{next(site.numbers)}"


@pytest.fixture
def path(slug: str) -> str:
    return f"/doc/service/{slug}"


def draft(slug: str, title: str = "A draft", more: str = "") -> str:
    return service(slug, title, more).replace("code:Published", "code:Draft")


def test_a_put_creates_what_is_not_there(site: Site) -> None:
    answer = site.send("PUT", "/doc/service/created?lang=en", draft("created", "Brand new"), govgraph_reason="Because")
    assert (answer.status_code, answer.headers["location"]) == (201, "/doc/service/created")
    assert answer.headers["govgraph-revision"] == str(answer.json()["revision"])
    assert "Brand new" in site.see("/doc/service/created").text
    assert site.client.get("/doc/service/created").status_code == 404
    revision = site.see(f"/revision/{answer.json()['revision']}.json").json()
    assert (revision["door"], revision["reason"]) == ("document", "Because")
    assert revision["changed"] == [NAMES.entity("service", "created").value]


def test_a_put_replaces_what_was_said_parts_included(site: Site, slug: str, path: str) -> None:
    before = site.triples(path)
    answer = site.send("PUT", path, service(slug, "Another", COST.format(value="30e0")))
    assert answer.status_code == 200
    after = site.triples(path)
    texts = {str(triple.object) for triple in after}
    assert '"Another"@en' in texts
    assert not any("25" in text or '"Passport"' in text for text in texts)
    assert len(after) == len(before)
    (costs,) = ({t.subject for t in of if "hasValue" in str(t.predicate)} for of in (before | after,))
    assert len(costs) == 2
    changed = site.see(f"/revision/{answer.json()['revision']}.json").json()["changed"]
    assert changed == [NAMES.entity("service", slug).value]


def test_what_is_read_can_be_sent_back_and_changes_nothing(site: Site, path: str) -> None:
    for suffix in ("ttl", "nt", "jsonld", "rdf"):
        document = site.see(f"{path}.{suffix}")
        answer = site.client.put(
            path,
            content=document.content,
            headers={
                "authorization": f"Bearer {site.tokens[Role.EDITOR]}",
                "content-type": document.headers["content-type"],
                "if-match": document.headers["etag"],
            },
        )
        assert answer.status_code == 200, suffix
        assert (answer.json()["removed"], answer.json()["added"]) == (0, 0)
        assert answer.json()["revision"] == site.writer.revision


def test_a_published_entry_stays_as_the_public_knows_it_until_it_is_published_again(
    site: Site, slug: str, path: str
) -> None:
    site.send("PUT", path, service(slug, "Another"))
    assert "Another" not in site.client.get(path).text
    answer = site.send("POST", f"{path}/publish")
    assert answer.status_code == 200
    assert "Another" in site.client.get(path).text


def test_an_entry_can_be_withdrawn_and_deleted_with_what_replaces_it(site: Site, path: str) -> None:
    assert site.send("POST", f"{path}/withdraw?replacedBy=service/permit").status_code == 200
    gone = site.client.get(path)
    assert (gone.status_code, gone.json()["replacedBy"]) == (410, NAMES.entity("service", "permit").value)
    assert site.see(path).status_code == 200
    assert site.send("DELETE", path).status_code == 200
    assert site.see(path).status_code == 410
    assert site.send("DELETE", path).status_code == 404
    assert site.send("POST", "/doc/service/never/publish").status_code == 404


def test_a_tag_of_the_working_view_guards_against_what_came_between(site: Site, slug: str, path: str) -> None:
    tag = site.see(f"{path}.ttl").headers["etag"]
    assert site.send("PUT", "/doc/service/permit", service("permit", "Elsewhere")).status_code == 200
    first = site.send("PUT", path, service(slug, "First"), if_match=tag)
    assert first.status_code == 200
    second = site.send("PUT", path, service(slug, "Second"), if_match=tag)
    assert second.status_code == 412
    assert second.headers["content-type"] == "application/problem+json"
    assert '"First"@en' in {str(triple.object) for triple in site.triples(path)}
    assert site.send("DELETE", path, if_match=tag).status_code == 412
    assert site.send("POST", f"{path}/publish", if_match=tag).status_code == 412
    now = f'"e{first.json()["revision"]}"'
    assert site.send("PUT", path, service(slug, "Third"), if_match=now).status_code == 200


def test_of_several_tags_any_may_match(site: Site, slug: str, path: str) -> None:
    first = site.send("PUT", path, service(slug, "First")).json()["revision"]
    for tags in (f'"e1", "e{first}", "e99999"', f'"other", W/"x-working-y-e{first}"'):
        assert site.send("POST", f"{path}/publish?dryRun=true", if_match=tags).status_code == 200, tags
    assert site.send("PUT", path, service(slug, "Second"), if_match='"e1", "e99999"').status_code == 412


def test_what_is_both_stale_and_wrong_is_stale(site: Site, slug: str, path: str) -> None:
    bad = service(slug).replace("code:Level2", '"two"')
    assert site.send("PUT", path, bad, if_match='"e99999"').status_code == 412
    assert site.send("PUT", path, bad, if_match='"e1"').status_code == 422


def test_a_tag_of_another_view_is_no_proof_of_having_seen_the_draft(site: Site, slug: str, path: str) -> None:
    public = site.client.get(f"{path}.ttl").headers["etag"]
    for tag in (public, '"e99"', '"whatever"', "nonsense"):
        assert site.send("PUT", path, service(slug, "Mine"), if_match=tag).status_code == 412, tag


def test_a_tag_changes_with_the_catalogue_but_its_entity_revision_does_not(site: Site, path: str) -> None:
    document = site.see(f"{path}.ttl")
    tag = document.headers["etag"]
    assert site.see(f"{path}.ttl", **{"if-none-match": tag}).status_code == 304
    site.send("PUT", "/doc/service/permit", service("permit", "Yet elsewhere"))
    again = site.see(f"{path}.ttl").headers["etag"]
    assert again != tag
    assert again.rpartition("-")[2] == tag.rpartition("-")[2]


def test_one_may_ask_to_create_only_or_to_change_only(site: Site, slug: str, path: str) -> None:
    assert site.send("PUT", path, service(slug), if_none_match="*").status_code == 412
    assert site.send("PUT", "/doc/service/conditional", draft("conditional"), if_match="*").status_code == 412
    assert site.send("PUT", "/doc/service/conditional", draft("conditional"), if_none_match="*").status_code == 201
    assert site.send("PUT", "/doc/service/conditional", draft("conditional", "Two"), if_match="*").status_code == 200
    assert site.send("PUT", "/doc/service/conditional", draft("conditional"), if_none_match='"e1"').status_code == 400


def test_a_dry_run_tells_and_leaves_no_trace(site: Site, slug: str, path: str) -> None:
    before, revision = site.triples(path), site.writer.revision
    answer = site.send("PUT", f"{path}?dryRun=true", service(slug, "Tried"))
    assert (answer.status_code, answer.json()["dryRun"], answer.json()["revision"]) == (200, True, revision)
    assert site.triples(path) == before
    assert site.send("DELETE", f"{path}?dryRun=perhaps").status_code == 400


def test_a_retry_with_the_same_key_does_nothing_twice(site: Site) -> None:
    answers = [
        site.send("PUT", "/doc/service/retried", draft("retried"), idempotency_key='"k-1"', if_none_match="*")
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["revision"] == answers[1].json()["revision"]
    other = site.send("PUT", "/doc/service/retried", draft("retried", "Other"), idempotency_key='"k-1"')
    assert (other.status_code, other.json()["type"].rpartition("#")[2]) == (422, "key-reused")


def test_what_may_not_be_introduced_is_refused_with_a_report(site: Site, slug: str, path: str) -> None:
    bad = service(slug).replace("code:Level2", '"two"')
    answer = site.send("PUT", path, bad)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    said = answer.json()
    assert said["accepted"] is False
    assert {finding["severity"] for finding in said["findings"]} == {"violation"}
    assert said["findings"][0]["entity"] == NAMES.entity("service", slug).value
    report = site.send("PUT", path, bad, accept="text/turtle")
    assert report.status_code == 422
    assert "ValidationReport" in report.text
    assert '"two"' not in site.see(f"{path}.nt").text


@pytest.mark.parametrize(
    ("address", "turtle", "status", "words"),
    [
        ("/doc/service/new", draft("other"), 422, "does not say"),
        ("/doc/service/new", draft("new") + draft("other"), 422, "stands in the document"),
        ("/doc/service/new", draft("new", more="; cv:hasCost <id/service/vaccine>") + draft("vaccine"), 422, "stands"),
        ("/doc/service/new", "<id/service/new> a cv:PublicOrganisation .", 422, "does not say"),
        ("/doc/service/new", "<id/service/new> a", 400, "as Turtle"),
        ("/doc/cost/new", "<id/cost/new> a cv:Cost .", 422, "is a part"),
        ("/doc/nothing/new", draft("new"), 404, "no kind"),
        ("/doc/service/new.ttl", draft("new"), 400, "one format"),
    ],
)
def test_a_body_that_cannot_be_meant_is_refused(site: Site, address: str, turtle: str, status: int, words: str) -> None:
    revision = site.writer.revision
    answer = site.send("PUT", address, turtle)
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert site.writer.revision == revision


def test_a_part_of_somebody_else_is_not_taken(site: Site, path: str) -> None:
    (cost,) = {t.subject for t in site.triples(path) if "hasValue" in str(t.predicate)}
    assert isinstance(cost, NamedNode)
    body = draft("new", more=f"; cv:hasCost <{cost.value}>") + f"<{cost.value}> a cv:Cost ; cv:hasValue 1e0 ."
    answer = site.send("PUT", "/doc/service/new", body)
    assert (answer.status_code, "no part of" in answer.text) == (422, True)


def test_other_bodies_than_rdf_are_not_read(site: Site, path: str) -> None:
    headers = {"authorization": f"Bearer {site.tokens[Role.EDITOR]}"}
    for type_ in ("application/pdf", "text/plain", ""):
        answer = site.client.put(path, content=b"x", headers={**headers, "content-type": type_})
        assert answer.status_code == 415
    graph = {"@id": f"{BASE}g", "@graph": [{"@id": f"{BASE}id/service/new", "@type": "http://example.org/x"}]}
    answer = site.client.put(
        path, content=json.dumps(graph), headers={**headers, "content-type": "application/ld+json"}
    )
    assert (answer.status_code, "names a graph" in answer.text) == (400, True)


def test_nobody_writes_without_a_token_or_beyond_their_organisation(site: Site) -> None:
    theirs = service("vaccine", "Ours now")
    for method, path, body in (
        ("PUT", "/doc/service/vaccine", theirs),
        ("DELETE", "/doc/service/vaccine", ""),
        ("POST", "/doc/service/vaccine/publish", ""),
        ("POST", "/doc/service/vaccine/withdraw", ""),
    ):
        assert site.send(method, path, body, role=None).status_code == 401, (method, path)
        assert site.send(method, path, body, role=Role.READER).status_code == 403, (method, path)
        assert site.send(method, path, body, role=Role.EDITOR).status_code == 403, (method, path)
    assert site.send("PUT", "/doc/service/vaccine", theirs, role=Role.STEWARD).status_code == 200


def test_the_address_says_which_methods_it_knows(site: Site, path: str) -> None:
    answer = site.client.patch(path)
    assert answer.status_code == 405
    assert {"GET", "HEAD", "PUT", "DELETE"} <= set(answer.headers["allow"].split(", "))
    assert site.client.get(f"{path}/publish").status_code == 405
