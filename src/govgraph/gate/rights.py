"""Whether somebody may make a change: every entity it touches must be one's own, before the change and after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from govgraph.access import Author, Role
from govgraph.catalogue.summary import Share
from govgraph.errors import Forbidden
from govgraph.iris import compact

Shares = Mapping[NamedNode, Sequence[Share]]
"""What each entity counts as, with the organisations that keep it."""


@dataclass(frozen=True)
class Rights:
    """What one author may touch."""

    author: Author

    @property
    def limited(self) -> bool:
        """Whether they end with an organisation; a steward's do not."""
        return not self.author.role.may(Role.STEWARD)

    def refuse_readers(self) -> None:
        """Raises Forbidden for who may change nothing, whatever it is."""
        if not self.author.role.may(Role.EDITOR) or (self.limited and self.author.organisation is None):
            raise Forbidden(
                "This token may read and change nothing.", "Ask for one with the role editor and your organisation."
            )

    def refuse_reference(self) -> None:
        """Raises Forbidden for who may not change what all organisations share."""
        if self.limited:
            raise Forbidden("Reference data are shared by all organisations.", "Ask a steward to change them.")

    def refuse_foreign(self, standing: Shares) -> None:
        """Raises Forbidden when another organisation keeps one of the entities, or none does."""
        for entity in sorted(standing, key=str) if self.limited else ():
            if any(self.author.organisation not in share.organisations for share in standing[entity]):
                raise _foreign(entity)

    def refuse_touching(self, touched: Iterable[NamedNode], before: Shares, after: Shares) -> None:
        """Raises Forbidden as well for what is of no kind, before and after: nobody's is not one's own."""
        if not self.limited:
            return
        for standing in (before, after):
            self.refuse_foreign(standing)
        for entity in sorted(touched, key=str):
            if not before.get(entity) and not after.get(entity):
                raise _foreign(entity)


def _foreign(entity: NamedNode) -> Forbidden:
    return Forbidden(
        f"{compact(entity.value)} is not kept by your organisation, before the change or after it.",
        "An editor changes the entries of one organisation, and leaves them with it; ask a steward for the rest.",
    )
