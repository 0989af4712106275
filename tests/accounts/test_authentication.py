import pytest
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIRequestFactory

from accounts.authentication import TokenAuthentication
from tests.factories.accounts import UserFactory, bearer


def test_authenticate__valid_token__gives_the_caller_without_the_database():
    staff = UserFactory.build(staff=True)
    request = APIRequestFactory().get("/", headers=bearer(staff))

    user, _ = TokenAuthentication().authenticate(request)  # pytest-django blocks the database here

    assert (user.pk, user.id, user.is_staff, user.is_authenticated) == (staff.pk, staff.pk, True, True)


def test_authenticate__garbage__fails():
    request = APIRequestFactory().get("/", headers={"Authorization": "Bearer x.y.z"})

    with pytest.raises(AuthenticationFailed):
        TokenAuthentication().authenticate(request)
