"""Whether somebody may make a change: every entity it touches must be one's own, before the change and after it."""

from __future__ import annotations

from govgraph.access import Author, Role
from govgraph.errors import Forbidden
from govgraph.gate.trial import Trial
from govgraph.iris import compact


def refuse_readers(author: Author) -> None:
    """Raises Forbidden for who may change nothing, whatever it is."""
    if not author.role.may(Role.EDITOR) or (author.role is Role.EDITOR and author.organisation is None):
        raise Forbidden(
            "This token may read and change nothing.", "Ask for one with the role editor and your organisation."
        )


def refuse_foreign(author: Author, trial: Trial) -> None:
    """Raises Forbidden when an editor touches what another organisation keeps, or what no organisation keeps."""
    if author.role.may(Role.STEWARD):
        return
    if trial.net.within((trial.state.names.reference,)):
        raise Forbidden("Reference data are shared by all organisations.", "Ask a steward to change them.")
    before, after = trial.keepers()
    for entity in sorted(trial.touched(), key=str):
        counted = [*before.get(entity, ()), *after.get(entity, ())]
        if not counted or any(author.organisation not in share.organisations for share in counted):
            raise Forbidden(
                f"{compact(entity.value)} is not kept by your organisation.",
                "An editor changes the entries of one organisation; ask a steward for the rest.",
            )
