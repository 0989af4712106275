import stat
from io import StringIO

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.checks import run_checks
from django.core.management import call_command

from accounts import key_files, keys

# RFC 8037, appendix A: the example key and its RFC 7638 thumbprint.
RFC_8037_SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
RFC_8037_KID = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.fixture
def directory(settings, tmp_path):
    settings.JWT_KEYS_DIR = str(tmp_path)
    return tmp_path


def write(file, private):
    file.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def key_checks():
    return [m.id for m in run_checks(include_deployment_checks=True) if m.id.startswith("accounts.")]


def test_read__the_rfc_example__has_its_thumbprint(tmp_path):
    write(tmp_path / "a.pem", Ed25519PrivateKey.from_private_bytes(RFC_8037_SEED))

    key = key_files.read(tmp_path / "a.pem")

    assert (key.kid, key.jwk["x"]) == (RFC_8037_KID, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")


@pytest.mark.parametrize(
    "content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----"]
)
def test_read__not_a_key__is_unusable(tmp_path, content):
    (tmp_path / "a.pem").write_bytes(content)

    with pytest.raises(key_files.UnusableKey, match=r"a\.pem"):
        key_files.read(tmp_path / "a.pem")


def test_read__short_rsa__is_unusable(tmp_path):
    write(tmp_path / "a.pem", generate_private_key(65537, 1024))

    with pytest.raises(key_files.UnusableKey, match="2048"):
        key_files.read(tmp_path / "a.pem")


@pytest.mark.parametrize(("algorithm", "alg"), [("ed25519", "EdDSA"), ("rsa", "RS256")])
def test_create_signing_key__each_algorithm__signs_and_is_published(client, directory, algorithm, alg):
    call_command("create_signing_key", algorithm=algorithm, stdout=StringIO())

    published = client.get("/.well-known/jwks.json").json()["keys"]
    token = jwt.encode({"a": 1}, keys.ring().signing().private, algorithm=alg)
    assert [k["alg"] for k in published] == [alg]
    assert jwt.decode(token, jwt.PyJWK(published[0]), algorithms=[alg]) == {"a": 1}


def test_create_signing_key__file__is_its_owners_alone(directory):
    call_command("create_signing_key", stdout=StringIO())

    (file,) = directory.iterdir()
    assert (stat.S_IMODE(file.stat().st_mode), file.suffix) == (0o600, ".pem")


def test_create_signing_key__if_missing__makes_one_only(directory):
    call_command("create_signing_key", if_missing=True, stdout=StringIO())
    call_command("create_signing_key", if_missing=True, stdout=StringIO())

    assert len(list(directory.iterdir())) == 1


def test_ring__key_added__signs_while_the_old_one_verifies(directory, monkeypatch):
    monkeypatch.setattr(keys, "REREAD_SECONDS", 0)
    key_files.create(directory)
    old = keys.ring().signing()

    key_files.create(directory)

    assert keys.ring().signing().kid != old.kid
    assert keys.ring().find(old.kid) is not None


def test_ring__key_added_by_another_process__is_found_without_waiting(directory, monkeypatch):
    monkeypatch.setattr(keys, "REREAD_SECONDS", 3600)
    key_files.create(directory)
    assert len(keys.ring().all()) == 1

    added = key_files.read(key_files.create(directory))

    assert keys.ring().find(added.kid) is not None


def test_ring__broken_file__does_not_take_the_others_along(directory):
    key_files.create(directory)
    (directory / "zzz.pem").write_text("half a ke")

    assert keys.ring().signing().algorithm == "EdDSA"


def test_jwks__private_parts__are_not_published(client, directory):
    key_files.create(directory)
    key_files.create(directory, algorithm="rsa")

    response = client.get("/.well-known/jwks.json")

    published = response.json()["keys"]
    assert {name for key in published for name in key} == {"kty", "crv", "x", "n", "e", "kid", "alg", "use"}
    assert response["Cache-Control"] == "public, max-age=300"


def test_jwks__known_etag__is_304(client):
    etag = client.get("/.well-known/jwks.json")["ETag"]

    response = client.get("/.well-known/jwks.json", headers={"If-None-Match": etag})

    assert response.status_code == 304


def test_check__no_key__is_an_error(directory):
    assert key_checks() == ["accounts.E001"]


def test_check__broken_key__is_an_error(directory):
    key_files.create(directory)
    (directory / "zzz.pem").write_text("half a ke")

    assert key_checks() == ["accounts.E002"]


def test_check__good_key__passes(directory):
    key_files.create(directory)

    assert key_checks() == []
