"""Signed tokens of an identity provider, one that signs for real, answers over HTTP and sometimes misbehaves."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from pyoxigraph import NamedNode

from conftest import BASE
from govgraph.access import Role
from govgraph.access.keys import KEPT_SECONDS, MOST_BYTES, PAUSE_SECONDS, STALE_SECONDS, WELL_KNOWN, Keys
from govgraph.access.oidc import ALGORITHMS, LEEWAY_SECONDS, LONGEST, Issuer
from govgraph.access.organisation import organisation
from govgraph.contract import Contract
from govgraph.errors import Forbidden, IssuerAway, SettingError, Unauthorised
from govgraph.iris import Names
from govgraph.settings import read

AUDIENCE = "govgraph"
INTERIOR = NamedNode(f"{BASE}id/organisation/interior")


class Provider:
    """An identity provider on this machine. ``answers`` may replace what a path says: status, headers, body."""

    def __init__(self) -> None:
        provider = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers, body = provider.answer(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.asked: list[str] = []
        self.answers: dict[str, tuple[int, Mapping[str, str], bytes]] = {}
        self.private = rsa.generate_private_key(65537, 2048)
        self.keys: list[dict[str, Any]] = [jwk(self.private.public_key(), "first", alg="RS256")]

    def answer(self, path: str) -> tuple[int, Mapping[str, str], bytes]:
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        if path == WELL_KNOWN:
            said: dict[str, Any] = {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"}
        elif path == "/keys":
            said = {"keys": self.keys}
        else:
            return 404, {}, b""
        return 200, {}, json.dumps(said).encode()

    def sign(self, key: Any = None, kid: str = "first", alg: str = "RS256", **claims: Any) -> str:
        """A token that would be taken, but for the claims given; None takes one out."""
        now = int(time.time())
        said = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": "ana",
            "name": "Ana Lima",
            "exp": now + 600,
            "nbf": now,
            "roles": ["editor"],
            "organisation": "interior",
        } | claims
        kept = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(kept, key or self.private, alg, headers={"kid": kid} if kid else {})


def jwk(key: Any, kid: str, **more: str) -> dict[str, Any]:
    kinds = {
        rsa.RSAPublicKey: RSAAlgorithm,
        ec.EllipticCurvePublicKey: ECAlgorithm,
        ed25519.Ed25519PublicKey: OKPAlgorithm,
    }
    algorithm = next(of for kind, of in kinds.items() if isinstance(key, kind))
    return {**json.loads(algorithm.to_jwk(key)), "kid": kid, "use": "sig", **more}


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    provider = Provider()
    thread = threading.Thread(target=provider.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield provider
    provider.server.shutdown()
    thread.join(10)
    provider.server.server_close()


@pytest.fixture
def provider(running: Provider) -> Provider:
    running.asked.clear()
    running.answers.clear()
    running.keys[:] = running.keys[:1]
    return running


@pytest.fixture
def of(provider: Provider, contract: Contract) -> Callable[..., Issuer]:
    def build(**settings: str) -> Issuer:
        given = {"oidc_issuer": provider.issuer, "oidc_audience": AUDIENCE, **settings}
        issuer = Issuer.of(read({}, **given), partial(organisation, contract=contract, names=Names(BASE)))
        assert issuer is not None
        return issuer

    return build


@pytest.fixture
def issuer(of: Callable[..., Issuer]) -> Issuer:
    return of()


def test_a_signed_token_says_who_its_holder_is(provider: Provider, issuer: Issuer) -> None:
    author = issuer.author(provider.sign())
    assert (author.role, author.organisation, author.name) == (Role.EDITOR, INTERIOR, "Ana Lima")
    assert author.id.startswith("oidc:")
    assert "ana" not in author.id.lower()
    assert issuer.author(provider.sign(email="x@example.org")).id == author.id
    assert issuer.author(provider.sign(sub="bo")).id != author.id
    assert provider.asked == [WELL_KNOWN, "/keys"], "the keys are asked for once"


def test_without_an_issuer_there_is_none_and_half_a_setting_is_refused(contract: Contract) -> None:
    as_iri = partial(organisation, contract=contract, names=Names(BASE))
    assert Issuer.of(read({}), as_iri) is None
    for given, named in (
        ({"oidc_issuer": "https://id.example.org"}, "oidc_audience"),
        ({"oidc_issuer": "http://id.example.org", "oidc_audience": "x"}, "oidc_issuer"),
        ({"oidc_issuer": "file:///etc", "oidc_audience": "x"}, "oidc_issuer"),
        ({"oidc_issuer": "https://a", "oidc_audience": "x", "oidc_role_map": "editor"}, "oidc_role_map"),
        ({"oidc_issuer": "https://a", "oidc_audience": "x", "oidc_role_map": "a=king"}, "oidc_role_map"),
    ):
        with pytest.raises(SettingError, match=named):
            Issuer.of(read({}, **given), as_iri)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another"},
        {"exp": int(time.time()) - LEEWAY_SECONDS - 5},
        {"nbf": int(time.time()) + LEEWAY_SECONDS + 300},
        {"iss": None},
        {"aud": None},
        {"exp": None},
        {"sub": None},
        {"exp": "tomorrow"},
    ],
    ids=str,
)
def test_a_token_for_others_or_another_time_is_refused(
    provider: Provider, issuer: Issuer, claims: dict[str, Any]
) -> None:
    with pytest.raises(Unauthorised, match="not valid"):
        issuer.author(provider.sign(**claims))


def test_clocks_may_differ_a_little(provider: Provider, issuer: Issuer) -> None:
    now = int(time.time())
    assert issuer.author(provider.sign(exp=now - LEEWAY_SECONDS + 20))
    assert issuer.author(provider.sign(nbf=now + LEEWAY_SECONDS - 10))


def test_a_signature_of_nobody_of_a_stranger_or_with_a_shared_secret_is_refused(
    provider: Provider, issuer: Issuer
) -> None:
    head, body, signature = provider.sign().split(".")
    public = provider.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    shared = encoded({"alg": "HS256", "kid": "first", "typ": "JWT"}) + "." + body
    sealed = base64.urlsafe_b64encode(hmac.new(public, shared.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()
    other = body[:-2] + ("AA" if body[-2:] != "AA" else "BB")
    provider.keys.append({"kty": "oct", "k": "c2VjcmV0" * 8, "kid": "secret", "use": "sig", "alg": "HS256"})
    forged = {
        "none": f"{encoded({'alg': 'none', 'kid': 'first'})}.{body}.",
        "none with a signature": f"{encoded({'alg': 'none', 'kid': 'first'})}.{body}.{signature}",
        "public key as secret": f"{shared}.{sealed}",
        "secret among the keys": provider.sign("c2VjcmV0" * 8, "secret", "HS256"),
        "stranger": provider.sign(rsa.generate_private_key(65537, 2048)),
        "body": f"{head}.{other}.{signature}",
        "another algorithm than the key's": provider.sign(alg="PS256"),
        "no signature": f"{head}.{body}.",
        "critical header": jwt.encode({"sub": "a"}, provider.private, "RS256", headers={"kid": "first", "crit": ["x"]}),
    }
    for how, text in forged.items():
        with pytest.raises(Unauthorised, match="not valid"):
            issuer.author(text)
        assert how


def encoded(header: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("text", ["", "..", "a.b.c", "é.é.é", "x" * (LONGEST + 1), "eyJhbGciOjF9.e30.x"])
def test_what_is_no_token_at_all_is_refused(issuer: Issuer, text: str) -> None:
    with pytest.raises(Unauthorised, match="not valid"):
        issuer.author(text)


def test_other_signatures_with_key_pairs_are_taken(provider: Provider, issuer: Issuer) -> None:
    curve, edwards = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()
    provider.keys += [jwk(curve.public_key(), "curve"), jwk(edwards.public_key(), "edwards")]
    provider.keys.append(jwk(provider.private.public_key(), "unsaid"))
    assert issuer.author(provider.sign(curve, "curve", "ES256"))
    assert issuer.author(provider.sign(edwards, "edwards", "EdDSA"))
    assert issuer.author(provider.sign(kid="unsaid", alg="PS512")), "a key may serve several where it names none"


def test_a_token_need_not_name_the_only_key(provider: Provider, issuer: Issuer) -> None:
    assert issuer.author(provider.sign(kid=""))


def test_keys_for_encryption_sign_nothing(provider: Provider, issuer: Issuer) -> None:
    provider.keys.append({**jwk(provider.private.public_key(), "enc"), "use": "enc"})
    with pytest.raises(Unauthorised):
        issuer.author(provider.sign(kid="enc"))


# roles and organisations


def test_the_highest_role_counts_and_names_are_mapped(provider: Provider, of: Callable[..., Issuer]) -> None:
    mapped = of(oidc_role_claim="realm_access.roles", oidc_role_map="cat-edit=editor, it=admin")
    assert mapped.author(provider.sign(realm_access={"roles": ["x", "cat-edit", "it"]})).role is Role.ADMIN
    assert mapped.author(provider.sign(realm_access={"roles": ["cat-edit"]})).role is Role.EDITOR
    with pytest.raises(Forbidden):
        mapped.author(provider.sign(realm_access={"roles": ["admin"]}))
    dotted = of(oidc_role_claim="https://gov.example/roles", oidc_role_map="a=b=reader")
    assert dotted.author(provider.sign(**{"https://gov.example/roles": "x a=b"})).role is Role.READER


@pytest.mark.parametrize("roles", [None, [], "nothing", {"editor": True}, 5, [["admin"]]], ids=str)
def test_a_token_without_a_role_here_is_known_but_may_nothing(
    provider: Provider, issuer: Issuer, roles: object
) -> None:
    with pytest.raises(Forbidden, match="role"):
        issuer.author(provider.sign(roles=roles))


def test_an_editor_is_of_exactly_one_organisation(provider: Provider, issuer: Issuer) -> None:
    assert issuer.author(provider.sign(organisation=INTERIOR.value)).organisation == INTERIOR
    assert issuer.author(provider.sign(organisation=["interior"])).organisation == INTERIOR
    for said in (None, "", "a b", ["interior", "health"], "no:iri <", 7):
        with pytest.raises(Forbidden, match="organisation"):
            issuer.author(provider.sign(organisation=said))
        assert issuer.author(provider.sign(organisation=said, roles="steward")).organisation is None


# keys


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(provider: Provider, clock: Clock) -> Keys:
    return Keys(provider.issuer, clock)


def fetches(provider: Provider) -> int:
    return provider.asked.count("/keys")


def test_a_new_key_is_found_and_invented_names_ask_no_more_than_once_a_while(
    provider: Provider, keys: Keys, clock: Clock
) -> None:
    assert keys.find("first")
    assert [keys.find(f"invented{n}") for n in range(50)] == [None] * 50
    assert fetches(provider) == 1
    provider.keys.append(jwk(provider.private.public_key(), "second"))
    clock.seconds += PAUSE_SECONDS
    assert keys.find("second")
    assert [keys.find(f"other{n}") for n in range(50)] == [None] * 50
    assert fetches(provider) == 2


def test_keys_are_asked_for_again_after_a_while_and_one_taken_back_counts_no_longer(
    provider: Provider, keys: Keys, clock: Clock
) -> None:
    assert keys.find("first")
    provider.keys[:] = [jwk(provider.private.public_key(), "second")]
    clock.seconds += KEPT_SECONDS - 1
    assert keys.find("first")
    clock.seconds += 1
    assert keys.find("first") is None
    provider.keys[:] = [jwk(provider.private.public_key(), "first", alg="RS256")]


def test_while_the_issuer_is_away_its_keys_stay_but_not_for_ever(provider: Provider, keys: Keys, clock: Clock) -> None:
    assert keys.find("first")
    provider.answers[WELL_KNOWN] = (503, {}, b"")
    clock.seconds += KEPT_SECONDS
    assert keys.find("first")
    assert keys.find("unknown") is None
    assert provider.asked.count(WELL_KNOWN) == 2, "it is not asked again at once"
    clock.seconds += STALE_SECONDS
    with pytest.raises(IssuerAway):
        keys.find("first")


def test_where_no_keys_are_known_nobody_can_tell_and_the_issuer_is_left_in_peace(
    provider: Provider, keys: Keys, clock: Clock
) -> None:
    provider.answers["/keys"] = (500, {}, b"")
    for _ in range(20):
        with pytest.raises(IssuerAway):
            keys.find("first")
    assert fetches(provider) == 1
    del provider.answers["/keys"]
    clock.seconds += PAUSE_SECONDS
    assert keys.find("first")


def discovery(**said: object) -> tuple[int, Mapping[str, str], bytes]:
    return 200, {}, json.dumps(said).encode()


@pytest.mark.parametrize(
    "how",
    [
        "redirect",
        "foreign issuer",
        "file",
        "plain http",
        "nothing",
        "too long",
        "no json",
        "deep",
        "list",
        "no keys",
        "userinfo",
    ],
)
def test_an_issuer_that_misbehaves_gives_no_keys(provider: Provider, keys: Keys, how: str) -> None:
    issuer = provider.issuer
    wrong: dict[str, tuple[str, tuple[int, Mapping[str, str], bytes]]] = {
        "redirect": ("/keys", (302, {"Location": f"{issuer}/elsewhere"}, b"")),
        "foreign issuer": (WELL_KNOWN, discovery(issuer="https://evil.example", jwks_uri=f"{issuer}/keys")),
        "file": (WELL_KNOWN, discovery(issuer=issuer, jwks_uri="file:///etc/passwd")),
        "plain http": (WELL_KNOWN, discovery(issuer=issuer, jwks_uri="http://192.0.2.1/keys")),
        "userinfo": (WELL_KNOWN, discovery(issuer=issuer, jwks_uri="https://a:b@192.0.2.1/keys")),
        "nothing": (WELL_KNOWN, discovery(issuer=issuer)),
        "too long": ("/keys", (200, {}, b" " * MOST_BYTES + b'{"keys": []}')),
        "no json": ("/keys", (200, {}, b"<html>")),
        "deep": ("/keys", (200, {}, b"[" * 100_000)),
        "list": ("/keys", (200, {}, b"[]")),
        "no keys": ("/keys", discovery(keys=[{"kty": "RSA"}, 5, {"kty": "oct", "k": "AAAA", "kid": "first"}])),
    }
    path, answer = wrong[how]
    provider.answers[path] = answer
    provider.answers["/elsewhere"] = (200, {}, json.dumps({"keys": provider.keys}).encode())
    with pytest.raises(IssuerAway):
        keys.find("first")
    assert "/elsewhere" not in provider.asked


def test_who_asks_for_a_key_that_is_there_waits_for_nobody(provider: Provider, keys: Keys, clock: Clock) -> None:
    assert keys.find("first")
    asked, go_on = threading.Event(), threading.Event()
    answer = provider.answer

    def slowly(path: str) -> tuple[int, Mapping[str, str], bytes]:
        asked.set()
        go_on.wait(10)
        return answer(path)

    clock.seconds += KEPT_SECONDS
    provider.answer = slowly  # type: ignore[method-assign]  # a provider that takes its time
    try:
        slow = threading.Thread(target=keys.find, args=("first",))
        slow.start()
        assert asked.wait(10)
        assert keys.find("first"), "while another asks"
    finally:
        go_on.set()
        slow.join(10)
        del provider.answer


def unpadded(said: object) -> str:
    written = said if isinstance(said, bytes) else json.dumps(said).encode()
    return base64.urlsafe_b64encode(written).rstrip(b"=").decode()


ODD: tuple[object, ...] = (
    *(None, 0, -1, 1.5, 10**400, float("inf"), float("nan"), True, "", "x", "\ud800", "\x00", "9" * 5000),
    *([], ["a"], [[["a"]]], {}, {"a": 1}),
)


def test_whatever_a_token_names_it_is_refused_as_any_other(provider: Provider, issuer: Issuer) -> None:
    curve, edwards = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()
    provider.keys += [jwk(curve.public_key(), "curve"), jwk(edwards.public_key(), "edwards")]
    provider.keys.append(jwk(rsa.generate_private_key(65537, 2048).public_key(), "unsaid"))
    body, tried = provider.sign().split(".")[1], 0
    for kid in ("first", "unsaid", "curve", "edwards", "", *ODD):
        for alg in (*ALGORITHMS, "none", "HS256", "ES256K", *ODD):
            for signature in (b"", b"x" * 64, b"y" * 256):
                with pytest.raises(Unauthorised):
                    issuer.author(f"{unpadded({'alg': alg, 'kid': kid})}.{body}.{unpadded(signature)}")
                tried += 1
    for more in ("crit", "b64", "typ", "zip", "jwk", "jku"):
        for odd in ODD:
            head = unpadded({"alg": "RS256", "kid": "first", more: odd})
            for text in (f"{head}.{body}.{unpadded(b'x' * 256)}", f"{head}..{unpadded(b'x' * 256)}"):
                with pytest.raises(Unauthorised):
                    issuer.author(text)
                tried += 1
    for text in ("", "..", "a.b.c", "\ud800.\ud800.\ud800", "é.é.é", f"{unpadded(b'[' * 9000)}.{body}.x"):
        with pytest.raises(Unauthorised):
            issuer.author(text)
    assert tried > 2000


def test_whatever_the_issuer_signs_somebody_is_known_or_refused(provider: Provider, issuer: Issuer) -> None:
    known = 0
    for claim in ("iss", "aud", "exp", "nbf", "iat", "jti", "sub", "name", "email", "roles", "organisation"):
        for odd in ODD:
            payload = json.loads(json.dumps(jwt.decode(provider.sign(), options={"verify_signature": False})))
            text = jwt.PyJWS().encode(
                json.dumps({**payload, claim: odd}).encode(), provider.private, "RS256", headers={"kid": "first"}
            )
            try:
                author = issuer.author(text)
            except (Unauthorised, Forbidden):
                continue
            known += 1
            assert (author.id + author.name).encode()
    assert known > len(ODD)
    for payload in (b"", b"[" * 9000, b'{"a":' * 2000, b"\xff\xfe", b"null", b"1" * 6000, b'{"exp":1' + b"0" * 5000):
        with pytest.raises(Unauthorised):
            issuer.author(jwt.PyJWS().encode(payload, provider.private, "RS256", headers={"kid": "first"}))
