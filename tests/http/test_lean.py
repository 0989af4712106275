"""Lean reads: who may read, and how often, is declared and enforced before `get` runs."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from rest_framework.permissions import AllowAny
from rest_framework.throttling import BaseThrottle

from core.http.lean import LeanReads, Readers
from tests.factories.accounts import UserFactory, bearer

BAD_TOKEN = {"Authorization": "Bearer nonsense"}


class Refusing(BaseThrottle):
    def allow_request(self, request, view):
        return False

    def wait(self):
        return 7


class Read(LeanReads):
    readers = Readers.ANYBODY
    permission_classes = [AllowAny]

    def get(self, request):
        return HttpResponse(str(request.user.pk))


def _read(*, headers=None, method="GET", **declared):
    view = type("Declared", (Read,), declared)
    return view.as_view()(RequestFactory().generic(method, "/", headers=headers))


def test_readers__anybody__a_bad_token_does_no_harm():
    response = _read(headers=BAD_TOKEN)

    assert (response.status_code, response.content) == (200, b"None")


def test_readers__guests__are_let_in_unknown_and_customers_known(db):
    user = UserFactory()

    unknown = _read(readers=Readers.GUESTS)
    known = _read(readers=Readers.GUESTS, headers=bearer(user))

    assert (unknown.content, known.content) == (b"None", str(user.pk).encode())


@pytest.mark.parametrize("readers", [Readers.GUESTS, Readers.CUSTOMERS, Readers.STAFF])
def test_readers__all_but_anybody__a_bad_token_is_401_with_a_challenge(readers):
    response = _read(readers=readers, headers=BAD_TOKEN)

    assert (response.status_code, response["Content-Type"]) == (401, "application/problem+json")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("readers", [Readers.CUSTOMERS, Readers.STAFF])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_readers__closed__a_stranger_is_401(readers, method):
    assert _read(readers=readers, method=method).status_code == 401


def test_readers__staff__asks_the_database_whether_they_still_are(db):
    staff, customer = UserFactory(staff=True), UserFactory()
    token_of_staff = bearer(staff)
    before = _read(readers=Readers.STAFF, headers=token_of_staff)
    staff.is_staff = False
    staff.save()

    after = _read(readers=Readers.STAFF, headers=token_of_staff)
    of_customer = _read(readers=Readers.STAFF, headers=bearer(customer))

    assert [r.status_code for r in (before, after, of_customer)] == [200, 403, 403]


def test_read_throttles__full__are_429_before_get_runs():
    response = _read(read_throttle_classes=[Refusing])

    assert (response.status_code, response["Retry-After"]) == (429, "7")


def test_read_throttles__none__reads_do_not_count_against_the_limit_of_writes():
    assert _read(throttle_classes=[Refusing], read_throttle_classes=()).status_code == 200


def test_read_throttles__writes__do_not_count_against_the_limit_of_reads():
    post = {"post": lambda self, request: HttpResponse(status=204)}

    response = _read(method="POST", authentication_classes=[], read_throttle_classes=[Refusing], **post)

    assert response.status_code == 204


def test_declaration__readers_forgotten__cannot_be_imported():
    with pytest.raises(TypeError, match=r"Forgetful must say who its readers are"):
        type("Forgetful", (LeanReads,), {"get": Read.get})


def test_declaration__limit_of_writes_without_a_word_on_reads__cannot_be_imported():
    with pytest.raises(TypeError, match="must state its read_throttle_classes"):
        type("Forgetful", (Read,), {"throttle_classes": [Refusing]})
