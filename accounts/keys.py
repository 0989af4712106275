"""The key ring: a directory of PEM private keys (Ed25519, or RSA for RS256). The last name signs, all verify.

A key's id is its RFC 7638 thumbprint, so a name in the directory can change without a token noticing. The
directory is looked at again about once a second and at once for an unknown key id: a key that is added or
removed takes effect in every process without a restart.
"""

import base64
import hashlib
import json
import os
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import structlog
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
from django.conf import settings

from core.errors import Unavailable

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
RSA_BITS = 3072  # NIST SP 800-57: good beyond 2030
LEAST_RSA_BITS = 2048  # RFC 7518, 3.3
ALGORITHMS = ("ed25519", "rsa")
PrivateKey = Ed25519PrivateKey | RSAPrivateKey
Stamp = tuple[tuple[str, int, int], ...]


class NoSigningKey(Unavailable):
    code = "no_signing_key"
    title = "No key to sign tokens with"


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


class KeyRing:
    """The keys in `directory`, kept up to date."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._stamp: Stamp | None = None
        self._keys: dict[str, Key] = {}
        self._look_at = 0.0

    def signing(self) -> Key:
        """The key of the last file by name. Raises NoSigningKey where there is none."""
        keys = self._current() or self._read()
        if not keys:
            raise NoSigningKey("Make one: manage.py create_signing_key")
        return next(reversed(keys.values()))

    def find(self, kid: str) -> Key | None:
        """The key with this id. A file added a moment ago is found; a removed one is not, a second later."""
        return self._current().get(kid) or self._read().get(kid)

    def all(self) -> list[Key]:
        """Every key, the signing one last."""
        return list(self._current().values())

    def _current(self) -> dict[str, Key]:
        return self._keys if time.monotonic() < self._look_at else self._read()

    def _read(self) -> dict[str, Key]:
        with self._lock:
            stamp = _stamp(self._directory)
            if stamp != self._stamp:
                self._keys, self._stamp = _load(self._directory), stamp
            self._look_at = time.monotonic() + LOOK_SECONDS
            return self._keys


def ring() -> KeyRing:
    """This process's ring of settings.JWT_KEYS_DIR."""
    return _ring(settings.JWT_KEYS_DIR)


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
    if isinstance(private, RSAPrivateKey) and private.key_size >= LEAST_RSA_BITS:
        return _rsa(private)
    raise UnusableKey(f"{file.name}: give an Ed25519 key, or RSA of at least {LEAST_RSA_BITS} bits")


@lru_cache(maxsize=8)
def _ring(directory: str) -> KeyRing:
    return KeyRing(Path(directory))


def _stamp(directory: Path) -> Stamp:
    """What tells whether the directory changed: names, times and sizes (a mounted secret is a symlink)."""
    if not directory.is_dir():
        return ()
    stats = [(file.name, file.stat()) for file in sorted(directory.glob("*.pem")) if file.exists()]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


def _load(directory: Path) -> dict[str, Key]:
    keys: dict[str, Key] = {}
    for file in sorted(directory.glob("*.pem")):
        try:
            key = read(file)
        except UnusableKey as error:
            log.error("signing_key_unusable", error=str(error))
            continue
        keys.pop(key.kid, None)
        keys[key.kid] = key
    return keys


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
