"""Everything that can be set, declared once and read once; knows the environment and nothing of what uses it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

from govgraph.errors import SettingError


@dataclass(frozen=True)
class Setting:
    """``name`` is the field of Settings; the environment variable is ``GOVGRAPH_`` and its capitals."""

    name: str
    default: str
    help: str

    @property
    def variable(self) -> str:
        return f"GOVGRAPH_{self.name.upper()}"


DECLARATIONS: tuple[Setting, ...] = (
    Setting("data", "data", "directory of the store"),
    Setting("base", "http://127.0.0.1:8000/", "base of every IRI of the catalogue and of every absolute address shown"),
    Setting("host", "127.0.0.1", "address the server listens on"),
    Setting("port", "8000", "port the server listens on"),
    Setting("workers", "1", "processes that serve, beside the one that writes"),
    Setting("drain_seconds", "10", "how long a process that is to end may take for the requests it has"),
    Setting("write_wait_seconds", "2", "how long a change waits for a writer that is being replaced"),
    Setting("contract", "", "directory of a country's own contract (ontology, shapes, questions), added to govgraph's"),
    Setting("ontology", "", "directory read instead of govgraph's own ontology"),
    Setting("shapes", "", "directory read instead of govgraph's own shapes"),
    Setting("engine", "shacl", "SHACL engine: shacl (fast) or pyshacl (reference)"),
    Setting("page_size", "50", "entries on a page where the request does not say"),
    Setting("page_max", "200", "most entries a request may ask for on one page"),
    Setting("query_seconds", "10", "deadline of one query; its process is killed then"),
    Setting("query_megabytes", "64", "largest result of one query"),
    Setting("query_memory_megabytes", "2048", "memory of one query process"),
    Setting("query_workers", "4", "query processes per serving process; docs/design.md says who gets which"),
    Setting("query_brief_seconds", "0.5", "what a query may take where one process is kept for brief ones"),
    Setting("query_waiting", "64", "queries at /sparql that may wait for their turn"),
    Setting("update_seconds", "60", "deadline of one update that is no INSERT DATA or DELETE DATA"),
    Setting("answer_rows", "10000", "most rows of one question's answer"),
    Setting("body_megabytes", "1", "largest body of a request"),
    Setting("graph_megabytes", "64", "largest body of an update, or of a graph sent to /graph-store"),
    Setting("file_megabytes", "2048", "largest file a load reads"),
    Setting("findings_most", "500000", "most findings of a catalogue; a load that would have more is refused"),
    Setting("graphql_depth", "12", "deepest GraphQL selection"),
    Setting("graphql_aliases", "30", "most aliases in a GraphQL document"),
    Setting("graphql_tokens", "5000", "most tokens in a GraphQL document"),
    Setting("graphql_nodes", "500000", "most entries one GraphQL answer may hold, by the sizes of its pages"),
    Setting("graphql_edits", "100", "most edits of one GraphQL change, and most changes of one request"),
    Setting("graphql_price", "10000", "most points one GraphQL operation may cost (docs/graphql.md has the prices)"),
    Setting("graphql_points", "0", "points a client may spend on GraphQL in a window; 0 counts none"),
    Setting("graphql_points_seconds", "3600", "length of that window"),
    Setting("graphql_at_once", "8", "GraphQL operations a process runs at a time; one client has at most half"),
    Setting("graphql_waiting", "256", "GraphQL requests of one client that may wait for their turn"),
    Setting("graphql_streams", "1000", "WebSockets and event streams each serving process holds open"),
    Setting("graphql_streams_client", "100", "most of them of one client (its token, else its address)"),
    Setting("graphql_operations", "50", "operations that may be under way over one WebSocket"),
    Setting("graphql_greeting_seconds", "10", "how long a new WebSocket may take for its connection_init"),
    Setting("graphql_idle_seconds", "300", "how long a WebSocket is held open with nothing to do; 0 for ever"),
    Setting("graphql_heartbeat_seconds", "15", "how often an event stream with no events says that it is alive"),
    Setting("graphql_batch", "0", "most GraphQL operations in one request; 0 takes no lists of operations"),
    Setting("graphql_explain", "all", "who has GraphQL operations explained: all, working (on that view alone), none"),
    Setting("graphql_documents", "any", "GraphQL documents that are run: any, or trusted (those partners registered)"),
    Setting("graphql_cache_megabytes", "32", "GraphQL answers each serving process keeps for who asks the same"),
    Setting("text_characters", "20000", "longest text a GraphQL mutation writes"),
    Setting("refresh_seconds", "0.1", "how often a serving process looks for a new revision"),
    Setting("snapshot_seconds", "0.1", "how long after a change the writer makes a snapshot for readers"),
    Setting("retries_kept", "10000", "changes with an idempotency key that a retry can still ask about"),
    Setting("disk_reserve_megabytes", "32", "free space under which nothing is written: a full disk stalls the engine"),
    Setting("change_statements", "500000", "most statements one edit may change; more are a file to load"),
    Setting("refusal_findings", "100", "findings against a change after which the gate looks no further"),
    Setting("snapshots_kept", "3", "snapshots kept after a new one is made"),
    Setting("past_kept", "8", "past states kept on disk, and open in each process, when somebody asked for them"),
    Setting("checkpoint_revisions", "1000", "revisions after which a snapshot is kept for good"),
    Setting("read_public", "open", "who may read what is published: open (anyone) or token (who has one)"),
    Setting("revision_wait_seconds", "2", "how long a request waits for the revision it demands at least"),
    Setting("oidc_issuer", "", "issuer whose signed tokens (OpenID Connect) are taken beside those given here"),
    Setting("oidc_audience", "", "what those tokens must name as their audience"),
    Setting("oidc_role_claim", "roles", "claim that holds the role; dots lead inwards: realm_access.roles"),
    Setting("oidc_role_map", "", "what the claim says for our roles: catalogue-editors=editor,it=admin"),
    Setting("oidc_organisation_claim", "organisation", "claim that holds an editor's organisation, IRI or slug"),
)


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "engine": ("shacl", "pyshacl"),
    "graphql_explain": ("all", "working", "none"),
    "graphql_documents": ("any", "trusted"),
    "read_public": ("open", "token"),
}


@dataclass(frozen=True)
class Settings:
    """One reading of the settings; make it with ``read``."""

    data: Path
    base: str
    host: str
    port: int
    workers: int
    drain_seconds: float
    write_wait_seconds: float
    contract: Path | None
    ontology: Path | None
    shapes: Path | None
    engine: str
    page_size: int
    page_max: int
    query_seconds: float
    query_megabytes: int
    query_memory_megabytes: int
    query_workers: int
    query_brief_seconds: float
    query_waiting: int
    update_seconds: float
    answer_rows: int
    body_megabytes: int
    graph_megabytes: int
    file_megabytes: int
    findings_most: int
    graphql_depth: int
    graphql_aliases: int
    graphql_tokens: int
    graphql_nodes: int
    graphql_edits: int
    graphql_price: int
    graphql_points: int
    graphql_points_seconds: int
    graphql_at_once: int
    graphql_waiting: int
    graphql_streams: int
    graphql_streams_client: int
    graphql_operations: int
    graphql_greeting_seconds: float
    graphql_idle_seconds: float
    graphql_heartbeat_seconds: float
    graphql_batch: int
    graphql_explain: str
    graphql_documents: str
    graphql_cache_megabytes: int
    text_characters: int
    refresh_seconds: float
    snapshot_seconds: float
    retries_kept: int
    disk_reserve_megabytes: int
    change_statements: int
    refusal_findings: int
    snapshots_kept: int
    past_kept: int
    checkpoint_revisions: int
    read_public: str
    revision_wait_seconds: float
    oidc_issuer: str
    oidc_audience: str
    oidc_role_claim: str
    oidc_role_map: str
    oidc_organisation_claim: str

    @property
    def environment(self) -> dict[str, str]:
        """What another process has to find in its environment to read the same."""
        said = {setting.variable: getattr(self, setting.name) for setting in DECLARATIONS}
        return {variable: "" if value is None else str(value) for variable, value in said.items()}


def read(environ: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Settings from the environment, ``overrides`` (as the command line gives them) on top; None overrides nothing.

    Raises SettingError naming the variable, its value and what it should be.
    """
    environment = os.environ if environ is None else environ
    texts = {s.name: environment.get(s.variable, s.default) for s in DECLARATIONS}
    unknown = set(overrides) - set(texts)
    if unknown:
        raise TypeError(f"no such setting: {', '.join(sorted(unknown))}")
    texts |= {key: str(value) for key, value in overrides.items() if value is not None}
    values = {field.name: _typed(field.name, str(field.type), texts[field.name]) for field in fields(Settings)}
    return Settings(**values)  # type: ignore[arg-type]  # the loop above gives each field its declared type


def _typed(name: str, type_name: str, text: str) -> object:
    try:
        match type_name:
            case "int" | "float":
                number = int(text) if type_name == "int" else float(text)
                if number < 0:
                    raise ValueError
                return number
            case "Path | None":
                return Path(text) if text else None
            case "Path":
                return Path(text)
    except ValueError:
        kind = "a whole number" if type_name == "int" else "a number"
        raise SettingError(f"The setting {name} is {text!r}.", f"Give {kind}, not negative.") from None
    if name == "base":
        return _base(text)
    choices = _CHOICES.get(name)
    if choices and text not in choices:
        raise SettingError(f"The setting {name} is {text!r}.", f"Choose one of: {', '.join(choices)}.")
    return text


def _base(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise SettingError(
            f"The base {text!r} is no http(s) address.", "Give one such as https://data.example.gov/catalogue/ ."
        )
    return text if text.endswith("/") else text + "/"
