import pytest
from django.test import Client

from tests.factories.accounts import UserFactory, bearer

PLAIN_FILES = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


class Api:
    """A client of /api/v1 that signs in with every call and speaks JSON."""

    def __init__(self, user=None):
        self.client, self.headers = Client(), bearer(user) if user else {}

    def __getattr__(self, method):
        def call(path, data=None, *, headers=None, **kwargs):
            if data is not None:
                kwargs |= {"data": data, "content_type": "application/json"}
            send = getattr(self.client, method)
            return send(f"/api/v1{path}", headers={**self.headers, **(headers or {})}, **kwargs)

        return call


@pytest.fixture
def anybody() -> Api:
    return Api()


@pytest.fixture
def staff(db) -> Api:
    """Alice owns the shop."""
    return Api(UserFactory(email="alice@shop.test", staff=True))


@pytest.fixture
def customer(db) -> Api:
    """Charlie must be refused."""
    return Api(UserFactory(email="charlie@shop.test"))


@pytest.fixture
def office(db, settings) -> Client:
    """Where the admin is signed in."""
    settings.STORAGES = {**settings.STORAGES, "staticfiles": PLAIN_FILES}
    client = Client()
    client.force_login(UserFactory(admin=True))
    return client
