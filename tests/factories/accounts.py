from typing import Any

import factory

from accounts.models import User
from accounts.tokens import AccessToken
from core.ids import uuid7

PASSWORD = "correct horse 7 battery"


class UserFactory(factory.django.DjangoModelFactory):
    """A customer who can log in with PASSWORD. Traits: `staff`, `admin`."""

    class Meta:
        model = User

    class Params:
        staff = factory.Trait(is_staff=True)
        admin = factory.Trait(is_staff=True, is_superuser=True)

    email = factory.Sequence(lambda n: f"person{n}@shop.test")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = PASSWORD

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return model_class.objects.create_user(*args, **kwargs)


def bearer(user: User) -> dict[str, str]:
    """Headers of a signed-in caller: `client.get(url, headers=bearer(alice))`."""
    token = AccessToken.issue(user_id=user.pk, session_id=uuid7(), staff=user.is_staff)
    return {"Authorization": f"Bearer {token}"}
