"""History on pages and for programs: who changed what, when and why; and what the address of a lost entry answers."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pyoxigraph
import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat
from starlette.testclient import TestClient

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, service
from govgraph.access import Author, Role
from govgraph.access.tokens import Tokens
from govgraph.change import Change
from govgraph.change.departing import Delete, Withdraw
from govgraph.change.edits import Edit, Entry, Values
from govgraph.change.lifecycle import Publish
from govgraph.change.loading import Load
from govgraph.change.uniting import Merge
from govgraph.contract import Contract
from govgraph.gate.writer import LocalWriter
from govgraph.iris import DCT, DCT_TITLE, PREFIXES, RDF_TYPE, Names, name
from govgraph.settings import read
from govgraph.store.embedded import DiskStore
from govgraph.web.app import build_app

NAMES = Names(BASE)
INTERIOR = NAMES.entity("organisation", "interior")
PASSPORT, PERMIT, DOUBLE, LICENCE, DRAFT = (
    NAMES.entity("service", slug) for slug in ("passport", "permit", "double", "licence", "draft")
)
COST = NAMES.entity("cost", "passport-counter")
CV, GOV = PREFIXES["cv"], PREFIXES["gov"]
STEWARD = Author("ana", Role.STEWARD, INTERIOR, "Ana Silva")
PAGE = {"accept": "text/html"}
MANY = 120


@dataclass(frozen=True)
class Site:
    """A served catalogue with a past. ``get`` reads what is public, ``see`` the working view."""

    client: TestClient
    token: str
    directory: Path

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers)

    def see(self, path: str, **headers: str) -> httpx.Response:
        path += ("&" if "?" in path else "?") + "view=working"
        return self.client.get(path, headers={"authorization": f"Bearer {self.token}", **headers})


def titled(node: NamedNode, text: str, language: str = "en") -> Entry:
    return Entry(node, (Values(DCT_TITLE, (Literal(text, language=language),), language),))


def priced(value: str, *, new: bool = False) -> Entry:
    terms = (Values(name(CV, "hasValue"), (Literal(value, datatype=name(PREFIXES["xsd"], "double")),)),)
    type_ = (Values(RDF_TYPE, (name(CV, "Cost"),)),) if new else ()
    return Entry(COST, (*type_, *terms), new=new)


def changes() -> Iterator[tuple[tuple[Edit, ...], str]]:
    """The past, from revision 2 on."""
    yield (titled(PASSPORT, "Passport and card"),), "A <better> title"
    yield (Publish(PASSPORT),), "Out with it"
    yield (titled(DRAFT, "Secret plans"),), "Hush"
    yield (Entry(PASSPORT, (Values(name(CV, "hasCost"), (COST,)),)), priced("25", new=True)), "The fee"
    yield (priced("30"),), "A higher fee"
    yield (Publish(PASSPORT),), ""
    yield (Delete(PERMIT, PASSPORT),), "Gone"
    yield (Merge(DOUBLE, PASSPORT),), "The same"
    yield (Withdraw(LICENCE),), "Not ready"
    yield tuple(titled(NAMES.entity("service", f"many-{n}"), f"Renamed {n}") for n in range(MANY)), "All of them"


@pytest.fixture(scope="module")
def site(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("history")
    draft = service("draft", "Secret plan").replace("code:Published", "code:Draft")
    many = "".join(service(f"many-{n}", f"Many {n}") for n in range(MANY))
    source = directory / "data.ttl"
    four = "".join(service(slug, slug.title()) for slug in ("passport", "permit", "double", "licence"))
    source.write_text(TURTLE_PREFIXES + ORGANISATION + four + draft + many, "utf-8")
    settings = read({}, data=directory / "data", page_size=3)
    store = DiskStore.of(settings)
    load = Load(store, contract)
    load.read_rdf(source)
    load.finish()
    store.close()
    writer = LocalWriter(settings, contract)
    for number, (edits, reason) in enumerate(changes(), 2):
        assert writer.submit(Change(edits, STEWARD, "graphql", reason)).revision == number
    writer.snapshot()
    token = Tokens(settings.data / "access").create(Role.READER, None, "reader", None)
    with TestClient(build_app(settings, writer), base_url=BASE, follow_redirects=False) as client:
        yield Site(client, token, settings.data)
    writer.close()


def headings(page: str) -> list[str]:
    return [re.sub(r"<[^>]+>", "", text).strip() for text in re.findall(r"<h2[^>]*>(.*?)</h2>", page, re.DOTALL)]


def test_the_list_begins_with_the_newest_revision_and_leads_on(site: Site) -> None:
    first = site.get("/revisions?format=json").json()
    assert [one["revision"] for one in first["revisions"]] == [10, 9, 8]
    second = site.get(f"{first['older']}").json()
    assert [one["revision"] for one in second["revisions"]] == [7, 3]
    assert second["older"] is None
    assert site.get(second["newer"]).json()["revisions"] == first["revisions"]


def test_a_page_says_who_when_what_and_why_in_the_language_of_the_reader(site: Site) -> None:
    english = site.see("/revisions?lang=en&first=50").text
    assert 'data-label="Why"' in english
    assert "A &lt;better&gt; title" in english
    assert re.search(r'<time datetime="20\d\d-[^"]+">[A-Z][a-z]+ \d+, 20\d\d,? (?:at )?\d', english)
    french = site.see("/revisions?lang=fr&first=50").text
    assert "Aucune raison donnée" in french
    assert re.search(r"<time [^>]+>\d+ [a-zéû]+ 20\d\d,? (?:à )?\d", french)
    assert "and more than 97 others" in english
    assert "et plus de 97 autres" in french


def test_authors_have_pseudonyms(site: Site) -> None:
    pseudonym = NAMES.agent("ana").value.rpartition("/")[2]
    for answer in (site.see("/revisions?first=50"), site.see("/revision/2"), site.see("/revision/2.ttl")):
        assert pseudonym[:8] in answer.text
        assert "Ana Silva" not in answer.text
    moved = site.get(f"/agent/{pseudonym}?lang=fr")
    assert (moved.status_code, moved.headers["location"]) == (303, f"/revisions?lang=fr&agent={pseudonym}")
    assert len(site.get(f"/revisions?agent={pseudonym}&first=50&format=json").json()["revisions"]) == 5
    assert site.get("/agent/0123456789abcdef").status_code == 404


@pytest.mark.parametrize("named", ["service/passport", PASSPORT.value])
def test_the_list_can_be_of_one_entity_or_organisation(site: Site, named: str) -> None:
    said = site.client.get("/revisions", params={"entity": named, "format": "json", "first": "50"}).json()
    assert [one["revision"] for one in said["revisions"]][-2:] == [7, 3]
    ours = site.get("/revisions?organisation=interior&format=json&first=50").json()
    assert len(ours["revisions"]) == 5
    assert site.get("/revisions?organisation=other&format=json").json()["revisions"] == []
    assert site.get("/revisions?who=ana").status_code == 400
    assert site.get("/revisions?agent=a%20b").status_code == 400


def test_a_revision_shows_what_changed_of_each_property(site: Site) -> None:
    (changed,) = site.get("/revision/3.json").json()["changes"]
    assert changed["iri"] == PASSPORT.value
    (line,) = changed["properties"]
    assert line["property"] == "title"
    assert line["removed"] == [{"type": "literal", "value": "Passport", "xml:lang": "en"}]
    assert line["added"] == [{"type": "literal", "value": "Passport and card", "xml:lang": "en"}]
    page = site.get("/revision/3?lang=en", **PAGE).text
    assert headings(page)[0] == "Passport and card"
    assert re.search(r"Removed: </span><del>Passport</del>", page)
    assert re.search(r"Added: </span><ins>Passport and card</ins>", page)
    assert "Out with it" in page


def test_what_a_part_says_is_shown_with_its_owner(site: Site) -> None:
    (changed,) = site.see("/revision/5.json").json()["changes"]
    assert changed["iri"] == PASSPORT.value
    assert changed["properties"] == []
    (part,) = changed["parts"]
    assert (part["iri"], part["events"]) == (COST.value, ["added"])
    assert [line["added"][0]["value"] for line in part["properties"]] == ["25"]
    (changed,) = site.see("/revision/6.json").json()["changes"]
    (part,) = changed["parts"]
    assert part["events"] == []
    assert "30" in site.see("/revision/6").text


def test_a_revision_says_what_became_of_the_whole_entry(site: Site) -> None:
    def events(answer: httpx.Response) -> dict[str, list[str]]:
        return {one["iri"]: one["events"] for one in answer.json()["changes"]}

    assert events(site.see("/revision/3.json"))[PASSPORT.value] == ["updated"]
    assert events(site.see("/revision/8.json"))[PERMIT.value] == ["deleted", "withdrawn"]
    assert events(site.get("/revision/8.json"))[PERMIT.value] == ["withdrawn"]
    assert events(site.see("/revision/10.json"))[LICENCE.value] == ["withdrawn"]
    assert "Permit" in headings(site.get("/revision/8", **PAGE).text)


def test_a_revision_is_provenance_in_every_syntax(site: Site) -> None:
    for suffix, syntax in (("ttl", RdfFormat.TURTLE), ("nt", RdfFormat.N_TRIPLES), ("jsonld", RdfFormat.JSON_LD)):
        answer = site.get(f"/revision/3.{suffix}")
        triples = {quad.triple for quad in pyoxigraph.parse(answer.content, syntax)}
        assert {t.subject for t in triples} == {NAMES.revision(3)}
        assert name(PREFIXES["prov"], "Activity") in {t.object for t in triples}
        assert Literal("Out with it") in {t.object for t in triples if t.predicate == name(DCT, "description")}


@pytest.mark.parametrize("number", ["2", "4", "5", "6", "11", "1", "0", "99", "03", "x", "1e3", "9" * 40])
def test_what_the_public_may_not_know_of_is_not_there(site: Site, number: str) -> None:
    answers = [site.get(f"/revision/{number}{suffix}") for suffix in ("", ".json", ".ttl")]
    assert [answer.status_code for answer in answers] == [404] * 3
    nothing = site.get("/revision/424242")
    assert nothing.text.replace("424242", number[:40]) == answers[0].text


def test_a_draft_shows_in_no_history_of_the_public(site: Site) -> None:
    for path in ("/revisions?first=50", "/revisions?entity=service/draft", "/revisions?first=50&format=json"):
        text = site.get(path).text
        assert [word for word in ("Secret", "Hush", "A higher fee") if word in text] == []
    never = site.get("/revisions?entity=service/never").text
    assert site.get("/revisions?entity=service/draft").text == never.replace("never", "draft")
    assert "Hush" in site.see("/revision/4").text


def test_a_large_revision_is_read_in_pages(site: Site) -> None:
    pages = [site.see(f"/revision/11?format=json&page={n}").json() for n in range(1, 7)]
    assert [len(page["changes"]) for page in pages] == [20] * 6
    assert len({one["iri"] for page in pages for one in page["changes"]}) == MANY
    assert pages[-1]["next"] is None
    assert site.see("/revision/11?page=7").status_code == 404
    assert headings(site.see("/revision/11?page=6&lang=en").text)[0].startswith("Renamed")


def test_a_document_tells_the_last_five_revisions_of_its_entity(site: Site) -> None:
    page = site.see("/doc/service/passport?lang=en", **PAGE).text
    (section,) = re.findall(r'<section class="card" aria-labelledby="history">(.*?)</section>', page, re.DOTALL)
    assert re.findall(r'href="/revision/(\d+)', section) == ["7", "6", "5", "3", "2"]
    assert "A higher fee" in section
    assert "<li>Cost</li>" in section or "<li>Costs</li>" in section
    assert 'href="/revisions?entity=' in section
    public = site.get("/doc/service/passport?lang=fr", **PAGE).text
    (section,) = re.findall(r'<section class="card" aria-labelledby="history">(.*?)</section>', public, re.DOTALL)
    assert "Historique" in section
    assert "A higher fee" not in section
    untouched = site.get("/doc/organisation/interior?lang=en", **PAGE).text
    assert "Unchanged since the catalogue was first loaded." in untouched
    one_of_many = site.see("/doc/service/many-7?lang=en", **PAGE).text
    assert "One of many entries changed together" in one_of_many


def test_a_deleted_entry_is_gone_and_says_what_replaced_it(site: Site) -> None:
    for path in ("/id/service/permit", "/doc/service/permit", "/doc/service/permit.ttl"):
        answer = site.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (410, "application/problem+json")
        assert answer.json()["replacedBy"] == PASSPORT.value
    english, french = (site.get(f"/doc/service/permit?lang={tag}", **PAGE) for tag in ("en", "fr"))
    assert (english.status_code, french.status_code) == (410, 410)
    assert "What replaced it" in english.text
    assert "Ce qui la remplace" in french.text
    assert '<a href="/doc/service/passport?lang=en">' in english.text
    assert "Gone" in english.text


def test_a_withdrawn_entry_is_gone_for_the_public_only(site: Site) -> None:
    assert site.get("/doc/service/licence").status_code == 410
    assert "replacedBy" not in site.get("/id/service/licence").json()
    assert site.see("/doc/service/licence").status_code == 200


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/id/service/double", "/id/service/passport"),
        ("/doc/service/double?lang=fr", "/doc/service/passport?lang=fr"),
        ("/doc/service/double.ttl", "/doc/service/passport.ttl"),
    ],
)
def test_a_merged_entry_leads_to_the_other(site: Site, path: str, to: str) -> None:
    answer = site.get(path)
    assert (answer.status_code, answer.headers["location"]) == (301, to)


def test_a_draft_that_never_was_public_is_as_unknown_as_what_never_was(site: Site) -> None:
    for path in ("/id/service/{}", "/doc/service/{}", "/doc/service/{}.ttl", "/doc?iri=" + BASE + "id/service/{}"):
        for headers in (PAGE, {"accept": "*/*"}):
            draft, never = (site.get(path.format(slug), **headers) for slug in ("draft", "never"))
            assert draft.status_code == never.status_code == 404
            assert draft.text == never.text.replace("never", "draft").replace("service/draft", "service/draft")
            assert {k: v for k, v in draft.headers.items() if k != "content-length"} == {
                k: v for k, v in never.headers.items() if k != "content-length"
            }


def test_without_the_log_history_still_says_who_when_and_which(site: Site, tmp_path: Path) -> None:
    shutil.copytree(site.directory, tmp_path / "data", ignore=shutil.ignore_patterns("log", "live"))
    with TestClient(build_app(read({}, data=tmp_path / "data")), base_url=BASE) as client:
        page = client.get("/revision/3?lang=en", headers=PAGE)
        assert page.status_code == 200
        assert "Entries that changed" in headings(page.text)
        assert client.get("/revision/3.json").json()["changes"] is None
        assert "Out with it" in client.get("/doc/service/passport", headers=PAGE).text
