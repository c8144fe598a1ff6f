"""What a change answers over HTTP, made or refused, whatever its address, and how a request asks for one; knows no
edit and no writer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import unquote

import orjson
import pyoxigraph
from starlette.requests import Request
from starlette.responses import Response

from govgraph.access import Author
from govgraph.change import Change, Committed, Scored
from govgraph.contract import Contract
from govgraph.errors import BadRequest, Refused, WriterAway
from govgraph.gate import Writer
from govgraph.iris import PREFIXES
from govgraph.media import GRAPH_FORMATS, HTML, JSON, RDF_SYNTAX, RDFXML, TURTLE, Format, choose, tidy
from govgraph.validation import Points, Report, explain
from govgraph.validation.standard import standard
from govgraph.validation.telling import told
from govgraph.web.house import House
from govgraph.web.language import N_, Said
from govgraph.web.problem import PROBLEM, PROBLEM_TYPES

_HEADERS: Mapping[str, str] = {"cache-control": "no-store", "vary": "Accept, Accept-Language, Authorization"}
_MOST_OF_A_KEY = 200
_MOST_OF_A_REASON = 2_000


@dataclass(frozen=True)
class Errand:
    """What a request says of a change beside the change itself."""

    reason: str
    key: str
    dry_run: bool

    @classmethod
    def of(cls, request: Request, given: Mapping[str, list[str]] | None = None) -> Errand:
        """From headers, else from parameters: those ``given``, else those of the address. Raises BadRequest."""
        parameters = given if given is not None else {k: [v] for k, v in request.query_params.items()}

        def said(header: str, parameter: str) -> str:
            return _text(request, header) or (parameters.get(parameter) or [""])[-1].strip()

        key, reason = said("idempotency-key", "idempotencyKey").strip('"'), said("govgraph-reason", "reason")
        for name, text, most in (("Idempotency-Key", key, _MOST_OF_A_KEY), ("reason", reason, _MOST_OF_A_REASON)):
            if len(text) > most:
                raise BadRequest(
                    Said(N_("%(name)s is longer than %(most)s characters."), name=name, most=most),
                    Said(N_("Send a shorter one.")),
                )
        dry = said("govgraph-dry-run", "dryRun").lower() or "false"
        if dry not in ("true", "false"):
            raise BadRequest(
                Said(N_("%(name)s is “%(value)s”."), name="dryRun", value=dry[:40]),
                Said(N_("Choose one of: %(choices)s."), choices="true, false"),
            )
        return cls(reason, key, dry == "true")

    def change(self, author: Author, door: str) -> Change:
        """A change without edits yet."""
        return Change((), author, door, reason=self.reason, key=self.key, dry_run=self.dry_run)


def writer_of(house: House) -> Writer:
    """Raises WriterAway where nothing can be changed."""
    if house.writer is None:
        raise WriterAway("Nothing can be changed here.", "Send the change to where the catalogue is kept.")
    return house.writer


def answer_of(house: House, request: Request, committed: Committed, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """What the change did, or on a dry run would have done; without a body (204) for who wants no JSON."""
    headers = {**_HEADERS, "govgraph-revision": str(committed.revision)}
    if choose(request.headers.get("accept"), (JSON,)) is None:
        # Who gets no body learns from the status alone whether something came to be (RFC 9110 section 9.3.4).
        empty = HTTPStatus.NO_CONTENT if status is HTTPStatus.OK else status
        return Response(status_code=empty, headers=headers)
    return Response(orjson.dumps(_told(house, request, committed)), status, headers, JSON.type)


def refusal_of(house: House, request: Request, refused: Refused) -> Response:
    """422: what stands against it, as a problem (RFC 9457) or, for who asks for RDF, as a SHACL report."""
    report = refused.report if isinstance(refused.report, Report) else Report(())
    format_ = choose(request.headers.get("accept"), (PROBLEM, JSON, HTML, *GRAPH_FORMATS)) or PROBLEM
    if format_ in GRAPH_FORMATS:
        body = _report(house.contract, report, house.settings.base, format_)
        return Response(body, refused.status, _HEADERS, format_.content_type)
    said: dict[str, object] = {
        "type": PROBLEM_TYPES + refused.code,
        "title": "The change was refused",
        "status": int(refused.status),
        "detail": refused.sentence,
        "hint": refused.hint,
        "accepted": False,
        "conforms": report.conforms,
        "findings": told(house.contract, report.findings, _languages(house, request)),
    }
    if isinstance(refused.committed, Committed):
        said["change"] = _told(house, request, refused.committed)
    return Response(orjson.dumps(said), refused.status, _HEADERS, PROBLEM.type)


def sentences(house: House, request: Request, refused: Refused, most: int) -> str:
    """The first findings that stand against a change, in the reader's language."""
    report = refused.report if isinstance(refused.report, Report) else Report(())
    return " ".join(explain(house.contract, finding, _languages(house, request)) for finding in report.findings[:most])


def _report(contract: Contract, report: Report, base: str, format_: Format) -> bytes:
    """A standard report of these findings, which so does not conform (SHACL section 3.6.1.1)."""
    triples = standard(contract, report, base)
    if format_ in (TURTLE, RDFXML):
        body = pyoxigraph.serialize(triples, format=RDF_SYNTAX[format_], prefixes=PREFIXES) or b""
    else:
        body = pyoxigraph.serialize(triples, format=RDF_SYNTAX[format_]) or b""
    return tidy(body) if format_ is TURTLE else body


def _told(house: House, request: Request, committed: Committed) -> dict[str, object]:
    return {
        "revision": committed.revision,
        "dryRun": committed.dry_run,
        "at": committed.at.isoformat() if committed.at else None,
        "removed": committed.removed,
        "added": committed.added,
        "introduced": told(house.contract, committed.introduced, _languages(house, request)),
        "mended": told(house.contract, committed.mended, _languages(house, request)),
        "scores": {entity.value: _scored(scored) for entity, scored in committed.scores.items()},
        "catalogue": _scored(committed.catalogue),
    }


def _languages(house: House, request: Request) -> tuple[str, ...]:
    words = house.languages.choose(request.query_params.get("lang"), request.headers.get("accept-language"))
    return (words.tag,)


def _scored(scored: Scored) -> dict[str, float | None]:
    return {"before": _score(scored.before), "after": _score(scored.after)}


def _score(points: Points | None) -> float | None:
    return points.score if points else None


def _text(request: Request, header: str) -> str:
    """A header as text: UTF-8, or percent-encoded where a client can send ASCII only."""
    return unquote(request.headers.get(header, "").encode("latin-1").decode("utf-8", "replace")).strip()
