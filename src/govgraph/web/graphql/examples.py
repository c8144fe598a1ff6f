"""Operations to begin with, shown on the page of /graphql and run by a test; knows no schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """``titles`` by language."""

    titles: Mapping[str, str]
    query: str


EXAMPLES = (
    Example(
        {"en": "How complete is the catalogue?", "fr": "Le catalogue est-il complet ?"},
        """{
  catalogue {
    revision
    score
    counts { kind count score }
    findingCounts { violation warning info }
  }
}""",
    ),
    Example(
        {
            "en": "Services in French with their law and what they need",
            "fr": "Les services en français, leur base légale et ce dont ils ont besoin",
        },
        """{
  services(first: 10, lang: ["fr"]) {
    totalCount
    nodes {
      title(lang: ["fr", "en"]) { value lang }
      level { name }
      legalBasis { title(lang: ["fr"]) { value } inForceFrom }
      needsBlocks { title(lang: ["fr"]) { value } }
    }
    pageInfo { hasNextPage endCursor }
  }
}""",
    ),
    Example(
        {"en": "Services without any law they rest on", "fr": "Les services sans base légale"},
        """{
  services(filter: { legalBasis: { missing: true } }, orderBy: { field: LABEL, direction: DESC }) {
    nodes {
      label { value }
      findings(severity: [INFO, WARNING]) { property message points }
    }
  }
}""",
    ),
    Example(
        {
            "en": "Which services are blocked by a missing building block, and why?",
            "fr": "Quels services sont bloqués par une brique manquante, et pourquoi ?",
        },
        """{
  blockedServices {
    totalCount
    rows(first: 5) {
      service { title { value } page }
      missing { title { value } }
      chain { from { label { value } } label { value } to { label { value } } }
    }
  }
}""",
    ),
    Example(
        {"en": "What people need when a child is born", "fr": "Ce qu’il faut à la naissance d’un enfant"},
        """{
  lifeEvents(filter: { title: { contains: "child" } }) {
    nodes {
      title { value all { value lang } }
      services { title { value } authority { title { value } } channels { type { name } } }
    }
  }
}""",
    ),
)
