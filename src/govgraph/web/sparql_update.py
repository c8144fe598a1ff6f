"""Updates at ``/sparql`` (SPARQL 1.1 Protocol section 2.2): who asks, why, and what came of it; runs nothing itself.

An update that must be rehearsed is costly, so one at a time is in each serving process; others wait holding no thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from govgraph.access import Author
from govgraph.access.audit import Outcome
from govgraph.change import Committed
from govgraph.errors import BadRequest, Forbidden
from govgraph.gate.update import Updates, Wanted
from govgraph.settings import Settings
from govgraph.web.authentication import author_of
from govgraph.web.change import Errand, answer_of, writer_of
from govgraph.web.house import House
from govgraph.web.language import N_, Said
from govgraph.web.sparql_request import Updating, read
from govgraph.web.turnstile import Turnstile
from govgraph.web.view import remember

DOOR = "sparql-update"


@dataclass(frozen=True)
class UpdateEndpoint:
    """What ``/sparql`` does with an update."""

    house: House
    turnstile: Turnstile

    @classmethod
    def of(cls, house: House) -> UpdateEndpoint:
        return cls(house, turnstile_of(house.settings))

    async def answer(self, request: Request, asked: Updating | None = None) -> Response:
        """``asked`` where the body has been read; else that waits until it is known who sends it.

        Raises what ``Updates`` and ``author_of`` do.
        """
        author = await run_in_threadpool(author_of, self.house, request)
        if "if-match" in request.headers:
            raise BadRequest(
                Said(N_("An update is of no single entry, so If-Match says nothing here.")),
                Said(N_("Leave it out, or write the entry at the address of its document.")),
            )
        if asked is None:
            updating = await read(request, self.house.settings.graph_megabytes * 1_000_000)
            assert isinstance(updating, Updating)
            asked = updating
        change = Errand.of(request, asked.given).change(author, DOOR)
        wanted = Wanted(asked.text, f"{self.house.settings.base}sparql", change, asked.dataset)
        committed = await carry_out(self.house, self.turnstile, wanted)
        return answered(self.house, request, committed)


def turnstile_of(settings: Settings) -> Turnstile:
    """One update is rehearsed at a time."""
    seconds = settings.update_seconds
    return Turnstile(1, brief_places=0, waiting=settings.query_waiting, seconds=seconds, brief_seconds=seconds)


async def carry_out(house: House, turnstile: Turnstile, wanted: Wanted) -> Committed:
    """What came of an update; one of INSERT DATA and DELETE DATA waits for nobody but the writer."""

    def note(author: Author, error: Forbidden) -> None:
        house.audit.note(author, wanted.change.door, Outcome.FORBIDDEN, code=error.code)

    updates = Updates(writer_of(house), house.contract, house.settings, note)
    committed = await run_in_threadpool(updates.state, wanted)
    if committed is not None:
        return committed
    return await turnstile.run(lambda _seconds: updates.rehearse(wanted))


def answered(house: House, request: Request, committed: Committed) -> Response:
    """What a change did; a browser then sees it on its next pages."""
    response = answer_of(house, request, committed)
    if not committed.dry_run:
        remember(response, house, committed.revision)
    return response
