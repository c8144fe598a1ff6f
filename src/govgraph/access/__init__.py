"""Who may do what: roles and the people or programs that hold them; knows no request, no entity and no store."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pyoxigraph import NamedNode


class Role(StrEnum):
    """What somebody may do, each role what the ones before it may."""

    READER = "reader"
    """Read what is not published yet."""
    EDITOR = "editor"
    """Change the entries of one organisation."""
    STEWARD = "steward"
    """Change every entry, and what no organisation keeps."""
    ADMIN = "admin"
    """Give tokens, apply a contract."""

    def may(self, needed: Role) -> bool:
        """Whether this role includes another."""
        roles = list(Role)
        return roles.index(self) >= roles.index(needed)


@dataclass(frozen=True)
class Author:
    """Who asks for something. ``id`` is pseudonymous and goes into history; ``name`` goes into the audit log only."""

    id: str
    role: Role
    organisation: NamedNode | None = None
    name: str = ""
