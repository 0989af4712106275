"""Private keys as PEM files: Ed25519, or RSA for RS256. A key's id is its RFC 7638 thumbprint."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

RSA_BITS = 3072  # NIST SP 800-57: good beyond 2030
MIN_RSA_BITS = 2048  # RFC 7518, 3.3
ALGORITHMS = ("ed25519", "rsa")
PrivateKey = Ed25519PrivateKey | RSAPrivateKey


class UnusableKey(ValueError):
    """A file in the directory is not a private key that can sign our tokens."""


@dataclass(frozen=True)
class Key:
    """One private key; `jwk` is its public half as RFC 7517 writes it."""

    kid: str
    algorithm: str
    private: PrivateKey
    public: Ed25519PublicKey | RSAPublicKey
    jwk: dict[str, str]


def create(directory: Path, *, algorithm: str = "ed25519") -> Path:
    """Write a new private key, readable by its owner alone, that sorts last and so signs from now on."""
    private: PrivateKey = (
        Ed25519PrivateKey.generate() if algorithm == "ed25519" else generate_private_key(65537, RSA_BITS)
    )
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = directory / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}.pem"
    fresh = file.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return fresh.rename(file)


def read(file: Path) -> Key:
    """The key in a PEM file. Raises UnusableKey."""
    try:
        private = load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError, OSError, UnsupportedAlgorithm) as error:
        raise UnusableKey(f"{file.name}: {error}") from error
    if isinstance(private, Ed25519PrivateKey):
        return _ed25519(private)
    if isinstance(private, RSAPrivateKey) and private.key_size >= MIN_RSA_BITS:
        return _rsa(private)
    raise UnusableKey(f"{file.name}: give an Ed25519 key, or RSA of at least {MIN_RSA_BITS} bits")


def _ed25519(private: Ed25519PrivateKey) -> Key:
    public = private.public_key()
    members = {
        "crv": "Ed25519",
        "kty": "OKP",
        "x": _base64(public.public_bytes(Encoding.Raw, PublicFormat.Raw)),
    }
    return _key("EdDSA", private, public, members)


def _rsa(private: RSAPrivateKey) -> Key:
    public = private.public_key()
    numbers = public.public_numbers()
    members = {"e": _base64(_octets(numbers.e)), "kty": "RSA", "n": _base64(_octets(numbers.n))}
    return _key("RS256", private, public, members)


def _key(
    algorithm: str, private: PrivateKey, public: Ed25519PublicKey | RSAPublicKey, members: dict[str, str]
) -> Key:
    """The thumbprint covers the required members alone, sorted, without white space (RFC 7638, 3)."""
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    kid = _base64(hashlib.sha256(canonical).digest())
    return Key(kid, algorithm, private, public, {**members, "kid": kid, "alg": algorithm, "use": "sig"})


def _octets(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
