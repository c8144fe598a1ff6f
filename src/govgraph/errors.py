"""Every way govgraph can refuse, as one tree; knows nothing of HTTP beyond a status and when to come again.

GovgraphError
├── SettingError            a setting has a value that cannot be used
├── ContractError           ontology or shapes say something the contract cannot express
├── StoreError              the data directory cannot be used as it is
│   ├── StoreMissing            there is no catalogue in it yet
│   ├── StoreLocked             another process writes to it
│   ├── RevisionConflict        a newer revision came while this one was being made
│   ├── BaseMismatch            it was loaded under another base IRI
│   ├── FormatTooNew            a newer govgraph wrote it
│   ├── LogDamaged              a record of the revision log is not what was written
│   ├── LogUnwritable           the revision log cannot be written, so nothing is
│   ├── DiskFull                there is too little room to write safely, so nothing is written
│   ├── WriterAway              nobody who could write answers
│   └── RevisionAway            the revision asked for has not reached this reader yet
├── ChangeError             a change cannot be made as it is
│   ├── Refused                 it would introduce findings that the gate does not let in
│   ├── Stale                   an entity has changed since its author last saw it
│   ├── KeyReused               its idempotency key belongs to another change
│   └── ContractChanged         the catalogue was validated by another contract
├── Unauthorised            nobody known asks, or with a token that is not valid (any more)
├── IssuerAway              who signs the tokens cannot be asked for its keys
├── Forbidden               who asks may not do this
├── LoadError               nothing of a load could be used (single bad records are reported, not raised)
│   ├── TooManyFindings         validation found more than the house can keep
│   └── MappingError            a mapping file says something a sheet cannot do
├── QuestionError           a question file contradicts itself
├── ParameterError          a question was asked with a missing, unknown or ill-typed parameter
├── QueryError              a SPARQL query is malformed
│   ├── QueryForbidden          it asks for what this endpoint does not do
│   └── QueryTooCostly          it asks for more than it may
│       ├── QueryBusy               others are before it, and its turn did not come
│       ├── QueryOverdue            it met its deadline
│       ├── QuotaSpent              who asks has spent the points of this while
│       ├── QueryOutOfMemory        it met its memory limit
│       └── ResultTooLarge          it met its size limit
├── BadRequest              an HTTP request contradicts its protocol
│   ├── BadCursor               its cursor was not given out here, or for something else
│   ├── TooManyOperations       it has more operations than the settings allow
│   ├── UnsupportedMediaType    its body is of a type nobody reads here
│   ├── TooLarge                its body is larger than the settings allow
│   └── MethodNotAllowed        the method is not for this address, or not for what was asked
├── NotFound                nothing has that name
└── NotAcceptable           no format both sides know

Each error is a sentence for people, a hint that says what to do, and a status (RFC 9110 section 15). Of those that are
503 or 429, only what may go better shortly says when to ask again:

    503 and Retry-After     QueryBusy: the same query will be answered when others are through
    429 and Retry-After     QuotaSpent: with the next window there are points again
    503 and Retry-After     StoreError: the next revision, or the operator, mends it
    503 and Retry-After     IssuerAway: the operator of the issuer mends it
    503                     QueryOverdue: the same query would be stopped again
    422                     QueryOutOfMemory, ResultTooLarge: it can never be answered as it is
    422                     QueryTooCostly itself: GraphQL's limits, met before anything runs

A finding of validation is not an error.
"""

from __future__ import annotations

from http import HTTPStatus


class GovgraphError(Exception):
    """Base of all refusals: ``sentence`` says what and where, ``hint`` what to do about it."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    code = "error"
    retry_after = 0
    """Seconds after which asking the same again makes sense; 0 where it never does."""

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.sentence} {self.hint}".strip()


class SettingError(GovgraphError):
    code = "setting"


class ContractError(GovgraphError):
    """``file`` and ``line`` (from 1) lead to the shape; line 0 means the whole file."""

    code = "contract"

    def __init__(self, sentence: str, hint: str = "", *, file: str = "", line: int = 0) -> None:
        place = f"{file}:{line}: " if file else ""
        super().__init__(place + sentence, hint)
        self.file = file
        self.line = line


class StoreError(GovgraphError):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "store"
    retry_after = 5


class StoreMissing(StoreError):
    code = "store-missing"


class StoreLocked(StoreError):
    code = "store-locked"


class RevisionConflict(StoreError):
    status = HTTPStatus.CONFLICT
    retry_after = 0
    code = "revision-conflict"


class BaseMismatch(StoreError):
    code = "base-mismatch"


class FormatTooNew(StoreError):
    code = "format-too-new"


class LogDamaged(StoreError):
    retry_after = 0
    code = "log-damaged"


class LogUnwritable(StoreError):
    code = "log-unwritable"


class DiskFull(StoreError):
    status = HTTPStatus.INSUFFICIENT_STORAGE
    code = "disk-full"


class WriterAway(StoreError):
    code = "writer-away"


class RevisionAway(StoreError):
    retry_after = 1
    code = "revision-away"


class ChangeError(GovgraphError):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "change"


class Refused(ChangeError):
    """``report`` is the ``validation.Report`` of the findings that stand against the change, and no others.

    ``committed`` is what it would have done, with all it introduces and mends.
    """

    code = "refused"

    def __init__(self, sentence: str, hint: str = "", *, report: object = None, committed: object = None) -> None:
        super().__init__(sentence, hint)
        self.report = report
        self.committed = committed


class Stale(ChangeError):
    """``revisions`` holds, by IRI, the revision each entity has now; 0 for one that is not there."""

    status = HTTPStatus.PRECONDITION_FAILED
    code = "stale"

    def __init__(self, sentence: str, hint: str = "", *, revisions: dict[str, int] | None = None) -> None:
        super().__init__(sentence, hint)
        self.revisions = revisions or {}


class KeyReused(ChangeError):
    code = "key-reused"


class ContractChanged(ChangeError):
    status = HTTPStatus.CONFLICT
    code = "contract-changed"


class Unauthorised(GovgraphError):
    """``presented`` when there was a token, which is not valid; else there was none."""

    status = HTTPStatus.UNAUTHORIZED
    code = "unauthorised"

    def __init__(self, sentence: str, hint: str = "", *, presented: bool = False) -> None:
        super().__init__(sentence, hint)
        self.presented = presented


class IssuerAway(GovgraphError):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "issuer-away"
    retry_after = 5


class Forbidden(GovgraphError):
    status = HTTPStatus.FORBIDDEN
    code = "forbidden"


class LoadError(GovgraphError):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "load"


class TooManyFindings(LoadError):
    code = "too-many-findings"


class MappingError(LoadError):
    code = "mapping"


class QuestionError(GovgraphError):
    code = "question"


class ParameterError(GovgraphError):
    """``parameter`` is the name that was given or is missing, ``value`` what was said for it."""

    status = HTTPStatus.BAD_REQUEST
    code = "parameter"

    def __init__(self, sentence: str, hint: str = "", *, parameter: str = "", value: str = "") -> None:
        super().__init__(sentence, hint)
        self.parameter = parameter
        self.value = value


class QueryError(GovgraphError):
    """``line`` and ``column`` count from 1; 0 where the parser gave none."""

    status = HTTPStatus.BAD_REQUEST
    code = "query"

    def __init__(self, sentence: str, hint: str = "", *, line: int = 0, column: int = 0) -> None:
        super().__init__(sentence, hint)
        self.line = line
        self.column = column


class QueryForbidden(QueryError):
    status = HTTPStatus.FORBIDDEN
    code = "query-forbidden"


class QueryTooCostly(QueryError):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "query-too-costly"


class QueryBusy(QueryTooCostly):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "query-busy"
    retry_after = 5


class QueryOverdue(QueryTooCostly):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "query-overdue"


class QuotaSpent(QueryTooCostly):
    """``left`` points are left of ``most``; there are as many again after ``retry_after`` seconds."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "quota-spent"
    retry_after = 1

    def __init__(self, sentence: str, hint: str = "", *, left: int = 0, most: int = 0, retry_after: int = 1) -> None:
        super().__init__(sentence, hint)
        self.left = left
        self.most = most
        self.retry_after = retry_after


class QueryOutOfMemory(QueryTooCostly):
    code = "query-out-of-memory"


class ResultTooLarge(QueryTooCostly):
    code = "result-too-large"


class BadRequest(GovgraphError):
    status = HTTPStatus.BAD_REQUEST
    code = "bad-request"


class BadCursor(BadRequest):
    code = "bad-cursor"


class TooManyOperations(BadRequest):
    code = "too-many-operations"


class UnsupportedMediaType(BadRequest):
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported-media-type"


class TooLarge(BadRequest):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "too-large"


class MethodNotAllowed(BadRequest):
    status = HTTPStatus.METHOD_NOT_ALLOWED
    code = "method-not-allowed"


class NotFound(GovgraphError):
    status = HTTPStatus.NOT_FOUND
    code = "not-found"


class NotAcceptable(GovgraphError):
    status = HTTPStatus.NOT_ACCEPTABLE
    code = "not-acceptable"
