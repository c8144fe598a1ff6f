"""Operations to begin with, shown on the page of /graphql and run by a test; knows no schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """``titles`` by language. Where a query has a variable ``$lang``, its texts are in the language it is shown in."""

    titles: Mapping[str, str]
    query: str

    def shown_in(self, language: str) -> str:
        wanted = ", ".join(f'"{tag}"' for tag in dict.fromkeys((language, "en")))
        return self.query.replace(_LANG, f"$lang: [String!] = [{wanted}]")


_LANG = '$lang: [String!] = ["en"]'


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
            "en": "The services in French, with their law and what they need",
            "fr": "Les services en français, leur base légale et ce dont ils ont besoin",
        },
        """query FrenchServices($lang: [String!] = ["fr-FR", "en"]) {
  services(first: 10, lang: $lang) {
    totalCount
    nodes {
      title(lang: $lang) { value lang }
      level { label(lang: $lang) { value } }
      legalBasis { title(lang: $lang) { value lang } inForceFrom }
      needsBlocks { title(lang: $lang) { value lang } }
      needsBlocksConnection { totalCount }
    }
    pageInfo { hasNextPage endCursor }
  }
}""",
    ),
    Example(
        {"en": "Services without any law they rest on", "fr": "Les services sans base légale"},
        """query ServicesWithoutLaw($lang: [String!] = ["en"]) {
  services(filter: { legalBasis: { isMissing: true } }, orderBy: { label: DESC }, lang: $lang) {
    nodes {
      label(lang: $lang) { value }
      findings(severity: [INFO, WARNING]) { property message(lang: $lang) points }
    }
  }
}""",
    ),
    Example(
        {
            "en": "Which services are blocked by a missing building block, and why?",
            "fr": "Quels services sont bloqués par une brique manquante, et pourquoi ?",
        },
        """query BlockedServices($lang: [String!] = ["en"]) {
  blockedServices {
    totalCount
    rows(first: 5) {
      service { title(lang: $lang) { value } page }
      missing { title(lang: $lang) { value } }
      chain {
        from { label(lang: $lang) { value } }
        label(lang: $lang) { value }
        to { label(lang: $lang) { value } }
      }
    }
  }
}""",
    ),
    Example(
        {"en": "What people need when a child is born", "fr": "Ce qu’il faut à la naissance d’un enfant"},
        """query WhenAChildIsBorn($lang: [String!] = ["en"]) {
  lifeEvents(filter: { title: { contains: "child" } }) {
    nodes {
      title(lang: $lang) { value all { value lang } }
      services {
        title(lang: $lang) { value }
        authority { title(lang: $lang) { value } }
        channels { type { name } }
      }
    }
  }
}""",
    ),
    Example(
        {
            "en": "Online services of each organisation, the busiest first",
            "fr": "Les services de chaque organisme, les plus sollicités d’abord",
        },
        """query BusiestServices($lang: [String!] = ["en"]) {
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
        """query ServicesByLevel($lang: [String!] = ["en"]) {
  servicesAggregate {
    count
    groups(by: LEVEL, lang: $lang) {
      key { label(lang: $lang) { value } }
      count
      numbers { transactionsPerYear { sum average } }
    }
  }
}""",
    ),
    Example(
        {"en": "Page by page through all services", "fr": "Page par page à travers tous les services"},
        """query Services($after: String, $lang: [String!] = ["en"]) {
  services(first: 20, after: $after, orderBy: [{ authority: { label: ASC } }, { label: ASC }], lang: $lang) {
    totalCount
    nodes {
      iri
      title(lang: $lang) { value lang }
      needsBlocks(first: 5) { label(lang: $lang) { value } }
    }
    pageInfo { hasNextPage endCursor }
  }
}""",
    ),
    Example(
        {"en": "Search in the texts of all languages", "fr": "Chercher dans les textes de toutes les langues"},
        """query Search($lang: [String!] = ["en"]) {
  search(text: "birth certificate", first: 10, lang: $lang) {
    totalCount
    edges {
      score
      node { kind label(lang: $lang) { value } page }
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
        """subscription Changes($lang: [String!] = ["en"]) {
  catalogueChanged(since: "1") {
    cursor
    revision
    at
    reason
    changes {
      kind
      change
      entity { label(lang: $lang) { value } page }
    }
  }
}""",
    ),
)
"""Subscriptions, which the plain form cannot run."""
