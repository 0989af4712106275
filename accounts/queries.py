"""Reading accounts."""

from uuid import UUID

from accounts.models import Session, User
from core.errors import DomainError


class AccountGone(DomainError):
    """The token is good, but its user was deleted or put out of action since."""

    code = "account_gone"
    title = "This account is no longer active"
    status = 401


def active_user(user_id: UUID) -> User:
    """The user with this id who may still log in. Raises AccountGone."""
    user = User.objects.active().filter(pk=user_id).first()
    if user is None:
        raise AccountGone("Log in again, or ask us")
    return user


def email_of(customer_id: UUID) -> str | None:
    """The address to which an active customer's mails go."""
    active = User.objects.filter(pk=customer_id, is_active=True)
    return active.values_list("email", flat=True).first()


def find_session(session_id: UUID) -> Session | None:
    """The session with its user, in one query."""
    return Session.objects.select_related("user").filter(pk=session_id).first()
