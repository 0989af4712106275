"""What no installation may run with outside the local stack: refused at start, and by `manage.py check`."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

MIN_SECRET_CHARACTERS = 50
MIN_SECRET_VARIETY = 5  # different characters


def unsafe_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The combinations of settings that open what must stay closed."""
    return [] if settings.LOCAL_STACK else list(_unsafe())


def refuse_unsafe_settings() -> None:
    """Check the settings where Django does not do so at the start of a process.

    Raises ImproperlyConfigured naming each unsafe setting.
    """
    found = unsafe_settings(None)
    if found:
        raise ImproperlyConfigured("; ".join(f"{error.id}: {error.msg}" for error in found))


def _unsafe() -> Iterator[Error]:
    if settings.DEBUG:
        yield Error("DEBUG shows code and settings to everybody", hint="Unset DEBUG", id="shop.E001")
    if not _is_strong(settings.SECRET_KEY):
        yield Error(
            f"SECRET_KEY is shorter than {MIN_SECRET_CHARACTERS} characters or a placeholder",
            hint="Make one: python -c 'import secrets; print(secrets.token_urlsafe(50))'",
            id="shop.E002",
        )
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS is empty or allows every name", hint="Name the hosts it serves", id="shop.E003"
        )
    if settings.THROTTLE_SCALE != 1:
        yield Error("THROTTLE_SCALE widens every rate limit", hint="Unset it", id="shop.E004")
    if "*" in settings.CORS_ALLOWED_ORIGINS or getattr(settings, "CORS_ALLOW_ALL_ORIGINS", False):
        yield Error("CORS is open to every origin", hint="Name the origins", id="shop.E005")


def _is_strong(secret: str) -> bool:
    is_placeholder = secret.startswith("django-insecure-") or len(set(secret)) < MIN_SECRET_VARIETY
    return len(secret) >= MIN_SECRET_CHARACTERS and not is_placeholder
