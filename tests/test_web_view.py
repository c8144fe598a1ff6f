"""Who sees what: drafts on no anonymous face, on every face for who has a token, and no cache that mixes the two.

Two catalogues are served that differ in nothing but drafts: whatever a stranger asks, both have to say the same.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.testclient import TestClient

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, service
from govgraph.access import Role
from govgraph.access.tokens import Tokens
from govgraph.catalogue import Audience, View
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.errors import NotFound
from govgraph.question.reading import read as read_questions
from govgraph.settings import read
from govgraph.store.embedded import DiskStore
from govgraph.web import app as composing
from govgraph.web.app import build_app
from govgraph.web.house import House
from govgraph.web.view import COOKIE, remember, view_of

MARK = "Zyxwv"
SLUG = "zyxwv"
DRAFTS = f"""
<id/organisation/{SLUG}-agency> a cv:PublicOrganisation ; skos:prefLabel "{MARK} agency"@en ; dct:identifier "{MARK}" .
<id/service/{SLUG}-draft> a cpsv:PublicService ; dct:title "{MARK} draft"@en ; dct:description "{MARK} text"@en ;
    cv:hasCompetentAuthority <id/organisation/interior> ; gov:digitalisationLevel code:Level2 ;
    cv:hasChannel <id/channel/{SLUG}-channel> ; <https://example.org/{SLUG}> <https://example.org/{SLUG}/thing> .
<id/channel/{SLUG}-channel> a cv:Channel ; dct:description "{MARK} channel"@en .
"""
WORKING = {"view": "working"}
PAGE = {"accept": "text/html", "accept-language": "en"}
SPARQL = (
    f'SELECT * {{ ?s ?p ?o FILTER(CONTAINS(STR(?o), "{MARK}") || CONTAINS(STR(?s), "{SLUG}")) }}',
    f'SELECT * {{ GRAPH ?g {{ ?s ?p ?o FILTER(CONTAINS(STR(?o), "{MARK}") || CONTAINS(STR(?s), "{SLUG}")) }} }}',
    "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
    *(
        f"SELECT (COUNT(*) AS ?n) FROM <{BASE}graph/{graph}> {{ ?s ?p ?o }}"
        for graph in ("working", "system", "report-working", "history-working", "scores-working")
    ),
    f"SELECT (COUNT(*) AS ?n) FROM NAMED <{BASE}graph/working> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    f"ASK {{ GRAPH <{BASE}graph/working> {{ ?s ?p ?o }} }}",
    f"DESCRIBE <{BASE}id/service/{SLUG}-draft>",
    "SELECT (COUNT(*) AS ?n) { ?s a cpsv:PublicService }",
)
GRAPHQL = (
    '{ services(filter: { title: { contains: "' + MARK + '" } }) { totalCount nodes { title { value } } } }',
    "{ services { totalCount nodes { iri title { value } authority { title { value } } } } }",
    "{ organisations { totalCount nodes { iri services { title { value } } } } }",
)


@dataclass(frozen=True)
class Site:
    """A served catalogue, and tokens for it."""

    client: TestClient
    app: Starlette
    directory: Path
    tokens: Mapping[Role, str]

    def get(self, path: str, role: Role | None = None, **headers: str) -> httpx.Response:
        given = {"authorization": f"Bearer {self.tokens[role]}"} if role else {}
        return self.client.get(path, headers={**given, **{k.replace("_", "-"): v for k, v in headers.items()}})


@contextmanager
def served(contract: Contract, directory: Path, turtle: str, **settings: object) -> Iterator[Site]:
    source = directory / "data.ttl"
    source.write_text(TURTLE_PREFIXES + turtle, "utf-8")
    store = DiskStore(directory / "data", BASE)
    load = Load(store, contract)
    load.read_rdf(source)
    assert load.finish().published == 2
    store.close()
    tokens = Tokens(directory / "data" / "access")
    given = {role: tokens.create(role, None, role.value, None) for role in (Role.READER, Role.STEWARD)}
    app = build_app(read({}, data=directory / "data", **settings))
    with TestClient(app, base_url=BASE, follow_redirects=False) as client:
        yield Site(client, app, directory / "data", given)


def add(contract: Contract, beside: Path, data: Path, turtle: str) -> None:
    """Another revision, made by somebody else than the server."""
    source = beside / "more.ttl"
    source.write_text(TURTLE_PREFIXES + turtle, "utf-8")
    store = DiskStore(data, BASE)
    load = Load(store, contract)
    load.read_rdf(source)
    load.finish()
    store.close()


PUBLISHED = ORGANISATION + service("permit")


@pytest.fixture(scope="module")
def site(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(contract, tmp_path_factory.mktemp("drafts"), PUBLISHED + DRAFTS) as site:
        yield site


@pytest.fixture(scope="module")
def bare(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The same without the drafts."""
    with served(contract, tmp_path_factory.mktemp("bare"), PUBLISHED) as site:
        yield site


@pytest.fixture(scope="module")
def closed(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One that nobody reads without a token."""
    with served(contract, tmp_path_factory.mktemp("closed"), PUBLISHED + DRAFTS, read_public="token") as site:
        yield site


# what addresses there are


def routes_of(routes: list[BaseRoute]) -> Iterator[Route]:
    for route in routes:
        if isinstance(route, Route):
            yield route
        elif isinstance(route, Mount) and isinstance(route.app, Router):
            yield from routes_of(route.app.routes)


def paths(app: Starlette, contract: Contract) -> list[str]:
    """Every address of every route that GET reaches, with everything its parameters might stand for."""
    kinds = [kind.slug for kind in contract.entities]
    formats = ["html", "json", "csv", "rq", "ttl", "nt", "jsonld", "rdf", "nq"]
    questions = list(read_questions(contract))
    names = {
        "/id/{kind}/{slug}": {"kind": ["service", "organisation", "channel"]},
        "/doc/{kind}/{slug}": {"kind": ["service", "organisation", "channel"]},
        "/{kind}": {"kind": kinds},
        "/questions/{name}": {"name": [*questions, *(f"{q}.{f}" for q in questions for f in formats[1:4])]},
        "/catalog/{name}.{suffix}": {"name": ["download", *kinds], "suffix": formats[4:]},
    }
    ends = ["permit", "interior", f"{SLUG}-draft", f"{SLUG}-agency", f"{SLUG}-channel"]
    anything = {"slug": [*ends, *(f"{end}.{f}" for end in ends for f in formats[4:])]}
    found: list[str] = []
    for route in routes_of(list(app.routes)):
        if "GET" in (route.methods or ()):
            given = {**anything, **names.get(route.path, {})}
            values = [given.get(name, ["1", "2", f"{SLUG}-draft"]) for name in route.param_convertors]
            for chosen in product(*values):
                path = route.path
                for name, value in zip(route.param_convertors, chosen, strict=True):
                    path = path.replace("{" + name + "}", value)
                found.append(path)
    return list(dict.fromkeys(found))


def asked(contract: Contract) -> list[str]:
    """Addresses with parameters that try to get at drafts."""
    found = [f"/{kind.slug}?q={MARK}" for kind in contract.entities]
    found += [f"/service?{name}={SLUG}-agency" for name in ("authority", "organisation", "owner")]
    found += [f"/service?order={name}" for name in ("title", "-title", "level")]
    found += [f"/doc?iri={BASE}id/service/{SLUG}-draft", f"/doc?iri=https://example.org/{SLUG}/thing"]
    found += ["/doc/organisation/interior?links=2", "/validation?severity=info", "/validation?kind=service&page=2"]
    found += [f"/validation?organisation={end}" for end in (f"{SLUG}-agency", "interior")]
    for question in read_questions(contract).values():
        for parameter in question.parameters:
            found.append(f"/questions/{question.name}.json?{parameter.name}={SLUG}-draft")
            found.append(f"/questions/{question.name}?{parameter.name}={SLUG}-agency")
    for query in SPARQL:
        found.append(str(httpx.URL("/sparql", params={"query": query})))
        found.append(str(httpx.URL("/sparql", params={"query": query, "default-graph-uri": f"{BASE}graph/working"})))
    found += [str(httpx.URL("/graphql", params={"query": query})) for query in GRAPHQL]
    return found


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:[+-]\d\d:?\d\d|Z)?|\w+ \d+, \d{4}(?: at|,) [\d:  ]+\S* ?UTC")
_CHANGING = ("last-modified", "server-timing", "date", "content-length")


def said(answer: httpx.Response) -> tuple[object, ...]:
    """What an answer says, but for when its catalogue was loaded and how long the answer took."""
    headers = sorted((k, v) for k, v in answer.headers.items() if k not in _CHANGING)
    return answer.status_code, headers, _MOMENT.sub("T", answer.text)


@pytest.mark.parametrize("accept", ["text/html", "application/json", "text/turtle"])
def test_a_stranger_cannot_tell_whether_there_are_drafts(
    site: Site, bare: Site, contract: Contract, accept: str
) -> None:
    everything = [*paths(site.app, contract), *asked(contract)]
    assert len(everything) > 400
    statuses: Counter[int] = Counter()
    for path in everything:
        answers = [one.get(path, accept=accept) for one in (site, bare)]
        assert said(answers[0]) == said(answers[1]), path
        statuses[answers[0].status_code] += 1
    assert statuses[200] > 100
    assert not [status for status in statuses if status >= 500]


def test_a_stranger_who_posts_cannot_tell_either(site: Site, bare: Site) -> None:
    for one, other in (
        [site.client.post("/graphql", json={"query": query}), bare.client.post("/graphql", json={"query": query})]
        for query in GRAPHQL
    ):
        assert said(one) == said(other)
        assert "errors" not in one.json()
    for query in SPARQL:
        given: dict[str, Any] = {"data": {"query": query, "named-graph-uri": f"{BASE}graph/working"}}
        assert said(site.client.post("/sparql", **given)) == said(bare.client.post("/sparql", **given))


_OF_A_DRAFT = f"{BASE}id/service/{SLUG}-draft"
GRAPHQL_IN_EVERY_WAY = (
    *GRAPHQL,
    f'{{ node(id: "{_OF_A_DRAFT}") {{ id }} entity(iri: "{_OF_A_DRAFT}") {{ iri kind label {{ value }} score }} }}',
    f'{{ services(filter: {{ iri: {{ in: ["{_OF_A_DRAFT}"] }} }}) {{ totalCount nodes {{ iri }} }} }}',
    f'{{ services(filter: {{ not: {{ title: {{ contains: "{MARK}" }} }} }}) '
    "{ totalCount pageInfo { endCursor } } }",
    *(
        f'{{ organisations(filter: {{ services: {{ {one}: {{ title: {{ contains: "{MARK}" }} }} }} }}) '
        "{ totalCount } }"
        for one in ("some", "every", "none")
    ),
    "{ organisations(filter: { services: { isMissing: true } }) { totalCount } }",
    *(
        f"{{ services({way}: 1, orderBy: [{{ {key} }}, {{ label: DESC }}]) "
        "{ totalCount edges { cursor node { iri revision history { nodes { revision at reason agent } } } } "
        "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
        for way in ("first", "last")
        for key in ("title: ASC", "authority: { label: DESC }", "level: DESC", "label: ASC")
    ),
    "{ organisations { nodes { services(first: 9) { iri } servicesConnection { totalCount edges { cursor } } } } }",
    "{ servicesAggregate { count groupCount(by: AUTHORITY) "
    "groups(by: AUTHORITY) { count key { value label { value } } } } }",
    "{ organisationsAggregate { count groups(by: IDENTIFIER) { count key { value } } } }",
    *(
        f'{{ search(text: "{text}") '
        "{ totalCount isCapped edges { cursor score node { iri } highlights { text } } } }"
        for text in (MARK, MARK[:3], f"{MARK[:-1]}q", "what it does", "text", "channel draft agency", "permit interior")
    ),
    f'{{ services(filter: {{ search: "{MARK} what" }}) {{ totalCount }} }}',
    f'{{ revisions {{ nodes {{ revision at changes {{ iri change entity {{ iri }} }} complete cursor }} }} '
    f'a: revisions(entity: "{_OF_A_DRAFT}") {{ nodes {{ revision }} }} }}',
    "{ catalogue { revision score counts { kind count } findings { totalCount nodes { message entity { iri } } } } }",
    f'{{ _entities(representations: [{{ __typename: "Service", iri: "{_OF_A_DRAFT}" }}]) {{ __typename }} }}',
    f'{{ organisation(slug: "{SLUG}-agency") {{ iri }} service(slug: "{SLUG}-draft") {{ iri }} '
    f'channel: entity(iri: "{BASE}id/channel/{SLUG}-channel") {{ __typename label {{ value }} }} }}',
)  # fmt: skip
_TOOK = re.compile(r'"(milliseconds|seconds)":[\d.e-]+')


@pytest.mark.parametrize("way", ["get", "post", "explain", "price"])
def test_a_stranger_who_asks_graphql_in_every_way_cannot_tell(site: Site, bare: Site, way: str) -> None:
    """Twice each: what was kept for the first must not tell either."""
    assert len(GRAPHQL_IN_EVERY_WAY) >= 30
    for query in GRAPHQL_IN_EVERY_WAY * 2:
        answers = []
        for one in (site, bare):
            body = {"query": query, "extensions": {"explain": True}} if way == "explain" else {"query": query}
            headers = {"govgraph-price": "yes"} if way == "price" else {}
            if way == "get":
                answers.append(one.client.get("/graphql", params=body))
            else:
                answers.append(one.client.post("/graphql", json=body, headers=headers))
        first, second = ((*said(answer)[:2], _TOOK.sub("T", str(said(answer)[2]))) for answer in answers)
        assert first == second, query
        assert answers[0].status_code == 200
        assert "errors" not in answers[0].json(), answers[0].text


def test_who_may_know_of_drafts_is_told_of_them_in_those_ways(site: Site, bare: Site) -> None:
    told = 0
    for query in GRAPHQL_IN_EVERY_WAY:
        answers = []
        for one in (site, bare):
            headers = {"authorization": f"Bearer {one.tokens[Role.READER]}", "govgraph-view": "working"}
            answers.append(one.client.post("/graphql", json={"query": query}, headers=headers))
            assert "errors" not in answers[-1].json(), answers[-1].text
        told += said(answers[0])[2] != said(answers[1])[2]
    assert told >= 25


def test_a_stranger_may_not_ask_for_drafts_wherever_they_ask(site: Site, contract: Contract) -> None:
    refused = 0
    for path in [*paths(site.app, contract), *asked(contract)]:
        if path == "/healthz":
            continue
        named = site.get(str(httpx.URL(path).copy_merge_params(WORKING)), accept="*/*")
        headed = site.get(path, accept="*/*", govgraph_view="working")
        for answer in (named, headed):
            assert answer.status_code in (401, 404, 400, 308, 406), path
            assert MARK not in answer.text or MARK in path, path
            refused += answer.status_code == 401
    assert refused > 500


FACES = (
    "/service",
    "/organisation",
    f"/service?q={MARK}",
    f"/doc/service/{SLUG}-draft",
    f"/doc/service/{SLUG}-draft.ttl",
    f"/doc/channel/{SLUG}-channel",
    f"/doc?iri=https://example.org/{SLUG}/thing",
    "/doc/organisation/interior",
    "/validation",
    "/catalog/service.ttl",
    "/catalog/download.nt",
    "/catalog/download.nq",
    str(httpx.URL("/sparql", params={"query": SPARQL[0]})),
    str(httpx.URL("/graphql", params={"query": GRAPHQL[0]})),
    str(httpx.URL("/graphql", params={"query": GRAPHQL[1]})),
    "/questions/services_without_event.json",
)


@pytest.mark.parametrize("path", FACES)
def test_who_has_a_token_sees_drafts_where_they_ask_for_them_and_nowhere_else(site: Site, path: str) -> None:
    named = site.get(str(httpx.URL(path).copy_merge_params(WORKING)), Role.READER, accept="*/*")
    headed = site.get(path, Role.READER, accept="*/*", govgraph_view="working")
    plain = site.get(path, Role.READER, accept="*/*")
    seen = f"{SLUG}-draft" if path.startswith("/questions") else f"{MARK} "
    for answer in (named, headed):
        assert answer.status_code == 200
        assert seen in answer.text
        assert answer.headers["cache-control"].startswith("private")
        assert "Authorization" in answer.headers["vary"]
    assert seen not in plain.text


def test_sparql_reads_the_working_graphs_with_a_token_alone(site: Site) -> None:
    count = f"SELECT (COUNT(*) AS ?n) FROM <{BASE}graph/working> {{ ?s ?p ?o }}"
    headers = {"authorization": f"Bearer {site.tokens[Role.READER]}", "accept": "application/sparql-results+json"}

    def counted(query: str, **more: str) -> int:
        answer = site.client.post("/sparql", params=more, data={"query": query}, headers=headers)
        return int(answer.json()["results"]["bindings"][0]["n"]["value"])

    assert counted(count) == 0
    assert counted(count, **WORKING) > 0
    assert counted(f"SELECT (COUNT(*) AS ?n) FROM <{BASE}graph/system> {{ ?s ?p ?o }}", **WORKING) == 0


def test_the_health_of_a_server_is_no_secret_even_where_its_catalogue_is(closed: Site) -> None:
    assert closed.get("/healthz").json()["revision"] == 1


def test_where_the_settings_say_so_nobody_reads_without_a_token(closed: Site, contract: Contract) -> None:
    refused = 0
    for path in [*paths(closed.app, contract), *asked(contract)]:
        answer = closed.get(path, accept="application/json")
        if path != "/healthz":
            assert answer.status_code in (401, 404, 400, 308, 406), path
            assert "permit" not in answer.text or "permit" in path, path
            refused += answer.status_code == 401
    assert refused > 200
    assert closed.get("/service", Role.READER).status_code == 200
    assert closed.get("/service", Role.READER).headers["cache-control"] == "private, no-cache"
    assert f"{MARK} " not in closed.get("/service", Role.READER).text


# caches


@pytest.mark.parametrize("path", [path for path in FACES if SLUG not in path])
def test_tags_of_the_views_differ_and_neither_is_taken_for_the_other(site: Site, path: str) -> None:
    public = site.get(path, Role.READER, accept="*/*")
    working = site.get(path, Role.READER, accept="*/*", govgraph_view="working")
    assert (public.status_code, working.status_code) == (200, 200)
    tags = [answer.headers["etag"] for answer in (public, working)]
    assert tags[0] != tags[1]
    assert site.get(path, accept="*/*", if_none_match=tags[1]).status_code == 200
    again = site.get(path, Role.READER, accept="*/*", govgraph_view="working", if_none_match=tags[1])
    assert again.status_code == 304
    assert again.headers["cache-control"].startswith("private")
    assert site.get(path, Role.READER, accept="*/*", govgraph_view="working", if_none_match=tags[0]).status_code == 200


def test_a_file_made_for_one_view_is_not_given_to_the_other(site: Site) -> None:
    mine = site.get("/catalog/organisation.nt?view=working", Role.READER)
    theirs = site.get("/catalog/organisation.nt")
    assert (MARK in mine.text, MARK in theirs.text) == (True, False)
    assert MARK in site.get("/catalog/organisation.nt?view=working", Role.READER).text


def test_open_answers_stay_as_they_were(site: Site) -> None:
    answer = site.get("/service", accept="text/html")
    assert answer.headers["cache-control"] == "no-cache"
    assert "Authorization" not in answer.headers["vary"]


# who one is


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


ANYWHERE = ("/", "/service", "/doc/service/permit", "/ns", "/catalog", "/sparql", "/graphql?query={__typename}")


@pytest.mark.parametrize("path", ANYWHERE)
@pytest.mark.parametrize(
    "header", ["Bearer gov_" + "x" * 43, "Bearer a.b.c", "Bearer", "Bearer  ", "Basic YTpi", "gov_abc", "Bearer é"]
)
def test_a_token_that_is_not_valid_is_refused_on_every_face(site: Site, path: str, header: str) -> None:
    answer = site.client.get(path, headers={"authorization": header.encode(), "accept": "application/json"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="govgraph", error="invalid_token"'
    assert answer.headers["cache-control"] == "no-store"


def test_a_refusal_is_a_problem_for_programs_and_a_page_for_people(site: Site) -> None:
    problem = site.get("/service?view=working", accept="application/json")
    assert problem.status_code == 401
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.headers["www-authenticate"] == 'Bearer realm="govgraph"'
    assert problem.json()["type"].endswith("#unauthorised")
    page = site.get("/service?view=working&lang=fr", accept="text/html")
    assert page.status_code == 401
    assert "jeton" in page.text
    assert 'href="/organisation?lang=fr"' in page.text, "the way on is to what anyone may see"


def test_graphql_refuses_in_the_form_of_its_errors(site: Site) -> None:
    answer = site.client.post("/graphql?view=working", json={"query": "{ __typename }"})
    assert answer.status_code == 401
    assert "www-authenticate" in answer.headers
    assert "data" not in answer.json()
    assert answer.json()["errors"][0]["extensions"]["code"]


def test_the_scheme_is_written_in_any_case(site: Site) -> None:
    header = {"authorization": f"bearer {site.tokens[Role.READER]}"}
    assert site.client.get("/service?view=working", headers=header).status_code == 200


def test_two_tokens_are_one_too_many(site: Site) -> None:
    headers = [("authorization", f"Bearer {text}") for text in site.tokens.values()]
    assert site.client.get("/service", headers=headers).status_code == 400


@pytest.mark.parametrize("name", ["access_token", "token", "q"])
def test_a_token_in_an_address_is_refused_and_repeated_nowhere(site: Site, name: str) -> None:
    text = site.tokens[Role.READER]
    for accept in ("text/html", "application/json"):
        answer = site.get(f"/service?{name}={text}", accept=accept)
        assert answer.status_code == 400
        assert name != "access_token" or text not in answer.text
    assert site.get("/service?access_token=anything").status_code == 400


def test_a_token_taken_back_counts_no_longer_while_the_server_runs(site: Site) -> None:
    tokens = Tokens(site.directory / "access")
    text = tokens.create(Role.READER, None, "short", datetime.now(UTC) + timedelta(hours=1))
    id_ = next(token.id for token in tokens.list() if token.label == "short")
    assert site.client.get("/service?view=working", headers=bearer(text)).status_code == 200
    tokens.revoke(id_)
    assert site.client.get("/service?view=working", headers=bearer(text)).status_code == 401


def test_failures_are_audited_without_what_was_tried(site: Site) -> None:
    log = site.directory / "access" / "audit.log"
    before = len(log.read_text("utf-8").splitlines()) if log.exists() else 0
    secret = "gov_" + "s" * 43
    # A server of its own: the other one has heard so much from strangers that it only counts them.
    with TestClient(build_app(read({}, data=site.directory)), base_url=BASE) as client:
        client.get("/sparql?query=ASK{}", headers=bearer(secret))
        client.get("/service?view=working")
        client.post("/graphql", json={"query": "{__typename}"}, headers=bearer(secret))
    noted = [json.loads(line) for line in log.read_text("utf-8").splitlines()[before:]]
    assert [(line["door"], line["outcome"]) for line in noted] == [
        ("sparql", "unauthorised"),
        ("page", "unauthorised"),
        ("graphql", "unauthorised"),
    ]
    assert secret not in log.read_text("utf-8")
    assert not any(text in log.read_text("utf-8") for text in site.tokens.values())


def test_scripts_of_other_sites_may_send_a_token_they_hold(site: Site) -> None:
    headers = {
        "origin": "https://elsewhere.example",
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization",
    }
    answer = site.client.options("/service", headers=headers)
    assert answer.status_code == 200
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in answer.headers


# pages


def test_links_and_forms_carry_the_view_on(site: Site) -> None:
    page = site.get("/service?view=working&lang=fr", Role.READER, accept="text/html").text
    assert f'href="/doc/service/{SLUG}-draft?lang=fr&amp;view=working"' in page
    assert '<input type="hidden" name="view" value="working">' in page
    assert "catalogue de travail" in page
    assert 'href="/service?view=public&amp;lang=fr"' in page
    moved = site.get(f"/id/service/{SLUG}-draft?view=working", Role.READER)
    assert moved.headers["location"] == f"/doc/service/{SLUG}-draft?view=working"


def test_by_header_links_stay_as_they_are_and_the_page_still_says_what_it_shows(site: Site) -> None:
    page = site.get("/", Role.READER, accept="text/html", govgraph_view="working").text
    assert "working catalogue" in page
    assert "view=working" not in page
    named = site.get("/?view=working", Role.READER, accept="text/html").text
    assert 'href="/service?view=working"' in named
    assert "working catalogue" not in site.get("/", Role.READER, accept="text/html").text


@pytest.mark.parametrize("path", ["/service?view=all", "/?view=Working", "/validation?view=system"])
def test_a_view_nobody_knows_is_a_bad_request(site: Site, path: str) -> None:
    assert site.get(path, Role.READER).status_code == 400


# the least revision


def test_a_revision_that_is_there_is_answered_at_once(site: Site) -> None:
    assert site.get("/service", govgraph_minimum_revision="1").status_code == 200
    assert site.get("/service", cookie=f"{COOKIE}=1").status_code == 200
    assert site.get("/service", cookie=f"{COOKIE}=nonsense").status_code == 200
    assert site.get("/service", govgraph_minimum_revision="soon").status_code == 400


@pytest.mark.parametrize("how", ["header", "cookie"])
def test_a_revision_that_does_not_come_is_refused_after_a_while(contract: Contract, tmp_path: Path, how: str) -> None:
    with served(contract, tmp_path, PUBLISHED, revision_wait_seconds=0.05) as site:
        given = {"govgraph_minimum_revision": "9"} if how == "header" else {"cookie": f"{COOKIE}=9"}
        answer = site.get("/service", accept="application/json", **given)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["type"].endswith("#revision-away")
        assert site.get("/healthz", **given).status_code == 200


def test_a_request_waits_for_the_revision_it_demands(contract: Contract, tmp_path: Path) -> None:
    """Over a real server: it is answered once the revision is written, and others are answered meanwhile."""
    with served(contract, tmp_path, PUBLISHED, revision_wait_seconds=30) as site, listening(site.app) as address:
        answers: list[httpx.Response] = []

        def demand() -> None:
            answers.append(httpx.get(f"{address}service", headers={"govgraph-minimum-revision": "2"}, timeout=60))

        waiting = threading.Thread(target=demand)
        waiting.start()
        assert httpx.get(f"{address}service").headers["govgraph-revision"] == "1"
        assert not answers
        add(contract, tmp_path, site.directory, service("another"))
        waiting.join(60)
        assert [(answer.status_code, answer.headers["govgraph-revision"]) for answer in answers] == [(200, "2")]


@contextmanager
def listening(app: Starlette) -> Iterator[str]:
    """The app on a free port of this machine, with uvicorn's own log of requests."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="info"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join(10)


def test_the_servers_log_never_has_a_token(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    with listening(site.app) as address:
        good = httpx.get(f"{address}service?view=working", headers=bearer(site.tokens[Role.READER]))
        bad = httpx.get(f"{address}service", headers=bearer("gov_" + "z" * 43))
    assert (good.status_code, bad.status_code) == (200, 401)
    told = capfd.readouterr()
    assert "GET /service?view=working" in told.out + told.err, "the log was written"
    assert site.tokens[Role.READER] not in told.out + told.err
    assert "z" * 43 not in told.out + told.err


def test_a_browser_that_wrote_remembers_for_a_while(site: Site) -> None:
    house = house_of(site, site.directory)
    answer = Response()
    remember(answer, house, 7)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=7;")
    assert {"HttpOnly", "Max-Age=60", "Path=/", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}
    assert "Secure" not in cookie
    below = replace(house, settings=replace(house.settings, base="https://data.example.gov/catalogue/"))
    answer = Response()
    remember(answer, below, 7)
    assert {"Secure", "Path=/catalogue"} <= {part.strip() for part in answer.headers["set-cookie"].split(";")}


def house_of(site: Site, directory: Path) -> House:
    settings = read({}, data=directory)
    return composing.open_house(settings, DiskStore.of(settings))


# the past


class Yesterday:
    """A past with one moment in it: what is public now, called revision 1."""

    def __init__(self, now: Callable[[Audience], View]) -> None:
        self.asked: list[tuple[Audience, str]] = []
        self._now = now

    def view(self, audience: Audience, at: str) -> View:
        self.asked.append((audience, at))
        if at not in ("1", "2026-01-01"):
            raise NotFound("There was no such revision.", "")
        return self._now(audience)

    def close(self) -> None:
        """There is nothing to close."""


@pytest.fixture
def with_past(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[TestClient, Yesterday]]:
    pasts: list[Yesterday] = []
    open_house = composing.open_house

    def opened(*given: Any, **more: Any) -> House:
        house = open_house(*given, **more)
        pasts.append(Yesterday(house.catalogue.view))
        return replace(house, past=pasts[0])

    monkeypatch.setattr(composing, "open_house", opened)
    with TestClient(build_app(read({}, data=site.directory)), base_url=BASE, follow_redirects=False) as client:
        yield client, pasts[0]


def test_a_past_state_is_marked_carried_on_and_tagged(with_past: tuple[TestClient, Yesterday]) -> None:
    client, past = with_past
    now, then = client.get("/service", headers=PAGE), client.get("/service?asOf=1", headers=PAGE)
    assert "as it was at revision 1" in then.text
    assert 'href="/doc/service/permit?asOf=1"' in then.text
    assert '<input type="hidden" name="asOf" value="1">' in then.text
    assert "as it was" not in now.text
    day = client.get("/service?asOf=2026-01-01", headers=PAGE)
    assert len({answer.headers["etag"] for answer in (now, then, day)}) == 3
    assert past.asked == [(Audience.PUBLIC, "1"), (Audience.PUBLIC, "2026-01-01")]
    assert client.get("/service?asOf=9", headers=PAGE).status_code == 404
    tags = {
        client.get("/graphql", params={"query": "{__typename}", **more}).headers["etag"]
        for more in ({}, {"asOf": "1"}, {"asOf": "2026-01-01"})
    }
    assert len(tags) == 3
    queries = [client.get("/sparql", params={"query": "ASK {}", **more}) for more in ({}, {"asOf": "1"})]
    assert len({answer.headers["etag"] for answer in queries}) == 2


def test_the_past_of_drafts_needs_a_token_too(with_past: tuple[TestClient, Yesterday], site: Site) -> None:
    client, past = with_past
    assert client.get("/service?asOf=1&view=working").status_code == 401
    assert past.asked == []
    answer = client.get("/service?asOf=1&view=working", headers=bearer(site.tokens[Role.READER]))
    assert answer.status_code == 200
    assert past.asked == [(Audience.WORKING, "1")]
    assert answer.headers["cache-control"] == "private, no-cache"


def test_without_a_past_there_is_none(site: Site) -> None:
    house = replace(house_of(site, site.directory), past=None)
    assert house.past is None
    scope = {"type": "http", "method": "GET", "path": "/service", "query_string": b"asOf=1", "headers": []}
    with pytest.raises(NotFound, match="past"):
        view_of(house, Request(scope))


def test_the_real_past_is_read_in_either_view_and_says_which_it_is(contract: Contract, tmp_path: Path) -> None:
    with served(contract, tmp_path, PUBLISHED + DRAFTS) as site:
        add(contract, tmp_path, site.directory, service("another", "Another one"))
        then, now = site.get("/service?asOf=1", accept="text/html"), site.get("/service", accept="text/html")
        assert ("Another one" in then.text, "Another one" in now.text) == (False, True)
        assert "as it was at revision 1" in then.text
        assert (then.headers["govgraph-revision"], now.headers["govgraph-revision"]) == ("1", "2")
        assert MARK not in then.text
        drafts = site.get("/service?asOf=1&view=working", Role.READER, accept="text/html")
        assert (MARK in drafts.text, "Another one" in drafts.text) == (True, False)
        files = [site.get(f"/catalog/service.nt{query}").text for query in ("", "?asOf=1", "")]
        assert ["Another one" in file for file in files] == [True, False, True]
        assert site.get("/service?asOf=9").status_code == 404
        assert site.get("/service?asOf=yesterday").status_code == 404
