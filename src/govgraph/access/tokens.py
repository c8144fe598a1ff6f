"""Tokens of this installation: given once in clear, kept as digests, taken back at any time; knows no request.

They lie in ``tokens.json`` of one directory, a shared file: a token given or taken back on the command line counts in a
running server at once.
"""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pyoxigraph import NamedNode

from govgraph.access import Author, Role
from govgraph.errors import NotFound, ParameterError, Unauthorised
from govgraph.files import SharedFile

PREFIX = "gov_"
"""What every token begins with, so that secret scanners and people know one when they see it."""
BYTES = 32
"""Of randomness in a token: nobody guesses one, which is why a plain digest is enough to keep."""
FILE = "tokens.json"
FORMAT = 1


@dataclass(frozen=True)
class Token:
    """One token as it is kept: of its text only the SHA-256 ``digest``. Times are in UTC."""

    id: str
    digest: str
    role: Role
    organisation: str
    label: str
    created: datetime
    expires: datetime | None = None
    revoked: datetime | None = None

    def valid(self, at: datetime) -> bool:
        return self.revoked is None and (self.expires is None or at < self.expires)

    def state(self, at: datetime) -> str:
        """``valid``, ``expired`` or ``revoked``."""
        return "valid" if self.valid(at) else "revoked" if self.revoked else "expired"

    @property
    def author(self) -> Author:
        organisation = NamedNode(self.organisation) if self.organisation else None
        return Author(f"token:{self.id}", self.role, organisation, self.label)


class Tokens:
    """The tokens of one directory. Safe to use from any thread and from several processes."""

    def __init__(self, directory: Path) -> None:
        """Opens nothing; the directory is made when the first token is."""
        nothing: tuple[Token, ...] = ()
        self._file = SharedFile(directory / FILE, _read, nothing)

    def create(self, role: Role, organisation: NamedNode | None, label: str, expires: datetime | None) -> str:
        """A new token's text, which cannot be had a second time.

        Raises ParameterError for an editor without organisation and for a time that is past.
        """
        now = _now()
        if role is Role.EDITOR and organisation is None:
            raise ParameterError("An editor's token needs an organisation.", "Name it.", parameter="organisation")
        if expires is not None and expires <= now:
            raise ParameterError(
                f"{expires:%Y-%m-%d %H:%M} is past.", "Give a time to come.", parameter="expires", value=str(expires)
            )
        text = PREFIX + secrets.token_urlsafe(BYTES)
        iri = organisation.value if organisation else ""
        token = Token(secrets.token_hex(5), _digest(text), role, iri, label, now, expires)
        with self._file.changing() as kept:
            self._write((*kept, token))
        return text

    def author(self, text: str) -> Author:
        """Whose token it is. Raises Unauthorised, in the same words whatever is wrong with it."""
        asked, now = _digest(text), _now()
        # Every token is compared, each in the same time whether it is the one or not.
        found = [token for token in self._file.current() if hmac.compare_digest(token.digest, asked)]
        if not found or not found[0].valid(now):
            raise not_valid()
        return found[0].author

    def list(self) -> tuple[Token, ...]:
        """All that were ever given, oldest first."""
        return self._file.current()

    def revoke(self, id_: str) -> Token:
        """Take a token back; one that was taken back before stays as it is. Raises NotFound."""
        with self._file.changing() as kept:
            found = next((token for token in kept if token.id == id_), None)
            if found is None:
                raise NotFound(f"There is no token {id_}.", "govgraph token list names those there are.")
            if found.revoked is None:
                found = replace(found, revoked=_now())
                self._write(tuple(found if token.id == id_ else token for token in kept))
            return found

    def _write(self, tokens: tuple[Token, ...]) -> None:
        written = {"format": FORMAT, "tokens": [_written(token) for token in tokens]}
        self._file.write(json.dumps(written, ensure_ascii=False, indent=1))


def not_valid() -> Unauthorised:
    """What anyone hears whose token does not count: whether it ever did is nobody's business."""
    return Unauthorised("This token is not valid.", "Ask for another one.")


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _written(token: Token) -> dict[str, object]:
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in asdict(token).items()}


def _read(text: str) -> tuple[Token, ...]:
    """Raises ValueError, KeyError or TypeError for what is no such file."""
    document = json.loads(text)
    if document["format"] != FORMAT:
        raise ValueError(f"it has format {document['format']}, this govgraph knows {FORMAT}")
    return tuple(
        Token(
            **{
                **said,
                "role": Role(said["role"]),
                "created": datetime.fromisoformat(said["created"]),
                "expires": datetime.fromisoformat(said["expires"]) if said["expires"] else None,
                "revoked": datetime.fromisoformat(said["revoked"]) if said["revoked"] else None,
            }
        )
        for said in document["tokens"]
    )
