import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Session, User
from tests.accounts.test_sessions import make_session
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


PLAIN_FILES = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


@pytest.fixture
def staff(client, settings):
    """A client of the admin, whose pages here need no collected static files."""
    settings.STORAGES = {**settings.STORAGES, "staticfiles": PLAIN_FILES}
    client.force_login(UserFactory(admin=True, email="admin@shop.test"))
    return client


def page(name, *args):
    return reverse(f"admin:accounts_{name}", args=args)


def test_user_list__search_by_name__finds_the_newest_first(staff):
    UserFactory(name="Dora One")
    newest = UserFactory(name="Dora Two")
    UserFactory(name="Bob")

    response = staff.get(page("user_changelist"), {"q": "dora"})

    found = list(response.context["cl"].result_list)
    assert (len(found), found[0]) == (2, newest)


@pytest.mark.parametrize("name", ["user_changelist", "session_changelist"])
def test_list__one_or_many_rows__costs_the_same(staff, name):
    make_session(UserFactory())
    with CaptureQueriesContext(connection) as few:
        staff.get(page(name))
    for _ in range(10):
        make_session(UserFactory())

    with CaptureQueriesContext(connection) as many:
        staff.get(page(name))

    assert len(many) == len(few)


def test_user_add__good_form__makes_one_who_can_log_in(staff):
    form = {"email": "Dora@Shop.TEST", "name": "Dora", "password1": PASSWORD, "password2": PASSWORD}

    response = staff.post(page("user_add"), {**form, "usable_password": "true"})

    dora = User.objects.get(email="Dora@shop.test")
    assert response.status_code == 302
    assert dora.check_password(PASSWORD)


def test_user_add__address_taken_in_another_case__is_a_form_error(staff):
    UserFactory(email="dora@shop.test")
    form = {
        "email": "DORA@shop.test",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "usable_password": "true",
    }

    response = staff.post(page("user_add"), {**form, "usable_password": "true"})

    assert response.status_code == 200
    assert response.context["adminform"].errors


def test_user_change__page__opens_and_links_the_password_form(staff):
    dora = UserFactory()

    response = staff.get(page("user_change", dora.pk))

    assert response.status_code == 200
    assert "../password/" in response.content.decode()


def test_user_password__changed__ends_the_users_sessions(staff):
    session = make_session(UserFactory())
    form = {"password1": "another 7 Horse", "password2": "another 7 Horse", "usable_password": "true"}

    response = staff.post(reverse("admin:auth_user_password_change", args=[session.user_id]), form)

    session.refresh_from_db()
    assert response.status_code == 302
    assert session.revoked_at is not None
    assert session.user.check_password("another 7 Horse")


def test_sessions__end_action__ends_the_selected(staff):
    chosen, other = make_session(UserFactory()), make_session(UserFactory())

    response = staff.post(page("session_changelist"), {"action": "end", "_selected_action": [str(chosen.pk)]})

    assert response.status_code == 302
    assert list(Session.objects.live(timezone.now())) == [other]


@pytest.mark.parametrize("name", ["user_delete", "session_delete"])
def test_delete__user_or_session__is_refused(staff, name):
    session = make_session(UserFactory())
    target = session.pk if name == "session_delete" else session.user_id

    response = staff.post(page(name, target), {"post": "yes"})

    assert response.status_code == 403
    assert Session.objects.filter(pk=session.pk).exists()


def test_session_page__staff__cannot_change_it(staff):
    session = make_session(UserFactory())

    response = staff.post(page("session_change", session.pk), {"revoked_at": "2020-01-01", "_save": "1"})

    session.refresh_from_db()
    assert response.status_code in (200, 302)
    assert session.revoked_at is None


def test_user_list__customer__is_sent_to_the_login(client, alice):
    client.force_login(alice)

    response = client.get(page("user_changelist"))

    assert response.status_code == 302
