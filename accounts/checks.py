from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from accounts import key_files


@register(Tags.security, deploy=True)
def check_signing_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Without a usable key nobody can log in, and every token is refused."""
    files = sorted(Path(settings.JWT_KEYS_DIR).glob("*.pem"))
    if not files:
        hint = "Make one: manage.py create_signing_key"
        return [Error(f"JWT_KEYS_DIR ({settings.JWT_KEYS_DIR}) holds no key", hint=hint, id="accounts.E001")]
    return [error for file in files for error in _check_file(file)]


def _check_file(file: Path) -> list[CheckMessage]:
    try:
        key_files.read(file)
    except key_files.UnusableKey as error:
        return [Error(f"A signing key cannot be used: {error}", id="accounts.E002")]
    return []
