from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User, composed
from core.errors import FieldError, Invalid


class WeakPassword(Invalid):
    title = "This password is too easy to guess"


def check_strength(password: str, *, user: User) -> None:
    """Check a new password. Raises WeakPassword with every reason, each on the field `password`."""
    try:
        validate_password(composed(password), user=user)
    except ValidationError as weak:
        reasons = [
            FieldError(field="password", code=reason.code or "invalid", detail=message)
            for reason in weak.error_list
            for message in reason.messages
        ]
        raise WeakPassword(" ".join(reason.detail for reason in reasons), errors=reasons) from weak
