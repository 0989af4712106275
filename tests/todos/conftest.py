import orjson
import pytest
from django.test import Client

from tests.factories.accounts import UserFactory, bearer


class Caller(Client):
    """A client that speaks for one user."""

    def __init__(self, user):
        super().__init__(headers=bearer(user))
        self.user = user

    def send(self, method, path, data=None, **headers):
        return self.generic(method, path, data=_json(data), content_type="application/json", headers=headers)


def _json(data):
    return b"" if data is None else orjson.dumps(data)


@pytest.fixture
def alice(db):
    return Caller(UserFactory())


@pytest.fixture
def charlie(db):
    return Caller(UserFactory())
