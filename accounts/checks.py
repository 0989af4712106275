from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from accounts import key_files
from core.risks import Risk, register_risks

MAX_ACCESS_LIFETIME, MAX_REFRESH_LIFETIME = timedelta(hours=1), timedelta(days=365)


@register(Tags.security, deploy=True)
def check_signing_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Without a usable key nobody can log in, and every token is refused."""
    files = sorted(Path(settings.JWT_KEYS_DIR).glob("*.pem"))
    if not files:
        hint = "Make one: manage.py create_signing_key"
        return [Error(f"JWT_KEYS_DIR ({settings.JWT_KEYS_DIR}) holds no key", hint=hint, id="accounts.E001")]
    return [error for file in files for error in _check_file(file)]


def token_risks() -> Iterator[Risk]:
    """A token cannot be called back while it lives: whoever steals one may use it until its end."""
    lifetimes = {
        "ACCESS_TOKEN_SECONDS": (settings.ACCESS_TOKEN_LIFETIME, MAX_ACCESS_LIFETIME),
        "REFRESH_TOKEN_DAYS": (settings.REFRESH_TOKEN_LIFETIME, MAX_REFRESH_LIFETIME),
    }
    for name, (lifetime, longest) in lifetimes.items():
        text = f"{name} is not above 0 and at most {longest}"
        hint = "Clients renew their tokens by themselves; leave it unset"
        yield Risk("long_tokens", not timedelta() < lifetime <= longest, text, hint, "accounts.E003")


register_risks(token_risks)


def _check_file(file: Path) -> list[CheckMessage]:
    try:
        key_files.read(file)
    except key_files.UnusableKey as error:
        return [Error(f"A signing key cannot be used: {error}", id="accounts.E002")]
    return []
