import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from core.mail.models import Mail
from tests.factories.accounts import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(post):
    """The token as the mail to Dora has it."""
    post("register", {"email": "dora@shop.test", "password": PASSWORD})
    return re.search(r"^    (\S+)$", Mail.objects.get().text, re.MULTILINE)[1]


def test_verify_email__token_of_the_mail__verifies(post, token):
    response = post("verify-email", {"token": token})

    assert response.status_code == 204
    assert User.objects.get().is_email_verified


def test_verify_email__second_use__is_refused(post, token):
    post("verify-email", {"token": token})

    response = post("verify-email", {"token": token})

    assert (response.status_code, response.json()["code"]) == (400, "link_invalid")


def test_verify_email__three_days_later__has_expired(post, token):
    with time_machine.travel(timezone.now() + timedelta(days=3, seconds=2)):
        response = post("verify-email", {"token": token})

    assert response.status_code == 400
    assert not User.objects.get().is_email_verified


def test_verify_email__address_changed_since__is_refused(post, token):
    User.objects.update(email="other@shop.test")

    response = post("verify-email", {"token": token})

    assert response.status_code == 400


@pytest.mark.parametrize("bad", ["x", "a:b:c", "", 7, None, "é:x:y", "x" * 2000])
def test_verify_email__forged__is_refused(post, bad):
    response = post("verify-email", {"token": bad})

    assert response.status_code == 400
    assert [e["field"] for e in response.json()["errors"]] == ["token"]


def test_verify_email__tampered__is_refused(post, token):
    response = post("verify-email", {"token": token[:-1] + ("A" if token[-1] != "A" else "B")})

    assert response.status_code == 400
