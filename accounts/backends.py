from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.models import User, composed


class PasswordBackend(ModelBackend):
    """E-mail and password. A guess takes the same time whether or not there is such an account."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **more: Any,
    ) -> User | None:
        if username is None or password is None:
            return None
        user = User.objects.with_email(username).first()
        if user is None:
            _hash_as_for_an_account(password)
            return None
        is_right = user.check_password(password)
        return user if is_right and self.user_can_authenticate(user) else None


def _hash_as_for_an_account(password: str) -> None:
    """Once for each form that `User.check_password` would try."""
    for _ in {password, composed(password)}:
        User().set_password(password)
