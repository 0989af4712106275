"""Settings that leave a public installation open without a sign of it.

Outside the local stack no process starts with one of them, unless ALLOW_UNSAFE names it; `check --deploy`
still tells then. Each app registers the risks that its settings may take; core.checks has what may never be.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as DjangoWarning

NAMES = ("test_payments", "test_carrier", "trusted_proxies", "long_tokens", "unsent_mail")


@dataclass(frozen=True, slots=True)
class Risk:
    """`name` is what ALLOW_UNSAFE calls it; `is_taken` whether the settings take it; `hint` the way out."""

    name: str
    is_taken: bool
    text: str
    hint: str
    id: str


def register_risks(find: Callable[[], Iterable[Risk]]) -> None:
    """Have `find` asked at every start, and by `manage.py check`."""

    def refuse(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
        return [
            Error(risk.text, hint=_hint(risk), id=risk.id) for risk in _taken(find) if not _is_allowed(risk)
        ]

    def tell(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
        return [
            DjangoWarning(risk.text, hint=risk.hint, id=risk.id) for risk in _taken(find) if _is_allowed(risk)
        ]

    register(refuse, Tags.security)
    register(tell, Tags.security, deploy=True)


def unknown_names(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A slip of the pen in ALLOW_UNSAFE, which would allow nothing."""
    unknown = set(settings.ALLOW_UNSAFE) - set(NAMES)
    hint = f"There is: {', '.join(NAMES)}"
    return [Error(f"ALLOW_UNSAFE has no {name!r}", hint=hint, id="shop.E007") for name in sorted(unknown)]


def _taken(find: Callable[[], Iterable[Risk]]) -> list[Risk]:
    return [] if settings.LOCAL_STACK else [risk for risk in find() if risk.is_taken]


def _is_allowed(risk: Risk) -> bool:
    return risk.name in settings.ALLOW_UNSAFE


def _hint(risk: Risk) -> str:
    return f"{risk.hint}. If it is meant: ALLOW_UNSAFE={risk.name}"
