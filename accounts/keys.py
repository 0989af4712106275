"""The key ring: a directory of PEM private keys (Ed25519, or RSA for RS256). The last name signs, all verify.

A key's id is its RFC 7638 thumbprint, so a name in the directory can change without a token noticing. The
directory is read again about once a second and at once for an unknown key id: a key that is added or
removed takes effect in every process without a restart.
"""

import os
import threading
import time
from functools import lru_cache
from pathlib import Path

import structlog
from django.conf import settings

from accounts import key_files
from accounts.key_files import Key, UnusableKey
from core.errors import Unavailable

log = structlog.get_logger(__name__)

REREAD_SECONDS = 1.0
Stamp = tuple[tuple[str, int, int], ...]


class NoSigningKey(Unavailable):
    code = "no_signing_key"
    title = "No key to sign tokens with"


class KeyRing:
    """The keys in `directory`, kept up to date."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._stamp: Stamp | None = None
        self._keys: dict[str, Key] = {}
        self._read_again_at = 0.0

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
        return self._keys if time.monotonic() < self._read_again_at else self._read()

    def _read(self) -> dict[str, Key]:
        with self._lock:
            stamp = _stamp(self._directory)
            if stamp != self._stamp:
                self._keys, self._stamp = _load(self._directory), stamp
            self._read_again_at = time.monotonic() + REREAD_SECONDS
            return self._keys


def ring() -> KeyRing:
    """This process's ring of settings.JWT_KEYS_DIR."""
    return _ring(settings.JWT_KEYS_DIR)


@lru_cache(maxsize=8)
def _ring(directory: str) -> KeyRing:
    return KeyRing(Path(directory))


def _stamp(directory: Path) -> Stamp:
    """What differs once the directory has changed (a mounted secret is a symlink: times are the target's)."""
    found = ((file.name, _stat(file)) for file in sorted(directory.glob("*.pem")))
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in found if stat)


def _stat(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except FileNotFoundError:  # removed meanwhile
        return None


def _load(directory: Path) -> dict[str, Key]:
    keys: dict[str, Key] = {}
    for file in sorted(directory.glob("*.pem")):
        try:
            key = key_files.read(file)
        except UnusableKey as error:
            log.error("signing_key_unusable", error=str(error))
            continue
        keys.pop(key.kid, None)
        keys[key.kid] = key
    return keys
