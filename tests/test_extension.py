"""Adding a property, a kind and a question is one file each, and every face shows them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, service
from govgraph.settings import read
from govgraph.web.app import build_app

PROPERTY = """
<https://example.gov/ns#ServiceExtension> a sh:NodeShape ; sh:targetClass cpsv:PublicService ; sh:property
    [ sh:path <https://example.gov/ns#hotline> ; gov:apiName "hotline" ; sh:name "hotline"@en, "assistance"@fr ;
      sh:description "The number people call for help."@en, "Le numéro à appeler."@fr ;
      sh:datatype xsd:string ; sh:maxCount 1 ; sh:order 50 ; sh:group gov:LinksGroup ; gov:weight 4 ] ,
    [ sh:path <https://example.gov/ns#hotline> ; sh:minCount 1 ; sh:severity sh:Info ] .
"""
KIND = """
<https://example.gov/ns#CounterShape> a sh:NodeShape ; sh:targetClass <https://example.gov/ns#Counter> ;
    gov:apiName "Counter" ; gov:apiPlural "counters" ; gov:slug "counter" ; gov:titlePath dct:title ;
    sh:name "Counter"@en, "Guichet"@fr ; gov:pluralLabel "Counters"@en, "Guichets"@fr ;
    sh:description "A place where people are served."@en, "Un lieu où l’on est reçu."@fr ; sh:order 90 ;
    sh:property
    [ sh:path dct:title ; gov:apiName "title" ; sh:name "title"@en, "titre"@fr ;
      sh:description "Its name."@en, "Son nom."@fr ; sh:datatype rdf:langString ; sh:order 1 ;
      sh:group gov:IdentityGroup ] ,
    [ sh:path gov:publicationStatus ; gov:apiName "publicationStatus" ; sh:name "status"@en, "statut"@fr ;
      sh:class gov:PublicationStatus ; sh:maxCount 1 ; sh:order 2 ; sh:group gov:IdentityGroup ] ,
    [ sh:path <https://example.gov/ns#offers> ; gov:apiName "offers" ; sh:name "offers"@en, "propose"@fr ;
      sh:class cpsv:PublicService ; sh:order 3 ; sh:group gov:LinksGroup ] .
"""
QUESTION = """#+ title = { en = "Which counters offer a service?", fr = "Quels guichets proposent un service ?" }
#+ reason = { en = "People ask where to go.", fr = "On demande où aller." }
#+ columns.counter = { type = "Counter", en = "Counter", fr = "Guichet" }
#+ columns.service = { type = "Service", en = "Service", fr = "Service" }
SELECT ?counter ?service WHERE {
  ?counter a <https://example.gov/ns#Counter> ; <https://example.gov/ns#offers> ?service
}
ORDER BY ?counter ?service
"""
DATA = (
    ORGANISATION
    + service("passport", "Passport", '; <https://example.gov/ns#hotline> "+352 8002"')
    + service("visa", "Visa")
    + """<id/counter/north> a <https://example.gov/ns#Counter> ; dct:title "North"@en, "Nord"@fr ;
    gov:publicationStatus code:Published ; <https://example.gov/ns#offers> <id/service/passport> ."""
)


@dataclass(frozen=True)
class Country:
    """A catalogue under a country's own contract, and its faces."""

    directory: Path
    client: TestClient

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        place = {"GOVGRAPH_DATA": str(self.directory / "data"), "GOVGRAPH_CONTRACT": str(self.directory / "contract")}
        command = [sys.executable, "-m", "govgraph", *arguments]
        environment = {**os.environ, **place, "COLUMNS": "200"}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)

    def graphql(self, query: str) -> object:
        answer = self.client.post("/graphql", json={"query": query})
        assert answer.status_code == 200, answer.text
        assert "errors" not in answer.json(), answer.text
        return answer.json()["data"]


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    directory = tmp_path_factory.mktemp("country")
    contract = directory / "contract"
    for name, text in (
        ("shapes/hotline.ttl", TURTLE_PREFIXES + PROPERTY),
        ("shapes/counter.ttl", TURTLE_PREFIXES + KIND),
        ("questions/counters_of_services.rq", QUESTION),
        ("../data.ttl", TURTLE_PREFIXES + DATA),
    ):
        (contract / name).parent.mkdir(parents=True, exist_ok=True)
        (contract / name).write_text(text, "utf-8")
    loading = Country(directory, None)  # type: ignore[arg-type]  # the client needs a loaded catalogue first
    done = loading.run("load", str(directory / "data.ttl"))
    assert done.returncode == 0, done.stderr
    settings = read({}, data=directory / "data", contract=contract)
    with TestClient(build_app(settings), base_url=BASE) as client:
        yield Country(directory, client)


def test_the_property_is_validated_and_scored(country: Country) -> None:
    done = country.run("validate", "--format", "json", "--fail-on", "info")
    found = [f for f in json.loads(done.stdout)["findings"] if f["property"] == "hotline"]
    assert [(f["entity"], f["severity"], f["points"]) for f in found] == [(f"{BASE}id/service/visa", "info", 4)]


def test_the_property_is_on_the_page_in_both_languages(country: Country) -> None:
    assert "+352 8002" in country.client.get("/doc/service/passport?lang=en").text
    page = country.client.get("/doc/service/passport?lang=fr").text
    assert "assistance" in page.lower()


def test_the_property_is_in_graphql(country: Country) -> None:
    assert country.graphql('{ service(slug: "passport") { hotline } }') == {"service": {"hotline": "+352 8002"}}


def test_the_property_is_in_the_template_and_comes_back_through_it(country: Country) -> None:
    header = country.run("template", "service").stdout.splitlines()[0]
    assert "hotline" in header


def test_the_kind_has_its_pages_and_documents(country: Country) -> None:
    assert "Guichets" in country.client.get("/counter?lang=fr").text
    assert "North" in country.client.get("/counter?lang=en").text
    assert "Passport" in country.client.get("/doc/counter/north?lang=en").text
    turtle = country.client.get("/doc/counter/north", headers={"Accept": "text/turtle"})
    assert "https://example.gov/ns#Counter" in turtle.text or "ns#Counter" in turtle.text


def test_the_kind_is_in_graphql_and_templates(country: Country) -> None:
    answer = country.graphql("{ counters { totalCount nodes { title { value } offers { title { value } } } } }")
    nodes = [{"title": {"value": "North"}, "offers": [{"title": {"value": "Passport"}}]}]
    assert answer == {"counters": {"totalCount": 1, "nodes": nodes}}
    assert country.run("template", "counter").stdout.startswith("slug")
    assert "type Counter " in country.run("schema").stdout


def test_the_question_is_asked_everywhere(country: Country) -> None:
    row = {"counter": f"{BASE}id/counter/north", "service": f"{BASE}id/service/passport"}
    done = country.run("ask", "counters_of_services", "--format", "json")
    assert json.loads(done.stdout)["rows"] == [row]
    assert country.client.get("/questions/counters_of_services.json").json()["rows"] == [row]
    assert "Quels guichets" in country.client.get("/questions/counters_of_services?lang=fr").text
    assert "Which counters" in country.client.get("/questions/?lang=en").text
    answer = country.graphql("{ countersOfServices { rows { counter { title { value } } } } }")
    assert answer == {"countersOfServices": {"rows": [{"counter": {"title": {"value": "North"}}}]}}
    listed = json.loads(country.run("ask", "--list", "--format", "json").stdout)
    assert "counters_of_services" in {question["name"] for question in listed}


def test_the_contract_names_what_was_added(country: Country) -> None:
    shown = country.run("contract").stdout
    assert "Counter" in shown
    assert "hotline" in shown
