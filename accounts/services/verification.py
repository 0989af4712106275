"""Is the address the user's own? A signed token sent there comes back.

The token names the user and the address, so it dies with its first use and with a change of address.
"""

from datetime import datetime

from django.conf import settings
from django.core import signing

from accounts.models import User
from core.errors import FieldError, Invalid
from core.mail import services as mail

SALT = "accounts.verify-email"


class LinkInvalid(Invalid):
    code = "link_invalid"
    title = "This link is not valid, has expired, or was used already"


def send_link(user: User, *, language: str) -> None:
    """Queue the mail in the caller's transaction; a repeat for the same address sends nothing."""
    mail.queue_template(
        to=user.email,
        template="accounts/verify_email",
        context={
            "name": user.name,
            "token": token_of(user),
            "url": f"{settings.PUBLIC_URL}/api/v1/auth/verify-email",
            "days": settings.VERIFY_EMAIL_MAX_AGE.days,
        },
        cause=f"accounts.verify_email:{user.pk}:{user.email}"[:200],
        language=language,
        holds_secret=True,
    )


def token_of(user: User) -> str:
    return signing.dumps({"user": str(user.pk), "email": user.email}, salt=SALT)


def verify_email(*, token: str, now: datetime) -> None:
    """Verify the address that the link was sent to. Raises LinkInvalid."""
    try:
        claims = signing.loads(token, salt=SALT, max_age=settings.VERIFY_EMAIL_MAX_AGE)
    except signing.BadSignature as error:
        raise _refusal() from error
    unverified = User.objects.active().filter(
        pk=claims["user"], email=claims["email"], email_verified_at=None
    )
    if not unverified.update(email_verified_at=now):
        raise _refusal()


def _refusal() -> LinkInvalid:
    return LinkInvalid(errors=[FieldError(field="token", code=LinkInvalid.code, detail=LinkInvalid.title)])
