"""The type of a refusal for programs (RFC 9457), and what its kinds are called; knows no refusal."""

from __future__ import annotations

from govgraph.media import Format

PROBLEM = Format("problem", "application/problem+json", "Problem")
PROBLEM_TYPES = "https://w3id.org/govgraph/problem#"
