"""R33: what is not a token of ours, for us, of this kind and still in time opens nothing."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from accounts import key_files, keys
from accounts.tokens import RefreshToken
from core.ids import uuid7
from tests.factories.accounts import bearer

pytestmark = pytest.mark.django_db

STRANGER = Ed25519PrivateKey.generate()


def claims(alice, **changes):
    now = int(time.time())
    valid = {
        "token_type": "access",
        "exp": now + 300,
        "iat": now,
        "jti": "1",
        "sub": str(alice.pk),
        "sid": str(uuid7()),
        "staff": True,
        "iss": settings.JWT_ISSUER,
        "aud": settings.JWT_AUDIENCE,
    }
    return {name: value for name, value in (valid | changes).items() if value is not None}


def signed(payload, **headers):
    key = keys.ring().signing()
    return jwt.encode(payload, key.private, algorithm=key.algorithm, headers={"kid": key.kid, **headers})


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def with_algorithm_none(alice):
    kid = keys.ring().signing().kid
    return f"{part({'alg': 'none', 'typ': 'JWT', 'kid': kid})}.{part(claims(alice))}."


def with_hmac_of_the_public_key(encoding, form):
    def forge(alice):
        """Written out: the library refuses to sign with a public key as a secret."""
        key = keys.ring().signing()
        body = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': key.kid})}.{part(claims(alice))}"
        mac = hmac.digest(key.public.public_bytes(encoding, form), body.encode(), hashlib.sha256)
        return f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"

    return forge


def with_a_key_in_the_header(alice):
    jwk = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(STRANGER.public_key()))
    kid = keys.ring().signing().kid
    return jwt.encode(claims(alice), STRANGER, algorithm="EdDSA", headers={"kid": kid, "jwk": jwk})


def tampered(alice):
    header, _, signature = signed(claims(alice, staff=False)).split(".")
    return f"{header}.{part(claims(alice))}.{signature}"


FORGERIES = {
    "none": with_algorithm_none,
    "HS256 with the public PEM": with_hmac_of_the_public_key(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    "HS256 with the public octets": with_hmac_of_the_public_key(Encoding.Raw, PublicFormat.Raw),
    "stranger's key under our kid": lambda alice: jwt.encode(
        claims(alice), STRANGER, algorithm="EdDSA", headers={"kid": keys.ring().signing().kid}
    ),
    "RS256 under our kid": lambda alice: jwt.encode(
        claims(alice),
        generate_private_key(65537, 2048),
        algorithm="RS256",
        headers={"kid": keys.ring().signing().kid},
    ),
    "key in the header": with_a_key_in_the_header,
    "unknown kid": lambda alice: signed(claims(alice), kid="another"),
    "kid as a path": lambda alice: signed(claims(alice), kid="../../../dev/null"),
    "no kid": lambda alice: jwt.encode(
        claims(alice), keys.ring().signing().private, algorithm="EdDSA", headers={}
    ),
    "wrong audience": lambda alice: signed(claims(alice, aud="elsewhere")),
    "no audience": lambda alice: signed(claims(alice, aud=None)),
    "wrong issuer": lambda alice: signed(claims(alice, iss="elsewhere")),
    "no expiry": lambda alice: signed(claims(alice, exp=None)),
    "expired": lambda alice: signed(claims(alice, exp=int(time.time()) - 1)),
    "no subject": lambda alice: signed(claims(alice, sub=None)),
    "subject that is no id": lambda alice: signed(claims(alice, sub="1 OR 1=1")),
    "no session": lambda alice: signed(claims(alice, sid=None)),
    "no type": lambda alice: signed(claims(alice, token_type=None)),
    "refresh as access": lambda alice: str(RefreshToken.issue(user_id=alice.pk, session_id=uuid7())),
    "tampered claims": tampered,
    "cut short": lambda alice: signed(claims(alice))[:-4],
    "no signature": lambda alice: signed(claims(alice)).rsplit(".", 1)[0] + ".",
    "empty": lambda alice: "",
    "not ASCII": lambda alice: "é.é.é",
    "two tokens": lambda alice: f"{signed(claims(alice))} {signed(claims(alice))}",
}


@pytest.fixture
def own_keys(settings, tmp_path, monkeypatch):
    """A directory of keys that is read again for each token."""
    monkeypatch.setattr(keys, "REREAD_SECONDS", 0)
    settings.JWT_KEYS_DIR = str(tmp_path)
    return tmp_path


@pytest.mark.parametrize("forgery", FORGERIES)
def test_access__forged_token__is_401(client, alice, forgery):
    token = FORGERIES[forgery](alice)

    response = client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})

    assert response.status_code == 401
    assert response.json()["code"] in ("token_invalid", "token_expired")


def test_access__the_same_claims_signed_by_us__are_good(client, alice):
    response = client.get("/api/v1/me", headers={"Authorization": f"Bearer {signed(claims(alice))}"})

    assert response.status_code == 200


@pytest.mark.parametrize("forgery", [name for name in FORGERIES if name != "empty"])
def test_refresh__forged_token__is_401(post, alice, forgery):
    response = post("refresh", {"refresh": FORGERIES[forgery](alice)})

    assert response.status_code == 401


def test_access__key_was_retired__is_refused_though_seen_before(client, alice, own_keys):
    old = key_files.create(own_keys)
    headers = bearer(alice)
    key_files.create(own_keys)

    before = client.get("/api/v1/me", headers=headers).status_code
    old.unlink()
    after = client.get("/api/v1/me", headers=headers).status_code

    assert (before, after) == (200, 401)
