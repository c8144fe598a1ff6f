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
        """query Completeness {
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
        """query FrenchServices {
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
        """query ServicesWithoutLaw {
  services(filter: { legalBasis: { isMissing: true } }, orderBy: { label: DESC }) {
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
        """query BlockedServices {
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
        """query WhenAChildIsBorn {
  lifeEvents(filter: { title: { contains: "child" } }) {
    nodes {
      title { value all { value lang } }
      services { title { value } authority { title { value } } channels { type { name } } }
    }
  }
}""",
    ),
    Example(
        {
            "en": "Online services of each organisation, the busiest first",
            "fr": "Les services de chaque organisme, les plus sollicités d’abord",
        },
        """query BusiestServices($lang: [String!] = ["fr", "en"]) {
  organisations(filter: { services: { some: { level: { in: [LEVEL_3, LEVEL_4] } } } }, lang: $lang) {
    totalCount
    nodes {
      label(lang: $lang) { value lang }
      servicesConnection(first: 3, orderBy: [{ transactionsPerYear: DESC }, { label: ASC }], lang: $lang) {
        totalCount
        nodes { label(lang: $lang) { value } transactionsPerYear }
      }
    }
  }
}""",
    ),
    Example(
        {"en": "Services and their yearly transactions per level", "fr": "Services et transactions par niveau"},
        """query ServicesByLevel {
  servicesAggregate {
    count
    groups(by: LEVEL) {
      key { label { value } }
      count
      numbers { transactionsPerYear { sum average } }
    }
  }
}""",
    ),
    Example(
        {"en": "Page by page through all services", "fr": "Page par page à travers tous les services"},
        """query Services($after: String) {
  services(first: 20, after: $after, orderBy: [{ authority: { label: ASC } }, { label: ASC }], lang: ["fr", "en"]) {
    totalCount
    nodes {
      iri
      title(lang: ["fr", "en"]) { value lang }
      needsBlocks(first: 5) { label { value } }
    }
    pageInfo { hasNextPage endCursor }
  }
}""",
    ),
    Example(
        {"en": "Search in the texts of all languages", "fr": "Chercher dans les textes de toutes les langues"},
        """query Search {
  search(text: "birth certificate", first: 10) {
    totalCount
    edges {
      score
      node { kind label { value } page }
      highlights { property lang plain }
    }
  }
}""",
    ),
)

LIVE = (
    Example(
        {
            "en": "What has changed since the first revision, and what changes from now on",
            "fr": "Ce qui a changé depuis la première révision, et ce qui change désormais",
        },
        """subscription Changes {
  catalogueChanged(since: "1") {
    cursor
    revision
    at
    reason
    changes {
      kind
      change
      entity { label { value } page }
    }
  }
}""",
    ),
)
"""Subscriptions, which the plain form cannot run."""
