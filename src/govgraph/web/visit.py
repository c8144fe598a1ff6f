"""One request as pages see it: the reader's language, and every address a page links to; reads no data.

Addresses are paths below the base's path. Only what must be absolute (IRIs, canonical links) begins with the base,
never with what the request calls the host.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import parse_qsl, quote, urlencode

from starlette.requests import Request

from govgraph.contract import Text, say
from govgraph.errors import BadRequest, NotFound
from govgraph.iris import CODE, GOV
from govgraph.web.house import House
from govgraph.web.language import N_, Said, Words

CARRIED = ("lang", "view", "asOf")
"""Parameters that hold for a whole visit: links and forms carry them on."""
_NEVER_REPEATED = frozenset({"access_token"})
"""Parameters that no link of ours may hold, even where a stranger's address did."""
_MOST_DIGITS = 9
"""Of a number in an address; none there is needs more."""


@dataclass(frozen=True)
class Visit:
    """``carried`` is what the address itself says for the whole visit: name and value of those of CARRIED.

    ``day`` is set where the content depends on it. ``mark`` is what its ETags end in, for who reads them.
    """

    house: House
    request: Request
    words: Words
    carried: tuple[tuple[str, str], ...]
    day: date | None = None
    mark: str = ""

    @classmethod
    def of(cls, house: House, request: Request) -> Visit:
        asked = request.query_params.get("lang")
        words = house.languages.choose(asked, request.headers.get("accept-language"))
        said = {**request.query_params, "lang": asked if asked == words.tag else ""}
        return cls(house, request, words, tuple((name, said[name]) for name in CARRIED if said.get(name)))

    def on(self, day: date) -> Visit:
        """The same visit, to a page whose content depends on the day."""
        return replace(self, day=day)

    def marked(self, mark: str) -> Visit:
        """The same visit, with ETags that end in ``mark``."""
        return replace(self, mark=mark)

    def turned_away(self) -> Visit:
        """The same visit, with links to what anyone may see now."""
        return replace(self, carried=tuple(one for one in self.carried if one[0] == "lang"))

    @property
    def as_of(self) -> str:
        """The moment in the past the visit is to, empty for now."""
        return self.request.query_params.get("asOf", "")

    @property
    def language(self) -> str:
        return self.words.tag

    @property
    def languages(self) -> tuple[str, ...]:
        """What labels and texts are wanted in, best first."""
        return (self.words.tag,)

    @property
    def path(self) -> str:
        return str(self.request.scope["path"])

    def say(self, text: Text) -> str:
        """A text of the contract in the reader's language."""
        return self.words.typeset(say(text, self.languages))

    def heading(self, text: Text) -> str:
        """A text of the contract with a capital: labels are written as they stand in a sentence."""
        said = self.say(text)
        return said[:1].upper() + said[1:]

    def href(self, path: str, /, **query: object) -> str:
        """The address of one of our pages; parameters that are None or empty are left out."""
        plain, hash_, fragment = path.partition("#")
        given = {key: value for key, value in query.items() if value not in (None, "")}
        for key, value in self.carried:
            given.setdefault(key, value)
        return self.house.root + plain + (f"?{urlencode(given, doseq=True)}" if given else "") + hash_ + fragment

    def here(self, /, **changes: object) -> str:
        """The address of this page with other parameters; None takes one out."""
        given: dict[str, object] = dict(self.parameters)
        given |= changes
        kept = {key: value for key, value in given.items() if value not in (None, "")}
        return quote(self.path, safe="/-._~") + (f"?{urlencode(kept, doseq=True)}" if kept else "")

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the address, the last of each name."""
        said = parse_qsl(self.request.url.query, keep_blank_values=True)
        return {name: value for name, value in said if name not in _NEVER_REPEATED}

    def whole(self, name: str, most: int, default: int = 1) -> int:
        """A parameter that is a whole number from 1 to ``most``. Raises BadRequest."""
        said = self.parameters.get(name, "")
        number = int(said) if said.isascii() and said.isdecimal() and len(said) <= _MOST_DIGITS else 0
        if said and not 1 <= number <= most:
            raise BadRequest(
                Said(N_("%(name)s is “%(value)s”."), name=name, value=said[:40]),
                Said(N_("Give a whole number from 1 to %(most)s."), most=most),
            )
        return number or default

    def canonical(self, path: str) -> str:
        """The absolute address of one of our pages."""
        return self.house.settings.base + path.removeprefix("/")

    def static(self, name: str) -> str:
        return f"{self.house.root}/static/{name}?v={self.house.renderer.fingerprint}"

    def document(self, iri: str, suffix: str = "", /, **query: object) -> str:
        """The page about an IRI: its document if it is ours, the term in a vocabulary of ours, else a local page."""
        ours = self.house.catalogue.names.split(iri)
        if ours is not None:
            return self.href(f"/doc/{ours[0]}/{quote(ours[1], safe='-._~')}{suffix}", **query)
        if not suffix:
            for namespace in (GOV, CODE):
                if iri.startswith(namespace):
                    return self.href(f"/ns#{iri.removeprefix(namespace)}")
        return self.href("/doc", iri=iri, format=suffix.removeprefix("."), **query)


def web_address(iri: str) -> str:
    """The IRI where a browser may follow it, else empty: only the web's own schemes ever become a link."""
    return iri if iri.startswith(("http://", "https://")) else ""


def refuse_beyond(page: int, pages: int) -> None:
    """Raises NotFound for a page after the last."""
    if page > pages:
        raise NotFound(
            Said(N_("There is no page %(page)s; the last one is page %(last)s."), page=page, last=pages),
            Said(N_("Begin with the first page.")),
        )
