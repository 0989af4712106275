import threading

import pytest
from django.db import connection

from accounts.models import User
from core.mail.models import Mail
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

BODY = {"email": "Dora@Shop.TEST", "password": PASSWORD, "name": "Dora"}


def test_register__good_body__stores_the_user_and_queues_a_mail(post):
    response = post("register", BODY)

    user = User.objects.get()
    mail = Mail.objects.get()
    assert response.status_code == 201
    assert response.json() == {"id": str(user.pk), "email": "Dora@shop.test", "name": "Dora"}
    assert user.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert (mail.to, mail.subject) == ("Dora@shop.test", "Verify your e-mail address")
    assert "http://testserver/api/v1/auth/verify-email" in mail.text
    assert "<pre" in mail.html


def test_register__no_name__is_empty(post):
    response = post("register", {"email": "dora@shop.test", "password": PASSWORD})

    assert (response.status_code, response.json()["name"]) == (201, "")


def test_register__same_address_in_another_case__is_taken(post):
    UserFactory(email="dora@shop.test")

    response = post("register", BODY)

    assert (response.status_code, response.json()["code"]) == (409, "email_taken")
    assert User.objects.count() == 1
    assert not Mail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_register__eight_at_once__one_wins(post):
    start, statuses = threading.Barrier(8), []

    def register() -> None:
        start.wait()
        statuses.append(post("register", BODY).status_code)
        connection.close()

    threads = [threading.Thread(target=register) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]

    assert sorted(statuses) == [201] + [409] * 7
    assert (User.objects.count(), Mail.objects.count()) == (1, 1)


@pytest.mark.parametrize("password", ["short1x", "password", "8592817405", "dora@shop.test"])
def test_register__weak_password__names_the_field(post, password):
    response = post("register", {**BODY, "password": password})

    problem = response.json()
    assert (response.status_code, problem["code"]) == (400, "invalid")
    assert {e["field"] for e in problem["errors"]} == {"password"}
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "not an address"}, "email"),
        ({"email": f"{'a' * 250}@shop.test"}, "email"),
        ({"email": None}, "email"),
        ({"email": ["dora@shop.test"]}, "email"),
        ({"password": "x" * 129}, "password"),
        ({"password": {"a": 1}}, "password"),
        ({"name": "n" * 151}, "name"),
        ({"name": "Dora\nBcc: all@shop.test"}, "name"),
    ],
)
def test_register__bad_field__is_refused_by_name(post, change, field):
    response = post("register", {**BODY, **change})

    assert response.status_code == 400
    assert [e["field"] for e in response.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "raw", ["", "[]", "null", '{"email": "a\\u0000@shop.test", "password": "x"}', '{"email": "\\ud800"}', "{"]
)
def test_register__malformed_body__is_400(post, raw):
    response = post("register", raw)

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


def test_register__rights_in_the_body__are_refused_and_nobody_gets_them(post):
    fields = {f.name: True for f in User._meta.get_fields()}

    refused = post("register", {**fields, **BODY, "id": "0192d2a0-0000-7000-8000-000000000000"})
    response = post("register", BODY)

    foreign = set(fields) - set(BODY) - {"name"}
    assert refused.status_code == 400
    assert {e["field"] for e in refused.json()["errors"] if e["code"] == "unknown"} == foreign
    user = User.objects.get()
    assert response.status_code == 201
    assert [user.is_staff, user.is_superuser, user.email_verified_at] == [False, False, None]
    assert not user.groups.exists()
    assert str(user.pk) != "0192d2a0-0000-7000-8000-000000000000"


def test_register__queries__five_with_savepoints(post, django_assert_num_queries):
    with django_assert_num_queries(5):
        post("register", BODY)
