"""What schemathesis is told about our GraphQL: values of our scalars, and what counts as a fault."""

from __future__ import annotations

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

schemathesis.graphql.scalar("Decimal", st.decimals(-1000, 1000, places=2).map(str).map(nodes.String))
schemathesis.graphql.scalar("IRI", st.text(max_size=40).map(nodes.String))
schemathesis.graphql.scalar("Duration", st.sampled_from(["P1D", "PT5M", "x"]).map(nodes.String))


@schemathesis.check
def no_fault(context, response, case) -> None:  # its types are the caller's
    """Refusals are no faults: they stand beside the data with a code of their own."""
    assert response.status_code < 500, response.text
    assert "INTERNAL_SERVER_ERROR" not in response.text, response.text
