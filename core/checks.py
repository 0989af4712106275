"""What no installation may run with outside the local stack: refused at start, and by `manage.py check`."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, run_checks
from django.core.checks import Warning as DjangoWarning
from django.core.exceptions import ImproperlyConfigured

from core.risks import Risk

MIN_SECRET_CHARACTERS = 50
MIN_SECRET_VARIETY = 5  # different characters
UNSENT = [f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "filebased", "dummy")]


def unsafe_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The combinations of settings that open what must stay closed."""
    return [] if settings.LOCAL_STACK else list(_unsafe())


def refuse_unsafe_settings() -> None:
    """Check the settings where Django does not do so at the start of a process.

    Raises ImproperlyConfigured naming each unsafe setting.
    """
    found = [message for message in run_checks(tags=[Tags.security]) if message.is_serious()]
    if found:
        raise ImproperlyConfigured("; ".join(_on_one_line(error) for error in found))


def own_risks() -> Iterator[Risk]:
    """What the settings of this package may leave open."""
    wide = settings.TRUSTED_PROXIES.wide()
    yield Risk(
        "trusted_proxies",
        bool(wide),
        f"TRUSTED_PROXIES trusts strangers: everybody in {', '.join(wide)} may choose an address",
        "Name the networks in which nginx is",
        "shop.E008",
    )
    yield Risk(
        "unsent_mail",
        settings.EMAIL_BACKEND in UNSENT,
        "EMAIL_URL sends no mail, and may show mails with their links in logs and files",
        "Name your SMTP server",
        "shop.E009",
    )


def left_over(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What `make run` leaves in a checkout; for `check --deploy`, as it changes nothing by itself."""
    if settings.LOCAL_STACK:
        return [DjangoWarning("LOCAL_STACK is on: this is no public installation", id="shop.W001")]
    if settings.LOCAL_ENVIRONMENT.exists():
        return [Info("A local stack runs or ran here, and its .local/env is not read", id="shop.I001")]
    return []


def _on_one_line(message: CheckMessage) -> str:
    return f"{message.id}: {message.msg}" + (f" ({message.hint})" if message.hint else "")


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
