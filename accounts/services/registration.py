from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from accounts.models import User, composed
from accounts.services import passwords, verification
from core import emails
from core.errors import Conflict, FieldError


class EmailTaken(Conflict):
    code = "email_taken"
    title = "This e-mail address has an account already"


@transaction.atomic
def register(*, email: str, password: str, name: str = "", language: str) -> User:
    """A new customer, and the mail, in `language`, that asks to verify the address.

    Raises WeakPassword, or EmailTaken: by the unique constraint, so also when two register at once.
    """
    user = User(email=emails.normalised(email), name=name)
    passwords.check_strength(password, user=user)
    user.password = make_password(composed(password))
    _insert(user)
    verification.send_link(user, language=language)
    return user


def _insert(user: User) -> None:
    try:
        user.save(force_insert=True)
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if diagnosis is None or diagnosis.constraint_name != "user_email_unique":
            raise
        reason = FieldError(field="email", code=EmailTaken.code, detail="Log in, or reset the password")
        raise EmailTaken(errors=[reason]) from error
