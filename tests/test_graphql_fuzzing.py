"""Operations that schemathesis makes up from the schema: whatever they ask or change, nothing of ours fails.

``GOVGRAPH_FUZZ_EXAMPLES`` is how many are made for each root field; with it they are others every time.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import introspection_from_schema
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from conftest import BASE, Seed
from govgraph.access import Role
from govgraph.access.tokens import Tokens
from govgraph.contract import Contract
from govgraph.gate.writer import LocalWriter
from govgraph.graphql import Schema
from govgraph.graphql.execution.reading import Limits
from govgraph.settings import read
from govgraph.web.app import build_app

schemathesis = pytest.importorskip("schemathesis", reason="needs the extra partners")
nodes = schemathesis.graphql.nodes
EXAMPLES = int(os.environ.get("GOVGRAPH_FUZZ_EXAMPLES", "0"))

IRIS = [f"{BASE}id/service/register-a-birth", f"{BASE}id/organisation/interior", "urn:x", "https://example.org/é", "x"]
OURS = {
    "IRI": st.sampled_from(IRIS) | st.text(),
    "Long": st.integers() | st.integers(0, 5),
    "Decimal": st.decimals() | st.text(),
    "Date": st.dates() | st.text(),
    "DateTime": st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()) | st.text(),
    "Duration": st.sampled_from(["P5D", "-P1Y2M3DT4H5M6.7S", "P", "PT"]) | st.text(),
}
"""What the scalars of the schema are made up of, well-formed and not."""
HEADERS = {"accept": "application/graphql-response+json"}


@schemathesis.check
def nothing_of_ours_fails(context: Any, response: schemathesis.Response, case: schemathesis.Case) -> None:
    """Every status below 500, every answer one of GraphQL, and no error in it that is our fault."""
    assert response.status_code < 500, case.body
    answer = response.json()
    assert answer.keys() <= {"data", "errors", "extensions"}, case.body
    codes = [error["extensions"]["code"] for error in answer.get("errors", ())]
    assert "INTERNAL_SERVER_ERROR" not in codes, case.body
    assert response.status_code == 200 or codes, case.body


@pytest.fixture(scope="module")
def operations(contract: Contract, seed: Seed) -> list[schemathesis.APIOperation]:
    """One for every root field."""
    for name, values in OURS.items():
        written = values.map(lambda value: nodes.String(str(value))) if name != "Long" else values.map(nodes.Int)
        schemathesis.graphql.scalar(name, written)
    keys = st.fixed_dictionaries({"__typename": st.sampled_from(["Service", "x"]), "iri": st.sampled_from(IRIS)})
    schemathesis.graphql.scalar("_Any", keys.map(lambda key: nodes.Object(_fields(key))))
    core = Schema(contract, seed.questions, Limits.of(read({}))).core
    schema = schemathesis.graphql.from_dict({"data": introspection_from_schema(core)})
    return [found.ok() for found in schema.get_all_operations()]


def _fields(key: dict[str, str]) -> list[Any]:
    return [nodes.ObjectField(name=nodes.Name(value=name), value=nodes.String(value)) for name, value in key.items()]


def run(client: TestClient, operation: schemathesis.APIOperation, examples: int) -> Counter[int]:
    """So many operations for one root field; how many had which status."""
    statuses: Counter[int] = Counter()

    @settings(
        max_examples=EXAMPLES or examples,
        derandomize=not EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: schemathesis.Case) -> None:
        answer = client.post("/graphql", json={"query": case.body}, headers=HEADERS)
        case.validate_response(answer, checks=[nothing_of_ours_fails])
        statuses[answer.status_code] += 1

    ask()
    return statuses


def test_no_query_of_a_stranger_fails(operations: list[schemathesis.APIOperation], seed: Seed) -> None:
    queries = [one for one in operations if one.definition.is_query]
    assert len(queries) >= 110
    statuses: Counter[int] = Counter()
    with TestClient(build_app(read({}, data=seed.directory)), base_url=BASE) as client:
        for one in queries:
            statuses += run(client, one, 6)
    assert statuses[200] > statuses[400], statuses
    assert statuses.total() >= 500, statuses


@pytest.fixture
def steward(contract: Contract, seed: Seed, tmp_path: Path) -> Iterator[TestClient]:
    """Who may change everything, in a catalogue of their own."""
    chosen = read({}, data=Path(shutil.copytree(seed.directory, tmp_path / "data")), snapshot_seconds=0.01)
    token = Tokens(chosen.data / "access").create(Role.STEWARD, None, "steward", None)
    writer = LocalWriter(chosen, contract)
    with TestClient(build_app(chosen, writer), base_url=BASE) as client:
        client.headers["authorization"] = f"Bearer {token}"
        yield client
    writer.close()


def test_no_change_of_a_steward_fails(operations: list[schemathesis.APIOperation], steward: TestClient) -> None:
    mutations = [one for one in operations if one.definition.is_mutation]
    assert len(mutations) >= 100
    statuses: Counter[int] = Counter()
    for one in mutations:
        statuses += run(steward, one, 2)
    assert statuses[200] > 150, statuses
    assert statuses.total() >= 200, statuses
