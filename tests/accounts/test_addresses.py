"""One address has one spelling, wherever it comes in."""

from importlib import import_module

import pytest
from django.apps import apps
from django.urls import reverse

from accounts.models import Session, User
from core import emails
from tests.accounts.test_admin import staff  # noqa: F401 - a fixture
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

SPELLINGS = [
    "x@b\u00fccher.example",
    "x@bu\u0308cher.example",
    "x@xn--bcher-kva.example",
    "x@XN--Bcher-KVA.example",
    "x@\uff42\u00fccher.example",
    "X@B\u00dcCHER.EXAMPLE",
    "x@b\u00fccher\u3002example",
]
UNDELIVERABLE = [
    "x@\u200eexample.com",
    "x@exam\u00adple.com",
    f"x@{'a' * 64}.com",
    f"x@{chr(252) * 60}.com",
    f"{'a' * 65}@example.com",
    f"{'a' * 64}@{'.'.join(['b' * 60] * 4)}.com",
    "a\u0007@example.com",
    "adm\u0130n@shop.test",
    "\u212aim@shop.test",
    "x@[127.0.0.1]",
    "x@xn--0.com",
    "x@\u2603.com",
]
write_one_spelling = import_module("accounts.migrations.0002_one_spelling_of_addresses").write_one_spelling


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_register__any_spelling__is_the_same_account(post, spelling):
    post("register", {"email": SPELLINGS[0], "password": PASSWORD})

    again = post("register", {"email": spelling, "password": PASSWORD})
    log_in = post("login", {"email": spelling, "password": PASSWORD})

    assert (again.status_code, log_in.status_code) == (409, 200)
    assert User.objects.get().email == SPELLINGS[0]


def test_register__domains_that_idna_2003_took_for_one__are_two(post):
    answers = [
        post("register", {"email": f"x@{domain}", "password": PASSWORD})
        for domain in ("fa\u00df.de", "fass.de")
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert emails.for_transport("x@fa\u00df.de") == "x@xn--fa-hia.de"


@pytest.mark.parametrize("email", UNDELIVERABLE)
def test_register__address_that_no_server_takes__is_refused_by_name(post, email):
    response = post("register", {"email": email, "password": PASSWORD})

    assert response.status_code == 400
    assert [e["field"] for e in response.json()["errors"]] == ["email"]


@pytest.mark.parametrize("email", ["adm\u0130n@shop.test", "adm\u0131n@shop.test", "\uff41dmin@shop.test"])
def test_login__letters_that_lower_takes_for_others__is_nobody(post, email):
    UserFactory(email="admin@shop.test")

    response = post("login", {"email": email, "password": PASSWORD})

    assert response.status_code == 401
    assert not Session.objects.exists()


def test_login__spellings_of_one_address__share_one_limit(post, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login_account": (3, 600)}

    answers = [post("login", {"email": spelling, "password": "x"}).status_code for spelling in SPELLINGS]

    assert answers[:4] == [401, 401, 401, 429]


def test_user_add__address_taken_in_another_spelling__is_a_form_error(staff):  # noqa: F811
    UserFactory(email=SPELLINGS[0])
    form = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}

    for email in (SPELLINGS[2], UNDELIVERABLE[2]):
        response = staff.post(reverse("admin:accounts_user_add"), {**form, "email": email})

        assert response.context["adminform"].errors


def test_migration__two_accounts_of_one_address__tells_both_and_changes_nothing():
    pks = [UserFactory().pk for _ in range(3)]
    for pk, email in zip(pks, (SPELLINGS[1], SPELLINGS[2], "y@xn--bcher-kva.example"), strict=True):
        User.objects.filter(pk=pk).update(email=email)

    with pytest.raises(Exception, match=f"{pks[0]}.*{pks[1]}"):
        write_one_spelling(apps, None)

    assert set(User.objects.values_list("email", flat=True)) == {*SPELLINGS[1:3], "y@xn--bcher-kva.example"}


def test_migration__no_two__writes_the_one_spelling_and_leaves_what_is_no_address():
    kept, changed = UserFactory(), UserFactory()
    User.objects.filter(pk=kept.pk).update(email=UNDELIVERABLE[0])
    User.objects.filter(pk=changed.pk).update(email="Y@xn--bcher-kva.example")

    write_one_spelling(apps, None)

    assert User.objects.get(pk=kept.pk).email == UNDELIVERABLE[0]
    assert User.objects.get(pk=changed.pk).email == "Y@b\u00fccher.example"
    assert User.objects.with_email(UNDELIVERABLE[0]).get() == kept
