from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from tests.factories.accounts import UserFactory, bearer

pytestmark = pytest.mark.django_db

ME = "/api/v1/me"


@pytest.fixture
def patch(client, alice):
    return lambda body: client.patch(ME, body, content_type="application/json", headers=bearer(alice))


def test_me__signed_in__is_ones_own_profile(client, alice):
    UserFactory()

    response = client.get(ME, headers=bearer(alice))

    profile = response.json()
    assert response.status_code == 200
    assert set(profile) == {"id", "email", "is_email_verified", "name", "is_staff", "created_at"}
    assert (profile["id"], profile["name"], profile["is_staff"]) == (str(alice.pk), "Alice", False)


@pytest.mark.parametrize("method", ["get", "patch"])
def test_me__anonymous__is_401(client, method):
    response = getattr(client, method)(ME)

    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="api"')


@pytest.mark.parametrize("change", ["deleted", "inactive"])
def test_me__account_gone__is_401(client, alice, change):
    headers = bearer(alice)
    User.objects.all().delete() if change == "deleted" else User.objects.update(is_active=False)

    response = client.get(ME, headers=headers)

    assert (response.status_code, response.json()["code"]) == (401, "account_gone")


def test_me__expired_token__says_so(client, alice):
    headers = bearer(alice)
    client.get(ME, headers=headers)  # remembered as valid

    with time_machine.travel(timezone.now() + timedelta(seconds=301)):
        response = client.get(ME, headers=headers)

    assert (response.status_code, response.json()["code"]) == (401, "token_expired")


def test_me__new_name__is_stored(patch, alice):
    response = patch({"name": " Alice B. "})

    alice.refresh_from_db()
    assert (response.status_code, response.json()["name"], alice.name) == (200, "Alice B.", "Alice B.")


def test_me__empty_change__changes_nothing(patch, alice):
    response = patch({})

    assert (response.status_code, response.json()["name"]) == (200, "Alice")


@pytest.mark.parametrize(
    "body", [{"name": "x" * 151}, {"name": None}, {"name": "a\nb"}, {"name": {}}, [], "x"]
)
def test_me__bad_body__is_400(patch, alice, body):
    response = patch(body)

    alice.refresh_from_db()
    assert (response.status_code, alice.name) == (400, "Alice")


def test_me__fields_not_ones_own__are_refused_and_change_nothing(patch, alice):
    before = User.objects.values().get()
    foreign = dict.fromkeys(set(before) - {"name"}, True) | {"groups": [1], "user_permissions": [1]}

    response = patch(foreign)

    assert response.status_code == 400
    assert {(e["field"], e["code"]) for e in response.json()["errors"]} == {(f, "unknown") for f in foreign}
    assert User.objects.values().get() == before


def test_me__queries__one_to_read_two_to_write(client, patch, alice, django_assert_num_queries):
    with django_assert_num_queries(1):
        client.get(ME, headers=bearer(alice))
    with django_assert_num_queries(2):
        patch({"name": "Al"})
