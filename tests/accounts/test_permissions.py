import pytest
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from accounts.models import User
from core.http.permissions import IsStaff
from tests.factories.accounts import UserFactory, bearer

pytestmark = pytest.mark.django_db


class StaffView(APIView):
    permission_classes = (IsStaff,)

    def get(self, request):
        return Response()


def ask(headers):
    return StaffView.as_view()(APIRequestFactory().get("/", headers=headers)).status_code


def test_is_staff__staff__may_with_one_query(django_assert_num_queries):
    staff = UserFactory(staff=True)

    with django_assert_num_queries(1):
        status = ask(bearer(staff))

    assert status == 200


def test_is_staff__customer__may_not_and_asks_nothing(alice, django_assert_num_queries):
    with django_assert_num_queries(0):
        status = ask(bearer(alice))

    assert status == 403


def test_is_staff__anonymous__is_401():
    assert ask({}) == 401


@pytest.mark.parametrize("change", [{"is_staff": False}, {"is_active": False}])
def test_is_staff__right_taken_after_the_token__ends_at_once(change):
    headers = bearer(UserFactory(staff=True))
    User.objects.update(**change)

    assert ask(headers) == 403


def test_is_staff__deleted_after_the_token__may_not():
    headers = bearer(UserFactory(staff=True))
    User.objects.all().delete()

    assert ask(headers) == 403
