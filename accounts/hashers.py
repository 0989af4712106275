"""Argon2id with OWASP's minimum. docs/decisions/0004-password-hashing.md has the measurements."""

from django.contrib.auth import hashers


class Argon2Hasher(hashers.Argon2PasswordHasher):
    """About 19 MiB and two passes for each check; a hash with other costs is renewed at the next log-in."""

    time_cost = 2
    memory_cost = 19_456  # KiB
    parallelism = 1
