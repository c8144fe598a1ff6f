"""Partners' operations, registered before they are run and then asked for by id; knows texts, no schema.

They lie in ``operations/operations.json`` of the data directory, a shared file: an operation added or removed on the
command line counts in running servers at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from govgraph.errors import NotFound, ParameterError
from govgraph.files import SharedFile

DIRECTORY = "operations"
FILE = "operations.json"
FORMAT = 1
PREFIX = "sha256:"
"""Before a digest it makes a document identifier, by the draft of GraphQL over HTTP, appendix A."""

_PARTNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ALIAS = re.compile(r"[!-~]{1,200}")


def id_of(document: str) -> str:
    """The SHA-256 of a document, in hexadecimal digits."""
    return sha256(document.encode()).hexdigest()


@dataclass(frozen=True)
class Registered:
    """A document of a partner with the names of its operations (none for one without a name).

    ``alias`` is the id that the partner's own tools gave it, empty where that is the digest as well.
    """

    partner: str
    id: str
    document: str
    names: tuple[str, ...] = ()
    alias: str = ""

    @classmethod
    def of(cls, partner: str, document: str, names: Sequence[str] = (), alias: str = "") -> Registered:
        """Raises ParameterError for a partner or an alias that cannot be, and for a digest of another document."""
        if not _PARTNER.fullmatch(partner):
            hint = "Use up to 64 letters, digits, dots, hyphens and underscores."
            raise ParameterError(f"{partner!r} cannot name a partner.", hint, parameter="partner", value=partner)
        id_ = id_of(document)
        bare = alias.removeprefix(PREFIX)
        if bare == id_:
            bare = ""
        elif alias and (_DIGEST.fullmatch(bare) or not _ALIAS.fullmatch(alias)):
            raise ParameterError(
                f"The id {alias[:80]!r} is not that of its document.",
                "64 hexadecimal digits are the SHA-256 of the document; other ids are printable ASCII.",
                parameter="id",
                value=alias,
            )
        return cls(partner, id_, document, tuple(names), bare and alias)


class Registry:
    """The operations registered in one data directory. Safe to use from any thread and from several processes."""

    def __init__(self, directory: Path) -> None:
        """Opens nothing; the directory is made when the first operation is added."""
        self._file = SharedFile(directory / FILE, _read, _Kept(()))

    @classmethod
    def of(cls, data: Path) -> Registry:
        return cls(data / DIRECTORY)

    def find(self, id_: str) -> Registered | None:
        """By digest, with or without its prefix, or by the id its partner gave it. Raises StoreError."""
        return self._file.current().by_id.get(id_.removeprefix(PREFIX))

    def all(self) -> tuple[Registered, ...]:
        """In order of partner and names. Raises StoreError."""
        return self._file.current().operations

    def add(self, operations: Iterable[Registered]) -> tuple[Registered, ...]:
        """Add what is not there yet; what was added. Raises ParameterError where one id would lead to two documents."""
        with self._file.changing() as kept:
            there = {(one.partner, one.id): one for one in kept.operations}
            documents = {key: one.id for key, one in kept.by_id.items()}
            added = []
            for one in operations:
                if documents.setdefault(one.alias or one.id, one.id) != one.id:
                    raise ParameterError(
                        f"The id {one.alias} is taken by another document.",
                        "Let ids be digests, or remove the other one first.",
                        parameter="id",
                        value=one.alias,
                    )
                before = there.get((one.partner, one.id))
                if before is None or (one.alias and before.alias != one.alias):
                    there[one.partner, one.id] = one
                    added.append(one)
            if added:
                self._write(there.values())
        return tuple(added)

    def remove(self, partner: str, ids: Sequence[str] = ()) -> tuple[Registered, ...]:
        """Remove some of a partner's operations, all of them where no ids are given. Raises NotFound, removing none."""
        with self._file.changing() as kept:
            theirs = [one for one in kept.operations if one.partner == partner]
            if not theirs:
                known = ", ".join(dict.fromkeys(one.partner for one in kept.operations))
                hint = f"There are operations of: {known}." if known else "There are none at all."
                raise NotFound(f"No operation of {partner} is registered.", hint)
            wanted = [id_.removeprefix(PREFIX) for id_ in ids]
            for id_ in wanted:
                if not any(id_ in (one.id, one.alias) for one in theirs):
                    hint = f"govgraph operations list {partner} names them."
                    raise NotFound(f"{partner} has no operation {id_}.", hint)
            gone = [one for one in theirs if not wanted or one.id in wanted or one.alias in wanted]
            self._write(one for one in kept.operations if one not in gone)
        return tuple(gone)

    def _write(self, operations: Iterable[Registered]) -> None:
        ordered = sorted(operations, key=lambda one: (one.partner, one.names, one.id))
        written = {"format": FORMAT, "operations": [asdict(one) for one in ordered]}
        self._file.write(json.dumps(written, ensure_ascii=False, indent=1))


@dataclass(frozen=True)
class _Kept:
    operations: tuple[Registered, ...]

    @cached_property
    def by_id(self) -> dict[str, Registered]:
        """The digest of a document leads to it whoever registered it."""
        aliases = {one.alias: one for one in self.operations if one.alias}
        return aliases | {one.id: one for one in self.operations}


def _read(text: str) -> _Kept:
    """Raises ValueError, KeyError or TypeError for what is no such file."""
    said = json.loads(text)
    if said["format"] != FORMAT:
        raise ValueError(f"it has format {said['format']}, this govgraph knows {FORMAT}")
    return _Kept(tuple(Registered(**{**one, "names": tuple(one["names"])}) for one in said["operations"]))
