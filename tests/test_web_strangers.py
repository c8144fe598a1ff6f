"""What strangers write into addresses and what hostile data holds: refused with a reason, and never code or a link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, Seed, service
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.settings import read
from govgraph.store.embedded import DiskStore
from govgraph.web.app import build_app
from govgraph.web.refusal import WORDS

PAGE = {"Accept": "text/html"}
NINES = "9" * 5000
SERVICE = "/doc/service/apply-for-a-building-permit"
SCRIPT = "<script>alert(1)</script>"
HOSTILE = f"""
    ; foaf:homepage <javascript:alert(1)> , <data:text/html,%3Cscript%3Ealert(2)%3C/script%3E> , <vbscript:x>
    ; <https://example.org/terms#to> <javascript:alert(3)> ; dct:language <javascript:alert(4)>
    ; <javascript:alert(5)> "{SCRIPT}" ; <https://example.org/terms#x> "javascript:alert(6)"^^xsd:anyURI
"""


@pytest.fixture(scope="module")
def client(seed: Seed) -> Iterator[TestClient]:
    with TestClient(build_app(read({}, data=seed.directory)), base_url=BASE, follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="module")
def hostile(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A catalogue whose titles, texts and IRIs try to be more than that."""
    directory = tmp_path_factory.mktemp("hostile")
    source = directory / "data.ttl"
    organisation = ORGANISATION.replace('"Interior"@en', f'"{SCRIPT}"@en')
    source.write_text(TURTLE_PREFIXES + organisation + service("evil", f"{SCRIPT} & co", HOSTILE), "utf-8")
    store = DiskStore(directory / "data", BASE)
    load = Load(store, contract)
    load.read_rdf(source)
    assert load.finish().published == 2
    store.close()
    with TestClient(build_app(read({}, data=directory / "data")), base_url=BASE, headers=PAGE) as client:
        yield client


class Markup(HTMLParser):
    """The addresses a page leads to, and what it would run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.code: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.addresses += [given[name] or "" for name in ("href", "src", "action", "formaction") if name in given]
        if tag == "script" and given.get("type") != "application/ld+json":
            self.code.append(tag)
        self.code += [name for name in given if name.startswith("on")]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/service",
        "/organisation",
        "/service?q=<script>",
        "/doc/service/evil",
        "/doc/organisation/interior",
        "/doc?iri=javascript:alert(1)",
        "/doc?iri=data:text/html,%253Cscript%253Ealert(2)%253C/script%253E",
        "/questions/",
        "/questions/blocked_services",
        "/questions/blocked_services?service=<script>alert(1)</script>",
        "/questions/blocked_services?service=javascript:alert(1)",
        "/questions/services_by_level",
        "/validation",
        "/validation?organisation=javascript:alert(1)",
        "/catalog",
        "/sparql?query=SELECT * { ?s ?p ?o }",
        "/nothing-<script>alert(1)</script>",
    ],
)
def test_hostile_data_is_text_on_every_page_and_only_web_addresses_are_links(hostile: TestClient, path: str) -> None:
    page = hostile.get(path)
    assert page.status_code in (200, 400, 404)
    markup = Markup(page.text)
    assert markup.code == []
    assert len(markup.addresses) >= 20
    assert [one for one in markup.addresses if not one.startswith(("/", "#", "http://", "https://"))] == []


def test_a_foreign_thing_outside_the_web_has_a_page_that_shows_its_iri_and_does_not_lead_there(
    hostile: TestClient,
) -> None:
    page = hostile.get("/doc", params={"iri": "javascript:alert(1)"})
    assert page.status_code == 200
    assert "<code>javascript:alert(1)</code>" in page.text
    assert 'href="javascript' not in page.text
    other = hostile.get("/doc", params={"iri": "data:text/html,%3Cscript%3Ealert(2)%3C/script%3E"})
    (title,) = re.findall(r"<h1[^>]*>(.*?)</h1>", other.text)
    assert title == "data:text/html,%3Cscript%3Ealert(2)%3C/script%3E"


@pytest.mark.parametrize("name", ["path", "self", "iri", "suffix", "query", "changes"])
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/id/service/apply-for-a-building-permit", 303),
        ("/questions", 308),
        ("/questions/", 200),
        ("/questions/blocked_services", 400),
        (SERVICE, 200),
        ("/service", 400),
        ("/validation", 400),
        ("/", 200),
        ("/sparql", 400),
        ("/catalog", 200),
    ],
)
def test_no_name_of_a_parameter_is_a_fault(client: TestClient, path: str, name: str, status: int) -> None:
    expected = 200 if (path, name) == ("/sparql", "query") else status
    answer = client.get(f"{path}?{name}=ASK{{}}", headers=PAGE)
    assert answer.status_code == expected
    if status in (303, 308):
        assert f"{name}=ASK" in answer.headers["location"]


@pytest.mark.parametrize(
    "path",
    ["/id/a%20b/x", "/doc/%3Cx%3E/y", "/id/%FF/x", "/id/service/%FF", "/doc/%00/x", "/id/%7B%7D/%22", "/%3Cx%3E"],
)
def test_an_address_that_no_iri_can_be_made_of_is_404(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.get(path, headers=PAGE).status_code == 404


@pytest.mark.parametrize("number", [NINES, "0", "-1", "1.5", "x", "٣", "²", "1e3", " 1"])
@pytest.mark.parametrize(
    "address",
    ["/service?first=", "/validation?page=", "/questions/blocked_services?page=", f"{SERVICE}?links="],
)
def test_a_number_that_is_none_is_refused_wherever_one_is_read(client: TestClient, address: str, number: str) -> None:
    answer = client.get(address + number, headers=PAGE)
    assert answer.status_code == 400
    assert len(answer.text) < 20_000


@pytest.mark.parametrize(
    ("address", "last"),
    [
        ("/validation?page=99999", r"the last one is page \d+"),
        ("/questions/blocked_services?page=77", r"There is no page 77; the last one is page \d+\."),
        (f"{SERVICE}?links=99", "There is no page 99 of what points here"),
    ],
)
def test_a_page_beyond_the_last_is_404_and_claims_nothing(client: TestClient, address: str, last: str) -> None:
    answer = client.get(address, headers={**PAGE, "Accept-Language": "en"})
    assert answer.status_code == 404
    assert re.search(last, answer.text)
    assert "good news" not in answer.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("organisation=a%20b:", "There is no organisation “a b:” here."),
        ("organisation=nobody", "There is no organisation “nobody” here."),
        ("kind=zzz", "building-block"),
        ("severity=zzz", "violation, warning, info"),
        ("property=zzz", "transactionsPerYear"),
        ("knd=service", "kind, severity, organisation, property"),
    ],
)
def test_the_quality_page_refuses_what_it_does_not_know(client: TestClient, query: str, said: str) -> None:
    """Nothing found would read as all is well."""
    page = client.get(f"/validation?{query}", headers={**PAGE, "Accept-Language": "en"})
    assert page.status_code == 400
    assert said in unescape(page.text)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("levl=LEVEL_1", "This list has no filter “levl”."),
        ("transactionsPerYear=abc", "2027"),
        ("level=LEVEL_9", "LEVEL_1"),
    ],
)
def test_a_list_refuses_a_filter_it_does_not_understand(client: TestClient, query: str, said: str) -> None:
    """The whole list would read as the answer."""
    page = client.get(f"/service?{query}", headers={**PAGE, "Accept-Language": "en"})
    assert page.status_code == 400
    assert said in unescape(page.text)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/service/nope", 404),
        ("/nope", 404),
        ("/doc/service/nope", 404),
        ("/doc", 400),
        ("/doc?iri=no iri", 400),
        ("/service?levl=1", 400),
        ("/service?level=zzz", 400),
        ("/service?transactionsPerYear=abc", 400),
        ("/service?after=nonsense", 400),
        ("/service?first=0", 400),
        ("/service?order=colour", 400),
        ("/service?format=pdf", 406),
        (f"{SERVICE}?links=99", 404),
        ("/validation?kind=zzz", 400),
        ("/validation?organisation=zzz", 400),
        ("/validation?page=99999", 404),
        ("/questions/nope", 404),
        ("/questions/blocked_services?page=77", 404),
        ("/questions/blocked_services?colour=red", 400),
        ("/questions/regulations_of_item?item=foo", 400),
        ("/questions/regulations_of_item?date=soon", 400),
        ("/questions/retiring_system?system=", 400),
        ("/sparql?query=SELECT", 400),
        ("/sparql?query=SELECT&query=ASK", 400),
        ("/sparql?update=DROP ALL", 405),
    ],
)
def test_a_french_page_refuses_in_french(client: TestClient, path: str, status: int) -> None:
    """English stands there only as a technical detail, marked as English."""
    page = client.get(path + ("&" if "?" in path else "?") + "lang=fr", headers=PAGE)
    assert page.status_code == status
    assert page.headers["content-type"].startswith("text/html")
    shown = re.search(r'<main id="content".*?</main>', page.text, re.DOTALL)
    assert shown is not None
    main = re.sub(r'<details class="rest"><summary>Détail technique.*?</details>', "", shown.group(0), flags=re.DOTALL)
    refused = re.search(r'<div class="(?:refusal|alert)".*?</div>', main, re.DOTALL)
    assert refused is not None
    assert 'lang="en"' not in refused.group(0)
    text = re.sub(r"<[^>]+>", " ", refused.group(0))
    assert re.search(r"[éèêàç’]|La requête|Il n", text)
    assert not re.search(r"\b(the|is|not|there|give|choose|cannot|known)\b", text, re.IGNORECASE)


def test_a_form_says_what_is_wrong_in_its_own_words(client: TestClient) -> None:
    page = client.get("/questions/regulations_of_item?item=foo&lang=fr", headers=PAGE).text
    alert = page.partition('role="alert"')[2].partition("</div>")[0].replace("\u00a0", " ")
    (label,) = re.findall(r'<label for="p-item">([^<]+?) *<', page)
    assert f'<a href="#p-item">« {label} »' in unescape(alert)
    assert "« foo »" in alert
    assert "RoadmapItem" not in alert


def test_a_french_page_says_where_a_query_is_wrong(client: TestClient) -> None:
    page = client.get("/sparql", params={"query": "SELECT *\n{ ?s ?p }", "lang": "fr"}, headers=PAGE)
    assert re.search(r"<p class=.hint.>Ligne 2, colonne \d+\.</p>", page.text)


def test_every_title_of_a_problem_is_for_people(client: TestClient) -> None:
    titles = [title for title, _ in WORDS.values()]
    assert len(titles) == len(set(titles)) >= 12
    assert all(" " in title for title in titles)
    problem = client.get("/sparql?query=SELECT").json()
    assert problem["title"] == "The query cannot be read"
    assert (
        client.get("/questions/blocked_services.json?colour=red").json()["title"] == "The question cannot be asked so"
    )


@pytest.mark.parametrize("path", [SERVICE, "/ns"])
def test_plain_json_is_json_ld(client: TestClient, path: str) -> None:
    linked = client.get(path, headers={"Accept": "application/ld+json"})
    ways = [
        client.get(path, headers={"Accept": "application/json"}),
        client.get(f"{path}?format=json"),
        client.get(f"{path}.json"),
    ]
    for answer in ways:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.json() == linked.json()
    assert linked.headers["content-type"] == "application/ld+json"


@pytest.mark.parametrize(
    "path",
    ["/", "/service", SERVICE, "/questions/blocked_services", "/validation", "/ns", "/graphql", "/static/style.css"],
)
def test_options_says_what_may_be_done_on_every_page(client: TestClient, path: str) -> None:
    answer = client.options(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert {"GET", "HEAD", "OPTIONS"} <= set(answer.headers["allow"].split(", "))
