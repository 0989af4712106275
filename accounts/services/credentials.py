"""What follows when somebody else may know how to get in, or where the account's mail goes."""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import sessions, verification

FIELDS = frozenset({"password", "is_active", "email"})


@transaction.atomic
def credentials_changed(*, user: User, fields: Collection[str], now: datetime) -> None:
    """Sign the user out everywhere where one of FIELDS is among those that changed.

    A new address is nobody's until its owner shows that mail arrives there: a link is sent to it.
    """
    if FIELDS.isdisjoint(fields):
        return
    sessions.end_all(user_id=user.pk, now=now)
    if "email" in fields:
        user.email_verified_at = None
        user.save(update_fields=["email_verified_at"])
        verification.send_link(user, language=settings.LANGUAGE_CODE)


class SignOutEverywhere:
    """In AUTH_PASSWORD_VALIDATORS, whose `password_changed` Django calls wherever a new password is saved."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Every password is good for this."""

    def get_help_text(self) -> str:
        return "Every device that is signed in has to sign in anew."

    def password_changed(self, password: str, user: User) -> None:
        credentials_changed(user=user, fields=["password"], now=timezone.now())
