"""How things of the contract are spelled in GraphQL, and that no two are spelled alike; builds no types."""

from __future__ import annotations

import re

from govgraph.errors import ContractError

_NAME = re.compile(r"(?!__)[_A-Za-z][_A-Za-z0-9]*")


def camel(snake: str) -> str:
    """``blocked_services`` → ``blockedServices``."""
    first, *more = snake.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in more)


def pascal(snake: str) -> str:
    """``blocked_services`` → ``BlockedServices``."""
    name = camel(snake)
    return name[:1].upper() + name[1:]


def lower_first(name: str) -> str:
    """``LifeEvent`` → ``lifeEvent``."""
    return name[:1].lower() + name[1:]


def capitals(name: str) -> str:
    """``transactionsPerYear`` → ``TRANSACTIONS_PER_YEAR``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


class Names:
    """The names taken in one scope: the types of a schema, or the fields of its root."""

    def __init__(self, scope: str) -> None:
        self._scope = scope
        self._taken: dict[str, str] = {}

    def take(self, name: str, what: str) -> str:
        """The name itself. Raises ContractError where GraphQL cannot spell it or something else bears it."""
        if not _NAME.fullmatch(name):
            raise ContractError(
                f"{what} would be {name!r} in GraphQL, which is no name there.",
                "Use ASCII letters and digits, a letter first.",
            )
        other = self._taken.setdefault(name, what)
        if other != what:
            raise ContractError(
                f"{what} and {other} would both be the {self._scope} {name} in GraphQL.", "Rename one of them."
            )
        return name
